package sheet

import (
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"rahgosha/internal/base/fault"
)

// Table is a workbook that is written row by row, its first sheet in the direction of its language. What is written lies
// in a temporary file once it is large. Texts are inert, so that none is run; a table is not safe for concurrent use.
type Table struct {
	f      *excelize.File
	sheet  *excelize.StreamWriter
	rtl    bool
	rows   int
	number int // style of a whole number
	head   int // style of a header
}

// exact is how large a whole number may be that a spreadsheet, which counts in floating point, keeps to the last digit.
const exact = 1 << 53

// NewTable begins a workbook whose first sheet has that name.
func NewTable(name string, rtl bool) (*Table, error) {
	t := &Table{f: excelize.NewFile(), rtl: rtl}
	if err := t.begin(name); err != nil {
		t.Close()
		return nil, fault.Wrap(err, fault.Internal, "sheet.write")
	}
	return t, nil
}

func (t *Table) begin(name string) (err error) {
	thousands := "#,##0"
	if t.number, err = t.f.NewStyle(&excelize.Style{CustomNumFmt: &thousands}); err != nil {
		return err
	}
	if t.head, err = t.f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return err
	}
	if err = t.f.SetSheetName(t.f.GetSheetName(0), name); err != nil {
		return err
	}
	t.sheet, err = t.open(name)
	return err
}

func (t *Table) open(name string) (*excelize.StreamWriter, error) {
	if err := t.f.SetSheetView(name, 0, &excelize.ViewOptions{RightToLeft: &t.rtl}); err != nil {
		return nil, err
	}
	return t.f.NewStreamWriter(name)
}

// Head writes the row of headers, which stays in sight, over columns of those widths in characters.
func (t *Table) Head(headers []string, widths []float64) error {
	for i, w := range widths {
		if err := t.sheet.SetColWidth(i+1, i+1, w); err != nil {
			return fault.Wrap(err, fault.Internal, "sheet.write")
		}
	}
	if err := t.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return fault.Wrap(err, fault.Internal, "sheet.write")
	}
	cells := make([]any, len(headers))
	for i, h := range headers {
		cells[i] = excelize.Cell{StyleID: t.head, Value: Inert(h)}
	}
	return t.set(cells)
}

// Row writes one row: a string is an inert text, an int64 a number, nil an empty cell.
func (t *Table) Row(cells ...any) error {
	out := make([]any, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case string:
			out[i] = Inert(c)
		case int64:
			out[i] = t.whole(c)
		}
	}
	return t.set(out)
}

// whole is a number that can be added up, or its digits where a spreadsheet would round it.
func (t *Table) whole(n int64) any {
	if n > exact || n < -exact {
		return strconv.FormatInt(n, 10)
	}
	return excelize.Cell{StyleID: t.number, Value: n}
}

func (t *Table) set(cells []any) error {
	t.rows++
	if err := t.sheet.SetRow("A"+strconv.Itoa(t.rows), cells); err != nil {
		return fault.Wrap(err, fault.Internal, "sheet.write")
	}
	return nil
}

// About adds a second sheet that says what the first one is: names and values.
func (t *Table) About(name string, lines [][2]string) error {
	if _, err := t.f.NewSheet(name); err != nil {
		return fault.Wrap(err, fault.Internal, "sheet.write")
	}
	sw, err := t.open(name)
	if err == nil {
		err = sw.SetColWidth(1, 2, 32)
	}
	for i, l := range lines {
		if err == nil {
			err = sw.SetRow("A"+strconv.Itoa(i+1), []any{excelize.Cell{StyleID: t.head, Value: Inert(l[0])}, Inert(l[1])})
		}
	}
	if err == nil {
		err = sw.Flush()
	}
	if err != nil {
		return fault.Wrap(err, fault.Internal, "sheet.write")
	}
	return nil
}

// Save ends the workbook and writes it.
func (t *Table) Save(w io.Writer) error {
	err := t.sheet.Flush()
	if err == nil {
		err = t.f.Write(w)
	}
	if err != nil {
		return fault.Wrap(err, fault.Internal, "sheet.write")
	}
	return nil
}

// Close takes the temporary file away; saved or not.
func (t *Table) Close() { _ = t.f.Close() } // only temporary files of our own
