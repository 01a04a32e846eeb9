package web_test

import (
	"context"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/referral"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/web"
	"rahgosha/procedures"
)

// testPerson signs in whoever the request's role header or cookie names; testGuard lets in who is signed in.
func testPerson(r *http.Request) *http.Request {
	role := r.Header.Get("Role")
	if c, err := r.Cookie("role"); err == nil && role == "" {
		role = c.Value
	}
	if role == "" {
		return r
	}
	p := access.Principal{Person: "p1", Name: "مریم کاویانی", Role: role, Province: "alborz", Others: []access.Membership{{ID: "m2", Role: "dir.head", Title: "ادارهٔ نساجی"}}}
	if strings.HasPrefix(role, "unit.") {
		p.Unit = "u1"
	}
	return httpkit.WithPrincipal(r, p)
}

func testGuard(r *http.Request, policy string) (*http.Request, error) {
	p := httpkit.PrincipalOf(r)
	if !p.SignedIn() {
		return nil, fault.New(fault.Unauthenticated, "fault.unauthenticated")
	}
	if roles, ok := strings.CutPrefix(policy, "role:"); ok && !slices.Contains(strings.Split(roles, ","), p.Role) {
		return nil, fault.New(fault.Forbidden, "fault.forbidden")
	}
	if may, ok := strings.CutPrefix(policy, "may:"); ok {
		resource, verb, _ := strings.Cut(may, "/")
		return r, access.Authorize(p, resource, verb)
	}
	return r, nil
}

// bench answers the pages with canned values; acts it only remembers, so that a test sees what a form sends.
type bench struct {
	def     *procedure.Definition
	council *procedure.Definition
	view    func() *casework.View
	sent    *casework.Command
	unit    money.Unit         // said of an imported sheet
	said    *registry.Decision // on a row of one
	ruled   *referral.Decision
	step    string // taken on a claim
	fault   error
	moved   string // act on a version
	read    int64  // of the inbox, up to when
	first   bool   // the queue begins with a saved view
}

func parsed(t testing.TB, name string) *procedure.Definition {
	t.Helper()
	sub, err := fs.Sub(procedures.Files, name)
	if err != nil {
		t.Fatal(err)
	}
	d, problems := procedure.Parse(sub)
	if bad := procedure.Errors(problems); len(bad) > 0 {
		t.Fatal(bad[0].String(locale.EN))
	}
	return d
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{def: parsed(t, "referral"), council: parsed(t, "bank-council")}
	b.view = func() *casework.View { return b.sample("eligibility") }
	return b
}

func (b *bench) config(c *web.Config) {
	c.Desk = web.Desk{Cases: b, Tallies: b, Sittings: b, Paces: b, Definitions: b, Calendars: b.calendars, Names: b, Items: b, Offers: b, Units: b, Letters: b, Files: b, Importer: b, Reviews: b, Referrals: referralBench{b}, Audit: b, Accounts: b, Switcher: b, Staff: b, StaffActs: b, Delegations: b, Workdays: b, Claims: b, ClaimActs: b, Publishing: b, Officers: b, Counter: b, Inbox: b, Views: b, Personal: personalBench{b}, Trade: tradeBench{}, Goods: goodsBench{}, Services: serviceBench{}, FindPerson: func(context.Context, string) (string, error) { return "p2", nil }}
}

func (b *bench) Act(_ context.Context, _ casework.Caller, c casework.Command) (casework.Answer, error) {
	b.sent = &c
	return casework.Answer{Case: "c1", Version: 8}, b.fault
}

func (b *bench) Look(context.Context, casework.Caller, string) (*casework.View, error) {
	return b.view(), nil
}

func us(days int) int64 { return now.AddDate(0, 0, days).UnixMicro() }

func (b *bench) List(_ context.Context, _ casework.Caller, q casework.Query) (casework.Page, error) {
	clock := func(start, due int, state string) map[string]*casework.Ticking {
		return map[string]*casework.Ticking{"eligibility_check": {State: state, Started: us(start), Due: us(due)}}
	}
	row := func(id, name, stage, holder, side string, start, due int, state string) casework.Row {
		return casework.Row{ID: id, Number: "RG-1405-0000" + id[1:], Procedure: "referral", Definition: b.def.Hash, UnitName: name, County: "کرج", Stage: stage,
			HolderRole: holder, Side: side, Amount: 85_000_000_000, Clocks: clock(start, due, state)}
	}
	rows := []casework.Row{row("c1", "نساجی سپیدتار البرز", "eligibility", "dir.expert", "directorate", -3, -1, "breached"), row("c2", "پوشاک ماهور", "completeness", "dir.expert", "directorate", -1, 1, "running"),
		row("c3", "بافندگی نقش‌آفرین ACME", "bank_assessment", "bank.branch", "bank", -5, 12, "running"), row("c4", "رنگرزی الوان کرج", "returned", "unit.ceo", "unit", -2, 9, "paused")}
	if q.Holder != "" {
		rows = rows[:2]
	}
	return casework.Page{Rows: rows, Total: int64(len(rows)), Next: "abc"}, nil
}

