// Package locale holds every text of the interface in Persian and English and gives it by key. Keys begin with the name
// of their file (ident.too_short is in fa/ident.json and en/ident.json); a test checks that both languages have all keys
// and the same placeholders.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Lang is a language of the interface.
type Lang string

// The two languages: Persian first.
const (
	FA Lang = "fa"
	EN Lang = "en"
)

// Text is one text in both languages.
type Text struct {
	FA string `json:"fa"`
	EN string `json:"en"`
}

// In gives the text in a language, Persian where English is missing.
func (t Text) In(l Lang) string {
	if l == EN && t.EN != "" {
		return t.EN
	}
	return t.FA
}

// IsZero reports a text without any words.
func (t Text) IsZero() bool { return t.FA == "" && t.EN == "" }

//go:embed fa/*.json en/*.json
var files embed.FS

var catalogue = map[Lang]map[string]string{FA: load(FA), EN: load(EN)}

func load(l Lang) map[string]string {
	out := map[string]string{}
	entries, err := fs.ReadDir(files, string(l))
	if err != nil {
		panic(err) // embedded at build time
	}
	for _, e := range entries {
		raw, err := files.ReadFile(path.Join(string(l), e.Name()))
		if err != nil {
			panic(err)
		}
		part := map[string]string{}
		if err := json.Unmarshal(raw, &part); err != nil {
			panic(fmt.Errorf("locale %s/%s: %w", l, e.Name(), err))
		}
		maps.Copy(out, part)
	}
	return out
}

// T gives the text of key with {name} placeholders filled from args. Integers take Persian digits in Persian. An unknown
// key comes back as itself, so that a page shows what is missing instead of nothing.
func T(l Lang, key string, args map[string]any) string {
	s, ok := catalogue[l][key]
	if !ok {
		if s, ok = catalogue[EN][key]; !ok {
			return key
		}
	}
	if !strings.Contains(s, "{") {
		return s
	}
	for name, v := range args {
		s = strings.ReplaceAll(s, "{"+name+"}", show(l, v))
	}
	return s
}

// Of gives the text of key in both languages.
func Of(key string, args map[string]any) Text {
	return Text{FA: T(FA, key, args), EN: T(EN, key, args)}
}

// Has reports whether the key exists in the language.
func Has(l Lang, key string) bool { _, ok := catalogue[l][key]; return ok }

// Keys lists the keys of a language in order.
func Keys(l Lang) []string { return slices.Sorted(maps.Keys(catalogue[l])) }

func show(l Lang, v any) string {
	switch x := v.(type) {
	case string:
		return x
	case Text:
		return x.In(l)
	case error:
		return x.Error()
	case int, int32, int64, uint64:
		return Digits(l, fmt.Sprint(x))
	default:
		return fmt.Sprint(x)
	}
}

// Digits writes ASCII digits as Persian ones when the language is Persian.
func Digits(l Lang, s string) string {
	if l != FA {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '\u06F0'
		}
		return r
	}, s)
}
