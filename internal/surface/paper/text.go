package paper

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// pen writes the glyphs of one line of text. Places are thousandths of the font size from the start of the text object.
type pen struct {
	out    *bytes.Buffer
	font   *cidFont
	size   float64
	place  float64 // where the line has come to
	drawn  float64 // where the viewer will draw the next glyph
	widen  float64 // added to each blank, thousandths
	marks  []placedMark
	openTJ bool
}

// placedMark is a combining mark to draw once the line is done, at its offset from the line's start.
type placedMark struct {
	glyph  glyph
	weight weight
	x, y   float64
}

// drawLine writes pieces, in left-to-right order, at x, y. Text goes into the element el of page at; marks over it.
func (s *sheet) drawLine(at, el int, line []piece, x, y, size, widen float64) {
	p := &pen{size: size, widen: widen * 1000 / size}
	s.tagged(at, el, func(b *bytes.Buffer) {
		p.out = b
		fmt.Fprintf(b, "BT\n1 0 0 1 %s %s Tm\n", num(x), num(y))
		for _, pc := range line {
			p.use(s.fonts[pc.weight], pc.weight)
			for _, g := range pc.glyphs {
				p.put(g, pc.weight)
			}
		}
		p.closeTJ()
		b.WriteString("ET\n")
	})
	if len(p.marks) > 0 {
		artifact(&s.pages[at].body, func(b *bytes.Buffer) { s.drawMarks(b, p.marks, x, y, size) })
	}
}

func (p *pen) use(f *cidFont, w weight) {
	if p.font == f {
		return
	}
	p.closeTJ()
	p.font = f
	fmt.Fprintf(p.out, "/F%d %s Tf\n", w, num(p.size))
}

// put writes one glyph, with a correction where the viewer would not be at the right place.
func (p *pen) put(g glyph, w weight) {
	if g.mark {
		p.marks = append(p.marks, placedMark{g, w, p.place + em(g.dx), em(g.dy)})
		p.place += em(g.advance)
		return
	}
	code, width := p.font.code(g)
	p.move(p.place + em(g.dx))
	fmt.Fprintf(p.out, "%04X", code)
	p.drawn += float64(width)
	p.place += em(g.advance)
	if g.stretchable {
		p.place += p.widen
	}
}

// move opens the glyph string, correcting the place first when it is off by half a thousandth or more.
func (p *pen) move(to float64) {
	off := to - p.drawn
	if math.Abs(off) < 0.5 {
		if !p.openTJ {
			p.out.WriteString("[<")
			p.openTJ = true
		}
		return
	}
	if p.openTJ {
		p.out.WriteString(">")
	} else {
		p.out.WriteString("[")
		p.openTJ = true
	}
	whole := math.Round(off)
	fmt.Fprintf(p.out, "%s<", num(-whole))
	p.drawn += whole
}

func (p *pen) closeTJ() {
	if p.openTJ {
		p.out.WriteString(">]TJ\n")
		p.openTJ = false
	}
}

// drawMarks draws combining marks without text: the line already carries it.
func (s *sheet) drawMarks(b *bytes.Buffer, marks []placedMark, x, y, size float64) {
	b.WriteString("BT\n")
	for _, m := range marks {
		code, _ := s.fonts[m.weight].code(m.glyph)
		fmt.Fprintf(b, "/F%d %s Tf 1 0 0 1 %s %s Tm <%04X>Tj\n", m.weight, num(size), num(x+m.x*size/1000), num(y+m.y*size/1000), code)
	}
	b.WriteString("ET\n")
}

// em converts font units to thousandths of an em.
func em(units int32) float64 { return float64(units) * 1000 / unitsPerEm }

// num writes a number with at most three decimals, as PDF wants it (no exponent).
func num(v float64) string {
	r := math.Round(v*1000) / 1000
	if r == 0 {
		return "0"
	}
	return strconv.FormatFloat(r, 'g', 15, 64)
}
