package app_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rahgosha/internal/app"
	"rahgosha/internal/kernel/registry"
)

// officeSheet is a workbook as an office keeps it, in a file: the good unit, one with a dropped zero, one without a name.
func officeSheet(t testing.TB) string {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range [][]any{
		{"فهرست واحدهای نساجی سال ۱۴۰۵"}, {}, {"رديف", "نام واحد", "شناسه ملي", "شهرستان", "اشتغال", "فروش سال گذشته (میلیون تومان)"},
		{1, "نساجی خورشید", 99238044819, "كرج", "۱۲ نفر", 500}, {}, {2, "=1+1", 12345, "کرج", 3, 1},
	} {
		must(t, f.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &row))
	}
	path := filepath.Join(t.TempDir(), "units.xlsx")
	must(t, f.SaveAs(path))
	return path
}

func run(t testing.TB, args ...string) (int, string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := app.Main(args, strings.NewReader(""), &out, &errs)
	return code, out.String() + errs.String()
}

// TestImportFromTheTerminal: a trial writes nothing, bad rows are no failure and come back inert, a second time changes
// nothing, and what is no sheet exits with 1.
func TestImportFromTheTerminal(t *testing.T) {
	t.Parallel()
	dir, file := t.TempDir(), officeSheet(t)
	rejects := filepath.Join(t.TempDir(), "bad.xlsx")
	want := `{"rows":2,"landed":1,"review":0,"bad":[{"row":6,"column":"شناسه ملي","reason":"`
	for _, more := range [][]string{{"--dry-run"}, {"--rejects", rejects}, nil} {
		code, out := run(t, append([]string{"import", "units", file, "--data", dir, "--json"}, more...)...)
		if code != 0 || !strings.HasPrefix(out, want) {
			t.Fatalf("%v: %d %s", more, code, out)
		}
	}
	a, err := app.Open(t.Context(), app.Config{Data: dir})
	must(t, err)
	heads, err := a.Registry.List(t.Context(), registry.Query{Province: a.Province})
	must(t, err)
	if len(heads) != 1 {
		t.Fatalf("%d units", len(heads))
	}
	u, err := a.Registry.Unit(t.Context(), a.Province, heads[0].ID)
	must(t, err)
	must(t, a.Close())
	if u.Values["sales_last_year"].Any != int64(5_000_000_000) || u.Values["legal_id"].Any != "99238044819" || u.Values["employees"].Any != int64(12) {
		t.Errorf("landed as %+v", u.Values)
	}
	x, err := excelize.OpenFile(rejects)
	must(t, err)
	if v, err := x.GetCellValue("Sheet1", "E2"); err != nil || v != "'=1+1" {
		t.Errorf("the reject's name is %q, %v", v, err)
	}
	if code, out := run(t, "import", "units", file+".none", "--data", dir); code != 1 {
		t.Errorf("no file: %d %s", code, out)
	}
	if code, out := run(t, "--lang", "en", "import", "units", file, "--data", dir); code != 0 || !strings.HasPrefix(out, "2 rows read: 1 landed") {
		t.Errorf("summary: %d %s", code, out)
	}
}
