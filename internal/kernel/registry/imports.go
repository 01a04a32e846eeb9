package registry

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/money"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
)

// unitsResource is the policy resource of the register of units.
const unitsResource = "units"

// maxWhy bounds the reason of a decision, in bytes.
const maxWhy = 2000

// kindUnits marks sheets of units.
const kindUnits = "units"

// States of a row that waits, or waited, for a person.
const (
	ReviewWaiting = "waiting"
	ReviewLanded  = "landed" // became a unit
	ReviewMerged  = "merged" // its values went to a unit
	ReviewRefused = "refused"
)

// Batch is one sheet that was imported, with how far it came.
type Batch struct {
	Province, ID, Kind, File, By string
	At                           int64
	Rows, Landed, Review, Bad    int
}

// Reviewed is a row at rest that waits for a person; Sealed holds its values.
type Reviewed struct {
	Province, Batch        string
	Line                   int
	Reason, Sealed         string
	Candidates             []string
	State, Unit, DecidedBy string
	DecidedAt              int64
	Why                    string // sealed: why it was decided so
	Kind, File             string // of the sheet, when read
}

// Review is a row that waits for a person, opened. Proposed are values that are valid with their zeros put back, Unitless
// the cells of amounts that need a unit.
type Review struct {
	Reviewed
	Values, Proposed map[string]any
	Unitless         map[string]string
}

// content is what lies sealed in a Reviewed.
type content struct {
	Values   map[string]json.RawMessage `json:"values"`
	Proposed map[string]json.RawMessage `json:"proposed"`
	Unitless map[string]string          `json:"unitless,omitempty"`
}

func itoa(n int) string { return strconv.Itoa(n) }

func reviewAD(province, batch string, line int) []byte {
	return AD(province, "import:"+batch, itoa(line))
}

// hold keeps a row for a person.
func (s *Service) hold(ctx context.Context, tx Tx, province, batch string, r *judged) error {
	return Hold(ctx, tx, Reviewed{Province: province, Batch: batch, Line: r.row, Reason: r.reason, Candidates: r.candidates},
		map[string]any{"values": r.values.byField(), "proposed": r.proposed, "unitless": r.unitless})
}

// Reviews lists the rows that wait for a person, of one batch or of all where batch is "", to who may decide on them.
func (s *Service) Reviews(ctx context.Context, by access.Principal, batch string) (out []Review, err error) {
	if err := access.Authorize(by, unitsResource, "review"); err != nil {
		return nil, err
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		list, err := tx.LoadReviews(ctx, by.Province, kindUnits, batch, ReviewWaiting)
		if err != nil {
			return err
		}
		out = nil
		for _, r := range list {
			opened, err := openReview(ctx, tx, r)
			if err != nil {
				return err
			}
			out = append(out, opened)
		}
		return nil
	})
	return out, err
}

func openReview(ctx context.Context, tx Tx, r Reviewed) (Review, error) {
	var c content
	err := Held(ctx, tx, r, &c)
	if err != nil {
		return Review{}, err
	}
	out := Review{Reviewed: r, Unitless: c.Unitless}
	if out.Values, err = decodeAll(c.Values); err == nil {
		out.Proposed, err = decodeAll(c.Proposed)
	}
	return out, err
}

func decodeAll(in map[string]json.RawMessage) (map[string]any, error) {
	out := make(map[string]any, len(in))
	for f, raw := range in {
		v, err := decode(raw)
		if err != nil {
			return nil, err
		}
		out[f] = v
	}
	return out, nil
}

// What a person may decide on a row.
const (
	DecideNew    = "new"    // a unit of its own
	DecidePadded = "padded" // a unit of its own, with the proposed zeros
	DecideUpdate = "update" // its values go to the unit named
	DecideReject = "reject"
)

// Decision is what a person decides on a row that waits, and why. Unit is the one to update, AmountUnit what its amounts
// are in where the row has none.
type Decision struct {
	Batch         string
	Line          int
	Do, Unit, Why string
	AmountUnit    money.Unit
}

