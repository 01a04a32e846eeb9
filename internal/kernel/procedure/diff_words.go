package procedure

import (
	"slices"
	"strings"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/locale"
)

// words names the things of two definitions, the newer first.
type words struct{ defs []*Definition }

func newWords(old, next *Definition) *words { return &words{[]*Definition{next, old}} }

// subject names what changed: "the deadline", "the deadline's law"; what has no name stands by its path.
func (w *words) subject(l locale.Lang, at place) string {
	if at.section == "procedure" && len(at.keys) > 0 { // the head block: its keys have words of their own
		return join(l, at.keys[1:], word(l, "section", at.keys[0]))
	}
	if at.id == "" {
		return join(l, at.keys, word(l, "section", at.section))
	}
	thing := locale.T(l, "procedure.diff.thing", map[string]any{"kind": word(l, "kind", at.section), "name": w.name(l, at)})
	if at.section == "clocks" && slices.Equal(at.keys, []string{"limit"}) {
		return thing // "the deadline changed from 5 to 7 days" needs no word for its limit
	}
	return join(l, at.keys, thing)
}

// join puts the words of the keys before what they belong to.
func join(l locale.Lang, keys []string, of string) string {
	for _, k := range keys {
		of = locale.T(l, "procedure.diff.of", map[string]any{"key": word(l, "key", k), "of": of})
	}
	return of
}

// word names a key of the language; what is not one, such as an id on the way, is quoted.
func word(l locale.Lang, kind, s string) string {
	if key := "procedure.diff." + kind + "." + s; locale.Has(l, key) {
		return locale.T(l, key, nil)
	}
	return quote(l, s)
}

// name gives a thing's title; conditions, laws and letters go by their numbers, files by the letter or table they hold.
func (w *words) name(l locale.Lang, at place) string {
	switch at.section {
	case "conditions", "laws", "letters":
		return at.id
	case "files":
		return w.fileName(l, at.id)
	}
	if t := w.title(at.section, at.id); !t.IsZero() {
		return quote(l, t.In(l))
	}
	return at.id
}

func (w *words) fileName(l locale.Lang, file string) string {
	for _, d := range w.defs {
		for _, x := range d.Letters {
			if inFolder(x.File, "letters") == file {
				return x.ID + " (" + x.Title.In(l) + ")"
			}
		}
		for _, x := range d.Decisions {
			if inFolder(x.File, "tables") == file {
				return x.Title.In(l)
			}
		}
	}
	return file
}

func (w *words) title(section, id string) locale.Text {
	for _, d := range w.defs {
		switch {
		case section == "roles" && d.Role(id) != nil:
			return d.Role(id).Title
		case section == "facts" && d.Fact(id) != nil:
			return d.Fact(id).Title
		case section == "forms" && d.Form(id) != nil:
			return d.Form(id).Title
		case section == "stages" && d.Stage(id) != nil:
			return d.Stage(id).Title
		case section == "actions" && d.Action(id) != nil:
			return d.Action(id).Title
		case section == "clocks" && d.Clock(id) != nil:
			return d.Clock(id).Title
		case section == "dated" && d.DatedTable(id) != nil:
			return d.DatedTable(id).Title
		case section == "relations" && d.Relation(id) != nil:
			return d.Relation(id).Title
		}
	}
	return locale.Text{}
}

// own is the thing's own text, in brackets after its number: a condition's, a law's.
func (w *words) own(l locale.Lang, n *node) string {
	if n == nil {
		return ""
	}
	for _, key := range []string{"text", "title"} {
		if t := n.get(key); isText(t) && key == "text" || isText(t) && n.get("text") == nil && n.get("rule") != nil {
			return locale.T(l, "procedure.diff.own", map[string]any{"text": bilingual(l, t)})
		}
	}
	return ""
}

func bilingual(l locale.Lang, n *node) string {
	return locale.Text{FA: n.get("fa").text, EN: n.get("en").text}.In(l)
}

// sectionOf says which section an id under a key belongs to.
var sectionOf = map[string]string{
	"by": "roles", "on_behalf": "roles", "holder": "roles", "signers": "roles", "confirm": "roles", "of": "roles", "roles": "roles",
	"owner": "roles", "remind": "roles", "escalate": "roles", "in": "stages", "to": "stages", "form": "forms", "invalidates": "actions",
	"actions": "actions", "action": "actions", "fact": "facts", "relation": "relations", "copies": "relations",
}

// value writes a value as people read it: names for ids, limits in words, a text in the language.
func (w *words) value(l locale.Lang, at place, n *node) string {
	switch {
	case n == nil:
		return ""
	case isText(n):
		return quote(l, bilingual(l, n))
	case n.kind == listNode:
		out := make([]string, 0, len(n.vals))
		for _, v := range n.vals {
			out = append(out, w.value(l, at, v))
		}
		return strings.Join(out, locale.T(l, "procedure.diff.comma", nil))
	case n.kind == mapNode:
		return pairs(l, n, func(key string, v *node) string { return w.value(l, at.below(key), v) })
	case n.kind == scalarNode:
		return w.scalar(l, at, n.text)
	default:
		return w.plain(l, n)
	}
}

// pairs writes a map as "key: value, key: value".
func pairs(l locale.Lang, n *node, value func(key string, v *node) string) string {
	out := make([]string, 0, len(n.vals))
	for i, k := range n.keys {
		out = append(out, word(l, "key", k.name)+": "+value(k.name, n.vals[i]))
	}
	return strings.Join(out, locale.T(l, "procedure.diff.comma", nil))
}

func (w *words) scalar(l locale.Lang, at place, s string) string {
	key := ""
	if len(at.keys) > 0 {
		key = at.keys[len(at.keys)-1]
	}
	if t := w.title(sectionOf[key], s); !t.IsZero() {
		return t.In(l)
	}
	if limit, err := calendar.ParseLimit(s); err == nil && slices.Contains([]string{"limit", "warn", "within"}, key) {
		return limit.Text(l)
	}
	switch s {
	case "true":
		return locale.T(l, "procedure.word.yes", nil)
	case "false":
		return locale.T(l, "procedure.word.no", nil)
	}
	if key == "rule" || key == "if" || key == "visible" || key == "enter" || key == "exit" {
		return quote(l, s) // a rule is shown as it is written
	}
	return quote(l, locale.Digits(l, s))
}

// plain writes a value as it stands, both languages of a text.
func (w *words) plain(l locale.Lang, n *node) string {
	if n.kind == mapNode {
		return pairs(l, n, func(_ string, v *node) string { return w.plain(l, v) })
	}
	return quote(l, flat(n))
}

func quote(l locale.Lang, s string) string {
	return locale.T(l, "procedure.diff.quote", map[string]any{"text": s})
}
