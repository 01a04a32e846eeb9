package casework

import (
	"context"
	"slices"

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

// List gives one page of the cases the caller may see: the query's scopes are the caller's, whatever it asked for.
func (g *Engine) List(ctx context.Context, who Caller, q Query) (Page, error) {
	defs, err := g.Defs.All(ctx)
	if err != nil {
		return Page{}, err
	}
	q.Province = who.Grants.Province
	if q.Limit <= 0 || q.Limit > maxPage {
		q.Limit = defaultPage
	}
	var page Page
	err = g.Read(ctx, func(ctx context.Context, r Reader) error {
		heard, err := g.hear(ctx, r, who)
		if err != nil {
			return err
		}
		if q.Scopes = Scopes(defs, heard); len(q.Scopes) == 0 {
			return nil
		}
		page, err = r.ListCases(ctx, q)
		return err
	})
	return page, err
}

const (
	defaultPage = 50
	maxPage     = 200
)
