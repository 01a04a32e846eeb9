package casework_test

import (
	"testing"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
)

// What a dated table gave stands in the entry with its row, also where the value stays and only the row is another; the
// entry of a decision names the row it rests on.
func TestAnEntryKeepsTheRowOfADatedTable(t *testing.T) {
	t.Parallel()
	d := definition(t, "referral")
	d, problems := d.WithDated(map[string]string{"tables/cheque-colours.csv": "from,to,cheque_count,cheque_amount_rial,=> cheque_colour_due\n" +
		"1403/01/01,1405/04/14,<= 0,<= 0,W\n1403/01/01,1405/04/14,-,-,Y\n1405/04/15,,<= 1,<= 0,W\n1405/04/15,,-,-,Y\n"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	on, err := jalali.Parse("1405/04/20")
	if err != nil {
		t.Fatal(err)
	}
	env := casework.Env{Now: on.Start().UnixMicro(), Calendars: alborz(t), EntryID: "1", CaseID: "c", Subject: "u",
		Actor: casework.Actor{Person: "p", Role: "unit.ceo", Unit: "u"}, Grants: casework.Grants{Person: "p", Unit: "u", Speaks: true}}
	e, err := casework.Open(d, casework.Command{Procedure: "referral", Unit: "u"}, env)
	if err != nil {
		t.Fatal(err)
	}
	var s *casework.State
	draft := func(read string, seq string) map[string]string {
		t.Helper()
		s = casework.Apply(s, e, "h"+seq)
		env.EntryID = seq
		e, err = casework.Step(d, s, casework.Command{Action: casework.DraftAction, Version: s.Version, Facts: map[string]any{
			"cheque_colour": "Y", "cheque_count": int64(3), "cheque_amount_rial": int64(9), "cheque_read_on": read}}, env)
		if err != nil {
			t.Fatal(err)
		}
		return e.Used
	}
	const first, second = "1403/01/01..1405/04/14; cheque_count -; cheque_amount_rial -; => cheque_colour_due Y",
		"1405/04/15..; cheque_count -; cheque_amount_rial -; => cheque_colour_due Y"
	for i, c := range []struct{ read, want string }{{"2026-07-05", first}, {"2026-07-05", ""}, {"2026-07-06", second}} {
		if got := draft(c.read, string(rune('2'+i)))["dated.cheque_colours"]; got != c.want {
			t.Errorf("a reading of %s: the entry keeps %q, want %q", c.read, got, c.want)
		}
	}
}
