package app

import (
	"context"
	"encoding/json"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/web"
)

// ceremonyTime is how long a page may wait for the device's answer.
const ceremonyTime = 10 * time.Minute

// passkeys lets devices answer for people (WebAuthn, level 3). Nothing is kept between the two steps: what the library wants
// back travels in the page, signed; party lets a challenge serve once.
type passkeys struct{ a *App }

// ceremony is what travels.
type ceremony struct {
	Use     string               `json:"use"` // add or show
	Until   int64                `json:"until"`
	Session webauthn.SessionData `json:"session"`
}

const (
	useAdd  = "add"
	useShow = "show"
)

var errPasskey = fault.New(fault.Unauthenticated, "sign_in.passkey_wrong")

// Offered says whether passkeys belong to the address by which a request came: they are bound to one name.
func (x passkeys) Offered(host string) bool {
	_, err := x.verifier(host)
	return err == nil
}

// verifier checks answers for the public address. On a developer's own machine the name is localhost, on whatever port.
func (x passkeys) verifier(host string) (*webauthn.WebAuthn, error) {
	off := fault.New(fault.Refused, "sign_in.passkey_off").At("passkey-name")
	u, err := url.Parse(x.a.BaseURL)
	if err != nil || u.Hostname() == "" {
		return nil, off
	}
	id, origin := u.Hostname(), u.Scheme+"://"+u.Host
	if ip := net.ParseIP(id); ip != nil && ip.IsLoopback() || id == "localhost" {
		id, origin = "localhost", "http://"+host
	}
	if !strings.EqualFold(hostname(host), id) || net.ParseIP(id) != nil {
		return nil, off
	}
	v, err := webauthn.New(&webauthn.Config{RPID: id, RPDisplayName: locale.T(locale.EN, "web.name", nil), RPOrigins: []string{origin}})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "app.passkeys")
	}
	return v, nil
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// holder is a person as the library asks for one.
type holder struct {
	id, name string
	keys     []webauthn.Credential
}

// WebAuthnID is the person's id, which says nothing of them.
func (h holder) WebAuthnID() []byte { return []byte(h.id) }

// WebAuthnName is what the device shows in its list.
func (h holder) WebAuthnName() string { return h.name }

// WebAuthnDisplayName is the same.
func (h holder) WebAuthnDisplayName() string { return h.name }

// WebAuthnCredentials are the person's passkeys.
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func credentialOf(p party.Passkey) (c webauthn.Credential, err error) {
	if err := json.Unmarshal(p.Record, &c); err != nil {
		return c, fault.Wrap(err, fault.Internal, "party.sealed")
	}
	return c, nil
}

// List gives the passkeys of the holder of a token.
func (x passkeys) List(ctx context.Context, token string) ([]party.Passkey, error) {
	return x.a.Party.Passkeys(ctx, token)
}

// Begin asks a device to make a passkey for a person.
func (x passkeys) Begin(ctx context.Context, p access.Principal, token, host string) (web.Ceremony, error) {
	v, err := x.verifier(host)
	if err != nil {
		return web.Ceremony{}, err
	}
	all, err := x.List(ctx, token)
	if err != nil {
		return web.Ceremony{}, err
	}
	h := holder{id: p.Person, name: p.Name}
	for _, k := range all {
		c, err := credentialOf(k)
		if err != nil {
			return web.Ceremony{}, err
		}
		h.keys = append(h.keys, c)
	}
	options, session, err := v.BeginRegistration(h,
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		}),
		webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return web.Ceremony{}, fault.Wrap(err, fault.Internal, "app.passkeys")
	}
	return x.travel(useAdd, options.Response, session)
}

// Ask asks a device for the answer of any passkey it holds for this address; the device checks who holds it.
func (x passkeys) Ask(host string) (web.Ceremony, error) {
	v, err := x.verifier(host)
	if err != nil {
		return web.Ceremony{}, err
	}
	options, session, err := v.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return web.Ceremony{}, fault.Wrap(err, fault.Internal, "app.passkeys")
	}
	return x.travel(useShow, options.Response, session)
}

