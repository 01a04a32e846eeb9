package paper

import (
	"strings"

	"rahgosha/internal/base/locale"
)

// The styles of a letter.
var (
	headerStyle    = style{weight: bold, size: 12, leading: 1.7, align: centre, role: "P"}
	officeStyle    = style{weight: bold, size: 11, leading: 1.7, role: "P"}
	metaStyle      = style{size: 10, leading: 1.75, role: "P"}
	toStyle        = style{weight: bold, size: 12, leading: 1.8, role: "P"}
	subjectStyle   = style{weight: bold, size: 12, leading: 1.8, role: "H1", after: 6}
	bodyStyle      = style{size: 12, leading: 1.9, align: justified, role: "P", after: 5}
	signerStyle    = style{weight: bold, size: 12, leading: 1.8, align: centre, role: "P"}
	copiesStyle    = style{size: 10, leading: 1.7, role: "P"}
	footerStyle    = style{size: 8, leading: 1.6, role: "P", grey: 0.25}
	captionStyle   = style{size: 7, leading: 1.5, align: centre, role: "P", grey: 0.25}
	watermarkStyle = style{weight: bold, size: 9, leading: 1.6, align: centre, role: "P", grey: 0.35}
)

const (
	metaWidth     = 165.0
	officeWidth   = 230.0
	signatureRoom = 58.0  // for a hand and a seal
	qrSide        = 73.7  // 26 mm
	proofSide     = 113.4 // 40 mm: a code of 600 bytes has modules as large as a printer and a camera want them
)

func (l Letter) layOut(f *flow) error {
	f.sheet.attached = l.Attached
	foot, err := l.newFoot(f)
	if err != nil {
		return err
	}
	f.bottom = foot.top + 10
	if f.onPage, err = f.watermark(l.Watermark); err != nil {
		return err
	}
	f.newPage()
	for _, part := range []func(*flow) error{l.head, l.address, l.content, l.sign, l.copies} {
		if err := part(f); err != nil {
			return err
		}
	}
	return foot.draw(f)
}

// head sets the header in the middle, the office at the right and number, date and enclosure at the left.
func (l Letter) head(f *flow) error {
	y, top := f.y, f.y
	for _, h := range l.Header {
		var err error
		if y, err = f.fixed(0, h, headerStyle, fullBox(), y); err != nil {
			return err
		}
	}
	low := y
	if l.Office != "" {
		end, err := f.fixed(0, l.Office, officeStyle, box{pageWidth - sideMargin - officeWidth, officeWidth}, y-4)
		if err != nil {
			return err
		}
		low = min(low, end)
	}
	end, err := l.meta(f, y)
	if err != nil {
		return err
	}
	if f.y = min(low, end) - 8; f.y < top-8 {
		rule(&f.page().body, sideMargin, f.y, pageWidth-2*sideMargin)
		f.y -= 10
	}
	return nil
}

func (l Letter) meta(f *flow, y float64) (float64, error) {
	for _, m := range l.Meta {
		var err error
		text := locale.T(f.lang, "paper.pair", map[string]any{"label": m[0], "value": m[1]})
		if y, err = f.fixed(0, text, metaStyle, box{sideMargin, metaWidth}, y); err != nil {
			return y, err
		}
	}
	return y, nil
}

func (l Letter) address(f *flow) error {
	for _, t := range l.To {
		if err := f.para(t, toStyle, fullBox()); err != nil {
			return err
		}
	}
	if l.Subject == "" {
		return nil
	}
	label := locale.T(f.lang, "paper.subject", nil)
	return f.para(locale.T(f.lang, "paper.pair", map[string]any{"label": label, "value": l.Subject}), subjectStyle, fullBox())
}

func (l Letter) content(f *flow) error {
	for _, b := range l.Body {
		if err := f.para(b, bodyStyle, fullBox()); err != nil {
			return err
		}
	}
	for _, t := range l.Tables {
		if err := f.table(t); err != nil {
			return err
		}
	}
	return nil
}

// sign sets name and post in the left part of the page, with room for a signature below, all on one page.
func (l Letter) sign(f *flow) error {
	if len(l.Signer) == 0 {
		return nil
	}
	f.need(float64(len(l.Signer))*signerStyle.size*signerStyle.leading + signatureRoom + 12)
	f.y -= 12
	for _, s := range l.Signer {
		if err := f.para(s, signerStyle, box{sideMargin, 220}); err != nil {
			return err
		}
	}
	f.y -= signatureRoom
	return nil
}

func (l Letter) copies(f *flow) error {
	if len(l.Copies) == 0 {
		return nil
	}
	st := copiesStyle
	st.weight = bold
	f.need(2 * st.size * st.leading)
	if err := f.para(locale.T(f.lang, "paper.copies", nil), st, fullBox()); err != nil {
		return err
	}
	for _, c := range l.Copies {
		if err := f.para("– "+strings.TrimSpace(c), copiesStyle, fullBox()); err != nil {
			return err
		}
	}
	return nil
}
