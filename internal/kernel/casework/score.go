package casework

import (
	"maps"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/procedure/rule"
)

// Scoring is what one person gave for one score, or the declaration that they may not give anything.
type Scoring struct {
	Score    string           `json:"score"`
	Action   string           `json:"action"`
	Person   string           `json:"person"`
	Role     string           `json:"role"`
	At       int64            `json:"at"`
	Seq      int64            `json:"seq"`
	Points   map[string]int64 `json:"points,omitempty"` // by criterion, 0…100
	Conflict bool             `json:"conflict,omitempty"`
	Void     bool             `json:"void,omitempty"`
}

// Standing is how far a score has come.
type Standing struct {
	Given, Need int
	Complete    bool
	Mean        int64 // basis points, half up; of those given so far
}

// StandingOf counts the scorings that stand. A score needs its scorers, and one more where their totals lie further apart than
// its spread allows.
func StandingOf(sc *procedure.Score, all []Scoring) Standing {
	totals := totalsOf(sc, all)
	t := Standing{Given: len(totals), Need: sc.Least()}
	if t.Given >= t.Need && sc.Spread > 0 {
		first := totals[:t.Need]
		if slices.Max(first)-slices.Min(first) > int64(sc.Spread)*sc.Weight() {
			t.Need++
		}
	}
	t.Complete = t.Given >= t.Need
	t.Mean = meanOf(sc, totals)
	return t
}

// totalsOf gives the weighted sums in the order given: points × weight.
func totalsOf(sc *procedure.Score, all []Scoring) []int64 {
	var out []int64
	for _, g := range all {
		if g.Score != sc.ID || g.Void || g.Conflict {
			continue
		}
		var sum int64
		for _, k := range sc.Criteria {
			sum += g.Points[k.ID] * int64(k.Weight)
		}
		out = append(out, sum)
	}
	return out
}

// meanOf is the mean of the totals over the weights, in basis points of the most that can be given, half up.
func meanOf(sc *procedure.Score, totals []int64) int64 {
	if len(totals) == 0 || sc.Weight() == 0 {
		return 0
	}
	var sum int64
	for _, n := range totals {
		sum += n
	}
	over := sc.Weight() * int64(len(totals))
	return (2*sum*basisPoints/procedure.MaxPoints + over) / (2 * over)
}

const basisPoints = 10_000

// scoring is the score an act gives points for and is not yet complete with them; nil otherwise.
func (t *step) unscored(a *procedure.Action) bool {
	sc := t.d.Score(a.Score)
	return sc != nil && !StandingOf(sc, t.s.Scorings).Complete
}

// score takes one person's points. When it is the last one needed, the mean becomes a fact of the case.
func (t *step) score(a *procedure.Action, sc *procedure.Score) error {
	if f := mayScore(t.s, sc, t.env.Actor.Person); f != nil {
		return f
	}
	g := Scoring{Score: sc.ID, Action: a.ID, Person: t.env.Actor.Person, Role: t.env.Actor.Role, At: t.e.At, Seq: t.e.Seq}
	if err := t.points(a, sc, &g); err != nil {
		return err
	}
	t.add(Change{Scoring: &g})
	if tally := StandingOf(sc, t.s.Scorings); tally.Complete {
		t.setFact(sc.Fact(), Value{V: tally.Mean, Source: procedure.SourceSystem, AsOf: t.e.At})
	}
	return nil
}

// mayScore refuses whoever has scored or declared a conflict before, and everybody once the score is complete.
func mayScore(s *State, sc *procedure.Score, person string) error {
	if StandingOf(sc, s.Scorings).Complete {
		return fault.New(fault.Refused, "casework.score_complete", "score", sc.Title)
	}
	for _, g := range s.Scorings {
		if g.Score == sc.ID && g.Person == person && !g.Void {
			return fault.New(fault.Refused, "casework.scored_before", "score", sc.Title)
		}
	}
	return nil
}

// points reads the answers of a scoring, and the criteria that rules answer.
func (t *step) points(a *procedure.Action, sc *procedure.Score, g *Scoring) error {
	typed, err := t.asked(a, t.cmd.Facts)
	if err != nil {
		return err
	}
	if sc.Conflict {
		conflict, ok := typed[sc.ConflictFact()].(bool)
		if !ok {
			return fault.New(fault.Invalid, "casework.score_conflict").At(sc.ConflictFact())
		}
		if g.Conflict = conflict; conflict {
			return nil
		}
	}
	g.Points = map[string]int64{}
	var faults []*fault.Fault
	for _, k := range sc.Criteria {
		n, f := t.pointsOf(sc, k, typed)
		if f != nil {
			faults = append(faults, f)
		}
		g.Points[k.ID] = n
	}
	if len(faults) > 0 {
		return fault.New(fault.Invalid, "casework.form", "count", len(faults)).With(faults...)
	}
	return nil
}

