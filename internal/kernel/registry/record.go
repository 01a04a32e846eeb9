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

// decided keeps what was decided on a row and journals it with its reason. The reason is sealed: people are named in it.
func (s *Service) decided(ctx context.Context, tx Tx, by string, r Reviewed, why string) error {
	r.DecidedBy, r.DecidedAt = by, s.now()
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
	return s.record(ctx, tx, entryDecided, by, r.Province, r.Batch, map[string]any{
		"line": r.Line, "state": r.State, "unit": r.Unit, "candidates": r.Candidates, "why": why,
	})
}

// recordImport journals that a sheet was taken, with how many of its rows went which way.
func (s *Service) recordImport(ctx context.Context, tx Tx, b Batch) error {
	return s.record(ctx, tx, entryImported, b.By, b.Province, b.ID, map[string]any{
		"kind": b.Kind, "file": b.File, "rows": b.Rows, "landed": b.Landed, "review": b.Review, "bad": b.Bad,
	})
}

func (s *Service) record(ctx context.Context, tx Tx, kind, by, province, batch string, body map[string]any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "registry.value", "field", "")
	}
	text, err := sealed(ctx, tx, importKey(batch), journal.AD(province, importKey(batch), kind), raw)
	if err != nil {
		return err
	}
	return tx.Record(ctx, journal.Leaf{
		Province: province, Case: importKey(batch), Kind: kind, At: s.now(), Actor: by, Cause: batch, Body: []byte(text),
	})
}
