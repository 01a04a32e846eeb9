package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"regexp"
	"strconv"
)

// statements that one connection keeps prepared: lists vary with what is asked, the rest are some dozens.
const sessionStatements = 200

// session is one SQLite connection with its prepared statements.
type session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: c, stmts: map[string]*sql.Stmt{}}, nil
}

func (s *session) prepared(query string) (*sql.Stmt, error) {
	if st, ok := s.stmts[query]; ok {
		return st, nil
	}
	if len(s.stmts) >= sessionStatements {
		s.forget()
	}
	st, err := s.conn.PrepareContext(context.Background(), positional(query))
	if err == nil {
		s.stmts[query] = st
	}
	return st, err
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

func (s *session) forget() {
	for q, st := range s.stmts {
		_ = st.Close() // nothing is lost with it
		delete(s.stmts, q)
	}
}

// ExecContext runs a statement, prepared.
func (s *session) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := s.prepared(query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

// QueryContext runs a query, prepared.
func (s *session) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := s.prepared(query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// say runs a transaction statement, which no request may stop.
func (s *session) say(statement string) error {
	_, err := s.ExecContext(context.Background(), statement)
	return err
}

// drop closes the connection itself, with whatever transaction it may still be in.
func (s *session) drop() {
	s.forget()
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn }) // tells the pool to close it
	_ = s.conn.Close()
}
