package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/httpkit"
)

// Goods is what units make: each reads its own, officers those that they may read; only who speaks for a unit says it.
type Goods interface {
	// UnitGoods gives a unit's word on products and the candidates, or with words what a search finds; not_found for who may
	// not read the unit.
	UnitGoods(ctx context.Context, p access.Principal, unit, words string) (*UnitGoods, error)
	// UnitProductPast gives all revisions of a unit's word on a product, the last first.
	UnitProductPast(ctx context.Context, p access.Principal, unit, edition, code string) ([]trade.UnitProduct, error)
	UnitSteps(ctx context.Context, p access.Principal, unit string, ask trade.Ask, country string) (*trade.UnitCompass, error)
	SayProduct(ctx context.Context, p access.Principal, u trade.UnitProduct) (trade.UnitProduct, error)
}

// UnitGoods is what the register of trade data says of a unit, with the unit's name, and whether the visitor may say it.
type UnitGoods struct {
	*trade.Goods
	Name string
	May  bool
}

func (s *Server) goodsRoutes() []httpkit.Route {
	get := func(pattern string, h httpkit.Handler) httpkit.Route {
		return httpkit.Route{Method: http.MethodGet, Pattern: pattern, Policy: SignedIn, Handler: h}
	}
	return []httpkit.Route{
		get("/trade/units/{id}", s.goods), get("/trade/units/{id}/{edition}/{code}", s.product), get("/trade/units/{id}/compass", s.unitCompass),
		{Method: http.MethodPost, Pattern: "/trade/units/{id}", Policy: May("unit.products", "say"), Handler: s.sayProduct, MaxBody: formBody},
	}
}

func goodsAt(unit string) string { return "/trade/units/" + unit }

func productAt(unit, edition, code string) string {
	return goodsAt(unit) + "/" + edition + "/" + code
}

type goodsView struct {
	*Page
	Unit, Name, Base, Compass, Edition string
	May                                bool
	Activities                         []Fact
	Said                               []goodLine
	Refused                            []goodLine
	Ask                                Field
	Searched                           bool
	Candidates                         []candidateLine
	Pager                              Pager
	None                               string // why there are no candidates
	Source                             string
}

type goodLine struct {
	Code, Name, Href     string
	Machines             Pill
	Capacity, Price, Why string
	At                   time.Time
}

type candidateLine struct {
	Code, Name, Says, Href string
	Heading                string
	State                  *Pill // what the unit said of it, where it did
	Revision               int
}

var machinesTone = map[trade.Machines]string{trade.MachinesYes: "good", trade.MachinesInvest: "warn", trade.MachinesNo: "bad"}

// goods lists what a unit makes and asks about what it may make.
func (s *Server) goods(w http.ResponseWriter, r *http.Request) error {
	v, unit := s.visit(r), r.PathValue("id")
	if s.cfg.Desk.Goods == nil {
		return missing("trade")
	}
	q := text.Display(r.URL.Query().Get("q"))
	if len(q) > maxQuery*4 {
		return fault.New(fault.Invalid, "desk.error.long_query")
	}
	g, err := s.cfg.Desk.Goods.UnitGoods(v.ctx, v.p, unit, q)
	if err != nil {
		return err
	}
	p := s.Page(r, "goods.title")
	p.flash(r)
	view := goodsView{Page: p, Unit: unit, Name: g.Name, Base: goodsAt(unit), Compass: goodsAt(unit) + "/compass", Edition: g.Edition, May: g.May, Searched: q != "",
		Ask: Field{ID: "f-q", Name: "q", Kind: "search", Label: v.T("goods.search"), Value: q}}
	for _, a := range g.Activities {
		f := Fact{Name: a.Name.In(v.l), Value: a.Code, Code: true}
		if g.Link != nil {
			f.Sub = v.T("goods.activity.n", "n", Num(v.l, int64(a.Products)))
		}
		view.Activities = append(view.Activities, f)
	}
	for _, u := range g.Said {
		if line := v.goodLine(u); u.State == trade.Confirmed {
			view.Said = append(view.Said, line)
		} else {
			view.Refused = append(view.Refused, line)
		}
	}
	shown, along := pageOf(r, g.Candidates, address(goodsAt(unit), map[string]string{"q": q}))
	for _, c := range shown {
		view.Candidates = append(view.Candidates, v.candidateLine(unit, g.Edition, c))
	}
	view.Pager = along
	switch {
	case q != "":
		view.None = v.T("goods.none.search")
	case len(g.Activities) == 0:
		view.None = v.T("goods.none.activity")
	case g.Link == nil:
		view.None = v.T("goods.none.link")
	default:
		view.None = v.T("goods.none.all")
	}
	if g.Link != nil {
		view.Source = v.T("goods.source", "title", g.Link.Title(), "licence", g.Link.Licence, "edition", g.Edition)
	}
	return s.Render(w, r, http.StatusOK, "trade/goods", view)
}

