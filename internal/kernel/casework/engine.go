package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
)

// Engine loads a case, steps it, and writes case, journal, outbox and idempotency key in one transaction. Its zero
// fields but Dress must all be filled; it is safe for concurrent use.
type Engine struct {
	Write     func(ctx context.Context, fn func(context.Context, Tx) error) error
	Read      func(ctx context.Context, fn func(context.Context, Reader) error) error
	Defs      Definitions
	Calendars func(ctx context.Context) (map[string]*calendar.Calendar, error)
	Clock     clock.Clock
	NewID     func() string // of cases and entries
	NewToken  func() string // that nobody can guess
	Office    string        // the sender's name on letters
	Dress     func(*View)   // what a surface adds to a case that an answer carries; may be nil
	// Registers are those of programmes, by the name that a procedure takes of them. Each gives what it says for the facts of
	// a case; it is read before the act's transaction, so that no other waits for it. May be nil.
	Registers map[string]Register
}

// Register gives what a programme's register says for a case with these facts, as a form would give it; Refused or Invalid
// where it says nothing.
type Register func(ctx context.Context, who Caller, facts map[string]any) (any, error)

// Caller is who asks: as what, and with which grants.
type Caller struct {
	Actor  Actor
	Grants Grants
}

// System is the caller of clocks and openings by other cases.
func System(province string) Caller {
	return Caller{Actor: Actor{Role: systemRole}, Grants: Grants{Province: province}}
}

// Answer is what a command came to.
type Answer struct {
	Case    string `json:"case"`
	Entry   string `json:"entry"`
	Seq     int64  `json:"seq"`
	Version int64  `json:"version"`
	Stage   string `json:"stage"`
	Replay  bool   `json:"-"`
	// View is the case as the caller saw it right after the act, where the command asked for it: null when the act handed
	// the case on. It is built of the journal, for the first answer as for each replay, so that both are the same bytes.
	View json.RawMessage `json:"-"`
}

// Refusal makes a write roll back to where its command began and then record the refused attempt in the same
// transaction (kernel.md 2); the caller gets Fault.
type Refusal struct {
	Fault  error
	Record func(ctx context.Context, tx Tx) error
}

// Error is the fault's.
func (r *Refusal) Error() string { return r.Fault.Error() }

// Unwrap gives the fault.
func (r *Refusal) Unwrap() error { return r.Fault }

// Act carries out one command. The same key with the same command gives the same answer again without acting again; with
// another command it is Invalid. A refused act that was to follow an opening leaves the draft, whose id the answer gives
// beside the fault. Faults: NotFound, Forbidden, Conflict, Refused, Invalid, Unavailable (outcome unknown:
// ask again with the same key).
func (g *Engine) Act(ctx context.Context, who Caller, c Command) (Answer, error) {
	if c.Key == "" {
		return Answer{}, fault.New(fault.Invalid, "casework.key_needed").At("Idempotency-Key")
	}
	received := g.Clock.Now().UnixMicro() // kernel.md 17: whoever waits in the queue is not late for it
	who.Actor.OnBehalf = c.OnBehalf
	hash, err := requestHash(c)
	if err != nil {
		return Answer{}, err
	}
	var out Answer
	var state []byte
	var taken map[string]Taking
	met := &trips{}
	try := func(ctx context.Context, tx Tx) error {
		out, state = Answer{}, nil
		run := &run{g: g, ctx: ctx, tx: tx, who: who, key: ReplayKey{Province: who.Grants.Province, Actor: who.Actor.Person, Key: c.Key}, hash: hash, received: received, taken: taken, trips: met}
		ans, err := run.once(c)
		out, state = ans, run.state
		return err
	}
	err = g.Write(ctx, try)
	for {
		if want := (*wanting)(nil); errors.As(err, &want) && taken == nil {
			taken = g.take(ctx, who, want)
		} else if !met.learn(err) {
			break
		}
		err = g.Write(ctx, try)
	}
	if err != nil {
		var ref *Refusal
		if errors.As(err, &ref) {
			err = ref.Fault
		}
		return Answer{Case: out.Case}, err
	}
	if c.Show {
		out.View, err = g.shown(ctx, who, out, state)
	}
	return out, err
}

func requestHash(c Command) (string, error) {
	c.Key = ""
	raw, err := json.Marshal(c)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "casework.command")
	}
	h := sha256.Sum256(raw)
	return hex.EncodeToString(h[:]), nil
}

