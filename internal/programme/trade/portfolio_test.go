package trade_test

import (
	"fmt"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/programme/trade"
)

// Two of three selected units shipped 40,000 and 60,000 and settled half and all: 80,000 of 100,000. One gained 3 and one 1 jobs
// with plans of 6 and 2 milliard rial, so 2 milliard a job; the third never answered, and is neither zero nor a job.
func TestAPortfolioAddsUpWhatActsConfirmed(t *testing.T) {
	t.Parallel()
	unit := func(id string, facts map[string]any, done ...string) casework.Brief {
		b := casework.Brief{Case: id, Facts: facts, Done: map[string]bool{"submit": true}}
		for _, act := range done {
			b.Done[act] = true
		}
		return b
	}
	cases := []casework.Brief{
		unit("a", map[string]any{"group": "selected", "shipped_usd": 40000.0, "proved_usd": 20000.0, "plan_rial": 6e9}, "select", "accept_shipment", "accept_settlement"),
		unit("b", map[string]any{"group": "selected", "shipped_usd": 60000.0, "proved_usd": 60000.0, "plan_rial": 2e9, "repeat_usd": 9000.0}, "select", "accept_shipment", "accept_settlement", "reorder"),
		unit("c", map[string]any{"group": "selected", "shipped_usd": 7000.0, "plan_rial": 9e9}, "select", "ship"), // recorded, and confirmed by nobody
		unit("d", map[string]any{"group": "compared"}, "not_select"),
	}
	asked := func(parent, group string, months, jobs, exported float64, told bool) casework.Brief {
		return casework.Brief{Case: parent + fmt.Sprint(months), Parent: parent, Done: map[string]bool{"tell": told},
			Facts: map[string]any{"group": group, "months": months, "base_jobs": 20.0, "jobs": jobs, "base_usd": 1000.0, "exported_usd": exported, "alive": true, "new_markets": 1.0}}
	}
	outcomes := []casework.Brief{
		asked("a", "selected", 6, 20, 0, true), asked("a", "selected", 12, 23, 40000, true), asked("b", "selected", 6, 21, 60000, true),
		asked("c", "selected", 6, 0, 0, false), asked("d", "compared", 6, 19, 0, true),
	}
	law := func(of func() trade.Portfolio) func(t testing.TB) {
		return func(t testing.TB) {
			p := of()
			six, other := p.Groups[0], p.Groups[3]
			got := fmt.Sprint(p.Steps[0].N(), p.Ranked[0].N(), p.Ranked[1].N(), p.Shipped.N(), p.Shipped.Sum, p.Settled.Sum, p.Share, p.Repeat.Sum, p.Jobs, p.Spent.Sum, p.PerJob, six.Asked.N(), six.Answered.N(), six.Exporting.N(), six.Exported, six.Jobs, " ", other.Group, " ", other.Exporting.N(), other.Jobs)
			if want := "4 3 1 2 100000 80000 8000 9000 4 8000000000 2000000000 3 2 1 60000 41 compared 0 19"; got != want {
				t.Errorf("the portfolio says %s, want %s", got, want)
			}
			if f, ok := p.Tied("answered.selected.6"); !ok || f.N() != 2 || f.Cases[0].Parent != "a" {
				t.Errorf("the figure opens %+v", f)
			}
		}
	}
	steps := [][2]string{{"applied", "submit"}}
	law(func() trade.Portfolio { return trade.PortfolioOf(steps, cases, outcomes) })(t)
	control.Finds(t, "the portfolio says", law(func() trade.Portfolio { // unanswered as zero
		silent := append([]casework.Brief{}, outcomes...)
		silent[3].Done = map[string]bool{"tell": true}
		return trade.PortfolioOf(steps, cases, silent)
	}))
	if p := trade.PortfolioOf(steps, nil, nil); p.Share != -1 || p.PerJob != -1 {
		t.Errorf("of nothing it says %d and %d", p.Share, p.PerJob)
	}
}
