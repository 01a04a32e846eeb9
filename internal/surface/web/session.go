package web

import (
	"net/http"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/surface/httpkit"
)

type signInView struct {
	*Page
	Fields []Field
	Errors []FieldError
	Next   string
	Ask    *askKey
	Ways   []providerLink
	Said   string // what went wrong at a provider
}

func (s *Server) signInForm(w http.ResponseWriter, r *http.Request) error {
	return s.askSignIn(w, r, http.StatusOK, signInFields(nil))
}

// signInFields builds the form; wrong maps a field name to the key of its error.
func signInFields(wrong map[string]string) []Field {
	return []Field{
		{ID: "login", Name: "login", Kind: "code", Label: "web.sign_in.login", Autocomplete: "username", Required: true, Error: wrong["login"]},
		{ID: "password", Name: "password", Kind: "password", Label: "web.sign_in.password", Autocomplete: "current-password", Required: true, Error: wrong["password"]},
		{ID: "code", Name: "code", Kind: "code", Label: "web.sign_in.code", Hint: "web.sign_in.code.hint", Optional: "web.sign_in.optional", Autocomplete: "one-time-code"},
	}
}

func (s *Server) askSignIn(w http.ResponseWriter, r *http.Request, status int, fields []Field) error {
	return s.askSignInSaying(w, r, status, fields, "")
}

func (s *Server) askSignInSaying(w http.ResponseWriter, r *http.Request, status int, fields []Field, said string) error {
	p := s.Page(r, "web.sign_in.title")
	for i := range fields {
		f := &fields[i]
		f.Label, f.Hint, f.Optional, f.Error = p.maybe(f.Label), p.maybe(f.Hint), p.maybe(f.Optional), p.maybe(f.Error)
	}
	fields[0].Value = r.PostFormValue("login")
	v := signInView{Page: p, Fields: fields, Errors: Wrong(fields), Next: localPath(r.FormValue("next")), Said: said}
	v.Ways = s.waysIn(r, v.Next)
	if v.Next != "" {
		p.Query = []Param{{"next", v.Next}}
	}
	var err error
	if v.Ask, err = s.askKey(r, false); err != nil {
		return err
	}
	return s.Render(w, r, status, "session/sign-in", v)
}

// maybe translates a key, and leaves nothing nothing.
func (p *Page) maybe(key string) string {
	if key == "" {
		return ""
	}
	return p.T(key)
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Sessions == nil {
		return missing("sessions")
	}
	login, password := text.Display(r.PostFormValue("login")), r.PostFormValue("password")
	if wrong := emptyOf(login, password); len(wrong) > 0 {
		return s.askSignIn(w, r, http.StatusUnprocessableEntity, signInFields(wrong))
	}
	if err := s.logins.Take(login + " " + httpkit.ClientNetwork(r)); err != nil {
		return err
	}
	token, life, err := s.admit(r, login, password)
	if fields := signInAgain(r, err); fields != nil {
		return s.askSignIn(w, r, http.StatusUnauthorized, fields)
	}
	if err != nil {
		return err
	}
	if err := s.opened(w, r, token, life); err != nil {
		return err
	}
	http.Redirect(w, r, s.landing(r, token), http.StatusSeeOther)
	return nil
}

// known gives a key of who has signed in from that network before, by the login that they type.
func (s *Server) known(r *http.Request) string {
	if s.cfg.Sessions == nil {
		return ""
	}
	key, err := s.cfg.Sessions.KnownAt(r.Context(), r.PostFormValue("login"), httpkit.ClientNetwork(r))
	if err != nil {
		return "" // as for a stranger
	}
	return key
}

// opened gives the browser its new session. It forgets the one before: nobody else shall go on with it.
func (s *Server) opened(w http.ResponseWriter, r *http.Request, token string, life time.Duration) error {
	if before := s.cfg.Kit.SessionToken(r); before != "" {
		if err := s.cfg.Sessions.SignOut(r.Context(), before); err != nil {
			return err
		}
	}
	s.cfg.Kit.Keep(w, thereToo, "", -1)
	s.cfg.Kit.SetSession(w, token, life)
	return nil
}

