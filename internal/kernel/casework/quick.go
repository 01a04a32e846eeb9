package casework

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"rahgosha/internal/kernel/journal"
)

// A case's state and each of its entries are read for every page and every act, and encoding/json takes most of the time
// of both. What follows reads the same JSON in one pass. It knows the forms that we write; whatever else it meets, rare
// parts and broken ones, it leaves to encoding/json, so that both always give the same.

// quickly reads raw by read, or by encoding/json where that gives up.
func quickly[T any](raw []byte, read func(q *quick, into *T)) (*T, error) {
	into := new(T)
	q := &quick{b: raw}
	read(q, into)
	if q.space(); !q.lost && q.i == len(raw) {
		return into, nil
	}
	into = new(T)
	return into, json.Unmarshal(raw, into)
}

// quick stands at a place in JSON; lost says that it met what it does not know.
type quick struct {
	b    []byte
	i    int
	lost bool
}

func (q *quick) space() {
	for q.i < len(q.b) && (q.b[q.i] == ' ' || q.b[q.i] == '\n' || q.b[q.i] == '\t' || q.b[q.i] == '\r') {
		q.i++
	}
}

// next is the next character that counts, 0 at the end.
func (q *quick) next() byte {
	if q.space(); q.lost || q.i >= len(q.b) {
		return 0
	}
	return q.b[q.i]
}

// take steps over a character, if it is the next.
func (q *quick) take(c byte) bool {
	if q.next() != c {
		return false
	}
	q.i++
	return true
}

func (q *quick) want(c byte) {
	if !q.take(c) {
		q.lost = true
	}
}

// word steps over a literal, if it is the next.
func (q *quick) word(w string) bool {
	q.space()
	if q.lost || len(q.b)-q.i < len(w) || string(q.b[q.i:q.i+len(w)]) != w {
		return false
	}
	q.i += len(w)
	return true
}

// object calls f with each key of an object, to read its value; null has none.
func (q *quick) object(f func(key string)) (there bool) {
	if q.word("null") {
		return false
	}
	q.want('{')
	if q.take('}') {
		return true
	}
	for !q.lost {
		key := q.key()
		q.want(':')
		if q.lost {
			return true
		}
		f(key)
		if q.take(',') {
			continue
		}
		q.want('}')
		return true
	}
	return true
}

// list calls f for each element of a list, to read it; null has none.
func (q *quick) list(f func()) (there bool) {
	if q.word("null") {
		return false
	}
	q.want('[')
	if q.take(']') {
		return true
	}
	for !q.lost {
		f()
		if q.take(',') {
			continue
		}
		q.want(']')
		return true
	}
	return true
}

// text reads a string; one with an escape is encoding/json's.
func (q *quick) text() (s string) {
	raw, plain := q.quoted()
	if plain && utf8.Valid(raw) {
		return string(raw[1 : len(raw)-1])
	}
	if !q.lost && json.Unmarshal(raw, &s) != nil {
		q.lost = true
	}
	return s
}

// key reads the key of an object. Those of our forms are not made anew each time.
func (q *quick) key() string {
	at := q.i
	if raw, plain := q.quoted(); plain {
		if key, ours := formKeys()[string(raw[1:len(raw)-1])]; ours {
			return key
		}
	}
	q.i = at
	return q.text()
}

// formKeys are the keys of a case, an entry and a sealed body, with all that is in them.
var formKeys = sync.OnceValue(func() map[string]string {
	keys, seen := map[string]string{}, map[reflect.Type]bool{}
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(t.Elem())
		case reflect.Struct:
			if seen[t] {
				return
			}
			seen[t] = true
			for i := range t.NumField() {
				if key, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); key != "" && key != "-" {
					keys[key] = key
				}
				walk(t.Field(i).Type)
			}
		default: // nothing in it has a key
		}
	}
	for _, t := range []reflect.Type{reflect.TypeFor[State](), reflect.TypeFor[Entry](), reflect.TypeFor[journal.Sealed]()} {
		walk(t)
	}
	return keys
})

// quoted steps over a string and gives it with its quotes, and whether it holds no escape.
func (q *quick) quoted() (raw []byte, plain bool) {
	if q.next() != '"' {
		q.lost = true
		return nil, false
	}
	plain = true
	for i := q.i + 1; i < len(q.b); i++ {
		switch c := q.b[i]; {
		case c == '"':
			raw, q.i = q.b[q.i:i+1], i+1
			return raw, plain
		case c == '\\':
			plain = false
			i++
		case c < ' ':
			q.lost = true
			return nil, false
		}
	}
	q.lost = true
	return nil, false
}

