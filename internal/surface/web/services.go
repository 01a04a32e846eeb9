package web

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/httpkit"
)

// Services is the register of exports of technical-engineering services; it asks itself who may read and do what.
type Services interface {
	ServiceShares(ctx context.Context, p access.Principal, year int) (services.Answer, *trade.Source, error)
	ServiceRegister(ctx context.Context, p access.Principal) (*services.Register, ServiceRights, error)
	ServiceWork(ctx context.Context, p access.Principal, year int, to string) ([]services.Item, services.Period, []int, error)
	EnterService(ctx context.Context, p access.Principal, e services.Entry) (services.Record, error)
	DecideServices(ctx context.Context, p access.Principal, d services.Decision, records []string) error
	Countries(ctx context.Context, p access.Principal) (map[string]locale.Text, error)
}

// ServiceRights are what somebody may do in the register. Unit is the unit whose own rows alone are theirs, "" for officers.
type ServiceRights struct {
	Unit                           string
	Client, Enter, Publish, Decide bool
}

func (s *Server) serviceRoutes() []httpkit.Route {
	read := May("services", "read")
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/trade/services", Policy: SignedIn, Handler: s.serviceShares},
		{Method: http.MethodGet, Pattern: "/trade/services/work", Policy: read, Handler: s.serviceWork},
		{Method: http.MethodGet, Pattern: "/trade/services/figures", Policy: read, Handler: s.serviceFigures},
		{Method: http.MethodGet, Pattern: "/trade/services/register", Policy: SignedIn, Handler: s.serviceRegister},
		{Method: http.MethodGet, Pattern: "/trade/services/contracts/{id}", Policy: SignedIn, Handler: s.serviceContract},
		{Method: http.MethodGet, Pattern: "/trade/services/enter/{kind}", Policy: SignedIn, Handler: s.serviceForm},
		{Method: http.MethodPost, Pattern: "/trade/services/enter/{kind}", Policy: SignedIn, Handler: s.enterService, MaxBody: formBody},
		{Method: http.MethodPost, Pattern: "/trade/services/decide", Policy: May("services", "decide"), Handler: s.decideServices, MaxBody: formBody, Fresh: true},
	}
}

type sharesView struct {
	*Page
	Lede          string
	Years         []Tab
	Links         []Link
	Rows          []shareLine
	Said          []saidLine
	Benchmarks    []benchmarkLine
	BenchmarkSays string
	How           []Fact
}

type shareLine struct {
	Letter, Title, Says, Period string
	Share                       string
	Over, Under                 Link
	Quality                     string
	Lacks                       []lackLine
	Made                        []string
}

type lackLine struct{ Says, Command string }

type saidLine struct{ Value, Says, Source, Day string }

type benchmarkLine struct{ Name, Share, Countries string }

func (v *visit) services() (Services, error) {
	if v.s.cfg.Desk.Services == nil {
		return nil, missing("services")
	}
	return v.s.cfg.Desk.Services, nil
}

// serviceShares shows every variant side by side: what is not loaded is said to be not known.
func (s *Server) serviceShares(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	reg, err := v.services()
	if err != nil {
		return err
	}
	in, table, err := reg.ServiceShares(v.ctx, v.p, int(numberOf(r.URL.Query().Get("year"))))
	if err != nil {
		return err
	}
	view := sharesView{Page: s.Page(r, "tes.title")}
	for _, y := range in.Years {
		view.Years = append(view.Years, Tab{Label: v.year4(y), Href: "/trade/services?year=" + strconv.Itoa(y), Current: y == in.Period.Year, Bare: true})
	}
	view.Links = v.serviceLinks(in.MayRead)
	b := shareBuilder{v: v, in: in}
	for _, x := range in.Shares {
		view.Rows = append(view.Rows, b.line(x))
	}
	view.Lede = b.lede()
	view.Said = b.said()
	for _, x := range in.Benchmarks {
		view.Benchmarks = append(view.Benchmarks, benchmarkLine{Name: x.Class.Name.In(v.l), Share: Percent(v.l, 100*x.Share), Countries: Num(v.l, int64(x.Countries))})
	}
	if table != nil {
		view.BenchmarkSays = v.T("tes.benchmark.of", "title", table.Title(), "n", Num(v.l, int64(in.Countries)), "licence", table.Licence)
	}
	for _, key := range []string{"accrual", "period", "rate", "equipment", "quality", "approval", "revision", "masked"} {
		view.How = append(view.How, Fact{Name: v.T("tes.how." + key), Value: v.T("tes.how."+key+".says", "days", Num(v.l, services.RateDays), "least", Num(v.l, services.LeastFirms))})
	}
	return s.Render(w, r, http.StatusOK, "trade/services", view)
}

// serviceLinks lead from one page of services to the others.
func (v *visit) serviceLinks(reads bool) []Link {
	out := []Link{{Label: v.T("compass.title"), Href: "/trade"}}
	if reads {
		out = append(out, Link{v.T("tes.work.title"), "/trade/services/work"}, Link{v.T("tes.figures.title"), "/trade/services/figures"})
	}
	if reads || access.Authorize(v.p, "services.own", "enter") == nil {
		out = append(out, Link{v.T("tes.register.title"), "/trade/services/register"})
	}
	return out
}

func (v *visit) year4(y int) string { return locale.Digits(v.l, strconv.Itoa(y)) }

