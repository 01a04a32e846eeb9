package procedure

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/ident"
)

// names lists what can be referred to, by kind.
func (c *checker) names() map[string][]string {
	d := c.d
	m := map[string][]string{"side": enums["Role.side"], "group": {SeesLetters, SeesRounds}} // what of a case is seen beside facts
	add := func(kind, id string) { m[kind] = append(m[kind], id) }
	for _, x := range d.Laws {
		add("law", x.ID)
	}
	for _, x := range d.Relations {
		add("relation", x.ID)
	}
	for _, x := range d.Roles {
		add("role", x.ID)
	}
	for _, x := range d.Facts {
		add("fact", x.ID)
		if x.Group != "" {
			add("group", x.Group)
		}
	}
	for _, x := range d.Forms {
		add("form", x.ID)
	}
	for _, x := range d.Stages {
		add("stage", x.ID)
		if x.Outcome != "" {
			add("outcome", x.Outcome)
		}
	}
	for _, x := range d.Actions {
		add("action", x.ID)
		for _, e := range x.Effects {
			if e.Kind == "notice" {
				add("notice", e.Name)
			}
		}
	}
	for _, x := range d.Clocks {
		add("clock", x.ID)
	}
	for _, x := range d.Letters {
		add("letter", x.ID)
	}
	for _, x := range d.Reasons {
		add("reasons", x.ID)
	}
	for _, x := range d.Dated {
		add("dated", x.ID)
	}
	for _, x := range d.Budgets {
		add("money", x.ID)
	}
	for _, x := range d.Rounds {
		add("round", x.ID)
	}
	for _, x := range d.Consult {
		add("consult", x.ID)
	}
	m["procedure"] = c.ctx.Procedures
	return m
}

// references proves that every name refers to something there is.
func (c *checker) references() {
	names := c.names()
	ref := func(pos Pos, kind string, ids ...string) {
		for _, id := range ids {
			if id != "" && !slices.Contains(names[kind], id) && !(kind == "procedure" && c.ctx.Procedures == nil) {
				c.unknownName(pos, kind, id, names[kind])
			}
		}
	}
	c.accessRefs(ref)
	c.factRefs(ref)
	c.stageRefs(ref)
	c.clockRefs(ref)
	c.roundRefs(ref)
	c.scoreRefs()
	c.otherRefs(ref)
}

type refFunc func(pos Pos, kind string, ids ...string)

func (c *checker) accessRefs(ref refFunc) {
	for _, r := range c.d.Roles {
		if r.ID == RoundRole || r.ID == "system" {
			c.err(r.Pos, "role_reserved", "role", r.ID)
		}
		p := "roles/" + r.ID
		ref(c.at(p+"/relation", r.Pos), "relation", r.Relation)
		for i, g := range r.Sees {
			if g != "*" && g != SeesLetters && g != SeesRounds {
				ref(c.at(fmt.Sprintf("%s/sees/%d", p, i), r.Pos), "group", g)
			}
		}
		if r.Relation == "" && r.Scope == "" && r.Side != "system" {
			c.err(r.Pos, "role_reach", "role", r.ID)
		}
	}
	for i, s := range c.d.Separation {
		ref(c.at(fmt.Sprintf("separation/%d/actions", i), s.Pos), "action", s.Actions...)
	}
}

// factTypes are the plain types; id: and body: come with a kind.
var factTypes = []string{"text", "int", "decimal", "percent", "money", "date", "bool", "choice", "list", "table", "file",
	"geo", "person", "email"}

