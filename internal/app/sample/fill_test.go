package sample_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/app/sample"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// filled is a province filled up to Monday 1405/09/02, noon.
func filled(tb testing.TB) (*app.App, sample.Summary) {
	tb.Helper()
	return filledAt(tb, 12*time.Hour)
}

// filledAt is the same at another time of that day.
func filledAt(tb testing.TB, ofDay time.Duration) (*app.App, sample.Summary) {
	tb.Helper()
	on, err := jalali.New(1405, 9, 2)
	check(tb, err)
	now := clock.NewManual(on.Start().Add(ofDay))
	a, err := app.Open(tb.Context(), app.Config{Data: tb.TempDir(), Clock: now, Fast: true, Sample: true})
	check(tb, err)
	tb.Cleanup(func() {
		if err := a.Close(); err != nil {
			tb.Error(err)
		}
	})
	sum, err := sample.Fill(tb.Context(), target(a, now))
	check(tb, err)
	return a, sum
}

func target(a *app.App, now *clock.Manual) sample.Target {
	return sample.Target{
		Engine: a.Engine, Party: a.Party, Registry: a.Registry, Document: a.Document, Trade: a.Trade, Services: a.Services, Clock: now, Province: a.Province, Publish: a.PublishBuiltin,
		CloseDay: func(ctx context.Context, civil string, reason locale.Text) error {
			_, err := a.CloseDay(ctx, app.Closing{Calendar: "ir-alborz", Date: civil, Reason: reason, Source: "sample", By: "sample"})
			return err
		},
		Wake: func(ctx context.Context) error {
			for {
				if n, err := a.Engine.Wake(ctx, 100); err != nil || n < 100 {
					return err
				}
			}
		},
	}
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func auditor(a *app.App) casework.Caller {
	return casework.CallerOf(access.Principal{Person: "reader", Role: "auditor", Province: a.Province})
}

// cases lists every case with what the auditor sees of it.
func cases(t *testing.T, a *app.App) []*casework.View {
	t.Helper()
	var out []*casework.View
	for after := ""; ; {
		page, err := a.Engine.List(t.Context(), auditor(a), casework.Query{Province: a.Province, Sort: "opened", After: after, Limit: 100})
		check(t, err)
		for _, r := range page.Rows {
			v, err := a.Engine.Look(t.Context(), auditor(a), r.ID)
			check(t, err)
			out = append(out, v)
		}
		if after = page.Next; after == "" {
			return out
		}
	}
}

// digest tells names, amounts, dates, stages and times: what must be the same in each run.
func digest(t *testing.T, a *app.App) string {
	t.Helper()
	var lines []string
	for _, v := range cases(t, a) {
		line := fmt.Sprint(v.Title, v.Stage.ID, v.Opened, v.Changed, len(v.Timeline))
		for _, f := range v.Facts {
			line += fmt.Sprint("|", f.Name, "=", f.Value)
		}
		lines = append(lines, line)
	}
	for after := ""; ; {
		heads, err := a.Registry.List(t.Context(), registry.Query{Province: a.Province, After: after, Limit: 500})
		check(t, err)
		if len(heads) == 0 {
			break
		}
		for _, h := range heads {
			lines = append(lines, fmt.Sprint(h.Name, h.Kind, h.County, h.Status, h.Sample))
		}
		after = heads[len(heads)-1].ID
	}
	slices.Sort(lines)
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, lines)))
}

func TestTheSameProvinceEachTime(t *testing.T) {
	t.Parallel()
	first, _ := filled(t)
	second, _ := filled(t)
	if digest(t, first) != digest(t, second) {
		t.Error("two fills up to the same instant differ")
	}
}

