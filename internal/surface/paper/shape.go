package paper

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"

	"rahgosha/internal/base/fault"
)

// unitsPerEm is the design grid of both embedded faces.
const unitsPerEm = 2048

// glyph is one shaped glyph in font units. A carrier has no ink: it stands in the text for a character that another glyph
// already draws, or that is not drawn at all. Extraction reads a glyph for two characters in the wrong order when the line
// runs right to left, so each glyph carries at most one.
type glyph struct {
	gid         uint16
	advance     int32
	dx, dy      int32
	text        string // what extraction reads; "" = nothing
	mark        bool   // drawn over the line, outside the flow of text
	carrier     bool
	stretchable bool // a blank that justification may widen
}

// piece is a stretch of one level inside one word, its glyphs from left to right.
type piece struct {
	level  int8
	weight weight
	glyphs []glyph
	width  int32
}

// word is what lines never break inside, in logical order, with the blank before it.
type word struct {
	pieces []piece
	blank  piece
	width  int32
	runes  leveled
}

// carry joins the ink of a cluster (left to right) and the text it stands for.
type carry func(ink []glyph, text []rune, rtl bool) []glyph

// shaper turns text into words. It is not safe for concurrent use.
type shaper struct {
	fonts [weights]*harfbuzz.Font
	faces [weights]*font.Face
	buf   *harfbuzz.Buffer
	rtl   bool
	boxes bool // draw a box for a character without a glyph
	carry carry
}

func newShaper(src [weights]source, rtl bool) *shaper {
	s := &shaper{buf: harfbuzz.NewBuffer(), rtl: rtl, carry: carryOne}
	for w := range src {
		s.faces[w] = font.NewFace(src[w].parsed)
		s.fonts[w] = harfbuzz.NewFont(s.faces[w])
	}
	return s
}