func (c *checker) factRefs(ref refFunc) {
	for _, f := range c.d.Facts {
		c.factType(f, "facts/"+f.ID)
		p := "facts/" + f.ID
		ref(c.at(p+"/reasons", f.Pos), "reasons", f.Reasons)
		ref(c.at(p+"/dated_by", f.Pos), "fact", f.DatedBy)
		ref(c.at(p+"/table", f.Pos), "dated", f.Table)
		if f.By != "" && !slices.Contains(enums["Role.side"], f.By) {
			ref(c.at(p+"/by", f.Pos), "role", f.By)
		}
		if f.Source == SourceComputed && (f.Rule == "") == (f.Table == "") {
			c.err(f.Pos, "computed_without_rule", "fact", f.ID)
		}
		if f.Source == SourceRegistry && f.From == "" {
			c.err(f.Pos, "registry_without_from", "fact", f.ID)
		}
		for _, key := range []string{"rule", "table"} {
			if (key == "rule" && f.Rule != "" || key == "table" && f.Table != "") && f.Source != SourceComputed {
				c.err(c.at(p+"/"+key, f.Pos), "rule_not_computed", "fact", f.ID)
			}
		}
	}
	for _, f := range c.d.Forms {
		for _, page := range f.Pages {
			for _, q := range page.Fields {
				ref(q.Pos, "fact", q.Fact)
				if fact := c.d.Fact(q.Fact); fact != nil && fact.Source != SourceAsked && fact.Source != SourceBody {
					c.err(q.Pos, "field_not_asked", "fact", fact.ID, "source", fact.Source)
				}
			}
		}
	}
}

func (c *checker) factType(f *Fact, path string) {
	pos := c.at(path+"/type", f.Pos)
	kind, arg, _ := strings.Cut(f.Type, ":")
	switch {
	case f.Type == "":
	case kind == "id" && !ident.Known(arg):
		c.unknownName(pos, "ident", arg, ident.Kinds())
	case kind == "id", kind == "body":
	case !slices.Contains(factTypes, f.Type):
		c.unknownName(pos, "type", f.Type, factTypes)
	case f.Type == "choice" && len(f.Options) == 0 && f.Reasons == "" && f.Register == "":
		c.err(f.Pos, "choice_empty", "fact", f.ID)
	case f.Type == "table" && len(f.Columns) == 0:
		c.err(f.Pos, "table_no_columns", "fact", f.ID)
	}
	if f.Min != nil && f.Max != nil && *f.Min > *f.Max {
		c.err(f.Pos, "min_over_max", "fact", f.ID)
	}
	for _, col := range f.Columns {
		c.factType(col, path+"/columns/"+col.ID)
	}
}

func (c *checker) stageRefs(ref refFunc) {
	for _, s := range c.d.Stages {
		ref(c.at("stages/"+s.ID+"/holder", s.Pos), "role", s.Holder)
	}
	for _, a := range c.d.Actions {
		p := "actions/" + a.ID
		if KernelAct(a.ID) {
			c.err(a.Pos, "kernel_act", "action", textOf(a.Title, a.ID))
		}
		ref(c.at(p+"/in", a.Pos), "stage", a.In...)
		for _, by := range a.By {
			if by != "system" && by != RoundRole {
				ref(c.at(p+"/by", a.Pos), "role", by)
			}
		}
		ref(c.at(p+"/on_behalf", a.Pos), "role", a.OnBehalf...)
		ref(c.at(p+"/confirm", a.Pos), "role", a.Confirm...)
		ref(c.at(p+"/form", a.Pos), "form", a.Form)
		ref(c.at(p+"/reasons", a.Pos), "reasons", a.Reasons)
		ref(c.at(p+"/invalidates", a.Pos), "action", a.Voids...)
		ref(c.at(p+"/ceiling", a.Pos), "fact", a.Ceiling)
		for _, n := range a.Next {
			ref(n.Pos, "stage", n.To)
		}
		for _, e := range a.Effects {
			c.effectRefs(e, ref)
			c.takes(a, e)
		}
	}
}

// KernelAct tells whether every case knows an act of this name by itself: one of a procedure by such a name would never be done.
func KernelAct(name string) bool {
	switch name {
	case "assign", "confirm", "correct", "decline", "draft", "migrate", "note", "open", "scan", "stay":
		return true
	}
	return false
}

// effectRefKind is the kind of thing an effect's name refers to.
var effectRefKind = map[string]string{"letter": "letter", "bind": "relation", "unbind": "relation", "set": "fact", EffectTake: "fact",
	"open": "procedure", "notify": "role", EffectFreeze: "round", EffectDecide: "round", EffectIssue: "round", "reserve": "money", "release": "money"}

