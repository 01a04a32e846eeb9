package casework_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

const roundsDir = "../procedure/testdata/rounds/"

func roundsDefinition(t *testing.T, id string) *procedure.Definition {
	t.Helper()
	d, problems := procedure.Parse(os.DirFS(roundsDir + id))
	for _, p := range procedure.Errors(problems) {
		t.Fatal(p.String(locale.EN))
	}
	return d
}

func TestRoundAndScoreExamplesComeOut(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"grant", "session"} {
		d := roundsDefinition(t, id)
		if len(d.Examples) == 0 {
			t.Fatal("no examples")
		}
		for _, p := range procedure.Check(d, procedure.CheckContext{
			Examples: casework.Examples(alborz(t)), Other: func(id string) *procedure.Definition { return roundsDefinition(t, id) },
		}) {
			if p.Severity == procedure.SeverityError {
				t.Error(p.String(locale.EN))
			}
		}
	}
}

// members draws cases that may tie, and may lack a score or an amount.
func members(t *rapid.T) []casework.Member {
	out := make([]casework.Member, rapid.IntRange(1, 12).Draw(t, "members"))
	for i := range out {
		m := casework.Member{Case: fmt.Sprintf("case-%02d", i), Number: fmt.Sprintf("N-%d", rapid.IntRange(1, 4).Draw(t, "number")), Facts: map[string]casework.Value{}}
		if n := rapid.Int64Range(-1, 3).Draw(t, "score"); n >= 0 {
			m.Facts["score_quality"] = casework.Value{V: n}
		}
		if n := rapid.Int64Range(-1, 50).Draw(t, "amount"); n >= 0 {
			m.Facts["amount_rial"] = casework.Value{V: n}
			m.Demand = &n
		}
		out[i] = m
	}
	return out
}

func casesOf(members []casework.Member) (out []string) {
	for _, m := range members {
		out = append(out, m.Case)
	}
	return out
}

func TestRankingIsTotalAndTheSameFromEveryOrder(t *testing.T) {
	t.Parallel()
	r := roundsDefinition(t, "session").Round("session")
	rapid.Check(t, func(t *rapid.T) {
		a := members(t)
		b := rapid.Permutation(a).Draw(t, "order")
		casework.Rank(r, a)
		casework.Rank(r, b)
		if !slices.Equal(casesOf(a), casesOf(b)) {
			t.Fatalf("%v, and in another order %v", casesOf(a), casesOf(b))
		}
		for i := 1; i < len(a); i++ {
			x, hasX := a[i-1].Facts["score_quality"].V.(int64)
			y, hasY := a[i].Facts["score_quality"].V.(int64)
			if !hasX && hasY || hasX && hasY && x < y {
				t.Fatalf("rank %d stands below its better", i+1)
			}
		}
	})
}

// fitsBelow is the law of the cut line: nobody behind the first that does not fit is proposed to spend.
func fitsBelow(ms []casework.Member, budget int64) string {
	var sum int64
	cut := false
	for i, m := range ms {
		if m.Proposal != "approve" {
			cut = cut || m.Demand != nil
			continue
		}
		if m.Demand == nil {
			return fmt.Sprintf("rank %d spends an unknown amount", i+1)
		}
		if cut {
			return fmt.Sprintf("rank %d overtakes", i+1)
		}
		sum += *m.Demand
	}
	if sum > budget {
		return "the proposals pass the budget"
	}
	return ""
}

func TestProposalsStayWithinTheBudgetAndNobodyOvertakes(t *testing.T) {
	t.Parallel()
	r := roundsDefinition(t, "session").Round("session")
	rapid.Check(t, func(t *rapid.T) {
		ms, budget := members(t), rapid.Int64Range(0, 200).Draw(t, "budget")
		casework.Rank(r, ms)
		casework.Propose(r, ms, &budget)
		if wrong := fitsBelow(ms, budget); wrong != "" {
			t.Fatal(wrong)
		}
	})
	// The law notices a proposal without a budget.
	n := int64(10)
	ms := []casework.Member{{Demand: &n}, {Demand: &n}}
	casework.Propose(r, ms, nil)
	for i := range ms {
		ms[i].Proposal = "approve"
	}
	if fitsBelow(ms, 15) == "" {
		t.Fatal("overspending is not noticed")
	}
}

func TestScoreIsTheWeightedMeanHalfUpWithinBounds(t *testing.T) {
	t.Parallel()
	sc := roundsDefinition(t, "grant").Score("quality")
	points := rapid.Int64Range(0, 100)
	rapid.Check(t, func(t *rapid.T) {
		var all []casework.Scoring
		var sum, weight int64
		for i := range rapid.IntRange(1, 4).Draw(t, "scorers") {
			plan, jobs := points.Draw(t, "plan"), points.Draw(t, "jobs")
			all = append(all, casework.Scoring{Score: "quality", Person: fmt.Sprint(i), Points: map[string]int64{"plan": plan, "jobs": jobs}})
			sum, weight = sum+3*plan+jobs, weight+4
		}
		tally := casework.StandingOf(sc, all)
		if exact := 2*weight*tally.Mean - 2*100*sum; exact > weight || exact <= -weight {
			t.Fatalf("mean %d of %d/%d", tally.Mean, sum, weight)
		}
		if tally.Mean < 0 || tally.Mean > 10_000 || tally.Complete != (tally.Given >= tally.Need) {
			t.Fatalf("%+v", tally)
		}
	})
}

func TestSpreadCallsForOneMoreScorerAndOnlyOne(t *testing.T) {
	t.Parallel()
	sc := roundsDefinition(t, "grant").Score("quality")
	give := func(plans ...int64) casework.Standing {
		var all []casework.Scoring
		for _, p := range plans {
			all = append(all, casework.Scoring{Score: "quality", Points: map[string]int64{"plan": p, "jobs": p}})
		}
		return casework.StandingOf(sc, append(all, casework.Scoring{Score: "quality", Conflict: true}, casework.Scoring{Score: "quality", Void: true}))
	}
	for _, test := range []struct {
		plans    []int64
		need     int
		complete bool
	}{{nil, 2, false}, {[]int64{50}, 2, false}, {[]int64{50, 80}, 2, true}, {[]int64{50, 81}, 3, false}, {[]int64{0, 100, 50}, 3, true}} {
		if got := give(test.plans...); got.Need != test.need || got.Complete != test.complete {
			t.Errorf("%v: %+v", test.plans, got)
		}
	}
}

// A choice in a frozen list reads as it was called when the list was frozen; anything else has no label.
func TestAFrozenChoiceKeepsItsName(t *testing.T) {
	t.Parallel()
	c := casework.Column{Fact: "kind", Type: "choice", Options: []procedure.Option{{Code: "home", Title: locale.Text{FA: "خانگی", EN: "home"}}}}
	if got := c.Label("home"); got.FA != "خانگی" || got.EN != "home" {
		t.Errorf("label %+v", got)
	}
	for _, v := range []any{nil, "guild", int64(3)} {
		if got := c.Label(v); got != (locale.Text{}) {
			t.Errorf("%v is called %+v", v, got)
		}
	}
}
