// Package tradecsv reads and writes the tables of package trade as separated text, plain or gzip. It opens no file:
// callers give readers and the names to say in errors. Nothing is guessed: a missing column, a blank or negative value,
// a row twice is an error that names file, line and column.
package tradecsv

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
)

// Column is a column a table must have, unless Optional. Names are what its header may say, the first the proper one.
type Column struct {
	Names    []string
	Optional bool
}

// Must is a column under one of these names.
func Must(names ...string) Column { return Column{Names: names} }

// May is a column that may be absent.
func May(names ...string) Column { return Column{Names: names, Optional: true} }

// Table reads rows of wanted columns.
type Table struct {
	File    string
	Header  []string // all columns of the file, folded to lower case
	columns []Column
	at      []int // place of each wanted column, −1 when absent
	csv     *csv.Reader
	record  []string
	line    int
}

// Open reads the header. The separator is what stands in it: comma, semicolon or tab.
func Open(file string, r io.Reader, columns ...Column) (*Table, error) {
	text, err := plain(file, r)
	if err != nil {
		return nil, err
	}
	head, err := text.Peek(1 << 14)
	if len(head) == 0 {
		return nil, noStart(file, err)
	}
	t := &Table{File: file, columns: columns, csv: csv.NewReader(text)}
	t.csv.Comma, t.csv.ReuseRecord = separator(head), true
	record, err := t.csv.Read()
	if err != nil {
		return nil, t.broken(err)
	}
	for _, name := range record {
		t.Header = append(t.Header, strings.ToLower(strings.TrimSpace(name)))
	}
	return t, t.place()
}

// plain undoes gzip and drops a byte order mark.
func plain(file string, r io.Reader) (*bufio.Reader, error) {
	text := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := text.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(text)
		if err != nil {
			return nil, problem("csv_broken", file, 0, "", err)
		}
		text = bufio.NewReaderSize(z, 1<<16)
	}
	if bom, _ := text.Peek(3); bytes.Equal(bom, []byte{0xef, 0xbb, 0xbf}) {
		_, _ = text.Discard(3)
	}
	return text, nil
}

func separator(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	for _, sep := range []rune{'\t', ';'} {
		if bytes.ContainsRune(line, sep) && !bytes.ContainsRune(line, ',') {
			return sep
		}
	}
	return ','
}

func (t *Table) place() error {
	for _, c := range t.columns {
		t.at = append(t.at, t.find(c))
		if t.at[len(t.at)-1] < 0 && !c.Optional {
			f := problem("csv_column", t.File, 1, c.Names[0], nil)
			f.Args["names"], f.Args["header"] = strings.Join(c.Names, ", "), strings.Join(t.Header, ", ")
			return f
		}
	}
	return nil
}

func (t *Table) find(c Column) int {
	for _, name := range c.Names {
		for i, h := range t.Header {
			if h == name {
				return i
			}
		}
	}
	return -1
}

// Next reads a row; false at the end.
func (t *Table) Next() (bool, error) {
	record, err := t.csv.Read()
	if err == io.EOF {
		return false, nil
	}
	if err != nil {
		return false, t.broken(err)
	}
	t.record = record
	t.line, _ = t.csv.FieldPos(0)
	return true, nil
}

// Line is the line of the row just read.
func (t *Table) Line() int { return t.line }

// Has tells whether the file has the wanted column i.
func (t *Table) Has(i int) bool { return t.at[i] >= 0 }

// Raw is the field of column i without the blanks around it, "" when the file has no such column. It is valid until the
// next row.
func (t *Table) Raw(i int) string {
	if t.at[i] < 0 {
		return ""
	}
	return strings.TrimSpace(t.record[t.at[i]])
}

// Code is a text that must not be blank.
func (t *Table) Code(i int) (string, error) {
	v := t.Raw(i)
	if v == "" {
		return "", t.Problem("csv_blank", i)
	}
	return v, nil
}

// Number is a finite number; a blank is not 0.
func (t *Table) Number(i int) (float64, error) {
	raw := t.Raw(i)
	v, err := strconv.ParseFloat(raw, 64)
	if raw == "" {
		return 0, t.Problem("csv_blank", i)
	}
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || strings.ContainsAny(raw, "xXpP_") {
		return 0, t.Problem("csv_number", i)
	}
	return v, nil
}

// Amount is a number of at least 0.
func (t *Table) Amount(i int) (float64, error) {
	v, err := t.Number(i)
	if err == nil && v < 0 {
		return 0, t.Problem("csv_negative", i)
	}
	return v + 0, err // −0 is 0
}

// Problem says what is wrong with column i of the row just read.
func (t *Table) Problem(key string, i int) *fault.Fault {
	f := problem(key, t.File, t.line, t.columns[i].Names[0], nil)
	if t.at[i] >= 0 {
		f.Args["column"] = t.Header[t.at[i]]
	}
	f.Args["value"] = clip(t.Raw(i))
	return f
}

func (t *Table) broken(err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return problem("csv_broken", t.File, 0, "", err)
	}
	if errors.Is(err, csv.ErrFieldCount) {
		return problem("csv_fields", t.File, parse.Line, "", nil)
	}
	return problem("csv_quote", t.File, parse.Line, "", parse.Err)
}

func problem(key, file string, line int, column string, err error) *fault.Fault {
	f := fault.New(fault.Invalid, "trade."+key, "file", file, "line", line, "column", column)
	f.Err = err
	return f
}

// noStart is a table without a first byte: empty, or damaged.
func noStart(file string, err error) error {
	if errors.Is(err, io.EOF) {
		return problem("csv_empty", file, 1, "", nil)
	}
	return problem("csv_broken", file, 1, "", err)
}

// clip keeps a long field out of an error.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return strings.Clone(s)
}