// Find gives the list's first case among others, or alone by its number, and a letter.
func (b *bench) Find(ctx context.Context, who casework.Caller, typed string, _ int) (casework.Found, error) {
	page, err := b.List(ctx, who, casework.Query{})
	if typed == page.Rows[0].Number {
		return casework.Found{Cases: page.Rows[:1], Exact: true}, err
	}
	letter := casework.FoundLetter{BookedLetter: casework.BookedLetter{Number: "1405/OUT/7", Token: "TOKEN", Case: "c1", At: us(-2)}, Title: locale.Text{FA: "معرفی به بانک", EN: "referral to the bank"}, Of: page.Rows[0]}
	return casework.Found{Cases: page.Rows, Letters: []casework.FoundLetter{letter}}, err
}

// Inbox gives the entries of the sample's timeline; the first days of it have been read.
func (b *bench) InboxSince(ctx context.Context, p access.Principal, _ int64) (web.InboxPage, error) {
	return b.Inbox(ctx, p)
}

func (b *bench) Inbox(ctx context.Context, _ access.Principal) (web.InboxPage, error) {
	page, err := b.List(ctx, casework.Caller{}, casework.Query{})
	out := web.InboxPage{Seen: us(-3)}
	for i, e := range slices.Backward(b.sample("eligibility").Timeline) {
		out.Rows = append(out.Rows, casework.InboxRow{Case: page.Rows[0], Event: e, How: []string{"", "notify", "escalate"}[i%3], Said: locale.Text{FA: "رسید ارسال را بفرستید", EN: "Send the receipt"}, Turn: i%2 == 0})
	}
	return out, err
}

func (b *bench) Unread(context.Context, access.Principal) (int, error) { return 3, nil }

func (b *bench) ReadInbox(_ context.Context, _ access.Principal, until int64) error {
	b.read = until
	return b.fault
}

func (b *bench) ReadEntry(context.Context, access.Principal, string) error { return b.fault }

// Views gives a view of the visitor's own and one of their office.
func (b *bench) Views(context.Context, access.Principal) ([]casework.SavedView, error) {
	return []casework.SavedView{{ID: "v1", Name: "نظرآباد ACME", Ask: "county=نظرآباد&v=open", Mine: true}, {ID: "v2", Name: "دیرشده‌ها", Ask: "v=overdue&sort=amount", Shared: true, First: b.first}}, nil
}

func (b *bench) KeepView(context.Context, access.Principal, casework.SavedView) (string, error) {
	return "v3", b.fault
}

func (b *bench) RenameView(context.Context, access.Principal, string, string) error { return b.fault }

func (b *bench) RemoveView(context.Context, access.Principal, string) error { return b.fault }

func (b *bench) BeginWithView(context.Context, access.Principal, string) error { return b.fault }

// Each gives the list's cases in one batch, as one snapshot would.
func (b *bench) Each(ctx context.Context, who casework.Caller, q casework.Query, _ int64, each func(ctx context.Context, rows []casework.Row) error) error {
	page, err := b.List(ctx, who, q)
	if err != nil {
		return err
	}
	return each(ctx, page.Rows)
}

func (b *bench) All(context.Context) ([]*procedure.Definition, error) {
	return []*procedure.Definition{b.def, b.council}, nil
}

func (b *bench) calendars(context.Context) (map[string]*calendar.Calendar, error) {
	spec := calendar.Spec{ID: "ir-alborz", Version: "1", Weekend: []jalali.Weekday{jalali.Thursday, jalali.Friday}}
	for year := 1403; year <= 1407; year++ {
		days, err := calendar.IranHolidays(year)
		if err != nil {
			return nil, err
		}
		spec.Days = append(spec.Days, days...)
	}
	cal, err := calendar.New(spec)
	return map[string]*calendar.Calendar{"ir-alborz": cal}, err
}

func (b *bench) Names(context.Context, []string) (map[string]string, error) {
	return map[string]string{"p1": "مریم کاویانی", "p2": "حمید رستگار", "b1": "بانک الف، شعبهٔ مرکزی کرج"}, nil
}

func (b *bench) Items(_ context.Context, _ access.Principal, register string) ([]web.Option, error) {
	if register == "package" {
		return []web.Option{{Value: "k1", Label: "بستهٔ سرمایهٔ در گردش"}, {Value: "k2", Label: "بستهٔ نوسازی"}}, nil
	}
	return []web.Option{{Value: "b1", Label: "بانک الف، شعبهٔ مرکزی کرج"}}, nil
}

var values = map[string]any{"unit.name": "نساجی سپیدتار البرز", "unit.status": "active", "unit.licence_expiry": "2027-05-01", "unit.legal_id": "10861234507", "unit.sales_last_year": int64(200_000_000_000),
	"package": "k1", "package.ceiling": int64(100_000_000_000), "purpose": "WC", "amount_rial": int64(85_000_000_000), "own_share_pct": int64(2500), "cheque_colour": "R", "cheque_read_on": "2026-11-20",
	"use_plan": []map[string]any{{"item": "نخ پنبه", "amount": int64(50_000_000_000)}, {"item": "رنگ", "amount": int64(35_000_000_000)}}, "bank_branch": "b1", "doc_licence": strings.Repeat("ab", 32), "consent_share_with_bank": true}

