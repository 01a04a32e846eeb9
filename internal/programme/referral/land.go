package referral

import (
	"context"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// chunk is how many cases are written in one transaction.
const chunk = 100

// land writes the plans chunk by chunk, and journals what came of them. A cancelled context stops it between two chunks.
func (s *Service) land(ctx context.Context, in Import, out Outcome, plans []plan) (Outcome, error) {
	if err := s.cfg.Cases.TakesHistory(ctx, procedureID); err != nil {
		return out, err
	}
	whole, made, done := context.WithoutCancel(ctx), map[string]string{}, 0
	for part := range slices.Chunk(plans, chunk) {
		if out.Stopped = ctx.Err() != nil; out.Stopped {
			break
		}
		if err := s.landChunk(whole, in, &out, part, made); err != nil {
			return out, err
		}
		if done += len(part); in.Progress != nil {
			in.Progress(done, len(plans))
		}
	}
	return out, s.cfg.Write(whole, func(ctx context.Context, tx Tx) error {
		return registry.RecordImport(ctx, tx, out.record(in, s.now()))
	})
}

func (o Outcome) record(in Import, at int64) registry.Batch {
	return registry.Batch{Province: in.Province, ID: o.Batch, Kind: kindReferrals, File: in.File, By: in.By, At: at,
		Rows: o.Rows, Landed: o.Landed, Review: o.Review, Bad: o.BadRows()}
}

// landChunk makes the units that are missing, and then opens or compares the cases and keeps the rows that wait, in one
// transaction. Whatever ends it half way, the sheet given again finds what is there.
func (s *Service) landChunk(ctx context.Context, in Import, out *Outcome, part []plan, made map[string]string) error {
	for i := range part {
		if x := &part[i]; x.reason == "" && !x.settled {
			if err := s.makeUnit(ctx, in, out.Batch, x, made); err != nil {
				return err
			}
		}
	}
	var after Outcome
	err := s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		after = *out
		rows := slices.Clone(part)
		if err := s.keep(ctx, tx, in, &after, rows); err != nil {
			return err
		}
		for i := range rows {
			after.count(&rows[i])
		}
		if err := s.take(ctx, tx, in, out.Batch, rows); err != nil {
			return err
		}
		return tx.SaveBatch(ctx, after.record(in, s.now()))
	})
	if err == nil {
		*out = after
	}
	return err
}

// take opens or compares the cases of the rows that land.
func (s *Service) take(ctx context.Context, tx Tx, in Import, batch string, part []plan) error {
	var histories []casework.History
	for i := range part {
		if x := &part[i]; x.reason == "" && !x.settled {
			histories = append(histories, x.history(batch))
		}
	}
	_, err := s.cfg.Cases.TakeHistory(ctx, tx, in.Province, in.By, histories)
	return err
}

// makeUnit enters a unit that the register did not have; one that it holds to be another's twin makes the row wait.
func (s *Service) makeUnit(ctx context.Context, in Import, batch string, x *plan, made map[string]string) error {
	if x.unit != "" {
		return nil
	}
	if x.unit = made[x.identity()]; x.unit == "" {
		h, err := s.cfg.Units.Create(ctx, unitOf(in.Province, in.By, batch, x.line))
		if f, ok := fault.As(err); ok && f.Key == "registry.duplicate" {
			other, _ := f.Args["unit"].(string)
			x.wait(WaitsUnit, other)
			return nil
		}
		if err != nil {
			return err
		}
		x.unit, made[x.identity()] = h.ID, h.ID
	}
	if x.opens {
		x.caseID = s.caseID(x, "")
	}
	return nil
}

func unitOf(province, by, batch string, l *line) registry.Draft {
	values := map[string]any{registry.FieldKind: "none"}
	for _, f := range []string{fieldName, fieldLegal, fieldOwner, fieldCounty} {
		if v := l.text(f); v != "" {
			values[f] = v
		}
	}
	if values[fieldLegal] != nil {
		values[registry.FieldKind] = "industrial"
	}
	return registry.Draft{Province: province, Values: values, Provenance: registry.Provenance{Source: "import", Origin: batch, By: by}}
}

