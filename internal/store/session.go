package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

// statements that one connection keeps prepared: lists vary with what is asked, the rest are some dozens.
const sessionStatements = 200

// session is one SQLite connection with its prepared statements, for one goroutine at a time. It speaks with the driver
// itself: an act is some twenty statements, and database/sql costs as much as a short one.
type session struct {
	conn  driver.Conn
	stmts map[string]*statement
}

// statement is a prepared one, with room for its arguments. busy says that its rows are being read.
type statement struct {
	st   driver.Stmt
	args []driver.NamedValue
	row  []driver.Value
	busy bool
}

func newSession(ctx context.Context, c driver.Connector) (*session, error) {
	conn, err := c.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, stmts: map[string]*statement{}}, nil
}

// prepared gives a statement that is not in use; once says that it is to be closed after it.
func (s *session) prepared(query string) (st *statement, once bool, err error) {
	st = s.stmts[query]
	if st != nil && !st.busy {
		return st, false, nil
	}
	once = st != nil
	if len(s.stmts) >= sessionStatements {
		s.forget()
	}
	prepare, ok := s.conn.(driver.ConnPrepareContext)
	if !ok {
		return nil, false, errors.New("the driver prepares no statement")
	}
	st = &statement{}
	if st.st, err = prepare.PrepareContext(context.Background(), positional(query)); err != nil {
		return nil, false, err
	}
	if !once {
		s.stmts[query] = st
	}
	return st, once, nil
}

var parameter = regexp.MustCompile(`\$[0-9]+`)

// positional writes parameters that come in order, each once, without their numbers: the driver asks for the name of each
// that has one, and SQLite looks it up in a list from its start, so that binding a long list would be quadratic.
func positional(query string) string {
	for i, p := range parameter.FindAllString(query, -1) {
		if p != "$"+strconv.Itoa(i+1) {
			return query
		}
	}
	return parameter.ReplaceAllString(query, "?")
}

// forget closes the statements, but for those that are in use.
func (s *session) forget() {
	for q, st := range s.stmts {
		if !st.busy {
			_ = st.st.Close() // nothing is lost with it
			delete(s.stmts, q)
		}
	}
}

// bind puts arguments in their places.
func (st *statement) bind(args []any) (err error) {
	if cap(st.args) < len(args) {
		st.args = make([]driver.NamedValue, len(args))
	}
	st.args = st.args[:len(args)]
	for i, a := range args {
		st.args[i].Ordinal = i + 1
		switch x := a.(type) {
		case string, int64, []byte, nil:
			st.args[i].Value = x
		case int:
			st.args[i].Value = int64(x)
		default:
			if st.args[i].Value, err = driver.DefaultParameterConverter.ConvertValue(a); err != nil {
				return err
			}
		}
	}
	return nil
}

// exec runs a statement, prepared, and tells how many rows it changed.
func (s *session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	st, once, err := s.prepared(query)
	if err != nil {
		return 0, err
	}
	if once {
		defer func() { _ = st.st.Close() }() // nothing is lost with it
	}
	run, ok := st.st.(driver.StmtExecContext)
	if err = st.bind(args); err != nil || !ok {
		return 0, errors.Join(err, unlessTrue(ok))
	}
	res, err := run.ExecContext(ctx, st.args)
	clear(st.args)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func unlessTrue(ok bool) error {
	if ok {
		return nil
	}
	return errors.New("the driver's statements take no context")
}

// rows runs a query, prepared, and calls f for each row, which is f's only until it returns.
func (s *session) rows(ctx context.Context, query string, args []any, f func(row []driver.Value)) error {
	return s.run(ctx, query, args, func(st *statement) bool {
		f(st.row)
		return true
	})
}

// query runs a query, prepared, and calls f for each row until it gives false.
func (s *session) query(ctx context.Context, query string, args []any, f func(scan func(...any) error) bool) error {
	return s.run(ctx, query, args, func(st *statement) bool { return f(st.scan) })
}

func (s *session) run(ctx context.Context, query string, args []any, f func(*statement) bool) (err error) {
	st, once, err := s.prepared(query)
	if err != nil {
		return err
	}
	if once {
		defer func() { _ = st.st.Close() }() // nothing is lost with it
	}
	run, ok := st.st.(driver.StmtQueryContext)
	if err = st.bind(args); err != nil || !ok {
		return errors.Join(err, unlessTrue(ok))
	}
	rows, err := run.QueryContext(ctx, st.args)
	clear(st.args)
	if err != nil {
		return err
	}
	st.busy = true
	defer func() { // also when f panics: the connection goes on
		st.busy = false
		if end := rows.Close(); err == nil {
			err = end
		}
	}()
	return st.each(rows, f)
}

func (st *statement) each(rows driver.Rows, f func(*statement) bool) error {
	if n := len(rows.Columns()); len(st.row) != n {
		st.row = make([]driver.Value, n)
	}
	for {
		switch err := rows.Next(st.row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case !f(st):
			return nil
		}
	}
}

// scan gives the columns of the present row.
func (st *statement) scan(dest ...any) error {
	if len(dest) != len(st.row) {
		return fmt.Errorf("%d columns for %d places", len(st.row), len(dest))
	}
	for i, v := range st.row {
		if err := assign(dest[i], v); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// assign puts a column where it belongs. The driver's bytes are ours: it makes them anew for each row.
func assign(dest, v any) error {
	switch d := dest.(type) {
	case *string:
		if s, ok := v.(string); ok {
			*d = s
			return nil
		}
	case *int64:
		if n, ok := v.(int64); ok {
			*d = n
			return nil
		}
	case *int:
		if n, ok := v.(int64); ok {
			*d = int(n)
			return nil
		}
	case *[]byte:
		switch b := v.(type) {
		case []byte:
			*d = b
			return nil
		case nil:
			*d = nil
			return nil
		}
	case sql.Scanner:
		return d.Scan(v)
	}
	return fmt.Errorf("a %T is no %T", v, dest)
}

// say runs a transaction statement, which no request may stop.
func (s *session) say(statement string) error {
	_, err := s.exec(context.Background(), statement)
	return err
}

// drop closes the connection itself, with whatever transaction it may still be in.
func (s *session) drop() {
	s.forget()
	_ = s.conn.Close() // what was not committed is not meant to stay
}
