package web

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/surface/httpkit"
)

// Publishing carries versions of procedures from a zip of their folder to publication by two persons.
type Publishing interface {
	Versions(ctx context.Context, p access.Principal) ([]Version, error)
	// Check proves a zip and keeps it when it is proved; else the trial has no id and its problems say why.
	Check(ctx context.Context, p access.Principal, zip io.Reader) (*Trial, error)
	Trial(ctx context.Context, p access.Principal, id string) (*Trial, error)
	// Move does one of propose, withdraw, approve and decline; why is the reason to decline.
	Move(ctx context.Context, p access.Principal, id, do, why string) error
}

// Version is one version of a procedure on its way, in the state checked, proposed, published, declined or withdrawn.
type Version struct {
	ID, Procedure, Number, Hash string
	State                       string
	By, Decider                 string // persons
	At, Decided                 time.Time
	Why                         string
}

// Trial is what proving a version and trying it on running cases gave. First says that no version is in force yet, and
// May lists the acts that are open to the visitor.
type Trial struct {
	Version
	First          bool
	Problems       []procedure.Problem
	Changes        []procedure.Change
	Looked         int
	Modes, Changed map[string]int
	Cases          []casework.Simulated
	May            []string
}

var procedureRoles = []string{"dir.expert", "dir.head", "dir.deputy", "dir.dg", "admin"}

// bundleBody bounds an upload in bytes: a zip and the form around it.
const bundleBody = 5 << 20

func (s *Server) procedureRoutes() []httpkit.Route {
	check, publish := May("procedures", "check"), May("procedures", "publish")
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/admin/procedures", Policy: check, Handler: s.versions},
		{Method: http.MethodPost, Pattern: "/admin/procedures", Policy: check, Handler: s.checkVersion, MaxBody: bundleBody},
		{Method: http.MethodGet, Pattern: "/admin/procedures/{version}", Policy: check, Handler: s.version},
		{Method: http.MethodPost, Pattern: "/admin/procedures/{version}", Policy: publish, Handler: s.moveVersion, MaxBody: formBody, Fresh: true},
	}
}

type versionsView struct {
	*Page
	Error    string
	Problems []problemLine
	Rows     []versionLine
}

type versionLine struct {
	Version
	State      Pill
	By, Decide string
}

type problemLine struct {
	At, Text, Mend, Excerpt string
	Warning                 bool
}

func (s *Server) versions(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showVersions(w, http.StatusOK, versionsView{})
}

func (v *visit) showVersions(w http.ResponseWriter, status int, view versionsView) error {
	if v.s.cfg.Desk.Publishing == nil {
		return missing("publishing")
	}
	list, err := v.s.cfg.Desk.Publishing.Versions(v.ctx, v.p)
	if err != nil {
		return err
	}
	var people []string
	for _, x := range list {
		people = append(people, x.By, x.Decider)
	}
	names, err := v.names(people)
	if err != nil {
		return err
	}
	for _, x := range list {
		view.Rows = append(view.Rows, v.versionLine(x, names))
	}
	view.Page = v.s.Page(v.r, "admin.procedures.title")
	view.flash(v.r)
	return v.s.Render(w, v.r, status, "admin/procedures", view)
}

func (v *visit) versionLine(x Version, names map[string]string) versionLine {
	tones := map[string]string{"proposed": "warn", "published": "good", "declined": "bad"}
	return versionLine{Version: x, By: names[x.By], Decide: names[x.Decider],
		State: Pill{Text: v.T("admin.procedures.state." + x.State), Tone: tones[x.State]}}
}

func (v *visit) problems(list []procedure.Problem) (out []problemLine) {
	for _, p := range list {
		out = append(out, problemLine{At: p.Pos.String(), Text: p.Text(v.l), Mend: p.Mend(v.l), Excerpt: p.Excerpt, Warning: p.Severity != procedure.SeverityError})
	}
	return out
}

// checkVersion proves a zip: its problems come back on the page, and what is proved has a page of its own.
func (s *Server) checkVersion(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Publishing == nil {
		return missing("publishing")
	}
	if err := parse(r); err != nil {
		return err
	}
	file, head, err := r.FormFile("folder")
	if err != nil || head.Size == 0 {
		return v.showVersions(w, http.StatusUnprocessableEntity, versionsView{Error: v.T("admin.procedures.no_zip")})
	}
	defer func() { _ = file.Close() }()
	trial, err := s.cfg.Desk.Publishing.Check(v.ctx, v.p, file)
	if why, ok := v.mendable(err); ok {
		return v.showVersions(w, http.StatusUnprocessableEntity, versionsView{Error: why})
	}
	if err != nil {
		return err
	}
	if trial.ID == "" {
		return v.showVersions(w, http.StatusUnprocessableEntity, versionsView{Problems: v.problems(trial.Problems)})
	}
	http.Redirect(w, r, "/admin/procedures/"+trial.ID, http.StatusSeeOther)
	return nil
}

type trialView struct {
	*Page
	Trial    *Trial
	Line     versionLine
	Problems []problemLine
	Changes  []locale.Text
	Figures  []Figure // how the cases go over
	Shifts   []Figure // what would be otherwise in them
	Cases    []trialCase
	More     int // cases not shown
	May      versionActs
	Why      Field
}

// versionActs are the buttons of a version's page; who may approve may decline.
type versionActs struct{ Propose, Withdraw, Approve bool }

// Any says whether there is a button at all.
func (a versionActs) Any() bool { return a != versionActs{} }

type trialCase struct {
	Name, Href, Mode string
	Lines            []string
}

// shownTried is how many cases a trial's page names.
const shownTried = 50

