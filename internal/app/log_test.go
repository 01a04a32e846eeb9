package app_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
)

// heard keeps what a server logs, but for lines with one of these words.
type heard struct {
	mu   sync.Mutex
	said bytes.Buffer
	deaf []string
}

func (h *heard) Write(line []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, word := range h.deaf {
		if bytes.Contains(line, []byte(word)) {
			return len(line), nil
		}
	}
	return h.said.Write(line)
}

// lines counts the lines that hold all words.
func (h *heard) lines(words ...string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for line := range strings.Lines(h.said.String()) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			n++
		}
	}
	return n
}

const typedCode = "0499370899" // a national code, typed where a login belongs

// whoIsLogged is the law of the log (OWASP ASVS 16.3.1 to 16.3.3): who came in and who tried to, who was refused what, and
// whoever tried what no page of ours does, each by an opaque id; and nothing that was typed.
func whoIsLogged(t testing.TB, deaf ...string) {
	t.Helper()
	log := &heard{deaf: deaf}
	w := newWorldWith(t, app.Config{Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	id := w.open(t)
	branch, ceo := enter(t, w.App, "bank.branch", password), enter(t, w.App, "unit.ceo", password)
	for _, typed := range [][2]string{{"dir.expert", "wrong password 1"}, {typedCode, password}} {
		branch.send(http.MethodPost, "/sign-in", url.Values{"login": {typed[0]}, "password": {typed[1]}})
	}
	branch.send(http.MethodGet, "/admin/users", nil)
	branch.send(http.MethodGet, "/cases/"+id, nil)
	branch.api(http.MethodGet, "/api/v1/cases/"+id, "", "")
	branch.api(http.MethodPost, "/api/v1/cases", "key-of-program-3", `{"nonsense": 1}`)
	visitor := &browser{t: t, h: branch.h}
	visitor.send(http.MethodGet, "/desk", nil)
	for range 12 {
		visitor.send(http.MethodPost, "/sign-in", url.Values{"login": {"dir.head"}, "password": {"wrong password 2"}})
	}
	code := ceo.enrols(w)
	ceo.send(http.MethodPost, "/step-up", url.Values{"_code": {"000000"}})
	ceo.send(http.MethodPost, "/step-up", url.Values{"_code": {code()}})
	ceo.send(http.MethodPost, "/account/password", url.Values{"old": {"wrong password 3"}, "new": {"three lime umbrellas 7"}, "again": {"three lime umbrellas 7"}})
	ceo.send(http.MethodPost, "/sign-out", url.Values{})
	for what, words := range map[string][]string{
		"a sign-in":                        {`"signing in"`, "what=sign_in", "outcome=granted", "person=p-bank.branch", "from=192.0.2.1"},
		"a wrong password":                 {`"signing in"`, "what=sign_in", "outcome=refused", "why=party.wrong", "person=p-dir.expert", "login="},
		"a login that nobody has":          {`"signing in"`, "outcome=refused", "why=party.wrong", `person=""`, "login="},
		"too many guesses":                 {"msg=refused", "status=429", "why=fault.too_many"},
		"a wrong code":                     {`"signing in"`, "what=step_up", "way=code", "outcome=refused", "person=p-unit.ceo"},
		"a right code":                     {`"signing in"`, "what=step_up", "way=code", "outcome=granted", "person=p-unit.ceo"},
		"a password not changed":           {`"signing in"`, "what=password", "outcome=refused", "person=p-unit.ceo"},
		"a sign-out":                       {`"signing in"`, "what=sign_out", "person=p-unit.ceo"},
		"a page that is not theirs":        {"msg=refused", "status=403", `pattern="GET /admin/users"`, "person=p-bank.branch", "role=bank.branch"},
		"a case that is hidden":            {"msg=refused", "status=404", `pattern="GET /cases/{id}"`, "person=p-bank.branch"},
		"the same, asked by a program":     {"msg=refused", "status=404", `pattern="GET /api/v1/cases/{id}"`, "person=p-bank.branch"},
		"what no page of ours sends":       {"msg=refused", "status=422", `pattern="POST /api/v1/cases"`, "person=p-bank.branch"},
		"a page for who has not signed in": {"msg=refused", "status=401", `pattern="GET /desk"`, `person=""`},
	} {
		if log.lines(words...) == 0 {
			t.Errorf("the log does not tell of %s", what)
		}
	}
	for _, secret := range []string{"wrong password", password, typedCode, "umbrellas", branch.c.Value, ceo.c.Value, "000000", id} {
		if n := log.lines(secret); secret != "" && n > 0 {
			t.Errorf("the log holds %q, %d times", secret, n)
		}
	}
}

func TestTheLogTellsWhoTriedWhat(t *testing.T) {
	t.Parallel()
	whoIsLogged(t)
}

func TestTheLawOfTheLogFindsADeafOne(t *testing.T) {
	t.Parallel()
	control.Finds(t, "does not tell of a wrong password", func(t testing.TB) { whoIsLogged(t, "party.wrong") })
	control.Finds(t, "does not tell of a case that is hidden", func(t testing.TB) { whoIsLogged(t, "status=404") })
	log := &heard{}
	_, err := fmt.Fprintln(log, "login="+typedCode)
	must(t, err)
	if log.lines(typedCode) != 1 {
		t.Error("what was typed would not be found in a log that holds it")
	}
}
