package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/surface/api"
)

// The benchmarks below are acts of the workload's procedure as 32 programs at once ask for them, through the whole handler
// but no network; cpu-µs/op is the process's own time. docs/performance.md measures the same beside a floor.

const (
	benchUnits = 400
	benchCases = 1000
)

// desk is an open province with units and the workload's procedure, and its expert's session.
type desk struct {
	*app.App
	handler http.Handler
	token   string
	units   []string
}

func newDesk(b *testing.B) *desk {
	b.Helper()
	need := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	a, err := app.Open(b.Context(), app.Config{Data: b.TempDir(), Fast: true, Office: "office"})
	need(err)
	b.Cleanup(func() { need(a.Close()) })
	_, _, err = a.Publish(b.Context(), os.DirFS("../../tools/bench/procedure"), [2]string{"first", "second"})
	need(err)
	d := &desk{App: a}
	for i := range benchUnits {
		h, err := a.Registry.Create(b.Context(), registry.Draft{Province: a.Province, Values: map[string]any{
			"name": fmt.Sprintf("نساجی سپیدتار %d", i), "kind": "industrial", "legal_id": legalID(i), "county": "کرج", "status": "active", "employees": "25",
		}, Provenance: registry.Provenance{Source: "sample"}})
		need(err)
		d.units = append(d.units, h.ID)
	}
	need(a.Party.Add(b.Context(), party.Roster{
		Bodies:      []party.Body{{ID: "dir", Province: a.Province, Kind: "directorate", Name: name("اداره کل")}},
		Persons:     []party.Person{{ID: "p-expert", Name: "کارشناس"}},
		Memberships: []party.Membership{{ID: "m-expert", Province: a.Province, Person: "p-expert", Role: "dir.expert", Body: "dir", Document: "حکم ۱", From: "2024-01-01"}},
		Accounts:    []party.Account{{Person: "p-expert", Login: "dir.expert", Password: password}},
	}))
	d.handler, _, err = a.Handler()
	need(err)
	var in struct{ Token string }
	need(d.ask(http.MethodPost, "/sessions", map[string]string{"login": "dir.expert", "password": password}, &in))
	d.token = in.Token
	return d
}

// legalID gives the national id of the n-th legal person.
func legalID(n int) string {
	ten := strconv.Itoa(2222200000 + n)
	weights, last, sum := []int{29, 27, 23, 19, 17}, int(ten[9]-'0')+2, 0
	for i := range 10 {
		sum += (int(ten[i]-'0') + last) * weights[i%5]
	}
	return ten + strconv.Itoa(sum%11%10)
}

// ask calls the handler and reads its answer.
func (d *desk) ask(method, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r := httptest.NewRequestWithContext(context.Background(), method, api.Prefix+path, bytes.NewReader(raw))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Idempotency-Key", app.NewID())
	r.Header.Set("Prefer", "return=minimal")
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	if w.Code >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return json.Unmarshal(w.Body.Bytes(), into)
}

type benchCase struct {
	ID      string
	Version int64
	stage   int
}

var benchStages = []string{"submitted", "completeness", "review", "visit", "committee", "decision", "delivery", "closed"}

// submit opens a case and hands it in, in one request.
func (d *desk) submit(i int) (benchCase, error) {
	var c benchCase
	err := d.ask(http.MethodPost, "/cases", map[string]any{"procedure": "bench", "unit": d.units[i%len(d.units)], "action": "submit", "facts": map[string]any{
		"programme": "p" + strconv.Itoa(1+i%12), "service": "s" + strconv.Itoa(i%60), "amount_rial": 5000000}}, &c)
	return c, err
}

func (d *desk) act(c *benchCase, action string) error {
	return d.ask(http.MethodPost, "/cases/"+c.ID+"/actions/"+action, map[string]any{"version": c.Version}, c)
}

// move takes a case one stage on, from the last to the first.
func (d *desk) move(c *benchCase) error {
	next := (c.stage + 1) % len(benchStages)
	action := "to_" + benchStages[next]
	if next == 0 {
		action = "again"
	}
	c.stage = next
	return d.act(c, action)
}

// cases gives submitted cases, each moved on by as many stages as the workload's are on average.
func (d *desk) cases(b *testing.B) []benchCase {
	b.Helper()
	out := make([]benchCase, benchCases)
	var next atomic.Int64
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(out); i = int(next.Add(1)) - 1 {
				if err := d.moved(i, &out[i]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	return out
}

func (d *desk) moved(i int, c *benchCase) (err error) {
	*c, err = d.submit(i)
	for range 4 {
		if err == nil {
			err = d.move(c)
		}
	}
	return err
}

// measureCPU runs one call in turn from many callers at once.
func measureCPU(b *testing.B, call func(i int) error) {
	b.Helper()
	var n atomic.Int64
	b.SetParallelism(16)
	before := processorTime(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := call(int(n.Add(1))); err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	b.ReportMetric((processorTime(b)-before)/float64(b.N), "cpu-µs/op")
}

// processorTime is what the process has used so far, in µs.
func processorTime(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
}

func BenchmarkSubmit(b *testing.B) {
	d := newDesk(b)
	measureCPU(b, func(i int) error {
		_, err := d.submit(i)
		return err
	})
}

func BenchmarkMove(b *testing.B) {
	d := newDesk(b)
	cases := make(chan benchCase, benchCases)
	for _, c := range d.cases(b) {
		cases <- c
	}
	measureCPU(b, func(int) error {
		c := <-cases
		err := d.move(&c)
		cases <- c
		return err
	})
}

func BenchmarkCase(b *testing.B) {
	d := newDesk(b)
	cases := d.cases(b)
	measureCPU(b, func(i int) error {
		var v struct{ Version int64 }
		return d.ask(http.MethodGet, "/cases/"+cases[i%len(cases)].ID, nil, &v)
	})
}
