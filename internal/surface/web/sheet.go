package web

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/access"
)

// Importer takes units from sheets. Preview reads a sheet without landing anything and keeps it for a while under an id;
// unit is what its amounts are in where the sheet names none, "" when nobody says.
type Importer interface {
	Preview(ctx context.Context, p access.Principal, name string, unit money.Unit, sheet io.Reader) (*ImportRun, error)
	Confirm(ctx context.Context, p access.Principal, run string) (*ImportRun, error)
	// Rejects gives the bad rows as a sheet with column and reason.
	Rejects(ctx context.Context, p access.Principal, run string) ([]byte, error)
}

// ImportRun is the outcome of reading a sheet: Rows = Landed + Review + distinct bad rows.
type ImportRun struct {
	ID, Name             string
	Rows, Landed, Review int
	Bad                  []BadRow
	Amounts              []locale.Text // how the amounts of each column were read, in words
	Done                 bool          // landed, no longer a preview
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
	Run     *ImportRun
	BadRows int
	Figures []Figure
	More    int // bad values not shown here; the sheet of rejects has all
}

// shownBad is how many bad values the page lists.
const shownBad = 200

func (s *Server) importForm(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Desk.Importer == nil {
		return missing("importer")
	}
	return s.visit(r).showImport(w, http.StatusOK, nil, "")
}

func (v *visit) showImport(w http.ResponseWriter, status int, run *ImportRun, wrong string) error {
	p := v.s.Page(v.r, "desk.import.title")
	p.Crumbs = []Crumb{{Label: v.T("desk.units.title"), Href: "/units"}, {Label: p.Title}}
	view := importView{Page: p, Error: wrong, Run: run}
	if run != nil {
		rows := map[int]bool{}
		for _, b := range run.Bad {
			rows[b.Row] = true
		}
		view.BadRows = len(rows)
		view.Figures = []Figure{
			{Value: Num(v.l, int64(run.Rows)), Label: v.T("desk.import.rows"), Href: "#result"},
			{Value: Num(v.l, int64(run.Landed)), Label: v.T("desk.import.landed"), Href: "#result"},
			{Value: Num(v.l, int64(run.Review)), Label: v.T("desk.import.review"), Href: "#result", Tone: toneIf(run.Review > 0, "warn")},
			{Value: Num(v.l, int64(view.BadRows)), Label: v.T("desk.import.bad"), Href: "#result", Tone: toneIf(view.BadRows > 0, "bad")},
		}
		if view.More = len(run.Bad) - shownBad; view.More > 0 {
			shown := *run
			shown.Bad = run.Bad[:shownBad]
			view.Run = &shown
		}
	}
	return v.s.Render(w, v.r, status, "unit/import", view)
}

// importPreview reads a sheet and shows what would land, what waits for a person and what is bad.
func (s *Server) importPreview(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Importer == nil {
		return missing("importer")
	}
	if err := parse(r); err != nil {
		return err
	}
	file, head, err := r.FormFile("sheet")
	if err != nil || head.Size == 0 {
		return v.showImport(w, http.StatusUnprocessableEntity, nil, v.T("desk.import.no_sheet"))
	}
	defer func() { _ = file.Close() }()
	run, err := s.cfg.Desk.Importer.Preview(v.ctx, v.p, head.Filename, money.Unit(r.FormValue("amount_unit")), file)
	if text, ok := v.mendable(err); ok {
		return v.showImport(w, http.StatusUnprocessableEntity, nil, text)
	}
	if err != nil {
		return err
	}
	return v.showImport(w, http.StatusOK, run, "")
}

// importConfirm lands a sheet that was previewed.
func (s *Server) importConfirm(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Importer == nil {
		return missing("importer")
	}
	run, err := s.cfg.Desk.Importer.Confirm(v.ctx, v.p, r.PathValue("run"))
	if err != nil {
		return err
	}
	return v.showImport(w, http.StatusOK, run, "")
}

func (s *Server) importRejects(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Importer == nil {
		return missing("importer")
	}
	raw, err := s.cfg.Desk.Importer.Rejects(v.ctx, v.p, r.PathValue("run"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	w.Header().Set("Content-Disposition", `attachment; filename="rejects-`+url.PathEscape(r.PathValue("run"))+`.xlsx"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(raw)
	return err
}
