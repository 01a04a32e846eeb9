package casework

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// Examples runs the examples of a definition through Step and Apply, with the calendars given, and reports what comes
// out otherwise than expected. It is what procedure.CheckContext asks for.
func Examples(cals map[string]*calendar.Calendar) func(*procedure.Definition) []procedure.Problem {
	return func(d *procedure.Definition) []procedure.Problem {
		var out []procedure.Problem
		for _, ex := range d.Examples {
			p := &player{d: d, ex: ex, cals: cals}
			if p.rows() {
				p.play()
			}
			out = append(out, p.problems...)
		}
		return out
	}
}

// player carries one example.
type player struct {
	d        *procedure.Definition
	ex       *procedure.Example
	cals     map[string]*calendar.Calendar
	s        *State
	now      int64
	n        int
	opened   []string
	broken   bool
	problems []procedure.Problem
}

const exampleUnit = "unit"

func (p *player) fail(pos procedure.Pos, key string, kv ...any) {
	p.problems = append(p.problems, procedure.Problem{
		Pos: pos, Key: "casework.example_" + key, Severity: procedure.SeverityError, Args: fault.New(fault.Invalid, "", kv...).Args,
	})
}

// rows puts the example's own rows of dated tables in their place.
func (p *player) rows() bool {
	if len(p.ex.Tables) == 0 {
		return true
	}
	d, problems := p.d.WithDated(p.ex.Tables)
	for _, wrong := range procedure.Errors(problems) {
		p.fail(p.ex.Pos, "rows", "error", locale.Text{FA: wrong.String(locale.FA), EN: wrong.String(locale.EN)})
	}
	p.d = d
	return len(p.problems) == 0
}

func (p *player) play() {
	if p.cals[p.d.Calendar] == nil {
		p.fail(p.ex.Pos, "calendar", "calendar", p.d.Calendar)
		return
	}
	p.now = startOf(p.ex.Now, p.d)
	c, env := Command{Unit: exampleUnit, Facts: asked(p.d, p.ex.Facts)}, p.env(openedBy(p.d, p.ex.Facts), "", nil)
	env.Documents = p.documents(c)
	e, err := Open(p.d, c, env)
	if err != nil {
		p.fail(p.ex.Pos, "open", "error", explain(err))
		return
	}
	p.apply(e)
	for _, do := range p.ex.Do {
		if p.broken {
			return
		}
		p.step(do)
	}
	if !p.broken {
		p.expect()
	}
}

// openedBy is who opens the case of an example: another case, when facts come from it, else the holder of the first stage.
func openedBy(d *procedure.Definition, facts map[string]any) string {
	for name := range facts {
		if f := d.Fact(name); f != nil && f.Source == procedure.SourceParent {
			return systemRole
		}
	}
	return startStage(d).Holder
}

// asked keeps the facts an opener may give; the rest comes with the steps.
func asked(d *procedure.Definition, facts map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range facts {
		if f := d.Fact(name); f != nil && (f.Source == procedure.SourceAsked || f.Source == procedure.SourceParent) {
			out[name] = v
		}
	}
	return out
}

// startOf reads "1405/02/05 10:00"; without it the example begins at noon of the definition's first day.
func startOf(text string, d *procedure.Definition) int64 {
	date, clock, _ := strings.Cut(strings.TrimSpace(text), " ")
	on, err := jalali.Parse(date)
	if err != nil {
		on = d.From
	}
	at := on.Start().Add(12 * time.Hour)
	if t, err := time.Parse("15:04", strings.TrimSpace(clock)); err == nil {
		at = on.Start().Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
	}
	return at.UnixMicro()
}

func (p *player) apply(e *Entry) {
	p.n++
	p.s = Apply(p.s, e, fmt.Sprintf("%064x", p.n))
	for _, c := range e.Changes {
		if c.Child != nil {
			p.opened = append(p.opened, c.Child.Procedure)
		}
	}
}

