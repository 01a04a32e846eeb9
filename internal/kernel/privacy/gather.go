package privacy

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
)

// Take gives a person all that is held of them. The journal keeps that they took it, before anything is gathered.
func (s *Service) Take(ctx context.Context, by access.Principal) (*Dossier, error) {
	if !by.SignedIn() {
		return nil, fault.New(fault.Unauthenticated, "fault.unauthenticated")
	}
	return s.give(ctx, by, by.Person, ByThemself, "")
}

// Give gives an officer all that is held of a person who asked for it on paper, to be handed to them. Reason names the paper.
// Faults: not_found party.no_person, invalid privacy.reason, refused privacy.erased.
func (s *Service) Give(ctx context.Context, by access.Principal, person, reason string) (*Dossier, error) {
	if err := access.Authorize(by, resource, "export"); err != nil {
		return nil, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return nil, fault.New(fault.Invalid, "privacy.reason").At("reason")
	}
	return s.give(ctx, by, person, OnPaper, reason)
}

// give asks the store as the product itself: a person's data lie in more rows than one membership of theirs reaches.
func (s *Service) give(ctx context.Context, by access.Principal, person, ground, reason string) (*Dossier, error) {
	ctx = access.AsServer(ctx)
	d := &Dossier{Format: DossierFormat, Province: by.Province, Made: s.now(), Ground: ground}
	err := s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		rows, err := tx.PersonRows(ctx, []string{person})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fault.New(fault.NotFound, "party.no_person", "person", person)
		}
		if rows[0].State == party.Erased {
			return fault.New(fault.Refused, "privacy.erased")
		}
		if ground == OnPaper {
			if err := here(ctx, tx, by.Province, person); err != nil {
				return err
			}
		}
		d.Person = PersonPart{ID: person, Registered: rows[0].Created, Sample: rows[0].Sample}
		return recordGiven(ctx, tx, by, d, reason)
	})
	if err != nil {
		return nil, err
	}
	g := &gathering{s: s, d: d, person: person, province: by.Province, speaks: map[string]string{}, owns: map[string]bool{}, shared: map[string]bool{}, papers: map[string]bool{}}
	if g.known, err = s.identified(ctx, by.Province, person); err != nil {
		return nil, err
	}
	g.known = g.known || ground == OnPaper // an officer hands it to whoever showed who they are
	for _, step := range []func(context.Context) error{g.account, g.units, g.cases, g.registers, g.documents, g.lists, g.reads, g.erasures} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(d.Posts, func(p Post) bool { return p.Province != by.Province }) {
		d.leave(LeftProvinces, 0)
	}
	return d, nil
}

// recordGiven journals by ids alone; the reason lies sealed with a key of its own, which goes with the person.
func recordGiven(ctx context.Context, tx Tx, by access.Principal, d *Dossier, reason string) error {
	l := journal.Leaf{Province: by.Province, Case: journal.PersonKey(d.Person.ID), Kind: entryExported, At: d.Made, Actor: by.Person, Cause: d.Ground}
	if reason != "" {
		sealed, err := journal.SealWith(ctx, tx.Keys(), QuestionKey(), QuestionAD(l.Province, l.Case), []byte(reason))
		if err != nil {
			return err
		}
		if l.Body, err = json.Marshal(sealed); err != nil {
			return fault.Wrap(err, fault.Internal, "privacy.sealed")
		}
	}
	return tx.Record(ctx, l)
}

// gathering puts a dossier together.
type gathering struct {
	s                *Service
	d                *Dossier
	person, province string
	known            bool              // an officer saw who they are
	office           bool              // holds or held a post in a body
	speaks           map[string]string // unit → as what they speak for it now
	owns             map[string]bool   // units that are theirs by the register
	shared           map[string]bool   // units that others speak or spoke for too
	papers           map[string]bool   // documents that their own cases and claims name
}

// mine says whether a value is the person's own name or identifier, as far as somebody saw that it is.
func (g *gathering) mine(v any) bool {
	s, ok := v.(string)
	return ok && s != "" && slices.ContainsFunc(g.words(), func(own string) bool { return text.Fold(own) == text.Fold(s) })
}

// words are a name and identifiers that an officer knows to be the person's.
func (g *gathering) words() []string {
	if !g.known {
		return nil
	}
	return wordsOf(g.d.Person.Name, g.d.Person.NationalCode, g.d.Person.Mobile)
}

