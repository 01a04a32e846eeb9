package procedure

import (
	"os"
	"strings"
	"testing"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

func permit(t testing.TB) *Definition {
	t.Helper()
	d, problems := Parse(os.DirFS("testdata/permit"))
	for _, p := range Errors(append(problems, Check(d, CheckContext{})...)) {
		t.Errorf("%s\n%s\n%s", p.String(locale.EN), p.String(locale.FA), p.Excerpt)
	}
	return d
}

func TestValuesReadRightWithoutQuotes(t *testing.T) {
	t.Parallel()
	d := permit(t)
	if got := d.From.String(); got != "1405/01/01" {
		t.Errorf("from = %s", got)
	}
	if got := *d.Fact("fee").Max; got != 70_000_000_000 {
		t.Errorf("fee max = %d", got)
	}
	if got := *d.Fact("share").Max; got != 2500 {
		t.Errorf("share max = %d basis points", got)
	}
	e := d.Examples[0]
	for name, want := range map[string]any{"owner_code": "0499370899", "area": int64(10), "fee": int64(50_000_000), "place": "wall"} {
		if e.Facts[name] != want {
			t.Errorf("example %s = %#v, want %#v", name, e.Facts[name], want)
		}
	}
	if got := e.Unit["licence_expiry"]; got != "2027-03-21" {
		t.Errorf("licence_expiry = %v", got)
	}
}

func TestCanonicalRoundTrip(t *testing.T) {
	t.Parallel()
	d := permit(t)
	back, err := ParseCanonical(d.Canonical())
	if err != nil {
		t.Fatal(err)
	}
	if back.Hash != d.Hash || d.Hash == "" {
		t.Fatalf("hash %q became %q", d.Hash, back.Hash)
	}
}

func TestMigrationCoversEveryOldStage(t *testing.T) {
	t.Parallel()
	old, next := permit(t), permit(t)
	next.Stages = append([]*Stage{}, next.Stages...)
	gone := *next.Stages[1]
	gone.ID = "examined"
	next.Stages[1] = &gone
	next.Migration = &Migration{From: []string{"1"}}
	has := func() bool {
		for _, p := range Check(next, CheckContext{Previous: old}) {
			if p.Key == "procedure.migration_stage" {
				return true
			}
		}
		return false
	}
	if !has() {
		t.Error("an old stage that goes nowhere was let pass")
	}
	next.Migration.Stages = map[string]string{"review": "examined"}
	if has() {
		t.Error("a mapped stage was refused")
	}
}

func TestEvaluateDecidesByTable(t *testing.T) {
	t.Parallel()
	d := permit(t)
	for area, want := range map[int64]int64{20: 100000, 21: 500000} {
		got := d.Evaluate("fees", rule.Input{Facts: map[string]any{"area": area}, Today: d.From})
		if got.Is != rule.Met || got.Out["rate"] != want {
			t.Errorf("area %d: %+v", area, got)
		}
	}
	if got := d.Evaluate("fees", rule.Input{Today: d.From}); got.Is != rule.Unknown {
		t.Errorf("unknown area decided %+v", got)
	}
}

func TestDatedReasonsStayOutOfTheHash(t *testing.T) {
	t.Parallel()
	d := permit(t)
	c, problems := d.WithDated(map[string]string{"refusals.csv": "code,fa,en,from\nR02,\u0646\u0648\u06CC\u0646,new,1406/01/01\n"})
	if len(problems) > 0 || string(c.Canonical()) != string(d.Canonical()) {
		t.Errorf("%v", problems)
	}
	if n := len(c.ReasonsOn("refusals", d.From)); n != 0 {
		t.Errorf("%d rows in force before their day", n)
	}
	if n := len(c.ReasonsOn("refusals", d.From.AddMonths(12))); n != 1 {
		t.Errorf("%d rows in force on their day", n)
	}
}

func TestAnArticleIsOneTextOrOneForEachLanguage(t *testing.T) {
	t.Parallel()
	d := permit(t)
	plain := d.Hash
	if got := d.Laws[0].Article; got.In(locale.FA) != "۳" || got.In(locale.EN) != "3" || !strings.Contains(string(d.Canonical()), `"article":"3"`) {
		t.Errorf("%+v", got)
	}
	law := *d.Laws[0]
	law.Article = Article{FA: "۳ مکرر", EN: "3 bis"}
	d.Laws[0] = &law
	d.Hash = d.hash()
	back, err := ParseCanonical(d.Canonical())
	if err != nil || back.Laws[0].Article != law.Article || back.Hash == plain {
		t.Errorf("%v %+v", err, back)
	}
}
