package referral

import (
	"context"
	"slices"
	"strings"

	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// plan is a good row with what is to become of it.
type plan struct {
	*line
	reason     string // why it waits; "" lands
	candidates []string
	unit       string // "" where it is yet to be made
	makes      bool   // its unit is to be made
	opens      bool   // its case is to be opened
	caseID     string
	branch     *registry.Item
	claims     []casework.Claim
	settled    bool // a person decided on it before
	waited     bool // it waits for one since the sheet was given before
}

// planner compares rows with the register, with the cases of their units and with the rows before them.
type planner struct {
	s        *Service
	in       Import
	batch    string
	branches []registry.Item
	known    map[string][]*known // by unit, or by the identifier of one that is to be made
	making   map[string]bool     // identifiers of units that an earlier row makes
}

func (s *Service) plan(ctx context.Context, in Import, batch string, lines []line) ([]plan, error) {
	p := &planner{s: s, in: in, batch: batch, known: map[string][]*known{}, making: map[string]bool{}}
	var good []*line
	var probes []registry.Probe
	for i := range lines {
		if l := &lines[i]; len(l.bad) == 0 {
			good = append(good, l)
			probes = append(probes, l.probe())
		}
	}
	units, err := s.cfg.Units.Resolve(ctx, in.Province, probes)
	if err != nil {
		return nil, err
	}
	if p.branches, err = s.cfg.Units.Items(ctx, in.Province, registry.RegisterBranch); err != nil {
		return nil, err
	}
	settled, err := s.settled(ctx, in.Province, batch)
	if err != nil {
		return nil, err
	}
	out := make([]plan, len(good))
	for i, l := range good {
		out[i] = plan{line: l}
		if r, ok := settled[l.row]; ok && out[i].settle(r) {
			continue
		}
		if err := p.decide(ctx, &out[i], units[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// settled gives the rows of this very sheet that were kept for a person, by row.
func (s *Service) settled(ctx context.Context, province, batch string) (map[int]registry.Reviewed, error) {
	out := map[int]registry.Reviewed{}
	err := s.cfg.Read(ctx, func(ctx context.Context, tx registry.Sheets) error {
		list, err := tx.LoadReviews(ctx, province, kindReferrals, batch, "")
		for _, r := range list {
			out[r.Line] = r
		}
		return err
	})
	return out, err
}

// settle takes what became of a row when its sheet was given before: a person's decision stands, and what waits for one
// waits on, whatever the sheet's other rows have made of the register since. Only the unit of its amounts may come later.
func (p *plan) settle(r registry.Reviewed) bool {
	switch {
	case r.State == registry.ReviewWaiting && r.Reason == WaitsAmount && !p.unitless:
		p.waited = true
		return false
	case r.State == registry.ReviewWaiting:
		p.wait(r.Reason, r.Candidates...)
	case r.State == registry.ReviewRefused:
		p.reason = registry.ReviewRefused
	}
	p.settled = true
	return true
}

func (p *plan) wait(reason string, candidates ...string) { p.reason, p.candidates = reason, candidates }

// decide finds unit, branch and case of a row; what is not sure makes it wait.
func (p *planner) decide(ctx context.Context, x *plan, unit registry.Resolved) error {
	if x.unitless {
		x.wait(WaitsAmount)
		return nil
	}
	if !p.findUnit(x, unit) {
		return nil
	}
	x.branch = p.branchOf(x.line)
	x.claims = claimsOf(x.line, p.batch)
	list, err := p.casesOf(ctx, x)
	if err != nil {
		return err
	}
	p.findCase(x, list)
	return nil
}

// findUnit takes the unit that is sure, or makes one of an identifier that the register does not have.
func (p *planner) findUnit(x *plan, r registry.Resolved) bool {
	x.unit = r.Unit
	switch {
	case x.unit != "":
		return true
	case len(r.Candidates) > 0:
		x.wait(WaitsUnit, r.Candidates...)
	case p.in.Bank != "":
		x.wait(WaitsNoCase)
	case len(x.proposed) > 0:
		x.wait(WaitsPadding)
	case x.identity() == "" || x.text(fieldName) == "":
		x.wait(WaitsNoUnit)
	default:
		x.makes = !p.making[x.identity()]
		p.making[x.identity()] = true
		return true
	}
	return false
}

func (l *line) identity() string {
	if id := l.text(fieldLegal); id != "" {
		return id
	}
	return l.text(fieldOwner)
}

// key tells a row's unit apart, made or yet to be made.
func (x *plan) key() string {
	if x.unit != "" {
		return x.unit
	}
	return "new:" + x.identity()
}

// claimsOf are the steps that a row says were reached, each with the amount it gives for that step.
func claimsOf(l *line, batch string) (out []casework.Claim) {
	days := map[string]string{stepRegistered: l.text(fieldRegistered), stepReferred: l.text(fieldLetterOn), stepPaid: l.text(fieldPaidOn)}
	for i := range slices.Index(steps, l.reached()) + 1 {
		c := casework.Claim{Step: steps[i], On: days[steps[i]], Sheet: batch, Amount: l.amount(steps[i])}
		if i <= slices.Index(steps, "received") {
			c.Amount = l.amount(fieldAmount)
		}
		out = append(out, c)
	}
	return out
}

// branchOf finds the branch whose name has every telling word of the row; of several the one with none besides.
func (p *planner) branchOf(l *line) *registry.Item {
	want := bankWords(l.text(fieldBank) + " " + l.text(fieldBranch))
	if len(want) == 0 || l.text(fieldBranch) == "" {
		return nil
	}
	var found []*registry.Item
	for i := range p.branches {
		it := &p.branches[i]
		name, _ := it.Fields["name_fa"].(string)
		have := bankWords(name)
		if len(have) > 0 && within(want, have) {
			if within(have, want) {
				return it
			}
			found = append(found, it)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return nil
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(w string) bool { return !slices.Contains(all, w) })
}

// bankText is what the row calls bank and branch.
func (l *line) bankText() string {
	return strings.TrimSpace(l.text(fieldBank) + " " + l.text(fieldBranch))
}
