package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
)

// province is the sample's.
const province = "alborz"

// entriesAtOnce is how many entries are written in one transaction, with one checkpoint.
const entriesAtOnce = 50_000

// ref is what stands between two pieces of a model's text: from 0 the id of an entry, or one of the following.
const (
	refCase   = -1
	refNumber = -2
	refPrev   = -3 // of a state: the hash of its last entry
)

// mould is a text with what differs from case to case taken out: pieces[i], what refs[i] says, pieces[i+1].
type mould struct {
	pieces [][]byte
	refs   []int
}

// moulded takes out what differs.
func moulded(raw []byte, differs map[string]int) mould {
	m := mould{}
	for {
		at, length, ref := len(raw), 0, 0
		for s, r := range differs {
			if i := bytes.Index(raw, []byte(s)); i >= 0 && i < at {
				at, length, ref = i, len(s), r
			}
		}
		m.pieces = append(m.pieces, raw[:at])
		if length == 0 {
			return m
		}
		m.refs = append(m.refs, ref)
		raw = raw[at+length:]
	}
}

// cast fills in what differs.
func (m mould) cast(of func(ref int) string) []byte {
	size := 0
	for _, p := range m.pieces {
		size += len(p)
	}
	out := append(make([]byte, 0, size+32*len(m.refs)), m.pieces[0]...)
	for i, r := range m.refs {
		out = append(append(out, of(r)...), m.pieces[i+1]...)
	}
	return out
}

// model is a case that the product itself opened and moved, ready to be told again of others.
type model struct {
	row    casework.Row
	series string
	year   int
	leaves []journal.Leaf
	bodies []mould
	causes []mould
	state  mould
	held   *held
}

// readModel reads a case with its entries, unsealed.
func readModel(ctx context.Context, tx *store.Tx, of *held) (m model, err error) {
	id := of.ID
	m.held = of
	if m.row, err = tx.CaseRow(ctx, province, id); err != nil {
		return m, err
	}
	parts := strings.Split(m.row.Number, "-") // prefix, year, number
	if len(parts) < 3 {
		return m, fmt.Errorf("case %s has the number %q", id, m.row.Number)
	}
	m.series = strings.Join(parts[:len(parts)-2], "-")
	if m.year, err = strconv.Atoi(parts[len(parts)-2]); err != nil {
		return m, err
	}
	entries, err := tx.CaseEntries(ctx, province, id)
	if err != nil {
		return m, err
	}
	differs := map[string]int{id: refCase, m.row.Number: refNumber}
	for i, e := range entries {
		differs[e.ID] = i
	}
	for _, e := range entries {
		var sealed journal.Sealed
		if err := json.Unmarshal(e.Leaf.Body, &sealed); err != nil {
			return m, err
		}
		body, err := journal.OpenWith(ctx, tx.Keys(), sealed, journal.AD(province, id, "body:"+strconv.FormatInt(e.Leaf.Seq, 10)))
		if err != nil {
			return m, err
		}
		e.Leaf.Body = nil
		m.leaves, m.bodies, m.causes = append(m.leaves, e.Leaf), append(m.bodies, moulded(body, differs)), append(m.causes, moulded([]byte(e.Leaf.Cause), differs))
	}
	state, err := tx.LoadCase(ctx, province, id)
	if err != nil {
		return m, err
	}
	last := sha256.Sum256(entries[len(entries)-1].Bytes)
	differs[hex.EncodeToString(last[:])] = refPrev
	m.state = moulded(slices.Clone(state), differs)
	m.row.Was = &casework.Row{}
	return m, nil
}

// told is a case that was written so.
type told struct {
	*held
	number, entry string
	open          bool
}

