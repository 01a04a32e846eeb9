package procedure

import "strings"

// ReadFacts reads a file of facts (fact: value, as an example's facts) by the declared types of a definition.
func ReadFacts(def *Definition, file string, raw []byte) (map[string]any, []Problem) {
	text := strings.ReplaceAll(strings.TrimPrefix(string(raw), "\uFEFF"), "\r\n", "\n")
	d := &decoder{report: &report{src: sources{}, fallback: file}, at: map[string]Pos{}}
	d.src.add(file, text)
	n := readYAML(d.report, file, text)
	if n == nil {
		return nil, d.sorted()
	}
	facts := d.facts(def, n)
	return facts, d.sorted()
}
