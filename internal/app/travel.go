package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"rahgosha/internal/base/fault"
)

// marked gives a value as it travels by way of a browser: readable, and signed, so that it comes back as it was. kind keeps
// what is meant for one use from serving in another.
func (a *App) marked(kind string, v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "app.travel")
	}
	body := base64.RawURLEncoding.EncodeToString(raw)
	return body + "." + a.mark(kind, body), nil
}

func (a *App) mark(kind, body string) string {
	m := hmac.New(sha256.New, a.Root.CookieKey())
	m.Write([]byte(kind + "\x1f" + body))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// unmarked reads what came back, and says whether it is what went.
func (a *App) unmarked(kind, kept string, v any) bool {
	body, mark, _ := strings.Cut(kept, ".")
	if !hmac.Equal([]byte(mark), []byte(a.mark(kind, body))) {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	return err == nil && json.Unmarshal(raw, v) == nil
}
