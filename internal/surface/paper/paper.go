// Package paper writes official letters and printed manuals as PDF in Persian: joined and ordered as a reader expects,
// and giving back the same words in the same order when a program or a screen reader extracts the text. Text is shaped
// with go-text; the PDF (subset fonts, ToUnicode, structure tags) is written here. The same letter gives the same bytes.
package paper

import (
	"io"

	"rahgosha/internal/base/fault"
)

// Letter is one official letter. All texts are plain; a newline begins a new line. Lang is "fa" or "en" ("" = "fa").
type Letter struct {
	Header    []string    // centred on top
	Office    string      // the sender's office, top right
	Meta      [][2]string // label and value, upper left: number, date, enclosure
	To        []string    // addressee lines
	Subject   string
	Body      []string // paragraphs
	Tables    []Table
	Signer    []string // name, post
	Copies    []string // who receives a copy
	Footer    []string // case number, definition hash, check address; on every page
	QR        string   // content of the QR code at the bottom left of every page, "" = none
	QRCaption string
	// Proof is the content of a larger code at the bottom right of every page, "" = none: what proves the letter without
	// a network. Attached is the text that it proves, kept in the file as it is, for programs that have the file.
	Proof, ProofCaption string
	Attached            string
	Watermark           string // a word across every page, such as the one for a sample
	Title               string // document information
	Lang                string
}

// Table is a table with an optional head. Widths are relative shares of the line, one a column; nil = equal.
type Table struct {
	Head   []string
	Rows   [][]string
	Widths []float64
}

// Document is a printed manual: a cover with the hash of what it prints, then blocks, with numbered pages.
type Document struct {
	Title    string
	Subtitle string
	Cover    []string // lines under the title: version, date, office
	Hash     string   // fingerprint of the printed definition, on the cover and at the foot of every page
	Foot     string   // a line at the foot of every page but the cover
	Blocks   []Block
	Lang     string
	Boxes    bool // print a box for a character without a glyph instead of refusing: the words are other people's
}

// Block is a heading (Level 1 to 3), a paragraph (Level 0), a bullet, or a table.
type Block struct {
	Level  int
	Text   string
	Bullet bool
	Table  *Table
}

// Write writes the letter as an A4 PDF. It fails with kind Invalid when a character has no glyph (paper.no_glyph), a row
// has not as many cells as its table (paper.table_shape) or the QR content is too long (paper.qr_too_long).
func Write(w io.Writer, l Letter) error {
	return write(w, l.Title, l.Lang, l.layOut)
}

// Manual writes a document of many pages with a cover and page numbers. Errors as for Write.
func Manual(w io.Writer, d Document) error {
	return write(w, d.Title, d.Lang, d.layOut)
}

func write(w io.Writer, title, lang string, layOut func(*flow) error) error {
	f, err := newFlow(lang)
	if err != nil {
		return err
	}
	if err := layOut(f); err != nil {
		return err
	}
	raw, err := f.sheet.render(title, f.lang)
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return fault.Wrap(err, fault.Internal, "paper.write")
	}
	return nil
}
