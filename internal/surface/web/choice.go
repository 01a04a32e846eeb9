package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/httpkit"
)

// Choices is what a unit chooses products and markets by.
type Choices interface {
	// Figures gives what is known of pairs now; invalid where a pair is none.
	Figures(ctx context.Context, p access.Principal, pairs []trade.Pair) ([]trade.Figure, error)
	// Made gives the products of which a unit has said anything.
	Made(ctx context.Context, p access.Principal, unit string) ([]trade.UnitProduct, error)
}

// figuresRegister is the register of which the act of choosing takes; choiceProcedure and choiceStage are where units choose.
const (
	figuresRegister = "trade.figures"
	choiceProcedure = "export-accelerator"
	choiceStage     = "choice"
)

func (s *Server) choiceRoutes() []httpkit.Route {
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/trade/choose", Policy: SignedIn, Handler: s.chooseWhere},
		{Method: http.MethodGet, Pattern: "/trade/portfolio", Policy: RoleOf(pictureRoles...), Handler: s.portfolio},
		{Method: http.MethodGet, Pattern: "/cases/{id}/choose", Policy: SignedIn, Handler: s.choose},
		{Method: http.MethodPost, Pattern: "/cases/{id}/choose", Policy: SignedIn, Handler: s.chosen, MaxBody: formBody},
	}
}

type chooseView struct {
	*Page
	Head    caseHead
	Errors  []FieldError
	Changed []string // what happened since the page was opened
	None    string   // why nothing can be chosen
	Lede    string
	Cases   []Link // where several cases wait
	Pick    []Field
	PickAt  string
	Compass string
	Pairs   []chosenPair
	Form    actForm
	Plan    []Field
	Seen    string // fingerprint of the figures that are shown
}

// chosenPair is a pair with what is known of it.
type chosenPair struct {
	No                        int
	Product, ProductName      string
	Market, MarketName        string
	Reading                   Pill
	Says                      string
	Flags                     []flagLine
	Rows                      []knownLine
	Sources                   []sourceLine
	Reason                    string // once it is chosen
	Why                       Field  // before
	ProductField, MarketField string
}

type flagLine struct {
	Pill         Pill
	Text, Source string
}

type knownLine struct{ Name, Value, Source string }

// chooseWhere leads to the case in which the visitor's unit chooses.
func (s *Server) chooseWhere(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Cases == nil || s.cfg.Desk.Choices == nil {
		return missing("choices")
	}
	page, err := s.cfg.Desk.Cases.List(v.ctx, v.who, casework.Query{Procedure: choiceProcedure, Stages: []string{choiceStage}, Open: true, Sort: "opened", Limit: pageRows})
	if err != nil {
		return err
	}
	carry := ""
	if p := r.URL.Query().Get("p1"); p != "" {
		carry = "?p1=" + url.QueryEscape(p)
	}
	if len(page.Rows) == 1 && v.p.Unit != "" {
		http.Redirect(w, r, "/cases/"+page.Rows[0].ID+"/choose"+carry, http.StatusSeeOther)
		return nil
	}
	view := chooseView{Page: s.Page(r, "choice.title"), Compass: "/trade"}
	for _, row := range page.Rows {
		view.Cases = append(view.Cases, Link{Label: row.UnitName, Href: "/cases/" + row.ID})
	}
	if view.Lede = v.T("choice.waiting"); len(page.Rows) == 0 {
		view.None = v.T("choice.no_case")
	}
	return s.Render(w, r, http.StatusOK, "trade/choose", view)
}

// choose shows the page on which a unit chooses in its case.
func (s *Server) choose(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	c, a, err := v.choosing()
	if err != nil {
		return err
	}
	return v.showChoice(w, http.StatusOK, c, a, asChosen(r.URL.Query()), nil, nil)
}

