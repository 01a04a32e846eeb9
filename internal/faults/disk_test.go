package faults

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"modernc.org/sqlite"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/locale"
)

// disk is a data folder with little room, and how room is made again.
type disk struct {
	data string
	of   province
	env  []string // of the server
	room func() error
}

// mounted is a disk of its own, with a few MB left.
func mounted(t testing.TB) disk {
	t.Helper()
	from, of := fresh(t)
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=14m", "rahgosha-faults", dir).CombinedOutput(); err != nil {
		t.Skipf("skipped: NO DISK OF ITS OWN, for nothing may be mounted here (%v: %s); the same law runs with a database that may have no more pages", err, out)
	}
	t.Cleanup(func() { must(t, exec.Command("umount", "--lazy", dir).Run()) }) //nolint:noctx // after the test's context
	d, ballast := disk{data: filepath.Join(dir, "data"), of: of}, filepath.Join(dir, "ballast")
	duplicate(t, from, d.data)
	must(t, os.WriteFile(ballast, make([]byte, 6<<20), 0o600))
	d.room = func() error { return os.Remove(ballast) }
	return d
}

// pagesEnv names a file that holds how many pages the database of a child may have, as long as it is there.
const pagesEnv = "RAHGOSHA_FAULTS_PAGES"

// paged is a database that may grow by a few pages only: so the law runs where nothing may be mounted.
func paged(t testing.TB) disk {
	t.Helper()
	d := disk{}
	d.data, d.of = fresh(t)
	limit := filepath.Join(t.TempDir(), "pages")
	must(t, os.WriteFile(limit, []byte("700"), 0o600))
	d.env, d.room = []string{pagesEnv + "=" + limit}, func() error { return os.Remove(limit) }
	return d
}

// limitPages makes every connection of this process obey the file of pagesEnv.
func limitPages() {
	file := os.Getenv(pagesEnv)
	if file == "" {
		return
	}
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		pages, err := os.ReadFile(file)
		if err != nil {
			return nil //nolint:nilerr // there is room
		}
		_, err = conn.ExecContext(context.Background(), "PRAGMA max_page_count = "+string(pages), nil)
		return err
	})
}

// recovery is how soon a server that has room again must take what it is sent.
const recovery = 10 * time.Second

// mostCommands is more than any of these disks has room for, in either mode.
var mostCommands = map[string]int{product: 600, eager: 60}

// fills is the law: who writes to a full disk is told so and what to do, who reads reads on, nothing that was acknowledged
// is lost though the server be killed, and with room again the server goes on by itself.
func fills(t testing.TB, mode string, d disk) {
	t.Helper()
	l := &ledger{of: d.of, by: map[string]*sent{}}
	p := serve(t, mode, d.data, d.env...)
	c := p.as(d.of, "unit.ceo")
	defer func() { c.CloseIdleConnections() }()
	var done *sent
	for full := 0; full < 20; {
		switch got := l.submit(c); {
		case got.err != nil:
			t.Fatalf("no answer: %v; %s", got.err, p.say)
		case got.got.status == http.StatusCreated:
			done = got
		case got.got.status == http.StatusInsufficientStorage:
			full++
		default:
			t.Fatalf("a full disk is told as %d %s", got.got.status, got.got.body)
		}
		if len(l.by) > mostCommands[mode] {
			l.holds(t, look(t, d.data))
			t.Fatal("the disk is never full")
		}
	}
	told(t, c, l)
	reads := func() {
		for _, path := range []string{"/cases/" + done.got.text(t, "id"), "/cases?limit=10"} {
			if got, err := c.get(path); err != nil || got.status != http.StatusOK {
				t.Errorf("reading %s on a full disk: %d %s (%v)", path, got.status, got.body, err)
			}
		}
	}
	reads()
	p.kill()
	p = serve(t, mode, d.data, d.env...)
	c = p.as(d.of, "unit.ceo")
	reads()
	must(t, d.room())
	for _, s := range l.by { // whoever was refused sends the same until it is taken
		for end := time.Now().Add(recovery); !s.done() && time.Now().Before(end); {
			if s.got, s.err = c.post("/cases", s.key, s.body); s.got.head.Get("Idempotency-Replayed") != "" {
				t.Errorf("what was refused had been done: %s", s.got.body)
			}
		}
	}
	l.holds(t, look(t, d.data))
	p.kill()
	proved(t, d.data)
	t.Logf("%d commands", len(l.by))
}

// told wants the words of a refusal in both languages.
func told(t testing.TB, c *caller, l *ledger) {
	t.Helper()
	defer func() { c.lang = "" }()
	for _, lang := range []locale.Lang{locale.FA, locale.EN} {
		c.lang = string(lang)
		s := l.submit(c)
		for s.done() { // a place that was left
			s = l.submit(c)
		}
		if want := locale.T(lang, "store.full", nil); s.got.text(t, "detail") != want {
			t.Errorf("a full disk is told as %q, want %q", s.got.body, want)
		}
	}
}

func TestAFullDiskIsToldAndForgiven(t *testing.T) {
	t.Parallel()
	for name, small := range disks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fills(t, product, small(t))
		})
	}
}

var disks = map[string]func(testing.TB) disk{"mounted": mounted, "paged": paged}

// lateWriting has a command take most of its room after it was answered before COMMIT: the hashes of the journal are written last.
// So it is no chance that the page which is one too many is wanted only then.
var lateWriting = []string{"CREATE TABLE planted_room (b BLOB)",
	"CREATE TRIGGER planted AFTER INSERT ON merkle BEGIN INSERT INTO planted_room VALUES (zeroblob(65536)); END"}

func TestTheFullDiskFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	for name, small := range disks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := small(t)
			plant(t, d.data, lateWriting...)
			control.Finds(t, "is lost", func(t testing.TB) { fills(t, eager, d) })
		})
	}
}
