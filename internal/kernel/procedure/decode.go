package procedure

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

// decoder fills a definition from a tree by the declared type of each field and remembers where everything stood.
type decoder struct {
	*report
	at map[string]Pos // path → place of the value
}

var idShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*([.-][A-Za-z0-9_]+)*$`)

// specials are the types that are not spelled as their Go shape.
var specials map[reflect.Type]func(*decoder, *node, string) (any, bool)

func init() { // breaks the initialisation cycle between the decoder and its table
	specials = map[reflect.Type]func(*decoder, *node, string) (any, bool){
		reflect.TypeFor[locale.Text]():     (*decoder).text,
		reflect.TypeFor[Article]():         (*decoder).article,
		reflect.TypeFor[jalali.Date]():     (*decoder).date,
		reflect.TypeFor[calendar.Limit]():  (*decoder).limit,
		reflect.TypeFor[*calendar.Limit](): (*decoder).limitPtr,
		reflect.TypeFor[Event]():           (*decoder).event,
		reflect.TypeFor[*Breach]():         (*decoder).breach,
		reflect.TypeFor[*Effect]():         (*decoder).effect,
		reflect.TypeFor[[]*Next]():         (*decoder).next,
		reflect.TypeFor[[]Option]():        (*decoder).options,
		reflect.TypeFor[map[string]string](): func(d *decoder, n *node, path string) (any, bool) {
			return d.pairs(n, path), true
		},
	}
}

func (d *decoder) value(n *node, v reflect.Value, path string) {
	d.at[path] = n.pos
	if f, ok := specials[v.Type()]; ok {
		if x, ok := f(d, n, path); ok {
			v.Set(reflect.ValueOf(x))
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		if d.structure(n, p.Elem(), path) {
			v.Set(p)
		}
	case reflect.Slice:
		d.slice(n, v, path)
	default:
		d.scalarInto(n, v)
	}
}

func (d *decoder) scalarInto(n *node, v reflect.Value) {
	s, ok := d.scalar(n)
	if !ok {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		b, err := parseBool(s)
		if err != nil {
			d.fault(n.pos, err, s, "bool")
			return
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int64:
		i, err := parseInt(s)
		if err != nil {
			d.fault(n.pos, err, s, "int")
			return
		}
		v.SetInt(i)
	}
}

// scalar gives the source text of a single value.
func (d *decoder) scalar(n *node) (string, bool) {
	switch n.kind {
	case scalarNode:
		return strings.TrimSpace(n.text), true
	case nullNode:
		return "", false
	}
	d.err(n.pos, "shape", "want", locale.Of("procedure.want.text", nil), "got", shapeName(n))
	return "", false
}

func shapeName(n *node) locale.Text {
	return locale.Of("procedure.shape."+[]string{"text", "map", "list", "empty"}[n.kind], nil)
}

func (d *decoder) want(n *node, kind nodeKind) bool {
	if n.kind == kind {
		return true
	}
	if n.kind != nullNode {
		name := map[nodeKind]string{mapNode: "map", listNode: "list"}[kind]
		d.err(n.pos, "shape", "want", locale.Of("procedure.shape."+name, nil), "got", shapeName(n))
	}
	return false
}

// structure decodes a map into a struct. It is true when the node can stand for the struct at all.
func (d *decoder) structure(n *node, v reflect.Value, path string) bool {
	if p := v.FieldByName("Pos"); p.IsValid() {
		p.Set(reflect.ValueOf(n.pos))
	}
	d.at[path] = n.pos
	if n.kind == nullNode {
		return true
	}
	if !d.want(n, mapNode) {
		return false
	}
	fields := fieldsOf(v.Type())
	for i, k := range n.keys {
		f, ok := fields[k.name]
		if !ok {
			d.unknownKey(k, v.Type(), fields)
			continue
		}
		if f >= 0 {
			d.value(n.vals[i], v.Field(f), path+"/"+k.name)
		}
	}
	d.finish(n, v, path)
	return true
}

// fieldsOf maps the keys of a struct to its fields; -1 marks keys that finish decodes.
func fieldsOf(t reflect.Type) map[string]int {
	m := map[string]int{}
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("yaml"); tag != "" && tag != "-" {
			m[tag] = i
		}
	}
	if t == reflect.TypeFor[Fact]() {
		m["min"], m["max"] = -1, -1
	}
	return m
}

func (d *decoder) unknownKey(k key, t reflect.Type, fields map[string]int) {
	known := make([]string, 0, len(fields))
	for name := range fields {
		known = append(known, name)
	}
	d.unknown(k, strings.ToLower(t.Name()), known)
}

func (d *decoder) unknown(k key, where string, known []string) {
	slices.Sort(known)
	if wholeNumber(k.name) {
		d.err(k.pos, "comma_number", "key", short(k.name))
		return
	}
	if near := nearest(k.name, known); near != "" {
		d.err(k.pos, "unknown_key", "key", short(k.name), "near", near)
		return
	}
	d.err(k.pos, "unknown_key_list", "key", short(k.name), "where", where, "known", strings.Join(known, ", "))
}

// finish decodes what depends on other fields of the same struct.
func (d *decoder) finish(n *node, v reflect.Value, path string) {
	switch x := v.Addr().Interface().(type) {
	case *Fact:
		x.Min, x.Max = d.bound(n, x, "min"), d.bound(n, x, "max")
		x.RulePos = d.at[path+"/rule"]
	case *Condition:
		x.RulePos = d.at[path+"/rule"]
	case *Law:
		x.Hash = textHash(x.Text.FA)
	}
}

func (d *decoder) bound(n *node, f *Fact, name string) *int64 {
	b := n.get(name)
	if b == nil {
		return nil
	}
	s, ok := d.scalar(b)
	if !ok {
		return nil
	}
	i, err := parseNumber(f.Type, s)
	if err != nil {
		d.fault(b.pos, err, s, "int")
		return nil
	}
	return &i
}

// slice decodes a list, a map of things by id, or one scalar for a list of one.
func (d *decoder) slice(n *node, v reflect.Value, path string) {
	elem := v.Type().Elem()
	switch {
	case n.kind == nullNode:
		return
	case keyedByID(elem):
		d.byID(n, v, path)
		return
	case n.kind == scalarNode && elem.Kind() != reflect.Pointer, n.kind == mapNode && singleton(elem):
		n = &node{kind: listNode, pos: n.pos, vals: []*node{n}}
	}
	if !d.want(n, listNode) {
		return
	}
	for i, item := range n.vals {
		e := reflect.New(elem).Elem()
		d.value(item, e, path+"/"+strconv.Itoa(i))
		if elem.Kind() != reflect.Pointer || !e.IsNil() {
			v.Set(reflect.Append(v, e))
		}
	}
}

// singleton lists may be written as their one element.
func singleton(elem reflect.Type) bool {
	return elem == reflect.TypeFor[*Breach]() || elem == reflect.TypeFor[*Pause]() || elem == reflect.TypeFor[*Guard]()
}

// keyedByID reports types whose list is written as a map from id to the rest.
func keyedByID(t reflect.Type) bool {
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return false
	}
	f, ok := t.Elem().FieldByName("ID")
	return ok && f.Tag.Get("yaml") == ""
}

func (d *decoder) byID(n *node, v reflect.Value, path string) {
	if !d.want(n, mapNode) {
		return
	}
	for i, k := range n.keys {
		if !idShape.MatchString(k.name) {
			d.err(k.pos, "id_shape", "id", short(k.name))
			continue
		}
		p := reflect.New(v.Type().Elem().Elem())
		p.Elem().FieldByName("ID").SetString(k.name)
		if !d.structure(n.vals[i], p.Elem(), path+"/"+k.name) {
			continue
		}
		p.Elem().FieldByName("Pos").Set(reflect.ValueOf(k.pos))
		v.Set(reflect.Append(v, p))
	}
}

func (d *decoder) pairs(n *node, path string) map[string]string {
	out := map[string]string{}
	if !d.want(n, mapNode) {
		return nil
	}
	for i, k := range n.keys {
		d.at[path+"/"+k.name] = n.vals[i].pos
		if s, ok := d.scalar(n.vals[i]); ok {
			out[k.name] = s
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
