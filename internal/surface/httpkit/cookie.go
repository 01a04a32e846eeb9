package httpkit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"
)

// tokenBytes makes 256-bit session tokens.
const tokenBytes = 32

// NewToken gives an opaque session token: 256 random bits, base64url without padding (43 characters).
func NewToken() string {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails: it ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// TokenHash is what a store keeps of a token (SHA-256, hex): a stolen table opens no session.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// name: __Host- binds a cookie to this host, path / and TLS, but browsers refuse it on plain http.
func (k *Kit) name(name string) string {
	if k.HTTPS {
		return "__Host-" + name
	}
	return name
}

func (k *Kit) sessionName() string { return k.name("session") }

// Keep lets the browser keep a value for a time, out of the scripts' sight; an age below zero takes it back.
func (k *Kit) Keep(w http.ResponseWriter, name, value string, age time.Duration) {
	c := k.sessionCookie(value, int(age/time.Second)) // #nosec G124 -- Secure wherever the server is told that it is reached over TLS; it serves plain loopback too
	if c.Name = k.name(name); age < 0 {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// Kept gives the value back, "" when there is none.
func (k *Kit) Kept(r *http.Request, name string) string {
	c, err := r.Cookie(k.name(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// SetSession hands a session token to the browser for the given time.
func (k *Kit) SetSession(w http.ResponseWriter, token string, life time.Duration) {
	http.SetCookie(w, k.sessionCookie(token, int(life/time.Second)))
}

// ClearSession takes the session token back.
func (k *Kit) ClearSession(w http.ResponseWriter) { http.SetCookie(w, k.sessionCookie("", -1)) }

func (k *Kit) sessionCookie(v string, age int) *http.Cookie {
	return &http.Cookie{Name: k.sessionName(), Value: v, Path: "/", MaxAge: age, HttpOnly: true, Secure: k.HTTPS, SameSite: http.SameSiteLaxMode} // #nosec G124 -- Secure wherever the server is told that it is reached over TLS; it serves plain loopback too
}

// SessionToken gives the token of the request's cookie, "" when there is none of the right shape.
func (k *Kit) SessionToken(r *http.Request) string {
	if token := renewed(r); token != "" {
		return token
	}
	c, err := r.Cookie(k.sessionName())
	if err != nil {
		return ""
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(c.Value)
	if err != nil || len(raw) != tokenBytes {
		return ""
	}
	return c.Value
}
