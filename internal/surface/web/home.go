package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/kernel/casework"
)

type deskView struct {
	*Page
	Heading, Finding string
	Strip            []Figure
	Mine, Waiting    Queue
	Start            []Action
}

// deskRows is how many cases each half of the desk shows; the queue has the rest.
const deskRows = 10

// desk is the first page after signing in: what the person must do now, then what waits for others.
func (s *Server) desk(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Cases == nil {
		return missing("cases")
	}
	mine, err := s.cfg.Desk.Cases.List(v.ctx, v.who, casework.Query{Holder: v.p.Role, Mine: v.mine(), Open: true, Sort: "due", Limit: deskRows, Total: true})
	if err != nil {
		return err
	}
	open, err := s.cfg.Desk.Cases.List(v.ctx, v.who, casework.Query{Open: true, Sort: "due", Limit: 200, Total: true})
	if err != nil {
		return err
	}
	late, err := s.cfg.Desk.Cases.List(v.ctx, v.who, casework.Query{Open: true, Overdue: s.cfg.Clock.Now().UnixMicro(), Limit: 1, Total: true})
	if err != nil {
		return err
	}
	l, err := v.lister(append(slices.Clone(mine.Rows), open.Rows...))
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "queue/desk", v.deskView(l, mine, open, int(late.Total)))
}

func (v *visit) deskView(l *lister, mine, open casework.Page, late int) deskView {
	p := v.s.Page(v.r, "desk.title")
	p.flash(v.r)
	others := slices.DeleteFunc(slices.Clone(open.Rows), l.mine)
	waiting := max(0, int(open.Total-mine.Total))
	view := deskView{Page: p, Heading: p.T("desk.heading", "role", v.word("desk.role.", v.p.Role)), Finding: v.finding(int(mine.Total), late)}
	view.Strip = []Figure{
		{Value: Num(v.l, mine.Total), Label: v.T("desk.view.mine"), Href: "/cases?v=mine", Tone: toneIf(mine.Total > 0, "warn")},
		{Value: Num(v.l, int64(late)), Label: v.T("desk.view.overdue"), Href: "/cases?v=overdue", Tone: toneIf(late > 0, "bad")},
		{Value: Num(v.l, int64(waiting)), Label: v.T("desk.waiting"), Href: "/cases?v=open"},
	}
	view.Mine = Queue{Caption: v.T("desk.mine"), Rows: l.rows(mine.Rows), Empty: v.T("desk.queue.empty.mine"), Pager: first(len(mine.Rows), int(mine.Total), "/cases?v=mine")}
	shown := others[:min(deskRows, len(others))]
	view.Waiting = Queue{Caption: v.T("desk.waiting"), Rows: l.rows(shown), Empty: v.T("desk.waiting.empty"), Pager: first(len(shown), waiting, "/cases?v=open")}
	view.Mine.Pager.Of, view.Waiting.Pager.Of = view.Mine.Caption, view.Waiting.Caption
	if strings.HasPrefix(v.p.Role, "unit.") {
		view.Start = []Action{{Label: v.T("desk.start"), Href: "/apply", Icon: "file-plus", Main: mine.Total == 0}}
	}
	return view
}

func toneIf(is bool, tone string) string {
	if is {
		return tone
	}
	return ""
}

// first is the pager of a list that shows only its beginning.
func first(shown, total int, more string) Pager {
	p := Pager{From: min(1, shown), To: shown, Total: max(total, shown)}
	if total > shown {
		p.Next = more
	}
	return p
}

// pageOf gives the rows of a list that is held whole from the one asked for on (?from=), and the way along it.
func pageOf[T any](r *http.Request, all []T, address string) ([]T, Pager) {
	from := int(max(0, min(numberOf(r.URL.Query().Get("from")), int64(len(all)))))
	to := min(from+pageRows, len(all))
	p := Pager{From: min(from+1, len(all)), To: to, Total: len(all)}
	link := address + map[bool]string{true: "&from=", false: "?from="}[strings.Contains(address, "?")]
	if to < len(all) {
		p.Next = link + itoa(int64(to))
	}
	if from > 0 {
		p.Prev = link + itoa(int64(max(0, from-pageRows)))
	}
	return all[from:to], p
}

// isOutsider tells people of units and banks from the office's own.
func isOutsider(role string) bool {
	return strings.HasPrefix(role, "unit.") || strings.HasPrefix(role, "bank.")
}

// numberOf reads a form's version; what is not a number is version 0, which no case has.
func numberOf(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
