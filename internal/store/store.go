package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql/driver"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// Config says where the data are. Only Root and one of Path and URL are needed.
type Config struct {
	Path     string        // directory of the SQLite database; used when URL is empty
	URL      string        // PostgreSQL: postgres://user:password@host/database
	PlainURL bool          // a server on another machine may be spoken to without TLS that knows it
	Root     *journal.Root // wraps data keys, signs checkpoints
	Clock    clock.Clock   // nil is the machine's
	Log      *slog.Logger  // nil discards
	Node     string        // who this process is in leases; "" draws a name
	Group    int           // commands in one SQLite transaction; 0 is 64
	Readers  int           // connections that read; 0 is 4 on SQLite; 8 on PostgreSQL, beside as many that write, and as many for what commands read
	Deciders int           // commands of a group that may run at once on SQLite; 0 is twice as many as there are processors, at most 8
	Commit   time.Duration // how long to wait for a PostgreSQL COMMIT before its outcome is called unknown; 0 is 10 s
	// ExpandOnly leaves migrations that older programs would not survive for later.
	ExpandOnly bool
	Ship       *Ship // where to copy what is committed on SQLite; nil copies nothing

	planted []goose.ProviderOption // tests: more migrations

	Wrap   func(driver.Connector) driver.Connector // tests: lies between the store and its database
	Around func(run func() error) error            // tests: runs each command of Write

	leaky bool // tests' negative control: statements carry the request's context
	naive bool // tests' negative control: a lost transaction is not noticed

	beside   bool // tests: every command may run at once with others
	trusting bool // tests' negative control: a failed command of a group without savepoints is not undone

	lazy    bool // tests' negative control: the log is forced to disk without what is held of it
	tardy   bool // tests' negative control: rows that wait are written at a group's end, whoever reads their table before
	hasty   bool // tests' negative control: the same request at once is not waited for
	eager   bool // tests' negative control: keys that a command reads are everybody's before its COMMIT
	stale   bool // tests' negative control: nobody asks what others have destroyed
	crowded bool // tests' negative control: commands decide by one list at once
	greedy  bool // tests' negative control: a read within a read takes a connection of its own
	humble  bool // tests' negative control: a read within a command queues with all others

	credulous   bool // tests' negative control: whatever lies in the database is numbered and signed
	nearsighted bool // tests' negative control: of the rows that wait for a number the oldest alone are looked at
	traceless   bool // tests' negative control: a command that changed nothing commits without a word in PostgreSQL's log
	gullible    bool // tests' negative control: whatever PostgreSQL server takes writes is believed to lead
	deaf        bool // tests' negative control: what PostgreSQL warns of at COMMIT is not heard
}

// Store is an open database; safe for concurrent use.
type Store struct {
	cfg     Config
	eng     engine
	keys    *keyCache
	mu      sync.Mutex
	logKeys map[string]knownKeys // by province

	strangers     sync.Map // rows that were told of
	strangersTold atomic.Int64
	totals        totals
}

// engine is one of the two databases.
type engine interface {
	dialect
	// write runs a command; beside says that it may run at once with others.
	write(ctx context.Context, beside bool, fn func(context.Context, *Tx) error) error
	read(ctx context.Context, within bool, fn func(context.Context, *Tx) error) error // within says that a command reads
	migrate(ctx context.Context) error
	scrub(ctx context.Context) error
	close() error
}

// dialect is what statements cannot say alike on both.
type dialect interface {
	// name is the dialect's name for migrations.
	name() string
	// fault translates an error of the driver.
	fault(err error) error
	// insertWord begins an INSERT of many rows, whose command is undone whole when it fails.
	insertWord() string
	// bytesWord makes the database take a parameter as bytes where nothing else says so.
	bytesWord(place string) string
	// names is the database's index of units' names.
	names() nameIndex
	// forUpdate ends a SELECT whose rows the transaction is going to change.
	forUpdate() string
	// skipLocked ends a SELECT that takes rows nobody else is taking.
	skipLocked() string
	// hold makes transactions that name the same thing wait for each other, until they end.
	hold(ctx context.Context, t *Tx, thing string) error
}

