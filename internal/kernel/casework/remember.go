package casework

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
)

// remembered is what is stored under an idempotency key: an answer, with the case as it was shown, or a decided refusal.
type remembered struct {
	Answer *Answer         `json:"answer,omitempty"`
	View   *journal.Sealed `json:"view,omitempty"`
	Fault  *storedFault    `json:"fault,omitempty"`
}

type storedFault struct {
	Kind    fault.Kind           `json:"kind"`
	Key     string               `json:"key"`
	Args    map[string]storedArg `json:"args,omitempty"`
	Field   string               `json:"field,omitempty"`
	Details []*storedFault       `json:"details,omitempty"`
}

// storedArg keeps the type of an argument: a replayed refusal reads byte for byte as the first did, in every language.
type storedArg struct {
	Text *locale.Text `json:"text,omitempty"`
	Int  *int64       `json:"int,omitempty"`
	Word *string      `json:"word,omitempty"`
}

func storeArg(v any) storedArg {
	switch x := v.(type) {
	case locale.Text:
		return storedArg{Text: &x}
	case int:
		n := int64(x)
		return storedArg{Int: &n}
	case int64:
		return storedArg{Int: &x}
	default:
		word := fmt.Sprint(x)
		return storedArg{Word: &word}
	}
}

func (a storedArg) value() any {
	switch {
	case a.Text != nil:
		return *a.Text
	case a.Int != nil:
		return *a.Int
	case a.Word != nil:
		return *a.Word
	default:
		return nil
	}
}

func storeFault(f *fault.Fault) *storedFault {
	out := &storedFault{Kind: f.Kind, Key: f.Key, Field: f.Field}
	for name, v := range f.Args {
		if out.Args == nil {
			out.Args = map[string]storedArg{}
		}
		out.Args[name] = storeArg(v)
	}
	for _, d := range f.Details {
		out.Details = append(out.Details, storeFault(d))
	}
	return out
}

func (s *storedFault) fault() *fault.Fault {
	f := &fault.Fault{Kind: s.Kind, Key: s.Key, Field: s.Field}
	for name, a := range s.Args {
		if f.Args == nil {
			f.Args = map[string]any{}
		}
		f.Args[name] = a.value()
	}
	for _, d := range s.Details {
		f.Details = append(f.Details, d.fault())
	}
	return f
}

const (
	answerLabel = "answer"
	viewLabel   = "view"
)

// replay gives back what was remembered. A view whose person has been erased since is not given: the caller looks anew.
func (r *run) replay(old *Remembered) (Answer, error) {
	if old.Request != r.hash {
		return Answer{}, fault.New(fault.Invalid, "casework.key_reused").At("Idempotency-Key")
	}
	z := r.sealer(old.Case)
	var m remembered
	if err := z.unlock(old.Answer, answerLabel, &m); err != nil {
		return Answer{}, err
	}
	if m.Fault != nil {
		return Answer{}, m.Fault.fault()
	}
	m.Answer.Replay = true
	var err error
	if m.View != nil {
		m.Answer.View, err = z.openView(*m.View)
	}
	return *m.Answer, err
}

func (z sealer) unlock(blob []byte, label string, into any) error {
	var sealed journal.Sealed
	if err := json.Unmarshal(blob, &sealed); err != nil {
		return fmt.Errorf("stored answer: %w", err)
	}
	plain, err := journal.OpenWith(z.ctx, z.keys, sealed, journal.AD(z.province, z.id, label))
	if err != nil {
		return fmt.Errorf("stored answer: %w", err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("stored answer: %w", err)
	}
	return nil
}

func (z sealer) openView(outer journal.Sealed) (json.RawMessage, error) {
	ad := journal.AD(z.province, z.id, viewLabel)
	blob, err := journal.OpenWith(z.ctx, z.keys, outer, ad)
	if err == nil {
		var inner journal.Sealed
		if err := json.Unmarshal(blob, &inner); err != nil {
			return nil, fmt.Errorf("stored view: %w", err)
		}
		blob, err = journal.OpenWith(z.ctx, z.keys, inner, ad)
	}
	if errors.Is(err, journal.ErrErased) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("stored view: %w", err)
	}
	return unpacked(blob)
}

