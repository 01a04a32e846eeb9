package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// all shows everything of the province.
var all = []casework.Scope{{}}

func listed(t *testing.T, s *Store, q casework.Query) (ids []string, page casework.Page) {
	t.Helper()
	q.Province = province
	read(t, s, func(ctx context.Context, tx *Tx) (err error) {
		page, err = tx.ListCases(ctx, q)
		return err
	})
	for _, r := range page.Rows {
		ids = append(ids, r.ID)
	}
	return ids, page
}

// sheet writes cases c00 … that differ in county, procedure, outcome, due and text.
func sheet(t *testing.T, s *Store, n int) {
	t.Helper()
	write(t, s, func(ctx context.Context, t *Tx) error {
		for i := range n {
			r := row(fmt.Sprintf("c%02d", i), 1)
			r.County = fmt.Sprint(3000 + i%3)
			r.Due = int64(1000 - i/2) // pairs tie
			r.Amount = int64(i % 4)
			r.Parties = map[string]string{"bank": fmt.Sprint("b", i%4)}
			if i%5 == 0 {
				r.Outcome, r.Due, r.Procedure = "paid", 0, "plot"
			}
			r.Search = fmt.Sprintf("r-%02d 100%%_%c نساجی", i, 'a'+i)
			if err := t.SaveCase(ctx, r, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestListsShowWhatScopesAllow(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		sheet(t, s, 12)
		for name, c := range map[string]struct {
			q    casework.Query
			want string
		}{
			"no scope":          {casework.Query{}, ""},
			"all, what is due":  {casework.Query{Scopes: all}, "c11 c08 c09 c06 c07 c04 c02 c03 c01 c00 c05 c10"},
			"of a county":       {casework.Query{Scopes: []casework.Scope{{County: "3001"}}}, "c07 c04 c01 c10"},
			"bound":             {casework.Query{Scopes: []casework.Scope{{Relation: "bank", Subject: "b1"}}}, "c09 c01 c05"},
			"other relation":    {casework.Query{Scopes: []casework.Scope{{Relation: "applicant", Subject: "b1"}}}, ""},
			"relation of none":  {casework.Query{Scopes: []casework.Scope{{Relation: "bank"}}}, ""},
			"bound in a kind":   {casework.Query{Scopes: []casework.Scope{{Procedure: "plot", Relation: "bank", Subject: "b1"}}}, "c05"},
			"two ways":          {casework.Query{Scopes: []casework.Scope{{Relation: "bank", Subject: "b1"}, {County: "3001"}}}, "c09 c07 c04 c01 c05 c10"},
			"open":              {casework.Query{Scopes: all, Open: true, Holder: "dir.expert"}, "c11 c08 c09 c06 c07 c04 c02 c03 c01"},
			"overdue":           {casework.Query{Scopes: all, Overdue: 996}, "c11 c08 c09"},
			"largest":           {casework.Query{Scopes: all, Sort: "amount", Limit: 3}, "c11 c07 c03"},
			"words, both":       {casework.Query{Scopes: all, Text: "R-۰3 نساجي"}, "c03"},
			"every word":        {casework.Query{Scopes: all, Text: "03 04"}, ""},
			"stages":            {casework.Query{Scopes: all, Stages: []string{"x", "review"}, Procedure: "plot"}, "c00 c05 c10"},
			"nobody's":          {casework.Query{Scopes: all, Mine: []string{"p"}}, ""},
			"hostile scope":     {casework.Query{Scopes: []casework.Scope{{County: "' OR 1=1 --"}}}, ""},
			"hostile relation":  {casework.Query{Scopes: []casework.Scope{{Relation: "bank", Subject: "b1' OR '1'='1"}}}, ""},
			"other's procedure": {casework.Query{Scopes: []casework.Scope{{Procedure: "plot"}}, Procedure: "referral"}, ""},
		} {
			got, _ := listed(t, s, c.q)
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s: %v, want %s", name, got, c.want)
			}
		}
		if _, page := listed(t, s, casework.Query{Scopes: all, Limit: 2, Total: true, Open: true}); page.Total != 9 {
			t.Errorf("total %d, want 9", page.Total)
		}
	})
}

// Walking the pages shows each case once, also when cases move to the front meanwhile.
func TestPagesNeitherRepeatNorSkip(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		sheet(t, s, 25)
		for _, sort := range []string{"due", "changed", "opened", "amount"} {
			var seen []string
			q := casework.Query{Scopes: all, Sort: sort, Limit: 4}
			for n := 0; ; n++ {
				ids, page := listed(t, s, q)
				seen = append(seen, ids...)
				if n == 1 && sort == "due" { // one that was seen moves to the very end, a new one to the very front
					write(t, s, func(ctx context.Context, t *Tx) error {
						r := row("c99", 1)
						r.Due = 1
						return t.SaveCase(ctx, r, nil)
					})
				}
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			slices.Sort(seen)
			want := 25
			if sort != "due" {
				want++
			}
			if len(slices.Compact(seen)) != want {
				t.Errorf("by %s: %d of %d cases", sort, len(seen), want)
			}
		}
		_, page := listed(t, s, casework.Query{Scopes: all, Limit: 4})
		for cursor, q := range map[string]casework.Query{
			page.Next: {Scopes: all, Sort: "amount"}, "!": {Scopes: all}, "ZHVlIDEK": {Scopes: all},
		} {
			q.Province, q.After = province, cursor
			err := s.Read(context.Background(), func(ctx context.Context, tx *Tx) error {
				_, err := tx.ListCases(ctx, q)
				return err
			})
			wantKey(t, err, fault.Invalid, "store.cursor_invalid")
		}
	})
}

// The queue of an expert, the cases of a unit and the wake of clocks must not walk the whole table.
func TestTheMainQueriesUseTheirIndexes(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	for name, c := range map[string]struct {
		q        casework.Query
		want, no string
	}{
		"queue": {casework.Query{Province: province, Scopes: []casework.Scope{{Procedure: "referral"}}, Holder: "dir.expert", Open: true},
			"cases_queue (province=? AND holder_role=? AND outcome=?", "TEMP B-TREE"},
		"next page": {casework.Query{Province: province, Scopes: all, Holder: "dir.expert", Open: true, After: cursor("", casework.Row{ID: "c", Due: 5})},
			"cases_queue", "TEMP B-TREE"},
		"unit's own": {casework.Query{Province: province, Scopes: []casework.Scope{{Relation: "applicant", Subject: "u"}}},
			"case_party_subject (province=? AND subject=? AND relation=?", "SCAN c"},
		"of a unit": {casework.Query{Province: province, Scopes: all, Unit: "u"}, "case_party_subject (province=? AND subject=?", "SCAN c"},
		"number":    {casework.Query{Province: province, Scopes: all, Number: "R-1"}, "cases_number (province=? AND number=?", "TEMP B-TREE"},
		"newest":    {casework.Query{Province: province, Scopes: all, Sort: "changed"}, "cases_changed", "TEMP B-TREE"},
	} {
		where := listWhere(c.q)
		query, _, err := listQuery(c.q, where)
		if err != nil {
			t.Fatal(err)
		}
		plan := explain(t, s, query, where.args)
		if !strings.Contains(plan, c.want) || strings.Contains(plan, c.no) {
			t.Errorf("%s: %s", name, plan)
		}
	}
}

// A search that finds nothing must read no row of a case.
func TestWordsAreLookedForInAnIndexThatHoldsThem(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	c := &condition{}
	c.and("c.province = " + c.arg(province))
	c.search("two words")
	if plan := explain(t, s, wordsQuery(c), c.args); !strings.Contains(plan, "COVERING INDEX") {
		t.Error(plan)
	}
}

// Words of more cases than are named one by one give the same pages and totals as those of few.
func TestSearchesOfManyCasesGiveTheSameAsOfFew(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		const n = searchFew + 20
		write(t, s, func(ctx context.Context, t *Tx) error {
			for i := range n {
				r := row(fmt.Sprintf("c%04d", i), 1)
				r.County, r.Search = fmt.Sprint(i%2), "r-1405 mill"
				if i%100 == 0 {
					r.Search += " rare"
				}
				if err := t.SaveCase(ctx, r, nil); err != nil {
					return err
				}
			}
			return nil
		})
		other := []casework.Scope{{County: "1"}, {County: "2"}}
		for _, c := range []struct {
			q    casework.Query
			want int64
		}{
			{casework.Query{Scopes: all, Text: "1405 mil"}, n},
			{casework.Query{Scopes: all, Text: "rar"}, (n + 99) / 100},
			{casework.Query{Scopes: all, Text: "rar mills"}, 0},
			{casework.Query{Scopes: other, Text: "rar"}, 0},
			{casework.Query{Scopes: other, Text: "mill"}, n / 2},
		} {
			c.q.Total, c.q.Limit = true, 10
			ids, page := listed(t, s, c.q)
			if page.Total != c.want || len(ids) != int(min(c.want, 10)) || (page.Next != "") != (c.want > 10) {
				t.Errorf("%q: %d cases of %d, next %q, want %d", c.q.Text, len(ids), page.Total, page.Next, c.want)
			}
		}
	})
}

