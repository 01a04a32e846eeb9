package refdata_test

import (
	"os"
	"path/filepath"
	"testing"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/refdata"
)

func TestTablesAreWhole(t *testing.T) {
	t.Parallel()
	for name, n := range map[string][2]int{
		"places": {len(refdata.Places()), 33}, "counties": {len(refdata.Counties()), 7},
		"towns": {len(refdata.Towns()), 11}, "banks": {len(refdata.Banks()), 36},
		"bank reasons": {len(refdata.BankReasons()), 24}, "statements": {len(refdata.Statements()), 24},
		"headings": {len(refdata.HSHeadings()), 203}, "isic": {len(refdata.ISIC()), 46},
		"services": {len(refdata.Services()), 60}, "tech services": {len(refdata.TechServices()), 20},
		"glossary": {len(refdata.Glossary()), 260}, "fixed holidays": {len(refdata.FixedHolidays()), 28},
	} {
		if n[0] != n[1] {
			t.Errorf("%s: %d rows, want %d", name, n[0], n[1])
		}
	}
	for _, r := range refdata.BankReasons() {
		if refdata.ReasonBy()[r.Code] != r || r.Name.FA == "" || r.Name.EN == "" {
			t.Errorf("reason %q is not found by its code, or has no name", r.Code)
		}
	}
}

func TestMergedBanksPointAtLivingOnes(t *testing.T) {
	t.Parallel()
	by := refdata.BankByCode()
	for _, b := range refdata.Banks() {
		if len(b.Code) != 3 || b.Name.FA == "" || b.Name.EN == "" {
			t.Errorf("bank %+v lacks a code or a name", b)
		}
		if into, ok := by[b.MergedInto]; b.MergedInto != "" && (!ok || into.MergedInto != "") {
			t.Errorf("bank %s merged into %q", b.Code, b.MergedInto)
		}
		if _, err := jalali.Parse(b.ValidTo); b.ValidTo != "" && err != nil {
			t.Errorf("bank %s: %v", b.Code, err)
		}
	}
}

func TestLunarHolidaysAreMarked(t *testing.T) {
	t.Parallel()
	for _, h := range refdata.LunarHolidays() {
		if d, err := jalali.Parse(h.Date); err != nil || d.String() != h.Date {
			t.Errorf("%q: %v", h.Date, err)
		}
		if h.Sure != "announced" && h.Sure != "computed" && h.Sure != "disputed" || h.Note == "" {
			t.Errorf("%s %s: sure %q, note %q", h.Date, h.Name.EN, h.Sure, h.Note)
		}
	}
}

// TestCopiesEqualTheDomainFiles keeps the embedded copies from drifting away from the shared ones.
func TestCopiesEqualTheDomainFiles(t *testing.T) {
	t.Parallel()
	shared := "../../../../shared/data/domain"
	if _, err := os.Stat(shared); err != nil {
		t.Skip("skipped: no ../shared")
	}
	copies, err := filepath.Glob("data/*.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range copies {
		want, err := os.ReadFile(filepath.Join(shared, filepath.Base(c)))
		if os.IsNotExist(err) {
			continue // written here: banks, lunar holidays
		}
		got, err2 := os.ReadFile(c)
		if err != nil || err2 != nil || string(got) != string(want) {
			t.Errorf("%s differs from the domain file (%v, %v)", c, err, err2)
		}
	}
}
