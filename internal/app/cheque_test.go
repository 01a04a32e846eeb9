package app_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/procedure/rule"
	"rahgosha/procedures"
)

// referralWith parses the referral with edits of its text.
func referralWith(t *testing.T, edits ...string) *procedure.Definition {
	t.Helper()
	folder := fstest.MapFS{}
	must(t, fs.WalkDir(procedures.Files, "referral", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(procedures.Files, p)
		if strings.HasSuffix(p, "/procedure.yaml") {
			text := strings.NewReplacer(edits...).Replace(string(raw))
			if len(edits) > 0 && text == string(raw) {
				t.Fatal("the edit changes nothing")
			}
			raw = []byte(text)
		}
		folder[strings.TrimPrefix(p, "referral/")] = &fstest.MapFile{Data: raw}
		return err
	}))
	d, problems := procedure.Parse(folder)
	if bad := procedure.Errors(problems); len(bad) > 0 {
		t.Fatal(bad[0].String(locale.EN))
	}
	return d
}

// colourOf is the table of domain 4.7: number or amount, whichever is worse.
func colourOf(n, amount int64) string {
	for _, row := range []struct {
		colour    string
		n, amount int64
	}{{"W", 0, 0}, {"Y", 1, 50_000_000}, {"O", 4, 200_000_000}, {"B", 10, 500_000_000}} {
		if n <= row.n && amount <= row.amount {
			return row.colour
		}
	}
	return "R"
}

// colours is the law of the cheque's colour at and around each edge of the table: the case computes the table's colour,
// tells when another one is written, and condition 10 says the same.
func colours(d *procedure.Definition) func(testing.TB) {
	return func(t testing.TB) {
		today, err := jalali.New(1405, 2, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int64{0, 1, 2, 4, 5, 10, 11, 40} {
			for _, amount := range []int64{0, 1, 50_000_000, 50_000_001, 200_000_000, 200_000_001, 500_000_000, 500_000_001} {
				want := colourOf(n, amount)
				for _, written := range []string{"W", "Y", "O", "B", "R"} {
					in := rule.Input{Today: today, Facts: map[string]any{"cheque_count": n, "cheque_amount_rial": amount, "cheque_colour": written, "package.exempts_cheque": false}}
					got := d.Computed(in)
					if got["cheque_colour_due"] != want || got["cheque_differs"] != (written != want) {
						t.Errorf("%d cheques of %d rial, written %s: computed %v, differs %v, want %s", n, amount, written, got["cheque_colour_due"], got["cheque_differs"], want)
					}
					if is, should := tenth(d, in), written == "W" || written == want; (is == rule.Met) != should {
						t.Errorf("%d cheques of %d rial, written %s: condition 10 is %s", n, amount, written, is)
					}
				}
			}
		}
	}
}

func tenth(d *procedure.Definition, in rule.Input) rule.Truth {
	for _, r := range d.Assess(in) {
		if r.ID == "C10" {
			return r.Is
		}
	}
	return rule.Unknown
}

func TestTheChequesColourFollowsFromNumberAndAmount(t *testing.T) {
	t.Parallel()
	colours(referralWith(t))(t)
	control.Finds(t, "11 cheques of 0 rial, written B: computed B", colours(referralWith(t, `cheque_count > 10 || cheque_amount_rial > 500000000 ? "R"`, `cheque_count > 11 || cheque_amount_rial > 500000000 ? "R"`)))
	control.Finds(t, "condition 10 is", colours(referralWith(t, `cheque_colour == "O" && cheque_count <= 4`, `cheque_colour == "O" && cheque_count <= 5`)))
}

// A reading older than thirty days is unknown: it neither decides the condition nor tells of a disagreement.
func TestAStaleReadingOfChequesIsUnknown(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]string{"1405/02/01": "not_met", "1404/12/20": "unknown"} {
		w := newWorld(t)
		r := w.request()
		r["cheque_colour"], r["cheque_count"], r["cheque_amount_rial"], r["cheque_read_on"] = "Y", "3", "40000000", day
		v := w.look(t, "dir.expert", w.submitted(t, r))
		is := ""
		for _, c := range v.Conditions {
			if c.ID == "C10" {
				is = c.Is
			}
		}
		due := factOf(v, "cheque_colour_due")
		if is != want || (due == "O") != (want == "not_met") {
			t.Errorf("read on %s: condition 10 is %s with colour %s, want %s", day, is, fmt.Sprint(due), want)
		}
		if want == "not_met" && factOf(v, "cheque_differs") != true {
			t.Error("the file does not tell that the colour differs")
		}
	}
}
