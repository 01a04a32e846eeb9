package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
)

var (
	_ casework.Tx     = (*Tx)(nil)
	_ casework.Reader = (*Tx)(nil)
)

// querier runs statements: a session of SQLite, a transaction of PostgreSQL.
type querier interface {
	// exec runs a statement and tells how many rows it changed.
	exec(ctx context.Context, query string, args ...any) (int64, error)
	// query calls f for each row of a query until it gives false.
	query(ctx context.Context, query string, args []any, f func(scan func(...any) error) bool) error
}

// sqlTx is a transaction of database/sql as a querier.
type sqlTx struct{ *sql.Tx }

func (t sqlTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t sqlTx) query(ctx context.Context, query string, args []any, f func(scan func(...any) error) bool) error {
	rows, err := t.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error is that of rows.Err
	for rows.Next() {
		if !f(rows.Scan) {
			return nil
		}
	}
	return rows.Err()
}

// Tx is one transaction, for one goroutine, until the function that got it returns.
type Tx struct {
	s       *Store
	q       querier
	writing bool
	dead    error             // the statement that failed: none runs after it
	wrote   bool              // something is to be undone, or may be
	changed bool              // a row was changed
	after   []func()          // for memory, once committed
	queued  map[string]int64  // messages by entry and topic
	made    map[string][]byte // keys that it made, nil for one it destroyed
	keys    map[string][]byte // keys that it read

	erasures int64  // how many keys were destroyed as it began
	counted  bool   // they were counted
	tails    *tails // where entries are numbered in the same commit; nil elsewhere

	asks, scope access.Scope // whose it is, and as whom its statements run now
	seen        bool         // who asks may see the case that was looked up
}

// OnCommit has f run after COMMIT, in the order of calls, before Write returns.
func (t *Tx) OnCommit(f func()) { t.after = append(t.after, f) }

// Known has f run once what the transaction read is known to be committed: at once where it only reads.
func (t *Tx) Known(f func()) {
	if t.writing {
		t.OnCommit(f)
		return
	}
	f()
}

// own is the context of a statement: what is written no longer hears of the request's end.
func (t *Tx) own(ctx context.Context) context.Context {
	if t.writing && !t.s.cfg.leaky {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// exec runs a statement and tells how many rows it changed.
func (t *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if t.dead != nil {
		return 0, t.dead
	}
	t.wrote = true
	n, err := t.q.exec(t.heeding(ctx), query, args...)
	if err != nil {
		return 0, t.died(err, query)
	}
	t.changed = t.changed || n > 0 && changes(query)
	return n, nil
}

// changes says whether the rows of a statement are rows that it changes.
func changes(query string) bool {
	return !strings.HasPrefix(query, "SELECT") && (!strings.HasPrefix(query, "WITH") || strings.Contains(query, "UPDATE "))
}

// heeding is the context that a statement hears: none where it writes.
func (t *Tx) heeding(ctx context.Context) context.Context {
	if t.writing && !t.s.cfg.leaky {
		return context.Background()
	}
	return ctx
}

// row reads the only row of a query into dest; found is false when there is none.
func (t *Tx) row(ctx context.Context, query string, args []any, dest ...any) (found bool, err error) {
	err = t.few(ctx, query, args, func(scan func(...any) error) error {
		found = true
		return scan(dest...)
	})
	return found, err
}

// few is each for a query that is over in no time. On SQLite nothing is set up to stop it: that would cost more than it.
func (t *Tx) few(ctx context.Context, query string, args []any, f func(scan func(...any) error) error) error {
	if _, raw := t.q.(*session); raw && !t.writing {
		if err := ctx.Err(); err != nil {
			return t.died(err, query)
		}
		ctx = context.Background()
	}
	return t.each(ctx, query, args, f)
}

// each calls f for every row of a query.
func (t *Tx) each(ctx context.Context, query string, args []any, f func(scan func(...any) error) error) error {
	if t.dead != nil {
		return t.dead
	}
	writes := t.writing && changes(query)
	t.wrote = t.wrote || writes
	var failed error
	err := t.q.query(t.heeding(ctx), query, args, func(scan func(...any) error) bool {
		t.changed = t.changed || writes
		failed = f(scan)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return t.died(err, query)
	}
	return nil
}

// deciding makes the commands that ask for a list and decide by it wait for one another, until they end: on PostgreSQL two that
// read it at once would each write what the other's reading forbids. The methods that give such lists ask for it themselves;
// reading alone waits for nobody.
func (t *Tx) deciding(ctx context.Context, list, province, of string) error {
	if t.s.cfg.crowded {
		return nil
	}
	return t.Alone(ctx, list+"\x1f"+province+"\x1f"+of)
}

// holdBeside makes commands that run at once in one transaction wait for each other.
func (t *Tx) holdBeside(thing string) error {
	s, ok := t.q.(*shared)
	if !ok || t.dead != nil {
		return t.dead
	}
	if err := s.hold(thing); err != nil {
		t.dead = err
	}
	return t.dead
}

func (t *Tx) died(err error, query string) error {
	f := t.s.eng.fault(fmt.Errorf("%w (in %.60s)", err, query))
	if !t.s.cfg.naive {
		t.dead = f
	}
	return f
}

// run calls fn and turns a panic into a fault, so that one command's bug fails that command alone.
func (t *Tx) run(ctx context.Context, fn func(context.Context, *Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			t.s.cfg.Log.Error("panic in a transaction", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fault.Wrap(fmt.Errorf("panic: %v", p), fault.Internal, "store.panic")
		}
	}()
	ctx = t.own(ctx)
	if t.writing {
		ctx = context.WithValue(ctx, around{t.s}, t)
	}
	if err := t.begin(ctx); err != nil {
		return err
	}
	if err := fn(ctx, t); err != nil {
		return err
	}
	return t.dead
}

// refusal finds what a failed command leaves behind: an AfterRollback, or the engine's record of a refused attempt.
func refusal(err error) *AfterRollback {
	var a *AfterRollback
	if errors.As(err, &a) && a.Do != nil {
		return a
	}
	var r *casework.Refusal
	if errors.As(err, &r) && r.Record != nil {
		return &AfterRollback{Err: r.Fault, Do: func(ctx context.Context, t *Tx) error { return r.Record(ctx, t) }}
	}
	return nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// blob keeps empty bytes from becoming NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
