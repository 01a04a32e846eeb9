package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// Lap is one finished stretch: the last run of a clock of a case, or, where Clock is empty, the whole case with its outcome.
// Took counts as the clock's limit does, in working days, calendar days or hours, without its pauses; a whole case counts
// in calendar days from its opening. Ended is µs.
type Lap struct {
	Clock, Outcome string
	Took           int
	Late           bool
	Ended          int64
}

// ended is what of a stored case its laps are made of.
type ended struct {
	Definition string              `json:"definition"`
	Outcome    string              `json:"outcome"`
	Holder     Holder              `json:"holder"`
	Clocks     map[string]*Ticking `json:"clocks"`
	Opened     int64               `json:"opened"`
	Imported   bool                `json:"imported"`
}

// laps gives what a case has finished. A run that a withdrawal or a lapse of the case cut off measures nothing, nor does
// history taken from a sheet.
func (s *ended) laps(d *procedure.Definition, cals map[string]*calendar.Calendar) []Lap {
	if s.Imported {
		return nil
	}
	var out []Lap
	for _, c := range d.Clocks {
		t := s.Clocks[c.ID]
		if t == nil || t.State != ClockStopped || s.cutOff(t) {
			continue
		}
		id := c.Calendar
		if id == "" {
			id = d.Calendar
		}
		if took, ok := tookOf(c, cals[id], t); ok {
			out = append(out, Lap{Clock: c.ID, Took: took, Late: t.Breached > 0, Ended: t.Ended})
		}
	}
	if s.Outcome != "" {
		out = append(out, Lap{Outcome: s.Outcome, Took: days(day(s.Opened), day(s.Holder.Since)), Ended: s.Holder.Since})
	}
	return out
}

func (s *ended) cutOff(t *Ticking) bool {
	return (s.Outcome == "withdrawn" || s.Outcome == "expired") && t.Ended == s.Holder.Since
}

// tookOf measures a finished run. One in calendar days that ended while it stood still is not known.
func tookOf(c *procedure.Clock, cal *calendar.Calendar, t *Ticking) (int, bool) {
	still := t.Cause != ""
	switch c.Limit.Unit {
	case calendar.WorkingDays:
		used := c.Limit.N - t.N
		if still {
			return used, true
		}
		if cal == nil {
			return 0, false
		}
		return used + cal.WorkingDaysBetween(day(t.From), day(t.Ended)), true
	case calendar.Hours:
		return int((t.Ended - t.From) / hourMicros), !still
	default:
		return days(day(t.Started), day(t.Ended)) - t.Shift, !still
	}
}

const hourMicros = 3_600_000_000

// Laps gives, of each case of a procedure that changed at or after an instant, all that it has finished: whoever has seen
// an earlier state of the case puts this in its place.
func (g *Engine) Laps(ctx context.Context, province, procedureID string, changed int64, each func(id string, changed int64, laps []Lap)) error {
	cals, err := g.Calendars(ctx)
	if err != nil {
		return err
	}
	return g.Read(ctx, func(ctx context.Context, r Reader) error {
		defs := map[string]*procedure.Definition{}
		return r.ChangedCases(ctx, province, procedureID, changed, func(id string, at int64, state []byte) error {
			var s ended
			if err := json.Unmarshal(state, &s); err != nil {
				return fmt.Errorf("read case %s: %w", id, err)
			}
			if defs[s.Definition] == nil {
				d, err := g.Defs.ByHash(ctx, s.Definition)
				if err != nil {
					return err
				}
				defs[s.Definition] = d
			}
			each(id, at, s.laps(defs[s.Definition], cals))
			return nil
		})
	})
}

// MayCount says whether a caller may read figures of all cases of a procedure: who must not see every case must not.
func MayCount(d *procedure.Definition, who Caller) error {
	if sc, ok := scopeOf(d, who); !ok || sc.Relation != "" || sc.County != "" {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return nil
}

// Pace is how long things take in a procedure, by what ended since an instant.
type Pace struct {
	Clocks   []ClockPace
	Outcomes map[string]Spread // whole cases by outcome, calendar days
}

// ClockPace is the pace of one clock, in the unit of its limit; Late counts the runs that ended after their due.
type ClockPace struct {
	Clock *procedure.Clock
	Late  int
	Spread
}

// Spread is N lengths: half of them took at most Median, nine of ten at most Most. Twice is twice the median, which lies
// between two lengths where N is even.
type Spread struct{ N, Twice, Most int }

// PaceOf computes the pace of a procedure from the laps that ended at or after an instant.
func PaceOf(d *procedure.Definition, laps []Lap, since int64) Pace {
	by, late, whole := map[string][]int{}, map[string]int{}, map[string][]int{}
	for _, l := range laps {
		switch {
		case l.Ended < since:
		case l.Clock == "":
			whole[l.Outcome] = append(whole[l.Outcome], l.Took)
		default:
			by[l.Clock] = append(by[l.Clock], l.Took)
			if l.Late {
				late[l.Clock]++
			}
		}
	}
	p := Pace{Outcomes: map[string]Spread{}}
	for _, c := range d.Clocks {
		if took := by[c.ID]; len(took) > 0 {
			p.Clocks = append(p.Clocks, ClockPace{Clock: c, Late: late[c.ID], Spread: spreadOf(took)})
		}
	}
	for outcome, took := range whole {
		p.Outcomes[outcome] = spreadOf(took)
	}
	return p
}

func spreadOf(took []int) Spread {
	slices.Sort(took)
	n := len(took)
	return Spread{N: n, Twice: took[(n-1)/2] + took[n/2], Most: took[(n*9+9)/10-1]}
}
