package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rahgosha/e2e/harness"
)

const password = "rahgosha-demo-1405" // of every sample account

// shared is what the journeys share: a sample province made once, of which every server serves a copy (making it takes
// longer than walking through it), a server for all who mind their own cases only, and a browser.
var shared struct {
	making, serving, browsing          sync.Once
	makingErr, servingErr, browsingErr error

	dir, made string // where everything lies, and the province as it was made
	server    *harness.Server
	browser   *harness.Browser
}

// sample gives a new copy of the sample province. RAHGOSHA_DEMO_DATA names a folder with one made earlier.
func sample(t *testing.T) string {
	t.Helper()
	bin := harness.Binary(t)
	shared.making.Do(func() {
		if shared.dir, shared.makingErr = os.MkdirTemp("", "rahgosha-e2e-"); shared.makingErr != nil {
			return
		}
		if shared.made = os.Getenv("RAHGOSHA_DEMO_DATA"); shared.made != "" {
			return
		}
		shared.made = filepath.Join(shared.dir, "made")
		var s *harness.Server
		if s, shared.makingErr = harness.Launch(bin, demoArgs(shared.made)...); shared.makingErr == nil {
			shared.makingErr = s.Stop()
		}
	})
	if shared.makingErr != nil {
		t.Fatal(shared.makingErr)
	}
	folder, err := os.MkdirTemp(shared.dir, "copy-")
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(folder, "data")
	if out, err := exec.Command("cp", "-a", shared.made, data).CombinedOutput(); err != nil {
		t.Fatalf("copy the sample province: %v: %s", err, out)
	}
	return data
}

func demoArgs(data string) []string {
	return []string{"demo", "--data", data, "--listen", "127.0.0.1:0"}
}

// demo gives the server that the journeys share.
func demo(t *testing.T) *harness.Server {
	t.Helper()
	bin := harness.Binary(t)
	shared.serving.Do(func() {
		shared.server, shared.servingErr = harness.Launch(bin, demoArgs(sample(t))...)
	})
	if shared.server == nil {
		t.Fatalf("the shared server does not run: %v", shared.servingErr)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's last lines:\n%s", shared.server.Output())
		}
	})
	return shared.server
}

// chromium gives the browser that all share: each page has cookies and a cache of its own.
func chromium(t *testing.T) *harness.Browser {
	t.Helper()
	program := harness.Program(t)
	shared.browsing.Do(func() { shared.browser, shared.browsingErr = harness.LaunchBrowser(program) })
	if shared.browsingErr != nil {
		t.Fatal(shared.browsingErr)
	}
	return shared.browser
}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := closeShared(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func closeShared() error {
	var errs []error
	if shared.browser != nil {
		shared.browser.Close()
	}
	if shared.server != nil {
		errs = append(errs, shared.server.Stop())
	}
	if shared.dir != "" {
		errs = append(errs, os.RemoveAll(shared.dir))
	}
	return errors.Join(errs...)
}

// session is what a login holds at a server: signing in is throttled, and people stay signed in.
type session struct {
	mu      sync.Mutex
	cookies map[string]string
}

// sessions are by server and login.
var sessions sync.Map

func (o *office) session(login string) *session {
	s, _ := sessions.LoadOrStore(o.url+" "+login, &session{})
	return s.(*session)
}

// office is a table at which people sit side by side.
type office struct {
	t       *testing.T
	url     string
	visited *visits // pages held to axe
	browser *harness.Browser
}

// newOffice is at the shared server: for who minds their own cases only.
func newOffice(t *testing.T) *office {
	t.Helper()
	return officeAt(t, demo(t).URL)
}

func officeAt(t *testing.T, url string) *office {
	t.Helper()
	return &office{t: t, url: url, browser: chromium(t), visited: &visits{}}
}

// guest opens a page for nobody in particular.
func (o *office) guest() *harness.Page {
	o.t.Helper()
	return o.browser.Page(o.t, o.url)
}

// signIn opens a page and signs in through the form.
func (o *office) signIn(login string, scripts bool) *harness.Page {
	o.t.Helper()
	s := o.session(login)
	s.mu.Lock()
	defer s.mu.Unlock()
	return o.enter(s, login, scripts)
}

func (o *office) enter(s *session, login string, scripts bool) *harness.Page {
	o.t.Helper()
	p := o.guest()
	p.Scripts(scripts)
	p.Open("/sign-in")
	p.Fill("#login", login)
	p.Fill("#password", password)
	if s := p.Follow("main form button"); s != 200 || p.Path() == "/sign-in" {
		o.t.Fatalf("%s cannot sign in: status %d at %s", login, s, p.Path())
	}
	s.cookies = p.Cookies()
	return p
}

// as opens a page of somebody who has signed in before, or signs them in now.
func (o *office) as(login string) *harness.Page {
	o.t.Helper()
	s := o.session(login)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cookies == nil {
		return o.enter(s, login, true)
	}
	p := o.guest()
	p.SetCookies(s.cookies)
	return p
}

// daysAgo is a day before today as people write it here.
func daysAgo(t *testing.T, n int) string {
	t.Helper()
	return solar(t, time.Now().AddDate(0, 0, -n))
}