// choosing finds the case and the act in which the visitor chooses.
func (v *visit) choosing() (*casework.View, casework.ActionView, error) {
	if v.s.cfg.Desk.Choices == nil || v.s.cfg.Desk.Trade == nil {
		return nil, casework.ActionView{}, missing("choices")
	}
	c, err := v.caseOf()
	if err != nil {
		return nil, casework.ActionView{}, err
	}
	i := slices.IndexFunc(c.Actions, chooses)
	if i < 0 {
		return nil, casework.ActionView{}, fault.New(fault.Refused, "desk.error.not_open")
	}
	return c, c.Actions[i], nil
}

func chooses(a casework.ActionView) bool { return slices.Contains(a.Takes, figuresRegister) }

// choiceSent is what the page was asked for or sent.
type choiceSent struct {
	pairs             []trade.Pair
	why               []string
	plan, money, seen string
	sent              bool
}

func asChosen(q url.Values) choiceSent {
	var out choiceSent
	for n := 1; n <= trade.MostPairs; n++ {
		i := strconv.Itoa(n)
		p := trade.Pair{Product: text.Digits(strings.TrimSpace(q.Get("p" + i))), Market: strings.ToUpper(strings.TrimSpace(q.Get("m" + i)))}
		if p == (trade.Pair{}) {
			continue
		}
		out.pairs, out.why = append(out.pairs, p), append(out.why, q.Get("why"+i))
	}
	out.plan, out.money, out.seen = q.Get("plan"), q.Get("plan_rial"), q.Get("seen")
	return out
}

// whole are the pairs of which both halves are chosen.
func (x choiceSent) whole() []trade.Pair {
	return slices.DeleteFunc(slices.Clone(x.pairs), func(p trade.Pair) bool { return p.Product == "" || p.Market == "" })
}

func (v *visit) showChoice(w http.ResponseWriter, status int, c *casework.View, a casework.ActionView, x choiceSent, bad, changed []string) error {
	view := chooseView{Page: v.s.Page(v.r, a.Title.In(v.l)), Head: v.head(c), Lede: v.T("choice.lede"), Compass: "/trade", PickAt: "/cases/" + c.ID + "/choose", Changed: changed}
	view.Crumbs = []Crumb{{Label: v.T("desk.queue.title"), Href: "/cases"}, {Label: v.caseTitle(c), Href: "/cases/" + c.ID}, {Label: a.Title.In(v.l)}}
	t, err := v.teller(c)
	if err != nil {
		return err
	}
	if view.Form, err = v.actFormOf(c, a, t, nil); err != nil {
		return err
	}
	view.Form.Key, view.Form.Action, view.Form.Groups, view.Form.Note = view.Page.Key, view.PickAt, nil, nil
	view.Pick, err = v.pick(c, x)
	if f, ok := fault.As(err); ok && f.Key == "trade.none_loaded" {
		view.None = v.T("compass.none." + fmt.Sprint(f.Args["kind"]))
		return v.s.Render(w, v.r, status, "trade/choose", view)
	}
	if err != nil {
		return err
	}
	for _, text := range bad {
		view.Errors = append(view.Errors, FieldError{ID: "act-form", Text: text})
	}
	if pairs := x.whole(); len(pairs) > 0 {
		figures, err := v.s.cfg.Desk.Choices.Figures(v.ctx, v.p, pairs)
		if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.NotFound) {
			view.Errors = append(view.Errors, FieldError{ID: "pick", Text: locale.T(v.l, f.Key, f.Args)})
			status = max(status, http.StatusUnprocessableEntity)
		} else if err != nil {
			return err
		}
		if len(figures) > 0 {
			view.Pairs, view.Seen = v.pairsOf(pairs, figures), fingerprint(figures)
			view.ask(v, x)
		}
	}
	return v.s.Render(w, v.r, status, "trade/choose", view)
}

