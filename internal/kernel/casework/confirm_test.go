package casework_test

import (
	"slices"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// handing is the small procedure where handing the case on is an act up to an amount that its own form asks, confirmed by another
// person, and who did it does not finish the case.
func handing(t testing.TB) *procedure.Definition {
	t.Helper()
	d := small(t)
	a := d.Action("transfer")
	a.Form, a.Delegate, a.Ceiling = "amount", "small", "amount"
	d.Separation = append(d.Separation, &procedure.Separation{Actions: []string{"transfer", "finish"}})
	return d
}

// upTo tries an act of who holds the power up to a ceiling; a negative one is none.
func (k *desk) upTo(ceiling int64, person, role, action string, facts map[string]any) error {
	k.t.Helper()
	env := k.env(person, role)
	if ceiling >= 0 {
		env.Grants.Ceilings = map[string]int64{"small": ceiling}
	}
	e, err := casework.Step(k.d, k.s, casework.Command{
		Key: "k", Case: "c1", Action: action, Version: k.s.Version, Facts: facts, Note: "because",
	}, env)
	if err == nil {
		k.apply(e)
	}
	return err
}

func amountOf(rial int64) map[string]any { return map[string]any{"amount": rial} }

// An act that a second person confirms is within the ceiling of both, by the amount that its own form brings; nothing of it
// changes while it waits; and both have done it.
func answeredForByBoth(t testing.TB, fold folder, plant func(k *desk)) {
	t.Helper()
	k := openDesk(t, handing(t), alborz(t), fold, 2, 7)
	refused(t, k.upTo(-1, "a", "dir.expert", "transfer", amountOf(8)), "casework.no_delegation")
	plant(k)
	refused(t, k.upTo(10, "a", "dir.expert", "transfer", amountOf(20)), "casework.over_ceiling") // it stood at 5
	k.must(k.upTo(10, "a", "dir.expert", "transfer", amountOf(8)))
	plant(k)
	refused(t, k.upTo(10, "a", "dir.expert", "draft", amountOf(7)), "casework.awaiting")
	refused(t, k.upTo(-1, "b", "dir.deputy", "confirm", nil), "casework.no_delegation")
	refused(t, k.upTo(7, "b", "dir.deputy", "confirm", nil), "casework.over_ceiling")
	k.must(k.upTo(8, "b", "dir.deputy", "confirm", nil))
	k.do("ceo", "unit.ceo", "answer", nil)
	if got := k.s.Actors["transfer"]; !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("it was done by %v", got)
	}
	refused(t, k.upTo(-1, "b", "dir.deputy", "finish", nil), "casework.separation")
	k.must(k.upTo(-1, "c", "dir.deputy", "finish", nil))
	refused(t, k.upTo(10, "c", "dir.expert", "transfer", nil), "casework.separation")
	journalFolds(t, k, casework.Apply, k.log)
}

func TestAnActIsAnsweredForByWhoBeganAndWhoConfirmed(t *testing.T) {
	t.Parallel()
	answeredForByBoth(t, casework.Apply, func(*desk) {})
	control.Finds(t, "want casework.over_ceiling", func(t testing.TB) {
		answeredForByBoth(t, casework.Apply, func(k *desk) { k.d.Action("transfer").Ceiling = "" })
	})
	control.Finds(t, "want casework.awaiting", func(t testing.TB) {
		answeredForByBoth(t, casework.Apply, func(k *desk) { k.s.Awaiting = nil })
	})
	control.Finds(t, "want casework.separation", func(t testing.TB) {
		answeredForByBoth(t, func(s *casework.State, e *casework.Entry, hash string) *casework.State {
			told := *e
			told.Changes = slices.DeleteFunc(slices.Clone(e.Changes), func(c casework.Change) bool { return c.Did != "" })
			return casework.Apply(s, &told, hash)
		}, func(*desk) {})
	})
}

// Who did an act that is kept apart from another does not confirm that one either.
func TestNobodyConfirmsWhatIsKeptApartFromTheirAct(t *testing.T) {
	t.Parallel()
	k := newDesk(t, handing(t), alborz(t), 2, 7)
	k.must(k.upTo(-1, "b", "dir.deputy", "finish", nil))
	k.must(k.upTo(10, "a", "dir.expert", "transfer", amountOf(8)))
	refused(t, k.upTo(10, "b", "dir.deputy", "confirm", nil), "casework.separation")
}

