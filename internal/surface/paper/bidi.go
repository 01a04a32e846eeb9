package paper

import (
	"unicode"

	"github.com/go-text/typesetting/bidi"
)

const (
	zwnj = '\u200C'
	lrm  = '\u200E'
	rlm  = '\u200F'
	lri  = '\u2066'
	pdi  = '\u2069'
)

// leveled is a paragraph with the embedding level of each rune (odd = right to left).
type leveled struct {
	runes  []rune
	levels []int8
}

// resolve gives every rune its level in a paragraph of that base direction. Codes are isolated first: the plain algorithm
// turns a number with hyphens around when it follows a Persian word.
func resolve(text string, rtl bool) leveled {
	mark := lrm
	if rtl {
		mark = rlm // a strong first character settles the direction of the paragraph
	}
	runes := append([]rune{mark}, isolateCodes([]rune(text))...)
	var p bidi.Paragraph
	runs := p.Segment(runes, bidi.Neutral)
	levels := make([]int8, len(runes))
	for i := range runs.NumRuns() {
		r := runs.Run(i)
		for j := r.Start; j < r.End; j++ {
			levels[j] = int8(r.Level)
		}
	}
	return anchored(leveled{runes, levels})
}

// anchored drops the controls, whose work is done, and sets a right-to-left mark between neighbours of which neither is a
// right-to-left letter while one stands in a right-to-left stretch. Programs that extract text turn a line around stretch
// by stretch; without a letter between them, a sign, a blank and a number would stay in the order of the eye.
func anchored(in leveled) leveled {
	var out leveled
	for i, r := range in.runes {
		if unseen(r) {
			continue
		}
		lv := in.levels[i]
		if n := len(out.runes); n > 0 && !rightToLeft(r) && !rightToLeft(out.runes[n-1]) && (lv%2 == 1 || out.levels[n-1]%2 == 1) {
			out.runes, out.levels = append(out.runes, rlm), append(out.levels, oddOf(lv, out.levels[n-1]))
		}
		if n := len(out.runes); n > 0 && lv == 0 && out.levels[n-1] == 1 && !unicode.IsLetter(r) {
			out.runes, out.levels = append(out.runes, lrm), append(out.levels, 0) // the same, in an English paragraph
		}
		out.runes, out.levels = append(out.runes, r), append(out.levels, lv)
	}
	return out
}

func oddOf(a, b int8) int8 {
	if a%2 == 1 {
		return a
	}
	return b
}

func rightToLeft(r rune) bool {
	return unicode.In(r, unicode.Arabic) && !unicode.IsDigit(r) && unicode.In(r, unicode.L, unicode.Mn)
}

// isolateCodes wraps each code, a stretch of Latin letters and digits held together by signs, in a left-to-right isolate.
func isolateCodes(in []rune) []rune {
	out := make([]rune, 0, len(in)+8)
	for i := 0; i < len(in); {
		n := codeLength(in[i:])
		if n == 0 {
			out = append(out, in[i])
			i++
			continue
		}
		out = append(append(append(out, lri), in[i:i+n]...), pdi)
		i += n
	}
	return out
}

// codeLength measures the code at the start of in: 0 when there is none or it holds no sign.
func codeLength(in []rune) int {
	end, signs := 0, false
	for i, r := range in {
		switch {
		case codeRune(r):
			end = i + 1
		case i > 0 && codeSign(r):
			signs = true
		default:
			return settled(end, signs)
		}
	}
	return settled(end, signs)
}

func settled(end int, signs bool) int {
	if !signs {
		return 0
	}
	return end
}

func codeRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '\u06F0' && r <= '\u06F9'
}

func codeSign(r rune) bool {
	switch r {
	case '-', '_', '.', '/', ':', '@', '#', '?', '=', '&', '%', '+', '~', '\u066B', '\u066C':
		return true
	}
	return false
}

// unseen reports characters that steer layout and leave neither ink nor text behind. ZWNJ is not one of them: it belongs
// to the spelling.
func unseen(r rune) bool {
	return r != zwnj && (unicode.Is(unicode.Cf, r) || r == '\u034F')
}

// inkless reports characters that are never drawn, whether they carry meaning or not.
func inkless(r rune) bool { return r == zwnj || unseen(r) }

// visual reorders pieces of one line from logical to left-to-right order (rule L2 of the bidirectional algorithm).
func visual(line []piece) []piece {
	out := append([]piece(nil), line...)
	top := int8(0)
	for _, p := range out {
		top = max(top, p.level)
	}
	for lv := top; lv > 0; lv-- {
		for i := 0; i < len(out); {
			j := i
			for j < len(out) && out[j].level >= lv {
				j++
			}
			for a, b := i, j-1; a < b; a, b = a+1, b-1 {
				out[a], out[b] = out[b], out[a]
			}
			i = max(j, i+1)
		}
	}
	return out
}
