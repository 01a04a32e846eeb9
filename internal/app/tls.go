package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
)

// TLS says that the server speaks TLS itself: with this certificate and its chain, and this private key, both PEM. Its zero
// value speaks plain HTTP, to a proxy.
type TLS struct {
	Cert, Key string
	// Redirect is an address on which plain HTTP is answered by the way to BaseURL and nothing else; "" answers nowhere.
	Redirect string
}

// looked is how long a certificate is served before its files are looked at again.
const looked = time.Second

// ending is how long before its end a certificate is warned of.
const ending = 14 * 24 * time.Hour

// suites are those of TLS 1.2 that have forward secrecy and authenticate what they encrypt; TLS 1.3 has no others.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// identity is the certificate that is served. It follows its files, so that renewing one needs no restart; files that do not
// read or fit leave the former one in place.
type identity struct {
	files TLS
	clock clock.Clock
	log   *slog.Logger

	mu     sync.Mutex
	now    *tls.Certificate
	seen   [2]time.Time // of the files that were read last, whether they were good or not
	looked time.Time
	warned time.Time
}

func newIdentity(files TLS, c clock.Clock, log *slog.Logger) (*identity, error) {
	id := &identity{files: files, clock: c, log: log}
	id.mu.Lock()
	defer id.mu.Unlock()
	return id, id.read(true)
}

// read takes the files where they are others than those known, or in any case. The lock is held.
func (id *identity) read(anyway bool) error {
	var seen [2]time.Time
	for i, name := range []string{id.files.Cert, id.files.Key} {
		info, err := os.Stat(name)
		if err == nil && i == 1 && info.Mode().Perm()&0o007 != 0 {
			err = fault.New(fault.Forbidden, "app.tls_mode", "file", name, "mode", fmt.Sprintf("%#o", info.Mode().Perm())).At("--tls-key")
		}
		if err != nil {
			return tlsFault(err, id.files)
		}
		seen[i] = info.ModTime()
	}
	if !anyway && seen == id.seen {
		return nil
	}
	id.seen = seen
	pair, err := tls.LoadX509KeyPair(id.files.Cert, id.files.Key)
	if err != nil {
		return tlsFault(err, id.files)
	}
	id.now, id.warned = &pair, time.Time{}
	id.log.Info("certificate", "subject", pair.Leaf.Subject.CommonName, "names", strings.Join(pair.Leaf.DNSNames, " "), "until", pair.Leaf.NotAfter.UTC())
	return nil
}

func tlsFault(err error, files TLS) error {
	if _, ok := fault.As(err); ok {
		return err
	}
	return fault.Wrap(err, fault.Invalid, "app.tls_files", "cert", files.Cert, "key", files.Key).At("--tls-cert")
}

// look reads the files again, and says in the log what is wrong with them or with the certificate's end.
func (id *identity) look(anyway bool) *tls.Certificate {
	id.mu.Lock()
	defer id.mu.Unlock()
	now := id.clock.Now()
	if !anyway && now.Sub(id.looked).Abs() < looked {
		return id.now
	}
	id.looked = now
	before := id.seen
	if err := id.read(anyway); err != nil && (anyway || id.seen != before || now.Sub(id.warned) > time.Hour) {
		id.warned = now
		id.log.Error("certificate not read: the former one is served on", "cause", err.Error())
	}
	if left := id.now.Leaf.NotAfter.Sub(now); left < ending && now.Sub(id.warned) > 24*time.Hour {
		id.warned = now
		id.log.Warn("certificate ends soon: renew it", "until", id.now.Leaf.NotAfter.UTC())
	}
	return id.now
}

// config is what the server speaks: TLS 1.2 and 1.3 with HTTP/2, by certificates as they are now.
func (id *identity) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, CipherSuites: suites, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return id.look(false), nil },
	}
}

// front is how the server is reached: the listener that people come to, and where it is wished the one that sends them on.
type front struct {
	main, onward net.Listener
	scheme       string
	base         string
	log          *slog.Logger
	close        func()
}

// open listens. Where the server speaks TLS itself, a SIGHUP reads the certificate again.
func (a *App) open(ctx context.Context, listen string) (f front, err error) {
	f = front{scheme: "http", base: a.BaseURL, log: a.Log, close: func() {}}
	var id *identity
	if a.TLS.Cert != "" {
		if id, err = newIdentity(a.TLS, a.Clock, a.Log); err != nil {
			return f, err
		}
	}
	if f.main, err = new(net.ListenConfig).Listen(ctx, "tcp", listen); err != nil {
		return f, fmt.Errorf("listen on %s: %w", listen, err)
	}
	if id == nil {
		return f, nil
	}
	if a.TLS.Redirect != "" {
		if f.onward, err = new(net.ListenConfig).Listen(ctx, "tcp", a.TLS.Redirect); err != nil {
			return f, errors.Join(fmt.Errorf("listen on %s: %w", a.TLS.Redirect, err), f.main.Close())
		}
	}
	f.main, f.scheme = tls.NewListener(f.main, id.config()), "https"
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGHUP)
	done := make(chan struct{})
	a.working.Go(func() {
		for {
			select {
			case <-again:
				id.look(true)
			case <-done:
				return
			}
		}
	})
	f.close = sync.OnceFunc(func() { signal.Stop(again); close(done) })
	return f, nil
}

// onwards sends whoever asks over plain HTTP to the same page under the public address. A program's call is refused instead:
// it carried its token in the open, and should fail before it does so every day.
func onwards(base string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, err := url.Parse(base)
		if err != nil || r.Method != http.MethodGet && r.Method != http.MethodHead || strings.HasPrefix(r.URL.Path, "/api/") {
			http.Error(w, "https only", http.StatusForbidden)
			return
		}
		to.Path, to.RawPath, to.RawQuery = r.URL.Path, r.URL.RawPath, r.URL.RawQuery
		http.Redirect(w, r, to.String(), http.StatusPermanentRedirect)
	})
}

// check wants both files or neither, and an address to send people to.
func (t TLS) check(base string) error {
	if (t.Cert == "") != (t.Key == "") {
		return tlsFault(fs.ErrInvalid, t)
	}
	if u, err := url.Parse(base); t.Redirect != "" && (t.Cert == "" || err != nil || u.Scheme != "https" || u.Host == "") {
		return fault.New(fault.Invalid, "app.tls_redirect").At("--redirect-from")
	}
	return nil
}
