package app

import (
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
)

// TestASheetIsTriedBeforeItLands: who may not import is refused, nobody confirms another's sheet, and it lands once.
func TestASheetIsTriedBeforeItLands(t *testing.T) {
	t.Parallel()
	now := clock.NewManual(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
	a, err := Open(t.Context(), Config{Data: t.TempDir(), Clock: now, Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	i, ctx := newImporter(a), t.Context()
	const raw = "نام واحد,شناسه ملی\nنساجی خورشید,99238044819\nبافندگی,1\n"
	head := access.Principal{Person: "p1", Role: "dir.head", Province: a.Province}
	other := access.Principal{Person: "p2", Role: "dir.expert", Province: a.Province}
	kind := func(want fault.Kind, err error) {
		t.Helper()
		if !fault.Is(err, want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	_, err = i.Preview(ctx, access.Principal{Person: "p3", Role: "auditor", Province: a.Province}, "x.csv", "", strings.NewReader(raw))
	kind(fault.Forbidden, err)
	run, err := i.Preview(ctx, head, "x.csv", "", strings.NewReader(raw))
	if err != nil || run.Rows != 2 || run.Landed != 1 || len(run.Bad) != 1 || run.Done || landedUnits(t, a) != 0 {
		t.Fatalf("%+v %v", run, err)
	}
	_, err = i.Confirm(ctx, other, run.ID)
	kind(fault.NotFound, err)
	for range 2 {
		done, err := i.Confirm(ctx, head, run.ID)
		if err != nil || !done.Done || done.Landed != 1 || landedUnits(t, a) != 1 {
			t.Fatalf("%+v %v", done, err)
		}
	}
	sheet, err := i.Rejects(ctx, head, run.ID)
	if err != nil || len(sheet) == 0 {
		t.Errorf("rejects: %v", err)
	}
	now.Advance(2 * time.Hour)
	_, err = i.Confirm(ctx, head, run.ID)
	kind(fault.NotFound, err)
}

func landedUnits(t *testing.T, a *App) int {
	t.Helper()
	list, err := a.Registry.List(t.Context(), registry.Query{Province: a.Province})
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