// Who types the whole number of a case, in whatever digits and letters, gets that case; a part of it finds all that have it.
func TestAWholeNumberFindsItsCase(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		write(t, s, func(ctx context.Context, t *Tx) error {
			for i, number := range []string{"BR-1405-10001", "BR-1405-100012", "BR-1405-10002"} {
				r := row(fmt.Sprintf("c%d", i), 1)
				r.Number, r.Search = number, strings.ToLower(strings.ReplaceAll(number, "-", " "))+" mill"
				if err := t.SaveCase(ctx, r, nil); err != nil {
					return err
				}
			}
			return nil
		})
		for typed, want := range map[string]string{
			"BR-1405-10001": "c0", " br-1405-10001 ": "c0", "BR-\u06f1\u06f4\u06f0\u06f5-\u06f1\u06f0\u06f0\u06f0\u06f1": "c0", "BR-1405-100012": "c1",
			"1405-1000": "c0 c1 c2", "BR-1405-1000": "c0 c1 c2", "BR-1405-10001 mill": "c0 c1", "BR-1405-9": "",
		} {
			ids, _ := listed(t, s, casework.Query{Scopes: all, Text: typed})
			slices.Sort(ids)
			if got := strings.Join(ids, " "); got != want {
				t.Errorf("%q finds %q, want %q", typed, got, want)
			}
		}
		if ids, _ := listed(t, s, casework.Query{Scopes: []casework.Scope{{County: "elsewhere"}}, Text: "BR-1405-10001"}); len(ids) > 0 {
			t.Errorf("who sees another county alone finds %q", ids)
		}
	})
}

