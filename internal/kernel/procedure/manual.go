package procedure

import (
	"fmt"
	"strconv"
	"strings"

	"rahgosha/internal/base/locale"
)

// Manual is a procedure as a document for people: one section after another, for a page, a PDF or a printer.
type Manual struct {
	Lang     locale.Lang
	Title    string
	Version  string
	From     string // Jalali, in the language's digits
	Hash     string // of the definition: stands on the cover
	Sections []ManualSection
}

// ManualSection is a heading with paragraphs and, where Head is not empty, a table.
type ManualSection struct {
	ID    string
	Title string
	Text  []string
	Head  []string
	Rows  [][]string
}

// manualWriter gathers sections in one language.
type manualWriter struct {
	d    *Definition
	lang locale.Lang
	m    *Manual
}

// NewManual writes the manual of a definition in a language.
func NewManual(d *Definition, lang locale.Lang) *Manual {
	w := &manualWriter{d, lang, &Manual{Lang: lang, Title: d.Title.In(lang), Version: locale.Digits(lang, d.Version),
		From: d.From.Slash(lang), Hash: d.Hash}}
	for _, write := range []func(){w.purpose, w.laws, w.roles, w.facts, w.conditions, w.scores, w.rounds, w.stages, w.actions, w.clocks, w.obligations, w.consultations, w.letters,
		w.dated, w.reasons, w.appeal, w.retention, w.indicators, w.questions} {
		write()
	}
	return w.m
}

func (w *manualWriter) t(key string) string { return locale.T(w.lang, "procedure.manual."+key, nil) }

func (w *manualWriter) add(id string, text []string, head []string, rows [][]string) {
	if len(text) == 0 && len(rows) == 0 {
		return
	}
	s := ManualSection{ID: id, Title: w.t(id), Text: text, Rows: rows}
	for _, h := range head {
		s.Head = append(s.Head, w.t(h))
	}
	w.m.Sections = append(w.m.Sections, s)
}

func (w *manualWriter) purpose() {
	var text []string
	if s := w.d.Summary.In(w.lang); s != "" {
		text = append(text, s)
	}
	w.add("purpose", text, nil, nil)
}

func (w *manualWriter) laws() {
	var rows [][]string
	for _, l := range w.d.Laws {
		rows = append(rows, []string{l.ID, l.Title.In(w.lang), l.Article.In(w.lang), l.Text.In(w.lang), w.word("sure", l.Sure)})
	}
	w.add("laws", nil, []string{"code", "title", "article", "says", "sure"}, rows)
}

// word gives the name of a word from a list; what has no name stands as it is.
func (w *manualWriter) word(kind, s string) string {
	key := "procedure.word." + kind + "." + s
	if s == "" || !locale.Has(w.lang, key) {
		return s
	}
	return locale.T(w.lang, key, nil)
}

func (w *manualWriter) role(id string) string {
	if r := w.d.Role(id); r != nil {
		return r.Title.In(w.lang)
	}
	return w.word("side", id)
}

func (w *manualWriter) roleList(ids []string) string {
	var out []string
	for _, id := range ids {
		out = append(out, w.role(id))
	}
	return strings.Join(out, w.comma())
}

func (w *manualWriter) comma() string {
	if w.lang == locale.FA {
		return "\u060C "
	}
	return ", "
}

func (w *manualWriter) roles() {
	var rows [][]string
	for _, r := range w.d.Roles {
		rows = append(rows, []string{r.Title.In(w.lang), w.word("side", r.Side), w.sees(r)})
	}
	var text []string
	for _, s := range w.d.Separation {
		if said := s.Text.In(w.lang); !known(text, said) { // one rule can part several pairs of acts
			text = append(text, said)
		}
	}
	w.add("roles", text, []string{"role", "side", "sees"}, rows)
}

// sees names the groups of facts that a role sees; a group without a name of its own goes by its facts.
func (w *manualWriter) sees(r *Role) string {
	var out []string
	for _, g := range r.Sees {
		if name := w.word("group", g); name != g {
			out = append(out, name)
			continue
		}
		for _, f := range w.d.Facts {
			if f.Group == g {
				out = append(out, f.Title.In(w.lang))
			}
		}
	}
	return strings.Join(out, w.comma())
}

