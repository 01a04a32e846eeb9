package casework

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/procedure"
)

// Round is a decision over many cases, as its own case knows it. What is frozen never changes: not when a member's facts
// do, nor when the members' procedure does.
type Round struct {
	ID      string   `json:"id"`
	Frozen  int64    `json:"frozen"` // µs
	Columns []Column `json:"columns"`
	Budget  *int64   `json:"budget,omitempty"` // rial
	Members []Member `json:"members"`          // by rank
	Decided int64    `json:"decided,omitempty"`
	Issued  int64    `json:"issued,omitempty"` // µs
	Signed  []string `json:"signed,omitempty"` // persons who issued it
	Dropped bool     `json:"dropped,omitempty"`
}

// Column is a copied fact by its title at the time.
type Column struct {
	Fact  string      `json:"fact"`
	Title locale.Text `json:"title"`
	Type  string      `json:"type"`
	// Options are the answers of a choice as they were called when the list was frozen.
	Options []procedure.Option `json:"options,omitempty"`
}

// Label is what a value of the column was called; empty for what is no choice.
func (c Column) Label(v any) locale.Text {
	for _, o := range c.Options {
		if o.Code == v {
			return o.Title
		}
	}
	return locale.Text{}
}

// Member is one case of a round: what was known of it, what was proposed and decided, and what came of it.
type Member struct {
	Case     string           `json:"case"`
	Number   string           `json:"number"`
	Version  int64            `json:"version"`
	Seq      int64            `json:"seq"`
	Facts    map[string]Value `json:"facts"`
	Demand   *int64           `json:"demand,omitempty"` // rial; nil while unknown
	Proposal string           `json:"proposal"`
	Answer   string           `json:"answer,omitempty"`
	Note     Value            `json:"note,omitzero"`
	NoteSeq  int64            `json:"note_seq,omitempty"`
	Result   *Landing         `json:"result,omitempty"`
}

// Landing is what came of a member's answer: carried out, or why not.
type Landing struct {
	At    int64       `json:"at"`
	Done  bool        `json:"done"`
	Fault string      `json:"fault,omitempty"` // key
	Text  locale.Text `json:"text,omitzero"`
}

// RoundRef names a round from outside: on whose agenda a case stands, and which session decided on it.
type RoundRef struct {
	Case    string      `json:"case"`
	Number  string      `json:"number"`
	Round   string      `json:"round"`
	Title   locale.Text `json:"title"`
	At      int64       `json:"at"`
	Persons []string    `json:"persons,omitempty"` // who signed
}

// RoundChange is one thing that happened to a round; exactly one of the fields beside ID is set.
type RoundChange struct {
	ID      string         `json:"id"`
	Frozen  *Round         `json:"frozen,omitempty"`
	Answers []RoundAnswer  `json:"answers,omitempty"` // by rank
	Issued  *RoundIssue    `json:"issued,omitempty"`
	Dropped bool           `json:"dropped,omitempty"`
	Landed  *MemberLanding `json:"landed,omitempty"`
}

// RoundAnswer is what was decided on one member.
type RoundAnswer struct {
	Answer string `json:"answer"`
	Note   Value  `json:"note,omitzero"`
}

// RoundIssue says when a round was issued, and who signed it.
type RoundIssue struct {
	At      int64    `json:"at"`
	Persons []string `json:"persons"`
}

// MemberLanding is what came of one member.
type MemberLanding struct {
	Case    string  `json:"case"`
	Landing Landing `json:"landing"`
}

// Listing is what a round finds when it is frozen: the open cases of its members' procedure in its stages.
type Listing struct {
	Columns []Column
	Cases   []Listed
}

// Listed is one such case. Busy says that it awaits a confirmation or is on another agenda.
type Listed struct {
	Case, Number string
	Version, Seq int64
	Facts        map[string]Value
	Busy         bool
}

// freeze copies and ranks the members of a round, and proposes an answer for each.
func (t *step) freeze(r *procedure.Round) error {
	if t.s.round(r.ID) != nil {
		return fault.New(fault.Refused, "casework.round_frozen", "round", r.Title)
	}
	list := t.env.Listings[r.ID]
	out := Round{ID: r.ID, Frozen: t.e.At, Columns: list.Columns}
	if r.Budget != "" {
		n, ok := t.s.Facts[r.Budget].V.(int64)
		if !ok || n < 0 {
			return fault.New(fault.Refused, "casework.round_no_budget", "fact", t.titles([]string{r.Budget}))
		}
		out.Budget = &n
	}
	for _, c := range list.Cases {
		if !c.Busy && t.belongs(r, c) {
			out.Members = append(out.Members, memberOf(r, c))
		}
	}
	if len(out.Members) == 0 {
		return fault.New(fault.Refused, "casework.round_empty", "round", r.Title)
	}
	Rank(r, out.Members)
	Propose(r, out.Members, out.Budget)
	t.add(Change{Round: &RoundChange{ID: r.ID, Frozen: &out}})
	return nil
}