// takes wants a fact that nothing else gives, a register, and a person who acts: what a clock does waits for no reading.
func (c *checker) takes(a *Action, e *Effect) {
	if e.Kind != EffectTake {
		return
	}
	if e.From == "" {
		c.err(e.Pos, "missing_key", "key", "from", "what", EffectTake)
	}
	if f := c.d.Fact(e.Name); f != nil && f.Source != SourceSystem {
		c.err(e.Pos, "take_source", "fact", textOf(f.Title, f.ID))
	}
	if slices.Contains(a.By, "system") || slices.Contains(a.By, RoundRole) {
		c.err(e.Pos, "take_by_person", "action", textOf(a.Title, a.ID))
	}
}

func (c *checker) effectRefs(e *Effect, ref refFunc) {
	if kind := effectRefKind[e.Kind]; kind != "" {
		ref(e.Pos, kind, e.Name)
	}
	if e.Name == "" {
		c.err(e.Pos, "effect_empty", "kind", e.Kind)
	}
	switch e.Kind {
	case "bind":
		from, name, _ := strings.Cut(e.From, ":")
		switch {
		case from == "fact":
			ref(e.Pos, "fact", name)
		case !slices.Contains([]string{"actor", "unit", "parent"}, from):
			c.err(e.Pos, "bind_from", "from", short(e.From))
		case from == "parent":
			ref(e.Pos, "relation", name)
		}
	case "set":
		if f := c.d.Fact(e.Name); f != nil && f.Source == SourceComputed {
			c.err(e.Pos, "set_computed", "fact", f.ID)
		}
		if e.Rule == "" {
			c.err(e.Pos, "missing_key", "key", "rule", "what", "set")
		}
	case "open":
		c.given(e.Pos, e.Name, e.Give)
	case "notify":
		if e.Text.IsZero() {
			c.err(e.Pos, "missing_key", "key", "text", "what", "notify")
		}
	}
}

// given proves, where the procedure of a case that opens is at hand, that it knows each fact it is given: an unknown one
// would stop the act, or the end of the deadline, that opens it.
func (c *checker) given(pos Pos, child string, give map[string]string) {
	if len(give) == 0 {
		return
	}
	d := c.other(child)
	if child == c.d.ID {
		d = c.d
	}
	for _, name := range sortedKeys(give) {
		if d != nil && d.Fact(name) == nil {
			c.err(pos, "give_unknown", "procedure", child, "fact", name)
		}
	}
}

// eventRefKind is the kind of thing an event's name refers to.
var eventRefKind = map[string]string{"enter": "stage", "leave": "stage", "action": "action", "sent": "letter", "noticed": "notice",
	"answered": "consult"}

func (c *checker) clockRefs(ref refFunc) {
	for _, k := range c.d.Clocks {
		p := "clocks/" + k.ID
		for _, e := range append(slices.Clone(k.Start), k.Stop...) {
			ref(e.Pos, eventRefKind[e.Kind], e.Name)
		}
		for _, b := range k.Breach {
			kind := map[string]string{"remind": "role", "escalate": "role", "open": "procedure", "act": "action"}[b.Kind]
			if kind != "" {
				ref(b.Pos, kind, b.Name)
			}
			if b.Name == "" {
				c.err(b.Pos, "effect_empty", "kind", b.Kind)
			}
			c.given(b.Pos, b.Name, b.Give)
		}
		for _, x := range k.Pauses {
			ref(x.Pos, "stage", x.In...)
			ref(x.Pos, "law", x.Law)
		}
		ref(c.at(p+"/law", k.Pos), "law", k.Law)
	}
}

