package faults

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/store"
)

// sent is one command of the load, and its answer where one came.
type sent struct {
	key  string
	body map[string]any
	got  answer
	err  error // the outcome is unknown

	at      time.Time // of the answer
	settled bool      // known since an earlier fault
}

// ledger is what the programs outside know of what they sent: every command, by its key.
type ledger struct {
	of province
	mu sync.Mutex
	by map[string]*sent
}

// load has programs submit cases until the server is gone.
func (l *ledger) load(p *process) (wait func()) { return l.loadBy(p, callers) }

func (l *ledger) loadBy(p *process, programs int) (wait func()) {
	var g sync.WaitGroup
	for range programs {
		g.Go(func() {
			c := p.as(l.of, "unit.ceo")
			defer c.CloseIdleConnections()
			for l.submit(c).done() {
			}
		})
	}
	return g.Wait
}

func (l *ledger) submit(c *caller) *sent {
	s := &sent{key: app.NewID(), body: l.of.asked(fmt.Sprint(20_000_000_000+rand.IntN(1e9)), time.Now())}
	s.got, s.err = c.post("/cases", s.key, s.body)
	s.at = time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.by[s.key] = s
	return s
}

var errUnknown = errors.New("answered after the fault")

// done says that the command was acknowledged.
func (s *sent) done() bool { return s.err == nil && s.got.status == http.StatusCreated }

// resolve asks for every command whose answer never came, by its key: twice, and both answers must be the same bytes.
func (l *ledger) resolve(t testing.TB, p *process) {
	t.Helper()
	c := p.as(l.of, "unit.ceo")
	defer c.CloseIdleConnections()
	var g sync.WaitGroup
	for _, s := range l.by {
		if s.err == nil {
			continue
		}
		g.Go(func() {
			var again answer
			if s.got, s.err = c.post("/cases", s.key, s.body); s.err == nil {
				again, s.err = c.post("/cases", s.key, s.body)
			}
			if s.err != nil || s.got.status != http.StatusCreated || again.status != s.got.status || again.body != s.got.body ||
				again.head.Get("Idempotency-Replayed") != "true" {
				t.Errorf("asked by its key: %d %s, then %d %s (%v)", s.got.status, s.got.body, again.status, again.body, s.err)
			}
		})
	}
	g.Wait()
}

// kept is what lies in the database: the cases, the journal's entries with their leaves, and the outbox by entry.
type kept struct {
	cases, entries map[string]bool
	outbox         map[string][]string
}

// database opens a folder's database beside whoever has it.
func database(data string) string {
	return "file:" + filepath.Join(data, store.DatabaseFile) + "?_pragma=busy_timeout(5000)"
}

func look(t testing.TB, data string) kept {
	t.Helper()
	db, err := sql.Open("sqlite", database(data))
	must(t, err)
	defer func() { must(t, db.Close()) }()
	return lookAt(t, db)
}

func lookAt(t testing.TB, db *sql.DB) kept {
	t.Helper()
	k := kept{map[string]bool{}, map[string]bool{}, map[string][]string{}}
	each := func(query string, keep func(a, b string)) {
		rows, err := db.QueryContext(context.Background(), query)
		must(t, err)
		defer func() { must(t, rows.Close()) }()
		for rows.Next() {
			var a, b string
			must(t, rows.Scan(&a, &b))
			keep(a, b)
		}
		must(t, rows.Err())
	}
	each("SELECT id, '' FROM cases", func(id, _ string) { k.cases[id] = true })
	each("SELECT id, '' FROM entry WHERE leaf IS NOT NULL", func(id, _ string) { k.entries[id] = true })
	each("SELECT entry, topic || ' ' || n FROM outbox ORDER BY topic, n", func(of, what string) {
		entry, _, _ := strings.Cut(of, "/") // an entry that issues letters leaves one message for each token
		k.outbox[entry] = append(k.outbox[entry], what)
	})
	return k
}

// keeps is half of the law: whatever has an answer is there.
func (l *ledger) keeps(t testing.TB, k kept) {
	t.Helper()
	for _, s := range l.by {
		if id := ""; s.done() {
			if id = s.got.text(t, "id"); !k.cases[id] {
				t.Errorf("acknowledged case %s is lost", id)
			}
		}
	}
}