// belongs says whether a case has the facts a round wants of its members; unknown is not the same as unknown.
func (t *step) belongs(r *procedure.Round, c Listed) bool {
	for theirs, ours := range r.Same {
		v := t.s.Facts[ours].V
		if v == nil || v == Erased || !same(c.Facts[theirs].V, v) {
			return false
		}
	}
	return true
}

func memberOf(r *procedure.Round, c Listed) Member {
	m := Member{Case: c.Case, Number: c.Number, Version: c.Version, Seq: c.Seq, Facts: map[string]Value{}}
	for _, name := range r.Copied() {
		if v, ok := c.Facts[name]; ok && v.Sealed == nil {
			m.Facts[name] = v
		}
	}
	if n, ok := c.Facts[r.Demand].V.(int64); ok && n >= 0 {
		m.Demand = &n
	}
	return m
}

// inPlaces gives the key of what is said of a round that gives away places.
func inPlaces(d *procedure.Definition, r *procedure.Round, key string) string {
	if d.Places(r) {
		return key + "_places"
	}
	return key
}

// Rank orders members by a round's keys; what is missing comes last, and ties go by number and then by id, so that the
// order is total and the same each time.
func Rank(r *procedure.Round, members []Member) {
	keys := r.RankKeys()
	slices.SortFunc(members, func(a, b Member) int {
		for _, k := range keys {
			if n := compareKey(k, a.Facts[k.Fact].V, b.Facts[k.Fact].V); n != 0 {
				return n
			}
		}
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Case, b.Case))
	})
}

func compareKey(k procedure.RankKey, a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	n := compareValues(a, b)
	if k.Down {
		return -n
	}
	return n
}

func compareValues(a, b any) int {
	if x, ok := a.(int64); ok {
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) // dates are civil texts; false comes before true
}

// Propose goes down the ranking while the budget lasts. Nobody behind the first that no longer fits overtakes it.
func Propose(r *procedure.Round, members []Member, budget *int64) {
	left, within := int64(0), true
	if budget != nil {
		left = *budget
	}
	for i := range members {
		m := &members[i]
		if budget != nil && within && m.Demand != nil {
			within = *m.Demand <= left
		}
		fits := within && (budget == nil || m.Demand != nil)
		if fits && budget != nil {
			left -= *m.Demand
		}
		m.Proposal = r.Proposal(fits)
	}
}

// resolve takes an answer for every member. What is spent never passes the budget; leaving the ranking needs a reason.
func (t *step) resolve(r *procedure.Round, a *procedure.Action) error {
	round := t.s.round(r.ID)
	switch {
	case round == nil:
		return fault.New(fault.Refused, "casework.round_not_frozen", "round", r.Title)
	case round.Issued > 0:
		return fault.New(fault.Refused, "casework.round_issued", "round", r.Title)
	}
	typed, err := t.asked(a, t.ofRound(r, true))
	if err != nil {
		return err
	}
	answers := make([]RoundAnswer, len(round.Members))
	var faults []*fault.Fault
	for i, m := range round.Members {
		var f *fault.Fault
		if answers[i], f = t.answer(r, i+1, m, typed); f != nil {
			faults = append(faults, f)
		}
	}
	faults = append(faults, beyond(r, len(round.Members), typed)...)
	if len(faults) > 0 {
		return fault.New(fault.Invalid, "casework.form", "count", len(faults)).With(faults...)
	}
	if over := overspent(r, round, answers); over > 0 {
		return fault.New(fault.Refused, inPlaces(t.d, r, "casework.round_over_budget"), "over", over, "budget", *round.Budget)
	}
	t.add(Change{Round: &RoundChange{ID: r.ID, Answers: answers}})
	return nil
}

// answer reads what was decided on one member.
func (t *step) answer(r *procedure.Round, rank int, m Member, typed map[string]any) (RoundAnswer, *fault.Fault) {
	code, _ := typed[r.AnswerFact(rank)].(string)
	def := r.Answer(code)
	if def == nil {
		return RoundAnswer{}, fault.New(fault.Invalid, "casework.round_unanswered", "number", m.Number).At(r.AnswerFact(rank))
	}
	note, _ := typed[r.NoteFact(rank)].(string)
	note = text.Display(note)
	if def.Spends && r.Demand != "" && m.Demand == nil {
		return RoundAnswer{}, fault.New(fault.Invalid, "casework.round_no_demand", "number", m.Number).At(r.AnswerFact(rank))
	}
	if note == "" && (def.Note == "required" || code != m.Proposal) {
		return RoundAnswer{}, fault.New(fault.Invalid, "casework.round_note", "number", m.Number).At(r.NoteFact(rank))
	}
	out := RoundAnswer{Answer: code}
	if note != "" {
		out.Note = Value{V: note, Source: procedure.SourceAsked, AsOf: t.e.At, By: t.env.Actor.Person}
	}
	return out, nil
}

