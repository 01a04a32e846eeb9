package faults

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/store/pgtest"
)

// moves is the law: a province moves to another cluster with its database and its root key, while its programs go on
// asking. What the old place acknowledged the new one has, and a key that the old one answered is answered there with the
// same bytes. Whoever copies the database first stops the nodes; a control does not.
func moves(t testing.TB, from, to *pgtest.Server, stops bool) {
	do := func(s *pgtest.Server, statement string) { must(t, s.Do(statement)) }
	do(from, "CREATE DATABASE alborz")
	n := newNodes(t, product, pgtest.URL("alborz", from))
	ends, end := context.WithCancel(t.Context())
	defer end()
	w, wait := n.write(ends, writing)
	working(t, w, 60)
	leave := func() {
		end()
		wait()
		for _, p := range n.at {
			p.kill()
		}
	}
	began := time.Now()
	if stops {
		leave()
	}
	file := filepath.Join(pgtest.Folder(t), "alborz.dump")
	tool(t, "pg_dump", "-Fc", "-f", file, pgtest.URL("alborz", from))
	if !stops {
		working(t, w, 5)
		leave()
	}
	do(to, "CREATE DATABASE alborz")
	tool(t, "pg_restore", "--no-owner", "--exit-on-error", "-d", pgtest.URL("alborz", to), file)
	n.database = pgtest.URL("alborz", to)
	n.serve(t, 0, product)
	t.Logf("moved %d cases in %v", len(w.acks), time.Since(began).Round(100*time.Millisecond))
	db := open(t, n.database)
	if !w.kept(t, db) {
		return
	}
	numbered(t, db)
	content(t, n.data[0], n.database)
	c := n.at[0].as(n.of, "unit.ceo")
	defer c.CloseIdleConnections()
	for _, a := range w.acks[:10] {
		again, err := c.post("/cases", a.key, w.sent[a.key])
		must(t, err)
		if again.head.Get("Idempotency-Replayed") != "true" || !strings.Contains(again.body, a.id) {
			t.Errorf("key %s is answered %d %s", a.key, again.status, again.body)
		}
	}
}

// tool runs one of PostgreSQL's programs.
func tool(t testing.TB, name string, args ...string) {
	t.Helper()
	cmd, err := pgtest.Command(filepath.Join(pgtest.Programs(), name), args...)
	must(t, err)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	must(t, ran(cmd))
}

func TestAProvinceMovesToAnotherCluster(t *testing.T) {
	t.Parallel()
	moves(t, pgtest.NewServer(t, false), pgtest.NewServer(t, false), true)
}

func TestAProvinceThatMovesAtWorkIsFound(t *testing.T) {
	t.Parallel()
	from, to := pgtest.NewServer(t, false), pgtest.NewServer(t, false)
	control.Finds(t, "acknowledged commands are lost", func(t testing.TB) { moves(t, from, to, false) })
}
