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

// server is a process under measurement. now is the number of its calls at present.
type server struct {
	base  string // http://127.0.0.1:port
	cmd   *exec.Cmd
	cold  time.Duration
	token string
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

// start runs a server and waits until a path answers.
func start(addr, path string, cmd *exec.Cmd) (*server, error) {
	s := &server{base: "http://" + addr, cmd: cmd}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for time.Since(began) < time.Minute {
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

// stop asks the process to end and waits.
func (s *server) stop() {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err == nil {
		_ = s.cmd.Wait() // it was told to end
	}
}

// cpu is the processor time a process has used, and rss the memory it holds, in bytes (proc(5): fields 14, 15 and 24 of
// stat, in ticks of 10 ms and pages of 4096 bytes).
func (s *server) usage() (cpu time.Duration, rss int64, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	return usageOf(raw)
}

func usageOf(stat []byte) (cpu time.Duration, rss int64, err error) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 22 {
		return 0, 0, errors.New("stat: too few fields")
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	pages, err3 := strconv.ParseInt(fields[21], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, pages * 4096, errors.Join(err1, err2, err3)
}
