package store

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// pageSize is SQLite's, in bytes.
const pageSize = 4096

// pageRoom is what the page caches of all connections of the process share before they ask the allocator, in MB.
const pageRoom = writerCache + 4*readerCache

// pageHead is what SQLite keeps beside each page, in bytes; it is told where it lies.
var pageHead int32

// SQLite takes room for its page caches once, before anything of it is used. Its allocator gives places of powers of two, so
// that each page with its head, a little more than 4 KB, would take 8. Nothing of the room is held before it is used; where
// SQLite does not take it, all is as it was.
func init() {
	tls := libc.NewTLS()
	defer tls.Close()
	args := libc.Xcalloc(tls, 3, 8) //nolint:mnd // three arguments of eight bytes
	if args == 0 {
		return
	}
	defer libc.Xfree(tls, args)
	where := uintptr(unsafe.Pointer(&pageHead)) //nolint:gosec // a variable of the package stays where it is
	if sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_PCACHE_HDRSZ, libc.VaList(args, where)) != sqlite3.SQLITE_OK {
		return
	}
	place := pageSize + pageHead
	places := pageRoom << 20 / place
	room := libc.Xmalloc(tls, libc.Tsize_t(place*places))
	if room != 0 && sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_PAGECACHE, libc.VaList(args, room, place, places)) != sqlite3.SQLITE_OK {
		libc.Xfree(tls, room)
	}
}