// civilDay writes a civil day in the solar calendar, as it is where it is none.
func (v *visit) civilDay(civil string) string {
	d, err := jalali.FromCivil(civil)
	if err != nil {
		return civil
	}
	return d.Medium(v.l)
}

// shareBuilder writes shares.
type shareBuilder struct {
	v  *visit
	in services.Answer
}

func (b shareBuilder) lede() string {
	x := b.in.Shares[0]
	switch {
	case x.Masked:
		return b.v.T("tes.lede.masked", "least", Num(b.v.l, services.LeastFirms))
	case x.Statements == 0:
		return b.v.T("tes.lede.none", "year", b.v.year4(x.Period.Year))
	}
	return b.v.T("tes.lede", "year", b.v.year4(x.Period.Year), "to", b.v.civilDay(b.in.Period.To), "total", b.v.cents(x.Over), "firms", Num(b.v.l, int64(x.Firms)),
		"statements", Num(b.v.l, int64(x.Statements)), "waiting", Num(b.v.l, int64(x.UnapprovedLeft)))
}

func (b shareBuilder) line(x services.Share) shareLine {
	v, key := b.v, "tes.variant."+string(x.Variant)
	out := shareLine{Letter: v.T(key + ".letter"), Title: v.T(key), Says: v.T(key + ".says"),
		Period: v.T("tes.period", "from", v.civilDay(x.Period.From), "to", v.civilDay(x.Period.To))}
	if x.Masked {
		out.Share = v.T("tes.masked")
		out.Over, out.Under = Link{Label: "–"}, Link{Label: "–"}
	} else {
		out.Share = v.share(x.Ratio)
		if math.IsNaN(x.Ratio) {
			out.Share = v.T("tes.unknown")
		}
		out.Over, out.Under = b.over(x), b.under(x)
		if x.Variant != services.OfContracts && x.Over > 0 {
			out.Quality = v.T("tes.quality.says", "paid", Percent(v.l, 100*float64(x.Paid)/float64(x.Over)), "statements", Num(v.l, int64(x.Statements)))
		}
	}
	for _, what := range x.Lacks {
		l := lackLine{Says: v.T("tes.lacks." + what)}
		if k := "tes.lacks." + what + ".command"; locale.Has(v.l, k) {
			l.Command = v.T(k)
		}
		out.Lacks = append(out.Lacks, l)
	}
	for _, m := range x.Made {
		out.Made = append(out.Made, b.made(m))
	}
	return out
}

// share writes a ratio in hundredths, a fall with its minus on the left.
func (v *visit) share(ratio float64) string {
	if ratio < 0 {
		return minus + Percent(v.l, -100*ratio)
	}
	return Percent(v.l, 100*ratio)
}

// over is the numerator with the way to what it is made of: the list for officers, else how it is counted.
func (b shareBuilder) over(x services.Share) Link {
	l := Link{Label: b.amount(x.Variant, x.Over), Href: "#how"}
	switch {
	case !b.in.MayRead:
	case x.Variant == services.OfContracts:
		l.Href = "/trade/services/register"
	default:
		l.Href = "/trade/services/work?" + url.Values{"year": {strconv.Itoa(x.Period.Year)}, "to": {x.Period.To}}.Encode()
	}
	return l
}

// under is the denominator, with the way to its sources.
func (b shareBuilder) under(x services.Share) Link {
	if len(x.Lacks) > 0 {
		return Link{Label: b.v.T("tes.unknown")}
	}
	l := Link{Label: b.amount(x.Variant, x.Under), Href: "/trade/sources"}
	switch {
	case x.Variant == services.OfGoods || x.Variant == services.OfAll && !b.in.MayRead:
	case !b.in.MayRead:
		l.Href = "#how"
	case x.Variant == services.Growth:
		l.Href = "/trade/services/work?" + url.Values{"year": {strconv.Itoa(x.Period.Year - 1)}, "to": {b.beforeTo(x)}}.Encode()
	default:
		l.Href = "/trade/services/figures"
	}
	return l
}

func (b shareBuilder) beforeTo(x services.Share) string {
	d, err := jalali.FromCivil(x.Period.To)
	if err != nil {
		return ""
	}
	return d.AddMonths(-12).Civil()
}

func (b shareBuilder) amount(of services.Variant, n int64) string {
	if of == services.OfContracts {
		return b.v.T("tes.contracts", "n", Num(b.v.l, n))
	}
	return b.v.cents(n)
}

// made says where a number comes from: publisher, issue, day and how often it was replaced.
func (b shareBuilder) made(m services.Made) string {
	v := b.v
	said := v.T("tes.made."+m.What, "title", m.Title)
	if m.Vintage != "" {
		said += v.T("web.comma") + m.Vintage
	}
	if m.To != "" {
		said += v.T("web.comma") + v.T("tes.made.to", "day", v.civilDay(m.To))
	}
	if m.At != 0 {
		said += v.T("web.comma") + v.T("tes.made.at", "day", jalali.FromTime(timeOf(m.At)).Medium(v.l))
	}
	if m.Version > 0 {
		said += v.T("web.comma") + v.T("tes.made.version", "n", Num(v.l, int64(m.Version)))
	}
	return said
}

