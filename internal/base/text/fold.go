package text

import (
	"strings"
	"sync"
)

// The characters of nearly every cell, name and query fold by themselves: those of Latin-1, the Arabic block and the half-space.
// What each becomes is taken once from the full folding, so that the two cannot differ; a text with any other character
// takes the full way.
const (
	arabicFrom, arabicTo = 0x0600, 0x06FF
	latinTo              = 0xFF
)

// simple holds what each such character folds to, by the joiner the half-space becomes.
type simple struct {
	latin  [latinTo + 1]string
	arabic [arabicTo - arabicFrom + 1]string
	zwnj   string
}

var (
	simpleTight = sync.OnceValue(func() *simple { return newSimple(-1) })
	simpleWords = sync.OnceValue(func() *simple { return newSimple(' ') })
)

func newSimple(joiner rune) *simple {
	t := &simple{zwnj: alone(zwnj, joiner)}
	for r := range t.latin {
		t.latin[r] = alone(rune(r), joiner)
	}
	for i := range t.arabic {
		t.arabic[i] = alone(rune(arabicFrom+i), joiner)
	}
	return t
}

// alone is what a character becomes between two letters that stay as they are.
func alone(r, joiner rune) string {
	s := foldFully("x"+string(r)+"x", joiner)
	return s[1 : len(s)-1]
}

func (t *simple) of(r rune) (string, bool) {
	switch {
	case r <= latinTo:
		return t.latin[r], true
	case r >= arabicFrom && r <= arabicTo:
		return t.arabic[r-arabicFrom], true
	case r == zwnj:
		return t.zwnj, true
	}
	return "", false
}

// foldSimply folds a text of such characters only; false otherwise.
func foldSimply(s string, joiner rune) (string, bool) {
	t := simpleTight()
	if joiner == ' ' {
		t = simpleWords()
	}
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		to, ok := t.of(r)
		if !ok {
			return "", false
		}
		if to == " " {
			gap = b.Len() > 0
			continue
		}
		if to != "" && gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteString(to)
	}
	return b.String(), true
}
