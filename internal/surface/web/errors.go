package web

import (
	"bytes"
	"net/http"
	"strconv"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/httpkit"
)

type errorView struct {
	*Page
	Status  int
	What    string
	Do      string
	Details []string
	ID      string
	SignIn  string // address to sign in at and come back
	Account bool   // the mend is on the page of one's account
}

// errorPage says what happened and what to do; the cause stays in the log under the shown number.
func (s *Server) errorPage(r *http.Request, status int, f *fault.Fault) ([]byte, error) {
	l := httpkit.LangOf(r)
	key := errorKey(l, status)
	p := s.Page(r, key)
	v := errorView{Page: p, Status: status, What: locale.T(l, f.Key, f.Args), Do: p.T(key + ".do")}
	for _, d := range f.Details {
		v.Details = append(v.Details, locale.T(l, d.Key, d.Args))
	}
	if status >= http.StatusInternalServerError {
		v.ID = httpkit.RequestID(r.Context())
	}
	switch {
	case f.Key == httpkit.StepUpKey:
		return s.stepUpPage(r, f)
	case f.Key == "sign_in.second_needed":
		v.Title, v.Do, v.Account = p.T("sign_in.second_needed.title"), p.T("sign_in.second_needed.do"), true
	case status == http.StatusUnauthorized:
		v.SignIn = signInAt(r)
	}
	var out bytes.Buffer
	err := s.render(&out, l, "public/error", v)
	return out.Bytes(), err
}

func signInAt(r *http.Request) string {
	if r.Method != http.MethodGet {
		return "/sign-in"
	}
	return "/sign-in?next=" + queryEscape(r.URL.RequestURI())
}

// errorKey is the text of a status, or of its hundred when it has none of its own.
func errorKey(l locale.Lang, status int) string {
	key := "web.error." + strconv.Itoa(status)
	if locale.Has(l, key) {
		return key
	}
	if status >= http.StatusInternalServerError {
		return "web.error.500"
	}
	return "web.error.422"
}
