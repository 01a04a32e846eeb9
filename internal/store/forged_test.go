package store

import (
	"context"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

// judged has the journal's own check look at everything.
func judged(t testing.TB, s *Store) (report journal.Report) {
	t.Helper()
	read(t, s, func(ctx context.Context, tx *Tx) error {
		keys, err := tx.LogKeys(ctx, province)
		if err == nil {
			report, err = journal.VerifySource(tx.Journal(ctx, province), journal.Options{Verifiers: keys.Known})
		}
		return err
	})
	return report
}

func onPostgres(t testing.TB) Config {
	t.Helper()
	cfg := config(t)
	cfg.URL = postgres(t)
	return cfg
}

func appended(t testing.TB, s *Store, id string) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *Tx) error { return tx.AppendEntry(ctx, entry(id, 1, [32]byte{})) })
}

// forgeries are what somebody with the database in hand makes of the rows that wait for a number: by plain SQL, with the
// tags that lie there for a pattern.
var forgeries = map[string]func(ctx context.Context, tx *Tx) error{
	"a row of their own": func(ctx context.Context, tx *Tx) error { return forge(ctx, tx, nil) },
	"a row with another's tag": func(ctx context.Context, tx *Tx) error {
		var tag []byte
		if _, err := tx.row(ctx, "SELECT tag FROM entry WHERE case_id = 'true'", nil, &tag); err != nil {
			return err
		}
		return forge(ctx, tx, tag)
	},
	"a true row changed": func(ctx context.Context, tx *Tx) error {
		e := entry("true", 1, [32]byte{})
		e.Leaf.Kind = "approved"
		_, err := tx.exec(ctx, "UPDATE entry SET kind = 'approved', bytes = $1 WHERE case_id = 'true'", e.Leaf.Encode())
		return err
	},
	"a true row moved to another case": func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, "UPDATE entry SET case_id = 'other' WHERE case_id = 'true'")
		return err
	},
}

func forge(ctx context.Context, tx *Tx, tag []byte) error {
	e := entry("forged", 1, [32]byte{})
	_, err := tx.exec(ctx, "INSERT INTO entry (province, case_id, seq, id, kind, at, leaf, bytes, tag) VALUES ($1, 'forged', 1, 'forged', $2, $3, NULL, $4, $5)",
		province, e.Leaf.Kind, e.Leaf.At, e.Bytes, tag)
	return err
}

// onlyOurs is the law: what the server did not write is never signed, and the journal's check names it.
func onlyOurs(t testing.TB, cfg Config, forge func(ctx context.Context, tx *Tx) error) {
	t.Helper()
	s := open(t, cfg)
	appended(t, s, "before")
	verified(t, s, 1)
	appended(t, s, "true")
	write(t, s, forge)
	if _, err := s.Sequence(context.Background()); err != nil {
		t.Fatal(err)
	}
	r := judged(t, s)
	if r.Total != 1 || r.Findings[0].What != journal.WhatStranger {
		t.Errorf("the forgery is not named: %v", r)
	}
	appended(t, s, "after") // and it is in nobody's way
	if n, err := s.Sequence(context.Background()); err != nil || n != 1 {
		t.Errorf("%d numbered beside it, %v", n, err)
	}
}

func TestWhatTheServerDidNotWriteIsNotNumbered(t *testing.T) {
	t.Parallel()
	for name, forge := range forgeries {
		t.Run(name, func(t *testing.T) { onlyOurs(t, onPostgres(t), forge) })
	}
}

// The control: a sequencer that numbers whatever waits signs the forgery, and the journal is called whole.
func TestACredulousSequencerSignsAForgedRow(t *testing.T) {
	t.Parallel()
	cfg := onPostgres(t)
	cfg.credulous = true
	control.Finds(t, "0 findings", func(t testing.TB) { onlyOurs(t, cfg, forgeries["a row of their own"]) })
}

// inItsProvince is the law: a true row that somebody moves to another province's log is not signed there.
func inItsProvince(t testing.TB, cfg Config) {
	t.Helper()
	s := open(t, cfg)
	appended(t, s, "moved")
	write(t, s, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, "UPDATE entry SET province = '31' WHERE case_id = 'moved'")
		return err
	})
	if n, err := s.Sequence(context.Background()); n != 0 || err != nil {
		t.Errorf("%d numbered in another province, %v", n, err)
	}
	read(t, s, func(ctx context.Context, tx *Tx) error {
		ids, err := tx.Strangers(ctx, "31")
		if len(ids) != 1 {
			t.Errorf("the moved row is not named: %q", ids)
		}
		return err
	})
}

func TestARowMovedToAnotherProvinceIsNotNumbered(t *testing.T) {
	t.Parallel()
	inItsProvince(t, onPostgres(t))
}

