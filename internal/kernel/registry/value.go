package registry

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// Provenance says where values come from: Source is declared, licence, inquiry, import, visit or sample; Origin the
// document, letter or import behind it; AsOf the instant they hold for, µs, 0 is now; By the person who enters them.
type Provenance struct {
	Source, Origin, By string
	AsOf               int64
}

// Value is one value of a company file. Any is string, int64 or []string; nil with Erased set where a person's erasure
// destroyed it. Until is when it was replaced, 0 for the present one.
type Value struct {
	Field      string
	Any        any
	Source     string
	Origin     string
	AsOf       int64
	EnteredBy  string
	EnteredAt  int64
	VerifiedBy string
	VerifiedAt int64
	Until      int64
	Erased     bool
}

// AD is the additional data with which a personal value is sealed: its place.
func AD(province, unit, field string) []byte { return journal.AD(province, "unit:"+unit, field) }

// unitSealer makes values of one unit ready to be stored: personal ones under the unit's own key.
type unitSealer struct {
	keys   journal.Keys
	head   Head
	sealer journal.Sealer
	ready  bool
}

func (u *unitSealer) seal(ctx context.Context, f *Field, v Value) (Stored, error) {
	text, err := encode(v.Any)
	if err != nil {
		return Stored{}, fault.Wrap(err, fault.Internal, "registry.value", "field", v.Field)
	}
	s := Stored{Field: v.Field, Source: v.Source, Origin: v.Origin, AsOf: v.AsOf, EnteredBy: v.EnteredBy,
		EnteredAt: v.EnteredAt, VerifiedBy: v.VerifiedBy, VerifiedAt: v.VerifiedAt}
	if !f.Personal {
		s.Value = text
		return s, nil
	}
	if !u.ready {
		if u.sealer, err = journal.SealerWith(ctx, u.keys, journal.PersonKey(u.head.ID)); err != nil {
			return s, err
		}
		u.ready = true
	}
	s.Sealed, err = sealedText(u.sealer.Seal(AD(u.head.Province, u.head.ID, v.Field), []byte(text)))
	return s, err
}

// encode writes a value's JSON. Plain texts, numbers and lists of one text, which nearly all are, take the short way.
func encode(v any) (string, error) {
	switch v := v.(type) {
	case string:
		if plainJSON(v) {
			return `"` + v + `"`, nil
		}
	case int64:
		return strconv.FormatInt(v, 10), nil
	case []string:
		if len(v) == 1 && plainJSON(v[0]) {
			return `["` + v[0] + `"]`, nil
		}
	}
	raw, err := json.Marshal(v)
	return string(raw), err
}

// plainJSON reports whether a text stands in JSON as it is, as package json writes it.
func plainJSON(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return utf8.ValidString(s) && !strings.Contains(s, "\u2028") && !strings.Contains(s, "\u2029")
}

// sealed encrypts under the unit's own key.
func sealed(ctx context.Context, tx Keyring, unit string, ad, plain []byte) (string, error) {
	return sealedText(journal.SealWith(ctx, tx.Keys(), journal.PersonKey(unit), ad, plain))
}

// sealedText writes a sealed value as columns hold it.
func sealedText(s journal.Sealed, err error) (string, error) {
	if err != nil {
		return "", err
	}
	if plainJSON(s.Key) {
		return `{"k":"` + s.Key + `","n":"` + base64.StdEncoding.EncodeToString(s.Nonce) + `","t":"` +
			base64.StdEncoding.EncodeToString(s.Text) + `"}`, nil
	}
	out, err := json.Marshal(s)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "registry.value", "field", "")
	}
	return string(out), nil
}

func unsealed(ctx context.Context, tx Keyring, ad []byte, text string) ([]byte, error) {
	var s journal.Sealed
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "registry.value", "field", "")
	}
	return journal.OpenWith(ctx, tx.Keys(), s, ad)
}

// open gives a stored value; one whose key was destroyed comes as erased.
func open(ctx context.Context, tx Keyring, province, unit string, s Stored) (Value, error) {
	v := Value{Field: s.Field, Source: s.Source, Origin: s.Origin, AsOf: s.AsOf, EnteredBy: s.EnteredBy,
		EnteredAt: s.EnteredAt, VerifiedBy: s.VerifiedBy, VerifiedAt: s.VerifiedAt, Until: s.Until}
	raw := []byte(s.Value)
	if s.Sealed != "" {
		plain, err := unsealed(ctx, tx, AD(province, unit, s.Field), s.Sealed)
		if errors.Is(err, journal.ErrErased) || errors.Is(err, journal.ErrNoKey) {
			v.Erased = true
			return v, nil
		}
		if err != nil {
			return v, err
		}
		raw = plain
	}
	var err error
	v.Any, err = decode(raw)
	return v, err
}

// decode reads a value's JSON as string, int64 or []string.
func decode(raw []byte) (any, error) {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, nil
	}
	var n int64
	if json.Unmarshal(raw, &n) == nil {
		return n, nil
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "registry.value", "field", "")
	}
	return list, nil
}