func (b *bench) Tallies(_ context.Context, _ casework.Caller, d *procedure.Definition) ([]casework.Tally, error) {
	one := func(what, key, subject, day string, n, amount int64) casework.Tally {
		return casework.Tally{TallyKey: casework.TallyKey{Procedure: d.ID, What: what, Key: key, Subject: subject, Day: day}, N: n, Amount: amount}
	}
	return []casework.Tally{one(casework.TallyDue, "bank_assessment", "b1", "2026-11-01", 4, 90_000_000_000), one(casework.TallySince, "bank_assessment", "b1", "2026-10-01", 4, 90_000_000_000),
		one(casework.TallyStep, "registered", "b1", "", 9, 100_000_000_000), one(casework.TallyClaim, "paid", "", "", 2, 5_000_000_000), one(casework.TallyReason, "R11", "b1", "", 3, 0)}, nil
}

func (b *bench) Upcoming(_ context.Context, _ casework.Caller, d *procedure.Definition, round string) (*casework.RoundView, error) {
	return &casework.RoundView{ID: round, Title: d.Round(round).Title, Columns: []casework.Column{{Fact: "unit.name", Title: locale.Text{FA: "نام واحد", EN: "name"}, Type: "text"}},
		Members: []casework.MemberView{{Rank: 1, Case: "c1", Number: "RG-1405-00001", Values: []any{"پوشاک ماهور ACME"}, Proposed: locale.Text{FA: "نشست بعد", EN: "next session"}}}}, nil
}

func (b *bench) Banks(context.Context, access.Principal) (map[string]string, error) {
	return map[string]string{"b1": "bank-1"}, nil
}

func (b *bench) Pace(_ context.Context, _ casework.Caller, d *procedure.Definition) (casework.Pace, error) {
	return casework.PaceOf(d, []casework.Lap{{Clock: d.Clocks[0].ID, Took: 3}, {Clock: d.Clocks[0].ID, Took: 90, Late: true}}, 0), nil
}

func (b *bench) fact(name string) casework.FactView {
	f := b.def.Fact(name)
	v := casework.FactView{Name: f.ID, Title: f.Title, Type: f.Type, Group: f.Group, Value: values[name], Source: f.Source, AsOf: us(-4), By: "p2", Columns: f.Columns, Def: f}
	for _, o := range f.Options {
		if o.Code == v.Value {
			v.Label = o.Title
		}
	}
	return v
}

func (b *bench) facts() []casework.FactView {
	var out []casework.FactView
	for _, f := range b.def.Facts {
		if values[f.ID] != nil {
			out = append(out, b.fact(f.ID))
		}
	}
	return out
}

func (b *bench) conditions() []casework.ConditionView {
	var out []casework.ConditionView
	for _, c := range b.def.Conditions {
		k := casework.ConditionView{ID: c.ID, Text: c.Text, Is: "met", Advice: c.Remedy, Law: &casework.LawRef{Title: locale.Text{FA: "قانون صدور چک", EN: "Cheque Act"}, Article: locale.Text{FA: "5", EN: "5"}}}
		switch c.ID {
		case "C7":
			white := b.fact("cheque_colour")
			white.Value, white.Label = "W", locale.Text{FA: "سفید", EN: "white"}
			k.Is, k.Facts, k.Because, k.Remedy = "not_met", []casework.FactView{b.fact("cheque_colour"), b.fact("package.exempts_cheque")}, []string{"cheque_colour"}, []casework.FactView{white}
		case "C8":
			k.Is, k.Facts, k.Missing = "unknown", []casework.FactView{b.fact("tax_debt_rial")}, []string{"tax_debt_rial"}
		case "C3":
			k.Facts = []casework.FactView{b.fact("amount_rial"), b.fact("package.ceiling")}
		}
		out = append(out, k)
	}
	return out
}

func (b *bench) action(id string) casework.ActionView {
	a := b.def.Action(id)
	v := casework.ActionView{ID: a.ID, Title: a.Title, Kind: a.Kind, Main: a.Main, Note: "optional", Citing: a.Cites}
	if a.Cites {
		v.Cites = []casework.ConditionRef{{ID: "C7", Text: b.def.Conditions[6].Text}}
	}
	if a.Reasons != "" {
		v.Reasons = b.def.Reasons[0].Rows
	}
	f := b.def.Form(a.Form)
	if f == nil {
		return v
	}
	v.Form = &casework.FormView{ID: f.ID, Title: f.Title}
	for _, p := range f.Pages {
		pg := casework.PageView{ID: p.ID, Title: p.Title, Text: p.Text}
		for _, q := range p.Fields {
			def := b.def.Fact(q.Fact)
			pg.Fields = append(pg.Fields, casework.FieldView{Fact: b.fact(q.Fact), Required: q.Required, Visible: q.Visible == "", Hint: def.Hint, Needed: []string{"C3"},
				Options: def.Options, Min: def.Min, Max: def.Max, Register: def.Register, Document: def.Document})
		}
		v.Form.Pages = append(v.Form.Pages, pg)
	}
	return v
}

