package memory

import (
	"syscall"
	"unsafe"
)

// largePage is the size of a large page, in bytes. Where the system's are larger a wish for less is not granted.
const largePage = 2 << 20

// Room gives size bytes outside of the collector's heap for good, on large pages where the system has them; an error when
// there is not so much. What is not used is not held.
func Room(size int) ([]byte, error) {
	b, err := syscall.Mmap(-1, 0, size+largePage, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return nil, err
	}
	skip := beforePage(b)
	Large(b[skip : skip+size])
	return b[skip : skip+size : skip+size], nil
}

// Large wishes the whole large pages within b to be such. It is a wish: where it is not granted all is as it was. The
// wish stays with the place, also when the collector gives it to somebody else.
func Large(b []byte) {
	if skip := beforePage(b); skip < len(b) {
		if whole := (len(b) - skip) / largePage * largePage; whole > 0 {
			_ = syscall.Madvise(b[skip:skip+whole], syscall.MADV_HUGEPAGE)
		}
	}
}

// beforePage is how many bytes of b lie before the first large page that begins in it.
func beforePage(b []byte) int {
	return int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (largePage - 1)) // #nosec G103 -- only looked at
}
