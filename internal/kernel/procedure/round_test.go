package procedure

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"rahgosha/internal/base/locale"
)

const roundsDir = "testdata/rounds/"

// others gives the procedures beside a round's, with a change in their text.
func others(t *testing.T, old, replacement string) func(string) *Definition {
	return func(id string) *Definition {
		fsys := mapFS(t, roundsDir+id)
		file := fsys["procedure.yaml"]
		file.Data = []byte(strings.Replace(string(file.Data), old, replacement, 1))
		d, problems := Parse(fsys)
		if bad := Errors(problems); len(bad) > 0 {
			t.Fatal(bad[0].String(locale.EN))
		}
		return d
	}
}

func TestRoundIsProvedAgainstItsMembers(t *testing.T) {
	t.Parallel()
	keysOf := func(problems []Problem) (keys []string) {
		for _, p := range problems {
			keys = append(keys, p.Key)
			for _, l := range []locale.Lang{locale.FA, locale.EN} {
				if !locale.Has(l, p.Key) || !locale.Has(l, p.Key+".mend") {
					t.Errorf("no text in %s for %s", l, p.Key)
				}
			}
		}
		return keys
	}
	for name, test := range map[string]struct {
		other    string // change in the members' procedure
		by       string
		own, to  string // change in the round's procedure
		problems string
	}{
		"whole":           {},
		"not open":        {other: "by: [round], next: granted", by: "by: [dir.expert], next: granted", problems: "procedure.round_not_by"},
		"elsewhere":       {other: "in: [committee], by: [round], next: granted", by: "in: [scoring], by: [round], next: granted", problems: "procedure.round_not_in"},
		"asks":            {own: ", action: return, note: required", to: ", action: return", problems: "procedure.round_asks"},
		"no such fact":    {own: "rank: [-score_quality, amount_rial]", to: "rank: [-score_qualty]", problems: "procedure.unknown_name_near"},
		"no such action":  {own: "action: defer", to: "action: defr", problems: "procedure.unknown_name_near"},
		"half a budget":   {own: "    budget: budget_rial\n", problems: "procedure.round_half_budget"},
		"nothing spends":  {own: ", spends: yes", problems: "procedure.round_answers"},
		"never issued":    {own: "effects: [{issue: session}], ", problems: "procedure.round_never"},
		"final":           {own: "in: [committee]", to: "in: [granted]", problems: "procedure.round_final procedure.round_not_in procedure.round_not_in procedure.round_not_in"},
		"reserved role":   {own: "  bank.head:", to: "  round:", problems: "procedure.role_reserved"},
		"no such round":   {own: "{freeze: session}", to: "{freeze: sesion}", problems: "procedure.round_never procedure.unknown_name_near"},
		"personal copied": {other: "title: {fa: اشتغال تازه, en: New jobs}, source: asked, group: request, by: unit", by: "title: {fa: اشتغال تازه, en: New jobs}, source: asked, group: request, by: unit, personal: {purpose: {fa: آزمون, en: Test}, retention: case}", own: "facts: [amount_rial,", to: "facts: [new_jobs,", problems: "procedure.round_personal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := mapFS(t, roundsDir+"session")
			fsys["procedure.yaml"].Data = []byte(strings.Replace(string(fsys["procedure.yaml"].Data), test.own, test.to, 1))
			_, problems := ParseAndCheck(fsys, CheckContext{Other: others(t, test.other, test.by)})
			if got := strings.Join(keysOf(Errors(problems)), " "); got != test.problems {
				t.Errorf("got %q, want %q", got, test.problems)
			}
		})
	}
}

func TestRoundWithoutItsMembersIsOnlyWarnedOf(t *testing.T) {
	t.Parallel()
	_, problems := ParseAndCheck(os.DirFS(roundsDir+"session"), CheckContext{})
	if len(problems) != 1 || problems[0].Key != "procedure.round_unproved" || problems[0].Severity != SeverityWarning {
		t.Errorf("%v", problems)
	}
}

func TestScoreIsProved(t *testing.T) {
	t.Parallel()
	for old, want := range map[string][2]string{
		"":                     {"", ""},
		"score: quality":       {"score: qualty", "procedure.fact_not_set procedure.unknown_name"},
		"type: percent, title": {"type: int, title", "procedure.score_fact"},
		"weight: 3":            {"weight: -1", "procedure.score_weight"},
		"score: quality, next": {"score: quality, form: request, next", "procedure.score_with_form"},
		"spread: 30":           {"spread: 300", "procedure.score_bounds"},
	} {
		fsys := mapFS(t, roundsDir+"grant")
		fsys["procedure.yaml"].Data = []byte(strings.Replace(string(fsys["procedure.yaml"].Data), old, want[0], 1))
		_, problems := ParseAndCheck(fsys, CheckContext{})
		var keys []string
		for _, p := range Errors(problems) {
			keys = append(keys, p.Key)
		}
		if strings.Join(keys, " ") != want[1] {
			t.Errorf("%s: got %q, want %q", old, keys, want[1])
		}
	}
}

func TestRoundsAndScoresKeepTheirHash(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"grant", "session"} {
		d, _ := Parse(os.DirFS(roundsDir + id))
		again, err := ParseCanonical(d.Canonical())
		if err != nil || again.Hash != d.Hash {
			t.Fatalf("%s: %v", id, err)
		}
		if NewManual(d, locale.FA) == nil {
			t.Error("no manual")
		}
	}
}

// mapFS reads a folder into memory, so that a test can change it.
func mapFS(t *testing.T, dir string) fstest.MapFS {
	t.Helper()
	b, err := os.ReadFile(dir + "/procedure.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{"procedure.yaml": &fstest.MapFile{Data: b}}
}
