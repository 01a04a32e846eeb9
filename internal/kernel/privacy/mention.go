package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
)

// mentions finds where others named the person, by words that an officer knows to be theirs: in what auditors asked for and in the lists
// that officers keep. All that the person asked for goes too.
func (w *weighing) mentions(ctx context.Context, words []string) error {
	for i, u := range w.p.What.Units {
		if u.Whole {
			words = append(words, w.p.Units[i])
		}
	}
	asked, err := w.tx.Questions(ctx, w.province)
	if err != nil {
		return err
	}
	for _, l := range asked {
		key, question, err := opened(ctx, w.tx, l.Body, QuestionAD(l.Province, l.Case))
		if err != nil {
			return err
		}
		own := l.Actor == w.p.Person || strings.HasSuffix(l.Case, ":"+w.p.Person)
		if strings.HasPrefix(key, "question:") && (own || names(question, words)) {
			w.p.What.Questions = append(w.p.What.Questions, key)
		}
	}
	views, err := w.tx.SavedViews(ctx, w.province)
	if err != nil {
		return err
	}
	for _, v := range views {
		_, said, err := opened(ctx, w.tx, v.Sealed, casework.ViewAD(v.Province, v.ID))
		if err != nil {
			return err
		}
		if names(said, words) {
			w.p.What.Views = append(w.p.What.Views, v.ID)
		}
	}
	return nil
}

// opened opens a sealed text, "" where its key is gone, and gives the id of the key.
func opened(ctx context.Context, tx Tx, stored, ad []byte) (key, text string, err error) {
	var sealed journal.Sealed
	if len(stored) == 0 || json.Unmarshal(stored, &sealed) != nil {
		return "", "", nil
	}
	plain, err := journal.OpenWith(ctx, tx.Keys(), sealed, ad)
	if errors.Is(err, journal.ErrErased) || errors.Is(err, journal.ErrNoKey) {
		return sealed.Key, "", nil
	}
	return sealed.Key, string(plain), err
}

// names says whether a text has all words of one of some names in it, however they are spelled or written in an address. A
// part of a name is many people's.
func names(asked string, those []string) bool {
	ways := []string{text.Fold(asked)}
	if plain, err := url.QueryUnescape(asked); err == nil {
		ways = append(ways, text.Fold(plain))
	}
	return slices.ContainsFunc(those, func(name string) bool {
		return slices.ContainsFunc(ways, func(way string) bool {
			return !slices.ContainsFunc(strings.Fields(text.Fold(name)), func(word string) bool { return !strings.Contains(way, word) })
		})
	})
}
