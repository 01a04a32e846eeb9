package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

func TestAMigrationIsJudgedByItsStatements(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"CREATE TABLE a (x INT); CREATE UNIQUE INDEX i ON a (x); INSERT INTO a SELECT 1;": expand,
		"CREATE INDEX i ON cases (x); DROP INDEX j;":                                      expand,
		"ALTER TABLE cases ADD COLUMN x INT;":                                             expand,
		"ALTER TABLE cases ADD COLUMN x INT NOT NULL DEFAULT 0;":                          expand,
		"ALTER TABLE cases ADD COLUMN x INT NOT NULL;":                                    contract,
		"CREATE UNIQUE INDEX i ON cases (x);":                                             contract,
		"INSERT INTO cases VALUES (1);":                                                   contract,
		"UPDATE cases SET x = 1;":                                                         contract,
		"ALTER TABLE cases DROP COLUMN x;":                                                contract,
		"DROP TABLE cases; -- CREATE TABLE a (x INT)":                                     contract,
		"-- expand: nobody reads x\nALTER TABLE cases DROP COLUMN x;":                     expand,
		"-- contract: programs before it write no tag\nALTER TABLE a ADD COLUMN x INT;":   contract,
		"CREATE TABLE a (x INT);\n-- +goose Down\nDROP TABLE a;":                          expand,
	} {
		if got := kindOf(text, upStatements(text)); got != want {
			t.Errorf("%q is judged %s", text, got)
		}
	}
}

// admin runs statements as a newer program would have.
func admin(t testing.TB, s *Store, statements ...string) {
	t.Helper()
	must(t, onDB(s, func(db *sql.DB) error {
		for _, text := range statements {
			if _, err := db.ExecContext(context.Background(), text); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		return nil
	}))
}

func onDB(s *Store, do func(db *sql.DB) error) error {
	switch e := s.eng.(type) {
	case *sqliteEngine:
		return e.exclusively(func() error { return do(e.w) })
	case *postgresEngine:
		return do(e.db)
	}
	return nil
}

// newer leaves what a newer program's migration leaves.
func newer(t testing.TB, s *Store, version int, kind, statement string) {
	t.Helper()
	statements := []string{statement, fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, %s)", version, map[bool]string{true: "true", false: "1"}[s.cfg.URL != ""])}
	if kind != "" {
		statements = append(statements, fmt.Sprintf("INSERT INTO schema_change (version, name, kind, sum) VALUES (%d, '%05d_newer', '%s', '')", version, version, kind))
	}
	admin(t, s, statements...)
}

func keyOf(err error) (key string, args map[string]any) {
	if f, ok := fault.As(err); ok {
		return f.Key, f.Args
	}
	return fmt.Sprint(err), nil
}

// A program meets a schema of the version after its own: it works on where that only added, and refuses by name where it did not.
func TestAProgramWorksOnTheNextSchemaWhereItOnlyAdded(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		newer(t, s, 99001, expand, "ALTER TABLE cases ADD COLUMN newer INTEGER NOT NULL DEFAULT 7")
		if err := s.Migrate(context.Background()); err != nil {
			t.Fatal(err)
		}
		write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c", 1, [32]byte{}) })
		refused(t, s, 99002, contract, "99002_newer")
		refused(t, s, 99003, "", "99003")
		control.Finds(t, "is not refused", func(t testing.TB) { refused(t, s, 99004, expand, "99004_newer") })
	})
}

func refused(t testing.TB, s *Store, version int, kind, name string) {
	t.Helper()
	newer(t, s, version, kind, "UPDATE cases SET version = version")
	key, args := keyOf(s.Migrate(context.Background()))
	if key != "store.schema_newer" || args["migration"] != name {
		t.Errorf("%d, %s, is not refused by name: %s %v", version, kind, key, args)
	}
	admin(t, s, fmt.Sprintf("DELETE FROM goose_db_version WHERE version_id = %d", version), fmt.Sprintf("DELETE FROM schema_change WHERE version = %d", version))
}

// A migration that is not the one that was applied is refused by its name.
func TestAChangedMigrationIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		must(t, s.Migrate(context.Background()))
		admin(t, s, "UPDATE schema_change SET sum = 'other' WHERE version = 240")
		if key, args := keyOf(s.Migrate(context.Background())); key != "store.schema_changed" || args["migration"] != "00240_projection" {
			t.Errorf("%s %v", key, args)
		}
	})
}

