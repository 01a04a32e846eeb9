package app_test

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/sheet"
)

// The sheets as an office keeps them: Persian digits, titles above the headings, columns in any order, totals at the end.
const (
	contractsSheet = `قراردادهای صادرات خدمات,,,,,,,,
کشور,شماره قرارداد,رسته خدمت,کارفرما,شناسه ملی,مبلغ قرارداد,ارز,تاریخ امضا,سهم کالا
IRQ,ق-۱۰۱,TS02,شرکت نور دجله,۹۹۲۳۸۰۴۴۸۱۹,۱۰٬۰۰۰٬۰۰۰,دلار,۱۴۰۳/۱۲/۰۱,۲٬۰۰۰٬۰۰۰
ARE,ق-۱۰۲,طراحی پارچه، لباس و چرم,بازرگانی خلیج,99238044819,۳٫۶ میلیون,درهم امارات,۱۴۰۴/۰۲/۱۰,
جمع,,,,,,,,
`
	statementsSheet = `شماره قرارداد,شماره صورت وضعیت,از تاریخ,تا تاریخ,تاریخ صورت وضعیت,مبلغ کارکرد
ق-۱۰۱,۱,۱۴۰۴/۰۱/۰۱,۱۴۰۴/۰۳/۳۱,۱۴۰۴/۰۴/۱۰,۳٬۰۰۰٬۰۰۰
ق-۱۰۲,۱,۱۴۰۴/۰۲/۱۵,۱۴۰۴/۰۳/۳۱,۱۴۰۴/۰۴/۰۵,"1,836,250"
ق-۱۰۱,۰,۱۴۰۳/۱۲/۰۵,۱۴۰۳/۱۲/۲۹,۱۴۰۴/۰۱/۲۰,۵۰۰٬۰۰۰
ق-۱۰۱,۲,۱۴۰۴/۰۴/۰۱,۱۴۰۴/۰۶/۳۱,۱۴۰۴/۰۷/۱۰,۱٬۵۰۰٬۰۰۰
`
	equipmentSheet = "شماره قرارداد,بابت صورت وضعیت,شماره کوتاژ,تاریخ اظهارنامه,کد تعرفه,مبلغ تجهیزات\nق-۱۰۱,۱,۵۵۰۱۲۳,۱۴۰۴/۰۲/۰۱,84460000,1000000\n"
	receiptsSheet  = "شماره قرارداد,شماره رسید,تاریخ وصول,مبلغ وصولی\nق-۱۰۱,ر-۱,۱۴۰۴/۰۵/۰۱,3500000\n"
	ratesSheet     = "ارز,روز,واحد در هر دلار,منبع\nAED,۱۴۰۴/۰۴/۰۳,3.6725,مرکز مبادله\nAED,۱۴۰۴/۰۸/۰۱,4,مرکز مبادله\n"
	figuresSheet   = "نام رقم,مبلغ,تا تاریخ,منبع\nservices,10 میلیون,1404/12/29,سازمان توسعهٔ تجارت\ntes_country,50 میلیون,1404/12/29,سازمان توسعهٔ تجارت\ntarget,5 میلیون,1404/12/29,برنامهٔ سال\ntarget_contracts,4,1404/12/29,برنامهٔ سال\n"
)

// take imports a sheet into the world's register by the operator and gives what became of it.
func (w *world) takeServices(t testing.TB, kind services.Kind, text string) services.Outcome {
	t.Helper()
	rows, err := sheet.Read("sheet.csv", strings.NewReader(text))
	must(t, err)
	out, err := w.Services.Import(t.Context(), services.Sheet{Province: w.Province, File: "sheet.csv", By: "cli", Kind: kind, Rows: rows, Scale: 1,
		Firms: nil})
	must(t, err)
	return out
}