// run is one command in one transaction.
type run struct {
	g    *Engine
	ctx  context.Context //nolint:containedctx // lives for one call, inside one transaction
	tx   Tx
	who  Caller
	key  ReplayKey
	hash string

	received int64 // when the request was there, in µs; 0 where nobody sent one

	taken   map[string]Taking // what registers say, once they were asked
	trips   *trips            // at which clocks earlier attempts stumbled; may be nil
	opening *Command          // that the act follows in the same transaction
	held    bool              // the opening's row waits for that of the act
	state   []byte            // of the case, as it was written last
	read    unitRead
	days    map[string]*calendar.Calendar // the calendars, once they were asked for
}

func (r *run) once(c Command) (Answer, error) {
	old, err := r.tx.Replayed(r.ctx, r.key)
	if err != nil {
		return Answer{}, fmt.Errorf("look up key: %w", err)
	}
	if old != nil {
		return r.replay(old)
	}
	if err := r.hear(); err != nil {
		return Answer{}, err
	}
	if c.Case == "" {
		return r.open(c)
	}
	return r.act(c)
}

// now is the one time of everything that a request comes to: of what it opens, does and leaves (kernel.md 17).
func (r *run) now() int64 {
	if r.received != 0 {
		return r.received
	}
	return r.g.Clock.Now().UnixMicro()
}

func (r *run) sealer(caseID string) sealer {
	return sealer{ctx: r.ctx, keys: r.tx.Keys(), province: r.key.Province, id: caseID}
}

func (r *run) open(c Command) (Answer, error) {
	d, err := r.g.Defs.At(r.ctx, c.Procedure, r.now())
	if err != nil {
		return Answer{}, err
	}
	if c.Then != "" && d.Action(c.Then) == nil {
		return Answer{}, fault.New(fault.NotFound, "casework.no_action", "action", c.Then)
	}
	r.held = c.Then != ""
	s, e, err := r.start(d, c, r.g.NewID())
	if err != nil {
		return Answer{}, err
	}
	if c.Then == "" {
		return r.done(s, e)
	}
	r.opening = &c
	ans, err := r.carryOut(s, d, Command{Key: c.Key, Case: s.ID, Action: c.Then, Version: s.Version, OnBehalf: c.OnBehalf})
	if ref := (*Refusal)(nil); errors.As(err, &ref) {
		ans.Case = s.ID
	}
	return ans, err
}

// start opens a case and writes it, children included.
func (r *run) start(d *procedure.Definition, c Command, id string) (*State, *Entry, error) {
	env, err := r.env(d, &State{Province: r.key.Province, ID: id, Unit: c.Unit}, nil, c)
	if err != nil {
		return nil, nil, err
	}
	env.CaseID = id
	if env.Subject, err = r.tx.SubjectOf(r.ctx, r.key.Province, c.Unit); err != nil {
		return nil, nil, err
	}
	e, err := Open(d, c, env)
	if err != nil {
		return nil, nil, err
	}
	if _, err := r.tx.Keys().Create(r.ctx, journal.CaseKey(id)); err != nil { // nobody need look for a key of a new case
		return nil, nil, fmt.Errorf("key of case %s: %w", id, err)
	}
	if err := r.compare(d, nil, e); err != nil {
		return nil, nil, err
	}
	s, err := r.write(d, nil, e)
	return s, e, err
}

func (r *run) act(c Command) (Answer, error) {
	s, d, err := r.load(c.Case)
	if err == nil && s.Erased != 0 {
		err = fault.New(fault.Refused, "casework.case_erased", "number", s.Number)
		if actor := r.who.Actor; !actor.engine() && !Sees(d, s, actor.Role, r.who.Grants) {
			err = fault.New(fault.NotFound, "fault.not_found")
		}
	}
	if err != nil {
		return Answer{}, err
	}
	if s, err = r.overtake(d, s); err != nil {
		return Answer{}, err
	}
	return r.carryOut(s, d, c)
}

// carryOut decides one act on a case as it stands, and writes what it came to.
func (r *run) carryOut(s *State, d *procedure.Definition, c Command) (Answer, error) {
	a := d.Action(actionOf(s, c))
	env, err := r.env(d, s, a, c)
	if err != nil {
		return Answer{}, err
	}
	e, on, err := r.decide(d, s, c, env)
	if err != nil {
		if fault.Is(err, fault.Conflict) {
			return Answer{}, r.sinceSeen(d, s, c, err)
		}
		return Answer{}, r.refusal(c, env, err)
	}
	if err := r.compare(on, s, e); err != nil {
		return Answer{}, err
	}
	next, err := r.write(on, s, e)
	if err != nil {
		return Answer{}, err
	}
	if clock, ok := againAt(c.Action); ok {
		if next, err = r.again(on, next, clock); err != nil {
			return Answer{}, r.refusal(c, env, err)
		}
	}
	return r.done(next, e)
}