func (b shareBuilder) said() (out []saidLine) {
	v := b.v
	for _, x := range b.in.Said {
		l := saidLine{Value: Percent(v.l, x.Percent), Says: x.Statement.Name.In(v.l), Source: v.T("tes.said.source", "no", locale.Digits(v.l, x.Statement.No)), Day: v.T("tes.said.undated")}
		if x.SaidOn != "" {
			l.Day = v.civilDay(x.SaidOn)
		}
		out = append(out, l)
	}
	for _, r := range b.in.Reported {
		out = append(out, saidLine{Value: Percent(v.l, float64(r.Amount)/100), Source: strings.Trim(r.Source+v.T("web.comma")+r.Vintage, v.T("web.comma")), Day: v.civilDay(r.To)})
	}
	return out
}

// cents writes cents of USD as dollars: in words for what is large.
func (v *visit) cents(n int64) string { return v.dollarsOf(float64(n) / 100) }

// dollarsOf writes an amount in millions of USD, in thousands where it is small.
func (v *visit) dollarsOf(f float64) string {
	switch {
	case f < 1e5:
		return v.T("compass.thousand", "n", Figured(v.l, f/1e3, 1))
	case f < 1e9:
		return v.T("compass.million", "n", Figured(v.l, f/1e6, 2))
	}
	return v.T("compass.billion", "n", Figured(v.l, f/1e9, 2))
}

// money writes an amount of a currency, whole.
func (v *visit) money(n int64, currency string) string {
	whole, part, _ := strings.Cut(services.Plain(n, currency), ".")
	i, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return services.Plain(n, currency)
	}
	out := Num(v.l, i)
	if strings.Trim(part, "0") != "" {
		mark := "."
		if v.l == locale.FA {
			mark = decimal
		}
		out += mark + locale.Digits(v.l, part)
	}
	for _, c := range services.Currencies() {
		if c.Code == currency {
			return out + " " + c.Name.In(v.l)
		}
	}
	return out + " " + currency
}

// exact writes cents of USD whole.
func (v *visit) exact(n int64) string { return v.money(n, "USD") }

type workView struct {
	*Page
	Lede   string
	Years  []Tab
	Links  []Link
	Strip  []Figure
	Rows   []workLine
	Period string
}

type workLine struct {
	Href, Contract, Number, Firm, Period string
	Amount, Off, Rate, Counted           string
	Quality                              Pill
	Flags                                []Pill
}

var qualityTone = map[services.Quality]string{services.IsApproved: "info", services.IsPaid: "good", services.IsSigned: ""}

var flagTone = map[string]string{services.FlagIsDeclared: "info", services.FlagTwice: "bad", services.FlagUnknown: "warn", services.FlagNoGoods: "warn", services.FlagStraddles: "warn", services.FlagNoCustoms: ""}

// serviceWork lists the statements behind a numerator: what each came to at which rate, and what is not counted and why.
func (s *Server) serviceWork(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	reg, err := v.services()
	if err != nil {
		return err
	}
	to := r.URL.Query().Get("to")
	if _, err := jalali.FromCivil(to); to != "" && err != nil {
		return err
	}
	items, period, years, err := reg.ServiceWork(v.ctx, v.p, int(numberOf(r.URL.Query().Get("year"))), to)
	if err != nil {
		return err
	}
	names, err := v.firms(itemContracts(items))
	if err != nil {
		return err
	}
	view := workView{Page: s.Page(r, "tes.work.title"), Links: v.serviceLinks(true), Lede: v.T("tes.work.lede", "from", v.civilDay(period.From), "to", v.civilDay(period.To))}
	for _, y := range years {
		view.Years = append(view.Years, Tab{Label: v.year4(y), Href: "/trade/services/work?year=" + strconv.Itoa(y), Current: y == period.Year, Bare: true})
	}
	t := services.Sum(items)
	view.Strip = []Figure{
		{Value: v.cents(t.Cents), Label: v.T("tes.work.counted"), Href: "#list"}, {Value: v.cents(t.Paid), Label: v.T("tes.work.paid"), Href: "#list"},
		{Value: Num(v.l, int64(t.Waiting+t.NoRate)), Label: v.T("tes.work.left"), Href: "#list", Tone: map[bool]string{true: "warn"}[t.Waiting+t.NoRate > 0]},
		{Value: Num(v.l, int64(t.Flagged)), Label: v.T("tes.work.flagged"), Href: "#list", Tone: map[bool]string{true: "warn"}[t.Flagged > 0]},
	}
	for _, it := range items {
		view.Rows = append(view.Rows, v.workLine(it, names))
	}
	return s.Render(w, r, http.StatusOK, "trade/work", view)
}

func itemContracts(items []services.Item) (out []*services.Record) {
	for _, it := range items {
		out = append(out, it.Contract)
	}
	return out
}

// firms gives the names of the firms of contracts, by their versions.
func (v *visit) firms(contracts []*services.Record) (map[string]string, error) {
	var ids []string
	for _, c := range contracts {
		if c.Unit != "" && !slices.Contains(ids, c.Unit) {
			ids = append(ids, c.Unit)
		}
	}
	names, err := v.names(ids)
	out := map[string]string{}
	for _, c := range contracts {
		out[c.ID] = cmp.Or(names[c.Unit], c.Firm, c.LegalID)
	}
	return out, err
}