// waitingOf gives the ids of what waits.
func (w *world) waitingOf(t testing.TB) (out []string) {
	t.Helper()
	g, err := w.Services.Read(t.Context(), w.Province, "")
	must(t, err)
	for _, r := range g.Records {
		if r.State == services.Submitted {
			out = append(out, r.ID)
		}
	}
	return out
}

// loadServices takes all sheets in and approves them but for the statement that is left.
func (w *world) loadServices(t testing.TB, left string) {
	t.Helper()
	for _, x := range []struct {
		kind services.Kind
		text string
		rows int
	}{{services.Contract, contractsSheet, 2}, {services.Statement, statementsSheet, 4}, {services.Equipment, equipmentSheet, 1}, {services.Receipt, receiptsSheet, 1},
		{services.Rate, ratesSheet, 2}, {services.Figure, figuresSheet, 4}} {
		if out := w.takeServices(t, x.kind, x.text); out.Landed != x.rows || out.BadRows() != 0 {
			t.Fatalf("%s: %+v", x.kind, out)
		}
		if out := w.takeServices(t, x.kind, x.text); out.Landed != 0 || out.Same != x.rows {
			t.Fatalf("%s given again: %+v", x.kind, out)
		}
	}
	g, err := w.Services.Read(t.Context(), w.Province, "")
	must(t, err)
	var ids []string
	for _, r := range g.Records {
		if r.State == services.Submitted && !(r.Kind == services.Statement && r.Number == left) {
			ids = append(ids, r.ID)
		}
	}
	must(t, w.Services.Decide(t.Context(), services.Decision{Province: w.Province, State: services.Approved, By: "dir.expert"}, ids))
}

// Worked out by hand. Of 1404 two statements are approved: 3,000,000 USD, of which customs declared 1,000,000, and 1,836,250 AED at
// the 3.6725 of two days before, 500,000 USD: together 2,500,000. Goods are 7,500,000. So A is 2.5 of 10, B 2.5 of 17.5, C 2.5 of
// 10, P 2.5 of 50, D2 2.5 of 5, D3 the one contract signed in 1404 of 4. Work of 1403 is 500,000: growth is 4. The third statement
// of 1404 waits.
func TestTheShareByEachDefinitionIsThatOfPaper(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.loadServices(t, "۲")
	w.loadTrade(t, plainWorld, "57020010,1000\n")
	g, err := w.Services.Read(t.Context(), w.Province, "")
	must(t, err)
	year, err := services.YearTo(1404, "")
	must(t, err)
	customs := services.Declared{"550123": 1e6}
	shares := func(g *services.Register, customs services.Declared) map[services.Variant]services.Share {
		list, err := g.Shares(year, &services.Goods{Cents: 750_000_000, Title: "customs"}, customs)
		must(t, err)
		out := map[services.Variant]services.Share{}
		for _, s := range list {
			out[s.Variant] = s
		}
		return out
	}
	law := func(g *services.Register) func(testing.TB) {
		return func(t testing.TB) {
			all := shares(g, customs)
			for v, c := range map[services.Variant]struct {
				over, under int64
				ratio       float64
			}{
				services.OfGoods: {250_000_000, 1_000_000_000, 0.25}, services.OfAll: {250_000_000, 1_750_000_000, 2.5 / 17.5}, services.OfServices: {250_000_000, 1_000_000_000, 0.25},
				services.OfCountry: {250_000_000, 5_000_000_000, 0.05}, services.OfTarget: {250_000_000, 500_000_000, 0.5}, services.OfContracts: {1, 4, 0.25},
				services.Growth: {250_000_000, 50_000_000, 4},
			} {
				if s := all[v]; s.Over != c.over || s.Under != c.under || math.Abs(s.Ratio-c.ratio) > 1e-12 || len(s.Lacks) > 0 {
					t.Errorf("%s is %d of %d, %v, lacks %v; want %+v", v, s.Over, s.Under, s.Ratio, s.Lacks, c)
				}
			}
			// 3,500,000 received cover the statements of 500,000 and 3,000,000, of which 2,000,000 are services
			if s := all[services.OfGoods]; s.Paid != 200_000_000 || s.Statements != 2 || s.Firms != 1 || s.UnapprovedLeft != 1 {
				t.Errorf("behind A stand %+v", s)
			}
		}
	}
	law(g)(t)
	plant := func(change func(r *services.Record)) *services.Register {
		all := append([]services.Record{}, g.Records...)
		for i := range all {
			change(&all[i])
		}
		return services.NewRegister(all)
	}
	control.Finds(t, "A is 350000000 of 1100000000", law(plant(func(r *services.Record) { // equipment counted here and in goods
		if r.Kind == services.Equipment {
			r.State = services.Refused
		}
	})))
	control.Finds(t, "A is 400000000 of 1150000000", law(plant(func(r *services.Record) { // a statement that nobody approved
		if r.State == services.Submitted {
			r.State = services.Approved
		}
	})))
	control.Finds(t, "A is 245906250 of 995906250", law(plant(func(r *services.Record) { // the rate of another day: 1,836,250 / 4 is 459,062.50
		if r.Kind == services.Rate {
			r.PerUSD = 4_000_000
		}
	})))

	// what is not loaded is not known
	empty, err := services.NewRegister(nil).Shares(year, nil, nil)
	must(t, err)
	for _, s := range empty {
		if !math.IsNaN(s.Ratio) || len(s.Lacks) == 0 {
			t.Errorf("of nothing %s is %v, lacks %v", s.Variant, s.Ratio, s.Lacks)
		}
	}
	for _, it := range g.Work(year, customs) {
		if it.Statement.Number == "۱" && it.Goods > 0 && strings.Join(it.Flags, " ") != services.FlagIsDeclared {
			t.Errorf("the declaration on the customs sheet is flagged %v", it.Flags)
		}
	}
	for want, sheet := range map[string]services.Declared{services.FlagUnknown: {"7": 1}, services.FlagNoCustoms: nil} {
		found := false
		for _, it := range g.Work(year, sheet) {
			found = found || strings.Contains(strings.Join(it.Flags, " "), want)
		}
		if !found {
			t.Errorf("nothing is flagged %s", want)
		}
	}
	if got := w.kindsIn(t, "services"); strings.Count(got, "services.entered") != 14 || strings.Count(got, "services.approved") != 13 {
		t.Errorf("the journal holds %q", got)
	}
	w.untouched(t)
}

