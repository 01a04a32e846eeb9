package casework

import (
	"encoding/json"
	"fmt"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
)

// remembered is what is stored under an idempotency key: an answer or a decided refusal.
type remembered struct {
	Answer *Answer      `json:"answer,omitempty"`
	Fault  *storedFault `json:"fault,omitempty"`
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

const answerLabel = "answer"

// replay gives back what was remembered.
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
		return Answer{Case: old.Case}, m.Fault.fault()
	}
	m.Answer.Replay = true
	return *m.Answer, nil
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

// done answers a command that was carried out.
func (r *run) done(s *State, e *Entry) (Answer, error) {
	ans := Answer{Case: s.ID, Entry: e.ID, Seq: s.Seq, Version: s.Version, Stage: s.Stage}
	return ans, r.remember(s.ID, e.ID, remembered{Answer: &ans}, e.At)
}
