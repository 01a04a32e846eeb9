package memory

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// wished tells whether the system has noted the wish for large pages at the middle of b.
func wished(t *testing.T, b []byte) bool {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip("no /proc/self/smaps here:", err)
	}
	defer f.Close() //nolint:errcheck // only read
	at, inside := uintptr(unsafe.Pointer(&b[len(b)/2])), false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var from, to uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			inside = from <= at && at < to
		}
		if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && inside {
			return strings.Contains(flags+" ", " hg ")
		}
	}
	t.Fatal("the room is not mapped")
	return false
}

func TestARoomIsWishedOnLargePages(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage/enabled"); err != nil {
		t.Skip("this system has no large pages:", err)
	}
	room, err := Room(3*largePage + 5)
	if err != nil {
		t.Fatal(err)
	}
	if len(room) != 3*largePage+5 || cap(room) != len(room) {
		t.Errorf("a room of %d bytes has %d and may grow to %d", 3*largePage+5, len(room), cap(room))
	}
	if !wished(t, room) {
		t.Error("the room is not wished on large pages")
	}
	plain, err := syscall.Mmap(-1, 0, 4*largePage, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	if wished(t, plain) { // the control
		t.Error("memory that nobody wished on large pages is taken for such")
	}
	Large(plain)
	if !wished(t, plain) {
		t.Error("memory that was wished on large pages is not")
	}
}

func TestLargeKeepsWhatIsThere(t *testing.T) {
	for _, size := range []int{0, 1, largePage - 1, largePage, 2*largePage + 1} {
		b := bytes.Repeat([]byte{7}, size)
		Large(b)
		if !bytes.Equal(b, bytes.Repeat([]byte{7}, size)) {
			t.Errorf("of %d bytes some have changed", size)
		}
	}
}
