package main

import (
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the floor's database is made as the floor reads it
)

// startFloor fills the floor's database and starts it: durable, up to 32 commands in one commit.
func startFloor(w *workload) (*server, error) {
	db := filepath.Join(w.work, "floor.db")
	for _, name := range []string{db, db + "-wal", db + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	if err := fillFloor(w, db); err != nil {
		return nil, err
	}
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	return start(addr, "/hello", command(w.tool("thin"), "-addr", addr, "-db", db, "-sync", "FULL", "-group", "32"))
}

func fillFloor(w *workload, path string) (err error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if err := script(db, filepath.Join(w.shared, "schema.sql")); err != nil {
		return err
	}
	rows := map[string]int{"units": len(w.units), "services": -1, "cases": len(w.cases), "events": 6 * len(w.cases)}
	for _, name := range []string{"units", "services", "cases", "events"} {
		if err := fillTable(db, name, w.data(name+".csv"), rows[name], len(w.units)); err != nil {
			return err
		}
	}
	if err := script(db, filepath.Join(w.shared, "indexes.sql")); err != nil {
		return err
	}
	_, err = db.Exec(`CREATE VIRTUAL TABLE units_fts USING fts5(name_norm, content='units', content_rowid='rowid',
		tokenize='unicode61', detail=none);
		INSERT INTO units_fts(rowid, name_norm) SELECT rowid, name_norm FROM units; ANALYZE;`) //nolint:noctx // a program
	return err
}

func script(db *sql.DB, path string) error {
	raw, err := os.ReadFile(path) //nolint:gosec // the workload's own
	if err != nil {
		return err
	}
	_, err = db.Exec(string(raw)) //nolint:noctx // a program
	return err
}

// caseUnit is the column of a case's unit.
const caseUnit = 3

// fillTable copies at most so many rows of a CSV file into a table; -1 is all. Cases go to the units that are there.
func fillTable(db *sql.DB, name, path string, most, units int) (err error) {
	f, err := os.Open(path) //nolint:gosec // our own data
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	tx, err := db.Begin()            //nolint:noctx // a program
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the first error counts
		} else {
			err = tx.Commit()
		}
	}()
	in := csv.NewReader(f)
	header, err := in.Read()
	if err != nil {
		return err
	}
	st, err := tx.Prepare("INSERT INTO " + name + " VALUES (" + strings.TrimSuffix(strings.Repeat("?,", len(header)), ",") + ")") //nolint:noctx // a program
	if err != nil {
		return err
	}
	for n := 0; most < 0 || n < most; n++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if name == "cases" {
			row[caseUnit] = fmt.Sprintf("u%014d", rowOf(row[caseUnit])%units)
		}
		args := make([]any, len(row))
		for i, v := range row {
			args[i] = v
		}
		if _, err := st.Exec(args...); err != nil {
			return err
		}
	}
	return nil
}