// sample is a case in a stage, with the acts of that stage open to the visitor.
func (b *bench) sample(stage string) *casework.View {
	ref := func(id string) casework.StageRef {
		st := b.def.Stage(id)
		return casework.StageRef{ID: st.ID, Code: st.Code, Title: st.Title, Public: st.Public, Final: st.Final}
	}
	st := b.def.Stage(stage)
	now, prev := ref(stage), ref("completeness")
	v := &casework.View{ID: "c1", Number: "RG-1405-00001", Unit: "u1", Title: "نساجی سپیدتار البرز", Version: 7, Stage: now, Opened: us(-5), Changed: us(-1), Verdict: "not_met",
		Procedure: casework.ProcedureRef{ID: "referral", Title: b.def.Title, Version: "1.0", Hash: b.def.Hash}, Facts: b.facts(), Conditions: b.conditions(),
		Holder: casework.HolderView{Role: st.Holder, Title: b.def.Role(st.Holder).Title, Mine: true, Todo: st.Todo, Otherwise: st.Otherwise, Due: us(2), Since: us(-1)},
		Spent:  map[string]int64{"unit": 86400e6 * 6, "directorate": 86400e6 * 3, "bank": 7200e6},
		Steps:  []casework.StepView{{Stage: ref("draft"), State: "done", Enter: us(-5)}, {Stage: prev, State: "done", Enter: us(-3)}, {Stage: now, State: "now", Enter: us(-1)}, {Stage: ref("decision"), State: "ahead"}, {Stage: ref("signing"), State: "ahead"}},
		Clocks: []casework.ClockView{{ID: "eligibility_check", Title: b.def.Clock("eligibility_check").Title, State: "running", Start: us(-1), Due: us(2), Left: 1, Limit: locale.Text{FA: "۲ روز کاری", EN: "2 working days"}},
			{ID: "draft_life", Title: b.def.Clock("draft_life").Title, State: "stopped", Start: us(-5), Due: us(50), Ended: us(-3), Limit: locale.Text{FA: "۶۰ روز", EN: "60 days"}}},
		Letters:   []casework.LetterView{{Code: "L01", Title: b.def.Letter("L01").Title, Number: "1405/RES/12", At: us(-3), Token: "tok"}},
		Decisions: []casework.DecisionView{{Action: "recommend", Title: b.def.Action("recommend").Title, RoleTitle: b.def.Role("dir.expert").Title, By: "p1", At: us(-1), Cites: []string{"C7"}, Seq: 3}}}
	v.Timeline = []casework.EventView{{Seq: 1, Entry: "e1", At: us(-5), Kind: "opened", Text: locale.Of("casework.event_opened", nil), By: "p2", Index: 11},
		{Seq: 2, Entry: "e2", At: us(-3), Kind: "acted", Action: "submit", Text: b.def.Action("submit").Done, By: "p2", RoleText: b.def.Role("unit.ceo").Title, From: &prev, To: &now, Letter: &v.Letters[0], Index: 12,
			Files: []casework.FileView{{Hash: strings.Repeat("cd", 32), Name: "پروانه.pdf", Size: 90000, Media: "application/pdf"}}},
		{Seq: 3, Entry: "e3", At: us(-1), Kind: "noted", NoteFor: "staff", Text: locale.Of("casework.event_noted", nil), By: "p1", Note: "با شعبه صحبت شد.", Index: 13},
		{Seq: 4, Entry: "e4", At: us(0), Kind: "clock", What: "warned", Clock: b.def.Clock("eligibility_check").Title, Index: -1}}
	if stage == "state_unknown" {
		v.Imported = true
		v.Claims = []casework.ClaimView{{Step: "registered", Title: locale.Text{FA: "ثبت‌شده", EN: "registered"}}, {Step: "paid", Title: locale.Text{FA: "پرداخت‌شده", EN: "paid"}, Amount: 5_000_000_000, On: "2025-07-23"}}
	}
	for _, a := range b.def.Actions {
		if slices.Contains(a.In, stage) && !slices.Contains(a.By, "system") {
			v.Actions = append(v.Actions, b.action(a.ID))
		}
	}
	return v
}

func (b *bench) Offers(context.Context, access.Principal, string) ([]web.Offer, error) {
	return []web.Offer{{ID: "referral", Version: "1.0", Title: b.def.Title, Summary: b.def.Summary, Facts: b.facts()[:4], Conditions: b.conditions()}}, nil
}

var unitRow = web.UnitRow{ID: "u1", Name: "نساجی سپیدتار البرز", Kind: "industrial", County: "کرج", Status: "active"}

func (b *bench) FindUnits(context.Context, access.Principal, web.UnitQuery) (web.UnitPage, error) {
	return web.UnitPage{Rows: []web.UnitRow{unitRow, {ID: "u2", Name: "کارگاه خانگی", Kind: "home", County: "فردیس", Status: "closed"}}, Next: "x", Total: 60}, nil
}

