package rule_test

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

func num(n int64) *int64 { return &n }

var schema = rule.Schema{
	"unit.licence_kind":      {Kind: rule.Choice, Options: []string{"industrial", "guild", "trade"}},
	"licence_expiry":         {Kind: rule.Date},
	"cheque_colour":          {Kind: rule.Choice, Options: []string{"white", "yellow", "red"}},
	"package.exempts_cheque": {Kind: rule.Bool},
	"amount":                 {Kind: rule.Money},
	"paid":                   {Kind: rule.Money},
	"debt":                   {Kind: rule.Money},
	"staff":                  {Kind: rule.Int, Min: num(0), Max: num(100000)},
	"share":                  {Kind: rule.Percent},
	"name":                   {Kind: rule.Text},
	"tags":                   {Kind: rule.List},
	"plan":                   {Kind: rule.File},
	"loans": {Kind: rule.Tabular, Columns: map[string]rule.Type{
		"amount": {Kind: rule.Money}, "status": {Kind: rule.Text}, "due": {Kind: rule.Date}}},
}

func environment(t testing.TB) *rule.Env {
	t.Helper()
	e, err := rule.NewEnv(schema)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func must(t testing.TB, e *rule.Env, src string, want rule.Kind) *rule.Rule {
	t.Helper()
	r, issues := e.Compile(src, want)
	for _, i := range issues {
		t.Errorf("%s: at %d %s %s", src, i.Offset, i.Key, locale.T(locale.EN, i.Key, i.Args))
	}
	if len(issues) > 0 {
		t.FailNow()
	}
	return r
}

func day(t testing.TB, s string) jalali.Date {
	t.Helper()
	d, err := jalali.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func working(t testing.TB) *calendar.Calendar {
	t.Helper()
	c, err := calendar.New(calendar.Spec{ID: "test", Version: "1", Weekend: []jalali.Weekday{jalali.Thursday, jalali.Friday}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func loans(rows ...map[string]any) []map[string]any { return rows }

func TestThreeValues(t *testing.T) {
	t.Parallel()
	e, cal, today := environment(t), working(t), day(t, "1405/06/31")
	for _, c := range []struct {
		src    string
		facts  map[string]any
		is     rule.Truth
		person bool
	}{
		{`unit.licence_kind in ["industrial", "guild"] && licence_expiry >= today`, map[string]any{"unit.licence_kind": "guild", "licence_expiry": today}, rule.Met, false},
		{`unit.licence_kind in ["industrial", "guild"] && licence_expiry >= today`, map[string]any{"unit.licence_kind": "guild"}, rule.Unknown, false},
		{`unit.licence_kind in ["industrial", "guild"] && licence_expiry >= today`, map[string]any{"unit.licence_kind": "trade"}, rule.NotMet, false},
		{`cheque_colour == "white" || package.exempts_cheque`, map[string]any{"package.exempts_cheque": true}, rule.Met, false},
		{`cheque_colour == "white" || package.exempts_cheque`, map[string]any{"cheque_colour": "red", "package.exempts_cheque": false}, rule.NotMet, false},
		{`cheque_colour != "red"`, nil, rule.Unknown, false},
		{`!(amount > 5)`, map[string]any{"amount": nil}, rule.Unknown, false},
		{`amount * 9223372036854775807 > 0`, map[string]any{"amount": int64(3)}, rule.Unknown, true},
		{`amount / paid > 0`, map[string]any{"amount": int64(3), "paid": int64(0)}, rule.Unknown, true},
		{`amount / paid > 0 && staff > 5`, map[string]any{"amount": int64(3), "paid": int64(0), "staff": int64(1)}, rule.NotMet, false},
		{`amount / paid > 0 || staff > 5`, map[string]any{"amount": int64(3), "paid": int64(0), "staff": int64(1)}, rule.Unknown, true},
		{`amount > 5`, map[string]any{"amount": "five"}, rule.Unknown, true},
		{`percent(paid, amount) >= 2500`, map[string]any{"amount": int64(400), "paid": int64(100)}, rule.Met, false},
		{`percent(paid, amount) >= 2500`, map[string]any{"amount": int64(0), "paid": int64(100)}, rule.Unknown, true},
		{`percent(paid, amount) == 2499`, map[string]any{"amount": int64(9_000_000_000_000_000_000), "paid": int64(2_249_999_999_999_999_999)}, rule.Met, false},
		{`addMonths(today, 1) == date("1405/07/30")`, nil, rule.Met, false},
		{`addMonths(today, 70000) > today`, nil, rule.Unknown, true},
		{`addDays(licence_expiry, 1) == today`, map[string]any{"licence_expiry": day(t, "1405/06/30")}, rule.Met, false},
		{`addWorkingDays(date("1405/06/01"), 5) == date("1405/06/08")`, nil, rule.Met, false},
		{`workingDaysBetween(date("1405/06/01"), date("1405/06/08")) == 5`, nil, rule.Met, false},
		{`daysBetween(licence_expiry, today) == 2 && age(licence_expiry) == 2`, map[string]any{"licence_expiry": day(t, "1405/06/29")}, rule.Met, false},
		{`name.startsWith("a") && size(name) == 2`, map[string]any{"name": "ab"}, rule.Met, false},
		{`"x" in tags`, map[string]any{"tags": []string{"y", "x"}}, rule.Met, false},
		{`plan`, map[string]any{"plan": "sha"}, rule.Met, false},
		{`plan`, nil, rule.Unknown, false},
		{`sum(loans, "amount") <= 10`, map[string]any{"loans": loans(map[string]any{"amount": int64(4)}, map[string]any{"amount": int64(6)})}, rule.Met, false},
		{`sum(loans, "amount") <= 10`, map[string]any{"loans": loans(map[string]any{"amount": int64(4)}, map[string]any{})}, rule.Unknown, false},
		{`loans.all(l, l.amount > 5)`, map[string]any{"loans": loans(map[string]any{}, map[string]any{"amount": int64(4)})}, rule.NotMet, false},
		{`loans.all(l, l.amount > 5)`, map[string]any{"loans": loans(map[string]any{"amount": int64(6)}, map[string]any{})}, rule.Unknown, false},
		{`loans.exists(l, l.amount > 5)`, map[string]any{"loans": loans(map[string]any{}, map[string]any{"amount": int64(6)})}, rule.Met, false},
		{`loans.all(l, l.amount > 5)`, map[string]any{"loans": loans()}, rule.Met, false},
		{`loans.all(l, l.amount > staff)`, map[string]any{"loans": loans(map[string]any{"amount": int64(1)})}, rule.Unknown, false},
		{`loans.filter(l, l.status == "open").all(l, l.due >= today)`, map[string]any{"loans": loans(map[string]any{"status": "open", "due": today})}, rule.Met, false},
		{`size(loans) > 1`, map[string]any{"loans": loans()}, rule.NotMet, false},
	} {
		got := must(t, e, c.src, rule.Bool).Eval(rule.Input{Facts: c.facts, Today: today, Calendar: cal})
		if got.Is != c.is || got.Person != c.person {
			t.Errorf("%s with %v: %v person %v (%s), want %v %v", c.src, c.facts, got.Is, got.Person, got.Err, c.is, c.person)
		}
	}
}

func TestOutcomeNamesWhatDecided(t *testing.T) {
	t.Parallel()
	e := environment(t)
	r := must(t, e, `cheque_colour == "white" && loans.all(l, l.amount <= staff) && package.exempts_cheque`, rule.Bool)
	out := r.Eval(rule.Input{Facts: map[string]any{"cheque_colour": "white", "staff": int64(5),
		"loans": loans(map[string]any{}, map[string]any{"amount": int64(9)})}})
	if out.Is != rule.NotMet || out.Failing == nil || out.Failing.Fact != "loans" || out.Failing.Index != 1 {
		t.Errorf("failing element: %+v", out.Failing)
	}
	if len(out.Trace) != 3 || out.Trace[2].Text != "package.exempts_cheque" || out.Trace[0].Facts["cheque_colour"] != "white" {
		t.Errorf("trace: %+v", out.Trace)
	}
	out = r.Eval(rule.Input{Facts: map[string]any{"staff": int64(5), "loans": loans(map[string]any{})}})
	if want := []string{"cheque_colour", "loans", "package.exempts_cheque"}; !reflect.DeepEqual(out.Missing, want) {
		t.Errorf("missing %v, want %v", out.Missing, want)
	}
}

func TestIssuesComeAllAtOnceAndInWords(t *testing.T) {
	t.Parallel()
	e := environment(t)
	for _, c := range []struct {
		src  string
		want []string
	}{
		{`amout > 5 && cheque_color == "red"`, []string{"rule.unknown_fact_near", "rule.unknown_fact_near"}},
		{`has(unit.licence_kind)`, []string{"rule.no_has"}},
		{`share > 2.5`, []string{"rule.no_match", "rule.no_float"}},
		{`name.matches("a+")`, []string{"rule.no_regex"}},
		{`cheque_colour == "blue"`, []string{"rule.no_option"}},
		{`date("1405/13/01") < today`, []string{"rule.bad_date"}},
		{`amount > today`, []string{"rule.no_match"}},
		{`amount`, []string{"rule.wanted"}},
		{`amount >`, []string{"rule.syntax_end"}},
		{`sum(loans, "status") > 0`, []string{"rule.sum_column"}},
		{`loans.all(l, l.price > 0)`, []string{"rule.no_column"}},
		{`now() > today`, []string{"rule.unknown_function"}},
		{`{"a": 1} == {"a": 1}`, []string{"rule.literal", "rule.literal"}},
	} {
		_, issues := e.Compile(c.src, rule.Bool)
		var keys []string
		for _, i := range issues {
			keys = append(keys, i.Key)
			for _, l := range []locale.Lang{locale.FA, locale.EN} {
				if !locale.Has(l, i.Key) {
					t.Errorf("%s: no %s text", i.Key, l)
				}
			}
		}
		if !reflect.DeepEqual(keys, c.want) {
			t.Errorf("%s: %v, want %v", c.src, issues, c.want)
		}
	}
	_, issues := e.Compile("plan && # ", rule.Bool)
	if len(issues) == 0 {
		t.Error("a stray character was accepted")
	}
}

func TestReasonAndRemedyOfThePublishedExample(t *testing.T) {
	t.Parallel()
	e := environment(t)
	r := must(t, e, `cheque_colour == "white" || package.exempts_cheque`, rule.Bool)
	in := rule.Input{Facts: map[string]any{"cheque_colour": "red", "package.exempts_cheque": false}, Today: day(t, "1405/01/01")}
	if got := rule.Reason(r, in); !reflect.DeepEqual(got, []string{"cheque_colour", "package.exempts_cheque"}) {
		t.Errorf("reason %v", got)
	}
	got, ok := rule.Remedy([]*rule.Rule{r}, in, []rule.Control{{Name: "cheque_colour", Type: schema["cheque_colour"]}})
	if !ok || !reflect.DeepEqual(got, map[string]any{"cheque_colour": "white"}) {
		t.Errorf("remedy %v %v", got, ok)
	}
}

func TestRemediesAtTheBoundary(t *testing.T) {
	t.Parallel()
	e, today := environment(t), day(t, "1405/05/31")
	control := func(n string) rule.Control { return rule.Control{Name: n, Type: schema[n]} }
	for _, c := range []struct {
		rules []string
		facts map[string]any
		names []string
		want  map[string]any
	}{
		{[]string{`amount - paid <= 1000`}, map[string]any{"amount": int64(5000), "paid": int64(100)}, []string{"paid"}, map[string]any{"paid": int64(4000)}},
		{[]string{`amount - paid <= 1000`, `paid < 3000`}, map[string]any{"amount": int64(5000), "paid": int64(100)}, []string{"paid", "amount"}, map[string]any{"amount": int64(1100)}},
		{[]string{`3 * paid >= amount`}, map[string]any{"amount": int64(100), "paid": int64(1)}, []string{"paid"}, map[string]any{"paid": int64(34)}},
		{[]string{`addMonths(licence_expiry, 6) >= today`}, map[string]any{"licence_expiry": day(t, "1403/01/01")}, []string{"licence_expiry"}, map[string]any{"licence_expiry": day(t, "1404/12/01")}},
		{[]string{`addDays(licence_expiry, 10) > today`}, map[string]any{}, []string{"licence_expiry"}, map[string]any{"licence_expiry": day(t, "1405/05/22")}},
		{[]string{`addWorkingDays(licence_expiry, 5) > today`}, map[string]any{"licence_expiry": day(t, "1403/01/01")}, []string{"licence_expiry"}, map[string]any{"licence_expiry": day(t, "1405/05/25")}},
		{[]string{`"x" in tags && !("y" in tags)`}, map[string]any{"tags": []string{"y", "z"}}, []string{"tags"}, map[string]any{"tags": []string{"z", "x"}}},
		{[]string{`cheque_colour == "white"`, `staff + amount >= 10`}, map[string]any{"cheque_colour": "red", "amount": int64(2), "staff": int64(1)}, []string{"cheque_colour", "staff"}, map[string]any{"cheque_colour": "white", "staff": int64(8)}},
	} {
		var rs []*rule.Rule
		for _, s := range c.rules {
			r := must(t, e, s, rule.Bool)
			if !r.Decomposable() {
				t.Errorf("%s should be decomposable", s)
			}
			rs = append(rs, r)
		}
		var cs []rule.Control
		for _, n := range c.names {
			cs = append(cs, control(n))
		}
		got, ok := rule.Remedy(rs, rule.Input{Facts: c.facts, Today: today, Calendar: working(t)}, cs)
		if !ok || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v with %v: %v %v, want %v", c.rules, c.facts, got, ok, c.want)
		}
	}
}

func TestOutsideTheFormsTheRemedyIsByText(t *testing.T) {
	t.Parallel()
	e := environment(t)
	for _, s := range []string{`loans.all(l, l.amount > 5)`, `name.startsWith("a")`, `amount * paid > 3`, `plan ? amount > 1 : paid > 1`} {
		r := must(t, e, s, rule.Bool)
		if r.Decomposable() {
			t.Errorf("%s: claimed decomposable", s)
		}
	}
	r := must(t, e, `amount * amount >= 4`, rule.Bool)
	if m, ok := rule.Remedy([]*rule.Rule{r}, rule.Input{Facts: map[string]any{"amount": int64(1)}}, []rule.Control{{Name: "amount", Type: schema["amount"]}}); ok {
		t.Errorf("a remedy was claimed: %v", m)
	}
}

func TestComputedValues(t *testing.T) {
	t.Parallel()
	e := environment(t)
	in := rule.Input{Facts: map[string]any{"amount": int64(5), "tags": []string{"a"}, "licence_expiry": day(t, "1405/01/31")}}
	for src, want := range map[string]any{`amount * 2`: int64(10), `tags`: []string{"a"}, `addMonths(licence_expiry, 6)`: day(t, "1405/07/30"), `amount > 3 ? "big" : "small"`: "big"} {
		kind := map[string]rule.Kind{`amount * 2`: rule.Money, `tags`: rule.List, `addMonths(licence_expiry, 6)`: rule.Date, `amount > 3 ? "big" : "small"`: rule.Text}[src]
		v, is, err := must(t, e, src, kind).Value(in)
		if err != nil || is != rule.Met || !reflect.DeepEqual(v, want) {
			t.Errorf("%s: %v %v %v", src, v, is, err)
		}
	}
	if _, is, err := must(t, e, `paid * 2`, rule.Money).Value(in); is != rule.Unknown || err != nil {
		t.Errorf("a missing fact gives %v %v", is, err)
	}
	if _, is, err := must(t, e, `amount / 0`, rule.Money).Value(in); is != rule.Unknown || err == nil {
		t.Errorf("division by zero gives %v %v", is, err)
	}
}

func TestLimitsHold(t *testing.T) {
	t.Parallel()
	e := environment(t)
	_, issues := e.Compile(`loans.all(x, loans.all(y, loans.all(z, z.amount > 0)))`, rule.Bool)
	if len(issues) == 0 || issues[0].Key != "rule.too_deep" {
		t.Errorf("three loops inside one another: %v", issues)
	}
	if _, issues = e.Compile(strings.Repeat("plan && ", 600)+"plan", rule.Bool); len(issues) == 0 || issues[0].Key != "rule.too_long" {
		t.Errorf("a rule of 4800 characters: %v", issues)
	}
	rows := make([]map[string]any, 2000)
	for i := range rows {
		rows[i] = map[string]any{"amount": int64(1)}
	}
	r := must(t, e, `loans.all(x, loans.all(y, x.amount == y.amount))`, rule.Bool)
	if out := r.Eval(rule.Input{Facts: map[string]any{"loans": rows}}); !out.Person || out.Is != rule.Unknown {
		t.Errorf("four million comparisons: %v, person %v", out.Is, out.Person)
	}
	r = must(t, e, `size(loans) > 3`, rule.Bool)
	if out := r.Eval(rule.Input{Facts: map[string]any{"loans": append(rows, rows...)}}); !out.Person {
		t.Errorf("a table of 4000 rows: %v", out.Is)
	}
}

func TestSchemaNamesEveryWrongFact(t *testing.T) {
	t.Parallel()
	_, err := rule.NewEnv(rule.Schema{"Bad": {Kind: rule.Int}, "today": {Kind: rule.Date}, "ok": {Kind: "float"}, "in": {Kind: rule.Int}})
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid || len(f.Details) != 4 {
		t.Errorf("%v", err)
	}
}

func TestRulesAreSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	e := environment(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			r := must(t, e, `amount > 3 && loans.all(l, l.amount > 0)`, rule.Bool)
			for range 50 {
				if out := r.Eval(rule.Input{Facts: map[string]any{"amount": int64(i), "loans": loans()}}); (out.Is == rule.Met) != (i > 3) {
					t.Errorf("%d: %v", i, out.Is)
				}
			}
		})
	}
	wg.Wait()
}

// What closes at an hour is open until the microsecond before it, and closed at it; without a time nobody knows.
func TestAnHourClosesAtItself(t *testing.T) {
	t.Parallel()
	e := environment(t)
	hour := time.Date(2026, 12, 1, 10, 30, 0, 0, time.UTC)
	for _, src := range []string{`before("1405/09/10 14:00")`, `before(name)`, `!!before(name) && amount > 0`} {
		r := must(t, e, src, rule.Bool)
		for at, want := range map[time.Time]rule.Truth{hour.Add(-time.Microsecond): rule.Met, hour: rule.NotMet, hour.Add(time.Hour): rule.NotMet, {}: rule.Unknown} {
			in := rule.Input{Now: at, Facts: map[string]any{"name": "1405/09/10 14:00", "amount": int64(1)}}
			if got := r.Eval(in); got.Is != want {
				t.Errorf("%s at %s: %s, want %s", src, at, got.Is, want)
			}
		}
	}
	if got := must(t, e, `before(name)`, rule.Bool).Eval(rule.Input{Now: hour, Facts: map[string]any{"name": "noon"}}); !got.Person {
		t.Errorf("no hour: %+v, want a person", got)
	}
	if _, issues := e.Compile(`before("1405/09/10")`, rule.Bool); len(issues) != 1 || issues[0].Key != "rule.bad_hour" {
		t.Errorf("a day is no hour: %+v", issues)
	}
}
