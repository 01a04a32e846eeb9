package app

import (
	"bufio"
	"context"
	"encoding/csv"
	"io"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/surface/api"
	"rahgosha/internal/surface/sheet"
)

// ImportUnits takes a sheet that a program sends.
func (u units) ImportUnits(ctx context.Context, p access.Principal, s api.Sheet) (registry.Outcome, error) {
	if err := access.Authorize(p, "units", "import"); err != nil {
		return registry.Outcome{}, err
	}
	rows, err := sheet.Read(s.Name, s.Rows)
	if err != nil {
		return registry.Outcome{}, err
	}
	return u.a.Registry.Import(ctx, registry.Import{
		Province: p.Province, File: s.Name, By: p.Person, Rows: rows, Dry: s.Dry, AmountUnit: s.Amount,
	})
}

// exportBuffer is how many bytes of an export are sent at once.
const exportBuffer = 64 << 10

// ExportUnits writes the register as CSV, its headers in the ids of the fields. No cell is a formula.
func (u units) ExportUnits(ctx context.Context, p access.Principal, w io.Writer) error {
	if err := access.Authorize(p, "units", "export"); err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, exportBuffer)
	out := csv.NewWriter(b)
	row := []string{"id", "name", "kind", "county", "status"}
	for _, f := range registry.ExportFields() {
		row = append(row, f.ID)
	}
	if err := out.Write(row); err != nil {
		return err
	}
	err := u.a.Registry.Export(ctx, p.Province, p.Person, func(x registry.Exported) error {
		row = append(row[:0], x.ID, sheet.Inert(x.Name), x.Kind, sheet.Inert(x.County), x.Status)
		for _, v := range x.Values {
			row = append(row, sheet.Inert(v))
		}
		return out.Write(row)
	})
	if err != nil {
		return err
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return b.Flush()
}

type pictures struct{ a *App }

// Picture gives the figures of the newest version of a procedure that has a funnel.
func (x pictures) Picture(ctx context.Context, who casework.Caller, id string) (casework.Picture, error) {
	defs, err := x.a.Defs.InForce(ctx)
	if err != nil {
		return casework.Picture{}, err
	}
	var newest *procedure.Definition
	for _, d := range defs {
		if d.ID == id && d.Funnel != nil {
			newest = d
		}
	}
	if newest == nil {
		return casework.Picture{}, fault.New(fault.NotFound, "fault.not_found")
	}
	tallies, err := x.a.Engine.Tallies(ctx, who, newest)
	if err != nil {
		return casework.Picture{}, err
	}
	return casework.PictureOf(newest, tallies, jalali.FromTime(x.a.Clock.Now())), nil
}
