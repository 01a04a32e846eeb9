package app_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/store/pgtest"
)

// world is a small open province: people of every desk, one unit, a package and two banks.
type world struct {
	*app.App
	clock *clock.Manual
	unit  string

	front  func(http.Handler) http.Handler // planted before what programs meet
	dryRun func(context.Context, fs.FS, []string) (*app.Simulation, []procedure.Problem, error)
}

const password = "rahgosha-demo-1405"

// newWorld opens a fresh province on Monday 1405/02/07, ten in the morning.
func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOn(t, "")
}

// onBoth runs a test, or a law that is written for a control too, on SQLite and, where a server is given, on PostgreSQL.
func onBoth[F func(*testing.T, *world) | func(testing.TB, *world)](t *testing.T, test F) {
	t.Helper()
	t.Parallel()
	run := func(t *testing.T, database string) {
		switch f := any(test).(type) {
		case func(*testing.T, *world):
			f(t, newWorldOn(t, database))
		case func(testing.TB, *world):
			f(t, newWorldOn(t, database))
		}
	}
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); run(t, "") })
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		run(t, filledDatabase(t))
	})
}

// filledDatabase makes a database that is a copy of a filled province's.
func filledDatabase(t testing.TB) string {
	t.Helper()
	onPostgres.once.Do(func() {
		filledTemplate.Migrate = func(database string) error { onPostgres.fill(t, database); return nil }
	})
	database := filledTemplate.Fresh(t)
	copies.Store(database, true)
	return database
}

// freshDatabase makes a database of its own and gives its URL.
func freshDatabase(t testing.TB, server string) string {
	t.Helper()
	db, err := sql.Open("pgx", server)
	must(t, err)
	name := "app_" + strings.ToLower(app.NewID())
	_, err = db.ExecContext(t.Context(), "CREATE DATABASE "+name)
	must(t, err)
	t.Cleanup(func() {
		_, err := db.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)")
		must(t, errors.Join(err, db.Close()))
	})
	u, err := url.Parse(server)
	must(t, err)
	u.Path = "/" + name
	return u.String()
}

func newWorldOn(t testing.TB, database string) *world {
	t.Helper()
	return newWorldWith(t, app.Config{Database: database})
}

// newWorldWith opens it with settings of a test's own. Where it can it opens a copy of a province that was filled once: to publish
// six procedures proves each of them with all its examples, which takes half a second of a processor.
func newWorldWith(t testing.TB, cfg app.Config) *world {
	t.Helper()
	pattern := patternFor(t, cfg)
	if pattern == nil {
		w := newEmptyWorld(t, cfg)
		w.fill(t)
		return w
	}
	cfg.Data = t.TempDir()
	// The copy can be read by everybody, which no key may be.
	must(t, errors.Join(os.CopyFS(cfg.Data, os.DirFS(pattern.data)), os.Chmod(filepath.Join(cfg.Data, "keys", "root.key"), 0o600)))
	w := newEmptyWorld(t, cfg)
	w.unit = pattern.unit
	return w
}

// pattern is a filled province that is closed: its folder, and its unit.
type pattern struct {
	once       sync.Once
	data, unit string
}

var (
	onSQLite, onPostgres pattern
	filledTemplate       = pgtest.Template{Name: "world"}
	copies               sync.Map // addresses of databases that are copies of onPostgres's
)

func TestMain(m *testing.M) {
	if os.Getenv("GOGC") == "" { // collecting garbage takes a third of the time otherwise: hundreds of provinces begin and end
		debug.SetGCPercent(400)
		_ = os.Setenv("GOGC", "400") // or what serves in a test sets the share of a server
	}
	code := filledTemplate.Run(m)
	for _, dir := range []string{onSQLite.data, onPostgres.data} {
		_ = os.RemoveAll(dir) // of temporary files
	}
	os.Exit(code)
}

