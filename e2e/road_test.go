package e2e

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"rahgosha/e2e/harness"
)

// road is a sample province of its own whose days run ahead, each time by starting it anew on a later day.
type road struct {
	bin, data string
	server    *harness.Server
	start     time.Time
	ahead     time.Duration
}

func newRoad(t *testing.T) *road {
	t.Helper()
	r := &road{bin: harness.Binary(t), data: sample(t), start: time.Now()}
	t.Cleanup(func() {
		if r.server != nil {
			if err := r.server.Stop(); err != nil {
				t.Error(err)
			}
		}
	})
	r.serve(t)
	return r
}

func (r *road) serve(t *testing.T) {
	t.Helper()
	server, err := harness.Launch(r.bin, append(demoArgs(r.data), "--ahead", r.ahead.String())...)
	if err != nil {
		t.Fatal(err)
	}
	r.server = server
}

// until starts the province anew as it stands at an instant; one that is past changes nothing.
func (r *road) until(t *testing.T, at time.Time) {
	t.Helper()
	ahead := at.Sub(r.start).Truncate(time.Second)
	if ahead <= r.ahead {
		return
	}
	if err := r.server.Stop(); err != nil {
		t.Fatal(err)
	}
	r.ahead = ahead
	r.serve(t)
}

// today is the road's day as people write it here.
func (r *road) today(t *testing.T) string {
	t.Helper()
	return solar(t, time.Now().Add(r.ahead))
}

// traveller walks the road with one request, at one width and in one language.
type traveller struct {
	width  int64
	lang   string
	base   string // the request's address
	number string
	o      *office
	r      *road
	people map[string]*harness.Page
}

// as gives the page of a login in the traveller's manner.
func (v *traveller) as(login string) *harness.Page {
	v.o.t.Helper()
	if p := v.people[login]; p != nil {
		return p
	}
	p := v.o.as(login)
	p.View(v.width, "light")
	p.SetCookies(map[string]string{"lang": v.lang})
	v.people[login] = p
	return p
}

// on waits until an action is offered, for what the worker does takes a moment, and takes it.
func (v *traveller) on(at, login, action string, fill func(p *harness.Page)) {
	v.o.t.Helper()
	p := v.as(login)
	link := fmt.Sprintf("main a[href=%q]", at+"/act/"+action)
	v.see(login, at, func() bool { return p.Count(link) > 0 }, action)
	v.o.act(p, at, action, func() {
		if fill != nil {
			fill(p)
		}
	})
}

func (v *traveller) does(login, action string, fill func(p *harness.Page)) {
	v.o.t.Helper()
	v.on(v.base, login, action, fill)
}

// see opens a page until it shows what is wanted; then it holds the page to axe and to its width.
func (v *traveller) see(login, at string, shows func() bool, what string) {
	v.o.t.Helper()
	p := v.as(login)
	for range 240 { // a minute, as for every action
		if p.Open(at); shows() {
			if n := p.SidewaysScroll(); n != 0 {
				v.o.t.Errorf("%s of %s scrolls %d px sideways", at, login, n)
			}
			return
		}
		time.Sleep(250 * time.Millisecond)
	}
	v.o.t.Fatalf("%s does not see %s at %s: %s", login, what, at, p.Text("main"))
}

// closed says whether an action is kept from who looks at a case.
func (v *traveller) closed(login, action string) {
	v.o.t.Helper()
	p := v.as(login)
	p.Open(v.base)
	if p.Count(fmt.Sprintf("main a[href=%q]", v.base+"/act/"+action)) > 0 {
		p.Open(v.base + "/act/" + action)
		if s := p.Follow("#act-form .main-act"); s != http.StatusForbidden && s != http.StatusUnprocessableEntity {
			v.o.t.Errorf("%s may %s: status %d", login, action, s)
		}
	}
}

// due is when a running clock of the case ends, by its title in Persian and English.
func (v *traveller) due(fa, en string) time.Time {
	v.o.t.Helper()
	p := v.as("dir.expert")
	p.Open(v.base)
	raw := harness.Eval[string](p, fmt.Sprintf(`(() => { const li = [...document.querySelectorAll('[aria-labelledby="clocks-h"] li')].filter(l => l.innerText.includes(%q) || l.innerText.includes(%q)).pop(); return li ? li.querySelector("time").dateTime : "" })()`, fa, en))
	at, err := time.ParseInLocation(time.DateOnly, strings.SplitN(raw, "T", 2)[0], tehran)
	if err != nil {
		v.o.t.Fatalf("the clock %q shows no day (%q): %s", en, raw, p.Text("main"))
	}
	return at
}

