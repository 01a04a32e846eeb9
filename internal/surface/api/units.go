package api

import (
	"context"
	"io"
	"net/http"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/surface/httpkit"
)

// Units is the register of units.
type Units interface {
	SearchUnits(ctx context.Context, p access.Principal, text string, limit int) ([]Unit, error)
	ImportUnits(ctx context.Context, p access.Principal, s Sheet) (registry.Outcome, error)
	ExportUnits(ctx context.Context, p access.Principal, w io.Writer) error
}

// Sheet is a sheet of units as it was sent: Name tells its kind by its ending, Amount is the unit of amounts that name none.
type Sheet struct {
	Name   string
	Amount money.Unit
	Dry    bool
	Rows   io.Reader
}

// Imported is what became of a sheet.
type Imported struct {
	Rows   int       `json:"rows"`
	Landed int       `json:"landed"`
	Review int       `json:"review"`
	Bad    []BadCell `json:"bad"`
}

// BadCell is a cell that is wrong: the sheet's own row number and header.
type BadCell struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Reason string `json:"reason"`
}

const unitsPage = 50

func (s *Server) units(w http.ResponseWriter, r *http.Request) error {
	words, err := httpkit.WordsOf(r)
	if err != nil {
		return err
	}
	items, err := s.cfg.Units.SearchUnits(r.Context(), httpkit.PrincipalOf(r), words, unitsPage)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, r, http.StatusOK, map[string]any{"items": orEmpty(items)})
}

// sheetBody is the largest sheet taken, bytes.
const sheetBody = 64 << 20

// importUnits takes a sheet as the body: XLSX or CSV by the ending of its name.
func (s *Server) importUnits(w http.ResponseWriter, r *http.Request) error {
	sheet := Sheet{Name: "units.csv", Rows: r.Body}
	for name, values := range r.URL.Query() {
		switch v := values[0]; name {
		case "name":
			sheet.Name = v
		case "amount_unit":
			sheet.Amount = money.Unit(v)
		case "dry":
			sheet.Dry = v == "true" || v == "1"
		default:
			return fault.New(fault.Invalid, "api.parameter", "name", name).At(name)
		}
	}
	out, err := s.cfg.Units.ImportUnits(r.Context(), httpkit.PrincipalOf(r), sheet)
	if err != nil {
		return err
	}
	l := httpkit.LangOf(r)
	view := Imported{Rows: out.Rows, Landed: out.Landed, Review: out.Review, Bad: []BadCell{}}
	for _, b := range out.Bad {
		view.Bad = append(view.Bad, BadCell{b.Row, b.Column, b.Reason.In(l)})
	}
	return httpkit.JSON(w, r, http.StatusOK, view)
}

// exportUnits streams the register as CSV in UTF-8, without personal values. What fails on the way breaks the connection:
// half a register must not look whole.
func (s *Server) exportUnits(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="units.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	out := &counted{w: w}
	err := s.cfg.Units.ExportUnits(r.Context(), httpkit.PrincipalOf(r), out)
	if err != nil && out.n > 0 {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		w.Header().Del("Content-Disposition")
	}
	return err
}

// counted tells whether anything was sent.
type counted struct {
	w io.Writer
	n int
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += n
	return n, err
}