// A sheet's bad rows come back with line and column; a row that says something else of what stands does not change it.
func TestBadRowsOfServicesComeBack(t *testing.T) {
	t.Parallel()
	l := loading{t, t.TempDir()}
	run1 := func(want string, code int, file, kind string, more ...string) {
		t.Helper()
		got, out := run(t, append([]string{"--lang", "en", "import", "services", file, "--kind", kind, "--data", l.dir}, more...)...)
		if got != code || !strings.Contains(out, want) {
			t.Errorf("%s: %d %s, want %q", kind, got, out, want)
		}
	}
	file := table(t, "contracts.csv", contractsSheet)
	run1("2 rows read: 2 are good", 0, file, "contract", "--dry-run")
	run1("2 rows read: 2 entered", 0, file, "contract")
	run1("was read as 10000000.00 USD", 0, table(t, "again.csv", strings.ReplaceAll(contractsSheet, "ق-", "ک-")), "contract")
	run1("2 stood there as they are", 0, file, "contract")
	run1("4\tشماره قرارداد\tNumber ق-۱۰۲ stands in the register already", 0, table(t, "other.csv", strings.Replace(contractsSheet, "۳٫۶ میلیون", "۳٫۷ میلیون", 1)), "contract")
	run1("3\tرسته خدمت\tThe category \"TS20\" is not known", 0, table(t, "category.csv", strings.Replace(strings.ReplaceAll(contractsSheet, "ق-", "س-"), "TS02", "TS20", 1)), "contract")
	run1("4\tمبلغ قرارداد\t", 0, table(t, "amount.csv", strings.Replace(strings.ReplaceAll(contractsSheet, "ق-", "س-"), "۳٫۶ میلیون", `"12,5"`, 1)), "contract")
	run1("2\tشماره قرارداد\tThe register has no contract", 0, table(t, "none.csv", "شماره قرارداد,شماره رسید,تاریخ وصول,مبلغ وصولی\nق-۹,۱,۱۴۰۴/۰۵/۰۱,35\n"), "receipt")
	run1("No row of headings", 1, table(t, "heads.csv", "a,b\n1,2\n"), "receipt")
	run1("is not known", 1, file, "anything")
	run1("Give one, thousand or million", 1, file, "contract", "--amount-unit", "toman")
	run1("read as 3500.00 USD", 0, table(t, "thousand.csv", "شماره قرارداد,شماره رسید,تاریخ وصول,مبلغ وصولی (هزار دلار)\nق-۱۰۱,۱,۱۴۰۴/۰۵/۰۱,۳٫۵\n"), "receipt")
	a, err := app.Open(t.Context(), app.Config{Data: l.dir})
	must(t, err)
	defer func() { must(t, a.Close()) }()
	g, err := a.Services.Read(t.Context(), a.Province, "")
	must(t, err)
	for _, c := range g.Things(services.Contract, "") {
		if c.Current() != nil {
			t.Errorf("contract %s counts though nobody approved it", c.Shown().Contract)
		}
	}
}