// ask adds what the unit has to write: why each pair, and the plan.
func (view *chooseView) ask(v *visit, x choiceSent) {
	for n := range view.Pairs {
		p := &view.Pairs[n]
		i := strconv.Itoa(n + 1)
		p.ProductField, p.MarketField = "p"+i, "m"+i
		at := slices.Index(x.pairs, trade.Pair{Product: p.Product, Market: p.Market})
		p.Why = Field{ID: "f-why" + i, Name: "why" + i, Kind: "area", Label: v.T("choice.why"), Hint: v.T("choice.why.hint"), Value: x.why[at], Required: true, Autocomplete: "off"}
		if x.sent && strings.TrimSpace(x.why[at]) == "" {
			p.Why.Error = v.T("choice.why.missing")
			view.Errors = append(view.Errors, FieldError{ID: p.Why.ID, Text: p.Why.Error})
		}
	}
	plan := Field{ID: "f-plan", Name: "plan", Kind: "area", Label: v.T("choice.plan"), Hint: v.T("choice.plan.hint"), Value: x.plan, Required: true, Autocomplete: "off"}
	if x.sent && strings.TrimSpace(x.plan) == "" {
		plan.Error = v.T("choice.plan.missing")
		view.Errors = append(view.Errors, FieldError{ID: plan.ID, Text: plan.Error})
	}
	view.Plan = []Field{plan, {ID: "f-plan_rial", Name: "plan_rial", Kind: "money", Label: v.T("choice.money"), Optional: v.T("desk.optional"), Value: x.money, Autocomplete: "off"}}
}

// mostOffered is how many products the list of the page offers; any other comes with its code from the compass.
const mostOffered = 60

// pick are the lists of products and markets.
func (v *visit) pick(c *casework.View, x choiceSent) ([]Field, error) {
	compass, err := v.s.cfg.Desk.Trade.Compass(v.ctx, v.p, trade.Ask{Province: v.p.Province}, home)
	if err != nil {
		return nil, err
	}
	products, err := v.offered(c, compass, x)
	if err != nil {
		return nil, err
	}
	var markets []Option
	for _, code := range compass.Index.Exports.Countries {
		if code != home {
			markets = append(markets, Option{Value: code, Label: compass.Place(code).In(v.l)})
		}
	}
	slices.SortFunc(markets, func(a, b Option) int { return bytes.Compare(text.CollationKey(a.Label), text.CollationKey(b.Label)) })
	var out []Field
	for n := range trade.MostPairs {
		i := strconv.Itoa(n + 1)
		var p trade.Pair
		if n < len(x.pairs) {
			p = x.pairs[n]
		}
		out = append(out, picked("p"+i, v.T("choice.product."+i), v.T("choice.pick"), products, p.Product), picked("m"+i, v.T("choice.market."+i), v.T("choice.pick"), markets, p.Market))
	}
	return out, nil
}

func picked(name, label, none string, options []Option, value string) Field {
	f := Field{ID: "f-" + name, Name: name, Kind: "select", Label: label, Options: append([]Option{{Label: none}}, options...), Autocomplete: "off"}
	for i := range f.Options {
		f.Options[i].Chosen = f.Options[i].Value == value
	}
	return f
}

// offered are the products that the page offers: the unit's own first, then what the compass reads as worth a decision.
func (v *visit) offered(c *casework.View, compass *trade.Compass, x choiceSent) ([]Option, error) {
	lines := map[string]trade.Line{}
	for _, l := range compass.Lines {
		lines[l.Product] = l
	}
	var out []Option
	add := func(code, key string) {
		l, known := lines[code]
		if known && !slices.ContainsFunc(out, func(o Option) bool { return o.Value == code }) {
			out = append(out, Option{Value: code, Label: v.T(key, "name", l.Name.In(v.l), "code", locale.Digits(v.l, code), "reading", v.T("compass.reading."+string(l.Reading)))})
		}
	}
	own, err := v.s.cfg.Desk.Choices.Made(v.ctx, v.p, c.Unit)
	if err != nil {
		return nil, err
	}
	for _, u := range own {
		if u.State == trade.Confirmed && u.Edition == compass.Source.Edition {
			add(u.Code[:min(len(u.Code), len(compass.Lines[0].Product))], "choice.own")
		}
	}
	for _, p := range x.pairs {
		add(p.Product, "choice.offer")
	}
	rest := slices.Clone(compass.Lines)
	slices.SortStableFunc(rest, func(a, b trade.Line) int {
		return cmp.Or(cmp.Compare(slices.Index(readingOrder, a.Reading), slices.Index(readingOrder, b.Reading)), cmp.Compare(b.World, a.World))
	})
	for _, l := range rest[:min(mostOffered, len(rest))] {
		add(l.Product, "choice.offer")
	}
	return out, nil
}

