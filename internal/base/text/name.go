package text

import (
	"fmt"
	"strings"
	"unicode"

	"rahgosha/internal/base/fault"
)

// Name canonicalises the name of a person, organisation or thing: Display on one line. Invisible marks at the ends, left
// by copying, are stripped; inside a name they are refused, because they let two different names look the same. Errors
// are fault.Invalid with keys text.empty and text.hidden_mark (arguments mark and place, the latter counted from 1).
func Name(s string) (string, error) {
	if sure, words := displayed(s); sure && words && !strings.Contains(s, string(zwnj)) {
		return s, nil
	}
	return nameFully(s)
}

func nameFully(s string) (string, error) {
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == zwnj || invisible(r) })
	place := 0
	for _, r := range s {
		place++
		if invisible(r) && !unicode.IsSpace(r) {
			return "", fault.New(fault.Invalid, "text.hidden_mark", "mark", fmt.Sprintf("U+%04X", r), "place", place)
		}
	}
	name := strings.Join(strings.Fields(Display(s)), " ")
	if Fold(name) == "" {
		return "", fault.New(fault.Invalid, "text.empty")
	}
	return name, nil
}
