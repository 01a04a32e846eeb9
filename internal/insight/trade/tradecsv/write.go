package tradecsv

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
)

// Writer writes rows of separated text. Numbers keep every bit: the shortest text that reads back the same. What is not
// defined is a blank, never 0. The first failure is kept and given by Flush.
type Writer struct {
	w    *bufio.Writer
	row  []byte
	more bool
}

// NewWriter writes the header.
func NewWriter(w io.Writer, header ...string) *Writer {
	out := &Writer{w: bufio.NewWriterSize(w, 1<<16)}
	for _, h := range header {
		out.Text(h)
	}
	out.End()
	return out
}

// Text adds a field.
func (w *Writer) Text(s string) {
	w.next()
	if strings.ContainsAny(s, "\",\r\n") {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	w.row = append(w.row, s...)
}

// Number adds a number.
func (w *Writer) Number(v float64) {
	w.next()
	switch {
	case math.IsNaN(v):
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		w.row = strconv.AppendInt(w.row, int64(v), 10)
	case math.Abs(v) >= 1e-5 && math.Abs(v) < 1e15:
		w.row = strconv.AppendFloat(w.row, v, 'f', -1, 64) // people read these
	default:
		w.row = strconv.AppendFloat(w.row, v, 'e', -1, 64)
	}
}

func (w *Writer) next() {
	if w.more {
		w.row = append(w.row, ',')
	}
	w.more = true
}

// End ends the row.
func (w *Writer) End() {
	_, _ = w.w.Write(append(w.row, '\n')) // a failure stays in the buffer and Flush gives it
	w.row, w.more = w.row[:0], false
}

// Flush writes what is left and gives the first failure.
func (w *Writer) Flush() error { return w.w.Flush() }
