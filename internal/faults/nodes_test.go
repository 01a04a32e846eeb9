package faults

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

// open connects to the database itself.
func open(t testing.TB, database string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", database)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// dispatches makes the database write down each time a letter leaves.
const dispatches = `CREATE TABLE planted_effect (token TEXT);
	CREATE FUNCTION planted_count() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO planted_effect VALUES (NEW.token); RETURN NEW; END';
	CREATE TRIGGER planted_count AFTER UPDATE OF dispatched ON letter FOR EACH ROW WHEN (NEW.dispatched <> 0 AND OLD.dispatched = 0)
		EXECUTE FUNCTION planted_count()`

// twoNodes is the law: of two nodes on one database one is killed while programs write through both. Nothing acknowledged is
// lost, what was begun is carried on by the other one, and letters leave once.
func twoNodes(t testing.TB, n *nodes, mode string) {
	db := open(t, n.database)
	ends, end := context.WithCancel(t.Context())
	defer end()
	w, wait := n.write(ends, writing)
	working(t, w, 60)
	eventually(t, "letters", func() bool { return count(t, db, "SELECT count(*) FROM planted_effect") > 0 }) // both are at work
	if mode == eager {
		n.at[0].stall(t)
	}
	n.at[0].kill()
	working(t, w, 60)
	end()
	wait()
	if !w.kept(t, db) {
		return
	}
	numbered(t, db)
	leftOnce(t, db)
	content(t, n.data[1], n.database)
	t.Logf("%d acknowledged, %d sent again; longest gap %v", len(w.acks), w.again, w.gap().Round(10*time.Millisecond))
}

// leftOnce is the law of letters: each leaves, and once.
func leftOnce(t testing.TB, db *sql.DB) {
	t.Helper()
	eventually(t, "the outbox", func() bool { return count(t, db, "SELECT count(*) FROM outbox WHERE state <> 'done'") == 0 })
	if out := count(t, db, "SELECT count(*) FROM letter WHERE direction = 'out' AND token NOT IN (SELECT token FROM planted_effect)"); out > 0 {
		t.Errorf("%d letters never left", out)
	}
	if twice := count(t, db, "SELECT count(*) FROM (SELECT 1 FROM planted_effect GROUP BY token HAVING count(*) > 1) x"); twice > 0 {
		t.Errorf("%d letters left more than once", twice)
	}
	if count(t, db, "SELECT count(*) FROM planted_effect") == 0 {
		t.Error("no letter left: the law was not tried")
	}
}

// working waits until so many more commands are acknowledged.
func working(t testing.TB, w *writers, more int) {
	t.Helper()
	acknowledged := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.acks)
	}
	from := acknowledged()
	eventually(t, "acknowledged commands", func() bool { return acknowledged() >= from+more })
}

func freshPostgres(t testing.TB) string {
	t.Helper()
	return template.Fresh(t)
}

func TestOfTwoNodesOneGoesOn(t *testing.T) {
	t.Parallel()
	n := settled(t, freshPostgres(t))
	_, err := open(t, n.database).ExecContext(t.Context(), dispatches)
	must(t, err)
	n.serve(t, 0, product)
	n.serve(t, 1, product)
	twoNodes(t, n, product)
}

func TestTwoNodesThatForgetAreFound(t *testing.T) {
	t.Parallel()
	for words, c := range map[string]struct{ mode, sql string }{
		"acknowledged commands are lost": {mode: eager},
		"left more than once": {product, `CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS
			'BEGIN UPDATE letter SET dispatched = 0 WHERE token = NEW.token; RETURN NEW; END';
			CREATE TRIGGER planted AFTER UPDATE OF dispatched ON letter FOR EACH ROW WHEN (NEW.dispatched <> 0) EXECUTE FUNCTION planted();
			CREATE FUNCTION planted_marks() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.state = ''waiting''; NEW.available = 0; RETURN NEW; END';
			CREATE TRIGGER planted_marks BEFORE UPDATE OF state ON outbox FOR EACH ROW WHEN (OLD.attempts = 1) EXECUTE FUNCTION planted_marks()`},
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			n := settled(t, freshPostgres(t))
			_, err := open(t, n.database).ExecContext(t.Context(), dispatches+";"+c.sql)
			must(t, err)
			n.serve(t, 0, c.mode)
			n.serve(t, 1, c.mode)
			control.Finds(t, words, func(t testing.TB) { twoNodes(t, n, c.mode) })
		})
	}
}

