package journal

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
)

// Receipt proves offline that a letter's own entry is in the log, under a signature of the log's key. A letter carries it
// as a QR code.
//
// The signature is not that of a checkpoint: its path would grow with the log, to 24 hashes at ten million entries. It
// covers the subtree that stands on the entry's tile, First to First+Width, so that the path has at most TileHeight hashes
// however long the log is. NewReceipt has the whole path to a signed checkpoint proved before it signs, and that path
// begins with this one; so whoever holds the tile, or the journal, finds the same root in it, or has a signature of the
// log's key that contradicts its log.
type Receipt struct {
	Origin    string
	Index     int64 // position of the entry in the log
	Width     int   // entries of its tile that the signature covers
	At        int64 // of the entry, as in a leaf
	Letter    Bound
	Root      tlog.Hash        // of the entries that the signature covers
	Proof     tlog.RecordProof // audit path from the entry to Root
	KeyHash   uint32           // of the log's key in the note format
	Signature [signatureLen]byte
}

const (
	receiptPrefix = "RG1:"
	signatureLen  = 64
	maxReceipt    = 2 << 10
	maxIndex      = 1 << 62 // no log is so long, and sums with a place up to here are numbers
)

var receiptText = base32.StdEncoding.WithPadding(base32.NoPadding)

// First is the position of the first entry that the signature covers.
func (r Receipt) First() int64 { return r.Index &^ (TileWidth - 1) }

// NewReceipt makes the receipt of a letter's entry at index. proof shows that the entry is in the log of a checkpoint that
// v accepts; key is the log's.
func NewReceipt(checkpoint []byte, v note.Verifiers, key note.Signer, letter Bound, at, index int64, proof tlog.RecordProof) (Receipt, error) {
	c, err := OpenCheckpoint(checkpoint, v)
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{Origin: c.Origin, Index: index, At: at, Letter: letter, KeyHash: key.KeyHash()}
	if err := CheckProof(proof, c, index, r.Leaf()); err != nil {
		return Receipt{}, err
	}
	if key.Name() != c.Origin {
		return Receipt{}, fault.New(fault.Internal, "journal.checkpoint_signer", "origin", c.Origin, "name", key.Name())
	}
	r.Width = int(min(TileWidth, c.Size-r.First()))
	r.Root, r.Proof = climb(r.Leaf(), index-r.First(), int64(r.Width), proof)
	if err := r.inside(); err != nil {
		return Receipt{}, err
	}
	sig, err := key.Sign([]byte(r.Text()))
	if err != nil {
		return Receipt{}, fault.Wrap(err, fault.Internal, "journal.checkpoint_sign", "origin", c.Origin)
	}
	copy(r.Signature[:], sig)
	return r, nil
}

// climb gives the root of the tree of size entries in which a path begins at entry i, and as much of the path as lies in it.
func climb(h tlog.Hash, i, size int64, path tlog.RecordProof) (root tlog.Hash, within tlog.RecordProof) {
	n := 0
	for last := size - 1; last > 0 && n < len(path); i, last = i>>1, last>>1 {
		switch {
		case i&1 == 1:
			h = tlog.NodeHash(path[n], h)
		case i != last: // else the last node of a level without a sibling moves up as it is
			h = tlog.NodeHash(h, path[n])
		default:
			continue
		}
		n++
	}
	return h, path[:n]
}

// inside holds the path to the root that the receipt names.
func (r Receipt) inside() error {
	if r.Index < 0 || r.Index > maxIndex || tlog.CheckRecord(r.Proof, int64(r.Width), r.Root, r.Index-r.First(), r.Leaf()) != nil {
		return fault.New(fault.Invalid, "journal.receipt_invalid", "index", r.Index)
	}
	return nil
}

// Leaf is the record hash of the letter's entry, made of what the receipt says of it.
func (r Receipt) Leaf() tlog.Hash {
	return RecordHash(r.Letter.Entry(strings.TrimPrefix(r.Origin, originPrefix), r.At).Encode())
}

// Text is what the signature covers. No checkpoint has such a second line.
//
//	rahgosha/<province>
//	entries <first> <one after the last>
//	<root of these entries, standard base64>
func (r Receipt) Text() string {
	return fmt.Sprintf("%s\nentries %d %d\n%s\n", r.Origin, r.First(), r.First()+int64(r.Width), r.Root)
}