// history is a row as the engine takes it.
func (x *plan) history(batch string) casework.History {
	h := casework.History{Case: x.caseID, Procedure: procedureID, Unit: x.unit, Sheet: batch, Claims: x.claims, Note: x.note(),
		Facts: map[string]any{}, Parties: map[string]string{}}
	for fact, field := range map[string]string{"referral_no": fieldLetter, "referral_date": fieldLetterOn, "behinyab_code": fieldCode} {
		if v := x.text(field); v != "" {
			h.Facts[fact] = v
		}
	}
	if n := x.amount(fieldAmount); n > 0 {
		h.Facts["amount_rial"] = n
	}
	if b := x.bankText(); b != "" {
		h.Facts["bank_said"] = b
	}
	if x.branch != nil {
		bank, _ := x.branch.Fields["bank"].(string)
		h.Facts["bank_branch"] = x.branch.ID
		h.Parties["branch"], h.Parties["bank"] = x.branch.ID, bank
	}
	return h
}

// note repeats what the sheet says of the end of a referral, which is no step of the funnel; "" when it says nothing.
func (x *plan) note() string {
	said := x.text(fieldStage)
	if said != saysRefused && said != saysWithdrawn && said != saysUnknown {
		return ""
	}
	return locale.T(locale.FA, "referral.said."+said, map[string]any{"row": x.row})
}

// content is what lies sealed of a row that waits: it is read anew when a person decides on it.
type content struct {
	Header []string `json:"header"`
	Cells  []string `json:"cells"`
	Unit   string   `json:"unit,omitempty"`
	Bank   string   `json:"bank,omitempty"`
}

// keep holds the rows that wait for a person, and takes from the list those that waited and land now. A row that a person
// has decided on since the sheet was read stands as decided.
func (s *Service) keep(ctx context.Context, tx Tx, in Import, out *Outcome, part []plan) error {
	for i := range part {
		x := &part[i]
		err := s.hold(ctx, tx, in, out, x)
		if fault.Is(err, fault.Conflict) {
			var r registry.Reviewed
			if r, err = tx.LoadReview(ctx, in.Province, kindReferrals, out.Batch, x.row); err == nil {
				x.settle(r)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) hold(ctx context.Context, tx Tx, in Import, out *Outcome, x *plan) error {
	switch {
	case x.settled || x.reason == "" && !x.waited:
		return nil
	case x.reason == "":
		return registry.Decide(ctx, tx, registry.Reviewed{Province: in.Province, Batch: out.Batch, Line: x.row, State: registry.ReviewLanded,
			Unit: x.unit, DecidedBy: in.By, DecidedAt: s.now()}, "")
	}
	return registry.Hold(ctx, tx, registry.Reviewed{Province: in.Province, Batch: out.Batch, Line: x.row, Reason: x.reason, Candidates: x.candidates},
		content{Header: out.table.header, Cells: out.table.rows[x.row-1], Unit: string(in.AmountUnit), Bank: in.Bank})
}

// Rejects are the bad rows as they were given, with their number, the columns that are wrong and the reasons before them.
func (o Outcome) Rejects(l locale.Lang) (header []string, rows [][]string) {
	for _, key := range []string{"registry.rejects.row", "registry.rejects.column", "registry.rejects.reason"} {
		header = append(header, locale.T(l, key, nil))
	}
	header = append(header, o.table.header...)
	last := 0
	for _, b := range o.Bad {
		if b.Row != last {
			rows = append(rows, append([]string{locale.Digits(l, itoa(b.Row)), "", ""}, o.table.rows[b.Row-1]...))
			last = b.Row
		}
		r := rows[len(rows)-1]
		r[1], r[2] = strings.TrimPrefix(r[1]+"\n"+b.Column, "\n"), strings.TrimPrefix(r[2]+"\n"+b.Reason.In(l), "\n")
	}
	return header, rows
}
