package faults

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

// dataKeys are the data keys as they lie in a folder's database, but those that are destroyed.
func dataKeys(t testing.TB, data string) map[string][]byte {
	t.Helper()
	db, err := sql.Open("sqlite", database(data))
	must(t, err)
	defer func() { must(t, db.Close()) }()
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
func rotatedUnderKills(t testing.TB, data string, of province, kills int) {
	t.Helper()
	path := filepath.Join(data, "keys", "root.key")
	raw, err := os.ReadFile(path)
	must(t, err)
	old := filepath.Join(t.TempDir(), "root.key")
	must(t, os.WriteFile(old, raw, 0o600))
	former, err := journal.LoadRoot(old)
	must(t, err)
	l := &ledger{of: of, by: map[string]*sent{}}
	p := serve(t, product, data)
	for n := range kills {
		wait := l.loadBy(p, 4)
		rotation := child(product, "keys", "rotate", "--data", data)
		must(t, rotation.Start())
		time.Sleep(time.Duration(50+rand.IntN(1500)) * time.Millisecond) // it starts in some 100 ms, and waits three seconds for the server before its second round
		_ = rotation.Process.Kill()
		_ = rotation.Wait()
		if n%2 == 0 { // the server goes on for a while
			c := p.as(of, "unit.ceo")
			if got, err := c.get("/cases"); err != nil || got.status != http.StatusOK {
				t.Errorf("after kill %d: %d %v", n, got.status, err)
			}
			c.CloseIdleConnections()
		}
		p.kill()
		wait()
		p = serve(t, product, data)
		l.resolve(t, p)
		root, err := journal.LoadRoot(path)
		must(t, err)
		for id, wrapped := range dataKeys(t, data) {
			if _, err := root.Unwrap(id, wrapped); err != nil {
				t.Fatalf("after kill %d the root key does not open %s: %v", n, id, err)
			}
		}
	}
	if out, ok := says(t, "keys", "rotate", "--data", data); !ok {
		t.Fatal(out)
	}
	for id, wrapped := range dataKeys(t, data) {
		if _, err := former.Unwrap(id, wrapped); err == nil {
			t.Fatalf("at the end the former root key opens %s", id)
		}
	}
	p.kill()
	l.keeps(t, look(t, data))
	proved(t, data)
}

func TestTheRootKeyIsRotatedUnderKills(t *testing.T) {
	t.Parallel()
	data, of := fresh(t)
	rotatedUnderKills(t, data, of, long(6, 40))
}

func TestTheKillsFindAKeyThatIsNotWrappedAnew(t *testing.T) {
	t.Parallel()
	control.Finds(t, "the former root key opens", func(t testing.TB) {
		data, of := fresh(t)
		plant(t, data, "CREATE TRIGGER planted BEFORE UPDATE OF wrapped ON datakey WHEN OLD.id LIKE 'case:%' BEGIN SELECT RAISE(IGNORE); END")
		rotatedUnderKills(t, data, of, 1)
	})
}
