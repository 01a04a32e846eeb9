package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// Compared tells what a comparison looked at.
type Compared struct {
	At           time.Time // what the copy holds is of then
	Rows, Tables int64
}

// Compare puts what a Ship copied together in an empty folder and holds every row of the database to it, so that a changed
// letter is found that nothing else vouches for: found gets the table and the key of each row that is another, is missing or
// is not in the copy. What was written after the copy differs too: the server must have stopped orderly. SQLite only.
func (s *Store) Compare(ctx context.Context, from, room string, found func(table, row string)) (out Compared, err error) {
	got, err := RestoreShipped(ctx, from, room, time.Time{})
	if err != nil {
		return out, err
	}
	out.At = got.At
	c, err := sqlite.NewConnector(address(filepath.Join(s.cfg.Path, DatabaseFile), "", readerCache, "query_only(1)"))
	if err != nil {
		return out, fmt.Errorf("compare: %w", err)
	}
	db, err := newSession(ctx, c)
	if err != nil {
		return out, s.eng.fault(err)
	}
	defer db.drop()
	if _, err := db.exec(ctx, "ATTACH DATABASE $1 AS copied", filepath.Join(room, DatabaseFile)); err != nil {
		return out, s.eng.fault(err)
	}
	var tables []string
	if err := db.rows(ctx, tablesOfCopy, nil, func(row []driver.Value) { tables = append(tables, fmt.Sprint(row[0])) }); err != nil {
		return out, s.eng.fault(err)
	}
	var torn error // the other tables are worth knowing
	for _, table := range tables {
		n, err := db.compareTable(ctx, table, found)
		torn = errors.Join(torn, s.eng.fault(err))
		out.Rows, out.Tables = out.Rows+n, out.Tables+1
	}
	return out, torn
}

// tablesOfCopy are all but the full text index, which is made of rows: the copy says which there are, for what is looked at may
// be damaged there too.
const tablesOfCopy = `SELECT name FROM copied.sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
	AND name NOT LIKE 'unit_fts%' AND name NOT LIKE 'sqlite_%' ORDER BY name`

// compareTable goes through the rows of a table and of its copy by their key.
func (s *session) compareTable(ctx context.Context, table string, found func(table, row string)) (n int64, err error) {
	var columns, key []string
	err = s.rows(ctx, "SELECT name, pk FROM pragma_table_info($1, 'copied')", []any{table}, func(row []driver.Value) {
		name := `"` + fmt.Sprint(row[0]) + `"`
		columns = append(columns, name)
		if row[1] != int64(0) {
			key = append(key, name)
		}
	})
	if err != nil {
		return 0, err
	}
	of := func(side string, names []string) string { return side + "." + strings.Join(names, ", "+side+".") }
	same := make([]string, len(key))
	for i, k := range key {
		same[i] = "a." + k + " = b." + k
	}
	tell := func(row []driver.Value) {
		words := make([]string, len(key))
		for i, v := range row[:len(key)] {
			if b, ok := v.([]byte); ok {
				v = fmt.Sprintf("%x", b)
			}
			words[i] = fmt.Sprint(v)
		}
		found(table, strings.Join(words, " "))
	}
	join := fmt.Sprintf(`FROM copied."%s" b LEFT JOIN main."%s" a ON %s`, table, table, strings.Join(same, " AND "))
	if err := s.rows(ctx, fmt.Sprintf("SELECT %s %s WHERE (%s) IS NOT (%s)", of("b", key), join, of("a", columns), of("b", columns)), nil, tell); err != nil {
		return 0, err
	}
	join = fmt.Sprintf(`FROM main."%s" a LEFT JOIN copied."%s" b ON %s`, table, table, strings.Join(same, " AND "))
	if err := s.rows(ctx, fmt.Sprintf("SELECT %s %s WHERE b.%s IS NULL", of("a", key), join, key[0]), nil, tell); err != nil {
		return 0, err
	}
	err = s.rows(ctx, fmt.Sprintf(`SELECT count(*) FROM copied."%s"`, table), nil, func(row []driver.Value) { n, _ = row[0].(int64) })
	return n, err
}
