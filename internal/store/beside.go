package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"maps"
	"slices"
	"sync"
)

// together runs bare commands at once, on as many goroutines as may decide: deciding, sealing and writing JSON is half of
// a command's time, and only its statements must wait for one another. Whoever comes meanwhile and may joins the group, for
// a COMMIT costs nearly as much for few commands as for many. The first that needs an undo stops them all. It gives the jobs
// that are to run by themselves.
func (e *sqliteEngine) together(g *group, tails *tails, point savepoint) (others []*job, err error) {
	line := &line{s: e.s, conn: e.conn, held: map[string]*shared{}, late: map[string][][]any{}, drawn: map[drawnFrom]*numbers{}, meets: e.meets}
	line.free.L = &line.mu
	var deciders sync.WaitGroup
	var mu sync.Mutex
	next, undo := 0, error(nil)
	take := func() *job {
		mu.Lock()
		defer mu.Unlock()
		for undo == nil && (next < len(g.jobs) || e.join(g)) {
			if next++; g.jobs[next-1].beside {
				return g.jobs[next-1]
			}
			others = append(others, g.jobs[next-1])
		}
		return nil
	}
	for range e.s.cfg.Deciders {
		line.enter()
		deciders.Go(func() {
			defer line.leave()
			for j := take(); j != nil; j = take() {
				q := &shared{line: line}
				var err error
				j.answer, err = e.command(j, tails, q, point)
				q.release()
				if err != nil {
					mu.Lock()
					undo = errors.Join(undo, err)
					mu.Unlock()
				}
			}
		})
	}
	deciders.Wait()
	if undo == nil && line.flush() != nil {
		undo = errUndo
	}
	return others, undo
}

// line is where the statements of commands that run at once queue for one connection, and what they hold of one another.
type line struct {
	s      *Store
	conn   *session
	one    sync.Mutex         // a statement at a time
	failed bool               // a statement has: what follows would be outside of the transaction, if the engine ended it
	late   map[string][][]any // rows that wait to be written, by table
	drawn  map[drawnFrom]*numbers
	meets  map[string]bool // whether a statement has to do with tables of such rows

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
	if err := s.before(query); err != nil {
		return 0, err
	}
	n, err := s.conn.exec(ctx, query, args...)
	s.failed = err != nil
	return n, err
}

// keep keeps rows to be written later: many in a statement when all have decided, which costs less than writing some of them
// beside those who still decide.
func (s *shared) keep(into string, rows [][]any) {
	s.one.Lock()
	defer s.one.Unlock()
	s.late[into] = append(s.late[into], rows...)
}

// before writes the rows that wait, where a statement has to do with their tables.
func (l *line) before(query string) error {
	if len(l.late) == 0 && len(l.drawn) == 0 || l.s.cfg.tardy {
		return nil
	}
	meets, known := l.meets[query]
	if !known {
		if len(l.meets) >= sessionStatements {
			clear(l.meets)
		}
		meets = lateTables.MatchString(query)
		l.meets[query] = meets
	}
	if !meets {
		return nil
	}
	return l.flush()
}

// flush writes the rows that wait.
func (l *line) flush() error {
	if l.failed {
		return errFailed
	}
	t := &Tx{s: l.s, q: l.conn, writing: true}
	for _, into := range slices.Sorted(maps.Keys(l.late)) {
		if err := t.insert(context.Background(), into, l.late[into]); err != nil {
			l.failed = true
			return err
		}
	}
	clear(l.late)
	for from, d := range l.drawn {
		if d.last == d.stored {
			continue
		}
		if _, err := t.exec(context.Background(), "UPDATE series SET last = $4 WHERE province = $1 AND series = $2 AND year = $3", from.province, from.series, from.year, d.last); err != nil {
			l.failed = true
			return err
		}
	}
	clear(l.drawn)
	return nil
}

// drawnFrom is a series of numbers in a year.
type drawnFrom struct {
	province, series string
	year             int
}

// numbers are what was drawn last of a series, and what of it is written.
type numbers struct{ last, stored int64 }

// draw gives the next number of a series: the first of a group is written as it is drawn, the others when the group has decided.
func (s *shared) draw(ctx context.Context, from drawnFrom) (n int64, err error) {
	s.one.Lock()
	defer s.one.Unlock()
	if s.failed {
		return 0, errFailed
	}
	if d := s.drawn[from]; d != nil {
		d.last++
		return d.last, nil
	}
	var unread error
	err = s.conn.query(ctx, nextNumber, []any{from.province, from.series, from.year}, func(scan func(...any) error) bool {
		unread = scan(&n)
		return unread == nil
	})
	if err = cmp.Or(err, unread); err == nil {
		s.drawn[from] = &numbers{last: n, stored: n}
	}
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
	if err := s.before(query); err != nil {
		return nil, err
	}
	err = s.conn.rows(ctx, query, args, func(row []driver.Value) { rows = append(rows, slices.Clone(row)) })
	s.failed = err != nil
	return rows, err
}