func (s *Server) version(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showTrial(w, http.StatusOK, "")
}

func (v *visit) showTrial(w http.ResponseWriter, status int, wrong string) error {
	if v.s.cfg.Desk.Publishing == nil {
		return missing("publishing")
	}
	t, err := v.s.cfg.Desk.Publishing.Trial(v.ctx, v.p, v.r.PathValue("version"))
	if err != nil {
		return err
	}
	names, err := v.names([]string{t.By, t.Decider})
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, "admin.procedures.version")
	p.Crumbs = []Crumb{{Label: v.T("admin.procedures.title"), Href: "/admin/procedures"}, {Label: p.Title}}
	p.flash(v.r)
	view := trialView{Page: p, Trial: t, Line: v.versionLine(t.Version, names), Problems: v.problems(t.Problems),
		May: versionActs{Propose: slices.Contains(t.May, "propose"), Withdraw: slices.Contains(t.May, "withdraw"), Approve: slices.Contains(t.May, "approve")},
		Why: Field{ID: "why", Name: "why", Kind: "area", Label: v.T("admin.procedures.why"), Value: v.r.PostFormValue("why"), Error: wrong}}
	for _, c := range t.Changes {
		view.Changes = append(view.Changes, c.Text)
	}
	view.Figures, view.Shifts = v.trialFigures(t)
	name, err := v.titles(t.Procedure)
	if err != nil {
		return err
	}
	view.Cases, view.More = v.trialCases(t.Cases, name)
	return v.s.Render(w, v.r, status, "admin/version", view)
}

var (
	trialModes = []string{procedure.MigrateForward, procedure.MigrateAsk, procedure.MigratePin}
	trialParts = []string{"stage", "conditions", "actions", "clocks", "decisions"}
)

func (v *visit) trialFigures(t *Trial) (modes, shifts []Figure) {
	modes = []Figure{{Value: Num(v.l, int64(t.Looked)), Label: v.T("admin.procedures.looked"), Href: "#cases"}}
	for _, m := range trialModes {
		modes = append(modes, Figure{Value: Num(v.l, int64(t.Modes[m])), Label: v.T("app.simulate." + m), Href: "#cases"})
	}
	for _, p := range trialParts {
		shifts = append(shifts, Figure{Value: Num(v.l, int64(t.Changed[p])), Label: v.T("admin.procedures.changed." + p), Href: "#cases", Tone: toneIf(t.Changed[p] > 0, "warn")})
	}
	return modes, shifts
}

// shift says one thing that would be otherwise in a case.
func (v *visit) shift(part string, x casework.Shift, name func(string) string) string {
	value := func(s string) string {
		at, err := time.Parse(time.RFC3339, s)
		switch {
		case s == "":
			return v.T("admin.procedures.none")
		case err == nil:
			return shortDate(v.l, at.UnixMicro())
		case part == "stage":
			return name(s)
		}
		what, of, _ := strings.Cut(s, ":") // not_met:C3
		return strings.TrimSpace(v.word("admin.procedures.value.", what) + " " + of)
	}
	key := "admin.procedures.shift"
	if part == "stage" {
		key = "admin.procedures.shift_stage"
	}
	return v.T(key, "part", v.T("app.simulate."+part), "id", name(x.ID), "old", value(x.Old), "new", value(x.New))
}

// titles gives the title of a stage, an action or a deadline of a procedure's published versions, and an id as it is.
func (v *visit) titles(id string) (func(string) string, error) {
	var defs []*procedure.Definition
	if v.s.cfg.Desk.Definitions != nil {
		all, err := v.s.cfg.Desk.Definitions.All(v.ctx)
		if err != nil {
			return nil, err
		}
		for _, d := range all {
			if d.ID == id {
				defs = append(defs, d)
			}
		}
	}
	return func(thing string) string {
		for _, d := range slices.Backward(defs) {
			if x := d.Stage(thing); x != nil {
				return x.Title.In(v.l)
			}
			if x := d.Action(thing); x != nil {
				return x.Title.In(v.l)
			}
			if x := d.Clock(thing); x != nil {
				return x.Title.In(v.l)
			}
		}
		return thing
	}, nil
}

func (v *visit) trialCases(all []casework.Simulated, name func(string) string) (out []trialCase, more int) {
	for i, c := range all {
		if i == shownTried {
			return out, len(all) - shownTried
		}
		line := trialCase{Name: c.Number, Href: "/cases/" + c.Case, Mode: v.T("app.simulate." + c.Mode)}
		if line.Name == "" {
			line.Name = c.Case
		}
		for i, part := range [][]casework.Shift{c.Stage, c.Conditions, c.Actions, c.Clocks, c.Decisions} {
			for _, x := range part {
				line.Lines = append(line.Lines, v.shift(trialParts[i], x, name))
			}
		}
		for _, why := range c.Reasons {
			line.Lines = append(line.Lines, v.T("casework.ask_"+why.What, "title", why.Title.In(v.l)))
		}
		out = append(out, line)
	}
	return out, 0
}

// moveVersion proposes, withdraws, approves or declines a version.
func (s *Server) moveVersion(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Publishing == nil {
		return missing("publishing")
	}
	do := r.PostFormValue("_do")
	err := s.cfg.Desk.Publishing.Move(v.ctx, v.p, r.PathValue("version"), do, text.Display(r.PostFormValue("why")))
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid {
		return v.showTrial(w, http.StatusUnprocessableEntity, locale.T(v.l, f.Key, f.Args))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/procedures/"+r.PathValue("version")+"?said=version_"+do, http.StatusSeeOther)
	return nil
}