// env plays the actor of a role: the one person of that role, standing to the case as the role's relation asks.
func (p *player) env(role, person string, a *procedure.Action) Env {
	if person == "" {
		person = "person:" + role
	}
	actor := Actor{Person: person, Name: person, Role: role, Body: "body:" + role}
	g := Grants{Person: person, Province: "example", Body: actor.Body, Ceilings: map[string]int64{}, SteppedUp: true, Speaks: true}
	if r := p.d.Role(role); r != nil && r.Relation != "" {
		p.relate(r, &actor, &g)
	}
	for _, act := range p.d.Actions {
		if act.Delegate != "" {
			g.Ceilings[act.Delegate] = math.MaxInt64
		}
	}
	env := Env{
		Now: p.now, Actor: actor, Grants: g, Calendars: p.cals, Registry: p.registry(), EntryID: fmt.Sprintf("entry-%d", p.n),
		Numbers: map[string][]string{}, Parents: map[string]string{}, Signers: map[string]Signer{}, CaseID: "case", Subject: exampleUnit,
	}
	if p.s != nil {
		for _, v := range p.s.Facts {
			if b, ok := v.V.(string); ok {
				env.Parents[b] = "parent:" + b
			}
		}
	}
	if a != nil {
		p.supply(&env, a)
	}
	return env
}

func (p *player) relate(r *procedure.Role, actor *Actor, g *Grants) {
	subject := exampleUnit
	if p.s != nil {
		subject = p.s.Parties[r.Relation]
	}
	switch relationAs(p.d, r.Relation) {
	case "unit":
		actor.Unit, g.Unit = subject, subject
	case "body":
		actor.Body, g.Body = subject, subject
	}
}

func (p *player) supply(env *Env, a *procedure.Action) {
	for i, ef := range a.Effects {
		switch ef.Kind {
		case procedure.EffectFreeze:
			env.Listings = map[string]Listing{ef.Name: p.listing(ef.Name)}
		case "number":
			series := CaseSeries(p.d, ef.Name)
			env.Numbers[series] = append(env.Numbers[series], caseNumber(series, day(p.now).Year, 1))
		case "letter":
			env.Tokens = append(env.Tokens, fmt.Sprintf("token-%d-%d", p.n, i))
			env.Salts = append(env.Salts, fmt.Sprintf("salt-%d-%d", p.n, i))
			if l := p.d.Letter(ef.Name); l != nil {
				env.Numbers[l.Series] = append(env.Numbers[l.Series], letterNumber(l.Series, day(p.now).Year, int64(p.n+i)))
			}
		case "open":
			env.ChildIDs = append(env.ChildIDs, fmt.Sprintf("child-%d-%d", p.n, i))
		case procedure.EffectTake:
			if env.Taken == nil {
				env.Taken = map[string]Taking{}
			}
			env.Taken[ef.Name] = Taking{Value: p.ex.Unit[ef.Name]}
		}
	}
}

// listing is what a round finds in an example: its members, numbered in the order written.
func (p *player) listing(round string) Listing {
	r := p.d.Round(round)
	var out Listing
	for _, id := range r.Copied() {
		out.Columns = append(out.Columns, Column{Fact: id, Title: locale.Text{FA: id, EN: id}})
	}
	for i, facts := range p.ex.Members {
		c := Listed{Case: fmt.Sprintf("member-%d", i+1), Number: fmt.Sprintf("M-%03d", i+1), Seq: 1, Version: 1, Facts: map[string]Value{}}
		for name, v := range facts {
			c.Facts[name] = Value{V: v, Source: procedure.SourceAsked, AsOf: p.now}
		}
		out.Cases = append(out.Cases, c)
	}
	return out
}

func (p *player) registry() map[string]RegistryFact {
	out := map[string]RegistryFact{}
	for name, v := range p.ex.Unit {
		if f := p.d.Fact(name); f != nil {
			out[f.From] = RegistryFact{Value: v, Source: "registry", AsOf: p.now}
		}
	}
	return out
}

// documents lets an example name any document: it has no store behind it.
func (p *player) documents(c Command) map[string]bool {
	out := map[string]bool{}
	for _, hash := range named(p.d, c) {
		out[hash] = true
	}
	return out
}

