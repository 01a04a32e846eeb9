package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/store"
	"rahgosha/internal/store/storetest"
)

// racers reach for one thing at once.
const racers = 100

const price = 20_000_000_000 // of one request

// field is where races are run: the product in this process, over HTTP.
type field struct {
	*app.App
	of     province
	url    string
	plants plants
}

// plants are faults of a field: transactions that answer wrongly, or something wrong before what programs meet.
type plants struct {
	tx    func(*store.Tx) casework.Tx
	front func(*field, http.Handler) http.Handler
	never bool          // a call does not close by itself
	clock *clock.Manual // nil where the machine's is good enough
}

// newField serves a province of its own, with so much money for its package.
func newField(t testing.TB, fresh storetest.Config, money int64, with plants) *field {
	t.Helper()
	cfg := app.Config{Data: t.TempDir(), Database: fresh(t).URL, Fast: true, Office: "office"}
	if with.clock != nil {
		cfg.Clock = with.clock
	}
	a, err := app.Open(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() { must(t, a.Close()) })
	f := &field{App: a, plants: with}
	f.of, err = settle(t.Context(), a, money)
	must(t, err)
	if with.tx != nil {
		engine := *a.Engine
		engine.Write = func(ctx context.Context, fn func(context.Context, casework.Tx) error) error {
			return a.Store.WriteBeside(ctx, func(ctx context.Context, tx *store.Tx) error { return fn(ctx, with.tx(tx)) })
		}
		a.Engine = &engine
	}
	h, _, err := a.Handler()
	must(t, err)
	if with.front != nil {
		h = with.front(f, h)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	f.url = srv.URL
	return f
}

func (f *field) as(login string) *caller { return newCaller(f.url, f.of.Tokens[login]) }

// at gives what n callers got who did something at once, in the order of their numbers.
func at(t testing.TB, n int, do func(i int) (answer, error)) []answer {
	t.Helper()
	got, errs := make([]answer, n), make([]error, n)
	gun := make(chan struct{})
	var g sync.WaitGroup
	for i := range n {
		g.Go(func() {
			<-gun
			got[i], errs[i] = do(i)
		})
	}
	close(gun)
	g.Wait()
	for _, err := range errs {
		must(t, err)
	}
	return got
}

// untouched wants every case to be the fold of its entries, and the journal to verify.
func (f *field) untouched(t testing.TB) {
	t.Helper()
	_, err := f.Engine.Replay(t.Context(), f.Province, func(d casework.Difference) { t.Errorf("replay: %+v", d) })
	must(t, err)
	_, err = f.Store.Sequence(t.Context())
	must(t, err)
	r, err := f.VerifyJournal(t.Context())
	must(t, err)
	if !r.OK() {
		t.Errorf("journal: %+v", r.Findings)
	}
}

// oneKey is the law: the same command under the same key, a hundred times at once, has one effect and one answer.
func oneKey(t testing.TB, f *field) {
	c := f.as("unit.ceo")
	defer c.CloseIdleConnections()
	c.whole = true
	key, body := app.NewID(), f.of.asked(fmt.Sprint(price), time.Now())
	first, refused, bodies := 0, 0, map[string]bool{}
	for _, a := range at(t, racers, func(int) (answer, error) { return c.post("/cases", key, body) }) {
		bodies[a.body] = true
		switch {
		case a.status != http.StatusCreated:
			refused++
		case a.head.Get("Idempotency-Replayed") == "":
			first++
		}
	}
	if len(bodies) != 1 || refused > 0 {
		t.Errorf("one key has %d answers, and %d were refused", len(bodies), refused)
	}
	list, err := c.get("/cases?unit=" + f.of.Unit)
	must(t, err)
	if n := list.json(t)["total"]; n != 1.0 || first != 1 {
		t.Errorf("one key made %v cases, and %d answers say that they were the first", n, first)
	}
	f.untouched(t)
}

// won is what a race came to: who lost must be told so, with these words.
func won(t testing.TB, got []answer, words string) {
	t.Helper()
	n := 0
	for _, a := range got {
		switch {
		case a.status == http.StatusOK:
			n++
		case a.status != http.StatusConflict || !strings.Contains(a.body, words):
			t.Errorf("who lost is told %d %.300s", a.status, a.body)
		}
	}
	if n != 1 {
		t.Errorf("%d of %d won", n, len(got))
	}
}

// oneBudget is the law: of a hundred approvals at once that need the last money of a package one is done; the others are
// told how much is left.
func oneBudget(t testing.TB, f *field) {
	unit, expert, deputy := f.as("unit.ceo"), f.as("dir.expert"), f.as("dir.deputy")
	defer unit.CloseIdleConnections()
	defer expert.CloseIdleConnections()
	defer deputy.CloseIdleConnections()
	cases := at(t, racers, func(int) (answer, error) {
		return unit.post("/cases", app.NewID(), f.of.asked(fmt.Sprint(price), time.Now()))
	})
	all := func(c *caller, action string, facts map[string]any) []answer {
		return at(t, racers, func(i int) (answer, error) {
			return c.post("/cases/"+cases[i].text(t, "id")+"/actions/"+action, app.NewID(), map[string]any{"version": cases[i].json(t)["version"], "facts": facts})
		})
	}
	cases = all(expert, "accept_documents", nil)
	cases = all(expert, "recommend", map[string]any{"opinion": "good"})
	won(t, all(deputy, "approve", nil), "store.balance_short")
	f.untouched(t)
}

// oneVersion is the law: of a hundred acts at once that saw the same version of a case one is done; the others are told
// what changed since.
func oneVersion(t testing.TB, f *field) {
	unit := f.as("unit.ceo")
	defer unit.CloseIdleConnections()
	made, err := unit.post("/cases", app.NewID(), f.of.asked(fmt.Sprint(price), time.Now()))
	must(t, err)
	body := map[string]any{"version": made.json(t)["version"], "facts": map[string]any{"info_question": "why"}}
	path := "/cases/" + made.text(t, "id") + "/actions/ask_information"
	won(t, at(t, racers, func(int) (answer, error) { return unit.post(path, app.NewID(), body) }), "casework.changed_by")
	f.untouched(t)
}

// races are the laws with the money their package has, and with a fault for each.
var races = map[string]struct {
	law    func(testing.TB, *field)
	money  int64
	faults map[string]plants // by the words of the report
}{
	"one key": {oneKey, 1 << 60, map[string]plants{
		"one key made 100 cases": {tx: func(tx *store.Tx) casework.Tx { return forgetful{tx, true} }},
		"and 99 were refused":    {tx: func(tx *store.Tx) casework.Tx { return forgetful{tx, false} }},
	}},
	"one budget": {oneBudget, price + price/2, map[string]plants{
		"100 of 100 won": {tx: func(tx *store.Tx) casework.Tx { return generous{tx} }},
	}},
	"one version": {oneVersion, 1 << 60, map[string]plants{
		"100 of 100 won": {front: newest},
	}},
}

func TestOfAHundredOneWins(t *testing.T) {
	for name, race := range races {
		t.Run(name, func(t *testing.T) {
			storetest.OnBoth(t, template, func(t *testing.T, fresh storetest.Config) {
				t.Parallel()
				race.law(t, newField(t, fresh, race.money, plants{}))
			})
		})
	}
}

func TestTheRacesFindPlantedFaults(t *testing.T) {
	for name, race := range races {
		for words, with := range race.faults {
			t.Run(name+" "+words, func(t *testing.T) {
				storetest.OnBoth(t, template, func(t *testing.T, fresh storetest.Config) {
					t.Parallel()
					f := newField(t, fresh, race.money, with)
					control.Finds(t, words, func(t testing.TB) { race.law(t, f) })
				})
			})
		}
	}
}

// forgetful knows no key it has seen, and may not even keep one.
type forgetful struct {
	*store.Tx
	keepsNone bool
}

func (forgetful) Replayed(context.Context, casework.ReplayKey) (*casework.Remembered, error) {
	return nil, nil //nolint:nilnil // as for a key that is new
}

func (f forgetful) Remember(ctx context.Context, k casework.ReplayKey, r casework.Remembered) error {
	if f.keepsNone {
		return nil
	}
	return f.Tx.Remember(ctx, k, r)
}

// generous has money for everybody.
type generous struct{ *store.Tx }

func (generous) Reserve(context.Context, string, string, string, int64) error { return nil }

// newest takes every act as if it had seen the newest version of its case.
func newest(f *field, next http.Handler) http.Handler {
	var one sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, rest, _ := strings.Cut(r.URL.Path, "/cases/")
		id, _, acts := strings.Cut(rest, "/actions/")
		if !acts {
			next.ServeHTTP(w, r)
			return
		}
		one.Lock()
		defer one.Unlock()
		var body map[string]any
		err := json.NewDecoder(r.Body).Decode(&body)
		if err == nil {
			err = f.Store.Read(r.Context(), func(ctx context.Context, tx *store.Tx) error {
				row, err := tx.CaseRow(ctx, f.Province, id)
				body["version"] = row.Version
				return err
			})
		}
		raw, _ := json.Marshal(body)
		if err != nil {
			http.Error(w, string(fault.KindOf(err)), http.StatusInternalServerError)
			return
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
		next.ServeHTTP(w, r)
	})
}
