package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/procedure/rule"
)

// Shift is one thing that would be otherwise: its name, what it is and what it would be ("" is not there).
type Shift struct {
	ID  string `json:"id"`
	Old string `json:"old"`
	New string `json:"new"`
}

// Simulated is what a newer definition would change for one running case. Mode says how the case would come over; the
// differences are as if it did. Due instants are µs in text; Decisions tells where a decision taken would now rest on
// conditions that come out otherwise: it is not taken again.
type Simulated struct {
	Case       string      `json:"case"`
	Number     string      `json:"number"`
	Version    string      `json:"version"` // it is on
	Mode       string      `json:"mode"`
	Reasons    []AskReason `json:"reasons,omitempty"`
	Stage      []Shift     `json:"stage,omitempty"`
	Conditions []Shift     `json:"conditions,omitempty"`
	Actions    []Shift     `json:"actions,omitempty"`
	Clocks     []Shift     `json:"clocks,omitempty"`
	Decisions  []Shift     `json:"decisions,omitempty"`
}

// Changes says whether anything would be otherwise.
func (s Simulated) Changes() bool {
	return len(s.Stage)+len(s.Conditions)+len(s.Actions)+len(s.Clocks)+len(s.Decisions) > 0
}

// simulateAtOnce cases are read in one look.
const simulateAtOnce = 100

// Simulate tells for each running case of an older definition what next would change, in order of id. It writes nothing.
func (g *Engine) Simulate(ctx context.Context, province string, old, next *procedure.Definition, report func(Simulated)) error {
	for after := ""; ; {
		ids, err := g.runningOn(ctx, province, old.Hash, after, simulateAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = g.Read(ctx, func(ctx context.Context, tx Reader) error {
			for _, id := range ids {
				r := &run{g: g, ctx: ctx, tx: tx, who: System(province), key: ReplayKey{Province: province}}
				out, err := r.simulate(id, old, next)
				if err != nil {
					return fmt.Errorf("simulate case %s: %w", id, err)
				}
				report(out)
			}
			return nil
		})
		if err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

func (r *run) simulate(id string, old, next *procedure.Definition) (Simulated, error) {
	s, _, err := r.load(id)
	if err != nil {
		return Simulated{}, err
	}
	before, err := r.env(old, s, nil, Command{})
	if err != nil {
		return Simulated{}, err
	}
	after, err := r.env(next, s, nil, Command{})
	if err != nil {
		return Simulated{}, err
	}
	now := begin(old, s, Command{}, before)
	now.refresh()
	now.compute()
	return compare(old, asIfCovering(next, old.Version), now.s, before, after), nil
}

// asIfCovering lets a definition be tried on cases that its migration does not name: they are pinned.
func asIfCovering(next *procedure.Definition, version string) *procedure.Definition {
	if next.Migration.Covers(version) {
		return next
	}
	d := *next
	d.Migration = &procedure.Migration{From: []string{version}, Groups: map[string]string{procedure.GroupOther: procedure.MigratePin}}
	return &d
}

// compare is pure: the case as it is under old, and as it would be under next.
func compare(old, next *procedure.Definition, s *State, before, after Env) Simulated {
	c := Cross(old, next, s, after)
	out := Simulated{Case: s.ID, Number: s.Number, Version: old.Version, Mode: c.Mode, Reasons: c.Reasons}
	if c.After == nil {
		return out
	}
	then := c.After
	if s.Stage != then.Stage {
		out.Stage = []Shift{{ID: "stage", Old: s.Stage, New: then.Stage}}
	}
	was, would := results(old, s, before), results(next, then, after)
	out.Conditions = shifts(was, would)
	out.Actions = shifts(openIn(old, s.Stage), openIn(next, then.Stage))
	out.Clocks = shifts(dues(s), dues(then))
	out.Decisions = otherwise(then, would)
	return out
}

func results(d *procedure.Definition, s *State, env Env) map[string]string {
	out := map[string]string{}
	for _, a := range assessed(d, InputOf(d, s, valuesOf(s), env)) {
		out[a.ID] = a.Is
	}
	return out
}

func openIn(d *procedure.Definition, stage string) map[string]string {
	out := map[string]string{}
	for _, a := range d.Actions {
		if slices.Contains(a.In, stage) {
			out[a.ID] = "open"
		}
	}
	return out
}

func dues(s *State) map[string]string {
	out := map[string]string{}
	for id, c := range s.Clocks {
		if c.State == ClockRunning || c.State == ClockPaused {
			out[id] = micros(c.Due).Format("2006-01-02T15:04:05Z")
		}
	}
	return out
}

// shifts names what differs between two maps, in order of name.
func shifts(old, next map[string]string) (out []Shift) {
	names := map[string]bool{}
	for id := range old {
		names[id] = true
	}
	for id := range next {
		names[id] = true
	}
	for id := range names {
		if old[id] != next[id] {
			out = append(out, Shift{ID: id, Old: old[id], New: next[id]})
		}
	}
	slices.SortFunc(out, func(a, b Shift) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// otherwise names the decisions whose ground would be gone: a grant with a condition that is not met, a refusal that
// cites one which no longer fails.
func otherwise(s *State, would map[string]string) (out []Shift) {
	failing := rule.NotMet.String()
	for _, d := range s.Decisions {
		switch {
		case d.Void:
		case d.Kind == "refuse" && len(d.Cites) > 0 && !slices.ContainsFunc(d.Cites, func(c string) bool { return would[c] == failing }):
			out = append(out, Shift{ID: d.Action, Old: d.Kind, New: "no_ground"})
		case d.Kind == "grant":
			for _, c := range d.Conditions {
				if would[c.ID] == failing {
					out = append(out, Shift{ID: d.Action, Old: d.Kind, New: "not_met:" + c.ID})
				}
			}
		}
	}
	return out
}
