package casework

import (
	"context"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// Scopes gives the ways in which a caller may see cases, over the definitions in force and those that cases still run on.
// An empty list sees nothing.
func Scopes(defs []*procedure.Definition, who Caller) []Scope {
	var out []Scope
	for _, d := range defs {
		sc, ok := scopeOf(d, who)
		if ok && !slices.Contains(out, sc) {
			out = append(out, sc)
		}
	}
	return out
}

func scopeOf(d *procedure.Definition, who Caller) (Scope, bool) {
	r := d.Role(who.Actor.Role)
	if r == nil {
		return Scope{}, false
	}
	sc := Scope{Procedure: d.ID}
	if mute(d, who.Actor, who.Grants) {
		return Scope{Procedure: d.ID, Relation: OpenerRelation, Subject: who.Grants.Person}, who.Grants.Person != ""
	}
	if r.Relation != "" {
		sc.Relation = r.Relation
		switch relationAs(d, r.Relation) {
		case "unit":
			sc.Subject = who.Grants.Unit
		case "person":
			sc.Subject = who.Grants.Person
		case "body":
			sc.Subject = who.Grants.Body
		}
		return sc, sc.Subject != ""
	}
	switch r.Scope {
	case "province":
		return sc, true
	case "county":
		sc.County = who.Grants.County
		return sc, sc.County != ""
	default:
		return Scope{}, false
	}
}

// List gives one page of the cases the caller may see: the query's scopes are the caller's, whatever it asked for. What
// the caller's role may not read of a case is left out of its row.
func (g *Engine) List(ctx context.Context, who Caller, q Query) (Page, error) {
	if q.Limit <= 0 || q.Limit > maxPage {
		q.Limit = defaultPage
	}
	var page Page
	err := g.listing(ctx, who, func(ctx context.Context, l *listing) (err error) {
		page, err = l.page(ctx, q)
		return err
	})
	return page, err
}

// Each gives every case of a query, in its order, page by page from one snapshot. More than most are refused before the
// first is given: casework.too_many_rows.
func (g *Engine) Each(ctx context.Context, who Caller, q Query, most int64, each func(ctx context.Context, rows []Row) error) error {
	return g.listing(ctx, who, func(ctx context.Context, l *listing) error {
		q.Limit, q.Total, q.After = eachPage, true, ""
		for {
			page, err := l.page(ctx, q)
			if err != nil {
				return err
			}
			if q.Total && page.Total > most {
				return fault.New(fault.Refused, "casework.too_many_rows", "n", page.Total, "most", most)
			}
			if err := each(ctx, page.Rows); err != nil || page.Next == "" {
				return err
			}
			q.Total, q.After = false, page.Next
		}
	})
}

const (
	defaultPage = 50
	maxPage     = 200
	eachPage    = 500
)

// listing lists cases for one caller from one snapshot.
type listing struct {
	r    Reader
	who  Caller // heard
	defs []*procedure.Definition
	by   map[string]*procedure.Definition
}

func (g *Engine) listing(ctx context.Context, who Caller, do func(context.Context, *listing) error) error {
	defs, err := g.Defs.All(ctx)
	if err != nil {
		return err
	}
	l := &listing{defs: defs, by: map[string]*procedure.Definition{}}
	for _, d := range defs {
		l.by[d.Hash] = d
	}
	return g.Read(ctx, func(ctx context.Context, r Reader) error {
		l.r = r
		if l.who, err = g.hear(ctx, r, who); err != nil {
			return err
		}
		return do(ctx, l)
	})
}

func (l *listing) page(ctx context.Context, q Query) (Page, error) {
	q.Province = l.who.Grants.Province
	if q.Scopes = Scopes(l.defs, l.who); len(q.Scopes) == 0 {
		return Page{}, nil
	}
	if q.Sort == sortAmount && !SeesAmounts(l.defs, l.who.Actor.Role) {
		q.Sort = "" // an order by what one may not read would tell it
	}
	page, err := l.r.ListCases(ctx, q)
	for i := range page.Rows {
		l.shown(&page.Rows[i])
	}
	return page, err
}

const sortAmount = "amount"

// amountFact is the fact that a case's amount in lists is: the first sum that is asked.
func amountFact(d *procedure.Definition) *procedure.Fact {
	i := slices.IndexFunc(d.Facts, func(f *procedure.Fact) bool { return f.Type == "money" && f.Source == procedure.SourceAsked })
	if i < 0 {
		return nil
	}
	return d.Facts[i]
}

// SeesAmounts reports whether a role may read the amounts of all the cases it may see.
func SeesAmounts(defs []*procedure.Definition, role string) bool {
	return !slices.ContainsFunc(defs, func(d *procedure.Definition) bool {
		f := amountFact(d)
		return f != nil && d.Role(role) != nil && !SeesFact(d, role, f)
	})
}

// shown takes from a row what the caller's role may not read.
func (l *listing) shown(r *Row) {
	d := l.by[r.Definition]
	if d == nil {
		return
	}
	role := l.who.Actor.Role
	if !SeesFact(d, role, amountFact(d)) {
		r.Amount = 0
	}
	for fact, column := range map[string]*string{"unit.name": &r.UnitName, "unit.county": &r.County} {
		if f := d.Fact(fact); f != nil && !SeesFact(d, role, f) {
			*column = ""
		}
	}
}
