package procedure

import (
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"rahgosha/internal/base/locale"
)

// letters proves that every letter parses, uses known names only, is Persian, and renders: with a complete made-up case
// and with the facts of each example.
func (c *checker) letters() {
	for _, l := range c.d.Letters {
		if l.Source == "" {
			continue
		}
		before := len(c.problems)
		parts := letterParts(l.Source)
		for _, p := range parts {
			c.letterPart(l, p)
		}
		file := inFolder(l.File, "letters")
		if parts[0].name != "Subject" || strings.TrimSpace(parts[0].text) == "" {
			c.err(Pos{file, 1, 1}, "letter_subject", "letter", l.ID)
		}
		if body := parts[len(parts)-1]; !hasPersian(body.text) || strings.TrimSpace(body.text) == "" {
			c.err(Pos{file, body.line, 1}, "letter_not_persian", "letter", l.ID)
		}
		if len(c.problems) == before {
			c.renders(l, file)
		}
	}
}

func (c *checker) renders(l *Letter, file string) {
	cases := []map[string]any{nil}
	for _, e := range c.d.Examples {
		facts := map[string]any{}
		for _, m := range append([]map[string]any{e.Unit, e.Facts}, stepFacts(e)...) {
			for k, v := range m {
				facts[k] = v
			}
		}
		cases = append(cases, facts)
	}
	for _, facts := range cases {
		if _, err := RenderLetter(c.d, l, c.d.SampleData(facts)); err != nil {
			c.err(Pos{file, 1, 1}, "template", "cause", err.Error())
			return
		}
	}
}

func stepFacts(e *Example) []map[string]any {
	var out []map[string]any
	for _, s := range e.Do {
		out = append(out, s.Facts)
	}
	return out
}

func (c *checker) letterPart(l *Letter, p letterPart) {
	file := inFolder(l.File, "letters")
	t, err := template.New("letter").Funcs(c.d.letterFuncs()).Parse(p.text)
	if err != nil {
		pos, msg := templatePos(file, p, err)
		c.err(pos, "template", "cause", locale.Text{FA: msg, EN: msg})
		return
	}
	if t.Tree == nil || t.Root == nil {
		return
	}
	w := &nameWalker{c: c, file: file, part: p, root: c.letterRoots()}
	w.walk(t.Root, w.root)
}

// letterRoots are the first parts of the names a letter may use.
func (c *checker) letterRoots() []string {
	out := slices.Clone(letterNames)
	for _, f := range c.d.Facts {
		root, _, _ := strings.Cut(f.ID, ".")
		out = append(out, root)
	}
	return out
}

// nameWalker finds names that no case has. names are those the dot knows; nil where it cannot be told.
type nameWalker struct {
	c    *checker
	file string
	part letterPart
	root []string
}

func (w *nameWalker) walk(n parse.Node, names []string) {
	switch x := n.(type) {
	case *parse.ListNode:
		if x != nil {
			for _, e := range x.Nodes {
				w.walk(e, names)
			}
		}
	case *parse.ActionNode:
		w.walk(x.Pipe, names)
	case *parse.PipeNode:
		for _, cmd := range x.Cmds {
			for _, a := range cmd.Args {
				w.walk(a, names)
			}
		}
	case *parse.FieldNode:
		w.field(x.Ident[0], x, names)
	case *parse.VariableNode:
		if len(x.Ident) > 1 && x.Ident[0] == "$" {
			w.field(x.Ident[1], x, w.root)
		}
	case *parse.IfNode:
		w.branch(&x.BranchNode, names, names)
	case *parse.WithNode:
		w.branch(&x.BranchNode, names, nil)
	case *parse.RangeNode:
		w.branch(&x.BranchNode, names, w.rowNames(x.Pipe))
	}
}

func (w *nameWalker) branch(b *parse.BranchNode, outer, inner []string) {
	w.walk(b.Pipe, outer)
	w.walk(b.List, inner)
	if b.ElseList != nil {
		w.walk(b.ElseList, outer)
	}
}

// rowNames are the names inside a range: a condition's, or a table's columns.
func (w *nameWalker) rowNames(p *parse.PipeNode) []string {
	if p == nil || len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return nil
	}
	f, ok := p.Cmds[0].Args[0].(*parse.FieldNode)
	if !ok {
		return nil
	}
	name := strings.Join(f.Ident, ".")
	if name == "conditions" {
		return []string{"id", "text", "remedy_text", "law"}
	}
	var out []string
	if fact := w.c.d.Fact(name); fact != nil {
		for _, col := range fact.Columns {
			out = append(out, col.ID)
		}
	}
	return out
}

func (w *nameWalker) field(name string, n parse.Node, names []string) {
	if names == nil || slices.Contains(names, name) {
		return
	}
	offset := min(int(n.Position()), len(w.part.text))
	before := w.part.text[:offset]
	line := before[strings.LastIndex(before, "\n")+1:]
	pos := Pos{w.file, w.part.line + strings.Count(before, "\n"), 1 + len([]rune(line))}
	if pos.Line == w.part.line {
		pos.Col += w.part.col
	}
	w.c.err(pos, "template_name", "name", short(name))
}
