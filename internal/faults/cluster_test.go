package faults

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
)

// nodes are two servers of the product on one database. Each has a data folder of its own, with the same root key.
type nodes struct {
	database string
	data     [2]string
	of       province
	at       [2]*process
}

// newNodes makes a province in a database and serves it twice.
func newNodes(t testing.TB, mode, database string) *nodes {
	t.Helper()
	n := settled(t, database)
	for i := range n.at {
		n.serve(t, i, mode)
	}
	return n
}

func settled(t testing.TB, database string) *nodes {
	t.Helper()
	dir := t.TempDir()
	n := &nodes{database: database, data: [2]string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}}
	a, err := app.Open(t.Context(), app.Config{Data: n.data[0], Database: database, Fast: true, Office: "office"})
	must(t, err)
	n.of, err = settle(t.Context(), a, 1<<60)
	must(t, errors.Join(err, a.Close()))
	duplicate(t, n.data[0], n.data[1])
	return n
}

func (n *nodes) serve(t testing.TB, i int, mode string) {
	t.Helper()
	n.at[i] = serve(t, mode, n.data[i], "RAHGOSHA_DATABASE="+n.database)
}

// impatience is how long a program outside waits for one node before it asks the other.
const impatience = 3 * time.Second

// acked is a command with the instant at which it was acknowledged.
type acked struct {
	key, id, entry string
	at             time.Time
}

// writers are programs outside that submit cases to either node, and under the same key to the other one when they get no
// answer, until they have one.
type writers struct {
	*nodes
	ends   context.Context
	mu     sync.Mutex
	acks   []acked
	sent   map[string]map[string]any
	again  int // commands that were sent more than once
	unsure int // answers that said so
}

func (n *nodes) write(ends context.Context, programs int) (*writers, func()) {
	w := &writers{nodes: n, ends: ends, sent: map[string]map[string]any{}}
	var g sync.WaitGroup
	for i := range programs {
		g.Go(func() { w.program(i) })
	}
	return w, g.Wait
}