func (b *bench) UnitFile(context.Context, access.Principal, string) (*web.UnitFile, error) {
	return &web.UnitFile{UnitRow: unitRow, Values: b.facts()[:6], Expiry: "2026-12-20"}, nil
}

func (b *bench) Letter(context.Context, access.Principal, string) (*web.CaseLetter, error) {
	return &web.CaseLetter{Case: "c1", CaseNumber: "RG-1405-00001", Letter: letter}, nil
}

func (b *bench) PDF(context.Context, access.Principal, string) ([]byte, error) {
	return []byte("%PDF-1.7"), nil
}

func (b *bench) Text(context.Context, access.Principal, string) (string, error) {
	return "RG1:AAAA\n", nil
}

func (b *bench) Coded(context.Context, access.Principal, string, []byte) (string, error) {
	return letter.Number, nil
}

func (b *bench) Put(_ context.Context, _ access.Principal, name string, r io.Reader) (casework.FileRef, error) {
	raw, err := io.ReadAll(r)
	return casework.FileRef{Hash: strings.Repeat("ef", 32), Name: casework.Value{V: name}, Size: int64(len(raw)), Media: "application/pdf"}, err
}

func (b *bench) Get(context.Context, access.Principal, string) (io.ReadCloser, casework.FileRef, error) {
	return io.NopCloser(strings.NewReader("%PDF")), casework.FileRef{Media: "application/pdf"}, nil
}

var run = web.ImportRun{ID: "r1", Name: "units.xlsx", Rows: 40, Landed: 35, Review: 3, Bad: []web.BadRow{{Row: 7, Column: "شناسه ملی", Value: "123", Reason: locale.Text{FA: "کوتاه است", EN: "too short"}}}}

func (b *bench) Preview(_ context.Context, _ access.Principal, _, _ string, unit money.Unit, _ io.Reader) (*web.ImportRun, error) {
	b.unit = unit
	return &run, nil
}

func (b *bench) Confirm(context.Context, access.Principal, string, string) (*web.ImportRun, error) {
	return b.Run(context.Background(), access.Principal{}, "", "done")
}

// Run gives a run by its id: running, stopped or done.
func (b *bench) Run(_ context.Context, _ access.Principal, _, id string) (*web.ImportRun, error) {
	r := run
	r.ID, r.Done = id, id != "running"
	r.Running, r.Stopped, r.At, r.Of = id == "running", id == "stopped", 20, 35
	r.Unknown = []string{"یادداشت ACME"}
	r.Waiting = []web.WaitingRow{{Row: 9, Reason: locale.Text{FA: "واحد روشن نیست", EN: "not sure"}}}
	r.Claims = []web.ClaimedStep{{Step: locale.Text{FA: "پرداخت‌شده", EN: "paid"}, N: 12, Amount: 5_000_000_000}}
	return &r, b.fault
}

func (b *bench) Cancel(context.Context, access.Principal, string, string) (*web.ImportRun, error) {
	return b.Run(context.Background(), access.Principal{}, "", "stopped")
}

func (b *bench) Rejects(context.Context, access.Principal, string, string) ([]byte, error) {
	return []byte("PK"), nil
}

func (b *bench) Journal(context.Context, access.Principal) (*web.JournalState, error) {
	return &web.JournalState{Size: 4211, Checkpoint: "alborz.rahgosha\n4211\nabc=\n", Checked: now, Whole: true, Replay: &web.ReplayState{At: now, Cases: 150}}, nil
}

func (b *bench) Colleagues(context.Context, access.Principal) ([]party.Colleague, error) {
	return []party.Colleague{{Membership: "m1", Person: "p1", Name: "مریم کریمی", Role: "dir.expert"},
		{Membership: "m2", Person: "p2", Name: "علی رضایی", Role: "dir.expert", Away: &party.Leave{ID: "l1"}, Instead: "مریم کریمی"}}, nil
}

func (b *bench) Speakers(context.Context, access.Principal, string) ([]party.Colleague, error) {
	return []party.Colleague{{Membership: "m9", Person: "p9", Name: "مریم کریمی", Role: "unit.ceo"}}, nil
}

func (b *bench) ReissueAtCounter(context.Context, access.Principal, string, string) (party.Printed, error) {
	return party.Printed{Person: "p9", Password: "ABCDE-FGHJK-MNPQR-STVWX", Codes: []string{"ABCDE-FGHJK"}}, b.fault
}

func (b *bench) Away(context.Context, access.Principal) ([]party.AwayLine, error) {
	return []party.AwayLine{{Leave: party.Leave{ID: "l1", From: "2026-04-25", To: "2026-04-30", Document: "۱۲"}, Name: "علی رضایی", Instead: "مریم کریمی", Role: "dir.expert", Running: true}}, nil
}

func (b *bench) AddLeave(context.Context, access.Principal, party.Leave) error { return b.fault }

func (b *bench) EndLeave(context.Context, access.Principal, string) error { return b.fault }

