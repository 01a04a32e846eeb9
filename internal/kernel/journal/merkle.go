package journal

import (
	"errors"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
)

// HashStore gives stored hashes by their index (tlog.StoredHashIndex); it is a tlog.HashReader.
type HashStore interface {
	ReadHashes(indexes []int64) ([]tlog.Hash, error)
}

// frontier is the right edge of a log: the roots of its complete subtrees, largest first. It is all one needs to append
// and to tell the root.
type frontier struct {
	n    int64
	tops []tlog.Hash
}

// readFrontier loads the edge of a log of n leaves by one call of at most log₂ n hashes.
func readFrontier(n int64, r tlog.HashReader) (*frontier, error) {
	f := &frontier{n: n}
	var at []int64
	var done int64
	for level := 62; level >= 0; level-- {
		if n&(1<<level) != 0 {
			at = append(at, tlog.StoredHashIndex(level, done>>level))
			done += 1 << level
		}
	}
	if len(at) == 0 {
		return f, nil
	}
	hashes, err := r.ReadHashes(at)
	if err != nil {
		return nil, err
	}
	if len(hashes) != len(at) {
		return nil, errors.New("hash store gave another number of hashes than asked")
	}
	f.tops = append(f.tops, hashes...)
	return f, nil
}

// push appends a record hash and appends to stored the hashes that are to be stored for it.
func (f *frontier) push(h tlog.Hash, stored []tlog.Hash) []tlog.Hash {
	stored = append(stored, h)
	for range bits.TrailingZeros64(^uint64(f.n)) { // #nosec G115 -- a count of leaves
		last := len(f.tops) - 1
		h = tlog.NodeHash(f.tops[last], h)
		f.tops = f.tops[:last]
		stored = append(stored, h)
	}
	f.tops = append(f.tops, h)
	f.n++
	return stored
}

func (f *frontier) root() tlog.Hash {
	if f.n == 0 {
		root, _ := tlog.TreeHash(0, nil) // the empty tree needs no reader and cannot fail
		return root
	}
	h := f.tops[len(f.tops)-1]
	for i := len(f.tops) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.tops[i], h)
	}
	return h
}

// Append numbers leaves n, n+1, … in a log of n leaves. It gives the hashes to store, the first at
// tlog.StoredHashIndex(0, n) and the rest at the indexes that follow without a gap, and the new root. It reads at most
// log₂ n hashes, once.
func Append(n int64, leaves [][]byte, r tlog.HashReader) (stored []tlog.Hash, root tlog.Hash, err error) {
	if n < 0 {
		return nil, root, fault.New(fault.Internal, "journal.log_position", "index", n, "size", n)
	}
	f, err := readFrontier(n, r)
	if err != nil {
		return nil, root, fault.Wrap(err, fault.Internal, "journal.hashes_unreadable", "size", n)
	}
	stored, root = f.grow(leaves)
	return stored, root, nil
}

func (f *frontier) grow(leaves [][]byte) (stored []tlog.Hash, root tlog.Hash) {
	stored = make([]tlog.Hash, 0, 2*len(leaves)+64)
	for _, leaf := range leaves {
		stored = f.push(RecordHash(leaf), stored)
	}
	return stored, f.root()
}

// Continue is Append to the log that c signed; invalid journal.edge_forged when the stored hashes do not give c's root, for
// then somebody changed them and what is appended would vouch for it.
func Continue(c Checkpoint, leaves [][]byte, r tlog.HashReader) (stored []tlog.Hash, root tlog.Hash, err error) {
	f, err := readFrontier(c.Size, r)
	if err != nil {
		return nil, root, fault.Wrap(err, fault.Internal, "journal.hashes_unreadable", "size", c.Size)
	}
	if f.root() != c.Root {
		return nil, root, fault.New(fault.Internal, "journal.edge_forged", "size", c.Size)
	}
	stored, root = f.grow(leaves)
	return stored, root, nil
}

// RootOf is the root of a log of n leaves.
func RootOf(n int64, r tlog.HashReader) (tlog.Hash, error) {
	_, root, err := Append(n, nil, r)
	return root, err
}

// Prove gives the inclusion proof of the leaf at index in the log of that size: at most log₂ size hashes.
func Prove(size, index int64, r tlog.HashReader) (tlog.RecordProof, error) {
	if index < 0 || index >= size {
		return nil, fault.New(fault.NotFound, "journal.log_position", "index", index, "size", size)
	}
	p, err := tlog.ProveRecord(size, index, r)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "journal.hashes_unreadable", "size", size)
	}
	return p, nil
}

// CheckProof reports whether the log of c has leaf as the entry at index; invalid journal.proof_failed when not.
func CheckProof(p tlog.RecordProof, c Checkpoint, index int64, leaf tlog.Hash) error {
	if err := tlog.CheckRecord(p, c.Size, c.Root, index, leaf); err != nil {
		return fault.Wrap(err, fault.Invalid, "journal.proof_failed", "index", index, "size", c.Size)
	}
	return nil
}

// ProveTree gives the consistency proof: the log of size begins with the log of old, 1 ≤ old ≤ size.
func ProveTree(size, old int64, r tlog.HashReader) (tlog.TreeProof, error) {
	if old < 1 || old > size {
		return nil, fault.New(fault.NotFound, "journal.log_position", "index", old, "size", size)
	}
	p, err := tlog.ProveTree(size, old, r)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "journal.hashes_unreadable", "size", size)
	}
	return p, nil
}

// CheckTree reports whether now continues old without changing anything before; invalid journal.tree_failed when not.
// Every log continues the empty one.
func CheckTree(p tlog.TreeProof, now, old Checkpoint) error {
	if now.Origin == old.Origin && old.Size == 0 && len(p) == 0 {
		return nil
	}
	err := errors.New("another origin")
	if now.Origin == old.Origin {
		err = tlog.CheckTree(p, now.Size, now.Root, old.Size, old.Root)
	}
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "journal.tree_failed", "old", old.Size, "size", now.Size)
	}
	return nil
}
