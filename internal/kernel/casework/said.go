package casework

import (
	"context"
	"errors"
	"slices"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
)

// Said is what a person entered into a case by one act of theirs, drafts too, which later ones may have replaced.
type Said struct {
	At     int64       `json:"at"`
	Kind   string      `json:"kind"`
	Action locale.Text `json:"action"`
	Note   string      `json:"note,omitempty"`
	Files  []FileView  `json:"files,omitempty"`
	Facts  []SaidValue `json:"facts,omitempty"`
}

// SaidValue is one value as it was entered.
type SaidValue struct {
	Name  string      `json:"name"`
	Title locale.Text `json:"title"`
	Value any         `json:"value"`
	Type  string      `json:"type"`
	Label locale.Text `json:"label"` // of a choice

	Columns []*procedure.Fact `json:"-"`
}

// SaidBy gives all that a person entered into a case, in its order; nothing of an erased case. It asks for no right.
func (g *Engine) SaidBy(ctx context.Context, province, id, person string) (out []Said, err error) {
	err = g.Read(ctx, func(ctx context.Context, tx Reader) error {
		out = nil
		entries, err := tx.CaseEntries(ctx, province, id)
		if err != nil {
			return err
		}
		z := sealer{ctx: ctx, keys: tx.Keys(), province: province, id: id}
		for _, le := range slices.DeleteFunc(entries, func(l LogEntry) bool { return l.Leaf.Actor != person }) {
			e, err := z.read(le)
			if errors.Is(err, journal.ErrErased) {
				return nil
			}
			if err != nil {
				return err
			}
			s, err := g.said(ctx, z, e)
			if err != nil {
				return err
			}
			out = append(out, s)
		}
		return nil
	})
	return out, err
}

func (g *Engine) said(ctx context.Context, z sealer, e *Entry) (Said, error) {
	s := Said{At: e.At, Kind: e.Kind}
	d, err := g.Defs.ByHash(ctx, e.Definition)
	if err != nil {
		return s, err
	}
	if a := d.Action(e.Action); a != nil {
		s.Action = a.Title
	}
	if e.Note != nil {
		if err := z.open(e.Note, noteLabel(e.Seq)); err != nil {
			return s, err
		}
		s.Note, _ = e.Note.V.(string)
	}
	for i := range e.Files {
		f := &e.Files[i]
		if err := z.open(&f.Name, "file:"+f.Hash); err != nil {
			return s, err
		}
		name, _ := f.Name.V.(string)
		s.Files = append(s.Files, FileView{Document: f.Document, Hash: f.Hash, Name: name, Size: f.Size, Media: f.Media})
	}
	for i := range e.Changes {
		for _, f := range e.Changes[i].facts() {
			if f.Value.By != e.Actor.Person {
				continue // what a register or a rule gave on the way, and what somebody else brought who is confirmed here
			}
			if err := z.open(&f.Value, "fact:"+f.Name); err != nil {
				return s, err
			}
			s.Facts = append(s.Facts, saidValue(d.Fact(f.Name), f))
		}
	}
	return s, nil
}

func saidValue(f *procedure.Fact, c FactChange) SaidValue {
	v := SaidValue{Name: c.Name, Value: c.Value.V}
	if f == nil {
		return v
	}
	v.Title, v.Type, v.Columns = f.Title, f.Type, f.Columns
	for _, o := range f.Options {
		if o.Code == v.Value {
			v.Label = o.Title
		}
	}
	return v
}
