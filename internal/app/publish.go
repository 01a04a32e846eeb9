package app

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

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
// Of a version that is published already it takes the dated tables alone, where they have changed.
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
		dated, err := changedDated(ctx, tx, def, folder, a.Province)
		if err != nil {
			return err
		}
		kind := casework.KindPublished
		if _, err := tx.DefinitionByHash(ctx, row.Hash); err == nil {
			if len(dated) == 0 {
				return nil // published before, tables and all: nothing to do, nothing to journal
			}
			kind = kindDated
		}
		said := map[string]string{"procedure": def.ID, "version": def.Version, "hash": def.Hash, saidAt: strconv.FormatInt(row.PublishedAt, 10)}
		for file, csv := range dated {
			said["table."+file] = fmt.Sprintf("%x", sha256.Sum256([]byte(csv)))
		}
		entry, err := a.Engine.Announce(ctx, tx, a.Province, "procedure:"+def.ID, kind, approvers[:], said)
		if err != nil {
			return err
		}
		if row.Entry = entry; kind == casework.KindPublished {
			if err := tx.PublishDefinition(ctx, row); err != nil {
				return err
			}
		}
		return saveDated(ctx, tx, def, dated, a.Province, row)
	})
	a.Defs.forget()
	return def, problems, err
}

// kindDated is the entry of new rows in the dated tables of a version that is published already.
const kindDated = "dated"

// changedDated gives the folder's dated tables, as CSV text by file, that the live register does not hold so.
func changedDated(ctx context.Context, tx storeTx, def *procedure.Definition, folder fs.FS, province string) (map[string]string, error) {
	out := map[string]string{}
	for _, file := range def.DatedFiles() {
		raw, err := fs.ReadFile(folder, path.Join("tables", strings.TrimPrefix(file, "tables/")))
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "app.dated_table", "file", file)
		}
		held, err := tx.LoadItems(ctx, province, RegisterDated, def.ID+"/"+file, "")
		if err != nil {
			return nil, err
		}
		if len(held) == 0 || held[0].Fields["csv"] != string(raw) {
			out[file] = string(raw)
		}
	}
	return out, nil
}

// saveDated puts dated tables into the live register, with who published them and when.
func saveDated(ctx context.Context, tx storeTx, def *procedure.Definition, tables map[string]string, province string, by store.Definition) error {
	for _, file := range slices.Sorted(maps.Keys(tables)) {
		item := registry.Item{
			Province: province, Register: RegisterDated, ID: def.ID + "/" + file, Source: "procedure " + def.Version, AsOf: by.PublishedAt,
			Fields: map[string]any{"procedure": def.ID, "file": file, "csv": tables[file], "approvers": strings.Join(by.Approvers, " ")},
		}
		if err := tx.SaveItem(ctx, item); err != nil {
			return err
		}
	}
	return nil
}
