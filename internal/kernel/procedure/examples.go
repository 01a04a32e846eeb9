package procedure

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/locale"
)

// examples reads examples/*.yaml in name order. Values of facts are read by the facts' declared types.
func (d *decoder) examples(fsys fs.FS, def *Definition) {
	files, _ := fs.Glob(fsys, "examples/*.yaml") // the pattern is well formed
	slices.Sort(files)
	for _, file := range files[:min(len(files), maxFiles)] {
		raw := d.read(fsys, file)
		if raw == nil {
			continue
		}
		if n := readYAML(d.report, file, *raw); n != nil {
			def.Examples = append(def.Examples, d.example(def, file, n))
		}
	}
}

func (d *decoder) example(def *Definition, file string, n *node) *Example {
	e := &Example{File: file, Name: strings.TrimSuffix(path.Base(file), ".yaml"), Pos: Pos{file, 1, 1}}
	d.keys(n, "example", map[string]func(*node){
		"name":    func(v *node) { e.Name, _ = d.scalar(v) },
		"text":    func(v *node) { e.Text = d.textOf(v) },
		"now":     func(v *node) { e.Now, _ = d.scalar(v) },
		"unit":    func(v *node) { e.Unit = d.facts(def, v) },
		"facts":   func(v *node) { e.Facts = d.facts(def, v) },
		"do":      func(v *node) { e.Do = d.steps(def, v) },
		"members": func(v *node) { e.Members = d.members(v) },
		"tables":  func(v *node) { e.Tables = d.otherRows(def, v) },
		"expect":  func(v *node) { e.Expect = d.expect(def, v) },
	})
	return e
}

// members reads the cases a round finds: facts of another procedure, so whole numbers are numbers, true and false are that,
// and the rest is text.
func (d *decoder) members(n *node) []map[string]any {
	if !d.want(n, listNode) {
		return nil
	}
	var out []map[string]any
	for _, item := range n.vals {
		m, _ := rawValue(item).(map[string]any)
		for k, v := range m {
			s := strings.TrimSpace(textIn(v))
			if i, err := parseInt(s); err == nil {
				m[k] = i
			} else if s == "true" || s == "false" {
				m[k] = s == "true"
			}
		}
		out = append(out, m)
	}
	return out
}

// otherRows reads other rows of dated tables, as CSV text by file.
func (d *decoder) otherRows(def *Definition, n *node) map[string]string {
	out := d.pairs(n, "example")
	for i, k := range n.keys {
		if files := def.DatedFiles(); !slices.Contains(files, k.name) {
			d.err(n.keys[i].pos, "example_table", "file", short(k.name), "known", strings.Join(files, ", "))
		}
	}
	return out
}

func textIn(v any) string {
	s, _ := v.(string)
	return s
}

// keys walks a map whose keys are known by name.
func (d *decoder) keys(n *node, where string, on map[string]func(*node)) {
	if !d.want(n, mapNode) {
		return
	}
	for i, k := range n.keys {
		if f, ok := on[k.name]; ok {
			f(n.vals[i])
			continue
		}
		d.unknown(k, where, sortedKeys(on))
	}
}

func (d *decoder) textOf(n *node) locale.Text {
	t, _ := d.text(n, "example")
	x, _ := t.(locale.Text)
	return x
}

// facts reads fact: value, where a map under a name that is no fact goes on with a dot: package: {exempts: no}.
func (d *decoder) facts(def *Definition, n *node) map[string]any { return d.factsOf(def, nil, n) }

// factsOf reads what an act brings: facts of the case, and the questions of its round or score.
func (d *decoder) factsOf(def *Definition, a *Action, n *node) map[string]any {
	out := map[string]any{}
	d.factsUnder(def, a, n, "", out)
	return out
}

func (d *decoder) factsUnder(def *Definition, a *Action, n *node, prefix string, out map[string]any) {
	if !d.want(n, mapNode) {
		return
	}
	for i, k := range n.keys {
		name, v := prefix+k.name, n.vals[i]
		f := def.Ask(a, name)
		switch {
		case f == nil && v.kind == mapNode:
			d.factsUnder(def, a, v, name+".", out)
		case f == nil:
			d.unknownFact(def, k.pos, name)
		default:
			if x := d.factValue(f, v); x != nil {
				out[name] = x
			}
		}
	}
}

func (d *decoder) unknownFact(def *Definition, pos Pos, name string) {
	if wholeNumber(name) {
		d.err(pos, "comma_number", "key", short(name))
		return
	}
	ids := make([]string, 0, len(def.Facts))
	for _, f := range def.Facts {
		ids = append(ids, f.ID)
	}
	d.unknownName(pos, "fact", name, ids)
}

// unknownName reports a reference to nothing, with the nearest name there is.
func (r *report) unknownName(pos Pos, kind, name string, ids []string) {
	what := locale.Of("procedure.kind."+kind, nil)
	if near := nearest(name, ids); near != "" {
		r.err(pos, "unknown_name_near", "kind", what, "name", short(name), "near", near)
		return
	}
	r.err(pos, "unknown_name", "kind", what, "name", short(name))
}

func (d *decoder) factValue(f *Fact, n *node) any {
	v, err := Coerce(f, rawValue(n))
	if err != nil {
		d.err(n.pos, "value", "value", short(n.text), "want", textOf(f.Title, f.ID), "cause", locale.Of(err.Key, err.Args))
		return nil
	}
	return v
}

