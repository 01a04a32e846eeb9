package privacy

import (
	"context"
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/party"
)

// Why something stays, or stops an erasure.
const (
	WhyOpen    = "open"    // a case is open
	WhyTime    = "time"    // the law keeps it until a day
	WhyHeld    = "held"    // an officer holds it
	WhySpeaks  = "speaks"  // others speak for the unit too, and the person still does
	WhyServes  = "serves"  // the person holds a post in a body
	WhyOthers  = "others"  // it names others, who are not erased
	WhyOfficer = "officer" // what the person did as an officer
)

// Line is something that an erasure meets. Number or name says what; Until is when its time is over, where there is one.
type Line struct {
	Why, Case, Name string
	Until           time.Time
}

// Text says it in words.
func (l Line) Text() locale.Text {
	if l.Why == WhyOthers || l.Why == WhyOfficer {
		return locale.Of("privacy.kept."+l.Why, map[string]any{"name": l.Name})
	}
	return locale.Of("privacy.why."+l.Why, map[string]any{"name": l.Name})
}

// Preview is what would be erased, what stays, and what stops it.
type Preview struct {
	Person, Name string
	What         What
	Cases        []Line // that go
	Units        []string
	Kept         []Line
	Stops        []Line
}

// Preview says what erasing a person would do. Only who may erase; not_found party.no_person, refused privacy.erased.
func (s *Service) Preview(ctx context.Context, by access.Principal, person string) (Preview, error) {
	if err := access.Authorize(by, resource, "erase"); err != nil {
		return Preview{}, err
	}
	return s.preview(access.AsServer(ctx), by.Province, person) // posts and claims in other provinces are the person's too
}

func (s *Service) preview(ctx context.Context, province, person string) (p Preview, err error) {
	m, err := s.meant(ctx, province, person)
	if err != nil {
		return p, err
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		p, err = s.weighed(ctx, tx, province, m)
		return err
	})
	return p, err
}

// meant is a person as an erasure means them: the words by which an officer knows them, and units that they own or speak for.
type meant struct {
	id, name string
	words    []string
	owned    []Owned
}

func (s *Service) meant(ctx context.Context, province, person string) (m meant, err error) {
	who, err := s.cfg.Known(ctx, person)
	if err != nil {
		return m, err
	}
	known, err := s.identified(ctx, province, person)
	if err != nil {
		return m, err
	}
	m, code := meant{id: person, name: who.Name}, ""
	if known {
		m.words, code = wordsOf(who.Name, who.NationalCode, who.Mobile), who.NationalCode
	}
	m.owned, err = s.cfg.Units(ctx, province, person, code)
	return m, err
}

// weighed says what erasing a person would do, as things stand in a transaction.
func (s *Service) weighed(ctx context.Context, tx Tx, province string, m meant) (Preview, error) {
	p := Preview{Person: m.id, Name: m.name, What: What{Person: m.id}}
	rows, err := tx.PersonRows(ctx, []string{m.id})
	if err != nil {
		return p, err
	}
	if len(rows) == 0 {
		return p, fault.New(fault.NotFound, "party.no_person", "person", m.id)
	}
	if rows[0].State == party.Erased {
		return p, fault.New(fault.Refused, "privacy.erased")
	}
	if err := here(ctx, tx, province, m.id); err != nil {
		return p, err
	}
	w := &weighing{s: s, tx: tx, province: province, p: &p, kept: map[string]bool{}}
	if err := w.all(ctx, m.owned); err != nil {
		return p, err
	}
	return p, w.mentions(ctx, m.words)
}

// here wants somebody who has to do with a province: who holds or held posts in others alone is theirs. Not_found party.no_person.
func here(ctx context.Context, tx Tx, province, person string) error {
	terms, err := tx.MembershipsOf(ctx, person)
	if err == nil && len(terms) > 0 && !slices.ContainsFunc(terms, func(m party.HeldMembership) bool { return m.Province == province }) {
		err = fault.New(fault.NotFound, "party.no_person", "person", person)
	}
	return err
}

// weighing gathers a preview.
type weighing struct {
	s        *Service
	tx       Tx
	province string
	p        *Preview
	kept     map[string]bool // units and documents that stay
}

