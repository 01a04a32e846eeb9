package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rahgosha/internal/base/fault"
)

// job is a command in the writer's queue. alone runs without a transaction instead; beside says that it may run at once
// with others of its group.
type job struct {
	ctx    context.Context
	fn     func(context.Context, *Tx) error
	alone  func() error
	beside bool
	after  []func()
	answer error // once its transaction is committed
	done   chan error
}

var (
	// errLost says that the engine ended the transaction under a group.
	errLost = errors.New("the transaction was ended by the database")
	// errNotBegun says that there was no transaction to begin with, and that single ones would fare no better.
	errNotBegun = errors.New("no transaction could be begun")
	// errUndo says that a command without a savepoint must be undone, and with it all of its group.
	errUndo = errors.New("a command without a savepoint has failed after it had written")
)

// undoneGroups is for how many groups commands have savepoints, after one had to be undone: where one is refused others
// may be, and a group that runs twice costs more than savepoints.
const undoneGroups = 16

func (e *sqliteEngine) write(ctx context.Context, beside bool, fn func(context.Context, *Tx) error) error {
	j := &job{ctx: ctx, fn: fn, beside: beside || e.s.cfg.beside, done: make(chan error, 1)}
	if err := e.send(j); err != nil {
		return err
	}
	return <-j.done // what is queued answers: the caller's variables are fn's until then
}

func (e *sqliteEngine) send(j *job) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return fault.New(fault.Unavailable, "store.closed")
	}
	select {
	case e.queue <- j:
		return nil
	case <-j.ctx.Done():
		return fault.Wrap(j.ctx.Err(), fault.Unavailable, "store.cancelled")
	}
}

// writer takes what waits, up to a group, and commits it together.
func (e *sqliteEngine) writer() {
	defer close(e.done)
	defer func() { e.dropWriter() }()
	for {
		j, ok := e.next, true
		if e.next = nil; j == nil {
			j, ok = <-e.queue
		}
		switch {
		case !ok:
			return
		case j.alone != nil:
			e.dropWriter()
			j.done <- j.alone()
		default:
			e.group(e.waiting(j))
		}
	}
}

// waiting gives the group that a job and those that wait behind it make.
func (e *sqliteEngine) waiting(j *job) []*job {
	g := &group{jobs: []*job{j}}
	for e.join(g) {
	}
	return g.jobs
}

// group are jobs of one transaction, in the order they came.
type group struct{ jobs []*job }

// join adds the job that waits first, if there is room. One that runs alone is kept for when the group is done.
func (e *sqliteEngine) join(g *group) bool {
	if len(g.jobs) >= e.s.cfg.Group || e.next != nil {
		return false
	}
	select {
	case j, ok := <-e.queue:
		if ok && j.alone != nil {
			e.next = j
			return false
		}
		if ok {
			g.jobs = append(g.jobs, j)
		}
		return ok
	default:
		return false
	}
}

// group commits the jobs together, or singly when the engine ended their transaction. At first no command has a savepoint
// of its own: for each one SQLite keeps every page twice that it changes. When one of them must be undone, all are, and
// run again with savepoints.
func (e *sqliteEngine) group(jobs []*job) {
	bare := len(jobs) > 1 && e.undone == 0 && !e.s.cfg.naive
	e.undone = max(0, e.undone-1)
	g := &group{jobs}
	err := e.attempt(g, bare)
	jobs = g.jobs // others have joined
	if errors.Is(err, errUndo) {
		e.undone = undoneGroups
		err = e.attempt(g, false)
	}
	if err == nil {
		return
	}
	e.dropWriter()
	if len(jobs) == 1 || errors.Is(err, errNotBegun) {
		for _, j := range jobs {
			j.done <- e.fault(err)
		}
		return
	}
	e.s.cfg.Log.Warn("a group of commands is run singly", "commands", len(jobs), "cause", err)
	for _, j := range jobs {
		e.group([]*job{j})
	}
}

func (e *sqliteEngine) dropWriter() {
	if e.conn != nil {
		e.conn.drop()
		e.conn = nil
	}
}