// rawValue is a tree as Coerce takes it: texts, lists and maps of texts.
func rawValue(n *node) any {
	switch n.kind {
	case scalarNode:
		return n.text
	case listNode:
		out := []any{}
		for _, v := range n.vals {
			out = append(out, rawValue(v))
		}
		return out
	case mapNode:
		out := map[string]any{}
		for i, k := range n.keys {
			out[k.name] = rawValue(n.vals[i])
		}
		return out
	}
	return nil
}

func (d *decoder) steps(def *Definition, n *node) []ExampleStep {
	if !d.want(n, listNode) {
		return nil
	}
	var out []ExampleStep
	for _, item := range n.vals {
		s := ExampleStep{Pos: item.pos}
		if item.kind == scalarNode {
			s.Action, _ = d.scalar(item)
		} else {
			d.step(def, item, &s)
		}
		if _, ok := def.OnConsult(s.Action); s.Action != "" && def.Action(s.Action) == nil && !ok && !onObligation(def, s.Action) {
			d.unknownName(item.pos, "action", s.Action, actionIDs(def))
		}
		out = append(out, s)
	}
	return out
}

func onObligation(def *Definition, action string) bool {
	_, _, ok := def.OnObligation(action)
	return ok
}

func actionIDs(def *Definition) []string {
	var ids []string
	for _, a := range def.Actions {
		ids = append(ids, a.ID)
	}
	return ids
}

func (d *decoder) step(def *Definition, n *node, s *ExampleStep) {
	d.keys(n, "do", map[string]func(*node){
		"action": func(v *node) { s.Action, _ = d.scalar(v) },
		"by":     func(v *node) { s.By, _ = d.scalar(v) },
		"person": func(v *node) { s.Person, _ = d.scalar(v) },
		"after":  func(v *node) { s.After = d.after(v) },
		"facts":  func(v *node) { s.Facts = d.factsOf(def, actionAt(def, n), v) },
		"cites":  func(v *node) { s.Cites = d.names(v) },
		"reason": func(v *node) { s.Reason, _ = d.scalar(v) },
		"note":   func(v *node) { s.Note, _ = d.scalar(v) },
		"fails":  func(v *node) { s.Fails, _ = d.scalar(v) },
	})
}

// actionAt gives the action a step names, nil when it names none.
func actionAt(def *Definition, n *node) *Action {
	if name := n.get("action"); name != nil {
		return def.Action(strings.TrimSpace(name.text))
	}
	return nil
}

func (d *decoder) after(n *node) string {
	s, ok := d.scalar(n)
	if !ok {
		return ""
	}
	l, err := calendar.ParseLimit(s)
	if err != nil {
		d.fault(n.pos, err, s, "limit")
		return ""
	}
	return l.String()
}

// names reads a list of names, or one.
func (d *decoder) names(n *node) []string {
	if n.kind == scalarNode {
		return []string{strings.TrimSpace(n.text)}
	}
	if !d.want(n, listNode) {
		return nil
	}
	var out []string
	for _, v := range n.vals {
		if s, ok := d.scalar(v); ok {
			out = append(out, s)
		}
	}
	return out
}

// expectKeys reads key: state, of obligations or opinions.
func (d *decoder) expectKeys(def *Definition, n *node) map[string]string {
	out := d.pairs(n, "example")
	for _, key := range sortedKeys(out) {
		if def.ObligationOf(key) == nil && def.ConsultOf(key) == nil {
			d.unknownName(n.pos, "obligation", key, nil)
		}
	}
	return out
}

func (d *decoder) expect(def *Definition, n *node) ExampleExpect {
	e := ExampleExpect{Pos: n.pos}
	d.keys(n, "expect", map[string]func(*node){
		"stage":       func(v *node) { e.Stage, _ = d.scalar(v) },
		"outcome":     func(v *node) { e.Outcome, _ = d.scalar(v) },
		"letters":     func(v *node) { e.Letters = d.names(v) },
		"opened":      func(v *node) { e.Opened = d.names(v) },
		"facts":       func(v *node) { e.Facts = d.facts(def, v) },
		"conditions":  func(v *node) { e.Conditions = d.expectConditions(def, v) },
		"obligations": func(v *node) { e.Obligations = d.expectKeys(def, v) },
		"opinions":    func(v *node) { e.Opinions = d.expectKeys(def, v) },
	})
	if e.Stage != "" && def.Stage(e.Stage) == nil {
		d.unknownName(n.pos, "stage", e.Stage, nil)
	}
	return e
}

func (d *decoder) expectConditions(def *Definition, n *node) map[string]ExampleCondition {
	out := map[string]ExampleCondition{}
	if !d.want(n, mapNode) {
		return out
	}
	for i, k := range n.keys {
		if def.Condition(k.name) == nil {
			d.unknownName(k.pos, "condition", k.name, nil)
			continue
		}
		c := ExampleCondition{Pos: k.pos}
		v := n.vals[i]
		if v.kind == scalarNode {
			c.Is, _ = d.scalar(v)
		} else {
			d.keys(v, "conditions", map[string]func(*node){
				"is":              func(x *node) { c.Is, _ = d.scalar(x) },
				"because":         func(x *node) { c.Because = d.names(x) },
				"smallest_remedy": func(x *node) { c.Remedy = d.facts(def, x) },
			})
		}
		if !known([]string{"met", "not_met", "unknown"}, c.Is) {
			d.err(v.pos, "enum", "value", c.Is, "allowed", "met, not_met, unknown")
		}
		out[k.name] = c
	}
	return out
}
