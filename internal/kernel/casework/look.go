package casework

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/procedure/rule"
)

// Look gives a case as the caller may see it: NotFound when it is not the caller's to see.
func (g *Engine) Look(ctx context.Context, who Caller, id string) (*View, error) {
	var v *View
	err := g.Read(ctx, func(ctx context.Context, tx Reader) error {
		l, err := g.looker(ctx, tx, who, id)
		if err != nil {
			return err
		}
		v, err = l.view()
		return err
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// looker builds a view of one case for one caller.
type looker struct {
	d     *procedure.Definition
	old   []*procedure.Definition // its entries were made by
	s     *State
	who   Caller
	role  *procedure.Role
	env   Env
	z     sealer
	log   []LogEntry
	input rule.Input
	conds []procedure.ConditionResult
	alike []AlikeView
}

func (g *Engine) looker(ctx context.Context, tx Reader, who Caller, id string) (*looker, error) {
	r := &run{g: g, ctx: ctx, tx: tx, who: who, key: ReplayKey{Province: who.Grants.Province}}
	return r.looker(id)
}

func (r *run) looker(id string) (*looker, error) {
	if err := r.hear(); err != nil {
		return nil, err
	}
	who := r.who
	s, d, err := r.load(id)
	if err != nil {
		return nil, err
	}
	if !Sees(d, s, who.Actor.Role, who.Grants) {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	env, err := r.env(d, s, nil, Command{})
	if err != nil {
		return nil, err
	}
	log, err := r.tx.CaseEntries(r.ctx, s.Province, id)
	if err != nil {
		return nil, fmt.Errorf("timeline of case %s: %w", id, err)
	}
	// A running case is looked at with the registers as they stand today; a closed one as it was decided.
	look := s
	if s.Outcome == "" {
		t := begin(d, s, Command{}, env)
		t.refresh()
		look = t.s
	}
	return r.lookAt(d, s, look, env, log)
}

// lookAt builds the looker of a case as its log has it; rules read the facts of look.
func (r *run) lookAt(d *procedure.Definition, s, look *State, env Env, log []LogEntry) (*looker, error) {
	old, err := r.formerly(s, log)
	if err != nil {
		return nil, err
	}
	l := &looker{d: d, old: old, s: s, who: r.who, role: d.Role(r.who.Actor.Role), env: env, z: r.sealer(s.ID), log: log}
	l.input = InputOf(d, look, valuesOf(look), env)
	return l, r.alike(l)
}

func valuesOf(s *State) map[string]any {
	out := make(map[string]any, len(s.Facts))
	for k, v := range s.Facts {
		out[k] = v.V
	}
	return out
}

func (l *looker) view() (*View, error) {
	d, s := l.d, l.s
	v := &View{
		ID: s.ID, Number: s.Number, Unit: s.Unit, Outcome: s.Outcome, Version: s.Version, Children: childrenOf(s), Parent: s.Parent,
		Procedure: ProcedureRef{ID: d.ID, Title: d.Title, Version: d.Version, Hash: d.Hash},
		Stage:     l.stage(s.Stage), Holder: l.holder(), Spent: s.SpentAt(l.env.Now), Opened: s.Opened, Changed: s.Changed,
		Sample: s.Sample, Imported: s.Imported,
	}
	if name, ok := s.Facts["unit.name"].V.(string); ok {
		v.Title = name
	}
	if s.Ask != nil && !s.Ask.Stays {
		v.Ask = s.Ask
	}
	v.Alike = l.alike
	v.Assignable = assignable(d, s, l.who.Actor.Role) == nil
	v.Facts, v.Clocks, v.Obligations = l.facts(), l.clocks(), l.obligations()
	v.Claims = l.claims()
	v.Scores, v.Rounds, v.Agenda = l.scores(), l.rounds(), s.Agenda
	l.conditions(v)
	v.Decisions, v.Letters = l.decisions(), l.letters()
	var err error
	if v.Opinions, err = l.opinions(); err != nil {
		return nil, err
	}
	if v.Timeline, err = l.timeline(); err != nil {
		return nil, err
	}
	if v.Awaiting, err = l.awaiting(); err != nil {
		return nil, err
	}
	v.Steps = l.steps(v.Timeline)
	v.Actions = l.actions()
	return v, nil
}

// childrenOf names the cases this one opened, without the facts they were given: those have groups of their own.
func childrenOf(s *State) []Child {
	out := slices.Clone(s.Children)
	for i := range out {
		out[i].Give = nil
	}
	return out
}

func (l *looker) stage(id string) StageRef {
	for _, d := range append([]*procedure.Definition{l.d}, l.old...) {
		if st := d.Stage(id); st != nil {
			return StageRef{ID: st.ID, Code: st.Code, Title: st.Title, Public: st.Public, Final: st.Final}
		}
	}
	return StageRef{ID: id}
}

func (l *looker) holder() HolderView {
	h := l.s.Holder
	v := HolderView{Role: h.Role, Side: h.Side, Subject: h.Subject, Since: h.Since}
	if l.s.Assigned[h.Role] == h.Subject && !l.staff() {
		v.Subject = "" // who of an office has the case is the office's own matter
	}
	if h.Role == "" {
		return v
	}
	v.Title = roleTitle(l.d, h.Role)
	if st := l.d.Stage(l.s.Stage); st != nil {
		v.Todo, v.Otherwise, v.Waiting = st.Todo, st.Otherwise, st.Waiting
	}
	v.Mine = holds(h, l.who.Actor.Role, l.who.Grants)
	for id, c := range l.s.Clocks {
		if l.s.obligation(id) == nil && (c.State == ClockRunning || c.State == ClockBreach) && (v.Due == 0 || c.Due < v.Due) {
			v.Due = c.Due
		}
	}
	v.Late = v.Due > 0 && v.Due <= l.env.Now
	return v
}

// fact shows one value; only what the role sees is ever built.
func (l *looker) fact(f *procedure.Fact, val Value) FactView {
	v := FactView{
		Name: f.ID, Title: f.Title, Type: f.Type, Group: f.Group, Value: val.V, Source: val.Source, From: val.From,
		AsOf: val.AsOf, By: val.By, Verified: val.Verified, Personal: f.Personal != nil, Columns: f.Columns, Def: f,
	}
	if t := l.d.DatedTable(f.Table); t != nil {
		v.Table = &t.Title
	}
	v.Stale = val.V != nil && stale(l.d, l.s, f, valuesOf(l.s), l.env.Now)
	v.Label = l.label(f, val.V)
	return v
}

func (l *looker) label(f *procedure.Fact, v any) locale.Text {
	code, ok := v.(string)
	if !ok {
		return locale.Text{}
	}
	for _, o := range f.Options {
		if o.Code == code {
			return o.Title
		}
	}
	if row := reasonRow(l.d, f.Reasons, code, l.s.Changed); row != nil {
		return row.Title
	}
	return locale.Text{}
}

func (l *looker) sees(name string) bool {
	f := l.d.Fact(name)
	return f != nil && l.seesFact(f)
}

func (l *looker) facts() []FactView {
	out := []FactView{}
	for _, f := range l.d.Facts {
		if v, ok := l.s.Facts[f.ID]; ok && l.seesFact(f) {
			out = append(out, l.fact(f, v))
		}
	}
	return out
}

func (l *looker) clocks() []ClockView {
	out := []ClockView{}
	for _, c := range l.d.Clocks {
		t := l.s.Clocks[c.ID]
		if t == nil {
			continue
		}
		v := ClockView{
			ID: c.ID, Title: c.Title, State: t.State, Law: c.Law, Start: t.Started, Due: t.Due, Ended: t.Ended, Breached: t.Breached, Cause: t.Cause,
			Limit: limitText(c.Limit),
		}
		if cal := l.calendar(c); cal != nil {
			v.Left = left(cal, l.env.Now, t.Due)
			v.Unsure = t.Ended == 0 && c.Limit.Unit == calendar.WorkingDays && moonUnknown(t.Due)
		}
		out = append(out, v)
	}
	return out
}

// moonUnknown says whether a due day lies in a year whose lunar holidays nobody has entered into our table.
func moonUnknown(due int64) bool {
	d, err := calendar.DoubtOf(jalali.FromTime(time.UnixMicro(due - 1)).Year)
	return err == nil && d.Unknown
}

func (l *looker) calendar(c *procedure.Clock) *calendar.Calendar {
	if c.Calendar != "" {
		return l.env.Calendars[c.Calendar]
	}
	return l.env.Calendars[l.d.Calendar]
}

func left(cal *calendar.Calendar, now, due int64) int {
	if due > now {
		return cal.WorkingDaysBetween(day(now), day(due-1))
	}
	return -cal.WorkingDaysBetween(day(due-1), day(now))
}

// conditions are explained to whom the decision group is open: the applicant sees the same explanation as the auditor.
func (l *looker) conditions(v *View) {
	v.Conditions = []ConditionView{}
	if !l.seesAll("conditions") || l.mute() {
		return
	}
	l.conds = l.d.Assess(l.input)
	v.Verdict = rule.Met.String()
	for i, r := range l.conds {
		c := l.d.Conditions[i]
		v.Conditions = append(v.Conditions, l.condition(c, r))
		if r.Is == rule.NotMet || r.Is == rule.Unknown && v.Verdict == rule.Met.String() {
			v.Verdict = r.Is.String()
		}
	}
	if len(l.conds) == 0 {
		v.Verdict = ""
	}
}

func (l *looker) condition(c *procedure.Condition, r procedure.ConditionResult) ConditionView {
	v := ConditionView{
		ID: c.ID, Text: c.Text, Is: r.Is.String(), Person: r.Person, Rule: c.Rule, Evidence: c.Evidence, Because: r.Because,
		Missing: r.Missing, Advice: c.Remedy, Unknown: c.Unknown, Facts: []FactView{}, Remedy: []FactView{},
	}
	for _, law := range l.d.Laws {
		if law.ID == c.Law {
			v.Law = &LawRef{ID: law.ID, Title: law.Title, Article: locale.Text(law.Article)}
		}
	}
	for _, name := range l.d.Rule(c.Rule, rule.Bool).Uses() {
		if f := l.d.Fact(name); f != nil && l.sees(name) {
			v.Facts = append(v.Facts, l.fact(f, l.s.Facts[name]))
		}
	}
	remedy := remedyOf(l.d, r)
	for _, f := range l.d.Facts {
		if to, ok := remedy[f.ID]; ok && l.sees(f.ID) {
			v.Remedy = append(v.Remedy, l.fact(f, Value{V: to}))
		}
	}
	if r.Failing != nil {
		v.Failing = fmt.Sprintf("%s[%d]", r.Failing.Fact, r.Failing.Index+1)
	}
	return v
}

func (l *looker) decisions() []DecisionView {
	out := []DecisionView{}
	for _, d := range l.s.Decisions {
		v := DecisionView{
			Action: d.Action, Kind: d.Kind, Role: d.By.Role, RoleTitle: roleTitle(l.d, d.By.Role), By: d.By.Person, At: d.At,
			Cites: d.Cites, Reason: d.Reason, Void: d.Void, Round: d.By.Round, Seq: d.Seq,
		}
		if a := l.d.Action(d.Action); a != nil {
			v.Title = a.Title
			if row := reasonRow(l.d, a.Reasons, d.Reason, d.At); row != nil {
				v.ReasonText = row.Title
			}
		}
		if slices.Contains(l.role.Sees, "*") || slices.Contains(l.role.Sees, "conditions") {
			v.Conditions = l.assessed(d.Conditions)
		}
		out = append(out, v)
	}
	return out
}

// assessed leaves out of a decision's explanation what the role may not read.
func (l *looker) assessed(conds []Assessed) []Assessed {
	out := slices.Clone(conds)
	for i := range out {
		out[i].Remedy = maps.Clone(out[i].Remedy)
		maps.DeleteFunc(out[i].Remedy, func(fact string, _ any) bool { return !l.sees(fact) })
	}
	return out
}

func (l *looker) letters() []LetterView {
	out := []LetterView{}
	for _, ref := range l.s.Letters {
		if l.seesLetter(ref.Code) {
			out = append(out, l.letter(ref))
		}
	}
	return out
}

func (l *looker) seesLetter(code string) bool { return seesLetter(l.d, l.role, code) }

func (l *looker) letter(ref LetterRef) LetterView {
	v := LetterView{Code: ref.Code, Number: ref.Number, At: ref.At, Token: ref.Token}
	if def := l.d.Letter(ref.Code); def != nil {
		v.Title = def.Title
	}
	return v
}

// steps is the way so far and the stage it stands in; what lies ahead is the definition's order of stages after it.
func (l *looker) steps(events []EventView) []StepView {
	out := []StepView{}
	seen := map[string]bool{}
	for _, e := range events {
		if e.To == nil {
			continue
		}
		if n := len(out); n > 0 {
			out[n-1].Leave, out[n-1].State = e.At, "done"
		}
		out = append(out, StepView{Stage: *e.To, State: "now", Enter: e.At})
		seen[e.To.ID] = true
	}
	at := slices.IndexFunc(l.d.Stages, func(s *procedure.Stage) bool { return s.ID == l.s.Stage })
	if at < 0 || l.d.Stages[at].Final {
		return out
	}
	for _, st := range l.d.Stages[at+1:] {
		if !seen[st.ID] && !st.Final && st.Priority >= 0 && l.ahead(st) {
			out = append(out, StepView{Stage: l.stage(st.ID), State: "ahead"})
		}
	}
	return out
}

// ahead tells main stages from side ones: side stages (returned, suspended, appealed) are marked by a negative priority.
func (l *looker) ahead(st *procedure.Stage) bool { return st.Priority >= 0 }
