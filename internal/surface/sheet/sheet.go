// Package sheet reads the sheets that offices keep, Excel workbooks and separated text, as rows of text, and writes
// workbooks whose cells no program runs. It is shared by the surfaces, as httpkit and paper are.
package sheet

import (
	"bytes"
	"io"
	"unicode/utf8"

	"rahgosha/internal/base/fault"
)

// Limits of what is read.
const (
	maxBytes = 32 << 20 // of a file as it is given
	maxPart  = 24 << 20 // of a sheet of a workbook, unpacked: it takes ten times as much when it is open
	maxOther = 4 << 20  // of its styles, its list of sheets and the like
	maxRows  = 200_000
	maxCells = 256 // of a row
)

// Read gives the text cells of the first sheet that is not empty: rows from the first, blank ones as empty lists, so that
// a row's index plus one is its number in Excel. Numbers come with their digits as stored, dates as YYYY-MM-DD,
// percentages with their sign. name is for faults only: what it is shows in the bytes. Faults: invalid sheet.unreadable,
// sheet.old, sheet.encoding, sheet.empty, and those of document.WholeSheet; too_large sheet.large, sheet.part, sheet.cell.
func Read(name string, r io.Reader) ([][]string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
	}
	if len(raw) > maxBytes {
		return nil, fault.New(fault.TooLarge, "sheet.large", "file", name)
	}
	rows, err := parse(name, raw)
	if err != nil {
		return nil, err
	}
	if len(rows) > maxRows {
		return nil, fault.New(fault.TooLarge, "sheet.large", "file", name)
	}
	for i, row := range rows {
		rows[i] = tidy(row)
	}
	if empty(rows) {
		return nil, fault.New(fault.Invalid, "sheet.empty", "file", name)
	}
	return rows, nil
}

func parse(name string, raw []byte) ([][]string, error) {
	switch {
	case bytes.HasPrefix(raw, []byte("PK")):
		return workbook(name, raw)
	case bytes.HasPrefix(raw, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return nil, fault.New(fault.Invalid, "sheet.old", "file", name)
	}
	text := decode(raw)
	if !utf8.ValidString(text) || bytes.ContainsRune([]byte(text), 0) {
		return nil, fault.New(fault.Invalid, "sheet.encoding", "file", name)
	}
	return separated(name, text)
}

// tidy drops blank cells at the end of a row, and the sign that keeps a cell inert.
func tidy(row []string) []string {
	row = row[:min(len(row), maxCells)]
	last := 0
	for i, c := range row {
		if len(c) > 1 && c[0] == '\'' && dangerous(c[1:]) {
			row[i] = c[1:]
		}
		if c != "" {
			last = i + 1
		}
	}
	return row[:last]
}

func empty(rows [][]string) bool {
	for _, r := range rows {
		if len(r) > 0 {
			return false
		}
	}
	return true
}
