package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"rahgosha/internal/base/fault"
)

// postgresTries bounds how often a command that lost to another transaction is run again.
const postgresTries = 6

// postgresEngine has a pool that writes and one that reads: a command may read what others committed while it holds a
// connection, so the two must not wait for each other.
type postgresEngine struct {
	s       *Store
	at      *pgx.ConnConfig
	db, r   *sql.DB
	w       *sql.DB  // what commands read beside their own transaction; hardly ever, so that few stay open
	leaders *leaders // nil where the URL names one server
}

func openPostgres(ctx context.Context, s *Store) (engine, error) {
	c, err := pgx.ParseConfig(s.cfg.URL)
	if err != nil {
		return nil, fault.New(fault.Invalid, "store.url") // the cause would show the password
	}
	if host := inTheOpen(c); host != "" && !s.cfg.PlainURL {
		return nil, fault.New(fault.Invalid, "store.plain", "host", host)
	}
	c.RuntimeParams["application_name"] = "rahgosha"
	c.RuntimeParams["lock_timeout"] = "10000"
	c.RuntimeParams["idle_in_transaction_session_timeout"] = "60000"
	c.OnNotice = hear
	e := &postgresEngine{s: s, at: c}
	if !s.cfg.gullible {
		e.leaders = watchLeaders(c)
	}
	e.db, e.r, e.w = e.pool(nil), e.pool(nil), e.pool(nil)
	e.w.SetMaxIdleConns(1)
	ping := e.bypasses
	if e.leaders != nil { // the cluster may be choosing just now
		ping = func(ctx context.Context) error { return e.await(ctx, e.bypasses) }
	}
	if err := ping(ctx); err != nil {
		_ = e.close()
		return nil, fault.Wrap(err, fault.Unavailable, "store.unreachable", "where", c.Host)
	}
	return e, nil
}

// inTheOpen gives a host of the address that is not this machine and that would be spoken to without TLS, or without
// knowing who answers; "" where there is none.
func inTheOpen(c *pgx.ConnConfig) string {
	hosts := []*pgconn.FallbackConfig{{Host: c.Host, TLSConfig: c.TLSConfig}}
	for _, h := range append(hosts, c.Fallbacks...) {
		known := h.TLSConfig != nil && !h.TLSConfig.InsecureSkipVerify && h.TLSConfig.ServerName != ""
		if !known && !here(h.Host) {
			return h.Host
		}
	}
	return ""
}

// renewed takes the password as the file of passwords (passfile) has it now, so that a changed one needs no restart.
func renewed(c *pgx.ConnConfig) {
	if now, err := pgx.ParseConfig(c.ConnString()); err == nil {
		c.Password = now.Password
	}
}

// here says whether a host is this machine: a socket of it, or its loopback.
func here(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || ip != nil && ip.IsLoopback()
}

// bypasses asks whether the role passes by row-level security, and says so.
func (e *postgresEngine) bypasses(ctx context.Context) error {
	var free bool
	err := e.db.QueryRowContext(ctx, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(&free)
	if err == nil && free {
		e.s.cfg.Log.WarnContext(ctx, "the database's role passes by row-level security: serve with one that may not (docs/security.md)")
	}
	return err
}

// pool has connections with these settings beside what all have.
func (e *postgresEngine) pool(with map[string]string) *sql.DB {
	c := e.at.Copy()
	maps.Copy(c.RuntimeParams, with)
	db := sql.OpenDB(e.s.cfg.Wrap(stdlib.GetConnector(*c, stdlib.OptionBeforeConnect(func(_ context.Context, c *pgx.ConnConfig) error { renewed(c); return nil }))))
	db.SetMaxOpenConns(e.s.cfg.Readers)
	db.SetMaxIdleConns(e.s.cfg.Readers)
	return db
}

func (e *postgresEngine) migrate(ctx context.Context) error {
	l, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fault.Wrap(err, fault.Internal, "store.migration")
	}
	db := e.pool(map[string]string{"rahgosha.province": everything, "rahgosha.subject": everything})
	defer func() { _ = db.Close() }() // what was done is committed
	if err := migrateUp(ctx, "postgres", db, e.s.cfg.ExpandOnly, append(e.s.cfg.planted, goose.WithSessionLocker(l))...); err != nil {
		return err
	}
	if e.s.cfg.ExpandOnly {
		return nil // a version of before the policies may be serving still, and would find nothing
	}
	return secure(ctx, db)
}

