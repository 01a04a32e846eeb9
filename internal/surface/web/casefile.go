package web

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
)

// Seals gives the root, in hex, of the signed checkpoint that covers an entry of the journal; "" before there is one.
type Seals interface {
	RootOver(ctx context.Context, index int64) (string, error)
}

// Containers gives a case as one signed file with its proofs, as its reader may see it; the journal keeps who took it.
type Containers interface {
	Container(ctx context.Context, p access.Principal, caseID string) (io.ReadCloser, error)
}

// container sends a case's container.
func (s *Server) container(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Containers == nil {
		return missing("containers")
	}
	file, err := s.cfg.Desk.Containers.Container(v.ctx, v.p, r.PathValue("id"))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="case-`+url.PathEscape(r.PathValue("id"))+`.zip"`)
	_, err = io.Copy(w, file)
	return err
}

// wholeFile shows a case as one document to print: what this reader sees on the case's page, and nothing else.
func (s *Server) wholeFile(w http.ResponseWriter, r *http.Request) error {
	return s.printFile(w, r, "")
}

func (s *Server) wholeFilePDF(w http.ResponseWriter, r *http.Request) error {
	return s.printFile(w, r, "case-"+r.PathValue("id"))
}

func (s *Server) printFile(w http.ResponseWriter, r *http.Request, file string) error {
	v := s.visit(r)
	c, err := v.caseOf()
	if err != nil {
		return err
	}
	t, err := v.teller(c)
	if err != nil {
		return err
	}
	doc, err := v.caseFileOf(c, t)
	if err != nil {
		return err
	}
	return v.sendPrintout(w, doc, Crumb{Label: v.caseCrumb(c).Label, Href: "/cases/" + c.ID, Code: c.Number != ""}, file)
}

// caseFileOf puts the whole file together.
func (v *visit) caseFileOf(c *casework.View, t teller) (printout, error) {
	doc := printout{Title: v.T("casefile.title"), Subtitle: v.caseTitle(c), Cover: v.cover(c, t), Foot: v.foot(c)}
	doc.add(part{ID: "parties", Title: v.T("casefile.parties"), Table: t.parties(c)})
	doc.add(part{ID: "clocks", Title: v.T("casefile.clocks"), Table: t.clockTable(v.clockLines(c))})
	for i, g := range t.groups(c) {
		doc.add(part{ID: "facts-" + strconv.Itoa(i), Title: g.Title, Table: t.factTable(g.Facts)})
	}
	doc.add(part{ID: "claims", Title: v.T("desk.import.claims"), List: t.claimList(c)})
	if len(c.Conditions) > 0 {
		doc.add(t.conditionPart(c))
	}
	for _, r := range t.rounds(c) {
		doc.add(part{ID: r.ID, Title: r.Title, Lines: []string{r.Line}, Table: t.roundGrid(r)})
	}
	for i, x := range t.scores(c) {
		doc.add(part{ID: "score-" + strconv.Itoa(i), Title: x.Title, Lines: []string{x.State}, List: x.Points})
	}
	doc.add(part{ID: "decisions", Title: v.T("desk.decisions"), Table: t.decisionTable(c)})
	doc.add(part{ID: "letters", Title: v.T("desk.letters"), Table: t.letterTable(c)})
	if papers := t.documentTable(c); len(papers.Rows) > 0 {
		doc.add(part{ID: "documents", Title: v.T("casefile.documents"), Lines: []string{v.T("casefile.documents.lede")}, Table: papers})
	}
	doc.add(part{ID: "events", Title: v.T("desk.timeline"), Table: t.eventTable(c)})
	sealed, err := v.sealPart(c)
	doc.add(sealed)
	return doc, err
}

// foot is what stands on every page: the number, who printed it and when.
func (v *visit) foot(c *casework.View) string {
	return v.T("casefile.foot", "number", v.caseCrumb(c).Label, "who", v.p.Name, "role", v.word("desk.role.", v.p.Role), "at", v.momentText(v.s.cfg.Clock.Now().UnixMicro()))
}

// cover says what the file is of: number, state, whose turn it is and by when.
func (v *visit) cover(c *casework.View, t teller) []string {
	out := []string{v.T("casefile.number", "number", v.caseCrumb(c).Label), v.T("casefile.stage", "stage", stageTitle(v, c.Stage.Title, c.Stage.Public))}
	if c.Title != "" {
		out = append(out, v.T("casefile.unit", "unit", c.Title))
	}
	turn, _ := v.turn(c, t)
	out = append(out, turn.Eyebrow+v.T("desk.colon")+turn.What)
	for _, x := range turn.Limits {
		out = append(out, v.limitLine(x))
	}
	out = append(out, v.T("casefile.opened", "date", longDate(v.l, c.Opened)),
		v.T("casefile.definition", "title", c.Procedure.Title.In(v.l), "version", locale.Digits(v.l, c.Procedure.Version)), v.foot(c))
	if c.Sample {
		out = append(out, v.T("web.sample"))
	}
	return out
}

// parties are the unit, whose turn it is, the bodies that the file names and everybody who acted.
func (t teller) parties(c *casework.View) *grid {
	g := &grid{Head: []string{t.T("casefile.party"), t.T("casefile.as")}, Widths: []float64{3, 4}}
	put := func(name, as string) {
		line := row(name, as)
		if name != "" && as != "" && !slices.ContainsFunc(g.Rows, func(r []cell) bool { return slices.Equal(r, line) }) {
			g.Rows = append(g.Rows, line)
		}
	}
	put(c.Title, t.T("casefile.as.unit"))
	put(t.name(c.Holder.Subject), c.Holder.Title.In(t.l))
	for _, f := range c.Facts {
		if s, ok := f.Value.(string); ok && strings.HasPrefix(f.Type, "body:") {
			put(t.name(s), f.Title.In(t.l))
		}
	}
	for _, e := range c.Timeline {
		put(t.name(e.By), e.RoleText.In(t.l))
	}
	return g
}

func (t teller) clockTable(lines []clockLine) *grid {
	g := &grid{Head: []string{t.T("casefile.clock"), t.T("casefile.limit"), t.T("casefile.due"), t.T("casefile.state"), t.T("casefile.law")}, Widths: []float64{4, 2, 3, 3, 1}}
	for _, k := range lines {
		due := jalali.FromTime(k.Due).Long(t.l)
		state := k.State
		if !k.Ended.IsZero() {
			state += t.T("web.comma") + jalali.FromTime(k.Ended).Long(t.l)
		}
		g.Rows = append(g.Rows, row(k.Title, k.Limit, due, state, k.Law))
	}
	return g
}

func (t teller) factTable(facts []Fact) *grid {
	g := &grid{Head: []string{t.T("casefile.fact"), t.T("casefile.value"), t.T("casefile.source")}, Widths: []float64{3, 4, 3}}
	for _, f := range facts {
		from := []string{f.Source}
		if !f.At.IsZero() {
			from = append(from, jalali.FromTime(f.At).Long(t.l))
		}
		if f.Verifier != "" {
			from = append(from, t.T("web.fact.verified", "by", f.Verifier))
		}
		from = slices.DeleteFunc(from, func(s string) bool { return s == "" })
		g.Rows = append(g.Rows, row(f.Name, f.Value, strings.Join(from, t.T("web.comma"))))
	}
	return g
}

func (t teller) claimList(c *casework.View) []string {
	var out []string
	for _, k := range t.claims(c) {
		parts := slices.DeleteFunc([]string{k.Step, k.Amount, k.On}, func(s string) bool { return s == "" })
		out = append(out, strings.Join(parts, t.T("web.comma")))
	}
	return out
}

// conditionPart explains every condition: result, values with their sources, law, the rule itself, why and what would help.
func (t teller) conditionPart(c *casework.View) part {
	verdict := t.verdict(c)
	g := &grid{Head: []string{t.T("casefile.condition"), t.T("casefile.state"), t.T("casefile.trace")}, Widths: []float64{4, 1.5, 5}}
	for i, k := range c.Conditions {
		rule := verdict.Rules[i]
		why := []string{rule.Source, rule.Law}
		if k.Is == "not_met" {
			why = append(append(why, t.because(k)), t.remedy(k)...)
		}
		if k.Is == "unknown" {
			why = append(why, t.ask(k))
		}
		if k.Rule != "" {
			why = append(why, t.T("casefile.rule", "rule", ltr(k.Rule)))
		}
		why = slices.DeleteFunc(why, func(s string) bool { return s == "" })
		g.Rows = append(g.Rows, row(t.T("desk.cite", "no", rule.No, "text", rule.Text), rule.Value, strings.Join(why, "\n")))
	}
	return part{ID: "conditions", Title: t.T("desk.verdict.title"), Lines: []string{verdict.Summary, verdict.Version}, Table: g}
}

func (t teller) roundGrid(r roundTable) *grid {
	g := &grid{Head: slices.Concat([]string{t.T("desk.round.rank"), t.T("desk.round.case")}, r.Columns, []string{t.T("desk.round.proposal"), t.T("desk.round.answer"), t.T("desk.round.result")})}
	for _, m := range r.Rows {
		answer := m.Answer
		if m.Note != "" {
			answer += "\n" + m.Note
		}
		g.Rows = append(g.Rows, row(slices.Concat([]string{m.Rank, m.Case.Label}, m.Cells, []string{m.Proposal, answer, m.Result.Text})...))
	}
	return g
}

func (t teller) decisionTable(c *casework.View) *grid {
	g := &grid{Head: []string{t.T("casefile.at"), t.T("casefile.decision"), t.T("casefile.party"), t.T("casefile.why")}, Widths: []float64{2, 2, 3, 4}}
	for _, d := range slices.Backward(t.decisions(c)) {
		title := d.Title
		if d.Void {
			title += t.T("web.comma") + t.T("desk.decision.void")
		}
		who := slices.DeleteFunc([]string{d.Who, d.Role}, func(s string) bool { return s == "" })
		why := slices.DeleteFunc(append([]string{d.Reason}, d.Cites...), func(s string) bool { return s == "" })
		g.Rows = append(g.Rows, row(t.momentText(d.At.UnixMicro()), title, strings.Join(who, t.T("web.comma")), strings.Join(why, "\n")))
	}
	return g
}

func (t teller) letterTable(c *casework.View) *grid {
	g := &grid{Head: []string{t.T("casefile.letter.number"), t.T("casefile.letter"), t.T("casefile.at"), t.T("casefile.check")}, Widths: []float64{2, 3, 2, 4}}
	for _, x := range c.Letters {
		g.Rows = append(g.Rows, []cell{{Text: x.Number, Code: true}, {Text: x.Title.In(t.l)}, {Text: t.momentText(x.At)}, {Text: "/verify?q=" + x.Token, Code: true}})
	}
	return g
}

// documentTable lists every content once, by its whole hash, with each name it was given.
func (t teller) documentTable(c *casework.View) *grid {
	g := &grid{Head: []string{t.T("casefile.document"), t.T("casefile.kind"), t.T("casefile.at"), t.T("casefile.hash")}, Widths: []float64{3, 2, 2, 4}}
	seen := map[string]bool{}
	for _, e := range c.Timeline {
		for _, f := range e.Files {
			if !seen[f.Hash+f.Name] {
				seen[f.Hash+f.Name], seen[f.Hash] = true, true
				g.Rows = append(g.Rows, []cell{{Text: f.Name}, {Text: mediaKind(f.Media) + t.T("web.comma") + sizeOf(t.l, f.Size)}, {Text: t.momentText(e.At)}, {Text: f.Hash, Code: true}})
			}
		}
	}
	for _, f := range c.Facts {
		if hash, ok := f.Value.(string); ok && f.Type == "file" && hash != casework.Erased && !seen[hash] {
			seen[hash] = true
			g.Rows = append(g.Rows, []cell{{Text: f.Title.In(t.l)}, {}, {Text: t.momentText(f.AsOf)}, {Text: hash, Code: true}})
		}
	}
	return g
}

// eventTable is the whole timeline as it happened, the oldest first.
func (t teller) eventTable(c *casework.View) *grid {
	g := &grid{Head: []string{t.T("casefile.no"), t.T("casefile.at"), t.T("casefile.event")}, Widths: []float64{1, 2, 8}}
	for _, e := range c.Timeline {
		x := t.event(c, e)
		lines := []string{t.said(x), joinNotes(t, x.Notes)}
		if e.Letter != nil {
			lines = append(lines, t.T("casefile.event.letter", "number", x.Code, "title", e.Letter.Title.In(t.l)))
		}
		if e.Scan != nil {
			lines = append(lines, t.T("casefile.event.letter", "number", x.Code, "title", t.T("scan.of."+e.Scan.Of)))
		}
		if x.Internal && x.Body != "" {
			lines = append(lines, t.T("web.timeline.internal"))
		}
		for _, f := range x.Files {
			lines = append(lines, t.T("casefile.event.file", "name", f.Name))
		}
		lines = slices.DeleteFunc(append(lines, x.Body), func(s string) bool { return s == "" })
		g.Rows = append(g.Rows, row(Num(t.l, e.Seq), t.momentText(e.At), strings.Join(lines, "\n")))
	}
	return g
}

// joinNotes puts the small print of an event on one line; a note that is a sentence loses its stop.
func joinNotes(t teller, notes []string) string {
	out := slices.Clone(notes)
	for i := range out {
		out[i] = strings.TrimSuffix(out[i], ".")
	}
	return strings.Join(out, t.T("web.comma"))
}

// sealPart says how anybody can check that the printed events stand in the province's journal.
func (v *visit) sealPart(c *casework.View) (part, error) {
	x := seal(c)
	if x == nil {
		return part{}, nil
	}
	out := part{ID: "seal", Title: v.T("desk.seal"), Lines: []string{v.T("casefile.seal.lede")}}
	line := func(name, value string) []cell { return []cell{{Text: v.T(name)}, {Text: value, Code: true}} }
	g := &grid{Head: []string{v.T("casefile.fact"), v.T("casefile.value")}, Widths: []float64{3, 5}}
	g.Rows = append(g.Rows, row(v.T("casefile.seal.entries"), Num(v.l, x.Entries)), line("casefile.seal.entry", x.Entry))
	if x.Index < 0 {
		out.Lines = append(out.Lines, v.T("desk.seal.pending"))
	} else {
		g.Rows = append(g.Rows, row(v.T("casefile.seal.index"), Num(v.l, x.Index)), line("casefile.seal.proof", x.ProofURL))
	}
	root, err := v.rootOver(x.Index)
	if err != nil {
		return out, err
	}
	if root != "" {
		g.Rows = append(g.Rows, line("casefile.seal.root", root))
	}
	g.Rows = append(g.Rows, line("casefile.seal.definition", c.Procedure.Hash))
	out.Table = g
	return out, nil
}

func (v *visit) rootOver(index int64) (string, error) {
	if v.s.cfg.Desk.Seals == nil || index < 0 {
		return "", nil
	}
	return v.s.cfg.Desk.Seals.RootOver(v.ctx, index)
}

// momentText is a day with its hour, as paper needs it: never without the year.
func (t teller) momentText(us int64) string { return momentText(t.l, us) }

func (v *visit) momentText(us int64) string { return momentText(v.l, us) }

func momentText(l locale.Lang, us int64) string {
	if us == 0 {
		return ""
	}
	at := time.UnixMicro(us)
	return jalali.FromTime(at).Slash(l) + locale.T(l, "web.comma", nil) + locale.Digits(l, at.In(clock.Tehran).Format("15:04"))
}
