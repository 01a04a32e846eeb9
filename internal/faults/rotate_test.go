package faults

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

// installed is a province in a data folder, with its rows there too or on a PostgreSQL.
type installed struct {
	data string
	of   province
	dsn  string // "" where the rows lie in the folder
}

// args are those of a command on it.
func (i installed) args(command ...string) []string {
	if command = append(command, "--data", i.data); i.dsn != "" {
		command = append(command, "--database", i.dsn)
	}
	return command
}

func (i installed) serve(t testing.TB) *process {
	t.Helper()
	if i.dsn != "" {
		return serve(t, product, i.data, "RAHGOSHA_DATABASE="+i.dsn)
	}
	return serve(t, product, i.data)
}

func (i installed) open(t testing.TB) *sql.DB {
	t.Helper()
	if i.dsn != "" {
		return open(t, i.dsn)
	}
	db, err := sql.Open("sqlite", database(i.data))
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// dataKeys are the data keys as they lie in a database, but those that are destroyed.
func dataKeys(t testing.TB, db *sql.DB) map[string][]byte {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), "SELECT id, wrapped FROM datakey WHERE destroyed = 0")
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	out := map[string][]byte{}
	for rows.Next() {
		var id string
		var wrapped []byte
		must(t, rows.Scan(&id, &wrapped))
		out[id] = wrapped
	}
	must(t, rows.Err())
	return out
}

// rotatedUnderKills rotates the root key while a server runs under load; the rotation is killed at random moments, and the
// server soon after it or with it. After each kill the file that lies there opens every key, and work goes on.
func rotatedUnderKills(t testing.TB, in installed, kills int) {
	t.Helper()
	path := filepath.Join(in.data, "keys", "root.key")
	raw, err := os.ReadFile(path)
	must(t, err)
	old := filepath.Join(t.TempDir(), "root.key")
	must(t, os.WriteFile(old, raw, 0o600))
	former, err := journal.LoadRoot(old)
	must(t, err)
	l := &ledger{of: in.of, by: map[string]*sent{}}
	db := in.open(t)
	p := in.serve(t)
	for n := range kills {
		wait := l.loadBy(p, 4)
		rotation := child(product, in.args("keys", "rotate")...)
		must(t, rotation.Start())
		time.Sleep(time.Duration(50+rand.IntN(1500)) * time.Millisecond) // it starts in some 100 ms, and waits three seconds for the server before its second round
		_ = rotation.Process.Kill()
		_ = rotation.Wait()
		if n%2 == 0 { // the server goes on for a while
			c := p.as(in.of, "unit.ceo")
			if got, err := c.get("/cases"); err != nil || got.status != http.StatusOK {
				t.Errorf("after kill %d: %d %v", n, got.status, err)
			}
			c.CloseIdleConnections()
		}
		p.kill()
		wait()
		p = in.serve(t)
		l.resolve(t, p)
		root, err := journal.LoadRoot(path)
		must(t, err)
		for id, wrapped := range dataKeys(t, db) {
			if _, err := root.Unwrap(id, wrapped); err != nil {
				t.Fatalf("after kill %d the root key does not open %s: %v", n, id, err)
			}
		}
	}
	if out, ok := says(t, in.args("keys", "rotate")...); !ok {
		t.Fatal(out)
	}
	for id, wrapped := range dataKeys(t, db) {
		if _, err := former.Unwrap(id, wrapped); err == nil {
			t.Fatalf("at the end the former root key opens %s", id)
		}
	}
	p.kill()
	l.keeps(t, lookAt(t, db))
	for _, command := range [][]string{{"journal", "verify"}, {"replay"}} {
		if out, ok := says(t, in.args(command...)...); !ok {
			t.Errorf("rahgosha %s: %s", strings.Join(command, " "), out)
		}
	}
}

func TestTheRootKeyIsRotatedUnderKills(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		data, of := fresh(t)
		rotatedUnderKills(t, installed{data: data, of: of}, long(6, 40))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		n := settled(t, freshPostgres(t))
		rotatedUnderKills(t, installed{n.data[0], n.of, n.database}, long(3, 40))
	})
}

func TestTheKillsFindAKeyThatIsNotWrappedAnew(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		data, of := fresh(t)
		plant(t, data, "CREATE TRIGGER planted BEFORE UPDATE OF wrapped ON datakey WHEN OLD.id LIKE 'case:%' BEGIN SELECT RAISE(IGNORE); END")
		control.Finds(t, "the former root key opens", func(t testing.TB) { rotatedUnderKills(t, installed{data: data, of: of}, 1) })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		n := settled(t, freshPostgres(t))
		_, err := open(t, n.database).ExecContext(t.Context(), `CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.wrapped = OLD.wrapped; RETURN NEW; END';
			CREATE TRIGGER planted BEFORE UPDATE OF wrapped ON datakey FOR EACH ROW WHEN (OLD.id LIKE 'case:%') EXECUTE FUNCTION planted()`)
		must(t, err)
		control.Finds(t, "the former root key opens", func(t testing.TB) { rotatedUnderKills(t, installed{n.data[0], n.of, n.database}, 1) })
	})
}
