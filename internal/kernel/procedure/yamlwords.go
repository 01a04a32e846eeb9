package procedure

import (
	"errors"
	"strings"
)

// yamlMistakes are what authors get wrong in YAML, by a part of the module's words for it; the first that fits holds. The
// module's words are kept as a detail.
var yamlMistakes = []struct{ said, key string }{
	{"could not find end character of", "yaml_quote"},
	{"unknown escape character", "yaml_escape"},
	{"tab character", "yaml_tab"},
	{"found character '\t'", "yaml_tab"},
	{"is a reserved character", "yaml_reserved"},
	{"invalid header option", "yaml_block"},
	{"could not find '[' character", "yaml_closing"},
	{"could not find '{' character", "yaml_closing"},
	{"',' or ']' must be specified", "yaml_open"},
	{"',' or '}' must be specified", "yaml_open"},
	{"end token", "yaml_open"},
	{"unexpected scalar value type", "yaml_comma"},
	{"expected sequence element", "yaml_comma"},
	{"block sequence entries are not allowed", "yaml_dash"},
	{"map key-value is pre-defined", "yaml_after"},
	{"mapping value is not allowed", "yaml_colon"},
	{"unexpected key name", "yaml_key"},
	{"non-map value is specified", "yaml_loose"},
	{"document separator", "yaml_separator"},
	{"value is not allowed in this context", "yaml_indent"},
}

// yamlMistake is the key of a syntax error's words, and what the module said.
func yamlMistake(err error) (key, said string) {
	said = err.Error()
	var e interface{ GetMessage() string }
	if errors.As(err, &e) {
		said = e.GetMessage()
	}
	for _, m := range yamlMistakes {
		if strings.Contains(said, m.said) {
			return m.key, short(strings.ReplaceAll(said, "\t", "\\t"))
		}
	}
	return "syntax", short(said)
}