func (c *checker) otherRefs(ref refFunc) {
	d := c.d
	for _, x := range d.Conditions {
		ref(c.at("conditions/"+x.ID+"/law", x.Pos), "law", x.Law)
	}
	for _, x := range d.Decisions {
		ref(c.at("decisions/"+x.ID+"/inputs", x.Pos), "fact", x.Inputs...)
		ref(c.at("decisions/"+x.ID+"/law", x.Pos), "law", x.Law)
	}
	for _, x := range d.Dated {
		ref(c.at("dated/"+x.ID+"/inputs", x.Pos), "fact", x.Inputs...)
		ref(c.at("dated/"+x.ID+"/dated_by", x.Pos), "fact", x.DatedBy)
		ref(c.at("dated/"+x.ID+"/law", x.Pos), "law", x.Law)
	}
	for _, x := range d.Approvals {
		ref(x.Pos, "action", x.Action)
		ref(x.Pos, "role", x.Of...)
		ref(x.Pos, "fact", x.Facts...)
		if x.Min > len(x.Of) {
			c.err(x.Pos, "approval_min", "min", x.Min, "of", len(x.Of))
		}
	}
	if x := d.Correct; x != nil {
		ref(x.Pos, "role", x.By...)
		ref(x.Pos, "role", x.Confirm...)
	}
	for _, x := range d.Obligation {
		p := "obligations/" + x.ID
		ref(c.at(p+"/owner", x.Pos), "role", x.Owner...)
		ref(c.at(p+"/confirm", x.Pos), "role", x.Confirm...)
		ref(c.at(p+"/on_behalf", x.Pos), "role", x.OnBehalf...)
		ref(c.at(p+"/clock", x.Pos), "clock", x.Clock)
		for _, e := range x.Done {
			ref(e.Pos, eventRefKind[e.Kind], e.Name)
		}
		ref(c.at(p+"/evidence", x.Pos), "fact", x.Evidence...)
		if x.Each != nil {
			ref(c.at(p+"/each/table", x.Pos), "fact", x.Each.Table)
		}
	}
	for _, x := range d.Letters {
		ref(c.at("letters/"+x.ID+"/to", x.Pos), "relation", x.To)
		ref(c.at("letters/"+x.ID+"/copies", x.Pos), "relation", x.Copies...)
		ref(c.at("letters/"+x.ID+"/signers", x.Pos), "role", x.Signers...)
	}
	for _, x := range d.Dedup {
		ref(x.Pos, "fact", x.Exact...)
		ref(x.Pos, "fact", x.Fuzzy...)
	}
	for _, x := range d.Budgets {
		ref(x.Pos, "fact", x.Amount)
	}
	for _, x := range d.Consult {
		ref(c.at("consult/"+x.ID+"/roles", x.Pos), "role", x.Roles...)
		ref(c.at("consult/"+x.ID+"/on_behalf", x.Pos), "role", x.OnBehalf...)
		ref(c.at("consult/"+x.ID+"/clock", x.Pos), "clock", x.Clock)
		if x.Each != nil {
			ref(c.at("consult/"+x.ID+"/each/table", x.Pos), "fact", x.Each.Table)
		}
	}
	if d.Appeal != nil {
		ref(d.Appeal.Pos, "action", d.Appeal.Action, d.Appeal.Answer)
		ref(d.Appeal.Pos, "role", d.Appeal.By...)
	}
	if d.Publish != nil {
		ref(d.Publish.Pos, "fact", d.Publish.Facts...)
	}
	if d.Funnel != nil {
		ref(d.Funnel.Pos, "relation", d.Funnel.By)
		for _, x := range d.Funnel.Steps {
			ref(x.Pos, "action", x.Action)
			ref(x.Pos, "fact", x.Amount)
		}
	}
	for _, x := range d.Retention {
		if _, ok := x.End(time.Unix(0, 0)); !ok {
			c.err(x.Pos, "retention_keep", "keep", x.Keep)
		}
		ref(x.Pos, "outcome", x.Outcome)
		ref(x.Pos, "law", x.Law)
	}
	for _, x := range d.Indicators {
		c.indicatorRefs(x, ref)
	}
}

func (c *checker) indicatorRefs(x *Indicator, ref refFunc) {
	for _, expr := range []string{x.Numerator, x.Denominator} {
		if expr == "" {
			continue
		}
		m := eventShape.FindStringSubmatch(expr)
		if m == nil || !slices.Contains([]string{"stage", "outcome", "action", "sum"}, m[1]) {
			c.err(x.Pos, "indicator", "text", short(expr))
			continue
		}
		kind := m[1]
		if kind == "sum" {
			kind = "fact"
		}
		ref(x.Pos, kind, m[2])
	}
}