func (g *gathering) account(ctx context.Context) error {
	who, err := g.s.cfg.Known(ctx, g.person)
	if err != nil {
		return err
	}
	g.d.Person.Name, g.d.Person.NationalCode, g.d.Person.Mobile = who.Name, who.NationalCode, who.Mobile
	h, err := g.s.cfg.Held(ctx, g.person)
	if err != nil {
		return err
	}
	g.d.Ways, g.d.Codes = h.Ways, CodesPart{h.Given, h.Left}
	for _, x := range h.Sessions {
		g.d.Sessions = append(g.d.Sessions, Session{Began: x.Created, Seen: x.Seen, Ends: x.Expires, SteppedUp: x.SteppedUp})
	}
	own := map[string]bool{}
	for _, m := range h.Terms {
		own[m.ID] = true
		g.office = g.office || m.Unit == ""
		g.d.Posts = append(g.d.Posts, Post{Province: m.Province, Role: m.Role, Where: m.BodyName, Title: m.Post, Unit: m.Unit, County: m.County,
			Document: m.Document, From: m.From, To: m.To, Ended: m.Ended})
	}
	for _, p := range h.Powers {
		g.d.Powers = append(g.d.Powers, Power{Scope: p.Scope, Given: own[p.Giver], Ceiling: p.Ceiling, Document: p.Document, From: p.From, To: p.To, Revoked: p.Revoked})
	}
	for _, l := range h.Leaves {
		g.d.Leaves = append(g.d.Leaves, Leave{From: l.From, To: l.To, Document: l.Document, Ended: l.Ended})
	}
	if g.office {
		g.d.leave(LeftOffice, 0)
	}
	return nil
}

// units are those that the person owns by the register or speaks for, and what they said of both.
func (g *gathering) units(ctx context.Context) error {
	claims, err := g.s.cfg.Claims(ctx, g.province, g.person)
	if err != nil {
		return err
	}
	code := ""
	if g.known {
		code = g.d.Person.NationalCode
	} else {
		g.d.leave(LeftUnknown, 0)
	}
	owned, err := g.s.cfg.Units(ctx, g.province, g.person, code)
	if err != nil {
		return err
	}
	named := map[string]string{}
	for _, u := range owned {
		named[u.ID], g.owns[u.ID] = u.Name, u.Owner
	}
	today := jalali.FromTime(g.s.cfg.Clock.Now()).Civil()
	for _, c := range claims {
		if c.State == registry.ClaimVerified && (c.ValidTo == "" || c.ValidTo >= today) {
			g.speaks[c.Unit] = c.Post
		}
		g.papers[c.Evidence] = true
		g.d.Claims = append(g.d.Claims, Claim{ID: c.ID, Unit: c.Unit, UnitName: named[c.Unit], Post: c.Post, State: c.State, Reason: c.Reason, Evidence: c.Evidence,
			Made: c.Created, Decided: c.DecidedAt})
	}
	for _, u := range owned {
		if err := g.unit(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

func (g *gathering) unit(ctx context.Context, u Owned) error {
	err := g.s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		speakers, err := tx.SpeakersOf(ctx, g.province, u.ID)
		g.shared[u.ID] = slices.ContainsFunc(speakers, func(id string) bool { return id != g.person })
		return err
	})
	if err != nil {
		return err
	}
	part := UnitPart{ID: u.ID, Name: u.Name, Owner: u.Owner, Speaks: g.speaks[u.ID] != ""}
	if part.Owner || part.Speaks {
		values, err := g.s.cfg.Values(ctx, g.province, u.ID)
		if err != nil {
			return err
		}
		for _, v := range values {
			f, ok := registry.FieldByID(v.Field)
			if !ok || v.Erased {
				continue
			}
			given := v.Any
			if f.Personal {
				given = g.personal(u, v)
			}
			if given == nil {
				g.d.leave(LeftValues, 1)
				continue
			}
			part.Values = append(part.Values, UnitValue{Field: v.Field, Title: f.Title, Value: given, Source: v.Source, AsOf: v.AsOf, Until: v.Until})
		}
	}
	g.d.Units = append(g.d.Units, part)
	return nil
}

// personal is what of a personal value of a company file is this person's: of a list their own name, else all of it where they
// own the unit, wrote it or are meant by it. An owner before them is meant by none of these.
func (g *gathering) personal(u Owned, v registry.Value) any {
	if list, ok := v.Any.([]string); ok {
		list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !g.mine(s) })
		if len(list) == 0 {
			return nil
		}
		return list
	}
	who := v.Field == registry.FieldOwnerCode || v.Field == registry.FieldOwnerName
	if g.mine(v.Any) || v.EnteredBy == g.person || u.Owner && (v.Until == 0 || !who) {
		return v.Any
	}
	return nil
}

