package sample

import (
	"maps"
	"time"

	"rahgosha/internal/base/jalali"
)

// story writes the acts of a case that is to stand in a stage at the end. An open case's last act is a few days old, so
// that its clocks still run or have just run out; a closed one lies anywhere in the two years.
func (f *filler) story(n int, stage string) *story {
	good := !failing[stage]
	flaw := ""
	if !good {
		flaw = flaws[f.bad%len(flaws)]
		f.bad++
	}
	s := &story{n: n, flaw: flaw, unit: f.unitFor(n, flaw), bank: f.r.IntN(len(words().Banks)), branch: f.r.IntN(branchesPerBank)}
	if n%3 == 0 || owned(n) {
		s.bank, s.branch = 0, 0 // a third goes to the branch of the account bank.branch
	}
	s.acts = f.acts(s, stage, good)
	days := 0
	for _, a := range s.acts {
		days += a.after
	}
	back := days + f.r.IntN(4)
	if final[stage] {
		back = days + 25 + f.r.IntN(years*365-40-days)
	}
	if stage == "art62" {
		back = days + 30
	}
	if stage == "expired" {
		back = days + 60 + f.r.IntN(200)
	}
	s.at = f.workTime(backwards(f.end, back), 0)
	if s.at.After(f.end) { // begun today, before now
		s.at = f.end.Add(-time.Duration(10+n%50) * time.Minute)
	}
	return s
}

// failing are the stages of a request that fails a condition.
var failing = map[string]bool{"conditional": true, "refused_open": true, "appealed": true, "rejected": true}

var final = map[string]bool{"paid": true, "rejected": true, "bank_rejected": true, "withdrawn": true}

// owned says which cases are the first account's own, one at each desk.
func owned(n int) bool { _, ok := own[n]; return ok }

// own are the cases of the accounts unit.ceo (0) and unit.ceo.2 (1): a draft, one returned, one at the bank, one paid.
var own = map[int]int{0: 0, 15: 0, 50: 0, 108: 0, 1: 1, 22: 1, 93: 1}

// leastSales keeps half of a unit's sales above the smallest amount asked.
const leastSales = 6_000_000_000

// flaws are what refused requests fail: each condition in its turn.
var flaws = []string{"cheque", "idle", "expired", "ceiling", "share", "sales", "debt", "tax", "insurance"}

func (f *filler) unitFor(n int, flaw string) unitRef {
	if i, ok := own[n]; ok {
		return f.units[i]
	}
	for i := 2 + (n*19+f.r.IntN(12))%(len(f.units)-2); ; i = 2 + (i-1)%(len(f.units)-2) {
		u := f.units[i]
		if u.sales >= leastSales && u.active == (flaw != "idle") && u.licensed == (flaw != "expired") {
			return u
		}
	}
}

func backwards(end time.Time, workdays int) time.Time {
	d := jalali.FromTime(end)
	for workdays > 0 {
		d = d.AddDays(-1)
		if wd := d.Weekday(); wd != jalali.Thursday && wd != jalali.Friday {
			workdays--
		}
	}
	return d.Start().Add(9 * time.Hour)
}

// acts leads to a stage.
func (f *filler) acts(s *story, stage string, good bool) []act {
	amount := f.amount(s)
	deputy := "dir.deputy"
	if amount > deputyCeiling {
		deputy = "dir.dg"
	}
	expert := []string{"dir.expert", "dir.expert.2"}[s.n%2]
	open := []act{{who: "unit", action: "open"}}
	if stage == "draft" || stage == "expired" {
		return append(open, act{who: "unit", action: "draft", facts: map[string]any{"package": "P1", "purpose": "WC", "amount_rial": amount}})
	}
	in := append(open, act{who: "unit", action: "submit", facts: f.request(s, amount)})
	if stage == "withdrawn" {
		return append(in, act{who: "unit", action: "withdraw", reason: "W01", note: say("note_withdraw"), after: 1})
	}
	if stage == "returned" {
		return append(in, act{who: expert, action: "return_defects", facts: map[string]any{"defects": say("defects")}, after: 1})
	}
	if stage == "completeness" {
		return append(in, act{who: "unit", action: "note", note: say("note_unit")})
	}
	in = append(in, act{who: expert, action: "accept_documents", after: 1})
	switch stage {
	case "eligibility":
		return in
	case "visit":
		return append(in, act{who: expert, action: "call_visit", facts: map[string]any{"visit_on": readOn}, after: 1})
	case "inquiry":
		return append(in, act{who: expert, action: "inquire", after: 1, facts: map[string]any{"inquiry_to": say("inquiry_to"), "inquiry_text": say("inquiry_text")}})
	}
	opinion := say("opinion_good")
	if !good {
		opinion = say("opinion_bad")
	}
	in = append(in, act{who: expert, action: "recommend", after: 1, facts: map[string]any{"opinion": opinion, "minutes_no": "12", "minutes_date": "1404/06/01"}})
	if stage == "decision" {
		return in
	}
	if stage == "committee" {
		return append(in, act{who: deputy, action: "to_committee", after: 1})
	}
	if stage == "conditional" {
		return append(in, act{who: deputy, action: "approve_conditional", cites: "?", after: 1})
	}
	if !good {
		return f.refused(in, stage, deputy)
	}
	in = append(in, act{who: deputy, action: "approve", after: 1})
	if stage == "signing" {
		return in
	}
	return f.atBank(append(in, act{who: deputy, action: "sign"}), s, stage, amount)
}

