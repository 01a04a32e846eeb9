package procedure

import (
	"strings"
	"testing"

	"rahgosha/internal/base/locale"
)

// What authors get wrong in a file is said in their language, at its line and column, with how to mend it; the module's
// own words are a quoted detail.
func TestBrokenFilesAreToldInTheAuthorsWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, pos, key string }{
		{"a: \"x\nb: 1\n", "f:1:4", "yaml_quote"},
		{"a: 'x\nb: 1\n", "f:1:4", "yaml_quote"},
		{"a: \"\\q\"\n", "f:1:6", "yaml_escape"},
		{"a:\n\tb: 1\n", "f:2:1", "yaml_tab"},
		{"a:\n  b: 1\n\tc: 2\n", "f:3:1", "yaml_tab"},
		{"\ta: 1\n", "f:1:2", "yaml_tab"},
		{"a:\n  b: 1\n c: 2\n", "f:3:2", "yaml_indent"},
		{"list:\n  - one\n - two\n", "f:3:2", "yaml_indent"},
		{"a: [1, 2]]\n", "f:1:10", "yaml_indent"},
		{"a: 1\n  b: 2\n", "f:1:4", "yaml_colon"},
		{"a: b: c\n", "f:1:4", "yaml_colon"},
		{"a: \"x\" y\n", "f:1:8", "yaml_after"},
		{"a: 'it's'\n", "f:1:8", "yaml_after"},
		{"a: b # c\n d: e\n", "f:2:2", "yaml_after"},
		{"a: [x, y\nb: 1\n", "f:2:1", "yaml_open"},
		{"a: {x: 1\nb: 1\n", "f:2:1", "yaml_open"},
		{"a: ]\n", "f:1:4", "yaml_closing"},
		{"a: [1, ,]\n", "f:1:8", "yaml_comma"},
		{"a: @x\n", "f:1:4", "yaml_reserved"},
		{"a: `x`\n", "f:1:4", "yaml_reserved"},
		{"a: > x\n", "f:1:4", "yaml_block"},
		{"a: - b\n", "f:1:4", "yaml_dash"},
		{"a:b\nc: 1\n", "f:1:1", "yaml_key"},
		{": x\n", "f:1:1", "yaml_key"},
		{"a: 1\nb\nc: 2\n", "f:2:1", "yaml_loose"},
		{"a: 1\n- b\n", "f:2:1", "yaml_loose"},
		{"--- a\nb: 1\n", "f:1:5", "yaml_separator"},
		{"a: *x\n", "f:1:4", "anchor"},
		{"a: &x 1\n", "f:1:4", "anchor"},
		{"a: !x 1\n", "f:1:4", "yaml_feature"},
		{"a: 1\na: 2\n", "f:2:1", "duplicate_key"},
	} {
		r := &report{src: sources{}}
		r.src.add("f", c.text)
		readYAML(r, "f", c.text)
		if len(r.problems) != 1 || r.problems[0].Key != "procedure."+c.key || r.problems[0].Pos.String() != c.pos {
			t.Errorf("%q: %v, want %s at %s", c.text, r.problems, c.key, c.pos)
			continue
		}
		p := r.problems[0]
		said, _ := p.Args["message"].(string)
		for _, l := range []locale.Lang{locale.FA, locale.EN} {
			if !locale.Has(l, p.Key) || !locale.Has(l, p.Key+".mend") {
				t.Errorf("%s has no words in %s", p.Key, l)
			}
		}
		if fa := p.Text(locale.FA); said != "" && !strings.Contains(fa, "«"+said+"»") {
			t.Errorf("%s does not quote what the module said, %q", fa, said)
		}
	}
}

// No class of mistake is named that no file leads to.
func TestEveryClassOfBrokenFileCanBeMet(t *testing.T) {
	t.Parallel()
	for _, m := range yamlMistakes {
		key, _ := yamlMistake(wordsOf(m.said))
		if key != m.key {
			t.Errorf("%q is called %s, behind another class: want %s", m.said, key, m.key)
		}
	}
}

type wordsOf string

func (w wordsOf) Error() string { return string(w) }