// A draft goes on beside a proposed correction of another fact; what the correction names it leaves.
func TestADraftLeavesWhatACorrectionWaitsFor(t *testing.T) {
	t.Parallel()
	k := newDesk(t, small(t), alborz(t), 2, 7)
	k.must(k.upTo(-1, "a", "dir.expert", "correct", amountOf(9)))
	k.must(k.upTo(-1, "b", "dir.deputy", "draft", amountOf(5))) // as it stands
	refused(t, k.upTo(-1, "b", "dir.deputy", "draft", amountOf(7)), "casework.awaiting")
	k.must(k.upTo(-1, "b", "dir.deputy", "decline", nil))
	k.must(k.upTo(-1, "b", "dir.deputy", "draft", amountOf(7)))
}

// A confirmation of before entries said whose act it was folds as it did.
func TestAnEarlierConfirmationFoldsAsItDid(t *testing.T) {
	t.Parallel()
	s := casework.Apply(nil, &casework.Entry{Province: "p", Case: "c", Seq: 1, Kind: casework.KindActed, Action: "transfer",
		Actor: casework.Actor{Person: "a"}, Changes: []casework.Change{{Awaiting: &casework.Awaiting{Action: "transfer", By: "a"}}}}, "")
	s = casework.Apply(s, &casework.Entry{Province: "p", Case: "c", Seq: 2, Kind: casework.KindActed, Action: "confirm",
		Actor: casework.Actor{Person: "b"}, Changes: []casework.Change{{Confirmed: true}}}, "")
	if !slices.Equal(s.Actors["transfer"], []string{"a"}) || !slices.Equal(s.Actors["confirm"], []string{"b"}) || s.Awaiting != nil {
		t.Errorf("folds to %+v", s.Actors)
	}
}

// What an act brings that another person has still to confirm is set when they do. Declined, it leaves the case as it was, what was
// decided on it too; the proposal itself stands in the entry that made it.
func declinedChangesNothing(t testing.TB, fold folder) {
	t.Helper()
	k := openDesk(t, handing(t), alborz(t), fold, 2, 7)
	k.must(k.upTo(-1, "a", "dir.expert", "approve", nil)) // the first of two, on the amount as it stands
	before := canonical(t, &casework.State{Facts: k.s.Facts, Decisions: k.s.Decisions, Parties: k.s.Parties})
	k.must(k.upTo(10, "a", "dir.expert", "transfer", amountOf(8)))
	if w := k.s.Awaiting; w == nil || len(w.Facts) != 1 || w.Facts[0].Value.V != int64(8) || w.Facts[0].Value.By != "a" {
		t.Fatalf("awaits %+v", w)
	}
	k.must(k.upTo(-1, "b", "dir.deputy", "decline", nil))
	if after := canonical(t, &casework.State{Facts: k.s.Facts, Decisions: k.s.Decisions, Parties: k.s.Parties}); after != before {
		t.Errorf("declined, it changed the case\n%s\n%s", before, after)
	}
	k.must(k.upTo(10, "a", "dir.expert", "transfer", amountOf(8)))
	k.must(k.upTo(10, "b", "dir.deputy", "confirm", nil))
	if got := k.s.Facts["amount"]; got.V != int64(8) || got.By != "a" || !k.s.Decisions[0].Void {
		t.Errorf("confirmed, the amount is %+v and what rested on the former one %+v", got, k.s.Decisions)
	}
	journalFolds(t, k, fold, k.log)
}

func TestWhatIsDeclinedLeavesTheCaseAsItWas(t *testing.T) {
	t.Parallel()
	declinedChangesNothing(t, casework.Apply)
	control.Finds(t, "declined, it changed the case", func(t testing.TB) {
		declinedChangesNothing(t, func(s *casework.State, e *casework.Entry, hash string) *casework.State {
			early := *e
			early.Changes = nil
			for _, c := range e.Changes {
				if early.Changes = append(early.Changes, c); c.Awaiting != nil {
					for _, f := range c.Awaiting.Facts {
						early.Changes = append(early.Changes, casework.Change{Fact: &f})
					}
				}
			}
			return casework.Apply(s, &early, hash)
		})
	})
}
