package faults

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/store"
	"rahgosha/internal/store/pgtest"
	"rahgosha/internal/store/storetest"
)

// What programs do to one thing whose state is a number: the version of a case, or the money of a package.
const (
	makes  = "makes"  // the thing is there, and its state is arg
	reads  = "reads"  // the state is told
	acts   = "acts"   // on the version arg of a case
	spends = "spends" // arg of the money
)

// deed is one operation, and outcome what was told of it.
type (
	deed struct {
		what, of string
		arg      int64
	}
	outcome struct {
		unknown, refused bool
		unsent           bool  // nobody was there to hear of it
		value            int64 // read, or the new version
	}
)

// after gives what the state may be after a deed of this outcome; none when it cannot have come so.
func after(state int64, d deed, o outcome) []any {
	next, may := state, true
	switch d.what {
	case makes:
		return []any{d.arg}
	case reads:
		if o.unknown || o.value == state {
			return []any{state}
		}
		return nil
	case acts:
		next, may = state+1, state == d.arg
	case spends:
		next, may = state-d.arg, state >= d.arg
	}
	switch {
	case o.unknown && may:
		return []any{state, next}
	case o.unknown, o.refused && !may:
		return []any{state}
	case !o.refused && may && (d.what != acts || o.value == next):
		return []any{next}
	}
	return nil
}

// register is the model: each thing by itself, and each deed done at once, somewhere between its call and its answer.
var register = (&porcupine.NondeterministicModel{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		by := map[string][]porcupine.Operation{}
		for _, op := range history {
			of := op.Input.(deed).of
			by[of] = append(by[of], op)
		}
		var out [][]porcupine.Operation
		for _, ops := range by {
			out = append(out, ops)
		}
		return out
	},
	Init: func() []any { return []any{int64(0)} },
	Step: func(state, in, out any) []any { return after(state.(int64), in.(deed), out.(outcome)) },
}).ToModel()

// history is what programs saw, with the instants.
type history struct {
	mu   sync.Mutex
	ops  []porcupine.Operation
	from time.Time
}

// takes does a deed and writes it down. What nobody knows the outcome of may come true at any time later; what was never
// sent, and a read without an answer, say nothing.
func (h *history) takes(client int, d deed, do func() outcome) outcome {
	call := time.Since(h.from).Nanoseconds()
	o := do()
	end := time.Since(h.from).Nanoseconds()
	if o.unsent || o.unknown && d.what == reads {
		return o
	}
	if o.unknown {
		end = math.MaxInt64
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: d, Call: call, Output: o, Return: end})
	return o
}

// judge wants the history to be one that single deeds, one after another, could have made.
func (h *history) judge(t testing.TB) {
	t.Helper()
	unknown := 0
	for _, op := range h.ops {
		if op.Output.(outcome).unknown {
			unknown++
		}
	}
	switch porcupine.CheckOperationsTimeout(register, h.ops, 10*time.Minute) {
	case porcupine.Illegal:
		t.Errorf("the history of %d deeds is not linearizable", len(h.ops))
	case porcupine.Unknown:
		t.Errorf("nobody can tell whether the history of %d deeds is linearizable", len(h.ops))
	}
	t.Logf("%d deeds, %d of them without an answer", len(h.ops), unknown)
}

// things are what programs reach for: what changes the n-th one, how it is made, and how a deed is done.
type things struct {
	change func(n int) (what string)
	make   func(n int) (of string, state int64)
	do     func(d deed) outcome
}

// deedsOfOne is how many deeds one thing has: the check of a history of one thing costs more than in proportion.
const deedsOfOne = 250

// record has clients do so many deeds, to two things at a time.
func record(h *history, clients, deeds int, all things) {
	for n := 0; n < deeds; n += 2 * deedsOfOne {
		var of, change [2]string
		var seen [2]int64
		for i := range of {
			change[i] = all.change(n/deedsOfOne + i)
			of[i], seen[i] = all.make(n/deedsOfOne + i)
			h.takes(0, deed{makes, of[i], seen[i]}, func() outcome { return outcome{} })
		}
		var g sync.WaitGroup
		for client := range clients {
			g.Go(func() {
				last := seen // what this client read last
				for range 2 * deedsOfOne / clients {
					i := rand.IntN(2)
					d := deed{reads, of[i], 0}
					if rand.IntN(2) == 0 {
						if d = (deed{change[i], of[i], last[i]}); d.what == spends {
							d.arg = rand.Int64N(40)
						}
					}
					if o := h.takes(client, d, func() outcome { return all.do(d) }); d.what == reads && !o.unknown {
						last[i] = o.value
					}
				}
			})
		}
		g.Wait()
	}
}