func (v *visit) workLine(it services.Item, names map[string]string) workLine {
	r := it.Statement
	out := workLine{Href: "/trade/services/contracts/" + r.Of, Contract: it.Contract.Contract, Number: r.Number, Firm: names[it.Contract.ID],
		Period: v.T("tes.period", "from", v.civilDay(r.From), "to", v.civilDay(r.To)), Amount: v.money(r.Amount, r.Currency), Counted: "–",
		Quality: Pill{Text: v.T("tes.quality." + string(it.Quality)), Tone: qualityTone[it.Quality]}}
	if it.Goods > 0 {
		out.Off = v.T("tes.work.off", "amount", v.money(it.Goods, r.Currency))
	}
	switch {
	case it.Why != "":
		out.Flags = append(out.Flags, Pill{Text: v.T("tes.why." + it.Why), Tone: "warn"})
	case it.Rate != nil:
		out.Rate = v.T("tes.work.rate", "rate", v.rate(it.Rate.PerUSD), "day", v.civilDay(it.Rate.On), "source", it.Rate.Source)
		fallthrough
	default:
		out.Counted = v.exact(it.Counted)
	}
	for _, f := range it.Flags {
		out.Flags = append(out.Flags, Pill{Text: v.T("tes.flag." + f), Tone: flagTone[f]})
	}
	return out
}

// rate writes millionths of a currency for a dollar.
func (v *visit) rate(n int64) string {
	s := strings.TrimRight(strconv.FormatInt(n/1e6, 10)+"."+strconv.FormatInt(1e6+n%1e6, 10)[1:], "0")
	s = strings.TrimSuffix(s, ".")
	if v.l == locale.FA {
		s = locale.Digits(v.l, strings.Replace(s, ".", decimal, 1))
	}
	return s
}

type contractsView struct {
	*Page
	Lede    string
	Links   []Link
	Enter   []Action
	Waiting []waitLine
	Later   string // how many wait beyond those
	Decide  []Field
	Errors  []FieldError
	Rows    []contractLine
	Pager   Pager
}

type waitLine struct {
	ID, Href, Kind, Title, Firm, Says string
	At                                time.Time
	By                                string
	Mine                              bool
}

type contractLine struct {
	Href, Number, Firm, Category, Country, Client, Value string
	On                                                   string
	State                                                Pill
	Statements                                           string
}

var stateTone = map[services.State]string{services.Submitted: "warn", services.Approved: "good", services.Refused: "bad"}

func (s *Server) serviceRegister(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showServices(w, http.StatusOK, nil)
}

// showServices lists the contracts, and first what waits for an officer.
func (v *visit) showServices(w http.ResponseWriter, status int, wrong map[string]string) error {
	reg, err := v.services()
	if err != nil {
		return err
	}
	g, may, err := reg.ServiceRegister(v.ctx, v.p)
	if err != nil {
		return err
	}
	countries, err := reg.Countries(v.ctx, v.p)
	if err != nil {
		return err
	}
	view := contractsView{Page: v.s.Page(v.r, "tes.register.title"), Links: v.serviceLinks(may.Unit == "")}
	view.flash(v.r)
	view.Lede = v.T("tes.register.lede" + map[bool]string{true: ".own"}[may.Unit != ""])
	if may.Enter {
		view.Enter = append(view.Enter, Action{Label: v.T("tes.enter.contract"), Href: "/trade/services/enter/contract", Icon: "plus", Main: true})
	}
	if view.Waiting, view.Later, err = v.waiting(g, may); err != nil {
		return err
	}
	if may.Decide && len(view.Waiting) > 0 {
		view.Decide = v.decideFields(wrong)
		view.Errors = topped(wrong, view.Decide)
	}
	contracts := g.Things(services.Contract, "")
	slices.Reverse(contracts)
	var records []*services.Record
	for _, t := range contracts {
		records = append(records, t.Shown())
	}
	names, err := v.firms(records)
	if err != nil {
		return err
	}
	contracts, view.Pager = pageOf(v.r, contracts, "/trade/services/register")
	for _, t := range contracts {
		view.Rows = append(view.Rows, v.contractLine(g, t, names, countries, may))
	}
	return v.s.Render(w, v.r, status, "trade/register", view)
}

func (v *visit) contractLine(g *services.Register, t *services.Thing, names map[string]string, countries map[string]locale.Text, may ServiceRights) contractLine {
	c := t.Shown()
	return contractLine{Href: "/trade/services/contracts/" + t.ID, Number: c.Contract, Firm: names[c.ID], Category: v.category(c.Category), Country: v.country(c.Country, countries),
		Client: v.client(c, may), Value: v.money(c.Amount, c.Currency), On: v.civilDay(c.On),
		State:      Pill{Text: v.T("tes.state." + string(c.State)), Tone: stateTone[c.State]},
		Statements: v.T("tes.statements", "n", Num(v.l, int64(len(g.Things(services.Statement, t.ID)))))}
}

func (v *visit) category(code string) string {
	for _, c := range services.Categories() {
		if c.Code == code {
			return c.Name.In(v.l)
		}
	}
	return code
}

func (v *visit) country(code string, names map[string]locale.Text) string {
	if n, ok := names[code]; ok {
		return n.In(v.l)
	}
	return code
}

// client is the client's name, or that it is not shown.
func (v *visit) client(c *services.Record, may ServiceRights) string {
	if !may.Client {
		return v.T("tes.client.hidden")
	}
	return c.Client
}

