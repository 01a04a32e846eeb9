package web

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	index "rahgosha/internal/insight/trade"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/httpkit"
)

// Trade is the register of trade data and what is computed of it.
type Trade interface {
	// Compass gives a country's products, or with country "" those of the province's own exports; not_found
	// trade.none_loaded before the tables that it needs are loaded.
	Compass(ctx context.Context, p access.Principal, ask trade.Ask, country string) (*trade.Compass, error)
	TradeSources(ctx context.Context, p access.Principal) ([]trade.Source, error)
}

// home is the country whose compass is shown first, by its code in the tables.
const home = "IRN"

func (s *Server) tradeRoutes() []httpkit.Route {
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/trade", Policy: SignedIn, Handler: s.compass},
		{Method: http.MethodGet, Pattern: "/trade/sources", Policy: SignedIn, Handler: s.tradeSources},
	}
}

// compassAsk is what the page was asked for, as its address says it.
type compassAsk struct{ who, profile, whole, reading, branch, q string }

func compassAsked(q url.Values) compassAsk {
	return compassAsk{q.Get("who"), q.Get("profile"), q.Get("whole"), q.Get("reading"), q.Get("branch"), text.Display(q.Get("q"))}
}

// with gives the page's address with one parameter changed and the list begun anew.
func (a compassAsk) with(name, value string) string {
	return address("/trade", map[string]string{"who": a.who, "profile": a.profile, "whole": a.whole, "reading": a.reading, "branch": a.branch, "q": a.q, name: value})
}

type compassView struct {
	*Page
	Lede    string
	Nearest []nearLine // the nearest steps up
	Whose   []Tab
	Fields  []Field
	Hidden  []Param
	Chart   chart
	Rows    []compassLine
	Pager   Pager
	How     []Fact
	Notes   []string
	Led     *ledView // how the province's codes came to the world's edition
	Sources string
	Doors   []Link // the accelerator's pages that the visitor has
	None    string // why nothing is shown
}

type nearLine struct{ Product, Name string }

type compassLine struct {
	Product, Name, Value, RCA, Near, PCI, COG, World string
	Reading                                          Pill
	Says, Beside                                     string
}

// chart is the scatter of the lines that are shown: nearer to the right, more complex to the top, in a box of chartW by chartH.
type chart struct {
	W, H   int
	Zero   int // where average complexity lies
	Points []chartPoint
}

// BoxW and BoxH are the picture's size with a margin for points at its edge.
func (c chart) BoxW() int { return c.W + 48 }
func (c chart) BoxH() int { return c.H + 48 }

type chartPoint struct {
	X, Y  int
	Tone  string
	Label string
}

const chartW, chartH = 640, 320

var readingTone = map[trade.Reading]string{
	"strength": "good", "defend": "good", "threshold": "warn", "upgrade": "brand", "capability": "info", "stretch": "info",
}

// readingOrder is that of the list: what may be worth a decision first.
var readingOrder = []trade.Reading{"upgrade", "capability", "stretch", "strength", "threshold", "defend", "niche", "simple", "far"}

func (s *Server) compass(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Trade == nil {
		return missing("trade")
	}
	ask := compassAsked(r.URL.Query())
	if len(ask.q) > maxQuery*4 {
		return fault.New(fault.Invalid, "desk.error.long_query")
	}
	country := home
	if ask.who == "province" {
		country = ""
	}
	view := compassView{Page: s.Page(r, "compass.title"), Lede: v.T("compass.lede")}
	view.Sources, view.Doors = "/trade/sources", v.acceleratorDoors()
	b := compassBuilder{v: v, ask: ask, view: &view}
	b.form()
	c, err := s.cfg.Desk.Trade.Compass(v.ctx, v.p, trade.Ask{Province: v.p.Province, Profile: ask.profile, Whole: ask.whole != ""}, country)
	if none := v.noCompass(err); none != "" {
		view.None = none
		return s.Render(w, r, http.StatusOK, "trade/compass", view)
	}
	if err != nil {
		return err
	}
	b.c = c
	b.build()
	return s.Render(w, r, http.StatusOK, "trade/compass", view)
}

// compassBuilder fills the page from a compass.
type compassBuilder struct {
	v    *visit
	c    *trade.Compass
	ask  compassAsk
	view *compassView
}

