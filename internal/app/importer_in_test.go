package app

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/surface/web"
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
	_, err = i.Preview(ctx, access.Principal{Person: "p3", Role: "auditor", Province: a.Province}, web.SheetUnits, "x.csv", "", strings.NewReader(raw))
	kind(fault.Forbidden, err)
	run, err := i.Preview(ctx, head, web.SheetUnits, "x.csv", "", strings.NewReader(raw))
	if err != nil || run.Rows != 2 || run.Landed != 1 || len(run.Bad) != 1 || run.Done || landedUnits(t, a) != 0 {
		t.Fatalf("%+v %v", run, err)
	}
	_, err = i.Confirm(ctx, other, web.SheetUnits, run.ID)
	kind(fault.NotFound, err)
	for range 2 {
		done, err := i.Confirm(ctx, head, web.SheetUnits, run.ID)
		for err == nil && !done.Done { // each waits a moment only
			done, err = i.Confirm(ctx, head, web.SheetUnits, run.ID)
		}
		if err != nil || !done.Done || done.Landed != 1 || landedUnits(t, a) != 1 {
			t.Fatalf("%+v %v", done, err)
		}
	}
	sheet, err := i.Rejects(ctx, head, web.SheetUnits, run.ID)
	if err != nil || len(sheet) == 0 {
		t.Errorf("rejects: %v", err)
	}
	now.Advance(2 * time.Hour)
	_, err = i.Confirm(ctx, head, web.SheetUnits, run.ID)
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

// TestALandingStopsBetweenItsParts: it goes on after its request, tells its progress, stops whole, and the sheet given
// again lands the rest. Another person neither sees nor stops it.
func TestALandingStopsBetweenItsParts(t *testing.T) {
	t.Parallel()
	a, err := Open(t.Context(), Config{Data: t.TempDir(), Clock: clock.NewManual(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)), Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	const rows = 4000
	var raw strings.Builder
	raw.WriteString("نام واحد,کد ملی\n")
	for n := range rows {
		fmt.Fprintf(&raw, "کارگاه %d,%s\n", 10_000+n, nationalCode(480_000_000+n))
	}
	i := newImporter(a)
	head := access.Principal{Person: "p1", Role: "dir.head", Province: a.Province}
	run, err := i.Preview(t.Context(), head, web.SheetUnits, "x.csv", "", strings.NewReader(raw.String()))
	if err != nil || run.Landed != rows {
		t.Fatalf("%+v %v", run, err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave() // the page is left at once
	if run, err = i.Confirm(gone, head, web.SheetUnits, run.ID); err != nil || !run.Running {
		t.Fatalf("%+v %v", run, err)
	}
	if _, err := i.Cancel(t.Context(), access.Principal{Person: "p2", Role: "dir.head", Province: a.Province}, web.SheetUnits, run.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else stops it: %v", err)
	}
	if run, err = i.Cancel(t.Context(), head, web.SheetUnits, run.ID); err != nil || !run.Stopped || run.Running {
		t.Fatalf("%+v %v", run, err)
	}
	if n := countUnits(t, a); n != run.Landed || n == rows {
		t.Errorf("%d units, the page says %d", n, run.Landed)
	}
	again, err := i.Preview(t.Context(), head, web.SheetUnits, "x.csv", "", strings.NewReader(raw.String()))
	for err == nil && !again.Done {
		again, err = i.Confirm(t.Context(), head, web.SheetUnits, again.ID)
	}
	if err != nil || again.Landed != rows || countUnits(t, a) != rows {
		t.Errorf("given again: %+v %v, %d units", again.Landed, err, countUnits(t, a))
	}
}

// nationalCode makes a code of nine digits valid.
func nationalCode(nine int) string {
	s, sum := fmt.Sprintf("%09d", nine), 0
	for i := range 9 {
		sum += int(s[i]-'0') * (10 - i)
	}
	if sum %= 11; sum >= 2 {
		sum = 11 - sum
	}
	return s + fmt.Sprint(sum)
}

func countUnits(t *testing.T, a *App) (n int) {
	t.Helper()
	after := ""
	for {
		list, err := a.Registry.List(t.Context(), registry.Query{Province: a.Province, After: after})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return n
		}
		n, after = n+len(list), list[len(list)-1].ID
	}
}

// TestABankComparesItsOwnReferralsOnly: its head's sheet opens nothing and makes no unit.
func TestABankComparesItsOwnReferralsOnly(t *testing.T) {
	t.Parallel()
	a, err := Open(t.Context(), Config{Data: t.TempDir(), Clock: clock.NewManual(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)), Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	for _, p := range []string{"experts-board-62", "referral"} {
		if err := a.PublishBuiltin(t.Context(), p, [2]string{"a", "b"}); err != nil {
			t.Fatal(err)
		}
	}
	raw := "نام واحد,شناسه ملی,شماره معرفی نامه,مبلغ (ریال),بانک,شعبه\nنساجی خورشید,99238044819,12,5000000000,الف,مرکزی\n"
	err = a.Registry.Upsert(t.Context(), registry.Item{Province: a.Province, Register: registry.RegisterBranch, ID: "b-1", Source: "test",
		Fields: map[string]any{"name_fa": "بانک الف، شعبهٔ مرکزی", "name_en": "A", "bank": "bank-1", "county": "کرج"}})
	if err != nil {
		t.Fatal(err)
	}
	i := newImporter(a)
	take := func(role, body string) *web.ImportRun {
		t.Helper()
		p := access.Principal{Person: "p-" + role + body, Role: role, Body: body, Province: a.Province}
		run, err := i.Preview(t.Context(), p, web.SheetReferrals, "x.csv", "", strings.NewReader(raw))
		for err == nil && !run.Done { // each waits a moment only
			run, err = i.Confirm(t.Context(), p, web.SheetReferrals, run.ID)
		}
		if err != nil || !run.Done {
			t.Fatalf("%s: %+v %v", role, run, err)
		}
		return run
	}
	if r := take("bank.head", "bank-1"); r.Landed != 0 || r.Review != 1 || countUnits(t, a) != 0 {
		t.Errorf("of nothing known: %+v", r)
	}
	raw = strings.Replace(raw, ",12,", ",۱۲ ,", 1) // the same referral in another file: the row above waits for a person
	if r := take("dir.expert", ""); r.Landed != 1 || r.Opened != 1 || countUnits(t, a) != 1 {
		t.Errorf("the directorate's: %+v", r)
	}
	raw = strings.Replace(raw, "۱۲ ", "۱۲/", 1)
	if r := take("bank.head", "bank-1"); r.Landed != 1 || r.Opened != 0 {
		t.Errorf("the bank's own: %+v", r)
	}
	raw = strings.Replace(raw, "۱۲/", "/۱۲", 1)
	if r := take("bank.head", "bank-2"); r.Landed != 0 || r.Review != 1 {
		t.Errorf("another bank's: %+v", r)
	}
}