// cases are those in which the person is a party, those of units that they speak or spoke for, and what they drafted for others.
func (g *gathering) cases(ctx context.Context) error {
	var all []Case
	err := g.s.cfg.Read(ctx, func(ctx context.Context, tx Tx) (err error) {
		if all, err = tx.CasesOfPerson(ctx, g.province, g.person); err != nil {
			return err
		}
		drafts, err := tx.DraftsOf(ctx, g.province, g.person)
		for _, c := range drafts {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range all {
		part, err := g.caseOf(ctx, c)
		if err != nil {
			return err
		}
		g.d.Cases = append(g.d.Cases, part)
	}
	return nil
}

func (g *gathering) caseOf(ctx context.Context, c Case) (part CasePart, err error) {
	part = CasePart{ID: c.ID, Number: c.Number, Unit: c.Unit, Outcome: c.Outcome, Changed: c.Changed, ReadAs: g.speaks[c.Unit]}
	d, err := g.s.cfg.Cases.Defs.ByHash(ctx, c.Definition)
	if err != nil {
		return part, err
	}
	part.Procedure = casework.ProcedureRef{ID: d.ID, Title: d.Title, Version: d.Version, Hash: d.Hash}
	if part.Said, err = g.s.cfg.Cases.SaidBy(ctx, g.province, c.ID, g.person); err != nil {
		return part, err
	}
	for _, x := range part.Said {
		for _, f := range x.Files {
			g.papers[f.Hash] = true
		}
	}
	v, err := g.look(ctx, part)
	if err != nil {
		return part, err
	}
	if v == nil {
		part.Own = true
		g.d.leave(LeftSpoke, 1)
		return part, nil
	}
	part.UnitName, part.Stage, part.Opened, part.Letters = v.Title, v.Stage.Public, v.Opened, v.Letters
	for _, e := range v.Timeline {
		part.Erased = part.Erased || e.Kind == casework.KindErased
		part.Events = append(part.Events, g.event(e, g.shared[c.Unit]))
	}
	for _, f := range v.Facts {
		if g.fact(&f, c) {
			part.Facts = append(part.Facts, f)
		}
	}
	for _, x := range v.Decisions {
		x.By, x.Conditions = "", nil
		part.Decisions = append(part.Decisions, x)
	}
	for _, o := range v.Opinions {
		o.By = ""
		part.Opinions = append(part.Opinions, o)
	}
	for _, o := range v.Obligations {
		o.By, o.Papers = "", nil
		part.Obligations = append(part.Obligations, o)
	}
	return part, nil
}

// look reads a case as who speaks for its unit; nil where the person does no longer.
func (g *gathering) look(ctx context.Context, part CasePart) (*casework.View, error) {
	if part.ReadAs == "" {
		return nil, nil
	}
	v, err := g.s.cfg.Cases.Look(ctx, part.Reader(g.province, g.person), part.ID)
	if fault.Is(err, fault.NotFound) { // its procedure shows it to no unit
		return nil, nil
	}
	return v, err
}

// event is what of a line of a case is the person's to have: of what others did no names, and of others of the same unit no
// notes to their own people and no files.
func (g *gathering) event(e casework.EventView, shared bool) casework.EventView {
	e.Told = nil
	if e.By != g.person {
		e.By, e.Assignee, e.OnBehalf = "", "", nil
		if shared && access.UnitRole(e.Role) {
			if e.NoteFor == "staff" {
				e.Note = ""
			}
			e.Files = nil
			g.d.leave(LeftValues, 1)
		}
	}
	for _, f := range e.Files {
		g.papers[f.Hash] = true
	}
	return e
}

// fact keeps a fact, and takes out of it what is another person's.
func (g *gathering) fact(f *casework.FactView, c Case) bool {
	theirs := f.By == g.person || g.mine(f.Value)
	register := strings.HasPrefix(f.From, "unit.")
	keep := theirs || g.owns[c.Unit] || !g.shared[c.Unit] && !register
	if f.Personal && !keep {
		g.d.leave(LeftValues, 1)
		return false
	}
	if rows, ok := f.Value.([]map[string]any); ok && !keep {
		f.Value = withoutPersonal(rows, f)
	}
	if f.By != g.person {
		f.By = ""
	}
	f.Verified = ""
	if hash, ok := f.Value.(string); ok && f.Type == "file" && (theirs || !g.shared[c.Unit]) {
		g.papers[hash] = true
	}
	return true
}

func withoutPersonal(rows []map[string]any, f *casework.FactView) []map[string]any {
	out := make([]map[string]any, len(rows))
	for i, row := range rows {
		out[i] = map[string]any{}
		for _, col := range f.Columns {
			if v, ok := row[col.ID]; ok && col.Personal == nil {
				out[i][col.ID] = v
			}
		}
	}
	return out
}

// registers are what the person entered of units that they speak or spoke for; what they entered in an office is of others.
func (g *gathering) registers(ctx context.Context) error {
	all, err := g.s.cfg.Entered(ctx, g.province, g.person)
	for _, x := range all {
		if slices.ContainsFunc(g.d.Claims, func(c Claim) bool { return c.Unit == x.Unit }) {
			g.d.Registers = append(g.d.Registers, x)
		} else {
			g.d.leave(LeftOffice, 1)
		}
	}
	return err
}

// documents are those that the person put. What somebody put in an office is others' papers, unless a case of their own names it.
func (g *gathering) documents(ctx context.Context) error {
	all, err := g.s.cfg.Papers(ctx, g.province, g.person)
	if err != nil {
		return err
	}
	for _, x := range all {
		p := Paper{Hash: x.Hash, Name: x.Name, Media: x.Media, Size: x.Size, At: x.At}
		if !g.office || g.papers[x.Hash] {
			p.File = "documents/" + x.Hash
		} else {
			p.Name = ""
			g.d.leave(LeftOffice, 1)
		}
		g.d.Documents = append(g.d.Documents, p)
		delete(g.papers, x.Hash)
	}
	delete(g.papers, "")
	for _, hash := range slices.Sorted(maps.Keys(g.papers)) {
		g.d.Documents = append(g.d.Documents, Paper{Hash: hash, File: "documents/" + hash})
	}
	return nil
}

// lists are those that the person keeps for a unit; those kept in an office ask for others.
func (g *gathering) lists(ctx context.Context) error {
	h, err := g.s.cfg.Held(ctx, g.person)
	if err != nil {
		return err
	}
	units := map[string]bool{}
	for _, m := range h.Terms {
		units[m.ID] = m.Unit != ""
	}
	return g.s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		views, err := tx.SavedViews(ctx, g.province)
		if err != nil {
			return err
		}
		for _, v := range views {
			unit, own := units[v.Membership]
			if !own {
				continue
			}
			if !unit {
				g.d.leave(LeftOffice, 1)
				continue
			}
			_, said, err := opened(ctx, tx, v.Sealed, casework.ViewAD(v.Province, v.ID))
			if err != nil || said == "" {
				continue
			}
			var words struct{ Name, Ask string }
			if err := json.Unmarshal([]byte(said), &words); err != nil {
				return fault.Wrap(err, fault.Internal, "store.failed")
			}
			g.d.Lists = append(g.d.Lists, List{Name: words.Name, Ask: words.Ask, At: v.At})
		}
		return nil
	})
}

// reads are what the person asked for, in times and routes alone, and who read what tells of them.
func (g *gathering) reads(ctx context.Context) error {
	words := g.words()
	ids := []string{g.person}
	for _, c := range g.d.Cases {
		ids = append(ids, c.ID)
	}
	for _, u := range g.d.Units {
		if u.Owner || u.Speaks {
			ids = append(ids, u.ID)
		}
	}
	return g.s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		asked, err := tx.Questions(ctx, g.province)
		if err != nil {
			return err
		}
		for _, l := range asked {
			look := Look{At: l.At, Kind: l.Kind, Route: l.Cause}
			given := l.Kind == entryExported && l.Case == journal.PersonKey(g.person)
			if l.Actor == g.person && !given {
				g.d.Asked = append(g.d.Asked, look)
				continue
			}
			if given {
				g.d.Looked = append(g.d.Looked, look)
				continue
			}
			_, question, err := opened(ctx, tx, l.Body, QuestionAD(l.Province, l.Case))
			if err != nil {
				return err
			}
			if question != "" && (names(question, words) || slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(question, id) })) {
				g.d.Looked = append(g.d.Looked, look)
			}
		}
		if len(g.d.Asked) > 0 {
			g.d.leave(LeftQuestions, len(g.d.Asked))
		}
		return nil
	})
}

// erasures are those that were asked of the person; who asked and why is the office's.
func (g *gathering) erasures(ctx context.Context) error {
	return g.s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		all, err := tx.Erasures(ctx, g.province, "", OfPerson)
		for _, e := range all {
			if e.Subject == g.person {
				g.d.Erasures = append(g.d.Erasures, ErasurePart{Basis: e.Basis, State: e.State, Asked: e.AskedAt, Decided: e.DecidedAt})
			}
		}
		return err
	})
}
