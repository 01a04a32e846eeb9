package app

import (
	"context"
	"net/url"
	"strings"
	"time"

	"rahgosha/internal/app/provider"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/web"
)

// tripTime is how long somebody may be at a provider.
const tripTime = 10 * time.Minute

// providers let staff sign in where their own body keeps its people.
type providers struct{ a *App }

// offering is nil where no provider is set up: its pages do not exist then.
func (a *App) offering() web.Providers {
	if len(a.providers) == 0 {
		return nil
	}
	return providers{a}
}

// trip is what waits in the browser while its person is at a provider, and then while a second factor is asked for.
type trip struct {
	Use      string        `json:"use"`
	Provider string        `json:"provider"`
	Next     string        `json:"next,omitempty"`
	Session  string        `json:"session,omitempty"` // hash of the token of the session it belongs to
	Until    int64         `json:"until"`
	Kept     provider.Kept `json:"kept"`
	Proof    *party.Proof  `json:"proof,omitempty"` // what the provider said, once it is back
}

const tripKind = "provider"

// Offered lists the providers.
func (x providers) Offered() []web.Provider {
	out := make([]web.Provider, len(x.a.providers))
	for i, p := range x.a.providers {
		out[i] = web.Provider{ID: p.ID, Name: p.Name, Second: len(p.Second) > 0}
	}
	return out
}

func (x providers) named(id string) (*provider.Provider, error) {
	for _, p := range x.a.providers {
		if p.ID == id {
			return p, nil
		}
	}
	return nil, fault.New(fault.NotFound, "httpkit.no_page")
}

// Begin starts a trip.
func (x providers) Begin(ctx context.Context, t web.Trip) (address, kept string, err error) {
	p, err := x.named(t.Provider)
	if err != nil {
		return "", "", err
	}
	w := trip{Use: t.Use, Provider: p.ID, Next: t.Next, Until: x.a.Clock.Now().Add(tripTime).UnixMicro()}
	if t.Token != "" {
		w.Session = httpkit.TokenHash(t.Token)
	}
	if address, w.Kept, err = p.Begin(ctx, t.Use == web.TripAgain); err != nil {
		return "", "", x.logged(ctx, p.ID, err)
	}
	kept, err = x.a.marked(tripKind, w)
	return address, kept, err
}

// logged tells the operator what went wrong at a provider, which the person is told in plain words only.
func (x providers) logged(ctx context.Context, id string, err error) error {
	if f, ok := fault.As(err); ok && strings.HasPrefix(f.Key, "sign_in.provider_") {
		x.a.Log.WarnContext(ctx, "identity provider", "provider", id, "error", err, "id", httpkit.RequestID(ctx))
	}
	return err
}

// arrived takes what waits, where it was made here for this step and is not too old.
func (x providers) arrived(kept string, back bool) (t trip, err error) {
	if !x.a.unmarked(tripKind, kept, &t) || x.a.Clock.Now().UnixMicro() >= t.Until || back != (t.Proof == nil) {
		return trip{}, fault.New(fault.Unauthenticated, "sign_in.provider_late")
	}
	return t, nil
}

// Back ends a trip: it signs in, steps up or binds, whichever it was begun for.
func (x providers) Back(ctx context.Context, id, kept, token string, q url.Values) (web.Return, error) {
	p, err := x.named(id)
	if err != nil {
		return web.Return{}, err
	}
	t, err := x.arrived(kept, true)
	if err == nil && (t.Provider != id || t.Use != web.TripSignIn && (token == "" || t.Session != httpkit.TokenHash(token))) {
		err = fault.New(fault.Unauthenticated, "sign_in.provider_late")
	}
	if err != nil {
		return web.Return{}, err
	}
	who, err := p.Finish(ctx, q, t.Kept)
	if err != nil {
		x.a.signingIn(ctx, party.Event{What: party.EventSignIn, Way: party.WayProvider, Person: httpkit.PrincipalIn(ctx).Person, Err: err})
		return web.Return{Use: t.Use}, x.logged(ctx, id, err)
	}
	proof := party.Proof{Provider: p.ID, Body: p.Body, Issuer: who.Issuer, Subject: who.Subject, State: t.Kept.State, Second: len(p.Second) > 0}
	if who.Strong {
		proof.Shown = who.Shown.UnixMicro()
	}
	out := web.Return{Provider: id, Use: t.Use, Next: t.Next}
	switch t.Use {
	case web.TripLink:
		return out, x.a.Party.LinkProvider(ctx, token, proof)
	case web.TripAgain:
		out.Token, out.Life, err = lived(x.a.Party.StepUpByProvider(ctx, token, proof))
		return out, err
	default:
		return x.enter(ctx, out, proof, "", t.Until)
	}
}

// enter signs in; who lacks a second factor finds the provider's word kept, signed, for the next step.
func (x providers) enter(ctx context.Context, out web.Return, proof party.Proof, code string, until int64) (web.Return, error) {
	var who access.Principal
	var err error
	out.Token, who, err = x.a.Party.SignInByProvider(ctx, proof, code)
	_, out.Life = party.Lifetime(who.Role)
	if f, ok := fault.As(err); ok && f.Field == "code" {
		kept, bad := x.a.marked(tripKind, trip{Use: out.Use, Provider: out.Provider, Next: out.Next, Until: until, Proof: &proof})
		if bad != nil {
			return out, bad
		}
		out.Kept = kept
	}
	return out, err
}

// Code shows a second factor beside what the provider said.
func (x providers) Code(ctx context.Context, kept, code string) (web.Return, error) {
	t, err := x.arrived(kept, false)
	if err != nil {
		return web.Return{}, err
	}
	return x.enter(ctx, web.Return{Provider: t.Provider, Use: t.Use, Next: t.Next}, *t.Proof, strings.TrimSpace(code), t.Until)
}

// Links lists by which providers the holder of a token signs in.
func (x providers) Links(ctx context.Context, token string) ([]party.Link, error) {
	return x.a.Party.Links(ctx, token)
}

// Prove wants the password.
func (x providers) Prove(ctx context.Context, token, password string) error {
	return x.a.Party.ProvePassword(ctx, token, password)
}

// Unlink ends one of them.
func (x providers) Unlink(ctx context.Context, token, id string) error {
	return x.a.Party.Unlink(ctx, token, id)
}

// Leave is where one signs out there too.
func (x providers) Leave(ctx context.Context, id string) string {
	p, err := x.named(id)
	if err != nil {
		return ""
	}
	return p.Leave(ctx, x.a.BaseURL+"/")
}
