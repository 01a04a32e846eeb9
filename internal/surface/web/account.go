package web

import (
	"context"
	"html/template"
	"net/http"
	"slices"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/surface/httpkit"
)

// Accounts changes how the holder of a session's token signs in. Where a second factor or a password changes, the old
// token is over: the new one and how long it may live come back. An Unauthenticated fault is of a wrong password or code.
type Accounts interface {
	Account(ctx context.Context, token string) (*AccountState, error)
	ChangePassword(ctx context.Context, token, old, fresh string) (string, time.Duration, error)
	// BeginTOTP gives a secret to write into an authenticator, and the address that its QR code holds; ConfirmTOTP turns it
	// on by a first code.
	BeginTOTP(ctx context.Context, token, password string) (secret, address string, err error)
	ConfirmTOTP(ctx context.Context, token, code string) (string, time.Duration, error)
	// PrintCodes makes fresh one-time codes and voids the old ones; they are shown once.
	PrintCodes(ctx context.Context, token, password string) ([]string, error)
	// RemoveFactors takes authenticator, codes and passkeys away; the other sessions end.
	RemoveFactors(ctx context.Context, token, password, code string) (string, time.Duration, error)
	Sessions(ctx context.Context, token string) ([]party.OpenSession, error)
	// EndSessions ends one session, or with "" all but the one that asks.
	EndSessions(ctx context.Context, token, id string) error
}

// AccountState is how a person signs in beside the password.
type AccountState struct {
	TOTP      bool
	CodesLeft int
}

// Switcher changes the membership that a session acts in.
type Switcher interface {
	// Switch gives the new token of the session and how long it may live.
	Switch(ctx context.Context, token, membership string) (string, time.Duration, error)
}

type accountView struct {
	*Page
	State    *AccountState
	Password []Field
	TOTP     []Field
	Proof    []Field // the password, before fresh codes are printed
	Secret   string
	Address  string // what the QR code of the secret holds
	QR       template.HTML
	Codes    []string
	Second   bool    // there is a second factor
	Remove   []Field // proofs before the second factors are removed
	Keys     passkeysView
	There    *providersView
	Sessions []sessionLine
	Others   bool // signed in elsewhere too
	Errors   []FieldError
	Switch   bool
	Erasure  *privacy.ErasurePart // the latest that was wished or asked of them
	Wishes   bool
	MayWish  bool
}

type sessionLine struct {
	ID            string
	Created, Seen time.Time
	Here          bool
}

func (s *Server) account(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showAccount(w, http.StatusOK, nil, accountView{})
}

// showAccount shows the page; wrong maps a field to its error.
func (v *visit) showAccount(w http.ResponseWriter, status int, wrong map[string]string, view accountView) error {
	if v.s.cfg.Desk.Accounts == nil {
		return missing("accounts")
	}
	state, err := v.s.cfg.Desk.Accounts.Account(v.ctx, v.s.cfg.Kit.Token(v.r))
	if err != nil {
		return err
	}
	view.Page, view.State, view.Switch = v.s.Page(v.r, "desk.account.title"), state, len(v.p.Others) > 0
	view.flash(v.r)
	view.Password = []Field{
		{ID: "old", Name: "old", Kind: "password", Label: v.T("desk.account.old"), Autocomplete: "current-password", Required: true, Error: wrong["old"]},
		{ID: "new", Name: "new", Kind: "password", Label: v.T("desk.account.new"), Hint: v.T("desk.account.new.hint"), Autocomplete: "new-password", Required: true, Error: wrong["new"]},
		{ID: "again", Name: "again", Kind: "password", Label: v.T("desk.account.again"), Autocomplete: "new-password", Required: true, Error: wrong["again"]},
	}
	view.Proof = []Field{v.proof("codes-password", wrong["codes-password"])}
	view.TOTP = []Field{v.proof("totp-password", wrong["totp-password"])}
	if view.Secret != "" {
		if view.QR, err = qrMark(view.Address); err != nil {
			return err
		}
		view.TOTP = []Field{{ID: "code", Name: "code", Kind: "code", Label: v.T("desk.account.code"), Hint: v.T("desk.account.code.hint"), Autocomplete: "one-time-code", Required: true, Error: wrong["code"]}}
	}
	view.Second = state.TOTP || v.p.Second
	view.Remove = []Field{v.proof("remove-password", wrong["remove-password"]), v.codeField("remove-code", "code", wrong["remove-code"])}
	if view.Keys, err = v.passkeys(view.Second, wrong["passkey-name"]); err != nil {
		return err
	}
	if view.There, err = v.providers(wrong["provider-password"]); err != nil {
		return err
	}
	if view.There != nil {
		view.Errors = Wrong(view.There.Fields)
	}
	if err := v.sessions(&view); err != nil {
		return err
	}
	if law := v.s.cfg.Desk.Personal; law != nil {
		if view.Erasure, err = law.Wished(v.ctx, v.p); err != nil {
			return err
		}
		view.Wishes, view.MayWish = true, view.Erasure == nil || view.Erasure.State == privacy.Declined
	}
	view.Errors = slices.Concat(view.Errors, Wrong(view.Password), Wrong(view.TOTP), Wrong(view.Proof), Wrong(view.Keys.Fields), Wrong(view.Remove))
	w.Header().Set("Cache-Control", "no-store")
	return v.s.Render(w, v.r, status, "account/account", view)
}

