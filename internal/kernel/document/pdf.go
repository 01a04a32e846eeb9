package document

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"io"
	"regexp"

	"rahgosha/internal/base/fault"
)

// active are the names by which a PDF does something when it is opened, bears other files, or hides what it is (ISO 32000-2,
// 7.6, 7.11.4, 12.6.4, 13.2). They are long enough not to stand in compressed bytes by chance.
var active = []struct {
	names [][]byte
	key   string
}{
	{[][]byte{[]byte("/Encrypt")}, "document.encrypted"},
	{[][]byte{
		[]byte("/JavaScript"), []byte("/Launch"), []byte("/SubmitForm"), []byte("/ImportData"), []byte("/RichMedia"),
		[]byte("/Rendition"), []byte("/EmbeddedFile"),
	}, "document.active"},
}

// What the objects that a PDF keeps compressed may take, all together, and how many groups of them are unpacked. A document of
// a thousand pages keeps a few megabytes in some hundred.
const (
	maxObjects = 32 << 20
	maxGroups  = 5000
	maxDicts   = 64 << 20 // bytes of dictionaries that are read: those of a sound file do not overlap
)

// wholePDF wants the end mark near the end, for an upload that broke off has none (some writers put up to a kilobyte behind
// it), and nothing that acts, in clear or in compressed objects.
func wholePDF(content []byte, _ string) error {
	const tail = 2 << 10
	if !bytes.Contains(content[max(0, len(content)-tail):], []byte("%%EOF")) {
		return fault.New(fault.Invalid, "document.cut")
	}
	if err := passive(content); err != nil {
		return err
	}
	return passiveObjects(content)
}

var escaped = regexp.MustCompile(`#[0-9a-fA-F]{2}`)

// unescaped writes signs out that are given by their number.
func unescaped(names []byte) []byte {
	if bytes.IndexByte(names, '#') < 0 {
		return names
	}
	return escaped.ReplaceAllFunc(names, func(b []byte) []byte {
		out := make([]byte, 1)
		if _, err := hex.Decode(out, b[1:]); err != nil {
			return b
		}
		return out
	})
}

// passive finds the names of acts, also where signs of them are written by their number.
func passive(objects []byte) error {
	objects = unescaped(objects)
	for _, a := range active {
		for _, name := range a.names {
			if bytes.Contains(objects, name) {
				return fault.New(fault.Invalid, a.key)
			}
		}
	}
	return nil
}

// passiveObjects unpacks the groups of compressed objects (ISO 32000-2, 7.5.7), wherever in the file they begin, and finds
// the names of acts in them. One that is packed in another way than writers do is refused: it cannot be looked into.
func passiveObjects(pdf []byte) error {
	left, groups, room := int64(maxObjects), 0, maxDicts
	for {
		at := bytes.Index(pdf, []byte("obj"))
		if at < 0 {
			return nil
		}
		pdf = pdf[at+len("obj"):]
		d := dictOf(pdf)
		if room -= d.read; room < 0 {
			return fault.New(fault.TooLarge, "document.pdf_bomb")
		}
		if d.data == nil || !d.group {
			continue
		}
		if groups++; groups > maxGroups {
			return fault.New(fault.TooLarge, "document.pdf_bomb")
		}
		if d.odd || d.filters > 1 {
			return fault.New(fault.Invalid, "document.active")
		}
		if d.filters == 0 {
			continue // in clear, where it was looked at
		}
		objects, err := inflated(bytes.TrimLeft(d.data, " \t\r\n"), left)
		if err != nil {
			return err
		}
		if left -= int64(len(objects)); left < 0 {
			return fault.New(fault.TooLarge, "document.pdf_bomb")
		}
		if err := passive(objects); err != nil {
			return err
		}
	}
}

// dict is what the dictionary of an object says of the stream behind it. Readers tell a group by the place that the table of objects
// gives it or by its name, so whatever says where a first object begins is one.
type dict struct {
	data    []byte // of the stream; nil for an object that is none
	group   bool
	filters int  // FlateDecode, once
	odd     bool // another filter, a predictor, or something in its place
	read    int  // bytes
}

// dictOf reads the dictionary that stands first in b, as readers do: strings and comments say nothing, and comments and blanks may stand
// between any two words, also before the word stream.
func dictOf(b []byte) (d dict) {
	i, depth := blanks(b, 0), 0
	if !bytes.HasPrefix(b[i:], []byte("<<")) {
		return dict{read: i}
	}
	filter := false // its value is next, or its list is open
	list := false
	for i < len(b) {
		switch c := b[i]; {
		case bytes.HasPrefix(b[i:], []byte("<<")):
			depth, i = depth+1, i+2
			d.odd = d.odd || filter
		case bytes.HasPrefix(b[i:], []byte(">>")):
			if depth, i = depth-1, i+2; depth == 0 {
				if i = blanks(b, i); bytes.HasPrefix(b[i:], []byte("stream")) {
					d.data = b[i+len("stream"):]
				}
				d.read = i
				return d
			}
		case c == '(':
			i = behindString(b, i)
		case c == '%' || blank(c):
			i = blanks(b, i)
		case c == '/':
			var name string
			name, i = nameAt(b, i+1)
			switch {
			case filter && (name == "FlateDecode" || name == "Fl"):
				d.filters++
				filter = list
			case filter:
				d.odd = true
				filter = list
			case name == "Filter":
				filter = true
			case name == "Predictor":
				d.odd = true
			case depth == 1 && (name == "ObjStm" || name == "First"):
				d.group = true
			}
		case c == '[':
			list, i = filter, i+1
		case c == ']':
			filter, list, i = filter && !list, false, i+1
		default:
			d.odd = d.odd || filter
			i++
		}
	}
	return dict{read: i}
}

func blank(c byte) bool { return bytes.IndexByte([]byte("\x00\t\n\f\r "), c) >= 0 }

// blanks gives where blanks and comments end.
func blanks(b []byte, i int) int {
	for i < len(b) && (blank(b[i]) || b[i] == '%') {
		if b[i] == '%' {
			for i < len(b) && b[i] != '\r' && b[i] != '\n' {
				i++
			}
			continue
		}
		i++
	}
	return i
}

// behindString gives where a string in parentheses ends, which may hold others.
func behindString(b []byte, i int) int {
	for depth := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}

// nameAt reads a name, of which signs may be written by their number.
func nameAt(b []byte, i int) (string, int) {
	from := i
	for i < len(b) && !blank(b[i]) && bytes.IndexByte([]byte("()<>[]{}/%"), b[i]) < 0 {
		i++
	}
	return string(unescaped(b[from:i])), i
}

// inflated unpacks at most so many bytes and one. What breaks off is still looked into: readers show what stands before.
func inflated(packed []byte, most int64) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "document.cut")
	}
	out, _ := io.ReadAll(io.LimitReader(z, most+1))
	return out, nil
}
