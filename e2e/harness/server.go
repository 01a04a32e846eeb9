package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// listening is the line a server prints once its port is open.
var listening = regexp.MustCompile(`listening on (http://\S+)`)

const startLimit = 5 * time.Minute // the first start makes the whole sample province

// Server is one running product with its sample province.
type Server struct {
	URL string // http://127.0.0.1:port, no slash at the end

	cmd   *exec.Cmd
	out   *output
	ended chan error
}

// Demo starts `rahgosha demo` on a free port over a folder of its own and stops it when the test ends. Extra arguments
// go to the command's end. The binary is $RAHGOSHA_BIN, or bin/rahgosha of the repository.
func Demo(t testing.TB, args ...string) *Server {
	t.Helper()
	argv := append([]string{"demo", "--data", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0"}, args...)
	return Start(t, argv...)
}

// Start runs the binary with the arguments of a serving command and waits until it is healthy.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s, err := Launch(Binary(t), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server's last lines:\n%s", s.Output())
		}
	})
	return s
}

// Launch runs a serving command of a binary for longer than one test: who launches it also stops it.
func Launch(bin string, args ...string) (*Server, error) {
	cmd := exec.Command(bin, args...)
	s := &Server{cmd: cmd, out: &output{address: make(chan string, 1)}, ended: make(chan error, 1)}
	cmd.Stdout, cmd.Stderr = s.out, s.out
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", bin, err)
	}
	go func() { s.ended <- cmd.Wait() }()
	if err := s.ready(strings.Join(args, " ")); err != nil {
		return nil, errors.Join(fmt.Errorf("%w\n%s", err, s.out), s.Stop())
	}
	return s, nil
}

func (s *Server) ready(args string) error {
	select {
	case s.URL = <-s.out.address:
		return await(s.URL)
	case err := <-s.ended:
		s.ended <- err
		return fmt.Errorf("rahgosha %s ended at once: %w", args, err)
	case <-time.After(startLimit):
		return fmt.Errorf("rahgosha %s printed no address within %v", args, startLimit)
	}
}

// Binary is the path of the built product; without it the test is skipped, or fails under RAHGOSHA_REQUIRE_TOOLS.
func Binary(t testing.TB) string {
	t.Helper()
	bin := os.Getenv("RAHGOSHA_BIN")
	if bin == "" {
		bin = filepath.Join(Root(t), "bin", "rahgosha")
	}
	if _, err := os.Stat(bin); err != nil {
		Missing(t, "no "+bin+": run make build")
	}
	return bin
}

// Root is the root of the repository: the nearest folder above the test with the product's Makefile.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "Makefile")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("no Makefile above the test: the tests must lie inside the repository")
	return ""
}

// Missing skips a test for want of a tool, except where every tool was promised: there a silent skip would be a lie.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("RAHGOSHA_REQUIRE_TOOLS") != "" {
		t.Fatal(what)
	}
	t.Skip("skipped: " + what)
}

func await(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for !healthy(ctx, url) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s/healthz never answered 200", url)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

func healthy(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, res.Body)
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// Stop ends the server as an operator does, and complains when it takes long.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
		return nil
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		return fmt.Errorf("the server did not stop within 20 s of SIGTERM:\n%s", s.out)
	}
}

// Output gives the last lines the server wrote.
func (s *Server) Output() string { return s.out.String() }

// output keeps the last lines a server wrote and finds its address among them.
type output struct {
	mu      sync.Mutex
	lines   []string
	rest    string
	address chan string
}

const keptLines = 60

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	lines := strings.Split(o.rest+string(p), "\n")
	o.rest = lines[len(lines)-1] // a line counts once it is whole
	for _, l := range lines[:len(lines)-1] {
		o.line(l)
	}
	return len(p), nil
}

func (o *output) line(text string) {
	o.lines = append(o.lines, text)
	if len(o.lines) > keptLines {
		o.lines = o.lines[1:]
	}
	if m := listening.FindStringSubmatch(text); m != nil {
		select {
		case o.address <- strings.TrimRight(m[1], "/\""):
		default:
		}
	}
}

// String gives the kept lines.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(append(o.lines[:len(o.lines):len(o.lines)], o.rest), "\n")
}