func (f *filler) refused(in []act, stage, deputy string) []act {
	in = append(in, act{who: deputy, action: "refuse", cites: "?", after: 1})
	if stage == "refused_open" {
		return in
	}
	in = append(in, act{who: "unit", action: "appeal", facts: map[string]any{"appeal_text": say("appeal")}, after: 2})
	if stage == "appealed" {
		return in
	}
	judge := "dir.head"
	return append(in, act{who: judge, action: "uphold", cites: "?", note: say("note_uphold"), after: 3})
}

func (f *filler) atBank(in []act, s *story, stage string, amount int64) []act {
	if stage == "branch_receipt" {
		return in
	}
	in = append(in, act{who: "branch", action: "receive", after: 1, facts: map[string]any{"bank_file_no": "F-1405"}})
	switch stage {
	case "branch_file":
		return in
	case "branch_returned":
		return append(in, act{who: "branch", action: "ask_completion", after: 1, facts: map[string]any{"bank_defects": say("bank_defects")}})
	}
	in = append(in, act{who: "branch", action: "start_assessment", after: 1})
	switch stage {
	case "bank_assessment":
		return append(in, act{who: "dir.expert", action: "note", note: say("note_staff")})
	case "bank_refused", "bank_rejected", "working_group", "art62", "bank_answer", "board", "board_ruling", "board_signing", "board_obliged", "board_disciplinary", "board_accepted",
		"board_obeyed", "board_moot", "board_disciplined":
		return f.bankRefused(in, stage)
	case "bank_valuation":
		return append(in, act{who: "branch", action: "value_collateral", after: 1})
	case "bank_level":
		return append(in, act{who: "branch", action: "send_up", after: 1, facts: map[string]any{"decision_level": "head"}})
	}
	in = append(in, act{who: "branch", action: "approve_facility", after: 2, facts: map[string]any{"approved_rial": amount * 9 / 10}})
	if stage == "bank_contract" {
		return in
	}
	in = append(in, act{who: "branch", action: "record_contract", after: 2, facts: map[string]any{"contracted_rial": amount * 9 / 10}})
	if stage == "bank_payment" {
		return in
	}
	in = append(in, act{who: "branch", action: "pay", after: 1, facts: map[string]any{"paid_rial": amount * 9 / 10, "paid_on": "1404/01/20"}})
	switch stage {
	case "payment_word":
		return in
	case "payment_mismatch":
		return append(in, act{who: "unit", action: "differ_payment", after: 1, facts: map[string]any{"unit_paid_rial": amount * 8 / 10, "unit_paid_on": "1404/01/20"}})
	}
	return f.supervised(append(in, act{who: "unit", action: "confirm_payment", after: 1}), s, stage, amount*9/10)
}

// supervised follows the money: some report its use, most are found to be as planned, few are repaid already.
func (f *filler) supervised(in []act, s *story, stage string, paid int64) []act {
	const in80 = "facility-supervision"
	if stage == "use_report" || stage == "paid" && s.n%5 == 0 {
		return in
	}
	in = append(in, act{who: "unit", action: "report_use", child: in80, after: 20, facts: map[string]any{"used_rial": paid, "used_for": pick(f.r, words().Uses)}})
	if stage == "use_check" {
		return in
	}
	found := "all"
	if stage == "misused" {
		found = "other"
	}
	in = append(in, act{who: "dir.expert", action: "accept_use", child: in80, after: 4, facts: map[string]any{"seen_on": readOn, "as_planned": found, "finding": say("finding_" + found)}})
	if stage != "settled" {
		return in
	}
	return append(in, act{who: "branch", action: "settle", child: in80, after: 5})
}

var reasons = []string{"R01", "R02", "R03", "R04", "R05", "R06", "R10", "R11", "R13", "R17", "R23", "R24"}

