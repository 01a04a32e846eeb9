package procedure

import (
	"maps"
	"slices"

	"rahgosha/internal/base/locale"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// localeText gives a message of another package in both languages.
func localeText(key string, args map[string]any) locale.Text { return locale.Of(key, args) }
