package openlog

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// maxPart bounds what is taken from a log at once: an entries tile, or one entry, of the largest size.
const maxPart = journal.TileWidth*(2+1<<16) + journal.MaxBody

// partTime bounds how long one part may take.
const partTime = 30 * time.Second

// Open reads a log at the address of its prefix (https://host/log/province) or in a folder. Faults of Fetch: unavailable
// openlog.unreachable, not_found openlog.no_part.
func Open(ctx context.Context, place string) journal.Published {
	if strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://") {
		return journal.Published{Fetch: func(path string) ([]byte, error) { return download(ctx, strings.TrimSuffix(place, "/")+"/"+path) }}
	}
	return journal.Published{Fetch: func(path string) ([]byte, error) { return load(place, path) }}
}

// client takes no detours: the address of a log is what somebody was given, and nowhere else.
var client = &http.Client{
	Timeout:       partTime,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func download(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, unreachable(err, address)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, unreachable(err, address)
	}
	defer func() { _ = res.Body.Close() }() // it was read, or is of no use
	if res.StatusCode == http.StatusNotFound {
		return nil, fault.New(fault.NotFound, "openlog.no_part", "at", address)
	}
	if res.StatusCode != http.StatusOK {
		return nil, unreachable(errors.New(res.Status), address)
	}
	data, err := readAtMost(res.Body, maxPart)
	if err != nil {
		return nil, unreachable(err, address)
	}
	return data, nil
}

func unreachable(err error, address string) error {
	return fault.Wrap(err, fault.Unavailable, "openlog.unreachable", "at", address)
}

func readAtMost(r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		err = errors.New("longer than a part of a log can be")
	}
	return data, err
}

func load(folder, path string) ([]byte, error) {
	name := filepath.Join(folder, filepath.FromSlash(path))
	f, err := os.Open(name) // #nosec G304 -- the part of a log that the person at the command named
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "openlog.no_part", "at", name)
	}
	if err != nil {
		return nil, unreachable(err, name)
	}
	defer func() { _ = f.Close() }() // read only
	data, err := readAtMost(f, maxPart)
	if err != nil {
		return nil, unreachable(err, name)
	}
	return data, nil
}

// Save writes a part of a log into a folder.
func Save(folder, path string, data []byte) error {
	name := filepath.Join(folder, filepath.FromSlash(path))
	err := os.MkdirAll(filepath.Dir(name), 0o755) // #nosec G301 -- an operator asked for the folder, to hand on what is in it
	if err == nil {
		err = os.WriteFile(name, data, 0o644) // #nosec G306 -- the published log is for everybody to read
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "openlog.write", "file", name)
	}
	return nil
}
