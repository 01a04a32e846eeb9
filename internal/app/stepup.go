package app

import (
	"net/http"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/web"
)

// stepUp takes the second factor that a form shows beside what it is about. What is wrong with it comes as
// sign_in.step_up, whose page asks again and holds everything that was typed.
func (a *App) stepUp(k *httpkit.Kit) func(http.ResponseWriter, *http.Request) (*http.Request, error) {
	return func(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
		if !httpkit.PrincipalOf(r).SignedIn() || !httpkit.Shown(r) {
			return r, nil
		}
		token, life, who, err := a.showAgain(r, k.Token(r))
		if f, ok := fault.As(err); ok && (f.Kind == fault.Unauthenticated && f.Key != "party.session_over" || f.Kind == fault.TooMany) {
			return r, fault.New(fault.Unauthenticated, "sign_in.step_up").With(f)
		}
		if err != nil {
			return r, err
		}
		return k.Renew(w, r, token, life, who), nil
	}
}

func (a *App) showAgain(r *http.Request, token string) (fresh string, life time.Duration, who access.Principal, err error) {
	if code := r.PostForm.Get(httpkit.CodeField); code != "" {
		fresh, who, err = a.Party.StepUp(r.Context(), token, code)
	} else {
		var challenge string
		var p party.Passkey
		challenge, p, err = passkeys{a}.shown(r.Context(), r.Host, web.PasskeyAnswer{Kept: r.PostForm.Get(httpkit.CeremonyField), Answer: r.PostForm.Get(httpkit.PasskeyField)})
		if err == nil {
			fresh, who, err = a.Party.StepUpByPasskey(r.Context(), token, challenge, p)
		} else {
			a.signingIn(r.Context(), party.Event{What: party.EventStepUp, Way: party.WayPasskey, Person: httpkit.PrincipalOf(r).Person, Err: err})
		}
	}
	_, life = party.Lifetime(who.Role)
	return fresh, life, who, err
}
