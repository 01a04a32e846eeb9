package store

import (
	"context"
	"database/sql/driver"
)

const (
	// quietPages is how many pages of the log wait before they are brought to their places beside the writer: 16 MB, for a
	// page that many commits change goes there once.
	quietPages = 4000
	// mostPages is when the writer itself brings what is left to its place: only then, with nothing left and nobody
	// writing, the log begins anew. It finds little to do.
	mostPages = 3 * quietPages
)

// tidier brings pages of SQLite's log to their places on a connection of its own, while the writer goes on: a writer that
// does it itself keeps everybody waiting for the database's file to reach the disk. It never waits for a reader or the
// writer, and what it does not do the writer does later.
type tidier struct {
	conn *session // opened when first needed; nil again after a failure
	from driver.Connector
	wake chan struct{}
	done chan struct{}
}

func newTidier(from driver.Connector) *tidier {
	return &tidier{from: from, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// grown says that something was committed.
func (t *tidier) grown() {
	select {
	case t.wake <- struct{}{}:
	default: // it knows
	}
}

func (t *tidier) close() {
	close(t.wake)
	<-t.done
}

func (t *tidier) shut() {}

func (t *tidier) run() {
	defer close(t.done)
	for range t.wake {
		if err := t.tidy(); err != nil && t.conn != nil {
			t.conn.drop() // the writer will do it
			t.conn = nil
		}
	}
	if t.conn != nil {
		t.conn.drop()
	}
}

func (t *tidier) tidy() (err error) {
	if t.conn == nil {
		if t.conn, err = newSession(context.Background(), t.from); err != nil {
			return err
		}
	}
	log, placed, err := t.checkpoint("NOOP")
	if err == nil && log-placed >= quietPages {
		_, _, err = t.checkpoint("PASSIVE")
	}
	return err
}

// checkpoint gives how many pages the log has, and how many of them are in their places.
func (t *tidier) checkpoint(mode string) (log, placed int64, err error) {
	return checkpoint(t.conn, mode)
}

func checkpoint(s *session, mode string) (log, placed int64, err error) {
	var busy int64
	var failed error
	err = s.query(context.Background(), "PRAGMA wal_checkpoint("+mode+")", nil, func(scan func(...any) error) bool {
		failed = scan(&busy, &log, &placed)
		return false
	})
	if err == nil {
		err = failed
	}
	return log, placed, err
}
