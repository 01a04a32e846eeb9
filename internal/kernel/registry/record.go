package registry

import (
	"context"
	"encoding/json"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// Kinds of journal entries on sheets; they chain under the import's own name.
const (
	entryImported = "sheet.imported"
	entryDecided  = "sheet.decided"
)

// importKey names what the rows and reasons of an import are sealed with, and the import's chain in the journal.
func importKey(batch string) string { return "import-" + batch }

// Sheets is what keeping the rows and decisions of any kind of sheet needs of a transaction.
type Sheets interface {
	Imports
	Keyring
	Log
}

// Hold keeps a row for a person, its content sealed under the import's own key.
func Hold(ctx context.Context, tx Sheets, r Reviewed, content any) error {
	raw, err := json.Marshal(content)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "registry.value", "field", "")
	}
	if r.Sealed, err = sealed(ctx, tx, importKey(r.Batch), reviewAD(r.Province, r.Batch, r.Line), raw); err != nil {
		return err
	}
	r.State = ReviewWaiting
	return tx.HoldReview(ctx, r)
}

// Held opens the content of a row.
func Held(ctx context.Context, tx Keyring, r Reviewed, into any) error {
	raw, err := unsealed(ctx, tx, reviewAD(r.Province, r.Batch, r.Line), r.Sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fault.Wrap(err, fault.Internal, "registry.value", "field", "")
	}
	return nil
}

// Decide keeps what was decided on a row and journals it with its reason. The reason is sealed: people are named in it.
func Decide(ctx context.Context, tx Sheets, r Reviewed, why string) error {
	raw, err := json.Marshal(why)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "registry.value", "field", "why")
	}
	if r.Why, err = sealed(ctx, tx, importKey(r.Batch), journal.AD(r.Province, importKey(r.Batch), "why:"+itoa(r.Line)), raw); err != nil {
		return err
	}
	if err := tx.DecideReview(ctx, r); err != nil {
		return err
	}
	return record(ctx, tx, journal.Leaf{Province: r.Province, Kind: entryDecided, Actor: r.DecidedBy, At: r.DecidedAt, Cause: r.Batch},
		map[string]any{"line": r.Line, "state": r.State, "unit": r.Unit, "candidates": r.Candidates, "why": why})
}

// RecordImport keeps a finished import and journals it, with how many of its rows went which way.
func RecordImport(ctx context.Context, tx Sheets, b Batch) error {
	if err := tx.SaveBatch(ctx, b); err != nil {
		return err
	}
	return record(ctx, tx, journal.Leaf{Province: b.Province, Kind: entryImported, Actor: b.By, At: b.At, Cause: b.ID},
		map[string]any{"kind": b.Kind, "file": b.File, "rows": b.Rows, "landed": b.Landed, "review": b.Review, "bad": b.Bad})
}

// record journals an act on an import, whose id is the leaf's cause.
func record(ctx context.Context, tx Sheets, l journal.Leaf, body map[string]any) error {
	l.Case = importKey(l.Cause)
	raw, err := json.Marshal(body)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "registry.value", "field", "")
	}
	text, err := sealed(ctx, tx, l.Case, journal.AD(l.Province, l.Case, l.Kind), raw)
	if err != nil {
		return err
	}
	l.Body = []byte(text)
	return tx.Record(ctx, l)
}
