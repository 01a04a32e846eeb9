package casework

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
)

// MarshalJSON writes a sealed value without its plain text: nothing personal reaches a disk in clear.
func (v Value) MarshalJSON() ([]byte, error) {
	type bare Value
	b := bare(v)
	if b.Sealed != nil {
		b.V = nil
	}
	return json.Marshal(b)
}

// UnmarshalJSON reads numbers as int64 and lists as []string or []map[string]any.
func (v *Value) UnmarshalJSON(raw []byte) error {
	type bare Value
	var b struct {
		bare
		V json.RawMessage `json:"v"`
	}
	if err := json.Unmarshal(raw, &b); err != nil {
		return fmt.Errorf("read a value: %w", err)
	}
	*v = Value(b.bare)
	if len(b.V) == 0 {
		return nil
	}
	var err error
	v.V, err = Decode(b.V)
	return err
}

// Decode reads a value's JSON: whole numbers as int64, for money is never a fraction (one is its text), lists as []string
// or []map[string]any.
func Decode(raw []byte) (any, error) {
	if len(raw) > 0 && raw[0] == '"' { // most are a text or a number: no decoder for them
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("read a value: %w", err)
		}
		return s, nil
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("read a value: %w", err)
	}
	return Typed(v), nil
}

// Typed brings what a JSON decoder with UseNumber gave into the types a Value holds.
func Typed(v any) any {
	switch x := v.(type) {
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n
		}
		return x.String()
	case map[string]any:
		for k := range x {
			x[k] = Typed(x[k])
		}
		return x
	case []any:
		return typedList(x)
	default:
		return v
	}
}

func typedList(x []any) any {
	texts, rows := make([]string, 0, len(x)), make([]map[string]any, 0, len(x))
	for i := range x {
		x[i] = Typed(x[i])
		if s, ok := x[i].(string); ok {
			texts = append(texts, s)
		}
		if m, ok := x[i].(map[string]any); ok {
			rows = append(rows, m)
		}
	}
	switch {
	case len(x) > 0 && len(texts) == len(x):
		return texts
	case len(x) > 0 && len(rows) == len(x):
		return rows
	default:
		return x
	}
}

// sealer seals and opens the values of one case.
type sealer struct {
	ctx      context.Context //nolint:containedctx // lives for one call, inside one transaction
	keys     journal.Keys
	province string
	id       string
}

func (z sealer) seal(v *Value, key, label string) error {
	if v.Sealed != nil {
		return nil
	}
	plain, err := json.Marshal(v.V)
	if err != nil {
		return fmt.Errorf("seal %s: %w", label, err)
	}
	s, err := journal.SealWith(z.ctx, z.keys, key, journal.AD(z.province, z.id, label), plain)
	if errors.Is(err, journal.ErrErased) {
		return fault.Wrap(err, fault.Refused, "casework.erased_person")
	}
	if err != nil {
		return fmt.Errorf("seal %s: %w", label, err)
	}
	v.Sealed = &s
	return nil
}

// open fills V of a sealed value; a destroyed key leaves ERASED.
func (z sealer) open(v *Value, label string) error {
	if v.Sealed == nil {
		return nil
	}
	plain, err := journal.OpenWith(z.ctx, z.keys, *v.Sealed, journal.AD(z.province, z.id, label))
	if errors.Is(err, journal.ErrErased) {
		v.V = Erased
		return nil
	}
	if err != nil {
		return fmt.Errorf("open %s of case %s: %w", label, z.id, err)
	}
	if v.V, err = Decode(plain); err != nil {
		return fmt.Errorf("open %s of case %s: %w", label, z.id, err)
	}
	return nil
}

// entry seals what is personal in an entry: each person's facts with that person's key, texts that may name several
// people with the case's text key.
func (z sealer) entry(d *procedure.Definition, subject string, e *Entry) error {
	text := journal.TextKey(z.id)
	if e.Note != nil {
		if err := z.seal(e.Note, text, noteLabel(e.Seq)); err != nil {
			return err
		}
	}
	e.Files = slices.Clone(e.Files) // the command's own: it may run again, with another key
	for i := range e.Files {
		if err := z.seal(&e.Files[i].Name, text, "file:"+e.Files[i].Hash); err != nil {
			return err
		}
	}
	for i := range e.Changes {
		if err := z.change(d, subject, text, e.Seq, &e.Changes[i]); err != nil {
			return err
		}
	}
	return nil
}

func (z sealer) change(d *procedure.Definition, subject, text string, seq int64, c *Change) error {
	switch {
	case c.Fact != nil:
		return z.fact(d, subject, c.Fact)
	case c.Awaiting != nil:
		for i := range c.Awaiting.Facts {
			if err := z.fact(d, subject, &c.Awaiting.Facts[i]); err != nil {
				return err
			}
		}
	case c.Round != nil:
		return z.sealRound(c.Round, text, seq)
	case c.Letter != nil:
		return z.seal(&c.Letter.Text, text, letterLabel(c.Letter.Token))
	}
	return nil
}