// step lets time pass, with whatever the clocks do meanwhile, and then acts.
func (p *player) step(do procedure.ExampleStep) {
	if do.After != "" {
		p.pass(do)
	}
	if do.Action == "" || p.broken {
		return
	}
	a := p.d.Action(do.Action)
	role := do.By
	if role == "" && a != nil {
		role = a.By[0]
	}
	facts := maps.Clone(do.Facts)
	if a != nil && p.d.Form(a.Form) != nil && facts == nil {
		facts = map[string]any{}
	}
	c := Command{
		Key: "example", Case: p.s.ID, Action: do.Action, Version: p.s.Version, Facts: facts, Cites: do.Cites, Reason: do.Reason,
		Note: do.Note,
	}
	env := p.env(role, do.Person, a)
	env.Documents = p.documents(c)
	on := p.s
	if role == procedure.RoundRole {
		on = p.listed(&env)
	}
	e, err := Step(p.d, on, c, env)
	switch {
	case err != nil && do.Fails == "":
		p.fail(do.Pos, "step", "action", do.Action, "error", explain(err))
		p.broken = true
	case err != nil && !failsAs(err, do.Fails):
		p.fail(do.Pos, "fails_otherwise", "action", do.Action, "want", do.Fails, "error", explain(err))
	case err == nil && do.Fails != "":
		p.fail(do.Pos, "does_not_fail", "action", do.Action, "want", do.Fails)
		p.broken = true
	case err == nil:
		p.apply(e)
	}
}

// listed plays the round whose answer an act is: the case as it stands on the round's agenda.
func (p *player) listed(env *Env) *State {
	ref := RoundRef{Case: "round", Number: "R-001", Round: "round", Title: locale.Text{FA: "round", EN: "round"}, At: p.now}
	env.Actor = Actor{Role: procedure.RoundRole, Round: &ref}
	on := *p.s
	on.Agenda = &ref
	return &on
}

func failsAs(err error, key string) bool {
	f, ok := fault.As(err)
	return ok && (f.Key == key || slices.ContainsFunc(f.Details, func(d *fault.Fault) bool { return d.Key == key }))
}

// explain says a fault in both languages.
func explain(err error) locale.Text {
	f, ok := fault.As(err)
	if !ok {
		return locale.Text{FA: err.Error(), EN: err.Error()}
	}
	fa, en := []string{locale.T(locale.FA, f.Key, f.Args)}, []string{locale.T(locale.EN, f.Key, f.Args)}
	for _, d := range f.Details {
		fa = append(fa, d.Field+": "+locale.T(locale.FA, d.Key, d.Args))
		en = append(en, d.Field+": "+locale.T(locale.EN, d.Key, d.Args))
	}
	return locale.Text{FA: strings.Join(fa, "; "), EN: strings.Join(en, "; ") + " [" + f.Key + "]"}
}

// pass moves the time on: to the same hour of the last day of a limit in days, by the hour otherwise.
func (p *player) pass(do procedure.ExampleStep) {
	limit, err := calendar.ParseLimit(do.After)
	if err != nil {
		p.fail(do.Pos, "after", "after", do.After)
		p.broken = true
		return
	}
	from := micros(p.now)
	to := limit.Due(p.cals[p.d.Calendar], from)
	if limit.Unit != calendar.Hours {
		hour := from.Sub(jalali.FromTime(from).Start())
		to = jalali.FromTime(to.Add(-time.Microsecond)).Start().Add(hour)
	}
	p.fire(to.UnixMicro(), do)
	p.now = to.UnixMicro()
}

