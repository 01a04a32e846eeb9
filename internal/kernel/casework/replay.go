package casework

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"rahgosha/internal/base/fault"
)

// Difference is a case whose stored row is not the fold of its entries, or whose chain is broken.
type Difference struct {
	Province string `json:"province"`
	Case     string `json:"case"`
	Seq      int64  `json:"seq,omitempty"`
	What     string `json:"what"` // chain, missing, body, state, row
	Detail   string `json:"detail"`
}

// Replay folds every case of a province from its entries and compares it with the stored one in canonical decrypted
// form; an erased value is ERASED on both sides. It reports each case that differs, and how many it folded.
func (g *Engine) Replay(ctx context.Context, province string, report func(Difference)) (int, error) {
	n, after := 0, ""
	for {
		var ids []string
		err := g.Read(ctx, func(ctx context.Context, r Reader) error {
			var err error
			if ids, err = r.CaseIDs(ctx, province, after, replayBatch); err != nil {
				return err
			}
			for _, id := range ids {
				d, err := g.replayOne(ctx, r, province, id)
				if err != nil {
					return err
				}
				if d != nil {
					report(*d)
				}
			}
			return nil
		})
		if err != nil {
			return n, fmt.Errorf("replay %s: %w", province, err)
		}
		if len(ids) == 0 {
			return n, g.lost(ctx, province, report)
		}
		n += len(ids)
		after = ids[len(ids)-1]
	}
}

const replayBatch = 200

