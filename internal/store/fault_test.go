package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"testing"
)

var errPlanted = errors.New("planted: the statement failed")

// failing fails the n-th statement of all its connections once; 0 fails none, and count goes on.
type failing struct {
	n, count atomic.Int64
}

func (f *failing) strike() error {
	if f.count.Add(1) == f.n.Load() {
		return errPlanted
	}
	return nil
}

func (f *failing) wrap(c driver.Connector) driver.Connector { return failingConnector{c, f} }

type failingConnector struct {
	driver.Connector
	f *failing
}

func (c failingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return failingConn{conn, c.f}, nil
}

// failingConn lets everything through the prepared way only, so that each statement is counted once.
type failingConn struct {
	driver.Conn
	f *failing
}

func (c failingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	st, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return failingStmt{st, c.f}, nil
}

func (c failingConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

type failingStmt struct {
	driver.Stmt
	f *failing
}

func (s failingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.f.strike(); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s failingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.f.strike(); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

// Each statement of a command, those around it included, fails once: what is stored is the state before or the state
// after, never something between, and an acknowledged command is there.
func TestEachStatementOfACommandFailsOnce(t *testing.T) {
	t.Parallel()
	f := &failing{}
	cfg := config(t)
	cfg.wrap = f.wrap
	s := open(t, cfg)
	f.count.Store(0)
	write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c0", 1, [32]byte{}) })
	statements := f.count.Load()
	if statements < 12 {
		t.Fatalf("only %d statements were seen", statements)
	}
	stored, failed := int64(1), 0
	for n := int64(1); n <= statements+4; n++ {
		id := "c" + string(rune('a'+n%26)) + string(rune('a'+n/26))
		f.count.Store(0)
		f.n.Store(n)
		err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error { return step(ctx, t, id, 1, [32]byte{}) })
		f.n.Store(0)
		if err == nil {
			stored++
		} else {
			failed++
		}
		for _, p := range whole(t, s, stored) {
			t.Fatalf("statement %d of %d (%v): %s", n, statements, err, p)
		}
	}
	if failed < int(statements) {
		t.Errorf("%d commands failed, want at least %d", failed, statements)
	}
	verified(t, s, stored)
}
