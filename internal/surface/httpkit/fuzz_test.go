package httpkit_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/surface/httpkit"
)

// oneToken is the law of the session's cookie: it gives no token, or one that the cookie says in the very signs in which
// tokens are made, so that no two cookies are one session.
func oneToken(t testing.TB, token func(*http.Request) string, cookie string) {
	t.Helper()
	r := &http.Request{Header: http.Header{"Cookie": {cookie}}}
	got := token(r)
	if got == "" {
		return
	}
	raw, err := base64.RawURLEncoding.DecodeString(got)
	if err != nil || len(raw) != 32 || base64.RawURLEncoding.EncodeToString(raw) != got {
		t.Fatalf("%q is no token of ours", got)
	}
	if !strings.Contains(cookie, got) {
		t.Fatalf("the cookie %q does not say %q", cookie, got)
	}
}

func cookieSeeds() []string {
	token := strings.Repeat("ab-_", 10) + "abc"[:2] + "A"
	return []string{"session=" + token, "session=" + token[:42] + "B", "session=\"" + token + "\"", "a=b; session=" + token, "session=", "session", "__Host-session=" + token}
}

func FuzzSessionToken(f *testing.F) {
	for _, c := range cookieSeeds() {
		f.Add(c)
	}
	k := &httpkit.Kit{}
	f.Fuzz(func(t *testing.T, cookie string) { oneToken(t, k.SessionToken, cookie) })
}

// A reader that drops the bits which a token's last sign has to spare takes four cookies for one session.
func TestFuzzSessionTokenFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "no token of ours", func(t testing.TB) {
		for _, c := range cookieSeeds() {
			oneToken(t, func(r *http.Request) string {
				c, err := r.Cookie("session")
				if err != nil {
					return ""
				}
				if raw, err := base64.RawURLEncoding.DecodeString(c.Value); err != nil || len(raw) != 32 {
					return ""
				}
				return c.Value
			}, c)
		}
	})
}

// keyOrFault is the law of the key that makes a retry harmless: it is what the caller sent, 8 to 64 signs that every
// store and log keeps as they are, or a fault that names the header.
func keyOrFault(t testing.TB, read func(*http.Request) (string, error), sent string) {
	t.Helper()
	r := &http.Request{Header: http.Header{httpkit.KeyHeader: {sent}}, Method: http.MethodPost, Body: http.NoBody}
	key, err := read(r)
	if err != nil {
		if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Field != httpkit.KeyHeader {
			t.Fatalf("the header is not named: %v", err)
		}
		return
	}
	if key != sent || len(key) < 8 || len(key) > 64 || strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		t.Fatalf("%q is taken as the key %q", sent, key)
	}
}

var keySeeds = []string{"abcd-1234", "short", "with blank 1", " abcd-1234", strings.Repeat("a", 65), "12345678\n", "\u06F1\u06F2\u06F3\u06F4\u06F5"}

func FuzzIdempotencyKey(f *testing.F) {
	for _, s := range keySeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sent string) { keyOrFault(t, httpkit.IdempotencyKey, sent) })
}

// A reader that trims what was sent keeps another key than the caller repeats.
func TestFuzzIdempotencyKeyFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "is taken as the key", func(t testing.TB) {
		for _, s := range keySeeds {
			keyOrFault(t, func(r *http.Request) (string, error) {
				r.Header.Set(httpkit.KeyHeader, strings.TrimSpace(r.Header.Get(httpkit.KeyHeader)))
				return httpkit.IdempotencyKey(r)
			}, s)
		}
	})
}