func (v *visit) goodLine(u trade.UnitProduct) goodLine {
	out := goodLine{Code: u.Code, Name: u.Name.In(v.l), Href: productAt(u.Unit, u.Edition, u.Code), Why: u.Word, At: timeOf(u.At), Machines: v.machines(u)}
	if u.Capacity > 0 {
		out.Capacity = Num(v.l, u.Capacity) + " " + v.T("goods.measure."+u.Measure)
	}
	if u.Price > 0 {
		out.Price = v.T("goods.price_of", "price", Num(v.l, u.Price), "measure", v.T("goods.measure."+u.Measure))
	}
	return out
}

func (v *visit) machines(u trade.UnitProduct) Pill {
	return Pill{Text: v.T("goods.machines." + cmp.Or(string(u.Machines), "unsaid")), Tone: machinesTone[u.Machines]}
}

func (v *visit) candidateLine(unit, edition string, c trade.Candidate) candidateLine {
	out := candidateLine{Code: c.Code, Name: c.Name.In(v.l), Href: productAt(unit, edition, c.Code), Heading: c.Heading.In(v.l)}
	switch {
	case c.Said != nil:
		tone := map[trade.State]string{trade.Confirmed: "good"}
		out.State, out.Revision = &Pill{Text: v.T("goods.state." + string(c.Said.State)), Tone: tone[c.Said.State]}, c.Said.Revision
	case c.Activity == "":
		out.Says = v.T("goods.says.searched")
	case len(c.Also) > 0:
		out.Says = v.T("goods.says.also", "activity", c.Activity, "others", strings.Join(c.Also, v.T("web.comma")))
	default:
		out.Says = v.T("goods.says.only", "activity", c.Activity)
	}
	return out
}

type productView struct {
	*Page
	Name, Code, Edition string
	State               *Pill
	Form                *Form
	Facts               []Fact // for who only reads
	Past                []pastLine
}

type pastLine struct {
	Revision string
	State    Pill
	Says, By string
	At       time.Time
}

// product shows a unit's word on one product with its past, and asks for it.
func (s *Server) product(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showProduct(w, http.StatusOK, r.PathValue("id"), r.PathValue("edition"), r.PathValue("code"), nil)
}

