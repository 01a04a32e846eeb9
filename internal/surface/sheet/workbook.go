package sheet

import (
	"bytes"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"rahgosha/internal/base/fault"
)

// workbook reads the first sheet with a cell in it.
func workbook(name string, raw []byte) ([][]string, error) {
	f, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{
		UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: maxUnzip / 4, RawCellValue: true,
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
	}
	defer func() { _ = f.Close() }() // only temporary files of our own
	for _, s := range f.GetSheetList() {
		rows, err := f.GetRows(s, excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
		}
		if empty(rows) {
			continue
		}
		return rows, formatted(f, s, rows)
	}
	return nil, nil
}

// formatted writes dates and percentages as people read them: their raw values are day numbers and fractions.
func formatted(f *excelize.File, name string, rows [][]string) error {
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
			if row[j], err = number(f, name, cell, c, n); err != nil {
				return fault.Wrap(err, fault.Invalid, "sheet.unreadable", "file", name)
			}
		}
	}
	return nil
}

func number(f *excelize.File, sheet, cell, raw string, n float64) (string, error) {
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
		t, err := excelize.ExcelDateToTime(n, false)
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