func (w *weighing) all(ctx context.Context, owned []Owned) error {
	terms, err := w.tx.MembershipsOf(ctx, w.p.Person)
	if err != nil {
		return err
	}
	speaks := map[string]bool{}
	for _, m := range terms {
		switch now := m.Current(w.s.cfg.Clock.Now()); {
		case m.Unit != "":
			speaks[m.Unit] = now
		case now:
			w.p.Stops = append(w.p.Stops, Line{Why: WhyServes, Name: m.BodyName.FA})
		default:
			w.p.Kept = append(w.p.Kept, Line{Why: WhyOfficer, Name: m.BodyName.FA})
		}
	}
	cases, err := w.tx.CasesOfPerson(ctx, w.province, w.p.Person)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if err := w.weigh(ctx, c, speaks); err != nil {
			return err
		}
	}
	if err := w.units(ctx, owned); err != nil {
		return err
	}
	return w.papers(ctx)
}

// weigh says what becomes of a case.
func (w *weighing) weigh(ctx context.Context, c Case, speaks map[string]bool) error {
	line := Line{Case: c.ID, Name: c.Number}
	if line.Name == "" {
		line.Name = c.ID
	}
	others, err := w.others(ctx, c.Unit)
	if err != nil {
		return err
	}
	if line.Why, line.Until, err = w.s.keeps(ctx, w.tx, w.province, c); err != nil {
		return err
	}
	switch {
	case others && speaks[c.Unit]:
		line.Why = WhySpeaks
		w.p.Stops = append(w.p.Stops, line)
	case others:
		line.Why = WhyOthers
		w.p.Kept = append(w.p.Kept, line)
		return w.keep(ctx, c)
	case line.Why != "":
		w.p.Stops = append(w.p.Stops, line)
	default:
		w.p.What.Cases, w.p.Cases = append(w.p.What.Cases, c.ID), append(w.p.Cases, line)
	}
	return nil
}

// keep remembers what a case that stays needs.
func (w *weighing) keep(ctx context.Context, c Case) error {
	w.kept[c.Unit] = true
	hashes, err := w.s.cfg.Cases.DocumentsOf(ctx, w.tx, w.province, c.ID)
	for _, h := range hashes {
		w.kept[h] = true
	}
	return err
}

// others says whether somebody else, who is not erased, speaks or spoke for a unit.
func (w *weighing) others(ctx context.Context, unit string) (bool, error) {
	if unit == "" {
		return false, nil
	}
	all, err := w.tx.SpeakersOf(ctx, w.province, unit)
	return slices.ContainsFunc(all, func(id string) bool { return id != w.p.Person }), err
}

// units are those that go with the person: of the owner, where nobody else speaks for them.
func (w *weighing) units(ctx context.Context, owned []Owned) error {
	for _, u := range owned {
		others, err := w.others(ctx, u.ID)
		if err != nil {
			return err
		}
		switch {
		case !u.Goes: // a company's or somebody else's
		case others || w.kept[u.ID]:
			w.p.Kept = append(w.p.Kept, Line{Why: WhyOthers, Name: u.Name})
		default:
			w.p.What.Units = append(w.p.What.Units, Unit{u.ID, !u.Company})
			w.p.Units = append(w.p.Units, u.Name)
		}
	}
	return nil
}

// papers are what the person put and nobody else did, but for what cases that stay need.
func (w *weighing) papers(ctx context.Context) error {
	all, err := w.tx.PapersOf(ctx, w.province, w.p.Person)
	w.p.What.Documents = slices.DeleteFunc(all, func(h string) bool { return w.kept[h] })
	return err
}

// keeps says what keeps a case: that it is open, that somebody holds it, or that its time is not over.
func (s *Service) keeps(ctx context.Context, tx Tx, province string, c Case) (why string, end time.Time, err error) {
	if c.Outcome == "" {
		return WhyOpen, end, nil
	}
	holds, err := tx.Holds(ctx, province, c.ID)
	if err != nil {
		return "", end, err
	}
	d, err := s.cfg.Cases.Defs.ByHash(ctx, c.Definition)
	if err != nil {
		return "", end, err
	}
	end, declared := until(d, c)
	switch {
	case len(holds) > 0:
		return WhyHeld, end, nil
	case declared && s.cfg.Clock.Now().Before(end):
		return WhyTime, end, nil
	}
	return "", end, nil
}