// Open opens the database without changing it; Migrate brings its schema up to date. Faults: invalid store.config,
// unavailable store.unreachable.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Root == nil || (cfg.Path == "" && cfg.URL == "") {
		return nil, fault.New(fault.Invalid, "store.config")
	}
	s := &Store{cfg: withDefaults(cfg), keys: newKeyCache(keyCacheSize, keyAge), logKeys: map[string]knownKeys{}}
	var err error
	if cfg.URL != "" {
		s.eng, err = openPostgres(ctx, s)
	} else {
		s.eng, err = openSQLite(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func withDefaults(c Config) Config {
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Wrap == nil {
		c.Wrap = func(d driver.Connector) driver.Connector { return d }
	}
	if c.Around == nil {
		c.Around = func(run func() error) error { return run() }
	}
	c.Node = cmp.Or(c.Node, rand.Text()[:12])
	c.Group = cmp.Or(c.Group, 64)
	c.Deciders = cmp.Or(c.Deciders, min(8, 2*runtime.GOMAXPROCS(0))) // while some wait for their turn at the connection, others decide
	c.Commit = cmp.Or(c.Commit, 10*time.Second)
	if c.Readers == 0 {
		c.Readers = 4
		if c.URL != "" {
			c.Readers = 8
		}
	}
	return c
}

// Migrate brings the schema up to date; several nodes may do so at once.
func (s *Store) Migrate(ctx context.Context) error { return s.eng.migrate(ctx) }

// Close waits for the writes under way and closes all connections.
func (s *Store) Close() error { return s.eng.close() }

// Write runs fn in a transaction and returns after its COMMIT. When fn fails nothing of it stays, unless its error
// wraps an AfterRollback. A statement that fails ends its command even when fn hides the error.
//
// Once begun a command is not stopped: no statement carries ctx's cancellation (kernel.md 2, 3). fn may run more than
// once (a conflict between transactions, a group that the engine ended), so it must change nothing outside, and set its
// results anew each time; Tx.OnCommit is for changes of memory. On SQLite fn runs on the writer's goroutine: it is quick,
// and never calls Write. On PostgreSQL commands run at once on what is committed: what they decide by, the methods that give it have
// them wait for (LoadCase, deciding). Faults: those of fn, full store.full, conflict
// store.conflict, unavailable store.busy, unavailable store.commit_unknown (ask again by the idempotency key),
// internal store.panic and store.failed.
func (s *Store) Write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return s.write(ctx, false, fn)
}

// WriteBeside is Write for a command that holds what it reads and then writes (LoadCase, Replayed, Alike, numbers and
// balances do so themselves), so that it may run at once with others. PostgreSQL runs all commands so; on SQLite those of
// a group share its transaction, and each statement sees what the others have written so far. A command that fails after
// it had written undoes its whole group, which then runs again one by one: nobody's answer rests on what did not stay.
func (s *Store) WriteBeside(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return s.write(ctx, true, fn)
}

func (s *Store) write(ctx context.Context, beside bool, fn func(context.Context, *Tx) error) error {
	ctx = context.WithValue(ctx, inside{s}, (*Tx)(nil))
	return s.cfg.Around(func() error { return s.eng.write(ctx, beside, fn) })
}

// inside finds in a context the snapshot that its caller reads on, nil within a command.
type inside struct{ s *Store }

// Read runs fn on a snapshot; statements that write fail. What fn reads through its own context it reads on the same
// snapshot: who holds a connection never waits for another one, or readers that all do so would wait for ever. A command
// that reads so has connections that nobody else reads on: while many wait to read, commands would stand in their queue
// with what they hold, and hardly any would be done.
func (s *Store) Read(ctx context.Context, fn func(context.Context, *Tx) error) error {
	t, within := ctx.Value(inside{s}).(*Tx)
	if t != nil && !s.cfg.greedy {
		return t.as(ctx, func() error { return fn(ctx, t) })
	}
	return s.eng.read(ctx, within && t == nil && !s.cfg.humble, func(ctx context.Context, t *Tx) error { return fn(context.WithValue(ctx, inside{s}, t), t) })
}

// Within runs fn on the transaction that ctx is in, also one that writes and has written, and else on a snapshot. What it
// learns is kept in memory by Tx.Known alone.
func (s *Store) Within(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if t, _ := ctx.Value(around{s}).(*Tx); t != nil {
		return t.as(ctx, func() error { return fn(ctx, t) })
	}
	return s.Read(ctx, fn)
}

// around finds in a context the transaction that its caller writes in.
type around struct{ s *Store }

// AfterRollback is an error of a command (as casework.Refusal is) that leaves something behind nevertheless: after the command is rolled back,
// Do runs in a savepoint (PostgreSQL: a transaction) of its own, and Write returns Err once that is committed. It sees
// what is stored now, not what the command had read, so it loads again what it needs. When Do fails, Write returns
// Do's error.
type AfterRollback struct {
	Err error
	Do  func(ctx context.Context, t *Tx) error
}

func (a *AfterRollback) Error() string { return a.Err.Error() }

// Unwrap gives what the command failed by.
func (a *AfterRollback) Unwrap() error { return a.Err }

func (s *Store) now() int64 { return s.cfg.Clock.Now().UnixMicro() }
