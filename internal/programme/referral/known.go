package referral

import (
	"context"
	"slices"

	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// known is a case of a unit as a row is compared with it. row is the row of this sheet that it was taken for, 0 for none.
type known struct {
	id, branch, bank, on string
	numbers              map[string][]string // kind of number → folded numbers
	amount               int64
	claims, confirmed    map[string]int64
	outcome              string
	row                  int
}

// casesOf gives the cases of a row's unit; a bank's sheet sees its own only.
func (p *planner) casesOf(ctx context.Context, x *plan) ([]*known, error) {
	key := x.key()
	if list, ok := p.known[key]; ok || x.unit == "" {
		return list, nil
	}
	told, err := p.s.cfg.Cases.CasesOf(ctx, p.in.Province, procedureID, x.unit)
	if err != nil {
		return nil, err
	}
	p.known[key] = []*known{}
	for _, c := range told {
		if k := knownOf(c); p.in.Bank == "" || k.bank == p.in.Bank {
			p.known[key] = append(p.known[key], k)
		}
	}
	return p.known[key], nil
}

func knownOf(c casework.Told) *known {
	text := func(fact string) string { s, _ := c.Facts[fact].V.(string); return s }
	k := &known{id: c.ID, branch: c.Parties["branch"], bank: c.Parties["bank"], on: text("referral_date"), outcome: c.Outcome,
		numbers: map[string][]string{}, claims: map[string]int64{}, confirmed: c.Confirmed}
	k.amount, _ = c.Facts["amount_rial"].V.(int64)
	for _, s := range c.Claims {
		k.claims[s.Step] = s.Amount
	}
	k.number(fieldLetter, text("referral_no"))
	k.number(fieldLetter, text("dispatch_no"))
	k.number(fieldCode, text("behinyab_code"))
	k.number(fieldCase, c.Number)
	for _, l := range c.Letters {
		if l.Code == "L05" {
			k.number(fieldLetter, l.Number)
		}
	}
	return k
}

func (k *known) number(kind, s string) {
	if n := registry.Tight(s); n != "" {
		k.numbers[kind] = append(k.numbers[kind], n)
	}
}

// numbered says whether a row's numbers are the case's: 1 one is, -1 one is not, 0 there is nothing to compare. The
// number of a case that is not ours may be anybody's: it says nothing.
func (k *known) numbered(l *line) int {
	said := 0
	for _, kind := range []string{fieldCase, fieldLetter, fieldCode} {
		n := registry.Tight(l.text(kind))
		switch {
		case n == "" || len(k.numbers[kind]) == 0:
		case slices.Contains(k.numbers[kind], n):
			return 1
		case kind != fieldCase:
			said = -1
		}
	}
	return said
}

// fits holds when nothing that both say tells the case and the row apart.
func (k *known) fits(x *plan) bool {
	branch := ""
	if x.branch != nil {
		branch = x.branch.ID
	}
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	amount := x.amount(fieldAmount)
	return !differ(k.branch, branch) && !differ(k.on, x.text(fieldLetterOn)) && (amount == 0 || k.amount == 0 || amount == k.amount)
}

// findCase takes the case with the row's number; without one to compare, the only case that fits; else the row opens one.
func (p *planner) findCase(x *plan, list []*known) {
	var sure, may []*known
	for _, k := range list {
		switch n := k.numbered(x.line); {
		case n > 0:
			sure = append(sure, k)
		case n == 0 && k.fits(x):
			may = append(may, k)
		}
	}
	if len(sure) > 0 {
		may = sure
	}
	switch {
	case len(may) > 1:
		x.wait(WaitsCase, idsOf(may)...)
	case len(may) == 1:
		p.reconcile(x, may[0])
	case p.in.Bank != "":
		x.wait(WaitsNoCase)
	default:
		p.open(x)
	}
}

func idsOf(list []*known) (out []string) {
	for _, k := range list {
		out = append(out, k.id)
	}
	return out
}

// reconcile compares a row with its case.
func (p *planner) reconcile(x *plan, k *known) {
	switch {
	case k.row > 0:
		x.wait(WaitsSheet, k.id)
	case k.contradicts(x):
		x.wait(WaitsDiffers, k.id)
	default:
		x.caseID = k.id
	}
	if k.row == 0 {
		k.row = x.row
	}
}

// contradicts holds when the row gives another amount for a step than an act or an earlier sheet did, or another end.
func (k *known) contradicts(x *plan) bool {
	for _, c := range x.claims {
		for _, had := range []map[string]int64{k.confirmed, k.claims} {
			if old := had[c.Step]; old != 0 && c.Amount != 0 && old != c.Amount {
				return true
			}
		}
	}
	_, paid := k.confirmed[stepPaid]
	said := x.text(fieldStage)
	return paid && (said == saysRefused || said == saysWithdrawn) ||
		x.reached() == stepPaid && (k.outcome == "refused" || k.outcome == "withdrawn" || k.outcome == "expired")
}

// open plans a new case, which later rows are compared with.
func (p *planner) open(x *plan) {
	x.opens = true
	x.caseID = p.s.caseID(x, "")
	k := &known{id: x.caseID, on: x.text(fieldLetterOn), amount: x.amount(fieldAmount), numbers: map[string][]string{}, row: x.row}
	if x.branch != nil {
		k.branch = x.branch.ID
	}
	for _, kind := range []string{fieldLetter, fieldCode} {
		k.number(kind, x.text(kind))
	}
	p.known[x.key()] = append(p.known[x.key()], k)
}

// caseID names the case that a row opens by what tells the referral apart: the same row opens the same case. With a person's
// word that it is another one, extra tells it apart.
func (s *Service) caseID(x *plan, extra string) string {
	what := x.text(fieldLetter)
	if what == "" {
		what = x.text(fieldCode)
	}
	if what == "" {
		what = registry.Tight(x.bankText()) + "|" + itoa(int(x.amount(fieldAmount))) + "|" + x.text(fieldLetterOn) + "|" + x.text(fieldRegistered)
	}
	return "H" + s.cfg.Root.SearchHash("referral", x.key()+"\n"+registry.Tight(what)+"\n"+extra)[:24]
}
