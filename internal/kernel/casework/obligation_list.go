package casework

import (
	"context"

	"rahgosha/internal/kernel/procedure"
)

// Owed is one line of somebody's list: an obligation whose next act is Role's (of Subject, where it is one's own).
type Owed struct {
	Key, Role, Subject, State string
	Due                       int64
}

// owedOf gives whom the obligations and opinions of a case wait for: the owner while open, then each role that sees to it;
// whoever is asked for an opinion. It is nil of a case that never had one.
func owedOf(d *procedure.Definition, s *State) []Owed {
	if len(s.Obligations)+len(s.Opinions) == 0 {
		return nil
	}
	out := append([]Owed{}, askedOf(d, s)...)
	for _, x := range s.Obligations {
		o, due := d.ObligationOf(x.Key), int64(0)
		if k := s.Clocks[x.Key]; k != nil {
			due = k.Due
		}
		switch {
		case x.State == ObligationOpen:
			out = append(out, Owed{x.Key, x.Owner, x.Subject, x.State, due})
		case x.State == ObligationClaimed && o != nil:
			for _, role := range o.Confirm {
				out = append(out, Owed{x.Key, role, "", x.State, due})
			}
		}
	}
	return out
}

// OwedQuery asks for what waits for one caller, what is due first comes first.
type OwedQuery struct {
	Province, Role string
	Subjects       []string
	Scopes         []Scope
	OwedFilter
	After string // cursor
	Limit int
}

// OwedFilter narrows such a list; a zero field asks for all.
type OwedFilter struct {
	State  string // open, claimed, asked
	Holder string // the unit, person or body by whose name it stands
	Before int64  // µs: due before this instant
	Since  int64  // µs: of cases that changed later
}

// OwedRow is one obligation in a list, with its case.
type OwedRow struct {
	Owed
	Case Row
	View ObligationView
}

// OwedPage is one page of it.
type OwedPage struct {
	Rows  []OwedRow
	Next  string
	Total int64
}

// OwedBy gives one page of the obligations whose next act is the caller's, its own and those it has to see to, of those that
// a filter asks for.
func (g *Engine) OwedBy(ctx context.Context, who Caller, f OwedFilter, after string, limit int) (OwedPage, error) {
	if limit <= 0 || limit > maxPage {
		limit = defaultPage
	}
	var page OwedPage
	err := g.listing(ctx, who, func(ctx context.Context, l *listing) (err error) {
		gr := l.who.Grants
		q := OwedQuery{
			Province: gr.Province, Role: l.who.Actor.Role, Subjects: present(gr.Unit, gr.Person, gr.Body),
			Scopes: Scopes(l.defs, l.who), OwedFilter: f, After: after, Limit: limit,
		}
		if len(q.Scopes) == 0 {
			return nil
		}
		if page, err = l.r.ListOwed(ctx, q); err != nil {
			return err
		}
		return g.owed(ctx, l, page.Rows)
	})
	return page, err
}

// owed fills a page's lines from their cases.
func (g *Engine) owed(ctx context.Context, l *listing, rows []OwedRow) error {
	r := &run{g: g, ctx: ctx, tx: l.r, who: l.who, key: ReplayKey{Province: l.who.Grants.Province}}
	lookers := map[string]*looker{}
	for i := range rows {
		x := &rows[i]
		k := lookers[x.Case.ID]
		if k == nil {
			s, d, err := r.load(x.Case.ID)
			if err != nil {
				return err
			}
			env, err := r.around(d, s, Command{})
			if err != nil {
				return err
			}
			k = &looker{d: d, s: s, who: l.who, role: d.Role(l.who.Actor.Role), env: env}
			lookers[x.Case.ID] = k
		}
		if o := k.s.obligation(x.Key); o != nil {
			x.View = k.obligation(*o)
		}
		if o := k.s.opinion(x.Key); o != nil {
			x.View = k.askedFor(*o)
		}
		l.shown(&x.Case)
	}
	return nil
}
