package app_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rahgosha/internal/app"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// workbook asks for a list as a sheet and reads it: the rows of the list, and what the second sheet says of them.
func workbook(t testing.TB, b *browser, path string) (rows, about [][]string) {
	t.Helper()
	got := b.send(http.MethodGet, path, nil)
	if got.Code != http.StatusOK || !strings.HasPrefix(got.Header().Get("Content-Type"), "application/vnd.openxml") {
		t.Fatalf("%s: %d %s", path, got.Code, got.Body)
	}
	f, err := excelize.OpenReader(bytes.NewReader(got.Body.Bytes()))
	must(t, err)
	defer func() { must(t, f.Close()) }()
	names := f.GetSheetList()
	view, err := f.GetSheetView(names[0], 0)
	must(t, err)
	if view.RightToLeft == nil || *view.RightToLeft != (b.lang == "fa") {
		t.Errorf("%s: the sheet's direction is not that of %q", path, b.lang)
	}
	rows, err = f.GetRows(names[0], excelize.Options{RawCellValue: true})
	must(t, err)
	about, err = f.GetRows(names[1])
	must(t, err)
	return rows, about
}

// column gives the cells of a column by its header.
func column(t testing.TB, rows [][]string, head string) (out []string) {
	t.Helper()
	i := slices.Index(rows[0], head)
	if i < 0 {
		t.Fatalf("no column %q among %q", head, rows[0])
	}
	for _, r := range rows[1:] {
		if i < len(r) {
			out = append(out, r[i])
		} else {
			out = append(out, "")
		}
	}
	return out
}

// The sheet is the list: the same cases in the same order under the same filters, in solar dates and numbers that add up,
// no cell of which is run.
func TestTheQueueIsTakenAwayAsItIsFilteredAndSorted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		rename(t, w, "=HYPERLINK(1) سپیدتار")
		one, two := w.submitted(t, w.asks("2000000000")), w.submitted(t, w.asks("3000000000"))
		w.open(t) // a draft, which the list of the expert's turn does not have
		expert := enter(t, w.App, "dir.expert", password)
		expert.lang = "fa"
		rows, about := workbook(t, expert, "/cases.xlsx?v=mine&sort=amount")
		want := []string{w.look(t, "dir.expert", two).Number, w.look(t, "dir.expert", one).Number}
		if got := column(t, rows, "شمارهٔ پرونده"); !slices.Equal(got, want) {
			t.Errorf("cases %v, want %v: the largest first", got, want)
		}
		if got := column(t, rows, "مبلغ (ریال)"); !slices.Equal(got, []string{"3000000000", "2000000000"}) {
			t.Errorf("amounts %v", got)
		}
		if got := column(t, rows, "تاریخ تشکیل")[0]; got != "۱۴۰۵/۰۲/۰۷" {
			t.Errorf("opened %q, want a solar date", got)
		}
		if got := column(t, rows, "نام واحد")[0]; got != "'=HYPERLINK(1) سپیدتار" {
			t.Errorf("unit %q: a formula, or another unit", got)
		}
		if got := column(t, rows, "نوبت")[0]; got != "کارشناس اداره کل" {
			t.Errorf("turn %q", got)
		}
		if len(about) < 6 || about[3][1] != "۲" {
			t.Errorf("about the sheet: %q", about)
		}
		if rows, _ := workbook(t, expert, "/cases.xlsx?v=mine&q=nothing-like-it"); len(rows) != 1 {
			t.Errorf("a filter that nothing fits gives %d rows", len(rows)-1)
		}
	})
}

func rename(t testing.TB, w *world, name string) {
	t.Helper()
	u, err := w.Registry.Unit(t.Context(), w.Province, w.unit)
	must(t, err)
	_, err = w.Registry.SetFields(t.Context(), w.Province, w.unit, u.Version, map[string]any{"name": name}, registry.Provenance{Source: "test"})
	must(t, err)
}

// asks is a request for an amount.
func (w *world) asks(rial string) map[string]any {
	r := w.request()
	r["amount_rial"], r["use_plan"] = rial, []map[string]any{{"item": "نخ", "amount": rial}}
	return r
}

// Who may read no amount finds none in the list, its order or its sheet; a branch takes away its own cases alone.
func TestASheetHoldsNoMoreThanItsReaderMayRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	number := w.look(t, "dir.expert", id).Number
	registry := enter(t, w.App, "dir.registry", password)
	rows, _ := workbook(t, registry, "/cases.xlsx?v=all&sort=amount")
	if got := column(t, rows, "Amount (rial)"); !slices.Equal(got, []string{""}) || column(t, rows, "Case number")[0] != number {
		t.Errorf("the registry takes away %q", rows)
	}
	page := registry.send(http.MethodGet, "/cases?v=all", nil).Body.String()
	if strings.Contains(page, "2,000,000,000") || strings.Contains(page, `value="amount"`) {
		t.Error("the registry's list shows an amount, or sorts by it")
	}
	rows, _ = workbook(t, enter(t, w.App, "bank.branch", password), "/cases.xlsx?v=all")
	if got := column(t, rows, "Amount (rial)"); len(got) != 1 || got[0] == "" {
		t.Errorf("the branch of the case takes away %q", rows)
	}
	rows, _ = workbook(t, enter(t, w.App, "bank.branch.2", password), "/cases.xlsx?v=all")
	if len(rows) != 1 {
		t.Errorf("another branch takes away %q", rows)
	}
	if got := new(browser).of(t, w.App).send(http.MethodGet, "/cases.xlsx", nil).Code; got != http.StatusUnauthorized {
		t.Errorf("nobody: %d", got)
	}
}

// What is taken away is journalled before it is sent: an auditor's as a read, and everybody's as an export.
func TestASheetIsJournalledBeforeItIsSent(t *testing.T) {
	t.Parallel()
	sheetsJournalled(t, newWorld(t))
}

func sheetsJournalled(t testing.TB, w *world) {
	t.Helper()
	w.requested(t)
	auditor, expert := enter(t, w.App, "auditor", password), enter(t, w.App, "dir.expert", password)
	workbook(t, auditor, "/cases.xlsx?v=open")
	workbook(t, expert, "/cases.xlsx?v=open")
	if got := w.kindsIn(t, "reads:p-auditor"); got != "read" {
		t.Errorf("the auditor's reads: %q", got)
	}
	for _, who := range []string{"auditor", "dir.expert"} {
		if got := w.kindsIn(t, "exports:p-"+who); got != "cases.exported" {
			t.Errorf("%s took a list away, and the journal holds %q", who, got)
		}
	}
	w.untouched(t)
}

// More cases than a sheet takes are refused with their number and what to do, before a row is given.
func TestALongListIsRefusedAsASheetBeforeItBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.requested(t)
	w.requested(t)
	given := 0
	err := w.Engine.Each(t.Context(), w.as(t, "dir.expert"), casework.Query{Open: true}, 1, func(_ context.Context, rows []casework.Row) error {
		given += len(rows)
		return nil
	})
	if f, _ := fault.As(err); f == nil || f.Key != "casework.too_many_rows" || f.Args["n"] != int64(2) || given != 0 {
		t.Errorf("%v after %d rows", err, given)
	}
}

// of makes a browser that has not signed in.
func (b *browser) of(t testing.TB, a *app.App) *browser {
	t.Helper()
	h, _, err := a.Handler()
	must(t, err)
	b.t, b.h = t, h
	return b
}
