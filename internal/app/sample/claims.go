package sample

import (
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
)

// claim makes a person's claim to speak for the unit they act for, with a document that they put.
func (f *filler) claim(p access.Principal) (registry.Claim, error) {
	paper := strings.NewReplacer("{unit}", p.Unit, "{person}", p.Person).Replace(say("gazette"))
	ref, err := f.Document.Put(f.ctx, f.Province, p.Person, "gazette.txt", strings.NewReader(paper))
	if err != nil {
		return registry.Claim{}, err
	}
	return f.Registry.MakeClaim(f.ctx, registry.Claim{
		Province: f.Province, Unit: p.Unit, Person: p.Person, Post: p.Role, Evidence: ref.Hash,
	})
}

// speaks has a person's claim made, and verified by an expert.
func (f *filler) speaks(p access.Principal) error {
	c, err := f.claim(p)
	if err != nil {
		return err
	}
	_, err = f.Registry.DecideClaim(f.ctx, f.who["dir.expert"], registry.ClaimStep{ID: c.ID, State: registry.ClaimVerified})
	return err
}

// owner is who acts for a unit without an account of the demo.
func (f *filler) owner(unit string) access.Principal {
	return access.Principal{Person: "sample-owner-" + unit, Role: registry.PostCEO, Unit: unit, Province: f.Province}
}

// owners enters the people of the stories' units and has their claims verified.
func (f *filler) owners(q queue) error {
	units := map[string]bool{}
	for _, s := range q {
		units[s.unit.id] = true
	}
	for _, own := range []string{"unit.ceo", "unit.ceo.2"} {
		delete(units, f.who[own].Unit)
	}
	roster, ordered := party.Roster{}, slices.Sorted(maps.Keys(units))
	for _, unit := range ordered {
		roster.Persons = append(roster.Persons, party.Person{ID: f.owner(unit).Person, Name: f.name(), Sample: true})
	}
	if err := f.Party.Add(f.ctx, roster); err != nil {
		return err
	}
	for _, unit := range ordered {
		if err := f.speaks(f.owner(unit)); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) name() string { return pick(f.r, words().Given) + " " + pick(f.r, words().Family) }

// waiting leaves two claims in the experts' queue: on a unit that nobody speaks for, and on one that somebody does.
func (f *filler) waiting() error {
	free := f.owner(f.units[len(f.units)-1].id)
	rival := f.owner(f.units[1].id)
	if err := f.Party.Add(f.ctx, party.Roster{Persons: []party.Person{
		{ID: free.Person, Name: f.name(), Sample: true}, {ID: rival.Person, Name: f.name(), Sample: true},
	}}); err != nil {
		return err
	}
	for _, p := range []access.Principal{free, rival} {
		if _, err := f.claim(p); err != nil {
			return err
		}
	}
	return nil
}
