package procedure

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

// text reads {fa: …, en: …}; a bare text is Persian.
func (d *decoder) text(n *node, path string) (any, bool) {
	if n.kind == scalarNode {
		return locale.Text{FA: strings.TrimSpace(n.text)}, true
	}
	if !d.want(n, mapNode) {
		return nil, false
	}
	var t locale.Text
	for i, k := range n.keys {
		if k.name != "fa" && k.name != "en" {
			d.unknown(k, "text", []string{"fa", "en"})
			continue
		}
		s, _ := d.scalar(n.vals[i])
		d.at[path+"/"+k.name] = n.vals[i].pos
		if k.name == "fa" {
			t.FA = s
		} else {
			t.EN = s
		}
	}
	return t, true
}

// article reads one text for both languages, or {fa: …, en: …}.
func (d *decoder) article(n *node, path string) (any, bool) {
	x, ok := d.text(n, path)
	t, isText := x.(locale.Text)
	if !ok || !isText {
		return nil, false
	}
	if n.kind == scalarNode || t.EN == "" {
		t.EN = t.FA
	}
	return Article(t), true
}

func (d *decoder) date(n *node, _ string) (any, bool) {
	s, ok := d.scalar(n)
	if !ok {
		return nil, false
	}
	t, err := jalali.Parse(s)
	if err != nil {
		d.fault(n.pos, err, s, "date")
		return nil, false
	}
	return t, true
}

func (d *decoder) limit(n *node, _ string) (any, bool) {
	s, ok := d.scalar(n)
	if !ok {
		return nil, false
	}
	l, err := calendar.ParseLimit(s)
	if err != nil {
		d.fault(n.pos, err, s, "limit")
		return nil, false
	}
	return l, true
}

func (d *decoder) limitPtr(n *node, path string) (any, bool) {
	x, ok := d.limit(n, path)
	if !ok {
		return nil, false
	}
	l := x.(calendar.Limit)
	return &l, true
}

var eventShape = regexp.MustCompile(`^([a-z]+)\(\s*([^()\s]+)\s*\)$`)

var eventKinds = []string{"action", "answered", "enter", "leave", "noticed", "sent"}

// event reads enter(stage), leave(stage), action(id), sent(letter), noticed(key), answered(consultation), or the bare id of an action.
func (d *decoder) event(n *node, _ string) (any, bool) {
	s, ok := d.scalar(n)
	if !ok {
		return nil, false
	}
	if idShape.MatchString(s) {
		return Event{Kind: "action", Name: s, Pos: n.pos}, true
	}
	m := eventShape.FindStringSubmatch(s)
	if m == nil || !known(eventKinds, m[1]) {
		d.err(n.pos, "event", "text", short(s), "kinds", strings.Join(eventKinds, ", "))
		return nil, false
	}
	return Event{Kind: m[1], Name: m[2], Pos: n.pos}, true
}

