package rule_test

import (
	"testing"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

// FuzzCompileEval asserts that no text panics, that every issue lies in the text and has words, that with every fact
// unknown and no calendar an error or a gap is never "not met" by way of a fact, and that a person is asked only when
// the rule is undecided.
func FuzzCompileEval(f *testing.F) {
	for _, s := range []string{`amount > 5 && plan`, `loans.all(l, l.amount / paid > 0)`, `addMonths(today, amount) >= licence_expiry`,
		`sum(loans, "amount") <= percent(paid, amount)`, `!(cheque_colour in ["red"]) || package.exempts_cheque`, `has(name)`, `1.5`, `"\u06f1`,
		`tags.exists(t, t == name)`, `plan ? amount > 1 : 1/0 > 2`} {
		f.Add(s, int64(3), int64(0))
	}
	e := environment(f)
	f.Fuzz(func(t *testing.T, src string, amount, paid int64) {
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
		out := r.Eval(in)
		if out.Person && out.Is != rule.Unknown {
			t.Fatalf("%q: an error gave %v", src, out.Is)
		}
		if whole := r.WholeTruth(in); whole != out.Is {
			t.Fatalf("%q: CEL says %v, the skeleton %v", src, whole, out.Is)
		}
		if reason := rule.Reason(r, in); (reason != nil) && out.Is != rule.NotMet {
			t.Fatalf("%q: a reason %v for %v", src, reason, out.Is)
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
