package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rahgosha/e2e/harness"
)

const password = "rahgosha-demo-1405" // of every sample account

// province is the one sample province that all journeys share: making it takes longer than walking through it.
var province struct {
	once   sync.Once
	server *harness.Server
	err    error
	dir    string
}

// demo gives the shared server. RAHGOSHA_DEMO_DATA names a folder with a province made earlier, which saves making it.
func demo(t *testing.T) *harness.Server {
	t.Helper()
	bin := harness.Binary(t)
	province.once.Do(func() {
		data := os.Getenv("RAHGOSHA_DEMO_DATA")
		if data == "" {
			if province.dir, province.err = os.MkdirTemp("", "rahgosha-e2e-"); province.err != nil {
				return
			}
			data = filepath.Join(province.dir, "data")
		}
		province.server, province.err = harness.Launch(bin, "demo", "--data", data, "--listen", "127.0.0.1:0")
	})
	if province.err != nil {
		t.Fatal(province.err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's last lines:\n%s", province.server.Output())
		}
	})
	return province.server
}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := closeDemo(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func closeDemo() error {
	var err error
	if province.server != nil {
		err = province.server.Stop()
	}
	if province.dir != "" {
		if rm := os.RemoveAll(province.dir); err == nil {
			err = rm
		}
	}
	return err
}

// sessions keeps the cookies of each login at each server: signing in is throttled, and people stay signed in.
var sessions sync.Map

// office is one browser in which people sit side by side.
type office struct {
	t       *testing.T
	url     string
	visited visits // pages held to axe
	browser *harness.Browser
}

func newOffice(t *testing.T) *office {
	t.Helper()
	return &office{t: t, url: demo(t).URL, browser: harness.NewBrowser(t)}
}

// guest opens a page for nobody in particular.
func (o *office) guest() *harness.Page {
	o.t.Helper()
	return o.browser.Page(o.t, o.url)
}

// signIn opens a page and signs in through the form.
func (o *office) signIn(login string, scripts bool) *harness.Page {
	o.t.Helper()
	p := o.guest()
	p.Scripts(scripts)
	p.Open("/sign-in")
	p.Fill("#login", login)
	p.Fill("#password", password)
	if s := p.Follow("main form button"); s != 200 || p.Path() == "/sign-in" {
		o.t.Fatalf("%s cannot sign in: status %d at %s", login, s, p.Path())
	}
	sessions.Store(o.url+login, p.Cookies())
	return p
}

// as opens a page of somebody who has signed in before, or signs them in now.
func (o *office) as(login string) *harness.Page {
	o.t.Helper()
	cookies, ok := sessions.Load(o.url + login)
	if !ok {
		return o.signIn(login, true)
	}
	p := o.guest()
	p.SetCookies(cookies.(map[string]string))
	return p
}

// daysAgo is a day before today as people write it here.
func daysAgo(t *testing.T, n int) string {
	t.Helper()
	return solar(t, time.Now().AddDate(0, 0, -n))
}
