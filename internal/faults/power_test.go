package faults

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"modernc.org/sqlite"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
)

// powered is a file system of its own, in a file, whose power can be cut: what was written and not yet synced is gone.
type powered struct {
	image, dir string
	data       string // the folder of the data on it
	of         province
}

// imageSize is the least that mkfs.xfs makes; the file has holes.
const imageSize = 320 << 20

// newPowered makes such a file system with a data folder on it, synced. It is XFS: ext4 lets a sync that meets the cut
// return well, and so loses what was acknowledged in that moment.
func newPowered(t testing.TB) *powered {
	t.Helper()
	from, of := fresh(t)
	root := t.TempDir()
	p := &powered{image: filepath.Join(root, "disk"), dir: filepath.Join(root, "mounted"), of: of}
	p.data = filepath.Join(p.dir, "data")
	must(t, os.WriteFile(p.image, nil, 0o600))
	must(t, os.Truncate(p.image, imageSize))
	must(t, os.Mkdir(p.dir, 0o700))
	for _, args := range [][]string{{"mkfs.xfs", "-q", p.image}, p.mounting()} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Skipf("skipped: NO POWER TO CUT, for no file system of its own can be made here: %s: %v: %s", args[0], err, out)
		}
	}
	t.Cleanup(func() { _ = exec.Command("umount", "--lazy", p.dir).Run() }) //nolint:noctx // after the test's context
	duplicate(t, from, p.data)
	syscall.Sync()
	return p
}

func (p *powered) mounting() []string { return []string{"mount", "-o", "loop", p.image, p.dir} }

// What ends a file system at once, its log unwritten (XFS_IOC_GOINGDOWN with XFS_FSOP_GOING_FLAGS_NOLOGFLUSH).
const (
	goingDown  = 0x8004587d
	noLogFlush = 2
)

// cut ends the file system as a cut of power does, and says when it began to.
func (p *powered) cut(t testing.TB) time.Time {
	t.Helper()
	d, err := os.Open(p.dir)
	must(t, err)
	defer func() { must(t, d.Close()) }()
	how := uint32(noLogFlush)
	began := time.Now()
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, d.Fd(), goingDown, uintptr(unsafe.Pointer(&how))); errno != 0 {
		t.Fatalf("the power cannot be cut: %v", errno)
	}
	return began
}

// restore brings the file system back as it lies on the disk.
func (p *powered) restore(t testing.TB) {
	t.Helper()
	for _, args := range [][]string{{"umount", p.dir}, p.mounting()} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", args[0], err, out)
		}
	}
}

// syncEnv names how eagerly the databases of a child sync, instead of as the product says.
const syncEnv = "RAHGOSHA_FAULTS_SYNC"

// loosenSync makes every connection of this process obey syncEnv.
func loosenSync() {
	if how := os.Getenv(syncEnv); how != "" {
		sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
			_, err := conn.ExecContext(context.Background(), "PRAGMA synchronous = "+how, nil)
			return err
		})
	}
}

// papers are the documents that programs outside put and had acknowledged, with the instants.
type papers struct {
	mu   sync.Mutex
	done map[string]time.Time // by hash
}

// load has a program put documents until the server is gone.
func (p *papers) load(srv *process, of province) (wait func()) {
	var g sync.WaitGroup
	g.Go(func() {
		c := srv.as(of, "unit.ceo")
		defer c.CloseIdleConnections()
		for {
			got, err := c.send(http.MethodPost, "/documents?name=paper.txt", strings.NewReader(app.NewID()),
				http.Header{"Content-Type": {"text/plain"}, "Idempotency-Key": {app.NewID()}})
			if err != nil || got.status != http.StatusCreated {
				return
			}
			var hash struct{ Hash string }
			if got.into(&hash) != nil {
				return
			}
			p.mu.Lock()
			p.done[hash.Hash] = time.Now()
			p.mu.Unlock()
		}
	})
	return g.Wait
}

// hold wants every document there that was acknowledged before the cut.
func (p *papers) hold(t testing.TB, data string, cut time.Time) {
	t.Helper()
	db, err := sql.Open("sqlite", database(data))
	must(t, err)
	defer func() { must(t, db.Close()) }()
	for hash, at := range p.done {
		if !at.Before(cut) {
			delete(p.done, hash) // nobody knows
			continue
		}
		var n int
		must(t, db.QueryRowContext(context.Background(), "SELECT count(*) FROM document WHERE hash = $1 AND state <> 'erased'", hash).Scan(&n))
		if n != 1 {
			t.Errorf("acknowledged document %s is lost", hash)
		}
	}
}

// cutOff cuts a server's power so many times while it works. What was acknowledged before the cut must be there when the
// power is back; what was answered later, or not at all, is asked for by its key.
func cutOff(t testing.TB, p *powered, cuts int, env ...string) (commands, before, documents int) {
	t.Helper()
	l, docs := &ledger{of: p.of, by: map[string]*sent{}}, &papers{done: map[string]time.Time{}}
	srv := serve(t, product, p.data, env...)
	for n := 1; n <= cuts; n++ {
		wait, filed := l.load(srv), docs.load(srv, p.of)
		time.Sleep(time.Duration(50+rand.IntN(300)) * time.Millisecond)
		at := p.cut(t)
		srv.kill()
		wait()
		filed()
		p.restore(t)
		for _, s := range l.by {
			switch {
			case s.settled:
			case s.done() && s.at.Before(at):
				before++
			default:
				s.err = errUnknown
			}
		}
		there := look(t, p.data)
		l.keeps(t, there)
		docs.hold(t, p.data, at)
		if n%proveEach == 0 || n == cuts {
			proved(t, p.data)
			if out, sound := fsck(p.data); !sound {
				t.Errorf("rahgosha fsck: %s", out)
			}
		}
		srv = serve(t, product, p.data, env...)
		l.resolve(t, srv)
		l.holds(t, look(t, p.data))
		for _, s := range l.by {
			s.settled = true
		}
		if t.Failed() {
			break
		}
	}
	srv.kill()
	return len(l.by), before, len(docs.done)
}

func TestACutOfPowerLosesNothing(t *testing.T) {
	t.Parallel()
	p, cuts := newPowered(t), long(20, 200)
	commands, before, documents := cutOff(t, p, cuts)
	t.Logf("%d cuts, %d commands, %d of them acknowledged before the cut, %d documents", cuts, commands, before, documents)
	if before < 5*cuts || documents == 0 {
		t.Error("the server was hardly at work")
	}
}

// A database that syncs when it pleases loses what it acknowledged.
func TestTheCutsFindADatabaseThatDoesNotSync(t *testing.T) {
	t.Parallel()
	p := newPowered(t)
	control.Finds(t, "is lost", func(t testing.TB) { cutOff(t, p, 10, syncEnv+"=NORMAL") })
}