// Encode gives the text of the receipt: "RG1:" and base32 without padding, so that a QR code holds it in its alphanumeric
// mode (5.5 bits a character). The bytes under it, integers big-endian, texts after a byte with their length:
//
//	text      province (origin without "rahgosha/")
//	8 bytes   Index
//	1 byte    Width - 1
//	8 bytes   At
//	16 bytes  salt of the letter
//	text      number of the letter
//	text      its subject
//	32 bytes  hash of its text
//	32 bytes  Root
//	1 byte    number of hashes, 32 bytes each
//	4 bytes   KeyHash, big-endian
//	64 bytes  Signature
func (r Receipt) Encode() string {
	b := appendShort(nil, strings.TrimPrefix(r.Origin, originPrefix))
	b = append(binary.BigEndian.AppendUint64(b, uint64(r.Index)), byte(r.Width-1)) // #nosec G115 -- the format holds the bits of the signed number; a tile has at most 256 entries
	b = binary.BigEndian.AppendUint64(b, uint64(r.At))                             // #nosec G115 -- the format holds the bits of the signed number
	b = append(b, r.Letter.Salt[:]...)
	b = appendShort(appendShort(b, r.Letter.Number), r.Letter.Subject)
	b = append(append(append(b, r.Letter.Text[:]...), r.Root[:]...), byte(len(r.Proof))) // #nosec G115 -- a proof in a tile has at most eight hashes
	for _, h := range r.Proof {
		b = append(b, h[:]...)
	}
	b = binary.BigEndian.AppendUint32(b, r.KeyHash)
	return receiptPrefix + receiptText.EncodeToString(append(b, r.Signature[:]...))
}

func appendShort(b []byte, s string) []byte { return append(append(b, byte(len(s))), s...) } // #nosec G115 -- provinces and numbers are short, and Bind cuts the subject

// DecodeReceipt reads what Encode wrote and nothing else; invalid journal.receipt_format. It proves nothing: see Verify.
func DecodeReceipt(text string) (Receipt, error) {
	b32, ok := strings.CutPrefix(text, receiptPrefix)
	if !ok || len(text) > maxReceipt {
		return Receipt{}, fault.New(fault.Invalid, "journal.receipt_format")
	}
	raw, err := receiptText.DecodeString(b32)
	if err != nil {
		return Receipt{}, fault.Wrap(err, fault.Invalid, "journal.receipt_format")
	}
	r := readReceipt(raw)
	if r.Encode() != text {
		return Receipt{}, fault.New(fault.Invalid, "journal.receipt_format")
	}
	return r, nil
}

// FindReceipt reads the last receipt in a file: a scanned code, a letter's text or a PDF that carries one. Faults:
// DecodeReceipt's.
func FindReceipt(file []byte) (Receipt, error) {
	code := file[max(0, bytes.LastIndex(file, []byte(receiptPrefix))):]
	end := bytes.IndexFunc(code, func(r rune) bool { return !strings.ContainsRune(receiptPrefix+"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", r) })
	if end >= 0 {
		code = code[:end]
	}
	return DecodeReceipt(string(code))
}

// readReceipt is lenient: the caller compares its encoding with the text, which finds whatever is short, long or odd.
func readReceipt(raw []byte) Receipt {
	d := decoder{rest: raw, size: len(raw)}
	r := Receipt{Origin: originPrefix + d.short(), Index: d.integer(), Width: int(d.byte()) + 1, At: d.integer()}
	copy(r.Letter.Salt[:], d.take(len(r.Letter.Salt)))
	r.Letter.Number, r.Letter.Subject = d.short(), d.short()
	copy(r.Letter.Text[:], d.take(len(r.Letter.Text)))
	copy(r.Root[:], d.take(len(r.Root)))
	for range min(d.byte(), TileHeight) {
		h := tlog.Hash{}
		copy(h[:], d.take(tlog.HashSize))
		r.Proof = append(r.Proof, h)
	}
	if head := d.take(4); !d.bad {
		r.KeyHash = binary.BigEndian.Uint32(head)
	}
	copy(r.Signature[:], d.take(signatureLen))
	return r
}

func (d *decoder) short() string { return string(d.take(int(d.byte()))) }

func (d *decoder) byte() byte {
	b := d.take(1)
	if d.bad {
		return 0
	}
	return b[0]
}

func (d *decoder) integer() int64 {
	raw := d.take(8)
	if d.bad {
		return 0
	}
	return int64(binary.BigEndian.Uint64(raw)) // #nosec G115 -- the format holds the bits of the signed number
}

// Verify checks path and signature with the log's public key. It needs nothing from the log. Faults: invalid
// journal.receipt_invalid, journal.key_former.
func (r Receipt) Verify(v note.Verifiers) error {
	if err := r.inside(); err != nil {
		return err
	}
	key, err := v.Verifier(r.Origin, r.KeyHash)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "journal.receipt_invalid", "index", r.Index)
	}
	if !counts(v, r.KeyHash, r.First()+int64(r.Width)) {
		return fault.New(fault.Invalid, "journal.key_former", "origin", r.Origin, "size", r.First()+int64(r.Width))
	}
	if !key.Verify([]byte(r.Text()), r.Signature[:]) {
		return fault.New(fault.Invalid, "journal.receipt_invalid", "index", r.Index)
	}
	return nil
}

// QRBytes is the room the encoded receipt takes in a QR code's alphanumeric mode, in bytes.
func (r Receipt) QRBytes() int { return (len(r.Encode())*11/2 + 7) / 8 }