// holds is the law: whatever was acknowledged is there, once, with its entry in the log and what it left to be done.
func (l *ledger) holds(t testing.TB, k kept) {
	t.Helper()
	var leaves []string // of any one: all are alike
	for _, s := range l.by {
		if s.got.status != http.StatusCreated {
			t.Fatalf("a command is answered %d %s", s.got.status, s.got.body)
		}
		id, entry := s.got.text(t, "id"), s.got.text(t, "entry")
		switch {
		case !k.cases[id]:
			t.Errorf("acknowledged case %s is lost", id)
			continue
		case !k.entries[entry]:
			t.Errorf("case %s has no entry %s in the log", id, entry)
		}
		if leaves == nil {
			leaves = k.outbox[entry]
		}
		if len(leaves) == 0 || !slices.Equal(k.outbox[entry], leaves) {
			t.Errorf("entry %s leaves %q to be done, want %q", entry, k.outbox[entry], leaves)
		}
	}
	if len(k.cases) != len(l.by) {
		t.Errorf("%d commands made %d cases", len(l.by), len(k.cases))
	}
	for entry := range maps.Keys(k.outbox) {
		if !k.entries[entry] {
			t.Errorf("the outbox has messages of entry %s, which is not in the log", entry)
		}
	}
}

// proved runs the product's own checks on a data folder.
func proved(t testing.TB, data string) {
	t.Helper()
	for _, args := range [][]string{{"journal", "verify"}, {"replay"}} {
		if out, ok := says(t, append(args, "--data", data)...); !ok {
			t.Errorf("rahgosha %s: %s", strings.Join(args, " "), out)
		}
	}
}

// proveEach is how many kills pass between two runs of the product's own checks, which read all there is.
var proveEach = long(20, 250)

// killed kills a server so many times while it works, and holds it to the law each time it is back.
func killed(t testing.TB, mode, data string, of province, kills int) *ledger {
	t.Helper()
	l := &ledger{of: of, by: map[string]*sent{}}
	p := serve(t, mode, data)
	for n := 1; n <= kills; n++ {
		wait := l.load(p)
		time.Sleep(time.Duration(20+rand.IntN(280)) * time.Millisecond)
		if mode == eager {
			p.stall(t)
		}
		p.kill()
		wait()
		if n%proveEach == 0 || n == kills {
			proved(t, data)
		}
		p = serve(t, mode, data)
		l.resolve(t, p)
		l.holds(t, look(t, data))
		if t.Failed() {
			break
		}
	}
	p.kill()
	return l
}

// An acknowledged case survives whatever moment the process is killed at, and one whose answer never came is found by its
// key: done once.
func TestAKilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	data, of := fresh(t)
	began := time.Now()
	kills := long(40, 500)
	l := killed(t, product, data, of, kills)
	t.Logf("%d kills, %d commands, %v", kills, len(l.by), time.Since(began).Round(time.Second))
	if len(l.by) < 10*kills {
		t.Errorf("only %d commands in %d kills: the server was hardly at work", len(l.by), kills)
	}
}

// plant lets the database itself forget.
func plant(t testing.TB, data string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, store.DatabaseFile))
	must(t, err)
	for _, s := range statements {
		_, err := db.ExecContext(context.Background(), s)
		must(t, err)
	}
	must(t, db.Close())
}

func forgetting(table string) string {
	return "CREATE TRIGGER planted BEFORE INSERT ON " + table + " WHEN abs(random()) % 4 = 0 BEGIN SELECT RAISE(IGNORE); END"
}

func TestTheKillsFindPlantedFaults(t *testing.T) {
	t.Parallel()
	for words, c := range map[string]struct {
		mode string
		sql  []string
	}{
		"is lost":      {mode: eager},
		"to be done":   {mode: product, sql: []string{forgetting("outbox")}},
		"asked by its": {mode: product, sql: []string{forgetting("replay")}},
		"has no entry": {mode: product, sql: []string{"CREATE TRIGGER planted AFTER INSERT ON entry WHEN abs(random()) % 8 = 0 BEGIN UPDATE entry SET leaf = NULL WHERE id = NEW.id; END"}},
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			data, of := fresh(t)
			plant(t, data, c.sql...)
			control.Finds(t, words, func(t testing.TB) { killed(t, c.mode, data, of, 4) })
		})
	}
}