func (b *bench) Reads(context.Context, access.Principal) ([]web.ReadLine, error) {
	return []web.ReadLine{{At: now, Person: "p-auditor", Path: "/cases/1", Question: "q=a"}}, nil
}

func (b *bench) Account(context.Context, string) (*web.AccountState, error) {
	return &web.AccountState{CodesLeft: 4}, nil
}

func (b *bench) ChangePassword(context.Context, string, string, string) (string, time.Duration, error) {
	return "", 0, fault.New(fault.Unauthenticated, "party.wrong")
}

func (b *bench) BeginTOTP(context.Context, string, string) (string, string, error) {
	return "JBSWY3DPEHPK3PXP", "otpauth://totp/Rahgosha:m?secret=JBSWY3DPEHPK3PXP&issuer=Rahgosha", nil
}

func (b *bench) RemoveFactors(context.Context, string, string, string) (string, time.Duration, error) {
	return "tok", time.Hour, nil
}

func (b *bench) Sessions(context.Context, string) ([]party.OpenSession, error) {
	return []party.OpenSession{{ID: "s1", Here: true, Created: 1_800_000_000_000_000, Seen: 1_800_000_000_000_000}, {ID: "s2", Created: 1_800_000_000_000_000, Seen: 1_800_000_000_000_000}}, nil
}

func (b *bench) EndSessions(context.Context, string, string) error { return nil }

func (b *bench) ConfirmTOTP(context.Context, string, string) (string, time.Duration, error) {
	return httpkit.NewToken(), time.Hour, nil
}

func (b *bench) PrintCodes(context.Context, string, string) ([]string, error) {
	return []string{"4821-7734", "0912-3345"}, nil
}

func (b *bench) Switch(context.Context, string, string) (string, time.Duration, error) {
	return httpkit.NewToken(), time.Hour, nil
}

// deskPages are the pages by address: the role that looks and the stage of the case.
var deskPages = []struct{ path, role, stage string }{
	{"/desk", "dir.expert", ""}, {"/desk", "unit.ceo", ""}, {"/cases", "dir.expert", ""}, {"/cases?v=open&q=%D9%86%D8%B3%D8%A7%D8%AC%DB%8C&stage=decision", "bank.branch", ""},
	{"/cases/c1", "dir.expert", "eligibility"}, {"/cases/c1/file", "dir.expert", "eligibility"}, {"/cases/c1/file", "auditor", "decision"}, {"/cases/c1", "dir.expert", "state_unknown"}, {"/cases/c1/act/complete_past", "dir.expert", "state_unknown"}, {"/cases/c1", "unit.ceo", "draft"}, {"/cases/c1", "auditor", "decision"}, {"/cases/c1", "bank.branch", "bank_assessment"},
	{"/cases/c1/act/refuse", "dir.deputy", "decision"}, {"/cases/c1/act/recommend", "dir.expert", "eligibility"}, {"/cases/c1/act/bank_refuse", "bank.branch", "bank_assessment"}, {"/cases/c1/act/pay", "bank.branch", "bank_payment"},
	{"/apply", "unit.ceo", ""}, {"/cases/c1/apply", "unit.ceo", "draft"}, {"/cases/c1/apply/request", "unit.ceo", "draft"}, {"/cases/c1/apply/use", "unit.ceo", "draft"}, {"/cases/c1/apply/standing", "unit.ceo", "draft"},
	{"/cases/c1/apply/documents", "unit.ceo", "draft"}, {"/cases/c1/check", "unit.ceo", "draft"}, {"/cases/c1/receipt", "unit.ceo", "completeness"}, {"/letters/tok", "unit.ceo", ""},
	{"/unit", "unit.ceo", ""}, {"/units", "dir.expert", ""}, {"/units/u1", "dir.expert", ""}, {"/search", "unit.ceo", ""}, {"/inbox", "dir.expert", ""}, {"/views?ask=v%3Dopen%26q%3DACME", "dir.head", ""}, {"/views", "unit.ceo", ""}, {"/search?q=%DA%A9%D8%A7%D8%B1", "dir.expert", ""}, {"/units/import", "dir.head", ""}, {"/units/import/running", "dir.head", ""}, {"/units/import/stopped", "dir.expert", ""}, {"/referrals/import", "bank.head", ""}, {"/referrals/import/done", "dir.head", ""}, {"/units/reviews", "dir.expert", ""}, {"/referrals/reviews", "dir.expert", ""}, {"/referrals/reviews/B2/9", "dir.head", ""}, {"/units/reviews/B1/7", "dir.head", ""}, {"/audit", "auditor", ""}, {"/picture", "dir.dg", ""}, {"/picture?print=1", "auditor", ""}, {"/sessions", "bank.council", ""}, {"/sessions", "dir.dg", ""}, {"/account", "dir.expert", ""}, {"/switch", "dir.expert", ""},
	{"/claims", "unit.ceo", ""}, {"/claims", "public", ""}, {"/claims/waiting", "dir.expert", ""}, {"/claims/C1", "dir.expert", ""}, {"/claims/C1", "unit.ceo", ""},
	{"/admin/users", "admin", ""}, {"/admin/users/new", "admin", ""}, {"/admin/users/p2", "admin", ""}, {"/admin/users/p2", "auditor", ""}, {"/admin/delegation", "dir.dg", ""}, {"/admin/personal", "dir.dg", ""}, {"/admin/personal?person=p2", "admin", ""}, {"/admin/personal", "auditor", ""}, {"/admin/delegation", "auditor", ""}, {"/admin/calendar", "dir.dg", ""}, {"/trade", "unit.ceo", ""}, {"/trade?who=province", "dir.head", ""}, {"/trade?q=none", "auditor", ""}, {"/trade/sources", "dir.dg", ""},
	{"/trade/units/u1", "unit.ceo", ""}, {"/trade/units/u1?q=57", "dir.head", ""}, {"/trade/units/u1/HS2022/5702", "unit.ceo", ""}, {"/trade/units/u1/HS2022/5702", "auditor", ""}, {"/trade/units/u1/compass", "unit.ceo", ""},
	{"/trade/services", "unit.ceo", ""}, {"/trade/services", "dir.head", ""}, {"/trade/services/work", "dir.head", ""}, {"/trade/services/figures", "dir.expert", ""}, {"/trade/services/register", "dir.head", ""}, {"/trade/services/register", "unit.ceo", ""}, {"/trade/services/contracts/c1", "dir.expert", ""}, {"/trade/services/enter/contract", "unit.ceo", ""}, {"/trade/services/enter/figure", "dir.head", ""}, {"/trade/services/enter/statement?corrects=s1", "dir.head", ""},
	{"/admin/procedures", "dir.head", ""}, {"/admin/procedures/v1", "dir.dg", ""},
	{"/assign", "dir.head", ""}, {"/counter/u1", "dir.registry", ""}, {"/leave", "dir.head", ""},
}

