package casework

import (
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/procedure/rule"
)

// step carries one decision in the making: a working copy of the case that each change is folded into at once, so that
// later rules see earlier changes.
type step struct {
	d   *procedure.Definition
	s   *State
	env Env
	cmd Command
	e   *Entry

	events  []procedure.Event
	drawn   map[string]int // numbers taken, by series
	letters int
	kids    int

	known   *rule.Input  // what rules see, until a fact changes
	brought []FactChange // what the form said
}

// Step decides one command on an opened case by its definition, and gives the entry that records it. It is pure. The
// error is a fault: NotFound (not to be seen), Forbidden, Conflict (version), Refused (guard, stage), Invalid (facts).
func Step(d *procedure.Definition, s *State, c Command, env Env) (*Entry, error) {
	t := begin(d, s, c, env)
	switch c.Action {
	case NoteAction:
		return t.note()
	case DraftAction:
		return t.draft()
	case CorrectAction:
		return t.correct()
	case ConfirmAction:
		return t.confirm()
	case DeclineAction:
		return t.decline()
	case AssignAction:
		return t.assign()
	case ScanAction:
		return t.scan()
	}
	if clock, ok := againAt(c.Action); ok {
		return t.again(clock)
	}
	if verb, key, ok := d.OnObligation(c.Action); ok {
		return t.onObligation(verb, key)
	}
	if key, ok := d.OnConsult(c.Action); ok {
		return t.opine(key)
	}
	a := d.Action(c.Action)
	if a == nil {
		return nil, fault.New(fault.NotFound, "casework.no_action", "action", c.Action)
	}
	if err := t.permit(a); err != nil {
		return nil, err
	}
	if len(a.Confirm) > 0 {
		return t.e, t.propose(a)
	}
	if err := t.take(a); err != nil {
		return nil, err
	}
	if err := withinCeiling(t.s, a, t.env); err != nil {
		return nil, err
	}
	if err := t.carry(a); err != nil {
		return nil, err
	}
	return t.e, nil
}

// mostChanges is how many changes an entry seldom exceeds.
const mostChanges = 16

func begin(d *procedure.Definition, s *State, c Command, env Env) *step {
	c.Note, c.Files = text.Display(c.Note), cleanNames(c.Files) // as facts are: no mark that hides, or turns what stands beside it
	e := &Entry{
		Province: s.Province, Case: s.ID, Seq: s.Seq + 1, ID: env.EntryID, At: max(env.Now, s.Changed), Kind: KindActed,
		Definition: s.Definition, Actor: env.Actor, Action: c.Action, Cause: c.Key, Files: c.Files,
	}
	e.Changes = make([]Change, 0, mostChanges)
	e.Actor.Name = "" // the case's key would outlive the person's
	t := &step{d: d, s: clone(s, e), env: env, cmd: c, e: e}
	t.env.Now = e.At
	return t
}

// cleanNames gives files with names as they are shown.
func cleanNames(files []FileRef) []FileRef {
	out := slices.Clone(files)
	for i := range out {
		if name, ok := out[i].Name.V.(string); ok {
			out[i].Name.V = text.Display(name)
		}
	}
	return out
}

func (t *step) add(c Change) {
	if c.Fact != nil {
		t.known = nil
	}
	t.e.Changes = append(t.e.Changes, c)
	t.s.fold(c, t.e)
}

func (t *step) used(what, version string) {
	if t.e.Used == nil {
		t.e.Used = map[string]string{}
	}
	t.e.Used[what] = version
}

// permit checks who, where and which version, in the order that tells an outsider least.
func (t *step) permit(a *procedure.Action) error {
	if err := authorize(t.d, t.s, a, t.env); err != nil {
		return err
	}
	if err := proved(a, t.env); err != nil {
		return err
	}
	if err := t.version(); err != nil {
		return err
	}
	if t.s.Awaiting != nil {
		return fault.New(fault.Refused, "casework.awaiting")
	}
	if r := t.env.Actor.Round; r != nil && (t.s.Agenda == nil || t.s.Agenda.Case != r.Case) {
		return fault.New(fault.Refused, "casework.round_not_listed")
	}
	if !slices.Contains(a.In, t.s.Stage) {
		return fault.New(fault.Refused, "casework.not_open_here", "action", a.Title, "stage", t.stageTitle(t.s.Stage))
	}
	return nil
}

func (t *step) version() error {
	if !t.env.Actor.engine() && t.cmd.Version != t.s.Version {
		return fault.New(fault.Conflict, "casework.changed", "seen", t.cmd.Version, "now", t.s.Version)
	}
	return nil
}

