package chain

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// The form of SQLite's log: a header, then frames of a header and a page each (sqlite.org/fileformat2.html, section 4).
const (
	headerSize  = 32
	frameHeader = 24
	magicLittle = 0x377f0682 // sums are of little-endian words
	magicBig    = 0x377f0683
)

// ErrOther says that the log is not the one that was followed, or was written anew behind its follower.
var ErrOther = errors.New("the log is another one")

// Position is how far a log was followed: its salt, which another log does not have, and its last frame with the sum of
// all bytes up to there. The zero frame is before the first one.
type Position struct {
	Salt  [8]byte
	Frame int64
	Sum   [8]byte
}

// Header is the beginning of a log.
type Header struct {
	raw   [headerSize]byte
	order binary.ByteOrder
	page  int64
	sum   [8]byte
}

// ReadHeader reads the beginning of a log; there is false where nothing was written yet.
func ReadHeader(r io.ReaderAt) (h Header, there bool, err error) {
	n, err := r.ReadAt(h.raw[:], 0)
	if n == 0 && errors.Is(err, io.EOF) {
		return h, false, nil
	}
	if err != nil {
		return h, false, fmt.Errorf("the log's header: %w", err)
	}
	switch binary.BigEndian.Uint32(h.raw[:]) {
	case magicLittle:
		h.order = binary.LittleEndian
	case magicBig:
		h.order = binary.BigEndian
	default:
		return h, false, fmt.Errorf("the log's header: %w", ErrOther)
	}
	h.page = int64(binary.BigEndian.Uint32(h.raw[8:]))
	if h.page < 512 || h.page > 65536 || h.page&(h.page-1) != 0 {
		return h, false, fmt.Errorf("the log's page size: %w", ErrOther)
	}
	h.sum = h.add([8]byte{}, h.raw[:24])
	if [8]byte(h.raw[24:]) != h.sum {
		return h, false, fmt.Errorf("the log's header: %w", ErrOther)
	}
	return h, true, nil
}

// Start is the position before the first frame.
func (h Header) Start() Position { return Position{Salt: [8]byte(h.raw[16:]), Sum: h.sum} }

// Follows says that a log was begun right after another one: SQLite counts them in the first half of the salt.
func (p Position) Follows(before Position) bool {
	return binary.BigEndian.Uint32(p.Salt[:]) == binary.BigEndian.Uint32(before.Salt[:])+1
}

// Holds says that the log has the very frame that was the last one followed.
func (h Header) Holds(r io.ReaderAt, p Position) bool {
	if h.Start().Salt != p.Salt {
		return false
	}
	if p.Frame == 0 {
		return h.sum == p.Sum
	}
	var frame [frameHeader]byte
	if _, err := r.ReadAt(frame[:], h.offset(p.Frame-1)); err != nil {
		return false
	}
	return [8]byte(frame[8:]) == p.Salt && [8]byte(frame[16:]) == p.Sum
}

func (h Header) offset(frame int64) int64 { return headerSize + frame*(frameHeader+h.page) }

// Frames gives the bytes of the log after a position up to a frame, with the header before the first one, and the position
// reached. Every sum is computed anew: what was written over meanwhile is ErrOther. whole says that a transaction ends there.
func (h Header) Frames(r io.ReaderAt, from Position, last int64) (raw []byte, to Position, whole bool, err error) {
	if h.Start().Salt != from.Salt || last < from.Frame {
		return nil, from, false, ErrOther
	}
	size := frameHeader + h.page
	raw = make([]byte, (last-from.Frame)*size)
	if _, err := r.ReadAt(raw, h.offset(from.Frame)); err != nil {
		return nil, from, false, fmt.Errorf("frames %d to %d of the log: %w", from.Frame+1, last, err)
	}
	to = from
	for at := int64(0); at < int64(len(raw)); at += size {
		frame := raw[at : at+size]
		to.Sum = h.add(h.add(to.Sum, frame[:8]), frame[frameHeader:])
		to.Frame++
		if [8]byte(frame[8:16]) != from.Salt || [8]byte(frame[16:24]) != to.Sum {
			return nil, from, false, fmt.Errorf("frame %d: %w", to.Frame, ErrOther)
		}
		whole = binary.BigEndian.Uint32(frame[4:]) != 0
	}
	if from.Frame == 0 {
		raw = append(h.raw[:], raw...)
	}
	return raw, to, whole, nil
}

// add goes on with a sum over more bytes, as SQLite does.
func (h Header) add(sum [8]byte, b []byte) [8]byte {
	s0, s1 := binary.BigEndian.Uint32(sum[:]), binary.BigEndian.Uint32(sum[4:])
	for ; len(b) >= 8; b = b[8:] {
		s0 += h.order.Uint32(b) + s1
		s1 += h.order.Uint32(b[4:]) + s0
	}
	binary.BigEndian.PutUint32(sum[:], s0)
	binary.BigEndian.PutUint32(sum[4:], s1)
	return sum
}

// MarshalText and UnmarshalText carry a position in the head of a record.
func (p Position) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%x %d %x", p.Salt, p.Frame, p.Sum), nil
}

// UnmarshalText reads what MarshalText wrote.
func (p *Position) UnmarshalText(b []byte) error {
	var salt, sum string
	if _, err := fmt.Sscanf(string(b), "%s %d %s", &salt, &p.Frame, &sum); err != nil {
		return fmt.Errorf("a position: %w", err)
	}
	for _, part := range []struct {
		text string
		to   *[8]byte
	}{{salt, &p.Salt}, {sum, &p.Sum}} {
		raw, err := hex.DecodeString(part.text)
		if err != nil || len(raw) != len(part.to) {
			return errors.New("a position: eight bytes are needed")
		}
		*part.to = [8]byte(raw)
	}
	return nil
}
