package web

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/paper"
)

// printout is a document to print. The page and the PDF are made of the same parts, so neither says more than the other.
type printout struct {
	Title, Subtitle string
	Cover           []string
	Foot            string // on every page of the PDF
	Parts           []part
}

// part is a chapter of a printout: paragraphs, then a list, then a table.
type part struct {
	ID, Title string
	Lines     []string
	List      []string
	Table     *grid
}

// grid is a table with a head; Widths are the relative shares of its columns on paper.
type grid struct {
	Head   []string
	Rows   [][]cell
	Widths []float64
}

// cell is one value of a grid. A code runs left to right and may be cut anywhere.
type cell struct {
	Text string
	Code bool
}

// row makes the cells of plain texts.
func row(texts ...string) []cell {
	out := make([]cell, len(texts))
	for i, s := range texts {
		out[i] = cell{Text: s}
	}
	return out
}

// add appends a part that has something to say.
func (p *printout) add(x part) {
	if x.Table != nil && len(x.Table.Rows) == 0 {
		x.Table = nil
	}
	if len(x.Lines)+len(x.List) > 0 || x.Table != nil {
		p.Parts = append(p.Parts, x)
	}
}

// paper lays the printout out for A4. Other people's words may hold a character that the font lacks: it is printed as a box.
func (p *printout) paper(l locale.Lang) paper.Document {
	d := paper.Document{Title: p.Title, Subtitle: p.Subtitle, Cover: p.Cover, Foot: p.Foot, Lang: string(l), Boxes: true}
	for _, x := range p.Parts {
		d.Blocks = append(d.Blocks, paper.Block{Level: 2, Text: x.Title})
		for _, line := range x.Lines {
			d.Blocks = append(d.Blocks, paper.Block{Text: line})
		}
		for _, line := range x.List {
			d.Blocks = append(d.Blocks, paper.Block{Text: line, Bullet: true})
		}
		if x.Table != nil {
			d.Blocks = append(d.Blocks, paper.Block{Table: x.Table.paper()})
		}
	}
	return d
}

func (g *grid) paper() *paper.Table {
	out := &paper.Table{Head: g.Head, Widths: g.Widths}
	for _, r := range g.Rows {
		cells := make([]string, len(r))
		for i, c := range r {
			if cells[i] = c.Text; c.Code {
				cells[i] = ltr(grouped(c.Text))
			}
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// A hash is hashLength signs long; hashGroup of them stand together on paper.
const (
	hashLength = 64
	hashGroup  = 16
)

// grouped parts a hash into groups that a column of paper holds and an eye can compare.
func grouped(code string) string {
	if len(code) < hashLength {
		return code
	}
	var parts []string
	for ; len(code) > hashGroup; code = code[hashGroup:] {
		parts = append(parts, code[:hashGroup])
	}
	return strings.Join(append(parts, code), " ")
}

// ltr isolates a stretch that runs left to right, such as a rule, from the words around it.
func ltr(s string) string { return "\u2066" + s + "\u2069" }

type printView struct {
	*Page
	Doc  printout
	PDF  string
	Back Link
}

// sendPrintout sends a printout as a page, or as a PDF under the name of its file.
func (v *visit) sendPrintout(w http.ResponseWriter, doc printout, back Crumb, file string) error {
	if file != "" {
		return v.sendPDF(w, doc, file)
	}
	p := v.s.Page(v.r, doc.Title)
	p.Crumbs = []Crumb{{Label: v.T("desk.queue.title"), Href: "/cases"}, back, {Label: doc.Title}}
	return v.s.Render(w, v.r, http.StatusOK, "case/file", printView{Page: p, Doc: doc, PDF: v.r.URL.Path + pdfSuffix})
}

func (v *visit) sendPDF(w http.ResponseWriter, doc printout, file string) error {
	var b bytes.Buffer
	if err := paper.Manual(&b, doc.paper(v.l)); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `inline; filename="`+url.PathEscape(file)+pdfSuffix+`"`)
	w.Header().Set("Cache-Control", "private, no-store")
	_, err := w.Write(b.Bytes())
	return err
}