// A unit's people enter their own contract and see nothing of another's; an officer approves it, not the one who entered; a
// correction keeps the former version; whoever has no right sees neither the register nor a client.
func TestAnotherPersonApprovesWhatAFirmEntered(t *testing.T) { onBoth(t, approvesWhatAFirmEntered) }

func approvesWhatAFirmEntered(t *testing.T, w *world) {
	ceo, expert, head := enter(t, w.App, "unit.ceo", password), enter(t, w.App, "dir.expert", password), enter(t, w.App, "dir.head", password)
	contract := url.Values{"contract": {"A-7"}, "client": {"Zagros Energy"}, "country": {"IRQ"}, "category": {"TS04"}, "currency": {"USD"}, "amount": {"۲ میلیون"}, "on": {"1404/01/20"}}
	post := func(b *browser, path string, form url.Values, code int) string {
		t.Helper()
		out := b.send(http.MethodPost, path, form)
		want(t, code, out.Code, path)
		return out.Header().Get("Location")
	}
	post(ceo, "/trade/services/enter/contract", url.Values{"contract": {"A-7"}}, http.StatusUnprocessableEntity)
	at := post(ceo, "/trade/services/enter/contract", contract, http.StatusSeeOther)
	at, _, _ = strings.Cut(at, "?")
	id := strings.TrimPrefix(at, "/trade/services/contracts/")
	post(ceo, "/trade/services/enter/contract", contract, http.StatusUnprocessableEntity) // twice
	post(ceo, "/trade/services/enter/statement", url.Values{"of": {id}, "number": {"1"}, "from": {"1404/01/21"}, "to": {"1404/02/31"}, "on": {"1404/03/05"}, "amount": {"400000"}}, http.StatusSeeOther)
	post(ceo, "/trade/services/enter/rate", url.Values{"currency": {"EUR"}, "on": {"1404/03/05"}, "rate": {"0.9"}, "source": {"x"}}, http.StatusForbidden)
	ids := w.waitingOf(t)
	post(ceo, "/trade/services/decide", url.Values{"do": {"approved"}, "record": ids}, http.StatusForbidden)
	post(expert, "/trade/services/decide", url.Values{"do": {"approved"}, "record": ids[1:]}, http.StatusUnprocessableEntity) // the contract first
	post(expert, "/trade/services/decide", url.Values{"do": {"refused"}, "record": ids}, http.StatusUnprocessableEntity)      // without a word
	post(expert, "/trade/services/decide", url.Values{"do": {"approved"}, "record": ids}, http.StatusSeeOther)
	fix := url.Values{}
	for k, v := range contract {
		fix[k] = v
	}
	fix.Set("corrects", id)
	fix.Set("amount", "2,100,000")
	post(expert, "/trade/services/enter/contract", fix, http.StatusUnprocessableEntity) // without a reason
	fix.Set("reason", "the annex of Khordad")
	post(expert, "/trade/services/enter/contract", fix, http.StatusSeeOther)
	correction := w.waitingOf(t)
	post(expert, "/trade/services/decide", url.Values{"do": {"approved"}, "record": correction}, http.StatusUnprocessableEntity) // own entry
	page := func(b *browser, path string, code int) string {
		t.Helper()
		out := b.send(http.MethodGet, path, nil)
		want(t, code, out.Code, path)
		return out.Body.String()
	}
	if got := page(head, at, http.StatusOK); !strings.Contains(got, "2,000,000 US dollar") || !strings.Contains(got, "A version of this contract waits") {
		t.Errorf("while a correction waits: %s", got)
	}
	must(t, w.Services.Decide(t.Context(), services.Decision{Province: w.Province, State: services.Approved, By: "another"}, correction))
	got := page(expert, at, http.StatusOK)
	for _, words := range []string{"2,100,000 US dollar", "2,000,000 US dollar", "the annex of Khordad", "Zagros Energy"} {
		if !strings.Contains(got, words) {
			t.Errorf("the contract does not say %q", words)
		}
	}
	if got := page(enter(t, w.App, "dir.registry", password), at, http.StatusOK); strings.Contains(got, "Zagros") {
		t.Error("who may not know clients sees one")
	}
	page(enter(t, w.App, "bank.branch", password), at, http.StatusForbidden)
	page(enter(t, w.App, "bank.branch", password), "/trade/services/work", http.StatusForbidden)
	if got := page(enter(t, w.App, "bank.branch", password), "/trade/services?year=1404", http.StatusOK); strings.Contains(got, "0.40 million") || !strings.Contains(got, "hidden") {
		t.Errorf("the work of one firm is shown to everybody: %s", got)
	}
	if got := page(expert, "/trade/services?year=1404", http.StatusOK); !strings.Contains(got, "0.40 million dollars") || !strings.Contains(got, "definition not announced") || !strings.Contains(got, "not known") {
		t.Errorf("the shares: %s", got)
	}
	w.untouched(t)
}

