package referral

import (
	"context"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/money"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// policyResource is the policy resource of sheets of referrals.
const policyResource = "referrals"

// maxWhy bounds the reason of a decision, in bytes.
const maxWhy = 2000

// Review is a row that waits for a person, opened: what the sheet says column by column, and what the row may be.
type Review struct {
	registry.Reviewed
	Cells    []Cell
	Name     string
	Unitless bool // its amounts need a unit
	Units    []MayBe
	New      bool // the register has no such unit, and the row has the identifier to make one
}

// Cell is one cell under its own header.
type Cell struct{ Header, Text string }

// MayBe is a unit that a row may be of, with its referrals.
type MayBe struct {
	Unit  string
	Cases []MayBeCase
}

// MayBeCase is a referral that a row may be: its own number or that of its letter, rial, and when it came.
type MayBeCase struct {
	ID, Number string
	Amount     int64
	Opened     int64
}

// Reviews lists the rows that wait, of one batch or of all where it is "", to who may decide on them.
func (s *Service) Reviews(ctx context.Context, by access.Principal, batch string) (out []Review, err error) {
	if err := access.Authorize(by, policyResource, "review"); err != nil {
		return nil, err
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, tx registry.Sheets) error {
		list, err := tx.LoadReviews(ctx, by.Province, kindReferrals, batch, registry.ReviewWaiting)
		out = nil
		for _, r := range list {
			_, l, c, err := s.reopen(ctx, tx, r, "")
			if err != nil {
				return err
			}
			out = append(out, Review{Reviewed: r, Name: l.text(fieldName), Cells: c})
		}
		return err
	})
	return out, err
}

// reopen reads a kept row anew, its amounts in a unit where the sheet names none.
func (s *Service) reopen(ctx context.Context, tx registry.Sheets, r registry.Reviewed, unit money.Unit) (content, *line, []Cell, error) {
	var c content
	if err := registry.Held(ctx, tx, r, &c); err != nil {
		return c, nil, nil, err
	}
	t := columnsOf(c.Header)
	t.rows = [][]string{c.Cells}
	if unit == "" {
		unit = money.Unit(c.Unit)
	}
	if err := t.assume(unit); err != nil {
		return c, nil, nil, err
	}
	l := t.line(0, s.today())
	l.row = r.Line
	var cells []Cell
	for i, text := range c.Cells {
		if i < len(c.Header) && !registry.Blank(text) {
			cells = append(cells, Cell{Header: c.Header[i], Text: text})
		}
	}
	return c, &l, cells, nil
}

// waiting gives one row that waits. Faults: not_found registry.no_review, conflict registry.review_state.
func (s *Service) waiting(ctx context.Context, province, batch string, row int, unit money.Unit) (out Review, l *line, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx registry.Sheets) error {
		r, err := registry.WaitingRow(ctx, tx, province, kindReferrals, batch, row)
		if err != nil {
			return err
		}
		out.Reviewed = r
		_, l, out.Cells, err = s.reopen(ctx, tx, r, unit)
		return err
	})
	return out, l, err
}

// Review gives one row with the units and referrals that it may be.
func (s *Service) Review(ctx context.Context, by access.Principal, batch string, row int) (Review, error) {
	if err := access.Authorize(by, policyResource, "review"); err != nil {
		return Review{}, err
	}
	out, l, err := s.waiting(ctx, by.Province, batch, row, "")
	if err != nil {
		return out, err
	}
	out.Name, out.Unitless = l.text(fieldName), l.unitless
	units, err := s.unitsOf(ctx, by.Province, l, out.Reviewed)
	if err != nil {
		return out, err
	}
	out.New = len(units) == 0 && l.identity() != "" && l.text(fieldName) != ""
	for _, u := range units {
		told, err := s.cfg.Cases.CasesOf(ctx, by.Province, procedureID, u)
		if err != nil {
			return out, err
		}
		m := MayBe{Unit: u}
		for _, c := range told {
			m.Cases = append(m.Cases, mayBe(c))
		}
		out.Units = append(out.Units, m)
	}
	return out, nil
}

// unitsOf gives the units that a row may be of as the register stands now, with those it had when the row was kept.
func (s *Service) unitsOf(ctx context.Context, province string, l *line, r registry.Reviewed) ([]string, error) {
	found, err := s.cfg.Units.Resolve(ctx, province, []registry.Probe{l.probe()})
	if err != nil {
		return nil, err
	}
	out := found[0].Candidates
	if u := found[0].Unit; u != "" {
		out = []string{u}
	}
	if r.Reason == WaitsUnit {
		for _, u := range r.Candidates {
			if !slices.Contains(out, u) {
				out = append(out, u)
			}
		}
	}
	return out, nil
}

func (l *line) probe() registry.Probe {
	return registry.Probe{Name: l.text(fieldName), County: l.text(fieldCounty), LegalID: l.text(fieldLegal), OwnerCode: l.text(fieldOwner)}
}

