package procedure

import (
	"io/fs"
	"reflect"
	"strconv"
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

// CheckContext is what the proofs look at beside the definition. Previous is the version in force, when there is one:
// migration must then cover its stages. Examples runs the examples and reports what comes out otherwise; nil skips them.
// Procedures are the ids that effects and breaches may open; nil takes any.
type CheckContext struct {
	Previous   *Definition
	Examples   func(*Definition) []Problem
	Procedures []string
	// Calendars are the names of those at hand; without them no name is proved.
	Calendars []string
	// Other gives another procedure of the set by id, nil when it is not at hand: rounds are proved against their members'.
	Other func(id string) *Definition
}

// checker runs the proofs over one definition.
type checker struct {
	*report
	d   *Definition
	ctx CheckContext
}

// Check proves what publishing asks for and reports every failure. A definition that Parse found fault with is proved as
// far as it goes; examples run only when nothing else is wrong.
func Check(d *Definition, ctx CheckContext) []Problem {
	c := &checker{&report{src: sources{}, fallback: mainFile}, d, ctx}
	if d.origin != nil {
		c.src = d.origin.src
	}
	for _, proof := range []func(){c.head, c.fields, c.texts, c.references, c.facts, c.personal, c.computed, c.conditions,
		c.flow, c.clocks, c.refusals, c.separation, c.powers, c.confirmed, c.appeal, c.relations, c.letters, c.obligations, c.consultations, c.unused, c.migration} {
		proof()
	}
	if d.compiled == nil {
		if _, err := rule.NewEnv(d.Schema()); err == nil {
			d.compileInto(c.report)
		}
	}
	c.decisions()
	c.dated()
	if len(Errors(c.problems)) == 0 && ctx.Examples != nil {
		c.problems = append(c.problems, ctx.Examples(d)...)
	}
	return c.sorted()
}

// ParseAndCheck reads a folder and proves it: the problems of form and of substance together, in order. The definition is
// nil when procedure.yaml cannot be read.
func ParseAndCheck(fsys fs.FS, ctx CheckContext) (*Definition, []Problem) {
	d, parsed := Parse(fsys)
	if d == nil {
		return nil, parsed
	}
	if len(Errors(parsed)) > 0 {
		ctx.Examples = nil
	}
	r := &report{problems: append(parsed, Check(d, ctx)...)}
	return d, r.sorted()
}

func (c *checker) at(path string, fallback Pos) Pos { return c.d.place(path, fallback) }

func (c *checker) head() {
	p := c.at("procedure", Pos{mainFile, 1, 1})
	for _, f := range []struct{ key, val string }{{"id", c.d.ID}, {"version", c.d.Version}, {"prefix", c.d.Prefix}, {"from", c.d.From.String()}} {
		if f.val == "" {
			c.err(c.at("procedure/"+f.key, p), "missing_key", "key", f.key, "what", "procedure")
		}
	}
	if c.d.ID != "" && !procedureID(c.d.ID) {
		c.err(c.at("procedure/id", p), "procedure_id", "id", short(c.d.ID))
	}
	if c.d.Title.IsZero() {
		c.err(c.at("procedure/title", p), "missing_key", "key", "title", "what", "procedure")
	}
	if !c.d.To.IsZero() && c.d.To.Compare(c.d.From) < 0 {
		c.err(c.at("procedure/to", p), "to_before_from", "from", c.d.From.String(), "to", c.d.To.String())
	}
	if len(c.d.Stages) == 0 {
		c.err(p, "missing_key", "key", "stages", "what", "procedure")
	}
}

func procedureID(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && s[0] >= 'a' && s[0] <= 'z'
}

// required are the keys that each kind of thing must have.
var required = map[string][]string{
	"Law": {"title", "text", "sure"}, "Relation": {"as", "title"}, "Role": {"title", "side"},
	"Separation": {"actions", "text"}, "Fact": {"type", "title", "source"}, "Form": {"title", "pages"},
	"Page": {"title", "fields"}, "Field": {"fact"}, "Condition": {"text", "rule", "remedy_text", "unknown"},
	"Decision": {"title", "file", "hit", "inputs", "outputs"}, "Dated": {"title", "file", "hit", "inputs"}, "Score": {"title", "criteria"},
	"Criterion": {"title", "weight"}, "Round": {"title", "of", "in", "answers"}, "Answer": {"title", "action"},
	"Stage": {"title", "public"}, "Guard": {"rule", "text"},
	"Action": {"title", "done", "in", "by"}, "Approval": {"action", "min", "of"}, "Correct": {"by", "confirm"}, "Clock": {"title", "start", "stop", "limit"},
	"Obligation": {"title", "owner", "clock"}, "Each": {"table", "what"}, "Consult": {"title", "roles", "clock"}, "Asked": {"table"}, "Letter": {"title", "file"}, "Reasons": {"file"}, "Budget": {"title", "amount"},
	"Appeal": {"action", "answer", "within", "by"}, "Retention": {"outcome", "keep"},
	"Funnel": {"steps"}, "Step": {"title", "action"}, "Indicator": {"title", "numerator"}, "Personal": {"purpose", "retention"}, "Pause": {"in", "cause"},
}

// enums are the keys that take one of a few words; "" is allowed where the key is not required.
var enums = map[string][]string{
	"Law.sure": {"sourced", "general", "proposal"}, "Relation.as": {"unit", "person", "body"},
	"Role.side":  {"unit", "directorate", "bank", "association", "body", "system"},
	"Role.scope": {"own", "county", "province"}, "Role.notes": {"none", "public", "all"},
	"Fact.source":    {SourceAsked, SourceRegistry, SourceComputed, SourceBody, SourceSystem, SourceParent},
	"Field.required": {"hard", "soft", "no"}, "Condition.unknown": {"ask", "human"},
	"Decision.hit":  {"unique", "first", "priority", "collect"},
	"Dated.hit":     {"unique", "first", "priority"},
	"Stage.outcome": {"granted", "refused", "withdrawn", "expired", "closed"},
	"Action.kind":   {"grant", "refuse", "conditional", "return", "withdraw", "correct", "sign"},
	"Action.note":   {"none", "optional", "required"}, "Answer.note": {"none", "optional", "required"}, "Clock.closed_end": {"stay", "next"},
}

// fields proves required keys and words from a list, over every part.
func (c *checker) fields() {
	c.walk(reflect.ValueOf(c.d).Elem(), "", Pos{mainFile, 1, 1}, func(v reflect.Value, path string, pos Pos) {
		t := v.Type().Name()
		byKey := fieldsOf(v.Type())
		for _, k := range required[t] {
			if v.Field(byKey[k]).IsZero() && !c.zeroAllowed(v, k) {
				c.err(c.at(path+"/"+k, pos), "missing_key", "key", k, "what", lastPart(path))
			}
		}
		for k, i := range byKey {
			words, ok := enums[t+"."+k]
			if !ok || i < 0 || v.Field(i).String() == "" {
				continue
			}
			if s := v.Field(i).String(); !known(words, s) {
				c.err(c.at(path+"/"+k, pos), "enum", "value", short(s), "allowed", strings.Join(words, ", "))
			}
		}
	})
}

// zeroAllowed lets the columns of a table and the outputs of a decision do without a source.
func (c *checker) zeroAllowed(v reflect.Value, key string) bool {
	f, ok := v.Interface().(Fact)
	return ok && key == "source" && c.d.Fact(f.ID) == nil || ok && key == "source" && c.d.Fact(f.ID).Pos != f.Pos
}

func lastPart(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// walk visits every struct of the definition with its path and place.
func (c *checker) walk(v reflect.Value, path string, pos Pos, visit func(reflect.Value, string, Pos)) {
	if p := v.FieldByName("Pos"); p.IsValid() {
		if at, ok := p.Interface().(Pos); ok && !at.IsZero() {
			pos = at
		}
		visit(v, path, pos)
	}
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("yaml")
		if tag == "" || tag == "-" {
			continue
		}
		c.walkField(v.Field(i), strings.TrimPrefix(path+"/"+tag, "/"), pos, visit)
	}
}

func (c *checker) walkField(f reflect.Value, path string, pos Pos, visit func(reflect.Value, string, Pos)) {
	switch {
	case f.Kind() == reflect.Pointer && !f.IsNil() && f.Elem().Kind() == reflect.Struct && f.Elem().FieldByName("Pos").IsValid():
		c.walk(f.Elem(), path, pos, visit)
	case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Pointer:
		for i := range f.Len() {
			name := strconv.Itoa(i)
			if id := f.Index(i).Elem().FieldByName("ID"); keyedByID(f.Type().Elem()) {
				name = id.String()
			}
			c.walk(f.Index(i).Elem(), path+"/"+name, pos, visit)
		}
	}
}

// texts proves that every text there is, is there in both languages.
func (c *checker) texts() {
	both := func(t locale.Text, path string, pos Pos) {
		switch p := c.at(path, pos); {
		case t.IsZero():
		case strings.TrimSpace(t.FA) == "":
			c.err(c.at(path+"/fa", p), "missing_fa", "what", strings.ReplaceAll(path, "/", "."))
		case strings.TrimSpace(t.EN) == "":
			c.err(c.at(path+"/en", p), "missing_en", "what", strings.ReplaceAll(path, "/", "."))
		case !hasPersian(t.FA):
			c.err(c.at(path+"/fa", p), "not_persian", "what", strings.ReplaceAll(path, "/", "."), "text", short(t.FA))
		}
	}
	textsOf := func(v reflect.Value, path string, pos Pos) {
		for i := range v.NumField() {
			if tag := v.Type().Field(i).Tag.Get("yaml"); tag != "" && tag != "-" {
				if t, ok := v.Field(i).Interface().(locale.Text); ok {
					both(t, path+"/"+tag, pos)
				}
			}
		}
		if f, ok := v.Interface().(Fact); ok {
			for _, o := range f.Options {
				p := c.at(path+"/options/"+o.Code, pos)
				if o.Title.IsZero() {
					c.err(p, "missing_fa", "what", f.ID+"."+o.Code)
				}
				both(o.Title, path+"/options/"+o.Code, p)
			}
		}
		if e, ok := v.Interface().(Effect); ok {
			both(e.Text, path+"/text", e.Pos)
		}
	}
	textsOf(reflect.ValueOf(c.d).Elem(), "procedure", Pos{mainFile, 1, 1})
	c.walk(reflect.ValueOf(c.d).Elem(), "", Pos{mainFile, 1, 1}, textsOf)
	for i, q := range c.d.Questions {
		both(q, "questions/"+strconv.Itoa(i), Pos{mainFile, 1, 1})
	}
}

// hasPersian reports a letter of the Arabic script, or a text without any letter (a number, a code).
func hasPersian(s string) bool {
	letters := false
	for _, r := range s {
		if r >= 0x0620 && r <= 0x06FF {
			return true
		}
		letters = letters || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
	}
	return !letters
}
