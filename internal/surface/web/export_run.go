package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/sheet"
)

// longExport is from how many cases a sheet is gathered beside the request, with a page that shows how far it has come.
const longExport = 5_000

// keepExport is how long a sheet that was gathered waits for being fetched.
const keepExport = 10 * time.Minute

// exportRun is a sheet on its way. Its file has no name, so that nothing of it stays when the product ends however it ends.
// at, file, size and err are read and written under the lock of the runs.
type exportRun struct {
	id, question, name string
	of                 int64
	who                exporter
	cancel             context.CancelFunc // ends the gathering, or forgets the sheet
	gathered           chan struct{}
	at, size           int64
	file               *os.File
	err                error
}

// exporter is who asked: a sheet is given to the same person in the same post alone.
type exporter struct{ province, person, membership, role string }

func exporterOf(p access.Principal) exporter {
	return exporter{p.Province, p.Person, p.Membership, p.Role}
}

// exportRuns are the long sheets on their way, of each person one.
type exportRuns struct {
	mu   sync.Mutex
	runs map[exporter]*exportRun
}

// begin makes a run the person's own, in place of an earlier one, which ends.
func (x *exportRuns) begin(run *exportRun) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.runs == nil {
		x.runs = map[exporter]*exportRun{}
	}
	if old := x.runs[run.who]; old != nil {
		old.cancel()
	}
	x.runs[run.who] = run
}

// end forgets a run and takes its file away.
func (x *exportRuns) end(run *exportRun) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if run.file != nil {
		_ = run.file.Close() // a temporary file of our own
	}
	if x.runs[run.who] == run {
		delete(x.runs, run.who)
	}
}

// find gives a person's own run as it stands; what has ended or is somebody else's is not found.
func (x *exportRuns) find(p access.Principal, id string) (exportRun, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if run := x.runs[exporterOf(p)]; run != nil && run.id == id {
		return *run, nil
	}
	return exportRun{}, fault.New(fault.NotFound, "web.export_gone")
}

func (x *exportRuns) told(run *exportRun, tell func(*exportRun)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	tell(run)
}

// gatherSheet begins to gather a sheet beside the request. Leaving the page does not end it: cancelling, another long sheet
// of the same person, and the product's end do.
func (v *visit) gatherSheet(a asked, defs []*procedure.Definition, total int64) *exportRun {
	ctx, cancel := context.WithCancel(context.WithoutCancel(v.ctx))
	on := jalali.FromTime(v.s.cfg.Clock.Now())
	run := &exportRun{id: httpkit.NewKey(), question: v.r.URL.RawQuery, of: total, who: exporterOf(v.p), cancel: cancel, gathered: make(chan struct{}),
		name: fmt.Sprintf("cases-%04d-%02d-%02d.xlsx", on.Year, on.Month, on.Day)}
	if total >= v.s.longExport {
		v.s.exports.begin(run)
	}
	v.s.cfg.Desk.Work(func(ends context.Context) {
		defer context.AfterFunc(ends, cancel)()
		defer v.s.exports.end(run)
		defer cancel()
		beside := *v
		beside.ctx = ctx
		file, size, err := beside.sheetFile(a, defs, run)
		v.s.exports.told(run, func(r *exportRun) { r.file, r.size, r.err = file, size, err })
		close(run.gathered)
		waits, done := context.WithTimeout(ctx, keepExport)
		defer done()
		<-waits.Done()
	})
	return run
}

// sheetFile writes the sheet of a question into a file without a name.
func (v *visit) sheetFile(a asked, defs []*procedure.Definition, run *exportRun) (_ *os.File, size int64, err error) {
	t, err := sheet.NewTable(v.T("queue.sheet.name"), v.l != locale.EN)
	if err != nil {
		return nil, 0, err
	}
	defer t.Close()
	n, err := v.fill(t, v.query(a, defs), func(n int64) { v.s.exports.told(run, func(r *exportRun) { r.at = n }) })
	if err != nil {
		return nil, 0, err
	}
	if err := t.About(v.T("queue.sheet.about"), v.about(a, defs, n)); err != nil {
		return nil, 0, err
	}
	file, err := os.CreateTemp("", "rahgosha-*.xlsx")
	if err != nil {
		return nil, 0, fault.Wrap(err, fault.Internal, "sheet.write")
	}
	if err = os.Remove(file.Name()); err == nil {
		err = t.Save(unlessLeft{v.ctx, file})
	}
	if err == nil {
		size, err = file.Seek(0, io.SeekCurrent)
	}
	v.s.exports.told(run, func(r *exportRun) { r.at = n })
	if err != nil {
		return nil, 0, errors.Join(fault.Wrap(err, fault.Internal, "sheet.write"), file.Close())
	}
	return file, size, nil
}