// outcomeOf is that of a fault: refused by a conflict, else nobody knows.
func outcomeOf(err error) outcome {
	return outcome{refused: fault.Is(err, fault.Conflict), unknown: err != nil && !fault.Is(err, fault.Conflict)}
}

// packagePrefix tells packages from cases.
const packagePrefix = "package-"

// things are those of a field: even ones are cases, odd ones packages.
func (f *field) things(t testing.TB) things {
	ctx := t.Context()
	who, err := f.Party.Resolve(ctx, f.of.Tokens["unit.ceo"])
	must(t, err)
	ceo := casework.CallerOf(who)
	return things{
		change: func(n int) string { return []string{acts, spends}[n%2] },
		make: func(n int) (string, int64) {
			if n%2 == 1 {
				of, money := fmt.Sprint(packagePrefix, n), int64(3000)
				must(t, f.Registry.Upsert(ctx, registry.Item{Province: f.Province, Register: "package", ID: of, Source: "test", Balance: &money}))
				return of, money
			}
			c := f.as("unit.ceo")
			defer c.CloseIdleConnections()
			got, err := c.post("/cases", app.NewID(), f.of.asked(fmt.Sprint(price), time.Now()))
			must(t, err)
			return got.text(t, "id"), int64(got.json(t)["version"].(float64))
		},
		do: func(d deed) (o outcome) {
			switch d.what {
			case acts:
				ans, err := f.Engine.Act(ctx, ceo, casework.Command{Key: app.NewID(), Case: d.of, Action: "ask_information", Version: d.arg,
					Facts: map[string]any{"info_question": "why"}})
				o = outcomeOf(err)
				o.value = ans.Version
			case spends:
				o = outcomeOf(f.Registry.Adjust(ctx, f.Province, "package", d.of, -d.arg))
			default:
				err := f.Store.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
					if !strings.HasPrefix(d.of, packagePrefix) {
						row, err := tx.CaseRow(ctx, f.Province, d.of)
						o.value = row.Version
						return err
					}
					facts, err := tx.ItemFacts(ctx, f.Province, "package", d.of)
					o.value, _ = facts["package.balance"].Value.(int64)
					return err
				})
				o.unknown = err != nil
			}
			if o.unknown {
				t.Errorf("%+v was not answered", d)
			}
			return o
		},
	}
}

// agrees is the law: what programs at once were told of cases and money fits one order of deeds.
func agrees(t testing.TB, f *field, deeds int, plant func(things) things) {
	h := &history{from: time.Now()}
	record(h, 10, deeds, plant(f.things(t)))
	h.judge(t)
	f.untouched(t)
}

func asIs(all things) things { return all }

func TestWhatProgramsAreToldFitsOneOrder(t *testing.T) {
	storetest.OnBoth(t, template, func(t *testing.T, fresh storetest.Config) {
		t.Parallel()
		agrees(t, newField(t, fresh, 1<<60, plants{}), long(5000, 500_000), asIs)
	})
}

