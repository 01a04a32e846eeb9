package web

import (
	"context"
	"net/http"
	"time"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
)

// Audit gives the state of the province's journal and of the last replay.
type Audit interface {
	Journal(ctx context.Context, p access.Principal) (*JournalState, error)
	// Reads gives what auditors read last, the latest first; forbidden for who may not know.
	Reads(ctx context.Context, p access.Principal) ([]ReadLine, error)
}

// ReadLine is one read of an auditor: who, when, which address, and what was asked there.
type ReadLine struct {
	At                           time.Time
	Person, Name, Path, Question string
}

// JournalState is what is known of a province's journal. Checkpoint is the signed text as it is published.
type JournalState struct {
	Size       int64
	Checkpoint string
	Checked    time.Time // zero: never checked
	Whole      bool
	Replay     *ReplayState
}

// ReplayState is the outcome of folding every case again: Differ names the cases that came out otherwise.
type ReplayState struct {
	At     time.Time
	Cases  int64
	Differ []string
}

type auditView struct {
	*Page
	State  *JournalState
	Cases  Queue
	Totals []Figure
	Reads  []ReadLine
}

// audit shows the journal's state and every case, read only.
func (s *Server) audit(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Audit == nil || s.cfg.Desk.Cases == nil {
		return missing("audit")
	}
	state, err := s.cfg.Desk.Audit.Journal(v.ctx, v.p)
	if err != nil {
		return err
	}
	page, err := s.cfg.Desk.Cases.List(v.ctx, v.who, casework.Query{Sort: "changed", Limit: pageRows, Total: true})
	if err != nil {
		return err
	}
	l, err := v.lister(page.Rows)
	if err != nil {
		return err
	}
	p := s.Page(r, "desk.audit.title")
	view := auditView{Page: p, State: state, Cases: Queue{Caption: p.T("desk.audit.cases"), Rows: l.rows(page.Rows), Empty: p.T("desk.queue.empty.all"), Pager: first(len(page.Rows), int(page.Total), "/cases?sort=changed&v=all")}}
	view.Totals = []Figure{{Value: Num(v.l, state.Size), Label: p.T("desk.audit.entries"), Href: "#journal"}, {Value: Num(v.l, page.Total), Label: p.T("desk.audit.cases"), Href: "#cases"}}
	if view.Reads, err = v.reads(); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "audit/audit", view)
}

// reads gives the latest reads with the readers' names; none to who may not know.
func (v *visit) reads() ([]ReadLine, error) {
	if access.Authorize(v.p, "reads", "read") != nil {
		return nil, nil
	}
	out, err := v.s.cfg.Desk.Audit.Reads(v.ctx, v.p)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, l := range out {
		ids = append(ids, l.Person)
	}
	names, err := v.names(ids)
	for i := range out {
		out[i].Name = names[out[i].Person]
	}
	return out, err
}
