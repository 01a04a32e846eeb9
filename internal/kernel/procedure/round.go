package procedure

import (
	"cmp"
	"slices"
	"strings"

	"rahgosha/internal/base/locale"
)

// RoundRole is the actor that carries a round's answer out on a member's case. Only the engine can act as it.
const RoundRole = "round"

// SeesRounds in Role.Sees opens the tables of a case's rounds: the frozen inputs, the ranking and the answers.
const SeesRounds = "rounds"

// Effects of a round, in the order in which they happen.
const (
	EffectFreeze = "freeze" // collect the members, copy their facts, rank them, propose an answer for each
	EffectDecide = "decide" // take an answer for every member
	EffectIssue  = "issue"  // carry each answer out on its member, once
)

// Round is a decision over many cases, taken in a case of its own (kernel.md 11): it freezes a list of members with
// their inputs, ranks them, and issues one act for each.
type Round struct {
	ID      string
	Title   locale.Text       `yaml:"title"`
	Of      string            `yaml:"of"`      // the members' procedure
	In      []string          `yaml:"in"`      // stages of the members' procedure in which a case may be listed
	Same    map[string]string `yaml:"same"`    // member's fact → fact of this case that it must equal
	Facts   []string          `yaml:"facts"`   // members' facts that are copied
	Rank    []string          `yaml:"rank"`    // members' facts, - before a descending one
	Demand  string            `yaml:"demand"`  // members' money fact, or of int: places
	Budget  string            `yaml:"budget"`  // this case's fact of the same type
	Answers []*Answer         `yaml:"answers"` // what may be decided on a member
	Pos     Pos
}

// Answer is one thing that may be decided on a member, and the act of the member's procedure that it becomes.
type Answer struct {
	ID     string
	Title  locale.Text `yaml:"title"`
	Action string      `yaml:"action"`
	Spends bool        `yaml:"spends"` // draws the member's demand on the budget
	Note   string      `yaml:"note"`   // none, optional, required
	Pos    Pos
}

// RankKey is one key of an order: a member's fact, and which way.
type RankKey struct {
	Fact string
	Down bool
}

// RankKeys gives the order of a round's members.
func (r *Round) RankKeys() []RankKey {
	out := make([]RankKey, 0, len(r.Rank))
	for _, s := range r.Rank {
		name, down := strings.CutPrefix(s, "-")
		out = append(out, RankKey{Fact: strings.TrimSpace(name), Down: down})
	}
	return out
}

// Copied lists the members' facts a round freezes: those it shows, ranks by and adds up, each once.
func (r *Round) Copied() []string {
	out := slices.Clone(r.Facts)
	for _, k := range r.RankKeys() {
		out = append(out, k.Fact)
	}
	if r.Demand != "" {
		out = append(out, r.Demand)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(id string) bool { was := seen[id]; seen[id] = true; return was })
}

// Answer gives an answer by id, nil when there is none.
func (r *Round) Answer(id string) *Answer {
	return find(r.Answers, func(a *Answer) bool { return a.ID == id })
}

// Proposal gives the answer that is proposed for a member: the first that spends while the budget lasts, the first that
// does not for the rest. A round without a budget proposes its first answer for all.
func (r *Round) Proposal(within bool) string {
	if i := slices.IndexFunc(r.Answers, func(a *Answer) bool { return a.Spends == within }); i >= 0 && r.Budget != "" {
		return r.Answers[i].ID
	}
	return r.Answers[0].ID
}

// Round gives a round by id, nil when there is none.
func (d *Definition) Round(id string) *Round {
	return find(d.Rounds, func(r *Round) bool { return r.ID == id })
}

// Places says that a round gives away places instead of money: its budget is a whole number.
func (d *Definition) Places(r *Round) bool {
	f := d.Fact(r.Budget)
	return f != nil && f.Type == "int"
}

// Decides gives the round whose answers an action takes, nil when it takes none.
func (d *Definition) Decides(a *Action) *Round {
	if e := find(a.Effects, func(e *Effect) bool { return e.Kind == EffectDecide }); e != nil {
		return d.Round(e.Name)
	}
	return nil
}

// roundRefs proves a round's own references, and that some action freezes, decides and issues it.
func (c *checker) roundRefs(ref refFunc) {
	for _, r := range c.d.Rounds {
		p := "rounds/" + r.ID
		for _, name := range sortedKeys(r.Same) {
			ref(c.at(p+"/same/"+name, r.Pos), "fact", r.Same[name])
		}
		ref(c.at(p+"/of", r.Pos), "procedure", r.Of)
		ref(c.at(p+"/budget", r.Pos), "fact", r.Budget)
		if (r.Budget == "") != (r.Demand == "") {
			c.err(r.Pos, "round_half_budget", "round", textOf(r.Title, r.ID))
		}
		if f := c.d.Fact(r.Budget); f != nil && f.Type != "money" && f.Type != "int" {
			c.err(c.at(p+"/budget", r.Pos), "round_not_money", "fact", f.ID)
		}
		for _, kind := range []string{EffectFreeze, EffectDecide, EffectIssue} {
			if !c.has(kind, r.ID) {
				c.err(r.Pos, "round_never", "round", textOf(r.Title, r.ID), "effect", kind)
			}
		}
		c.roundAnswers(r)
		c.members(r)
	}
}