func explain(t *testing.T, s *Store, query string, args []any) string {
	t.Helper()
	var plan strings.Builder
	read(t, s, func(ctx context.Context, tx *Tx) error {
		return tx.each(ctx, "EXPLAIN QUERY PLAN "+query, args, func(scan func(...any) error) error {
			var id, parent, unused int64
			var detail string
			err := scan(&id, &parent, &unused, &detail)
			plan.WriteString(detail + "; ")
			return err
		})
	})
	return plan.String()
}

func TestDueClocksWakeOnceAndInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		tick := func(state string, due, warn int64, warned bool) *casework.Ticking {
			return &casework.Ticking{State: state, Due: due, Warn: warn, Warned: warned}
		}
		r := row("c1", 1)
		r.Clocks = map[string]*casework.Ticking{
			"warns":    tick(casework.ClockRunning, 900, 100, false),
			"warned":   tick(casework.ClockRunning, 900, 90, true),
			"over":     tick(casework.ClockRunning, 200, 50, false),
			"paused":   tick(casework.ClockPaused, 10, 0, false),
			"breached": tick(casework.ClockBreach, 10, 0, false),
		}
		write(t, s, func(ctx context.Context, t *Tx) error { return t.SaveCase(ctx, r, nil) })
		due := func(now int64) (out string) {
			read(t, s, func(ctx context.Context, tx *Tx) error {
				clocks, err := tx.DueClocks(ctx, now, 10)
				for _, c := range clocks {
					out += fmt.Sprint(c.Clock, " ", c.Warn, "; ")
				}
				return err
			})
			return out
		}
		if got := due(300); got != "over false; warns true; " {
			t.Error(got)
		}
		r.Seq = 2
		r.Clocks = map[string]*casework.Ticking{"warns": tick(casework.ClockRunning, 900, 100, true)}
		write(t, s, func(ctx context.Context, t *Tx) error { return t.SaveCase(ctx, r, nil) })
		if got := due(300) + due(900); got != "warns false; " {
			t.Error(got)
		}
		if n := count(t, s, "deadline"); n != 1 {
			t.Errorf("%d clocks stayed, want 1", n)
		}
	})
}