func known(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

var breachKinds = []string{"act", "escalate", "open", "publish", "remind"}

// breach reads a map of one key; a case that opens can be written as an effect's is, with what it is given.
func (d *decoder) breach(n *node, path string) (any, bool) {
	kind, v, ok := d.oneKey(n, "breach", breachKinds)
	if !ok {
		return nil, false
	}
	if kind == "open" && v.kind == mapNode {
		e := &Effect{Kind: kind}
		d.arguments(e, v, path)
		return &Breach{Kind: kind, Name: e.Name, Give: e.Give, Pos: n.pos}, true
	}
	s, ok := d.scalar(v)
	return &Breach{Kind: kind, Name: s, Pos: n.pos}, ok
}

func (d *decoder) oneKey(n *node, where string, kinds []string) (string, *node, bool) {
	if !d.want(n, mapNode) {
		return "", nil, false
	}
	if len(n.keys) != 1 {
		d.err(n.pos, "one_key", "where", where, "kinds", strings.Join(kinds, ", "))
		return "", nil, false
	}
	if k := n.keys[0]; !known(kinds, k.name) {
		d.unknown(k, where, append([]string{}, kinds...))
		return "", nil, false
	}
	return n.keys[0].name, n.vals[0], true
}

// effectKeys are the keys of an effect written as a map; the first is its name. Others are one scalar.
var effectKeys = map[string][]string{
	"number": nil, "letter": nil, "unbind": nil, "publish": nil, "notice": nil, "evaluate": nil,
	EffectFreeze: nil, EffectDecide: nil, EffectIssue: nil,
	"bind": {"relation", "from"}, EffectTake: {"fact", "from"}, "set": {"fact", "rule"}, "open": {"procedure", "give"}, "notify": {"role", "text"},
	"reserve": {"money", "rule"}, "release": {"money", "rule"},
}

var effectKinds = []string{"bind", EffectDecide, "evaluate", EffectFreeze, EffectIssue, "letter", "notice", "notify", "number", "open", "publish", "release",
	"reserve", "set", EffectTake, "unbind"}

// effect reads a map of one key: the kind, with a name or a map of its arguments.
func (d *decoder) effect(n *node, path string) (any, bool) {
	kind, v, ok := d.oneKey(n, "effect", effectKinds)
	if !ok {
		return nil, false
	}
	e := &Effect{Kind: kind, Pos: n.pos}
	if effectKeys[kind] == nil || v.kind == scalarNode {
		e.Name, ok = d.scalar(v)
		return e, ok
	}
	if !d.want(v, mapNode) {
		d.err(n.pos, "effect_empty", "kind", kind)
		return nil, false
	}
	d.arguments(e, v, path)
	return e, true
}

// arguments reads what an effect of its kind may say.
func (d *decoder) arguments(e *Effect, v *node, path string) {
	for i, k := range v.keys {
		if !known(effectKeys[e.Kind], k.name) {
			d.unknown(k, e.Kind, append([]string{}, effectKeys[e.Kind]...))
			continue
		}
		d.argument(e, k.name, v.vals[i], path)
	}
}

func (d *decoder) argument(e *Effect, name string, v *node, path string) {
	d.at[path+"/"+name] = v.pos
	switch name {
	case "text":
		if t, ok := d.text(v, path+"/text"); ok {
			e.Text = t.(locale.Text)
		}
	case "give":
		e.Give = d.pairs(v, path+"/give")
	case "from":
		e.From, _ = d.scalar(v)
	case "rule":
		e.Rule, _ = d.scalar(v)
	default:
		e.Name, _ = d.scalar(v)
	}
}

// next reads a stage, or a list of {if, to}.
func (d *decoder) next(n *node, path string) (any, bool) {
	if n.kind == scalarNode {
		s, _ := d.scalar(n)
		return []*Next{{To: s, Pos: n.pos}}, true
	}
	if !d.want(n, listNode) {
		return nil, false
	}
	var out []*Next
	for _, item := range n.vals {
		x := &Next{Pos: item.pos}
		if !d.want(item, mapNode) {
			continue
		}
		for i, k := range item.keys {
			switch k.name {
			case "if":
				x.If, _ = d.scalar(item.vals[i])
				d.at[ruleAt(item.pos)] = item.vals[i].pos
			case "to":
				x.To, _ = d.scalar(item.vals[i])
			default:
				d.unknown(k, "next", []string{"if", "to"})
			}
		}
		out = append(out, x)
	}
	return out, true
}

// ruleAt names the place of a rule inside a thing known only by its own place.
func ruleAt(p Pos) string { return "rule@" + p.String() }

// options reads code: {fa, en}.
func (d *decoder) options(n *node, path string) (any, bool) {
	if !d.want(n, mapNode) {
		return nil, false
	}
	var out []Option
	for i, k := range n.keys {
		p := path + "/" + k.name
		d.at[p] = k.pos
		if t, ok := d.text(n.vals[i], p); ok {
			out = append(out, Option{Code: k.name, Title: t.(locale.Text)})
		}
	}
	return out, true
}

func textHash(s string) string {
	if s == "" {
		return ""
	}
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}
