package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
)

// Limits of one leaf. Larger things (attachments) are kept by hash.
const (
	MaxField = 1 << 10  // bytes of any text field
	MaxBody  = 16 << 20 // bytes of the sealed body
)

const leafMagic = "rahgosha leaf v1\n"

// Leaf is what is hashed; nothing in it is personal in clear (Actor is an opaque id, Body is sealed).
//
// The law's list of fields does not name At. It is here because an outsider who holds no key must still see when
// something was decided, and must see it change when somebody changes it.
type Leaf struct {
	Province   string   // key of the province, 1 to MaxField bytes
	Case       string   // case, unique in the province; entries without a case use a name of their own
	Seq        int64    // position in the case, from 1 without gaps
	At         int64    // instant of the step, microseconds UTC since 1970
	Kind       string   // kind of entry
	Definition string   // lower-case hex SHA-256 of the definition it was decided by, or ""
	Actor      string   // opaque id of the person or part of the system that acted
	Cause      string   // what brought it about: an entry, a job, a key; may be ""
	Body       []byte   // sealed body
	Prev       [32]byte // Hash of the entry before it in the case; zeros at Seq 1
}

// Encode gives the canonical bytes of the leaf, codec v1, frozen by testdata/leaf_vectors.json. In order:
//
//	17 bytes  "rahgosha leaf v1\n"
//	field     Province      field = 4-byte length, then that many bytes
//	field     Case
//	8 bytes   Seq           integers are big-endian, two's complement
//	8 bytes   At
//	field     Kind
//	field     Definition
//	field     Actor
//	field     Cause
//	field     Body
//	32 bytes  Prev
//
// Nothing follows. Each leaf has exactly one encoding, and no two leaves share one.
func (l Leaf) Encode() []byte {
	b := make([]byte, 0, len(leafMagic)+7*4+16+32+len(l.Province)+len(l.Case)+len(l.Kind)+
		len(l.Definition)+len(l.Actor)+len(l.Cause)+len(l.Body))
	b = append(b, leafMagic...)
	b = putField(b, l.Province)
	b = putField(b, l.Case)
	b = binary.BigEndian.AppendUint64(b, uint64(l.Seq)) // #nosec G115 -- the format holds the bits of the signed number
	b = binary.BigEndian.AppendUint64(b, uint64(l.At))  // #nosec G115 -- the format holds the bits of the signed number
	for _, s := range []string{l.Kind, l.Definition, l.Actor, l.Cause} {
		b = putField(b, s)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(l.Body))) // #nosec G115 -- held to MaxBody
	b = append(b, l.Body...)
	return append(b, l.Prev[:]...)
}

func putField(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...) // #nosec G115 -- held to MaxField
}

// Hash is the SHA-256 of Encode: the Prev of the next entry of the case.
func (l Leaf) Hash() [32]byte { return sha256.Sum256(l.Encode()) }

// RecordHash is the leaf's hash in the Merkle log (RFC 6962: SHA-256 of a zero byte and the encoded leaf).
func RecordHash(leaf []byte) tlog.Hash { return tlog.RecordHash(leaf) }

// Check reports what keeps a leaf from being journalled; Decode accepts exactly the leaves that pass.
// The fault is invalid journal.leaf_field at the name of the field.
func (l Leaf) Check() error {
	texts := []struct {
		name, value string
		required    bool
	}{
		{"province", l.Province, true}, {"case", l.Case, true}, {"kind", l.Kind, true},
		{"definition", l.Definition, false}, {"actor", l.Actor, false}, {"cause", l.Cause, false},
	}
	for _, t := range texts {
		if t.required && t.value == "" || len(t.value) > MaxField || !utf8.ValidString(t.value) {
			return badField(t.name)
		}
	}
	switch {
	case l.Seq < 1:
		return badField("seq")
	case !hexDigest(l.Definition):
		return badField("definition")
	case len(l.Body) > MaxBody:
		return badField("body")
	case l.Seq == 1 && l.Prev != [32]byte{}:
		return badField("prev")
	}
	return nil
}

func badField(name string) error {
	return fault.New(fault.Invalid, "journal.leaf_field", "field", name, "max", MaxField).At(name)
}

func hexDigest(s string) bool {
	if s == "" {
		return true
	}
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == sha256.Size && hex.EncodeToString(raw) == s
}

// Decode reads the bytes of Encode back, an empty body as nil. Anything else, were it one byte longer, is refused with
// an invalid journal.leaf_codec (at the byte offset) or journal.leaf_field.
func Decode(b []byte) (Leaf, error) {
	l, err := DecodeIn(b)
	l.Body = bytes.Clone(l.Body)
	return l, err
}

// DecodeIn is Decode for who keeps the bytes and leaves them as they are: the leaf's body lies in them.
func DecodeIn(b []byte) (Leaf, error) {
	rest, ok := bytes.CutPrefix(b, []byte(leafMagic))
	if !ok {
		return Leaf{}, badCodec(0)
	}
	d := decoder{rest: rest, size: len(b)}
	l := Leaf{Province: d.text(), Case: d.text(), Seq: d.int(), At: d.int(),
		Kind: d.text(), Definition: d.text(), Actor: d.text(), Cause: d.text()}
	if body := d.field(MaxBody); len(body) > 0 {
		l.Body = body
	}
	copy(l.Prev[:], d.take(len(l.Prev)))
	if d.bad || len(d.rest) > 0 {
		return Leaf{}, badCodec(d.size - len(d.rest))
	}
	if err := l.Check(); err != nil {
		return Leaf{}, err
	}
	return l, nil
}

func badCodec(offset int) error {
	return fault.New(fault.Invalid, "journal.leaf_codec", "offset", offset)
}

// decoder takes fields off the front; after the first that does not fit everything is empty and bad stays set.
type decoder struct {
	rest []byte
	size int
	bad  bool
}

func (d *decoder) take(n int) []byte {
	if d.bad || n > len(d.rest) {
		d.bad = true
		return nil
	}
	head := d.rest[:n]
	d.rest = d.rest[n:]
	return head
}

func (d *decoder) field(limit int) []byte {
	head := d.take(4)
	if d.bad {
		return nil
	}
	n := binary.BigEndian.Uint32(head)
	if n > uint32(limit) { // #nosec G115 -- limits are constants
		d.bad = true
		return nil
	}
	return d.take(int(n))
}

func (d *decoder) text() string { return string(d.field(MaxField)) }

func (d *decoder) int() int64 {
	b := d.take(8)
	if d.bad {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b)) // #nosec G115 -- the format holds the bits of the signed number
}
