package calendar

import (
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/refdata"
)

// The years for which reference calendars hold the fixed holidays.
const (
	firstReferenceYear = 1400
	lastReferenceYear  = 1420
)

// Reference gives the calendars of the reference data by id: weekend, fixed holidays of 1400 to 1420, and the lunar
// holidays that the data know. A province enters the rest, and sudden closings, in its own register.
func Reference() (map[string]*Calendar, error) {
	specs, err := ReferenceSpecs()
	if err != nil {
		return nil, err
	}
	out := map[string]*Calendar{}
	for _, s := range specs {
		if out[s.ID], err = New(s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ReferenceSpecs are the reference calendars before they are counted, for a register to add to.
func ReferenceSpecs() ([]Spec, error) {
	var days []Day
	for year := firstReferenceYear; year <= lastReferenceYear; year++ {
		solar, err := IranHolidays(year)
		if err != nil {
			return nil, err
		}
		lunar, err := LunarHolidays(year)
		if err != nil {
			return nil, err
		}
		days = append(append(days, solar...), lunar...)
	}
	var out []Spec
	for _, c := range refdata.Calendars() {
		weekend, err := weekdays(c.Weekend)
		if err != nil {
			return nil, err
		}
		out = append(out, Spec{ID: c.ID, Name: c.Name, Version: "reference", Weekend: weekend, Days: days})
	}
	return out, nil
}

var weekdayNames = map[string]jalali.Weekday{
	"Saturday": jalali.Saturday, "Sunday": jalali.Sunday, "Monday": jalali.Monday, "Tuesday": jalali.Tuesday,
	"Wednesday": jalali.Wednesday, "Thursday": jalali.Thursday, "Friday": jalali.Friday,
}

func weekdays(list string) ([]jalali.Weekday, error) {
	var out []jalali.Weekday
	for _, name := range strings.Split(list, ";") {
		d, ok := weekdayNames[name]
		if !ok {
			return nil, fault.New(fault.Internal, "calendar.weekday", "day", name)
		}
		out = append(out, d)
	}
	return out, nil
}