func TestEveryDeskPageInBothLanguagesIsClean(t *testing.T) {
	t.Parallel()
	for _, pg := range deskPages {
		b := newBench(t)
		if pg.stage != "" {
			b.view = func() *casework.View { return b.sample(pg.stage) }
		}
		_, h := newServer(t, b.config)
		for _, lang := range []string{"fa", "en"} {
			w := get(h, pg.path, "Cookie", "lang="+lang, "Role", pg.role)
			if w.Code != http.StatusOK {
				t.Errorf("%s %s: %d %s", pg.path, lang, w.Code, w.Header().Get("Location"))
				continue
			}
			for _, e := range lint(w.Body.Bytes()) {
				if lang == "fa" || !isPersianWording(e) {
					t.Errorf("%s %s %s: %s", pg.path, pg.role, lang, e)
				}
			}
			if strings.Contains(w.Body.String(), ">desk.") {
				t.Errorf("%s %s: an untranslated text", pg.path, lang)
			}
		}
	}
}

func TestDeskPagesAskForSignInAndRole(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, newBench(t).config)
	for _, pg := range deskPages {
		if w := get(h, pg.path); w.Code != http.StatusUnauthorized {
			t.Errorf("%s for nobody: %d", pg.path, w.Code)
		}
	}
	for path, role := range map[string]string{"/audit": "unit.ceo", "/units": "bank.branch", "/units/import": "auditor", "/referrals/import": "bank.branch", "/units/reviews": "dir.registry"} {
		if w := get(h, path, "Role", role); w.Code != http.StatusForbidden {
			t.Errorf("%s for %s: %d", path, role, w.Code)
		}
	}
}

func form(kv ...string) url.Values {
	v := url.Values{"_key": {httpkit.NewKey()}, "version": {"7"}, "_do": {"submit"}}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	return v
}

func TestAnActSendsWhatWasTypedAndKeepsItWhenRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.view = func() *casework.View { return b.sample("bank_payment") }
	_, h := newServer(t, b.config)
	typed := form("_shown", "paid_rial", "paid_rial", "۸۵٬۰۰۰٬۰۰۰٬۰۰۰", "_shown", "paid_on", "paid_on", "۱۴۰۵/۰۹/۰۲", "note", "با فیش")
	if w := post(h, "/cases/c1/act/pay", typed.Encode(), "Role", "bank.branch"); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if want := map[string]any{"paid_rial": "۸۵٬۰۰۰٬۰۰۰٬۰۰۰", "paid_on": "۱۴۰۵/۰۹/۰۲"}; !maps.Equal(b.sent.Facts, want) || b.sent.Version != 7 || b.sent.Note != "با فیش" {
		t.Errorf("sent %+v", b.sent)
	}
	for kind, status := range map[fault.Kind]int{fault.Invalid: 422, fault.Conflict: 409} {
		b.fault = fault.New(kind, "casework.form", "count", 1).With(fault.New(kind, "fault.not_found").At("paid_rial"))
		w := post(h, "/cases/c1/act/pay", typed.Encode(), "Role", "bank.branch")
		if body := w.Body.String(); w.Code != status || !strings.Contains(body, `value="۸۵٬۰۰۰٬۰۰۰٬۰۰۰"`) || !strings.Contains(body, "با فیش</textarea>") {
			t.Errorf("%s: %d, typed values lost", kind, w.Code)
		}
	}
	b.fault = nil
	if w := post(h, "/cases/c1/act/pay", form("_shown", "paid_rial").Encode(), "Role", "bank.branch"); w.Code != 422 || !strings.Contains(w.Body.String(), `href="#f-paid_rial"`) {
		t.Errorf("an empty hard question: %d", w.Code)
	}
}

