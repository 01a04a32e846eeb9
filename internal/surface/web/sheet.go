package web

import (
	"context"
	"io"
	"net/http"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/surface/httpkit"
)

// Kinds of sheets that pages take; each is a policy resource too.
const (
	SheetUnits     = "units"
	SheetReferrals = "referrals"
)

// Importer takes sheets of a kind. Preview reads one without landing anything and keeps it for a while under an id; unit
// is what its amounts are in where the sheet names none, "" when nobody says. Confirm lands it; a large one goes on while
// Run tells its progress, and Cancel stops it between two parts.
type Importer interface {
	Preview(ctx context.Context, p access.Principal, kind, name string, unit money.Unit, sheet io.Reader) (*ImportRun, error)
	Confirm(ctx context.Context, p access.Principal, kind, run string) (*ImportRun, error)
	Run(ctx context.Context, p access.Principal, kind, run string) (*ImportRun, error)
	Cancel(ctx context.Context, p access.Principal, kind, run string) (*ImportRun, error)
	// Rejects gives the bad rows as a sheet with column and reason.
	Rejects(ctx context.Context, p access.Principal, kind, run string) ([]byte, error)
}

// ImportRun is a sheet on its way: Rows = Landed + Review + distinct bad rows, of the trial, or of the landing once Done.
// At of Of good rows are written while it is Running.
type ImportRun struct {
	ID, Kind, Name               string
	Rows, Landed, Review, Opened int
	Bad                          []BadRow
	Amounts                      []locale.Text // how the amounts of each column were read, in words
	Unknown                      []string      // headers of columns that were not understood
	Waiting                      []WaitingRow
	Claims                       []ClaimedStep
	Running, Done, Stopped       bool
	At, Of                       int
}

// WaitingRow is a row that waits for a person, and why.
type WaitingRow struct {
	Row    int
	Reason locale.Text
}

// ClaimedStep is how many cases a sheet claims to have reached a step, with rial.
type ClaimedStep struct {
	Step   locale.Text
	N      int
	Amount int64
}

// BadRow is one value that kept a row out: the row's number in the sheet, its own column header, and why.
type BadRow struct {
	Row    int
	Column string
	Value  string
	Reason locale.Text
}

type importView struct {
	*Page
	Error   string
	Base    string // address of the kind's import
	Kind    string
	Reviews string // address of the rows that wait, "" for who may not decide
	Run     *ImportRun
	Bar     Bar
	BadRows int
	Figures []Figure
	More    int // bad values not shown here; the sheet of rejects has all
	Waits   int // rows that wait and are not shown here
}

// shownBad is how many bad values, and how many waiting rows, the page lists.
const shownBad = 200

// importRoutes are the pages of one kind of sheet.
func (s *Server) importRoutes(kind string) []httpkit.Route {
	may, base := May(kind, "import"), "/"+kind+"/import"
	on := func(h func(v *visit, kind string, w http.ResponseWriter) error) httpkit.Handler {
		return func(w http.ResponseWriter, r *http.Request) error {
			if s.cfg.Desk.Importer == nil {
				return missing("importer")
			}
			return h(s.visit(r), kind, w)
		}
	}
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: base, Policy: may, Handler: on((*visit).importForm)},
		{Method: http.MethodPost, Pattern: base, Policy: may, Handler: on((*visit).importPreview), MaxBody: uploadBody},
		{Method: http.MethodGet, Pattern: base + "/{run}", Policy: may, Handler: on((*visit).importRun)},
		{Method: http.MethodPost, Pattern: base + "/{run}", Policy: may, Handler: on((*visit).importConfirm), MaxBody: formBody},
		{Method: http.MethodPost, Pattern: base + "/{run}/cancel", Policy: may, Handler: on((*visit).importCancel), MaxBody: formBody},
		{Method: http.MethodGet, Pattern: base + "/{run}/rejects", Policy: may, Handler: on((*visit).importRejects)},
	}
}

func (v *visit) importForm(kind string, w http.ResponseWriter) error {
	return v.showImport(w, http.StatusOK, kind, nil, "")
}

func (v *visit) showImport(w http.ResponseWriter, status int, kind string, run *ImportRun, wrong string) error {
	p := v.s.Page(v.r, "desk.import.title."+kind)
	if kind == SheetUnits {
		p.Crumbs = []Crumb{{Label: v.T("desk.units.title"), Href: "/units"}, {Label: p.Title}}
	}
	view := importView{Page: p, Error: wrong, Run: run, Kind: kind, Base: "/" + kind + "/import"}
	if access.Authorize(v.p, kind, "review") == nil {
		view.Reviews = "/" + kind + "/reviews"
	}
	if run != nil {
		view.tell(v, run)
	}
	return v.s.Render(w, v.r, status, "unit/import", view)
}

