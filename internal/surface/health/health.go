// Package health tells operators how the product is: /healthz for load balancers and people, /metrics for Prometheus.
// Neither names a person, a case or a unit.
package health

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/surface/httpkit"
)

// State is what the database tells about itself. Times are µs UTC, 0 when there is none.
type State struct {
	Outbox       map[string]int64 // messages by state: waiting, done, discarded
	DueClocks    int64            // running clocks whose time has come and that have not fired; a cap may apply
	OldestDue    int64            // when the first of them was due
	Entries      int64            // entries of the journal
	Checkpointed int64            // of them, those in the signed checkpoint
	Backup       *Backup          // nil without a continuous backup
}

// Backup is how a continuous backup stands.
type Backup struct {
	Lag     time.Duration // how long the oldest commit that is not copied has waited
	Record  int64         // the last record
	Whole   bool          // it can be restored
	Failing bool          // the last try to copy failed
}

// Late is from when on the backup gives back less than is promised.
const Late = 2 * time.Second

func (b *Backup) words() string {
	switch {
	case b == nil:
		return ""
	case b.Failing:
		return "failing"
	case b.Lag > Late:
		return "late"
	case !b.Whole:
		return "begun"
	}
	return "ok"
}

// Source asks the database; its error means that the database does not answer.
type Source interface {
	State(ctx context.Context) (State, error)
}

// Config is what the surface needs.
type Config struct {
	Clock   clock.Clock
	Source  Source
	Version string
	// Token opens /metrics from any address as a bearer token; "" leaves it to this machine.
	Token string
	// Open shows /metrics to everybody, for a network of which only operators are part.
	Open bool
	// More are further metrics, as the store's group sizes.
	More []prometheus.Collector
}

// Server answers for the product's health. It is safe for concurrent use.
type Server struct {
	cfg     Config
	metrics *metrics
	mu      sync.Mutex
	state   State
	err     error
	asked   time.Time
}

// New makes the surface.
func New(cfg Config) (*Server, error) {
	if cfg.Clock == nil || cfg.Source == nil {
		return nil, errors.New("health: Config is incomplete")
	}
	s := &Server{cfg: cfg}
	var err error
	s.metrics, err = newMetrics(s)
	return s, err
}

// Routes is the surface's route table. Both are public to the guard, since no session opens them; /metrics asks for a
// loopback address or its token by itself.
func (s *Server) Routes() []httpkit.Route {
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/healthz", Policy: httpkit.Public, Handler: s.healthz},
		{Method: http.MethodGet, Pattern: "/metrics", Policy: httpkit.Public, Handler: s.serveMetrics},
	}
}

// Health is the answer of /healthz. Times are µs UTC.
type Health struct {
	Status        string `json:"status"` // ok, down
	Version       string `json:"version"`
	Database      bool   `json:"database"`
	CheckpointLag int64  `json:"checkpoint_lag"` // entries that no signed checkpoint holds yet
	DueClocks     int64  `json:"due_clocks"`
	OldestDue     int64  `json:"oldest_due"` // 0 when no clock is due
	OutboxBacklog int64  `json:"outbox_backlog"`
	OutboxLost    int64  `json:"outbox_discarded"`
	Backup        string `json:"backup,omitempty"` // ok, begun (nothing whole yet), late, failing; none without --backup-to
}

func (s *Server) healthz(w http.ResponseWriter, r *http.Request) error {
	st, err := s.ask(r.Context())
	if err != nil {
		return httpkit.JSON(w, r, http.StatusServiceUnavailable, Health{Status: "down", Version: s.cfg.Version})
	}
	return httpkit.JSON(w, r, http.StatusOK, Health{
		Status: "ok", Version: s.cfg.Version, Database: true, CheckpointLag: st.Entries - st.Checkpointed,
		DueClocks: st.DueClocks, OldestDue: st.OldestDue, OutboxBacklog: st.Outbox["waiting"], OutboxLost: st.Outbox["discarded"],
		Backup: st.Backup.words(),
	})
}

const (
	fresh  = time.Second     // an answer serves everybody who asks within it: asking costs the database nothing
	answer = 3 * time.Second // longer without an answer is none
)

// ask gives the state, at most a second old. It does not end with the request of whoever asked first.
func (s *Server) ask(ctx context.Context) (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	if age := now.Sub(s.asked); !s.asked.IsZero() && age >= 0 && age < fresh {
		return s.state, s.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answer)
	defer cancel()
	s.state, s.err = s.cfg.Source.State(ctx)
	s.asked = now
	return s.state, s.err
}
