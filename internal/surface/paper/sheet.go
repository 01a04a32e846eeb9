package paper

import (
	"bytes"
	"fmt"
	"strings"

	"rahgosha/internal/base/locale"
)

// A4 in points.
const (
	pageWidth  = 595.28
	pageHeight = 841.89
)

// sheet is a document on its way to PDF: pages, fonts and the structure tree.
type sheet struct {
	fonts [weights]*cidFont
	pages []*page
	elems []elem

	attached string // a text that the file carries
}

// elem is one structure element (paragraph, heading, cell) and its marked content.
type elem struct {
	role string
	kids []mark
}

// mark is one stretch of marked content on a page.
type mark struct{ page, id int }

// page is the content of one page. elems says to which element each marked content belongs.
type page struct {
	body  bytes.Buffer
	under bytes.Buffer // drawn first
	elems []int
}

func (s *sheet) newPage() *page {
	p := &page{}
	s.pages = append(s.pages, p)
	return p
}

// begin opens a structure element and gives its number.
func (s *sheet) begin(role string) int {
	s.elems = append(s.elems, elem{role: role})
	return len(s.elems) - 1
}

// tagged runs draw inside marked content of an element on page number at.
func (s *sheet) tagged(at, el int, draw func(b *bytes.Buffer)) {
	p := s.pages[at]
	id := len(p.elems)
	p.elems = append(p.elems, el)
	s.elems[el].kids = append(s.elems[el].kids, mark{at, id})
	fmt.Fprintf(&p.body, "/%s<</MCID %d>>BDC\n", s.elems[el].role, id)
	draw(&p.body)
	p.body.WriteString("EMC\n")
}

// artifact runs draw as decoration that readers skip.
func artifact(b *bytes.Buffer, draw func(b *bytes.Buffer)) {
	b.WriteString("/Artifact BMC\nq\n")
	draw(b)
	b.WriteString("Q\nEMC\n")
}

// render writes the PDF.
func (s *sheet) render(title string, lang locale.Lang) ([]byte, error) {
	o := &objects{}
	root, pages, tree := o.reserve(), o.reserve(), o.reserve()
	info := o.add("<</Title%s/Producer(Rahgosha)>>", textString(title))
	fonts := s.embedFonts(o)
	ids := make([]int, len(s.pages))
	for i := range s.pages {
		ids[i] = o.reserve()
	}
	for i, p := range s.pages {
		content := o.stream(append(p.under.Bytes(), p.body.Bytes()...), "")
		o.set(ids[i], "<</Type/Page/Parent %d 0 R/MediaBox[0 0 %g %g]/Resources<</Font<<%s>>>>/Contents %d 0 R/StructParents %d/Tabs/S>>",
			pages, pageWidth, pageHeight, fonts, content, i)
	}
	o.set(pages, "<</Type/Pages/Count %d/Kids[%s]>>", len(ids), refs(ids))
	s.structure(o, tree, ids)
	direction := ""
	if lang == locale.FA {
		direction = "/Direction/R2L"
	}
	o.set(root, "<</Type/Catalog/Pages %d 0 R/Lang(%s)/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R/ViewerPreferences<</DisplayDocTitle true%s>>%s>>",
		pages, lang, tree, direction, s.attach(o))
	return o.file(root, info)
}

// attach puts the text that goes with the file into it, not deflated: a program that knows nothing of PDF finds it.
func (s *sheet) attach(o *objects) string {
	if s.attached == "" {
		return ""
	}
	text := o.add("<</Type/EmbeddedFile/Subtype/text#2Fplain/Length %d>>\nstream\n%s\nendstream", len(s.attached), s.attached)
	file := o.add("<</Type/Filespec/F(letter.txt)/UF(letter.txt)/AFRelationship/Data/EF<</F %d 0 R>>>>", text)
	return fmt.Sprintf("/Names<</EmbeddedFiles<</Names[(letter.txt)%d 0 R]>>>>/AF[%d 0 R]", file, file)
}

func (s *sheet) embedFonts(o *objects) string {
	var b strings.Builder
	for w, f := range s.fonts {
		if len(f.keys) > 1 {
			fmt.Fprintf(&b, "/F%d %d 0 R", w, f.embed(o))
		}
	}
	return b.String()
}

// structure writes the structure tree: one document element with the elements in reading order.
func (s *sheet) structure(o *objects, tree int, pages []int) {
	document := o.reserve()
	ids := make([]int, len(s.elems))
	for i, e := range s.elems {
		var kids strings.Builder
		for _, k := range e.kids {
			fmt.Fprintf(&kids, "<</Type/MCR/Pg %d 0 R/MCID %d>>", pages[k.page], k.id)
		}
		ids[i] = o.add("<</Type/StructElem/S/%s/P %d 0 R/K[%s]>>", e.role, document, kids.String())
	}
	o.set(document, "<</Type/StructElem/S/Document/P %d 0 R/K[%s]>>", tree, refs(ids))
	var nums strings.Builder
	for i, p := range s.pages {
		owners := make([]int, len(p.elems))
		for j, el := range p.elems {
			owners[j] = ids[el]
		}
		fmt.Fprintf(&nums, "%d[%s]", i, refs(owners))
	}
	parents := o.add("<</Nums[%s]>>", nums.String())
	o.set(tree, "<</Type/StructTreeRoot/K %d 0 R/ParentTree %d 0 R/ParentTreeNextKey %d>>", document, parents, len(s.pages))
}

func refs(ids []int) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%d 0 R", id)
	}
	return b.String()
}