func (c *checker) has(kind, name string) bool {
	return slices.ContainsFunc(c.d.Actions, func(a *Action) bool {
		return slices.ContainsFunc(a.Effects, func(e *Effect) bool { return e.Kind == kind && e.Name == name })
	})
}

// roundAnswers wants, where there is a budget, an answer above the cut line and one below it.
func (c *checker) roundAnswers(r *Round) {
	spends := func(want bool) bool {
		return slices.ContainsFunc(r.Answers, func(a *Answer) bool { return a.Spends == want })
	}
	if r.Budget != "" && len(r.Answers) > 0 && (!spends(true) || !spends(false)) {
		c.err(c.at("rounds/"+r.ID+"/answers", r.Pos), "round_answers", "round", textOf(r.Title, r.ID))
	}
}

// members proves what a round says of its members' procedure, where that procedure can be looked at.
func (c *checker) members(r *Round) {
	of := c.other(r.Of)
	if of == nil {
		c.warn(c.at("rounds/"+r.ID+"/of", r.Pos), "round_unproved", "procedure", r.Of)
		return
	}
	m := memberProof{c, r, of, "rounds/" + r.ID}
	m.stages()
	m.facts()
	for _, a := range r.Answers {
		m.answer(a)
	}
}

func (c *checker) other(id string) *Definition {
	if id == c.d.ID || c.ctx.Other == nil {
		return nil
	}
	return c.ctx.Other(id)
}

// memberProof proves one round against its members' procedure.
type memberProof struct {
	*checker
	r    *Round
	of   *Definition
	path string
}

func (m memberProof) stages() {
	for _, id := range m.r.In {
		if s := m.of.Stage(id); s == nil {
			m.unknownName(m.at(m.path+"/in", m.r.Pos), "stage", id, idsOf(m.of.Stages))
		} else if s.Final {
			m.err(m.at(m.path+"/in", m.r.Pos), "round_final", "stage", textOf(s.Title, s.ID))
		}
	}
}

// budgetType is what a member may demand: as the round's budget is, money where that is not known.
func (m memberProof) budgetType() string {
	if m.d.Places(m.r) {
		return "int"
	}
	return "money"
}

func (m memberProof) facts() {
	for _, id := range append(m.r.Copied(), sortedKeys(m.r.Same)...) {
		f := m.of.Fact(id)
		switch {
		case f == nil:
			m.unknownName(m.at(m.path+"/facts", m.r.Pos), "fact", id, idsOf(m.of.Facts))
		case f.Personal != nil || slices.ContainsFunc(f.Columns, func(c *Fact) bool { return c.Personal != nil }):
			m.err(m.at(m.path+"/facts", m.r.Pos), "round_personal", "fact", textOf(f.Title, f.ID))
		case id == m.r.Demand && f.Type != m.budgetType():
			m.err(m.at(m.path+"/demand", m.r.Pos), "round_not_money", "fact", f.ID)
		}
	}
}

// answer proves that the act is there, is open to rounds where the members stand, and asks for nothing a round has not.
func (m memberProof) answer(a *Answer) {
	pos := m.at(m.path+"/answers/"+a.ID+"/action", a.Pos)
	act := m.of.Action(a.Action)
	if act == nil {
		m.unknownName(pos, "action", a.Action, idsOf(m.of.Actions))
		return
	}
	title := textOf(act.Title, act.ID)
	if !slices.Contains(act.By, RoundRole) {
		m.err(pos, "round_not_by", "action", title)
	}
	for _, stage := range m.r.In {
		if !slices.Contains(act.In, stage) {
			m.err(pos, "round_not_in", "action", title, "stage", stage)
		}
	}
	if act.Form != "" || act.Cites || act.Reasons != "" || act.Score != "" || act.Note == "required" && a.Note != "required" {
		m.err(pos, "round_asks", "action", title)
	}
}

// idsOf gives the ids of things, for the nearest name.
func idsOf[T interface{ *Stage | *Fact | *Action }](things []T) []string {
	var out []string
	for _, x := range things {
		switch x := any(x).(type) {
		case *Stage:
			out = append(out, x.ID)
		case *Fact:
			out = append(out, x.ID)
		case *Action:
			out = append(out, x.ID)
		}
	}
	return out
}

func (w *manualWriter) rounds() {
	var rows [][]string
	for _, r := range w.d.Rounds {
		var answers []string
		for _, a := range r.Answers {
			answers = append(answers, a.Title.In(w.lang))
		}
		budget := ""
		if f := w.d.Fact(r.Budget); f != nil {
			budget = f.Title.In(w.lang)
		}
		rows = append(rows, []string{cmp.Or(r.Title.In(w.lang), r.ID), r.Of, strings.Join(r.Rank, w.comma()), budget,
			strings.Join(answers, w.comma())})
	}
	w.add("rounds", nil, []string{"round", "members", "rank", "budget", "answers"}, rows)
}
