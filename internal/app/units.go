package app

import (
	"cmp"
	"context"
	"encoding/base64"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/surface/api"
	"rahgosha/internal/surface/web"
)

type units struct{ a *App }

// SearchUnits finds units for the API: those the principal may read.
func (u units) SearchUnits(ctx context.Context, p access.Principal, text string, limit int) ([]api.Unit, error) {
	heads, err := u.find(ctx, p, text, "", "", limit)
	if err != nil {
		return nil, err
	}
	out := make([]api.Unit, 0, len(heads))
	for _, h := range heads {
		out = append(out, api.Unit{ID: h.ID, Name: h.Name, Kind: h.Kind, County: h.County, Status: h.Status})
	}
	return out, nil
}

// find searches all units for who may read the register, and finds a unit's own for its people.
func (u units) find(ctx context.Context, p access.Principal, text, county, after string, limit int) ([]registry.Head, error) {
	if access.Authorize(p, "units", "read") == nil {
		if text != "" {
			return u.a.Registry.Search(ctx, p.Province, text, limit)
		}
		return u.a.Registry.List(ctx, registry.Query{Province: p.Province, County: county, After: after, Limit: limit})
	}
	if may, err := u.own(ctx, p, p.Unit); err != nil || !may {
		return nil, cmp.Or(err, error(fault.New(fault.Forbidden, "fault.forbidden")))
	}
	own, err := u.a.Registry.Unit(ctx, p.Province, p.Unit)
	return []registry.Head{own.Head}, err
}

// own says whether the principal may read a unit as its own: a claim that is not verified opens no company file.
func (u units) own(ctx context.Context, p access.Principal, id string) (bool, error) {
	if id == "" || p.Unit != id || access.Authorize(p, "unit.own", "read") != nil {
		return false, nil
	}
	return u.a.Registry.MaySpeak(ctx, p.Province, id, p.Person, p.Role)
}

// FindUnits gives a page of units.
func (u units) FindUnits(ctx context.Context, p access.Principal, q web.UnitQuery) (web.UnitPage, error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	heads, err := u.find(ctx, p, q.Text, q.County, q.After, q.Limit)
	if err != nil {
		return web.UnitPage{}, err
	}
	out := web.UnitPage{}
	for _, h := range heads {
		out.Rows = append(out.Rows, row(h))
	}
	if len(heads) == q.Limit && q.Text == "" {
		out.Next = heads[len(heads)-1].ID
	}
	return out, nil
}

func row(h registry.Head) web.UnitRow {
	return web.UnitRow{ID: h.ID, Name: h.Name, Kind: h.Kind, County: h.County, Status: h.Status}
}

// UnitFile gives a company file: personal values only to those who may see them.
func (u units) UnitFile(ctx context.Context, p access.Principal, id string) (*web.UnitFile, error) {
	own, err := u.own(ctx, p, id)
	if err != nil {
		return nil, err
	}
	if !own && access.Authorize(p, "units", "read") != nil {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	personal := own || access.Authorize(p, "units", "personal") == nil
	f, err := u.a.Registry.Unit(ctx, p.Province, id)
	if err != nil {
		return nil, err
	}
	out := &web.UnitFile{UnitRow: row(f.Head)}
	for _, field := range registry.Fields() {
		v, ok := f.Values[field.ID]
		if !ok || field.Personal && !personal {
			continue
		}
		out.Values = append(out.Values, casework.FactView{
			Name: "unit." + field.ID, Title: field.Title, Type: field.Type, Group: groupOf(field), Value: v.Any,
			Label: field.ChoiceTitle(v.Any), Source: v.Source, From: v.Origin, AsOf: v.AsOf, By: v.EnteredBy, Verified: v.VerifiedBy,
			Personal: field.Personal,
		})
		if field.ID == "licence_expiry" {
			out.Expiry, _ = v.Any.(string)
		}
	}
	return out, nil
}

// groupOf sorts the company file as a page shows it.
func groupOf(f registry.Field) string {
	switch f.ID {
	case "address", "postal_code", "county", "town", "plot", "mobile", "phone", "email":
		return "contact"
	case "isic", "products", "employees", "women", "insured", "capacity_used_pct", "workshop_code", "status":
		return "production"
	case "sales_last_year", "exports_last_year_usd", "online_sales_pct":
		return "finance"
	}
	if f.Personal {
		return "personal"
	}
	return "identity"
}

type procedureList struct{ a *App }

// Procedures gives what is in force.
func (l procedureList) Procedures(ctx context.Context) ([]api.Procedure, error) {
	defs, err := l.a.Defs.InForce(ctx)
	if err != nil {
		return nil, err
	}
	var out []api.Procedure
	for _, d := range defs {
		out = append(out, api.Procedure{ID: d.ID, Version: d.Version, Title: d.Title, Summary: d.Summary, Hash: d.Hash, From: d.From.Civil()})
	}
	return out, nil
}

type journalProofs struct{ a *App }

// Checkpoint gives the province's signed checkpoint.
func (j journalProofs) Checkpoint(ctx context.Context, province string) (note []byte, err error) {
	err = j.a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		note, _, err = tx.Checkpoint(ctx, province)
		return err
	})
	return note, err
}

// Proof gives an entry's inclusion proof against the present checkpoint.
func (j journalProofs) Proof(ctx context.Context, province, entry string) (api.Proof, error) {
	ctx = access.InWhole(ctx) // hashes, and of the entry what everybody reads in the public log
	var out api.Proof
	err := j.a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		p, err := tx.ProofFor(ctx, province, entry)
		if err != nil {
			return err
		}
		out = api.Proof{
			Entry: entry, Index: p.Entry.Index, Size: p.Size, Leaf: base64.StdEncoding.EncodeToString(p.Entry.Bytes),
			Checkpoint: string(p.Checkpoint), Hashes: []string{},
		}
		for _, h := range p.Path {
			out.Hashes = append(out.Hashes, h.String())
		}
		return nil
	})
	return out, err
}
