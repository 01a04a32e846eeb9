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
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
)

// KindErased is the last entry of a case whose time is over: its key is destroyed, so that no other entry of it can be read.
// Its body is open and holds a hash of what stays, for nothing else vouches for that any more.
const KindErased = "erased"

// erasedMark is the body of such an entry.
type erasedMark struct {
	State string `json:"state"` // hex SHA-256 of the case that stays, its prev left out
}

// Erasure asks to erase a closed case. Anonymous takes the unit's name away too, where the unit is erased with it. Again says
// that it was erased before, and that a database was restored in which it is not, or not even closed.
type Erasure struct {
	Province, Case, By, Cause string
	Anonymous, Again          bool
}

// EraseCase leaves of a closed case what counters and lists need: its number, stages and times, amounts, and what was
// chosen from a list. Facts in words, names, notes, files and letters go. The caller destroys the keys of the case and of its
// texts in the same transaction. Refused casework.erase_open for an open case.
func (g *Engine) EraseCase(ctx context.Context, tx Tx, x Erasure) error {
	r := &run{g: g, ctx: ctx, tx: tx, who: System(x.Province), key: ReplayKey{Province: x.Province}}
	s, d, err := r.load(x.Case)
	if err != nil || s.Erased != 0 {
		return err
	}
	if s.Outcome == "" && !x.Again {
		return fault.New(fault.Refused, "casework.erase_open", "number", s.Number)
	}
	left := bare(d, s, x.Anonymous)
	if left.Outcome == "" {
		left.Outcome, left.Clocks = "closed", nil
	}
	left.Erased, left.Seq = max(g.Clock.Now().UnixMicro(), s.Changed), s.Seq+1
	le, err := left.erasedEntry(s.Prev, g.NewID(), x)
	if err != nil {
		return err
	}
	if err := tx.AppendEntry(ctx, le); err != nil {
		return err
	}
	if err := r.save(d, s, left); err != nil {
		return err
	}
	return tx.SaveDedup(ctx, s.Province, s.ID, nil)
}

// erasedEntry ends the chain of the case, and makes the case stand after it.
func (s *State) erasedEntry(prev, id string, x Erasure) (LogEntry, error) {
	sum, err := s.stays()
	if err != nil {
		return LogEntry{}, err
	}
	body, err := json.Marshal(erasedMark{sum})
	if err != nil {
		return LogEntry{}, fmt.Errorf("erase case %s: %w", s.ID, err)
	}
	l := journal.Leaf{Province: s.Province, Case: s.ID, Seq: s.Seq, At: s.Erased, Kind: KindErased, Definition: s.Definition,
		Actor: x.By, Cause: x.Cause, Body: body}
	raw, err := hex.DecodeString(prev)
	if err != nil || len(raw) != len(l.Prev) {
		return LogEntry{}, fmt.Errorf("case %s: bad previous hash %q", s.ID, prev)
	}
	copy(l.Prev[:], raw)
	hash := l.Hash()
	s.Prev = hex.EncodeToString(hash[:])
	return LogEntry{ID: id, Leaf: l, Bytes: l.Encode(), Index: -1}, nil
}