func (t *step) stageTitle(id string) locale.Text {
	if st := t.d.Stage(id); st != nil {
		return st.Title
	}
	return locale.Text{FA: id, EN: id}
}

// propose has an act wait for its second person. What it brings is judged as if it were confirmed, on a step aside, and is set when
// it is: who declines it leaves the case as it was.
func (t *step) propose(a *procedure.Action) error {
	e, aside := *t.e, *t
	e.Changes = nil
	aside.e, aside.s = &e, clone(t.s, &e)
	if err := aside.take(a); err != nil {
		return err
	}
	if err := withinCeiling(aside.s, a, t.env); err != nil {
		return err
	}
	for _, c := range e.Changes {
		if c.Fact == nil && c.Void == nil {
			t.add(c)
		}
	}
	t.e.Actor, t.e.Note, t.e.NoteFor, t.e.Used = e.Actor, e.Note, e.NoteFor, e.Used
	t.add(Change{Awaiting: &Awaiting{
		Action: a.ID, Roles: a.Confirm, Since: t.e.At, By: t.env.Actor.Person, Role: t.env.Actor.Role, Seq: t.e.Seq, Facts: aside.brought, Cites: t.cmd.Cites, Reason: t.cmd.Reason,
	}})
	t.wanted(locale.Of("casework.confirm_wanted", map[string]any{"action": a.Title}))
	return nil
}

// take writes down what the act brings: registry facts as they stand, the form's answers, the note.
func (t *step) take(a *procedure.Action) error {
	if err := t.vouch(); err != nil {
		return err
	}
	t.refresh()
	if t.env.Actor.Round != nil {
		t.add(Change{Agenda: &Agenda{}})
	}
	if err := t.answers(a); err != nil {
		return err
	}
	t.compute()
	if err := t.reason(a); err != nil {
		return err
	}
	return t.noteOf(a)
}

// refresh copies registry facts that are new or have changed, with source and date. What a register that was read does not
// say becomes unknown: no rule may read what an item that is no longer chosen once said.
func (t *step) refresh() {
	for _, f := range t.d.Facts {
		if f.Source != procedure.SourceRegistry {
			continue
		}
		r, v := t.registered(f)
		old, had := t.s.Facts[f.ID]
		if v == nil {
			if register, _, _ := strings.Cut(f.From, "."); had && old.V != nil && t.env.Registers[register] {
				t.setFact(f.ID, Value{Source: procedure.SourceRegistry, From: f.From, AsOf: t.e.At})
			}
			continue
		}
		if had && same(old.V, v) && old.AsOf == r.AsOf {
			continue
		}
		t.setFact(f.ID, Value{V: v, Source: r.Source, From: f.From, AsOf: r.AsOf})
	}
}

// registered is what the register says of a fact; an odd value is unknown to the case, never a wrong fact.
func (t *step) registered(f *procedure.Fact) (RegistryFact, any) {
	r, ok := t.env.Registry[f.From]
	if !ok || r.Value == nil {
		return r, nil
	}
	v, flt := procedure.Coerce(f, r.Value)
	if flt != nil {
		return r, nil
	}
	return r, v
}

// answers takes the form's facts. Anything the form does not ask is refused by name, so that a typing slip in a client
// is not silently lost.
func (t *step) answers(a *procedure.Action) error {
	if sc := t.d.Score(a.Score); sc != nil {
		return t.score(a, sc)
	}
	form := t.d.Form(a.Form)
	typed, err := t.coerce(form, t.ofRound(t.d.Decides(a), false))
	if err != nil {
		return err
	}
	if err := t.owns(typed); err != nil || form == nil {
		return err
	}
	all := t.values()
	maps.Copy(all, typed)
	if faults := procedure.ValidateForm(t.d, form, all, t.inputOf(all)); len(faults) > 0 {
		return fault.New(fault.Invalid, "casework.form", "count", len(faults)).With(faults...)
	}
	t.store(typed)
	return t.whole(typed)
}

func (t *step) coerce(form *procedure.Form, raw map[string]any) (map[string]any, error) {
	out := map[string]any{}
	var faults []*fault.Fault
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		f := t.d.Fact(name)
		if form == nil || f == nil || !asks(form, name) {
			faults = append(faults, fault.New(fault.Invalid, "casework.not_asked", "fact", name).At(name))
			continue
		}
		v, flt := t.typed(f, raw[name])
		if flt != nil {
			faults = append(faults, flt.At(name))
			continue
		}
		out[name] = v
	}
	if len(faults) > 0 {
		return nil, fault.New(fault.Invalid, "casework.form", "count", len(faults)).With(faults...)
	}
	return out, nil
}

