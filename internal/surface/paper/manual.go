package paper

import (
	"rahgosha/internal/base/locale"
)

// The styles of a manual, headings by level.
var (
	titleStyle    = style{weight: bold, size: 24, leading: 1.7, align: centre, role: "H1", after: 10}
	subtitleStyle = style{size: 14, leading: 1.8, align: centre, role: "P", after: 30}
	coverStyle    = style{size: 12, leading: 1.9, align: centre, role: "P"}
	hashStyle     = style{size: 9, leading: 1.8, align: centre, role: "P"}
	textStyle     = style{size: 11, leading: 1.85, align: justified, role: "P", after: 4}
	bulletStyle   = style{size: 11, leading: 1.75, role: "P", after: 2}
	headingStyles = [...]style{
		{weight: bold, size: 16, leading: 1.8, role: "H1", after: 6},
		{weight: bold, size: 13, leading: 1.8, role: "H2", after: 4},
		{weight: bold, size: 11.5, leading: 1.8, role: "H3", after: 2},
	}
	pageStyle = style{size: 8.5, leading: 1.6, align: centre, role: "P", grey: 0.25}
)

func (d Document) layOut(f *flow) error {
	f.bottom = 72
	f.shaper.boxes = d.Boxes
	f.newPage()
	if err := d.cover(f); err != nil {
		return err
	}
	if len(d.Blocks) > 0 {
		f.newPage()
	}
	for _, b := range d.Blocks {
		if err := b.layOut(f); err != nil {
			return err
		}
	}
	return d.numberPages(f)
}

func (d Document) cover(f *flow) error {
	f.y -= 180
	texts := []struct {
		text string
		st   style
	}{{d.Title, titleStyle}, {d.Subtitle, subtitleStyle}}
	for _, c := range d.Cover {
		texts = append(texts, struct {
			text string
			st   style
		}{c, coverStyle})
	}
	for _, t := range texts {
		if t.text == "" {
			continue
		}
		if err := f.para(t.text, t.st, fullBox()); err != nil {
			return err
		}
	}
	return d.coverHash(f)
}

func (d Document) coverHash(f *flow) error {
	if d.Hash == "" {
		return nil
	}
	f.y -= 30
	if err := f.para(locale.T(f.lang, "paper.hash", nil), hashStyle, fullBox()); err != nil {
		return err
	}
	return f.para(d.Hash, hashStyle, fullBox())
}

func (b Block) layOut(f *flow) error {
	switch {
	case b.Table != nil:
		return f.table(*b.Table)
	case b.Level > 0:
		st := headingStyles[min(b.Level, len(headingStyles))-1]
		f.need(4 * st.size * st.leading) // a heading stays with what it heads
		f.y -= st.size * 0.6
		return f.para(b.Text, st, fullBox())
	case b.Bullet:
		return f.para("\u2022 "+b.Text, bulletStyle, fullBox())
	default:
		return f.para(b.Text, textStyle, fullBox())
	}
}

// numberPages sets the page number, the hash and the foot line at the foot of every page but the cover.
func (d Document) numberPages(f *flow) error {
	n := len(f.sheet.pages)
	for at := 1; at < n; at++ {
		y, err := f.fixed(at, f.pageLabel(at, n), pageStyle, fullBox(), 56)
		if err != nil {
			return err
		}
		for _, line := range []string{d.Hash, d.Foot} {
			if line == "" {
				continue
			}
			if y, err = f.fixed(at, line, style{size: 6.5, leading: 1.6, align: centre, role: "P", grey: 0.4}, fullBox(), y); err != nil {
				return err
			}
		}
	}
	return nil
}
