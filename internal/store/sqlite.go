package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"modernc.org/sqlite"

	"rahgosha/internal/base/fault"
)

// DatabaseFile is the name of the SQLite database in its directory.
const DatabaseFile = "rahgosha.db"

// sqliteEngine is one writer connection behind a queue, and a pool of readers.
type sqliteEngine struct {
	s       *Store
	w       *sql.DB  // for migrations, while the writer keeps no connection
	conn    *session // the writer's; nil after it was dropped
	undone  int      // groups that still run with savepoints
	writing driver.Connector
	reading driver.Connector
	queue   chan *job
	next    *job            // taken from the queue for the next group
	meets   map[string]bool // of line
	readers chan *session
	within  chan *session // the one that commands read on beside their own transaction
	hashes  *hashCache
	keeper  keeper
	mu      sync.RWMutex // closing against sending
	closed  bool
	done    chan struct{}
}

func openSQLite(ctx context.Context, s *Store) (engine, error) {
	if err := os.MkdirAll(s.cfg.Path, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "store.unreachable", "where", s.cfg.Path)
	}
	path, err := filepath.Abs(filepath.Join(s.cfg.Path, DatabaseFile))
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "store.unreachable", "where", s.cfg.Path)
	}
	e := &sqliteEngine{s: s, queue: make(chan *job, 1024), readers: make(chan *session, s.cfg.Readers), within: make(chan *session, 1),
		hashes: newHashCache(), meets: map[string]bool{}, done: make(chan struct{})}
	run, err := e.keep(ctx, path)
	if err == nil {
		if err = e.connect(ctx, path); err != nil {
			e.keeper.shut()
		}
	}
	if f, ok := fault.As(e.fault(err)); ok && f.Key == tornFile {
		return nil, f
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "store.unreachable", "where", path)
	}
	go e.writer()
	go run()
	return e, nil
}

// keep chooses who looks after the log, and gives what does it.
func (e *sqliteEngine) keep(ctx context.Context, path string) (run func(), err error) {
	if e.s.cfg.Ship != nil {
		s, err := newShipper(ctx, e, path, *e.s.cfg.Ship)
		if err != nil {
			return nil, err
		}
		e.keeper = s
		return s.run, nil
	}
	tidying, err := sqlite.NewConnector(address(path, "", 1, "synchronous(FULL)"))
	if err != nil {
		return nil, err
	}
	t := newTidier(tidying)
	e.keeper = t
	return t.run, nil
}

