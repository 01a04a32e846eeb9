package app_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
)

// certificate writes a certificate of its own for 127.0.0.1, good until an instant, and its key.
func certificate(t testing.TB, files app.TLS, serial int64, until time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	of := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: until.AddDate(-1, 0, 0), NotAfter: until, DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	must(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	must(t, os.WriteFile(files.Cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(files.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
}

// shaken is what a handshake came to: the version, the protocol above it and the certificate's number.
func shaken(t testing.TB, addr string, bend func(*tls.Config)) (tls.ConnectionState, error) {
	t.Helper()
	cfg := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}} // the certificate is compared below
	if bend != nil {
		bend(cfg)
	}
	c, err := (&tls.Dialer{Config: cfg}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = c.Close() }()
	return c.(*tls.Conn).ConnectionState(), nil
}

// modernAlone is the law of who is spoken to: TLS 1.2 and 1.3, with forward secrecy and authenticated encryption.
func modernAlone(t testing.TB, addr string) {
	t.Helper()
	for name, bend := range map[string]func(*tls.Config){
		"TLS 1.1": func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
		"CBC": func(c *tls.Config) {
			c.MaxVersion = tls.VersionTLS12
			c.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}
		},
	} {
		if s, err := shaken(t, addr, bend); err == nil {
			t.Errorf("%s was spoken: %s with %s", name, tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite))
		}
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		s, err := shaken(t, addr, func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version })
		if err != nil || s.NegotiatedProtocol != "h2" {
			t.Errorf("%s: %v, over it %q", tls.VersionName(version), err, s.NegotiatedProtocol)
		}
	}
}

// said is a log that several write to.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// serveTLS serves an empty province with a certificate of its own until the test ends.
func serveTLS(t *testing.T) (w *world, log *said, main, onward string) {
	t.Helper()
	dir := t.TempDir()
	files := app.TLS{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), Redirect: "127.0.0.1:0"}
	certificate(t, files, 1, time.Now().AddDate(1, 0, 0))
	log = &said{}
	w = newEmptyWorld(t, app.Config{HTTPS: true, TLS: files, BaseURL: "https://rahgosha.example", Log: slog.New(slog.NewTextHandler(log, nil))})
	ctx, stop := context.WithCancel(t.Context())
	at, ended := make(chan [2]string, 1), make(chan error, 1)
	go func() { ended <- w.ServePages(ctx, func(main, onward string) { at <- [2]string{main, onward} }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	select {
	case a := <-at:
		return w, log, a[0], a[1]
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	}
	return nil, nil, "", ""
}

func TestTheServerSpeaksTLSItself(t *testing.T) {
	t.Parallel()
	w, log, main, onward := serveTLS(t)
	modernAlone(t, main)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10} // #nosec G402 -- the planted fault
	old.StartTLS()
	t.Cleanup(old.Close)
	control.Finds(t, "TLS 1.1 was spoken", func(t testing.TB) { modernAlone(t, old.Listener.Addr().String()) })

	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(client.CloseIdleConnections)
	ask := func(method, at string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, at, nil)
		must(t, err)
		a, err := client.Do(r)
		must(t, err)
		must(t, a.Body.Close())
		return a
	}
	page := ask(http.MethodGet, "https://"+main+"/preferences?lang=en&back=/")
	if page.ProtoMajor != 2 || !strings.Contains(page.Header.Get("Strict-Transport-Security"), "max-age=") {
		t.Errorf("HTTP/%d, HSTS %q", page.ProtoMajor, page.Header.Get("Strict-Transport-Security"))
	}
	want(t, http.StatusPermanentRedirect, ask(http.MethodGet, "http://"+onward+"/verify?q=abc").StatusCode, "a page over HTTP")
	for path, to := range map[string]string{"/verify?q=abc": "https://rahgosha.example/verify?q=abc", "//evil.example": "https://rahgosha.example//evil.example"} {
		if got := ask(http.MethodGet, "http://"+onward+path).Header.Get("Location"); got != to {
			t.Errorf("%s leads to %s", path, got)
		}
	}
	want(t, http.StatusForbidden, ask(http.MethodPost, "http://"+onward+"/sign-in").StatusCode, "a form over HTTP")
	want(t, http.StatusForbidden, ask(http.MethodGet, "http://"+onward+"/api/v1/cases").StatusCode, "a program over HTTP")

	serial := func(words string, number int) {
		t.Helper()
		s, err := shaken(t, main, nil)
		must(t, err)
		want(t, number, int(s.PeerCertificates[0].SerialNumber.Int64()), words)
	}
	serial("at the beginning", 1)
	certificate(t, w.TLS, 2, time.Now().AddDate(1, 0, 0))
	must(t, os.Chtimes(w.TLS.Cert, time.Now(), time.Now().Add(time.Minute)))
	w.clock.Advance(2 * time.Second)
	serial("renewed, without a restart", 2)
	must(t, os.WriteFile(w.TLS.Cert, []byte("torn"), 0o600))
	must(t, os.Chtimes(w.TLS.Cert, time.Now(), time.Now().Add(2*time.Minute)))
	w.clock.Advance(2 * time.Second)
	serial("a broken one leaves the former", 2)
	if !strings.Contains(log.String(), "certificate not read") {
		t.Errorf("the broken certificate is not told of: %s", log)
	}
	certificate(t, w.TLS, 3, w.clock.Now().AddDate(0, 0, 3))
	must(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until) && !strings.Contains(log.String(), "ends soon"); {
		time.Sleep(5 * time.Millisecond)
	}
	serial("read again when told to", 3)
	if !strings.Contains(log.String(), "ends soon") {
		t.Errorf("a certificate of three days is not told of: %s", log)
	}
}

// What serve is told of TLS is refused where it would not do what it says.
func TestHalfOfTLSIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := app.TLS{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	certificate(t, files, 1, time.Now().AddDate(1, 0, 0))
	open := filepath.Join(dir, "open.pem")
	raw, err := os.ReadFile(files.Key)
	must(t, err)
	must(t, os.WriteFile(open, raw, 0o600))
	must(t, os.Chmod(open, 0o644))
	for words, args := range map[string][]string{
		"--tls-key":        {"--tls-cert", files.Cert},
		"cannot be read":   {"--tls-cert", files.Cert, "--tls-key", files.Cert},
		"0600":             {"--tls-cert", files.Cert, "--tls-key", open},
		"--base-url":       {"--tls-cert", files.Cert, "--tls-key", files.Key, "--redirect-from", "127.0.0.1:0"},
		"needs --tls-cert": {"--redirect-from", "127.0.0.1:0", "--base-url", "https://rahgosha.example"},
	} {
		var out bytes.Buffer
		code := app.Main(append([]string{"--lang", "en", "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, args...), nil, &out, &out)
		if code == 0 || !strings.Contains(out.String(), words) {
			t.Errorf("%s: %d %s", words, code, out.String())
		}
	}
}

// A browser that comes over TLS is given cookies for TLS alone.
func TestCookiesOfTLSAreForThisHostAlone(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, app.Config{HTTPS: true})
	h, _, err := w.Handler()
	must(t, err)
	form := url.Values{"login": {"dir.expert"}, "password": {password}}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://localhost/sign-in", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly {
			t.Errorf("%s is not for this host over TLS alone", c)
		}
	}
	if len(rec.Result().Cookies()) == 0 {
		t.Errorf("no cookie: %d", rec.Code)
	}
}
