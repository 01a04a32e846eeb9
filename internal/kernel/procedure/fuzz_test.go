package procedure

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

// sound tells what must hold of any folder: every problem lies inside its file and has a text, and what has no error
// reads back from its canonical form with the same hash.
func sound(t interface {
	Fatalf(string, ...any)
}, fsys fstest.MapFS) {
	d, problems := Parse(fsys)
	for _, p := range problems {
		f, ok := fsys[p.Pos.File]
		if !ok && p.Key != "procedure.file_missing" {
			t.Fatalf("problem in no file: %v", p)
		}
		if ok && (p.Pos.Line < 1 || p.Pos.Line > 1+strings.Count(string(f.Data), "\n") || p.Pos.Col < 1) {
			t.Fatalf("problem outside its file: %v", p)
		}
		if p.Text(locale.FA) == p.Key || p.Mend(locale.EN) == p.Key+".mend" {
			t.Fatalf("problem without text: %v", p)
		}
	}
	if d == nil || len(Errors(problems)) > 0 {
		return
	}
	back, err := ParseCanonical(d.Canonical())
	if err != nil || back.Hash != d.Hash {
		t.Fatalf("canonical form is no fixed point: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	whole, err := os.ReadFile("testdata/permit/procedure.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	for _, s := range []string{"", "procedure: {id: a}", "a: &x 1\nb: *x", "[[[[[[", "- - - - -", "procedure: {id: a, from: 1405-01-01}\nstages: {a: {start: yes}}", "? a", "\xff", "facts: {a: {type: int, max: ۹}}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) { sound(t, fstest.MapFS{mainFile: {Data: b}}) })
}

// A planted fault must be found: a problem past the end of its file breaks the property.
func TestFuzzPropertyFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	r := &report{src: sources{}, fallback: mainFile}
	r.src.add(mainFile, "one line")
	r.problems = append(r.problems, Problem{Pos: Pos{mainFile, 9, 1}})
	if in := r.src.clamp(r.problems[0].Pos); in == r.problems[0].Pos {
		t.Fatal("a place outside the file was not noticed")
	}
	lossy := permit(t)
	c := *lossy
	c.Stages = c.Stages[1:]
	if string(c.Canonical()) == string(lossy.Canonical()) {
		t.Fatal("a dropped stage does not change the canonical form")
	}
}

func FuzzCoerce(f *testing.F) {
	for _, s := range []string{"", "۱۲٬۳۴۵", "1405/01/01", "25%", "بله", "0499370899", "35.8,50.9", "a,b", "\u200c", "-9223372036854775808"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { idempotent(t, s) })
}

// idempotent: what Coerce stores it accepts again unchanged, and rules see it.
func idempotent(t interface {
	Fatalf(string, ...any)
}, s string) {
	for _, typ := range append(append([]string{}, factTypes...), "id:national_code", "id:mobile", "id:iban") {
		f := &Fact{ID: "x", Type: typ, Columns: []*Fact{{ID: "c", Type: "text"}}}
		v, err := Coerce(f, s)
		if err != nil || v == nil {
			continue
		}
		again, err := Coerce(f, v)
		if err != nil || !equalValue(v, again) {
			t.Fatalf("%s %q: %#v then %#v, %v", typ, s, v, again, err)
		}
		if back := FromRule(f, ToRule(f, v)); !equalValue(back, v) {
			t.Fatalf("%s %q: %#v came back from rules as %#v", typ, s, v, back)
		}
	}
}

func equalValue(a, b any) bool {
	x, ok := a.([]string)
	if !ok {
		return a == b
	}
	y, ok := b.([]string)
	return ok && strings.Join(x, "\x00") == strings.Join(y, "\x00")
}

func TestCoerceIsIdempotent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		idempotent(t, rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9۰-۹٬,./%-]{1,14}`)).Draw(t, "text"))
	})
}

func TestManualNamesEveryConditionAndTheHash(t *testing.T) {
	t.Parallel()
	d := permit(t)
	for _, l := range []locale.Lang{locale.FA, locale.EN} {
		var b strings.Builder
		if err := NewManual(d, l).HTML(&b); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{d.Hash, "C1", "C2", d.Conditions[0].Text.In(l), d.Laws[0].Title.In(l)} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: the manual lacks %q", l, want)
			}
		}
		if strings.Contains(b.String(), "procedure.") {
			t.Errorf("%s: the manual shows a message key", l)
		}
	}
}

func TestRemedyIsSmallestAndPassesAll(t *testing.T) {
	t.Parallel()
	d := permit(t)
	stored := map[string]any{"area": int64(30), "place": "roof", "licence_expiry": "2027-03-21"}
	in := rule.Input{Facts: d.Input(stored), Today: d.From}
	res := d.Assess(in)
	if res[0].Is != rule.Met || res[1].Is != rule.NotMet {
		t.Fatalf("C1 %v, C2 %v", res[0].Is, res[1].Is)
	}
	if !res[1].RemedyOK || len(res[1].Remedy) != 1 {
		t.Fatalf("remedy %v", res[1].Remedy)
	}
	for k, v := range res[1].Remedy {
		stored[k] = v
	}
	for _, r := range d.Assess(rule.Input{Facts: d.Input(stored), Today: d.From}) {
		if r.Is != rule.Met {
			t.Errorf("after the remedy %s is %v", r.ID, r.Is)
		}
	}
}