func (z sealer) fact(d *procedure.Definition, subject string, f *FactChange) error {
	def := d.Fact(f.Name)
	if def == nil || def.Personal == nil || f.Value.V == nil {
		return nil
	}
	return z.seal(&f.Value, journal.PersonKey(subject), "fact:"+f.Name)
}

func noteLabel(seq int64) string      { return fmt.Sprintf("note:%d", seq) }
func letterLabel(token string) string { return "letter:" + token }

// state opens the personal facts of a stored case.
func (z sealer) state(raw []byte) (*State, error) {
	s, err := quickState(raw)
	if err != nil {
		return nil, fmt.Errorf("read case %s: %w", z.id, err)
	}
	for name, v := range s.Facts {
		if v.Sealed == nil {
			continue
		}
		if err := z.open(&v, "fact:"+name); err != nil {
			return nil, err
		}
		s.Facts[name] = v
	}
	if err := z.openRounds(s); err != nil {
		return nil, err
	}
	if s.Awaiting != nil {
		for i := range s.Awaiting.Facts {
			if err := z.open(&s.Awaiting.Facts[i].Value, "fact:"+s.Awaiting.Facts[i].Name); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// leaf makes the journal's leaf of an entry: its body is the canonical JSON sealed with the case's key.
func (z sealer) leaf(e *Entry, prev string) (LogEntry, string, error) {
	body, err := writeEntry(e)
	if err != nil {
		return LogEntry{}, "", fmt.Errorf("write entry %d of case %s: %w", e.Seq, z.id, err)
	}
	sealed, err := journal.SealWith(z.ctx, z.keys, journal.CaseKey(z.id), journal.AD(z.province, z.id, bodyLabel(e.Seq)), body)
	if err != nil {
		return LogEntry{}, "", fmt.Errorf("seal entry %d of case %s: %w", e.Seq, z.id, err)
	}
	blob, err := writeSealed(&sealed)
	if err != nil {
		return LogEntry{}, "", fmt.Errorf("seal entry %d of case %s: %w", e.Seq, z.id, err)
	}
	l := journal.Leaf{
		Province: e.Province, Case: e.Case, Seq: e.Seq, At: e.At, Kind: e.Kind, Definition: e.Definition,
		Actor: e.Actor.Person, Cause: e.Cause, Body: blob,
	}
	if prev != "" {
		p, err := hex.DecodeString(prev)
		if err != nil || len(p) != len(l.Prev) {
			return LogEntry{}, "", fmt.Errorf("case %s: bad previous hash %q", z.id, prev)
		}
		copy(l.Prev[:], p)
	}
	raw := l.Encode()
	h := sha256.Sum256(raw) // as Leaf.Hash, of bytes that are needed anyway
	return LogEntry{ID: e.ID, Leaf: l, Bytes: raw, Index: -1}, hex.EncodeToString(h[:]), nil
}

func bodyLabel(seq int64) string { return fmt.Sprintf("body:%d", seq) }

// read opens a stored entry's body; sealed values inside stay sealed.
func (z sealer) read(l LogEntry) (*Entry, error) {
	if l.Leaf.Kind == KindErased { // its body is open and tells of nobody
		return &Entry{ID: l.ID, Province: l.Leaf.Province, Case: l.Leaf.Case, Seq: l.Leaf.Seq, At: l.Leaf.At, Kind: KindErased,
			Definition: l.Leaf.Definition, Cause: l.Leaf.Cause, Actor: Actor{Person: l.Leaf.Actor, Role: systemRole}}, nil
	}
	sealed, err := quickSealed(l.Leaf.Body)
	if err != nil {
		return nil, fmt.Errorf("entry %d of case %s: %w", l.Leaf.Seq, z.id, err)
	}
	body, err := journal.OpenWith(z.ctx, z.keys, *sealed, journal.AD(z.province, z.id, bodyLabel(l.Leaf.Seq)))
	if err != nil {
		return nil, fmt.Errorf("entry %d of case %s: %w", l.Leaf.Seq, z.id, err)
	}
	e, err := quickEntry(body)
	if err != nil {
		return nil, fmt.Errorf("entry %d of case %s: %w", l.Leaf.Seq, z.id, err)
	}
	e.Province, e.Case, e.Seq, e.At = l.Leaf.Province, l.Leaf.Case, l.Leaf.Seq, l.Leaf.At
	e.Kind, e.Definition, e.Cause = l.Leaf.Kind, l.Leaf.Definition, l.Leaf.Cause
	return e, nil
}
