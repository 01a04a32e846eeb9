package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a PostgreSQL server of a test's own, for what no two tests may do to one: to stop it, to set it. It is empty,
// believes everybody on the loopback, and forces nothing to disk.
type Server struct {
	Dir  string
	Port int
	cmd  *exec.Cmd
}

// Programs gives the folder of the newest installed server's programs, "" where there is none.
func Programs() string {
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // a pattern of ours
	slices.Sort(all)
	if len(all) == 0 {
		return ""
	}
	return filepath.Dir(all[len(all)-1])
}

// Command is a program as the user that PostgreSQL may run as: it refuses the superuser of the system.
func Command(name string, args ...string) (*exec.Cmd, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = "/"
	if os.Geteuid() != 0 {
		return cmd, nil
	}
	uid, gid, err := unprivileged()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return cmd, err
}

func unprivileged() (uid, gid int, err error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return 0, 0, err
		}
	}
	uid, err = strconv.Atoi(u.Uid)
	gid, failed := strconv.Atoi(u.Gid)
	return uid, gid, errors.Join(err, failed)
}

// Folder gives a folder that servers may write, gone after the test.
func Folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rahgosha-pg") // not t.TempDir: its parents are the superuser's alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Geteuid() == 0 {
		uid, gid, err := unprivileged()
		if err = errors.Join(err, os.Chown(dir, uid, gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// FreePort gives a port of the loopback that nobody listens on just now.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// NewServer starts a server, or skips the test where none is installed. As a standby of nobody it takes no writes until it
// is promoted, which begins its second timeline.
func NewServer(t testing.TB, standby bool) *Server {
	t.Helper()
	bin := Programs()
	if bin == "" || os.Getenv(Env) == "" {
		t.Skip("skipped: no PostgreSQL server is installed, or " + Env + " is not set")
	}
	s := &Server{Dir: Folder(t), Port: FreePort(t)}
	data := s.Data()
	run := func(name string, args ...string) {
		cmd, err := Command(filepath.Join(bin, name), args...)
		if err == nil {
			var out []byte
			if out, err = cmd.CombinedOutput(); err != nil {
				err = fmt.Errorf("%s: %w: %s", name, err, out)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	run("initdb", "-D", data, "-U", "rahgosha", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
	if standby {
		if err := os.WriteFile(filepath.Join(data, "standby.signal"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.Start(t)
	return s
}

// Data is the folder of its data, for who takes it away or puts another in its place.
func (s *Server) Data() string { return filepath.Join(s.Dir, "data") }

// Program is the server as a command, with settings beside its own.
func (s *Server) Program(settings ...string) (*exec.Cmd, error) {
	args := []string{"-D", s.Data(), "-p", strconv.Itoa(s.Port), "-h", "127.0.0.1", "-k", s.Dir}
	for _, setting := range append([]string{"fsync=off", "shared_buffers=16MB", "restore_command=false"}, settings...) {
		args = append(args, "-c", setting)
	}
	return Command(filepath.Join(Programs(), "postgres"), args...)
}

// Start starts it, or starts it again with other settings, and waits until it answers.
func (s *Server) Start(t testing.TB, settings ...string) {
	t.Helper()
	cmd, err := s.Program(settings...)
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.cmd = cmd
	t.Cleanup(s.Stop)
	for range 300 {
		if err = s.Do("SELECT 1"); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal(err)
}

// Stop ends the server at once.
func (s *Server) Stop() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		_ = s.cmd.Wait()
	}
}

// Host is its address for a URL.
func (s *Server) Host() string { return "127.0.0.1:" + strconv.Itoa(s.Port) }

// URL is that of a database on several servers, to be had from the one that takes writes.
func URL(database string, servers ...*Server) string {
	hosts := make([]string, len(servers))
	for i, s := range servers {
		hosts[i] = s.Host()
	}
	return "postgres://rahgosha@" + strings.Join(hosts, ",") + "/" + database + "?sslmode=disable&target_session_attrs=any"
}

// Do runs statements, each in a transaction of its own.
func (s *Server) Do(statements ...string) error {
	db, err := sql.Open("pgx", URL("postgres", s))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, statement := range statements {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
