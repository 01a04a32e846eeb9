package paper

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf16"

	"rahgosha/internal/base/fault"
)

// objects is a PDF file under construction: its indirect objects, numbered from 1.
type objects struct {
	list [][]byte
	err  error
}

// reserve gives the number of an object to be set later.
func (o *objects) reserve() int {
	o.list = append(o.list, nil)
	return len(o.list)
}

func (o *objects) set(id int, format string, args ...any) {
	o.list[id-1] = fmt.Appendf(nil, format, args...)
}

func (o *objects) add(format string, args ...any) int {
	id := o.reserve()
	o.set(id, format, args...)
	return id
}

// deflaters are kept: each has half a megabyte of its own.
var deflaters = sync.Pool{New: func() any {
	w, _ := zlib.NewWriterLevel(io.Discard, zlib.BestCompression) // it fails only by the level
	return w
}}

// stream adds a deflated stream; entries go into its dictionary.
func (o *objects) stream(data []byte, entries string) int {
	var z bytes.Buffer
	w := deflaters.Get().(*zlib.Writer)
	defer deflaters.Put(w)
	w.Reset(&z)
	_, err := w.Write(data)
	if err == nil {
		err = w.Close()
	}
	if err != nil && o.err == nil {
		o.err = fault.Wrap(err, fault.Internal, "paper.write")
	}
	return o.add("<</Length %d/Filter/FlateDecode%s>>\nstream\n%s\nendstream", z.Len(), entries, z.Bytes())
}

// file writes header, objects, cross-reference table and trailer. The file identifier is a hash of the objects, so that
// equal letters are equal files.
func (o *objects) file(root, info int) ([]byte, error) {
	if o.err != nil {
		return nil, o.err
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	at := make([]int, len(o.list))
	for i, obj := range o.list {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, obj)
	}
	id, xref := sha256.Sum256(b.Bytes()), b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%x><%x>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(at)+1, root, info, id[:16], id[:16], xref)
	return b.Bytes(), nil
}

// textString writes a PDF text string in UTF-16 with a byte order mark.
func textString(s string) string {
	return "<FEFF" + hex16(s) + ">"
}

func hex16(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}
