package procedure

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

// Required words of a field: hard is refused without, soft is asked once more and then taken as unknown.
const (
	RequiredHard = "hard"
	RequiredSoft = "soft"
)

// Asked tells whether a field is asked, given what is known: a rule that is not met hides it; unknown shows it, so
// that a page without scripts asks rather than loses a question.
func (q *Field) Asked(d *Definition, in rule.Input) rule.Truth {
	if strings.TrimSpace(q.Visible) == "" {
		return rule.Met
	}
	r := d.Rule(q.Visible, rule.Bool)
	if r == nil {
		return rule.Unknown
	}
	return r.Eval(in).Is
}

// Visible lists the fields of a form that are asked, given the known facts (rule values), computed facts included.
func (f *Form) Visible(d *Definition, in rule.Input) []*Field {
	in.Facts = d.withComputed(in)
	var out []*Field
	for _, p := range f.Pages {
		for _, q := range p.Fields {
			if q.Asked(d, in) != rule.NotMet {
				out = append(out, q)
			}
		}
	}
	return out
}

// Field gives the field that asks a fact, nil when the form does not ask it.
func (f *Form) Field(fact string) *Field {
	for _, p := range f.Pages {
		if q := find(p.Fields, func(q *Field) bool { return q.Fact == fact }); q != nil {
			return q
		}
	}
	return nil
}

// ValidateForm says what is wrong with the values of a form: unknown names, values that cannot be read, hard-required
// questions without an answer. Values of other facts of the definition are taken as what the case knows besides, and an
// answer to a question that is hidden now is let be. in holds what the case knows, as rule values; values stand over it.
func ValidateForm(d *Definition, f *Form, values map[string]any, in rule.Input) []*fault.Fault {
	typed := map[string]any{}
	var bad []*fault.Fault
	failed := map[string]bool{}
	for _, name := range sortedKeys(values) {
		fact := d.Fact(name)
		switch {
		case fact == nil:
			bad = append(bad, fault.New(fault.Invalid, "procedure.field.unknown", "name", short(name)).At(name))
		case f.Field(name) != nil:
			v, err := Coerce(fact, values[name])
			if typed[name] = v; err != nil {
				bad, failed[name] = append(bad, err), true
			}
		default:
			typed[name] = values[name]
		}
	}
	in.Facts = d.known(f, typed, in)
	for _, p := range f.Pages {
		for _, q := range p.Fields {
			if !failed[q.Fact] {
				if b := d.fieldFault(q, typed, in); b != nil {
					bad = append(bad, b)
				}
			}
		}
	}
	return bad
}

// known gives the facts visibility is decided by: the case's, the form's own over them, and what they compute.
func (d *Definition) known(f *Form, typed map[string]any, in rule.Input) map[string]any {
	facts := maps.Clone(in.Facts)
	if facts == nil {
		facts = map[string]any{}
	}
	for _, name := range f.Facts() {
		delete(facts, name)
	}
	maps.Copy(facts, d.Input(typed))
	in.Facts = facts
	return d.withComputed(in)
}

func (d *Definition) fieldFault(q *Field, typed map[string]any, in rule.Input) *fault.Fault {
	fact := d.Fact(q.Fact)
	if fact == nil {
		return nil
	}
	if q.Required == RequiredHard && typed[q.Fact] == nil && q.Asked(d, in) == rule.Met {
		return fault.New(fault.Invalid, "procedure.field.required", "field", fact.Title).At(q.Fact)
	}
	return nil
}

// JSONSchema gives the form as JSON Schema (draft 2020-12) for typed values, with titles in a language, for a case in
// which in is known (rule values, the form's own included): visibility decides what is required. Formats beginning with
// "rahgosha-" (dates, ids, points) are checks a pattern cannot say; a validator that does not know them lets them pass.
func (f *Form) JSONSchema(d *Definition, lang locale.Lang, in rule.Input) ([]byte, error) {
	in.Facts = d.withComputed(in)
	props, required := ordered{}, []string{}
	for _, p := range f.Pages {
		for _, q := range p.Fields {
			fact := d.Fact(q.Fact)
			if fact == nil {
				continue
			}
			if q.Required == RequiredHard && q.Asked(d, in) == rule.Met {
				required = append(required, fact.ID)
			}
			props = append(props, member{fact.ID, factSchema(fact, lang)})
		}
	}
	doc := ordered{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", f.Title.In(lang)},
		{"type", "object"}, {"properties", props}, {"required", required}, {"additionalProperties", false}}
	var b, out bytes.Buffer
	write(&b, doc)
	err := json.Indent(&out, b.Bytes(), "", "  ")
	return out.Bytes(), err
}

func factSchema(f *Fact, lang locale.Lang) ordered {
	s := ordered{{"title", f.Title.In(lang)}}
	if h := f.Hint.In(lang); h != "" {
		s = append(s, member{"description", h})
	}
	switch KindOf(f.Type) {
	case "int", "money", "percent":
		return bounds(append(s, member{"type", "integer"}), f, "minimum", "maximum")
	case "bool":
		return append(s, member{"type", "boolean"})
	case "list":
		return countSchema(append(s, member{"type", "array"}, member{"items", optionSchema(f)}, member{"uniqueItems", true}), f)
	case "table":
		cols := ordered{}
		for _, c := range f.Columns {
			cols = append(cols, member{c.ID, factSchema(c, lang)})
		}
		row := ordered{{"type", "object"}, {"properties", cols}, {"minProperties", 1}, {"additionalProperties", false}}
		return countSchema(append(s, member{"type", "array"}, member{"items", row}), f)
	}
	return append(s, textSchema(f)...)
}

func bounds(s ordered, f *Fact, lo, hi string) ordered {
	if f.Min != nil {
		s = append(s, member{lo, *f.Min})
	}
	if f.Max != nil {
		s = append(s, member{hi, *f.Max})
	}
	return s
}

func countSchema(s ordered, f *Fact) ordered {
	most, least := int64(maxList), int64(1)
	if f.Max != nil {
		most = min(most, *f.Max)
	}
	if f.Min != nil {
		least = max(least, *f.Min)
	}
	return append(s, member{"minItems", least}, member{"maxItems", most})
}

func optionSchema(f *Fact) ordered {
	s := ordered{{"type", "string"}}
	if len(f.Options) == 0 {
		return append(s, member{"minLength", 1}, member{"maxLength", maxText})
	}
	var codes []string
	for _, o := range f.Options {
		codes = append(codes, o.Code)
	}
	return append(s, member{"enum", codes})
}

func textSchema(f *Fact) ordered {
	kind, arg, _ := strings.Cut(f.Type, ":")
	s := ordered{{"type", "string"}}
	switch kind {
	case "choice":
		return optionSchema(f)
	case "date":
		return append(s, member{"pattern", civilDate.String()}, member{"format", "rahgosha-date"})
	case "id":
		return append(s, member{"format", "rahgosha-id-" + arg})
	case TypeGeo, "email":
		return append(s, member{"format", "rahgosha-" + kind})
	}
	least, most := int64(1), int64(maxText)
	if f.Min != nil {
		least = max(least, *f.Min)
	}
	if f.Max != nil {
		most = *f.Max
	}
	return append(s, member{"minLength", least}, member{"maxLength", most})
}
