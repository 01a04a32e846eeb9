package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
)

// syntaxIssues words the first of a text's syntax errors: those behind it mostly follow from it.
func syntaxIssues(src string, iss *cel.Issues) []Issue {
	var all []Issue
	for _, e := range iss.Errors() {
		at := offsetOf(src, e)
		said := unshield(e.Message)
		key, args := syntaxWords(src, at, strings.TrimPrefix(said, "Syntax error: "))
		args["detail"] = manyTokens.ReplaceAllString(strings.TrimPrefix(said, "Syntax error: "), "")
		all = append(all, Issue{at, key, args})
	}
	slices.SortStableFunc(all, func(a, b Issue) int { return a.Offset - b.Offset })
	return all[:min(len(all), 1)]
}

var (
	unread    = regexp.MustCompile(`(?s)token recognition error at: '(.*)'$`)
	misplaced = regexp.MustCompile(`(?s)(?:mismatched|extraneous) input '(.*)' expecting (.*)$`)
	// manyTokens are all that may begin a value: they tell an author nothing.
	manyTokens = regexp.MustCompile(` expecting \{[^}]*IDENTIFIER\}$`)
	unclosed   = regexp.MustCompile(`^(?:missing '[)\]}]'|.* expecting \{?'[)\]}]'(?:, ',')?\}?$)`)
)

// syntaxWords finds the words for what CEL's parser said at a place of a text.
func syntaxWords(src string, at int, said string) (string, map[string]any) {
	if m := unread.FindStringSubmatch(said); m != nil {
		return unreadWords(src, at, m[1])
	}
	if strings.HasPrefix(said, "invalid int literal") {
		return "rule.syntax_number", map[string]any{}
	}
	if unclosed.MatchString(said) {
		return "rule.syntax_open", map[string]any{}
	}
	m := misplaced.FindStringSubmatch(said)
	switch {
	case m == nil:
		return "rule.syntax", map[string]any{}
	case strings.TrimSpace(src) == "":
		return "rule.syntax_empty", map[string]any{}
	case m[2] == "':'":
		return "rule.syntax_choice", map[string]any{}
	case m[1] == "<EOF>":
		return "rule.syntax_end", map[string]any{}
	case slices.Contains([]string{"and", "or", "not"}, strings.ToLower(m[1])):
		return "rule.syntax_word", map[string]any{"text": m[1]}
	case slices.Contains([]string{")", "]", "}"}, m[1]):
		return "rule.syntax_close", map[string]any{"text": m[1]}
	case m[2] == "<EOF>":
		return "rule.syntax_joint", map[string]any{"text": m[1]}
	default:
		return "rule.syntax_operand", map[string]any{"text": m[1]}
	}
}

// unreadWords is for characters that begin nothing.
func unreadWords(src string, at int, text string) (string, map[string]any) {
	switch text = strings.TrimSpace(text); {
	case strings.HasPrefix(text, "'"), strings.HasPrefix(text, `"`):
		return "rule.syntax_quote", map[string]any{}
	case text == "=":
		return "rule.syntax_equals", map[string]any{}
	case text == "&", text == "|":
		return "rule.syntax_double", map[string]any{"text": text}
	}
	return "rule.syntax_character", map[string]any{"text": wordAt(src[at:], text)}
}

// wordAt is the word that begins a text; a sign that shows nothing is told by its number.
func wordAt(src, text string) string {
	r, _ := utf8.DecodeRuneInString(src)
	if src == "" || r == utf8.RuneError || !unicode.IsPrint(r) {
		return fmt.Sprintf("U+%04X", r)
	}
	end := strings.IndexFunc(src, func(r rune) bool { return !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Digit) && r != '\u200c' })
	if end < 0 {
		end = len(src)
	}
	if end == 0 {
		return text
	}
	return src[:end]
}
