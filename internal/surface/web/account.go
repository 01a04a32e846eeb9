package web

import (
	"context"
	"net/http"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
)

// Accounts changes how a person signs in. An Invalid or Unauthenticated fault names its field: old, new, code.
type Accounts interface {
	Account(ctx context.Context, p access.Principal) (*AccountState, error)
	ChangePassword(ctx context.Context, p access.Principal, old, fresh string) error
	// BeginTOTP gives a secret to write into an authenticator; ConfirmTOTP turns it on by a first code.
	BeginTOTP(ctx context.Context, p access.Principal) (secret string, err error)
	ConfirmTOTP(ctx context.Context, p access.Principal, code string) error
	// PrintCodes makes fresh one-time codes and voids the old ones; they are shown once.
	PrintCodes(ctx context.Context, p access.Principal) ([]string, error)
}

// AccountState is how a person signs in.
type AccountState struct {
	Login     string
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
	Secret   string
	Codes    []string
	Errors   []FieldError
	Switch   bool
}

func (s *Server) account(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showAccount(w, http.StatusOK, nil, accountView{})
}

// showAccount shows the page; wrong maps a field to its error.
func (v *visit) showAccount(w http.ResponseWriter, status int, wrong map[string]string, view accountView) error {
	if v.s.cfg.Desk.Accounts == nil {
		return missing("accounts")
	}
	state, err := v.s.cfg.Desk.Accounts.Account(v.ctx, v.p)
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
	if view.Secret != "" {
		view.TOTP = []Field{{ID: "code", Name: "code", Kind: "code", Label: v.T("desk.account.code"), Hint: v.T("desk.account.code.hint"), Autocomplete: "one-time-code", Required: true, Error: wrong["code"]}}
	}
	view.Errors = append(Wrong(view.Password), Wrong(view.TOTP)...)
	w.Header().Set("Cache-Control", "no-store")
	return v.s.Render(w, v.r, status, "account/account", view)
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
	err := s.cfg.Desk.Accounts.ChangePassword(v.ctx, v.p, old, fresh)
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.Unauthenticated) {
		return v.showAccount(w, http.StatusUnprocessableEntity, map[string]string{fieldOr(f, "old", "new"): locale.T(v.l, f.Key, f.Args)}, accountView{})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/account?said=password", http.StatusSeeOther)
	return nil
}

// fieldOr is the field a fault names; a fault of who somebody is belongs to the old password, any other to the new one.
func fieldOr(f *fault.Fault, who, other string) string {
	switch {
	case f.Field == who || f.Field == other:
		return f.Field
	case f.Kind == fault.Unauthenticated:
		return who
	}
	return other
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

// totp begins a second factor, or confirms it by its first code.
func (s *Server) totp(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Accounts == nil {
		return missing("accounts")
	}
	secret, code := r.PostFormValue("secret"), text.Display(r.PostFormValue("code"))
	if secret == "" {
		fresh, err := s.cfg.Desk.Accounts.BeginTOTP(v.ctx, v.p)
		if err != nil {
			return err
		}
		return v.showAccount(w, http.StatusOK, nil, accountView{Secret: fresh})
	}
	err := s.cfg.Desk.Accounts.ConfirmTOTP(v.ctx, v.p, text.Digits(code))
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.Unauthenticated) {
		return v.showAccount(w, http.StatusUnprocessableEntity, map[string]string{"code": locale.T(v.l, f.Key, f.Args)}, accountView{Secret: secret})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/account?said=totp", http.StatusSeeOther)
	return nil
}

// codes prints fresh one-time codes; they are on this one page and nowhere else.
func (s *Server) codes(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Accounts == nil {
		return missing("accounts")
	}
	codes, err := s.cfg.Desk.Accounts.PrintCodes(v.ctx, v.p)
	if err != nil {
		return err
	}
	return v.showAccount(w, http.StatusOK, nil, accountView{Codes: codes})
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
