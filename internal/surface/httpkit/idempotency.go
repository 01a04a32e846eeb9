package httpkit

import (
	"net/http"
	"strings"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
)

// KeyField is the hidden form field that carries the key made when the form was rendered; KeyHeader is the API's.
const (
	KeyField  = "_key"
	KeyHeader = "Idempotency-Key"
)

// NewKey makes an idempotency key for a form: sent twice, the form acts once. Keys of one time lie side by side where they
// are remembered, so that a commit changes few pages of them.
func NewKey() string { return clock.ID(clock.System{}.Now()) }

// IdempotencyKey gives the key of a write, from the header or the form. Keys are 8 to 64 of A-Z a-z 0-9 - _, a letter among
// them: the journal shows everybody what brought an entry about, and a number alone might be somebody's.
func IdempotencyKey(r *http.Request) (string, error) {
	key := r.Header.Get(KeyHeader)
	if key == "" {
		key = r.PostFormValue(KeyField)
	}
	if key == "" {
		return "", fault.New(fault.Invalid, "httpkit.key_missing").At(KeyHeader)
	}
	if len(key) < 8 || len(key) > 64 || strings.ContainsFunc(key, notKeyRune) || !strings.ContainsFunc(key, letter) {
		return "", fault.New(fault.Invalid, "httpkit.key_bad").At(KeyHeader)
	}
	return key, nil
}

func notKeyRune(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