// lost reports cases whose row was taken away: no list shows them, and their entries are still in the journal.
func (g *Engine) lost(ctx context.Context, province string, report func(Difference)) error {
	err := g.Read(ctx, func(ctx context.Context, r Reader) error {
		ids, err := r.LostCases(ctx, province)
		for _, id := range ids {
			report(Difference{Province: province, Case: id, What: "missing", Detail: "entries without a case"})
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("lost cases of %s: %w", province, err)
	}
	return nil
}

func (g *Engine) replayOne(ctx context.Context, r Reader, province, id string) (*Difference, error) {
	differs := func(seq int64, what, detail string) (*Difference, error) {
		return &Difference{Province: province, Case: id, Seq: seq, What: what, Detail: detail}, nil
	}
	stored, err := r.LoadCase(ctx, province, id)
	if err != nil {
		return differs(0, "missing", err.Error())
	}
	entries, err := r.CaseEntries(ctx, province, id)
	if fault.Is(err, fault.Invalid) {
		return differs(0, "chain", err.Error())
	}
	if err != nil {
		return nil, fmt.Errorf("entries of case %s: %w", id, err)
	}
	z := sealer{ctx: ctx, keys: r.Keys(), province: province, id: id}
	var s *State
	prev := [32]byte{}
	for i, le := range entries {
		if le.Leaf.Seq != int64(i+1) {
			return differs(int64(i+1), "missing", "entry is not there")
		}
		if le.Leaf.Prev != prev {
			return differs(le.Leaf.Seq, "chain", "previous hash does not fit")
		}
		if !bytes.Equal(le.Bytes, le.Leaf.Encode()) {
			return differs(le.Leaf.Seq, "chain", "stored bytes are not the entry's")
		}
		e, err := z.read(le)
		if err != nil {
			return differs(le.Leaf.Seq, "body", err.Error())
		}
		prev = le.Leaf.Hash()
		s = Apply(s, e, hex.EncodeToString(prev[:]))
	}
	if s == nil {
		return differs(0, "missing", "case without entries")
	}
	if d, err := z.compare(stored, s); d != nil || err != nil {
		return d, err
	}
	row, err := r.CaseRow(ctx, province, id)
	if err != nil {
		return nil, fmt.Errorf("row of case %s: %w", id, err)
	}
	return g.compareRow(ctx, z, row, s)
}

// compareRow holds what lists, counters and wake-ups read to what the folded case says: a row that was changed alone would
// hide a case or move its deadline.
func (g *Engine) compareRow(ctx context.Context, z sealer, stored Row, folded *State) (*Difference, error) {
	raw, err := json.Marshal(folded)
	if err != nil {
		return nil, fmt.Errorf("fold of case %s: %w", z.id, err)
	}
	s, err := z.state(raw)
	if err != nil {
		return nil, err
	}
	d, err := g.Defs.ByHash(ctx, s.Definition)
	if err != nil {
		return nil, err
	}
	want, got := comparable(rowOf(d, s)), comparable(stored)
	for _, column := range slices.Sorted(maps.Keys(want)) {
		if want[column] != got[column] {
			return &Difference{Province: z.province, Case: z.id, Seq: s.Seq, What: "row", Detail: "stored " + column + " is not what its entries give"}, nil
		}
	}
	return nil, nil
}

// comparable writes the columns of a row as texts by their names.
func comparable(r Row) map[string]string {
	tallies := make([]string, 0, len(r.Tallies))
	for _, c := range r.Tallies {
		tallies = append(tallies, fmt.Sprint(c.TallyKey, c.Amount))
	}
	slices.Sort(tallies)
	owed := make([]string, 0, len(r.Owed))
	for _, o := range r.Owed {
		owed = append(owed, fmt.Sprint(o))
	}
	slices.Sort(owed)
	clocks := map[string]string{}
	for id, c := range r.Clocks {
		if c != nil && (c.State == ClockRunning || c.State == ClockBreach) {
			clocks[id] = fmt.Sprint(c.State, c.Due, c.Warn, c.Warned)
		}
	}
	parties := map[string]string{}
	for relation, subject := range r.Parties {
		if subject != "" {
			parties[relation] = subject
		}
	}
	return map[string]string{
		"number": r.Number, "procedure": r.Procedure, "definition": r.Definition, "unit": r.Unit, "unit_name": r.UnitName,
		"county": r.County, "stage": r.Stage, "outcome": r.Outcome, "holder_role": r.HolderRole, "holder_subject": r.HolderSubject,
		"side": r.Side, "version": fmt.Sprint(r.Version), "seq": fmt.Sprint(r.Seq), "due": fmt.Sprint(r.Due), "amount": fmt.Sprint(r.Amount),
		"opened": fmt.Sprint(r.Opened), "changed": fmt.Sprint(r.Changed), "search": r.Search, "sample": fmt.Sprint(r.Sample),
		"parties": fmt.Sprint(parties), "counters": fmt.Sprint(tallies), "deadlines": fmt.Sprint(clocks), "obligations": fmt.Sprint(owed),
	}
}

// compare puts both sides into canonical decrypted form.
func (z sealer) compare(stored []byte, folded *State) (*Difference, error) {
	raw, err := json.Marshal(folded)
	if err != nil {
		return nil, fmt.Errorf("fold of case %s: %w", z.id, err)
	}
	a, errA := z.canonical(stored)
	b, errB := z.canonical(raw)
	if errA != nil || errB != nil {
		detail := fmt.Sprint(errA, errB)
		return &Difference{Province: z.province, Case: z.id, What: "state", Detail: detail}, nil
	}
	if bytes.Equal(a, b) {
		return nil, nil
	}
	return &Difference{Province: z.province, Case: z.id, Seq: folded.Seq, What: "state", Detail: firstDifference(a, b)}, nil
}

// canonical opens every sealed value and writes the state with sorted keys.
func (z sealer) canonical(raw []byte) ([]byte, error) {
	s, err := z.state(raw)
	if err != nil {
		return nil, err
	}
	for name, v := range s.Facts {
		v.Sealed = nil
		s.Facts[name] = v
	}
	for i := range s.Letters {
		if err := z.open(&s.Letters[i].Text, letterLabel(s.Letters[i].Token)); err != nil {
			return nil, err
		}
		s.Letters[i].Text.Sealed = nil
	}
	for _, r := range s.Rounds {
		for i := range r.Members {
			r.Members[i].Note.Sealed = nil
		}
	}
	if s.Awaiting != nil {
		for i := range s.Awaiting.Facts {
			s.Awaiting.Facts[i].Value.Sealed = nil
		}
	}
	out, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("canonical form of case %s: %w", z.id, err)
	}
	return out, nil
}

// firstDifference names the first top-level field of the state that differs. Values are not shown: they may be personal.
func firstDifference(a, b []byte) string {
	var x, y map[string]json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return "not a state"
	}
	for _, k := range sortedKeys(x, y) {
		if bytes.Equal(x[k], y[k]) {
			continue
		}
		var fx, fy map[string]json.RawMessage
		if json.Unmarshal(x[k], &fx) == nil && json.Unmarshal(y[k], &fy) == nil {
			for _, f := range sortedKeys(fx, fy) {
				if !bytes.Equal(fx[f], fy[f]) {
					return "stored " + k + "." + f + " is not what its entries give"
				}
			}
		}
		return "stored " + k + " is not what its entries give"
	}
	return "stored bytes differ"
}

func sortedKeys(ms ...map[string]json.RawMessage) []string {
	seen := map[string]bool{}
	var out []string
	for _, m := range ms {
		for k := range m {
			if !seen[k] {
				seen[k] = true
				out = append(out, k)
			}
		}
	}
	slices.Sort(out)
	return out
}
