package faults

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/store/pgtest"
)

// archive is PostgreSQL's own continuous backup, as docs/operate-backup.md tells operators to set it.
type archive struct {
	server *pgtest.Server
	dir    string // what stands in the text as /mnt/other
	n      *nodes
	w      *writers
	at     []instant
	until  time.Time // between two times of work
	gone   time.Time
}

// instant is how far the server's log had been forced to disk at a time: within which file.
type instant struct {
	time.Time
	file string
}

const leaver = "p-leaver"

// setting gives one of the settings of the text, of a folder of the test's own.
func (a *archive) setting(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operate-backup.md"))
	must(t, err)
	m := regexp.MustCompile(name + ` = (?:'([^']*)'|(\w+))`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("docs/operate-backup.md sets no %s", name)
	}
	return name + "=" + strings.ReplaceAll(string(m[1])+string(m[2]), "/mnt/other", a.dir)
}

func (a *archive) settings(t testing.TB, names ...string) (out []string) {
	for _, name := range names {
		out = append(out, a.setting(t, name))
	}
	return out
}

func (a *archive) base() string { return filepath.Join(a.dir, "base") }
func (a *archive) wal() string  { return filepath.Join(a.dir, "wal") }

// files are those of the log that the archive has, in order.
func (a *archive) files(t testing.TB) (out []string) {
	t.Helper()
	all, err := os.ReadDir(a.wal())
	must(t, err)
	for _, f := range all {
		if regexp.MustCompile(`^[0-9A-F]{24}$`).MatchString(f.Name()) {
			out = append(out, f.Name())
		}
	}
	return out
}

// first is the file of the log from which on the base needs all.
func (a *archive) first(t testing.TB) string {
	t.Helper()
	label, err := os.ReadFile(filepath.Join(a.base(), "backup_label"))
	must(t, err)
	m := regexp.MustCompile(`START WAL LOCATION: .*\(file ([0-9A-F]{24})\)`).FindSubmatch(label)
	if m == nil {
		t.Fatalf("the base does not say where it begins: %s", label)
	}
	return string(m[1])
}

// newArchive has programs work on a PostgreSQL whose log is archived, erases a person in the middle of it, and loses the
// server with its disk. DATA of the node is left: it lies elsewhere.
func newArchive(t testing.TB) *archive {
	t.Helper()
	a := &archive{server: pgtest.NewServer(t, false), dir: pgtest.Folder(t)}
	unprivileged(t, "mkdir", a.wal())
	a.server.Stop()
	a.server.Start(t, a.settings(t, "archive_mode", "archive_timeout", "wal_level", "archive_command")...)
	must(t, a.server.Do("CREATE DATABASE alborz"))
	a.n = settled(t, pgtest.URL("alborz", a.server))
	a.join(t)
	a.n.serve(t, 0, product)
	a.n.at[1] = a.n.at[0]
	db, err := sql.Open("pgx", a.n.database)
	must(t, err)
	tool(t, "pg_basebackup", "-h", "127.0.0.1", "-p", a.port(), "-U", "rahgosha", "-D", a.base(), "-X", "stream", "-c", "fast")
	tool(t, "pg_verifybackup", a.base())

	ends, end := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() {
		for ; ends.Err() == nil; time.Sleep(50 * time.Millisecond) {
			var i instant
			i.Time = time.Now()
			if db.QueryRowContext(ends, "SELECT pg_walfile_name(pg_current_wal_flush_lsn())").Scan(&i.file) == nil {
				a.at = append(a.at, i)
			}
		}
	})
	w, wait := a.n.write(ends, writing/2)
	working(t, w, 40)
	a.until = time.Now()
	a.erase(t)
	first := a.first(t)
	eventually(t, "the first file that the base needs in the archive", func() bool { return slices.Contains(a.files(t), first) })
	had := len(a.files(t)) // what comes from here on lies behind the base's beginning
	working(t, w, 40)
	eventually(t, "files in the archive", func() bool { return len(a.files(t)) >= had+3 })
	a.gone = time.Now()
	a.server.Stop()
	must(t, os.RemoveAll(a.server.Data()))
	end()
	wait()
	watching.Wait()
	must(t, db.Close())
	a.w = w
	a.n.at[0].kill()
	return a
}

func (a *archive) port() string {
	_, port, _ := strings.Cut(a.server.Host(), ":")
	return port
}

func unprivileged(t testing.TB, name string, args ...string) {
	t.Helper()
	cmd, err := pgtest.Command(name, args...)
	must(t, err)
	must(t, ran(cmd))
}

func (a *archive) open(t testing.TB) *app.App {
	t.Helper()
	opened, err := app.Open(t.Context(), app.Config{Data: a.n.data[0], Database: a.n.database, Office: "office"})
	must(t, err)
	return opened
}

// join has somebody come who leaves again.
func (a *archive) join(t testing.TB) {
	t.Helper()
	opened := a.open(t)
	err := opened.Party.Add(t.Context(), party.Roster{Persons: []party.Person{{ID: leaver, Name: "leaver"}}})
	must(t, errors.Join(err, opened.Close()))
}

