package journal

import (
	"iter"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
)

// Published reads a log as it is published, over a network or from a folder. Nothing of what it is given is believed:
// tiles are held against the root of the checkpoint that is asked about.
type Published struct {
	Fetch func(path string) ([]byte, error) // gives a part by its name below the log's prefix
}

// Checkpoint gives the latest signed checkpoint and what it says, if the log's key signed it.
func (p Published) Checkpoint(known note.Verifiers) (signed []byte, c Checkpoint, err error) {
	if signed, err = p.Fetch(CheckpointPath); err != nil {
		return nil, c, err
	}
	c, err = OpenCheckpoint(signed, known)
	return signed, c, err
}

// Keys gives the log's keys, if it publishes any and was handed over; the zero Succession otherwise.
func (p Published) Keys() (s Succession, err error) {
	raw, err := p.Fetch(KeysPath)
	if fault.Is(err, fault.NotFound) {
		return s, nil
	}
	if err == nil {
		s, err = ParseSuccession(raw)
	}
	if s.Handovers() == 0 {
		return Succession{}, err
	}
	return s, err
}

// Proof shows by tiles that the log of now begins with the log of old; invalid journal.tree_failed where the tiles do not
// show it. It holds only for the root that CheckTree compares it with.
func (p Published) Proof(now, old Checkpoint) (tlog.TreeProof, error) {
	if old.Size == 0 || old.Size >= now.Size {
		return nil, nil
	}
	proof, err := tlog.ProveTree(now.Size, old.Size, p.Hashes(now))
	if _, ours := fault.As(err); err != nil && !ours { // a tile that could not be had proves nothing
		err = fault.Wrap(err, fault.Invalid, "journal.tree_failed", "old", old.Size, "size", now.Size)
	}
	return proof, err
}

// Hashes reads the log's hashes; each is proved to be under the root of c.
func (p Published) Hashes(c Checkpoint) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, tiles{p})
}

// tiles is Published as package tlog reads tiles.
type tiles struct{ p Published }

func (t tiles) Height() int { return TileHeight }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(all []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(all))
	for i, tile := range all {
		data, err := t.p.Fetch(TilePath(tile))
		if err == nil && len(data) != tile.W*tlog.HashSize {
			err = fault.Wrap(brokenTile(), fault.Invalid, "journal.tile_broken").At(TilePath(tile))
		}
		if err != nil {
			return nil, err
		}
		out[i] = data
	}
	return out, nil
}

// Source is the published log as the verifier takes it: under that signed checkpoint, its entries beside the hashes that
// the tree has in their places.
func (p Published) Source(signed []byte, c Checkpoint) Source { return publishedSource{p, signed, c} }

type publishedSource struct {
	p      Published
	signed []byte
	c      Checkpoint
}

func (s publishedSource) Origin() string { return s.c.Origin }

func (s publishedSource) Keys() ([]byte, error) {
	keys, err := s.p.Keys()
	return keys.Bytes(), err
}

func (s publishedSource) Checkpoints() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) { yield(s.signed, nil) }
}

func (s publishedSource) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for from := int64(0); from < s.c.Size; from += TileWidth {
			part, err := s.records(from, int(min(TileWidth, s.c.Size-from)))
			for _, r := range part {
				if !yield(r, nil) {
					return
				}
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
		}
	}
}

func (s publishedSource) records(from int64, width int) ([]Record, error) {
	at := tlog.Tile{H: TileHeight, N: from / TileWidth, W: width}
	hashes, err := tiles{s.p}.ReadTiles([]tlog.Tile{at})
	if err != nil {
		return nil, err
	}
	at.L = entriesLevel
	data, err := s.p.Fetch(TilePath(at))
	if err != nil {
		return nil, err
	}
	leaves, err := Bundled(data, width)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "journal.tile_broken").At(TilePath(at))
	}
	out := make([]Record, width)
	for i, leaf := range leaves {
		if len(leaf) == 0 {
			leaf, err = s.p.Fetch(EntryName(from + int64(i)))
		}
		if err != nil && !fault.Is(err, fault.NotFound) { // one that is gone is for the verifier to tell
			return nil, err
		}
		err = nil
		out[i].Leaf = leaf
		copy(out[i].Hash[:], hashes[0][i*tlog.HashSize:])
	}
	return out, nil
}
