package procedure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// Severity tells what stops publishing from what only deserves a look.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Problem is one mistake in a definition's files: where, what (locale key procedure.… with arguments) and how to mend
// it (the same key with .mend). Excerpt is the source line with a caret under the place.
type Problem struct {
	Pos      Pos
	Key      string
	Args     map[string]any
	Severity Severity
	Excerpt  string
}

// String is file:line:col, as compilers write it.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// IsZero reports no position.
func (p Pos) IsZero() bool { return p == Pos{} }

// Text says what is wrong.
func (p Problem) Text(l locale.Lang) string { return locale.T(l, p.Key, p.Args) }

// Mend says how to put it right.
func (p Problem) Mend(l locale.Lang) string { return locale.T(l, p.Key+".mend", p.Args) }

// String is file:line:col: what is wrong — how to mend it.
func (p Problem) String(l locale.Lang) string {
	s := p.Pos.String() + ": "
	if p.Severity == SeverityWarning {
		s += locale.T(l, "procedure.warning", nil) + " "
	}
	return s + p.Text(l) + " \u2014 " + p.Mend(l)
}

// Fault gives a problem the shape of errors that cross package borders.
func (p Problem) Fault() *fault.Fault {
	return &fault.Fault{Kind: fault.Invalid, Key: p.Key, Args: p.Args, Field: p.Pos.String()}
}

// Errors keeps the problems that stop publishing.
func Errors(problems []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(p Problem) bool { return p.Severity != SeverityError })
}

// sources are the files of a definition by name, split into lines for excerpts.
type sources map[string][]string

func (s sources) add(file, text string) { s[file] = strings.Split(text, "\n") }

// clamp holds a position inside its file, so that every problem can be shown.
func (s sources) clamp(p Pos) Pos {
	lines := s[p.File]
	p.Line = min(max(p.Line, 1), max(len(lines), 1))
	p.Col = max(p.Col, 1)
	if len(lines) > 0 {
		p.Col = min(p.Col, len([]rune(lines[p.Line-1]))+1)
	}
	return p
}

const excerptWidth = 120

func (s sources) excerpt(p Pos) string {
	if p.Line < 1 || p.Line > len(s[p.File]) {
		return ""
	}
	line := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) { // no terminal obeys an excerpt
			return ' '
		}
		return r
	}, strings.TrimRight(s[p.File][p.Line-1], "\r")))
	start := max(0, p.Col-1-excerptWidth/2)
	end := min(len(line), start+excerptWidth)
	start = min(start, end)
	return string(line[start:end]) + "\n" + strings.Repeat(" ", max(0, p.Col-1-start)) + "^"
}

// report gathers problems.
type report struct {
	src      sources
	problems []Problem
	fallback string // file of problems without a place
}

func (r *report) err(pos Pos, key string, kv ...any) { r.add(SeverityError, pos, key, kv) }

func (r *report) warn(pos Pos, key string, kv ...any) { r.add(SeverityWarning, pos, key, kv) }

func (r *report) add(sev Severity, pos Pos, key string, kv []any) {
	if pos.File == "" {
		pos.File = r.fallback
	}
	pos = r.src.clamp(pos)
	p := Problem{Pos: pos, Key: "procedure." + key, Severity: sev, Excerpt: r.src.excerpt(pos)}
	if len(kv) > 0 {
		p.Args = fault.New(fault.Invalid, "", kv...).Args
	}
	r.problems = append(r.problems, p)
}

// fault reports an error of a base package about a value: its own text explains, ours says where and how to write it.
func (r *report) fault(pos Pos, err error, value, want string) {
	f, ok := fault.As(err)
	if !ok {
		r.err(pos, "value", "value", short(value), "want", want, "cause", locale.Text{FA: err.Error(), EN: err.Error()})
		return
	}
	r.err(pos, "value", "value", short(value), "want", locale.Of("procedure.want."+want, nil), "cause", locale.Of(f.Key, f.Args))
}

// sorted gives the problems in order of place, each once. A key that could not be read is not called missing as well.
func (r *report) sorted() []Problem {
	unread := map[Pos]bool{}
	for _, p := range r.problems {
		if p.Key == "procedure.value" {
			unread[p.Pos] = true
		}
	}
	r.problems = slices.DeleteFunc(r.problems, func(p Problem) bool { return p.Key == "procedure.missing_key" && unread[p.Pos] })
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(fileRank(a.Pos.File), fileRank(b.Pos.File)), cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col), cmp.Compare(a.Key, b.Key))
	})
	return slices.CompactFunc(r.problems, func(a, b Problem) bool {
		return a.Pos == b.Pos && a.Key == b.Key && fmt.Sprint(a.Args) == fmt.Sprint(b.Args)
	})
}

// fileRank puts the definition itself first.
func fileRank(file string) int {
	if file == mainFile {
		return 0
	}
	return 1
}

func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "\u2026"
	}
	return s
}

// nearest gives the known name with the fewest changed letters, "" when none is close.
func nearest(name string, known []string) string {
	best, at := "", max(2, len([]rune(name))/3)+1
	for _, k := range known {
		if d := distance(name, k); d < at {
			best, at = k, d
		}
	}
	return best
}

// distance is the Levenshtein distance in characters.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 60 || len(y) > 60 {
		return 60
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			next := min(row[j+1]+1, row[j]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(y)]
}
