package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/surface/httpkit"
)

// Workdays is the working calendars of the province and its authorities.
type Workdays interface {
	Calendars(ctx context.Context) ([]calendar.Spec, error)
	// Forecast tells what closing a day would move; Close closes it and tells what moved.
	Forecast(ctx context.Context, p access.Principal, c Closing) (Moved, error)
	Close(ctx context.Context, p access.Principal, c Closing) (Moved, error)
}

// Closing is a day to close in a calendar; Date is civil Gregorian.
type Closing struct{ Calendar, Date, Reason, Source string }

// Moved is what a closing moves: cases, deadlines, and the numbers of the first cases.
type Moved struct {
	Cases, Deadlines int
	Numbers          []string
}

// Unnamed is how many cases stand behind those that are named.
func (m Moved) Unnamed() int { return max(0, m.Cases-len(m.Numbers)) }

var closeRoles = []string{"dir.deputy", "dir.dg", "admin"}

func (s *Server) calendarRoutes() []httpkit.Route {
	shut := May("calendar", "close")
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/admin/calendar", Policy: shut, Handler: s.calendar},
		{Method: http.MethodPost, Pattern: "/admin/calendar", Policy: shut, Handler: s.closeDay, MaxBody: formBody},
	}
}

type calendarView struct {
	*Page
	Year      string
	Prev      string
	Next      string
	Calendars []calendarYear
	Form      Form
	Ask       *Moved // what would move, before it is confirmed
	Done      *Moved
	Given     []Param // the closing to confirm
	Day       time.Time
	Doubts    []string // what is to be confirmed in the year, and in that of the closing
}

type calendarYear struct {
	ID, Name string
	Days     []dayLine
}

type dayLine struct {
	At                           time.Time
	Reason, Source, Author, Sure string
	Open                         bool
}

func (s *Server) calendar(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showCalendar(w, http.StatusOK, nil, calendarView{})
}

// showCalendar shows a year of the calendars; wrong is what the form got wrong.
func (v *visit) showCalendar(w http.ResponseWriter, status int, wrong map[string]string, view calendarView) error {
	if v.s.cfg.Desk.Workdays == nil {
		return missing("calendar")
	}
	specs, err := v.s.cfg.Desk.Workdays.Calendars(v.ctx)
	if err != nil {
		return err
	}
	view.Page = v.s.Page(v.r, "admin.calendar.title")
	year := v.year()
	view.Year, view.Prev, view.Next = locale.Digits(v.l, itoa(int64(year))), "/admin/calendar?year="+itoa(int64(year-1)), "/admin/calendar?year="+itoa(int64(year+1))
	if err := v.doubts(&view, year); err != nil {
		return err
	}
	authors, err := v.authors(specs, year)
	if err != nil {
		return err
	}
	for _, c := range specs {
		view.Calendars = append(view.Calendars, v.calendarYear(c, year, authors))
	}
	fields := v.closingFields(specs, wrong)
	view.Form = Form{Action: "/admin/calendar", Fields: fields, Errors: topped(wrong, fields), Submit: v.T("admin.calendar.try")}
	return v.s.Render(w, v.r, status, "admin/calendar", view)
}

func (v *visit) year() int {
	today := jalali.FromTime(v.s.cfg.Clock.Now()).Year
	if asked := int(numberOf(v.r.URL.Query().Get("year"))); asked > jalali.First.Year && asked < jalali.Last.Year {
		return asked
	}
	return today
}

// doubts says what nobody can be sure of in the year that is shown and in that of a closing that is asked about.
func (v *visit) doubts(view *calendarView, year int) error {
	years := []int{year}
	if !view.Day.IsZero() {
		years = append(years, jalali.FromTime(view.Day).Year)
	}
	for _, y := range slices.Compact(years) {
		d, err := calendar.DoubtOf(y)
		if err != nil {
			return err
		}
		if d.Unknown {
			view.Doubts = append(view.Doubts, v.T("calendar.moon_unknown", "year", locale.Digits(v.l, itoa(int64(y)))))
		}
		for _, day := range d.Disputed {
			view.Doubts = append(view.Doubts, v.T("admin.calendar.disputed", "day", day.Date.Long(v.l), "reason", day.Reason))
		}
	}
	return nil
}

// authors gives the names of who entered the days of a year.
func (v *visit) authors(specs []calendar.Spec, year int) (map[string]string, error) {
	var ids []string
	for _, c := range specs {
		for _, d := range c.Days {
			if d.Date.Year == year && d.EnteredBy != "" && !slices.Contains(ids, d.EnteredBy) {
				ids = append(ids, d.EnteredBy)
			}
		}
	}
	return v.names(ids)
}

func (v *visit) calendarYear(c calendar.Spec, year int, authors map[string]string) calendarYear {
	out := calendarYear{ID: c.ID, Name: c.Name.In(v.l)}
	last := map[jalali.Date]calendar.Day{} // a later entry of a day stands over an earlier one
	for _, d := range c.Days {
		if d.Date.Year == year {
			last[d.Date] = d
		}
	}
	for _, d := range last {
		out.Days = append(out.Days, dayLine{At: d.Date.Start(), Reason: d.Reason.In(v.l), Source: v.tableName(d.Source), Open: d.Open, Author: authors[d.EnteredBy], Sure: v.word("admin.calendar.sure.", d.Sure)})
	}
	slices.SortFunc(out.Days, func(a, b dayLine) int { return cmp.Compare(a.At.Unix(), b.At.Unix()) })
	return out
}

// tableName says which of our tables a day comes from; what an officer entered is said as they wrote it.
func (v *visit) tableName(source string) string {
	if key := "admin.calendar.from." + source; locale.Has(v.l, key) {
		return v.T(key)
	}
	return source
}

func (v *visit) closingFields(specs []calendar.Spec, wrong map[string]string) []Field {
	ask := func(name, kind string) Field {
		return Field{ID: name, Name: name, Kind: kind, Label: v.T("admin.calendar.f." + name), Value: v.r.PostFormValue(name), Error: wrong[name], Required: true}
	}
	which := ask("calendar", "select")
	for _, c := range specs {
		which.Options = append(which.Options, Option{Value: c.ID, Label: c.Name.In(v.l), Chosen: c.ID == which.Value})
	}
	return []Field{which, ask("date", "date"), ask("reason", "text"), ask("source", "text")}
}

// closeDay tells first what a closing would move, and closes the day once that was confirmed.
func (s *Server) closeDay(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Workdays == nil {
		return missing("calendar")
	}
	f := func(name string) string { return text.Display(r.PostFormValue(name)) }
	c := Closing{Calendar: f("calendar"), Reason: f("reason"), Source: f("source")}
	var err error
	view, sure := calendarView{}, f("_do") == "confirm"
	if c.Date, err = civilTyped("date", f("date")); err == nil {
		view.Day = civilStart(c.Date)
		moved := Moved{}
		if sure {
			moved, err = s.cfg.Desk.Workdays.Close(v.ctx, v.p, c)
			view.Done = &moved
		} else {
			moved, err = s.cfg.Desk.Workdays.Forecast(v.ctx, v.p, c)
			view.Ask, view.Given = &moved, []Param{{"calendar", c.Calendar}, {"date", f("date")}, {"reason", c.Reason}, {"source", c.Source}}
		}
	}
	if wrong, ok := v.wrongOf(err); ok {
		return v.showCalendar(w, http.StatusUnprocessableEntity, wrong, calendarView{})
	}
	if err != nil {
		return err
	}
	return v.showCalendar(w, http.StatusOK, nil, view)
}