// number reads a whole number as JSON writes it: without plus, point, exponent or leading zero.
func (q *quick) number() int64 {
	q.space()
	from := q.i
	for q.i < len(q.b) && (q.b[q.i] == '-' || q.b[q.i] >= '0' && q.b[q.i] <= '9') {
		q.i++
	}
	digits := string(q.b[from:q.i])
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != digits {
		q.lost = true
	}
	return n
}

func (q *quick) flag() bool {
	if q.word("true") {
		return true
	}
	if !q.word("false") {
		q.lost = true
	}
	return false
}

// raw steps over any value and gives it; whether it is sound is for who reads it to find.
func (q *quick) raw() []byte {
	q.space()
	from, depth := q.i, 0
	for q.i < len(q.b) && !q.lost {
		switch q.b[q.i] {
		case '"':
			q.quoted()
		case '{', '[':
			depth++
			q.i++
		case '}', ']':
			depth--
			q.i++
		case ',', ':', ' ', '\n', '\t', '\r':
			q.i++
		default: // of a number or a literal
			for q.i < len(q.b) && !delimits(q.b[q.i]) {
				q.i++
			}
		}
		if depth <= 0 {
			return q.b[from:q.i]
		}
	}
	q.lost = true
	return nil
}

func delimits(c byte) bool {
	switch c {
	case ',', ':', ' ', '\n', '\t', '\r', '}', ']', '{', '[', '"':
		return true
	}
	return false
}

// rest has encoding/json read a part that is rare.
func (q *quick) rest(into any) {
	if raw := q.raw(); !q.lost && json.Unmarshal(raw, into) != nil {
		q.lost = true
	}
}

func (q *quick) texts() (out []string) {
	if q.list(func() { out = append(out, q.text()) }) && out == nil {
		out = []string{}
	}
	return out
}

// quickMap reads an object whose values are alike.
func quickMap[V any](q *quick, read func() V) (out map[string]V) {
	if q.next() == '{' {
		out = map[string]V{}
	}
	q.object(func(key string) { out[key] = read() })
	return out
}

func (q *quick) bytes() []byte {
	raw, err := base64.StdEncoding.DecodeString(q.text())
	if err != nil {
		q.lost = true
	}
	return raw
}

// unknown is a key that is not ours.
func (q *quick) unknown() { q.lost = true }

func (q *quick) sealed(s *journal.Sealed) {
	q.object(func(key string) {
		switch key {
		case "k":
			s.Key = q.text()
		case "n":
			s.Nonce = q.bytes()
		case "t":
			s.Text = q.bytes()
		default:
			q.unknown()
		}
	})
}

func (q *quick) value() (v Value) {
	q.object(func(key string) {
		switch key {
		case "v":
			q.fill(&v)
		case "sealed":
			q.rest(&v.Sealed)
		case "source":
			v.Source = q.text()
		case "from":
			v.From = q.text()
		case "as_of":
			v.AsOf = q.number()
		case "by":
			v.By = q.text()
		case "verified":
			v.Verified = q.text()
		default:
			q.unknown()
		}
	})
	return v
}

func (q *quick) fill(v *Value) {
	raw := q.raw()
	if q.lost || !json.Valid(raw) {
		q.lost = true
		return
	}
	var err error
	if v.V, err = Decode(raw); err != nil {
		q.lost = true
	}
}

func (q *quick) holder(h *Holder) (there bool) {
	return q.object(func(key string) {
		switch key {
		case "role":
			h.Role = q.text()
		case "side":
			h.Side = q.text()
		case "subject":
			h.Subject = q.text()
		case "since":
			h.Since = q.number()
		default:
			q.unknown()
		}
	})
}

func (q *quick) ticking(t *Ticking) (there bool) {
	return q.object(func(key string) {
		switch key {
		case "state":
			t.State = q.text()
		case "started":
			t.Started = q.number()
		case "due":
			t.Due = q.number()
		case "from":
			t.From = q.number()
		case "n":
			t.N = int(q.number())
		case "shift":
			t.Shift = int(q.number())
		case "warn":
			t.Warn = q.number()
		case "warned":
			t.Warned = q.flag()
		case "paused":
			t.Paused = q.number()
		case "cause":
			t.Cause = q.text()
		case "ended":
			t.Ended = q.number()
		case "breached":
			t.Breached = q.number()
		case "calendar":
			t.Calendar = q.text()
		case "round":
			t.Round = int(q.number())
		case "undone":
			t.Undone = q.flag()
		default:
			q.unknown()
		}
	})
}

func (q *quick) clock() *Ticking {
	t := &Ticking{}
	if !q.ticking(t) {
		return nil
	}
	return t
}

// quickSealed reads a sealed body.
func quickSealed(raw []byte) (*journal.Sealed, error) {
	s, err := quickly(raw, func(q *quick, s *journal.Sealed) { q.sealed(s) })
	if err != nil {
		return nil, fmt.Errorf("a sealed body: %w", err)
	}
	return s, nil
}
