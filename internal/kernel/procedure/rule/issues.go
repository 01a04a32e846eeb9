package rule

import (
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/operators"
)

// typeIssues adds what CEL's checker found, except names, which were reported with better words.
func (l *linter) typeIssues(iss *cel.Issues) {
	for _, e := range iss.Errors() {
		if strings.HasPrefix(e.Message, "undeclared reference") && len(l.issues) > 0 {
			continue
		}
		l.addAt(offsetOf(l.src, e), "rule.type", nil)
		l.issues[len(l.issues)-1] = describe(l.issues[len(l.issues)-1].Offset, e.Message)
	}
}

var (
	noOverload = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`)
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	expected   = regexp.MustCompile(`^expected type '([^']*)' but found '([^']*)'$`)
	noRange    = regexp.MustCompile(`^expression of type '([^']*)' cannot be range of a comprehension`)
	noParts    = regexp.MustCompile(`^type '([^']*)' does not support field selection$`)
)

// describe words a checker's message.
func describe(at int, message string) Issue {
	if m := noOverload.FindStringSubmatch(message); m != nil {
		op, ok := operators.FindReverse(m[1])
		if !ok || op == "" {
			op = strings.Trim(m[1], "@_")
		}
		return Issue{at, "rule.no_match", map[string]any{"op": op, "types": kinds(m[2])}}
	}
	if f, ok := strings.CutPrefix(message, "undefined field '"); ok {
		return Issue{at, "rule.no_column", map[string]any{"column": strings.TrimSuffix(f, "'")}}
	}
	if m := undeclared.FindStringSubmatch(message); m != nil {
		return Issue{at, "rule.unknown_fact", map[string]any{"fact": unshield(m[1])}}
	}
	if m := expected.FindStringSubmatch(message); m != nil {
		return Issue{at, "rule.expected", map[string]any{"want": kinds(m[1]), "got": kinds(m[2])}}
	}
	if m := noRange.FindStringSubmatch(message); m != nil {
		return Issue{at, "rule.no_list", map[string]any{"got": kinds(m[1])}}
	}
	if m := noParts.FindStringSubmatch(message); m != nil {
		return Issue{at, "rule.no_parts", map[string]any{"got": kinds(m[1])}}
	}
	return Issue{at, "rule.type", map[string]any{"detail": kinds(message)}}
}

var kindWords = strings.NewReplacer("google.protobuf.Timestamp", "date", "timestamp", "date", "string", "text",
	"list(row.", "table(", "double", "decimal number", "calendar, ", "")

func kinds(s string) string { return unshield(kindWords.Replace(s)) }

func offsetOf(src string, e *cel.Error) int {
	at := 0
	for line := 1; line < e.Location.Line(); line++ {
		i := strings.IndexByte(src[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
	}
	return min(at+byteOffset(src[at:], e.Location.Column()), len(src))
}

// wanted checks the kind of the result.
func (l *linter) wanted(want Kind, got *cel.Type) {
	t, ok := celKinds[want]
	if want == Tabular || want == "" {
		return
	}
	if ok && t.IsExactType(got) {
		return
	}
	l.addAt(0, "rule.wanted", map[string]any{"want": string(want), "got": kinds(cel.FormatCELType(got))})
}

// nearest finds the declared name closest to a mistyped one; "" when none is near.
func nearest(name string, known []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, k := range known {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is Levenshtein's, over bytes: names are ASCII.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
