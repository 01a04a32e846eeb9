package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/store"
)

// process is a running server of its own process.
type process struct {
	url string // http://127.0.0.1:port
	cmd *exec.Cmd
	say *lines
}

// lines keeps what a process said.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.b.String()
	return s[max(0, len(s)-4000):]
}

// child is the test's program as something else.
func child(mode string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"="+mode)
	return cmd
}

// startLimit is how long a server may take to start, or to answer: tests run beside other work, and one that hangs is found too.
var startLimit = time.Duration(long(4, 10)) * time.Minute

// serve starts a server on a data folder and gives it once it listens. It is killed with the test at the latest.
func serve(t testing.TB, mode, data string, env ...string) *process {
	t.Helper()
	return serveWith(t, mode, data, nil, env...)
}

func serveWith(t testing.TB, mode, data string, args []string, env ...string) *process {
	t.Helper()
	return begin(t, child(mode, append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, args...)...), env...)
}

// begin starts a program that serves and gives it once it listens.
func begin(t testing.TB, cmd *exec.Cmd, env ...string) *process {
	t.Helper()
	p := &process{cmd: cmd, say: &lines{}}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Stderr, cmd.Env = p.say, append(cmd.Env, env...)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(p.kill)
	address := make(chan string, 1)
	go func() {
		defer close(address)
		for in := bufio.NewScanner(out); in.Scan(); {
			if _, at, ok := strings.Cut(in.Text(), "listening on "); ok {
				address <- at
			}
		}
	}()
	select {
	case p.url = <-address:
	case <-time.After(startLimit):
	}
	if p.url == "" {
		p.kill()
		t.Fatalf("the server does not listen: %s", p.say)
	}
	return p
}

// kill ends the server as nobody expects, and waits until it is gone.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// says runs a command of the product and gives what it printed and whether it was content.
func says(t testing.TB, args ...string) (string, bool) {
	t.Helper()
	out, err := child(product, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), err == nil
}

// caller is a program that holds a session.
type caller struct {
	*http.Client
	url, token string
	whole      bool   // wants the case in the answer of an act
	lang       string // of the answer's words
}

func (p *process) as(of province, login string) *caller { return newCaller(p.url, of.Tokens[login]) }

const callers = 16 // programs at once

func newCaller(url, token string) *caller {
	return &caller{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4 * callers}, Timeout: startLimit}, url + "/api/v1", token, false, ""}
}

// answer is what came back of a request, whole.
type answer struct {
	status int
	body   string
	head   http.Header
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("%d %q: %v", a.status, a.body, err)
	}
	return out
}

func (a answer) into(out any) error { return json.Unmarshal([]byte(a.body), out) }

func (a answer) text(t testing.TB, field string) string {
	s, _ := a.json(t)[field].(string)
	return s
}

// post sends a command under a key; the error says that the outcome is unknown.
func (c *caller) post(path, key string, body any) (answer, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return answer{}, err
	}
	head := http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {key}}
	if !c.whole {
		head.Set("Prefer", "return=minimal")
	}
	return c.send(http.MethodPost, path, bytes.NewReader(raw), head)
}

func (c *caller) get(path string) (answer, error) {
	return c.send(http.MethodGet, path, nil, http.Header{})
}

func (c *caller) send(method, path string, body io.Reader, head http.Header) (answer, error) {
	req, err := http.NewRequest(method, c.url+path, body)
	if err != nil {
		return answer{}, err
	}
	req.Header = head
	req.Header.Set("Authorization", "Bearer "+c.token)
	if c.lang != "" {
		req.Header.Set("Accept-Language", c.lang)
	}
	res, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	all, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, string(all), res.Header}, errors.Join(err, res.Body.Close())
}

// serveEagerly is the product with a fault planted: commands are answered once they have decided, before their COMMIT. Told to
// (stall), it never commits the next one.
func serveEagerly(args []string) error {
	ctx := context.Background()
	a, err := app.Open(ctx, app.Config{Data: args[2], Database: os.Getenv("RAHGOSHA_DATABASE"), Office: "office"})
	if err != nil {
		return err
	}
	stalls := make(chan os.Signal, 1)
	signal.Notify(stalls, syscall.SIGUSR1)
	engine := *a.Engine
	engine.Write = func(ctx context.Context, fn func(context.Context, casework.Tx) error) error {
		decided := make(chan error, 2)
		go func() {
			decided <- a.Store.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
				err := fn(ctx, tx)
				if err != nil {
					return err
				}
				decided <- nil
				select {
				case <-stalls:
					fmt.Fprintln(os.Stderr, stalled)
					select {} // until somebody ends this process, or its database
				case <-time.After(5 * time.Millisecond): // as a slow disk would take
					return nil
				}
			})
		}()
		return <-decided
	}
	a.Engine = &engine
	return a.Serve(ctx, args[4], os.Stdout)
}

const stalled = "an answered command waits for its COMMIT"

// stall has a server that answers before COMMIT stand in between, so that whoever ends it then loses what was answered: that is no
// matter of luck. Programs must be sending it commands.
func (p *process) stall(t testing.TB) {
	t.Helper()
	must(t, p.cmd.Process.Signal(syscall.SIGUSR1))
	for from := time.Now(); !strings.Contains(p.say.String(), stalled); time.Sleep(5 * time.Millisecond) {
		if time.Since(from) > startLimit {
			t.Fatalf("nobody sent a command: %s", p.say)
		}
	}
	time.Sleep(300 * time.Millisecond) // the answer is on its way
}

// listen serves as the product does, with what is planted before it.
func listen(address string, h http.Handler) error {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	return http.Serve(l, h)
}
