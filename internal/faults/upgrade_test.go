package faults

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/procedures"
)

// settled makes the small province with the revision's own program: in a data folder, or in a database beside it.
func (r *revision) settled(t testing.TB, database string) (data string, of province) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	var said bytes.Buffer
	cmd := exec.Command(r.program(t, "settle"), data, database)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the earlier program makes no province: %v: %s", err, said.String())
	}
	must(t, json.Unmarshal(out, &of))
	return data, of
}

func (r *revision) command(t testing.TB, data string, args ...string) *exec.Cmd {
	t.Helper()
	return exec.Command(r.program(t, "rahgosha"), append(args, "--data", data)...)
}

func (r *revision) serve(t testing.TB, data, listen string, env ...string) *process {
	t.Helper()
	return begin(t, r.command(t, data, "serve", "--listen", listen), env...)
}

const anyPort = "127.0.0.1:0"

// keyed is an act with the key it was sent under, and what was said.
type keyed struct {
	by, path, key string
	body          map[string]any
	got           answer
}

// era is what an earlier program left, and what it showed and said meanwhile.
type era struct {
	of    province
	cases map[string]string // as their pages showed them, by id
	open  []string          // whose documents nobody looked at yet
	seen  []string          // one desk further
	acts  []keyed
	rows  map[string]bool
	knows map[string]bool // migrations
}

// shown is what of a case a version must not change.
type shown struct {
	Number, Title, Outcome string
	Stage                  struct{ ID string }
	Procedure              struct{ Version, Hash string }
	Version                int64
	Facts                  []struct {
		ID    string
		Value any
	}
	Letters  []struct{ Number string }
	Timeline []struct{ At int64 }
}

func (c *caller) shown(t testing.TB, id string) (s shown) {
	t.Helper()
	a, err := c.get("/cases/" + id)
	must(t, err)
	if a.status != http.StatusOK {
		t.Errorf("case %s is answered %d %s", id, a.status, a.body)
		return s
	}
	must(t, a.into(&s))
	return s
}

func (s shown) String() string {
	raw, _ := json.Marshal(s)
	return string(raw)
}

// act carries a case on as it stands.
func act(t testing.TB, p *process, of province, by, id, action string, facts map[string]any) keyed {
	t.Helper()
	c := p.as(of, by)
	defer c.CloseIdleConnections()
	k := keyed{by: by, path: "/cases/" + id + "/actions/" + action, key: app.NewID(), body: map[string]any{"version": c.shown(t, id).Version, "facts": facts}}
	var err error
	if k.got, err = c.post(k.path, k.key, k.body); err != nil || k.got.status != http.StatusOK {
		t.Errorf("%s of case %s is answered %d %s (%v)", action, id, k.got.status, k.got.body, err)
	}
	return k
}

func (p *process) opened(t testing.TB, of province) (id string) {
	t.Helper()
	c := p.as(of, "unit.ceo")
	defer c.CloseIdleConnections()
	a, err := c.post("/cases", app.NewID(), of.asked(fmt.Sprint(price), time.Now()))
	if err != nil || a.status != http.StatusCreated {
		t.Fatalf("a new case is answered %d %s (%v)", a.status, a.body, err)
	}
	return a.text(t, "id")
}

var opinion = map[string]any{"opinion": "good"}

// begins has people work with an earlier program for a while.
func begins(t testing.TB, p *process, of province, data string) *era {
	t.Helper()
	e := &era{of: of, cases: map[string]string{}}
	unit := p.as(of, "unit.ceo")
	defer unit.CloseIdleConnections()
	for i := range 9 {
		id := p.opened(t, of)
		acts := func(by, action string, facts map[string]any) {
			e.acts = append(e.acts, act(t, p, of, by, id, action, facts))
		}
		switch i % 3 {
		case 0:
			e.open = append(e.open, id)
		case 1:
			acts("dir.expert", "accept_documents", nil)
			e.seen = append(e.seen, id)
		case 2:
			acts("dir.expert", "accept_documents", nil)
			acts("dir.expert", "recommend", opinion)
			acts("dir.deputy", "approve", nil)
			acts("dir.deputy", "sign", nil)
		}
		e.cases[id] = unit.shown(t, id).String()
	}
	beside(t, data, func(db *sql.DB) { e.rows, e.knows = stored(t, db), applied(t, db) })
	return e
}

// beside asks a folder's database for a moment: a connection that stays would lose its locks whenever this process reads
// the file itself.
func beside(t testing.TB, data string, do func(db *sql.DB)) {
	t.Helper()
	db, err := sql.Open("sqlite", database(data))
	must(t, err)
	defer func() { must(t, db.Close()) }()
	do(db)
}

