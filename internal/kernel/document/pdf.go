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

// passive finds the names of acts, also where signs of them are written by their number.
func passive(objects []byte) error {
	if bytes.IndexByte(objects, '#') >= 0 {
		objects = escaped.ReplaceAllFunc(objects, func(b []byte) []byte {
			out := make([]byte, 1)
			if _, err := hex.Decode(out, b[1:]); err != nil {
				return b
			}
			return out
		})
	}
	for _, a := range active {
		for _, name := range a.names {
			if bytes.Contains(objects, name) {
				return fault.New(fault.Invalid, a.key)
			}
		}
	}
	return nil
}

var (
	streamBegins = regexp.MustCompile(`>>\s*stream\r?\n`)
	objectGroup  = regexp.MustCompile(`/Type\s*/ObjStm\b`)
	deflated     = regexp.MustCompile(`/Filter\s*(?:\[\s*)?/(?:FlateDecode|Fl)\s*(?:\]|/|>>)`)
	otherFilter  = regexp.MustCompile(`/(?:ASCII|LZW|RunLength|Crypt)[A-Za-z0-9]*|/Filter\s*\[[^\]]*/[^\]]*/`)
)

// dictRoom is how long the dictionary of a stream may be, in bytes.
const dictRoom = 4 << 10

// passiveObjects unpacks the groups of compressed objects (ISO 32000-2, 7.5.7), wherever in the file they begin, and finds
// the names of acts in them. One that is packed in another way than writers do is refused: it cannot be looked into.
func passiveObjects(pdf []byte) error {
	left, groups := int64(maxObjects), 0
	for {
		at := streamBegins.FindIndex(pdf)
		if at == nil {
			return nil
		}
		head := pdf[max(0, at[0]-dictRoom):at[0]]
		if i := bytes.LastIndex(head, []byte(" obj")); i >= 0 {
			head = head[i:]
		}
		head = escaped.ReplaceAllFunc(head, func(b []byte) []byte { c, _ := hex.DecodeString(string(b[1:])); return c })
		pdf = pdf[at[1]:]
		if !objectGroup.Match(head) {
			continue
		}
		if groups++; groups > maxGroups {
			return fault.New(fault.TooLarge, "document.pdf_bomb")
		}
		objects := pdf[:max(0, bytes.Index(pdf, []byte("endstream")))]
		if bytes.Contains(head, []byte("/Filter")) {
			if otherFilter.Match(head) || !deflated.Match(append(head, ">>"...)) {
				return fault.New(fault.Invalid, "document.active")
			}
			var err error
			if objects, err = inflated(objects, left); err != nil {
				return err
			}
		}
		if left -= int64(len(objects)); left < 0 {
			return fault.New(fault.TooLarge, "document.pdf_bomb")
		}
		if err := passive(objects); err != nil {
			return err
		}
	}
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
