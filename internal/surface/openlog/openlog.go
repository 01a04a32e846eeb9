// Package openlog gives a province's journal to everybody: its signed checkpoint, its keys, the tiles of its Merkle tree and its
// entries as they were journalled (C2SP tlog-tiles), sealed where they speak of people. Whoever doubts the province reads
// them, keeps them, and finds by themselves what was changed. The
// package also reads such a log, over HTTP or from a folder, and is both ends of the talk between a log and its witnesses
// (C2SP tlog-witness).
package openlog

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/surface/httpkit"
)

// Log is a province's log as it is stored. Faults: not_found where there is no such province, tile or entry.
type Log interface {
	// Checkpoint gives the latest signed checkpoint, with what witnesses signed of that very one.
	Checkpoint(ctx context.Context, province string) ([]byte, error)
	// Witnessed gives the latest checkpoint that a witness signed too.
	Witnessed(ctx context.Context, province string) ([]byte, error)
	// Keys gives all keys that the log ever had (journal.Succession).
	Keys(ctx context.Context, province string) ([]byte, error)
	Tile(ctx context.Context, province string, t tlog.Tile) ([]byte, error)
	Entry(ctx context.Context, province string, index int64) ([]byte, error)
}

// Config is what the surface needs.
type Config struct {
	Clock clock.Clock
	Log   Log
}

// Server publishes the log. It is safe for concurrent use.
type Server struct {
	cfg     Config
	readers *httpkit.Throttle
}

// A reader of a whole log takes the tiles of two hundred thousand entries at once, and then a tile each readEvery: a log of
// a million entries in a few minutes, and nobody keeps the database busy.
const (
	readBurst = 2000
	readEvery = 25 * time.Millisecond
	readKeys  = 20_000
)

// New makes the surface.
func New(cfg Config) (*Server, error) {
	if cfg.Clock == nil || cfg.Log == nil {
		return nil, errors.New("openlog: Config is incomplete")
	}
	return &Server{cfg: cfg, readers: httpkit.NewThrottle(cfg.Clock, readBurst, readEvery, readKeys)}, nil
}

// Prefix begins the address of every log.
const Prefix = "/log/"

// Routes is the surface's route table. All is public: that is what it is for.
func (s *Server) Routes() []httpkit.Route {
	rt := func(pattern string, h httpkit.Handler) httpkit.Route {
		return httpkit.Route{Method: http.MethodGet, Pattern: Prefix + "{province}/" + pattern, Policy: httpkit.Public, Handler: s.bounded(h)}
	}
	return []httpkit.Route{
		rt(journal.CheckpointPath, checkpoint(s.cfg.Log.Checkpoint)),
		rt(journal.WitnessedPath, checkpoint(s.cfg.Log.Witnessed)),
		rt(journal.KeysPath, checkpoint(s.cfg.Log.Keys)),
		rt("tile/{tile...}", s.tile),
		rt(journal.EntryPath+"{index}", s.entry),
	}
}

// bounded lets an address read so fast and no faster, and answers programs in their form.
func (s *Server) bounded(h httpkit.Handler) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		r.Header.Set("Accept", "application/json")
		if err := s.readers.Take(httpkit.ClientNetwork(r)); err != nil {
			return err
		}
		return h(w, r)
	}
}

// A checkpoint is old after a moment. What is asked by its place in the log never changes.
const (
	moment  = "public, max-age=2"
	forever = "public, max-age=31536000, immutable"
)

func checkpoint(read func(context.Context, string) ([]byte, error)) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		signed, err := read(r.Context(), r.PathValue("province"))
		if err != nil {
			return err
		}
		return give(w, "text/plain; charset=utf-8", moment, signed)
	}
}

func (s *Server) tile(w http.ResponseWriter, r *http.Request) error {
	t, err := journal.ParseTile("tile/" + r.PathValue("tile"))
	if err != nil {
		return err
	}
	data, err := s.cfg.Log.Tile(r.Context(), r.PathValue("province"), t)
	if err != nil {
		return err
	}
	return give(w, "application/octet-stream", forever, data)
}

func (s *Server) entry(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("index")
	index, err := strconv.ParseInt(name, 10, 64)
	if err != nil || index < 0 || journal.EntryName(index) != journal.EntryPath+name {
		return fault.New(fault.NotFound, "journal.tile_unknown", "path", journal.EntryPath+name)
	}
	leaf, err := s.cfg.Log.Entry(r.Context(), r.PathValue("province"), index)
	if err != nil {
		return err
	}
	return give(w, "application/octet-stream", forever, leaf)
}

func give(w http.ResponseWriter, kind, keep string, data []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", keep)
	_, err := w.Write(data)
	return err
}
