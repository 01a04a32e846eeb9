package paper

import (
	"bytes"
	"fmt"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

var (
	cellStyle = style{size: 10, leading: 1.6, role: "TD"}
	headStyle = style{weight: bold, size: 10, leading: 1.6, role: "TH"}
)

const cellPadding = 4.0

// table sets a table across the line: first column at the reader's start, head repeated on each new page. A row goes on
// one page where it can.
func (f *flow) table(t Table) error {
	cols, err := f.columns(t)
	if err != nil || len(cols) == 0 {
		return err
	}
	f.y -= 4
	head, err := f.cells(t.Head, headStyle, cols)
	if err != nil {
		return err
	}
	f.row(head, headStyle, cols, nil)
	for _, r := range t.Rows {
		cells, err := f.cells(r, cellStyle, cols)
		if err != nil {
			return err
		}
		f.row(cells, cellStyle, cols, head)
	}
	f.y -= 10
	return nil
}

// columns gives the boxes of the columns in reading order.
func (f *flow) columns(t Table) ([]box, error) {
	n := len(t.Head)
	if n == 0 && len(t.Rows) > 0 {
		n = len(t.Rows[0])
	}
	for i, r := range t.Rows {
		if len(r) != n {
			return nil, fault.New(fault.Invalid, "paper.table_shape", "row", i+1, "cells", len(r), "columns", n)
		}
	}
	shares, sum := make([]float64, n), 0.0
	for i := range shares {
		shares[i] = 1
		if len(t.Widths) == n && t.Widths[i] > 0 {
			shares[i] = t.Widths[i]
		}
		sum += shares[i]
	}
	least, err := f.widest(t, n)
	if err != nil {
		return nil, err
	}
	return f.boxes(roomFor(shares, sum, least)), nil
}

// widest measures, in points, what each column needs so that no word of it is cut.
func (f *flow) widest(t Table, n int) ([]float64, error) {
	out := make([]float64, n)
	measure := func(cells []string, st style) error {
		for i, text := range cells {
			words, err := f.shaper.words(strings.ReplaceAll(text, "\n", " "), st.weight)
			if err != nil {
				return err
			}
			for _, w := range words {
				out[i] = max(out[i], points(w.width, st.size)+2*cellPadding+0.5)
			}
		}
		return nil
	}
	if err := measure(t.Head, headStyle); err != nil {
		return nil, err
	}
	for _, r := range t.Rows {
		if err := measure(r, cellStyle); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// roomFor widens the columns whose share is below their need and takes it from the others. Where all needs together do
// not fit, the shares stand and long words are cut.
func roomFor(shares []float64, sum float64, least []float64) ([]float64, float64) {
	full, need := fullBox().width, 0.0
	for _, l := range least {
		need += l
	}
	if need > full {
		return shares, sum
	}
	out, tight := make([]float64, len(shares)), map[int]bool{}
	for {
		room, free := full, 0.0
		for i := range shares {
			if tight[i] {
				room -= least[i]
			} else {
				free += shares[i]
			}
		}
		more := false
		for i := range shares {
			if out[i] = least[i]; !tight[i] {
				out[i] = room * shares[i] / free
				if out[i] < least[i] {
					tight[i], more = true, true
				}
			}
		}
		if !more {
			return out, full
		}
	}
}

func (f *flow) boxes(shares []float64, sum float64) []box {
	full, out := fullBox(), make([]box, len(shares))
	done := 0.0
	for i, s := range shares {
		w := full.width * s / sum
		x := full.x + done
		if f.lang == locale.FA {
			x = full.x + full.width - done - w
		}
		out[i] = box{x, w}
		done += w
	}
	return out
}

// cell is the broken text of one cell and its structure element.
type cell struct {
	lines []line
	el    int
}

func (f *flow) cells(texts []string, st style, cols []box) ([]cell, error) {
	out := make([]cell, len(texts))
	for i, text := range texts {
		ls, err := f.lines(text, st, cols[i].inner())
		if err != nil {
			return nil, err
		}
		out[i] = cell{ls, f.sheet.begin(st.role)}
	}
	return out, nil
}

func (b box) inner() box { return box{b.x + cellPadding, b.width - 2*cellPadding} }

// row draws cells, as one stretch where a page has room for it, else in stretches of as many lines as fit.
func (f *flow) row(cells []cell, st style, cols []box, head []cell) {
	step := st.size * st.leading
	for {
		n := tallest(cells)
		if n == 0 {
			return
		}
		f.turn(float64(n)*step+2*cellPadding, cols, head)
		fit := max(1, int((f.y-f.bottom-2*cellPadding)/step))
		cells = f.stretch(cells, st, cols, min(n, fit))
	}
}

// turn opens a new page, with the head again, when the row does not fit.
func (f *flow) turn(height float64, cols []box, head []cell) {
	before := len(f.sheet.pages)
	f.need(height)
	if len(f.sheet.pages) > before && head != nil {
		f.row(head, headStyle, cols, nil)
	}
}

func tallest(cells []cell) int {
	n := 0
	for _, c := range cells {
		n = max(n, len(c.lines))
	}
	return n
}

// stretch draws the first n lines of every cell with their frame and gives what is left.
func (f *flow) stretch(cells []cell, st style, cols []box, n int) []cell {
	height := float64(n)*st.size*st.leading + 2*cellPadding
	f.frame(cols, height, st.weight == bold)
	rest := make([]cell, len(cells))
	for i, c := range cells {
		k := min(n, len(c.lines))
		f.setLines(f.at(), c.el, c.lines[:k], st, cols[i].inner(), f.y-cellPadding)
		rest[i] = cell{c.lines[k:], c.el}
	}
	f.y -= height
	return rest
}

func (f *flow) frame(cols []box, height float64, shaded bool) {
	artifact(&f.page().body, func(b *bytes.Buffer) {
		fill := "S"
		if shaded {
			fill = "B"
		}
		b.WriteString("0.5 w 0.6 G 0.93 g\n")
		for _, c := range cols {
			fmt.Fprintf(b, "%s %s %s %s re %s\n", num(c.x), num(f.y-height), num(c.width), num(height), fill)
		}
	})
}
