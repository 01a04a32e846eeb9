package casework

import (
	"testing"

	"rahgosha/internal/base/jalali"
)

// An item of a register may be chosen, and drawn on, from the first day of its term to the last.
func TestAnItemIsChosenWithinItsTerm(t *testing.T) {
	t.Parallel()
	at := func(civil string) int64 {
		d, err := jalali.FromCivil(civil)
		if err != nil {
			t.Fatal(err)
		}
		return d.Start().UnixMicro()
	}
	for _, c := range []struct {
		from, to, day string
		want          bool
	}{
		{"", "", "2026-11-30", true},
		{"2026-11-30", "2026-12-01", "2026-11-30", true},
		{"2026-11-30", "2026-12-01", "2026-12-01", true},
		{"2026-11-30", "2026-12-01", "2026-11-29", false},
		{"2026-11-30", "2026-12-01", "2026-12-02", false},
		{"", "2025-03-20", "2026-04-27", false},
	} {
		facts := map[string]RegistryFact{}
		for field, v := range map[string]string{"p.valid_from": c.from, "p.valid_to": c.to} {
			if v != "" {
				facts[field] = RegistryFact{Value: v}
			}
		}
		if got := inTerm(facts, "p", at(c.day)); got != c.want {
			t.Errorf("an item of %q to %q is in term on %s: %t", c.from, c.to, c.day, got)
		}
	}
	if inTerm(nil, "p", at("2026-11-30")) {
		t.Error("an item that is not there is in its term")
	}
}