func (e *postgresEngine) close() error {
	e.leaders.close()
	return errors.Join(e.w.Close(), e.r.Close(), e.db.Close())
}

// write runs the command, again when it lost to another transaction, and then what its refusal leaves behind.
func (e *postgresEngine) write(ctx context.Context, _ bool, fn func(context.Context, *Tx) error) error {
	err := e.persist(ctx, fn)
	if a := refusal(err); a != nil {
		if failed := e.persist(context.WithoutCancel(ctx), a.Do); failed != nil {
			return failed
		}
	}
	return err
}

// persist runs the command again where it lost to another transaction, and where its server left before COMMIT: that one's
// successor takes it within commandWait, or nobody does.
func (e *postgresEngine) persist(ctx context.Context, fn func(context.Context, *Tx) error) error {
	within, cancel := context.WithTimeout(ctx, commandWait)
	defer cancel()
	for try := 1; ; try++ {
		err := e.once(ctx, within, fn)
		longest := time.Duration(try) * 10 * time.Millisecond
		switch {
		case errors.Is(err, errLeft):
			longest = 2 * leaderPause
		case try >= postgresTries || !lostRace(err):
			return err
		}
		if !pause(within, time.Duration(rand.Int64N(int64(longest)))) { // #nosec G404 -- spreads retries, and keeps no secret
			return e.fault(err)
		}
	}
}

// errLeft says that the server left before COMMIT.
var errLeft = errors.New("the database server has left")

// pause waits, and gives false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// await runs what needs a server until there is one, for commandWait at most.
func (e *postgresEngine) await(ctx context.Context, run func(context.Context) error) error {
	within, cancel := context.WithTimeout(ctx, commandWait)
	defer cancel()
	for {
		err := run(within)
		if err == nil || !unreached(err) || !pause(within, leaderPause) {
			return err
		}
	}
}

// once is one transaction. Only waiting for a connection hears of the request's end.
func (e *postgresEngine) once(ctx, within context.Context, fn func(context.Context, *Tx) error) error {
	conn, err := e.db.Conn(within)
	if err != nil {
		return e.left(ctx, err)
	}
	own := context.WithoutCancel(ctx)
	if e.s.cfg.leaky {
		own = ctx
	}
	tx, err := conn.BeginTx(own, nil)
	if err != nil {
		_ = conn.Close()
		return e.left(ctx, err)
	}
	t := &Tx{s: e.s, q: sqlTx{tx}, writing: true}
	err = t.run(ctx, fn)
	if err == nil {
		err = e.leaveTrace(ctx, t)
	}
	if err != nil {
		_ = tx.Rollback() // a lost connection has rolled back already
		_ = conn.Close()
		switch { // also when fn gave its own error for it
		case lostRace(t.dead):
			return t.dead
		case gone(t.dead):
			return fmt.Errorf("%w: %w", errLeft, t.dead)
		}
		return err
	}
	return e.commit(conn, tx, t.after)
}

// unbegun is why no transaction was begun.
func (e *postgresEngine) unbegun(ctx context.Context, err error) error {
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) { // it is we who wait no longer
		return fault.Wrap(err, fault.Unavailable, "store.busy")
	}
	return e.fault(err)
}

// left marks what may be begun again.
func (e *postgresEngine) left(ctx context.Context, err error) error {
	if unreached(err) {
		return fmt.Errorf("%w: %w", errLeft, e.unbegun(ctx, err))
	}
	return e.fault(err)
}

// leaveTrace makes a command that changed nothing write to the server's log all the same. COMMIT waits for the standby only
// where something was written; without it a primary that has been left behind would say of what it alone has seen that it
// is stored.
func (e *postgresEngine) leaveTrace(ctx context.Context, t *Tx) error {
	if t.changed || e.s.cfg.traceless {
		return nil
	}
	_, err := t.exec(ctx, "SELECT pg_logical_emit_message(true, 'rahgosha', '')")
	return err
}

// commit never gives up on COMMIT: past the wait its outcome is unknown, and the connection stays with it.
func (e *postgresEngine) commit(conn *sql.Conn, tx *sql.Tx, after []func()) error {
	ended := make(chan error, 1)
	go func() {
		err := tx.Commit()
		if err == nil && !e.s.cfg.deaf {
			err = warned(conn)
		}
		if err == nil {
			for _, f := range after {
				f()
			}
		}
		_ = conn.Close()
		ended <- err
	}()
	wait := time.NewTimer(e.s.cfg.Commit)
	defer wait.Stop()
	select {
	case err := <-ended:
		return e.commitFault(err)
	case <-wait.C:
		return fault.New(fault.Unavailable, "store.commit_unknown")
	}
}

