package rule_test

import (
	"testing"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/procedure/rule"
)

const twoPeriods = `from,to,amount,=> level
1403/01/01,1404/12/29,<= 5,low
1403/01/01,1404/12/29,-,high
1405/01/01,,<= 9,low
1405/01/01,,-,high
`

func dated(t testing.TB, csv string) (*rule.Dated, []rule.Issue) {
	t.Helper()
	return rule.ParseDated([]byte(csv), environment(t), nil, map[string]rule.Type{"level": {Kind: rule.Text}}, rule.First)
}

func TestARowIsInForceFromADayToADay(t *testing.T) {
	t.Parallel()
	d, issues := dated(t, twoPeriods)
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	for on, want := range map[string]string{"1403/01/01": "high", "1404/12/29": "high", "1405/01/01": "low", "1450/01/01": "low"} {
		got, table := d.Eval(rule.Input{Facts: map[string]any{"amount": int64(7)}}, day(t, on))
		if got.Is != rule.Met || got.Out["level"] != want {
			t.Errorf("on %s: %+v, want %s", on, got, want)
			continue
		}
		if said := table.Said(got.Rows[0]); want == "low" && said != "1405/01/01..; amount <= 9; => level low" {
			t.Errorf("the row reads %q", said)
		}
	}
	if got, _ := d.Eval(rule.Input{Facts: map[string]any{"amount": int64(7)}}, day(t, "1402/12/29")); !got.Person || got.Is != rule.Unknown {
		t.Errorf("before the first row: %+v", got)
	}
	if got, _ := d.Eval(rule.Input{}, jalali.Date{Year: 1405, Month: 2, Day: 1}); got.Is != rule.Unknown || len(got.Missing) != 1 || got.Missing[0] != "amount" {
		t.Errorf("without the amount: %+v", got)
	}
}

func TestADatedTableIsProvedOnEveryDay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ csv, want string }{
		"a period with a gap":         {"from,to,amount,=> level\n1403/01/01,1404/12/29,-,a\n1405/01/01,,<= 5,b\n", "rule.table_gap"},
		"days without rows":           {"from,to,amount,=> level\n1403/01/01,1404/12/28,-,a\n1405/01/01,,-,b\n", "rule.table_days"},
		"a row that ends too early":   {"from,to,amount,=> level\n1405/01/01,1404/01/01,-,a\n", "rule.table_backwards"},
		"a day that does not exist":   {"from,to,amount,=> level\n1404/12/30,,-,a\n", "rule.table_cell"},
		"a row that is never reached": {"from,to,amount,=> level\n1403/01/01,,-,a\n1404/01/01,,<= 5,b\n", "rule.table_dead"},
	} {
		if _, issues := dated(t, c.csv); len(issues) == 0 || issues[0].Key != c.want {
			t.Errorf("%s: %+v, want %s", name, issues, c.want)
		}
	}
	if _, issues := rule.ParseTable([]byte(twoPeriods), environment(t), nil, map[string]rule.Type{"level": {Kind: rule.Text}}, rule.First); len(issues) == 0 {
		t.Error("a pinned table takes days")
	}
}
