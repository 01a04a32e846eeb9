package procedure

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rahgosha/internal/base/locale"
)

// Change is one difference between two definitions as a sentence. Section is the key of procedure.yaml it stands under
// (procedure for the head, files for letters and tables), ID the thing's id there, Path the rest of the way.
type Change struct {
	Section string      `json:"section"`
	ID      string      `json:"id,omitempty"`
	Path    string      `json:"path,omitempty"`
	Text    locale.Text `json:"text"`
}

// Diff says in words what a newer definition changes, in the order of the definition. It walks the canonical form, so that
// whatever changes the hash gives at least one sentence, and two definitions of one hash differ in the rows of their dated
// tables at most. Every key of
// the language has words of its own.
func Diff(old, next *Definition) []Change {
	a, errA := readJSON(old.Canonical())
	b, errB := readJSON(next.Canonical())
	if errA != nil || errB != nil {
		return []Change{{Section: "procedure", Text: locale.Of("procedure.diff.unreadable", nil)}}
	}
	w := &differ{words: newWords(old, next)}
	w.tree(a, b)
	return append(w.out, otherRows(old, next)...)
}

// differ gathers changes; at is where it stands.
type differ struct {
	words *words
	out   []Change
	at    place
}

// place is a way in the canonical tree: section, the thing with an id there, and the keys below.
type place struct {
	section, id string
	keys        []string
}

func (p place) below(key string) place {
	p.keys = append(slices.Clone(p.keys), key)
	return p
}

// keyedSections are the sections written as a map from id to the rest.
var keyedSections = func() map[string]bool {
	out := map[string]bool{}
	t := reflect.TypeFor[Definition]()
	for i := range t.NumField() {
		if f := t.Field(i); f.Type.Kind() == reflect.Slice && keyedByID(f.Type.Elem()) {
			out[f.Tag.Get("yaml")] = true
		}
	}
	return out
}()

// tree compares two whole canonical documents.
func (w *differ) tree(a, b *node) {
	w.maps(a, b, func(key string, x, y *node) {
		switch key {
		case "procedure":
			w.maps(x, y, w.section)
		case "files":
			w.at = place{section: "files"}
			w.maps(x, y, w.file)
		default:
			w.at = place{section: key}
			w.value(x, y)
		}
	})
}

// section compares one key of procedure.yaml.
func (w *differ) section(key string, a, b *node) {
	w.at = place{section: key}
	if !keyedSections[key] || a != nil && a.kind != mapNode || b != nil && b.kind != mapNode {
		w.value(a, b)
		return
	}
	w.maps(orEmpty(a), orEmpty(b), func(id string, x, y *node) {
		w.at = place{section: key, id: id}
		switch {
		case x == nil:
			w.tell("added", y, nil, nil)
		case y == nil:
			w.tell("removed", x, nil, nil)
		default:
			w.value(x, y)
		}
	})
}

func orEmpty(n *node) *node {
	if n == nil {
		return &node{kind: mapNode}
	}
	return n
}

// maps compares two maps key by key, in the order of the newer with what is gone after it, and says when only the order
// of what both have differs. What is not a map on both sides is compared as a value.
func (w *differ) maps(a, b *node, each func(string, *node, *node)) {
	if a == nil || b == nil || a.kind != mapNode || b.kind != mapNode {
		w.value(a, b)
		return
	}
	here := w.at
	for i, k := range b.keys {
		each(k.name, a.get(k.name), b.vals[i])
		w.at = here
	}
	for i, k := range a.keys {
		if b.get(k.name) == nil {
			each(k.name, a.vals[i], nil)
			w.at = here
		}
	}
	if !slices.Equal(common(a, b), common(b, a)) {
		w.tell("order", nil, nil, nil)
	}
}

// common lists a's keys that b has, in a's order.
func common(a, b *node) (out []string) {
	for _, k := range a.keys {
		if b.get(k.name) != nil {
			out = append(out, k.name)
		}
	}
	return out
}

// value compares two values of any shape; nil is not there.
func (w *differ) value(a, b *node) {
	switch {
	case a == nil || b == nil:
		if a != b {
			w.leaf(a, b)
		}
	case a.kind != b.kind:
		w.leaf(a, b)
	case isText(a) && isText(b), a.kind == scalarNode, a.kind == nullNode:
		if flat(a) != flat(b) {
			w.leaf(a, b)
		}
	case a.kind == listNode:
		w.list(a, b)
	default:
		w.maps(a, b, func(key string, x, y *node) {
			w.at = w.at.below(key)
			w.value(x, y)
		})
	}
}