// A unit's cases are found among parties; one whose unit is none of them must be found as well, before and after it changes.
func TestACaseIsFoundByItsUnitWhetherThatIsAPartyOrNot(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		found := func(unit string) (out string) {
			read(t, s, func(ctx context.Context, tx *Tx) error {
				page, err := tx.ListCases(ctx, casework.Query{Province: province, Scopes: all, Unit: unit, Total: true})
				for _, r := range page.Rows {
					out += r.ID + " "
				}
				out += fmt.Sprint(page.Total)
				return err
			})
			return out
		}
		save := func(r casework.Row) {
			write(t, s, func(ctx context.Context, t *Tx) error { return t.SaveCase(ctx, r, nil) })
			read(t, s, func(ctx context.Context, tx *Tx) error {
				stored, err := tx.CaseRow(ctx, province, r.ID)
				if err == nil && !maps.Equal(stored.Parties, r.Parties) {
					t.Errorf("parties %v are stored as %v", r.Parties, stored.Parties)
				}
				return err
			})
		}
		bound, alone := row("c1", 1), row("c2", 1)
		bound.Unit, bound.Parties = "u1", map[string]string{"applicant": "u1", "branch": "b"}
		alone.Unit, alone.Parties = "u1", map[string]string{"branch": "b"}
		save(bound)
		save(alone)
		if got := found("u1"); got != "c1 c2 2" {
			t.Error("of u1:", got)
		}
		if got := found("b"); got != "0" {
			t.Error("a party that is not the unit:", got)
		}
		alone.Seq, alone.Unit = 2, "u2"
		save(alone)
		alone.Seq, alone.Parties = 3, map[string]string{"applicant": "u2"}
		save(alone)
		if got := found("u1") + ", " + found("u2"); got != "c1 1, c2 1" {
			t.Error("after a change:", got)
		}
		write(t, s, func(ctx context.Context, t *Tx) error {
			bound.Seq, bound.Parties = 2, map[string]string{"branch": "b"}
			if err := t.SaveCase(ctx, bound, nil); err != nil {
				return err
			}
			_, err := t.exec(ctx, "DELETE FROM case_party WHERE subject = 'u1'")
			return err
		})
		read(t, s, func(ctx context.Context, tx *Tx) error { // the control: a row taken away shows
			stored, err := tx.CaseRow(ctx, province, "c1")
			if err == nil && maps.Equal(stored.Parties, bound.Parties) {
				t.Error("nobody sees that a unit's row is gone")
			}
			return err
		})
	})
}