// quiet wants no complaint of the browsers but of the refusals that the road asks for.
func (v *traveller) quiet() {
	v.o.t.Helper()
	for login, p := range v.people {
		for _, said := range p.Problems() {
			if !strings.Contains(said, "status of 422") && !strings.Contains(said, "status of 403") {
				v.o.t.Errorf("the browser of %s complains: %s", login, said)
			}
		}
	}
}

// note writes the reason that an action wants.
func note(text string) func(p *harness.Page) {
	return func(p *harness.Page) { p.Fill("#note", text) }
}

func cites(condition string) func(p *harness.Page) {
	return func(p *harness.Page) { p.Click(fmt.Sprintf("input[name=%q][value=%q]", "cites", condition)) }
}

// The whole road of a referral in a browser, twice on the same days: on a phone in Persian and on a desk in English. A slip
// of toman, a red cheque refused, appealed and remedied, a letter "not received", a silent branch, the working group, a
// silent month, the board, a payment that the unit saw otherwise, and figures that agree.
func TestTheWholeRoad(t *testing.T) {
	t.Parallel()
	r := newRoad(t)
	walk := []*traveller{{width: harness.Phone, lang: "fa"}, {width: harness.Desk, lang: "en"}}
	each := func(name string, step func(v *traveller)) {
		for _, v := range walk {
			ok := t.Run(name+" "+v.lang, func(t *testing.T) {
				v.o, v.r = officeAt(t, r.server.URL), r
				v.people = map[string]*harness.Page{}
				step(v)
				v.quiet()
			})
			if !ok {
				t.FailNow()
			}
		}
	}
	each("applied", (*traveller).applied)
	each("refused and appealed", (*traveller).refusedAndAppealed)
	each("not received", (*traveller).notReceived)

	each("a closing that morning", (*traveller).closing)
	each("a silent branch", (*traveller).reminded)
	each("on the agenda", (*traveller).onTheAgenda)
	t.Run("working group", func(t *testing.T) { convene(t, r, walk) })
	each("noticed", (*traveller).noticed)

	each("board", (*traveller).board)
	each("paid", (*traveller).paid)
	each("figures", (*traveller).figures)
}

func (v *traveller) applied() {
	unit := v.as(firm)
	v.base = v.o.draft(unit, request{amount: "۲۰۰٬۰۰۰٬۰۰۰", uses: amount, cheque: "R"}) // toman written for rial
	if s := unit.Follow("main form .main-act"); s != http.StatusUnprocessableEntity {
		v.o.t.Errorf("a slip of toman is filed without an answer: status %d", s)
	}
	unit.Open(v.base + "/apply/request")
	unit.Fill("#f-amount_rial", amount)
	v.o.next(unit)
	unit.Open(v.base + "/check")
	v.number = v.o.submit(unit)
	v.does("dir.expert", "accept_documents", nil)
	v.recommend()
}

func (v *traveller) recommend() {
	v.o.t.Helper()
	v.does("dir.expert", "recommend", func(p *harness.Page) {
		p.Fill("#f-opinion", "شرط‌ها سنجیده شد.")
		p.Fill("#f-minutes_no", "۱۲/۳")
		p.Fill("#f-minutes_date", v.r.today(v.o.t))
	})
}

func (v *traveller) refusedAndAppealed() {
	v.does("dir.deputy", "refuse", cites("C7"))
	v.does(firm, "appeal", func(p *harness.Page) { p.Fill("#f-appeal_text", "چک در حال رفع سوء اثر است.") })
	v.closed("dir.deputy", "overturn")
	v.does("dir.head", "overturn", note("مهلت رفع سوء اثر داده می‌شود."))
	v.recommend()
	v.does("dir.dg", "approve_conditional", cites("C7"))
	v.does(firm, "meet", func(p *harness.Page) {
		p.Click(radio("cheque_colour", "W"))
		p.Fill("#f-cheque_read_on", v.r.today(v.o.t))
	})
	v.recommend()
	v.does("dir.dg", "approve", nil)
	v.does("dir.dg", "sign", nil)
}

// notReceived is scenario 4 of the domain: the dispatch receipt answers a letter "not received".
func (v *traveller) notReceived() {
	v.closed("bank.branch", "say_not_received")
	v.does("dir.registry", "dispatch", func(p *harness.Page) {
		p.Fill("#f-dispatch_no", "۱۴۰۵/۷۷")
		p.Fill("#f-dispatched_on", v.r.today(v.o.t))
		p.Click(radio("dispatch_way", "courier"))
		p.Attach("#f-dispatch_receipt", v.o.paper("رسید ارسال.pdf"))
	})
	v.does("bank.branch", "receive", func(p *harness.Page) { p.Fill("#f-bank_file_no", "۷۷") })
	v.does("bank.branch", "say_not_received", nil)
	if said := v.as("bank.branch").Text("main"); !strings.Contains(said, "1405/77") && !strings.Contains(said, "۱۴۰۵/۷۷") {
		v.o.t.Errorf("the branch is not shown the dispatch: %s", said)
	}
}