func (w *manualWriter) facts() {
	var rows [][]string
	for _, f := range w.d.Facts {
		purpose, keep := "", ""
		if f.Personal != nil {
			purpose, keep = f.Personal.Purpose.In(w.lang), w.kept(f.Personal.Retention)
		}
		rows = append(rows, []string{f.Title.In(w.lang), w.word("source", f.Source), f.Document, purpose, keep})
	}
	w.add("facts", nil, []string{"fact", "source", "document", "why", "keep"}, rows)
}

func (w *manualWriter) conditions() {
	var rows [][]string
	for _, c := range w.d.Conditions {
		law := c.Law
		if l := w.d.Law(c.Law); l != nil {
			law = l.Title.In(w.lang)
		}
		rows = append(rows, []string{c.ID, c.Text.In(w.lang), law, strings.Join(c.Evidence, w.comma()), c.Remedy.In(w.lang), w.word("unknown", c.Unknown)})
	}
	w.add("conditions", nil, []string{"code", "condition", "law", "evidence", "remedy", "if_unknown"}, rows)
}

func (w *manualWriter) stages() {
	c := &checker{&report{src: sources{}}, w.d, CheckContext{}}
	var rows [][]string
	for _, s := range w.d.Stages {
		var exits, clocks []string
		for _, id := range c.exits(s.ID) {
			if to := w.d.Stage(id); to != nil && !known(exits, to.Title.In(w.lang)) {
				exits = append(exits, to.Title.In(w.lang))
			}
		}
		for _, k := range w.d.Clocks {
			if !s.Final && c.runsIn(k, s.ID) {
				clocks = append(clocks, k.Title.In(w.lang)+": "+k.Limit.Text(w.lang))
			}
		}
		holder := w.role(s.Holder)
		if s.Final {
			holder, exits = "", []string{locale.T(w.lang, "procedure.manual.ends", map[string]any{"outcome": w.word("outcome", s.Outcome)})}
		}
		rows = append(rows, []string{s.Title.In(w.lang), holder, strings.Join(clocks, w.comma()), strings.Join(exits, w.comma())})
	}
	w.add("stages", nil, []string{"stage", "holder", "clock", "exits"}, rows)
}

func (w *manualWriter) actions() {
	var rows [][]string
	for _, a := range w.d.Actions {
		var in []string
		for _, id := range a.In {
			if s := w.d.Stage(id); s != nil {
				in = append(in, s.Title.In(w.lang))
			}
		}
		rows = append(rows, []string{a.Title.In(w.lang), w.roleList(a.By), strings.Join(in, w.comma())})
	}
	w.add("actions", nil, []string{"action", "who", "stage"}, rows)
}

func (w *manualWriter) clocks() {
	var rows [][]string
	for _, k := range w.d.Clocks {
		var end []string
		for _, b := range k.Breach {
			end = append(end, w.word("breach", b.Kind)+" "+w.breached(b))
		}
		law := ""
		if l := w.d.Law(k.Law); l != nil {
			law = l.Title.In(w.lang)
		}
		rows = append(rows, []string{k.Title.In(w.lang), k.Limit.Text(w.lang), strings.Join(end, w.comma()), law})
	}
	w.add("clocks", nil, []string{"clock", "limit", "at_end", "law"}, rows)
}

// breached names what the end of a deadline reaches: a role, an action, a notice; another procedure goes by its id.
func (w *manualWriter) breached(b *Breach) string {
	switch b.Kind {
	case "act":
		if a := w.d.Action(b.Name); a != nil {
			return quote(w.lang, a.Title.In(w.lang))
		}
	case "publish":
		return w.word("notice", b.Name)
	}
	return w.role(b.Name)
}

// obligations says what will be owed, by whom, until when, and how others see that it was done.
func (w *manualWriter) obligations() {
	var rows [][]string
	for _, o := range w.d.Obligation {
		limit, measure := "", o.Measure.In(w.lang)
		if k := w.d.Clock(o.Clock); k != nil {
			limit = k.Limit.Text(w.lang)
		}
		if o.Each != nil && o.Each.Due != "" {
			limit = w.t("said_in_each")
		}
		if measure == "" {
			measure = w.t("said_in_each")
		}
		var proof []string
		for _, id := range o.Evidence {
			if f := w.d.Fact(id); f != nil {
				proof = append(proof, f.Title.In(w.lang))
			}
		}
		rows = append(rows, []string{o.Title.In(w.lang), w.roleList(o.Owner), limit, measure, strings.Join(proof, w.comma()), w.roleList(o.Confirm)})
	}
	w.add("obligations", nil, []string{"obligation", "owner", "until", "measure", "evidence", "confirmed_by"}, rows)
}

