package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store/pgtest"
)

func openOn(t testing.TB, cfg Config) *Store {
	t.Helper()
	var err error
	if cfg.Root, err = journal.LoadRoot(filepath.Join(t.TempDir(), "root.key")); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // its servers may be gone
	return s
}

func do(t testing.TB, s *pgtest.Server, statements ...string) {
	t.Helper()
	if err := s.Do(statements...); err != nil {
		t.Fatal(err)
	}
}

var leftBehind = casework.ReplayKey{Province: "alborz", Actor: "p1", Key: "k1"}

// nothingAlone is the law: a primary whose standby has gone to another one acknowledges nothing, not even what it holds
// itself: its commits are given up, so that they can be seen there, and the new primary never had them.
func nothingAlone(t testing.TB, server *pgtest.Server, cfg Config) {
	cfg.URL = pgtest.URL("postgres", server)
	s := openOn(t, cfg)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	do(t, server, "ALTER SYSTEM SET synchronous_standby_names = 'elsewhere'", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.2)")
	defer giveUp(t, server)()
	unsure := func(what string, err error) {
		if f, ok := fault.As(err); !ok || f.Key != "store.commit_unknown" {
			t.Errorf("%s is answered %v", what, err)
		}
	}
	unsure("a command", s.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		return tx.Remember(ctx, leftBehind, casework.Remembered{Request: "r"})
	}))
	unsure("the command again", s.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		r, err := tx.Replayed(ctx, leftBehind)
		if err == nil && r == nil {
			t.Error("the command cannot be seen: the law was not tried")
		}
		return err
	}))
	unsure("a command that finds nothing left to do", s.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		var request string
		_, err := tx.row(ctx, "SELECT request FROM replay WHERE key = $1", []any{leftBehind.Key}, &request)
		return err
	}))
}

// giveUp is an administrator who cancels commits that hang, until it is called.
func giveUp(t testing.TB, server *pgtest.Server) (enough func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = server.Do("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'", "SELECT pg_sleep(0.1)")
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func TestAPrimaryLeftAloneAcknowledgesNothing(t *testing.T) {
	t.Parallel()
	nothingAlone(t, pgtest.NewServer(t, false), Config{})
}

func TestAnAnswerOfAPrimaryLeftAloneIsFound(t *testing.T) {
	t.Parallel()
	for words, cfg := range map[string]Config{"nothing left to do is answered <nil>": {traceless: true}, "a command is answered <nil>": {deaf: true}} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			server := pgtest.NewServer(t, false)
			control.Finds(t, words, func(t testing.TB) { nothingAlone(t, server, cfg) })
		})
	}
}

// theNewest is the law: of two servers that take writes the one that was promoted last gets them, though it stands second;
// what hangs on the other ends.
func theNewest(t testing.TB, servers [2]*pgtest.Server, cfg Config) {
	old, next := servers[0], servers[1]
	cfg.URL = pgtest.URL("postgres", old, next)
	s := openOn(t, cfg)
	do(t, old, "DROP TABLE IF EXISTS said", "CREATE TABLE said (at INT)", "INSERT INTO said VALUES (0)")
	write := func(n int) error {
		return s.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			_, err := tx.exec(ctx, "UPDATE said SET at = $1", n)
			return err
		})
	}
	if err := write(1); err != nil {
		t.Fatal(err)
	}
	held := hold(t, old)
	hangs := make(chan error, 1)
	go func() { hangs <- write(2) }() // behind a lock, as a commit without its standby would
	do(t, next, "SELECT pg_promote()", "CREATE TABLE IF NOT EXISTS said (at INT)", "DELETE FROM said", "INSERT INTO said VALUES (0)")
	select {
	case err := <-hangs:
		if err != nil {
			t.Errorf("what hung on the old server is answered %v", err)
		}
	case <-time.After(commandWait):
		t.Error("what hangs on the old server does not end")
		held()
		<-hangs
	}
	held()
	if err := write(3); err != nil {
		t.Error(err)
	}
	if a, b := at(t, old), at(t, next); a != 1 || b != 3 {
		t.Errorf("the old server holds %d and the new one %d", a, b)
	}
}

func connect(t testing.TB, s *pgtest.Server) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", pgtest.URL("postgres", s))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// hold locks what is written until it is called.
func hold(t testing.TB, s *pgtest.Server) (release func()) {
	t.Helper()
	db := connect(t, s)
	tx, err := db.BeginTx(context.Background(), nil)
	if err == nil {
		_, err = tx.ExecContext(context.Background(), "LOCK TABLE said")
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _, _ = tx.Rollback(), db.Close() }
}

func at(t testing.TB, s *pgtest.Server) (n int) {
	t.Helper()
	db := connect(t, s)
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(context.Background(), "SELECT at FROM said").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheServerPromotedLastIsWrittenTo(t *testing.T) {
	t.Parallel()
	theNewest(t, [2]*pgtest.Server{pgtest.NewServer(t, false), pgtest.NewServer(t, true)}, Config{})
}

func TestAServerThatWasLeftIsFound(t *testing.T) {
	t.Parallel()
	servers := [2]*pgtest.Server{pgtest.NewServer(t, false), pgtest.NewServer(t, true)}
	control.Finds(t, "the old server holds 3", func(t testing.TB) { theNewest(t, servers, Config{gullible: true}) })
}

func TestNoServerIsToldSoAndWhenToAskAgain(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t, false)
	s := openOn(t, Config{URL: pgtest.URL("postgres", server)})
	server.Stop()
	err := s.Write(t.Context(), func(context.Context, *Tx) error { return nil })
	if f, ok := fault.As(err); !ok || f.Key != "store.busy" || !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "unknown") {
		t.Errorf("%v", err)
	}
}
