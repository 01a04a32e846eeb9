package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"modernc.org/sqlite"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/store/chain"
)

// Ship has everything that is committed copied to a folder, on another disk or another machine, while commands go on. It is
// for SQLite; PostgreSQL archives its own log.
type Ship struct {
	Dir   string        // below which the chains lie
	Every time.Duration // how often what is new is copied; 0 is half a second
	Fresh time.Duration // after which a chain is begun anew, so that a restore has less to go over; 0 is a day
	Keep  time.Duration // for how long one can go back to an earlier time; 0 is a week
	// Files copies what lies beside the database and what is going to be copied may speak of; nil copies nothing.
	Files func(ctx context.Context) error

	most   int64 // tests: pages of the log, after which it may begin anew; 0 is mostPages
	atOnce int64 // tests: frames of a record; 0 is shipAtOnce
	early  bool  // tests' negative control: the first record of a turn bears its time as if all of it were there
	bare   bool  // tests' negative control: the end of a log and what a start finds are copied without their documents
}

// Shipped tells how the copy stands.
type Shipped struct {
	On      bool
	Behind  time.Duration // how long the oldest commit that is not copied has waited
	Record  int64         // the last record of the chain
	At      time.Time     // everything acknowledged before it is copied
	Whole   bool          // there is a base, so that the copy can be restored
	Failing error         // why the last try failed
}

// keeper looks after the log of an SQLite database.
type keeper interface {
	grown()
	close() // looks after it a last time, when nobody writes any more
	shut()  // closes what stays open as long as any other connection is
}

const (
	shipEvery = 500 * time.Millisecond
	shipFresh = 24 * time.Hour
	shipKeep  = 7 * 24 * time.Hour
	// shipAtOnce is how many frames make a record at most, so that they fit into memory: 8 MB.
	shipAtOnce = 2000
	// shipPatience is how many times the usual length of the log waits for a copy that fails: 1 GB. Past it the log is let
	// go, and a new chain begins once copying works again.
	shipPatience = 20
)

// errBroken says that the chain cannot be gone on with.
var errBroken = errors.New("the database's log does not continue what was copied")

// shipper copies the log of the database, and brings its pages to their places as tidier does. Nobody may begin the log anew
// before it is copied, in this process or in another: a read transaction that stays open (a pin) keeps SQLite from it. It is
// taken while the log has pages that are not in their places, since one taken later reads the database's file alone and
// keeps nothing; and the next is taken before it ends. The log begins anew only in seal, while the lock of the log is held.
type shipper struct {
	e    *sqliteEngine
	cfg  Ship
	path string // of the database
	from driver.Connector

	look, own *session // asks about the log; writes into it
	pin, next *session // hold the log, one after the other
	pinned    int64    // frames of the log when the pin was taken; -1 without one
	log, db   *os.File // the database's own stays open: closing it would drop SQLite's locks on it

	w      *chain.Writer
	to     chain.Position
	newLog bool // the next record is the first of a log
	begun  time.Time
	copied chan baseCopy
	whole  bool  // the chain has a base
	sealed int64 // frames of the log when it was last tried to begin it anew

	mu    sync.Mutex
	since time.Time // of the oldest commit that nobody copies yet
	turns time.Time // of the oldest one that is being copied
	state Shipped

	wake       chan struct{} // there is something to do before the next tick
	stop, done chan struct{}
}

type baseCopy struct {
	base chain.Base
	err  error
}

// newShipper opens the connection that is closed last, so that the log stays where it is when the server ends.
func newShipper(ctx context.Context, e *sqliteEngine, path string, cfg Ship) (*shipper, error) {
	for _, d := range []struct {
		of    *time.Duration
		value time.Duration
	}{{&cfg.Every, shipEvery}, {&cfg.Fresh, shipFresh}, {&cfg.Keep, shipKeep}} {
		if *d.of == 0 {
			*d.of = d.value
		}
	}
	from, err := sqlite.NewConnector(address(path, "", 1, "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(0)"))
	if err != nil {
		return nil, err
	}
	s := &shipper{e: e, cfg: cfg, path: path, from: from, since: e.s.cfg.Clock.Now(),
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	s.state.On, s.pinned = true, -1
	s.cfg.most, s.cfg.atOnce = cmp.Or(cfg.most, mostPages), cmp.Or(cfg.atOnce, shipAtOnce)
	if s.look, err = s.lasting(ctx); err != nil {
		return nil, err
	}
	if s.db, err = os.Open(path); err != nil { // #nosec G304 -- in the data folder, or the file that the operator named
		s.look.drop()
		return nil, fmt.Errorf("copy the database: %w", err)
	}
	return s, nil
}

// lasting opens a connection that leaves the log where it is, should it be the last one to close.
func (s *shipper) lasting(ctx context.Context) (*session, error) {
	n, err := newSession(ctx, s.from)
	if err != nil {
		return nil, err
	}
	keep, ok := n.conn.(interface {
		FileControlPersistWAL(db string, mode int) (int, error)
	})
	if !ok {
		err = errors.New("the driver cannot keep the log")
	} else {
		_, err = keep.FileControlPersistWAL("main", 1)
	}
	if err != nil {
		n.drop()
		return nil, err
	}
	return n, nil
}

// grown says that something was committed.
func (s *shipper) grown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		s.since = s.e.s.cfg.Clock.Now()
	}
}