func (f *filler) bankRefused(in []act, stage string) []act {
	in = append(in, act{who: "branch", action: "bank_refuse", reason: pick(f.r, reasons), note: say("note_reason"), after: 2})
	if stage == "bank_refused" || stage == "bank_rejected" {
		return in
	}
	in = append(in, act{who: "unit", action: "object", facts: map[string]any{"appeal_text": say("objection")}, after: 1})
	if stage == "working_group" {
		return in
	}
	in = append(in, act{who: "council.sec", action: "notice_resolution", facts: map[string]any{"resolution_no": "227"}, after: 2})
	if stage == "art62" || stage == "bank_answer" {
		return in
	}
	return f.atBoard(append(in, act{who: "branch", action: "send_reasons", reason: "R04", after: 3, facts: map[string]any{"bank_reasons": say("note_reason")}}), stage)
}

// atBoard carries the board's own case.
func (f *filler) atBoard(in []act, stage string) []act {
	if stage == "board" {
		return in
	}
	next := func(who, action string, after int, facts map[string]any) {
		in = append(in, act{who: who, action: action, child: "experts-board-62", after: after, facts: facts})
	}
	if stage == "board_moot" {
		next("council.sec", "drop", 2, nil)
		in[len(in)-1].note = say("note_moot")
		return in
	}
	next("council.sec", "record_reasons", 1, map[string]any{"bank_reasons": say("note_reason")})
	if stage == "board_ruling" {
		return in
	}
	decided := "oblige"
	if stage == "board_accepted" {
		decided = "accept"
	}
	next("council.sec", "rule", 3, map[string]any{"met_on": readOn, "decided": decided, "ruling": say("ruling_" + decided)})
	if stage == "board_signing" {
		return in
	}
	next("dir.deputy", "sign", 1, nil)
	next("council.member", "sign", 1, nil)
	switch stage {
	case "board_accepted":
		return append(in, act{who: "council.sec", action: "board_accept", after: 1})
	case "board_obeyed":
		next("council.sec", "record_payment", 4, nil)
	case "board_disciplinary", "board_disciplined":
		next("council.sec", "refer_disciplinary", 11, nil)
		in[len(in)-1].note = say("note_disciplinary")
	}
	if stage == "board_disciplined" {
		next("council.sec", "record_verdict", 10, map[string]any{"verdict": say("verdict")})
	}
	return in
}

// amount is within half of last year's sales and the package's ceiling; a few are above the deputy's.
func (f *filler) amount(s *story) int64 {
	most := min(s.unit.sales/2, 45_000_000_000)
	if s.n%17 == 4 && s.unit.sales > 130_000_000_000 {
		most = 60_000_000_000
	}
	billions := max(1, most/1_000_000_000)
	return (billions/2 + 1 + f.r.Int64N(max(1, billions/2))) * 1_000_000_000 * 9 / 10
}

// request fills the form; what is to be refused fails one or two conditions.
func (f *filler) request(s *story, amount int64) map[string]any {
	pack, colour, share := "P1", "W", int64(3000+f.r.IntN(20)*100)
	if amount > 50_000_000_000 {
		pack = "P2"
	}
	debt, tax, insurance := int64(0), int64(0), int64(0)
	switch s.flaw {
	case "cheque":
		colour = pick(f.r, []string{"R", "Y", "O", "B"})
	case "ceiling":
		amount = 55_000_000_000
	case "share":
		share = 1500
	case "sales":
		amount = min(s.unit.sales*3/4, 45_000_000_000)
	case "debt":
		debt = 1_500_000_000
	case "tax":
		tax = 400_000_000
	case "insurance":
		insurance = 90_000_000
	}
	half := amount / 2
	return merge(chequesOf(colour), map[string]any{
		"package": pack, "purpose": "WC", "amount_rial": amount, "own_share_pct": share,
		"use_plan":    []map[string]any{{"item": pick(f.r, words().Uses), "amount": half}, {"item": pick(f.r, words().Uses), "amount": amount - half}},
		"bank_branch": branchID(s.bank, s.branch), "jobs_now": int64(8 + f.r.IntN(40)), "jobs_new": int64(f.r.IntN(10)), "expected_effect": say("effect"),
		"cheque_colour": colour, "cheque_read_on": readOn, "overdue_debt_rial": debt, "tax_debt_rial": tax,
		"tax_arranged": false, "insurance_debt_rial": insurance, "insurance_arranged": false, "consent_share_with_bank": true,
	})
}

// chequesOf are number and amount of bounced cheques beside a colour. Who fails the condition on cheques has also misread
// the inquiry: what they write comes to one colour less.
func chequesOf(colour string) map[string]any {
	of := map[string][2]int64{"O": {1, 30_000_000}, "B": {3, 150_000_000}, "R": {6, 420_000_000}}[colour]
	return map[string]any{"cheque_count": of[0], "cheque_amount_rial": of[1]}
}

func merge(into, from map[string]any) map[string]any {
	maps.Copy(into, from)
	return into
}

// readOn stands for the day before the act; goOn writes the day itself.
const readOn = "yesterday"
