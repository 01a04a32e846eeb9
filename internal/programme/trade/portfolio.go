package trade

import (
	"slices"

	"rahgosha/internal/kernel/casework"
)

// Groups of the accelerator's cases: those selected in a call, and those that were not and are followed to compare.
const (
	GroupSelected = "selected"
	GroupCompared = "compared"
)

// OutcomeMonths are when outcomes are asked, in months since the ranking.
var OutcomeMonths = []int{6, 12, 24}

// Facts of the accelerator's procedures that a portfolio is made of.
var (
	AcceleratorFacts = []string{"unit.name", "group", "contract_usd", "shipped_usd", "proved_usd", "repeat_usd", "plan_rial"}
	OutcomeFacts     = []string{"unit.name", "months", "group", "base_usd", "base_jobs", "alive", "exported_usd", "new_markets", "jobs"}
)

// Tied is a figure with the cases that it is of. Sum is USD or rial, 0 of what is counted alone.
type Tied struct {
	ID    string
	Cases []casework.Brief
	Sum   int64
}

// N is how many cases the figure is of.
func (f Tied) N() int { return len(f.Cases) }

// Portfolio is what the accelerator has come to.
type Portfolio struct {
	Steps    []Tied // of the funnel, in its order
	Ranked   []Tied // selected and compared: a round did it, and no person's act
	Contract Tied   // USD
	Shipped  Tied   // USD, confirmed
	Settled  Tied   // USD, confirmed
	Repeat   Tied   // USD
	Share    int64  // settled of shipped, basis points; -1 before anything is shipped
	Jobs     int64  // more than before in the units selected, by the last outcome of each
	Spent    Tied   // rial: budgets of the plans of the units in Jobs
	PerJob   int64  // rial; -1 where Jobs is not above 0
	Groups   []GroupOutcome
}

// GroupOutcome is what came of a group after so many months. Whoever has not answered is counted as that, never as zero.
type GroupOutcome struct {
	Group                     string
	Months                    int
	Asked, Answered           Tied
	Alive, Exporting          Tied  // of those who answered
	Exported, Before          int64 // USD, of those who answered
	Jobs, JobsBefore, Markets int64 // of those who answered
}

// PortfolioOf adds up cases of the accelerator, whose funnel's steps are given as ids and acts, and the outcomes that were asked.
func PortfolioOf(steps [][2]string, cases, outcomes []casework.Brief) Portfolio {
	p := Portfolio{Share: -1, PerJob: -1}
	for _, s := range steps {
		p.Steps = append(p.Steps, tie(s[0], cases, func(c casework.Brief) bool { return c.Done[s[1]] }, ""))
	}
	for _, group := range []string{GroupSelected, GroupCompared} {
		p.Ranked = append(p.Ranked, tie(group, cases, func(c casework.Brief) bool { return c.Facts["group"] == group }, ""))
	}
	done := func(act string) func(casework.Brief) bool { return func(c casework.Brief) bool { return c.Done[act] } }
	p.Contract = tie("contract", cases, done("record_contract"), "contract_usd")
	p.Shipped = tie("shipped", cases, done("accept_shipment"), "shipped_usd")
	p.Settled = tie("settled_usd", cases, done("accept_settlement"), "proved_usd")
	p.Repeat = tie("repeat", cases, done("reorder"), "repeat_usd")
	if p.Shipped.Sum > 0 {
		p.Share = p.Settled.Sum * 10000 / p.Shipped.Sum
	}
	for _, group := range []string{GroupSelected, GroupCompared} {
		for _, months := range OutcomeMonths {
			p.Groups = append(p.Groups, groupOf(group, months, outcomes))
		}
	}
	p.perJob(cases, outcomes)
	return p
}

// tie gathers the cases that a figure is of, and adds a fact of theirs up.
func tie(id string, from []casework.Brief, fits func(casework.Brief) bool, fact string) Tied {
	out := Tied{ID: id}
	for _, c := range from {
		if fits(c) {
			out.Cases = append(out.Cases, c)
			out.Sum += intOf(c.Facts[fact])
		}
	}
	return out
}

// intOf reads a stored whole number; 0 for what is none.
func intOf(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

func groupOf(group string, months int, outcomes []casework.Brief) GroupOutcome {
	g := GroupOutcome{Group: group, Months: months}
	id := func(what string) string { return what + "." + group + "." + monthsID(months) }
	told := func(o casework.Brief) bool { return o.Done["tell"] }
	g.Asked = tie(id("asked"), outcomes, func(o casework.Brief) bool {
		return o.Facts["group"] == group && intOf(o.Facts["months"]) == int64(months)
	}, "")
	g.Answered = tie(id("answered"), g.Asked.Cases, told, "")
	g.Alive = tie(id("alive"), g.Answered.Cases, func(o casework.Brief) bool { return o.Facts["alive"] == true }, "")
	g.Exporting = tie(id("exporting"), g.Answered.Cases, func(o casework.Brief) bool { return intOf(o.Facts["exported_usd"]) > 0 }, "exported_usd")
	for _, o := range g.Answered.Cases {
		g.Exported, g.Before = g.Exported+intOf(o.Facts["exported_usd"]), g.Before+intOf(o.Facts["base_usd"])
		g.Jobs, g.JobsBefore = g.Jobs+intOf(o.Facts["jobs"]), g.JobsBefore+intOf(o.Facts["base_jobs"])
		g.Markets += intOf(o.Facts["new_markets"])
	}
	return g
}

func monthsID(n int) string { return map[int]string{6: "6", 12: "12", 24: "24"}[n] }

// perJob divides what was planned to be spent by the jobs that came, in the units of which an outcome is known.
func (p *Portfolio) perJob(cases, outcomes []casework.Brief) {
	last := map[string]casework.Brief{}
	for _, o := range outcomes {
		if o.Done["tell"] && o.Facts["group"] == GroupSelected && (last[o.Parent].Case == "" || intOf(o.Facts["months"]) > intOf(last[o.Parent].Facts["months"])) {
			last[o.Parent] = o
		}
	}
	p.Spent = tie("spent", cases, func(c casework.Brief) bool { return last[c.Case].Case != "" && c.Facts["plan_rial"] != nil }, "plan_rial")
	for _, c := range p.Spent.Cases {
		o := last[c.Case]
		p.Jobs += intOf(o.Facts["jobs"]) - intOf(o.Facts["base_jobs"])
	}
	if p.Jobs > 0 {
		p.PerJob = p.Spent.Sum / p.Jobs
	}
}

// Tied gives the figure of an id, with false where there is none.
func (p Portfolio) Tied(id string) (Tied, bool) {
	all := slices.Concat(p.Steps, p.Ranked, []Tied{p.Contract, p.Shipped, p.Settled, p.Repeat, p.Spent})
	for _, g := range p.Groups {
		all = append(all, g.Asked, g.Answered, g.Alive, g.Exporting)
	}
	i := slices.IndexFunc(all, func(f Tied) bool { return f.ID == id })
	if i < 0 {
		return Tied{}, false
	}
	return all[i], true
}
