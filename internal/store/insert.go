package store

import (
	"cmp"
	"context"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// insertSizes are how many rows one statement writes: few sizes, so that few statements are prepared, and large ones
// first, for a statement costs more than a row.
var insertSizes = [...]int{64, 8, 4, 3, 2, 1}

// insert writes rows into a table; into is its name with the columns in the order of a row.
func (t *Tx) insert(ctx context.Context, into string, rows [][]any) error {
	_, err := t.insertNew(ctx, into, rows, "")
	return err
}

// insertNew writes rows into a table, with what a clause at the end says of rows that are there already, and tells how
// many it wrote.
func (t *Tx) insertNew(ctx context.Context, into string, rows [][]any, clause string) (written int64, err error) {
	b := bulk{t: t, into: into, clause: clause, atOnce: min(len(rows), insertSizes[0])}
	for _, row := range rows {
		if err := b.add(ctx, row...); err != nil {
			return b.written, err
		}
	}
	return b.written, b.end(ctx)
}

// later writes rows of a table in lateTables that are not there yet. Where commands run at once they are written together
// with those of the others, before anything else is done with their table: one that is there after all undoes the group, and
// the command that gave it is told when it runs again.
func (t *Tx) later(ctx context.Context, into string, rows ...[]any) error {
	if !t.beside() || t.dead != nil || len(rows) == 0 {
		return t.insert(ctx, into, rows)
	}
	t.wrote, t.changed = true, true
	t.q.(*shared).keep(into, rows)
	return nil
}

// beside says that the command runs at once with others of its group.
func (t *Tx) beside() bool {
	_, is := t.q.(*shared)
	return is
}

// lateTables are those that later takes and numbers are drawn from, as statements name them.
var lateTables = regexp.MustCompile(`\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:entry|case_party|case_tally|datakey|deadline|outbox|series)\b`)

// bulk writes rows into a table while they come, many in a statement.
type bulk struct {
	t            *Tx
	into, clause string // as insertNew takes them
	atOnce       int    // rows to have room for; 0 is as many as a statement writes
	columns      int
	args         []any
	written      int64
}

// add takes a row; end writes what is left.
func (b *bulk) add(ctx context.Context, row ...any) error {
	if b.args == nil {
		b.columns, b.args = len(row), make([]any, 0, cmp.Or(b.atOnce, insertSizes[0])*len(row))
	}
	if b.args = append(b.args, row...); len(b.args) == insertSizes[0]*b.columns {
		return b.end(ctx)
	}
	return nil
}

func (b *bulk) end(ctx context.Context) error {
	rest := b.args
	for _, size := range insertSizes {
		for len(rest) > 0 && len(rest) >= size*b.columns {
			query := b.t.s.eng.insertWord() + insertText(b.into, size, b.columns)[len("INSERT"):] + b.clause
			n, err := b.t.exec(ctx, query, rest[:size*b.columns]...)
			if err != nil {
				return err
			}
			b.written, rest = b.written+n, rest[size*b.columns:]
		}
	}
	clear(b.args)
	b.args = b.args[:0]
	return nil
}

// insertTexts keeps the statements that were written before.
var insertTexts sync.Map

type insertShape struct {
	into          string
	rows, columns int
}

// insertText is the statement that writes some rows of some columns.
func insertText(into string, rows, columns int) string {
	shape := insertShape{into, rows, columns}
	if text, ok := insertTexts.Load(shape); ok {
		return text.(string)
	}
	text := newInsertText(into, rows, columns)
	insertTexts.Store(shape, text)
	return text
}

func newInsertText(into string, rows, columns int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + into + " VALUES ")
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteString("($")
		case i%columns == 0:
			b.WriteString("), ($")
		default:
			b.WriteString(", $")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	return b.String() + ")"
}