// Shipped tells how the copy of the database stands.
func (s *Store) Shipped() Shipped {
	e, ok := s.eng.(*sqliteEngine)
	if !ok {
		return Shipped{}
	}
	k, ok := e.keeper.(*shipper)
	if !ok {
		return Shipped{}
	}
	return k.shipped()
}

func (s *shipper) shipped() Shipped {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.state
	for _, oldest := range []time.Time{s.since, s.turns} {
		if !oldest.IsZero() {
			out.Behind = max(out.Behind, s.e.s.cfg.Clock.Now().Sub(oldest))
		}
	}
	return out
}

func (s *shipper) close() {
	close(s.stop)
	<-s.done
}

// shipLate is how long a commit waits before somebody is told.
const shipLate = 2 * time.Second

// watch says in the log when the copy falls behind, also while a disk does not answer at all.
func (s *shipper) watch() {
	tick := time.NewTicker(shipLate / 4)
	defer tick.Stop()
	for late := false; ; {
		select {
		case <-tick.C:
		case <-s.stop:
			return
		}
		behind := s.shipped().Behind
		if behind > shipLate && !late {
			s.e.s.cfg.Log.Warn("the copy of the database is behind", "folder", s.cfg.Dir, "behind", behind)
		}
		late = behind > shipLate
	}
}

func (s *shipper) run() {
	defer close(s.done)
	go s.watch()
	tick := time.NewTicker(s.cfg.Every)
	defer tick.Stop()
	for ending := false; ; {
		s.turn()
		if ending {
			s.end()
			return
		}
		select {
		case <-tick.C:
		case <-s.wake:
		case <-s.stop:
			ending = true
		}
	}
}

// end lets go of the log and closes what is written.
func (s *shipper) end() {
	if s.copied != nil {
		<-s.copied
	}
	s.release()
	if s.own != nil {
		s.own.drop()
	}
	if s.log != nil {
		_ = s.log.Close() // it was only read
	}
	if s.w != nil {
		_ = s.w.Close() // each record was forced to disk
	}
}

// shut closes the last connection: the log stays, so that the chain goes on with the next start.
func (s *shipper) shut() {
	if s.look != nil {
		s.look.drop()
	}
	_ = s.db.Close() // it was only read
}

