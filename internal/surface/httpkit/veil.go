package httpkit

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"

	"rahgosha/internal/base/fault"
)

// Words are the parameters of an address that hold what somebody searches for: in clear, as people and programs write it, and
// sealed, as pages write it. What is searched for may be somebody's name or number, and addresses lie in histories and logs.
const (
	ClearWords  = "q"
	SealedWords = "w"
)

// WordsHeader carries a program's words in place of ClearWords: UTF-8, percent-encoded as in an address.
const WordsHeader = "Search-Words"

// WordsOf gives what a program searches for, by the header or by the address; invalid httpkit.words for a header of another form.
func WordsOf(r *http.Request) (string, error) {
	given := r.Header.Get(WordsHeader)
	if given == "" {
		return r.URL.Query().Get(ClearWords), nil
	}
	words, err := url.QueryUnescape(given)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "httpkit.words").At(WordsHeader)
	}
	return words, nil
}

// Veil seals words for the one person who typed them, so that an address that lies about tells them to nobody, and the same
// words make the same address: pages are gone through, kept and asked again by it. Its nil seals nothing.
type Veil struct {
	box cipher.AEAD
	mac []byte
}

// NewVeil makes one of a key of 256 bits.
func NewVeil(key []byte) (*Veil, error) {
	inner, err := hkdf.Key(sha256.New, key, nil, "words", 32)
	if err != nil {
		return nil, err
	}
	mac, err := hkdf.Key(sha256.New, key, nil, "nonce", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(inner)
	if err != nil {
		return nil, err
	}
	box, err := cipher.NewGCM(block)
	return &Veil{box, mac}, err
}

// Seal gives the parameter that asks for some words. The nonce is made of person and words: of two that differ none is used
// twice, but by a chance of 2^-96 for each pair.
func (v *Veil) Seal(person, words string) (name, value string) {
	if v == nil || words == "" {
		return ClearWords, words
	}
	m := hmac.New(sha256.New, v.mac)
	m.Write([]byte(person + "\x00" + words))
	nonce := m.Sum(nil)[:v.box.NonceSize()]
	return SealedWords, base64.RawURLEncoding.EncodeToString(v.box.Seal(nonce, nonce, []byte(words), []byte(person))) // #nosec G407 -- made of what is sealed, as said above
}

// Open gives the words that a query asks for; ok is false where they were sealed for somebody else, or are damaged.
func (v *Veil) Open(person string, q url.Values) (words string, ok bool) {
	sealed := q.Get(SealedWords)
	if sealed == "" || v == nil {
		return q.Get(ClearWords), true
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < v.box.NonceSize() {
		return "", false
	}
	plain, err := v.box.Open(nil, raw[:v.box.NonceSize()], raw[v.box.NonceSize():], []byte(person))
	return string(plain), err == nil
}

// Clear is an address with its words in clear, also those of a header, for who keeps a sealed record of it.
func (v *Veil) Clear(person string, u *url.URL, h http.Header) string {
	q := u.Query()
	words, ok := v.Open(person, q)
	if given := h.Get(WordsHeader); given != "" {
		words = given
		if plain, err := url.QueryUnescape(given); err == nil {
			words = plain
		}
	} else if !ok || q.Get(SealedWords) == "" {
		return u.RequestURI()
	}
	q.Del(SealedWords)
	q.Set(ClearWords, words)
	out := *u
	out.RawQuery = q.Encode()
	return out.RequestURI()
}
