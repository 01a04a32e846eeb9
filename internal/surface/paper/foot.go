package paper

import (
	"bytes"
	"fmt"

	"rsc.io/qr"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// foot is what stands at the bottom of every page of a letter, so that each sheet can be checked by itself: the QR code at
// the left, the footer lines beside it, the page number when there are several.
type foot struct {
	letter      Letter
	code, proof *qr.Code
	top         float64 // y of its upper edge
}

const footBottom = 28.0

func (l Letter) newFoot(f *flow) (*foot, error) {
	t := &foot{letter: l, top: footBottom}
	step := footerStyle.size * footerStyle.leading
	n := 1 // the page number
	for _, line := range l.Footer {
		ls, err := f.lines(line, footerStyle, t.textBox())
		if err != nil {
			return nil, err
		}
		n += len(ls)
	}
	t.top += float64(n) * step
	var err error
	if t.code, err = t.encode(l.QR, qr.M, qrSide); err != nil {
		return nil, err
	}
	t.proof, err = t.encode(l.Proof, qr.L, proofSide) // which is large enough, and is printed on every page
	return t, err
}

// encode makes room for a code of that side.
func (t *foot) encode(text string, level qr.Level, side float64) (*qr.Code, error) {
	if text == "" {
		return nil, nil
	}
	code, err := qr.Encode(text, level)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "paper.qr_too_long", "bytes", len(text))
	}
	t.top = max(t.top, footBottom+side+14)
	return code, nil
}

func (t *foot) textBox() box {
	b := fullBox()
	if t.letter.QR != "" {
		b.x, b.width = b.x+qrSide+24, b.width-qrSide-24
	}
	if t.letter.Proof != "" {
		b.width -= proofSide + 12
	}
	return b
}

func (t *foot) draw(f *flow) error {
	for at := range f.sheet.pages {
		if err := t.drawOn(f, at); err != nil {
			return err
		}
	}
	return nil
}

func (t *foot) drawOn(f *flow, at int) error {
	body := &f.sheet.pages[at].body
	rule(body, sideMargin, t.top, pageWidth-2*sideMargin)
	y := t.top - 4
	var err error
	for _, line := range t.letter.Footer {
		if y, err = f.fixed(at, line, footerStyle, t.textBox(), y); err != nil {
			return err
		}
	}
	if n := len(f.sheet.pages); n > 1 {
		if _, err = f.fixed(at, f.pageLabel(at, n), footerStyle, t.textBox(), y); err != nil {
			return err
		}
	}
	if err := t.drawCode(f, at, t.code, sideMargin, qrSide, t.letter.QRCaption); err != nil {
		return err
	}
	return t.drawCode(f, at, t.proof, pageWidth-sideMargin-proofSide, proofSide, t.letter.ProofCaption)
}

func (t *foot) drawCode(f *flow, at int, code *qr.Code, x, side float64, caption string) error {
	if code == nil {
		return nil
	}
	y := t.top - 4 - side
	artifact(&f.sheet.pages[at].body, func(b *bytes.Buffer) { drawQR(b, code, x, y, side) })
	if caption == "" {
		return nil
	}
	_, err := f.fixed(at, caption, captionStyle, box{x - 12, side + 24}, y)
	return err
}

func (f *flow) pageLabel(at, n int) string {
	return locale.T(f.lang, "paper.page", map[string]any{"page": at + 1, "pages": n})
}

// drawQR fills the dark modules, one rectangle for each stretch in a row. The side includes the quiet zone of four modules
// that ISO/IEC 18004 asks for.
func drawQR(b *bytes.Buffer, code *qr.Code, x, y, side float64) {
	unit := side / float64(code.Size+8)
	b.WriteString("0 g\n")
	for r := range code.Size {
		for c := 0; c < code.Size; c++ {
			n := 0
			for code.Black(c+n, r) {
				n++
			}
			if n == 0 {
				continue
			}
			fmt.Fprintf(b, "%s %s %s %s re\n", num(x+float64(c+4)*unit), num(y+float64(code.Size+3-r)*unit), num(float64(n)*unit), num(unit))
			c += n
		}
	}
	b.WriteString("f\n")
}