// A unit's people cannot say that they are another firm: whatever they send, the contract is of their own unit, the answer does not tell
// which numbers another firm's contracts have, and the office enters those afterwards.
func TestAUnitSaysOfNoOtherFirm(t *testing.T) {
	t.Parallel()
	const other = "99238044517"
	contract := func(number string) url.Values {
		return url.Values{"contract": {number}, "firm": {"Another"}, "legal_id": {other}, "home": {"Yazd"}, "client": {"Zagros Energy"}, "country": {"IRQ"}, "category": {"TS04"},
			"currency": {"USD"}, "amount": {"2000"}, "on": {"1404/01/20"}}
	}
	law := func(enters func(w *world, number string) int) func(testing.TB) {
		return func(t testing.TB) {
			w := newWorld(t)
			expert := enter(t, w.App, "dir.expert", password)
			office := func(number string) int {
				return expert.send(http.MethodPost, "/trade/services/enter/contract", contract(number)).Code
			}
			want(t, http.StatusSeeOther, office("N-1"), "the office's own entry")
			if there, not := enters(w, "N-1"), enters(w, "N-2"); there != not {
				t.Errorf("a unit learns which contracts another firm has: %d and %d", there, not)
			}
			if code := office("N-2"); code != http.StatusSeeOther {
				t.Errorf("the office cannot enter what a unit took: %d", code)
			}
			g, err := w.Services.Read(t.Context(), w.Province, w.unit)
			must(t, err)
			for _, r := range g.Records {
				if r.LegalID == other || r.Firm != "" || r.Home != "" {
					t.Errorf("a unit's contract is said to be of %q, %q in %q", r.LegalID, r.Firm, r.Home)
				}
			}
		}
	}
	law(func(w *world, number string) int {
		return enter(t, w.App, "unit.ceo", password).send(http.MethodPost, "/trade/services/enter/contract", contract(number)).Code
	})(t)
	control.Finds(t, "a unit learns which contracts another firm has", law(func(w *world, number string) int { // as an officer would say it
		typed := map[string]string{}
		for k, v := range contract(number) {
			typed[k] = v[0]
		}
		if _, err := w.Services.Enter(t.Context(), services.Entry{Province: w.Province, By: "p-unit.ceo", Kind: services.Contract, Unit: w.unit, Typed: typed}); err != nil {
			return http.StatusUnprocessableEntity
		}
		return http.StatusSeeOther
	}))
}