// fingerprint tells one set of figures from another.
func fingerprint(figures []trade.Figure) string {
	h := sha256.New()
	for _, f := range figures {
		_, _ = fmt.Fprintf(h, "%q\n", []string{f.Product, f.Market, f.Name, f.Value, f.Source, f.SHA256}) // a hash takes all
	}
	return hex.EncodeToString(h.Sum(nil))
}

// chosen carries the choice out. Figures that were replaced since they were shown are shown again instead.
func (s *Server) chosen(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if err := parse(r); err != nil {
		return err
	}
	c, a, err := v.choosing()
	if err != nil {
		return err
	}
	x := asChosen(r.PostForm)
	x.sent = true
	lacks := strings.TrimSpace(x.plan) == "" || len(x.whole()) == 0 || slices.ContainsFunc(x.why, func(s string) bool { return strings.TrimSpace(s) == "" })
	if lacks {
		return v.showChoice(w, http.StatusUnprocessableEntity, c, a, x, nil, nil)
	}
	figures, err := s.cfg.Desk.Choices.Figures(v.ctx, v.p, x.whole())
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.NotFound) {
		return v.showChoice(w, http.StatusUnprocessableEntity, c, a, x, nil, nil)
	}
	if err != nil {
		return err
	}
	if fingerprint(figures) != x.seen {
		return v.showChoice(w, http.StatusConflict, c, a, x, nil, []string{v.T("choice.replaced")})
	}
	return v.doChoose(w, c, a, x)
}

func (v *visit) doChoose(w http.ResponseWriter, c *casework.View, a casework.ActionView, x choiceSent) error {
	key, err := httpkit.IdempotencyKey(v.r)
	if err != nil {
		return err
	}
	word, err := v.wordFrom()
	if err != nil {
		return err
	}
	rows := make([]map[string]any, 0, len(x.pairs))
	for i, p := range x.pairs {
		rows = append(rows, map[string]any{"product": p.Product, "market": p.Market, "why": strings.TrimSpace(x.why[i])})
	}
	cmd := casework.Command{Key: key, Case: c.ID, Action: a.ID, Version: numberOf(v.r.PostForm.Get("version")), NoteFor: "all", Files: word.files, OnBehalf: onBehalf(a, word),
		Facts: map[string]any{"pairs": rows, "plan": x.plan}}
	if strings.TrimSpace(x.money) != "" {
		cmd.Facts["plan_rial"] = x.money
	}
	if a.Behalf && cmd.OnBehalf == nil {
		return v.showChoice(w, http.StatusUnprocessableEntity, c, a, x, []string{v.T("desk.error.behalf")}, nil)
	}
	_, err = v.s.cfg.Desk.Cases.Act(v.ctx, v.who, cmd)
	if err == nil {
		http.Redirect(w, v.r, "/cases/"+c.ID+"?said=done", http.StatusSeeOther)
		return nil
	}
	f, ok := fault.As(err)
	switch {
	case ok && (f.Kind == fault.Invalid || f.Kind == fault.Refused):
		byName, general := errorsOf(v.l, f)
		for _, text := range byName {
			general = append(general, text)
		}
		slices.Sort(general)
		return v.showChoice(w, http.StatusUnprocessableEntity, c, a, x, general, nil)
	case ok && f.Kind == fault.Conflict:
		return v.showChoice(w, http.StatusConflict, c, a, x, nil, changes(v.l, f))
	}
	return err
}

