package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

type caseView struct {
	*Page
	Head      caseHead
	News      *newsBox // nil is not asked
	Turn      Turn
	Pending   *pending
	Rounds    []roundTable
	Scores    []scoreLine
	Claims    []claimLine
	Chosen    []chosenPair // products and markets, with the figures of their day
	Owed      []obligationLine
	Opinions  []obligationLine // of bodies that were asked
	Agenda    *Link            // the round on whose agenda the case stands
	More      []Action         // acts that are open though it is somebody else's turn
	Steps     []Step
	SLA       *SLA
	Clocks    []clockLine
	Verdict   *Verdict
	Decisions []decisionLine
	Days      []Day
	Groups    []factGroup
	Letters   []File
	Spent     []spentLine
	Seal      *sealLine
	Note      *noteForm
	Assign    *assignForm
	Related   []Link
	Alike     []Link   // other cases that look like the same request
	Undone    []Action // what the system is to try again
}

// caseHead is the top of every page of a case.
type caseHead struct {
	ID, Title, Code string
	Stage           Pill
	Manual          Link
	Version         string
	Opened          int64
	Unit            Link
	Imported        bool
	Print           bool // offers to print the page
}

// factGroup is the facts of one kind.
type factGroup struct {
	ID, Title string
	Facts     []Fact
}

// spentLine is how long one side has held the case.
type spentLine struct {
	Side, Time string
	Bar        Bar
}

// sealLine is where the case stands in the province's journal.
type sealLine struct {
	Entries  int64
	Index    int64 // -1 until the last entry is numbered
	Entry    string
	ProofURL string
}

// noteForm is the message form under the timeline.
type noteForm struct {
	Action, Key string
	Staff       bool   // may write for colleagues alone
	Own         string // what ticking it says
	Text, Error string
}

// casePage shows one case: whose turn it is first, then the way, the explained decision, what happened, and the file.
func (s *Server) casePage(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	c, err := v.caseOf()
	if err != nil {
		return err
	}
	return v.showCase(w, http.StatusOK, c, nil)
}

func (v *visit) showCase(w http.ResponseWriter, status int, c *casework.View, note *noteForm) error {
	t, err := v.teller(c)
	if err != nil {
		return err
	}
	view := v.caseView(c, t)
	if view.Assign, err = v.assignOne(c, view.Page.Key); err != nil {
		return err
	}
	if view.Related, err = v.related(c); err != nil {
		return err
	}
	if err := v.offerNotices(c, &view); err != nil {
		return err
	}
	if note != nil && view.Note != nil {
		note.Action, note.Key, note.Staff, note.Own = view.Note.Action, view.Note.Key, view.Note.Staff, view.Note.Own
		view.Note = note
	}
	return v.s.Render(w, v.r, status, "case/case", view)
}

// related leads to the cases that this one opened, by the titles of their procedures, and to the one that opened it.
func (v *visit) related(c *casework.View) (out []Link, err error) {
	titles := map[string]string{}
	if len(c.Children) > 0 {
		defs, err := v.definitions()
		if err != nil {
			return nil, err
		}
		for _, d := range defs {
			titles[d.ID] = d.Title.In(v.l)
		}
	}
	for _, k := range c.Children {
		out = append(out, Link{Label: cmp.Or(titles[k.Procedure], k.Procedure), Href: "/cases/" + k.Case})
	}
	if c.Parent != "" {
		out = append(out, Link{Label: v.T("desk.case.parent"), Href: "/cases/" + c.Parent})
	}
	return out, nil
}