// One unit leaves no more waiting than an officer can see through; the office goes on, and so does the unit when some are decided.
func TestAUnitLeavesABoundedNumberWaiting(t *testing.T) {
	t.Parallel()
	law := func(bounded bool) func(testing.TB) {
		return func(t testing.TB) {
			w := newWorld(t)
			enters := func(by, only, number string) error {
				_, err := w.Services.Enter(t.Context(), services.Entry{Province: w.Province, By: by, Kind: services.Contract, Unit: w.unit, Only: only, Typed: map[string]string{
					"contract": number, "client": "Zagros", "country": "IRQ", "category": "TS04", "currency": "USD", "amount": "2000", "on": "1404/01/20"}})
				return err
			}
			only := w.unit
			if !bounded {
				only = ""
			}
			for i := range services.MostWaiting {
				must(t, enters("ceo", only, fmt.Sprint("W-", i)))
			}
			if err := enters("ceo", only, "one more"); !fault.Is(err, fault.Refused) {
				t.Errorf("one more waits: %v", err)
			}
			must(t, enters("officer", "", "of the office"))
			must(t, w.Services.Decide(t.Context(), services.Decision{Province: w.Province, State: services.Approved, By: "officer"}, w.waitingOf(t)[:1]))
			must(t, w.Services.Decide(t.Context(), services.Decision{Province: w.Province, State: services.Approved, By: "another"}, w.waitingOf(t)[:1]))
			if err := enters("ceo", only, "the next"); err != nil {
				t.Errorf("after a decision: %v", err)
			}
		}
	}
	law(true)(t)
	control.Finds(t, "one more waits", law(false))
}