// form is what the visitor may choose.
func (b compassBuilder) form() {
	v, a := b.v, b.ask
	for _, who := range []string{"", "province"} {
		b.view.Whose = append(b.view.Whose, Tab{Label: v.T("compass.who." + cmp.Or(who, "country")), Href: a.with("who", who), Current: a.who == who, Bare: true})
	}
	choose := func(name, value string, options ...Option) {
		for i := range options {
			options[i].Chosen = options[i].Value == value
		}
		b.view.Fields = append(b.view.Fields, Field{ID: "f-" + name, Name: name, Kind: "select", Label: v.T("compass.choose." + name), Options: options})
	}
	b.view.Fields = append(b.view.Fields, Field{ID: "f-q", Name: "q", Kind: "search", Label: v.T("compass.choose.q"), Value: a.q})
	readings := []Option{{Label: v.T("compass.all")}}
	for _, r := range readingOrder {
		readings = append(readings, Option{Value: string(r), Label: v.T("compass.reading." + string(r))})
	}
	choose("reading", a.reading, readings...)
	choose("branch", a.branch, Option{Label: v.T("compass.all")}, Option{Value: "textile", Label: v.T("compass.branch.textile")})
	var profiles []Option
	for _, name := range index.ProfileNames() {
		profiles = append(profiles, Option{Value: name, Label: v.T("compass.profile." + name)})
	}
	choose("profile", cmp.Or(a.profile, index.ProfileNames()[0]), profiles...)
	choose("whole", a.whole, Option{Label: v.T("compass.filtered")}, Option{Value: "1", Label: v.T("compass.unfiltered")})
	if a.who != "" {
		b.view.Hidden = []Param{{Name: "who", Value: a.who}}
	}
}

func (b compassBuilder) build() {
	shown := slices.DeleteFunc(slices.Clone(b.c.Lines), func(l trade.Line) bool { return !b.asked(l) })
	slices.SortStableFunc(shown, func(x, y trade.Line) int {
		return cmp.Or(cmp.Compare(slices.Index(readingOrder, x.Reading), slices.Index(readingOrder, y.Reading)), cmp.Compare(y.World, x.World))
	})
	b.finding()
	b.chart(shown)
	shown, b.view.Pager = pageOf(b.v.r, shown, b.ask.with("from", ""))
	for _, l := range shown {
		b.view.Rows = append(b.view.Rows, b.line(l))
	}
	b.how()
}

// inBranch tells whether a line is of the branch asked for. Chapters 50 to 63 are textiles.
func (b compassBuilder) inBranch(l trade.Line) bool {
	return b.ask.branch != "textile" || (l.Product >= "50" && l.Product < "64")
}

// asked tells whether a line is among those that the visitor asked for.
func (b compassBuilder) asked(l trade.Line) bool {
	if b.ask.reading != "" && string(l.Reading) != b.ask.reading {
		return false
	}
	if !b.inBranch(l) {
		return false
	}
	return b.ask.q == "" || trade.Fits(l.Product, l.Name, b.ask.q)
}

// finding is the sentence that stands first: how much is sold with advantage, and what is the nearest step up.
func (b compassBuilder) finding() {
	made, total := 0, 0.0
	var next []trade.Line
	for _, l := range b.c.Lines {
		total += l.Value
		if l.RCA >= 1 {
			made++
		}
		if l.Reading == "upgrade" && b.inBranch(l) {
			next = append(next, l)
		}
	}
	slices.SortFunc(next, func(x, y trade.Line) int { return cmp.Or(cmp.Compare(y.COG, x.COG), cmp.Compare(x.Product, y.Product)) })
	who := b.v.T("compass.who.province")
	if b.c.Region == nil {
		who = b.c.Place(b.c.Country).In(b.v.l)
	}
	b.view.Lede = b.v.T("compass.finding", "who", who, "n", b.num(made), "of", b.num(len(b.c.Lines)), "total", b.dollars(total))
	for _, l := range next[:min(3, len(next))] {
		b.view.Nearest = append(b.view.Nearest, nearLine{Product: l.Product, Name: l.Name.In(b.v.l)})
	}
}

func (b compassBuilder) line(l trade.Line) compassLine {
	out := compassLine{
		Product: l.Product, Name: l.Name.In(b.v.l), Value: b.dollars(l.Value), World: b.dollars(l.World), RCA: b.figure(l.RCA, 2),
		Near: b.num(l.Percentile), PCI: b.figure(l.PCI, 2), COG: b.figure(l.COG, 2),
		Reading: Pill{Text: b.v.T("compass.reading." + string(l.Reading)), Tone: readingTone[l.Reading]}, Says: b.v.T("compass.says." + string(l.Reading)),
	}
	if len(l.Beside) > 0 {
		out.Beside = b.v.T("compass.beside", "edition", b.c.BesideEdition, "codes", strings.Join(l.Beside, b.v.T("web.comma")))
	}
	if l.Value == 0 {
		out.RCA = "–" // nothing reported is not an advantage of 0
	}
	return out
}

// chart places the lines by nearness and complexity; the hundred with the largest world markets, for a picture that can be read.
func (b compassBuilder) chart(lines []trade.Line) {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(x, y trade.Line) int { return cmp.Compare(y.World, x.World) })
	lines = slices.DeleteFunc(lines, func(l trade.Line) bool { return math.IsNaN(l.PCI) })
	lines = lines[:min(100, len(lines))]
	const least, most = -3.0, 3.0
	y := func(pci float64) int {
		return int(math.Round((most - min(most, max(least, pci))) / (most - least) * chartH))
	}
	b.view.Chart = chart{W: chartW, H: chartH, Zero: y(0)}
	for _, l := range lines {
		b.view.Chart.Points = append(b.view.Chart.Points, chartPoint{X: l.Percentile * chartW / 100, Y: y(l.PCI), Tone: readingTone[l.Reading], Label: l.Name.In(b.v.l)})
	}
}