// errWarned is a COMMIT that the server warned of: it was told to wait for the standby no longer, so what it calls committed
// may be on its own disk alone.
var errWarned = errors.New("the server warned that the commit may not have been replicated")

// warning is where a connection remembers that its server warned.
const warning = "rahgosha warning"

// hear remembers warnings with their connection.
func hear(c *pgconn.PgConn, n *pgconn.Notice) {
	if n.SeverityUnlocalized == "WARNING" {
		c.CustomData()[warning] = n.Message
	}
}

// warned looks whether the server warned since the connection was last asked.
func warned(conn *sql.Conn) error {
	return conn.Raw(func(c any) error {
		of, ok := c.(*stdlib.Conn)
		if !ok { // a connector of tests
			return nil
		}
		heard := of.Conn().PgConn().CustomData()
		said, ok := heard[warning]
		if !ok {
			return nil
		}
		delete(heard, warning)
		return fmt.Errorf("%w: %v", errWarned, said)
	})
}

// commitFault tells a COMMIT that the server refused from one nobody answered for.
func (e *postgresEngine) commitFault(err error) error {
	var pe *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pe) && pe.Severity != "FATAL" && pe.Severity != "PANIC":
		return e.fault(err)
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return fault.Wrap(err, fault.Internal, "store.failed")
	}
	return fault.Wrap(err, fault.Unavailable, "store.commit_unknown")
}

func (e *postgresEngine) read(ctx context.Context, within bool, fn func(context.Context, *Tx) error) error {
	pool := e.r
	if within {
		pool = e.w
	}
	var conn *sql.Conn
	var tx *sql.Tx
	err := e.await(ctx, func(limited context.Context) (err error) {
		if conn, err = pool.Conn(limited); err != nil {
			return err
		}
		if tx, err = conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}); err != nil {
			_ = conn.Close()
		}
		return err
	})
	if err != nil {
		return e.unbegun(ctx, err)
	}
	defer func() { // nothing was written
		_ = tx.Rollback()
		_ = conn.Close()
	}()
	return (&Tx{s: e.s, q: sqlTx{tx}}).run(ctx, fn)
}

func (e *postgresEngine) insertWord() string            { return "INSERT" }
func (e *postgresEngine) names() nameIndex              { return wordTable{} }
func (e *postgresEngine) name() string                  { return "postgres" }
func (e *postgresEngine) forUpdate() string             { return " FOR UPDATE" }
func (e *postgresEngine) bytesWord(place string) string { return place + "::bytea" }

func (e *postgresEngine) skipLocked() string { return " FOR UPDATE SKIP LOCKED" }

// hold takes an advisory lock by the thing's hash; two things of one hash merely wait for each other.
func (e *postgresEngine) hold(ctx context.Context, t *Tx, thing string) error {
	if !t.writing {
		return nil
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(thing))                                               // never fails
	_, err := t.exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(h.Sum64())) // #nosec G115 -- the same bits, as PostgreSQL counts them
	return err
}

// SQLSTATE codes of PostgreSQL that mean something to a caller.
const (
	pgSerialization = "40001"
	pgDeadlock      = "40P01"
	pgUnique        = "23505"
	pgDiskFull      = "53100"
	pgLockTimeout   = "55P03"
	pgCancelled     = "57014"
)

func lostRace(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == pgSerialization || pe.Code == pgDeadlock)
}

func (e *postgresEngine) fault(err error) error {
	if _, ok := fault.As(err); ok || err == nil {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Unavailable, "store.cancelled")
	}
	var pe *pgconn.PgError
	if !errors.As(err, &pe) { // nobody answered: connection, name, network
		return fault.Wrap(err, fault.Unavailable, "store.busy")
	}
	switch pe.Code {
	case pgUnique:
		return fault.Wrap(err, fault.Conflict, "store.conflict")
	case pgDiskFull:
		return fault.Wrap(err, fault.Full, "store.full")
	case pgCancelled:
		return fault.Wrap(err, fault.Unavailable, "store.cancelled")
	case pgSerialization, pgDeadlock, pgLockTimeout:
		return fault.Wrap(err, fault.Unavailable, "store.busy")
	}
	switch pe.Code[:2] {
	case "08", "53", "57": // connection, resources, operator
		return fault.Wrap(err, fault.Unavailable, "store.busy")
	}
	return fault.Wrap(err, fault.Internal, "store.failed")
}