// unlessLeft stops writing once the sheet is cancelled.
type unlessLeft struct {
	ctx context.Context //nolint:containedctx // of one sheet
	w   io.Writer
}

func (u unlessLeft) Write(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(b)
}

// sendRun journals that the sheet is taken away, sends it and forgets it. What breaks on the way breaks the connection, so
// that half a sheet does not look whole, and the sheet can be fetched again.
func (v *visit) sendRun(w http.ResponseWriter, run exportRun) error {
	if run.err != nil {
		run.cancel()
		return run.err
	}
	if err := v.s.cfg.Desk.Exports.Exported(v.ctx, v.p, run.question, run.at); err != nil {
		return err
	}
	httpkit.Attach(w, workbook, run.name)
	if _, err := io.Copy(w, io.NewSectionReader(run.file, 0, run.size)); err != nil {
		panic(http.ErrAbortHandler)
	}
	run.cancel()
	return nil
}

type exportView struct {
	*Page
	Name, Sheet, Cancel, Back string
	Ready                     bool
	Finding                   string
	Bar                       Bar
}

// exportPage shows how far a long sheet has come, and lets it be cancelled; once it is gathered the download begins by
// itself.
func (s *Server) exportPage(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	run, err := s.exports.find(v.p, r.PathValue("run"))
	if err != nil {
		return err
	}
	if run.err != nil {
		run.cancel()
		return run.err
	}
	at := "/exports/" + run.id
	p := s.Page(r, "queue.export.title")
	p.Crumbs = []Crumb{{Label: v.T("desk.queue.title"), Href: "/cases?" + run.question}, {Label: p.Title}}
	view := exportView{Page: p, Name: run.name, Sheet: at + "/sheet", Cancel: at + "/cancel", Back: "/cases?" + run.question, Ready: run.file != nil,
		Bar: Bar{Percent: int(100 * run.at / max(1, run.of)), Label: v.T("queue.export.progress", "n", run.at, "of", run.of)}}
	view.Finding = view.Bar.Label
	if w.Header().Set("Refresh", refreshEvery); view.Ready {
		view.Finding = v.T("queue.export.ready", "n", run.at)
		w.Header().Set("Refresh", "0; url="+view.Sheet)
	}
	return s.Render(w, r, http.StatusOK, "queue/export", view)
}

// exportSheet gives a sheet that was gathered.
func (s *Server) exportSheet(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	run, err := s.exports.find(v.p, r.PathValue("run"))
	if err != nil {
		return err
	}
	if run.err == nil && run.file == nil {
		http.Redirect(w, r, "/exports/"+run.id, http.StatusSeeOther)
		return nil
	}
	return v.sendRun(w, run)
}

// cancelExport ends a sheet: what was gathered is gone, and nothing was taken away.
func (s *Server) cancelExport(w http.ResponseWriter, r *http.Request) error {
	run, err := s.exports.find(s.visit(r).p, r.PathValue("run"))
	if err != nil {
		return err
	}
	run.cancel()
	q, err := url.ParseQuery(run.question)
	if err != nil {
		q = url.Values{}
	}
	q.Set("said", "export_cancelled")
	http.Redirect(w, r, "/cases?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// queueSheet gives the queue, as it is filtered and sorted, as a workbook. It is gathered from one snapshot before the
// first byte is sent, so that what fails or is cancelled on the way leaves no half of a sheet. A long one is gathered beside
// the request.
func (s *Server) queueSheet(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Cases == nil || s.cfg.Desk.Exports == nil || s.cfg.Desk.Work == nil {
		return missing("cases")
	}
	a, err := v.queueAsk(r.URL.Query())
	if err != nil {
		return err
	}
	defs, err := v.definitions()
	if err != nil {
		return err
	}
	total, err := v.total(v.query(a, defs))
	if err != nil {
		return err
	}
	run := v.gatherSheet(a, defs, total)
	if total >= s.longExport {
		http.Redirect(w, r, "/exports/"+run.id, http.StatusSeeOther)
		return nil
	}
	select {
	case <-run.gathered:
	case <-v.ctx.Done(): // who asked has left
		run.cancel()
		return v.ctx.Err()
	}
	var as exportRun
	s.exports.told(run, func(r *exportRun) { as = *r })
	return v.sendRun(w, as)
}

// total counts the cases of a question; more than a sheet takes are refused before any is gathered.
func (v *visit) total(q casework.Query) (int64, error) {
	q.Limit, q.Total = 1, true
	page, err := v.s.cfg.Desk.Cases.List(v.ctx, v.who, q)
	if err == nil && page.Total > mostExported {
		err = fault.New(fault.Refused, "casework.too_many_rows", "n", page.Total, "most", int64(mostExported))
	}
	return page.Total, err
}