// how is what the figures were made with.
func (b compassBuilder) how() {
	v, w := b.v, b.c.World
	add := func(key, value, sub string) {
		b.view.How = append(b.view.How, Fact{Name: v.T("compass.how." + key), Value: value, Sub: sub})
	}
	add("source", w.Source.Title(), v.T("compass.how.licence", "licence", w.Source.Licence, "day", jalali.FromTime(timeOf(w.Source.LoadedAt)).Long(v.l)))
	if b.c.Region != nil {
		add("region", b.c.Region.Title(), v.T("compass.how.licence", "licence", b.c.Region.Licence, "day", jalali.FromTime(timeOf(b.c.Region.LoadedAt)).Long(v.l)))
	}
	if w.Beside != nil {
		add("beside", w.Beside.Title(), v.T("compass.how.licence", "licence", w.Beside.Licence, "day", jalali.FromTime(timeOf(w.Beside.LoadedAt)).Long(v.l)))
	}
	add("profile", v.T("compass.profile."+w.Index.Profile.Name), v.T("compass.says.profile."+string(w.Index.Profile.Presence)))
	d := w.Index.Exports.Dropped
	switch {
	case w.Filter.MinExports == 0:
		add("filter", v.T("compass.unfiltered"), v.T("compass.how.whole"))
	case w.Population == nil:
		add("filter", v.T("compass.how.by_exports", "n", b.num(len(w.Index.Exports.Countries))), v.T("compass.how.no_people"))
	default:
		add("filter", v.T("compass.how.by_both", "n", b.num(len(w.Index.Exports.Countries)), "out", b.num(len(d.SmallCountries)+len(d.UnknownPopulation))), w.Population.Title())
	}
	for _, key := range []string{"rca", "near", "pci", "cog", "world"} {
		add(key, v.T("compass.formula."+key), "")
	}
	if b.c.Region == nil {
		b.view.Notes = append(b.view.Notes, v.T("compass.note.national"))
	} else if b.c.Unknown > 0 {
		b.view.Notes = append(b.view.Notes, v.T("compass.note.unknown", "n", b.num(b.c.Unknown)))
	}
	b.conversion()
	for _, f := range w.Index.Warnings {
		b.view.Notes = append(b.view.Notes, locale.T(v.l, f.Key, f.Args))
	}
}

func (b compassBuilder) num(n int) string { return Num(b.v.l, int64(n)) }

// figure writes a number with decimals, – where it is not defined.
func (b compassBuilder) figure(f float64, decimals int) string { return Figured(b.v.l, f, decimals) }

// Figured writes a number with decimals in the language's digits, – where it is not defined.
func Figured(l locale.Lang, f float64, decimals int) string {
	if math.IsNaN(f) {
		return "–"
	}
	s := strconv.FormatFloat(f, 'f', decimals, 64)
	if l == locale.FA {
		s = locale.Digits(l, strings.Replace(s, ".", decimal, 1))
	}
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		s = minus + rest
	}
	return s
}

// dollars writes an amount in millions of USD, in thousands where it is small.
func (b compassBuilder) dollars(f float64) string {
	switch {
	case f == 0:
		return b.v.T("compass.not_sold")
	case f < 1e5:
		return b.v.T("compass.thousand", "n", b.figure(f/1e3, 1))
	case f < 1e9:
		return b.v.T("compass.million", "n", b.figure(f/1e6, 1))
	}
	return b.v.T("compass.billion", "n", b.figure(f/1e9, 1))
}

type sourcesView struct {
	*Page
	Rows []sourceLine
}

type sourceLine struct {
	Title, Kind, Licence, File, Hash, Rows, Change string
	Counts                                         bool
	At                                             time.Time
}

// tradeSources lists what is loaded, with what each table changed.
func (s *Server) tradeSources(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Trade == nil {
		return missing("trade")
	}
	all, err := s.cfg.Desk.Trade.TradeSources(v.ctx, v.p)
	if err != nil {
		return err
	}
	view := sourcesView{Page: s.Page(r, "compass.sources.title")}
	counts := trade.Counting(all)
	num := func(n int) string { return Num(v.l, int64(n)) }
	for _, x := range all {
		view.Rows = append(view.Rows, sourceLine{
			Title: x.Title(), Kind: v.T("compass.kind." + string(x.Kind)), Licence: x.Licence, File: x.File, Hash: x.SHA256[:min(12, len(x.SHA256))],
			Rows: num(x.Rows), Counts: counts[x.ID], At: timeOf(x.LoadedAt),
			Change: v.T("compass.change", "added", num(x.Change.Added), "changed", num(x.Change.Changed), "gone", num(x.Change.Gone)),
		})
	}
	return s.Render(w, r, http.StatusOK, "trade/sources", view)
}