// actionOf names the action whose effects will run: the awaiting one when this confirms it.
func actionOf(s *State, c Command) string {
	if c.Action == ConfirmAction && s.Awaiting != nil {
		return s.Awaiting.Action
	}
	return c.Action
}

// refusal journals a decided refusal and remembers it under its key; conflicts and malformed facts are only told.
func (r *run) refusal(c Command, env Env, err error) error {
	f, ok := fault.As(err)
	if !ok || (f.Kind != fault.Forbidden && f.Kind != fault.Refused) {
		return err
	}
	return &Refusal{Fault: err, Record: func(ctx context.Context, tx Tx) error {
		again := &run{g: r.g, ctx: ctx, tx: tx, who: r.who, key: r.key, hash: r.hash, received: r.received}
		s, d, err := again.anew(c.Case, r.opening)
		if err != nil {
			return err
		}
		env.EntryID = r.g.NewID()
		t := begin(d, s, c, env)
		t.e.Kind, t.e.Refusal, t.e.Files = KindRefused, f.Key, nil
		if _, err := again.write(d, s, t.e); err != nil {
			return err
		}
		return again.remember(s.ID, t.e.ID, remembered{Fault: storeFault(f)}, t.e.At)
	}}
}

// anew gives the case again after a rollback, which undid what the command had read and done: the draft it opened, too.
func (r *run) anew(id string, opening *Command) (*State, *procedure.Definition, error) {
	if opening == nil {
		return r.load(id)
	}
	d, err := r.g.Defs.At(r.ctx, opening.Procedure, r.now())
	if err != nil {
		return nil, nil, err
	}
	s, _, err := r.start(d, *opening, id)
	return s, d, err
}

// sinceSeen adds to a version conflict what happened since the version the form carried.
func (r *run) sinceSeen(d *procedure.Definition, s *State, c Command, conflict error) error {
	f, ok := fault.As(conflict)
	if !ok {
		return conflict
	}
	log, err := r.tx.CaseEntries(r.ctx, s.Province, s.ID)
	if err != nil {
		return conflict
	}
	z := r.sealer(s.ID)
	var version int64
	var since []*fault.Fault
	for _, le := range log {
		if raises(le.Leaf.Kind) {
			version++
		}
		if version <= c.Version || !raises(le.Leaf.Kind) {
			continue
		}
		e, err := z.read(le)
		if err != nil {
			return conflict
		}
		l := looker{d: d, s: s}
		since = append(since, fault.New(fault.Conflict, "casework.changed_by",
			"who", roleTitle(d, e.Actor.Role), "what", l.words(e), "seq", e.Seq))
	}
	return f.With(since...)
}

func (r *run) load(id string) (*State, *procedure.Definition, error) {
	raw, err := r.tx.LoadCase(r.ctx, r.key.Province, id)
	if err != nil {
		return nil, nil, unseen(err)
	}
	s, err := r.sealer(id).state(raw)
	if err != nil {
		return nil, nil, err
	}
	d, err := r.g.Defs.ByHash(r.ctx, s.Definition)
	if err != nil {
		return nil, nil, err
	}
	return s, d, nil
}

// env loads everything the step may look at.
func (r *run) env(d *procedure.Definition, s *State, a *procedure.Action, c Command) (Env, error) {
	env, err := r.around(d, s, c)
	if err != nil {
		return Env{}, err
	}
	if err := r.registry(d, s, c, &env); err != nil {
		return Env{}, err
	}
	if a == nil || len(a.Confirm) > 0 && c.Action != ConfirmAction || !happens(d, s, a, c, env) {
		return env, nil // nothing is issued before the confirmation or the last approval: a number drawn now would leave a gap
	}
	return env, r.supplies(d, s, a, c, &env)
}

// around is what a look needs and no register says: the calendars, whose the documents are, which officers there are.
func (r *run) around(d *procedure.Definition, s *State, c Command) (Env, error) {
	if r.days == nil {
		var err error
		if r.days, err = r.g.Calendars(r.ctx); err != nil {
			return Env{}, fmt.Errorf("calendars: %w", err)
		}
	}
	env := Env{
		Now: r.now(), Actor: r.who.Actor, Grants: r.who.Grants, Calendars: r.days,
		EntryID: r.g.NewID(), Office: r.g.Office, Numbers: map[string][]string{}, Parents: map[string]string{}, Signers: map[string]Signer{},
	}
	if s != nil { // as Step has it: a clock set back gives a number of the year that its entry is of
		env.Now = max(env.Now, s.Changed)
	}
	if err := r.documents(d, s, c, &env); err != nil {
		return Env{}, err
	}
	if err := r.part(s, &env); err != nil {
		return Env{}, err
	}
	return env, r.officers(s, c, &env)
}

