package sample

import (
	"fmt"
	"slices"
	"time"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
)

// later is what happens once the history has come to an instant.
type later struct {
	at time.Time
	do func() error
}

// onDay has something happen so many days after an instant, in the morning.
func (f *filler) onDay(from time.Time, days int, do func() error) {
	at := jalali.FromTime(from).AddDays(days).Start().Add(9 * time.Hour)
	f.later = append(f.later, later{at, do})
	slices.SortStableFunc(f.later, func(a, b later) int { return a.at.Compare(b.at) })
}

// happen does what was to happen until now.
func (f *filler) happen() error {
	for len(f.later) > 0 && !f.later[0].at.After(f.Clock.Now()) {
		do := f.later[0].do
		f.later = f.later[1:]
		if err := do(); err != nil {
			return fmt.Errorf("accelerator: %w", err)
		}
	}
	return nil
}

// member is a unit on its way through the accelerator.
type member struct {
	owner access.Principal
	id    string // of the case
	score int    // answers with yes of ten
}

const (
	firstCall  = 6  // applications to the first call, of which the last two are not selected
	secondCall = 60 // days before the end
)

// accelerator plans two calls: one at the beginning, whose units have shipped, settled and told their outcomes since, and one of
// late, whose units stand at its first stages.
func (f *filler) accelerator() error {
	var old, young []*member
	free := f.running(firstCall + 3)
	for i := range firstCall {
		old = append(old, &member{owner: f.owner(free[i]), score: 10 - i/2})
	}
	young = append(young, &member{owner: f.who["unit.ceo"], score: 8})
	for i := range 3 {
		young = append(young, &member{owner: f.owner(free[firstCall+i]), score: 7})
	}
	roster := party.Roster{}
	all := slices.Concat(old, young[1:])
	for i, m := range all {
		roster.Persons = append(roster.Persons, party.Person{ID: m.owner.Person, Name: words().Given[i] + " " + words().Family[i], Sample: true})
	}
	if err := f.Party.Add(f.ctx, roster); err != nil {
		return err
	}
	for _, m := range all {
		if err := f.speaks(m.owner); err != nil {
			return err
		}
	}
	f.call(f.start, old, 4, func() error { return f.firstUnits(old) })
	f.call(f.end.AddDate(0, 0, -secondCall), young[:3], 3, func() error { return f.secondUnits(young) })
	f.onDay(f.end, -6, func() error { return f.apply(young[3]) })
	return nil
}

// running gives the ids of units that work, from the end of the register, where no other story of the sample has any.
func (f *filler) running(n int) (out []string) {
	for _, u := range slices.Backward(f.units[:len(f.units)-10]) {
		if u.active && len(out) < n {
			out = append(out, u.id)
		}
	}
	return out
}

// call has units apply, and ranks them three days later; the first are selected.
func (f *filler) call(from time.Time, units []*member, selected int, then func() error) {
	call := ""
	f.onDay(from, 1, func() (err error) {
		if call, err = f.by(f.who["dir.expert"], casework.Command{Procedure: "export-cohort", Sample: true}); err != nil {
			return err
		}
		if _, err = f.by(f.who["dir.expert"], casework.Command{Case: call, Action: "announce", Facts: map[string]any{
			"call_title": say("call_title"), "criteria": say("call_criteria"), "places": "15", "closes_on": jalali.FromTime(from).AddDays(2).Civil(),
		}}); err != nil {
			return err
		}
		for _, m := range units {
			if err = f.apply(m); err != nil {
				return err
			}
			if _, err = f.by(f.who["dir.expert"], casework.Command{Case: m.id, Action: "pass_on"}); err != nil {
				return err
			}
		}
		return nil
	})
	f.onDay(from, 4, func() error {
		if _, err := f.by(f.who["dir.expert"], casework.Command{Case: call, Action: "convene"}); err != nil {
			return err
		}
		if err := f.ranked(call, selected); err != nil {
			return err
		}
		for _, m := range units {
			if err := f.Engine.CarryRound(f.ctx, f.Province, call, casework.RoundMessage{Round: "session", Member: m.id}); err != nil {
				return err
			}
		}
		return then()
	})
}

