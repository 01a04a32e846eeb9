package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	leaderEvery   = 500 * time.Millisecond // how often all servers are asked who leads
	leaderTime    = 2 * time.Second        // how long one may take to answer, or to be connected to
	commandWait   = 15 * time.Second       // how long a command waits for a server before it is answered that there is none
	leaderPause   = 50 * time.Millisecond
	firstTimeline = 1
)

// errNotLeader is why a server that answers is not written to.
var errNotLeader = errors.New("the server does not lead")

// leaders finds the server to write to among several. That one says so of itself proves nothing: a primary that lost its
// cluster goes on taking writes. But each promotion begins a new timeline, so of two that would be written to the one of
// the higher timeline leads, and whoever has seen it takes no lower one again and leaves those it holds.
type leaders struct {
	hosts []*pgx.ConnConfig // one for each server
	stop  context.CancelFunc
	done  sync.WaitGroup

	mu       sync.Mutex
	timeline int64
	open     map[net.Conn]int64 // what we hold, with its timeline
}

// watchLeaders makes every connection of a configuration one to the leader, when it names several servers; nil otherwise.
func watchLeaders(c *pgx.ConnConfig) *leaders {
	l := &leaders{open: map[net.Conn]int64{}, timeline: firstTimeline, hosts: servers(c)}
	if len(l.hosts) < 2 {
		return nil
	}
	if c.ConnectTimeout > leaderTime { // the library's own is two minutes
		c.ConnectTimeout = leaderTime
	}
	c.ValidateConnect = l.take
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	for _, h := range l.hosts {
		h.ConnectTimeout = leaderTime
		l.done.Go(func() { l.watch(ctx, h) })
	}
	return l
}

// servers gives a configuration for each server of one; a server may be tried with TLS and then without.
func servers(c *pgx.ConnConfig) (out []*pgx.ConnConfig) {
	at := map[string]*pgx.ConnConfig{}
	for _, f := range append([]*pgconn.FallbackConfig{{Host: c.Host, Port: c.Port, TLSConfig: c.TLSConfig}}, c.Fallbacks...) {
		address := net.JoinHostPort(f.Host, strconv.Itoa(int(f.Port)))
		if one := at[address]; one != nil {
			one.Fallbacks = append(one.Fallbacks, f)
			continue
		}
		one := c.Copy()
		one.Host, one.Port, one.TLSConfig, one.Fallbacks, one.ValidateConnect = f.Host, f.Port, f.TLSConfig, nil, nil
		at[address], out = one, append(out, one)
	}
	return out
}

func (l *leaders) close() {
	if l != nil {
		l.stop()
		l.done.Wait()
	}
}

// timelineOf gives the timeline that a server writes, errNotLeader when it writes none.
func timelineOf(ctx context.Context, c *pgconn.PgConn) (int64, error) {
	r := c.ExecParams(ctx, `SELECT CASE WHEN pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' THEN ''
		ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END`, nil, nil, nil, nil).Read()
	if r.Err != nil {
		return 0, r.Err
	}
	if len(r.Rows) != 1 || len(r.Rows[0][0]) == 0 {
		return 0, errNotLeader
	}
	return strconv.ParseInt(string(r.Rows[0][0]), 16, 64)
}

// take is asked of each new connection, before anything runs on it.
func (l *leaders) take(ctx context.Context, c *pgconn.PgConn) error {
	at, err := timelineOf(ctx, c)
	if err != nil {
		return err
	}
	conn := c.Conn()
	l.mu.Lock()
	if at < l.timeline {
		highest := l.timeline
		l.mu.Unlock()
		return fmt.Errorf("%w: its timeline %d is older than %d", errNotLeader, at, highest)
	}
	l.open[conn] = at
	l.mu.Unlock()
	l.saw(at)
	go func() {
		<-c.CleanupDone()
		l.mu.Lock()
		delete(l.open, conn)
		l.mu.Unlock()
	}()
	return nil
}

// saw learns of a timeline, and leaves what belongs to lower ones. A COMMIT that hangs there ends so: its outcome is
// unknown, and whoever sent it asks the leader by its key.
func (l *leaders) saw(at int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timeline = max(l.timeline, at)
	for conn, of := range l.open {
		if of < l.timeline {
			delete(l.open, conn)
			go func() { _ = conn.Close() }() // over TLS it says goodbye, which may take a while
		}
	}
}

// watch asks one server again and again which timeline it writes.
func (l *leaders) watch(ctx context.Context, host *pgx.ConnConfig) {
	var conn *pgx.Conn
	tick := time.NewTicker(leaderEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		conn = l.look(ctx, host, conn)
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	leave(conn)
}

// look asks on the connection, or on a new one, and gives the one that still serves.
func (l *leaders) look(ctx context.Context, host *pgx.ConnConfig, conn *pgx.Conn) *pgx.Conn {
	limited, cancel := context.WithTimeout(ctx, leaderTime)
	defer cancel()
	if conn == nil {
		var err error
		host = host.Copy()
		renewed(host)
		if conn, err = pgx.ConnectConfig(limited, host); err != nil {
			return nil
		}
	}
	switch at, err := timelineOf(limited, conn.PgConn()); {
	case err == nil:
		l.saw(at)
	case !errors.Is(err, errNotLeader):
		leave(conn)
		return nil
	}
	return conn
}

func leave(conn *pgx.Conn) {
	if conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaderTime)
	defer cancel()
	_ = conn.Close(ctx) // it may be gone already
}

// SQLSTATE codes of a server that leaves: it stops, it died, it is not up yet, it is no longer the one that is written to.
var pgGone = map[string]bool{"57P01": true, "57P02": true, "57P03": true, "25006": true}

// gone says that a statement before COMMIT failed because its server has left: nothing of its transaction stays, and it may
// run again elsewhere.
func gone(err error) bool {
	if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) {
		return pgGone[pe.Code] || pe.Code[:2] == "08"
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		pgconn.SafeToRetry(err)
}

// unreached says that no transaction could be begun, but may be in a while: not where the server knows us and refuses.
func unreached(err error) bool {
	if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) {
		return gone(err) || pe.Code[:2] == "53"
	}
	return true
}
