package casework_test

import (
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// givesAtBreach is the law of a case that a deadline's end opens: it begins with the facts as they stand then, known ones
// alone.
func givesAtBreach(t testing.TB, give map[string]string) {
	d := small(t)
	d.Clock("days").Breach = []*procedure.Breach{{Kind: "open", Name: "inspection", Give: give}}
	k := newDesk(t, d, alborz(t), 2, 7)
	k.do("a", "dir.expert", "amend", map[string]any{"amount": int64(9)})
	k.now = time.UnixMicro(k.clock("days").Due)
	env := k.env("", "system")
	env.ChildIDs = []string{"child"}
	e, err := casework.StepClock(d, k.s, "days", env)
	k.must(err)
	k.apply(e)
	if len(k.s.Children) != 1 || k.s.Children[0].Give["price"] != int64(9) {
		t.Errorf("opened with %+v, want the price as it stands", k.s.Children)
	}
	if _, said := k.s.Children[0].Give["was"]; said {
		t.Error("an unknown fact was given on")
	}
}

func TestADeadlinesEndOpensACaseWithWhatIsKnown(t *testing.T) {
	t.Parallel()
	givesAtBreach(t, map[string]string{"price": "amount", "was": "decided"})
	control.Finds(t, "want the price", func(t testing.TB) { givesAtBreach(t, nil) })
}