func (x passkeys) travel(use string, options any, session *webauthn.SessionData) (web.Ceremony, error) {
	shown, err := json.Marshal(options)
	if err != nil {
		return web.Ceremony{}, fault.Wrap(err, fault.Internal, "app.passkeys")
	}
	kept, err := x.a.marked("webauthn", ceremony{Use: use, Until: x.a.Clock.Now().Add(ceremonyTime).UnixMicro(), Session: *session})
	return web.Ceremony{Options: string(shown), Kept: kept}, err
}

// arrived reads what travelled, and takes nothing that was not signed here, is too old or was meant for another use.
func (x passkeys) arrived(use, kept string) (webauthn.SessionData, error) {
	var c ceremony
	if !x.a.unmarked("webauthn", kept, &c) || c.Use != use || x.a.Clock.Now().UnixMicro() >= c.Until {
		return webauthn.SessionData{}, errPasskey
	}
	return c.Session, nil
}

// Add keeps the passkey that a device made.
func (x passkeys) Add(ctx context.Context, p access.Principal, token, host, name string, a web.PasskeyAnswer) error {
	v, err := x.verifier(host)
	if err != nil {
		return err
	}
	session, err := x.arrived(useAdd, a.Kept)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(a.Answer))
	if err != nil {
		return fault.Wrap(err, fault.Unauthenticated, "sign_in.passkey_wrong")
	}
	c, err := v.CreateCredential(holder{id: p.Person, name: p.Name}, session, parsed)
	if err != nil {
		return fault.Wrap(err, fault.Unauthenticated, "sign_in.passkey_wrong")
	}
	record, err := json.Marshal(c)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "app.passkeys")
	}
	return x.a.Party.AddPasskey(ctx, token, session.Challenge, party.Passkey{Name: name, Key: c.ID, Record: record})
}

// Remove forgets a passkey of the holder of a token.
func (x passkeys) Remove(ctx context.Context, token, id string) error {
	return x.a.Party.RemovePasskey(ctx, token, id)
}

// SignIn opens a session for whose passkey answered.
func (x passkeys) SignIn(ctx context.Context, host string, a web.PasskeyAnswer) (string, time.Duration, error) {
	challenge, p, err := x.shown(ctx, host, a)
	if err != nil {
		x.a.signingIn(ctx, party.Event{What: party.EventSignIn, Way: party.WayPasskey, Err: err})
		return "", 0, err
	}
	return lived(x.a.Party.SignInByPasskey(ctx, challenge, p))
}

// shown verifies an answer, and gives whose passkey it is with what is to be kept of this use.
func (x passkeys) shown(ctx context.Context, host string, a web.PasskeyAnswer) (challenge string, p party.Passkey, err error) {
	v, err := x.verifier(host)
	if err != nil {
		return "", p, err
	}
	session, err := x.arrived(useShow, a.Kept)
	if err != nil {
		return "", p, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(a.Answer))
	if err != nil {
		return "", p, fault.Wrap(err, fault.Unauthenticated, "sign_in.passkey_wrong")
	}
	if p, err = x.a.Party.PasskeyOf(ctx, parsed.RawID); err != nil {
		return "", p, err
	}
	known, err := credentialOf(p)
	if err != nil {
		return "", p, err
	}
	_, used, err := v.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		if string(handle) != p.Person {
			return nil, errPasskey
		}
		return holder{id: p.Person, keys: []webauthn.Credential{known}}, nil
	}, session, parsed)
	if err != nil || used.Authenticator.CloneWarning { // a counter that went back is a copied key
		return "", p, fault.Wrap(err, fault.Unauthenticated, "sign_in.passkey_wrong")
	}
	p.Record, err = json.Marshal(used)
	if err != nil {
		return "", p, fault.Wrap(err, fault.Internal, "app.passkeys")
	}
	return session.Challenge, p, nil
}