func asks(form *procedure.Form, fact string) bool {
	for _, p := range form.Pages {
		for _, f := range p.Fields {
			if f.Fact == fact {
				return true
			}
		}
	}
	return false
}

func (t *step) store(typed map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		old, had := t.s.Facts[name]
		if v := typed[name]; !had && v == nil || had && same(old.V, v) && t.cmd.OnBehalf == nil {
			continue
		}
		val := Value{V: typed[name], Source: t.source(t.d.Fact(name)), AsOf: t.e.At, By: t.env.Actor.Person}
		if o := t.env.Actor.OnBehalf; o != nil {
			val.From = o.Source
		}
		t.brought = append(t.brought, FactChange{Name: name, Value: val})
		t.setFact(name, val)
	}
}

func (t *step) source(f *procedure.Fact) string {
	if t.cmd.History != nil {
		return sourceSheet
	}
	if f.Source == "" {
		return procedure.SourceAsked
	}
	return f.Source
}

// setFact writes a fact down and voids what was approved on its former value, whoever or whatever changed it.
func (t *step) setFact(name string, v Value) {
	changed := !same(t.s.Facts[name].V, v.V)
	t.add(Change{Fact: &FactChange{Name: name, Value: v}})
	if changed {
		t.voidBy(name)
	}
}

// voidBy voids approvals that rest on a fact that has changed, and says so.
func (t *step) voidBy(fact string) {
	for _, ap := range t.d.Approvals {
		if !slices.Contains(ap.Facts, fact) {
			continue
		}
		if slices.ContainsFunc(t.s.Decisions, func(d Decision) bool { return d.Action == ap.Action && !d.Void }) {
			t.add(Change{Void: &VoidChange{Action: ap.Action, Cause: fact}})
		}
	}
}

// compute sets computed facts that changed, or that another row of a dated table gives now.
func (t *step) compute() {
	in := t.input()
	got := t.d.Computed(in)
	for _, name := range slices.Sorted(maps.Keys(got)) {
		v := procedure.FromRule(t.d.Fact(name), got[name])
		row := t.d.RowOf(name, in)
		old, had := t.s.Facts[name]
		if had && same(old.V, v) && old.From == row || !had && v == nil {
			continue
		}
		t.setFact(name, Value{V: v, Source: procedure.SourceComputed, From: row, AsOf: t.e.At})
		t.usedRow(name, row)
	}
}

// usedRow records the row of a dated table that gave a fact: the table may read otherwise tomorrow (kernel.md 14).
func (t *step) usedRow(fact, row string) {
	if row != "" {
		t.used("dated."+t.d.Fact(fact).Table, row)
	}
}

func (t *step) values() map[string]any {
	out := make(map[string]any, len(t.s.Facts))
	for k, v := range t.s.Facts {
		if v.V != Erased {
			out[k] = v.V
		}
	}
	return out
}

// input gives the rules' view of the case: stale and erased facts are absent, hence unknown. Its facts are not to be changed.
func (t *step) input() rule.Input {
	if t.known == nil {
		in := t.inputOf(t.values())
		t.known = &in
	}
	return *t.known
}

func (t *step) inputOf(values map[string]any) rule.Input {
	return InputOf(t.d, t.s, values, t.env)
}

func (t *step) reason(a *procedure.Action) error {
	if a.Reasons == "" {
		return nil
	}
	row := reasonRow(t.d, a.Reasons, t.cmd.Reason, t.e.At)
	if row == nil {
		return fault.New(fault.Invalid, "casework.reason_needed").At("reason")
	}
	if row.Barred {
		return fault.New(fault.Refused, "casework.reason_barred", "reason", row.Title, "remedy", row.Remedy).At("reason")
	}
	if n := len([]rune(strings.TrimSpace(t.cmd.Note))); n < row.MinText {
		return fault.New(fault.Invalid, "casework.reason_text", "least", row.MinText, "now", n).At("note")
	}
	t.used("reason."+a.Reasons, row.Code)
	return nil
}

func (t *step) noteOf(a *procedure.Action) error {
	text := strings.TrimSpace(t.cmd.Note)
	if text == "" {
		if a.Note == "required" {
			return fault.New(fault.Invalid, "casework.note_needed").At("note")
		}
		return nil
	}
	t.setNote(text)
	return nil
}

func (t *step) setNote(text string) {
	t.e.Note = &Value{V: text, Source: procedure.SourceAsked, AsOf: t.e.At, By: t.env.Actor.Person}
	t.e.NoteFor = "all"
	if t.cmd.NoteFor == "staff" {
		t.e.NoteFor = "staff"
	}
}