func (t *step) pointsOf(sc *procedure.Score, k *procedure.Criterion, typed map[string]any) (int64, *fault.Fault) {
	if k.Rule == "" {
		n, ok := typed[sc.Question(k)].(int64)
		if !ok {
			return 0, fault.New(fault.Invalid, "casework.score_points", "criterion", k.Title).At(sc.Question(k))
		}
		return n, nil
	}
	r := t.d.Rule(k.Rule, rule.Int)
	v, is, err := r.Value(t.input())
	n, ok := v.(int64)
	if err != nil || is == rule.Unknown || !ok {
		return 0, fault.New(fault.Refused, "casework.score_unknown", "criterion", k.Title, "missing", t.titles(r.Uses()))
	}
	return min(max(n, 0), procedure.MaxPoints), nil
}

// asked reads the answers to an act's own questions; anything it does not ask is refused by name.
func (t *step) asked(a *procedure.Action, raw map[string]any) (map[string]any, error) {
	out := map[string]any{}
	var faults []*fault.Fault
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		f := t.d.Ask(a, name)
		if f == nil || t.d.Fact(name) != nil {
			faults = append(faults, fault.New(fault.Invalid, "casework.not_asked", "fact", name).At(name))
			continue
		}
		v, flt := procedure.Coerce(f, raw[name])
		if flt != nil {
			faults = append(faults, flt.At(name))
		}
		out[name] = v
	}
	if len(faults) > 0 {
		return nil, fault.New(fault.Invalid, "casework.form", "count", len(faults)).With(faults...)
	}
	return out, nil
}

// ScoreView is a score as one caller may see it. Others' points stay hidden until a blind score is complete.
type ScoreView struct {
	ID        string        `json:"id"`
	Title     locale.Text   `json:"title"`
	Given     int           `json:"given"`
	Need      int           `json:"need"`
	Conflicts int           `json:"conflicts"`
	Complete  bool          `json:"complete"`
	Mean      int64         `json:"mean"` // basis points, 0 until complete
	Scorings  []ScoringView `json:"scorings"`
}

// ScoringView is one person's points by criterion, in the score's order.
type ScoringView struct {
	Person   string      `json:"person"`
	Role     string      `json:"role"`
	At       int64       `json:"at"`
	Mine     bool        `json:"mine"`
	Conflict bool        `json:"conflict"`
	Points   []PointView `json:"points,omitempty"`
}

// PointView is the points of one criterion.
type PointView struct {
	Criterion string      `json:"criterion"`
	Title     locale.Text `json:"title"`
	Points    int64       `json:"points"`
}

// scores are shown to those who see what they come to; one's own points are always one's own to see.
func (l *looker) scores() []ScoreView {
	out := []ScoreView{}
	for _, sc := range l.d.Scores {
		if !l.sees(sc.Fact()) || !slices.ContainsFunc(l.s.Scorings, func(g Scoring) bool { return g.Score == sc.ID && !g.Void }) {
			continue
		}
		tally := StandingOf(sc, l.s.Scorings)
		v := ScoreView{ID: sc.ID, Title: sc.Title, Given: tally.Given, Need: tally.Need, Complete: tally.Complete, Scorings: []ScoringView{}}
		if tally.Complete {
			v.Mean = tally.Mean
		}
		for _, g := range l.s.Scorings {
			if g.Score != sc.ID || g.Void {
				continue
			}
			if g.Conflict {
				v.Conflicts++
			}
			mine := g.Person == l.who.Actor.Person
			if mine || tally.Complete || !sc.Blind {
				v.Scorings = append(v.Scorings, scoringView(sc, g, mine))
			}
		}
		out = append(out, v)
	}
	return out
}

func scoringView(sc *procedure.Score, g Scoring, mine bool) ScoringView {
	v := ScoringView{Person: g.Person, Role: g.Role, At: g.At, Mine: mine, Conflict: g.Conflict}
	for _, k := range sc.Criteria {
		if n, ok := g.Points[k.ID]; ok {
			v.Points = append(v.Points, PointView{Criterion: k.ID, Title: k.Title, Points: n})
		}
	}
	return v
}

// scoreForm is the page of a scoring.
func (l *looker) scoreForm(sc *procedure.Score) *FormView {
	form, facts := sc.Form()
	v := &FormView{ID: form.ID, Title: form.Title}
	for _, p := range form.Pages {
		pv := PageView{ID: p.ID, Title: p.Title}
		for i, q := range p.Fields {
			pv.Fields = append(pv.Fields, l.field(q, facts[i]))
		}
		v.Pages = append(v.Pages, pv)
	}
	return v
}
