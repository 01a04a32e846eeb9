package store

import (
	"context"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

var pagesNow, pagesMost int32

// Pages that connections hold lie in the room that was made for them.
func TestPagesLieInTheirRoom(t *testing.T) {
	s := open(t, config(t))
	write(t, s, func(_ context.Context, t *Tx) error { return nil })
	tls := libc.NewTLS()
	defer tls.Close()
	now, most := uintptr(unsafe.Pointer(&pagesNow)), uintptr(unsafe.Pointer(&pagesMost))
	if rc := sqlite3.Xsqlite3_status(tls, sqlite3.SQLITE_STATUS_PAGECACHE_USED, now, most, 0); rc != sqlite3.SQLITE_OK || pagesNow == 0 {
		t.Errorf("%d pages lie in the room, %d at most (%d)", pagesNow, pagesMost, rc)
	}
}
