package store

import (
	"context"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// Tile gives the content of a tile of a province's log, made of what is stored; not_found journal.tile_unknown where the
// signed log has no such tile.
func (t *Tx) Tile(ctx context.Context, province string, tile tlog.Tile) ([]byte, error) {
	size, _, err := t.tree(ctx, province)
	if err != nil {
		return nil, err
	}
	from, to, err := journal.TileSpan(tile, size)
	if err != nil {
		return nil, err
	}
	if !journal.IsEntries(tile) {
		return journal.TileHashes(tile, t.HashReader(ctx, province))
	}
	leaves := make([][]byte, to-from)
	err = t.each(ctx, "SELECT leaf, bytes FROM entry WHERE province = $1 AND leaf >= $2 AND leaf < $3",
		[]any{province, from, to}, func(scan func(...any) error) error {
			var at int64
			var raw []byte
			err := scan(&at, &raw)
			if err == nil {
				leaves[at-from] = raw
			}
			return err
		})
	var out []byte
	for _, leaf := range leaves {
		out = journal.AppendBundled(out, leaf)
	}
	return out, err
}

// LogEntry gives the bytes of the entry with that number in the signed log; not_found journal.tile_unknown.
func (t *Tx) LogEntry(ctx context.Context, province string, index int64) (leaf []byte, err error) {
	size, _, err := t.tree(ctx, province)
	if err != nil {
		return nil, err
	}
	found, err := t.row(ctx, "SELECT bytes FROM entry WHERE province = $1 AND leaf = $2", []any{province, index}, &leaf)
	if err == nil && (!found || index >= size) {
		err = fault.New(fault.NotFound, "journal.tile_unknown", "path", journal.EntryName(index))
	}
	return leaf, err
}

// hashesAtOnce are how many hashes one statement reads; fewer are filled up, so that there is one statement.
const hashesAtOnce = 64

var hashesQuery = func() string {
	places := make([]string, hashesAtOnce)
	for i := range places {
		places[i] = "$" + strconv.Itoa(i+2)
	}
	return "SELECT node, hash FROM merkle WHERE province = $1 AND node IN (" + strings.Join(places, ", ") + ")"
}()

// hashes reads stored hashes, many at once.
func (t *Tx) hashes(ctx context.Context, province string, indexes []int64) ([]tlog.Hash, error) {
	got := make(map[int64]tlog.Hash, len(indexes))
	for from := 0; from < len(indexes); from += hashesAtOnce {
		part := indexes[from:min(from+hashesAtOnce, len(indexes))]
		args := []any{province}
		for i := range hashesAtOnce {
			args = append(args, part[min(i, len(part)-1)])
		}
		err := t.each(ctx, hashesQuery, args, func(scan func(...any) error) error {
			var at int64
			var raw []byte
			err := scan(&at, &raw)
			if len(raw) == tlog.HashSize {
				got[at] = tlog.Hash(raw)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		h, ok := got[at]
		if !ok {
			return nil, fault.New(fault.Internal, "store.hash_missing", "province", province, "node", at)
		}
		out[i] = h
	}
	return out, nil
}
