package rule

import (
	"math"
	"slices"
	"strings"

	"rahgosha/internal/base/jalali"
)

// parseValue reads one value of a kind; quotes around a text are optional.
func parseValue(t Type, s string) (any, bool) {
	s = unquote(s)
	switch t.Kind {
	case Int, Money, Percent:
		return anyOf(integer(s))
	case Date:
		d, err := jalali.Parse(s)
		return d, err == nil
	case Bool, File:
		return s == "true", s == "true" || s == "false"
	case Choice:
		return s, len(t.Options) == 0 || slices.Contains(t.Options, s)
	case Text:
		return s, true
	}
	return nil, false
}

func anyOf(n int64, ok bool) (any, bool) { return n, ok }

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

func parseCell(t Type, text string) (Cell, bool) {
	if text == "-" {
		return Cell{Any: true, Text: text}, true
	}
	c := Cell{Text: text}
	for part := range strings.SplitSeq(text, "|") {
		s, ok := parseSpan(t, strings.TrimSpace(part))
		if !ok {
			return c, false
		}
		c.Spans = append(c.Spans, s)
	}
	return c, true
}

func parseSpan(t Type, s string) (Span, bool) {
	if s == "" {
		return Span{}, false
	}
	if !number(t.Kind) && t.Kind != Date {
		v, ok := parseValue(t, s)
		_, text, _, plain := plainValue(t.Kind, v)
		return Span{Text: text}, ok && plain
	}
	for _, op := range []string{"<=", ">=", "<", ">"} {
		if rest, ok := strings.CutPrefix(s, op); ok {
			return compared(t, op, strings.TrimSpace(rest))
		}
	}
	if lo, hi, ok := strings.Cut(s, ".."); ok {
		return ranged(t, strings.TrimSpace(lo), strings.TrimSpace(hi))
	}
	n, ok := ordinalOf(t, s)
	return Span{Lo: &n, Hi: &n, Ordered: true}, ok
}

func ordinalOf(t Type, s string) (int64, bool) {
	v, ok := parseValue(t, s)
	if !ok {
		return 0, false
	}
	n, _, _, ok := plainValue(t.Kind, v)
	return n, ok
}

func compared(t Type, op, s string) (Span, bool) {
	n, ok := ordinalOf(t, s)
	if !ok {
		return Span{}, false
	}
	if op == "<" || op == ">" {
		if n, ok = step(n, op == ">"); !ok {
			return Span{}, false
		}
	}
	if op[0] == '<' {
		return Span{Hi: &n, Ordered: true}, true
	}
	return Span{Lo: &n, Ordered: true}, true
}

// step moves an exclusive end to the inclusive neighbour.
func step(n int64, up bool) (int64, bool) {
	if up {
		return n + 1, n < math.MaxInt64
	}
	return n - 1, n > math.MinInt64
}

func ranged(t Type, lo, hi string) (Span, bool) {
	if lo == "" || hi == "" || !strings.ContainsAny(lo[:1], "[(") || !strings.ContainsAny(hi[len(hi)-1:], "])") {
		return Span{}, false
	}
	a, ok1 := ordinalOf(t, strings.TrimSpace(lo[1:]))
	b, ok2 := ordinalOf(t, strings.TrimSpace(hi[:len(hi)-1]))
	if lo[0] == '(' && ok1 {
		a, ok1 = step(a, true)
	}
	if hi[len(hi)-1] == ')' && ok2 {
		b, ok2 = step(b, false)
	}
	return Span{Lo: &a, Hi: &b, Ordered: true}, ok1 && ok2 && a <= b
}
