package document

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
)

// media is a type of content: how it begins, what more must hold of it, and the endings a name of it may have, the first
// being its own.
type media struct {
	name    string
	begins  []string
	check   func(content []byte, name string) error
	endings []string
}

const (
	pdf   = "application/pdf"
	jpeg  = "image/jpeg"
	png   = "image/png"
	sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	plain = "text/plain; charset=utf-8"
)

// accepted are the contents that come through, each by the signature its standard gives it: ISO 32000 7.5.2, ITU T.81
// B.1.1.3, PNG 3rd edition 5.2, APPNOTE 4.3.7. Plain text has no signature and stands last.
var accepted = []media{
	{name: pdf, begins: []string{"%PDF-"}, check: wholePDF, endings: []string{".pdf"}},
	{name: jpeg, begins: []string{"\xFF\xD8\xFF"}, check: wholeJPEG, endings: []string{".jpg", ".jpeg", ".jpe", ".jfif"}},
	{name: png, begins: []string{"\x89PNG\r\n\x1A\n\x00\x00\x00\x0DIHDR"}, check: wholePNG, endings: []string{".png"}},
	{name: sheet, begins: []string{"PK\x03\x04", "PK\x05\x06"}, check: func(content []byte, _ string) error { return WholeSheet(content) }, endings: []string{".xlsx"}},
	{name: plain, begins: []string{""}, check: plainText, endings: textEndings},
}

var textEndings = []string{".txt", ".csv", ".tsv"}

// refused are contents that a computer or a browser could run, and what their refusal says.
var refused = []struct{ begins, key string }{
	{"MZ", "document.program"},
	{"\x7FELF", "document.program"},
	{"\xFE\xED\xFA", "document.program"},
	{"\xCF\xFA\xED\xFE", "document.program"},
	{"\xCE\xFA\xED\xFE", "document.program"},
	{"\xCA\xFE\xBA\xBE", "document.program"},
	{"\x00asm", "document.program"},
	{"#!", "document.script"},
	{"\xEF\xBB\xBF#!", "document.script"},
	{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "document.old_office"},
	{"Rar!", "document.archive"},
	{"7z\xBC\xAF\x27\x1C", "document.archive"},
	{"\x1F\x8B", "document.archive"},
}

// inspect recognises a content by its bytes; its name only has a say where plain text could be a script.
func inspect(content []byte, name string) (media, error) {
	for _, r := range refused {
		if bytes.HasPrefix(content, []byte(r.begins)) {
			return media{}, fault.New(fault.Invalid, r.key)
		}
	}
	for _, m := range accepted {
		if slices.ContainsFunc(m.begins, func(b string) bool { return bytes.HasPrefix(content, []byte(b)) }) {
			return m, m.check(content, name)
		}
	}
	return media{}, fault.New(fault.Invalid, "document.kind")
}

// mediaNamed gives an accepted type by its name.
func mediaNamed(name string) media {
	for _, m := range accepted {
		if m.name == name {
			return m
		}
	}
	return media{name: name, endings: []string{".bin"}}
}

// nameSigns is how long a name may be, in characters: with its ending it fits the folders of all systems.
const nameSigns = 100

// SafeName gives a name under which a content of a type may be saved, whatever it was called since it was put.
func SafeName(media, name string) string { return mediaNamed(media).fileName(name) }

// fileName makes a name safe to show and to save: no folders, no controls that turn its direction, and an ending that
// tells what the content is, so that a system opens it as that and as nothing else.
func (m media) fileName(name string) string {
	name = text.Display(path.Base(strings.ReplaceAll(name, `\`, "/")))
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune("/:*?\"<>|\n", r) {
			return '-'
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	ending := strings.ToLower(path.Ext(name))
	if slices.Contains(m.endings, ending) {
		name = name[:len(name)-len(ending)]
	} else {
		ending = m.endings[0]
	}
	signs := []rune(strings.Trim(name, ". "))
	if len(signs) == 0 {
		signs = []rune("document")
	}
	return strings.TrimRight(string(signs[:min(len(signs), nameSigns)]), ". ") + ending
}