// attempt runs the group in one transaction and answers it after COMMIT. On an error nothing is committed and nobody
// is answered. Where commands are bare they have no savepoints, and errUndo says that one needed it.
func (e *sqliteEngine) attempt(g *group, bare bool) (err error) {
	if e.conn == nil {
		if e.conn, err = newSession(context.Background(), e.writing); err != nil {
			return fmt.Errorf("%w: %w", errNotBegun, err)
		}
	}
	if err := e.conn.say("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("%w: %w", errNotBegun, err)
	}
	tails := &tails{e: e}
	if err := e.conn.query(context.Background(), erasures, nil, func(scan func(...any) error) bool { return scan(&tails.erasures) == nil }); err != nil {
		return err
	}
	err = e.commands(g, tails, bare)
	if errors.Is(err, errUndo) {
		e.rollBack()
	}
	if err != nil {
		return err
	}
	if err := e.number(tails); err != nil {
		return err
	}
	if err := e.conn.say("COMMIT"); err != nil {
		return err
	}
	tails.committed()
	e.keeper.grown()
	for _, j := range g.jobs {
		for _, f := range j.after {
			f()
		}
		j.done <- j.answer
	}
	return nil
}

// commands runs the jobs, one after another, or first those of bare ones at once that may.
func (e *sqliteEngine) commands(g *group, tails *tails, bare bool) (err error) {
	point, jobs := e.pointFor(len(g.jobs), bare), g.jobs
	if bare && e.s.cfg.Deciders > 1 {
		if jobs, err = e.together(g, tails, point); err != nil {
			return err
		}
	}
	for _, j := range jobs {
		if j.answer, err = e.command(j, tails, e.conn, point); err != nil {
			return err
		}
	}
	return nil
}

// rollBack undoes the whole transaction.
func (e *sqliteEngine) rollBack() {
	if err := e.conn.say("ROLLBACK"); err != nil { // the engine has ended it already, or is ill
		e.dropWriter()
	}
}

// savepoint is how a command begins, how it is undone, and how its end finds out that the transaction holds still. One
// without undo leaves its whole group to be undone.
type savepoint struct {
	begin string
	undo  []string
	end   func() error
}

// pointFor is the savepoint of a command in a group. One that is alone needs none, for it may undo the whole transaction.
// A bare one needs not look whether the transaction holds: the engine ends it by failing a statement, after which nothing
// of its group goes on.
func (e *sqliteEngine) pointFor(group int, bare bool) savepoint {
	switch {
	case bare:
		return savepoint{end: func() error { return nil }}
	case group == 1:
		return savepoint{"", []string{"ROLLBACK", "BEGIN IMMEDIATE"}, e.holds}
	}
	return savepoint{"SAVEPOINT command", []string{"ROLLBACK TO command"}, func() error { return e.lost(e.conn.say("RELEASE command")) }}
}

// command runs one job in its savepoint. answer is the job's own; err says that the whole transaction is lost.
func (e *sqliteEngine) command(j *job, tails *tails, q querier, point savepoint) (answer, err error) {
	j.after = nil
	if j.ctx.Err() != nil { // nobody waits for it any more, and it has not begun
		return fault.Wrap(j.ctx.Err(), fault.Unavailable, "store.cancelled"), nil
	}
	if point.begin != "" {
		if err := e.lost(e.conn.say(point.begin)); err != nil {
			return nil, err
		}
	}
	answer, err = e.try(j, tails, q, j.fn, point)
	if a := refusal(answer); err == nil && a != nil {
		var failed error
		if failed, err = e.try(j, tails, q, a.Do, point); failed != nil {
			answer = failed
		}
	}
	if err != nil {
		return nil, err
	}
	return answer, point.end()
}

// holds finds out whether the engine ended the transaction: within one no second one can begin, and SQLite says just that.
func (e *sqliteEngine) holds() error {
	err := e.conn.say("BEGIN")
	if e.s.cfg.naive || err != nil && strings.Contains(err.Error(), "within a transaction") {
		return nil
	}
	return errors.Join(errLost, err)
}

// try runs fn and undoes it when it fails.
func (e *sqliteEngine) try(j *job, tails *tails, q querier, fn func(context.Context, *Tx) error, point savepoint) (answer, err error) {
	mark := tails.mark()
	t := &Tx{s: e.s, q: q, writing: true, tails: tails}
	answer = t.run(j.ctx, fn)
	if answer == nil {
		j.after = t.after
		return nil, nil
	}
	if len(point.undo) == 0 {
		if (t.wrote || t.dead != nil) && !e.s.cfg.trusting {
			return nil, errUndo
		}
		return answer, nil // it has appended nothing
	}
	tails.rewind(mark)
	for _, statement := range point.undo {
		if err := e.lost(e.conn.say(statement)); err != nil {
			if t.dead != nil { // says what ended it
				err = fmt.Errorf("%w: %w", err, t.dead)
			}
			return nil, err
		}
	}
	return answer, nil
}

// lost recognises by a missing savepoint that the engine ended the transaction.
func (e *sqliteEngine) lost(err error) error {
	if err == nil || e.s.cfg.naive {
		return nil
	}
	return fmt.Errorf("%w: %w", errLost, err)
}