// proof asks for the password again before a factor changes.
func (v *visit) proof(id, wrong string) Field {
	return Field{ID: id, Name: "password", Kind: "password", Label: v.T("desk.account.old"), Autocomplete: "current-password", Required: true, Error: wrong}
}

func (s *Server) password(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Accounts == nil {
		return missing("accounts")
	}
	old, fresh := r.PostFormValue("old"), r.PostFormValue("new")
	wrong := map[string]string{}
	for _, name := range []string{"old", "new"} {
		if r.PostFormValue(name) == "" {
			wrong[name] = v.T("desk.account.empty")
		}
	}
	if fresh != "" && fresh != r.PostFormValue("again") {
		wrong["again"] = v.T("desk.account.differ")
	}
	if len(wrong) > 0 {
		return v.showAccount(w, http.StatusUnprocessableEntity, wrong, accountView{})
	}
	token, life, err := s.cfg.Desk.Accounts.ChangePassword(v.ctx, s.cfg.Kit.Token(r), old, fresh)
	if why, ok := v.unproved(err); ok {
		field := "new"
		if fault.Is(err, fault.Unauthenticated) {
			field = "old"
		}
		return v.showAccount(w, http.StatusUnprocessableEntity, map[string]string{field: why}, accountView{})
	}
	if err != nil {
		return err
	}
	s.cfg.Kit.SetSession(w, token, life)
	http.Redirect(w, r, "/account?said=password", http.StatusSeeOther)
	return nil
}

// mendable gives the text of a fault that the person can mend on the page.
func (v *visit) mendable(err error) (string, bool) {
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid && f.Kind != fault.Refused {
		return "", false
	}
	out := locale.T(v.l, f.Key, f.Args)
	for _, d := range f.Details {
		out += " " + locale.T(v.l, d.Key, d.Args)
	}
	return out, true
}

// totp begins a second factor after proving the password, or confirms it by its first code.
func (s *Server) totp(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Accounts == nil {
		return missing("accounts")
	}
	if secret := r.PostFormValue("secret"); secret != "" {
		return v.confirmTOTP(w, accountView{Secret: secret, Address: r.PostFormValue("address")})
	}
	fresh, address, err := s.cfg.Desk.Accounts.BeginTOTP(v.ctx, s.cfg.Kit.Token(r), r.PostFormValue("password"))
	if why, ok := v.unproved(err); ok {
		return v.showAccount(w, http.StatusUnprocessableEntity, map[string]string{"totp-password": why}, accountView{})
	}
	if err != nil {
		return err
	}
	return v.showAccount(w, http.StatusOK, nil, accountView{Secret: fresh, Address: address})
}

func (v *visit) confirmTOTP(w http.ResponseWriter, drawn accountView) error {
	code := text.Digits(text.Display(v.r.PostFormValue("code")))
	token, life, err := v.s.cfg.Desk.Accounts.ConfirmTOTP(v.ctx, v.s.cfg.Kit.Token(v.r), code)
	if why, ok := v.unproved(err); ok {
		return v.showAccount(w, http.StatusUnprocessableEntity, map[string]string{"code": why}, drawn)
	}
	if err != nil {
		return err
	}
	v.s.cfg.Kit.SetSession(w, token, life)
	http.Redirect(w, v.r, "/account?said=totp", http.StatusSeeOther)
	return nil
}

