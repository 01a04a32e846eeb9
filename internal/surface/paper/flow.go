package paper

import (
	"bytes"
	"fmt"
	"strings"

	"rahgosha/internal/base/locale"
)

// margins of every page, in points (20 mm and 18 mm).
const (
	sideMargin = 56.69
	topMargin  = 51.02
)

// align says where lines stand in their box.
type align int

const (
	start align = iota // right in Persian, left in English
	centre
	justified
)

// style is how a paragraph looks. Sizes are points, leading a multiple of the size.
type style struct {
	weight  weight
	size    float64
	leading float64
	align   align
	role    string  // of the structure element
	indent  float64 // of the first line, points
	after   float64 // space below, points
	grey    float64 // 0 = black
}

// flow lays text down a page and opens new ones when it is full.
type flow struct {
	sheet  *sheet
	shaper *shaper
	lang   locale.Lang
	y      float64 // the top of what comes next
	bottom float64 // nothing of the flow goes below
	onPage func()  // runs after a page was opened
}

func newFlow(lang string) (*flow, error) {
	src, err := sources()
	if err != nil {
		return nil, err
	}
	f := &flow{sheet: &sheet{}, lang: locale.FA, bottom: topMargin, onPage: func() {}}
	if lang == string(locale.EN) {
		f.lang = locale.EN
	}
	for w := range src {
		f.sheet.fonts[w] = newCIDFont(src[w])
	}
	f.shaper = newShaper(src, f.lang == locale.FA)
	return f, nil
}

func (f *flow) at() int { return len(f.sheet.pages) - 1 }

func (f *flow) page() *page { return f.sheet.pages[f.at()] }

func (f *flow) newPage() {
	f.sheet.newPage()
	f.y = pageHeight - topMargin
	f.onPage()
}

// need opens a new page when less than height points are left, unless the page is fresh and would not give more.
func (f *flow) need(height float64) {
	if f.y-height < f.bottom && f.y < pageHeight-topMargin {
		f.newPage()
	}
}

// box is the horizontal room for lines: left edge and width.
type box struct{ x, width float64 }

func fullBox() box { return box{sideMargin, pageWidth - 2*sideMargin} }

// line is one set line: its words, and whether it ends its paragraph.
type line struct {
	words []word
	width float64 // points, blanks unwidened
	last  bool
	inset float64
}

// lines breaks a text into lines of the box. A newline in the text ends a line.
func (f *flow) lines(text string, st style, b box) ([]line, error) {
	var out []line
	for _, part := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		words, err := f.shaper.words(part, st.weight)
		if err != nil {
			return nil, err
		}
		out = append(out, f.fill(words, st, b)...)
	}
	return out, nil
}

// fill puts words on lines greedily. A word wider than a whole line is cut.
func (f *flow) fill(words []word, st style, b box) []line {
	var out []line
	cur := line{inset: st.indent}
	for len(words) > 0 {
		w := words[0]
		width := points(w.width, st.size)
		if len(cur.words) > 0 {
			width += points(w.blank.width, st.size)
		}
		switch room := b.width - cur.inset - cur.width; {
		case width <= room:
			cur.words, cur.width, words = append(cur.words, w), cur.width+width, words[1:]
		case len(cur.words) > 0:
			out, cur = append(out, cur), line{}
		default:
			head, tail := f.shaper.cut(w, st.weight, room, st.size)
			words = append([]word{head, tail}, words[1:]...)
			if len(tail.pieces) == 0 {
				cur.words, cur.width, words = append(cur.words, head), width, words[2:]
			}
		}
	}
	cur.last = true
	return append(out, cur)
}

func points(units int32, size float64) float64 { return float64(units) * size / unitsPerEm }

// cut splits a word so that its head fits the room; at least one character goes into the head. Without a tail the word
// has only one character.
func (s *shaper) cut(w word, wt weight, room, size float64) (head, tail word) {
	n := len(w.runes.runes)
	lo, hi := 1, n
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if points(s.word(w.runes, 0, mid, wt).width, size) <= room {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	head, tail = s.word(w.runes, 0, lo, wt), s.word(w.runes, lo, n, wt)
	head.blank, tail.blank = w.blank, w.blank
	return head, tail
}

// para sets one text in a box under its own structure element, over pages where needed.
func (f *flow) para(text string, st style, b box) error {
	ls, err := f.lines(text, st, b)
	if err != nil {
		return err
	}
	el := f.sheet.begin(st.role)
	step := st.size * st.leading
	for i, l := range ls {
		if i == 0 && len(ls) > 1 {
			f.need(2 * step) // no line alone at the foot of a page
		}
		f.need(step)
		f.y -= step
		f.setLine(f.at(), el, l, st, b, f.y+step*0.28)
	}
	f.y -= st.after
	return nil
}

// fixed sets lines from y downwards on page at, without breaking pages, and gives the y below them.
func (f *flow) fixed(at int, text string, st style, b box, y float64) (float64, error) {
	ls, err := f.lines(text, st, b)
	if err != nil {
		return y, err
	}
	return f.setLines(at, f.sheet.begin(st.role), ls, st, b, y), nil
}

func (f *flow) setLines(at, el int, ls []line, st style, b box, y float64) float64 {
	step := st.size * st.leading
	for _, l := range ls {
		y -= step
		f.setLine(at, el, l, st, b, y+step*0.28)
	}
	return y
}

// setLine draws one line on its baseline.
func (f *flow) setLine(at, el int, l line, st style, b box, baseline float64) {
	if len(l.words) == 0 {
		return
	}
	x, widen := f.stand(l, st, b)
	body := &f.sheet.pages[at].body
	if st.grey > 0 {
		fmt.Fprintf(body, "%s g\n", num(st.grey))
	}
	f.sheet.drawLine(at, el, visual(l.logical()), x, baseline, st.size, widen)
	if st.grey > 0 {
		body.WriteString("0 g\n")
	}
}

// stand gives the left edge of a line and what each blank takes on. A line too loose to justify stays ragged.
func (f *flow) stand(l line, st style, b box) (x, widen float64) {
	slack := b.width - l.inset - l.width
	if n := len(l.words) - 1; st.align == justified && !l.last && n > 0 && slack < float64(n)*st.size*0.6 {
		widen, slack = slack/float64(n), 0
	}
	switch {
	case st.align == centre:
		return b.x + slack/2, 0
	case f.lang == locale.FA:
		return b.x + slack, widen
	default:
		return b.x + l.inset, widen
	}
}

func (l line) logical() []piece {
	var out []piece
	for i, w := range l.words {
		if i > 0 {
			out = append(out, w.blank)
		}
		out = append(out, w.pieces...)
	}
	return out
}

// rule draws a thin horizontal line.
func rule(b *bytes.Buffer, x, y, width float64) {
	artifact(b, func(b *bytes.Buffer) {
		fmt.Fprintf(b, "0.6 w 0.55 G %s %s m %s %s l S\n", num(x), num(y), num(x+width), num(y))
	})
}