func TestTheHistoriesFindPlantedFaults(t *testing.T) {
	for name, plant := range map[string]func(things) things{
		"stale reads": func(all things) things { // some reads are answered from what was read before
			var mu sync.Mutex
			old := map[string]outcome{}
			return things{all.change, all.make, func(d deed) outcome {
				mu.Lock()
				was, known := old[d.of]
				mu.Unlock()
				if d.what != reads || known && rand.IntN(10) == 0 {
					if d.what == reads {
						return was
					}
					return all.do(d)
				}
				o := all.do(d)
				mu.Lock()
				defer mu.Unlock()
				if !known || rand.IntN(5) == 0 {
					old[d.of] = o
				}
				return o
			}}
		},
		"money spent twice": func(all things) things { // some spending is acknowledged and not done
			return things{all.change, all.make, func(d deed) outcome {
				if d.what == spends && rand.IntN(20) == 0 {
					return outcome{}
				}
				return all.do(d)
			}}
		},
		"a version that two changed": func(all things) things { // some acts are told as done that came too late
			return things{all.change, all.make, func(d deed) outcome {
				o := all.do(d)
				if d.what == acts && o.refused && rand.IntN(10) == 0 {
					return outcome{value: d.arg + 1}
				}
				return o
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newField(t, storetest.SQLite, 1<<60, plants{})
			control.Finds(t, "is not linearizable", func(t testing.TB) { agrees(t, f, 1000, plant) })
		})
	}
}

// remote are the cases of a server in a process of its own, which is killed now and then.
type remote struct {
	t    testing.TB
	of   province
	mode string
	data string
	mu   sync.RWMutex
	now  *process
}

func (r *remote) caller() *caller {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.now.as(r.of, "unit.ceo")
}

// again kills the server and starts another.
func (r *remote) again() {
	if r.mode == eager {
		r.now.stall(r.t)
	}
	r.now.kill()
	next := serve(r.t, r.mode, r.data)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = next
}

var errNoCase = errors.New("no case was made")

// things are cases alone: money is changed by acts of cases, which races hold to the law.
func (r *remote) things() things {
	return things{
		change: func(int) string { return acts },
		make: func(int) (string, int64) {
			for from := time.Now(); time.Since(from) < startLimit; {
				c := r.caller()
				got, err := c.post("/cases", app.NewID(), r.of.asked(fmt.Sprint(price), time.Now()))
				c.CloseIdleConnections()
				if err == nil && got.status == http.StatusCreated {
					return got.text(r.t, "id"), int64(got.json(r.t)["version"].(float64))
				}
				time.Sleep(50 * time.Millisecond)
			}
			must(r.t, errNoCase)
			return "", 0
		},
		do: func(d deed) outcome {
			c := r.caller()
			defer c.CloseIdleConnections()
			path := "/cases/" + d.of
			var got answer
			var err error
			if d.what == reads {
				got, err = c.get(path)
			} else {
				got, err = c.post(path+"/actions/ask_information", app.NewID(), map[string]any{"version": d.arg, "facts": map[string]any{"info_question": "why"}})
			}
			if err != nil || got.status != http.StatusOK && got.status != http.StatusConflict {
				time.Sleep(20 * time.Millisecond) // it is being started again
				var network *net.OpError
				none := errors.As(err, &network) && network.Op == "dial"
				// Whoever is told that nothing was changed believes it: it must not have been done after all.
				refused := err == nil && got.status == http.StatusServiceUnavailable && !strings.Contains(got.body, "commit_unknown")
				return outcome{unknown: true, unsent: none || refused}
			}
			o := outcome{refused: got.status == http.StatusConflict}
			if v, ok := got.json(r.t)["version"].(float64); ok && !o.refused {
				o.value = int64(v)
			}
			return o
		},
	}
}

// agreesKilled is the law with a server that is killed meanwhile: what had no answer may have been done, or not, but nothing
// else.
func agreesKilled(t testing.TB, mode string, deeds, kills int) {
	data, of := fresh(t)
	r := &remote{t: t, of: of, mode: mode, data: data, now: serve(t, mode, data)}
	r.agrees(deeds, kills, r.again)
	proved(t, data)
}

// agrees is the law for deeds under which something is killed so many times.
func (r *remote) agrees(deeds, kills int, kill func()) {
	h := &history{from: time.Now()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range kills {
			time.Sleep(time.Duration(200+rand.IntN(400)) * time.Millisecond)
			kill()
		}
	}()
	record(h, 10, deeds, r.things())
	<-done
	h.judge(r.t)
	r.now.kill()
}

// agreesWithoutDatabase is the law where the server goes on, and PostgreSQL under it ends at once and comes back.
func agreesWithoutDatabase(t testing.TB, mode string, deeds, kills int) {
	server := pgtest.NewServer(t, false)
	must(t, server.Do("CREATE DATABASE alborz"))
	n := settled(t, pgtest.URL("alborz", server))
	n.serve(t, 0, mode)
	r := &remote{t: t, of: n.of, now: n.at[0]}
	r.agrees(deeds, kills, func() {
		if mode == eager {
			r.now.stall(t)
		}
		server.Stop()
		server.Start(t)
	})
	content(t, n.data[0], n.database)
}

func TestWhatProgramsAreToldFitsOneOrderThoughTheServerIsKilled(t *testing.T) {
	t.Parallel()
	agreesKilled(t, product, long(2000, 50_000), long(6, 100))
}

func TestTheKilledHistoriesFindEarlyAnswers(t *testing.T) {
	t.Parallel()
	control.FindsIn(t, 6, "is not linearizable", func(t testing.TB) { agreesKilled(t, eager, 1500, 1) })
}

func TestWhatProgramsAreToldFitsOneOrderThoughPostgreSQLIsKilled(t *testing.T) {
	t.Parallel()
	agreesWithoutDatabase(t, product, long(1000, 20_000), long(2, 40))
}

func TestTheHistoriesOfAKilledPostgreSQLFindEarlyAnswers(t *testing.T) {
	t.Parallel()
	control.FindsIn(t, 6, "is not linearizable", func(t testing.TB) { agreesWithoutDatabase(t, eager, 1000, 1) })
}
