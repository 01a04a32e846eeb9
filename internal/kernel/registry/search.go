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

// named finds units by name: by the beginnings of words, and where no name has them, by any part of a name.
func (s *Service) named(ctx context.Context, tx Tx, province, typed string, limit int) ([]Head, error) {
	var ids []string
	ways := alternatives(typed)
	for _, words := range ways {
		found, err := tx.UnitsByWords(ctx, province, words, limit)
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) > 0 {
		return tx.FindUnits(ctx, Query{Province: province, IDs: ids, Limit: limit})
	}
	return tx.FindUnits(ctx, Query{Province: province, Like: ways, Limit: limit})
}
