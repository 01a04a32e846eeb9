package registry

import (
	"context"
	"encoding/json"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
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

// WaitingRow gives a row that waits. Faults: not_found registry.no_review, conflict registry.review_state with what became
// of the row, when somebody was first.
func WaitingRow(ctx context.Context, tx Imports, province, kind, batch string, line int) (Reviewed, error) {
	r, err := tx.LoadReview(ctx, province, kind, batch, line)
	if err == nil && r.State != ReviewWaiting {
		err = decided(r)
	}
	return r, err
}

// decided tells who comes second what the first made of a row, and when.
func decided(r Reviewed) error {
	day := jalali.FromTime(time.UnixMicro(r.DecidedAt)).String()
	when := locale.Text{FA: locale.Digits(locale.FA, day), EN: day}
	return fault.New(fault.Conflict, "registry.review_state", "row", r.Line).With(
		fault.New(fault.Conflict, "registry.review_was."+r.State, "unit", r.Unit, "when", when))
}

// Decide keeps what was decided on a row and journals it with its reason. The reason is sealed: people are named in it.
// It is to come first in its transaction: of two who decide at once one is told by a conflict what the other decided, and
// nothing of hers has landed.
func Decide(ctx context.Context, tx Sheets, r Reviewed, why string) error {
	raw, err := json.Marshal(why)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "registry.value", "field", "why")
	}
	if r.Why, err = sealed(ctx, tx, importKey(r.Batch), journal.AD(r.Province, importKey(r.Batch), "why:"+itoa(r.Line)), raw); err != nil {
		return err
	}
	err = tx.DecideReview(ctx, r)
	if fault.Is(err, fault.Conflict) {
		if _, told := WaitingRow(ctx, tx, r.Province, "", r.Batch, r.Line); told != nil {
			return told
		}
	}
	if err != nil {
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
