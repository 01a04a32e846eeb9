package httpkit

import (
	"context"
	"mime"
	"net/http"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
)

// The fields by which any form shows a second factor: a code, or a passkey's answer with the ceremony it belongs to.
const (
	CodeField     = "_code"
	PasskeyField  = "_passkey"
	CeremonyField = "_ceremony"
)

// StepUpKey is the fault of who has to show a second factor before they go on.
const StepUpKey = "sign_in.step_up"

// Shown reports whether the parsed form of a request shows a second factor.
func Shown(r *http.Request) bool {
	return r.PostForm.Get(CodeField) != "" || r.PostForm.Get(PasskeyField) != ""
}

// prove steps up by what a plain form shows, and refuses a fresh route to who did not lately. A form with files is read by
// its own handler, which calls StepUp itself, so that no file is lost over a wrong code.
func (k *Kit) prove(w http.ResponseWriter, r *http.Request, fresh bool) (*http.Request, error) {
	if k.StepUp != nil && r.Method == http.MethodPost && plainForm(r) {
		if err := r.ParseForm(); err != nil {
			return r, formFault(err)
		}
		var err error
		if r, err = k.StepUp(w, r); err != nil {
			return r, err
		}
	}
	if fresh {
		return r, PrincipalOf(r).Proved()
	}
	return r, nil
}

func formFault(err error) error {
	if f := asFault(err); f.Kind == fault.TooLarge {
		return f
	}
	return fault.Wrap(err, fault.Invalid, "httpkit.form")
}

func plainForm(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/x-www-form-urlencoded"
}

type renewedKey struct{}

// Renew goes on under the new token of a session: the browser gets it, and the rest of this request has it.
func (k *Kit) Renew(w http.ResponseWriter, r *http.Request, token string, life time.Duration, p access.Principal) *http.Request {
	k.SetSession(w, token, life)
	return WithPrincipal(r.WithContext(context.WithValue(r.Context(), renewedKey{}, token)), p)
}

func renewed(r *http.Request) string {
	token, _ := r.Context().Value(renewedKey{}).(string)
	return token
}
