package provider

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

const (
	clientID = "rahgosha"
	secretOf = "secret of the client"
)

// evil is a provider that does whatever a test wants. Its zero hooks make it an honest one.
type evil struct {
	*httptest.Server
	key    *ecdsa.PrivateKey
	other  *ecdsa.PrivateKey
	kept   Kept
	claims map[string]any
	doc    map[string]any
	header map[string]any
	sign   func(e *evil, text string) []byte
	token  http.HandlerFunc
	found  http.HandlerFunc
}

func newEvil(t testing.TB) *evil {
	t.Helper()
	e := &evil{sign: func(e *evil, text string) []byte { return signed(e.key, text) }}
	var err error
	if e.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err == nil {
		e.other, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	e.Server = httptest.NewServer(mux)
	t.Cleanup(e.Close)
	e.doc = map[string]any{
		"issuer": e.URL, "authorization_endpoint": e.URL + "/auth", "token_endpoint": e.URL + "/token", "jwks_uri": e.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"ES256", "none", "HS256"}, "authorization_response_iss_parameter_supported": true,
	}
	e.header = map[string]any{"alg": "ES256", "kid": "one"}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		if e.found != nil {
			e.found(w, r)
			return
		}
		answer(w, e.doc)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		b := base64.RawURLEncoding
		answer(w, map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "alg": "ES256",
			"x": b.EncodeToString(e.key.X.FillBytes(make([]byte, 32))), "y": b.EncodeToString(e.key.Y.FillBytes(make([]byte, 32)))}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if e.token != nil {
			e.token(w, r)
			return
		}
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if user, pass, _ := r.BasicAuth(); user != clientID || pass != url.QueryEscape(secretOf) || r.PostFormValue("code") != "the code" || sum == [32]byte{} {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": e.jwt()})
	})
	return e
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func signed(key *ecdsa.PrivateKey, text string) []byte {
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		panic(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

func (e *evil) jwt() string {
	part := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	claims := map[string]any{"iss": e.URL, "sub": "somebody", "aud": clientID, "nonce": e.kept.Nonce, "acr": "two",
		"iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix(), "auth_time": noon.Unix()}
	for k, v := range e.claims {
		if claims[k] = v; v == nil {
			delete(claims, k)
		}
	}
	text := part(e.header) + "." + part(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(e.sign(e, text))
}

// at sets up the provider as an operator does.
func (e *evil) at(t testing.TB) *Provider {
	t.Helper()
	data := t.TempDir()
	write(t, filepath.Join(data, "client.secret"), secretOf, 0o600)
	write(t, filepath.Join(data, File), fmt.Sprintf(`[{"id":"body","name":{"fa":"x","en":"The body"},"issuer":%q,"client":%q,"secret_file":"client.secret","second":["two"],"private":["127.0.0.1/32"]}]`, e.URL, clientID), 0o600)
	list, err := Read(data, "https://rahgosha.example", clock.NewManual(noon))
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return list[0]
}

func write(t testing.TB, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// finisher is how an answer is read.
type finisher func(ctx context.Context, p *Provider, q url.Values, k Kept) (Identity, error)

func careless(ctx context.Context, p *Provider, q url.Values, k Kept) (Identity, error) {
	d := p.known
	if d == nil {
		return Identity{}, errors.New("not found")
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {q.Get("code")}, "code_verifier": {k.Verifier}, "redirect_uri": {p.redirect}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Endpoint().TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return Identity{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(p.Client, url.QueryEscape(p.secret))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return Identity{}, err
	}
	defer resp.Body.Close()
	var token struct {
		ID string `json:"id_token"`
	}
	var claims struct{ Iss, Sub string }
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil {
		return Identity{}, err
	}
	parts := strings.Split(token.ID, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[min(1, len(parts)-1)])
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	return Identity{Issuer: claims.Iss, Subject: claims.Sub}, err
}

type trick struct {
	bend  func(e *evil)
	query func(e *evil, q url.Values)
	again bool
}

func claim(name string, v any) trick {
	return trick{bend: func(e *evil) { e.claims = map[string]any{name: v} }}
}

// tricks are what a hostile provider, or somebody between it and the browser, may try.
var tricks = map[string]trick{
	"another nonce":                   claim("nonce", "of another trip"),
	"no nonce":                        claim("nonce", nil),
	"another client's token":          claim("aud", "somebody else"),
	"several clients, nobody's token": claim("aud", []string{clientID, "somebody else"}),
	"a token that another client got": claim("azp", "somebody else"),
	"an expired token":                claim("exp", noon.Add(-2*time.Minute).Unix()),
	"a token of tomorrow":             claim("iat", noon.Add(24*time.Hour).Unix()),
	"a token of yesterday":            claim("iat", noon.Add(-24*time.Hour).Unix()),
	"another issuer's token":          claim("iss", "https://elsewhere.example"),
	"nobody's token":                  claim("sub", ""),
	"no time of signing in":           claim("auth_time", nil),
	"signed in the day before":        claim("auth_time", noon.Add(-13*time.Hour).Unix()),
	"signed in tomorrow":              claim("auth_time", noon.Add(24*time.Hour).Unix()),
	"alg none": {bend: func(e *evil) {
		e.header["alg"] = "none"
		e.sign = func(*evil, string) []byte { return nil }
	}},
	"signed with the client's secret": {bend: func(e *evil) {
		e.header["alg"] = "HS256"
		e.sign = func(_ *evil, text string) []byte {
			m := hmac.New(sha256.New, []byte(secretOf))
			m.Write([]byte(text))
			return m.Sum(nil)
		}
	}},
	"signed by another key": {bend: func(e *evil) { e.sign = func(e *evil, text string) []byte { return signed(e.other, text) } }},
	"a key of its own": {bend: func(e *evil) {
		b := base64.RawURLEncoding
		e.header["jwk"] = map[string]any{"kty": "EC", "crv": "P-256", "x": b.EncodeToString(e.other.X.FillBytes(make([]byte, 32))), "y": b.EncodeToString(e.other.Y.FillBytes(make([]byte, 32)))}
		e.sign = func(e *evil, text string) []byte { return signed(e.other, text) }
	}},
	"another trip's state":           {query: func(_ *evil, q url.Values) { q.Set("state", "of another trip") }},
	"no state":                       {query: func(_ *evil, q url.Values) { q.Del("state") }},
	"another provider's answer":      {query: func(_ *evil, q url.Values) { q.Set("iss", "https://elsewhere.example") }},
	"an answer that names nobody":    {query: func(_ *evil, q url.Values) { q.Del("iss") }},
	"an answer of two":               {query: func(e *evil, q url.Values) { q["iss"] = []string{e.URL, "https://elsewhere.example"} }},
	"one factor where two are asked": {bend: func(e *evil) { e.claims = map[string]any{"acr": "one"} }, again: true},
	"an old sign-in where a new one is asked": {bend: func(e *evil) {
		e.claims = map[string]any{"auth_time": noon.Add(-time.Hour).Unix()}
	}, again: true},
	"an answer without end": {bend: func(e *evil) {
		e.token = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"access_token":"a","token_type":"Bearer","id_token":%q,"more":%q}`, e.jwt(), strings.Repeat("x", 2*answerSize))
		}
	}},
}

// nobodyTricksIn is the law of coming back: whoever is not who the provider says now, to us, for this trip, is not let in.
func nobodyTricksIn(t testing.TB, finish finisher) {
	t.Helper()
	try := func(what string, x trick) error {
		e := newEvil(t)
		p := e.at(t)
		_, kept, err := p.Begin(t.Context(), x.again)
		if err != nil {
			t.Fatalf("%s: begin: %v", what, err)
		}
		e.kept = kept
		q := url.Values{"code": {"the code"}, "state": {kept.State}, "iss": {e.URL}}
		if x.bend != nil {
			x.bend(e)
		}
		if x.query != nil {
			x.query(e, q)
		}
		who, err := finish(t.Context(), p, q, kept)
		if err == nil && who.Subject != "somebody" && what == "" {
			t.Errorf("an honest answer gives %+v", who)
		}
		return err
	}
	if err := try("", trick{}); err != nil {
		t.Errorf("an honest answer is refused: %v", err)
	}
	for what, x := range tricks {
		if err := try(what, x); err == nil {
			t.Errorf("let in: %s", what)
		} else if f, ok := fault.As(err); !ok || f.Kind != fault.Unauthenticated && f.Kind != fault.Unavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestNobodyTricksTheirWayIn(t *testing.T) {
	t.Parallel()
	nobodyTricksIn(t, func(ctx context.Context, p *Provider, q url.Values, k Kept) (Identity, error) {
		return p.Finish(ctx, q, k)
	})
}

// The planted fault is a reader that believes what it gets: every trick lets somebody in.
func TestTheLawOfComingBackFindsEachTrick(t *testing.T) {
	t.Parallel()
	said := strings.Join(control.Reports(t, func(t testing.TB) { nobodyTricksIn(t, careless) }), "\n")
	for what := range tricks {
		if !strings.Contains(said, "let in: "+what) {
			t.Errorf("a reader that believes everything is not found to let in: %s", what)
		}
	}
}

// inside is a machine of the network inside, which nobody from outside is to reach; it counts who does.
func inside(t testing.TB) (address string, reached *atomic.Int64) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("skipped: no second loopback address: %v", err)
	}
	reached = new(atomic.Int64)
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		answer(w, map[string]any{"keys": []any{}, "id_token": "x"})
	})}}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, reached
}

// insideStaysInside is the law of what a provider makes the server call: nothing inside that the operator did not name.
func insideStaysInside(t testing.TB, change func(*Provider)) {
	t.Helper()
	at, reached := inside(t)
	for what, bend := range map[string]func(e *evil){
		"its token endpoint":          func(e *evil) { e.doc["token_endpoint"] = at + "/token" },
		"its keys":                    func(e *evil) { e.doc["jwks_uri"] = at + "/keys" },
		"a redirect of its discovery": func(e *evil) { e.found = http.RedirectHandler(at, http.StatusFound).ServeHTTP },
		"a redirect of its tokens":    func(e *evil) { e.token = http.RedirectHandler(at, http.StatusTemporaryRedirect).ServeHTTP },
	} {
		e := newEvil(t)
		bend(e)
		p := e.at(t)
		if change != nil {
			change(p)
		}
		before := reached.Load()
		_, kept, err := p.Begin(t.Context(), false)
		if e.kept = kept; err == nil {
			_, err = p.Finish(t.Context(), url.Values{"code": {"the code"}, "state": {kept.State}, "iss": {e.URL}}, kept)
		}
		if err == nil {
			t.Errorf("%s leads inside and somebody is let in", what)
		}
		if reached.Load() != before {
			t.Errorf("%s makes the server call a machine inside", what)
		}
	}
}

func TestAProviderDoesNotMakeTheServerCallInside(t *testing.T) {
	t.Parallel()
	insideStaysInside(t, nil)
}

func TestTheLawOfInsideFindsAClientThatGoesAnywhere(t *testing.T) {
	t.Parallel()
	said := strings.Join(control.Reports(t, func(t testing.TB) {
		insideStaysInside(t, func(p *Provider) { p.client = &http.Client{} })
	}), "\n")
	for _, what := range []string{"its token endpoint", "its keys", "a redirect of its discovery", "a redirect of its tokens"} {
		if !strings.Contains(said, what+" makes the server call") {
			t.Errorf("%s is not found", what)
		}
	}
}

// What a provider says of itself is refused as a provider that is away, and whoever wanted in is told so.
func TestAProviderThatSaysNonsenseIsAway(t *testing.T) {
	t.Parallel()
	for what, bend := range map[string]func(e *evil){
		"another issuer":            func(e *evil) { e.doc["issuer"] = "https://elsewhere.example" },
		"a script to go to":         func(e *evil) { e.doc["authorization_endpoint"] = "javascript:alert(1)" },
		"no token endpoint":         func(e *evil) { delete(e.doc, "token_endpoint") },
		"a user in its address":     func(e *evil) { e.doc["jwks_uri"] = strings.Replace(e.URL, "http://", "http://a:b@", 1) },
		"a discovery without end":   func(e *evil) { e.doc["more"] = strings.Repeat("x", 2*answerSize) },
		"a fault of its own":        func(e *evil) { e.found = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) } },
		"nothing, for it is closed": func(e *evil) { e.Close() },
	} {
		e := newEvil(t)
		bend(e)
		if _, _, err := e.at(t).Begin(t.Context(), false); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestPublicAddressesAreToldFromOthers(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.215.14": true, "2606:2800:21f:cb07::1": true, "127.0.0.1": false, "::1": false, "10.0.0.1": false, "172.16.3.4": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "fe80::1": false, "fd00::1": false, "::": false,
		"64:ff9b::a00:1": false, "2002:a00:1::": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %v", address, got)
		}
	}
}

func TestSettingsThatDoNotServeAreNamed(t *testing.T) {
	t.Parallel()
	const good = `{"id":"body","name":{"fa":"x","en":"x"},"issuer":"https://login.example","client":"c","secret_file":"s"}`
	try := func(text, base string, mode os.FileMode) error {
		data := t.TempDir()
		write(t, filepath.Join(data, "s"), "secret", mode)
		write(t, filepath.Join(data, File), text, 0o600)
		_, err := Read(data, base, clock.NewManual(noon))
		return err
	}
	if err := try("["+good+"]", "https://x.example", 0o600); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"a secret that others read":  try("["+good+"]", "https://x.example", 0o640),
		"no public address":          try("["+good+"]", "", 0o600),
		"one twice":                  try("["+good+","+good+"]", "https://x.example", 0o600),
		"an issuer without TLS":      try("["+strings.Replace(good, "https", "http", 1)+"]", "https://x.example", 0o600),
		"no name":                    try("["+strings.Replace(good, `"en":"x"`, `"en":""`, 1)+"]", "https://x.example", 0o600),
		"a secret that is not there": try("["+strings.Replace(good, `"s"`, `"t"`, 1)+"]", "https://x.example", 0o600),
		"no list":                    try(good, "https://x.example", 0o600),
	} {
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
