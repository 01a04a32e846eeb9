package procedure

import (
	"strings"
	"testing"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

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
