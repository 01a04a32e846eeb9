package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// noticed are the kinds of decisions that a unit is told of; a return is told of where it comes back to the unit.
var noticed = []string{"grant", "refuse", "conditional", "return"}

// notices are the events of a case that have a notice to print: decisions, and returns to the unit, that no letter tells of.
func (v *visit) notices(c *casework.View) (map[int64]*procedure.Action, *procedure.Definition, error) {
	d, err := v.definition(c.Procedure)
	out := map[int64]*procedure.Action{}
	if err != nil || d == nil {
		return out, nil, err
	}
	for _, e := range c.Timeline {
		if a := d.Action(e.Action); a != nil && tells(d, a, e) && !voided(c, e.Seq) {
			out[e.Seq] = a
		}
	}
	return out, d, nil
}

func tells(d *procedure.Definition, a *procedure.Action, e casework.EventView) bool {
	if e.Kind != casework.KindActed || e.Letter != nil || e.To == nil || !slices.Contains(noticed, a.Kind) {
		return false
	}
	to := d.Stage(e.To.ID)
	return a.Kind != "return" || to != nil && strings.HasPrefix(to.Holder, "unit.")
}

func voided(c *casework.View, seq int64) bool {
	return slices.ContainsFunc(c.Decisions, func(d casework.DecisionView) bool { return d.Seq == seq && d.Void })
}

// definition finds the one a case runs on; nil where none is at hand.
func (v *visit) definition(of casework.ProcedureRef) (*procedure.Definition, error) {
	if v.s.cfg.Desk.Definitions == nil {
		return nil, nil
	}
	all, err := v.s.cfg.Desk.Definitions.All(v.ctx)
	for _, d := range all {
		if d.Hash == of.Hash {
			return d, err
		}
	}
	return nil, err
}

// offerNotices puts the address of each notice beside its decision, or beside its event where it is none.
func (v *visit) offerNotices(c *casework.View, view *caseView) error {
	list, _, err := v.notices(c)
	if err != nil {
		return err
	}
	at := func(seq int64) string { return "/cases/" + c.ID + "/notices/" + itoa(seq) }
	for i := range view.Decisions {
		if k := &view.Decisions[i]; list[k.seq] != nil {
			k.Notice = at(k.seq)
			delete(list, k.seq)
		}
	}
	for i := range view.Days {
		for j := range view.Days[i].Events {
			e := &view.Days[i].Events[j]
			if seq, err := strconv.ParseInt(strings.TrimPrefix(e.ID, "e"), 10, 64); err == nil && list[seq] != nil {
				e.Link = &Link{Label: v.T("notice.print"), Href: at(seq)}
			}
		}
	}
	return nil
}

