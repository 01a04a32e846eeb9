package ident_test

import (
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/ident"
)

// oneForm is the law of a check: it is either valid or has a reason in words, and what is valid is valid in its canonical
// form, which is its own.
func oneForm(t testing.TB, check func(kind, value string) ident.Result, kind, value string) {
	t.Helper()
	r := check(kind, value)
	if r.Valid != (r.Reason == "") || r.Valid != (r.Err() == nil) {
		t.Errorf("%s %q: valid %v with reason %q", kind, value, r.Valid, r.Reason)
	}
	reasonExists(t, kind, r)
	if !r.Valid {
		return
	}
	again, plain := check(kind, r.Canonical), check(strings.TrimSuffix(kind, "_raw"), r.Canonical)
	if !again.Valid || again.Canonical != r.Canonical || !plain.Valid || plain.Canonical != r.Canonical {
		t.Errorf("%s %q: canonical %q is not stable: %q, %q", kind, value, r.Canonical, again.Canonical, plain.Canonical)
	}
}

func FuzzCheck(f *testing.F) {
	for _, row := range vectors(f) {
		f.Add(row[0], row[1])
	}
	f.Fuzz(func(t *testing.T, kind, value string) { oneForm(t, ident.Check, kind, value) })
}

// A check that stores an account number without its country, as many forms ask it, stores what it would not take again.
func TestFuzzCheckFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	broken := func(kind, value string) ident.Result {
		r := ident.Check(kind, value)
		if r.Valid && strings.HasPrefix(kind, "iban") {
			r.Canonical = strings.TrimPrefix(r.Canonical, "IR")
		}
		return r
	}
	control.Finds(t, "is not stable", func(t testing.TB) {
		for _, row := range vectors(t) {
			oneForm(t, broken, row[0], row[1])
		}
	})
}
