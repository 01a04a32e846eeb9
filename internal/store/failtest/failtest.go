// Package failtest is a database of which the n-th statement fails. It is for tests only.
package failtest

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
)

// ErrPlanted is what a statement fails with.
var ErrPlanted = errors.New("planted: the statement failed")

// Failing fails one statement of all of its connections, and counts them. The zero value fails none.
type Failing struct{ n, count atomic.Int64 }

// Fail makes the n-th statement from now on fail; 0 fails none.
func (f *Failing) Fail(n int64) {
	f.n.Store(n)
	f.count.Store(0)
}

// Count tells how many statements there were since.
func (f *Failing) Count() int64 { return f.count.Load() }

func (f *Failing) strike() error {
	if f.count.Add(1) == f.n.Load() {
		return ErrPlanted
	}
	return nil
}

// Wrap gives a connector whose statements are counted.
func (f *Failing) Wrap(c driver.Connector) driver.Connector { return connector{c, f} }

type connector struct {
	driver.Connector
	f *Failing
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return connection{conn, c.f}, nil
}

// connection lets everything through the prepared way only, so that each statement is counted once.
type connection struct {
	driver.Conn
	f *Failing
}

func (c connection) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	st, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return statement{st, c.f}, nil
}

func (c connection) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

// CheckNamedValue leaves the types of arguments to the driver.
func (c connection) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

type statement struct {
	driver.Stmt
	f *Failing
}

func (s statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.f.strike(); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.f.strike(); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}