// ranked selects the first of the ranking and has two sign; whoever it does not select is told why.
func (f *filler) ranked(call string, selected int) error {
	v, err := f.Engine.Look(f.ctx, casework.CallerOf(f.who["dir.expert"]), call)
	if err != nil {
		return err
	}
	facts := map[string]any{}
	for i := range v.Rounds[0].Members {
		name := fmt.Sprintf("session.%d", i+1)
		if facts[name] = "select"; i >= selected {
			facts[name], facts[name+".note"] = "not_select", say("call_smaller")
		}
	}
	if _, err := f.by(f.who["dir.expert"], casework.Command{Case: call, Action: "decide", Facts: facts}); err != nil {
		return err
	}
	for _, who := range []string{"dir.deputy", "dir.dg"} {
		if _, err := f.by(f.who[who], casework.Command{Case: call, Action: "sign"}); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) apply(m *member) (err error) {
	if m.id, err = f.by(m.owner, casework.Command{Procedure: "export-accelerator", Unit: m.owner.Unit, Sample: true}); err != nil {
		return err
	}
	facts := map[string]any{"goods": say("export_goods"), "base_usd": "0", "base_markets": "0", "base_jobs": "20"}
	for i := range 10 {
		facts[fmt.Sprint("q", i+1)] = map[bool]string{true: "yes", false: "part"}[i < m.score]
	}
	return f.unit1(m, "submit", facts)
}

// unit1 acts for a member's unit; staff1 acts on its case.
func (f *filler) unit1(m *member, action string, facts map[string]any) error {
	_, err := f.by(m.owner, casework.Command{Case: m.id, Action: action, Facts: facts})
	return err
}

func (f *filler) staff1(login string, m *member, action string, facts map[string]any) error {
	_, err := f.by(f.who[login], casework.Command{Case: m.id, Action: action, Facts: facts})
	return err
}

// deed is one act on a member's case; who is "" for its unit.
type deed struct {
	who, action string
	facts       map[string]any
}

func (f *filler) deeds(m *member, list ...deed) error {
	for _, d := range list {
		var err error
		if d.who == "" {
			err = f.unit1(m, d.action, d.facts)
		} else {
			err = f.staff1(d.who, m, d.action, d.facts)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", d.action, err)
		}
	}
	return nil
}

var sides = []string{"product", "capacity", "price", "standard", "packaging", "people", "catalogue", "card", "settlement", "finance"}

// readied takes a selected unit through its assessment, and with test to its choice.
func (f *filler) readied(m *member, check, test bool) error {
	told, found := map[string]any{}, map[string]any{}
	for _, s := range sides {
		told["r_"+s], told["e_"+s], found["v_"+s] = "working", say("export_evidence"), "working"
	}
	found["v_packaging"] = "begun"
	today := jalali.FromTime(f.Clock.Now())
	found["gap_plan"] = []map[string]any{{"gap": "packaging", "service": "MK06", "what": say("gap_what"), "until": today.AddDays(80).Civil(), "measure": say("gap_measure")}}
	list := []deed{{"", "tell_readiness", told}}
	if check {
		list = append(list, deed{"dir.expert", "check_readiness", found})
	}
	if test {
		list = append(list, deed{"dir.expert", "record_test", map[string]any{"trained_hours": "32", "test_score": "81", "tested_on": today.Civil()}})
	}
	return f.deeds(m, list...)
}

func choice(product, market string) map[string]any {
	return map[string]any{"pairs": []map[string]any{{"product": product, "market": market, "why": say("choice_why")}}, "plan": say("choice_plan"), "plan_rial": "4000000000"}
}

// firstUnits follows the four units of the first call: one repeats, one settles half, one is at its buyers, one leaves.
func (f *filler) firstUnits(units []*member) error {
	for _, m := range units[:4] {
		if err := f.readied(m, true, true); err != nil {
			return err
		}
	}
	day := func(n int, m *member, list func(today string) []deed) {
		f.onDay(f.start, n, func() error { return f.deeds(m, list(jalali.FromTime(f.Clock.Now()).Civil())...) })
	}
	f.onDay(f.start, 20, func() error {
		_, err := f.by(units[3].owner, casework.Command{Case: units[3].id, Action: "leave", Reason: "G02"})
		return err
	})
	ready := map[string]any{"pack_label": "true", "pack_test": "true", "pack_catalogue": "true", "pack_prices": "true", "pack_sample": "true"}
	for i, m := range units[:3] {
		day(25, m, func(string) []deed {
			return []deed{{"", "choose", choice([]string{"5703", "5702", "6302"}[i], []string{"IRQ", "TUR", "KAZ"}[i])}, {"dir.deputy", "sign_choice", nil}, {"", "pack_ready", ready}}
		})
	}
	for i, m := range units[:2] {
		usd := []string{"48000", "120000"}[i]
		day(110, m, func(today string) []deed {
			return []deed{{"", "leads_found", map[string]any{"meetings": meetings(today)}}, {"", "record_contract", map[string]any{
				"contract_no": fmt.Sprint("EX-", i+1), "contract_on": today, "contract_usd": usd, "incoterm": "FOB", "payment_term": "part", "insured": "no",
			}}}
		})
		day(170, m, func(today string) []deed {
			return []deed{{"", "ship", map[string]any{"declaration_no": fmt.Sprint(12345600 + i), "customs": say("export_customs"), "hs8": []string{"57033000", "57024200"}[i], "shipped_on": today, "shipped_usd": usd}},
				{"dir.expert", "accept_shipment", nil}}
		})
		day(250, m, func(today string) []deed {
			return []deed{{"", "settle", map[string]any{"settled_usd": []string{"48000", "60000"}[i], "settled_on": today, "settle_way": say("settle_way"), "rule_title": say("settle_rule"), "rule_on": today, "rule_read_on": today}},
				{"dir.expert", "accept_settlement", nil}}
		})
	}
	day(300, units[0], func(today string) []deed {
		return []deed{{"", "reorder", map[string]any{"repeat_on": today, "repeat_usd": "52000", "repeat_declaration": "12345699"}}}
	})
	f.outcomes(units)
	return nil
}

// meetings are ten of a day.
func meetings(today string) (out []map[string]any) {
	for i := range 10 {
		out = append(out, map[string]any{"held_on": today, "buyer": fmt.Sprintf("%s %s", say("export_buyer"), persianNumber(i+1)), "country": say("export_country"), "way": []string{"fair", "meeting"}[i%2], "qualified": "yes"})
	}
	return out
}

// outcomes has all but the last unit answer ten days after they are asked.
func (f *filler) outcomes(units []*member) {
	for n, days := range []int{200, 385} {
		f.onDay(f.start, days, func() error {
			for i, m := range units[:len(units)-1] {
				sold := []int{20000, 60000, 0, 0, 5000}[i] * (n + 1)
				if err := f.tells(m, map[string]any{"alive": "true", "exported_usd": fmt.Sprint(sold), "markets": fmt.Sprint(min(1, sold)), "new_markets": fmt.Sprint(min(1, sold)), "new_products": "0", "jobs": fmt.Sprint([]int{23, 24, 21, 20, 20}[i] + n)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// tells answers the outcome that was asked last.
func (f *filler) tells(m *member, facts map[string]any) error {
	v, err := f.Engine.Look(f.ctx, casework.CallerOf(f.who["dir.expert"]), m.id)
	if err != nil || len(v.Children) == 0 {
		return err
	}
	_, err = f.by(m.owner, casework.Command{Case: v.Children[len(v.Children)-1].Case, Action: "tell", Facts: facts})
	return err
}

// secondUnits leaves the unit of the account unit.ceo before its choice, one with its choice to be signed, one before the check of
// its readiness.
func (f *filler) secondUnits(units []*member) error {
	for i, m := range units[:3] {
		if err := f.readied(m, i < 2, i < 2); err != nil {
			return err
		}
	}
	return f.unit1(units[1], "choose", choice("5703", "IRQ"))
}

// by acts as somebody on the case as it stands, and gives the case's id.
func (f *filler) by(p access.Principal, c casework.Command) (string, error) {
	who := casework.CallerOf(p)
	if c.Case != "" {
		v, err := f.Engine.Look(f.ctx, who, c.Case)
		if err != nil {
			return "", err
		}
		c.Version = v.Version
	}
	f.keys++
	c.Key = fmt.Sprintf("sample-act-%d", f.keys)
	ans, err := f.Engine.Act(f.ctx, who, c)
	return ans.Case, err
}