// farAhead is later than the first deadlines of the cases of these tests.
const farAhead = 20 * 24 * time.Hour

// serveAhead is the product at a later time: its deadlines are due.
func serveAhead(args []string) error {
	ctx := context.Background()
	a, err := app.Open(ctx, app.Config{Data: args[2], Database: os.Getenv("RAHGOSHA_DATABASE"), Office: "office", Clock: clock.Ahead{Clock: clock.System{}, By: farAhead}})
	if err != nil {
		return err
	}
	return a.Serve(ctx, args[4], os.Stdout)
}

// oncePerDeadline is the law: when deadlines of many cases pass, two nodes fire each of them once.
func oncePerDeadline(t testing.TB, n *nodes) {
	db := open(t, n.database)
	n.serve(t, 0, product)
	c := n.at[0].as(n.of, "unit.ceo")
	defer c.CloseIdleConnections()
	for range 40 {
		got, err := c.post("/cases", app.NewID(), n.of.asked(fmt.Sprint(price), time.Now()))
		must(t, err)
		if got.status != http.StatusCreated {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	numbered(t, db)
	eventually(t, "the outbox", func() bool { return count(t, db, "SELECT count(*) FROM outbox WHERE state <> 'done'") == 0 })
	n.at[0].kill()
	var both sync.WaitGroup
	for i := range n.at {
		both.Go(func() { n.serve(t, i, ahead) })
	}
	both.Wait()
	const fired = "SELECT count(*) FROM entry WHERE kind = 'clock'"
	eventually(t, "deadlines", func() bool { return count(t, db, fired) >= 40 })
	settledAt := -1
	eventually(t, "the last deadline", func() bool {
		was := settledAt
		settledAt = count(t, db, fired)
		time.Sleep(2 * time.Second)
		return settledAt == was
	})
	if twice := firedTwice(t, db); twice > 0 {
		t.Errorf("%d deadlines fired more than once", twice)
		return
	}
	content(t, n.data[0], n.database)
	t.Logf("%d deadlines fired", settledAt)
}

// firedTwice counts deadlines of a case that have more than one entry.
func firedTwice(t testing.TB, db *sql.DB) (twice int) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT bytes FROM entry WHERE kind = 'clock'")
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	seen := map[[2]string]int{}
	for rows.Next() {
		var raw []byte
		must(t, rows.Scan(&raw))
		l, err := journal.Decode(raw)
		must(t, err)
		of := [2]string{l.Case, l.Cause}
		if seen[of]++; seen[of] == 2 {
			twice++
		}
	}
	must(t, rows.Err())
	return twice
}

func TestTwoNodesFireADeadlineOnce(t *testing.T) {
	t.Parallel()
	oncePerDeadline(t, settled(t, freshPostgres(t)))
}

func TestADeadlineThatFiresTwiceIsFound(t *testing.T) {
	t.Parallel()
	n := settled(t, freshPostgres(t))
	_, err := open(t, n.database).ExecContext(t.Context(), `CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
			INSERT INTO entry (province, case_id, seq, id, kind, at, bytes) VALUES (NEW.province, NEW.case_id, NEW.seq + 1000, NEW.id || NEW.seq, NEW.kind, NEW.at, NEW.bytes);
			RETURN NEW; END';
		CREATE TRIGGER planted AFTER INSERT ON entry FOR EACH ROW WHEN (NEW.kind = 'clock' AND NEW.seq < 1000) EXECUTE FUNCTION planted()`)
	must(t, err)
	control.Finds(t, "fired more than once", func(t testing.TB) { oncePerDeadline(t, n) })
}
