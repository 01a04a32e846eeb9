package health_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/surface/health"
	"rahgosha/internal/surface/httpkit"
)

var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

type source struct {
	state health.State
	err   error
	asked atomic.Int64
}

func (s *source) State(context.Context) (health.State, error) {
	s.asked.Add(1)
	return s.state, s.err
}

func serve(t *testing.T, src *source, change func(*health.Config)) (http.Handler, *clock.Manual) {
	t.Helper()
	now := clock.NewManual(start)
	cfg := health.Config{Clock: now, Source: src, Version: "1.2"}
	if change != nil {
		change(&cfg)
	}
	s, err := health.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	k := &httpkit.Kit{Clock: now, Log: slog.New(slog.DiscardHandler), Observe: s.Observe}
	mux := http.NewServeMux()
	if err := k.Register(mux, s.Routes()); err != nil {
		t.Fatal(err)
	}
	return k.Wrap(k.Mux(mux)), now
}

func ask(h http.Handler, path, from string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = from
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const (
	here  = "127.0.0.1:4000"
	there = "203.0.113.9:4000"
)

func TestHealthTellsBacklogsAndTheDatabase(t *testing.T) {
	t.Parallel()
	src := &source{state: health.State{
		Outbox: map[string]int64{"waiting": 3, "done": 9, "discarded": 1}, DueClocks: 2, OldestDue: start.UnixMicro(), Entries: 12, Checkpointed: 10,
	}}
	h, now := serve(t, src, nil)
	w := ask(h, "/healthz", there)
	var got health.Health
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
		t.Fatal(w.Code, err)
	}
	want := health.Health{Status: "ok", Version: "1.2", Database: true, CheckpointLag: 2, DueClocks: 2, OldestDue: start.UnixMicro(), OutboxBacklog: 3, OutboxLost: 1}
	if got != want {
		t.Errorf("%+v, not %+v", got, want)
	}
	src.err = errors.New("gone")
	if w := ask(h, "/healthz", there); w.Code != 200 || src.asked.Load() != 1 {
		t.Errorf("within a second it asked %d times", src.asked.Load())
	}
	now.Advance(time.Second)
	if w := ask(h, "/healthz", there); w.Code != 503 || !strings.Contains(w.Body.String(), `"database":false`) || strings.Contains(w.Body.String(), "gone") {
		t.Errorf("without a database: %d %s", w.Code, w.Body)
	}
}

func TestMetricsAreForThisMachineAndTheToken(t *testing.T) {
	t.Parallel()
	token := func(c *health.Config) { c.Token = "s3cret-of-metrics" }
	open := func(c *health.Config) { c.Open = true }
	for name, c := range map[string]struct {
		change func(*health.Config)
		from   string
		header []string
		want   int
	}{
		"here":                        {nil, here, nil, 200},
		"here by IPv6":                {nil, "[::1]:4000", nil, 200},
		"here by mapped IPv4":         {nil, "[::ffff:127.0.0.1]:4000", nil, 200},
		"forwarded by a proxy here":   {nil, here, []string{"X-Forwarded-For", "203.0.113.9"}, 403},
		"elsewhere":                   {nil, there, nil, 403},
		"elsewhere, empty token":      {nil, there, []string{"Authorization", "Bearer "}, 403},
		"elsewhere with the token":    {token, there, []string{"Authorization", "Bearer s3cret-of-metrics"}, 200},
		"elsewhere with another":      {token, there, []string{"Authorization", "Bearer s3cret-of-metricz"}, 403},
		"elsewhere, open to everyone": {open, there, nil, 200},
	} {
		h, _ := serve(t, &source{}, c.change)
		if w := ask(h, "/metrics", c.from, c.header...); w.Code != c.want {
			t.Errorf("%s: %d, not %d", name, w.Code, c.want)
		}
	}
}

func TestMetricsCountRequestsByRouteAndNeverByAddress(t *testing.T) {
	t.Parallel()
	src := &source{state: health.State{Outbox: map[string]int64{"waiting": 4}, OldestDue: start.Add(-time.Minute).UnixMicro()}}
	h, now := serve(t, src, nil)
	ask(h, "/healthz?q=0012345679", here)
	ask(h, "/cases/0012345679", here)
	text := ask(h, "/metrics", here).Body.String()
	for _, want := range []string{
		`rahgosha_requests_total{pattern="GET /healthz",status="200"} 1`, `rahgosha_requests_total{pattern="none",status="404"} 1`,
		`rahgosha_outbox_messages{state="waiting"} 4`, `rahgosha_oldest_due_seconds 60`, `rahgosha_database_up 1`,
		`rahgosha_request_seconds_count{pattern="GET /healthz"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "0012345679") {
		t.Error("an address reached the metrics")
	}
	src.err = errors.New("gone")
	now.Advance(2 * time.Second)
	if text := ask(h, "/metrics", here).Body.String(); !strings.Contains(text, "rahgosha_database_up 0\n") || strings.Contains(text, "outbox_messages{") {
		t.Errorf("without a database: %s", text)
	}
}
