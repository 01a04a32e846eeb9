package casework_test

import (
	"io/fs"
	"testing"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/procedures"
)

func alborz(t testing.TB) map[string]*calendar.Calendar {
	t.Helper()
	spec := calendar.Spec{ID: "ir-alborz", Version: "1", Weekend: []jalali.Weekday{jalali.Thursday, jalali.Friday}}
	for year := 1403; year <= 1407; year++ {
		days, err := calendar.IranHolidays(year)
		if err != nil {
			t.Fatal(err)
		}
		spec.Days = append(spec.Days, days...)
	}
	cal, err := calendar.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*calendar.Calendar{"ir-alborz": cal}
}

func definition(t *testing.T, id string) *procedure.Definition {
	t.Helper()
	sub, err := fs.Sub(procedures.Files, id)
	if err != nil {
		t.Fatal(err)
	}
	d, problems := procedure.Parse(sub)
	for _, p := range procedure.Errors(problems) {
		t.Error(p.String(locale.EN))
	}
	if t.Failed() {
		t.FailNow()
	}
	return d
}

func TestOurProceduresAreProvedAndTheirExamplesComeOut(t *testing.T) {
	t.Parallel()
	folders, err := procedures.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		id := f.Name()
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			d := definition(t, id)
			for _, p := range procedure.Check(d, procedure.CheckContext{Examples: casework.Examples(alborz(t))}) {
				if p.Severity == procedure.SeverityError {
					t.Error(p.String(locale.EN))
				}
			}
		})
	}
}
