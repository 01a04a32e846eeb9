package journal_test

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

func TestTilesHaveTheNamesOfTheFormat(t *testing.T) {
	t.Parallel()
	for name, tile := range map[string]tlog.Tile{
		"tile/0/000":                       {H: 8, W: 256},
		"tile/3/x001/x234/067":             {H: 8, L: 3, N: 1234067, W: 256},
		"tile/0/x001/x234/067.p/8":         {H: 8, N: 1234067, W: 8},
		"tile/entries/x001/x234/067.p/255": {H: 8, L: -1, N: 1234067, W: 255},
	} {
		if got := journal.TilePath(tile); got != name {
			t.Errorf("%+v is called %s, not %s", tile, got, name)
		}
		if got, err := journal.ParseTile(name); err != nil || got != tile {
			t.Errorf("%s is %+v, %v", name, got, err)
		}
	}
}

// A log has the tiles that its size names and no other, under their only name.
func TestALogHasNoOtherTiles(t *testing.T) {
	t.Parallel()
	const size = 256*256 + 300
	for _, tile := range journal.AllTiles(size) {
		from, to, err := journal.TileSpan(tile, size)
		if err != nil || from < 0 || to > size {
			t.Errorf("%s: %d to %d, %v", journal.TilePath(tile), from, to, err)
		}
	}
	for _, tile := range []tlog.Tile{{H: 8, N: 257, W: 45}, {H: 8, L: 1, N: 1, W: 2}, {H: 8, L: 2, W: 2}, {H: 8, L: 8, W: 1}, {H: 8, N: 1 << 56, W: 256}} {
		if _, _, err := journal.TileSpan(tile, size); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", journal.TilePath(tile), err)
		}
	}
}

// oneTile is the law of entries tiles: no two byte strings hold the same entries.
func oneTile(t testing.TB, open func([]byte, int) ([][]byte, error), tile []byte, width int) {
	t.Helper()
	leaves, err := open(tile, width)
	if err != nil {
		return
	}
	var again []byte
	for _, leaf := range leaves {
		again = journal.AppendBundled(again, leaf)
	}
	if !bytes.Equal(again, tile) {
		t.Errorf("two tiles hold alike: % x", tile)
	}
}

func bundles() [][]byte {
	whole := journal.AppendBundled(journal.AppendBundled(nil, []byte("leaf")), make([]byte, 1<<16))
	return [][]byte{whole, append(bytes.Clone(whole), 0), whole[:len(whole)-1], nil}
}

func FuzzBundled(f *testing.F) {
	for _, b := range bundles() {
		f.Add(b, 2)
	}
	f.Fuzz(func(t *testing.T, tile []byte, width int) { oneTile(t, journal.Bundled, tile, min(max(width, 0), 256)) })
}

func TestFuzzBundledFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	careless := func(tile []byte, width int) ([][]byte, error) {
		out, err := journal.Bundled(tile, width)
		if err != nil && len(tile) > 0 {
			return journal.Bundled(tile[:len(tile)-1], width)
		}
		return out, err
	}
	control.Finds(t, "hold alike", func(t testing.TB) {
		for _, b := range bundles() {
			oneTile(t, careless, b, 2)
		}
	})
}

func FuzzParseTile(f *testing.F) {
	f.Add("tile/0/x001/067.p/8")
	f.Add("tile/entries/000")
	f.Add("tile/data/000")
	f.Fuzz(func(t *testing.T, path string) {
		if tile, err := journal.ParseTile(path); err == nil && (journal.TilePath(tile) != path || strings.Contains(path, "..")) {
			t.Errorf("%q is another name of %s", path, journal.TilePath(tile))
		}
	})
}
