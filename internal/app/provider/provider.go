// Package provider lets staff sign in where their own body keeps its people: it is a client of OpenID Connect providers, by
// the authorization code flow with PKCE. It finds a provider, sends a browser there and reads what comes back; whose account
// a person there is, package party knows.
package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// File lists the providers, in the folder of the data.
const File = "providers.json"

// Back is where browsers come back to, below the public address; the provider's id follows. Each has an address of its own,
// so that one provider's answer is never taken for another's (RFC 9700, 4.4).
const Back = "/sign-in/back/"

// Settings are what the operator writes of one provider.
type Settings struct {
	ID     string      `json:"id"`   // in addresses: letters, digits and hyphens
	Name   locale.Text `json:"name"` // as the button calls it
	Issuer string      `json:"issuer"`
	Client string      `json:"client"`
	Secret string      `json:"secret_file"`       // in the folder of the data, read by its user alone
	Body   string      `json:"body,omitempty"`    // whose people it knows; "" is every body's staff
	Second []string    `json:"second,omitempty"`  // acr values by which it says that two factors were shown
	Inside []string    `json:"private,omitempty"` // addresses of the network inside that it may live at; else only public ones are called
}

// Provider is one of them. It is safe for concurrent use.
type Provider struct {
	Settings
	secret   string
	redirect string
	clock    clock.Clock
	client   *http.Client
	plain    bool // it is on this machine and is spoken to without TLS

	mu    sync.Mutex
	known *discovered
}

// discovered is what a provider says of itself.
type discovered struct {
	*oidc.Provider
	end     string // where to sign out there, "" for nowhere
	says    bool   // that its answers name it
	style   oauth2.AuthStyle
	expires time.Time
}

// How long what a provider says of itself counts, how far its clock may be off, how old a token may be that was just made,
// and how long ago its person may have signed in there.
const (
	knownFor = time.Hour
	skew     = time.Minute
	tokenAge = 10 * time.Minute
	oldest   = 12 * time.Hour
)

// algorithms are the signatures that are taken: those of public keys, never none, never one that the client's secret makes.
var algorithms = []string{oidc.RS256, oidc.PS256, oidc.ES256, oidc.ES384, oidc.EdDSA}

var idPattern = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// Read reads the list; no file is no provider. base is the public address. Fault: invalid app.providers, naming what is wrong.
func Read(data, base string, c clock.Clock) ([]*Provider, error) {
	file := filepath.Join(data, File)
	raw, err := os.ReadFile(file) // #nosec G304 -- in the data folder, or the file that the operator named
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []Settings
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	var out []*Provider
	for _, s := range list {
		var p *Provider
		if p, err = newProvider(s, data, base, c); err != nil {
			err = fmt.Errorf("%q: %w", s.ID, err)
			break
		}
		if slices.ContainsFunc(out, func(o *Provider) bool { return o.ID == s.ID || o.Issuer == s.Issuer }) {
			err = fmt.Errorf("%q stands there twice", s.ID)
			break
		}
		out = append(out, p)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "app.providers", "file", file, "why", err.Error())
	}
	return out, nil
}