// stored are rows of which a version may lose none, in words that every version knows.
func stored(t testing.TB, db *sql.DB) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, query := range []string{
		"SELECT 'entry ' || id || ' ' || hex(bytes) FROM entry", "SELECT 'case ' || id FROM cases", "SELECT 'unit ' || id FROM unit",
		"SELECT 'letter ' || token || ' ' || number FROM letter", "SELECT 'key ' || key FROM replay", "SELECT 'person ' || id FROM person",
		"SELECT 'party ' || case_id || ' ' || relation || ' ' || subject FROM case_party", "SELECT 'definition ' || hash FROM definition",
		"SELECT 'message ' || entry || ' ' || topic || ' ' || n FROM outbox", "SELECT 'member ' || id FROM membership",
	} {
		for row := range ids(t, db, query) {
			out[row] = true
		}
	}
	return out
}

// there is the law of what an upgrade keeps: rows and pages.
func (e *era) there(t testing.TB, p *process, data string) {
	t.Helper()
	var now map[string]bool
	beside(t, data, func(db *sql.DB) { now = stored(t, db) })
	for row := range e.rows {
		if !now[row] {
			t.Errorf("a row of before is lost: %.200s", row)
		}
	}
	unit := p.as(e.of, "unit.ceo")
	defer unit.CloseIdleConnections()
	for id, was := range e.cases {
		if is := unit.shown(t, id).String(); is != was {
			t.Errorf("a case reads\n%s\nand read\n%s", is, was)
		}
	}
}

// goesOn is the law of what runs: keys are answered as they were, and each case goes on under its version of the procedure,
// while new ones begin under the newest. It is done once, and the cases' pages are others afterwards.
func (e *era) goesOn(t testing.TB, p *process, newest string) {
	t.Helper()
	for _, k := range e.acts {
		c := p.as(e.of, k.by)
		is, err := c.post(k.path, k.key, k.body)
		must(t, err)
		c.CloseIdleConnections()
		if is.body != k.got.body || is.head.Get("Idempotency-Replayed") != "true" {
			t.Errorf("a key is answered %d %s and was answered %s", is.status, is.body, k.got.body)
		}
	}
	unit := p.as(e.of, "unit.ceo")
	defer unit.CloseIdleConnections()
	on := func(id string) {
		t.Helper()
		var was shown
		must(t, json.Unmarshal([]byte(e.cases[id]), &was))
		is := unit.shown(t, id)
		if is.Procedure != was.Procedure || is.Stage == was.Stage {
			t.Errorf("a case of version %s goes on at %s under version %s", was.Procedure.Version, is.Stage, is.Procedure.Version)
		}
		e.cases[id] = is.String()
	}
	for _, id := range e.open {
		act(t, p, e.of, "dir.expert", id, "accept_documents", nil)
		on(id)
	}
	for _, id := range e.seen {
		act(t, p, e.of, "dir.expert", id, "recommend", opinion)
		on(id)
	}
	e.open, e.seen = nil, e.open
	id := p.opened(t, e.of)
	is := unit.shown(t, id)
	if is.Procedure.Version != newest {
		t.Errorf("a new case begins under version %s", is.Procedure.Version)
	}
	e.cases[id], e.open = is.String(), append(e.open, id)
}

// applied lists a database's migrations.
func applied(t testing.TB, db *sql.DB) map[string]bool {
	t.Helper()
	return ids(t, db, "SELECT DISTINCT version_id FROM goose_db_version WHERE version_id > 0")
}

// contracting names a migration that an earlier program does not know and must not meet, as the database's own notes say; ""
// where all of them only added.
func contracting(t testing.TB, data string, knows map[string]bool) (found string) {
	t.Helper()
	beside(t, data, func(db *sql.DB) {
		done := applied(t, db)
		for k := range ids(t, db, "SELECT version || ' ' || name FROM schema_change WHERE kind <> 'expand'") {
			if version, name, _ := strings.Cut(k, " "); done[version] && !knows[version] {
				found = name
			}
		}
	})
	return found
}

// noting is the migration from which on programs refuse what they do not know.
const noting = "320"

// back is the law of going back: the earlier program works on what the later one left, or names what it must not meet.
// Programs of before the notes know no such thing.
func (e *era) back(t testing.TB, r *revision, data, newest string) {
	t.Helper()
	if !e.knows[noting] {
		return
	}
	if name := contracting(t, data, e.knows); name != "" {
		out, err := r.command(t, data, "migrate").CombinedOutput()
		if err == nil || !strings.Contains(string(out), name) {
			t.Errorf("the earlier program meets %s and says (%v): %s", name, err, out)
		}
		t.Logf("refused: %s", bytes.TrimSpace(out))
		return
	}
	p := r.serve(t, data, anyPort)
	defer p.kill()
	if t.Failed() {
		return
	}
	defer func() { // also after a fatal report
		if t.Failed() {
			t.Error("the earlier program does not work on what the later one left")
		}
	}()
	e.there(t, p, data)
	e.goesOn(t, p, newest)
}

