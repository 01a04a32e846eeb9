package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/pressly/goose/v3"

	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/registry"
)

// nameIndex finds units by the words of their names. Each database has its own: a row for each word costs an import most
// of its time on SQLite, whose full text index PostgreSQL has not.
type nameIndex interface {
	// add takes in all units written since the last of them was the mark.
	add(ctx context.Context, t *Tx, mark int64, hs []registry.Head) error
	// mark tells which units are in already.
	mark(ctx context.Context, t *Tx) (int64, error)
	// save writes a head by f and makes the unit found by its present name alone.
	save(ctx context.Context, t *Tx, h registry.Head, f func() error) error
	// find gives units that have, in one of some ways, for each word one that begins with it.
	find(ctx context.Context, t *Tx, province string, ways [][]string, limit int) ([]registry.Head, error)
}

// UnitsByWords gives units whose names have, in one of some ways, for every word one that begins with it: where there are
// more than the limit, those nearest to what was typed. They come in order of id.
func (t *Tx) UnitsByWords(ctx context.Context, province string, ways [][]string, limit int) ([]registry.Head, error) {
	out, err := t.s.eng.names().find(ctx, t, province, ways, limit)
	slices.SortFunc(out, func(a, b registry.Head) int { return strings.Compare(a.ID, b.ID) })
	return out, err
}

// nameTexts is the index of names on SQLite: FTS5 over the column search of the table of units, by its row numbers.
type nameTexts struct{}

func (nameTexts) mark(ctx context.Context, t *Tx) (last int64, err error) {
	_, err = t.row(ctx, "SELECT coalesce(max(n), 0) FROM unit", nil, &last)
	return last, err
}

func (nameTexts) add(ctx context.Context, t *Tx, mark int64, _ []registry.Head) error {
	_, err := t.exec(ctx, "INSERT INTO unit_fts (rowid, search) SELECT n, search FROM unit WHERE n > $1", mark)
	return err
}

func (nameTexts) save(ctx context.Context, t *Tx, h registry.Head, f func() error) error {
	var n int64
	var before string
	_, err := t.row(ctx, "SELECT n, search FROM unit WHERE province = $1 AND id = $2", []any{h.Province, h.ID}, &n, &before)
	if err != nil || n == 0 || before == h.Search {
		return errors.Join(err, f())
	}
	if _, err := t.exec(ctx, "INSERT INTO unit_fts (unit_fts, rowid, search) VALUES ('delete', $1, $2)", n, before); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	_, err = t.exec(ctx, "INSERT INTO unit_fts (rowid, search) VALUES ($1, $2)", n, h.Search)
	return err
}

// find gives units in order of entry; where there are more than enough, those that have the very words come first. Where these
// alone are enough nothing asks for beginnings, of which FTS5 gathers every row before it gives one.
func (x nameTexts) find(ctx context.Context, t *Tx, province string, ways [][]string, limit int) ([]registry.Head, error) {
	exact, err := x.match(ctx, t, province, ways, "", limit)
	if err != nil || len(exact) >= limit {
		return exact, err
	}
	out, err := x.match(ctx, t, province, ways, "*", limit)
	if err != nil || len(out) < limit {
		return out, err
	}
	for _, h := range out {
		if len(exact) < limit && !slices.ContainsFunc(exact, func(e registry.Head) bool { return e.ID == h.ID }) {
			exact = append(exact, h)
		}
	}
	return exact, err
}

func (nameTexts) match(ctx context.Context, t *Tx, province string, ways [][]string, ending string, limit int) (out []registry.Head, err error) {
	query := matching(ways, ending)
	if query == "" {
		return nil, nil
	}
	err = t.few(ctx, "SELECT u."+strings.ReplaceAll(unitColumns, ", ", ", u.")+` FROM unit_fts f JOIN unit u ON u.n = f.rowid
		WHERE unit_fts MATCH $1 AND u.province = $2 LIMIT $3`, []any{query, province, limit}, func(scan func(...any) error) error {
		h, err := scanUnit(scan)
		out = append(out, h)
		return err
	})
	return out, err
}

