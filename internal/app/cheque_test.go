package app_test

import (
	"fmt"
	"io/fs"
	"net/http"
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

// referralFolder is the referral's folder with edits of its texts.
func referralFolder(t testing.TB, edits ...string) fstest.MapFS {
	t.Helper()
	folder, changed := fstest.MapFS{}, false
	must(t, fs.WalkDir(procedures.Files, "referral", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(procedures.Files, p)
		text := strings.NewReplacer(edits...).Replace(string(raw))
		changed = changed || text != string(raw)
		folder[strings.TrimPrefix(p, "referral/")] = &fstest.MapFile{Data: []byte(text)}
		return err
	}))
	if len(edits) > 0 && !changed {
		t.Fatal("the edit changes nothing")
	}
	return folder
}

// referralWith parses the referral with edits of its texts.
func referralWith(t *testing.T, edits ...string) *procedure.Definition {
	t.Helper()
	d, problems := procedure.Parse(referralFolder(t, edits...))
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
		read, err := jalali.New(1405, 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int64{0, 1, 2, 4, 5, 10, 11, 40} {
			for _, amount := range []int64{0, 1, 50_000_000, 50_000_001, 200_000_000, 200_000_001, 500_000_000, 500_000_001} {
				want := colourOf(n, amount)
				for _, written := range []string{"W", "Y", "O", "B", "R"} {
					in := rule.Input{Today: today, Facts: map[string]any{"cheque_count": n, "cheque_amount_rial": amount, "cheque_colour": written, "cheque_read_on": read, "package.exempts_cheque": false}}
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
	control.Finds(t, "11 cheques of 0 rial, written B: computed B", colours(referralWith(t, ",<= 10,<= 500_000_000,B", ",<= 11,<= 500_000_000,B")))
	control.Finds(t, "condition 10 is", colours(referralWith(t, `|| cheque_colour == cheque_colour_due`, `|| cheque_colour == cheque_colour_due || cheque_colour == "O"`)))
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

// newLimits ends the table of today and begins another, as a circular would; the limits of the second are invented.
var newLimits = []string{
	"1403/01/01,,<=", "1403/01/01,1405/02/03,<=",
	"1403/01/01,,-,-,R\n", "1403/01/01,1405/02/03,-,-,R\n1405/02/04,,<= 0,<= 0,W\n1405/02/04,,<= 3,<= 100_000_000,Y\n1405/02/04,,-,-,R\n",
}

// A circular changes the limits: two persons publish the table with its new rows, the version of the procedure stays, and
// every reading is judged by the rows of its own day, which the journal keeps.
func TestNewLimitsOfColoursCountFromTheirDay(t *testing.T) { onBoth(t, newColours) }

func newColours(t testing.TB, w *world) {
	def, err := w.Defs.Current(t.Context(), "referral")
	must(t, err)
	before := w.kindsIn(t, "procedure:referral")
	folder := referralFolder(t.(*testing.T), newLimits...)
	for range 2 { // the second time nothing is new
		next, problems, err := w.Publish(t.Context(), folder, [2]string{"first", "second"})
		if err != nil || next.Hash != def.Hash {
			t.Fatalf("%v: %v", err, problems)
		}
	}
	if got := w.kindsIn(t, "procedure:referral"); got != before+" dated" {
		t.Errorf("the journal tells of the procedure: %s", got)
	}
	for day, want := range map[string]struct{ colour, row string }{
		"1405/02/03": {"O", "1403/01/01..1405/02/03; cheque_count <= 4; cheque_amount_rial <= 200_000_000; => cheque_colour_due O"},
		"1405/02/04": {"Y", "1405/02/04..; cheque_count <= 3; cheque_amount_rial <= 100_000_000; => cheque_colour_due Y"},
	} {
		r := w.request()
		r["cheque_colour"], r["cheque_count"], r["cheque_amount_rial"], r["cheque_read_on"] = "Y", "3", "90000000", day
		for _, f := range w.look(t, "dir.expert", w.submitted(t, r)).Facts {
			if f.Name == "cheque_colour_due" && (f.Value != want.colour || f.From != want.row || f.Table == nil) {
				t.Errorf("read on %s: %v by %q, want %s", day, f.Value, f.From, want.colour)
			}
		}
	}
}

// New rows alone go the way of a version from the web: one person proposes the folder, another approves it.
func TestTwoPersonsPublishNewRowsFromTheWeb(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	def, err := w.Defs.Current(t.Context(), "referral")
	must(t, err)
	deputy, dg := enter(t, w.App, "dir.deputy", password), enter(t, w.App, "dir.dg", password)
	folder := referralFolder(t, newLimits...)
	at := deputy.checked(folder)
	if page := deputy.send(http.MethodGet, at, nil).Body.String(); !strings.Contains(page, "Colours of the cheque inquiry") {
		t.Error("the page does not name the table that changes")
	}
	for _, step := range []struct {
		who  *browser
		act  string
		want int
	}{{deputy, "propose", http.StatusSeeOther}, {deputy, "approve", http.StatusForbidden}, {dg, "approve", http.StatusSeeOther}} {
		if got := step.who.do(at, step.act, ""); got != step.want {
			t.Fatalf("%s: %d, want %d", step.act, got, step.want)
		}
	}
	next, err := w.Defs.Current(t.Context(), "referral")
	must(t, err)
	if next.Hash != def.Hash || !strings.Contains(next.DatedTable("cheque_colours").CSV, "1405/02/04") || !strings.HasSuffix(w.kindsIn(t, "procedure:referral"), "procedure.proposed dated") {
		t.Errorf("%s, the journal holds %q", next.Hash, w.kindsIn(t, "procedure:referral"))
	}
	if got := deputy.upload("/admin/procedures", "folder", "x.zip", zipOf(t, folder)); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), "published already") {
		t.Errorf("the same rows again: %d", got.Code)
	}
}
