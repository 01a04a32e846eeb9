package store

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"rahgosha/internal/kernel/registry"
)

// unitWordsVersion is the migration that fills the words of the units that were there before them.
const unitWordsVersion = 121

func fillUnitWords() *goose.Migration {
	return goose.NewGoMigration(unitWordsVersion, &goose.GoFunc{RunTx: copyUnitWords}, &goose.GoFunc{RunTx: dropUnitWords})
}

func copyUnitWords(ctx context.Context, tx *sql.Tx) error {
	names, err := unitNames(ctx, tx)
	if err != nil {
		return err
	}
	for _, h := range names {
		for _, w := range registry.SearchWords(h.Name) {
			if _, err := tx.ExecContext(ctx, "INSERT INTO unit_word (province, word, unit) VALUES ($1, $2, $3)", h.Province, w, h.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func unitNames(ctx context.Context, tx *sql.Tx) (out []registry.Head, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT province, id, name FROM unit")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err says what went wrong
	for rows.Next() {
		var h registry.Head
		if err := rows.Scan(&h.Province, &h.ID, &h.Name); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

func dropUnitWords(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM unit_word")
	return err
}

// wordTable is the index of names on PostgreSQL: a row for each word of a unit's name.
type wordTable struct{}

const intoWords = "unit_word (province, word, unit)"

func wordRows(h registry.Head) (rows [][]any) {
	for _, w := range registry.SearchWords(h.Name) {
		rows = append(rows, []any{h.Province, w, h.ID})
	}
	return rows
}

func (wordTable) mark(context.Context, *Tx) (int64, error) { return 0, nil }

func (wordTable) add(ctx context.Context, t *Tx, _ int64, hs []registry.Head) error {
	var rows [][]any
	for _, h := range hs {
		rows = append(rows, wordRows(h)...)
	}
	return t.insert(ctx, intoWords, inOrder(rows, 3))
}

func (x wordTable) save(ctx context.Context, t *Tx, h registry.Head, f func() error) error {
	if err := f(); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "DELETE FROM unit_word WHERE province = $1 AND unit = $2", h.Province, h.ID); err != nil {
		return err
	}
	return x.add(ctx, t, 0, []registry.Head{h})
}

// lastRune ends a range of words with a beginning: no text sorts after it.
const lastRune = "\U0010FFFF"

// enough is up to how many units of a word are counted to find the rarest.
const enough = 2000

// find gives units in order of the word nearest to what was typed.
func (x wordTable) find(ctx context.Context, t *Tx, province string, ways [][]string, limit int) ([]registry.Head, error) {
	ids := []string{}
	for _, words := range ways {
		found, err := x.match(ctx, t, province, words, limit)
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return t.FindUnits(ctx, registry.Query{Province: province, IDs: ids, Limit: limit})
}

func (x wordTable) match(ctx context.Context, t *Tx, province string, words []string, limit int) (out []string, err error) {
	if len(words) == 0 {
		return nil, nil
	}
	first, err := x.rarest(ctx, t, province, words)
	if err != nil {
		return nil, err
	}
	c := &condition{}
	c.and("w.province = " + c.arg(province) + " AND w.word >= " + c.arg(words[first]) + " AND w.word < " + c.arg(words[first]+lastRune))
	for i, w := range words {
		if i != first {
			c.and("EXISTS (SELECT 1 FROM unit_word x WHERE x.province = w.province AND x.unit = w.unit AND x.word >= " + c.arg(w) +
				" AND x.word < " + c.arg(w+lastRune) + ")")
		}
	}
	err = t.each(ctx, "SELECT w.unit FROM unit_word w WHERE "+c.String()+" ORDER BY w.word, w.unit LIMIT "+c.arg(2*limit), c.args,
		func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			out = append(out, id)
			return err
		})
	return out, err
}

// rarest is the word that the fewest units have, as far as counting goes.
func (wordTable) rarest(ctx context.Context, t *Tx, province string, words []string) (first int, err error) {
	if len(words) == 1 {
		return 0, nil
	}
	least := int64(enough + 1)
	for i, w := range words {
		var n int64
		_, err := t.row(ctx, `SELECT count(*) FROM (SELECT 1 FROM unit_word WHERE province = $1 AND word >= $2 AND word < $3
			LIMIT $4) AS counted`, []any{province, w, w + lastRune, enough}, &n)
		if err != nil {
			return 0, err
		}
		if n < least {
			first, least = i, n
		}
	}
	return first, nil
}
