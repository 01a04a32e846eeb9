package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a process under measurement, with the database beside it where it has one.
type server struct {
	base string // http://127.0.0.1:port
	cmd  *exec.Cmd
	cold time.Duration
	db   *postgres
	done chan struct{} // closed when the process has ended
}

// freePort is a loopback port nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }() // only its number was wanted
	return l.Addr().String(), nil
}

// startTime is how long a server may take to answer: filling a sample province on PostgreSQL takes a minute on a busy machine.
const startTime = 10 * time.Minute

// start runs a server and waits until a path answers.
func start(addr, path string, cmd *exec.Cmd) (*server, error) {
	s := &server{base: "http://" + addr, cmd: cmd, done: make(chan struct{})}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(s.done)
		_ = cmd.Wait() // how it ended it said itself
	}()
	for time.Since(began) < startTime && !s.ended() {
		res, err := http.Get(s.base + path) //nolint:noctx // bounded by the loop
		if err == nil {
			_ = res.Body.Close()
			s.cold = time.Since(began)
			return s, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("%s does not answer", strings.Join(cmd.Args, " "))
}

// ended says whether the process is gone.
func (s *server) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// stop asks the process to end and waits.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may be gone
	<-s.done
}

// usage is what a server has used so far: processor time of its own and of its database's processes, and the memory it holds,
// in bytes.
type usage struct {
	cpu, beside time.Duration
	rss         int64
}

func (s *server) usage() (u usage, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return u, err
	}
	if u.cpu, u.rss, err = usageOf(raw); err != nil || s.db == nil {
		return u, err
	}
	u.beside, err = s.db.cpu()
	return u, err
}

// tick is the unit of processor times in /proc.
const tick = 10 * time.Millisecond

// usageOf reads what proc(5) calls stat: its fields 14, 15 and 24 are in ticks of 10 ms and pages of 4096 bytes.
func usageOf(stat []byte) (cpu time.Duration, rss int64, err error) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 22 {
		return 0, 0, errors.New("stat: too few fields")
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	pages, err3 := strconv.ParseInt(fields[21], 10, 64)
	return time.Duration(user+system) * tick, pages * 4096, errors.Join(err1, err2, err3)
}