// tell sets the figures of a run beside its lists, which the page cuts short.
func (w *importView) tell(v *visit, run *ImportRun) {
	rows := map[int]bool{}
	for _, b := range run.Bad {
		rows[b.Row] = true
	}
	w.BadRows = len(rows)
	w.Figures = []Figure{
		{Value: Num(v.l, int64(run.Rows)), Label: v.T("desk.import.rows"), Href: "#result"},
		{Value: Num(v.l, int64(run.Landed)), Label: v.T("desk.import.landed"), Href: "#result"},
		{Value: Num(v.l, int64(run.Review)), Label: v.T("desk.import.review"), Href: "#result", Tone: toneIf(run.Review > 0, "warn")},
		{Value: Num(v.l, int64(w.BadRows)), Label: v.T("desk.import.bad"), Href: "#result", Tone: toneIf(w.BadRows > 0, "bad")},
	}
	shown := *run
	w.More, w.Waits = max(0, len(run.Bad)-shownBad), max(0, len(run.Waiting)-shownBad)
	shown.Bad, shown.Waiting = run.Bad[:len(run.Bad)-w.More], run.Waiting[:len(run.Waiting)-w.Waits]
	w.Run = &shown
	if run.Running {
		label := v.T("desk.import.progress", "n", run.At, "of", run.Of)
		w.Bar = Bar{Percent: 100 * run.At / max(1, run.Of), Label: label}
	}
}

// importPreview reads a sheet and shows what would land, what waits for a person and what is bad.
func (v *visit) importPreview(kind string, w http.ResponseWriter) error {
	if err := parse(v.r); err != nil {
		return err
	}
	file, head, err := v.r.FormFile("sheet")
	if err != nil || head.Size == 0 {
		return v.showImport(w, http.StatusUnprocessableEntity, kind, nil, v.T("desk.import.no_sheet"))
	}
	defer func() { _ = file.Close() }()
	run, err := v.s.cfg.Desk.Importer.Preview(v.ctx, v.p, kind, head.Filename, money.Unit(v.r.FormValue("amount_unit")), file)
	if text, ok := v.mendable(err); ok {
		return v.showImport(w, http.StatusUnprocessableEntity, kind, nil, text)
	}
	if err != nil {
		return err
	}
	return v.showImport(w, http.StatusOK, kind, run, "")
}

// refreshEvery is how often, in seconds, a browser asks again after a landing that goes on; no script is needed.
const refreshEvery = "2"

// importRun shows how far a landing has come.
func (v *visit) importRun(kind string, w http.ResponseWriter) error {
	run, err := v.s.cfg.Desk.Importer.Run(v.ctx, v.p, kind, v.r.PathValue("run"))
	if err != nil {
		return err
	}
	if run.Running {
		w.Header().Set("Refresh", refreshEvery)
	}
	return v.showImport(w, http.StatusOK, kind, run, "")
}

// importConfirm lands a sheet that was previewed.
func (v *visit) importConfirm(kind string, w http.ResponseWriter) error {
	run, err := v.s.cfg.Desk.Importer.Confirm(v.ctx, v.p, kind, v.r.PathValue("run"))
	return v.toRun(w, kind, run, err)
}

func (v *visit) importCancel(kind string, w http.ResponseWriter) error {
	run, err := v.s.cfg.Desk.Importer.Cancel(v.ctx, v.p, kind, v.r.PathValue("run"))
	return v.toRun(w, kind, run, err)
}

// toRun goes on to the run's own page, which may be loaded again without landing again.
func (v *visit) toRun(w http.ResponseWriter, kind string, run *ImportRun, err error) error {
	if text, ok := v.mendable(err); ok {
		return v.showImport(w, http.StatusUnprocessableEntity, kind, nil, text)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, v.r, "/"+kind+"/import/"+run.ID, http.StatusSeeOther)
	return nil
}

// workbook is the type of an Excel file.
const workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func (v *visit) importRejects(kind string, w http.ResponseWriter) error {
	raw, err := v.s.cfg.Desk.Importer.Rejects(v.ctx, v.p, kind, v.r.PathValue("run"))
	if err != nil {
		return err
	}
	httpkit.Attach(w, workbook, "rejects-"+v.r.PathValue("run")+".xlsx")
	_, err = w.Write(raw)
	return err
}
