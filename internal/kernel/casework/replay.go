package casework

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"rahgosha/internal/base/fault"
)

// Replay folds every case of a province from its entries and compares it with the stored one in canonical decrypted
// form; an erased value is ERASED on both sides. The letter book, the counters and the series of numbers are held to what
// the cases give. It reports each difference, and gives how many cases it folded.
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
				if err := g.replayOne(ctx, r, province, id, report); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, fmt.Errorf("replay %s: %w", province, err)
		}
		if len(ids) == 0 {
			return n, g.beside(ctx, province, report)
		}
		n += len(ids)
		after = ids[len(ids)-1]
	}
}

const replayBatch = 200

// replayOne reports the first thing by which a case differs from its entries, and each letter by which the book does.
func (g *Engine) replayOne(ctx context.Context, r Reader, province, id string, report func(Difference)) error {
	d := Difference{Province: province, Case: id}
	stored, err := r.LoadCase(ctx, province, id)
	if err != nil {
		report(d.as(0, DiffersRowGone, ""))
		return nil //nolint:nilerr // it was listed a moment ago: told, and the next one looked at
	}
	entries, err := r.CaseEntries(ctx, province, id)
	if fault.Is(err, fault.Invalid) {
		report(d.as(0, DiffersChain, err.Error()))
		return nil
	}
	if err != nil {
		return fmt.Errorf("entries of case %s: %w", id, err)
	}
	z := sealer{ctx: ctx, keys: r.Keys(), province: province, id: id}
	if erased(entries) {
		return g.replayErased(z, r, d, stored, entries, report)
	}
	s, broken := z.refold(entries, d)
	if broken != nil {
		report(*broken)
		return nil
	}
	if err := g.compareLetters(ctx, r, d, s, entries, report); err != nil {
		return err
	}
	if d := z.compare(stored, s); d != nil {
		report(*d)
		return nil
	}
	row, err := r.CaseRow(ctx, province, id)
	if err != nil {
		return fmt.Errorf("row of case %s: %w", id, err)
	}
	differs, err := g.compareRow(z, row, s)
	if differs != nil {
		report(*differs)
	}
	return err
}

// refold gives the case as its entries tell it, or says where they stop doing so.
func (z sealer) refold(entries []LogEntry, d Difference) (*State, *Difference) {
	differs := func(seq int64, what, detail string) (*State, *Difference) {
		d = d.as(seq, what, detail)
		return nil, &d
	}
	var s *State
	prev := [32]byte{}
	for i, le := range entries {
		if loose := unlinked(le, i, prev, d); loose != nil {
			return nil, loose
		}
		e, err := z.read(le)
		if err != nil {
			return differs(le.Leaf.Seq, DiffersBody, err.Error())
		}
		prev = le.Leaf.Hash()
		s = Apply(s, e, hex.EncodeToString(prev[:]))
	}
	if s == nil {
		return differs(0, DiffersEntriesGone, "")
	}
	return s, nil
}

// compareRow holds what lists, counters and wake-ups read to what the folded case says: a row that was changed alone would
// hide a case or move its deadline.
func (g *Engine) compareRow(z sealer, stored Row, folded *State) (*Difference, error) {
	raw, err := json.Marshal(folded)
	if err != nil {
		return nil, fmt.Errorf("fold of case %s: %w", z.id, err)
	}
	s, err := z.state(raw)
	if err != nil {
		return nil, err
	}
	d, err := g.Defs.ByHash(z.ctx, s.Definition)
	if err != nil {
		return nil, err
	}
	want, got := comparable(rowOf(d, s)), comparable(stored)
	for _, column := range slices.Sorted(maps.Keys(want)) {
		if want[column] != got[column] {
			return &Difference{Province: z.province, Case: z.id, Seq: s.Seq, What: DiffersRow, Detail: column}, nil
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
			clocks[id] = fmt.Sprint(c.State, c.Due, c.Warn, c.Warned, c.Calendar)
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
func (z sealer) compare(stored []byte, folded *State) *Difference {
	d := Difference{Province: z.province, Case: z.id, Seq: folded.Seq, What: DiffersState}
	raw, err := json.Marshal(folded)
	a, errA := z.canonical(stored)
	b, errB := z.canonical(raw)
	if err := errors.Join(err, errA, errB); err != nil {
		d.Detail = err.Error()
		return &d
	}
	if bytes.Equal(a, b) {
		return nil
	}
	d.Detail = firstDifference(a, b)
	return &d
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
		return "state"
	}
	for _, k := range sortedKeys(x, y) {
		if bytes.Equal(x[k], y[k]) {
			continue
		}
		var fx, fy map[string]json.RawMessage
		if json.Unmarshal(x[k], &fx) == nil && json.Unmarshal(y[k], &fy) == nil {
			for _, f := range sortedKeys(fx, fy) {
				if !bytes.Equal(fx[f], fy[f]) {
					return k + "." + f
				}
			}
		}
		return k
	}
	return "bytes"
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
