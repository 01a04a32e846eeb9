package sheet_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/surface/sheet"
)

func read(t *testing.T, raw string) [][]string {
	t.Helper()
	rows, err := sheet.Read("x", strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestSeparatedTextKeepsRowNumbers: blank lines and line breaks inside quotes are as Excel counts them.
func TestSeparatedTextKeepsRowNumbers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw  string
		want [][]string
	}{
		"comma with mark":   {"\uFEFFa,b\r\n\r\n1,\"x,\"\"y\"\"\n z\"\r\n", [][]string{{"a", "b"}, {}, {"1", "x,\"y\"\n z"}}},
		"semicolon":         {"نام;فروش\nالف;1,5\n", [][]string{{"نام", "فروش"}, {"الف", "1,5"}}},
		"tab, no last line": {"a\tb, c\nd\te", [][]string{{"a", "b, c"}, {"d", "e"}}},
		"stray quote":       {"a,5\" pipe\n", [][]string{{"a", "5\" pipe"}}},
		"old Mac":           {"a,b\rc,d", [][]string{{"a", "b"}, {"c", "d"}}},
		"UTF-16":            {"\xFF\xFEa\x00,\x00b\x00", [][]string{{"a", "b"}}},
	} {
		got := read(t, c.raw)
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWhatIsNoSheetIsSaid(t *testing.T) {
	t.Parallel()
	for raw, key := range map[string]string{
		"":                         "sheet.empty",
		"\n\n,,\n":                 "sheet.empty",
		"PK\x03\x04 broken":        "document.cut",
		"\xD0\xCF\x11\xE0 old":     "sheet.old",
		"\xe4\xd3\xc7\xcc\xed,1\n": "sheet.encoding",
	} {
		_, err := sheet.Read("x", strings.NewReader(raw))
		if f, _ := fault.As(err); f == nil || f.Key != key {
			t.Errorf("%q: %v, want %s", raw, err, key)
		}
	}
}

// TestWorkbookCellsComeAsTheyAreMeant: digits without rounding, Excel's dates and percentages, the first filled sheet.
func TestWorkbookCellsComeAsTheyAreMeant(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.NewSheet("پر")
	must(err)
	date, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	must(err)
	percent, err := f.NewStyle(&excelize.Style{NumFmt: 9})
	must(err)
	must(f.SetSheetRow("پر", "A3", &[]any{10380284790, "0061234567", 61234567, 12.5, true}))
	must(f.SetCellValue("پر", "B5", time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)))
	must(f.SetCellStyle("پر", "B5", "B5", date))
	must(f.SetCellValue("پر", "C5", 0.75))
	must(f.SetCellStyle("پر", "C5", "C5", percent))
	var b bytes.Buffer
	must(f.Write(&b))
	got := read(t, b.String())
	want := [][]string{{}, {}, {"10380284790", "0061234567", "61234567", "12.5", "1"}, {}, {"", "2026-11-23", "75%"}}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) { // a blank row may be nil
		t.Errorf("%q\nwant %q", got, want)
	}
}

// A workbook that counts its days from 1904, as those of old Macs do, says the same day.
func TestDaysSince1904AreTheSameDays(t *testing.T) {
	t.Parallel()
	for _, since1904 := range []bool{false, true} {
		f := excelize.NewFile()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		date, err := f.NewStyle(&excelize.Style{NumFmt: 14})
		must(err)
		must(f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &since1904}))
		must(f.SetCellValue("Sheet1", "A1", time.Date(2026, 4, 27, 0, 0, 0, 0, time.UTC)))
		must(f.SetCellStyle("Sheet1", "A1", "A1", date))
		var b bytes.Buffer
		must(f.Write(&b))
		if got := read(t, b.String()); len(got) != 1 || got[0][0] != "2026-04-27" {
			t.Errorf("days since 1904 %t: %q", since1904, got)
		}
	}
}

// TestNoCellOfOursIsAFormula, and what is written comes back.
func TestNoCellOfOursIsAFormula(t *testing.T) {
	t.Parallel()
	cells := []string{"=1+1", "+98", "-5", "@x", "\t=1", "\r=1", "\uFF1D1", " =cmd", "سلام", "5-6", "\u200f"}
	var b bytes.Buffer
	if err := sheet.Write(&b, []string{"سرستون"}, [][]string{cells}); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cells {
		at, _ := excelize.CoordinatesToCellName(i+1, 2)
		formula, _ := f.GetCellFormula("Sheet1", at)
		v, _ := f.GetCellValue("Sheet1", at)
		danger := i < 8
		if formula != "" || danger != strings.HasPrefix(v, "'") {
			t.Errorf("%q became %q (formula %q)", c, v, formula)
		}
	}
	if view, err := f.GetSheetView("Sheet1", 0); err != nil || view.RightToLeft == nil || !*view.RightToLeft {
		t.Errorf("the sheet is not right to left: %v", err)
	}
	if got := read(t, b.String()); got[1][0] != "=1+1" || got[1][3] != "@x" {
		t.Errorf("came back as %q", got[1])
	}
}