// again writes the case once more as another one: its own key, number and ids, each entry sealed, chained and in the tree.
func (m *model) again(ctx context.Context, tx *store.Tx, id string) (told, error) {
	n, err := tx.NextNumber(ctx, province, m.series, m.year)
	if err != nil {
		return told{}, err
	}
	number, now := fmt.Sprintf("%s-%d-%05d", m.series, m.year, n), clock.System{}.Now()
	ids := make([]string, len(m.leaves))
	for i := range ids {
		ids[i] = clock.ID(now.Add(time.Duration(i) * time.Millisecond))
	}
	var prev [sha256.Size]byte
	of := func(ref int) string {
		switch ref {
		case refCase:
			return id
		case refNumber:
			return number
		case refPrev:
			return hex.EncodeToString(prev[:])
		}
		return ids[ref]
	}
	sealer, err := journal.SealerWith(ctx, tx.Keys(), journal.CaseKey(id))
	if err != nil {
		return told{}, err
	}
	for i, leaf := range m.leaves {
		sealed, err := sealer.Seal(journal.AD(province, id, "body:"+strconv.FormatInt(leaf.Seq, 10)), m.bodies[i].cast(of))
		if err != nil {
			return told{}, err
		}
		if leaf.Body, err = json.Marshal(sealed); err != nil {
			return told{}, err
		}
		leaf.Case, leaf.Prev, leaf.Cause = id, prev, string(m.causes[i].cast(of))
		raw := leaf.Encode()
		if err := tx.AppendEntry(ctx, casework.LogEntry{ID: ids[i], Leaf: leaf, Bytes: raw, Index: -1}); err != nil {
			return told{}, err
		}
		prev = sha256.Sum256(raw)
	}
	row := m.row
	row.ID, row.Number, row.Search = id, number, text.Fold(number+" "+row.UnitName)
	return told{held: &held{ID: id, Version: m.held.Version, Stage: m.held.Stage}, number: number, entry: ids[len(ids)-1], open: row.Outcome == ""},
		tx.SaveCase(ctx, row, m.state.cast(of))
}

// loader writes entries beside the product, through its own store.
type loader struct {
	dir     string
	models  []model
	turn    int   // cases written
	written int64 // entries
	told    []told
}

// toldMost is how many of the cases are kept to be asked for, drawn of all alike.
const toldMost = 5000

func (l *loader) tell(c told) {
	if len(l.told) < toldMost {
		l.told = append(l.told, c)
	} else if i := mathrand.IntN(l.turn); i < toldMost {
		l.told[i] = c
	}
}

// any gives one of the cases that were kept.
func (l *loader) any() told { return l.told[mathrand.IntN(len(l.told))] }

// stored opens the data, which nobody else serves meanwhile.
func (l *loader) stored(do func(ctx context.Context, s *store.Store) error) error {
	root, err := journal.LoadRoot(filepath.Join(l.dir, "keys", "root.key"))
	if err != nil {
		return err
	}
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{Path: l.dir, Root: root, Clock: clock.System{}})
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, s), s.Close())
}

// newLoader reads the models.
func newLoader(dir string, models []*held) (*loader, error) {
	l := &loader{dir: dir}
	return l, l.stored(func(ctx context.Context, s *store.Store) error {
		return s.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
			for _, h := range models {
				m, err := readModel(ctx, tx, h)
				if err != nil {
					return fmt.Errorf("model %s: %w", h.ID, err)
				}
				l.models = append(l.models, m)
			}
			return nil
		})
	})
}

// grow writes cases until the journal has so many entries, or those of one case more.
func (l *loader) grow(entries int64) error {
	return l.stored(func(ctx context.Context, s *store.Store) error {
		for {
			var have int64
			err := s.Read(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
				_, have, err = tx.Checkpoint(ctx, province)
				return err
			})
			if err != nil || have >= entries {
				return err
			}
			if err := s.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
				return l.some(ctx, tx, min(entriesAtOnce, entries-have))
			}); err != nil {
				return err
			}
			if have%1_000_000 < entriesAtOnce {
				progress("entries: %d of %d", have, entries)
			}
		}
	})
}

// some writes the next cases: so many entries, and the rest of the last case.
func (l *loader) some(ctx context.Context, tx *store.Tx, entries int64) error {
	var ids, keys []string
	for now := (clock.System{}).Now(); entries > 0; {
		entries -= int64(len(l.models[(l.turn+len(ids))%len(l.models)].leaves))
		ids = append(ids, clock.ID(now))
		keys = append(keys, journal.CaseKey(ids[len(ids)-1]))
	}
	if err := tx.NewKeys(ctx, keys); err != nil {
		return err
	}
	for _, id := range ids {
		m := &l.models[l.turn%len(l.models)]
		c, err := m.again(ctx, tx, id)
		if err != nil {
			return err
		}
		l.turn++
		l.written += int64(len(m.leaves))
		l.tell(c)
	}
	return nil
}
