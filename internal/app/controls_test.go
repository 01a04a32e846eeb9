package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/store"
)

// planting puts a fault into a world before a law is run on it.
type planting func(t testing.TB, w *world)

// forgets is a store that drops what is to be written: it says that it wrote, and did not.
func forgets(what, table, when string) planting {
	return triggers("CREATE TRIGGER planted BEFORE " + what + " ON " + table + " WHEN " + when + " BEGIN SELECT RAISE(IGNORE); END")
}

// triggers lets the database misbehave by itself.
func triggers(statements ...string) planting {
	return func(t testing.TB, w *world) {
		t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(w.Data, store.DatabaseFile))
		must(t, err)
		defer func() { must(t, db.Close()) }()
		for _, s := range statements {
			_, err := db.ExecContext(t.Context(), s)
			must(t, err)
		}
	}
}

// answers is an engine whose transactions answer wrongly.
func answers(wrongly func(*store.Tx) casework.Tx) planting {
	return func(_ testing.TB, w *world) {
		engine := *w.Engine
		engine.Write = func(ctx context.Context, fn func(context.Context, casework.Tx) error) error {
			return w.Store.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return fn(ctx, wrongly(tx)) })
		}
		w.Engine = &engine
	}
}

// sharedChoices stands before the API and gives a list of choices to whoever asks for it after somebody was given it.
func sharedChoices(_ testing.TB, w *world) {
	w.front = func(h http.Handler) http.Handler {
		var given sync.Map
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.Path, "/choices/") || r.URL.RawQuery != "" && !r.URL.Query().Has("after") {
				h.ServeHTTP(out, r)
				return
			}
			if body, ok := given.Load(r.URL.Path); ok && r.URL.RawQuery == "" {
				_, _ = out.Write(body.([]byte)) //nolint:forcetypeassert // stored below
				return
			}
			kept := httptest.NewRecorder()
			h.ServeHTTP(kept, r)
			if kept.Code == http.StatusOK {
				given.Store(r.URL.Path, bytes.Clone(kept.Body.Bytes()))
			}
			maps.Copy(out.Header(), kept.Header())
			out.WriteHeader(kept.Code)
			_, _ = out.Write(kept.Body.Bytes())
		})
	}
}

// wetRun says what a version would change, and changes it.
func wetRun(t testing.TB, w *world) {
	w.dryRun = func(ctx context.Context, folder fs.FS, only []string) (*app.Simulation, []procedure.Problem, error) {
		sim, problems, err := w.Simulate(ctx, folder, only)
		if err == nil && only == nil {
			w.publish(t, folder)
			err = w.MigrateRunning(ctx)
		}
		return sim, problems, err
	}
}

// trusting takes every person's word for whom they speak for.
type trusting struct{ *store.Tx }

func (trusting) MaySpeak(context.Context, string, string, string, string, string) (bool, error) {
	return true, nil
}

// generous says that every document is the caller's own.
type generous struct{ *store.Tx }

func (generous) Uploaded(context.Context, string, string, string) (bool, error) { return true, nil }

// Each law is run on a world in which the fault is planted that it is there to find, and says so in these words.
func TestTheLawsFindPlantedFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plant planting
		law   func(testing.TB, *world)
		words string
	}{
		"a journal that forgets reads":        {forgets("INSERT", "entry", "NEW.kind = 'read'"), auditorsReads, "the journal holds 0 reads"},
		"a journal that forgets exports":      {forgets("INSERT", "entry", "NEW.kind = 'cases.exported'"), sheetsJournalled, "took a list away"},
		"a journal that forgets refusals":     {forgets("INSERT", "entry", "NEW.kind = 'refused'"), refusalsJournalled, "timeline"},
		"a store that forgets requests":       {forgets("INSERT", "case_dedup", "1"), twiceMarked, "the second is like"},
		"a store that forgets keys":           {forgets("INSERT", "replay", "1"), aKeyActsOnce, "want the first answer"},
		"an API that forgets keys":            {forgets("INSERT", "replay", "1"), theAPI, "submit again"},
		"a round that forgets what it did":    {forgets("INSERT", "replay", "1"), committee, "first:"},
		"a calendar that forgets closings":    {forgets("INSERT", "calendar_day", "1"), closingsMove, "the deadline did not move"},
		"a clock that forgets its end":        {forgets("INSERT", "deadline", "NEW.clock = 'art62'"), func(t testing.TB, w *world) { silenceOpensTheBoard(t, w) }, "children"},
		"powers that do not end":              {forgets("UPDATE", "delegation", "1"), withinTheCeiling, "without any power"},
		"powers without a ceiling":            {triggers("CREATE TRIGGER planted AFTER INSERT ON delegation BEGIN UPDATE delegation SET ceiling = NULL; END"), withinTheCeiling, "above the ceiling"},
		"sessions that do not end":            {forgets("DELETE", "session", "1"), aPasswordEndsSessions, "still signed in"},
		"numbers that leave one out":          {triggers("CREATE TRIGGER planted AFTER UPDATE ON series BEGIN UPDATE series SET last = last + 1; END"), numbersWithoutAGap, "numbers"},
		"a log that leaks":                    {triggers("CREATE TABLE leak (v TEXT)", "CREATE TRIGGER planted AFTER INSERT ON cases BEGIN INSERT INTO leak VALUES ('9705430713'); END"), nothingPersonalInClear, "lies in clear"},
		"claims that forget keys":             {forgets("INSERT", "replay", "1"), claimsOverTheAPI, "a late retry"},
		"claims that nobody ends":             {forgets("UPDATE", "unit_claim", "NEW.state = 'contested'"), claimsContested, "still opens the company file"},
		"choices kept for whoever asks next":  {sharedChoices, learnsChoices, "unit.ceo /cases/"},
		"a dry run that changes cases":        {wetRun, simulated, "a dry run changed a case"},
		"a reissue that ends no session":      {forgets("DELETE", "session", "1"), enteredAndEnded, "a session outlived"},
		"an auditor who may do all":           {triggers("UPDATE membership SET role = 'admin' WHERE id = 'm-auditor'"), adminsChangeUsers, "the auditor enters a user"},
		"an import that counts no claims":     {forgets("INSERT", "tally", "NEW.what = 'claim'"), aTenth, "landed: registered is"},
		"a doubt that stays open":             {forgets("UPDATE", "import_review", "1"), doubtsDecided, "journal"},
		"a version that reaches no list":      {triggers("CREATE TRIGGER planted AFTER UPDATE ON cases BEGIN UPDATE cases SET definition = OLD.definition WHERE id = NEW.id; END"), byGroup, "replay differs"},
		"an access check that says yes":       {answers(func(tx *store.Tx) casework.Tx { return trusting{tx} }), onlyDrafts, "submitting before the claim is verified"},
		"a document that is everybody's":      {answers(func(tx *store.Tx) casework.Tx { return generous{tx} }), filesOfTheirOwn, "a draft with"},
		"a case that is stored as it was not": {triggers("CREATE TRIGGER planted AFTER UPDATE ON cases BEGIN UPDATE cases SET stage = 'draft' WHERE id = NEW.id; END"), corrections, "stored stage is not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.plant(t, w)
			control.Finds(t, c.words, func(t testing.TB) { c.law(t, w) })
		})
	}
}