const (
	lateFA, lateEN     = "تأخیر رسید شعبه", "late receipt"
	silentFA, silentEN = "سکوت شعبه", "a branch silent"
	monthFA, monthEN   = "مهلت یک‌ماههٔ قانونی", "statutory month"
)

// closing is scenario 3: on the morning of the fifth working day that very day is closed, and the reminder waits for the
// next one. The two travellers close it once.
func (v *traveller) closing() {
	day := v.due(lateFA, lateEN)
	if v.lang != "fa" {
		return
	}
	v.r.until(v.o.t, day.Add(7*time.Hour))
	v.o.url, v.people = v.r.server.URL, map[string]*harness.Page{}
	admin := v.as("admin")
	admin.Open("/admin/calendar")
	admin.Fill("#date", solar(v.o.t, day))
	admin.Fill("#reason", "آلودگی هوا")
	admin.Fill("#source", "بخشنامهٔ استانداری")
	v.o.next2(admin, "main form .main-act")
	if n := admin.Count("main .codes li"); n == 0 {
		v.o.t.Errorf("the forecast names no case whose deadline moves: %s", admin.Text("main"))
	}
	v.o.next2(admin, `button[value="confirm"]`)
	if after := v.due(lateFA, lateEN); !after.After(day) {
		v.o.t.Errorf("the closing of %v moved no deadline: %v", day, after)
	}
}

// reminded finds the reminder fallen on the moved day, and not before.
func (v *traveller) reminded() {
	day := v.due(lateFA, lateEN)
	expert := v.as("dir.expert")
	late := fmt.Sprintf(`[...document.querySelectorAll('[aria-labelledby="clocks-h"] li')].some(l => (l.innerText.includes(%q) || l.innerText.includes(%q)) && l.querySelector(".pill.bad"))`, lateFA, lateEN)
	if v.r.ahead < day.Sub(v.r.start) {
		expert.Open(v.base)
		if harness.Eval[bool](expert, late) {
			v.o.t.Error("the reminder fell before its day")
		}
	}
	v.r.until(v.o.t, day.Add(25*time.Hour))
	v.o.url, v.people = v.r.server.URL, map[string]*harness.Page{}
	expert = v.as("dir.expert")
	v.see("dir.expert", v.base, func() bool { return harness.Eval[bool](expert, late) }, "the reminder")
}

func (v *traveller) onTheAgenda() {
	if day := v.due(silentFA, silentEN); v.lang == "fa" {
		v.r.until(v.o.t, day.Add(49*time.Hour))
		v.o.url, v.people = v.r.server.URL, map[string]*harness.Page{}
	}
	sec := v.as("council.sec")
	v.see("council.sec", v.base, func() bool {
		said := sec.Text("main")
		return strings.Contains(said, "کارگروه تسهیل") || strings.Contains(said, "working group")
	}, "the working group")
}

// convene holds a session of the working group over all that waits for it. A member with a declared conflict does not sign
// (scenario 20).
func convene(t *testing.T, r *road, walk []*traveller) {
	v := &traveller{width: harness.Desk, lang: "fa", r: r, people: map[string]*harness.Page{}, o: officeAt(t, r.server.URL)}
	sec := v.as("council.sec")
	sec.Open("/apply")
	sec.Follow(`form[action="/apply/working-group"] button`)
	session := strings.SplitN(strings.SplitN(sec.Path(), "?", 2)[0], "/apply", 2)[0]
	v.on(session, "council.sec", "convene", func(p *harness.Page) { p.Fill("#f-held_on", r.today(t)) })
	sec.Open(session)
	for _, w := range walk {
		if sec.Count(fmt.Sprintf("main a[href=%q]", w.base)) == 0 {
			t.Errorf("%s is not on the agenda: %s", w.number, sec.Text("main"))
		}
	}
	v.on(session, "council.sec", "decide", func(p *harness.Page) {
		for i := 1; p.Count(radio(fmt.Sprintf("session.%d", i), "resolve")) > 0; i++ {
			p.Click(radio(fmt.Sprintf("session.%d", i), "resolve"))
			p.Fill(fmt.Sprintf("[name=%q]", fmt.Sprintf("session.%d.note", i)), "بانک تا یک ماه پاسخ دهد")
		}
	})
	v.on(session, "council.member", "declare_conflict", func(p *harness.Page) { p.Fill("#f-conflict", "سهام‌دار یکی از واحدها هستم.") })
	member := &traveller{width: v.width, lang: v.lang, base: session, o: v.o, r: r, people: v.people}
	member.closed("council.member", "sign")
	v.on(session, "dir.deputy", "sign", nil)
	v.on(session, "dir.dg", "sign", nil)
	v.quiet()
}

