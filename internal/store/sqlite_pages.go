package store

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"rahgosha/internal/base/memory"
)

// pageSize is SQLite's, in bytes.
const pageSize = 4096

// pageRoom is what the page caches of all connections of the process share before they ask the allocator, in MB.
const pageRoom = writerCache + 4*readerCache

// pageHead is what SQLite keeps beside each page, in bytes; it is told where it lies.
var pageHead int32

// pages is the room, once SQLite has it.
//
//lint:ignore U1000 it holds what SQLite alone reads
var pages []byte

// SQLite takes room for its page caches once, before anything of it is used. Its allocator gives places of powers of two, so
// that each page with its head, a little more than 4 KB, would take 8. It writes into each place when the first database is
// opened, so that all of the room is held from then on; where SQLite does not take it, all is as it was.
func init() {
	tls := libc.NewTLS()
	defer tls.Close()
	args := libc.Xcalloc(tls, 3, 8) //nolint:mnd // three arguments of eight bytes
	if args == 0 {
		return
	}
	defer libc.Xfree(tls, args)
	where := uintptr(unsafe.Pointer(&pageHead)) // #nosec G103 -- a variable of the package stays where it is
	if sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_PCACHE_HDRSZ, libc.VaList(args, where)) != sqlite3.SQLITE_OK {
		return
	}
	place := pageSize + pageHead
	places := pageRoom << 20 / place
	room, err := memory.Room(pageRoom << 20)
	if err != nil {
		return
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(room))) // #nosec G103 -- it stays where it is, and pages holds it
	if sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_PAGECACHE, libc.VaList(args, at, place, places)) == sqlite3.SQLITE_OK {
		pages = room
	}
}
