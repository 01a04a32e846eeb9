// Package storetest opens the real databases under the tests of other packages: SQLite always, PostgreSQL where there is
// a server. It is for tests only.
package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
	"rahgosha/internal/store/pgtest"
)

// Template is the PostgreSQL template of a package's tests; its Run belongs into the package's TestMain.
func Template(name string) *pgtest.Template { return &pgtest.Template{Name: name, Migrate: migrate} }

func migrate(url string) error {
	dir, err := os.MkdirTemp("", "rahgosha-root")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return migrated(dir, store.Config{URL: url})
}

var file = pgtest.File{Name: store.DatabaseFile, Migrate: func(dir string) error { return migrated(dir, store.Config{Path: dir}) }}

// migrated brings a new database up to date, with a root key that lies in the folder.
func migrated(dir string, cfg store.Config) (err error) {
	if cfg.Root, err = journal.LoadRoot(filepath.Join(dir, "root.key")); err != nil {
		return err
	}
	s, err := store.Open(context.Background(), cfg)
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(context.Background()), s.Close())
}

// Config gives the address of a fresh database.
type Config func(t testing.TB) store.Config

// OnBoth runs a test on each engine, in parallel. The test may ask for several databases.
func OnBoth(t *testing.T, p *pgtest.Template, test func(t *testing.T, fresh Config)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite) })
	t.Run("postgres", func(t *testing.T) {
		if os.Getenv(pgtest.Env) == "" {
			t.Skip("skipped: " + pgtest.Env + " is not set")
		}
		test(t, func(t testing.TB) store.Config {
			t.Helper()
			cfg := SQLite(t)
			cfg.URL = p.Fresh(t)
			return cfg
		})
	})
}

// SQLite gives a database in a folder of its own.
func SQLite(t testing.TB) store.Config {
	t.Helper()
	root, err := journal.LoadRoot(filepath.Join(t.TempDir(), "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	return store.Config{Path: t.TempDir(), Root: root}
}

// Open opens and migrates a store that is closed after the test, with a clock that stands at start.
func Open(t testing.TB, cfg store.Config, start time.Time) (*store.Store, *clock.Manual) {
	t.Helper()
	if cfg.URL == "" {
		file.Put(t, cfg.Path)
	}
	c := clock.NewManual(start)
	cfg.Clock = c
	s, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s, c
}