// waiting lists what waits for an officer, the first entered first, and says where more wait than stand on a page.
func (v *visit) waiting(g *services.Register, may ServiceRights) (out []waitLine, later string, err error) {
	var list, contracts []*services.Record
	var ids []string
	for _, k := range services.Kinds() {
		for _, t := range g.Things(k, "") {
			if r := t.Waiting(); r != nil {
				list, ids = append(list, r), append(ids, r.By)
				if c := g.Thing(cmp.Or(r.Of, r.Thing)); c != nil {
					contracts = append(contracts, c.Shown())
				}
			}
		}
	}
	names, err := v.names(ids)
	if err != nil {
		return nil, "", err
	}
	firms, err := v.firms(contracts)
	if err != nil {
		return nil, "", err
	}
	slices.SortStableFunc(list, func(a, b *services.Record) int { return cmp.Compare(a.At, b.At) })
	for _, r := range list[:min(len(list), pageRows)] {
		l := waitLine{ID: r.ID, Href: "/trade/services/contracts/" + cmp.Or(r.Of, r.Thing), Kind: v.T("tes.kind." + string(r.Kind)), Title: v.numbered(r), At: timeOf(r.At),
			By: cmp.Or(names[r.By], r.By), Mine: r.By == v.p.Person, Says: v.money(r.Amount, r.Currency)}
		if c := g.Thing(cmp.Or(r.Of, r.Thing)); c != nil {
			l.Firm = firms[c.Shown().ID]
		}
		if r.Reason != "" {
			l.Says += v.T("web.comma") + v.T("tes.corrects", "reason", r.Reason)
		}
		out = append(out, l)
	}
	if len(list) > len(out) {
		later = v.T("tes.waiting.later", "n", Num(v.l, int64(len(out))), "of", Num(v.l, int64(len(list))))
	}
	return out, later, nil
}

// numbered names a record by its number, and what hangs on a contract by that too.
func (v *visit) numbered(r *services.Record) string {
	switch r.Kind {
	case services.Contract:
		return r.Contract
	case services.Equipment:
		return r.Declaration + " · " + r.Contract
	default:
		return r.Number + " · " + r.Contract
	}
}

func (v *visit) decideFields(wrong map[string]string) []Field {
	do := Field{ID: "do", Name: "do", Kind: "choice", Label: v.T("tes.decide.do"), Required: true, Error: wrong["do"]}
	for _, state := range []services.State{services.Approved, services.Refused} {
		do.Options = append(do.Options, Option{Value: string(state), Label: v.T("tes.decide." + string(state)), Chosen: v.r.PostFormValue("do") == string(state)})
	}
	return []Field{do, {ID: "word", Name: "word", Kind: "area", Label: v.T("tes.decide.word"), Optional: v.T("tes.decide.word.if"), Value: v.r.PostFormValue("word"), Error: wrong["word"]}}
}

