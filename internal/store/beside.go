package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"sync"
)

// together runs bare commands at once, on as many goroutines as may decide: deciding, sealing and writing JSON is half of
// a command's time, and only its statements must wait for one another. The first that needs an undo stops them all.
func (e *sqliteEngine) together(jobs []*job, tails *tails, answers []error) error {
	line := &line{conn: e.conn, held: map[string]*shared{}}
	line.free.L = &line.mu
	point := e.pointFor(len(jobs), true)
	var group sync.WaitGroup
	var mu sync.Mutex
	next, undo := 0, error(nil)
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		if undo != nil || next == len(jobs) {
			return -1
		}
		next++
		return next - 1
	}
	for range min(e.s.cfg.Deciders, len(jobs)) {
		line.enter()
		group.Go(func() {
			defer line.leave()
			for i := take(); i >= 0; i = take() {
				q := &shared{line: line}
				answer, err := e.command(jobs[i], tails, q, point)
				q.release()
				answers[i] = answer
				if err != nil {
					mu.Lock()
					undo = errors.Join(undo, err)
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	return undo
}

// line is where the statements of commands that run at once queue for one connection, and what they hold of one another.
type line struct {
	conn   *session
	one    sync.Mutex // a statement at a time
	failed bool       // a statement has: what follows would be outside of the transaction, if the engine ended it

	mu      sync.Mutex
	free    sync.Cond
	held    map[string]*shared
	active  int // commands that run
	waiting int // of them, those that wait for what another holds
}

func (l *line) enter() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active++
}

func (l *line) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	l.free.Broadcast()
}

// shared is one command's share of the connection.
type shared struct {
	*line
	mine []string
}

// errFailed says that a statement of another command has failed.
var errFailed = errors.New("a command beside this one has failed")

// errEmbrace says that each of the commands that run at once waits for another.
var errEmbrace = errors.New("commands that run at once wait for each other")

// hold waits until no other command has the thing. Where all would wait, one gives up, and the group runs one by one.
func (s *shared) hold(thing string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.held[thing] != nil && s.held[thing] != s {
		if s.waiting+1 >= s.active {
			return errEmbrace
		}
		s.waiting++
		s.free.Wait()
		s.waiting--
	}
	if s.held[thing] == nil {
		s.held[thing] = s
		s.mine = append(s.mine, thing)
	}
	return nil
}

func (s *shared) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, thing := range s.mine {
		delete(s.held, thing)
	}
	s.free.Broadcast()
}

func (s *shared) exec(ctx context.Context, query string, args ...any) (int64, error) {
	s.one.Lock()
	defer s.one.Unlock()
	if s.failed {
		return 0, errFailed
	}
	n, err := s.conn.exec(ctx, query, args...)
	s.failed = err != nil
	return n, err
}

// query reads all rows before it calls f, which may run statements.
func (s *shared) query(ctx context.Context, query string, args []any, f func(scan func(...any) error) bool) error {
	rows, err := s.rows(ctx, query, args)
	if err != nil {
		return err
	}
	for i := range rows {
		if !f((&statement{row: rows[i]}).scan) {
			return nil
		}
	}
	return nil
}

func (s *shared) rows(ctx context.Context, query string, args []any) (rows [][]driver.Value, err error) {
	s.one.Lock()
	defer s.one.Unlock()
	if s.failed {
		return nil, errFailed
	}
	err = s.conn.rows(ctx, query, args, func(row []driver.Value) { rows = append(rows, slices.Clone(row)) })
	s.failed = err != nil
	return rows, err
}
