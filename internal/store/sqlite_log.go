package store

import (
	"encoding/binary"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// logVFS is SQLite's own way to files under another name: the writer opens its database by it. Everything is passed on, but
// what is written to the log (WAL) side by side goes to the system in one piece: SQLite writes each page of a commit, and the
// 24 bytes before it, by themselves, which is some five hundred system calls for a group of commands. What is held is written
// with the last page of a commit, before SQLite tells anybody of it, and before anything else that the connection does with the
// file; other connections have files of their own and read no further than what they were told of.
const logVFS = "rahgosha-log"

// logPiece is how many bytes of the log are held at most; SQLite's unixWrite takes less than 1<<17 at once.
const logPiece = 31 * (logHead + pageSize)

// logHead is what stands before each page of the log, in bytes.
const logHead = 24

// logFile is the log of one connection, which only one goroutine uses at a time.
type logFile struct {
	system *sqlite3.Tsqlite3_io_methods
	at     int64 // where held begins in the file
	held   []byte
	last   bool // the page that comes next is a commit's last
	hoards bool // tests' negative control: what was refused stays held
}

var (
	logFiles   sync.Map // *logFile by the address of SQLite's file
	logMethods sync.Map // ours by the address of the system's, each made once and kept
	logSystem  uintptr  // the system's VFS; 0 where ours could not be made
	logReady   sync.Once
)

// newLogVFS tells SQLite of it under a name and gives the one beneath, 0 where SQLite does not take it.
func newLogVFS(called string, open openFunc) uintptr {
	tls := libc.NewTLS()
	defer tls.Close()
	system := sqlite3.Xsqlite3_vfs_find(tls, 0)
	name, err := libc.CString(called)
	if system == 0 || err != nil {
		return 0
	}
	ours := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	if ours == 0 {
		return 0
	}
	v := inC[sqlite3.Tsqlite3_vfs](ours)
	*v = *inC[sqlite3.Tsqlite3_vfs](system)
	v.FpNext, v.FzName, v.FxOpen = 0, name, pointer(open)
	if sqlite3.Xsqlite3_vfs_register(tls, ours, 0) != sqlite3.SQLITE_OK {
		return 0
	}
	return system
}

// inC is what lies at an address of SQLite's own memory, which Go's collector neither moves nor frees.
func inC[T any](address uintptr) *T {
	return *(**T)(unsafe.Pointer(&address)) // #nosec G103 -- SQLite's memory
}

// pointer is a function of the package as SQLite calls it.
func pointer(f any) uintptr {
	return (*[2]uintptr)(unsafe.Pointer(&f))[1] // #nosec G103 -- a function value lies where it is
}

// as is a function that SQLite has the address of.
func as[F any](pointer uintptr) F {
	return *(*F)(unsafe.Pointer(&struct{ uintptr }{pointer})) // #nosec G103 -- of the type that sqlite3.h gives it
}

type (
	openFunc  = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	fileFunc  = func(tls *libc.TLS, file uintptr) int32
	writeFunc = func(tls *libc.TLS, file, from uintptr, n int32, at int64) int32
	sizeFunc  = func(tls *libc.TLS, file uintptr, size int64) int32
	flagFunc  = func(tls *libc.TLS, file uintptr, flags int32) int32
	otherFunc = func(tls *libc.TLS, file, out uintptr) int32
)

func logOpen(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	rc := as[openFunc](inC[sqlite3.Tsqlite3_vfs](logSystem).FxOpen)(tls, logSystem, name, file, flags, out)
	if rc != sqlite3.SQLITE_OK || flags&sqlite3.SQLITE_OPEN_WAL == 0 {
		return rc
	}
	f := inC[sqlite3.Tsqlite3_file](file)
	system := inC[sqlite3.Tsqlite3_io_methods](f.FpMethods)
	ours, known := logMethods.Load(f.FpMethods)
	if !known {
		m := *system
		m.FxClose, m.FxRead, m.FxWrite, m.FxTruncate = pointer(logClose), pointer(logRead), pointer(logWrite), pointer(logTruncate)
		m.FxSync, m.FxFileSize = pointer(logSync), pointer(logFileSize)
		place := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(m)))
		if place == 0 {
			return rc // written as the system does
		}
		*inC[sqlite3.Tsqlite3_io_methods](place) = m
		ours, _ = logMethods.LoadOrStore(f.FpMethods, place)
	}
	logFiles.Store(file, &logFile{system: system})
	f.FpMethods = ours.(uintptr)
	return rc
}