// countersEqualARecount holds the managers' figures to the cases themselves, now and after the clock has moved on by
// forty days and every deadline has done its work.
func countersEqualARecount(t *testing.T, a *app.App) {
	t.Helper()
	def, err := a.Defs.Current(t.Context(), "referral")
	check(t, err)
	clk, ok := a.Clock.(*clock.Manual)
	if !ok {
		t.Fatal("the sample's clock does not stand still")
	}
	for range 2 {
		tallies, err := a.Engine.Tallies(t.Context(), auditor(a), def)
		check(t, err)
		today := jalali.FromTime(clk.Now())
		pic := casework.PictureOf(def, tallies, today)
		var open, overdue, amount int64
		steps := map[string]int64{}
		for _, r := range allRows(t, a) {
			if r.Outcome == "" {
				open++
				amount += r.Amount
				if r.Due > 0 && jalali.FromTime(time.UnixMicro(r.Due-1)).Compare(today) < 0 {
					overdue++
				}
			}
		}
		for _, st := range def.Funnel.Steps {
			page, err := a.Engine.List(t.Context(), auditor(a), casework.Query{Procedure: def.ID, Total: true,
				Tally: casework.TallyKey{Procedure: def.ID, What: casework.TallyStep, Key: st.ID}})
			check(t, err)
			steps[st.ID] = page.Total
		}
		var got int64
		for _, w := range pic.Waiting {
			got += w.Amount
		}
		if pic.Open != open || pic.Overdue != overdue || got != amount {
			t.Errorf("on %s the counters say %d open, %d overdue, %d rial; the cases %d, %d, %d", today, pic.Open, pic.Overdue, got, open, overdue, amount)
		}
		for i, s := range pic.Steps {
			if s.N != steps[s.ID] || i > 0 && s.N > pic.Steps[0].N || s.N == 0 {
				t.Errorf("step %s counts %d, its list has %d", s.ID, s.N, steps[s.ID])
			}
		}
		lateEqualsARecount(t, a, tallies)
		clk.Set(clk.Now().AddDate(0, 0, 40))
		for n := 1; n > 0; {
			n, err = a.Engine.Wake(t.Context(), 100)
			check(t, err)
		}
	}
}

// lateEqualsARecount holds the counters of clocks ended late, by clock and due day, to the cases' own clocks; with one
// counter less they must not agree, or the comparison sees nothing.
func lateEqualsARecount(t *testing.T, a *app.App, tallies []casework.Tally) {
	t.Helper()
	want := map[string]int64{}
	for _, v := range cases(t, a) {
		for _, c := range v.Clocks {
			if v.Procedure.ID == "referral" && c.State == casework.ClockStopped && c.Breached > 0 {
				want[c.ID+" "+jalali.FromTime(time.UnixMicro(c.Breached-1)).Civil()]++
			}
		}
	}
	count := func(tallies []casework.Tally) map[string]int64 {
		got := map[string]int64{}
		for _, c := range tallies {
			if c.What == casework.TallyLate {
				got[c.Key+" "+c.Day] += c.N
			}
		}
		return got
	}
	if got := count(tallies); !maps.Equal(got, want) || len(want) == 0 {
		t.Errorf("ended late: the counters say %v, the cases %v", got, want)
	}
	i := slices.IndexFunc(tallies, func(c casework.Tally) bool { return c.What == casework.TallyLate })
	if i >= 0 && maps.Equal(count(slices.Delete(slices.Clone(tallies), i, i+1)), want) {
		t.Error("a counter less makes no difference")
	}
}

func allRows(t *testing.T, a *app.App) []casework.Row {
	t.Helper()
	var out []casework.Row
	for after := ""; ; {
		page, err := a.Engine.List(t.Context(), auditor(a), casework.Query{Procedure: "referral", Sort: "opened", After: after, Limit: 200})
		check(t, err)
		out = append(out, page.Rows...)
		if after = page.Next; after == "" {
			return out
		}
	}
}