// notice prints what was decided, why, what would help, until when, and how to appeal.
func (s *Server) notice(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	name, isPDF := strings.CutSuffix(r.PathValue("seq"), pdfSuffix)
	c, err := v.caseOf()
	if err != nil {
		return err
	}
	list, d, err := v.notices(c)
	if err != nil {
		return err
	}
	seq, _ := strconv.ParseInt(name, 10, 64)
	i := slices.IndexFunc(c.Timeline, func(e casework.EventView) bool { return e.Seq == seq })
	if list[seq] == nil || i < 0 {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	t, err := v.teller(c)
	if err != nil {
		return err
	}
	file := ""
	if isPDF {
		file = "notice-" + c.ID + "-" + name
	}
	doc := v.noticeOf(c, t, d, list[seq], c.Timeline[i])
	return v.sendPrintout(w, doc, Crumb{Label: v.caseCrumb(c).Label, Href: "/cases/" + c.ID, Code: c.Number != ""}, file)
}

func (v *visit) noticeOf(c *casework.View, t teller, d *procedure.Definition, a *procedure.Action, e casework.EventView) printout {
	doc := printout{Title: v.T("notice.title"), Subtitle: v.caseTitle(c), Foot: v.foot(c)}
	doc.Cover = []string{v.T("casefile.number", "number", v.caseCrumb(c).Label), v.T("notice.of", "what", a.Title.In(v.l), "date", longDate(v.l, e.At))}
	if c.Sample {
		doc.Cover = append(doc.Cover, v.T("web.sample"))
	}
	what := []string{strings.TrimSpace(t.actor(e) + " " + t.what(e)), joinNotes(t, t.eventNotes(e))}
	doc.add(part{ID: "what", Title: v.T("notice.what"), Lines: slices.DeleteFunc(what, func(s string) bool { return s == "" })})
	doc.add(t.noticeWhy(c, e))
	if to := d.Stage(e.To.ID); to != nil {
		doc.add(v.noticeNext(c, d, to, e))
		doc.add(part{ID: "appeal", Title: v.T("notice.appeal"), List: v.open(d, to), Lines: v.appeal(d, to)})
	}
	doc.add(part{ID: "seal", Title: v.T("desk.seal"), Lines: []string{v.T("notice.seal", "entry", e.Entry)}})
	return doc
}

// noticeWhy gives the coded reason, the conditions cited with law, the values that decided and what would have helped, and
// what was written with the act.
func (t teller) noticeWhy(c *casework.View, e casework.EventView) part {
	out := part{ID: "why", Title: t.T("notice.why")}
	for _, d := range t.decisions(c) {
		if d.Href == "#e"+itoa(e.Seq) && d.Reason != "" {
			out.Lines = append(out.Lines, d.Reason)
		}
	}
	if e.Note != "" && e.NoteFor != "staff" {
		out.Lines = append(out.Lines, e.Note)
	}
	for _, f := range c.Facts { // what the act itself wrote, as long as nothing newer stands in its place
		if f.AsOf == e.At && f.Value != nil && slices.Contains(e.Facts, f.Title) {
			out.Lines = append(out.Lines, f.Title.In(t.l)+t.T("desk.colon")+t.value(f))
		}
	}
	for _, d := range c.Decisions {
		if d.Seq == e.Seq {
			out.List = append(out.List, t.cited(c, d)...)
		}
	}
	return out
}

func (t teller) cited(c *casework.View, d casework.DecisionView) []string {
	var out []string
	for _, k := range c.Conditions {
		if !slices.Contains(d.Cites, k.ID) {
			continue
		}
		out = append(out, t.T("desk.cite", "no", t.no(k.ID), "text", k.Text.In(t.l))+lawOf(t, k))
		for _, x := range d.Conditions {
			if x.ID == k.ID {
				out = append(out, t.then(k, x)...)
			}
		}
		if !k.Advice.IsZero() {
			out = append(out, t.T("desk.remedy.advice", "no", t.no(k.ID), "text", k.Advice.In(t.l)))
		}
	}
	return out
}

func lawOf(t teller, k casework.ConditionView) string {
	if law := t.rule(k).Law; law != "" {
		return t.T("desk.semicolon") + law
	}
	return ""
}

// then says the smallest change that would have met a condition when it was decided.
func (t teller) then(k casework.ConditionView, x casework.Assessed) []string {
	var out []string
	for _, f := range k.Facts {
		if to, ok := x.Remedy[f.Name]; ok {
			f.Value, f.Label = to, locale.Text{}
			out = append(out, t.T("desk.remedy.if", "fact", f.Title.In(t.l), "value", t.value(f)))
		}
	}
	return out
}

// noticeNext says what is to be done, by when, and what happens otherwise.
func (v *visit) noticeNext(c *casework.View, d *procedure.Definition, to *procedure.Stage, e casework.EventView) part {
	out := part{ID: "next", Title: v.T("notice.next")}
	if !to.Todo.IsZero() && strings.HasPrefix(to.Holder, "unit.") {
		out.Lines = append(out.Lines, to.Todo.In(v.l))
	}
	if c.Stage.ID == to.ID && c.Outcome == "" && c.Holder.Since == e.At {
		for _, x := range v.limits(c) {
			out.List = append(out.List, v.limitLine(x))
		}
	} else {
		for _, k := range d.Clocks {
			if slices.ContainsFunc(k.Start, func(s procedure.Event) bool { return s.Kind == "enter" && s.Name == to.ID }) {
				out.List = append(out.List, v.T("notice.limit", "clock", k.Title.In(v.l), "limit", k.Limit.Text(v.l)))
			}
		}
	}
	if !to.Otherwise.IsZero() {
		out.List = append(out.List, v.T("notice.otherwise", "what", to.Otherwise.In(v.l)))
	}
	return out
}

// open are the acts that the unit itself may take from a stage.
func (v *visit) open(d *procedure.Definition, at *procedure.Stage) []string {
	var out []string
	for _, a := range d.Actions {
		if slices.Contains(a.In, at.ID) && slices.ContainsFunc(a.By, func(r string) bool { return strings.HasPrefix(r, "unit.") }) {
			out = append(out, a.Title.In(v.l))
		}
	}
	return out
}

// appeal says how the decision is appealed against where the procedure has an appeal from this stage.
func (v *visit) appeal(d *procedure.Definition, at *procedure.Stage) []string {
	p := d.Appeal
	if p == nil {
		return []string{v.T("notice.how")}
	}
	a := d.Action(p.Action)
	if a == nil || !slices.Contains(a.In, at.ID) {
		return []string{v.T("notice.how")}
	}
	var by []string
	for _, id := range p.By {
		if r := d.Role(id); r != nil {
			by = append(by, r.Title.In(v.l))
		}
	}
	return []string{v.T("notice.appeal.how", "action", a.Title.In(v.l), "within", p.Within.Text(v.l), "by", strings.Join(by, v.T("notice.or")))}
}
