package store

import (
	"context"
	"database/sql"
	"errors"
	"hash/fnv"
	"math/rand/v2"
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
	s     *Store
	db, r *sql.DB
}

func openPostgres(ctx context.Context, s *Store) (engine, error) {
	c, err := pgx.ParseConfig(s.cfg.URL)
	if err != nil {
		return nil, fault.New(fault.Invalid, "store.url") // the cause would show the password
	}
	c.RuntimeParams["application_name"] = "rahgosha"
	c.RuntimeParams["lock_timeout"] = "10000"
	c.RuntimeParams["idle_in_transaction_session_timeout"] = "60000"
	pool := func() *sql.DB {
		db := sql.OpenDB(s.cfg.Wrap(stdlib.GetConnector(*c)))
		db.SetMaxOpenConns(s.cfg.Readers)
		db.SetMaxIdleConns(s.cfg.Readers)
		return db
	}
	e := &postgresEngine{s: s, db: pool(), r: pool()}
	if err := e.db.PingContext(ctx); err != nil {
		_ = e.close()
		return nil, fault.Wrap(err, fault.Unavailable, "store.unreachable", "where", c.Host)
	}
	return e, nil
}

func (e *postgresEngine) migrate(ctx context.Context) error {
	l, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fault.Wrap(err, fault.Internal, "store.migration")
	}
	return migrateUp(ctx, "postgres", e.db, goose.WithSessionLocker(l))
}

func (e *postgresEngine) close() error { return errors.Join(e.r.Close(), e.db.Close()) }

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

func (e *postgresEngine) persist(ctx context.Context, fn func(context.Context, *Tx) error) error {
	for try := 1; ; try++ {
		err := e.once(ctx, fn)
		if try == postgresTries || !lostRace(err) {
			return err
		}
		pause := time.NewTimer(time.Duration(rand.Int64N(int64(try) * int64(10*time.Millisecond))))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}

// once is one transaction. Only waiting for a connection hears of the request's end.
func (e *postgresEngine) once(ctx context.Context, fn func(context.Context, *Tx) error) error {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return e.fault(err)
	}
	own := context.WithoutCancel(ctx)
	if e.s.cfg.leaky {
		own = ctx
	}
	tx, err := conn.BeginTx(own, nil)
	if err != nil {
		_ = conn.Close()
		return e.fault(err)
	}
	t := &Tx{s: e.s, q: sqlTx{tx}, writing: true}
	if err := t.run(ctx, fn); err != nil {
		_ = tx.Rollback() // a lost connection has rolled back already
		_ = conn.Close()
		if lostRace(t.dead) { // also when fn gave its own error for it
			return t.dead
		}
		return err
	}
	return e.commit(conn, tx, t.after)
}

// commit never gives up on COMMIT: past the wait its outcome is unknown, and the connection stays with it.
func (e *postgresEngine) commit(conn *sql.Conn, tx *sql.Tx, after []func()) error {
	ended := make(chan error, 1)
	go func() {
		err := tx.Commit()
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

func (e *postgresEngine) read(ctx context.Context, fn func(context.Context, *Tx) error) error {
	tx, err := e.r.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return e.fault(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
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
	_, _ = h.Write([]byte(thing)) // never fails
	_, err := t.exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(h.Sum64()))
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