func (v *visit) showProduct(w http.ResponseWriter, status int, unit, edition, code string, wrong map[string]string) error {
	if v.s.cfg.Desk.Goods == nil {
		return missing("trade")
	}
	if !slices.Contains(trade.Editions(), edition) || strings.Trim(code, "0123456789") != "" {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	g, err := v.s.cfg.Desk.Goods.UnitGoods(v.ctx, v.p, unit, code)
	if err != nil {
		return err
	}
	past, err := v.s.cfg.Desk.Goods.UnitProductPast(v.ctx, v.p, unit, edition, code)
	if err != nil {
		return err
	}
	last := trade.UnitProduct{Province: v.p.Province, Unit: unit, Edition: edition, Code: code}
	name, found := code, len(past) > 0
	for _, c := range g.Candidates {
		if c.Code == code && edition == g.Edition {
			name, found = c.Name.In(v.l), true
			last.Activity = c.Activity
		}
	}
	for _, u := range g.Said {
		if u.Code == code && u.Edition == edition {
			name = u.Name.In(v.l)
		}
	}
	if !found {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	if len(past) > 0 {
		last = past[0]
	}
	p := v.s.Page(v.r, name)
	p.flash(v.r)
	p.Crumbs = []Crumb{{Label: v.T("goods.title"), Href: goodsAt(unit)}, {Label: code}}
	view := productView{Page: p, Name: name, Code: code, Edition: edition}
	if last.State != "" {
		pill := v.machines(last)
		if last.State == trade.Refused {
			pill = Pill{Text: v.T("goods.state.refused")}
		}
		view.State = &pill
	}
	if g.May {
		view.Form = v.productForm(last, wrong)
	} else {
		view.Facts = v.productFacts(last)
	}
	if view.Past, err = v.past(past); err != nil {
		return err
	}
	return v.s.Render(w, v.r, status, "trade/product", view)
}

func (v *visit) productFacts(u trade.UnitProduct) (out []Fact) {
	line := v.goodLine(u)
	for _, f := range []Fact{{Name: "machines", Value: line.Machines.Text, Sub: u.Word}, {Name: "capacity", Value: line.Capacity}, {Name: "price", Value: line.Price},
		{Name: "certificates", Value: u.Certificates}} {
		f.Name, f.Value = v.T("goods.f."+f.Name), cmp.Or(f.Value, "–")
		out = append(out, f)
	}
	return out
}

// past tells each word with who gave it.
func (v *visit) past(list []trade.UnitProduct) (out []pastLine, err error) {
	var ids []string
	for _, u := range list {
		ids = append(ids, u.By)
	}
	names, err := v.names(ids)
	if err != nil {
		return nil, err
	}
	for _, u := range list {
		l := pastLine{Revision: Num(v.l, int64(u.Revision)), State: v.machines(u), By: cmp.Or(names[u.By], u.By), At: timeOf(u.At)}
		if u.State == trade.Refused {
			l.State = Pill{Text: v.T("goods.state.refused")}
		}
		line := v.goodLine(u)
		l.Says = strings.Join(slices.DeleteFunc([]string{line.Capacity, line.Price, u.Certificates, u.Word}, func(s string) bool { return s == "" }), v.T("web.comma"))
		out = append(out, l)
	}
	return out, nil
}

// productForm asks for all that is said of a product; after an error it shows what was typed.
func (v *visit) productForm(u trade.UnitProduct, wrong map[string]string) *Form {
	typed := v.r.Method == http.MethodPost
	ask := func(name, kind, value string) Field {
		if typed {
			value = v.r.PostFormValue(name)
		}
		return Field{ID: name, Name: name, Kind: kind, Label: v.T("goods.f." + name), Value: value, Error: wrong[name]}
	}
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	choose := func(f Field, codes []string, words string) Field {
		for _, code := range codes {
			f.Options = append(f.Options, Option{Value: code, Label: v.T(words + code), Chosen: code == f.Value})
		}
		return f
	}
	optional := func(f Field) Field {
		f.Optional = v.T("web.sign_in.optional")
		return f
	}
	state := choose(ask("state", "choice", string(cmp.Or(u.State, trade.Confirmed))), []string{string(trade.Confirmed), string(trade.Refused)}, "goods.state.")
	var all []string
	for _, m := range trade.AllMachines() {
		all = append(all, string(m))
	}
	machines := choose(ask("machines", "choice", string(u.Machines)), all, "goods.machines.")
	word := ask("word", "area", u.Word)
	word.Hint = v.T("goods.f.word.hint")
	measure := ask("measure", "select", u.Measure)
	measure.Options = []Option{{Label: "–"}}
	measure = choose(measure, trade.Measures(), "goods.measure.")
	certificates := ask("certificates", "area", u.Certificates)
	certificates.Hint = v.T("goods.f.certificates.hint")
	fields := []Field{state, machines, optional(word), optional(ask("capacity", "int", number(u.Capacity))), optional(measure),
		optional(ask("price", "money", number(u.Price))), optional(certificates)}
	return &Form{Action: goodsAt(u.Unit), Fields: fields, Errors: topped(wrong, fields), Submit: v.T("goods.save"),
		Carry: []Param{{Name: "edition", Value: u.Edition}, {Name: "code", Value: u.Code}, {Name: "revision", Value: strconv.Itoa(u.Revision)}, {Name: "whole", Value: "1"}}}
}

// sayProduct takes a unit's word: the whole form, or one button of the list.
func (s *Server) sayProduct(w http.ResponseWriter, r *http.Request) error {
	v, unit := s.visit(r), r.PathValue("id")
	if s.cfg.Desk.Goods == nil {
		return missing("trade")
	}
	f := func(name string) string { return text.Display(r.PostFormValue(name)) }
	u := trade.UnitProduct{Unit: unit, Edition: f("edition"), Code: f("code"), Revision: int(numberOf(f("revision"))), State: trade.State(f("state")),
		Machines: trade.Machines(f("machines")), Measure: f("measure"), Certificates: f("certificates"), Word: f("word")}
	wrong := map[string]string{}
	for _, n := range []struct {
		name string
		into *int64
	}{{"capacity", &u.Capacity}, {"price", &u.Price}} {
		if f(n.name) == "" {
			continue
		}
		amount, err := money.Parse(f(n.name), money.UnitRial)
		*n.into = int64(amount)
		if x, bad := fault.As(err); bad {
			wrong[n.name] = locale.T(v.l, x.Key, x.Args)
		}
	}
	if len(wrong) > 0 {
		return v.showProduct(w, http.StatusUnprocessableEntity, unit, u.Edition, u.Code, wrong)
	}
	_, err := s.cfg.Desk.Goods.SayProduct(v.ctx, v.p, u)
	if x, bad := fault.As(err); bad && (x.Kind == fault.Invalid || x.Kind == fault.Conflict) {
		if len(x.Details) == 0 {
			wrong[""] = locale.T(v.l, x.Key, x.Args)
		}
		for _, d := range x.Details {
			wrong[d.Field] = locale.T(v.l, d.Key, d.Args)
		}
		status := http.StatusUnprocessableEntity
		if x.Kind == fault.Conflict {
			status = http.StatusConflict
		}
		return v.showProduct(w, status, unit, u.Edition, u.Code, wrong)
	}
	if err != nil {
		return err
	}
	to := goodsAt(unit)
	if u.State == trade.Confirmed && r.PostFormValue("whole") == "" { // the button of the list: what is missing is asked next
		to = productAt(unit, u.Edition, u.Code)
	}
	http.Redirect(w, r, to+"?said=product_"+string(u.State), http.StatusSeeOther)
	return nil
}

type unitCompassView struct {
	*Page
	Name, Lede string
	Whose      []Tab
	Gates      []gateGroup
	Lost       []lostLine
	Notes      []string
	How        []Fact
	None       string
}

// gateGroup are the products at one gate.
type gateGroup struct {
	ID, Title, Says string
	Rows            []stepLine
}

type stepLine struct {
	compassLine
	Own   bool
	Why   string // what the unit said, or near to which of its own
	Href  string // where the unit says it
	Label string
}

type lostLine struct{ Name, Code, Says string }

// unitCompass is the compass of one unit's products and their neighbours: its machines and capacity come before any figure.
func (s *Server) unitCompass(w http.ResponseWriter, r *http.Request) error {
	v, unit := s.visit(r), r.PathValue("id")
	if s.cfg.Desk.Goods == nil {
		return missing("trade")
	}
	g, err := s.cfg.Desk.Goods.UnitGoods(v.ctx, v.p, unit, "")
	if err != nil {
		return err
	}
	who, country := r.URL.Query().Get("who"), home
	if who == "province" {
		country = ""
	}
	p := s.Page(r, "goods.compass.title")
	p.Crumbs = []Crumb{{Label: v.T("goods.title"), Href: goodsAt(unit)}, {Label: v.T("goods.compass.title")}}
	view := unitCompassView{Page: p, Name: g.Name, Lede: v.T("goods.compass.lede")}
	for _, w := range []string{"", "province"} {
		href := goodsAt(unit) + "/compass"
		if w != "" {
			href += "?who=" + w
		}
		view.Whose = append(view.Whose, Tab{Label: v.T("compass.who." + cmp.Or(w, "country")), Href: href, Current: who == w, Bare: true})
	}
	c, err := s.cfg.Desk.Goods.UnitSteps(v.ctx, v.p, unit, trade.Ask{Profile: r.URL.Query().Get("profile")}, country)
	if none := v.noCompass(err); none != "" {
		view.None = none
		return s.Render(w, r, http.StatusOK, "trade/steps", view)
	}
	if err != nil {
		return err
	}
	if len(c.Steps)+len(c.Lost) == 0 {
		view.None = v.T("goods.compass.none")
	}
	b := compassBuilder{v: v, c: c.Compass, view: &compassView{}}
	b.how()
	view.How, view.Notes = append(b.view.How, Fact{Name: v.T("goods.how.near"), Value: v.T("goods.how.near.is")}, Fact{Name: v.T("goods.how.gate"), Value: v.T("goods.how.gate.is")}), b.view.Notes
	view.gate(v, b, c)
	return s.Render(w, r, http.StatusOK, "trade/steps", view)
}

// noCompass says why there is no compass yet, "" where something else went wrong or nothing did.
func (v *visit) noCompass(err error) string {
	f, ok := fault.As(err)
	switch {
	case ok && f.Key == "trade.none_loaded":
		return v.T("compass.none." + kindIn(f))
	case ok && (f.Kind == fault.Refused || f.Key == "trade.no_concordance"): // another choice on the page may mend it
		return locale.T(v.l, f.Key, f.Args)
	}
	return ""
}

func kindIn(f *fault.Fault) string {
	kind, _ := f.Args["kind"].(string)
	return kind
}

// gate sorts the steps for the page: by gate, and within it by reading and the world's market.
func (view *unitCompassView) gate(v *visit, b compassBuilder, c *trade.UnitCompass) {
	for _, gate := range trade.Gates() {
		group := gateGroup{ID: "gate-" + string(gate), Title: v.T("goods.gate." + string(gate)), Says: v.T("goods.gate.says." + string(gate))}
		steps := slices.DeleteFunc(slices.Clone(c.Steps), func(st trade.Step) bool { return st.Gate != gate })
		slices.SortStableFunc(steps, func(x, y trade.Step) int {
			return cmp.Or(cmp.Compare(btoi(y.Own), btoi(x.Own)), cmp.Compare(slices.Index(readingOrder, x.Reading), slices.Index(readingOrder, y.Reading)), cmp.Compare(y.World, x.World))
		})
		for _, st := range steps {
			group.Rows = append(group.Rows, v.stepLine(b, c, st))
		}
		if len(group.Rows) > 0 {
			view.Gates = append(view.Gates, group)
		}
	}
	for _, l := range c.Lost {
		line := lostLine{Name: l.Name.In(v.l), Code: l.Code, Says: v.T("goods.lost.none", "edition", c.Source.Edition)}
		if len(l.To) > 1 {
			line.Says = v.T("goods.lost.one_of", "edition", c.Source.Edition, "codes", strings.Join(l.To, v.T("web.comma")))
		}
		view.Lost = append(view.Lost, line)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (v *visit) stepLine(b compassBuilder, c *trade.UnitCompass, st trade.Step) stepLine {
	out := stepLine{compassLine: b.line(st.Line), Own: st.Own}
	var says []string
	for _, u := range st.Said {
		line := v.goodLine(u)
		parts := []string{line.Machines.Text}
		if u.State == trade.Refused {
			parts = []string{v.T("goods.state.refused")}
		}
		for _, part := range []string{line.Capacity, u.Word} {
			if part != "" {
				parts = append(parts, part)
			}
		}
		says = append(says, u.Code+": "+strings.Join(parts, v.T("web.comma")))
		out.Href = productAt(c.Unit, u.Edition, u.Code)
	}
	if st.To != "" && !st.Own {
		says = append(says, v.T("goods.near_to", "product", c.Name(st.To).In(v.l), "code", st.To, "near", b.figure(st.Near, 2)))
	}
	out.Why = strings.Join(says, v.T("goods.then"))
	out.Label = v.T("goods.correct")
	if out.Href == "" {
		out.Href, out.Label = goodsAt(c.Unit)+"?q="+st.Product, v.T("goods.tell")
	}
	return out
}

// conversion tells how the province's codes came to the world's edition: what was led, parted, and left out and why.
func (b compassBuilder) conversion() {
	led := b.c.Led
	if led == nil {
		return
	}
	v := b.v
	from, to := led.Source.Edition, led.Source.To
	if led.Backward {
		from, to = to, from
	}
	say := func(key string, list []trade.Converted) {
		if len(list) == 0 {
			return
		}
		sum := 0.0
		for _, row := range list {
			sum += row.Value
		}
		b.view.Led.Parts = append(b.view.Led.Parts, ledPart{Title: v.T("compass.led."+key, "n", b.num(len(list)), "value", b.dollars(sum)), Rows: b.ledLines(list)})
	}
	b.view.Led = &ledView{Says: v.T("compass.led.says", "from", from, "to", to, "same", b.num(led.Same)), Source: v.T("compass.how.licence", "licence", led.Source.Licence,
		"day", jalali.FromTime(timeOf(led.Source.LoadedAt)).Long(v.l)), Title: led.Source.Title()}
	if led.Backward {
		b.view.Led.Source += v.T("web.comma") + v.T("compass.led.backward")
	}
	say("moved", led.Moved)
	say("split", led.Split)
	say("ambiguous", led.Ambiguous)
	say("missing", led.Missing)
	if left := led.Left(); left > 0 {
		b.view.Notes = append(b.view.Notes, v.T("compass.note.left", "value", b.dollars(left)))
	}
}

// mostLed is how many rows of a kind the page tells one by one, those of the largest value.
const mostLed = 12

func (b compassBuilder) ledLines(list []trade.Converted) (out []ledLine) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y trade.Converted) int { return cmp.Compare(y.Value, x.Value) })
	for _, row := range list[:min(mostLed, len(list))] {
		var to []string
		for _, t := range row.To {
			word := t.Code
			if t.Share > 0 && len(row.To) > 1 {
				word = b.v.T("compass.led.share", "code", t.Code, "share", b.figure(100*t.Share, 1))
			}
			to = append(to, word)
		}
		out = append(out, ledLine{Code: row.From, Value: b.dollars(row.Value), To: strings.Join(to, b.v.T("web.comma"))})
	}
	return out
}

type ledView struct {
	Says, Title, Source string
	Parts               []ledPart
}

type ledPart struct {
	Title string
	Rows  []ledLine
}

type ledLine struct{ Code, Value, To string }
