package document

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"

	law "rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// inspector recognises a content.
type inspector func(content []byte, name string) (media, error)

// harmless is the law of attachments: a content is refused with a reason in both languages, or is of a kind that no system
// runs and is saved under a name that ends as that kind does, in one folder and in one direction.
func harmless(t testing.TB, inspect inspector, content []byte, name string) {
	t.Helper()
	m, err := inspect(content, name)
	if err != nil {
		if f, ok := fault.As(err); !ok || f.Kind == fault.Internal || !locale.Has(locale.FA, f.Key) || !locale.Has(locale.EN, f.Key) {
			t.Fatalf("refused without a reason: %v", err)
		}
		return
	}
	for _, r := range refused {
		if bytes.HasPrefix(content, []byte(r.begins)) {
			t.Fatalf("a system would run %q as %s", r.begins, m.name)
		}
	}
	if lower := bytes.ToLower(content); m.name == plain && (bytes.Contains(lower, []byte("<script")) || bytes.Contains(lower, []byte("javascript:"))) {
		t.Fatalf("a browser would run %q", content)
	}
	saved := m.fileName(name)
	if !slices.ContainsFunc(m.endings, func(e string) bool { return strings.HasSuffix(saved, e) }) {
		t.Fatalf("%q of %s is saved as %q", name, m.name, saved)
	}
	if strings.ContainsAny(saved, "/\\:*?\"<>|\n") || strings.HasPrefix(saved, ".") || strings.ContainsFunc(saved, turns) {
		t.Fatalf("%q is saved under the name %q", name, saved)
	}
}

// turns reports controls and the marks that turn a name's direction.
func turns(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

var hostile = []struct{ content, name string }{
	{"%PDF-1.7\n%%EOF\n", "../licence.exe"}, {"MZ\x90\x00%PDF-1.7 %%EOF", "licence.pdf"}, {"a,b\n1,2\n", "a.csv"}, {"see\n<ScRiPt src=//x>", "a.txt"},
	{"\xFF\xD8\xFF\xE0\x00\x02\xFF\xC0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00\xFF\xDA\x00\x02\xFF\xD9", "\u202Egpj.exe"}, {"#!/bin/sh\n", "a.txt"}, {"\x89PNG\r\n\x1A\n\x00\x00\x00\x0DIHDR", ".png"}, {"PK\x03\x04", "a.xlsx"}, {"x", "run.bat. ."}, {"", ""},
}

func FuzzInspect(f *testing.F) {
	for _, h := range hostile {
		f.Add([]byte(h.content), h.name)
	}
	f.Fuzz(func(t *testing.T, content []byte, name string) { harmless(t, inspect, content, name) })
}

// An inspector that looks for a signature anywhere takes a program for the file it carries; one that leaves refused
// endings of kinds out names nothing; one that does not look into texts takes a script.
func TestFuzzInspectFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	for words, broken := range map[string]inspector{
		"a system would run": func(content []byte, name string) (media, error) {
			if i := bytes.Index(content, []byte("%PDF-")); i > 0 {
				return inspect(content[i:], name)
			}
			return inspect(content, name)
		},
		"a browser would run": func(content []byte, name string) (media, error) {
			m, err := inspect(content, name)
			if f, ok := fault.As(err); ok && f.Key == "document.markup" {
				return mediaNamed(plain), nil
			}
			return m, err
		},
		"is saved under": func(content []byte, name string) (media, error) {
			m, err := inspect(content, name)
			m.endings = append(slices.Clone(m.endings), "/etc", ".jpg/") // an ending that leads elsewhere
			if err == nil && m.name == jpeg {
				m.endings = []string{".jpg\u202E"}
			}
			return m, err
		},
	} {
		law.Finds(t, words, func(t testing.TB) {
			for _, h := range hostile {
				harmless(t, broken, []byte(h.content), h.name)
			}
		})
	}
}
