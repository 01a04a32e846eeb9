package web

import (
	"context"
	"net/http"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/httpkit"
)

// Registrar makes accounts for people who register themselves; it answers a known national code as a new one.
type Registrar interface {
	Register(ctx context.Context, r party.Registration, address string) error
}

func (s *Server) registerRoutes() []httpkit.Route {
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/register", Policy: httpkit.Public, Handler: s.registerForm},
		{Method: http.MethodPost, Pattern: "/register", Policy: httpkit.Public, Handler: s.register, MaxBody: 16 << 10},
	}
}

type registerView struct {
	*Page
	Form Form
	Done bool
}

func (s *Server) registerForm(w http.ResponseWriter, r *http.Request) error {
	return s.askRegister(w, r, http.StatusOK, nil)
}

func (s *Server) askRegister(w http.ResponseWriter, r *http.Request, status int, wrong map[string]string) error {
	p := s.Page(r, "web.register.title")
	ask := func(name, kind, autocomplete string) Field {
		return Field{ID: name, Name: name, Kind: kind, Label: p.T("web.register." + name), Value: r.PostFormValue(name), Error: wrong[name], Required: true, Autocomplete: autocomplete}
	}
	code, password := ask("national_code", "code", "username"), ask("password", "password", "new-password")
	code.Hint, password.Hint = p.T("web.register.national_code.hint"), p.T("web.register.password.hint")
	fields := []Field{ask("name", "text", "name"), code, ask("mobile", "tel", "tel-national"), password, ask("again", "password", "new-password")}
	view := registerView{Page: p, Form: Form{Action: "/register", Fields: fields, Errors: topped(wrong, fields), Submit: p.T("web.register.do")}}
	return s.Render(w, r, status, "session/register", view)
}

// register answers in one way, whether the national code was known or not.
func (s *Server) register(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Registrar == nil {
		return missing("registration")
	}
	err := s.registration(r)
	if wrong, ok := s.visit(r).wrongOf(err); ok {
		return s.askRegister(w, r, http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "session/register", registerView{Page: s.Page(r, "web.register.title"), Done: true})
}

func (s *Server) registration(r *http.Request) error {
	if r.PostFormValue("password") != r.PostFormValue("again") {
		return fault.New(fault.Invalid, "desk.account.differ").At("again")
	}
	f := func(name string) string { return text.Display(r.PostFormValue(name)) }
	return s.cfg.Registrar.Register(r.Context(), party.Registration{
		Name: f("name"), NationalCode: f("national_code"), Mobile: f("mobile"), Password: r.PostFormValue("password"),
	}, httpkit.ClientNetwork(r))
}
