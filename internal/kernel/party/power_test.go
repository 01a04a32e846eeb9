package party_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/party"
)

// office is who holds and gave what in one body, and counts what is read of it.
type office struct {
	terms []party.Membership
	given []party.Delegation
	reads int
}

func (o *office) DelegationsTo(_ context.Context, province, membership string) (out []party.Delegation, err error) {
	o.reads++
	for _, d := range o.given {
		if d.Province == province && d.Taker == membership {
			out = append(out, d)
		}
	}
	return out, nil
}

func (o *office) MembershipByID(_ context.Context, province, id string) (party.Membership, error) {
	o.reads++
	for _, m := range o.terms {
		if m.Province == province && m.ID == id {
			return m, nil
		}
	}
	return party.Membership{}, fault.New(fault.NotFound, "party.no_membership")
}

const nothing = int64(-1)

var noon = time.Date(2026, 5, 10, 9, 0, 0, 0, time.UTC)

// plainly is what a delegation carries, as the definition says it: the best of all chains upwards that use no delegation
// twice. Where people empower each other there are more of them than anybody can wait for.
func plainly(o *office, d party.Delegation, above []string) int64 {
	most := int64(math.MaxInt64)
	if d.Ceiling != nil {
		most = *d.Ceiling
	}
	if !d.Current(noon) || slices.Contains(above, d.ID) {
		return nothing
	}
	if d.Giver == "" {
		return most
	}
	giver, err := o.MembershipByID(context.Background(), d.Province, d.Giver)
	switch {
	case err != nil || !giver.Current(noon):
		return nothing
	case giver.Role == d.Scope:
		return most
	}
	best, above := nothing, append(slices.Clone(above), d.ID)
	all, _ := o.DelegationsTo(context.Background(), giver.Province, giver.ID)
	for _, x := range all {
		if x.Scope == d.Scope {
			best = max(best, plainly(o, x, above))
		}
	}
	return min(best, most)
}

// Whatever people gave each other, in rounds too, each delegation carries what the definition says, asked alone or among
// the others.
func TestADelegationCarriesWhatTheDefinitionSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := &office{}
		ids := []string{"", "a", "b", "c", "d", "gone"}
		for _, id := range ids[1:5] {
			o.terms = append(o.terms, party.Membership{ID: id, Province: "p", From: "2026-01-01",
				Role: rapid.SampledFrom([]string{"dir.dg", "dir.deputy", "referral"}).Draw(t, "role of "+id),
				To:   rapid.SampledFrom([]string{"", "", "", "2026-05-09"}).Draw(t, "end of "+id)})
		}
		for i := range rapid.IntRange(1, 8).Draw(t, "delegations") {
			d := party.Delegation{ID: fmt.Sprint("d", i), Province: "p", From: "2026-01-01",
				Scope: rapid.SampledFrom([]string{"referral", "referral", "dir.dg"}).Draw(t, "scope"),
				Giver: rapid.SampledFrom(ids).Draw(t, "giver"), Taker: rapid.SampledFrom(ids[1:]).Draw(t, "taker"),
				To: rapid.SampledFrom([]string{"", "", "", "2026-05-09"}).Draw(t, "to")}
			if c := rapid.Int64Range(-1, 4).Draw(t, "ceiling"); c >= 0 {
				d.Ceiling = &c
			}
			o.given = append(o.given, d)
		}
		together := party.NewChains(o, noon)
		for _, d := range o.given {
			want := plainly(o, d, nil)
			for how, chains := range map[string]*party.Chains{"alone": party.NewChains(o, noon), "among the others": together} {
				got, stands, err := chains.Standing(t.Context(), d)
				if err != nil || got != want || stands != (want != nothing) {
					t.Fatalf("%s, asked %s: %d, stands %v, %v; the definition says %d", d.ID, how, got, stands, err, want)
				}
			}
		}
	})
}

// each gives two officers of one body the same scope from each other n times; what the first has from the table is 7.
func each(n int) *office {
	seven := int64(7)
	o := &office{terms: []party.Membership{{ID: "a", Province: "p", Role: "dir.dg", From: "2026-01-01"}, {ID: "b", Province: "p", Role: "dir.deputy", From: "2026-01-01"}},
		given: []party.Delegation{{ID: "table", Province: "p", Scope: "referral", Taker: "a", Ceiling: &seven, From: "2026-01-01"}}}
	for i := range n {
		o.given = append(o.given, party.Delegation{ID: fmt.Sprint("ab", i), Province: "p", Scope: "referral", Giver: "a", Taker: "b", From: "2026-01-01"},
			party.Delegation{ID: fmt.Sprint("ba", i), Province: "p", Scope: "referral", Giver: "b", Taker: "a", From: "2026-01-01"})
	}
	return o
}

// Two who empower each other hold what came to them from elsewhere, nothing if nothing did, and however often they do it no
// more is read for it than each of them once: every page that either opens asks for this. The control follows every chain.
func TestTwoWhoEmpowerEachOtherCostNoMoreThanTwo(t *testing.T) {
	t.Parallel()
	type ask func(o *office) func(party.Delegation) int64
	law := func(n int, ask ask) func(testing.TB) {
		return func(t testing.TB) {
			for source, want := range map[string]int64{"table": 7, "nobody": nothing} {
				o := each(n)
				if source == "nobody" {
					o.given = o.given[1:]
				}
				carries := ask(o)
				for _, d := range o.given {
					if got := carries(d); got != want {
						t.Errorf("from %s: %s carries %d, want %d", source, d.ID, got, want)
					}
				}
				if o.reads > 4 {
					t.Errorf("from %s: two people were read %d times", source, o.reads)
				}
			}
		}
	}
	law(200, func(o *office) func(party.Delegation) int64 {
		chains := party.NewChains(o, noon)
		return func(d party.Delegation) int64 {
			got, _, err := chains.Standing(t.Context(), d)
			if err != nil {
				t.Error(err)
			}
			return got
		}
	})(t)
	control.Finds(t, "two people were read", law(3, func(o *office) func(party.Delegation) int64 {
		return func(d party.Delegation) int64 { return plainly(o, d, nil) }
	}))
}
