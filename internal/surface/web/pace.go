package web

import (
	"context"
	"strconv"
	"strings"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// Paces gives how long things took in a procedure in the last year, to who may count all of its cases.
type Paces interface {
	Pace(ctx context.Context, who casework.Caller, d *procedure.Definition) (casework.Pace, error)
}

// pictureRate is one clock on the managers' page: how long half of the runs and nine of ten took, against the limit.
type pictureRate struct {
	Title, Limit, Median, Most, Count, Late, LateHref, Tone string
}

// rates compares each clock's median with its limit.
func (b *pictureBuilder) rates() error {
	if b.v.s.cfg.Desk.Paces == nil {
		return nil
	}
	pace, err := b.v.s.cfg.Desk.Paces.Pace(b.v.ctx, b.v.who, b.d)
	if err != nil {
		return err
	}
	for _, k := range pace.Clocks {
		line := pictureRate{Title: k.Clock.Title.In(b.v.l), Limit: k.Clock.Limit.Text(b.v.l), Median: Lasted(b.v.l, k.Clock.Limit.Unit, k.Twice),
			Most: Lasted(b.v.l, k.Clock.Limit.Unit, 2*k.Most), Count: b.num(int64(k.N)), Late: b.num(int64(k.Late)), Tone: toneIf(k.Twice > 2*limitDays(k.Clock.Limit), "bad")}
		if k.Late > 0 {
			line.LateHref = b.list(casework.TallyLate, k.Clock.ID, "", "")
		}
		b.view.Rates = append(b.view.Rates, line)
	}
	return nil
}

// monthDays is how long a solar month is at most, to compare days with it.
const monthDays = 31

// limitDays is a limit in the unit in which its runs are measured.
func limitDays(l calendar.Limit) int {
	if l.Unit == calendar.SolarMonths {
		return l.N * monthDays
	}
	return l.N
}

// Lasted writes half of a count of a limit's unit in words: a median lies on a half when it stands between two lengths.
func Lasted(l locale.Lang, unit calendar.Unit, twice int) string {
	switch {
	case twice == 0 && unit != calendar.Hours:
		return locale.T(l, "web.same_day", nil)
	case unit == calendar.SolarMonths:
		unit = calendar.CalendarDays
	}
	n := strconv.Itoa(twice / 2)
	if twice%2 != 0 {
		n += ".5"
	}
	key := "calendar.limit." + string(unit)
	if twice == 2 {
		key += ".one"
	}
	if l == locale.FA {
		n = locale.Digits(l, strings.Replace(n, ".", decimal, 1))
	}
	return locale.T(l, key, map[string]any{"n": n})
}

// ManualPace is what the public sees of a year: how many cases ended, how many were granted, and how long those took.
// A figure of fewer cases than Least is -1; 0 is shown.
type ManualPace struct {
	Least, Ended, Granted int
	Days                  int // twice the median of granted cases in calendar days
}

// PublicPace keeps back what would tell of fewer cases than the least a procedure publishes, also by subtraction.
func PublicPace(p casework.Pace, least int) *ManualPace {
	out := &ManualPace{Least: least, Granted: -1, Days: -1}
	for _, o := range p.Outcomes {
		out.Ended += o.N
	}
	won := p.Outcomes["granted"]
	if lost := out.Ended - won.N; shown(won.N, least) && shown(lost, least) {
		out.Granted = won.N
	}
	if won.N >= least && won.N > 0 {
		out.Days = won.Twice
	}
	if !shown(out.Ended, least) {
		out.Ended, out.Granted, out.Days = -1, -1, -1
	}
	return out
}

func shown(n, least int) bool { return n == 0 || n >= least }