// A program reads what the pages show: the compass with what it was made with, the sources, the variants with null for what is
// not known, and contracts under the rights of the pages.
func TestAProgramReadsTradeAndServices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := newMachine(t, w)
	get := func(login, path string, code int) map[string]any {
		t.Helper()
		status, out := m.call(login, http.MethodGet, path, "", nil)
		return m.want(code, status, out, path)
	}
	get("dir.expert", "/trade/compass", http.StatusNotFound)
	w.loadTrade(t, plainWorld, "57020010,1000\n57030010,1000\n")
	w.loadServices(t, "۲")
	c := get("bank.branch", "/trade/compass", http.StatusOK)
	lines, _ := c["lines"].([]any)
	made, _ := c["made"].(map[string]any)
	if len(lines) != 3 || made["min_exports"] != 1e9 || made["countries"] != 3.0 {
		t.Errorf("the compass is %v", c)
	}
	if first, _ := lines[1].(map[string]any); first["product"] != "5702" || math.Abs(first["rca"].(float64)-0.5/(39.0/120)) > 1e-12 || first["value_usd"] != 2e10 {
		t.Errorf("5702 is %v", lines[1])
	}
	get("bank.branch", "/trade/compass?who=province", http.StatusOK)
	get("bank.branch", "/trade/compass?nothing=1", http.StatusUnprocessableEntity)
	if s := get("bank.branch", "/trade/sources", http.StatusOK); len(s["items"].([]any)) != 2 {
		t.Errorf("the sources are %v", s)
	}
	of := func(login, variant string) map[string]any {
		t.Helper()
		all, _ := get(login, "/trade/services?year=1404", http.StatusOK)["variants"].([]any)
		for _, v := range all {
			if x, _ := v.(map[string]any); x["variant"] == variant {
				return x
			}
		}
		t.Fatalf("%s is not answered", variant)
		return nil
	}
	if x := of("dir.expert", "C"); x["numerator"] != 250_000_000.0 || x["share"] != 0.25 {
		t.Errorf("C is %v", x)
	}
	if x := of("dir.expert", "A"); x["share"] != nil || x["denominator"] != nil { // the sheet is of 1403
		t.Errorf("A is %v though the goods of 1404 are not loaded", x)
	}
	if x := of("bank.branch", "C"); x["masked"] != true || x["numerator"] != nil || x["share"] != nil {
		t.Errorf("a bank reads C as %v", x)
	}
	get("bank.branch", "/trade/services/contracts", http.StatusForbidden)
	list, _ := get("dir.expert", "/trade/services/contracts", http.StatusOK)["items"].([]any)
	one, _ := list[0].(map[string]any)
	if len(list) != 2 || one["client"] == nil || len(one["statements"].([]any)) != 3 {
		t.Errorf("the contracts are %v", list)
	}
	one = get("dir.registry", "/trade/services/contracts/"+one["id"].(string), http.StatusOK)
	if one["client"] != nil || len(one["history"].([]any)) != 6 {
		t.Errorf("the registry reads %v", one)
	}
	get("dir.expert", "/trade/services/contracts/none", http.StatusNotFound)
	get("bank.branch", "/trade/markets?product=5702", http.StatusNotFound)
	get("bank.branch", "/trade/markets", http.StatusUnprocessableEntity)
	w.loadFlows(t, "origin,destination,product,value_usd,quantity_t\nIRN,TUR,5702,20000000,2000\nIND,TUR,5702,60000000,10000\nIND,DEU,5702,9000000,\n")
	markets, _ := get("bank.branch", "/trade/markets?product=5702", http.StatusOK)["lines"].([]any)
	tur, _ := markets[len(markets)-1].(map[string]any)
	if tur["country"] != "TUR" || tur["imports"] != 8e7 || tur["sales"] != 2e7 || tur["hhi_of_sellers"] != 0.625 || tur["tariff"] != nil {
		t.Errorf("the market is %v", tur)
	}
}

// The world's benchmarks, computed of the table that somebody loads: construction 2.4 %, other business services 21.4 % of the
// exports of services of 80 countries in 2016 (design/export.md, 5).
func TestGateTheWorldsBenchmarks(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../../shared/data/trade/services_exports_ebops_2016.csv.gz")
	if os.IsNotExist(err) {
		t.Skip("the real data do not lie beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	table, _, err := trade.Reader{Kind: trade.Services, File: "services_exports_ebops_2016.csv.gz", Class: services.ClassOf}.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	var rows []services.Exported
	for _, r := range table.Rows {
		rows = append(rows, services.Exported{Country: r.Key, Class: r.Sub, USD: r.Value})
	}
	all, countries := services.Benchmarks(rows)
	sum := 0.0
	for _, b := range all {
		sum += b.Share
		if want := map[string]float64{"SE": 0.0241196, "SJ": 0.2136427}[b.Class.Code]; want != 0 && math.Abs(b.Share-want) > 5e-8 {
			t.Errorf("%s is %v of the world's, want %v", b.Class.Code, b.Share, want)
		}
		t.Logf("%s %.4f %d", b.Class.Code, b.Share, b.Countries)
	}
	if countries != 80 || math.Abs(sum-1) > 1e-12 {
		t.Errorf("%d countries, shares of %v", countries, sum)
	}
}
