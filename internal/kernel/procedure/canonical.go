package procedure

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

// canonicalVersion names the form of the canonical bytes. A change of form is a new name: hashes are stored for good.
const canonicalVersion = "rahgosha-procedure-1"

// ordered is a JSON object that keeps the order of its keys.
type ordered []member

type member struct {
	key string
	val any
}

// write appends a value as json.Marshal would. Objects in objects are written where they stand: each that marshalled itself
// would be read and copied again by every one around it.
func write(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case ordered:
		b.WriteByte('{')
		for i, m := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			write(b, m.key)
			b.WriteByte(':')
			write(b, m.val)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			write(b, e)
		}
		b.WriteByte(']')
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err) // only texts, numbers and truths: cannot fail
		}
		b.Write(raw)
	}
}

// Canonical gives the stable bytes of everything pinned: the definition in the order of its Go fields (things with ids in
// the order written, since it is shown), letters and decision tables with their text. Comments, quoting, the order of
// keys within a thing, examples, README and dated tables make no difference. Form: JSON without blanks.
func (d *Definition) Canonical() []byte {
	files := ordered{}
	for _, l := range d.Letters {
		files = append(files, member{inFolder(l.File, "letters"), l.Source})
	}
	for _, t := range d.Decisions {
		files = append(files, member{inFolder(t.File, "tables"), t.CSV})
	}
	slices.SortFunc(files, func(a, b member) int { return strings.Compare(a.key, b.key) })
	files = slices.CompactFunc(files, func(a, b member) bool { return a.key == b.key })
	doc := ordered{{"form", canonicalVersion}, {"procedure", encodeDefinition(d)}, {"files", files}}
	var b bytes.Buffer
	write(&b, doc)
	return b.Bytes()
}

func (d *Definition) hash() string { return hashOf(d.Canonical()) }

func hashOf(canonical []byte) string {
	h := sha256.Sum256(canonical)
	return hex.EncodeToString(h[:])
}

// encodeDefinition splits the head block from the parts, as procedure.yaml does.
func encodeDefinition(d *Definition) ordered {
	head := ordered{}
	parts := ordered{}
	for _, m := range encodeStruct(reflect.ValueOf(d).Elem()) {
		if slices.Contains(headKeys, m.key) {
			head = append(head, m)
		} else {
			parts = append(parts, m)
		}
	}
	return append(ordered{{"procedure", head}}, parts...)
}

func encodeStruct(v reflect.Value) ordered {
	out := ordered{}
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("yaml")
		if tag == "" || tag == "-" || v.Field(i).IsZero() {
			continue
		}
		if x := encodeValue(v.Field(i)); x != nil {
			out = append(out, member{tag, x})
		}
	}
	if f, ok := v.Interface().(Fact); ok {
		if f.Min != nil {
			out = append(out, member{"min", boundText(f.Type, *f.Min)})
		}
		if f.Max != nil {
			out = append(out, member{"max", boundText(f.Type, *f.Max)})
		}
	}
	return out
}

func encodeValue(v reflect.Value) any {
	if x, ok := encodeSpecial(v.Interface()); ok {
		return x
	}
	switch v.Kind() {
	case reflect.Pointer:
		return encodeStruct(v.Elem())
	case reflect.Slice:
		return encodeSlice(v)
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int64:
		return v.Int()
	}
	return v.String()
}

func encodeSlice(v reflect.Value) any {
	if v.Len() == 0 {
		return nil
	}
	if keyedByID(v.Type().Elem()) {
		out := ordered{}
		for i := range v.Len() {
			e := v.Index(i).Elem()
			out = append(out, member{e.FieldByName("ID").String(), encodeStruct(e)})
		}
		return out
	}
	out := []any{}
	for i := range v.Len() {
		out = append(out, encodeValue(v.Index(i)))
	}
	return out
}

func encodeSpecial(x any) (any, bool) {
	switch x := x.(type) {
	case locale.Text:
		return encodeText(x), true
	case Article:
		if x.FA == x.EN {
			return x.FA, true
		}
		return encodeText(locale.Text(x)), true
	case jalali.Date:
		return x.String(), true
	case calendar.Limit:
		return x.String(), true
	case *calendar.Limit:
		return x.String(), true
	case Event:
		return x.Kind + "(" + x.Name + ")", true
	case *Breach:
		if len(x.Give) == 0 {
			return ordered{{x.Kind, x.Name}}, true
		}
		return ordered{{x.Kind, encodeEffect(&Effect{Kind: x.Kind, Name: x.Name, Give: x.Give})}}, true
	case *Effect:
		return ordered{{x.Kind, encodeEffect(x)}}, true
	case *Next:
		return ordered{{"if", x.If}, {"to", x.To}}, true
	case []Option:
		out := ordered{}
		for _, o := range x {
			out = append(out, member{o.Code, encodeText(o.Title)})
		}
		return out, true
	case map[string]string:
		return sortedPairs(x), true
	}
	return nil, false
}

func encodeText(t locale.Text) ordered { return ordered{{"fa", t.FA}, {"en", t.EN}} }

func encodeEffect(e *Effect) any {
	keys := effectKeys[e.Kind]
	if keys == nil {
		return e.Name
	}
	out := ordered{{keys[0], e.Name}}
	if e.From != "" {
		out = append(out, member{"from", e.From})
	}
	if e.Rule != "" {
		out = append(out, member{"rule", e.Rule})
	}
	if !e.Text.IsZero() {
		out = append(out, member{"text", encodeText(e.Text)})
	}
	if len(e.Give) > 0 {
		out = append(out, member{"give", sortedPairs(e.Give)})
	}
	return out
}

func sortedPairs(m map[string]string) ordered {
	out := ordered{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, member{k, m[k]})
	}
	return out
}

// ParseCanonical reads the bytes of Canonical back into a definition ready for use, with the same hash. Dated tables
// come separately (WithDated). The error names what is wrong; bytes that are not canonical are refused.
func ParseCanonical(b []byte) (*Definition, error) {
	n, err := readJSON(b)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "procedure.canonical")
	}
	if form := n.get("form"); form == nil || form.text != canonicalVersion {
		return nil, fault.New(fault.Invalid, "procedure.canonical")
	}
	d := &decoder{report: &report{src: sources{}, fallback: canonicalFile}, at: map[string]Pos{}}
	d.src.add(canonicalFile, "")
	body := n.get("procedure")
	if body == nil {
		return nil, fault.New(fault.Invalid, "procedure.canonical")
	}
	def := d.definition(body)
	attach(def, n.get("files"))
	def, problems := def.ready(d)
	if bad := Errors(problems); len(bad) > 0 {
		return nil, fault.New(fault.Invalid, "procedure.canonical").With(bad[0].Fault())
	}
	if def.Hash != hashOf(b) { // other bytes than its own
		return nil, fault.New(fault.Invalid, "procedure.canonical")
	}
	return def, nil
}

func attach(def *Definition, files *node) {
	text := func(name string) string {
		if n := files.get(name); n != nil {
			return n.text
		}
		return ""
	}
	for _, l := range def.Letters {
		l.Source = text(inFolder(l.File, "letters"))
	}
	for _, t := range def.Decisions {
		t.CSV = text(inFolder(t.File, "tables"))
	}
}
