package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/document"
)

// workbook reads the first sheet with a cell in it.
func workbook(name string, raw []byte) ([][]string, error) {
	if err := bounded(name, raw); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{UnzipSizeLimit: unzipped, UnzipXMLSizeLimit: maxPart, RawCellValue: true})
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
	}
	defer func() { _ = f.Close() }() // only temporary files of our own
	for _, s := range f.GetSheetList() {
		rows, err := rowsOf(f, name, s)
		if err != nil {
			return nil, err
		}
		if empty(rows) {
			continue
		}
		return rows, formatted(f, s, rows)
	}
	return nil, nil
}

// unzipped is more than document.WholeSheet lets through.
const unzipped = 256 << 20

// bounded looks into a workbook before the library does, which takes parts into memory whole.
func bounded(name string, raw []byte) error {
	if err := document.WholeSheet(raw); err != nil {
		return err
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
	}
	for _, p := range z.File {
		most := uint64(maxOther)
		switch part := strings.ToLower(p.Name); {
		case strings.HasPrefix(part, "xl/media/"):
			continue
		case strings.HasPrefix(part, "xl/worksheets/sheet"), part == "xl/sharedstrings.xml":
			most = maxPart
		}
		if p.UncompressedSize64 > most {
			return fault.New(fault.TooLarge, "sheet.part", "file", name, "part", p.Name, "limit", most>>20)
		}
	}
	return nil
}

// rowsOf reads a sheet row by row and stops at its bounds: a cell far out makes a library fill all before it.
func rowsOf(f *excelize.File, name, sheet string) (out [][]string, err error) {
	rows, err := f.Rows(sheet)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	cells := 0
	for rows.Next() {
		row, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
		}
		if cells += len(row); len(out) > maxRows || cells > maxFilled {
			return nil, fault.New(fault.TooLarge, "sheet.large", "file", name)
		}
		row = row[:min(len(row), maxCells)]
		for len(row) > 0 && row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		out = append(out, slices.Clone(row))
	}
	for len(out) > 0 && len(out[len(out)-1]) == 0 {
		out = out[:len(out)-1]
	}
	if err := rows.Error(); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
	}
	return out, nil
}

// maxFilled bounds the cells of a sheet, with those that the library fills before one that is far out.
const maxFilled = 4_000_000

// formatted writes dates and percentages as people read them: their raw values are day numbers and fractions.
func formatted(f *excelize.File, name string, rows [][]string) error {
	props, err := f.GetWorkbookProps()
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
	}
	since1904 := props.Date1904 != nil && *props.Date1904 // as workbooks of old Macs count their days
	for i, row := range rows {
		for j, c := range row {
			n, err := strconv.ParseFloat(c, 64)
			if err != nil {
				row[j] = strings.TrimSpace(c)
				continue
			}
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
			}
			if row[j], err = number(f, name, cell, c, n, since1904); err != nil {
				return fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
			}
		}
	}
	return nil
}

func number(f *excelize.File, sheet, cell, raw string, n float64, since1904 bool) (string, error) {
	id, err := f.GetCellStyle(sheet, cell)
	if err != nil || id == 0 {
		return whole(raw, n), err
	}
	kind, err := f.GetCellType(sheet, cell)
	if err != nil || kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString {
		return raw, err
	}
	style, err := f.GetStyle(id)
	if err != nil {
		return raw, err
	}
	switch format := formatOf(style); {
	case format == "percent":
		return strconv.FormatFloat(math.Round(n*1e6)/1e4, 'f', -1, 64) + "%", nil
	case format == "date" && n >= 1 && n < 2_958_466:
		t, err := excelize.ExcelDateToTime(n, since1904)
		return t.Format(time.DateOnly), err
	}
	return whole(raw, n), nil
}

// whole writes what is stored as 1.2E+10 in full, as long as a float holds every digit of it.
func whole(raw string, n float64) string {
	if strings.ContainsAny(raw, "eE") && n == math.Trunc(n) && math.Abs(n) < 1<<53 && len(raw) > 9 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return raw
}

// builtInDates are the numbers of Excel's own date formats.
var builtInDates = []int{14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58}

func formatOf(s *excelize.Style) string {
	custom := ""
	if s.CustomNumFmt != nil {
		custom = strings.ToLower(unquoted(*s.CustomNumFmt))
	}
	switch {
	case s.NumFmt == 9 || s.NumFmt == 10 || strings.Contains(custom, "%"):
		return "percent"
	case slices.Contains(builtInDates, s.NumFmt) || strings.Contains(custom, "yy"):
		return "date"
	}
	return ""
}

// unquoted drops the literal parts of a number format.
func unquoted(format string) string {
	var b strings.Builder
	quoted := false
	for _, r := range format {
		if r == '"' {
			quoted = !quoted
		} else if !quoted {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Write writes a workbook of one right-to-left sheet, all cells text: none of them is run or turned into a number.
func Write(w io.Writer, header []string, rows [][]string) error {
	t, err := NewTable("Sheet1", true)
	if err != nil {
		return err
	}
	defer t.Close()
	for _, row := range append([][]string{header}, rows...) {
		cells := make([]any, len(row))
		for j, c := range row {
			cells[j] = c
		}
		if err := t.Row(cells...); err != nil {
			return err
		}
	}
	return t.Save(w)
}

// Inert puts an apostrophe before a cell that a spreadsheet could take for a formula.
func Inert(cell string) string {
	if dangerous(cell) {
		return "'" + cell
	}
	return cell
}

// dangerous cells begin, behind blanks, with a sign that starts a formula, or with its full-width form.
func dangerous(cell string) bool {
	if cell == "" {
		return false
	}
	if cell[0] == '\t' || cell[0] == '\r' || cell[0] == '\n' {
		return true
	}
	for _, r := range strings.TrimSpace(cell) {
		return strings.ContainsRune("=+-@\uFF1D\uFF0B\uFF0D\uFF20", r)
	}
	return false
}