// removeFactors signs in by the password alone from then on.
func (s *Server) removeFactors(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Accounts == nil {
		return missing("accounts")
	}
	token, life, err := s.cfg.Desk.Accounts.RemoveFactors(v.ctx, s.cfg.Kit.Token(r), r.PostFormValue("password"), r.PostFormValue("code"))
	if why, ok := v.unproved(err); ok {
		field := "remove-password"
		if f, _ := fault.As(err); f.Field == "code" {
			field = "remove-code"
		}
		return v.showAccount(w, http.StatusUnprocessableEntity, map[string]string{field: why}, accountView{})
	}
	if err != nil {
		return err
	}
	s.cfg.Kit.SetSession(w, token, life)
	http.Redirect(w, r, "/account?said=factors_removed", http.StatusSeeOther)
	return nil
}

// sessions lists where the person is signed in.
func (v *visit) sessions(view *accountView) error {
	all, err := v.s.cfg.Desk.Accounts.Sessions(v.ctx, v.s.cfg.Kit.Token(v.r))
	for _, x := range all {
		view.Sessions = append(view.Sessions, sessionLine{ID: x.ID, Created: time.UnixMicro(x.Created), Seen: time.UnixMicro(x.Seen), Here: x.Here})
	}
	view.Others = len(all) > 1
	return err
}

func (s *Server) endSessions(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Accounts == nil {
		return missing("accounts")
	}
	id := r.PostFormValue("session")
	if id == "" && r.PostFormValue("others") == "" { // an empty form must not end them all
		return fault.New(fault.Invalid, "desk.account.session_none")
	}
	if err := s.cfg.Desk.Accounts.EndSessions(v.ctx, s.cfg.Kit.Token(r), id); err != nil {
		return err
	}
	http.Redirect(w, r, "/account?said=sessions_ended", http.StatusSeeOther)
	return nil
}

// codes prints fresh one-time codes; they are on this one page and nowhere else.
func (s *Server) codes(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Accounts == nil {
		return missing("accounts")
	}
	codes, err := s.cfg.Desk.Accounts.PrintCodes(v.ctx, s.cfg.Kit.Token(r), r.PostFormValue("password"))
	if why, ok := v.unproved(err); ok {
		return v.showAccount(w, http.StatusUnprocessableEntity, map[string]string{"codes-password": why}, accountView{})
	}
	if err != nil {
		return err
	}
	return v.showAccount(w, http.StatusOK, nil, accountView{Codes: codes})
}

// unproved gives the text of a wrong password or code, and of what else can be mended on the page. A session that is over
// cannot: it is answered by signing in; nor can a second factor that was not shown lately, which a page of its own asks for,
// with all that was typed.
func (v *visit) unproved(err error) (string, bool) {
	if f, ok := fault.As(err); ok && f.Kind == fault.Unauthenticated && f.Key != "party.session_over" && f.Key != httpkit.StepUpKey {
		return locale.T(v.l, f.Key, f.Args), true
	}
	return v.mendable(err)
}

type switchView struct {
	*Page
	Now    string
	Others []Option
}

// switchForm lists the roles that the person may act in.
func (s *Server) switchForm(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	p := s.Page(r, "desk.switch.title")
	view := switchView{Page: p, Now: v.word("desk.role.", v.p.Role)}
	for _, m := range v.p.Others {
		label := v.word("desk.role.", m.Role)
		view.Others = append(view.Others, Option{Value: m.ID, Label: label, Hint: m.Title})
	}
	return s.Render(w, r, http.StatusOK, "account/switch", view)
}

func (s *Server) switchTo(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Switcher == nil {
		return missing("switcher")
	}
	token, life, err := s.cfg.Desk.Switcher.Switch(v.ctx, s.cfg.Kit.Token(r), r.PostFormValue("membership"))
	if err != nil {
		return err
	}
	s.cfg.Kit.SetSession(w, token, life)
	http.Redirect(w, r, "/desk?said=switched", http.StatusSeeOther)
	return nil
}