func (w *writers) program(i int) {
	var to [2]*caller
	for j, p := range w.at {
		to[j] = p.as(w.of, "unit.ceo")
		to[j].Timeout = impatience
		defer to[j].CloseIdleConnections()
	}
	for w.ends.Err() == nil {
		key, body := app.NewID(), w.of.asked(fmt.Sprint(20_000_000_000+rand.IntN(1e9)), time.Now())
		w.mu.Lock()
		w.sent[key] = body
		w.mu.Unlock()
		for try := 0; !w.submit(to[(i+try)%2], key, body, try); try++ {
			if w.ends.Err() != nil && try > 5 {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func (w *writers) submit(c *caller, key string, body map[string]any, try int) bool {
	got, err := c.post("/cases", key, body)
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if try == 1 {
		w.again++
	}
	if err != nil || got.status != http.StatusCreated {
		if strings.Contains(got.body, "commit_unknown") {
			w.unsure++
		}
		return false
	}
	var said struct{ ID, Entry string }
	if json.Unmarshal([]byte(got.body), &said) == nil {
		w.acks = append(w.acks, acked{key, said.ID, said.Entry, now})
	}
	return true
}

// gap is the longest time in which nobody was acknowledged anything.
func (w *writers) gap() (longest time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := 1; i < len(w.acks); i++ {
		longest = max(longest, w.acks[i].at.Sub(w.acks[i-1].at))
	}
	return longest
}

// kept is the law: what was acknowledged is in the database of whoever leads now, once, in its log too.
func (w *writers) kept(t testing.TB, db *sql.DB) bool {
	t.Helper()
	cases, entries := ids(t, db, "SELECT id FROM cases"), ids(t, db, "SELECT id FROM entry")
	lost := 0
	for _, a := range w.acks {
		if !cases[a.id] || !entries[a.entry] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged commands are lost", lost, len(w.acks))
	}
	if keys := count(t, db, "SELECT count(*) FROM replay WHERE case_id IN (SELECT id FROM cases)"); len(cases) != keys {
		t.Errorf("%d cases were made under %d keys", len(cases), keys)
	}
	return lost == 0
}

func ids(t testing.TB, db *sql.DB, query string) map[string]bool {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	out := map[string]bool{}
	for rows.Next() {
		var id string
		must(t, rows.Scan(&id))
		out[id] = true
	}
	must(t, rows.Err())
	return out
}

func count(t testing.TB, db *sql.DB, query string) (n int) {
	t.Helper()
	must(t, db.QueryRowContext(context.Background(), query).Scan(&n))
	return n
}

// numbered waits until every entry has its place in the log.
func numbered(t testing.TB, db *sql.DB) {
	t.Helper()
	eventually(t, "the numbering of the log", func() bool { return count(t, db, "SELECT count(*) FROM entry WHERE leaf IS NULL") == 0 })
}

// content runs the product's own checks on a database.
func content(t testing.TB, data, database string) {
	t.Helper()
	for _, args := range [][]string{{"journal", "verify"}, {"replay"}} {
		if out, ok := says(t, append(args, "--data", data, "--database", database)...); !ok {
			t.Errorf("rahgosha %s: %s", strings.Join(args, " "), out)
		}
	}
}

// trial is what happens to a cluster while programs write.
type trial struct {
	name  string
	fault func(t testing.TB, c *cluster, leads, follows *member)
	lasts time.Duration // of the fault
	most  time.Duration // a generous bound: what was measured is printed
	mends func(t testing.TB, c *cluster, was *member)
}

const (
	writing   = 8 // programs at once
	before    = 3 * time.Second
	afterward = 5 * time.Second
)

func again(t testing.TB, _ *cluster, was *member) { was.begin(t) }

// trials follow one another on one cluster.
var trials = []trial{
	{name: "planned switch", most: 30 * time.Second, fault: func(t testing.TB, c *cluster, _, _ *member) { c.switchOver(t) }},
	{name: "server killed", most: 60 * time.Second, fault: func(_ testing.TB, _ *cluster, leads, _ *member) { leads.killServer() }},
	{name: "host lost", most: 60 * time.Second, fault: func(_ testing.TB, _ *cluster, leads, _ *member) {
		stop(leads.agent)
		leads.killServer()
	}, mends: again},
	{name: "standby lost", most: 60 * time.Second, fault: func(t testing.TB, _ *cluster, _, follows *member) {
		stop(follows.agent)
		follows.killServer()
	}, mends: func(t testing.TB, c *cluster, _ *member) {
		for _, m := range c.members {
			if m.agent.ProcessState != nil {
				m.begin(t)
			}
		}
	}},
	{name: "etcd frozen for 25 s", most: 30 * time.Second, lasts: 25 * time.Second, fault: func(t testing.TB, c *cluster, _, _ *member) {
		must(t, c.etcd.Process.Signal(syscall.SIGSTOP))
		time.Sleep(25 * time.Second)
		must(t, c.etcd.Process.Signal(syscall.SIGCONT))
	}},
	{name: "agent killed, server left", most: 90 * time.Second, fault: func(t testing.TB, c *cluster, leads, follows *member) {
		stop(leads.agent)
		eventually(t, "a second primary", func() bool { return follows.is("primary") })
		giveUp(t, leads, 6*time.Second)
	}, mends: again},
}

// giveUp does for a while what impatient clients and administrators do to commits that hang: they are cancelled, and stay
// where they are without having been replicated.
func giveUp(t testing.TB, on *member, d time.Duration) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		_ = on.do(t, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") // it may be gone
	}
}

// under runs a trial on a cluster and holds the product to the law.
func (x trial) under(t testing.TB, c *cluster, n *nodes) {
	t.Helper()
	leads, follows := c.leader(t)
	ends, end := context.WithCancel(t.Context())
	defer end()
	w, wait := n.write(ends, writing)
	time.Sleep(before)
	began := time.Now()
	x.fault(t, c, leads, follows)
	eventually(t, "writes after the fault", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.acks) > 0 && w.acks[len(w.acks)-1].at.After(began.Add(x.lasts)) && time.Since(began) > before
	})
	time.Sleep(afterward)
	end()
	wait()
	eventually(t, "a leader", func() bool { return slices.ContainsFunc(c.members[:], func(m *member) bool { return m.is("primary") }) })
	now := leads
	if follows.is("primary") { // where both say so, the one that was promoted
		now = follows
	}
	db := now.connect(t, testDatabase)
	defer func() { must(t, db.Close()) }()
	if w.kept(t, db) {
		numbered(t, db)
		content(t, n.data[0], url(testDatabase, now))
	}
	gap := w.gap()
	t.Logf("%s: longest gap %v; %d acknowledged, %d sent again, %d told that it is unknown; %s led, %s leads", x.name,
		gap.Round(10*time.Millisecond), len(w.acks), w.again, w.unsure, leads.name, now.name)
	if gap > x.most {
		t.Errorf("nothing was acknowledged for %v", gap)
	}
	if x.mends != nil {
		x.mends(t, c, leads)
	}
}

const testDatabase = "rahgosha"

// nodesOn makes a province on a cluster, served by two nodes that know both members.
func nodesOn(t testing.TB, c *cluster, mode string) *nodes {
	t.Helper()
	leads, _ := c.leader(t)
	must(t, leads.do(t, "CREATE DATABASE "+testDatabase))
	return newNodes(t, mode, url(testDatabase, c.members[0], c.members[1]))
}

// Whatever becomes of a server, its agent or etcd, nothing acknowledged is lost and writing goes on by itself; who was lost
// comes back as the standby.
func TestAClusterLosesNothing(t *testing.T) {
	if !soaking {
		t.Skip("skipped: long; run make soak")
	}
	c := newCluster(t, nil)
	n := nodesOn(t, c, product)
	for _, x := range trials {
		if only := strings.Split(os.Getenv("RAHGOSHA_TRIAL"), ","); !slices.ContainsFunc(only, func(s string) bool { return strings.Contains(x.name, s) }) {
			continue // each name contains the empty one
		}
		x.under(t, c, n)
		back := time.Now()
		c.whole(t, true)
		t.Logf("%s: primary and standby again after %v", x.name, time.Since(back).Round(100*time.Millisecond))
		if t.Failed() {
			break
		}
	}
}

// behind has the server killed right after its standby stopped hearing of it for a moment.
var behind = trial{name: "server killed, standby behind", most: time.Hour, fault: func(t testing.TB, _ *cluster, leads, follows *member) {
	pid := follows.receiver(t)
	must(t, syscall.Kill(pid, syscall.SIGSTOP))
	time.Sleep(700 * time.Millisecond)
	leads.killServer()
	must(t, errors.Join(syscall.Kill(pid, syscall.SIGTERM), syscall.Kill(pid, syscall.SIGCONT))) // it ends before it reads what waits for it
}}

func TestAClusterWhoseStandbyIsBehindLosesNothing(t *testing.T) {
	if !soaking {
		t.Skip("skipped: long; run make soak")
	}
	c := newCluster(t, nil)
	behind.under(t, c, nodesOn(t, c, product))
}

// A cluster that does not wait for its standby loses what was acknowledged, and the law finds it.
func TestAClusterThatDoesNotWaitIsFound(t *testing.T) {
	if !soaking {
		t.Skip("skipped: long; run make soak")
	}
	c := newCluster(t, settings{"synchronous_mode": false, "maximum_lag_on_failover": 1 << 30})
	n := nodesOn(t, c, product)
	control.Finds(t, "acknowledged commands are lost", func(t testing.TB) { behind.under(t, c, n) })
}

// Nodes that stay with the old primary and answer a key they have seen by looking it up, without writing, acknowledge what
// the new primary never had.
func TestARetryThatOnlyReadsIsFound(t *testing.T) {
	if !soaking {
		t.Skip("skipped: long; run make soak")
	}
	c := newCluster(t, nil)
	leads, _ := c.leader(t)
	must(t, leads.do(t, "CREATE DATABASE "+testDatabase))
	n := newNodes(t, rereading, url(testDatabase, leads))
	split := trials[len(trials)-1]
	control.Finds(t, "acknowledged commands are lost", func(t testing.TB) { split.under(t, c, n) })
}

// serveRereading is the product with a fault planted: a key that the database knows is answered from there, and nothing is
// written for it.
func serveRereading(args []string) error {
	ctx := context.Background()
	database := os.Getenv("RAHGOSHA_DATABASE")
	a, err := app.Open(ctx, app.Config{Data: args[2], Database: database, Office: "office"})
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", database)
	if err != nil {
		return err
	}
	h, _, err := a.Handler()
	if err != nil {
		return err
	}
	go a.Store.RunSequencer(ctx)
	return listen(args[4], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var id, entry string
		err := db.QueryRowContext(r.Context(), "SELECT case_id, entry FROM replay WHERE key = $1", r.Header.Get("Idempotency-Key")).Scan(&id, &entry)
		if err != nil {
			h.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(map[string]string{"id": id, "entry": entry})
	}))
}