func TestATableGrowsAndShrinksByPostingAndLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.view = func() *casework.View { return b.sample("draft") }
	_, h := newServer(t, b.config)
	rows := []string{"_shown", "use_plan", "use_plan.0.item", "نخ", "use_plan.0.amount", "۱۰", "use_plan.1.item", "رنگ", "use_plan.1.amount", "20", "_shown", "expected_effect", "expected_effect", "بهتر"}
	for button, want := range map[string]int{"_add": 3, "_remove": 1} {
		v := form(rows...)
		v.Set(button, map[string]string{"_add": "use_plan", "_remove": "use_plan.0"}[button])
		w := post(h, "/cases/c1/apply/use", v.Encode(), "Role", "unit.ceo")
		body := w.Body.String()
		if n := strings.Count(body, `name="_remove"`); w.Code != 200 || n != want || !strings.Contains(body, `value="رنگ"`) || !strings.Contains(body, "بهتر</textarea>") {
			t.Errorf("%s: %d with %d rows, want %d", button, w.Code, n, want)
		}
	}
	if b.sent != nil {
		t.Error("a row was added by an act of the case")
	}
}

func TestASoftQuestionIsAskedOnceMoreThenLeftOpen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.view = func() *casework.View { return b.sample("draft") }
	_, h := newServer(t, b.config)
	v := form("_shown", "overdue_debt_rial", "overdue_debt_rial", "")
	if w := post(h, "/cases/c1/apply/standing", v.Encode(), "Role", "unit.ceo"); w.Code != 422 || !strings.Contains(w.Body.String(), `name="_asked" value="overdue_debt_rial"`) {
		t.Fatalf("first: %d", w.Code)
	}
	v.Add("_asked", "overdue_debt_rial")
	if w := post(h, "/cases/c1/apply/standing", v.Encode(), "Role", "unit.ceo"); w.Code != 303 {
		t.Errorf("second: %d", w.Code)
	}
}

func TestATenfoldAmountIsAskedAboutBeforeFiling(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.view = func() *casework.View {
		v := b.sample("draft")
		for i := range v.Actions {
			if f := v.Actions[i].Form; f != nil && len(f.Pages) > 1 {
				f.Pages[0].Fields[2].Fact.Value = int64(8_500_000_000) // toman for rial: the uses sum to ten times it
			}
		}
		return v
	}
	_, h := newServer(t, b.config)
	v := form()
	if w := post(h, "/cases/c1/check", v.Encode(), "Role", "unit.ceo"); w.Code != 422 || !strings.Contains(w.Body.String(), `href="#sure"`) || b.sent != nil {
		t.Fatalf("%d, filed %v", w.Code, b.sent)
	}
	v.Set("sure", "1")
	if w := post(h, "/cases/c1/check", v.Encode(), "Role", "unit.ceo"); w.Code != 303 || w.Header().Get("Location") != "/cases/c1/receipt" {
		t.Errorf("said sure: %d", w.Code)
	}
	b.view = func() *casework.View { return b.sample("draft") }
	if w := get(h, "/cases/c1/check", "Role", "unit.ceo"); strings.Contains(w.Body.String(), `id="sure"`) {
		t.Error("a right amount is doubted")
	}
}

func TestFilesOfACaseAreSentOnlyWhereTheyAreSeen(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, newBench(t).config)
	if w := get(h, "/cases/c1/files/"+strings.Repeat("cd", 32), "Role", "dir.expert"); w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") || !strings.HasSuffix(w.Header().Get("Content-Security-Policy"), "; sandbox") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("a seen file: %d %v", w.Code, w.Header())
	}
	if w := get(h, "/cases/c1/files/"+strings.Repeat("00", 32), "Role", "dir.expert"); w.Code != 404 {
		t.Errorf("an unseen file: %d", w.Code)
	}
}

func TestAPageWithoutItsPartSaysSo(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, nil)
	for _, pg := range deskPages {
		if w := get(h, pg.path, "Role", pg.role); w.Code != http.StatusServiceUnavailable && pg.path != "/switch" {
			t.Errorf("%s: %d, want 503", pg.path, w.Code)
		}
	}
}

// A draft that an officer opens speaks for the role the procedure names, not for one the page knows by heart.
func TestADraftIsOpenedForTheRoleOfTheOffer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, h := newServer(t, b.config)
	w := post(h, "/apply/referral", "_key="+httpkit.NewKey()+"&unit=u1&for=unit.rep&behalf=paper", "Role", "dir.expert")
	if w.Code != http.StatusSeeOther || b.sent == nil || b.sent.OnBehalf == nil || b.sent.OnBehalf.Role != "unit.rep" {
		t.Errorf("%d, sent %+v", w.Code, b.sent)
	}
}
