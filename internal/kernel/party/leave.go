package party

import (
	"context"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
)

// Leave says that an officer is away for a term and who stands in: Absent and Substitute are memberships of one role in
// one body. The substitute looks after the absent officer's cases and is told what the officer would be told; power to
// decide or sign is given by a delegation only. Days are civil, the first and the last included; Ended is µs.
type Leave struct {
	Province, ID       string
	Absent, Substitute string
	Document           string
	From, To           string
	Ended              int64
}

// Leaves keeps who is away.
type Leaves interface {
	InsertLeave(ctx context.Context, l Leave) error
	// EndLeave ends a leave at an instant; not_found party.no_leave.
	EndLeave(ctx context.Context, province, id string, now int64) error
	// LeavesOf gives the leaves in which a membership is away or stands in, past too.
	LeavesOf(ctx context.Context, province, membership string) ([]Leave, error)
	LeavesIn(ctx context.Context, province string) ([]Leave, error)
}

// The kinds of entries that leaves and their ends leave in the chain of the person away.
const (
	entryLeave      = "people.leave"
	entryLeaveEnded = "people.leave_ended"
)

// Colleague is a running term in the principal's own body: who, as what, and who stands in while they are away.
type Colleague struct {
	Membership, Person, Name, Role string
	Away                           *Leave
	Instead                        string // name of the substitute while away
}

const leavesResource = "leaves"

// overlaps reports whether a leave that was not ended covers a day of the term.
func (l Leave) overlaps(from, to string) bool {
	return l.Ended == 0 && l.From <= to && from <= l.To
}

// Colleagues lists the officers of the principal's body with a running term, in order of role and name. Only who
// assigns cases may.
func (s *Service) Colleagues(ctx context.Context, by access.Principal) ([]Colleague, error) {
	if err := access.Authorize(by, "cases", "assign"); err != nil {
		return nil, err
	}
	var terms []HeldMembership
	var leaves []Leave
	err := s.cfg.Read(ctx, func(ctx context.Context, t Tx) (err error) {
		if terms, err = s.officers(ctx, t, by); err != nil {
			return err
		}
		leaves, err = t.LeavesIn(ctx, by.Province)
		return err
	})
	if err != nil {
		return nil, err
	}
	ids, person := make([]string, len(terms)), map[string]string{}
	for i, m := range terms {
		ids[i], person[m.ID] = m.Person, m.Person
	}
	names, err := s.Names(ctx, ids)
	day := today(s.now())
	var out []Colleague
	for _, m := range terms {
		c := Colleague{Membership: m.ID, Person: m.Person, Name: names[m.Person], Role: m.Role}
		if i := slices.IndexFunc(leaves, func(l Leave) bool { return l.Absent == m.ID && l.overlaps(day, day) }); i >= 0 {
			c.Away, c.Instead = &leaves[i], names[person[leaves[i].Substitute]]
		}
		out = append(out, c)
	}
	return out, err
}

// officers gives the running terms in the principal's body.
func (s *Service) officers(ctx context.Context, t Tx, by access.Principal) ([]HeldMembership, error) {
	terms, err := t.StaffTerms(ctx, by.Province)
	now := s.now()
	return slices.DeleteFunc(terms, func(m HeldMembership) bool { return m.Body != by.Body || !m.Current(now) }), err
}

// AddLeave enters a leave and journals it. Faults name their field: party.leave_term, party.leave_officer,
// party.substitute (another role or body, the absent officer), party.substitute_away.
func (s *Service) AddLeave(ctx context.Context, by access.Principal, l Leave) error {
	if err := access.Authorize(by, leavesResource, "manage"); err != nil {
		return err
	}
	if l.From == "" || l.To == "" || l.To < l.From {
		return fault.New(fault.Invalid, "party.leave_term").At("to")
	}
	if err := checkTerm(l.From, l.To); err != nil {
		return err
	}
	l.Province, l.Ended = by.Province, 0
	draw(&l.ID)
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		person, err := s.checkLeave(ctx, t, by, l)
		if err != nil {
			return err
		}
		if err := t.InsertLeave(ctx, l); err != nil {
			return err
		}
		return s.record(ctx, t, by, entryLeave, person, l.ID)
	})
}