// The control: a sequencer that numbers whatever waits signs it for the other province.
func TestACredulousSequencerSignsForAnotherProvince(t *testing.T) {
	t.Parallel()
	cfg := onPostgres(t)
	cfg.credulous = true
	control.Finds(t, "1 numbered in another province", func(t testing.TB) { inItsProvince(t, cfg) })
}

// pastStrangers is the law: however many rows somebody plants before what the server writes, that is numbered.
func pastStrangers(t testing.TB, cfg Config) {
	t.Helper()
	s := open(t, cfg)
	const planted = 2*sequencerBatch + 1
	write(t, s, func(ctx context.Context, tx *Tx) error {
		for i := range planted {
			id := fmt.Sprint("planted", i)
			e := entry(id, 1, [32]byte{})
			if _, err := tx.exec(ctx, "INSERT INTO entry (province, case_id, seq, id, kind, at, leaf, bytes, tag) VALUES ($1, $2, 1, $2, $3, $4, NULL, $5, $6)",
				province, id, e.Leaf.Kind, start.UnixMicro(), e.Bytes, []byte("tag")); err != nil {
				return err
			}
		}
		return nil
	})
	appended(t, s, "true")
	if n, err := s.Sequence(context.Background()); n != 1 || err != nil {
		t.Errorf("%d numbered behind the strangers, %v", n, err)
	}
	if r := judged(t, s); r.Total != planted {
		t.Errorf("%d findings of %d strangers", r.Total, planted)
	}
}

func TestStrangersInFrontStopNobody(t *testing.T) {
	t.Parallel()
	pastStrangers(t, onPostgres(t))
}

// The control: a sequencer that looks at the oldest rows alone numbers nothing any more.
func TestANearsightedSequencerIsStoppedByStrangers(t *testing.T) {
	t.Parallel()
	cfg := onPostgres(t)
	cfg.nearsighted = true
	control.Finds(t, "0 numbered behind the strangers", func(t testing.TB) { pastStrangers(t, cfg) })
}

// A row that an older program wrote has no tag; it is numbered once who runs the server vouches for it.
func TestARowOfAnOlderProgramWaitsToBeAdmitted(t *testing.T) {
	t.Parallel()
	s := open(t, onPostgres(t))
	appended(t, s, "older")
	write(t, s, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, "UPDATE entry SET tag = NULL")
		return err
	})
	if n, err := s.Sequence(context.Background()); n != 0 || err != nil {
		t.Errorf("%d numbered, %v", n, err)
	}
	write(t, s, func(ctx context.Context, tx *Tx) error { return tx.Admit(ctx, province, "older-1") })
	verified(t, s, 1)
}

// vouched is the law of the server's own signature: after somebody changed an entry and every hash above it, without the
// key, it goes on to sign nothing that would make this true.
func vouched(t testing.TB, cfg Config) {
	t.Helper()
	s := open(t, cfg)
	for _, id := range []string{"one", "two", "three"} {
		appended(t, s, id)
	}
	verified(t, s, 3)
	write(t, s, func(ctx context.Context, tx *Tx) error {
		leaves := make([][]byte, 3)
		for i, id := range []string{"one", "two", "three"} {
			e := entry(id, 1, [32]byte{})
			if id == "one" {
				e.Leaf.Actor = "somebody else"
			}
			leaves[i] = e.Leaf.Encode()
			if _, err := tx.exec(ctx, "UPDATE entry SET bytes = $1 WHERE case_id = $2", leaves[i], id); err != nil {
				return err
			}
		}
		hashes, root, err := journal.Append(0, leaves, nil)
		if err != nil {
			return err
		}
		for i, h := range hashes {
			if _, err := tx.exec(ctx, "UPDATE merkle SET hash = $1 WHERE node = $2", h[:], tlog.StoredHashIndex(0, 0)+int64(i)); err != nil {
				return err
			}
		}
		_, err = tx.exec(ctx, "UPDATE checkpoint SET root = $1", root[:])
		return err
	})
	again := open(t, cfg) // which remembers nothing of the log
	err := again.Write(context.Background(), func(ctx context.Context, tx *Tx) error { return tx.AppendEntry(ctx, entry("four", 1, [32]byte{})) })
	if _, serr := again.Sequence(context.Background()); err == nil {
		err = serr
	}
	if err == nil || judged(t, again).OK() {
		t.Errorf("the server signed a changed history: %v, %v", err, judged(t, again))
	}
}

func TestTheServerSignsNoHistoryThatSomebodyChanged(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { vouched(t, config(t)) })
	t.Run("postgres", func(t *testing.T) { vouched(t, onPostgres(t)) })
}

// The control: a server that appends to whatever hashes lie there makes the change true.
func TestACredulousServerMakesAChangedHistoryTrue(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.credulous = true
	control.Finds(t, "0 findings", func(t testing.TB) { vouched(t, cfg) })
}
