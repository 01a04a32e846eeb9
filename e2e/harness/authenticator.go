package harness

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// Authenticator is a device that holds the passkeys of a page's person.
type Authenticator struct {
	p  *Page
	id webauthn.AuthenticatorID
}

// Authenticator gives the page a device that keeps passkeys and knows its holder.
func (p *Page) Authenticator() Authenticator {
	p.t.Helper()
	p.do("enable passkeys", send(webauthn.Enable, webauthn.EnableParams{}))
	made := get(p, "add an authenticator", chromedp.Action[webauthn.AddVirtualAuthenticatorResult](func(ctx context.Context, t *chromedp.Target) (webauthn.AddVirtualAuthenticatorResult, error) {
		return cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
	}))
	return Authenticator{p, made.AuthenticatorID}
}

// Knows says whether the device recognises who holds it.
func (a Authenticator) Knows(holder bool) {
	a.p.t.Helper()
	a.p.do("set the holder", send(webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: a.id, IsUserVerified: holder}))
}
