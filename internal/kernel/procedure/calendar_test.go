package procedure

import (
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/locale"
)

// A slip in a calendar's name is said where it stands, also by a procedure without examples.
func TestACalendarByAnotherNameIsNamedWhereItStands(t *testing.T) {
	t.Parallel()
	_, fsys, _ := folder(t, "testdata/check/clock-without-calendar.txtar")
	main := fsys[mainFile]
	main.Data = append([]byte("calendar: ir-alborx\n"), main.Data...)
	law := func(calendars ...string) func(testing.TB) {
		return func(t testing.TB) {
			_, problems := ParseAndCheck(fsys, CheckContext{Calendars: calendars})
			for _, p := range problems {
				if p.Key == "procedure.unknown_name_near" && p.Pos == (Pos{mainFile, 1, 11}) {
					return
				}
			}
			t.Errorf("no problem names the calendar: %s", problems[0].String(locale.EN))
		}
	}
	law("ir-alborz", "ir-tehran")(t)
	control.Finds(t, "no problem names the calendar", law("ir-alborx"))
}