func (v *visit) caseView(c *casework.View, t teller) caseView {
	p := v.s.Page(v.r, v.caseTitle(c))
	p.flash(v.r)
	p.Crumbs = []Crumb{{Label: v.T("desk.queue.title"), Href: "/cases"}, v.caseCrumb(c)}
	view := caseView{Page: p, Head: v.head(c), SLA: v.sla(c), Clocks: v.clockLines(c), Steps: v.steps(c), Decisions: t.decisions(c),
		Days: t.days(c, p.Now), Groups: t.groups(c), Letters: t.letters(c), Spent: t.spent(c), Seal: seal(c)}
	view.Head.Print, view.News = true, v.newsOf(c)
	view.Chosen = v.chosenIn(c)
	view.Claims, view.Owed, view.Opinions = t.claims(c), v.obligations(c, t), v.opinions(c, t)
	view.Rounds, view.Scores = t.rounds(c), t.scores(c)
	if c.Agenda != nil {
		view.Agenda = &Link{Label: t.T("desk.round.agenda", "session", t.session(c.Agenda)), Href: "/cases/" + c.Agenda.Case}
	}
	view.Turn, view.More = v.turn(c, t)
	if view.Pending = v.pending(c, t); view.Pending != nil {
		view.Pending.Actions = plain(v.actions(c))
		view.Turn.Actions, view.More = nil, nil // they stand beside what they answer
	}
	if len(c.Conditions) > 0 {
		view.Verdict = t.verdict(c)
	}
	if v.p.Role != "auditor" {
		view.Note = &noteForm{Action: "/cases/" + c.ID + "/notes", Key: p.Key, Staff: !strings.HasPrefix(v.p.Role, "unit."), Own: p.T("desk.message.internal")}
		if isOutsider(v.p.Role) {
			view.Note.Own = p.T("desk.message.internal.own")
		}
	}
	view.Undone = v.undone(c)
	for _, k := range c.Alike {
		label := k.Number
		if label == "" {
			label = v.T("desk.no_number")
		}
		view.Alike = append(view.Alike, Link{Label: label, Href: "/cases/" + k.Case})
	}
	return view
}

func (v *visit) caseTitle(c *casework.View) string {
	if c.Title == "" {
		return c.Procedure.Title.In(v.l)
	}
	return v.T("desk.case.title", "what", c.Procedure.Title.In(v.l), "unit", c.Title)
}

// caseCrumb is the last step of the way to a case: its number, or what it is while it has none.
func (v *visit) caseCrumb(c *casework.View) Crumb {
	if c.Number == "" {
		return Crumb{Label: v.T("desk.no_number")}
	}
	return Crumb{Label: c.Number, Code: true}
}

func (v *visit) head(c *casework.View) caseHead {
	h := caseHead{ID: c.ID, Title: v.caseTitle(c), Code: c.Number, Opened: c.Opened, Version: c.Procedure.Version, Imported: c.Imported,
		Stage:  Pill{Text: stageTitle(v, c.Stage.Title, c.Stage.Public), Tone: stageTone(casework.Row{Outcome: c.Outcome})},
		Manual: Link{Label: c.Procedure.Title.In(v.l), Href: "/procedures/" + c.Procedure.ID}}
	if c.Unit != "" {
		h.Unit = Link{Label: c.Title, Href: "/units/" + c.Unit}
	}
	return h
}

// turn says whose turn it is, what to do, by when, and what happens otherwise.
func (v *visit) turn(c *casework.View, t teller) (turn Turn, more []Action) {
	acts := v.actions(c)
	if c.Outcome != "" || c.Holder.Role == "" {
		return Turn{Eyebrow: v.T("desk.turn.closed"), What: stageTitle(v, c.Stage.Title, c.Stage.Public), Actions: plain(acts)}, nil
	}
	turn = Turn{What: c.Holder.Todo.In(v.l), Otherwise: c.Holder.Otherwise.In(v.l), Limits: v.limits(c)}
	if k := nextClock(c.Clocks); k != nil {
		turn.Left = leftPill(v.l, k.Left, c.Holder.Late)
	}
	if c.Awaiting != nil {
		turn.Detail = v.T("desk.turn.awaiting")
	}
	if c.Ask != nil {
		turn.Detail = v.asked(c.Ask)
	}
	if c.Holder.Mine {
		turn.Eyebrow, turn.Actions = v.T("desk.turn.mine"), acts
		return turn, nil
	}
	who := c.Holder.Title.In(v.l)
	if name := t.name(c.Holder.Subject); name != "" {
		who += v.T("web.comma") + name
	}
	turn.Eyebrow = v.T("desk.turn.other", "who", who)
	return turn, plain(acts)
}