// checkLeave wants two officers of one role in the principal's body, neither away already; it gives the absent person.
func (s *Service) checkLeave(ctx context.Context, t Tx, by access.Principal, l Leave) (string, error) {
	terms, err := s.officers(ctx, t, by)
	if err != nil {
		return "", err
	}
	find := func(id string) int { return slices.IndexFunc(terms, func(m HeldMembership) bool { return m.ID == id }) }
	a, b := find(l.Absent), find(l.Substitute)
	switch {
	case a < 0:
		return "", fault.New(fault.Invalid, "party.leave_officer").At("absent")
	case b < 0 || a == b || terms[a].Person == terms[b].Person || terms[a].Role != terms[b].Role:
		return "", fault.New(fault.Invalid, "party.substitute").At("substitute")
	}
	all, err := t.LeavesIn(ctx, by.Province)
	for _, o := range all {
		if !o.overlaps(l.From, l.To) {
			continue
		}
		switch {
		case o.Absent == l.Absent:
			return "", fault.New(fault.Invalid, "party.leave_twice").At("absent")
		case o.Absent == l.Substitute, o.Substitute == l.Absent:
			return "", fault.New(fault.Invalid, "party.substitute_away").At("substitute")
		}
	}
	return terms[a].Person, err
}

// EndLeave ends a leave now, as when the officer is back early, and journals it.
func (s *Service) EndLeave(ctx context.Context, by access.Principal, id string) error {
	if err := access.Authorize(by, leavesResource, "manage"); err != nil {
		return err
	}
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		all, err := t.LeavesIn(ctx, by.Province)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(l Leave) bool { return l.ID == id })
		if i < 0 {
			return fault.New(fault.NotFound, "party.no_leave", "leave", id)
		}
		away, err := t.MembershipByID(ctx, by.Province, all[i].Absent)
		if err != nil {
			return err
		}
		if away.Body != by.Body {
			return fault.New(fault.NotFound, "party.no_leave", "leave", id)
		}
		if err := t.EndLeave(ctx, by.Province, id, s.now().UnixMicro()); err != nil {
			return err
		}
		return s.record(ctx, t, by, entryLeaveEnded, away.Person, id)
	})
}

// AwayLine is a leave with the names of the two.
type AwayLine struct {
	Leave
	Name, Instead, Role string
	Running             bool // not ended, and its last day is not past
}

// Away lists the leaves of the principal's body, the latest first.
func (s *Service) Away(ctx context.Context, by access.Principal) ([]AwayLine, error) {
	if err := access.Authorize(by, leavesResource, "manage"); err != nil {
		return nil, err
	}
	var out []AwayLine
	var ids []string
	var pairs [][2]string
	err := s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		terms, err := t.StaffTerms(ctx, by.Province)
		if err != nil {
			return err
		}
		at := map[string]HeldMembership{}
		for _, m := range terms {
			at[m.ID] = m
		}
		all, err := t.LeavesIn(ctx, by.Province)
		for _, l := range all {
			if a := at[l.Absent]; a.Body == by.Body {
				out = append(out, AwayLine{Leave: l, Role: a.Role, Running: l.Ended == 0 && today(s.now()) <= l.To})
				pairs = append(pairs, [2]string{a.Person, at[l.Substitute].Person})
				ids = append(ids, a.Person, at[l.Substitute].Person)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	names, err := s.Names(ctx, ids)
	for i, p := range pairs {
		out[i].Name, out[i].Instead = names[p[0]], names[p[1]]
	}
	return out, err
}

// standsFor gives the persons whose cases a term looks after today.
func (s *Service) standsFor(ctx context.Context, t Tx, m HeldMembership) (out []string, err error) {
	all, err := t.LeavesOf(ctx, m.Province, m.ID)
	day := today(s.now())
	for _, l := range all {
		if l.Substitute != m.ID || !l.overlaps(day, day) {
			continue
		}
		away, err := t.MembershipByID(ctx, l.Province, l.Absent)
		if err != nil {
			return nil, err
		}
		out = append(out, away.Person)
	}
	return out, err
}
