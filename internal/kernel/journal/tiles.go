package journal

import (
	"encoding/binary"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
)

// The names of a public log's parts, below its prefix (C2SP tlog-tiles). Two are ours: the latest checkpoint that a witness
// signed too, which on a busy log is never the latest of all, and entries that are too long for a tile.
const (
	CheckpointPath = "checkpoint"
	WitnessedPath  = "witnessed"
	EntryPath      = "entry/"
)

// A tile holds up to TileWidth hashes or entries; TileHeight is its height in the tree.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
)

// entriesLevel is the level of tiles that hold entries instead of hashes, as package tlog has it.
const entriesLevel = -1

// maxBundled is the longest entry that an entries tile has room for, in bytes.
const maxBundled = 1<<16 - 1

// Package tlog writes the height into a tile's path, which is always 8 here, and calls entries data.
const (
	theirHashes, theirEntries = "tile/8/", "tile/8/data/"
	ourHashes, ourEntries     = "tile/", "tile/entries/"
)

// TilePath is the name of a tile below a log's prefix: tile/<level>/<number>, tile/entries/<number>, of a tile that is
// not full with .p/<width> at its end. Numbers are written in groups of three digits: 1234067 is x001/x234/067.
func TilePath(t tlog.Tile) string {
	if rest, ok := strings.CutPrefix(t.Path(), theirEntries); ok {
		return ourEntries + rest
	}
	return ourHashes + strings.TrimPrefix(t.Path(), theirHashes)
}

// ParseTile reads a tile's name back; not_found journal.tile_unknown for any other text.
func ParseTile(path string) (tlog.Tile, error) {
	theirs := theirHashes + strings.TrimPrefix(path, ourHashes)
	if rest, ok := strings.CutPrefix(path, ourEntries); ok {
		theirs = theirEntries + rest
	}
	t, err := tlog.ParseTilePath(theirs)
	if err != nil || TilePath(t) != path || t.L > 64/TileHeight {
		return tlog.Tile{}, fault.New(fault.NotFound, "journal.tile_unknown", "path", path)
	}
	return t, nil
}

// TileSpan gives the numbers of the entries that a tile stands on, the second not among them; not_found
// journal.tile_unknown where a log of that size has no such tile.
func TileSpan(t tlog.Tile, size int64) (from, to int64, err error) {
	shift := TileHeight * max(t.L, 0)
	first := t.N << TileHeight
	from, to = first<<shift, (first+int64(t.W))<<shift
	if first>>TileHeight != t.N || from>>shift != first || to <= from || to > size { // numbers that do not fit are beyond every log
		return 0, 0, fault.New(fault.NotFound, "journal.tile_unknown", "path", TilePath(t))
	}
	return from, to, nil
}

// TileHashes gives the content of a tile of hashes from the hashes as they are stored.
func TileHashes(t tlog.Tile, r tlog.HashReader) ([]byte, error) {
	data, err := tlog.ReadTileData(t, r)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "journal.hashes_unreadable", "size", (t.N<<TileHeight)+int64(t.W))
	}
	return data, nil
}

// AllTiles names all tiles of a log of that size, those of entries first.
func AllTiles(size int64) []tlog.Tile {
	hashes := tlog.NewTiles(TileHeight, 0, size)
	var out []tlog.Tile
	for _, t := range hashes {
		if t.L == 0 {
			t.L = entriesLevel
			out = append(out, t)
		}
	}
	return append(out, hashes...)
}

// IsEntries says whether a tile holds entries.
func IsEntries(t tlog.Tile) bool { return t.L == entriesLevel }

// TooLong says whether an entry has no room in an entries tile: it is published under its own name instead.
func TooLong(leaf []byte) bool { return len(leaf) > maxBundled }

// EntryName is the name of one entry below a log's prefix.
func EntryName(index int64) string { return EntryPath + strconv.FormatInt(index, 10) }

// AppendBundled appends an entry to the content of an entries tile: its length in two bytes, big-endian, and its bytes.
// One that is too long, or is not there, stands as an empty one, which no entry is.
func AppendBundled(tile, leaf []byte) []byte {
	if TooLong(leaf) {
		leaf = nil
	}
	return append(binary.BigEndian.AppendUint16(tile, uint16(len(leaf))), leaf...) // #nosec G115 -- longer entries are not in tiles
}

// Bundled takes the content of an entries tile of that width apart; invalid journal.tile_broken where it is not one. An
// empty entry is to be asked for by its own name.
func Bundled(tile []byte, width int) ([][]byte, error) {
	out := make([][]byte, 0, width)
	for range width {
		if len(tile) < 2 || len(tile)-2 < int(binary.BigEndian.Uint16(tile)) {
			return nil, brokenTile()
		}
		end := 2 + int(binary.BigEndian.Uint16(tile))
		out, tile = append(out, tile[2:end:end]), tile[end:]
	}
	if len(tile) > 0 {
		return nil, brokenTile()
	}
	return out, nil
}

func brokenTile() error { return fault.New(fault.Invalid, "journal.tile_broken") }