// beyond refuses answers to ranks that nobody holds.
func beyond(r *procedure.Round, members int, typed map[string]any) []*fault.Fault {
	known := map[string]bool{}
	for i := range members {
		known[r.AnswerFact(i+1)], known[r.NoteFact(i+1)] = true, true
	}
	var out []*fault.Fault
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		if !known[name] {
			out = append(out, fault.New(fault.Invalid, "casework.not_asked", "fact", name).At(name))
		}
	}
	return out
}

// overspent says by how much the answers pass the budget, in rial.
func overspent(r *procedure.Round, round *Round, answers []RoundAnswer) int64 {
	if round.Budget == nil {
		return 0
	}
	var sum int64
	for i, a := range answers {
		if r.Answer(a.Answer).Spends {
			sum += *round.Members[i].Demand
		}
	}
	return sum - *round.Budget
}

// ofRound keeps the answers that belong to a round, or those that do not.
func (t *step) ofRound(r *procedure.Round, want bool) map[string]any {
	out := map[string]any{}
	for name, v := range t.cmd.Facts {
		if (r != nil && strings.HasPrefix(name, r.ID+".") && t.d.Fact(name) == nil) == want {
			out[name] = v
		}
	}
	return out
}

// issue lets the answers out; enough have signed by now. The outbox carries out one command for each member.
func (t *step) issue(r *procedure.Round, a *procedure.Action) error {
	round := t.s.round(r.ID)
	switch {
	case round == nil || round.Decided == 0:
		return fault.New(fault.Refused, "casework.round_undecided", "round", r.Title)
	case round.Issued > 0:
		return fault.New(fault.Refused, "casework.round_issued", "round", r.Title)
	}
	persons := []string{}
	if t.env.Actor.Person != "" {
		persons = append(persons, t.env.Actor.Person)
	}
	for _, d := range t.s.Decisions {
		if d.Action == a.ID && !d.Void && !slices.Contains(persons, d.By.Person) {
			persons = append(persons, d.By.Person)
		}
	}
	slices.Sort(persons)
	t.add(Change{Round: &RoundChange{ID: r.ID, Issued: &RoundIssue{At: t.e.At, Persons: persons}}})
	return nil
}

// dropRounds frees the members of rounds that end without having been issued.
func (t *step) dropRounds() {
	for _, r := range t.s.Rounds {
		if r.Issued == 0 && !r.Dropped {
			t.add(Change{Round: &RoundChange{ID: r.ID, Dropped: true}})
		}
	}
}

func (s *State) round(id string) *Round {
	if i := slices.IndexFunc(s.Rounds, func(r Round) bool { return r.ID == id }); i >= 0 {
		return &s.Rounds[i]
	}
	return nil
}

// foldRound folds one change of a round.
func (s *State) foldRound(c RoundChange, e *Entry) {
	if c.Frozen != nil {
		f := *c.Frozen
		f.Members = slices.Clone(f.Members)
		s.Rounds = append(s.Rounds, f)
		return
	}
	r := s.round(c.ID)
	if r == nil {
		return
	}
	switch {
	case c.Issued != nil:
		r.Issued, r.Signed = c.Issued.At, c.Issued.Persons
	case c.Dropped:
		r.Dropped = true
	case c.Landed != nil:
		if i := slices.IndexFunc(r.Members, func(m Member) bool { return m.Case == c.Landed.Case }); i >= 0 {
			landing := c.Landed.Landing
			r.Members[i].Result = &landing
		}
	default:
		r.Decided = e.Seq
		for i := range min(len(c.Answers), len(r.Members)) {
			r.Members[i].Answer, r.Members[i].Note, r.Members[i].NoteSeq = c.Answers[i].Answer, c.Answers[i].Note, e.Seq
		}
	}
}

func cloneRounds(old []Round) []Round {
	out := slices.Clone(old)
	for i := range out {
		out[i].Members = slices.Clone(out[i].Members)
	}
	return out
}

// sealRound seals the notes of a decision: a person's reason may name people.
func (z sealer) sealRound(c *RoundChange, text string, seq int64) error {
	for i := range c.Answers {
		if c.Answers[i].Note.V != nil {
			if err := z.seal(&c.Answers[i].Note, text, roundLabel(c.ID, i+1, seq)); err != nil {
				return err
			}
		}
	}
	return nil
}

// openRounds opens the notes of a case's rounds.
func (z sealer) openRounds(s *State) error {
	for _, r := range s.Rounds {
		for i := range r.Members {
			if err := z.open(&r.Members[i].Note, roundLabel(r.ID, i+1, r.Members[i].NoteSeq)); err != nil {
				return err
			}
		}
	}
	return nil
}

func roundLabel(round string, rank int, seq int64) string {
	return fmt.Sprintf("round:%s:%d:%d", round, rank, seq)
}

// Agenda puts a case on a round's agenda, or takes it off when Round is nil.
type Agenda struct {
	Round *RoundRef `json:"round,omitempty"`
}