func newProvider(s Settings, data, base string, c clock.Clock) (*Provider, error) {
	switch u, err := url.Parse(s.Issuer); {
	case !idPattern.MatchString(s.ID):
		return nil, errors.New("id: letters a to z, digits and hyphens")
	case s.Name.FA == "" || s.Name.EN == "":
		return nil, errors.New("name: needs fa and en")
	case s.Client == "":
		return nil, errors.New("client: the id that the provider knows this program by")
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("issuer: an address such as https://login.example")
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return nil, errors.New("issuer: must be https")
	case base == "":
		return nil, errors.New("serve needs --base-url, the public address that the provider sends browsers back to")
	}
	inside := make([]netip.Prefix, len(s.Inside))
	for i, x := range s.Inside {
		var err error
		if inside[i], err = netip.ParsePrefix(x); err != nil {
			return nil, fmt.Errorf("private: %w", err)
		}
	}
	secret, err := readSecret(filepath.Join(data, filepath.FromSlash(s.Secret)))
	if err != nil {
		return nil, err
	}
	return &Provider{
		Settings: s, secret: secret, redirect: strings.TrimSuffix(base, "/") + Back + s.ID, clock: c,
		client: careful(inside), plain: strings.HasPrefix(s.Issuer, "http:"),
	}, nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

func readSecret(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("secret_file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("secret_file: others may read %s; chmod 600 it", file)
	}
	raw, err := os.ReadFile(file) // #nosec G304 -- in the data folder, or the file that the operator named
	if secret := strings.TrimSpace(string(raw)); err == nil && secret != "" {
		return secret, nil
	}
	return "", fmt.Errorf("secret_file: %s holds no secret", file)
}

// away is the fault of a provider that cannot be reached, or says of itself what cannot be.
func (p *Provider) away(cause error) error {
	return fault.Wrap(cause, fault.Unavailable, "sign_in.provider_away", "provider", p.Name)
}

func (p *Provider) wrong(cause error) error {
	return fault.Wrap(cause, fault.Unauthenticated, "sign_in.provider_wrong", "provider", p.Name)
}

// find asks the provider about itself, now and then.
func (p *Provider) find(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	if p.known != nil && now.Before(p.known.expires) {
		return p.known, nil
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if err != nil {
		return nil, p.away(err)
	}
	var more struct {
		Authorization string   `json:"authorization_endpoint"`
		Token         string   `json:"token_endpoint"`
		Keys          string   `json:"jwks_uri"`
		End           string   `json:"end_session_endpoint"`
		Says          bool     `json:"authorization_response_iss_parameter_supported"`
		Methods       []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, p.away(err)
	}
	for _, at := range []string{more.Authorization, more.Token, more.Keys} {
		if !p.fit(at) {
			return nil, p.away(fmt.Errorf("%q is no address to go to", at))
		}
	}
	d := &discovered{Provider: found, says: more.Says, style: oauth2.AuthStyleInHeader, expires: now.Add(knownFor)}
	if p.fit(more.End) {
		d.end = more.End
	}
	if len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		d.style = oauth2.AuthStyleInParams
	}
	p.known = d
	return d, nil
}

// fit says that an address which a provider names may be gone to: as safe as its own.
func (p *Provider) fit(at string) bool {
	u, err := url.Parse(at)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && p.plain)
}

func (p *Provider) config(d *discovered) *oauth2.Config {
	end := d.Endpoint()
	end.AuthStyle = d.style
	return &oauth2.Config{ClientID: p.Client, ClientSecret: p.secret, Endpoint: end, RedirectURL: p.redirect, Scopes: []string{oidc.ScopeOpenID}}
}

// Kept is what waits in the browser's cookie while its person is at the provider.
type Kept struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Again    bool   `json:"again,omitempty"` // the person is to sign in there anew
	Asked    int64  `json:"asked"`           // seconds
}

// Begin gives the address to send a browser to. again wants both factors shown there anew, whatever session it has there.
func (p *Provider) Begin(ctx context.Context, again bool) (string, Kept, error) {
	d, err := p.find(ctx)
	if err != nil {
		return "", Kept{}, err
	}
	k := Kept{State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier(), Again: again, Asked: p.clock.Now().Unix()}
	age, options := int(oldest/time.Second), []oauth2.AuthCodeOption{oidc.Nonce(k.Nonce), oauth2.S256ChallengeOption(k.Verifier)}
	if len(p.Second) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(p.Second, " ")))
	}
	if again {
		age, options = 0, append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	options = append(options, oauth2.SetAuthURLParam("max_age", fmt.Sprint(age)))
	return p.config(d).AuthCodeURL(k.State, options...), k, nil
}

// Leave gives the address at which a person signs out there too, "" where there is none or it is not reached.
func (p *Provider) Leave(ctx context.Context, home string) string {
	d, err := p.find(ctx)
	if err != nil || d.end == "" {
		return ""
	}
	u, err := url.Parse(d.end)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.Client)
	q.Set("post_logout_redirect_uri", home)
	u.RawQuery = q.Encode()
	return u.String()
}