// Ask asks for a person's erasure; another person carries it out. Faults: those of Preview, invalid privacy.basis and
// privacy.reason, forbidden privacy.own, conflict privacy.asked, refused privacy.stopped with each reason.
func (s *Service) Ask(ctx context.Context, by access.Principal, person, basis, reason string) (Erasure, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case person == by.Person:
		return Erasure{}, fault.New(fault.Forbidden, "privacy.own")
	case !slices.Contains(bases, basis):
		return Erasure{}, fault.New(fault.Invalid, "privacy.basis").At("basis")
	case reason == "":
		return Erasure{}, fault.New(fault.Invalid, "privacy.reason").At("reason")
	}
	p, err := s.Preview(ctx, by, person)
	if err != nil {
		return Erasure{}, err
	}
	if err := p.stopped(); err != nil {
		return Erasure{}, err
	}
	e := Erasure{Province: by.Province, ID: newID(), Kind: OfPerson, Subject: person, Basis: basis, State: Asked, AskedBy: by.Person, AskedAt: s.now(), What: What{Person: person}}
	return e, s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		waiting, err := tx.Erasures(ctx, by.Province, Asked, OfPerson)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(waiting, func(o Erasure) bool { return o.Subject == person }) {
			return fault.New(fault.Conflict, "privacy.asked")
		}
		if err := s.take(ctx, tx, by, person); err != nil {
			return err
		}
		if e.Reason, err = seal(ctx, tx, e.Province, e.ID, reason); err != nil {
			return err
		}
		if err := tx.SaveErasure(ctx, e); err != nil {
			return err
		}
		return tx.Record(ctx, journal.Leaf{Province: by.Province, Case: journal.PersonKey(person), Kind: "people.erase_asked", At: e.AskedAt, Actor: by.Person, Cause: e.ID})
	})
}

// stopped is the refusal that names what stops an erasure.
func (p Preview) stopped() error {
	if len(p.Stops) == 0 {
		return nil
	}
	var why []*fault.Fault
	for _, l := range p.Stops {
		why = append(why, fault.New(fault.Refused, "privacy.why."+l.Why, "name", l.Name))
	}
	return fault.New(fault.Refused, "privacy.stopped", "count", len(p.Stops)).With(why...)
}

// Decide carries an asked erasure out, or declines it, as it does a person's wish; forbidden privacy.two for who asked, and for the person themself.
func (s *Service) Decide(ctx context.Context, by access.Principal, id string, approve bool) (Erasure, error) {
	if err := access.Authorize(by, resource, "erase"); err != nil {
		return Erasure{}, err
	}
	ctx = access.AsServer(ctx)
	e, err := s.asked(ctx, by.Province, id)
	if err != nil {
		return e, err
	}
	if e.AskedBy == by.Person || e.Subject == by.Person {
		return e, fault.New(fault.Forbidden, "privacy.two")
	}
	if approve && e.State == Wished {
		return e, fault.New(fault.Refused, "privacy.only_wished")
	}
	before, m := e.State, meant{}
	e.DecidedBy, e.DecidedAt, e.State = by.Person, s.now(), Declined
	if approve {
		if m, err = s.meant(ctx, by.Province, e.Subject); err != nil {
			return e, err
		}
		e.State = Done
	}
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.Alone(ctx, "erasure of "+e.Subject); err != nil { // two decisions at once are one after the other
			return err
		}
		if still, err := find(ctx, tx, by.Province, id); err != nil || still.State != before {
			return firstOf(err, fault.New(fault.Conflict, "privacy.decided"))
		}
		if !approve {
			return s.record(ctx, tx, e, "people.erase_declined")
		}
		if e.What, err = s.settled(ctx, tx, by.Province, m); err != nil {
			return err
		}
		return s.carryOut(ctx, tx, e, false)
	})
	if err == nil && approve {
		err = s.cfg.Erased(ctx)
	}
	return e, err
}

// settled weighs an erasure in the transaction that carries it out: what somebody held, opened or put since the preview counts. Cases are
// locked first, as whoever holds one locks it.
func (s *Service) settled(ctx context.Context, tx Tx, province string, m meant) (What, error) {
	all, err := tx.CasesOfPerson(ctx, province, m.id)
	if err != nil {
		return What{}, err
	}
	slices.SortFunc(all, func(a, b Case) int { return strings.Compare(a.ID, b.ID) })
	for _, c := range all {
		if _, err := tx.LoadCase(ctx, province, c.ID); err != nil {
			return What{}, err
		}
	}
	p, err := s.weighed(ctx, tx, province, m)
	if err == nil {
		err = p.stopped()
	}
	return p.What, err
}

func firstOf(err error, f *fault.Fault) error {
	if err != nil {
		return err
	}
	return f
}

func (s *Service) asked(ctx context.Context, province, id string) (e Erasure, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		e, err = find(ctx, tx, province, id)
		return err
	})
	if err == nil && e.State != Asked && e.State != Wished {
		err = fault.New(fault.Conflict, "privacy.decided")
	}
	return e, err
}

func find(ctx context.Context, tx Tx, province, id string) (Erasure, error) {
	all, err := tx.Erasures(ctx, province, "", "")
	if err != nil {
		return Erasure{}, err
	}
	i := slices.IndexFunc(all, func(e Erasure) bool { return e.ID == id })
	if i < 0 {
		return Erasure{}, fault.New(fault.NotFound, "privacy.no_erasure")
	}
	return all[i], nil
}

