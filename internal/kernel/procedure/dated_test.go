package procedure

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

const (
	datedBlock = "dated:\n  rates:\n    title: {fa: نرخ‌های دوره‌ای, en: Dated rates}\n    file: rates.csv\n    hit: first\n    inputs: [area]\n    law: L1\nstages:\n"
	datedFact  = "  rate_due: {type: money, title: {fa: نرخ روز, en: Rate due}, source: computed, table: rates, group: request}\n  big:"
	datedRows  = "from,to,area,=> rate_due\n1405/01/01,1405/12/29,<= 20,100_000\n1405/01/01,1405/12/29,-,500_000\n1406/01/01,,-,700_000\n"
)

// dated is the permit with a dated table, after edits of procedure.yaml.
func withRates(t testing.TB, rows string, edits ...string) (*Definition, []Problem) {
	t.Helper()
	folder := fstest.MapFS{}
	src := os.DirFS("testdata/permit")
	if err := fs.WalkDir(src, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(src, p)
		folder[p] = &fstest.MapFile{Data: raw}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	edits = append([]string{"stages:\n", datedBlock, "  big:", datedFact, "rule: licence_expiry >= today", "rule: licence_expiry >= today && rate_due <= fee"}, edits...)
	text := string(folder[mainFile].Data)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("the definition does not say %q", edits[i])
		}
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	folder[mainFile] = &fstest.MapFile{Data: []byte(text)}
	folder["tables/rates.csv"] = &fstest.MapFile{Data: []byte(rows)}
	return ParseAndCheck(folder, CheckContext{})
}

func TestADatedTableDecidesByTheDayAndStaysOutOfTheHash(t *testing.T) {
	t.Parallel()
	d, problems := withRates(t, datedRows)
	if bad := Errors(problems); len(bad) > 0 {
		t.Fatal(bad[0].String(locale.EN))
	}
	other, problems := withRates(t, strings.ReplaceAll(datedRows, "100_000", "90_000"))
	if len(Errors(problems)) > 0 || other.Hash != d.Hash {
		t.Error("other rows change the hash")
	}
	back, err := ParseCanonical(d.Canonical())
	if err != nil {
		t.Fatal(err)
	}
	back, problems = back.WithDated(map[string]string{"rates.csv": datedRows})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, one := range []*Definition{d, back} {
		for year, want := range map[int]int64{0: 100_000, 12: 700_000} {
			in := rule.Input{Facts: map[string]any{"area": int64(20)}, Today: d.From.AddMonths(year)}
			if got := one.Computed(in)["rate_due"]; got != want {
				t.Errorf("%d months on: %v, want %d", year, got, want)
			}
		}
	}
	if row := d.RowOf("rate_due", rule.Input{Facts: map[string]any{"area": int64(20)}, Today: d.From}); row != "1405/01/01..1405/12/29; area <= 20; => rate_due 100000" {
		t.Errorf("the row reads %q", row)
	}
	// before the first row a person must look; what is asked for is what somebody can say, never the computed fact
	if got := d.Computed(rule.Input{Facts: map[string]any{"area": int64(20)}, Today: d.From.AddDays(-1)})["rate_due"]; got != nil {
		t.Errorf("no row is in force, yet %v", got)
	}
	res := d.Assess(rule.Input{Facts: map[string]any{"fee": int64(1)}, Today: d.From})
	if res[0].Is != rule.Unknown || !slices.Equal(res[0].Missing, []string{"area", "licence_expiry"}) {
		t.Errorf("%v is missing", res[0].Missing)
	}
}

func TestTheManualPrintsADatedTableWithItsDays(t *testing.T) {
	t.Parallel()
	d, _ := withRates(t, datedRows)
	m := NewManual(d, locale.EN)
	i := slices.IndexFunc(m.Sections, func(s ManualSection) bool { return s.ID == "dated-rates" })
	if i < 0 {
		t.Fatal("the manual lacks the table")
	}
	want := [][]string{{"1405/01/01", "1405/12/29", "up to 20", "100,000"}, {"1405/01/01", "1405/12/29", "any", "500,000"}, {"1406/01/01", "open", "any", "700,000"}}
	if got := m.Sections[i].Rows; !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%q", got)
	}
}

func TestWhatADatedTableLacksIsSaid(t *testing.T) {
	t.Parallel()
	for key, c := range map[string]struct {
		rows  string
		edits []string
	}{
		"rule":                  {"from,to,area,=> rate_due\n1405/01/01,,<= 20,1\n", nil},
		"dated_output":          {strings.ReplaceAll(datedRows, "=> rate_due", "=> fee"), nil},
		"dated_column":          {strings.ReplaceAll(datedRows, "=> rate_due", "=> fee"), nil},
		"dated_by":              {datedRows, []string{"inputs: [area]\n    law", "inputs: [area]\n    dated_by: area\n    law"}},
		"computed_without_rule": {datedRows, []string{"table: rates,", "table: rates, rule: area * 2,"}},
		"rule_not_computed":     {datedRows, []string{"source: computed, table: rates", "source: registry, from: unit.x, table: rates"}},
		"unknown_name_near":     {datedRows, []string{"table: rates,", "table: ratesx,"}},
	} {
		_, problems := withRates(t, c.rows, c.edits...)
		if !slices.ContainsFunc(Errors(problems), func(p Problem) bool { return p.Key == "procedure."+key }) {
			t.Errorf("%s is not said: %v", key, Errors(problems))
		}
	}
}