// packers are kept, for one takes more memory than the view.
var packers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is valid: no error
	return w
}}

// packed makes a view a tenth of its size: it is sealed twice, and one is kept for every act.
func packed(view []byte) ([]byte, error) {
	var b bytes.Buffer
	w, _ := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&b)
	if _, err := w.Write(view); err != nil {
		return nil, fmt.Errorf("pack view: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack view: %w", err)
	}
	return b.Bytes(), nil
}

// unpacked gives a view back; one that was kept before views were packed is JSON as it stands.
func unpacked(blob []byte) (json.RawMessage, error) {
	if json.Valid(blob) {
		return blob, nil
	}
	view, err := io.ReadAll(flate.NewReader(bytes.NewReader(blob)))
	if err != nil {
		return nil, fmt.Errorf("stored view: %w", err)
	}
	return view, nil
}

// sealView locks a view with the key of the person it is about and with that of the case's texts, so that the erasure of
// either takes it along.
func (z sealer) sealView(subject string, view []byte) (*journal.Sealed, error) {
	ad := journal.AD(z.province, z.id, viewLabel)
	view, err := packed(view)
	if err != nil {
		return nil, err
	}
	inner, err := journal.SealWith(z.ctx, z.keys, journal.PersonKey(subject), ad, view)
	if errors.Is(err, journal.ErrErased) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("remember view: %w", err)
	}
	blob, err := json.Marshal(inner)
	if err != nil {
		return nil, fmt.Errorf("remember view: %w", err)
	}
	outer, err := journal.SealWith(z.ctx, z.keys, journal.TextKey(z.id), ad, blob)
	if errors.Is(err, journal.ErrErased) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("remember view: %w", err)
	}
	return &outer, nil
}

func (r *run) remember(caseID, entry string, m remembered, at int64) error {
	plain, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("remember answer: %w", err)
	}
	z := r.sealer(caseID)
	sealed, err := journal.SealWith(r.ctx, z.keys, journal.CaseKey(caseID), journal.AD(z.province, z.id, answerLabel), plain)
	if err != nil {
		return fmt.Errorf("remember answer: %w", err)
	}
	blob, err := json.Marshal(sealed)
	if err != nil {
		return fmt.Errorf("remember answer: %w", err)
	}
	return r.tx.Remember(r.ctx, r.key, Remembered{Request: r.hash, Entry: entry, Case: caseID, Answer: blob, At: at})
}

// done answers a command that was carried out, with the case as the caller sees it now where the command asks for it.
func (r *run) done(d *procedure.Definition, s *State, e *Entry, c Command) (Answer, error) {
	ans := Answer{Case: s.ID, Entry: e.ID, Seq: s.Seq, Version: s.Version, Stage: s.Stage}
	m := remembered{Answer: &ans}
	if c.Show {
		view, err := r.shown(d, s)
		if err != nil {
			return ans, err
		}
		if m.View, err = r.sealer(s.ID).sealView(s.Subject, view); err != nil {
			return ans, err
		}
		ans.View = view
	}
	return ans, r.remember(s.ID, e.ID, m, e.At)
}

// shown is the case as the caller sees it after the act, as JSON: null when the act handed it on to somebody else.
func (r *run) shown(d *procedure.Definition, s *State) (json.RawMessage, error) {
	again := *r
	again.who.Actor.OnBehalf = nil
	if !Sees(d, s, again.who.Actor.Role, again.who.Grants) {
		return json.RawMessage("null"), nil
	}
	l, err := again.looker(s.ID)
	if err != nil {
		return nil, err
	}
	v, err := l.view()
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("view of case %s: %w", s.ID, err)
	}
	return raw, nil
}
