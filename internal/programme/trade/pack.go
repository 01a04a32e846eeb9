package trade

import (
	"bufio"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// Table is what a source says, row by row in the order of Key and Sub. What a row holds depends on the kind: a country, a
// product and USD; a product and names; a country and people.
type Table struct{ Rows []Row }

// Row is one statement. Key and Sub together are said once in a table.
type Row struct {
	Key, Sub string  // country and product; or one code, and ""
	Value    float64 // USD or people; 0 where the row gives names
	FA, EN   string
}

// Len is how many rows a table has.
func (t Table) Len() int { return len(t.Rows) }

// against counts what a table changes of one before.
func (t Table) against(before Table) (c Change) {
	old := make(map[[2]string]Row, len(before.Rows))
	for _, r := range before.Rows {
		old[[2]string{r.Key, r.Sub}] = r
	}
	for _, r := range t.Rows {
		was, there := old[[2]string{r.Key, r.Sub}]
		switch {
		case !there:
			c.Added++
		case was != r:
			c.Changed++
		}
		delete(old, [2]string{r.Key, r.Sub})
	}
	c.Gone = len(old)
	return c
}

// A packed table begins with the number of its form. The first had no sum; tables of it stay as they were loaded.
const (
	packBare = 1
	packForm = 2
)

// Pack gives the bytes that Unpack reads: form, SHA-256 of what follows, and deflated the number of rows, then key, sub, value,
// names of each row. A key that is the one before takes a byte.
func (t Table) Pack() []byte {
	deflated := t.deflated()
	sum := sha256.Sum256(deflated)
	return append(append([]byte{packForm}, sum[:]...), deflated...)
}

func (t Table) deflated() []byte {
	var out bytes.Buffer
	z, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	var b []byte
	b = binary.AppendUvarint(b, uint64(len(t.Rows)))
	before := ""
	for _, r := range t.Rows {
		if r.Key == before {
			b = append(b, 0)
		} else {
			b = appendText(append(b, 1), r.Key)
			before = r.Key
		}
		b = appendText(b, r.Sub)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(r.Value))
		b = appendText(appendText(b, r.FA), r.EN)
		if len(b) > 1<<16 {
			_, _ = z.Write(b) // to a buffer in memory
			b = b[:0]
		}
	}
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// longest is how long a text of a packed table can be.
const longest = 1 << 16

var errPack = errors.New("a packed trade table is broken")

// Unpack reads a packed table.
func Unpack(packed []byte) (t Table, err error) {
	switch {
	case len(packed) > sha256.Size && packed[0] == packForm:
		sum := sha256.Sum256(packed[1+sha256.Size:])
		if !bytes.Equal(sum[:], packed[1:1+sha256.Size]) {
			return t, fmt.Errorf("%w: its sum is another", errPack)
		}
		packed = packed[1+sha256.Size:]
	case len(packed) > 0 && packed[0] == packBare:
		packed = packed[1:]
	default:
		return t, fmt.Errorf("%w: its form is not known", errPack)
	}
	in := &unpacker{r: bufio.NewReader(flate.NewReader(bytes.NewReader(packed))), texts: map[string]string{}}
	n, err := binary.ReadUvarint(in.r)
	if err != nil {
		return t, fmt.Errorf("%w: %w", errPack, err)
	}
	t.Rows = make([]Row, 0, min(n, 1<<20))
	key := ""
	for range n {
		fresh, err := in.r.ReadByte()
		if err == nil && fresh == 1 {
			key, err = in.text()
		}
		if err != nil {
			return t, fmt.Errorf("%w: %w", errPack, err)
		}
		r := Row{Key: key}
		var v [8]byte
		if r.Sub, err = in.text(); err == nil {
			_, err = io.ReadFull(in.r, v[:])
		}
		r.Value = math.Float64frombits(binary.LittleEndian.Uint64(v[:]))
		if err == nil {
			r.FA, err = in.text()
		}
		if err == nil {
			r.EN, err = in.text()
		}
		if err != nil {
			return t, fmt.Errorf("%w: %w", errPack, err)
		}
		t.Rows = append(t.Rows, r)
	}
	return t, nil
}

// unpacker reads texts, each kept once: a year of products has as many names as rows, of which most repeat.
type unpacker struct {
	r     byteReader
	texts map[string]string
	buf   []byte
}

type byteReader interface {
	io.Reader
	io.ByteReader
}

func (u *unpacker) text() (string, error) {
	n, err := binary.ReadUvarint(u.r)
	if err != nil || n == 0 {
		return "", err
	}
	if n > longest {
		return "", errors.New("a text is too long")
	}
	if cap(u.buf) < int(n) { // #nosec G115 -- at most longest
		u.buf = make([]byte, n)
	}
	b := u.buf[:n]
	if _, err := io.ReadFull(u.r, b); err != nil {
		return "", err
	}
	if s, ok := u.texts[string(b)]; ok {
		return s, nil
	}
	s := strings.Clone(string(b))
	u.texts[s] = s
	return s, nil
}