// While older programs work on the database, a contracting migration waits; afterwards it is done, and noted.
func TestAContractingMigrationCanWait(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		s.cfg.planted = []goose.ProviderOption{goose.WithGoMigrations(goose.NewGoMigration(99010, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "DROP TABLE told")
			return err
		}}, nil))}
		there := func() (ok bool) {
			must(t, onDB(s, func(db *sql.DB) (err error) {
				ok, err = hasTable(context.Background(), s.eng.name(), db, "told")
				return err
			}))
			return ok
		}
		s.cfg.ExpandOnly = true
		must(t, s.Migrate(context.Background()))
		if !there() {
			t.Error("it did not wait")
		}
		if current, err := s.Current(context.Background()); !current || err != nil {
			t.Errorf("meanwhile the schema is not current (%v)", err)
		}
		s.cfg.ExpandOnly = false
		must(t, s.Migrate(context.Background()))
		if there() {
			t.Error("it was never done")
		}
		s.cfg.planted = nil
		if key, args := keyOf(s.Migrate(context.Background())); key != "store.schema_newer" || args["migration"] != "99010" {
			t.Errorf("a program that does not know it: %s %v", key, args)
		}
	})
}

// childEnv makes the test's own program migrate a database, so that it can be killed.
const childEnv = "RAHGOSHA_STORE_CHILD"

const (
	childProduct = "product"
	childTorn    = "torn" // carries out a migration outside of any transaction
)

// before is the schema from which on the child migrates: much is copied on the way.
const before = 230

func migrateAsChild() {
	err := func() error {
		root, err := journal.LoadRoot(os.Getenv("CHILD_ROOT"))
		if err != nil {
			return err
		}
		s, err := Open(context.Background(), Config{Path: os.Getenv("CHILD_PATH"), URL: os.Getenv("CHILD_URL"), Root: root})
		if err != nil {
			return err
		}
		fmt.Println("begin")
		if os.Getenv(childEnv) == childTorn {
			if err := torn(s); err != nil {
				return err
			}
		}
		return errors.Join(s.Migrate(context.Background()), s.Close())
	}()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v\n", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// torn is a migration as it must not be: statement by statement.
func torn(s *Store) error {
	return onDB(s, func(db *sql.DB) error {
		files, err := migrations(s.eng.name())
		if err != nil {
			return err
		}
		f, err := files.Open("00280_fewer_pages.sql")
		if err != nil {
			return err
		}
		text, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		for _, statement := range upStatements(string(text)) {
			if _, err := db.ExecContext(context.Background(), statement); err != nil {
				return err
			}
			time.Sleep(30 * time.Millisecond)
		}
		_, err = db.ExecContext(context.Background(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (280, "+map[bool]string{true: "true", false: "1"}[s.cfg.URL != ""]+")")
		return err
	})
}

// A process that migrates is killed at random moments: the next one ends well, and all rows are as they were.
func TestAKilledMigrationEndsWell(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		rounds := 3
		if os.Getenv("RAHGOSHA_SOAK") != "" {
			rounds = 60
		}
		for i := range 40 {
			remember(t, s, fmt.Sprint(i), 2000)
		}
		write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c", 1, [32]byte{}) })
		for range rounds {
			killedMigrating(t, s, childProduct, 300*time.Millisecond)
		}
		control.Finds(t, "does not end well", func(t testing.TB) {
			for n := 0; n < 8 && killedMigrating(t, s, childTorn, 200*time.Millisecond); n++ { // a busy machine may kill it before it has begun
			}
		})
	})
}

// killedMigrating takes the schema back, kills whoever brings it forward three times, and says whether the next one ends well.
func killedMigrating(t testing.TB, s *Store, mode string, within time.Duration) bool {
	t.Helper()
	want := keptRows(t, s)
	must(t, onDB(s, func(db *sql.DB) error {
		p, err := provider(s.eng.name(), db)
		if err == nil {
			_, err = p.DownTo(context.Background(), before)
		}
		return err
	}))
	root := filepath.Join(t.TempDir(), "root.key")
	if _, err := journal.LoadRoot(root); err != nil {
		t.Fatal(err)
	}
	start := func() (*exec.Cmd, *strings.Builder) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+mode, "CHILD_ROOT="+root, "CHILD_PATH="+s.cfg.Path, "CHILD_URL="+s.cfg.URL)
		said := &strings.Builder{}
		cmd.Stderr = said
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		_, _ = bufio.NewReader(out).ReadString('\n') // it begins, or has ended
		return cmd, said
	}
	for range 3 {
		cmd, _ := start()
		time.Sleep(time.Duration(rand.Int64N(int64(within))))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	cmd, said := start()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the migration does not end well: %s", said)
		return false
	}
	if got := keptRows(t, s); !slices.Equal(got, want) {
		t.Errorf("%d rows became %d others", len(want), len(got))
	}
	return true
}

// keptRows is what must not be lost.
func keptRows(t testing.TB, s *Store) (out []string) {
	t.Helper()
	read(t, s, func(ctx context.Context, tx *Tx) error {
		for _, query := range []string{
			"SELECT key FROM replay ORDER BY key", "SELECT id FROM cases ORDER BY id", "SELECT id FROM entry ORDER BY id",
			"SELECT case_id || ' ' || relation || ' ' || subject FROM case_party ORDER BY 1",
		} {
			if err := tx.each(ctx, query, nil, func(scan func(...any) error) error {
				var row string
				err := scan(&row)
				out = append(out, row)
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return out
}
