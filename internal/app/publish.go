package app

import (
	"context"
	"io/fs"
	"maps"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/store"
)

// Prove reads a procedure's folder and proves it against the version in force, which it gives too; nil when there is none.
// The problems say what is wrong; the error is then invalid app.not_proved.
func (a *App) Prove(ctx context.Context, folder fs.FS) (def, old *procedure.Definition, problems []procedure.Problem, err error) {
	cals, err := a.Cals.All(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	proof := procedure.CheckContext{Examples: casework.Examples(cals), Calendars: slices.Sorted(maps.Keys(cals)), Other: a.inForce(ctx)}
	if draft, _ := procedure.Parse(folder); draft != nil {
		if old, err = a.Defs.Current(ctx, draft.ID); err != nil && !fault.Is(err, fault.NotFound) {
			return nil, nil, nil, err
		}
	}
	proof.Previous = old
	def, problems = procedure.ParseAndCheck(folder, proof)
	if bad := len(procedure.Errors(problems)); bad > 0 {
		return def, old, problems, fault.New(fault.Invalid, "app.not_proved", "count", bad)
	}
	return def, old, problems, nil
}

// Publish proves a procedure's folder, stores it and journals its hash. It needs two different approvers (kernel.md 14).
// The problems say what is wrong when it is not proved.
func (a *App) Publish(ctx context.Context, folder fs.FS, approvers [2]string) (*procedure.Definition, []procedure.Problem, error) {
	return a.publish(ctx, folder, approvers, func(context.Context, storeTx) error { return nil })
}

// publish does also in the same transaction: both are on disk, or neither is.
func (a *App) publish(ctx context.Context, folder fs.FS, approvers [2]string, also func(context.Context, storeTx) error) (*procedure.Definition, []procedure.Problem, error) {
	if approvers[0] == "" || approvers[1] == "" || approvers[0] == approvers[1] {
		return nil, nil, fault.New(fault.Invalid, "app.two_approvers").At("approvers")
	}
	def, _, problems, err := a.Prove(ctx, folder)
	if err != nil {
		return def, problems, err
	}
	row := store.Definition{
		Hash: def.Hash, ID: def.ID, Version: def.Version, Canonical: def.Canonical(), From: def.From.Civil(),
		PublishedAt: a.Clock.Now().UnixMicro(), Approvers: approvers[:],
	}
	if !def.To.IsZero() {
		row.To = def.To.Civil()
	}
	err = a.Store.Write(ctx, func(ctx context.Context, tx storeTx) error {
		if err := also(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.DefinitionByHash(ctx, row.Hash); err == nil {
			return nil // published before: nothing to do, nothing to journal
		}
		entry, err := a.Engine.Announce(ctx, tx, a.Province, "procedure:"+def.ID, casework.KindPublished, approvers[:], map[string]string{
			"procedure": def.ID, "version": def.Version, "hash": def.Hash,
		})
		if err != nil {
			return err
		}
		row.Entry = entry
		if err := tx.PublishDefinition(ctx, row); err != nil {
			return err
		}
		return saveDated(ctx, tx, def, folder, a.Province, row.PublishedAt)
	})
	a.Defs.forget()
	return def, problems, err
}

// saveDated puts the folder's dated tables into the live register.
func saveDated(ctx context.Context, tx storeTx, def *procedure.Definition, folder fs.FS, province string, at int64) error {
	for _, r := range def.Reasons {
		raw, err := fs.ReadFile(folder, r.File)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "app.dated_table", "file", r.File)
		}
		item := registry.Item{
			Province: province, Register: RegisterDated, ID: def.ID + "/" + r.File, Source: "procedure " + def.Version, AsOf: at,
			Fields: map[string]any{"procedure": def.ID, "file": r.File, "csv": string(raw)},
		}
		if err := tx.SaveItem(ctx, item); err != nil {
			return err
		}
	}
	return nil
}
