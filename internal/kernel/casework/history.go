package casework

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// Claim is what a sheet says of a case: that it has reached a step of the funnel. It confirms nothing; the act itself
// does. Amount is rial, 0 where the sheet gives none; On is civil, "" where it gives no day.
type Claim struct {
	Step   string `json:"step"`
	Amount int64  `json:"amount,omitempty"`
	On     string `json:"on,omitempty"`
	Sheet  string `json:"sheet"`
}

// History is a case as a sheet tells it. Case is its id, made of what tells it apart from others, so that the same
// history is the same case. A case that is there already takes only the claims. Sheet names the import.
type History struct {
	Case, Procedure, Unit, Sheet string
	Facts                        map[string]any    // opening only
	Parties                      map[string]string // relation → subject; opening only
	Claims                       []Claim
	Note                         string
}

// Taken is what became of a history: whether it opened the case, and whether it claimed anything new.
type Taken struct {
	Case           string
	Opened, Claims bool
}

// TakeHistory writes histories on the word of the person who gives the sheet, in the caller's transaction. Giving them
// again writes nothing. A claim replaces the former claim of its step; a step that is confirmed takes none. Faults:
// refused casework.no_history for a procedure that takes none, invalid for facts that are none of its.
func (g *Engine) TakeHistory(ctx context.Context, tx Tx, province, person string, list []History) (out []Taken, err error) {
	who := System(province)
	who.Actor.Person = person
	for i := range list {
		r := &run{g: g, ctx: ctx, tx: tx, who: who, key: ReplayKey{Province: province, Actor: person, Key: list[i].Sheet}}
		t, err := r.history(&list[i])
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// TakesHistory refuses a procedure that is not in force, or that takes no cases of the past.
func (g *Engine) TakesHistory(ctx context.Context, id string) error {
	d, err := g.Defs.At(ctx, id, g.Clock.Now().UnixMicro())
	if err != nil {
		return err
	}
	_, err = openingStage(d, Command{History: &History{}})
	return err
}

func (r *run) history(h *History) (Taken, error) {
	s, d, err := r.load(h.Case)
	if fault.Is(err, fault.NotFound) {
		return r.openHistory(h)
	}
	if err != nil {
		return Taken{}, err
	}
	news := newClaims(d, s, h.Claims)
	if len(news) == 0 {
		return Taken{Case: s.ID}, nil
	}
	env, err := r.env(d, s, nil, Command{Key: h.Sheet})
	if err != nil {
		return Taken{}, err
	}
	t := begin(d, s, Command{Key: h.Sheet, Note: h.Note}, env)
	t.e.Kind = KindImported
	t.claim(news)
	if h.Note != "" {
		t.setNote(h.Note)
	}
	_, err = r.write(d, s, t.e)
	return Taken{Case: s.ID, Claims: true}, err
}

func (r *run) openHistory(h *History) (Taken, error) {
	d, err := r.g.Defs.At(r.ctx, h.Procedure, r.now())
	if err != nil {
		return Taken{}, err
	}
	_, _, err = r.start(d, Command{Key: h.Sheet, Procedure: h.Procedure, Unit: h.Unit, Facts: h.Facts, Note: h.Note, History: h}, h.Case)
	return Taken{Case: h.Case, Opened: true, Claims: true}, err
}

// newClaims are those that the case does not have in the same words, of steps that no act has confirmed.
func newClaims(d *procedure.Definition, s *State, claims []Claim) (out []Claim) {
	for _, c := range claims {
		st := funnelStep(d, c.Step)
		if st == nil || len(s.Actors[st.Action]) > 0 || slices.ContainsFunc(s.Claims, func(o Claim) bool { return sameClaim(o, c) }) {
			continue
		}
		out = append(out, c)
	}
	return out
}

// sameClaim holds when a sheet says nothing that the former did not: a blank amount or day says nothing.
func sameClaim(old, c Claim) bool {
	return old.Step == c.Step && (c.Amount == 0 || c.Amount == old.Amount) && (c.On == "" || c.On == old.On)
}

func funnelStep(d *procedure.Definition, id string) *procedure.Step {
	if d.Funnel == nil {
		return nil
	}
	i := slices.IndexFunc(d.Funnel.Steps, func(s *procedure.Step) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return d.Funnel.Steps[i]
}

// claim writes claims down; of two on one step the later stands, and what it leaves blank is kept.
func (t *step) claim(claims []Claim) {
	for _, c := range claims {
		if i := slices.IndexFunc(t.s.Claims, func(o Claim) bool { return o.Step == c.Step }); i >= 0 {
			old := t.s.Claims[i]
			if c.Amount == 0 {
				c.Amount = old.Amount
			}
			if c.On == "" {
				c.On = old.On
			}
		}
		t.add(Change{Claim: &c})
	}
}

// fold of a claim: one of each step.
func (s *State) claim(c Claim) {
	if i := slices.IndexFunc(s.Claims, func(o Claim) bool { return o.Step == c.Step }); i >= 0 {
		s.Claims[i] = c
		return
	}
	s.Claims = append(s.Claims, c)
}

// past gives a history's opening its parties, claims and note.
func (t *step) past(h *History) error {
	t.e.Kind = KindImported
	for _, relation := range slices.Sorted(maps.Keys(h.Parties)) {
		if !slices.ContainsFunc(t.d.Relations, func(r *procedure.Relation) bool { return r.ID == relation }) {
			return fault.New(fault.Invalid, "casework.no_relation", "relation", relation)
		}
		if s := h.Parties[relation]; s != "" {
			t.add(Change{Bind: &BindChange{Relation: relation, Subject: s}})
		}
	}
	t.claim(h.Claims)
	if h.Note != "" {
		t.setNote(h.Note)
	}
	return nil
}

// openingStage is where a case begins: one of the past where its procedure says, any other in the start stage.
func openingStage(d *procedure.Definition, c Command) (*procedure.Stage, error) {
	if c.History != nil {
		if st := d.HistoryStage(); st != nil {
			return st, nil
		}
		return nil, fault.New(fault.Refused, "casework.no_history", "procedure", d.Title)
	}
	if st := startStage(d); st != nil {
		return st, nil
	}
	return nil, fault.New(fault.Internal, "casework.no_start", "procedure", d.ID)
}

// Told is a case as a sheet's row is compared with it. Confirmed gives the amount of each step that an act confirmed.
type Told struct {
	*State
	Confirmed map[string]int64
}

// CasesOf gives the cases of a unit in a procedure, opened, the latest first.
func (g *Engine) CasesOf(ctx context.Context, province, procedure, unit string) (out []Told, err error) {
	err = g.Read(ctx, func(ctx context.Context, tx Reader) error {
		page, err := tx.ListCases(ctx, Query{Province: province, Procedure: procedure, Unit: unit, Scopes: []Scope{{Procedure: procedure}}, Sort: "opened", Limit: casesOfUnit})
		if err != nil {
			return err
		}
		r := &run{g: g, ctx: ctx, tx: tx, who: System(province), key: ReplayKey{Province: province}}
		out = nil
		for _, row := range page.Rows {
			s, d, err := r.load(row.ID)
			if err != nil {
				return fmt.Errorf("case %s of unit %s: %w", row.ID, unit, err)
			}
			out = append(out, Told{s, confirmed(d, s)})
		}
		return nil
	})
	return out, err
}

func confirmed(d *procedure.Definition, s *State) map[string]int64 {
	out := map[string]int64{}
	if d.Funnel == nil {
		return out
	}
	for _, st := range d.Funnel.Steps {
		if len(s.Actors[st.Action]) > 0 {
			out[st.ID], _ = s.Facts[st.Amount].V.(int64)
		}
	}
	return out
}

// claims are shown to who sees the amount of their step.
func (l *looker) claims() (out []ClaimView) {
	for _, c := range l.s.Claims {
		st := funnelStep(l.d, c.Step)
		if st != nil && len(l.s.Actors[st.Action]) == 0 && l.sees(st.Amount) {
			out = append(out, ClaimView{Step: c.Step, Title: st.Title, Amount: c.Amount, On: c.On})
		}
	}
	return out
}

// sourceSheet is where a fact of imported history comes from.
const sourceSheet = "sheet"

// casesOfUnit bounds how many cases of one unit a row is compared with.
const casesOfUnit = 200
