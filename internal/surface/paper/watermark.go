package paper

import (
	"bytes"
	"fmt"
	"math"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
)

// watermark prepares what every new page gets: the word large and light across the page as outlines, which extraction
// does not mix into the text, and once as a small line on top, which it does read.
func (f *flow) watermark(text string) (func(), error) {
	if text == "" {
		return func() {}, nil
	}
	words, err := f.shaper.words(text, bold)
	if err != nil {
		return nil, err
	}
	pieces := visual(line{words: words}.logical())
	ls, err := f.lines(text, watermarkStyle, fullBox())
	if err != nil {
		return nil, err
	}
	return func() {
		artifact(&f.page().under, func(b *bytes.Buffer) { f.across(b, pieces) })
		f.setLines(f.at(), f.sheet.begin("P"), ls, watermarkStyle, fullBox(), pageHeight-topMargin/2)
	}, nil
}

// across draws pieces as filled outlines along the diagonal, as wide as it allows up to 110 points.
func (f *flow) across(b *bytes.Buffer, line []piece) {
	var width int32
	for _, p := range line {
		width += p.width
	}
	size := min(110, 560*unitsPerEm/float64(max(width, 1)))
	k, angle := size/unitsPerEm, math.Pi/4
	c, s := k*math.Cos(angle), k*math.Sin(angle)
	half := float64(width) / 2
	fmt.Fprintf(b, "0.9 g %s %s %s %s %s %s cm\n", fine(c), fine(s), fine(-s), fine(c), num(pageWidth/2-half*c), num(pageHeight/2-half*s))
	var x float64
	for _, p := range line {
		for _, g := range p.glyphs {
			if !g.carrier {
				f.outline(b, p.weight, g, x)
			}
			x += float64(g.advance)
		}
	}
	b.WriteString("f\n")
}

func fine(v float64) string { return fmt.Sprintf("%.6f", v) }

func (f *flow) outline(b *bytes.Buffer, w weight, g glyph, x float64) {
	o, ok := f.shaper.faces[w].GlyphDataOutline(font.GID(g.gid))
	if !ok {
		return
	}
	x += float64(g.dx)
	var last opentype.SegmentPoint
	for _, seg := range o.Segments {
		last = segment(b, seg, last, x, float64(g.dy))
	}
}

// segment writes one path segment and gives its end. PDF has no quadratic curves: the control points of the equal cubic
// lie two thirds of the way to the quadratic one.
func segment(b *bytes.Buffer, seg opentype.Segment, from opentype.SegmentPoint, dx, dy float64) opentype.SegmentPoint {
	at := func(p opentype.SegmentPoint) string { return num(float64(p.X)+dx) + " " + num(float64(p.Y)+dy) }
	a := seg.Args
	switch seg.Op {
	case opentype.SegmentOpMoveTo:
		fmt.Fprintf(b, "%s m\n", at(a[0]))
		return a[0]
	case opentype.SegmentOpLineTo:
		fmt.Fprintf(b, "%s l\n", at(a[0]))
		return a[0]
	case opentype.SegmentOpQuadTo:
		fmt.Fprintf(b, "%s %s %s c\n", at(toward(from, a[0])), at(toward(a[1], a[0])), at(a[1]))
		return a[1]
	default:
		fmt.Fprintf(b, "%s %s %s c\n", at(a[0]), at(a[1]), at(a[2]))
		return a[2]
	}
}

func toward(p, q opentype.SegmentPoint) opentype.SegmentPoint {
	return opentype.SegmentPoint{X: p.X + (q.X-p.X)*2/3, Y: p.Y + (q.Y-p.Y)*2/3}
}
