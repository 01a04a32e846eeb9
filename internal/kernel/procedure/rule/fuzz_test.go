package rule_test

import (
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

// evaluated is what a rule comes to, as the product or as a broken one tells it.
type evaluated struct {
	eval  func(*rule.Rule, rule.Input) rule.Outcome
	whole func(*rule.Rule, rule.Input) rule.Truth
}

var evaluator = evaluated{eval: (*rule.Rule).Eval, whole: (*rule.Rule).WholeTruth}

var ruleTexts = []string{`amount > 5 && plan`, `loans.all(l, l.amount / paid > 0)`, `addMonths(today, amount) >= licence_expiry`,
	`sum(loans, "amount") <= percent(paid, amount)`, `!(cheque_colour in ["red"]) || package.exempts_cheque`, `has(name)`, `1.5`, `"\u06f1`,
	`tags.exists(t, t == name)`, `plan ? amount > 1 : 1/0 > 2`, `amount / paid > 1`}

// inThreeValues is the law of rules: no text panics, every issue lies in the text and has words, an error or a gap is never
// "not met", CEL and the skeleton agree, and only a rule that fails has a reason.
func inThreeValues(t testing.TB, e *rule.Env, is evaluated, src string, amount, paid int64) {
	t.Helper()
	r, issues := e.Compile(src, rule.Bool)
	for _, i := range issues {
		if i.Offset < 0 || i.Offset > len(src) || !locale.Has(locale.FA, i.Key) {
			t.Fatalf("%q: issue %+v", src, i)
		}
	}
	if r == nil {
		return
	}
	in := rule.Input{Facts: map[string]any{"amount": amount, "paid": paid, "loans": loans(map[string]any{"amount": paid}, map[string]any{})}}
	out := is.eval(r, in)
	if out.Person && out.Is != rule.Unknown {
		t.Fatalf("%q: an error gave %v", src, out.Is)
	}
	if whole := is.whole(r, in); whole != out.Is {
		t.Fatalf("%q: CEL says %v, the skeleton %v", src, whole, out.Is)
	}
	if reason := rule.Reason(r, in); (reason != nil) && out.Is != rule.NotMet {
		t.Fatalf("%q: a reason %v for %v", src, reason, out.Is)
	}
}

func FuzzCompileEval(f *testing.F) {
	for _, s := range ruleTexts {
		f.Add(s, int64(3), int64(0))
	}
	e := environment(f)
	f.Fuzz(func(t *testing.T, src string, amount, paid int64) { inThreeValues(t, e, evaluator, src, amount, paid) })
}

// An evaluator that takes an error, or a fact that nobody knows, for "not met" would refuse people for it.
func TestFuzzCompileEvalFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	e := environment(t)
	for words, broken := range map[string]func(rule.Outcome) bool{
		"an error gave": func(o rule.Outcome) bool { return o.Person },
		"the skeleton":  func(o rule.Outcome) bool { return len(o.Missing) > 0 },
	} {
		is := evaluator
		is.eval = func(r *rule.Rule, in rule.Input) rule.Outcome {
			out := r.Eval(in)
			if broken(out) {
				out.Is = rule.NotMet
			}
			return out
		}
		control.Finds(t, words, func(t testing.TB) {
			for _, s := range ruleTexts {
				inThreeValues(t, e, is, s, 3, 0)
			}
		})
	}
}

var tableTexts = []string{levels, "amount,=> level\n<= 5,a\n> 5,b\n", "cheque_colour,=> level\nwhite|yellow,a\nred,b\n", "amount,=> level\n[1..5],a\n", "amount,=> level\n<= 5,a\n>= 5,b\n", "", "\ufeffamount"}

type tableReader func([]byte) (*rule.Table, []rule.Issue)

func readTable(e *rule.Env) tableReader {
	return func(src []byte) (*rule.Table, []rule.Issue) {
		return rule.ParseTable(src, e, nil, outputs, rule.Unique)
	}
}

// decidesAlways is the law of a table that is taken: it has rows and answers every amount and colour with one of them;
// what is not taken says where and in which words.
func decidesAlways(t testing.TB, read tableReader, src []byte, amount int64) {
	t.Helper()
	tab, issues := read(src)
	for _, i := range issues {
		if i.Offset < 0 || i.Offset > len(src) || !locale.Has(locale.EN, i.Key) {
			t.Fatalf("%q: issue %+v", src, i)
		}
	}
	if tab == nil {
		return
	}
	for _, colour := range []string{"white", "yellow", "red"} {
		in := rule.Input{Facts: map[string]any{"amount": amount, "cheque_colour": colour, "package.exempts_cheque": false, "name": "x", "staff": int64(0)}}
		if d := tab.Eval(in); d.Is == rule.NotMet || d.Is == rule.Met && len(d.Rows) != 1 {
			t.Fatalf("%q: amount %d gives %+v", src, amount, d)
		}
	}
}

func FuzzParseTable(f *testing.F) {
	for _, s := range tableTexts {
		f.Add([]byte(s), int64(3))
	}
	read := readTable(environment(f))
	f.Fuzz(func(t *testing.T, src []byte, amount int64) { decidesAlways(t, read, src, amount) })
}

// A reader that believes the author, and does not prove that a table has neither gap nor overlap, leaves cases without an
// answer.
func TestFuzzParseTableFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	e := environment(t)
	control.Finds(t, "gives", func(t testing.TB) {
		for _, s := range tableTexts {
			decidesAlways(t, func(src []byte) (*rule.Table, []rule.Issue) { // collect is not held to the proof
				tab, issues := rule.ParseTable(src, e, nil, outputs, rule.Collect)
				if tab != nil {
					tab.Hit = rule.Unique
				}
				return tab, issues
			}, []byte(s), 9)
		}
	})
}

func benchRule(b *testing.B) (*rule.Env, string, rule.Input) {
	return environment(b), `unit.licence_kind in ["industrial", "guild"] && licence_expiry >= today && (cheque_colour == "white" || package.exempts_cheque)`,
		rule.Input{Today: day(b, "1405/06/31"), Facts: map[string]any{"unit.licence_kind": "guild", "licence_expiry": day(b, "1406/01/01"), "cheque_colour": "red", "package.exempts_cheque": false}}
}

func BenchmarkCompile(b *testing.B) {
	_, src, _ := benchRule(b)
	for b.Loop() {
		b.StopTimer()
		e := environment(b) // a fresh one: compiled rules are cached
		b.StartTimer()
		must(b, e, src, rule.Bool)
	}
}

func BenchmarkCompileCached(b *testing.B) {
	e, src, _ := benchRule(b)
	for b.Loop() {
		must(b, e, src, rule.Bool)
	}
}

func BenchmarkEvalWithTrace(b *testing.B) {
	e, src, in := benchRule(b)
	r := must(b, e, src, rule.Bool)
	for b.Loop() {
		r.Eval(in)
	}
}

func BenchmarkReasonAndRemedy(b *testing.B) {
	e, src, in := benchRule(b)
	r := must(b, e, src, rule.Bool)
	c := []rule.Control{{Name: "cheque_colour", Type: schema["cheque_colour"]}, {Name: "licence_expiry", Type: schema["licence_expiry"]}}
	for b.Loop() {
		rule.Reason(r, in)
		rule.Remedy([]*rule.Rule{r}, in, c)
	}
}