// Who starts the demo in the early morning reads of nothing that is still to come.
func TestNothingHappensAfterNow(t *testing.T) {
	t.Parallel()
	a, _ := filledAt(t, 7*time.Hour)
	on, err := jalali.New(1405, 9, 2)
	check(t, err)
	now := on.Start().Add(7 * time.Hour).UnixMicro()
	for _, v := range cases(t, a) {
		if v.Opened > now || v.Changed > now {
			t.Errorf("case %s %s: opened %d, changed %d, now %d", v.Number, v.Stage.ID, v.Opened, v.Changed, now)
		}
	}
}

func TestEveryStageAndConditionOccurs(t *testing.T) {
	t.Parallel()
	a, sum := filled(t)
	def, err := a.Defs.Current(t.Context(), "referral")
	check(t, err)
	stages, results := map[string]int{}, map[string]int{}
	moved, board, referrals, oldest := 0, 0, 0, time.Now()
	for _, v := range cases(t, a) {
		if !v.Sample && v.Parent == "" {
			t.Errorf("case %s is not marked as sample", v.Number)
		}
		stages[v.Procedure.ID+" "+v.Stage.ID]++
		if v.Procedure.ID != "referral" {
			board++
			continue
		}
		referrals++
		if at := time.UnixMicro(v.Opened); at.Before(oldest) {
			oldest = at
		}
		for _, c := range v.Conditions {
			results[c.ID+" "+c.Is]++
		}
		for _, e := range v.Timeline {
			if e.Kind == casework.KindMoved {
				moved++
			}
		}
	}
	t.Logf("stages %v\nconditions %v\nmoved %d, board %d, units %d", stages, results, moved, board, sum.Units)
	if age := a.Clock.Now().Sub(oldest); referrals != 150 || age < 22*30*24*time.Hour {
		t.Errorf("%d referrals, the oldest of %.0f days: want the report's 150 and two years", referrals, age.Hours()/24)
	}
	everyStage(t, a, stages)
	for _, c := range def.Conditions {
		for _, is := range []string{"met", "not_met"} {
			if results[c.ID+" "+is] == 0 {
				t.Errorf("condition %s is never %s", c.ID, is)
			}
		}
	}
	countersEqualARecount(t, a)
	if moved == 0 || board == 0 {
		t.Errorf("moved deadlines %d, cases before the board %d: want some of both", moved, board)
	}
	if n, err := a.Engine.Replay(t.Context(), a.Province, func(d casework.Difference) { t.Errorf("differs: %+v", d) }); err != nil || n < 150 {
		t.Errorf("folded %d cases: %v", n, err)
	}
}

// everyStage wants a case in every stage of the procedures that the sample fills; the term of a facility is longer than the
// sample's two years, and cases of history come from sheets.
func everyStage(t *testing.T, a *app.App, stages map[string]int) {
	t.Helper()
	for _, id := range []string{"referral", "experts-board-62", "facility-supervision"} {
		def, err := a.Defs.Current(t.Context(), id)
		check(t, err)
		for _, st := range def.Stages {
			if name := id + " " + st.ID; stages[name] == 0 && name != "facility-supervision term_over" && !st.History {
				t.Errorf("no case stands in stage %s", name)
			}
		}
	}
}

func TestEveryDeskHasWork(t *testing.T) {
	t.Parallel()
	a, sum := filled(t)
	holders := map[string]int{}
	for _, v := range cases(t, a) {
		holders[v.Holder.Role]++
	}
	for _, role := range []string{"unit.ceo", "dir.expert", "dir.deputy", "dir.dg", "bank.branch", "council.sec"} {
		if holders[role] == 0 {
			t.Errorf("nothing lies on the desk of %s", role)
		}
	}
	roles := map[string]bool{}
	for _, l := range sum.Logins {
		roles[l.Role] = true
	}
	for _, r := range access.Roles() {
		if r.Code != access.Public && !roles[r.Code] {
			t.Errorf("no login for role %s, only %v", r.Code, slices.Sorted(maps.Keys(roles)))
		}
	}
}

func BenchmarkFill(b *testing.B) {
	for b.Loop() {
		filled(b)
	}
}
