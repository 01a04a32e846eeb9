package sheet

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"rahgosha/internal/base/fault"
)

// decode reads UTF-8 with or without its mark, and the UTF-16 that Excel calls Unicode text.
func decode(raw []byte) string {
	switch {
	case len(raw) > 1 && raw[0] == 0xFF && raw[1] == 0xFE:
		return utf16Text(raw[2:], binary.LittleEndian)
	case len(raw) > 1 && raw[0] == 0xFE && raw[1] == 0xFF:
		return utf16Text(raw[2:], binary.BigEndian)
	}
	return strings.TrimPrefix(string(raw), "\uFEFF")
}

func utf16Text(raw []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = order.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(units))
}

// sampled is how much of a text is looked at to find its separator.
const sampled = 16 << 10

// separator is the one of comma, semicolon and tab that most lines of the beginning have in common: the sum over lines of
// its count outside quotes.
func separator(text string) rune {
	count, quoted := map[rune]int{}, false
	for i, r := range text {
		switch {
		case i > sampled:
			return most(count)
		case r == '"':
			quoted = !quoted
		case !quoted && (r == ',' || r == ';' || r == '\t'):
			count[r]++
		}
	}
	return most(count)
}

func most(count map[rune]int) rune {
	best := ','
	for _, r := range []rune{';', '\t'} {
		if count[r] > count[best] {
			best = r
		}
	}
	return best
}

// splitter reads separated text as Excel does: a quote opens a cell only at its beginning, doubled quotes are one, and a
// line break inside quotes belongs to the cell. Blank lines stay rows, for rows are counted.
type splitter struct {
	sep    rune
	rows   [][]string
	row    []string
	cell   strings.Builder
	begun  bool // the cell has begun
	quoted bool
	closed bool // a quote inside a quoted cell: its end, or half of a doubled one
	cells  int
}

// maxCell is how long a cell may be, in bytes of UTF-8; Excel's own have 32,767 characters.
const maxCell = 128 << 10

// separated splits a text; it stops where there is more than a sheet may hold. Faults: too_large sheet.large, sheet.cell.
func separated(name, text string) ([][]string, error) {
	s := splitter{sep: separator(text)}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	for _, r := range text {
		s.take(r)
		if len(s.rows) > maxRows || s.cells > maxFilled {
			return nil, fault.New(fault.TooLarge, "sheet.large", "file", name)
		}
		if s.cell.Len() > maxCell {
			return nil, fault.New(fault.TooLarge, "sheet.cell", "file", name, "row", len(s.rows)+1)
		}
	}
	if s.begun || len(s.row) > 0 || s.cell.Len() > 0 {
		s.endRow()
	}
	return s.rows, nil
}

func (s *splitter) take(r rune) {
	if s.quoted {
		s.inside(r)
		return
	}
	switch {
	case r == s.sep:
		s.endCell()
	case r == '\n':
		s.endRow()
	case r == '"' && !s.begun:
		s.begun, s.quoted = true, true
	default:
		s.begun = true
		s.cell.WriteRune(r)
	}
}

func (s *splitter) inside(r rune) {
	switch {
	case r == '"' && s.closed:
		s.closed = false
		s.cell.WriteRune(r)
	case r == '"':
		s.closed = true
	case s.closed:
		s.quoted, s.closed = false, false
		s.take(r)
	default:
		s.cell.WriteRune(r)
	}
}

func (s *splitter) endCell() {
	if len(s.row) < maxCells { // what stands behind is not read
		s.row = append(s.row, strings.TrimSpace(s.cell.String()))
	}
	s.cell.Reset()
	s.cells++
	s.begun, s.quoted, s.closed = false, false, false
}

func (s *splitter) endRow() {
	s.endCell()
	s.rows = append(s.rows, s.row)
	s.row = nil
}