// patternFor gives what a world of these settings is a copy of, nil where it must be filled anew.
func patternFor(t testing.TB, cfg app.Config) *pattern {
	t.Helper()
	if cfg.Data != "" {
		return nil
	}
	if cfg.Database == "" {
		onSQLite.once.Do(func() { onSQLite.fill(t, "") })
		return onSQLite.whole(t)
	}
	if _, is := copies.Load(cfg.Database); is {
		return onPostgres.whole(t)
	}
	return nil
}

func (p *pattern) fill(t testing.TB, database string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "rahgosha-pattern-")
	must(t, err)
	p.data = dir
	w := openWorld(t, app.Config{Data: dir, Database: database})
	w.fill(t)
	w.settle(t.Context(), t)
	must(t, w.Close())
	p.unit = w.unit
}

func (p *pattern) whole(t testing.TB) *pattern {
	t.Helper()
	if p.unit == "" {
		t.Fatal("the province that this one is a copy of could not be filled: see the test that tried it first")
	}
	return p
}

func newEmptyWorld(t testing.TB, cfg app.Config) *world {
	t.Helper()
	w := openWorld(t, cfg)
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		*w = world{} // package testing keeps what cleans up after a test until the last test ends
	})
	return w
}

// listens serves until the test ends, and then lets go of what it served.
func listens(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(func() { srv.Close(); srv.Config.Handler = nil })
	return srv
}

// openWorld opens a province that its caller closes.
func openWorld(t testing.TB, cfg app.Config) *world {
	t.Helper()
	on, err := jalali.New(1405, 2, 7)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clock: clock.NewManual(on.Start().Add(10 * time.Hour))}
	cfg.Clock, cfg.Fast, cfg.Office, cfg.Sample = w.clock, true, "office", true
	if cfg.Data == "" {
		cfg.Data = t.TempDir()
	}
	w.App, err = app.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.dryRun = w.Simulate
	return w
}

func name(s string) locale.Text { return locale.Text{FA: s, EN: s} }

func (w *world) fill(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	for _, p := range []string{"facility-supervision", "experts-board-62", "referral", "working-group", "bank-council", "consultation"} {
		must(t, w.PublishBuiltin(ctx, p, [2]string{"first", "second"}))
	}
	head, err := w.Registry.Create(ctx, registry.Draft{Province: w.Province, Values: map[string]any{
		"name": "نساجی سپیدتار", "kind": "industrial", "legal_id": "99238044819", "licence_no": "1234", "licence_expiry": "1407/01/01",
		"county": "کرج", "status": "active", "employees": "25", "sales_last_year": "50000000000", "owner_nc": "9705430713",
	}, Provenance: registry.Provenance{Source: "sample"}})
	must(t, err)
	w.unit = head.ID
	must(t, w.Party.Add(ctx, w.roster()))
	w.speaks(t, "unit.ceo")
	w.speaks(t, "unit.rep")
	money := int64(500_000_000_000)
	must(t, w.Registry.Upsert(ctx,
		registry.Item{Province: w.Province, Register: "package", ID: "P1", Source: "test", Balance: &money, Fields: map[string]any{
			"title": "بستهٔ آزمون", "ceiling": int64(70_000_000_000), "min_own_share": int64(2000), "exempts_cheque": false,
			"exempts_debt": false, "open": true,
		}},
		registry.Item{Province: w.Province, Register: registry.RegisterBranch, ID: "branch-1", Source: "test", Fields: map[string]any{
			"name_fa": "بانک الف، شعبهٔ مرکزی", "name_en": "Bank A, main branch", "bank": "bank-1", "county": "کرج",
		}},
		registry.Item{Province: w.Province, Register: registry.RegisterBranch, ID: "branch-2", Source: "test", Fields: map[string]any{
			"name_fa": "بانک ب، شعبهٔ مرکزی", "name_en": "Bank B, main branch", "bank": "bank-2", "county": "کرج",
		}},
	))
}