// later is a version of the referral after the one in force, as a folder's files.
const laterVersion = "99.1"

func later(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	sub, err := fs.Sub(procedures.Files, "referral")
	must(t, err)
	must(t, fs.WalkDir(sub, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(sub, path)
		out[path] = &fstest.MapFile{Data: raw}
		return err
	}))
	text := string(out["procedure.yaml"].Data)
	version := regexp.MustCompile(`(?m)^  version: (.*)$`).FindStringSubmatch(text)[1]
	out["procedure.yaml"].Data = []byte(strings.NewReplacer("\n  version: "+version, "\n  version: \""+laterVersion+"\"", "from: 1403/01/01", "from: 1405/02/07",
		"\nletters:\n", "\nmigration: {from: ["+version+"], groups: {draft: pin}}\n\nletters:\n").Replace(text))
	return out
}

func publishLater(t testing.TB, data string) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Config{Data: data, Office: "office"})
	must(t, err)
	_, problems, err := a.Publish(t.Context(), later(t), [2]string{"first", "second"})
	if err = errors.Join(err, a.Close()); err != nil {
		t.Fatal(err, problems)
	}
}

// checked runs the product's checks on a folder, of pages and documents too.
func checked(t testing.TB, data string) {
	t.Helper()
	proved(t, data)
	if out, sound := fsck(data); !sound {
		t.Errorf("rahgosha fsck: %s", out)
	}
}

// plots are statements done to the database once it is migrated, and before the earlier program takes it up again.
type plots struct{ migrated, left []string }

// upgraded is the law of one machine: what an earlier program left is there under this one and goes on; the earlier one works
// on what this one left, or refuses by name; and this one takes it up again.
func upgraded(t testing.TB, r *revision, planted plots) {
	data, of := r.settled(t, "")
	p := r.serve(t, data, anyPort)
	e := begins(t, p, of, data)
	p.kill()
	if t.Failed() {
		return
	}
	careful := filepath.Join(t.TempDir(), "data")
	duplicate(t, data, careful)

	if out, ok := says(t, "migrate", "--data", data); !ok {
		t.Fatalf("the earlier database is not migrated: %s", out)
	}
	plant(t, data, planted.migrated...)
	checked(t, data)
	publishLater(t, data)
	p = serve(t, product, data)
	e.there(t, p, data)
	e.goesOn(t, p, laterVersion)
	p.kill()
	plant(t, data, planted.left...)
	e.back(t, r, data, laterVersion)
	if t.Failed() {
		return
	}
	p = serve(t, product, data)
	e.there(t, p, data)
	p.kill()
	checked(t, data)
	e.carefully(t, r, careful)
}

// carefully is the law of an upgrade that leaves contracting migrations for later: the earlier program goes on between, unless
// the migration is older than the notes.
func (e *era) carefully(t testing.TB, r *revision, data string) {
	t.Helper()
	p := serveWith(t, product, data, []string{"--expand-only"})
	p.opened(t, e.of)
	p.kill()
	if e.knows[noting] && contracting(t, data, e.knows) == "" {
		p = r.serve(t, data, anyPort)
		p.opened(t, e.of)
		p.kill()
	}
	if out, ok := says(t, "migrate", "--data", data); !ok {
		t.Fatalf("what was left for later is not migrated: %s", out)
	}
	p = serve(t, product, data)
	p.opened(t, e.of)
	p.kill()
	checked(t, data)
}

func TestAnEarlierVersionIsUpgradedAndGoneBackTo(t *testing.T) {
	t.Parallel()
	upgraded(t, netted, plots{})
}

func TestMuchEarlierVersionsAreUpgraded(t *testing.T) {
	t.Parallel()
	if !soaking {
		t.Skip("skipped: long; run make soak")
	}
	for name, r := range map[string]*revision{"bare": bare, "untagged": untagged} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upgraded(t, r, plots{})
		})
	}
}

// Migrations that lose rows, and ones that say that they only add and take away what the earlier program reads, are found.
func TestAnUpgradeThatBreaksIsFound(t *testing.T) {
	t.Parallel()
	netted.program(t, "rahgosha") // or it is skipped here
	for words, p := range map[string]plots{
		"a row of before is lost": {migrated: []string{"DELETE FROM replay"}},
		"the earlier program does not work": {left: []string{
			"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99001, 1)",
			"INSERT INTO schema_change (version, name, kind, sum) VALUES (99001, '99001_planted', 'expand', '')",
			"ALTER TABLE cases RENAME COLUMN stage TO desk",
		}},
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			control.Finds(t, words, func(t testing.TB) { upgraded(t, netted, p) })
		})
	}
}