// consultations says whose opinion is asked, and how long.
func (w *manualWriter) consultations() {
	var rows [][]string
	for _, x := range w.d.Consult {
		limit := ""
		if k := w.d.Clock(x.Clock); k != nil {
			limit = k.Limit.Text(w.lang)
		}
		rows = append(rows, []string{x.Title.In(w.lang), w.roleList(x.Roles), limit})
	}
	w.add("consultations", nil, []string{"consultation", "asked", "limit"}, rows)
}

func (w *manualWriter) letters() {
	var rows [][]string
	for _, l := range w.d.Letters {
		to := l.To
		if r := w.d.Relation(l.To); r != nil {
			to = r.Title.In(w.lang)
		}
		rows = append(rows, []string{l.ID, l.Title.In(w.lang), to, w.roleList(l.Signers)})
	}
	w.add("letters", nil, []string{"code", "letter", "to", "signers"}, rows)
}

func (w *manualWriter) reasons() {
	var rows [][]string
	for _, t := range w.d.Reasons {
		for _, r := range t.Rows {
			rows = append(rows, []string{r.Code, r.Title.In(w.lang), w.word("side", r.Side), r.Remedy.In(w.lang)})
		}
	}
	w.add("reasons", nil, []string{"code", "reason", "side", "remedy"}, rows)
}

func (w *manualWriter) appeal() {
	if a := w.d.Appeal; a != nil {
		w.add("appeal", []string{locale.T(w.lang, "procedure.manual.appeal_text",
			map[string]any{"within": a.Within.Text(w.lang), "by": w.roleList(a.By)})}, nil, nil)
	}
}

func (w *manualWriter) retention() {
	var rows [][]string
	for _, r := range w.d.Retention {
		rows = append(rows, []string{w.word("outcome", r.Outcome), w.kept(r.Keep)})
	}
	w.add("retention", nil, []string{"outcome", "keep"}, rows)
}

func (w *manualWriter) indicators() {
	var rows [][]string
	for _, x := range w.d.Indicators {
		rows = append(rows, []string{x.Title.In(w.lang), w.counted(x.Numerator), w.counted(x.Denominator), x.Note.In(w.lang)})
	}
	w.add("indicators", nil, []string{"indicator", "numerator", "denominator", "note"}, rows)
}

// kept says a time of keeping in the language: 10 years, or case for as long as the case.
func (w *manualWriter) kept(s string) string {
	n, unit, ok := strings.Cut(s, " ")
	if !ok {
		unit = s
	}
	key := "procedure.manual.kept_" + unit
	if !locale.Has(w.lang, key) {
		return locale.Digits(w.lang, s)
	}
	return locale.T(w.lang, key, map[string]any{"n": locale.Digits(w.lang, n)})
}

// counted says in words what an indicator counts: stage(paid), outcome(granted), action(submit).
func (w *manualWriter) counted(s string) string {
	m := eventShape.FindStringSubmatch(s)
	if m == nil {
		return s
	}
	name := m[2]
	switch st, a := w.d.Stage(name), w.d.Action(name); {
	case m[1] == "stage" && st != nil:
		name = st.Title.In(w.lang)
	case m[1] == "action" && a != nil:
		name = a.Title.In(w.lang)
	case m[1] == "outcome":
		name = w.word("outcome", name)
	}
	return w.t(m[1]) + ": " + name
}

func (w *manualWriter) questions() {
	var text []string
	for i, q := range w.d.Questions {
		text = append(text, locale.Digits(w.lang, strconv.Itoa(i+1))+". "+q.In(w.lang))
	}
	w.add("questions", text, nil, nil)
}

// Cover gives the lines of the cover: version, effective from, hash.
func (m *Manual) Cover() []string {
	return []string{
		fmt.Sprintf("%s: %s", locale.T(m.Lang, "procedure.manual.version", nil), m.Version),
		fmt.Sprintf("%s: %s", locale.T(m.Lang, "procedure.manual.from", nil), m.From),
		fmt.Sprintf("%s: %s", locale.T(m.Lang, "procedure.manual.hash", nil), m.Hash),
	}
}
