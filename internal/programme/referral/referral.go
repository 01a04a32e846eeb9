// Package referral takes referrals to banks from sheets: history as the directorate kept it, and a bank head's monthly
// sheet. What a sheet says of a case are claims: they open cases whose state is unknown, stand apart from what acts have
// confirmed, and are compared with it. Good rows land, doubtful ones wait for a person, bad ones come back; a sheet given
// again lands nothing twice.
package referral

import (
	"context"
	"strconv"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/registry"
)

// procedureID is the procedure whose cases are taken.
const procedureID = "referral"

// kindReferrals marks sheets of referrals.
const kindReferrals = "referrals"

// Units is the register of units and of branches.
type Units interface {
	Resolve(ctx context.Context, province string, probes []registry.Probe) ([]registry.Resolved, error)
	Create(ctx context.Context, d registry.Draft) (registry.Head, error)
	CreateIn(ctx context.Context, tx registry.Tx, d registry.Draft) (registry.Head, error)
	Items(ctx context.Context, province, register string) ([]registry.Item, error)
}

// Cases is the case engine.
type Cases interface {
	// TakesHistory refuses a procedure that is not in force or takes no cases of the past.
	TakesHistory(ctx context.Context, procedure string) error
	CasesOf(ctx context.Context, province, procedure, unit string) ([]casework.Told, error)
	TakeHistory(ctx context.Context, tx casework.Tx, province, person string, list []casework.History) ([]casework.Taken, error)
}

// Tx is one transaction over sheets, units and cases: what a row becomes stands or falls with the decision on it.
type Tx interface {
	registry.Tx
	casework.Tx
}

// Config is what the service needs.
type Config struct {
	Units Units
	Cases Cases
	Write func(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	Read  func(ctx context.Context, fn func(ctx context.Context, tx registry.Sheets) error) error
	Root  *journal.Root
	Clock clock.Clock
}

// Service takes sheets of referrals; safe for concurrent use.
type Service struct{ cfg Config }

// New makes the service; invalid referral.config when something is missing.
func New(cfg Config) (*Service, error) {
	if cfg.Units == nil || cfg.Cases == nil || cfg.Write == nil || cfg.Read == nil || cfg.Root == nil || cfg.Clock == nil {
		return nil, fault.New(fault.Invalid, "referral.config")
	}
	return &Service{cfg: cfg}, nil
}

// Import is a sheet. Rows are its text cells, from its first row on, By who gives it. Dry computes the outcome and writes
// nothing. AmountUnit is what columns of money are in that name no unit; without it their rows wait. Bank is the body of a
// bank whose own sheet this is: its rows are compared with the bank's referrals and open none; "" is the directorate's.
type Import struct {
	Province, File, By, Bank string
	Rows                     [][]string
	Dry                      bool
	AmountUnit               money.Unit
	Progress                 func(done, of int)
}

// Sum counts cases and rial at a step of the funnel.
type Sum struct {
	Step   string `json:"step"`
	N      int    `json:"n"`
	Amount int64  `json:"amount"`
}

// Outcome is what became of a sheet: Rows = Landed + Review + distinct rows of Bad; of those landed Opened are new cases
// and Units new units, the rest agree with cases that there are. Claimed is what the landed rows claim, step by step.
type Outcome struct {
	Batch                string
	Rows, Landed, Review int
	Opened, Units        int
	Bad                  []registry.BadCell
	Waiting              []Waits
	Claimed              []Sum
	Unknown              []string // headers of columns that were not understood
	Amounts              []registry.Amount
	Stopped              bool

	table table
}

// Waits is a row that waits for a person. Candidates are units, or cases where the reason is one of cases.
type Waits struct {
	Row        int
	Reason     string
	Candidates []string
}

// Why a row waits for a person.
const (
	WaitsAmount  = "amount"     // nobody says what unit its amounts are in
	WaitsPadding = "padding"    // its identifier is valid with the zeros a spreadsheet drops, and no unit has it
	WaitsUnit    = "unit"       // it may be one of several units, or one whose name is nearly the same
	WaitsNoUnit  = "no_unit"    // the register has no such unit, and the row has no identifier to make one of
	WaitsSheet   = "sheet"      // an earlier row of the sheet is the same referral
	WaitsCase    = "which_case" // it may be one of several cases
	WaitsDiffers = "differs"    // it contradicts what the case says
	WaitsNoCase  = "no_case"    // a bank's sheet names a referral that is not known
)

// Import reads a sheet. Faults: invalid referral.no_header, referral.no_unit_column, registry.amount_unit, and those of the
// procedure when it is not published. When ctx ends on the way, what landed is whole and the rest is left.
func (s *Service) Import(ctx context.Context, in Import) (Outcome, error) {
	t, err := findHeader(in.Rows)
	if err != nil {
		return Outcome{}, err
	}
	if err := t.assume(in.AmountUnit); err != nil {
		return Outcome{}, err
	}
	lines := t.read(s.today())
	out := Outcome{Batch: registry.BatchID(s.cfg.Root, in.Province, in.Rows), Rows: len(lines), Bad: []registry.BadCell{}, Unknown: t.unknown(), Amounts: t.amounts(lines), table: t}
	for i := range lines {
		out.Bad = append(out.Bad, lines[i].bad...)
	}
	plans, err := s.plan(ctx, in, out.Batch, lines)
	if err != nil && ctx.Err() != nil {
		out.Stopped = true // before anything was written
		return out, nil
	}
	if err != nil {
		return out, err
	}
	if in.Dry {
		for i := range plans {
			out.count(&plans[i])
		}
		return out, nil
	}
	return s.land(ctx, in, out, plans)
}

func (s *Service) now() int64 { return s.cfg.Clock.Now().UnixMicro() }

func (s *Service) today() string { return jalali.FromTime(s.cfg.Clock.Now()).Civil() }

// count adds one planned row to the outcome.
func (o *Outcome) count(p *plan) {
	if p.reason != "" {
		o.Review++
		o.Waiting = append(o.Waiting, Waits{Row: p.row, Reason: p.reason, Candidates: p.candidates})
		return
	}
	o.Landed++
	if p.opens {
		o.Opened++
	}
	if p.makes {
		o.Units++
	}
	if o.Claimed == nil {
		for _, step := range steps {
			o.Claimed = append(o.Claimed, Sum{Step: step})
		}
	}
	for _, c := range p.claims {
		for i := range o.Claimed {
			if o.Claimed[i].Step == c.Step {
				o.Claimed[i].N++
				o.Claimed[i].Amount += c.Amount
			}
		}
	}
}

// BadRows is how many rows are bad.
func (o Outcome) BadRows() int {
	rows := map[int]bool{}
	for _, b := range o.Bad {
		rows[b.Row] = true
	}
	return len(rows)
}

func itoa(n int) string { return strconv.Itoa(n) }