// words shapes one paragraph without line breaks in it.
func (s *shaper) words(text string, w weight) ([]word, error) {
	if s.boxes {
		text = s.boxed(text, w)
	}
	lv := resolve(text, s.rtl)
	if err := s.check(lv.runes, w); err != nil {
		return nil, err
	}
	var out []word
	for i := 0; i < len(lv.runes); {
		j := i
		for j < len(lv.runes) && !isBlank(lv.runes[j]) {
			j++
		}
		if wd := s.word(lv, i, j, w); len(wd.pieces) > 0 {
			if i > 0 {
				wd.blank = s.blank(lv.levels[i-1], w)
			}
			out = append(out, wd)
		}
		i = j + 1
	}
	return out, nil
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' }

// check refuses characters that the face cannot draw: a letter with boxes in it must not leave the office.
func (s *shaper) check(runes []rune, w weight) error {
	for _, r := range runes {
		if _, ok := s.faces[w].NominalGlyph(r); !ok && !inkless(r) && !isBlank(r) {
			return fault.New(fault.Invalid, "paper.no_glyph", "char", string(r), "code", fmt.Sprintf("U+%04X", r))
		}
	}
	return nil
}

// boxRune stands for a character that the face cannot draw.
const boxRune = '\u25A1'

// boxed puts a box, or a question mark where the face has no box, in the place of what it cannot draw.
func (s *shaper) boxed(text string, w weight) string {
	has := func(r rune) bool { _, ok := s.faces[w].NominalGlyph(r); return ok || inkless(r) || isBlank(r) }
	return strings.Map(func(r rune) rune {
		switch {
		case has(r):
			return r
		case has(boxRune):
			return boxRune
		}
		return '?'
	}, text)
}

func (s *shaper) word(lv leveled, from, to int, w weight) word {
	out := word{runes: leveled{lv.runes[from:to], lv.levels[from:to]}}
	for i := from; i < to; {
		j := i + 1
		for j < to && lv.levels[j] == lv.levels[i] {
			j++
		}
		if p := s.piece(lv, i, j, w); len(p.glyphs) > 0 {
			out.pieces = append(out.pieces, p)
			out.width += p.width
		}
		i = j
	}
	return out
}

func (s *shaper) blank(level int8, w weight) piece {
	gid, _ := s.faces[w].NominalGlyph(' ')
	adv := int32(s.faces[w].HorizontalAdvance(gid))
	return piece{level: level, weight: w, width: adv,
		glyphs: []glyph{{gid: uint16(gid), advance: adv, text: " ", stretchable: true}}} // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
}

func (s *shaper) piece(lv leveled, from, to int, w weight) piece {
	b := s.buf
	b.Clear()
	b.ClusterLevel = harfbuzz.MonotoneCharacters
	b.AddRunes(lv.runes, from, to-from)
	b.Props = harfbuzz.SegmentProperties{Language: language.NewLanguage("fa"), Script: scriptOf(lv.runes[from:to]), Direction: harfbuzz.LeftToRight}
	rtl := lv.levels[from]%2 == 1
	if rtl {
		b.Props.Script, b.Props.Direction = language.Arabic, harfbuzz.RightToLeft
	}
	b.Shape(s.fonts[w], nil)
	p := piece{level: lv.levels[from], weight: w}
	s.collect(&p, lv.runes, to, rtl)
	return p
}

func scriptOf(runes []rune) language.Script {
	for _, r := range runes {
		if r >= 0x0600 && r <= 0x06FF {
			return language.Arabic
		}
	}
	return language.Latin
}

// collect reads the shaped buffer cluster by cluster, from left to right.
func (s *shaper) collect(p *piece, runes []rune, to int, rtl bool) {
	info := s.buf.Info
	for i := 0; i < len(info); {
		j := i + 1
		for j < len(info) && info[j].Cluster == info[i].Cluster {
			j++
		}
		end := clusterEnd(info, i, j, to, rtl)
		p.glyphs = append(p.glyphs, s.cluster(runes[info[i].Cluster:end], i, j, rtl)...)
		i = j
	}
	for _, g := range p.glyphs {
		p.width += g.advance
	}
}

// clusterEnd finds where the text of the cluster in info[i:j] ends: at the next cluster in logical order.
func clusterEnd(info []harfbuzz.GlyphInfo, i, j, to int, rtl bool) int {
	if rtl && i > 0 {
		return info[i-1].Cluster
	}
	if !rtl && j < len(info) {
		return info[j].Cluster
	}
	return to
}

// cluster gives the glyphs of one cluster from left to right.
func (s *shaper) cluster(runes []rune, i, j int, rtl bool) []glyph {
	return s.carry(s.ink(runes, i, j), readable(runes), rtl)
}

// carryOne puts the first character on the ink and each of the others on a carrier of its own. Marks are drawn over the
// line and never carry: their place inside the base letter would split the word.
func carryOne(ink []glyph, text []rune, rtl bool) []glyph {
	if len(text) > 0 && len(ink) > 0 && !ink[0].mark {
		first := 0
		if rtl {
			first = len(ink) - 1
		}
		ink[first].text = string(text[:1])
		text = text[1:]
	}
	return join(ink, carriers(text, rtl), rtl)
}

func readable(runes []rune) []rune {
	var out []rune
	for _, r := range runes {
		if !unseen(r) || r == rlm || r == lrm {
			out = append(out, r)
		}
	}
	return out
}

// ink gives the visible glyphs of the cluster.
func (s *shaper) ink(runes []rune, i, j int) []glyph {
	first := runes[0]
	if inkless(first) {
		return nil
	}
	mark := unicode.Is(unicode.Mn, first)
	out := make([]glyph, 0, j-i)
	for k := i; k < j; k++ {
		pos := s.buf.Pos[k]
		out = append(out, glyph{gid: uint16(s.buf.Info[k].Glyph), advance: pos.XAdvance, dx: pos.XOffset, dy: pos.YOffset, mark: mark}) // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
	}
	return out
}

func carriers(text []rune, rtl bool) []glyph {
	out := make([]glyph, len(text))
	for i, r := range text {
		at := i
		if rtl {
			at = len(text) - 1 - i
		}
		out[at] = glyph{carrier: true, text: string(r)}
	}
	return out
}

func join(ink, rest []glyph, rtl bool) []glyph {
	if rtl {
		return append(rest, ink...)
	}
	return append(ink, rest...)
}
