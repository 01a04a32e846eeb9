package health

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/surface/httpkit"
)

type metrics struct {
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	handler  http.Handler
}

func newMetrics(s *Server) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rahgosha_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"pattern", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rahgosha_request_seconds", Help: "Time to answer a request, by route.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"pattern"}),
	}
	reg := prometheus.NewRegistry()
	all := append([]prometheus.Collector{
		m.requests, m.took, stateCollector{s}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}, s.cfg.More...)
	var errs []error
	for _, c := range all {
		errs = append(errs, reg.Register(c))
	}
	m.handler = promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4, DisableCompression: true})
	return m, errors.Join(errs...)
}

// Observe counts one answered request; httpkit.Kit calls it. The pattern is the route's, never the address.
func (s *Server) Observe(pattern string, status int, took time.Duration) {
	s.metrics.requests.WithLabelValues(pattern, strconv.Itoa(status)).Inc()
	s.metrics.took.WithLabelValues(pattern).Observe(took.Seconds())
}

func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) error {
	if !s.mayMeasure(r) {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	s.metrics.handler.ServeHTTP(w, r)
	return nil
}

// mayMeasure lets in this machine itself and who has the token. A request that a proxy on this machine forwards comes
// from a loopback address too, but says that it was forwarded.
func (s *Server) mayMeasure(r *http.Request) bool {
	if s.cfg.Open {
		return true
	}
	bearer, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if given && s.cfg.Token != "" && equal(bearer, s.cfg.Token) {
		return true
	}
	addr, err := netip.ParseAddr(httpkit.ClientHost(r))
	return err == nil && addr.Unmap().IsLoopback() && !forwarded(r)
}

func forwarded(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}

// equal takes the same time whatever differs, the length included.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// stateCollector asks the database when Prometheus does.
type stateCollector struct{ s *Server }

var (
	up         = prometheus.NewDesc("rahgosha_database_up", "1 while the database answers.", nil, nil)
	outbox     = prometheus.NewDesc("rahgosha_outbox_messages", "Messages of the outbox, by state.", []string{"state"}, nil)
	dueClocks  = prometheus.NewDesc("rahgosha_due_clocks", "Clocks that are due and have not fired.", nil, nil)
	oldestDue  = prometheus.NewDesc("rahgosha_oldest_due_seconds", "How long the first due clock has been due.", nil, nil)
	entries    = prometheus.NewDesc("rahgosha_journal_entries", "Entries of the journal.", nil, nil)
	checkpoint = prometheus.NewDesc("rahgosha_checkpoint_lag_entries", "Entries that no signed checkpoint holds yet.", nil, nil)
	backupLag  = prometheus.NewDesc("rahgosha_backup_lag_seconds", "How long the oldest commit that the continuous backup has not copied has waited.", nil, nil)
	backupLast = prometheus.NewDesc("rahgosha_backup_record", "Number of the last record of the continuous backup.", nil, nil)
	backupOK   = prometheus.NewDesc("rahgosha_backup_ok", "1 while the continuous backup is whole, in time and does not fail.", nil, nil)
)

// Describe names the metrics.
func (c stateCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{up, outbox, dueClocks, oldestDue, entries, checkpoint, backupLag, backupLast, backupOK} {
		out <- d
	}
}

// Collect gives their values; without a database only that it is down.
func (c stateCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	st, err := c.s.ask(context.Background())
	if err != nil {
		gauge(up, 0)
		return
	}
	gauge(up, 1)
	for _, state := range []string{"waiting", "done", "discarded"} {
		gauge(outbox, float64(st.Outbox[state]), state)
	}
	gauge(dueClocks, float64(st.DueClocks))
	gauge(oldestDue, c.s.dueFor(st).Seconds())
	gauge(entries, float64(st.Entries))
	gauge(checkpoint, float64(st.Entries-st.Checkpointed))
	if b := st.Backup; b != nil {
		gauge(backupLag, b.Lag.Seconds())
		gauge(backupLast, float64(b.Record))
		ok := 0.0
		if b.words() == "ok" {
			ok = 1
		}
		gauge(backupOK, ok)
	}
}

func (s *Server) dueFor(st State) time.Duration {
	if st.OldestDue == 0 {
		return 0
	}
	return max(0, s.cfg.Clock.Now().Sub(time.UnixMicro(st.OldestDue)))
}