func (a *archive) erase(t testing.TB) {
	t.Helper()
	opened := a.open(t)
	by := func(person, role string) access.Principal {
		return access.Principal{Person: person, Role: role, Body: "dir", Province: opened.Province}
	}
	e, err := opened.Privacy.Ask(t.Context(), by("p-1", "dir.dg"), leaver, "request", "1")
	must(t, err)
	_, err = opened.Privacy.Decide(t.Context(), by("p-2", "admin"), e.ID, true)
	must(t, errors.Join(err, opened.Close()))
}

// lay puts the base where the lost data were, ready to be brought forward.
func (a *archive) lay(t testing.TB) {
	t.Helper()
	must(t, os.RemoveAll(a.server.Data()))
	unprivileged(t, "cp", "-a", a.base(), a.server.Data())
	unprivileged(t, "touch", filepath.Join(a.server.Data(), "recovery.signal"))
}

// asOf gives the settings of a restore to a time, as the text has them.
func asOf(at time.Time) []string {
	return []string{"recovery_target_time=" + at.UTC().Format("2006-01-02 15:04:05.999999") + "+00", "recovery_target_action=promote"}
}

// restore brings the base forward, by the words of the text, and gives the database.
func (a *archive) restore(t testing.TB, more ...string) *sql.DB {
	t.Helper()
	a.server.Stop()
	a.lay(t)
	a.server.Start(t, append(a.settings(t, "restore_command"), more...)...)
	db := open(t, a.n.database)
	eventually(t, "the end of the recovery", func() bool { return count(t, db, "SELECT pg_is_in_recovery()::int") == 0 })
	return db
}

// holds is the law: what was acknowledged by a time is there, the log verifies, who was erased is erased again before
// anybody is served, and work goes on.
func (a *archive) holds(t testing.TB, db *sql.DB, by time.Time, erased int) {
	t.Helper()
	cases := ids(t, db, "SELECT id FROM cases")
	var last time.Time
	acked, lost, old := 0, 0, 0
	for _, x := range a.w.acks {
		if !x.at.Before(a.gone) {
			continue
		}
		switch acked++; {
		case cases[x.id]:
			if x.at.After(last) {
				last = x.at
			}
		case x.at.Before(by):
			old++
		default:
			lost++
		}
	}
	if old > 0 {
		t.Errorf("%d commands that were acknowledged before the time of the restore are lost", old)
		return
	}
	gone := func() int { return count(t, db, "SELECT count(*) FROM person WHERE id = '"+leaver+"' AND erased <> 0") }
	if gone() != erased {
		t.Errorf("of %d erasures the copy has %d", erased, gone())
	}
	p := serve(t, product, a.n.data[0], "RAHGOSHA_DATABASE="+a.n.database)
	defer p.kill()
	if gone() != 1 {
		t.Error("who was erased is back")
	}
	numbered(t, db)
	content(t, a.n.data[0], a.n.database)
	if out, ok := says(t, "fsck", "--data", a.n.data[0], "--database", a.n.database); !ok {
		t.Errorf("rahgosha fsck: %s", out)
	}
	p.opened(t, a.n.of)
	t.Logf("%d acknowledged, %d after the time of the restore; the last one that is there was acknowledged %v before the loss", acked, lost, a.gone.Sub(last).Round(10*time.Millisecond))
}

// promised is the latest time of which the archive has all that was acknowledged: what was on the server's disk then lies
// in files that are there.
func (a *archive) promised(t testing.TB) time.Time {
	t.Helper()
	files := a.files(t)
	i := slices.IndexFunc(a.at, func(i instant) bool { return i.file > files[len(files)-1] })
	if i < 0 {
		i = len(a.at)
	}
	return a.at[i-1].Time
}

// gapless runs the check of the archive that operators have.
func (a *archive) gapless(t testing.TB) {
	t.Helper()
	out, err := exec.Command(filepath.Join("..", "..", "docs", "operate", "archive-check.sh"), a.wal(), a.base()).CombinedOutput()
	if err != nil {
		t.Errorf("the archive is not whole: %s", out)
	}
	t.Logf("%s", out)
}

// A PostgreSQL server is lost with its disk: base and archive give it back, as of a time or as far as they go.
func TestAnArchiveGivesBackALostServer(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.gapless(t)
	a.holds(t, a.restore(t, asOf(a.until)...), a.until, 0)
	a.holds(t, a.restore(t), a.promised(t), 1)
}

// A file is missing in the middle of an archive: the check names it, and a restore to a time after it is refused. One that
// names no time ends there and says nothing; the law finds what is lost.
func TestAnArchiveWithAGapIsFound(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	promised := a.promised(t)
	files := a.files(t)
	must(t, os.Remove(filepath.Join(a.wal(), files[len(files)-3])))
	control.Finds(t, files[len(files)-3]+" is missing", a.gapless)
	control.Finds(t, "before the time of the restore are lost", func(t testing.TB) { a.holds(t, a.restore(t), promised, 1) })

	a.server.Stop()
	a.lay(t)
	cmd, err := a.server.Program(append(a.settings(t, "restore_command"), asOf(promised)...)...)
	must(t, err)
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "recovery ended before configured recovery target was reached") {
		t.Errorf("a restore to a time after the gap ends so (%v): %s", err, out)
	}
}