// DecideReview carries out the decision of who may decide on doubtful rows, journals it, and gives the unit that came of
// it, "" when the row was rejected. Faults: those of access.Authorize, not_found registry.no_review, conflict
// registry.review_state when it was decided already, conflict registry.duplicate when the zeros make it a unit that
// exists, invalid registry.review_why, registry.review_padding, registry.review_do, registry.review_amount,
// registry.no_unit.
func (s *Service) DecideReview(ctx context.Context, by access.Principal, d Decision) (unit string, err error) {
	if err := access.Authorize(by, unitsResource, "review"); err != nil {
		return "", err
	}
	if d.Why = text.Display(d.Why); d.Why == "" || len(d.Why) > maxWhy {
		return "", fault.New(fault.Invalid, "registry.review_why").At("why")
	}
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		r, err := waiting(ctx, tx, by.Province, d)
		if err != nil {
			return err
		}
		var land func() error
		if land, err = s.decide(ctx, tx, by, &r, d); err != nil {
			return err
		}
		r.DecidedBy, r.DecidedAt = by.Person, s.now()
		if err := Decide(ctx, tx, r.Reviewed, d.Why); err != nil {
			return err
		}
		unit = r.Unit
		return land()
	})
	return unit, err
}

// Review gives one row that waits, with the units that have its identifier or its name by now among its candidates.
func (s *Service) Review(ctx context.Context, by access.Principal, batch string, row int) (r Review, err error) {
	if err := access.Authorize(by, unitsResource, "review"); err != nil {
		return r, err
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		if r, err = waiting(ctx, tx, by.Province, Decision{Batch: batch, Line: row}); err != nil {
			return err
		}
		l := line{values: cellsOf(r.Values), proposed: r.Proposed}
		found, err := tx.UnitsByKeys(ctx, by.Province, s.keys(File{Values: l.asValues()}))
		if err != nil {
			return err
		}
		named, err := namedAs(ctx, tx, by.Province, l.text(FieldName))
		for _, id := range append(units(found), named...) {
			if !slices.Contains(r.Candidates, id) {
				r.Candidates = append(r.Candidates, id)
			}
		}
		return err
	})
	return r, err
}

func waiting(ctx context.Context, tx Tx, province string, d Decision) (Review, error) {
	r, err := WaitingRow(ctx, tx, province, kindUnits, d.Batch, d.Line)
	if err != nil {
		return Review{}, err
	}
	return openReview(ctx, tx, r)
}

// decide writes a decision down in the row, and gives what carries it out once the row is the decider's.
func (s *Service) decide(ctx context.Context, tx Tx, by access.Principal, r *Review, d Decision) (land func() error, err error) {
	p := Provenance{Source: "import", Origin: d.Batch, By: by.Person}
	l := line{values: cellsOf(r.Values), proposed: r.Proposed, unitless: r.Unitless}
	if d.Do == DecideReject {
		r.State = ReviewRefused
		return func() error { return nil }, nil
	}
	if err := l.settle(d.AmountUnit); err != nil {
		return nil, err
	}
	switch d.Do {
	case DecideUpdate:
		r.State, r.Unit = ReviewMerged, d.Unit
		return func() error { return s.merge(ctx, tx, by.Province, d.Unit, l.all(), p) }, nil
	case DecideNew, DecidePadded:
		if (d.Do == DecidePadded) != (len(r.Proposed) > 0) {
			return nil, fault.New(fault.Invalid, "registry.review_padding")
		}
		u := s.file(Draft{Province: by.Province, Provenance: p}, l.all())
		r.State, r.Unit = ReviewLanded, u.ID
		return func() error { return s.insert(ctx, tx, u, d.Do == DecideNew) }, nil
	}
	return nil, fault.New(fault.Invalid, "registry.review_do", "do", d.Do)
}

// merge gives a row's values to a unit that there is.
func (s *Service) merge(ctx context.Context, tx Tx, province, unit string, values map[string]any, p Provenance) error {
	u, err := s.load(ctx, tx, province, unit)
	if err == nil {
		_, err = s.change(ctx, tx, u, values, p)
	}
	return err
}
