package registry

import (
	"context"
	"slices"
	"strings"

	"rahgosha/internal/base/text"
)

// SearchWords are the folded words by which a name is found: with its half-spaces as blanks, with them taken out, and the
// whole name in one piece, for people write a compound in any of the three ways.
func SearchWords(name string) []string {
	var out []string
	for _, key := range text.Keys(name) {
		out = append(out, strings.Fields(key)...)
	}
	out = append(out, strings.Fields(text.Fold(name))...)
	slices.Sort(out)
	return slices.Compact(out)
}

// alternatives are the ways in which a typed text may be meant, each a list of words that all must begin a word of the
// name.
func alternatives(typed string) (out [][]string) {
	for _, key := range append(text.Keys(typed), text.Fold(typed)) {
		words := strings.Fields(key)
		slices.Sort(words)
		words = slices.Compact(words)
		if len(words) > 0 && !slices.ContainsFunc(out, func(o []string) bool { return slices.Equal(o, words) }) {
			out = append(out, words)
		}
	}
	return out
}

// SearchOf is a name as it is searched: its keys, and where it has half-spaces its words joined by them too, a line each.
// The first line is the tight key, the second the words.
func SearchOf(name string) string {
	keys := text.Keys(name)
	if strings.Contains(name, "\u200c") {
		if joined := text.Fold(name); len(keys) == 2 && !slices.Contains(keys, joined) {
			keys = append(keys, joined)
		}
	}
	return strings.Join(keys, "\n")
}

// named finds units by name: by the beginnings of words, and where no name has them, by any part of a name.
func (s *Service) named(ctx context.Context, tx Tx, province, typed string, limit int) ([]Head, error) {
	ways := alternatives(typed)
	out, err := tx.UnitsByWords(ctx, province, ways, limit)
	if err != nil || len(out) > 0 {
		return out, err
	}
	return tx.FindUnits(ctx, Query{Province: province, Like: ways, Limit: limit})
}
