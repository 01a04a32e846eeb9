package faults

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/store/pgtest"
)

// otherwise makes the database write down keys of connections that say so in another form, as a version would that changed it.
const otherwise = `CREATE FUNCTION planted_otherwise() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
		IF current_setting(''planted.keys'', true) = ''otherwise'' THEN NEW.key = NEW.key || NEW.key; END IF; RETURN NEW; END';
	CREATE TRIGGER planted_otherwise BEFORE INSERT ON replay FOR EACH ROW EXECUTE FUNCTION planted_otherwise()`

// rolled is the law of an upgrade of two nodes on one PostgreSQL, node by node, while programs write through both: at no time
// is anything lost or done twice, and a key that one version answered is answered by the other with the same bytes.
// The later nodes leave contracting migrations for the end; settings are added to their address.
func rolled(t testing.TB, r *revision, server *pgtest.Server, settings string) {
	must(t, server.Do("CREATE ROLE app LOGIN SUPERUSER", "CREATE DATABASE alborz OWNER app"))
	n := &nodes{database: strings.Replace(pgtest.URL("alborz", server), "rahgosha@", "app@", 1)}
	n.data[0], n.of = r.settled(t, n.database)
	must(t, server.Do("ALTER ROLE app NOSUPERUSER")) // from here on as operators do: a superuser passes by the second net
	n.data[1] = filepath.Join(t.TempDir(), "b")
	duplicate(t, n.data[0], n.data[1])
	db := open(t, pgtest.URL("alborz", server))
	for _, statement := range []string{dispatches, otherwise, "GRANT INSERT ON planted_effect TO app"} {
		_, err := db.ExecContext(t.Context(), statement)
		must(t, err)
	}

	var listen [2]string // a node comes back where it was
	for i := range n.at {
		listen[i] = fmt.Sprintf("127.0.0.1:%d", pgtest.FreePort(t))
		n.at[i] = r.serve(t, n.data[i], listen[i], "RAHGOSHA_DATABASE="+n.database)
	}
	ends, end := context.WithCancel(t.Context())
	defer end()
	w, wait := n.write(ends, writing)
	defer wait()
	defer end()
	working(t, w, 40)
	for i, p := range n.at {
		p.kill()
		n.at[i] = begin(t, child(product, "serve", "--expand-only", "--data", n.data[i], "--listen", listen[i]), "RAHGOSHA_DATABASE="+n.database+settings)
		working(t, w, 40)
		sameBytes(t, n)
		if t.Failed() {
			return
		}
	}
	end()
	wait()
	if out, ok := says(t, "migrate", "--data", n.data[0], "--database", n.database); !ok {
		t.Fatalf("what was left for later is not migrated: %s", out)
	}
	if !w.kept(t, db) {
		return
	}
	numbered(t, db)
	leftOnce(t, db)
	content(t, n.data[1], n.database)
	t.Logf("%d acknowledged, %d sent again; longest gap %v", len(w.acks), w.again, w.gap())
}

// sameBytes is the law of keys across nodes: what one answered the other one answers again.
func sameBytes(t testing.TB, n *nodes) {
	t.Helper()
	for i, p := range n.at {
		first, second := p.as(n.of, "unit.ceo"), n.at[1-i].as(n.of, "unit.ceo")
		for range 5 {
			key, body := app.NewID(), n.of.asked(fmt.Sprint(price), time.Now())
			one, err := first.post("/cases", key, body)
			must(t, err)
			other, err := second.post("/cases", key, body)
			must(t, err)
			if other.body != one.body || other.head.Get("Idempotency-Replayed") != "true" {
				t.Errorf("one node answers a key %d %s, the other %d %s", one.status, one.body, other.status, other.body)
			}
		}
		first.CloseIdleConnections()
		second.CloseIdleConnections()
	}
}

func TestTwoVersionsServeOneDatabase(t *testing.T) {
	t.Parallel()
	rolled(t, netted, pgtest.NewServer(t, false), "")
}

// A version that writes down keys otherwise than the one before is found.
func TestAVersionThatKnowsNoOthersKeysIsFound(t *testing.T) {
	t.Parallel()
	netted.program(t, "rahgosha") // or it is skipped here
	server := pgtest.NewServer(t, false)
	control.Finds(t, "one node answers a key", func(t testing.TB) { rolled(t, netted, server, "&planted.keys=otherwise") })
}
