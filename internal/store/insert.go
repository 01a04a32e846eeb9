package store

import (
	"context"
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
	for _, size := range insertSizes {
		for len(rows) >= size {
			args := make([]any, 0, size*len(rows[0]))
			for _, row := range rows[:size] {
				args = append(args, row...)
			}
			n, err := t.exec(ctx, t.s.eng.insertWord()+insertText(into, size, len(rows[0]))[len("INSERT"):]+clause, args...)
			if err != nil {
				return written, err
			}
			written, rows = written+n, rows[size:]
		}
	}
	return written, nil
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