// fire lets every clock that is due before an instant do its work, in order.
func (p *player) fire(until int64, do procedure.ExampleStep) {
	for range 100 {
		id, at := p.earliest(until)
		if id == "" {
			return
		}
		p.now = max(p.now, at)
		c := p.d.Clock(id)
		env := p.env(systemRole, "", nil)
		for i, b := range c.Breach {
			if b.Kind == "open" {
				env.ChildIDs = append(env.ChildIDs, fmt.Sprintf("child-%d-%d", p.n, i))
			}
			if a := p.d.Action(b.Name); b.Kind == "act" && a != nil {
				p.supply(&env, a)
			}
		}
		e, err := StepClock(p.d, p.s, id, env)
		if err != nil || e == nil {
			p.fail(do.Pos, "clock", "clock", id, "error", explain(fmt.Errorf("%w", err)))
			p.broken = true
			return
		}
		p.apply(e)
	}
}

func (p *player) earliest(until int64) (string, int64) {
	best, at := "", until+1
	for _, id := range slices.Sorted(maps.Keys(p.s.Clocks)) {
		c := p.s.Clocks[id]
		if c.State != ClockRunning {
			continue
		}
		next := c.Due
		if c.Warn > 0 && !c.Warned {
			next = min(next, c.Warn)
		}
		if next < at {
			best, at = id, next
		}
	}
	return best, at
}

func (p *player) expect() {
	want := p.ex.Expect
	pos := want.Pos
	if want.Stage != "" && p.s.Stage != want.Stage {
		p.fail(pos, "stage", "want", want.Stage, "got", p.s.Stage)
	}
	if want.Outcome != "" && p.s.Outcome != want.Outcome {
		p.fail(pos, "outcome", "want", want.Outcome, "got", p.s.Outcome)
	}
	var letters []string
	for _, l := range p.s.Letters {
		letters = append(letters, l.Code)
	}
	if want.Letters != nil && !slices.Equal(letters, want.Letters) {
		p.fail(pos, "letters", "want", strings.Join(want.Letters, " "), "got", strings.Join(letters, " "))
	}
	for _, o := range want.Opened {
		if !slices.Contains(p.opened, o) {
			p.fail(pos, "opened", "want", o, "got", strings.Join(p.opened, " "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want.Facts)) {
		if got := p.s.Facts[name].V; !same(got, want.Facts[name]) {
			p.fail(pos, "fact", "fact", name, "want", fmt.Sprint(want.Facts[name]), "got", fmt.Sprint(got))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want.Obligations)) {
		got := ""
		if o := p.s.obligation(key); o != nil {
			got = o.State
		}
		if got != want.Obligations[key] {
			p.fail(pos, "obligation", "obligation", key, "want", want.Obligations[key], "got", got)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want.Opinions)) {
		got := ""
		if o := p.s.opinion(key); o != nil {
			got = o.State
		}
		if got != want.Opinions[key] {
			p.fail(pos, "opinion", "opinion", key, "want", want.Opinions[key], "got", got)
		}
	}
	p.expectConditions(want.Conditions)
}

func (p *player) expectConditions(want map[string]procedure.ExampleCondition) {
	results := p.d.Assess(InputOf(p.d, p.s, valuesOf(p.s), p.env(systemRole, "", nil)))
	for _, id := range slices.Sorted(maps.Keys(want)) {
		w := want[id]
		i := slices.IndexFunc(results, func(r procedure.ConditionResult) bool { return r.ID == id })
		if i < 0 {
			p.fail(w.Pos, "condition", "condition", id, "want", w.Is, "got", "-")
			continue
		}
		r := results[i]
		if w.Is != "" && r.Is.String() != w.Is {
			p.fail(w.Pos, "condition", "condition", id, "want", w.Is, "got", r.Is.String())
		}
		because := slices.Sorted(slices.Values(w.Because))
		if got := slices.Sorted(slices.Values(r.Because)); w.Because != nil && !slices.Equal(got, because) {
			p.fail(w.Pos, "because", "condition", id, "want", strings.Join(because, " "), "got", strings.Join(got, " "))
		}
		if w.Remedy != nil && !same(map[string]any(r.Remedy), map[string]any(w.Remedy)) {
			p.fail(w.Pos, "remedy", "condition", id, "want", fmt.Sprint(w.Remedy), "got", fmt.Sprint(r.Remedy))
		}
	}
}