// noticed finds the statutory month running after the notice of the resolution.
func (v *traveller) noticed() {
	bank := v.as("bank.branch")
	v.see("bank.branch", v.base, func() bool {
		said := bank.Text("main")
		return strings.Contains(said, monthFA) || strings.Contains(said, monthEN)
	}, "the statutory month")
}

// board is scenario 5: a month after the notice, without payment or reasons, the board's case stands open by itself.
func (v *traveller) board() {
	if day := v.due(monthFA, monthEN); v.lang == "fa" {
		v.r.until(v.o.t, day.Add(49*time.Hour))
		v.o.url, v.people = v.r.server.URL, map[string]*harness.Page{}
	}
	sec := v.as("council.sec")
	const child = `[aria-labelledby="kids-h"] a[href^="/cases/"]`
	v.see("council.sec", v.base, func() bool { return sec.Count(child) > 0 }, "the board's case")
	board := harness.Eval[string](sec, fmt.Sprintf(`document.querySelector(%q).getAttribute("href")`, child))
	v.on(board, "council.sec", "no_reasons", nil)
	v.on(board, "council.sec", "rule", func(p *harness.Page) {
		p.Fill("#f-met_on", v.r.today(v.o.t))
		p.Click(radio("decided", "oblige"))
		p.Fill("#f-ruling", "بانک باید بپردازد.")
	})
	v.on(board, "dir.deputy", "sign", nil)
	v.on(board, "dir.dg", "sign", nil)
	v.does("council.sec", "board_oblige", nil)
}

func (v *traveller) paid() {
	v.does("bank.branch", "record_contract", func(p *harness.Page) { p.Fill("#f-contracted_rial", amount) })
	v.does("bank.branch", "pay", func(p *harness.Page) {
		p.Fill("#f-paid_rial", amount)
		p.Fill("#f-paid_on", v.r.today(v.o.t))
		p.Fill("#f-deposit_kept_rial", "۰")
	})
	v.does(firm, "differ_payment", func(p *harness.Page) {
		p.Fill("#f-unit_paid_rial", "۱٬۸۰۰٬۰۰۰٬۰۰۰")
		p.Fill("#f-unit_paid_on", v.r.today(v.o.t))
		p.Attach("#f-doc_statement", v.o.paper("گردش حساب.pdf"))
	})
	v.does("dir.expert", "settle_payment", func(p *harness.Page) {
		p.Fill("#f-settled_rial", "۱٬۸۰۰٬۰۰۰٬۰۰۰")
		p.Fill("#f-settled_on", v.r.today(v.o.t))
		p.Fill("#f-settled_why", "گردش حساب")
	})
	v.does(firm, "confirm_payment", nil)
}

// figures opens the list behind the funnel's last step and finds the request in it.
func (v *traveller) figures() {
	dg := v.as("dir.dg")
	const paid = `[aria-labelledby="funnel-h"] tbody tr:last-child a[href^="/cases"]`
	v.see("dir.dg", "/picture", func() bool { return dg.Count(paid) > 0 }, "the funnel")
	if s := dg.Follow(paid); s != http.StatusOK {
		v.o.t.Fatalf("the funnel's list answers %d", s)
	}
	if dg.Count(fmt.Sprintf("main a[href=%q]", v.base)) == 0 {
		dg.Open(dg.Path() + "&q=" + v.number)
	}
	if said := dg.Text("main"); dg.Count(fmt.Sprintf("main a[href=%q]", v.base)) == 0 {
		v.o.t.Errorf("the funnel's last step does not hold %s: %s", v.number, said)
	}
}

// next2 follows a button and wants a page that is well.
func (o *office) next2(p *harness.Page, css string) {
	o.t.Helper()
	if s := p.Follow(css); s != http.StatusOK {
		o.t.Fatalf("status %d at %s: %s", s, p.Path(), errorsOn(p))
	}
}

var tehran = time.FixedZone("Tehran", 12600)

// solar is a day as people write it here: solar, with slashes.
func solar(t *testing.T, at time.Time) string {
	t.Helper()
	out, err := exec.Command(harness.Binary(t), "convert", "date", at.In(tehran).Format(time.DateOnly)).Output()
	if err != nil {
		t.Fatalf("convert date %s: %v", at, err)
	}
	return strings.TrimSpace(string(out))
}
