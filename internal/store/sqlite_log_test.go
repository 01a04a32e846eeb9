package store

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
)

// Whatever was acknowledged stands in the files as they lie on the disk, so that another process finds it, and so do readers
// beside the writer: of commits of one page, of more than are held at once, and of more than fit into the writer's cache.
func TestWhatIsAcknowledgedStandsInTheLog(t *testing.T) {
	t.Parallel()
	law := func(lazy bool) func(t testing.TB) {
		return func(t testing.TB) {
			cfg := config(t)
			cfg.lazy = lazy
			s := open(t, cfg)
			for i, pages := range []int{1, 2, 30, 31, 32, 200, 7000, 1} {
				answer := bytes.Repeat([]byte{byte(i + 1)}, pages*pageSize)
				if err := s.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
					return tx.Remember(ctx, casework.ReplayKey{Province: province, Actor: "p", Key: strconv.Itoa(i)}, casework.Remembered{Answer: answer})
				}); err != nil {
					t.Errorf("writing %d pages: %v", pages, err)
					return
				}
				if got := onDisk(t, cfg.Path); got != i+1 {
					t.Errorf("after a commit of %d pages %d of %d rows stand on the disk", pages, got, i+1)
				}
			}
		}
	}
	law(false)(t)
	makeLazyLog()
	control.Finds(t, "stand on the disk", law(true))
}

// onDisk counts the remembered answers in a copy of the files, read by SQLite as it is; -1 where it cannot.
func onDisk(t testing.TB, dir string) (n int) {
	t.Helper()
	to := t.TempDir()
	for _, end := range []string{"", "-wal"} {
		raw, err := os.ReadFile(filepath.Join(dir, DatabaseFile+end))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, DatabaseFile+end), raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", address(filepath.Join(to, DatabaseFile), "", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // of a copy
	if err := db.QueryRow("SELECT count(*) FROM replay WHERE length(answer) > 0").Scan(&n); err != nil {
		return -1
	}
	return n
}

// makeLazyLog makes the VFS that knows no commit by its last page, and whose log is forced to disk without what is held of it.
var makeLazyLog = sync.OnceFunc(func() {
	newLogVFS(lazyLog, func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
		rc := logOpen(tls, vfs, name, file, flags, out)
		if _, is := logFiles.Load(file); rc != sqlite3.SQLITE_OK || !is {
			return rc
		}
		f := inC[sqlite3.Tsqlite3_file](file)
		m := libc.Xcalloc(tls, 1, 256)
		*inC[sqlite3.Tsqlite3_io_methods](m) = *inC[sqlite3.Tsqlite3_io_methods](f.FpMethods)
		inC[sqlite3.Tsqlite3_io_methods](m).FxWrite = pointer(func(tls *libc.TLS, file, from uintptr, n int32, offset int64) int32 {
			rc := logWrite(tls, file, from, n, offset)
			logOf(file).last = false
			return rc
		})
		inC[sqlite3.Tsqlite3_io_methods](m).FxSync = pointer(func(*libc.TLS, uintptr, int32) int32 { return sqlite3.SQLITE_OK })
		f.FpMethods = m
		return rc
	})
})

// A commit that the disk did not take is refused, and nothing of it is written as its connection closes: a server that is
// killed then, or one that starts after it, would find it.
func TestARefusedCommitIsNotWrittenLater(t *testing.T) {
	t.Parallel()
	law := func(hoards bool) func(t testing.TB) {
		return func(t testing.TB) {
			dir := t.TempDir()
			path, disk := filepath.Join(dir, DatabaseFile), &fullDisk{hoards: hoards}
			fullDisks.Store(path+"-wal", disk)
			open := func(vfs string) *session {
				c, err := sqlite.NewConnector(address(path, vfs, 1, "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(0)"))
				must(t, err)
				s, err := newSession(t.Context(), c)
				must(t, err)
				return s
			}
			beside := open("") // so that the log stays where it is
			defer beside.drop()
			must(t, beside.say("CREATE TABLE replay (answer BLOB)"))
			s := open(fullLog)
			must(t, s.say("INSERT INTO replay VALUES (x'01')"))
			disk.full.Store(true)
			if err := s.say("INSERT INTO replay VALUES (zeroblob(5000))"); err == nil {
				t.Error("a commit that found no room is acknowledged")
			}
			disk.full.Store(false)
			s.drop()
			if n := onDisk(t, dir); n != 1 {
				t.Errorf("after the connection closed %d rows stand on the disk, of 1 acknowledged", n)
			}
		}
	}
	makeFullLog()
	law(false)(t)
	control.Finds(t, "of 1 acknowledged", law(true))
}

const fullLog = logVFS + "-full"

// fullDisk is where a log lies that there is no room for while a test says so.
type fullDisk struct {
	full   atomic.Bool
	hoards bool
	system *sqlite3.Tsqlite3_io_methods
}

var (
	fullDisks sync.Map // by the name of the log's file
	fullFiles sync.Map // by the address of SQLite's file
)

var makeFullLog = sync.OnceFunc(func() {
	newLogVFS(fullLog, func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
		rc := logOpen(tls, vfs, name, file, flags, out)
		if _, is := logFiles.Load(file); rc != sqlite3.SQLITE_OK || !is {
			return rc
		}
		l, place := logOf(file), libc.GoString(name)
		known, _ := fullDisks.Load(place)
		disk := known.(*fullDisk)
		m := *l.system
		m.FxWrite = pointer(writeFull)
		disk.system, l.system, l.hoards = l.system, &m, disk.hoards
		fullFiles.Store(file, disk)
		return rc
	})
})

func writeFull(tls *libc.TLS, file, from uintptr, n int32, at int64) int32 {
	known, _ := fullFiles.Load(file)
	disk := known.(*fullDisk)
	if disk.full.Load() {
		return sqlite3.SQLITE_FULL
	}
	return as[writeFunc](disk.system.FxWrite)(tls, file, from, n, at)
}
