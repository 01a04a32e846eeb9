package rule_test

import (
	"fmt"
	"strings"
	"testing"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

// What authors get wrong in a rule is said in their language, once, at its place; the parser's own words are a quoted detail.
func TestBrokenRulesAreToldInTheAuthorsWords(t *testing.T) {
	t.Parallel()
	e := environment(t)
	for _, c := range []struct {
		src  string
		at   int
		want string
	}{
		{"", 0, "rule.syntax_empty"},
		{"amount >", 8, "rule.syntax_end"},
		{"amount > 1 &&", 13, "rule.syntax_end"},
		{"(amount > 1", 11, "rule.syntax_open"},
		{"staff in [1, 2", 14, "rule.syntax_open"},
		{"amount > 1)", 10, "rule.syntax_close"},
		{"package.exempts_cheque ? true", 29, "rule.syntax_choice"},
		{"amount > 1 and staff > 2", 11, "rule.syntax_word"},
		{"amount > 1 staff > 2", 11, "rule.syntax_joint"},
		{"amount >> 1", 8, "rule.syntax_operand"},
		{"amount <> 1", 8, "rule.syntax_operand"},
		{"name == 'abc", 8, "rule.syntax_quote"},
		{`name == "\q"`, 8, "rule.syntax_quote"},
		{"amount = 1", 7, "rule.syntax_equals"},
		{"amount === 1", 9, "rule.syntax_equals"},
		{"amount > 1 & staff > 2", 11, "rule.syntax_double"},
		{"amount > 1 | staff > 2", 11, "rule.syntax_double"},
		{"amount > ۲۰", 9, "rule.syntax_character"},
		{"مبلغ > 20", 0, "rule.syntax_character"},
		{"amount > \u200f20", 9, "rule.syntax_character"},
		{"amount > 20;", 11, "rule.syntax_character"},
		{"amount > 99999999999999999999", 9, "rule.syntax_number"},
		{"package.exempts_cheque && amount", 26, "rule.expected"},
		{"amount > name", 7, "rule.no_match"},
		{"staff.all(x, x > 1)", 0, "rule.no_list"},
		{"name.part == 1", 4, "rule.no_parts"},
		{"amout > 1", 0, "rule.unknown_fact_near"},
		{"kilograms > 1", 0, "rule.unknown_fact"},
	} {
		_, issues := e.Compile(c.src, rule.Bool)
		if len(issues) != 1 || issues[0].Key != c.want || issues[0].Offset != c.at {
			t.Errorf("%q: %v, want %s at %d", c.src, issues, c.want, c.at)
			continue
		}
		args := issues[0].Args
		for _, l := range []locale.Lang{locale.FA, locale.EN} {
			text := locale.T(l, c.want, args)
			if said, ok := args["detail"]; ok && !strings.Contains(text, fmt.Sprint(said)) || strings.Contains(text, "{text}") {
				t.Errorf("%q in %s: %s", c.src, l, text)
			}
		}
	}
	_, issues := e.Compile("مبلغ > 20", rule.Bool)
	if text := locale.T(locale.FA, issues[0].Key, issues[0].Args); !strings.HasPrefix(text, "«مبلغ» ") {
		t.Errorf("the whole word is named: %s", text)
	}
	if _, issues := e.Compile("amount > \u200f20", rule.Bool); issues[0].Args["text"] != "U+200F" {
		t.Errorf("an invisible mark is told by its number: %v", issues[0].Args)
	}
}
