package refdata

import (
	"strconv"
	"sync"

	"rahgosha/internal/base/locale"
)

// Place is a province, county, city or bakhsh of Alborz. Parent is the Persian name of the place above.
type Place struct {
	Kind   string // province, county, city, bakhsh
	Name   locale.Text
	Parent string
	Note   string
	Sure   string
}

// Town is an industrial town; the source names its county in Persian and says how sure it is.
type Town struct {
	Name      locale.Text
	County    string
	Ownership string
	Sure      string
	Source    string
}

// Bank is a bank by its three-digit code in account numbers. ValidTo (Jalali, empty when the bank lives or the day is
// not known) and MergedInto (a code) are set for banks that merged. Sure is high, or confirm for what is to be confirmed.
type Bank struct {
	Code       string
	Name       locale.Text
	ValidTo    string
	MergedInto string
	Sure       string
}

// Successor is the bank that a merged one is part of now, itself for one that lives.
func (b Bank) Successor() Bank {
	for range Banks() { // no bank merges twice into itself
		next, ok := BankByCode()[b.MergedInto]
		if !ok {
			return b
		}
		b = next
	}
	return b
}

// BankReason is a coded reason of a bank's refusal with its remedy and the services that help (codes with ;).
type BankReason struct {
	Code     string
	Name     locale.Text
	Side     string
	Remedy   string
	Services string
}

// Statement is one sentence of the founding report with its kind of speech act.
type Statement struct {
	No         string
	Name       locale.Text
	Kind       string
	SystemMust string
	Who        string
	Proof      string
}

// HSHeading is a chapter (2 digits) or heading (4 digits) of the Harmonised System.
type HSHeading struct {
	Code  string
	Name  locale.Text
	Level string
}

// Activity is an ISIC revision 4 code with its revision 3.1 correspondence.
type Activity struct {
	Code  string
	Name  locale.Text
	Rev31 string
}

// Service is one of the sixty services of the support package.
type Service struct {
	Code         string
	Name         locale.Text
	Domain       string
	Provider     string
	Deliverable  string
	DurationDays string
	Subsidy      string // percent
}

// TechService is a category of technical and engineering services.
type TechService struct {
	Code       string
	Name       locale.Text
	ISIC       string
	Provider   string
	Credential string
}

// Term is a term of the glossary.
type Term struct {
	Group string
	Name  locale.Text
	Note  string
}

// FixedHoliday is a row of the yearly holidays. Calendar begins with solar or lunar; month and day are in that calendar.
type FixedHoliday struct {
	Month, Day int
	Name       locale.Text
	Calendar   string
	Sure       string
}

// LunarHoliday is a lunar holiday on its Jalali day of one year. Sure is announced, computed or disputed; all must be
// confirmed from the official calendar of the year.
type LunarHoliday struct {
	Date string // Jalali 1405/09/02
	Name locale.Text
	Sure string
	Note string
}

// WorkCalendar is a working calendar: the weekend of an authority in a province, English weekday names joined by ;.
type WorkCalendar struct {
	ID, Weekend string
	Name        locale.Text
	Source      string
}

// The tables, in the order of their files.
var (
	Places = table("alborz-places", func(r row) Place {
		return Place{r["kind"], r.text(), r["parent_fa"], r["note"], r["sure"]}
	})
	Towns = table("industrial-towns", func(r row) Town {
		return Town{locale.Text{FA: r["name_fa"], EN: r["name_en"]}, r["county"], r["ownership"], r["how_sure"], r["source"]}
	})
	Banks       = table("banks", func(r row) Bank { return Bank{r["code"], r.text(), r["valid_to"], r["merged_into"], r["sure"]} })
	BankReasons = table("bank-reasons", func(r row) BankReason {
		return BankReason{r["code"], r.text(), r["side"], r["remedy"], r["service_codes"]}
	})
	Statements = table("report-statements", func(r row) Statement {
		return Statement{r["no"], r.text(), r["kind"], r["system_must"], r["who"], r["proof"]}
	})
	Calendars  = table("calendars", func(r row) WorkCalendar { return WorkCalendar{r["id"], r["weekend"], r.text(), r["source"]} })
	HSHeadings = table("hs-textile", func(r row) HSHeading { return HSHeading{r["heading"], r.text(), r["level"]} })
	ISIC       = table("isic-textile", func(r row) Activity {
		return Activity{r["code"], r.text(), r["rev31_main_correspondence"]}
	})
	Services = table("services-60", func(r row) Service {
		return Service{r["code"], r.text(), r["domain"], r["provider"], r["deliverable"], r["duration_days"], r["subsidy_percent"]}
	})
	TechServices = table("tech-services-categories", func(r row) TechService {
		return TechService{r["code"], r.text(), r["isic_rev4"], r["provider_kind"], r["credential_asked"]}
	})
	Glossary      = table("glossary", func(r row) Term { return Term{r["group"], r.text(), r["note"]} })
	FixedHolidays = table("holidays-fixed", func(r row) FixedHoliday {
		return FixedHoliday{number(r["month"]), number(r["day"]), r.text(), r["calendar"], r["sure"]}
	})
	LunarHolidays = table("lunar-holidays", func(r row) LunarHoliday {
		return LunarHoliday{r["date"], r.text(), r["sure"], r["note"]}
	})
)

// Look-ups by code.
var (
	BankByCode = index(Banks, func(b Bank) string { return b.Code })
	HSByCode   = index(HSHeadings, func(h HSHeading) string { return h.Code })
	ReasonBy   = index(BankReasons, func(b BankReason) string { return b.Code })
)

// Counties lists the counties of the province.
var Counties = sync.OnceValue(func() []Place {
	var out []Place
	for _, p := range Places() {
		if p.Kind == "county" {
			out = append(out, p)
		}
	}
	return out
})

// number reads a figure of an embedded table.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}