func logOf(file uintptr) *logFile {
	f, _ := logFiles.Load(file)
	return f.(*logFile)
}

// flush writes what is held. What could not be written stays held: SQLite takes it for written, and comes back to the error
// when it writes or reads the log again.
func (l *logFile) flush(tls *libc.TLS, file uintptr) int32 {
	if len(l.held) == 0 {
		return sqlite3.SQLITE_OK
	}
	from := uintptr(unsafe.Pointer(unsafe.SliceData(l.held)))                        // #nosec G103 -- the slice is held until it is written
	rc := as[writeFunc](l.system.FxWrite)(tls, file, from, int32(len(l.held)), l.at) // #nosec G115 -- never more than a piece and a page
	if rc == sqlite3.SQLITE_OK {
		l.held = l.held[:0]
	}
	return rc
}

// end is flush where a commit is told by it. What cannot be written then is of a transaction that SQLite refuses and undoes:
// it is dropped, for written later it would be a commit after all.
func (l *logFile) end(tls *libc.TLS, file uintptr) int32 {
	rc := l.flush(tls, file)
	l.drop()
	return rc
}

func (l *logFile) drop() {
	if !l.hoards {
		l.held = l.held[:0]
	}
}

func logWrite(tls *libc.TLS, file, from uintptr, n int32, offset int64) int32 {
	l := logOf(file)
	if len(l.held) > 0 && (offset != l.at+int64(len(l.held)) || len(l.held)+int(n) > logPiece) {
		if rc := l.flush(tls, file); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	if len(l.held) == 0 {
		l.at = offset
	}
	raw := unsafe.Slice(inC[byte](from), n) // #nosec G103 -- n bytes of SQLite's, while it waits for this write
	l.held = append(l.held, raw...)
	if l.last && n == pageSize {
		l.last = false
		return l.end(tls, file)
	}
	l.last = n == logHead && binary.BigEndian.Uint32(raw[4:]) != 0 // the size of the database after a commit (SQLite's file format, 4.1)
	return sqlite3.SQLITE_OK
}

func logRead(tls *libc.TLS, file, into uintptr, n int32, offset int64) int32 {
	l := logOf(file)
	if rc := l.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return as[writeFunc](l.system.FxRead)(tls, file, into, n, offset)
}

func logSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	l := logOf(file)
	if rc := l.end(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return as[flagFunc](l.system.FxSync)(tls, file, flags)
}

func logTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	l := logOf(file)
	if rc := l.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return as[sizeFunc](l.system.FxTruncate)(tls, file, size)
}

func logFileSize(tls *libc.TLS, file, out uintptr) int32 {
	l := logOf(file)
	if rc := l.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return as[otherFunc](l.system.FxFileSize)(tls, file, out)
}

// logClose drops what is held: no commit is, so it is of a transaction that was undone.
func logClose(tls *libc.TLS, file uintptr) int32 {
	l := logOf(file)
	l.drop()
	rc := l.flush(tls, file)
	logFiles.Delete(file)
	return max(rc, as[fileFunc](l.system.FxClose)(tls, file))
}

// logName is the VFS that the writer opens its database by; "" stands for the system's. It is made when the first database is
// opened: that sets SQLite up, after which the room of the page caches cannot be told any more.
func (s *Store) logName() string {
	logReady.Do(func() { logSystem = newLogVFS(logVFS, logOpen) })
	switch {
	case logSystem == 0:
		return ""
	case s.cfg.lazy:
		return lazyLog
	}
	return logVFS
}

// lazyLog is the VFS of the control; its test makes it.
const lazyLog = logVFS + "-lazy"