func (e *sqliteEngine) connect(ctx context.Context, path string) (err error) {
	pages := mostPages
	if e.s.cfg.Ship != nil {
		pages = 0 // whoever copies the log says when it may begin anew
	}
	if e.writing, err = e.connector(path, e.s.logName(), writerCache, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(0)",
		"wal_autocheckpoint("+strconv.Itoa(pages)+")"); err != nil {
		return err
	}
	if e.reading, err = e.connector(path, "", readerCache, "query_only(1)"); err != nil {
		return err
	}
	e.w = sql.OpenDB(e.writing)
	e.w.SetMaxOpenConns(1)
	e.w.SetMaxIdleConns(-1)                      // nobody else writes beside the writer
	if err := e.w.PingContext(ctx); err != nil { // the writer first: it makes the file
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	for range e.s.cfg.Readers {
		e.readers <- nil // opened when first used
	}
	e.within <- nil
	return nil
}

// Page caches of a connection, in MB. A reader drops its own whenever somebody has written since, and the system's cache
// gives what is in neither.
const (
	writerCache = 24
	readerCache = 3
)

// connector opens connections with the given settings and so many MB of pages at hand. Busy waits are for another process,
// such as a backup.
func (e *sqliteEngine) connector(path, vfs string, cache int, pragmas ...string) (driver.Connector, error) {
	c, err := sqlite.NewConnector(address(path, vfs, cache, pragmas...))
	if err != nil {
		return nil, err
	}
	return e.s.cfg.Wrap(c), nil
}

func address(path, vfs string, cache int, pragmas ...string) string {
	q := url.Values{"_pragma": append([]string{"busy_timeout(5000)"}, append(pragmas,
		"temp_store(2)", "cache_size(-"+strconv.Itoa(cache*1000)+")", "trusted_schema(0)")...)}
	if vfs != "" {
		q.Set("vfs", vfs)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func (e *sqliteEngine) migrate(ctx context.Context) error {
	return e.exclusively(func() error {
		e.w.SetMaxIdleConns(1) // every connection begins by reading the whole schema: one for all of it
		defer e.w.SetMaxIdleConns(-1)
		return migrateUp(ctx, "sqlite3", e.w, e.s.cfg.ExpandOnly, e.s.cfg.planted...)
	})
}

// exclusively runs f while the writer keeps no connection.
func (e *sqliteEngine) exclusively(f func() error) error {
	j := &job{ctx: context.Background(), alone: f, done: make(chan error, 1)}
	if err := e.send(j); err != nil {
		return err
	}
	return <-j.done
}

func (e *sqliteEngine) close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	close(e.queue)
	e.mu.Unlock()
	<-e.done
	e.keeper.close()
	for _, idle := range []chan *session{e.readers, e.within} {
		for range cap(idle) {
			if r := <-idle; r != nil {
				r.drop()
			}
		}
	}
	err := e.w.Close()
	e.keeper.shut()
	return err
}

// read gives a reader to fn, in a transaction: WAL makes it a snapshot from its first statement on.
func (e *sqliteEngine) read(ctx context.Context, within bool, fn func(context.Context, *Tx) error) error {
	idle := e.readers
	if within {
		idle = e.within
	}
	var r *session
	select {
	case r = <-idle:
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.Unavailable, "store.cancelled")
	}
	defer func() { idle <- r }()
	if r == nil {
		var err error
		if r, err = newSession(ctx, e.reading); err != nil {
			return e.fault(err)
		}
	}
	if err := r.say("BEGIN"); err != nil {
		r.drop()
		r = nil
		return e.fault(err)
	}
	t := &Tx{s: e.s, q: r}
	err := t.run(ctx, fn)
	if end := r.say("ROLLBACK"); end != nil {
		r.drop()
		r = nil
	}
	return err
}

func (e *sqliteEngine) names() nameIndex { return nameTexts{} }

// insertWord spares SQLite to keep the pages that the statement alone changes.
func (e *sqliteEngine) insertWord() string            { return "INSERT OR FAIL" }
func (e *sqliteEngine) bytesWord(place string) string { return place }
func (e *sqliteEngine) name() string                  { return "sqlite3" }
func (e *sqliteEngine) forUpdate() string             { return "" } // there is one writer
func (e *sqliteEngine) skipLocked() string            { return "" }

// hold makes commands that run at once wait for each other; others do not meet.
func (e *sqliteEngine) hold(_ context.Context, t *Tx, thing string) error {
	return t.holdBeside(thing)
}

// tornFile is the fault of a file whose form is broken: it names the file and what to do.
const tornFile = "store.torn"

// Primary result codes of SQLite that mean something to a caller.
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteInterrupt  = 9
	sqliteIO         = 10
	sqliteCorrupt    = 11
	sqliteFull       = 13
	sqliteConstraint = 19
	sqliteNotADB     = 26
)

func (e *sqliteEngine) fault(err error) error {
	if _, ok := fault.As(err); ok || err == nil {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Unavailable, "store.cancelled")
	}
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return fault.Wrap(err, fault.Internal, "store.failed")
	}
	switch se.Code() & 0xff {
	case sqliteCorrupt, sqliteNotADB:
		return fault.Wrap(err, fault.Internal, tornFile, "file", filepath.Join(e.s.cfg.Path, DatabaseFile), "cause", se.Error())
	case sqliteFull:
		return fault.Wrap(err, fault.Full, "store.full")
	case sqliteBusy, sqliteLocked:
		return fault.Wrap(err, fault.Unavailable, "store.busy")
	case sqliteInterrupt:
		return fault.Wrap(err, fault.Unavailable, "store.cancelled")
	case sqliteIO:
		return fault.Wrap(err, fault.Unavailable, "store.io")
	case sqliteConstraint:
		if strings.Contains(se.Error(), "UNIQUE") {
			return fault.Wrap(err, fault.Conflict, "store.conflict")
		}
	}
	return fault.Wrap(err, fault.Internal, "store.failed")
}
