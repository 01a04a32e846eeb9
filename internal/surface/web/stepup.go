package web

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/httpkit"
)

// proof asks for the second factor inside a form: a code, or where this address has passkeys, one of them.
type proof struct {
	Code Field
	Ask  *askKey
	Ways []providerLink // in a tab of their own, so that what was typed stays in this one
}

func (v *visit) proofField(wrong string) (*proof, error) {
	ask, err := v.s.askKey(v.r, true)
	if err != nil {
		return nil, err
	}
	ways, err := v.waysAgain()
	out := &proof{Code: v.codeField("step-code", httpkit.CodeField, wrong), Ask: ask, Ways: ways}
	if len(ways) > 0 {
		out.Code.Required, out.Code.Optional = false, v.T("web.sign_in.optional")
	}
	return out, err
}

func (v *visit) codeField(id, name, wrong string) Field {
	return Field{ID: id, Name: name, Kind: "code", Label: v.T("desk.proof.code"), Hint: v.T("desk.proof.code.hint"), Autocomplete: "one-time-code", Required: true, Error: wrong}
}

type stepUpView struct {
	*Page
	Action string
	Carry  []Param // what was typed into the form that is sent on
	Sent   bool    // a form waits
	Proof  *proof
	Errors []FieldError
}

// stepUpPage asks for the second factor. A form that was sent goes on from there with all that was typed; a page that was
// to be opened opens afterwards.
func (s *Server) stepUpPage(r *http.Request, f *fault.Fault) ([]byte, error) {
	v := s.visit(r)
	view := stepUpView{Page: s.Page(r, "sign_in.step_up.title"), Action: "/step-up"}
	if r.Method == http.MethodPost {
		view.Action, view.Carry, view.Sent = r.URL.RequestURI(), carried(r.PostForm), r.URL.Path != "/step-up"
	} else if next := localPath(r.URL.RequestURI()); next != "" && r.URL.Path != "/step-up" {
		view.Carry = []Param{{"next", next}}
	} else if next := localPath(r.URL.Query().Get("next")); next != "" {
		view.Carry = []Param{{"next", next}}
	}
	var err error
	if view.Proof, err = v.proofField(wrongProof(v.l, f)); err != nil {
		return nil, err
	}
	view.Errors = Wrong([]Field{view.Proof.Code})
	var out bytes.Buffer
	err = s.render(&out, v.l, "session/step-up", view)
	return out.Bytes(), err
}

// wrongProof says what was wrong with the factor that was shown; nothing where none was.
func wrongProof(l locale.Lang, f *fault.Fault) string {
	if len(f.Details) == 0 {
		return ""
	}
	return locale.T(l, f.Details[0].Key, f.Details[0].Args)
}

// carried is what a form holds but for the factor itself.
func carried(form url.Values) (out []Param) {
	for _, name := range sortedKeys(form) {
		if slices.Contains([]string{httpkit.CodeField, httpkit.PasskeyField, httpkit.CeremonyField}, name) {
			continue
		}
		for _, value := range form[name] {
			out = append(out, Param{name, value})
		}
	}
	return out
}

// stepUpForm asks for the second factor ahead of what will want it.
func (s *Server) stepUpForm(w http.ResponseWriter, r *http.Request) error {
	body, err := s.stepUpPage(r, fault.New(fault.Unauthenticated, "sign_in.step_up"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = w.Write(body)
	return err
}

// steppedUp goes on: its route lets in only who has shown the factor.
func (s *Server) steppedUp(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.PostFormValue("next"))
	if next == "" {
		next = "/account?said=stepped_up"
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}
