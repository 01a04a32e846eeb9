package faults

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
)

// promise is what the copy may be behind, unless the server says that it is.
const promise = 2 * time.Second

// serveTardily is the product with a fault planted: its continuous backup takes a look once a minute.
func serveTardily(args []string) error {
	ctx := context.Background()
	a, err := app.Open(ctx, app.Config{Data: args[2], Office: "office", BackupTo: args[6], BackupEvery: time.Minute, BackupKeep: time.Hour})
	if err != nil {
		return err
	}
	return a.Serve(ctx, args[4], os.Stdout)
}

// backup asks the server how its continuous backup stands.
func (p *process) backup(t testing.TB) string {
	t.Helper()
	res, err := http.Get(p.url + "/healthz")
	must(t, err)
	defer func() { must(t, res.Body.Close()) }()
	var h struct{ Backup string }
	must(t, json.NewDecoder(res.Body).Decode(&h))
	return h.Backup
}

// lost takes a server and its data folder away while programs submit cases, restores the continuous backup elsewhere, and
// holds it to the law: whatever was acknowledged before the time that the restore names is there and whole, and that time
// is hardly before the loss. Where told says so, a server that has said that its copy is behind may be.
func lost(t testing.TB, mode string, told bool, work time.Duration) {
	t.Helper()
	data, of := fresh(t)
	elsewhere, keys, back := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "data")
	must(t, os.CopyFS(keys, os.DirFS(filepath.Join(data, "keys"))))
	p := serveWith(t, mode, data, []string{"--backup-to", elsewhere})
	for deadline := time.Now().Add(startLimit); p.backup(t) != "ok"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the backup never became whole: %s", p.say)
		}
	}
	l := &ledger{of: of, by: map[string]*sent{}}
	wait := l.loadBy(p, callers/4)
	time.Sleep(work)
	gone := time.Now()
	p.kill()
	wait()
	must(t, os.RemoveAll(data))

	out, ok := says(t, "--lang", "en", "restore", elsewhere, "--erased", "none", "--data", back, "--keys", keys)
	if !ok {
		t.Fatalf("the backup is not restored: %s", out)
	}
	asOf := restoredAsOf(t, out)
	k := look(t, back)
	acked, missing := 0, 0
	var leaves int
	for _, s := range l.by {
		if !s.done() || s.at.After(gone) {
			continue
		}
		acked++
		id, entry := s.got.text(t, "id"), s.got.text(t, "entry")
		if leaves == 0 {
			leaves = len(k.outbox[entry])
		}
		switch {
		case !k.cases[id] && s.at.Before(asOf):
			t.Errorf("case %s, acknowledged %v before the time that was restored, is lost", id, asOf.Sub(s.at))
		case !k.cases[id] && gone.Sub(s.at) > promise && !(told && strings.Contains(p.say.String(), "is behind")):
			t.Errorf("case %s, acknowledged %v before the loss, is lost", id, gone.Sub(s.at))
		case !k.cases[id]:
			missing++
		case !k.entries[entry] || len(k.outbox[entry]) != leaves:
			t.Errorf("case %s is half there: entry %v, %d messages", id, k.entries[entry], len(k.outbox[entry]))
		}
	}
	proved(t, back)
	t.Logf("%d acknowledged, %d of them lost, all within %v of the loss; restored as of %v before it", acked, missing, promise, gone.Sub(asOf).Round(time.Millisecond))

	p = serve(t, product, back) // and it goes on
	if s := l.submit(p.as(of, "unit.ceo")); !s.done() {
		t.Errorf("the restored server answers %d %s (%v)", s.got.status, s.got.body, s.err)
	}
	p.kill()
}

func restoredAsOf(t testing.TB, out string) time.Time {
	t.Helper()
	m := regexp.MustCompile(`as of (\S+), record`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no time was restored: %s", out)
	}
	at, err := time.Parse(time.RFC3339Nano, m[1])
	must(t, err)
	return at
}

// A server and its disk are lost at a random moment under load: the continuous backup gives back what was acknowledged.
func TestALostDiskLosesTwoSecondsAtMost(t *testing.T) {
	t.Parallel()
	for range long(2, 40) {
		lost(t, product, true, time.Duration(500+rand.IntN(1500))*time.Millisecond)
	}
}

func TestALostDiskFindsACopyThatLags(t *testing.T) {
	t.Parallel()
	control.Finds(t, "before the loss, is lost", func(t testing.TB) { lost(t, tardy, false, promise+time.Second) })
}