// supplies draws what the effects of an action will need: numbers, tokens, child ids, parents, signers.
func (r *run) supplies(d *procedure.Definition, s *State, a *procedure.Action, c Command, env *Env) error {
	year := day(env.Now).Year
	if err := r.wants(d, s, a, c); err != nil {
		return err
	}
	if err := r.listings(d, a, env); err != nil {
		return err
	}
	for _, ef := range a.Effects {
		var err error
		switch ef.Kind {
		case "number":
			if s.Number == "" {
				err = r.draw(env, CaseSeries(d, ef.Name), year, caseNumber)
			}
		case "letter":
			env.Tokens, env.Salts = append(env.Tokens, r.g.NewToken()), append(env.Salts, r.g.NewToken())
			if l := d.Letter(ef.Name); l != nil {
				err = errors.Join(r.draw(env, l.Series, year, letterNumber), r.signers(env, l))
			}
		case "open":
			env.ChildIDs = append(env.ChildIDs, r.g.NewID())
		case "bind":
			err = r.parents(d, s, ef, c, env)
		case procedure.EffectTake:
			env.Taken = r.taken
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) draw(env *Env, series string, year int, format func(string, int, int64) string) error {
	n, err := r.tx.NextNumber(r.ctx, r.key.Province, series, year)
	if err != nil {
		return fmt.Errorf("number of %s: %w", series, err)
	}
	env.Numbers[series] = append(env.Numbers[series], format(series, year, n))
	return nil
}

func caseNumber(series string, year int, n int64) string {
	return fmt.Sprintf("%s-%d-%05d", series, year, n)
}

func letterNumber(series string, year int, n int64) string {
	return fmt.Sprintf("%d/%s/%d", year, series, n)
}

func (r *run) signers(env *Env, l *procedure.Letter) error {
	for _, role := range l.Signers {
		s, err := r.tx.SignerOf(r.ctx, r.key.Province, role, env.Now)
		if err != nil {
			return fmt.Errorf("signer %s: %w", role, err)
		}
		if s != nil {
			env.Signers[role] = *s
		}
	}
	return nil
}

// parents looks up the parent of every body bound or about to be bound.
func (r *run) parents(d *procedure.Definition, s *State, ef *procedure.Effect, c Command, env *Env) error {
	if !strings.HasPrefix(ef.From, "parent:") {
		return nil
	}
	bodies := slices.Collect(maps.Values(s.Parties))
	for _, v := range brought(d, s, c) {
		if b, ok := v.(string); ok && len(b) < 64 {
			bodies = append(bodies, b)
		}
	}
	for _, b := range bodies {
		p, err := r.tx.ParentBody(r.ctx, b)
		if err != nil {
			return fmt.Errorf("parent of body: %w", err)
		}
		if p != "" {
			env.Parents[b] = p
		}
	}
	return nil
}

// write seals an entry, chains it, folds it, and stores entry, case, reservations, messages and children.
func (r *run) write(d *procedure.Definition, old *State, e *Entry) (*State, error) {
	z := r.sealer(e.Case)
	subject, prev := "", ""
	if old != nil {
		subject, prev = old.Subject, old.Prev
	} else if len(e.Changes) > 0 && e.Changes[0].Opened != nil {
		subject = e.Changes[0].Opened.Subject
	}
	if err := z.entry(d, subject, e); err != nil {
		return nil, err
	}
	le, hash, err := z.leaf(e, prev)
	if err != nil {
		return nil, err
	}
	s := Apply(old, e, hash)
	if err := r.tx.AppendEntry(r.ctx, le); err != nil {
		return nil, err
	}
	if old != nil || !r.held {
		if err := r.save(d, old, s); err != nil {
			return nil, err
		}
	}
	return s, r.aftermath(s, e)
}

// save stores the case as it now is; old is as the entry found it.
func (r *run) save(d *procedure.Definition, old, s *State) error {
	raw, err := writeState(s)
	if err != nil {
		return fmt.Errorf("write case %s: %w", s.ID, err)
	}
	row := rowOf(d, s)
	if row.Was, err = r.stored(d, old); err != nil {
		return err
	}
	r.state, r.held = raw, false
	return r.tx.SaveCase(r.ctx, row, raw)
}

// stored is the row that a state stands beside: none while the opening's row is held back.
func (r *run) stored(d *procedure.Definition, old *State) (*Row, error) {
	if old == nil || r.held {
		return &Row{}, nil
	}
	if old.Definition != d.Hash {
		var err error
		if d, err = r.g.Defs.ByHash(r.ctx, old.Definition); err != nil {
			return nil, err
		}
	}
	row := rowOf(d, old)
	return &row, nil
}

func (r *run) aftermath(s *State, e *Entry) error {
	for i, c := range e.Changes {
		var err error
		switch {
		case c.Reserve != nil:
			err = drawn(r.tx.Reserve(r.ctx, s.Province, c.Reserve.Register, c.Reserve.Item, c.Reserve.Amount))
		case c.Round != nil:
			err = r.round(s, e, i, c.Round)
		case c.Child != nil:
			err = r.child(s, *c.Child)
		case c.Letter != nil:
			err = r.letter(s, e, *c.Letter)
		case c.Notify != nil:
			err = r.tell(s, e, i, c.Notify)
		case c.Publish != "":
			err = r.enqueue(s, e, i, "publish", c.Publish)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) enqueue(s *State, e *Entry, i int, topic string, payload any) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("message %s: %w", topic, err)
	}
	return r.tx.Enqueue(r.ctx, Message{
		Province: s.Province, Entry: fmt.Sprintf("%s/%d", e.ID, i), Case: s.ID, Topic: topic, Payload: raw, At: e.At,
	})
}

// letter puts a letter into the letter book and the outbox, and its own entry into the journal; its text stays sealed.
func (r *run) letter(s *State, e *Entry, l LetterRef) error {
	if err := r.tx.BookLetter(r.ctx, BookedLetter{
		Province: s.Province, Number: l.Number, Code: l.Code, Case: s.ID, Entry: e.ID, Token: l.Token, At: l.At,
	}); err != nil {
		return err
	}
	own := journal.LetterEntry(s.Province, l.Bound, l.At)
	if err := r.tx.AppendEntry(r.ctx, LogEntry{ID: r.g.NewID(), Leaf: own, Bytes: own.Encode(), Index: -1}); err != nil {
		return err
	}
	return r.tx.Enqueue(r.ctx, Message{
		Province: s.Province, Entry: e.ID + "/" + l.Token, Case: s.ID, Topic: "letter", Payload: []byte(`{"token":"` + l.Token + `"}`), At: e.At,
	})
}

func (r *run) child(parent *State, c Child) error {
	d, err := r.g.Defs.At(r.ctx, c.Procedure, r.now())
	if err != nil {
		return err
	}
	sub := &run{g: r.g, ctx: r.ctx, tx: r.tx, who: System(parent.Province), key: r.key, hash: r.hash, received: r.received}
	_, _, err = sub.start(d, Command{
		Key: "child:" + parent.ID, Procedure: c.Procedure, Unit: parent.Unit, Parent: parent.ID, Facts: c.Give, Sample: parent.Sample,
	}, c.Case)
	return err
}

// rowOf gives the columns of lists.
func rowOf(d *procedure.Definition, s *State) Row {
	name, _ := s.Facts["unit.name"].V.(string)
	county, _ := s.Facts["unit.county"].V.(string)
	row := Row{
		Province: s.Province, ID: s.ID, Number: s.Number, Procedure: s.Procedure, Definition: s.Definition, Unit: s.Unit,
		UnitName: name, County: county, Stage: s.Stage, Outcome: s.Outcome, HolderRole: s.Holder.Role,
		HolderSubject: s.Holder.Subject, Side: s.Holder.Side, Version: s.Version, Seq: s.Seq, Opened: s.Opened,
		Changed: s.Changed, Search: text.Fold(s.Number + " " + name), Sample: s.Sample, Parties: partiesOf(d, s), Clocks: s.Clocks,
	}
	for id, c := range s.Clocks {
		if s.obligation(id) == nil && (c.State == ClockRunning || c.State == ClockBreach) && (row.Due == 0 || c.Due < row.Due) {
			row.Due = c.Due
		}
	}
	if f := amountFact(d); f != nil {
		row.Amount, _ = s.Facts[f.ID].V.(int64)
	}
	row.Tallies, row.Owed = talliesOf(d, s, row), owedOf(d, s)
	return row
}

// Year is the Jalali year of an instant in µs, in Tehran.
func Year(us int64) int { return jalali.FromTime(time.UnixMicro(us)).Year }