// matching writes the query of FTS5: a word is cut where the index cuts it, and the last piece may go on.
func matching(ways [][]string, ending string) string {
	var any []string
	for _, words := range ways {
		var all []string
		for _, w := range words {
			pieces := strings.FieldsFunc(w, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N, unicode.Co) })
			for i, p := range pieces {
				all = append(all, `"`+p+`"`)
				if i == len(pieces)-1 {
					all[len(all)-1] += ending
				}
			}
		}
		if len(all) > 0 {
			any = append(any, "("+strings.Join(all, " AND ")+")")
		}
	}
	return strings.Join(any, " OR ")
}

// nameIndexVersion is the migration that changes the index of names on SQLite.
const nameIndexVersion = 203

// moveNames goes from the table of words to the index of the database at hand, and back.
func moveNames(dialect string) *goose.Migration {
	if dialect != "sqlite3" {
		return goose.NewGoMigration(nameIndexVersion, &goose.GoFunc{RunTx: joinedNames}, nil)
	}
	return goose.NewGoMigration(nameIndexVersion, &goose.GoFunc{RunTx: wordsToTexts}, &goose.GoFunc{RunTx: textsToWords})
}

// unitTable is the table of units on SQLite with what comes before the other columns; the index of names needs row
// numbers that never change.
func unitTable(name, first, key string) string {
	return "CREATE TABLE " + name + " (" + first + `
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  search TEXT NOT NULL,
  county TEXT NOT NULL,
  status TEXT NOT NULL,
  merged_into TEXT NOT NULL,
  sample INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  file TEXT NOT NULL DEFAULT '',
  ` + key + ` (province, id)
) STRICT;
`
}

// rebuiltUnits copies the table of units into one with another head, and its index of counties with what else it holds:
// all names are read of it, without the company files.
func rebuiltUnits(first, key, indexed string) string {
	return unitTable("unit_new", first, key) + "INSERT INTO unit_new (" + unitColumns + ", file) SELECT " + unitColumns + `, file FROM unit ORDER BY province, id;
		DROP TABLE unit;
		ALTER TABLE unit_new RENAME TO unit;
		CREATE INDEX unit_county ON unit (province, county, id` + indexed + `);
`
}

func wordsToTexts(ctx context.Context, tx *sql.Tx) error {
	if err := joinedNames(ctx, tx); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DROP TABLE unit_word;"+rebuiltUnits("\n  n INTEGER PRIMARY KEY,", "UNIQUE", ", search")+`
		CREATE VIRTUAL TABLE unit_fts USING fts5(search, content='unit', content_rowid='n', detail=none, columnsize=0,
			tokenize='unicode61 remove_diacritics 0');
		INSERT INTO unit_fts (rowid, search) SELECT n, search FROM unit`)
	return err
}

// joinedNames adds to the search keys of names with half-spaces the words that these join.
func joinedNames(ctx context.Context, tx *sql.Tx) error {
	names, err := unitNames(ctx, tx)
	if err != nil {
		return err
	}
	for _, h := range names {
		if !strings.Contains(h.Name, "\u200c") {
			continue
		}
		if _, err := tx.ExecContext(ctx, "UPDATE unit SET search = $3 WHERE province = $1 AND id = $2", h.Province, h.ID, registry.SearchOf(h.Name)); err != nil {
			return err
		}
	}
	return nil
}

func textsToWords(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "DROP TABLE unit_fts;"+rebuiltUnits("", "PRIMARY KEY", "")+`
		CREATE TABLE unit_word (
  province TEXT NOT NULL,
  word TEXT NOT NULL,
  unit TEXT NOT NULL,
  PRIMARY KEY (province, word, unit)
) STRICT, WITHOUT ROWID;
		CREATE INDEX unit_word_unit ON unit_word (province, unit, word)`)
	if err != nil {
		return err
	}
	return copyUnitWords(ctx, tx)
}

// nameKeysVersion is the migration after which names are no keys: the index of names finds them.
const nameKeysVersion = 204

func dropNameKeys() *goose.Migration {
	return goose.NewGoMigration(nameKeysVersion, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM unit_key WHERE kind = 'name'")
		return err
	}}, &goose.GoFunc{RunTx: nameKeys})
}

func nameKeys(ctx context.Context, tx *sql.Tx) error {
	names, err := unitNames(ctx, tx)
	if err != nil {
		return err
	}
	for _, h := range names {
		if key := text.Tight(h.Name); key != "" {
			if _, err := tx.ExecContext(ctx, insertText(intoKeys, 1, 4), h.Province, "name", key, h.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
