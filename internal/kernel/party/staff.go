package party

import (
	"context"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
)

// Staffer is a person of the province's bodies with the terms they hold and held.
type Staffer struct {
	Person, Name string
	Account      bool // has a login; told for one person only
	Terms        []HeldMembership
}

// The kinds of entries that acts on people leave in the journal, in a chain of the person's own.
const (
	entryAppointed   = "people.appointed"
	entryEnded       = "people.ended"
	entryReissued    = "people.reissued"
	entryReissuedAll = "people.reissued_all" // the second factor too
)

// Staff lists the persons of the province's bodies whose name holds the words of query, in order of body and role. Only
// who may read the users register.
func (s *Service) Staff(ctx context.Context, by access.Principal, query string) ([]Staffer, error) {
	if err := access.Authorize(by, usersResource, "read"); err != nil {
		return nil, err
	}
	var terms []HeldMembership
	err := s.cfg.Read(ctx, func(ctx context.Context, t Tx) (err error) {
		terms, err = t.StaffTerms(ctx, by.Province)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := grouped(terms)
	ids := make([]string, len(out))
	for i := range out {
		ids[i] = out[i].Person
	}
	names, err := s.Names(ctx, ids)
	for i := range out {
		out[i].Name = names[out[i].Person]
	}
	return slices.DeleteFunc(out, func(p Staffer) bool { return !p.matches(query) }), err
}

func grouped(terms []HeldMembership) (out []Staffer) {
	at := map[string]int{}
	for _, m := range terms {
		i, ok := at[m.Person]
		if !ok {
			i = len(out)
			at[m.Person], out = i, append(out, Staffer{Person: m.Person})
		}
		out[i].Terms = append(out[i].Terms, m)
	}
	return out
}

// matches reports whether every word of the query stands in the name, the body's name or a role's title.
func (p Staffer) matches(query string) bool {
	all := p.Name
	for _, m := range p.Terms {
		all += " " + m.BodyName.FA + " " + m.BodyName.EN + " " + m.title() + " " + m.Role
	}
	all = text.Fold(all)
	for _, w := range strings.Fields(text.Fold(query)) {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}

// Staffer gives one person of the province's bodies; not_found party.no_person for anybody else.
func (s *Service) Staffer(ctx context.Context, by access.Principal, person string) (Staffer, error) {
	if err := access.Authorize(by, usersResource, "read"); err != nil {
		return Staffer{}, err
	}
	out := Staffer{Person: person}
	err := s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		terms, err := staffTerms(ctx, t, by.Province, person)
		if err != nil {
			return err
		}
		c, err := credential(ctx, t, person, KindPassword)
		out.Terms, out.Account = terms, c != nil
		return err
	})
	if err != nil {
		return Staffer{}, err
	}
	names, err := s.Names(ctx, []string{person})
	out.Name = names[person]
	return out, err
}

// staffTerms gives what a person holds and held in bodies of the province; not_found party.no_person when nothing.
func staffTerms(ctx context.Context, t Tx, province, person string) ([]HeldMembership, error) {
	all, err := t.MembershipsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(m HeldMembership) bool { return m.Province != province || m.Unit != "" })
	if len(all) == 0 {
		return nil, fault.New(fault.NotFound, "party.no_person", "person", person)
	}
	return all, nil
}

// BodiesIn lists the bodies of the principal's province, national ones included.
func (s *Service) BodiesIn(ctx context.Context, by access.Principal) (out []Body, err error) {
	if err := access.Authorize(by, usersResource, "read"); err != nil {
		return nil, err
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		out, err = t.BodiesIn(ctx, by.Province)
		return err
	})
	return out, err
}

func inProvince(ctx context.Context, t Tx, province, body string) error {
	found, err := t.BodiesByID(ctx, []string{body})
	if err == nil && (len(found) == 0 || found[0].Province != province && found[0].Province != "") {
		err = fault.New(fault.Invalid, "party.no_body").At("body")
	}
	return err
}

// EndTerm ends a term of a person of the province's bodies now and journals it. Only who manages users may, never their
// own.
func (s *Service) EndTerm(ctx context.Context, by access.Principal, membership string) error {
	if err := access.Authorize(by, usersResource, "manage"); err != nil {
		return err
	}
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		person, err := t.EndMembership(ctx, by.Province, membership, s.now().UnixMicro())
		if err != nil {
			return err
		}
		if person == by.Person {
			return fault.New(fault.Forbidden, "party.own_term")
		}
		return s.record(ctx, t, by, entryEnded, person, membership)
	})
}

// record journals an act on a person: who did it, what, and the term it is about. Ids only, so that nothing personal
// stands in the leaf and no body is needed.
func (s *Service) record(ctx context.Context, t Tx, by access.Principal, kind, person, cause string) error {
	return t.Record(ctx, journal.Leaf{
		Province: by.Province, Case: journal.PersonKey(person), Kind: kind, At: s.now().UnixMicro(), Actor: by.Person, Cause: cause,
	})
}
