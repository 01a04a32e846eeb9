package rule_test

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/kernel/procedure/rule"
)

var outputs = map[string]rule.Type{"level": {Kind: rule.Text}}

const levels = `amount,package.exempts_cheque,=> level,law
<= 50000000000,-,county,art. 3
(50000000000..90000000000],false,province,art. 4
> 90000000000,false,national,art. 5
> 50000000000,true,county,art. 6
`

func TestTableDecides(t *testing.T) {
	t.Parallel()
	tab, issues := rule.ParseTable([]byte(levels), environment(t), nil, outputs, rule.Unique)
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	for _, c := range []struct {
		facts   facts
		is      rule.Truth
		want    any
		missing []string
	}{
		{facts{"amount": int64(50_000_000_000)}, rule.Met, "county", nil},
		{facts{"amount": int64(50_000_000_001), "package.exempts_cheque": false}, rule.Met, "province", nil},
		{facts{"amount": int64(90_000_000_001), "package.exempts_cheque": false}, rule.Met, "national", nil},
		{facts{"amount": int64(90_000_000_001)}, rule.Unknown, nil, []string{"package.exempts_cheque"}},
		{facts{"package.exempts_cheque": true}, rule.Met, "county", nil}, // all rows left agree
		{facts{"package.exempts_cheque": false}, rule.Unknown, nil, []string{"amount"}},
	} {
		d := tab.Eval(rule.Input{Facts: c.facts})
		if d.Is != c.is || d.Out["level"] != c.want || !reflect.DeepEqual(d.Missing, c.missing) {
			t.Errorf("%v: %+v, want %v %v %v", c.facts, d, c.is, c.want, c.missing)
		}
	}
	if d := tab.Eval(rule.Input{Facts: facts{"amount": "much"}}); !d.Person || d.Is != rule.Unknown {
		t.Errorf("a malformed amount gives %+v", d)
	}
}

func TestTableProofs(t *testing.T) {
	t.Parallel()
	e := environment(t)
	for name, c := range map[string]struct {
		csv  string
		hit  rule.Hit
		want string
		in   string
	}{
		"gap":         {"amount,=> level\n<= 5,a\n> 7,b\n", rule.Unique, "rule.table_gap", "amount = 6"},
		"overlap":     {"amount,=> level\n<= 5,a\n>= 5,b\n", rule.Unique, "rule.table_overlap", "amount = 5"},
		"choice gap":  {"cheque_colour,=> level\nwhite|yellow,a\n", rule.Unique, "rule.table_gap", "cheque_colour = red"},
		"date gap":    {"licence_expiry,=> level\n< 1405/01/01,a\n> 1405/01/01,b\n", rule.Unique, "rule.table_gap", "1405/01/01"},
		"text gap":    {"name,=> level\nali,a\n", rule.Unique, "rule.table_gap", "name"},
		"dead":        {"amount,=> level\n-,a\n> 7,b\n", rule.First, "rule.table_dead", ""},
		"priority":    {"amount,priority,=> level\n-,1,a\n> 7,1,b\n", rule.Priority, "rule.table_priority", "amount = 8"},
		"bad cell":    {"amount,=> level\nmany,a\n", rule.Unique, "rule.table_cell", ""},
		"option":      {"cheque_colour,=> level\nblue,a\n", rule.Unique, "rule.table_cell", ""},
		"column":      {"amout,=> level\n-,a\n", rule.Unique, "rule.table_column", ""},
		"no output":   {"amount\n-\n", rule.Unique, "rule.table_no_output", ""},
		"width":       {"amount,=> level\n-\n", rule.Unique, "rule.table_width", ""},
		"empty":       {"", rule.Unique, "rule.table_empty", ""},
		"hit":         {"amount,=> level\n-,a\n", "any", "rule.table_hit", ""},
		"empty range": {"amount,=> level\n[5..5),a\n", rule.Unique, "rule.table_cell", ""},
	} {
		_, issues := rule.ParseTable([]byte(c.csv), e, nil, outputs, c.hit)
		if len(issues) == 0 || issues[0].Key != c.want {
			t.Errorf("%s: %v, want %s", name, issues, c.want)
			continue
		}
		if ex, _ := issues[0].Args["example"].(string); !strings.Contains(ex, c.in) {
			t.Errorf("%s: example %q, want %q", name, ex, c.in)
		}
	}
}

func TestHitPolicies(t *testing.T) {
	t.Parallel()
	e := environment(t)
	in := rule.Input{Facts: facts{"amount": int64(9)}}
	const csv = "amount,priority,=> level\n> 7,1,b\n-,2,a\n"
	for hit, want := range map[rule.Hit]string{rule.First: "b", rule.Priority: "a"} {
		tab, issues := rule.ParseTable([]byte(csv), e, nil, outputs, hit)
		if len(issues) > 0 {
			t.Fatal(issues)
		}
		if d := tab.Eval(in); d.Out["level"] != want {
			t.Errorf("%s: %+v, want %s", hit, d, want)
		}
	}
	tab, issues := rule.ParseTable([]byte(csv), e, nil, outputs, rule.Collect)
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	if d := tab.Eval(in); len(d.All) != 2 {
		t.Errorf("collect: %+v", d)
	}
	if d := tab.Eval(rule.Input{}); d.Is != rule.Unknown || len(d.Missing) != 1 {
		t.Errorf("collect without the fact: %+v", d)
	}
}

// TestTableProofsAgreeWithBruteForce draws tables over small facts: the proof must find exactly the gaps and overlaps
// that trying every combination finds, and an answer on partial facts must stand for every completion.
func TestTableProofsAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	e, _ := rule.NewEnv(small)
	cells := map[string][]string{"a": {"-", "<= 1", "> 1", "[0..2)", "2|3", "0"}, "c": {"-", "true", "false"}, "d": {"-", "x", "y|z"}}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString("a,c,d,=> level\n")
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			for _, n := range []string{"a", "c", "d"} {
				b.WriteString(rapid.SampledFrom(cells[n]).Draw(t, n) + ",")
			}
			b.WriteString(rapid.SampledFrom([]string{"u", "v"}).Draw(t, "out") + "\n")
		}
		all, issues := rule.ParseTable([]byte(b.String()), e, nil, outputs, rule.Collect)
		if len(issues) > 0 {
			t.Fatal(issues)
		}
		gap, clash := false, false
		completions(facts{"b": int64(0)}, []string{"a", "c", "d"}, func(f facts) {
			n := len(all.Eval(rule.Input{Facts: f}).All)
			gap, clash = gap || n == 0, clash || n > 1
		})
		tab, issues := rule.ParseTable([]byte(b.String()), e, nil, outputs, rule.Unique)
		if got := tab == nil; got != (gap || clash) {
			t.Fatalf("%s\nproof %v, but gap %v, overlap %v", b.String(), issues, gap, clash)
		}
		for hit, ok := range map[rule.Hit]bool{rule.Unique: !gap && !clash, rule.First: !gap} {
			if !ok {
				continue
			}
			tab, _ := rule.ParseTable([]byte(b.String()), e, nil, outputs, hit)
			if tab == nil {
				continue // a dead row
			}
			f := partial(t)
			f["b"] = int64(0)
			d := tab.Eval(rule.Input{Facts: f})
			if d.Is == rule.Unknown {
				continue
			}
			completions(f, unknownOf(f), func(full facts) {
				if now := tab.Eval(rule.Input{Facts: full}); !reflect.DeepEqual(now.Out, d.Out) {
					t.Fatalf("%s\n%v gives %v, but %v gives %v", b.String(), f, d.Out, full, now.Out)
				}
			})
		}
	})
}