// chosenIn shows what a case froze when its unit chose; nothing where nothing is chosen or the visitor does not see it.
func (v *visit) chosenIn(c *casework.View) []chosenPair {
	var figures []trade.Figure
	reasons := map[trade.Pair]string{}
	var pairs []trade.Pair
	word := func(row map[string]any, name string) string { s, _ := row[name].(string); return s }
	for _, f := range c.Facts {
		if f.From == figuresRegister {
			for _, row := range tableOf(f.Value) {
				figures = append(figures, trade.Figure{Pair: trade.Pair{Product: word(row, "product"), Market: word(row, "market")}, Name: word(row, "figure"), Value: word(row, "value"),
					Source: word(row, "source"), SHA256: word(row, "sha256")})
			}
		}
		if f.Name == "pairs" {
			for _, row := range tableOf(f.Value) {
				p := trade.Pair{Product: word(row, "product"), Market: word(row, "market")}
				pairs, reasons[p] = append(pairs, p), word(row, "why")
			}
		}
	}
	if len(figures) == 0 {
		return nil
	}
	out := v.pairsOf(pairs, figures)
	for i := range out {
		out[i].Reason = reasons[trade.Pair{Product: out[i].Product, Market: out[i].Market}]
	}
	return out
}

// pairsOf arranges figures by the pairs that they are of.
func (v *visit) pairsOf(pairs []trade.Pair, figures []trade.Figure) []chosenPair {
	var out []chosenPair
	for n, p := range pairs {
		c := chosenPair{No: n + 1, Product: p.Product, Market: p.Market, ProductName: p.Product, MarketName: p.Market}
		seen := map[string]bool{}
		for _, f := range figures {
			if f.Product == p.Product && (f.Market == p.Market || f.Market == "") {
				v.figure(&c, f)
				if key := f.Source + f.SHA256; f.SHA256 != "" && !seen[key] {
					seen[key] = true
					c.Sources = append(c.Sources, sourceLine{Title: f.Source, Hash: f.SHA256})
				}
			}
		}
		out = append(out, c)
	}
	return out
}

// figure adds one figure where it belongs.
func (v *visit) figure(c *chosenPair, f trade.Figure) {
	lang := string(v.l)
	switch {
	case f.Name == "product_"+lang:
		c.ProductName = f.Value
	case f.Name == "market_"+lang:
		c.MarketName = f.Value
	case f.Name == "reading":
		c.Reading, c.Says = Pill{Text: v.word("compass.reading.", f.Value), Tone: readingTone[trade.Reading(f.Value)]}, v.word("compass.says.", f.Value)
	case strings.HasPrefix(f.Name, "flag_"):
		level := strings.TrimPrefix(f.Name, "flag_")
		c.Flags = append(c.Flags, flagLine{Pill: Pill{Text: v.word("choice.flag.", level), Tone: map[string]string{"block": "bad", "care": "warn", "open": "good"}[level]}, Text: f.Value, Source: f.Source})
	case locale.Has(v.l, "choice.figure."+f.Name):
		c.Rows = append(c.Rows, knownLine{Name: v.T("choice.figure." + f.Name), Value: v.figured(f), Source: f.Source})
	}
}

// figured writes a figure in the language's digits and the unit that its name stands for.
func (v *visit) figured(f trade.Figure) string {
	if f.Name == "profile" {
		return v.word("compass.profile.", f.Value)
	}
	if f.Name == "market_reading" {
		return v.word("market.reading.", f.Value)
	}
	n, err := strconv.ParseFloat(f.Value, 64)
	if err != nil {
		return f.Value
	}
	switch f.Name {
	case "rca", "own_rca", "pci", "cog":
		return Figured(v.l, n, 2)
	case "growth", "tariff":
		return Percent(v.l, n*100)
	case "near", "countries", "least_people":
		return Num(v.l, int64(n))
	case "distance":
		return v.T("choice.km", "n", Num(v.l, int64(n)))
	}
	return compassBuilder{v: v}.dollars(n)
}
