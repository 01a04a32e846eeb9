package scanner_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app/scanner"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
)

// listen hears questions at a socket and answers each by what answer makes of it.
func listen(t testing.TB, answer func(net.Conn)) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "scan") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ln, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { defer func() { _ = c.Close() }(); answer(c) }()
		}
	}()
	return "unix:" + ln.Addr().String()
}

// clean is the law of what passes: what a scanner called clean, and nothing else.
func clean(t testing.TB, address string, content []byte, want string) {
	t.Helper()
	s, err := scanner.New(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	err = s.Judge(ctx, content)
	key := "passed"
	if f, ok := fault.As(err); ok {
		key = f.Key
	}
	if key != want {
		t.Errorf("%s: %v, want %s", address, err, want)
	}
}

func TestWhatNobodyCalledCleanDoesNotPass(t *testing.T) {
	t.Parallel()
	says := func(line string) func(net.Conn) {
		return func(c net.Conn) {
			_, _ = io.CopyN(io.Discard, c, 10) // the command; the rest is not waited for
			_, _ = io.WriteString(c, line)
		}
	}
	small := []byte("a paper")
	clean(t, listen(t, says("stream: OK\x00")), small, "passed")
	clean(t, listen(t, says("stream: A.B FOUND\x00")), small, "app.scanner_found")
	for _, line := range []string{"", "stream: OK", "stream: O", "OK OK\x00", "stream: \x00", "INSTREAM size limit exceeded. ERROR\x00", strings.Repeat("x", 1<<20)} {
		clean(t, listen(t, says(line)), small, "app.scanner_away")
	}
	clean(t, listen(t, says("INSTREAM size limit exceeded. ERROR\x00")), make([]byte, 8<<20), "app.scanner_away")
	clean(t, "unix:/nowhere/at/all", small, "app.scanner_away")
	control.Finds(t, "want app.scanner_away", func(t testing.TB) { clean(t, listen(t, says("stream: OK\x00")), small, "app.scanner_away") })

	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	s, err := scanner.New(listen(t, func(net.Conn) { <-t.Context().Done() }))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Judge(ctx, small); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a scanner that says nothing: %v", err)
	}
	for _, at := range []string{"", "clamd", "unix:", "unix:clamd.sock", "tcp:host", "tcp::", "udp:host:1", "https://host:1"} {
		if _, err := scanner.New(at); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is taken for an address: %v", at, err)
		}
	}
}

// daemon starts ClamAV's daemon with a database of our own, of one signature, and gives its address.
func daemon(t *testing.T, name string, of []byte) string {
	t.Helper()
	program, err := exec.LookPath("clamd")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/clamd"); err != nil {
			t.Skip("skipped: no clamd here (Debian: clamav-daemon)")
		}
	}
	dir, err := os.MkdirTemp("", "clam")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	sum := sha256.Sum256(of)
	socket, me := filepath.Join(dir, "s"), os.Getenv("USER")
	if os.Geteuid() == 0 {
		me = "root"
	}
	for file, text := range map[string]string{
		"own.hsb":    fmt.Sprintf("%s:%d:%s:73\n", hex.EncodeToString(sum[:]), len(of), name),
		"clamd.conf": fmt.Sprintf("Foreground yes\nLocalSocket %s\nDatabaseDirectory %s\nUser %s\nStreamMaxLength 25M\nOfficialDatabaseOnly no\n", socket, dir, me),
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, "--config-file="+filepath.Join(dir, "clamd.conf")) // #nosec G204 -- a test's own
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	s, err := scanner.New("unix:" + socket)
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(time.Minute); s.Ping(t.Context()) != nil; time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("clamd ended: %v\n%s", err, out.String())
		default:
		}
		if time.Now().After(until) {
			t.Fatal("clamd does not answer")
		}
	}
	return "unix:" + socket
}

// The daemon that most operators have finds what its database knows, in one question or among many, and nothing else.
func TestClamAVFindsWhatItKnows(t *testing.T) {
	t.Parallel()
	marker := []byte("a harmless marker of this test, which its own database calls by a name\n")
	address := daemon(t, "Rahgosha.Test.Marker", marker)
	for range 2 {
		clean(t, address, marker, "app.scanner_found")
		clean(t, address, bytes.Repeat([]byte("clean "), 1<<20), "passed")
	}
	clean(t, address, make([]byte, 26<<20), "app.scanner_away") // more than the daemon takes
	control.Finds(t, "want app.scanner_found", func(t testing.TB) { clean(t, address, marker[1:], "app.scanner_found") })
}