// record keeps the erasure and journals it; ids only, so that nothing personal stands in the leaf.
func (s *Service) record(ctx context.Context, tx Tx, e Erasure, kind string) error {
	if err := tx.SaveErasure(ctx, e); err != nil {
		return err
	}
	if e.Kind == OfCase {
		return nil // the case's own last entry tells it
	}
	return tx.Record(ctx, journal.Leaf{Province: e.Province, Case: journal.PersonKey(e.Subject), Kind: kind, At: e.DecidedAt, Actor: e.DecidedBy, Cause: e.ID})
}

// carryOut erases all that an erasure names: its keys, which erase every copy, and what stands in clear beside them. What is erased already, or not
// there, is passed by; again says that a restored database is brought after.
func (s *Service) carryOut(ctx context.Context, tx Tx, e Erasure, again bool) error {
	if s.cfg.Forget != nil {
		tx.OnCommit(s.cfg.Forget)
	}
	for _, id := range e.What.Cases {
		anonymous := slices.ContainsFunc(e.What.Units, func(u Unit) bool { return u.Whole })
		if err := s.eraseCase(ctx, tx, e, id, anonymous, again); err != nil {
			return err
		}
	}
	for _, view := range e.What.Views {
		if err := tx.DropView(ctx, e.Province, view); err != nil {
			return err
		}
	}
	for _, u := range e.What.Units {
		name := ""
		if u.Whole {
			name = UnitErased()
		}
		if err := tx.ForgetUnit(ctx, e.Province, u.ID, name); err != nil && !(again && fault.Is(err, fault.NotFound)) {
			return err
		}
	}
	if p := e.What.Person; p != "" {
		if err := tx.ErasePerson(ctx, p, e.DecidedAt); err != nil && !(again && fault.Is(err, fault.NotFound)) {
			return err
		}
		if err := tx.EndTerms(ctx, p, e.DecidedAt); err != nil {
			return err
		}
	}
	for _, key := range e.What.keys() { // last, for the case is read once more before
		if err := tx.Erase(ctx, key); err != nil {
			return err
		}
	}
	return s.record(ctx, tx, e, "people.erased")
}

func (s *Service) eraseCase(ctx context.Context, tx Tx, e Erasure, id string, anonymous, again bool) error {
	err := s.cfg.Cases.EraseCase(ctx, tx, casework.Erasure{Province: e.Province, Case: id, By: e.DecidedBy, Cause: e.ID, Anonymous: anonymous, Again: again})
	if err != nil && !(again && fault.Is(err, fault.NotFound)) {
		return err
	}
	return tx.ForgetCase(ctx, e.Province, id)
}

// Again carries out erasures that a database knows nothing of: it was restored from a copy made before them. It gives how
// many there were.
func (s *Service) Again(ctx context.Context, list []Erasure) (n int, err error) {
	for _, e := range list {
		e.State = Done
		fresh := false
		err := s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
			known, err := find(ctx, tx, e.Province, e.ID)
			if fresh = err != nil || known.State != Done; !fresh {
				return nil
			}
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			return s.carryOut(ctx, tx, e, true)
		})
		if err != nil {
			return n, err
		}
		if fresh {
			n++
		}
	}
	return n, nil
}

// Keys destroys the keys of all that was ever erased, where one is there again.
func (s *Service) Keys(ctx context.Context) error {
	return s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		done, err := tx.Erasures(ctx, "", Done, "")
		if err != nil {
			return err
		}
		for _, e := range done {
			for _, key := range e.What.keys() {
				if err := tx.Erase(ctx, key); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// keys are the ids of the keys that go.
func (w What) keys() []string {
	out := slices.Clone(w.Questions)
	for _, hash := range w.Documents {
		out = append(out, "blob:"+hash)
	}
	for _, id := range w.Cases {
		out = append(out, journal.CaseKey(id), journal.TextKey(id))
	}
	for _, u := range w.Units {
		out = append(out, journal.PersonKey(u.ID))
	}
	if w.Person != "" {
		out = append(out, journal.PersonKey(w.Person))
	}
	return out
}

// List gives the erasures of persons in a state or any, their reasons in clear.
func (s *Service) List(ctx context.Context, by access.Principal, state string) (out []Erasure, err error) {
	if err := access.Authorize(by, resource, "read"); err != nil {
		return nil, err
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		if out, err = tx.Erasures(ctx, by.Province, state, OfPerson); err != nil {
			return err
		}
		for i := range out {
			if out[i].Reason, err = unseal(ctx, tx, out[i].Province, out[i].ID, out[i].Reason); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}
