package provider

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"rahgosha/internal/base/fault"
)

// Identity is who a provider says somebody is. Subject is the provider's own name for them, which it gives to nobody else.
type Identity struct {
	Issuer, Subject string
	Strong          bool      // two factors were shown there
	Shown           time.Time // when they signed in there
}

// Finish reads what a browser brings back from the provider, and asks the provider for whose it is.
//
// Faults: unauthenticated sign_in.provider_wrong for whatever does not fit what was asked, sign_in.provider_refused where the
// provider says no, sign_in.provider_weak where the factors asked for were not shown; unavailable sign_in.provider_away.
func (p *Provider) Finish(ctx context.Context, q url.Values, k Kept) (Identity, error) {
	if k.State == "" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(k.State)) != 1 {
		return Identity{}, p.wrong(errors.New("state"))
	}
	d, err := p.find(ctx)
	if err != nil {
		return Identity{}, err
	}
	if iss, said := q["iss"]; said && !slices.Equal(iss, []string{p.Issuer}) || d.says && !said {
		return Identity{}, p.wrong(errors.New("iss: the answer is another provider's"))
	}
	if q.Has("error") {
		return Identity{}, fault.New(fault.Unauthenticated, "sign_in.provider_refused", "provider", p.Name)
	}
	raw, err := p.exchange(ctx, d, q.Get("code"), k.Verifier)
	if err != nil {
		return Identity{}, err
	}
	return p.read(ctx, d, raw, k)
}

// exchange gives the code back and gets the ID token for it.
func (p *Provider) exchange(ctx context.Context, d *discovered, code, verifier string) (string, error) {
	if code == "" {
		return "", p.wrong(errors.New("no code"))
	}
	token, err := p.config(d).Exchange(context.WithValue(ctx, oauth2.HTTPClient, p.client), code, oauth2.VerifierOption(verifier))
	var said *oauth2.RetrieveError
	switch {
	case errors.As(err, &said) && said.Response.StatusCode < 500:
		return "", p.wrong(fmt.Errorf("token endpoint: %d %.40q", said.Response.StatusCode, said.ErrorCode)) // the body is not ours to log
	case errors.As(err, &said):
		return "", p.away(fmt.Errorf("token endpoint: %d", said.Response.StatusCode))
	case err != nil:
		return "", p.away(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return "", p.wrong(errors.New("no ID token"))
	}
	return raw, nil
}

// read holds an ID token to what was asked (OpenID Connect Core, 3.1.3.7).
func (p *Provider) read(ctx context.Context, d *discovered, raw string, k Kept) (Identity, error) {
	now := p.clock.Now()
	token, err := d.Verifier(&oidc.Config{
		ClientID: p.Client, SupportedSigningAlgs: algorithms, Now: func() time.Time { return now.Add(-skew) },
	}).Verify(oidc.ClientContext(ctx, p.client), raw)
	if err != nil {
		return Identity{}, p.wrong(err)
	}
	var more struct {
		Party string `json:"azp"`
		Class string `json:"acr"`
		Shown int64  `json:"auth_time"`
	}
	if err := token.Claims(&more); err != nil {
		return Identity{}, p.wrong(err)
	}
	out := Identity{Issuer: token.Issuer, Subject: token.Subject, Strong: slices.Contains(p.Second, more.Class), Shown: time.Unix(more.Shown, 0)}
	since := now.Add(-oldest)
	if k.Again {
		since = time.Unix(k.Asked, 0)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(k.Nonce)) != 1:
		err = errors.New("nonce")
	case len(token.Audience) > 1 && more.Party == "", more.Party != "" && more.Party != p.Client:
		err = errors.New("azp")
	case token.IssuedAt.After(now.Add(skew)), token.IssuedAt.Before(now.Add(-tokenAge)):
		err = errors.New("iat")
	case token.Subject == "" || len(token.Subject) > 255:
		err = errors.New("sub")
	case more.Shown == 0 || out.Shown.After(now.Add(skew)), out.Shown.Before(since.Add(-skew)):
		err = errors.New("auth_time")
	}
	if err != nil {
		return Identity{}, p.wrong(err)
	}
	if k.Again && !out.Strong {
		return Identity{}, fault.New(fault.Unauthenticated, "sign_in.provider_weak", "provider", p.Name)
	}
	if out.Shown.After(now) {
		out.Shown = now
	}
	return out, nil
}