// stays hashes what is left of an erased case.
func (s *State) stays() (string, error) {
	left := *s
	left.Prev = ""
	raw, err := writeState(&left)
	if err != nil {
		return "", fmt.Errorf("erased case %s: %w", s.ID, err)
	}
	read, err := quickState(raw) // what was never set and what is empty are one on the disk
	if err != nil {
		return "", err
	}
	if raw, err = writeState(read); err != nil {
		return "", fmt.Errorf("erased case %s: %w", s.ID, err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// bare is a case without what tells of people.
func bare(d *procedure.Definition, s *State, anonymous bool) *State {
	left := *s
	left.Facts = map[string]Value{}
	for name, v := range s.Facts {
		if f := d.Fact(name); f != nil && f.Personal == nil && (countable(f.Type) || !anonymous && name == "unit.name") || name == "unit.county" {
			left.Facts[name] = v
		}
	}
	left.Letters = slices.Clone(s.Letters)
	for i := range left.Letters {
		left.Letters[i].Text, left.Letters[i].Signer = Value{V: Erased, Source: left.Letters[i].Text.Source}, ""
	}
	left.Decisions = slices.Clone(s.Decisions)
	for i := range left.Decisions {
		left.Decisions[i].By.Name, left.Decisions[i].Conditions = "", nil
	}
	left.Children = slices.Clone(s.Children)
	for i := range left.Children {
		left.Children[i].Give = nil
	}
	left.Obligations = slices.Clone(s.Obligations)
	for i := range left.Obligations {
		left.Obligations[i].What, left.Obligations[i].Measure, left.Obligations[i].Papers = "", "", nil
	}
	left.Alike, left.Awaiting, left.Ask, left.Scorings, left.Rounds = nil, nil, nil, nil, nil
	return &left
}

// countable says of a type that its values are numbers, days, yes and no, or one of a list: no place for a name.
func countable(typ string) bool {
	return slices.Contains([]string{"int", "decimal", "percent", "money", "date", "bool", "choice"}, typ) || strings.HasPrefix(typ, "body:")
}

// DocumentsOf gives the hashes of the documents that a case's entries name, nil for one that is erased already.
func (g *Engine) DocumentsOf(ctx context.Context, tx Reader, province, id string) ([]string, error) {
	entries, err := tx.CaseEntries(ctx, province, id)
	if err != nil {
		return nil, err
	}
	z := sealer{ctx: ctx, keys: tx.Keys(), province: province, id: id}
	var out []string
	for _, le := range entries {
		e, err := z.read(le)
		if errors.Is(err, journal.ErrErased) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		d, err := g.Defs.ByHash(ctx, e.Definition)
		if err != nil {
			return nil, err
		}
		out = append(out, papersIn(d, e)...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// papersIn are the documents that an entry names: its files, those that facts hold, the paper of somebody else's word.
func papersIn(d *procedure.Definition, e *Entry) (out []string) {
	for _, f := range e.Files {
		out = append(out, f.Hash)
	}
	if on := e.Actor.OnBehalf; on != nil && on.Evidence != "" {
		out = append(out, on.Evidence)
	}
	for _, c := range e.Changes {
		for _, f := range c.facts() {
			out = append(out, hashes(d.Fact(f.Name), f.Value.V)...)
		}
	}
	return out
}

// erased reports whether a log is one of an erased case.
func erased(entries []LogEntry) bool {
	return len(entries) > 0 && entries[len(entries)-1].Leaf.Kind == KindErased
}

// replayErased holds an erased case to its chain, and what stays of it to the hash in its last entry. A key that is there
// again would open what was erased: it is told.
func (g *Engine) replayErased(z sealer, r Reader, d Difference, stored []byte, entries []LogEntry, report func(Difference)) error {
	if broken := chained(entries, d); broken != nil {
		report(*broken)
		return nil
	}
	last := entries[len(entries)-1].Leaf
	for _, id := range []string{journal.CaseKey(z.id), journal.TextKey(z.id)} {
		if _, err := z.keys.Get(z.ctx, id); !errors.Is(err, journal.ErrErased) {
			report(d.as(last.Seq, DiffersKept, id))
		}
	}
	s, err := z.state(stored)
	if err != nil {
		report(d.as(last.Seq, DiffersState, err.Error()))
		return nil //nolint:nilerr // told
	}
	var mark erasedMark
	sum, err := s.stays()
	hash := last.Hash()
	if err != nil || json.Unmarshal(last.Body, &mark) != nil || mark.State != sum || s.Prev != hex.EncodeToString(hash[:]) {
		report(d.as(last.Seq, DiffersState, "erased"))
		return nil //nolint:nilerr // told
	}
	if err := g.compareLetters(z.ctx, r, d, s, entries, report); err != nil {
		return err
	}
	row, err := r.CaseRow(z.ctx, z.province, z.id)
	if err != nil {
		return fmt.Errorf("row of case %s: %w", z.id, err)
	}
	differs, err := g.compareRow(z, row, s)
	if differs != nil {
		report(*differs)
	}
	return err
}

// chained says where entries do not follow one another.
func chained(entries []LogEntry, d Difference) *Difference {
	prev := [32]byte{}
	for i, le := range entries {
		if loose := unlinked(le, i, prev, d); loose != nil {
			return loose
		}
		prev = le.Leaf.Hash()
	}
	return nil
}

// unlinked says how an entry is not the one that follows on a hash at a place of its chain.
func unlinked(le LogEntry, i int, prev [32]byte, d Difference) *Difference {
	switch {
	case le.Leaf.Seq != int64(i+1):
		d = d.as(int64(i+1), DiffersEntryGone, "")
	case le.Leaf.Prev != prev:
		d = d.as(le.Leaf.Seq, DiffersChain, "previous")
	case !bytes.Equal(le.Bytes, le.Leaf.Encode()):
		d = d.as(le.Leaf.Seq, DiffersChain, "bytes")
	default:
		return nil
	}
	return &d
}
