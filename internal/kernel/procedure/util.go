package procedure

import (
	"maps"
	"slices"

	"rahgosha/internal/base/locale"
)

func sortedKeys[V any](m map[string]V) []string {
	keys := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	return keys
}

// localeText gives a message of another package in both languages.
func localeText(key string, args map[string]any) locale.Text { return locale.Of(key, args) }