// turn copies what is new, and says how that went.
func (s *shipper) turn() {
	s.mu.Lock()
	if s.turns.IsZero() {
		s.turns = s.since
	}
	at := s.e.s.cfg.Clock.Now()
	s.since = time.Time{}
	was := s.state.Failing
	s.mu.Unlock()

	err := s.attempt(at)
	if f, ok := fault.As(err); ok && f.Key == "store.closed" { // as the server ends: what was committed is copied
		err = nil
	}
	if errors.Is(err, errBroken) || errors.Is(err, chain.ErrOther) {
		s.e.s.cfg.Log.Warn("the copy of the database begins anew", "folder", s.cfg.Dir, "cause", err)
		s.abandon()
		err = s.attempt(at)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Failing = err
	s.state.Whole = s.whole
	if s.w != nil {
		s.state.Record = s.w.Last.N
	}
	if err == nil && s.state.Whole {
		s.turns = time.Time{}
	}
	switch {
	case err == nil:
		s.state.At = at
		if was != nil {
			s.e.s.cfg.Log.Info("the copy of the database goes on", "folder", s.cfg.Dir)
		}
	case was == nil:
		s.e.s.cfg.Log.Error("the copy of the database fails", "folder", s.cfg.Dir, "cause", err)
	}
}

func (s *shipper) attempt(at time.Time) error {
	if err := s.connect(); err != nil {
		return err
	}
	if s.w == nil {
		if err := s.begin(at); err != nil {
			return err
		}
	}
	log, placed, err := s.checkpoint("NOOP")
	if err != nil {
		return err
	}
	if err = s.files(); err == nil {
		err = s.ship(at, log)
	}
	if err != nil {
		return errors.Join(err, s.letGo(log))
	}
	if err := s.hold(log); err != nil {
		return err
	}
	if log-placed >= s.cfg.most/3 { // as far as the pin lets it
		if _, _, err := s.checkpoint("PASSIVE"); err != nil {
			return err
		}
	}
	if err := s.complete(at); err != nil {
		return err
	}
	if log >= s.cfg.most && log-s.sealed >= s.cfg.most/12 && s.copied == nil {
		s.sealed = log
		return s.seal(at)
	}
	return nil
}

func (s *shipper) connect() error {
	for _, c := range []**session{&s.look, &s.own} {
		if *c != nil {
			continue
		}
		n, err := s.lasting(context.Background())
		if err != nil {
			return err
		}
		*c = n
	}
	if s.log != nil {
		return nil
	}
	var err error
	if s.log, err = os.Open(s.path + "-wal"); err != nil {
		return fmt.Errorf("copy the log: %w", err)
	}
	return nil
}

// begin goes on with the chain that is there, where the log is the one that it ends in, or begins one.
func (s *shipper) begin(at time.Time) error {
	w, err := chain.Resume(s.cfg.Dir)
	if err != nil {
		return err
	}
	if w != nil {
		s.w, s.to, s.newLog, s.begun, s.whole = w, w.Last.To, false, at, true
		h, there, err := chain.ReadHeader(s.log)
		if err == nil && there && h.Holds(s.log, s.to) {
			if err = s.mark(at); err == nil {
				return nil
			}
		}
		s.abandon()
		if err != nil && !errors.Is(err, errBroken) && !errors.Is(err, chain.ErrOther) {
			return err
		}
	}
	return s.fresh(at)
}

// fresh begins a chain at the beginning of the present log.
func (s *shipper) fresh(at time.Time) error {
	w, err := chain.Begin(s.cfg.Dir, at)
	if err != nil {
		return err
	}
	s.w, s.newLog, s.to = w, true, chain.Position{}
	if err = s.mark(at); err == nil {
		err = s.base(at, 0)
	}
	if err != nil {
		s.abandon()
	}
	return err
}

// base has the database's file copied beside what is written. While that lasts pages come to their places in it as they
// like: all of them are in the log too, from where they are put right.
func (s *shipper) base(at time.Time, log int64) error {
	info, err := s.db.Stat()
	if err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	s.begun, s.copied = at, make(chan baseCopy, 1)
	go func(w *chain.Writer, to chan<- baseCopy) {
		b, err := w.Copy(io.NewSectionReader(s.db, 0, info.Size()), log)
		to <- baseCopy{b, err}
		select {
		case s.wake <- struct{}{}:
		default: // it is awake
		}
	}(s.w, s.copied)
	return nil
}

// complete makes a base hold once it is there, and begins another when the chain has become long.
func (s *shipper) complete(at time.Time) error {
	if s.copied == nil {
		if at.Sub(s.begun) < s.cfg.Fresh || s.w.Last.Log == s.w.Based { // one base of a log is enough
			return nil
		}
		return s.base(at, s.w.Last.Log)
	}
	select {
	case c := <-s.copied:
		s.copied = nil
		if c.err == nil {
			c.err = s.w.Complete(c.base, at.Add(-s.cfg.Keep))
			s.whole = s.whole || c.err == nil
		}
		if c.err != nil && !s.whole {
			s.abandon()
		}
		return c.err
	default:
		return nil
	}
}

// abandon leaves a chain as it is.
func (s *shipper) abandon() {
	if s.copied != nil {
		<-s.copied
		s.copied = nil
	}
	s.release()
	s.whole = false
	if s.w != nil {
		_ = s.w.Close() // what was copied lies on the disk
		s.w = nil
	}
}

// letGo gives up a log that has become too long to wait for the copy.
func (s *shipper) letGo(log int64) error {
	if log < shipPatience*s.cfg.most {
		return nil
	}
	s.abandon()
	_, _, err := s.checkpoint("PASSIVE")
	return err
}

// files copies what the log speaks of. It comes after the end of the log is known and before what is new of it is copied: a
// document lies there before the row that names it is committed.
func (s *shipper) files() error {
	if s.cfg.Files == nil {
		return nil
	}
	return s.cfg.Files(context.Background())
}

// shipRest is ship while nobody writes, with the documents that what came since the last look speaks of.
func (s *shipper) shipRest(at time.Time, last int64) error {
	if last > s.to.Frame && !s.cfg.bare {
		if err := s.files(); err != nil {
			return err
		}
	}
	return s.ship(at, last)
}

// ship copies the frames of the log up to one at which a transaction ends.
func (s *shipper) ship(at time.Time, last int64) error {
	h, there, err := chain.ReadHeader(s.log)
	if err != nil || !there {
		return errors.Join(err, errBroken)
	}
	if s.to == (chain.Position{}) {
		s.to = h.Start()
	}
	for s.to.Frame < last {
		raw, to, whole, err := h.Frames(s.log, s.to, min(last, s.to.Frame+s.cfg.atOnce))
		if err != nil {
			return err
		}
		rec := chain.Record{At: at.UnixMicro(), To: to, More: !whole, Part: to.Frame < last && !s.cfg.early}
		if err := s.w.Append(rec, raw, s.newLog); err != nil {
			return err
		}
		s.to, s.newLog = to, false
	}
	return nil
}

// hold takes the next pin, and ends the one before it. What it notes is at least what the pin sees: with more in the log
// than that, not all of it is in its place, and the next pin holds too.
func (s *shipper) hold(log int64) error {
	if s.pinned == log {
		return nil
	}
	if s.next == nil {
		var err error
		if s.next, err = newSession(context.Background(), s.from); err != nil {
			return err
		}
	}
	err := s.next.say("BEGIN")
	if err == nil { // the snapshot is taken with the first page that is read
		err = s.next.query(context.Background(), "PRAGMA user_version", nil, func(func(...any) error) bool { return false })
	}
	if err != nil {
		s.next.drop()
		s.next = nil
		return err
	}
	s.pin, s.next = s.next, s.pin
	if s.next != nil {
		if err := s.next.say("ROLLBACK"); err != nil {
			s.next.drop()
			s.next = nil
		}
	}
	s.pinned, _, err = s.checkpoint("NOOP")
	return err
}

func (s *shipper) release() {
	for _, c := range []*session{s.pin, s.next} {
		if c != nil {
			c.drop()
		}
	}
	s.pin, s.next, s.pinned = nil, nil, -1
}

// seal lets the log begin anew, now that all of it is copied: it copies what is left while the writer rests, brings the last
// pages to their places, and marks the new log. Where somebody reads an older state, or another process writes, the log
// goes on.
func (s *shipper) seal(at time.Time) error {
	return s.e.exclusively(func() error {
		log, _, err := s.checkpoint("NOOP")
		if err == nil {
			err = s.shipRest(at, log)
		}
		if err == nil {
			err = s.hold(log)
		}
		if err != nil {
			return err
		}
		log, placed, err := s.checkpoint("PASSIVE")
		if err != nil || placed < log {
			return err
		}
		return s.marked(at)
	})
}

// mark is seal without its hurry: at a start, when nothing holds the log yet. Most documents are copied before the writer rests.
func (s *shipper) mark(at time.Time) error {
	if s.to != (chain.Position{}) && !s.cfg.bare {
		if err := s.files(); err != nil {
			return err
		}
	}
	return s.e.exclusively(func() error { return s.marked(at) })
}

// marked writes a mark into the log: the first page, with another number in it that nobody uses. Between the look at the log
// and the mark nobody else writes, so that either the mark follows what was copied or it begins the log that does.
func (s *shipper) marked(at time.Time) (err error) {
	s.release()
	if err := s.own.say("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	log, _, err := s.checkpoint("NOOP")
	if err == nil && s.to != (chain.Position{}) {
		err = s.shipRest(at, log)
	}
	if err != nil {
		return errors.Join(err, s.own.say("ROLLBACK"))
	}
	n := (at.UnixMilli() ^ s.to.Frame) & 0x7fffffff
	err = s.own.say("PRAGMA user_version = " + strconv.FormatInt(n, 10))
	if err == nil {
		err = s.own.say("COMMIT")
	}
	if err != nil {
		return errors.Join(err, s.own.say("ROLLBACK"))
	}
	return s.follow()
}

// follow takes hold of the log after a mark, and sees whether it is a new one.
func (s *shipper) follow() error {
	log, _, err := s.checkpoint("NOOP")
	if err == nil {
		err = s.hold(log)
	}
	if err != nil {
		return err
	}
	h, there, err := chain.ReadHeader(s.log)
	if err != nil || !there {
		return errors.Join(err, errBroken)
	}
	start := h.Start()
	if s.to != (chain.Position{}) && s.to.Salt != start.Salt && !start.Follows(s.to) {
		return errBroken
	}
	if s.to.Salt != start.Salt {
		s.to, s.newLog, s.sealed = start, true, 0
	}
	return nil
}

// checkpoint gives how many pages the log has, and how many of them are in their places.
func (s *shipper) checkpoint(mode string) (log, placed int64, err error) {
	log, placed, err = checkpoint(s.look, mode)
	if err != nil {
		s.look.drop()
		s.look = nil
	}
	return log, placed, err
}