// admit signs in, or signs in and sets the new password that stands in the form.
func (s *Server) admit(r *http.Request, login, password string) (string, time.Duration, error) {
	code, fresh := strings.TrimSpace(r.PostFormValue("code")), r.PostFormValue("new")
	switch {
	case fresh == "":
		return s.cfg.Sessions.SignIn(r.Context(), login, password, code, httpkit.ClientNetwork(r))
	case fresh != r.PostFormValue("again"):
		return "", 0, fault.New(fault.Refused, "desk.account.differ").At("again")
	}
	return s.cfg.Sessions.SignInChanging(r.Context(), login, password, code, httpkit.ClientNetwork(r), fresh)
}

// signInAgain is the form that answers a failed signing in; nil when the failure is none that a form mends. Who holds a
// one-time password is asked for their own.
func signInAgain(r *http.Request, err error) []Field {
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Unauthenticated && f.Kind != fault.Refused && f.Kind != fault.Invalid {
		return nil
	}
	if f.Kind == fault.Unauthenticated {
		wrong := signInFields(map[string]string{"login": "web.sign_in.wrong"})
		if r.PostFormValue("new") == "" {
			return wrong
		}
		return append(wrong, changeFields("", "")...)
	}
	if f.Field == "again" {
		return append(signInFields(nil), changeFields("", f.Key)...)
	}
	if f.Key == "party.must_change" || f.Key == "party.password_common" {
		return append(signInFields(nil), changeFields(f.Key, "")...)
	}
	return append(signInFields(nil), changeFields("web.sign_in.weak", "")...)
}

func changeFields(fresh, again string) []Field {
	return []Field{
		{ID: "new", Name: "new", Kind: "password", Label: "desk.account.new", Hint: "desk.account.new.hint", Autocomplete: "new-password", Required: true, Error: fresh},
		{ID: "again", Name: "again", Kind: "password", Label: "desk.account.again", Autocomplete: "new-password", Required: true, Error: again},
	}
}

func emptyOf(login, password string) map[string]string {
	wrong := map[string]string{}
	if login == "" {
		wrong["login"] = "web.sign_in.login.empty"
	}
	if password == "" {
		wrong["password"] = "web.sign_in.password.empty"
	}
	return wrong
}

// landing is where the person wanted to go, else their own first page, else home.
func (s *Server) landing(r *http.Request, token string) string {
	if next := localPath(r.PostFormValue("next")); next != "" {
		return next
	}
	return s.first(r, token)
}

// first is the first page of a person.
func (s *Server) first(r *http.Request, token string) string {
	if s.cfg.After != nil {
		return s.cfg.After(r.Context(), token)
	}
	return "/"
}

// localPath lets through only an address on this host: "//host" and "/\host" lead elsewhere in browsers, which also drop
// control characters on the way.
func localPath(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsFunc(next, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
		return ""
	}
	return next
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if token := s.cfg.Kit.SessionToken(r); token != "" && s.cfg.Sessions != nil {
		if err := s.cfg.Sessions.SignOut(r.Context(), token); err != nil {
			return err
		}
	}
	s.cfg.Kit.ClearSession(w)
	if there := s.cfg.Kit.Kept(r, thereToo); there != "" && s.cfg.Desk.Providers != nil {
		s.cfg.Kit.Keep(w, thereToo, "", -1)
		return s.signedOutHere(w, r, there)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// signedOutHere says that the session at the provider goes on, and shows the way to end it: on a machine that others use it
// would let the next one in.
func (s *Server) signedOutHere(w http.ResponseWriter, r *http.Request, id string) error {
	at := s.cfg.Desk.Providers.Leave(r.Context(), id)
	for _, p := range s.cfg.Desk.Providers.Offered() {
		if p.ID == id && at != "" {
			r = httpkit.WithPrincipal(r, access.Anonymous(""))
			return s.Render(w, r, http.StatusOK, "session/signed-out", linkView{Page: s.Page(r, "sign_in.signed_out"), Name: p.Name.In(httpkit.LangOf(r)), Href: at})
		}
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