func mayBe(c casework.Told) MayBeCase {
	out := MayBeCase{ID: c.ID, Number: c.Number, Opened: c.Opened}
	out.Amount, _ = c.Facts["amount_rial"].V.(int64)
	if out.Number == "" {
		out.Number, _ = c.Facts["referral_no"].V.(string)
	}
	return out
}

// What a person may decide on a row.
const (
	DecideCase   = "case"   // it is this referral: it takes the row's claims
	DecideNew    = "new"    // it is a referral of its own, of the unit named or of one made of its identifier
	DecideReject = "reject" // it is none
)

// Decision is what a person decides on a row that waits, and why.
type Decision struct {
	Batch               string
	Line                int
	Do, Unit, Case, Why string
	AmountUnit          money.Unit
}

// DecideReview carries out a person's decision, journals it, and gives the case that came of it, "" when the row was
// rejected: all in one transaction, whose first step makes the row the decider's. Faults: those of access.Authorize,
// not_found registry.no_review, conflict registry.review_state, invalid registry.review_why, registry.review_amount,
// referral.review_do, referral.review_case.
func (s *Service) DecideReview(ctx context.Context, by access.Principal, d Decision) (string, error) {
	if err := access.Authorize(by, policyResource, "review"); err != nil {
		return "", err
	}
	if d.Why = text.Display(d.Why); d.Why == "" || len(d.Why) > maxWhy {
		return "", fault.New(fault.Invalid, "registry.review_why").At("why")
	}
	r, l, err := s.waiting(ctx, by.Province, d.Batch, d.Line, d.AmountUnit)
	if err != nil {
		return "", err
	}
	x := &plan{line: l}
	r.State, r.DecidedBy, r.DecidedAt = registry.ReviewRefused, by.Person, s.now()
	if d.Do != DecideReject {
		if x, err = s.decided(ctx, by, d, l, r.Reviewed); err != nil {
			return "", err
		}
		r.State, r.Unit = registry.ReviewLanded, x.unit
	}
	return x.caseID, s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		if err := registry.Decide(ctx, tx, r.Reviewed, d.Why); err != nil || d.Do == DecideReject {
			return err
		}
		return s.carryOut(ctx, tx, by, d.Batch, x)
	})
}

// decided makes of a decision the plan of its row, with the id of a unit that is to be made.
func (s *Service) decided(ctx context.Context, by access.Principal, d Decision, l *line, r registry.Reviewed) (*plan, error) {
	if l.unitless {
		return nil, fault.New(fault.Invalid, "registry.review_amount").At("amount_unit")
	}
	x := &plan{line: l, unit: d.Unit, claims: claimsOf(l, d.Batch)}
	branches, err := s.cfg.Units.Items(ctx, by.Province, registry.RegisterBranch)
	if err != nil {
		return nil, err
	}
	x.branch = (&planner{branches: branches}).branchOf(l)
	may, err := s.unitsOf(ctx, by.Province, l, r)
	switch {
	case err != nil:
		return nil, err
	case d.Do == DecideCase:
		x.caseID, x.unit, err = s.caseAmong(ctx, by.Province, may, d.Case)
		return x, err
	case d.Do != DecideNew || d.Unit != "" && !slices.Contains(may, d.Unit) || d.Unit == "" && (len(may) > 0 || l.identity() == ""):
		return nil, fault.New(fault.Invalid, "referral.review_do").At("do")
	}
	if x.makes = x.unit == ""; x.makes {
		x.unit = registry.NewID()
	}
	x.caseID = s.caseID(x, d.Batch+"/"+itoa(d.Line))
	return x, nil
}

// carryOut lands a row as a person says.
func (s *Service) carryOut(ctx context.Context, tx Tx, by access.Principal, batch string, x *plan) error {
	if x.makes {
		u := unitOf(by.Province, by.Person, batch, x.line)
		u.ID = x.unit
		_, err := s.cfg.Units.CreateIn(ctx, tx, u)
		if f, ok := fault.As(err); ok && f.Key == "registry.duplicate" { // entered meanwhile: the page offers it now
			return fault.New(fault.Invalid, "referral.review_do").At("do")
		}
		if err != nil {
			return err
		}
	}
	_, err := s.cfg.Cases.TakeHistory(ctx, tx, by.Province, by.Person, []casework.History{x.history(batch)})
	return err
}

func (s *Service) caseAmong(ctx context.Context, province string, units []string, id string) (caseID, unit string, err error) {
	for _, u := range units {
		told, err := s.cfg.Cases.CasesOf(ctx, province, procedureID, u)
		if err != nil {
			return "", "", err
		}
		if slices.ContainsFunc(told, func(c casework.Told) bool { return c.ID == id }) {
			return id, u, nil
		}
	}
	return "", "", fault.New(fault.Invalid, "referral.review_case").At("do")
}