func (w *world) roster() party.Roster {
	r := party.Roster{Bodies: []party.Body{
		{ID: "dir", Province: w.Province, Kind: "directorate", Name: name("اداره کل")},
		{ID: "bank-1", Province: w.Province, Kind: "bank.head", Name: name("سرپرستی بانک الف")},
		{ID: "bank-2", Province: w.Province, Kind: "bank.head", Name: name("سرپرستی بانک ب")},
		{ID: "branch-1", Province: w.Province, Kind: "bank.branch", Name: name("شعبهٔ الف"), Parent: "bank-1"},
		{ID: "branch-2", Province: w.Province, Kind: "bank.branch", Name: name("شعبهٔ ب"), Parent: "bank-2"},
		{ID: "bank-council", Province: w.Province, Kind: "bank.council", Name: name("شورای هماهنگی بانک‌ها")},
		{ID: "council", Province: w.Province, Kind: "council", Name: name("کارگروه تسهیل")},
	}}
	for _, p := range []struct{ login, role, body string }{
		{"unit.ceo", "unit.ceo", ""}, {"dir.expert", "dir.expert", "dir"}, {"dir.deputy", "dir.deputy", "dir"},
		{"dir.dg", "dir.dg", "dir"}, {"dir.registry", "dir.registry", "dir"}, {"bank.branch", "bank.branch", "branch-1"},
		{"bank.branch.2", "bank.branch", "branch-2"}, {"bank.head", "bank.head", "bank-1"}, {"council.sec", "council.sec", "council"},
		{"auditor", "auditor", "dir"}, {"unit.rep", "unit.rep", ""}, {"dir.head", "dir.head", "dir"},
		{"council.member", "council.member", "council"}, {"bank.council", "bank.council", "bank-council"},
	} {
		r.Persons = append(r.Persons, party.Person{ID: "p-" + p.login, Name: "آزمون " + p.role})
		if p.body != "" {
			r.Memberships = append(r.Memberships, party.Membership{
				ID: "m-" + p.login, Province: w.Province, Person: "p-" + p.login, Role: p.role, Body: p.body, Document: "حکم ۱", From: "2024-01-01",
			})
		}
		r.Accounts = append(r.Accounts, party.Account{Person: "p-" + p.login, Login: p.login, Password: password})
	}
	ceiling := int64(50_000_000_000)
	r.Delegations = []party.Delegation{
		{ID: "d1", Province: w.Province, Scope: "referral", Taker: "m-dir.deputy", Ceiling: &ceiling, Document: "حکم ۲", From: "2024-01-01"},
		{ID: "d2", Province: w.Province, Scope: "referral", Taker: "m-dir.dg", Document: "حکم ۳", From: "2024-01-01"},
	}
	return r
}

// claims makes the claim of an account to speak for the world's unit in the role of its name, with a document they put.
func (w *world) claims(t testing.TB, login string) registry.Claim {
	t.Helper()
	person := "p-" + login
	ref, err := w.Document.Put(t.Context(), w.Province, person, "gazette.txt", strings.NewReader("gazette of "+login))
	must(t, err)
	c, err := w.Registry.MakeClaim(t.Context(), registry.Claim{Province: w.Province, Unit: w.unit, Person: person, Post: login, Evidence: ref.Hash})
	must(t, err)
	return c
}

// speaks has the claim of an account verified by the expert.
func (w *world) speaks(t testing.TB, login string) {
	t.Helper()
	_, err := w.Registry.DecideClaim(t.Context(), w.expert(), registry.ClaimStep{ID: w.claims(t, login).ID, State: registry.ClaimVerified})
	must(t, err)
}

func (w *world) expert() access.Principal {
	return access.Principal{Person: "p-dir.expert", Role: "dir.expert", Body: "dir", Province: w.Province}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// settle numbers what is not numbered yet (PostgreSQL).
func (w *world) settle(ctx context.Context, t testing.TB) {
	t.Helper()
	_, err := w.Store.Sequence(ctx)
	must(t, err)
}