// decideServices approves or refuses what was chosen, all or none.
func (s *Server) decideServices(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	reg, err := v.services()
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "fault.invalid")
	}
	err = reg.DecideServices(v.ctx, v.p, services.Decision{State: services.State(r.PostFormValue("do")), Word: r.PostFormValue("word")}, r.PostForm["record"])
	if wrong, ok := v.wrongOf(err); ok {
		if wrong["record"] != "" {
			wrong[""] = wrong["record"]
		}
		return v.showServices(w, http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/trade/services/register?said=services_decided", http.StatusSeeOther)
	return nil
}

type contractView struct {
	*Page
	Title, Firm string
	State       Pill
	Facts       []Fact
	Checks      []Pill
	Groups      []recordGroup
	Enter       []Action
	History     []changeLine
	Waits       bool
}

type recordGroup struct {
	ID, Title, Empty string
	Rows             []recordLine
}

type recordLine struct {
	Number, Amount, Days, Extra string
	State                       Pill
	Flags                       []Pill
	Correct                     string
}

type changeLine struct {
	What, By, Decided, Reason string
	At                        time.Time
	State                     Pill
}

// serviceContract shows a contract with all that hangs on it, and every version there was.
func (s *Server) serviceContract(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	reg, err := v.services()
	if err != nil {
		return err
	}
	g, may, err := reg.ServiceRegister(v.ctx, v.p)
	if err != nil {
		return err
	}
	t := g.Thing(r.PathValue("id"))
	if t == nil || t.Kind != services.Contract {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	countries, err := reg.Countries(v.ctx, v.p)
	if err != nil {
		return err
	}
	c := t.Shown()
	names, err := v.firms([]*services.Record{c})
	if err != nil {
		return err
	}
	view := contractView{Page: s.Page(r, "tes.contract.title"), Title: c.Contract, Firm: names[c.ID], Waits: t.Waiting() != nil,
		State: Pill{Text: v.T("tes.state." + string(c.State)), Tone: stateTone[c.State]}}
	view.flash(r)
	view.Crumbs = []Crumb{{Label: v.T("tes.register.title"), Href: "/trade/services/register"}, {Label: c.Contract}}
	view.Facts = v.contractFacts(g, t, names[c.ID], countries, may)
	v.contractGroups(&view, g, t, may)
	if view.History, err = v.versions(g, t); err != nil {
		return err
	}
	if may.Enter {
		for _, k := range []services.Kind{services.Statement, services.Receipt, services.Equipment} {
			view.Enter = append(view.Enter, Action{Label: v.T("tes.enter." + string(k)), Href: "/trade/services/enter/" + string(k) + "?of=" + t.ID, Icon: "plus"})
		}
		view.Enter = append(view.Enter, Action{Label: v.T("tes.correct"), Href: "/trade/services/enter/contract?corrects=" + t.ID, Icon: "pencil"})
	}
	return s.Render(w, r, http.StatusOK, "trade/contract", view)
}

func (v *visit) contractFacts(g *services.Register, t *services.Thing, firm string, countries map[string]locale.Text, may ServiceRights) (out []Fact) {
	c := t.Shown()
	add := func(name, value, sub string) {
		if value != "" {
			out = append(out, Fact{Name: v.T("tes.f." + name), Value: value, Sub: sub})
		}
	}
	add("firm", firm, "")
	if c.Unit != "" && access.Authorize(v.p, "units", "read") == nil {
		out[0].Href = "/units/" + c.Unit
	}
	if c.LegalID != "" {
		out = append(out, Fact{Name: v.T("tes.f.legal_id"), Value: c.LegalID, Code: true})
	}
	add("client", v.client(c, may), v.T("tes.purpose.client"))
	add("country", v.country(c.Country, countries), "")
	add("category", v.category(c.Category), c.Category)
	for _, x := range services.Classes() {
		if x.Code == c.EBOPS {
			add("ebops", x.Name.In(v.l), x.Code)
		}
	}
	add("amount.contract", v.money(c.Amount, c.Currency), v.T("tes.contract.not_exports"))
	if c.Goods > 0 {
		add("goods", v.money(c.Goods, c.Currency), "")
	}
	add("on.contract", v.civilDay(c.On), "")
	add("begins", v.civilDay(c.From), "")
	add("ends", v.civilDay(c.To), "")
	add("grade", c.Grade, "")
	add("home", c.Home, "")
	var approved, paid int64
	for _, k := range []services.Kind{services.Statement, services.Receipt} {
		for _, x := range g.Things(k, t.ID) {
			if r := x.Current(); r != nil && k == services.Statement {
				approved += r.Amount
			} else if r != nil {
				paid += r.Amount
			}
		}
	}
	add("approved", v.money(approved, c.Currency), "")
	add("received", v.money(paid, c.Currency), "")
	quality := services.IsSigned
	if approved > 0 {
		if quality = services.IsApproved; paid >= approved {
			quality = services.IsPaid
		}
	}
	add("quality", v.T("tes.quality."+string(quality)), v.T("tes.quality.order"))
	return out
}

// contractGroups lists statements, receipts and equipment.
func (v *visit) contractGroups(view *contractView, g *services.Register, t *services.Thing, may ServiceRights) {
	for _, k := range []services.Kind{services.Statement, services.Receipt, services.Equipment} {
		group := recordGroup{ID: "g-" + string(k), Title: v.T("tes.group." + string(k)), Empty: v.T("tes.group.empty")}
		for _, x := range g.Things(k, t.ID) {
			r := x.Shown()
			l := recordLine{Number: cmp.Or(r.Number, r.Declaration), Amount: v.money(r.Amount, r.Currency), Days: v.civilDay(r.On),
				State: Pill{Text: v.T("tes.state." + string(r.State)), Tone: stateTone[r.State]}}
			if x.Waiting() != nil && r.State == services.Approved {
				l.Flags = append(l.Flags, Pill{Text: v.T("tes.correction_waits"), Tone: "warn"})
			}
			if r.From != "" {
				l.Extra = v.T("tes.period", "from", v.civilDay(r.From), "to", v.civilDay(r.To))
			}
			if r.Statement != "" {
				l.Extra = v.T("tes.in_statement", "number", r.Statement)
			}
			if may.Enter && x.Waiting() == nil {
				l.Correct = "/trade/services/enter/" + string(k) + "?corrects=" + x.ID
			}
			group.Rows = append(group.Rows, l)
		}
		view.Groups = append(view.Groups, group)
	}
}

// versions tells everything that was entered of a contract, the last first.
func (v *visit) versions(g *services.Register, t *services.Thing) (out []changeLine, err error) {
	var ids []string
	var list []*services.Record
	for i := range g.Records {
		if r := &g.Records[i]; r.Thing == t.ID || r.Of == t.ID {
			list, ids = append(list, r), append(ids, r.By, r.DecidedBy)
		}
	}
	names, err := v.names(ids)
	for _, r := range slices.Backward(list) {
		l := changeLine{What: v.T("tes.kind."+string(r.Kind)) + " " + v.numbered(r) + v.T("web.comma") + v.money(r.Amount, r.Currency), By: cmp.Or(names[r.By], r.By), At: timeOf(r.At),
			State: Pill{Text: v.T("tes.state." + string(r.State)), Tone: stateTone[r.State]}}
		if r.Reason != "" {
			l.Reason = v.T("tes.corrects", "reason", r.Reason)
		}
		if r.File != "" {
			l.Reason = strings.TrimPrefix(l.Reason+v.T("web.comma"), v.T("web.comma")) + v.T("tes.from_sheet", "file", r.File, "row", Num(v.l, int64(r.Row)))
		}
		if r.DecidedBy != "" {
			l.Decided = cmp.Or(names[r.DecidedBy], r.DecidedBy)
		}
		if r.Word != "" {
			l.Reason = strings.TrimPrefix(l.Reason+v.T("web.comma"), v.T("web.comma")) + r.Word
		}
		out = append(out, l)
	}
	return out, err
}

type enterView struct {
	*Page
	Title, Lede string
	Form        Form
}

func (s *Server) serviceForm(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).askService(w, http.StatusOK, nil)
}

// askService asks for a record: a new one, one of a contract (?of=), or a correction (?corrects=).
func (v *visit) askService(w http.ResponseWriter, status int, wrong map[string]string) error {
	reg, err := v.services()
	if err != nil {
		return err
	}
	kind := services.Kind(v.r.PathValue("kind"))
	specs := services.FieldsOf(kind)
	if len(specs) == 0 {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	g, may, err := reg.ServiceRegister(v.ctx, v.p)
	if err != nil {
		return err
	}
	published := kind == services.Rate || kind == services.Figure
	if !may.Enter || published && !may.Publish {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	of, corrects := v.r.FormValue("of"), v.r.FormValue("corrects")
	view := enterView{Page: v.s.Page(v.r, "tes.enter."+string(kind)), Title: v.T("tes.enter." + string(kind)), Lede: v.T("tes.enter." + string(kind) + ".lede")}
	var was *services.Record
	if t := g.Thing(corrects); corrects != "" {
		if t == nil || t.Kind != kind {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		was = t.Shown()
		of = cmp.Or(was.Of, map[bool]string{true: t.ID}[kind == services.Contract])
		view.Title, view.Lede = v.T("tes.correct.title"), v.T("tes.correct.lede")
	}
	back := Crumb{Label: v.T("tes.register.title"), Href: "/trade/services/register"}
	if published {
		back = Crumb{Label: v.T("tes.figures.title"), Href: "/trade/services/figures"}
	} else if c := g.Thing(of); c != nil {
		back = Crumb{Label: c.Shown().Contract, Href: "/trade/services/contracts/" + of}
	}
	view.Crumbs = []Crumb{back, {Label: view.Title}}
	countries, err := reg.Countries(v.ctx, v.p)
	if err != nil {
		return err
	}
	fields := v.serviceFields(specs, kind, was, countries, may, wrong)
	if was != nil {
		fields = append(fields, Field{ID: "reason", Name: "reason", Kind: "area", Label: v.T("tes.f.reason"), Hint: v.T("tes.f.reason.hint"), Value: v.r.PostFormValue("reason"), Error: wrong["reason"], Required: true})
	}
	view.Form = Form{Action: "/trade/services/enter/" + string(kind), Fields: fields, Errors: topped(wrong, fields), Submit: v.T("tes.enter.do"),
		Carry: []Param{{Name: "of", Value: v.r.FormValue("of")}, {Name: "corrects", Value: corrects}}}
	return v.s.Render(w, v.r, status, "trade/enter", view)
}

// serviceFields are the questions of a kind, with what was said before in them.
func (v *visit) serviceFields(specs []services.Spec, kind services.Kind, was *services.Record, countries map[string]locale.Text, may ServiceRights, wrong map[string]string) (out []Field) {
	for _, s := range specs {
		if may.Unit != "" && slices.Contains(services.UnitsOwn(), s.Name) || s.Name == "client" && !may.Client {
			continue // the unit's own
		}
		f := Field{ID: s.Name, Name: s.Name, Kind: "text", Label: v.T("tes.f." + s.Name), Error: wrong[s.Name], Required: s.Must, Value: v.r.PostFormValue(s.Name)}
		if k := "tes.f." + s.Name + "." + string(kind); locale.Has(v.l, k) {
			f.Label = v.T(k)
		}
		if k := "tes.f." + s.Name + ".hint"; locale.Has(v.l, k) {
			f.Hint = v.T(k)
		}
		if !s.Must {
			f.Optional = v.T("web.sign_in.optional")
		}
		if was != nil && v.r.Method == http.MethodGet {
			f.Value = v.before(was, s)
		}
		v.shape(&f, s, countries)
		out = append(out, f)
	}
	return out
}

// aside is a Latin short form behind a name: a choice of a list cannot set it apart from Persian.
var aside = regexp.MustCompile(` ?\([A-Z, ]+\)`)

// shape gives a field the kind and the choices of its type.
func (v *visit) shape(f *Field, s services.Spec, countries map[string]locale.Text) {
	choose := func(options []Option) {
		f.Kind, f.Options = "select", append([]Option{{Label: v.T("desk.choose")}}, options...)
		for i := range f.Options {
			f.Options[i].Chosen = f.Options[i].Value == f.Value
		}
	}
	var options []Option
	switch s.Type {
	case "day":
		f.Kind = "date"
	case "amount", "figure amount", "rate", "legal", "hs":
		f.Kind = "code"
	case "currency":
		for _, c := range services.Currencies() {
			options = append(options, Option{Value: c.Code, Label: c.Name.In(v.l)})
		}
		choose(options)
	case "category":
		for _, c := range services.Categories() {
			options = append(options, Option{Value: c.Code, Label: strings.TrimSpace(aside.ReplaceAllString(c.Name.In(v.l), ""))})
		}
		choose(options)
	case "class":
		for _, c := range services.Classes() {
			options = append(options, Option{Value: c.Code, Label: c.Name.In(v.l)})
		}
		choose(options)
		f.Options[0].Label = v.T("tes.f.ebops.usual")
	case "figure":
		for _, c := range services.FigureNames() {
			options = append(options, Option{Value: c.Code, Label: v.T("tes.figure." + c.Code)})
		}
		choose(options)
	case "country":
		if len(countries) == 0 {
			f.Kind, f.Hint = "code", v.T("tes.f.country.code")
			return
		}
		for code, name := range countries {
			if code != home {
				options = append(options, Option{Value: code, Label: name.In(v.l)})
			}
		}
		slices.SortFunc(options, func(a, b Option) int {
			return cmp.Compare(string(text.CollationKey(a.Label)), string(text.CollationKey(b.Label)))
		})
		choose(options)
	}
}

// before writes a field of a version as people type it.
func (v *visit) before(r *services.Record, s services.Spec) string {
	switch s.Name {
	case "amount":
		if s.Type == "figure amount" {
			return services.FigureText(r)
		}
		return services.Plain(r.Amount, r.Currency)
	case "goods":
		if r.Goods == 0 {
			return ""
		}
		return services.Plain(r.Goods, r.Currency)
	case "rate":
		return strings.TrimSuffix(strings.TrimRight(strconv.FormatInt(r.PerUSD/1e6, 10)+"."+strconv.FormatInt(1e6+r.PerUSD%1e6, 10)[1:], "0"), ".")
	}
	value := map[string]string{"contract": r.Contract, "legal_id": r.LegalID, "firm": r.Firm, "home": r.Home, "client": r.Client, "country": r.Country, "category": r.Category,
		"ebops": r.EBOPS, "currency": r.Currency, "on": r.On, "from": r.From, "to": r.To, "grade": r.Grade, "number": r.Number, "statement": r.Statement,
		"declaration": r.Declaration, "hs": r.HS, "name": r.Name, "source": r.Source, "vintage": r.Vintage}[s.Name]
	if d, err := jalali.FromCivil(value); s.Type == "day" && err == nil {
		return d.Slash(v.l)
	}
	return value
}

// enterService takes what was typed.
func (s *Server) enterService(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	reg, err := v.services()
	if err != nil {
		return err
	}
	e := services.Entry{Kind: services.Kind(r.PathValue("kind")), Of: r.PostFormValue("of"), Corrects: r.PostFormValue("corrects"), Reason: r.PostFormValue("reason"), Typed: map[string]string{}}
	specs := services.FieldsOf(e.Kind)
	if len(specs) == 0 {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	for _, f := range specs {
		e.Typed[f.Name] = r.PostFormValue(f.Name)
	}
	rec, err := reg.EnterService(v.ctx, v.p, e)
	if wrong, ok := v.wrongOf(err); ok {
		return v.askService(w, http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	to := "/trade/services/contracts/" + cmp.Or(rec.Of, rec.Thing) + "?said=services_entered"
	if e.Kind == services.Rate || e.Kind == services.Figure {
		to = "/trade/services/figures?said=services_published"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

type figuresView struct {
	*Page
	Links   []Link
	Enter   []Action
	Figures []figureLine
	Rates   []figureLine
	Pager   Pager // of rates
}

type figureLine struct {
	Name, Value, Day, Source, Vintage, Versions, Correct string
	At                                                   time.Time
}

// serviceFigures lists the rates and what others published, each with its source and how often it was corrected.
func (s *Server) serviceFigures(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	reg, err := v.services()
	if err != nil {
		return err
	}
	g, may, err := reg.ServiceRegister(v.ctx, v.p)
	if err != nil {
		return err
	}
	view := figuresView{Page: s.Page(r, "tes.figures.title"), Links: v.serviceLinks(true)}
	view.flash(r)
	line := func(t *services.Thing, name, value, day string) figureLine {
		x := t.Shown()
		l := figureLine{Name: name, Value: value, Day: day, Source: x.Source, Vintage: x.Vintage, At: timeOf(x.At)}
		if n := len(t.Versions) - 1; n > 0 {
			l.Versions = v.T("tes.made.version", "n", Num(v.l, int64(n)))
		}
		if may.Publish {
			l.Correct = "/trade/services/enter/" + string(t.Kind) + "?corrects=" + t.ID
		}
		return l
	}
	for _, t := range slices.Backward(g.Things(services.Figure, "")) {
		x := t.Shown()
		view.Figures = append(view.Figures, line(t, v.T("tes.figure."+x.Name), v.figureValue(x), v.civilDay(x.To)))
	}
	rates := g.Things(services.Rate, "")
	slices.SortStableFunc(rates, func(a, b *services.Thing) int { return strings.Compare(b.Shown().On, a.Shown().On) })
	rates, view.Pager = pageOf(r, rates, "/trade/services/figures")
	for _, t := range rates {
		x := t.Shown()
		view.Rates = append(view.Rates, line(t, v.currency(x.Currency), v.rate(x.PerUSD), v.civilDay(x.On)))
	}
	if may.Publish {
		view.Enter = []Action{{Label: v.T("tes.enter.figure"), Href: "/trade/services/enter/figure", Icon: "plus"}, {Label: v.T("tes.enter.rate"), Href: "/trade/services/enter/rate", Icon: "plus"}}
	}
	return s.Render(w, r, http.StatusOK, "trade/figures", view)
}

func (v *visit) currency(code string) string {
	for _, c := range services.Currencies() {
		if c.Code == code {
			return c.Name.In(v.l)
		}
	}
	return code
}

func (v *visit) figureValue(x *services.Record) string {
	switch x.Name {
	case "target_contracts":
		return v.T("tes.contracts", "n", Num(v.l, x.Amount))
	case "reported":
		return Percent(v.l, float64(x.Amount)/100)
	}
	return v.exact(x.Amount)
}
