package store

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"rahgosha/internal/kernel/registry"
)

// unitFileVersion is the migration that carries the values of units, a row each before it, into their company files.
const unitFileVersion = 201

func moveUnitFacts() *goose.Migration {
	return goose.NewGoMigration(unitFileVersion, &goose.GoFunc{RunTx: factsToFiles}, &goose.GoFunc{RunTx: filesToFacts})
}

// named is a unit while its values move.
type namedFile struct{ province, unit, file string }

// factsToFiles writes each unit's values into its file. Sealed values move as they are: no key is needed.
func factsToFiles(ctx context.Context, tx *sql.Tx) error {
	return eachUnit(ctx, tx, func(u namedFile) error {
		vs, err := oldValues(ctx, tx, u)
		if err != nil || len(vs) == 0 {
			return err
		}
		file, err := encodeFile(vs)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE unit SET file = $3 WHERE province = $1 AND id = $2", u.province, u.unit, file)
		return err
	})
}

// filesToFacts is the way back.
func filesToFacts(ctx context.Context, tx *sql.Tx) error {
	return eachUnit(ctx, tx, func(u namedFile) error {
		vs, err := decodeFile(u.file)
		if err != nil {
			return err
		}
		for _, v := range vs {
			if _, err := tx.ExecContext(ctx, insertText("unit_fact (province, unit, "+valueColumns+")", 1, valueCount),
				valueRow(u.province, u.unit, v)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// moveAtOnce is how many units are read before their values are written: a transaction cannot do both at a time.
const moveAtOnce = 1000

func eachUnit(ctx context.Context, tx *sql.Tx, f func(namedFile) error) error {
	for last := (namedFile{}); ; {
		part, err := unitsAfter(ctx, tx, last)
		if err != nil || len(part) == 0 {
			return err
		}
		for _, u := range part {
			if err := f(u); err != nil {
				return err
			}
		}
		last = part[len(part)-1]
	}
}

func unitsAfter(ctx context.Context, tx *sql.Tx, last namedFile) (out []namedFile, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT province, id, file FROM unit WHERE (province, id) > ($1, $2)
		ORDER BY province, id LIMIT $3`, last.province, last.unit, moveAtOnce)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err says what went wrong
	for rows.Next() {
		var u namedFile
		if err := rows.Scan(&u.province, &u.unit, &u.file); err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, rows.Err()
}

func oldValues(ctx context.Context, tx *sql.Tx, u namedFile) (out []registry.Stored, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+valueColumns+" FROM unit_fact WHERE province = $1 AND unit = $2 ORDER BY field",
		u.province, u.unit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err says what went wrong
	for rows.Next() {
		var s registry.Stored
		if err := scanValue(rows.Scan, &s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
