package journal

import (
	"encoding/base32"
	"encoding/binary"
	"math/bits"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
)

// Receipt proves offline that an entry is in a log that the log's key has signed. A letter carries it as a QR code.
type Receipt struct {
	Origin    string
	Index     int64            // position of the entry in the log
	Leaf      tlog.Hash        // the entry's RecordHash
	Proof     tlog.RecordProof // audit path from Leaf to the root
	Size      int64            // of the signed checkpoint
	KeyHash   uint32           // of the log's key in the note format
	Signature [signatureLen]byte
}

const (
	receiptPrefix = "RG1:"
	signatureLen  = 64
	maxProof      = 62 // a log of 2^62 entries
	maxReceipt    = 8 << 10
)

var receiptText = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewReceipt makes the receipt of the entry at index under a signed checkpoint that v accepts. Of all checkpoints the
// first that covers the entry gives the shortest receipt.
func NewReceipt(checkpoint []byte, v note.Verifiers, index int64, leaf tlog.Hash, proof tlog.RecordProof) (Receipt, error) {
	c, err := OpenCheckpoint(checkpoint, v)
	if err != nil {
		return Receipt{}, err
	}
	if err := CheckProof(proof, c, index, leaf); err != nil {
		return Receipt{}, err
	}
	r := Receipt{Origin: c.Origin, Index: index, Leaf: leaf, Proof: proof, Size: c.Size}
	n, err := note.Open(checkpoint, v)
	if err != nil {
		return Receipt{}, fault.Wrap(err, fault.Invalid, "journal.checkpoint_signature")
	}
	return r, r.takeSignature(n)
}

func (r *Receipt) takeSignature(n *note.Note) error {
	for _, s := range n.Sigs {
		raw, err := decodeBase64(s.Base64)
		if s.Name == r.Origin && err == nil && len(raw) == 4+signatureLen {
			r.KeyHash = s.Hash
			copy(r.Signature[:], raw[4:])
			return nil
		}
	}
	return fault.New(fault.Invalid, "journal.checkpoint_signature")
}

// Encode gives the text of the receipt: "RG1:" and base32 without padding, so that a QR code holds it in its alphanumeric
// mode (5.5 bits a character). The bytes under it, integers as shortest unsigned varints:
//
//	1 byte    length of the province, the province (origin without "rahgosha/")
//	varint    Index
//	varint    Size
//	32 bytes  Leaf
//	1 byte    number of hashes, 32 bytes each
//	4 bytes   KeyHash, big-endian
//	64 bytes  Signature
//
// The root is not in it: leaf and proof give it, and the signature covers it. With 13 hashes the code needs about 600
// bytes; a log of n entries needs at most log₂ n hashes, and at the first covering checkpoint about half as many.
func (r Receipt) Encode() string {
	province := strings.TrimPrefix(r.Origin, originPrefix)
	b := append([]byte{byte(len(province))}, province...)
	b = binary.AppendUvarint(b, uint64(r.Index))
	b = binary.AppendUvarint(b, uint64(r.Size))
	b = append(b, r.Leaf[:]...)
	b = append(b, byte(len(r.Proof)))
	for _, h := range r.Proof {
		b = append(b, h[:]...)
	}
	b = binary.BigEndian.AppendUint32(b, r.KeyHash)
	b = append(b, r.Signature[:]...)
	return receiptPrefix + receiptText.EncodeToString(b)
}

// DecodeReceipt reads what Encode wrote and nothing else; invalid journal.receipt_format. It proves nothing: see Verify.
func DecodeReceipt(text string) (Receipt, error) {
	b64, ok := strings.CutPrefix(text, receiptPrefix)
	if !ok || len(text) > maxReceipt {
		return Receipt{}, fault.New(fault.Invalid, "journal.receipt_format")
	}
	raw, err := receiptText.DecodeString(b64)
	if err != nil {
		return Receipt{}, fault.Wrap(err, fault.Invalid, "journal.receipt_format")
	}
	r := readReceipt(raw)
	if r.Encode() != text {
		return Receipt{}, fault.New(fault.Invalid, "journal.receipt_format")
	}
	return r, nil
}

// readReceipt is lenient: the caller compares its encoding with the text, which finds whatever is short, long or odd.
func readReceipt(raw []byte) Receipt {
	d := decoder{rest: raw, size: len(raw)}
	r := Receipt{Origin: originPrefix + string(d.take(int(d.byte())))}
	r.Index, r.Size = d.uvarint(), d.uvarint()
	copy(r.Leaf[:], d.take(tlog.HashSize))
	for range min(d.byte(), maxProof) {
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

func (d *decoder) byte() byte {
	b := d.take(1)
	if d.bad {
		return 0
	}
	return b[0]
}

func (d *decoder) uvarint() int64 {
	v, n := binary.Uvarint(d.rest)
	if d.bad || n <= 0 || bits.Len64(v) > 62 {
		d.bad = true
		return 0
	}
	d.take(n)
	return int64(v)
}

// Root is the root that leaf and proof give; false when the proof cannot be that of Index in a log of Size.
func (r Receipt) Root() (tlog.Hash, bool) {
	if r.Index < 0 || r.Index >= r.Size {
		return tlog.Hash{}, false
	}
	h, i, last, rest := r.Leaf, r.Index, r.Size-1, r.Proof
	for ; last > 0; i, last = i>>1, last>>1 {
		if i&1 == 0 && i == last {
			continue // the last node of a level without a sibling moves up as it is
		}
		if len(rest) == 0 {
			return tlog.Hash{}, false
		}
		if i&1 == 1 {
			h = tlog.NodeHash(rest[0], h)
		} else {
			h = tlog.NodeHash(h, rest[0])
		}
		rest = rest[1:]
	}
	return h, len(rest) == 0
}

// Verify checks proof and signature with the log's public key and gives the checkpoint they prove. It needs nothing from
// the log. Fault: invalid journal.receipt_invalid.
func (r Receipt) Verify(v note.Verifiers) (Checkpoint, error) {
	root, ok := r.Root()
	if !ok {
		return Checkpoint{}, fault.New(fault.Invalid, "journal.receipt_invalid", "index", r.Index)
	}
	c := Checkpoint{Origin: r.Origin, Size: r.Size, Root: root}
	key, err := v.Verifier(r.Origin, r.KeyHash)
	if err != nil {
		return Checkpoint{}, fault.Wrap(err, fault.Invalid, "journal.receipt_invalid", "index", r.Index)
	}
	if !key.Verify([]byte(c.Text()), r.Signature[:]) {
		return Checkpoint{}, fault.New(fault.Invalid, "journal.receipt_invalid", "index", r.Index)
	}
	return c, nil
}

// QRBytes is the room the encoded receipt takes in a QR code's alphanumeric mode, in bytes.
func (r Receipt) QRBytes() int { return (len(r.Encode())*11/2 + 7) / 8 }
