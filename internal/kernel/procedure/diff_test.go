package procedure

import (
	"strings"
	"testing"
)

func (n *node) copy() *node {
	if n == nil {
		return nil
	}
	out := *n
	out.keys, out.vals = append([]key{}, n.keys...), nil
	for _, v := range n.vals {
		out.vals = append(out.vals, v.copy())
	}
	return &out
}

// mutants calls visit after each single change of a tree: a scalar, an item or key taken out, two neighbours changed over.
func mutants(root, n *node, path string, visit func(what string)) {
	if n.kind == scalarNode {
		was := n.text
		n.text += "x"
		visit("changed " + path)
		n.text = was
		return
	}
	keys, vals := n.keys, n.vals
	for i := range vals {
		name := ""
		if n.kind == mapNode {
			name = keys[i].name
		}
		n.vals = append(append([]*node{}, vals[:i]...), vals[i+1:]...)
		if n.kind == mapNode {
			n.keys = append(append([]key{}, keys[:i]...), keys[i+1:]...)
		}
		visit("without " + path + "/" + name)
		n.keys, n.vals = keys, vals
		if i > 0 && flat(vals[i]) != flat(vals[i-1]) {
			n.vals = append([]*node{}, vals...)
			n.vals[i], n.vals[i-1] = vals[i-1], vals[i]
			if n.kind == mapNode {
				n.keys = append([]key{}, keys...)
				n.keys[i], n.keys[i-1] = keys[i-1], keys[i]
			}
			visit("order " + path + "/" + name)
			n.keys, n.vals = keys, vals
		}
		mutants(root, vals[i], path+"/"+name, visit)
	}
}

func TestEveryChangeOfTheCanonicalFormGetsASentence(t *testing.T) {
	t.Parallel()
	d := permit(t)
	if got := Diff(d, d); len(got) != 0 {
		t.Fatalf("a definition differs from itself: %+v", got)
	}
	base, err := readJSON(d.Canonical())
	if err != nil {
		t.Fatal(err)
	}
	other, n := base.copy(), 0
	mutants(other, other, "", func(what string) {
		n++
		for _, pair := range [][2]*node{{base, other}, {other, base}} {
			w := &differ{words: newWords(d, d)}
			w.tree(pair[0], pair[1])
			if len(w.out) == 0 {
				t.Errorf("%s: no sentence", what)
			}
			for _, c := range w.out {
				if c.Text.FA == "" || c.Text.EN == "" || strings.Contains(c.Text.FA, "{subject}") {
					t.Errorf("%s: %+v", what, c)
				}
			}
		}
	})
	if n < 500 {
		t.Errorf("only %d changes tried", n)
	}
	if len(base.keys) == 0 || flat(base) != flat(other) {
		t.Error("the trees were not put back")
	}
}

func TestDiffSpeaksPlainly(t *testing.T) {
	t.Parallel()
	d, next := permit(t), permit(t)
	clock := *next.Clocks[0]
	clock.Limit.N += 2
	next.Clocks[0] = &clock
	got := Diff(d, next)
	if len(got) != 1 || got[0].Section != "clocks" {
		t.Fatalf("%+v", got)
	}
	for _, l := range []struct{ text, old, now string }{
		{got[0].Text.FA, d.Clocks[0].Limit.Text("fa"), clock.Limit.Text("fa")}, {got[0].Text.EN, d.Clocks[0].Limit.Text("en"), clock.Limit.Text("en")},
	} {
		if !strings.Contains(l.text, l.old) || !strings.Contains(l.text, l.now) {
			t.Errorf("%q says not %q and %q", l.text, l.old, l.now)
		}
	}
	gone := permit(t)
	gone.Conditions = gone.Conditions[1:]
	first := d.Conditions[0].ID
	if got := Diff(d, gone); len(got) != 1 || !strings.Contains(got[0].Text.FA, "شرط "+first+" حذف شد") {
		t.Errorf("%+v", got)
	}
}