func (w *differ) leaf(a, b *node) {
	switch {
	case a == nil:
		w.tell("set", nil, nil, b)
	case b == nil:
		w.tell("unset", nil, a, nil)
	default:
		w.tell("changed", nil, a, b)
	}
}

// list pairs the items that are gone with those that are new; where nothing is, only the order differs.
func (w *differ) list(a, b *node) {
	gone, come := without(a.vals, b.vals), without(b.vals, a.vals)
	if len(gone)+len(come) == 0 {
		if flat(a) != flat(b) {
			w.tell("order", nil, a, b)
		}
		return
	}
	here := w.at
	for i := range max(len(gone), len(come)) {
		switch {
		case i >= len(gone):
			w.tell("item_added", nil, nil, come[i])
		case i >= len(come):
			w.tell("item_removed", nil, gone[i], nil)
		case gone[i].kind == scalarNode && come[i].kind == scalarNode:
			w.tell("item_removed", nil, gone[i], nil)
			w.tell("item_added", nil, nil, come[i])
		default:
			w.value(gone[i], come[i])
		}
		w.at = here
	}
}

// without gives the items of a that b lacks.
func without(a, b []*node) (out []*node) {
	for _, x := range a {
		if !slices.ContainsFunc(b, func(y *node) bool { return flat(x) == flat(y) }) {
			out = append(out, x)
		}
	}
	return out
}

// flat writes a tree on one line, so that two differ when their canonical bytes do.
func flat(n *node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	switch n.kind {
	case mapNode:
		b.WriteByte('{')
		for i, k := range n.keys {
			b.WriteString(k.name + ": " + flat(n.vals[i]) + "; ")
		}
		return b.String() + "}"
	case listNode:
		b.WriteByte('[')
		for _, v := range n.vals {
			b.WriteString(flat(v) + "; ")
		}
		return b.String() + "]"
	case nullNode:
		return "null"
	default:
		return n.text
	}
}

func isText(n *node) bool {
	return n != nil && n.kind == mapNode && len(n.keys) == 2 && n.keys[0].name == "fa" && n.keys[1].name == "en"
}

// file compares a letter's or a table's text by lines.
func (w *differ) file(name string, a, b *node) {
	w.at = place{section: "files", id: name}
	switch {
	case a == nil:
		w.tell("added", nil, nil, nil)
	case b == nil:
		w.tell("removed", nil, nil, nil)
	case flat(a) != flat(b):
		w.lines(strings.Split(a.text, "\n"), strings.Split(b.text, "\n"))
	}
}

func (w *differ) lines(a, b []string) {
	w.say("lines", func(locale.Lang) map[string]any {
		return map[string]any{"added": len(lacking(b, a)), "removed": len(lacking(a, b))}
	})
}

// lacking gives the lines of a that b does not have, counted.
func lacking(a, b []string) (out []string) {
	count := map[string]int{}
	for _, s := range b {
		count[s]++
	}
	for _, s := range a {
		if count[s]--; count[s] < 0 {
			out = append(out, s)
		}
	}
	return out
}

// tell says a change of the place: thing is what was added or removed, old and next the values.
func (w *differ) tell(how string, thing, old, next *node) {
	at := w.at
	w.say(how, func(l locale.Lang) map[string]any {
		was, is := w.words.value(l, at, old), w.words.value(l, at, next)
		if was == is && old != nil && next != nil { // one language of a text: show both
			was, is = w.words.plain(l, old), w.words.plain(l, next)
		}
		return map[string]any{"old": was, "new": is, "own": w.words.own(l, thing)}
	})
}

func (w *differ) say(how string, args func(locale.Lang) map[string]any) {
	at := w.at
	sentence := func(l locale.Lang) string {
		a := args(l)
		a["subject"] = w.words.subject(l, at)
		return capital(locale.T(l, "procedure.diff."+how, a))
	}
	w.out = append(w.out, Change{Section: at.section, ID: at.id, Path: strings.Join(at.keys, "/"),
		Text: locale.Text{FA: sentence(locale.FA), EN: sentence(locale.EN)}})
}

// capital begins a sentence as English does; Persian letters have no other size.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
