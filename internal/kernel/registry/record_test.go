package registry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/store"
)

// doubtful gives a sheet of which one row waits, for a person must say whether two names are one.
func doubtful(t testing.TB, w world) (registry.Outcome, registry.Review) {
	t.Helper()
	out := w.take(t, false, grid("نام واحد | شناسه ملی | شهرستان", "نساجی سپیدتار | "+legalID(9912300001)+" | کرج",
		"نساجی سپیدثار | "+legalID(9912300002)+" | کرج"))
	list := must[[]registry.Review](t)(w.Reviews(t.Context(), expert, out.Batch))
	if len(list) != 1 {
		t.Fatalf("%d rows wait", len(list))
	}
	return out, list[0]
}

// TestOnlyWhoMayDecidesOnRows: the register asks itself; a refused attempt leaves the row waiting and no trace of a decision.
func TestOnlyWhoMayDecidesOnRows(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		w := newWorld(t)
		out, row := doubtful(t, w)
		d := registry.Decision{Batch: out.Batch, Line: row.Line, Do: registry.DecideNew, Why: "دو شرکت جدا"}
		for _, role := range []string{"dir.registry", "dir.deputy", "auditor", "unit.ceo", "bank.head", access.Public} {
			p := access.Principal{Person: "p9", Role: role, Province: province}
			if _, err := w.DecideReview(t.Context(), p, d); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s decides: %v", role, err)
			}
			if _, err := w.Reviews(t.Context(), p, ""); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s reads rows: %v", role, err)
			}
		}
		elsewhere := access.Principal{Person: "p9", Role: "dir.expert", Province: "tehran"}
		if _, err := w.DecideReview(t.Context(), elsewhere, d); keyOf(err) != "registry.no_review" {
			t.Errorf("another province's expert: %v", err)
		}
		for _, why := range []string{"", " \u200c ", strings.Repeat("چرا ", 400)} {
			d.Why = why
			if _, err := w.DecideReview(t.Context(), expert, d); keyOf(err) != "registry.review_why" {
				t.Errorf("reason of %d bytes: %v", len(why), err)
			}
		}
		if got := w.chain(t, out.Batch); got != "sheet.imported" {
			t.Errorf("journal: %s", got)
		}
		d.Why = "دو شرکت جدا"
		must[string](t)(w.DecideReview(t.Context(), expert, d))
		if got := w.chain(t, out.Batch); got != "sheet.imported sheet.decided" {
			t.Errorf("journal: %s", got)
		}
		if len(w.names(t)) != 2 {
			t.Errorf("units: %q", w.names(t))
		}
	})
}

// chain gives the kinds of an import's entries, and fails where a reason, a name or an id stands open in one.
func (w world) chain(t testing.TB, batch string) string {
	t.Helper()
	var kinds []string
	err := w.store.Read(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		list, err := tx.CaseEntries(ctx, province, "import-"+batch)
		for _, e := range list {
			kinds = append(kinds, e.Leaf.Kind)
			if strings.Contains(string(e.Bytes), "دو شرکت") || strings.Contains(string(e.Bytes), "x.csv") {
				t.Errorf("entry %s lies open", e.Leaf.Kind)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(kinds, " ")
}

// TestACancelledImportLeavesNoPartHalfDone: it stops between two parts, says so, and given again it writes the rest once.
func TestACancelledImportLeavesNoPartHalfDone(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		w := newWorld(t)
		rows := grid("نام واحد | شناسه ملی | شهرستان | یادداشت کارشناس")
		for i := range 4300 {
			rows = append(rows, []string{fmt.Sprintf("کارگاه بافندگی %d", 1000+i), legalID(9912300000 + i), "کرج", "-"})
		}
		ctx, cancel := context.WithCancel(t.Context())
		var told []string
		in := registry.Import{Province: province, File: "x.csv", By: "p1", Rows: rows, Progress: func(done, of int) {
			told = append(told, fmt.Sprintf("%d/%d", done, of))
			cancel()
		}}
		out := must[registry.Outcome](t)(w.Import(ctx, in))
		if !out.Stopped || out.Landed != 4000 || len(w.names(t)) != 4000 || fmt.Sprint(told) != "[4000/4300]" {
			t.Fatalf("stopped %v after %d of %d, told %v", out.Stopped, out.Landed, len(w.names(t)), told)
		}
		if fmt.Sprint(out.Unknown) != "[یادداشت کارشناس]" {
			t.Errorf("not understood: %q", out.Unknown)
		}
		again := must[registry.Outcome](t)(w.Import(t.Context(), in))
		if again.Stopped || again.Landed != 4300 || len(w.names(t)) != 4300 || again.Batch != out.Batch {
			t.Errorf("given again: %d landed, %d units", again.Landed, len(w.names(t)))
		}
		if got := w.chain(t, out.Batch); got != "sheet.imported sheet.imported" {
			t.Errorf("journal: %s", got)
		}
	})
}