// undone are the acts by which the visitor has the system try again what it could not do at deadlines.
func (v *visit) undone(c *casework.View) (out []Action) {
	for _, a := range c.Actions {
		if a.Kind == casework.AgainVerb {
			out = append(out, Action{Label: a.Title.In(v.l), Href: "/cases/" + c.ID + "/act/" + a.ID})
		}
	}
	return out
}

// actions are the acts open to the visitor, the main one first.
func (v *visit) actions(c *casework.View) []Action {
	var out []Action
	for _, a := range c.Actions {
		switch a.Kind {
		case casework.KindObligation, casework.KindOpinion, casework.AgainVerb:
			continue // they stand beside what they are about
		}
		act := Action{Label: a.Title.In(v.l), Href: "/cases/" + c.ID + "/act/" + a.ID, Main: a.Main}
		if chooses(a) && v.s.cfg.Desk.Choices != nil {
			act.Href = "/cases/" + c.ID + "/choose"
		}
		if journey(a) {
			act.Href = "/cases/" + c.ID + "/apply"
		}
		act.Label = v.forWhom(a, act.Label)
		out = append(out, act)
	}
	slices.SortStableFunc(out, func(a, b Action) int { return mainFirst(a.Main) - mainFirst(b.Main) })
	for i := 1; i < len(out); i++ {
		out[i].Main = false // one main button a page
	}
	return out
}

func mainFirst(is bool) int {
	if is {
		return 0
	}
	return 1
}

// asked says why the holder must say whether the case goes over to a newer version.
func (v *visit) asked(a *casework.Ask) string {
	why := make([]string, 0, len(a.Reasons))
	for _, r := range a.Reasons {
		why = append(why, v.T("casework.ask_"+r.What, "title", r.Title.In(v.l)))
	}
	text := v.T("casework.ask_text", "version", locale.Digits(v.l, a.Version))
	if len(why) > 0 {
		text += " " + strings.Join(why, v.T("web.semicolon")) + "."
	}
	return text
}

func plain(acts []Action) []Action {
	for i := range acts {
		acts[i].Main = false
	}
	return acts
}

func (v *visit) steps(c *casework.View) []Step {
	var out []Step
	for _, st := range c.Steps {
		step := Step{Name: stageTitle(v, st.Stage.Title, st.Stage.Public)}
		switch {
		case st.State == "now" && c.Outcome == "":
			step.State, step.Note = "now", v.T("desk.step.since", "date", shortDate(v.l, st.Enter))
		case st.State == "ahead":
		case st.Enter > 0:
			step.State, step.Note = "done", shortDate(v.l, st.Enter)
		}
		out = append(out, step)
	}
	return out
}

func seal(c *casework.View) *sealLine {
	if len(c.Timeline) == 0 {
		return nil
	}
	last := c.Timeline[len(c.Timeline)-1]
	out := &sealLine{Entries: last.Seq, Index: last.Index, Entry: last.Entry}
	if last.Index >= 0 {
		out.ProofURL = "/api/v1/journal/proof/" + last.Entry
	}
	return out
}

// note leaves a message on a case, for everybody or for the writer's colleagues alone.
func (s *Server) note(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Cases == nil {
		return missing("cases")
	}
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return err
	}
	cmd := casework.Command{Key: key, Case: r.PathValue("id"), Action: casework.NoteAction, Note: r.PostFormValue("note"), NoteFor: "all"}
	if r.PostFormValue("internal") != "" {
		cmd.NoteFor = "staff"
	}
	_, err = s.cfg.Desk.Cases.Act(v.ctx, v.who, cmd)
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid {
		c, lookErr := v.caseOf()
		if lookErr != nil {
			return lookErr
		}
		return v.showCase(w, http.StatusUnprocessableEntity, c, &noteForm{Text: cmd.Note, Error: locale.T(v.l, f.Key, f.Args)})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/cases/"+cmd.Case+"?said=noted#timeline", http.StatusSeeOther)
	return nil
}
