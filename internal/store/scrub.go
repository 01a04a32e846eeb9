package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"rahgosha/internal/base/fault"
)

// Scrub takes what was deleted out of the database's files: rows that are gone still stand in free places of pages, in words
// of the full text index, and in the log of writes. On SQLite nothing of it is left; on PostgreSQL the tables are written
// anew, while its log of writes and its archive keep what they hold until the server drops them.
func (s *Store) Scrub(ctx context.Context) error { return s.eng.scrub(ctx) }

// scrubTries bounds how often the log is asked to be cut: who reads keeps it for so long.
const scrubTries = 20

// scrubPause lies between two tries: a busy database may refuse at once, where waiting could end in a deadlock.
const scrubPause = 250 * time.Millisecond

// scrub writes the whole file anew while the writer waits, and cuts the log. The working copy lies in a file, not in memory:
// it is as large as the database.
func (e *sqliteEngine) scrub(ctx context.Context) error {
	return e.exclusively(func() (err error) {
		conn, err := e.w.Conn(ctx)
		if err != nil {
			return e.fault(err)
		}
		defer func() { err = errors.Join(err, conn.Close()) }()
		for _, s := range []string{"PRAGMA temp_store = FILE", "INSERT INTO unit_fts (unit_fts) VALUES ('optimize')", "VACUUM"} {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return e.fault(err)
			}
		}
		return e.cut(ctx, conn)
	})
}

// cut brings all pages to their places and makes the log empty. Each try waits for readers as long as a busy database is
// waited for. A log that is copied continuously is not cut before it is copied: its keeper begins it anew.
func (e *sqliteEngine) cut(ctx context.Context, conn *sql.Conn) error {
	if e.s.cfg.Ship != nil {
		return nil
	}
	for range scrubTries {
		var busy, log, placed int64
		if err := conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &placed); err != nil {
			return e.fault(err)
		}
		if busy == 0 {
			return nil
		}
		select { // another process that writes without end leaves the log for a moment at most
		case <-ctx.Done():
			return e.fault(ctx.Err())
		case <-time.After(scrubPause):
		}
	}
	return fault.New(fault.Unavailable, "store.scrub_busy")
}

// scrubbed are the tables that erasing takes something out of.
const scrubbed = "datakey, person, credential, one_time_code, session, saved_view, saved_view_first, inbox_read, inbox_seen, told, replay, " +
	"document_use, delegation, leave, unit_claim, membership, outbox, letter, case_hold, case_dedup, unit, unit_key, unit_word, unit_fact_past, " +
	"unit_product, service_record, service_decision, import_review, cases"

// scrub has PostgreSQL write the tables anew, which it does for their owner alone and else passes over without an error.
func (e *postgresEngine) scrub(ctx context.Context) error {
	owner := false
	err := e.db.QueryRowContext(ctx, "SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = 'datakey'::regclass").Scan(&owner)
	if err == nil && !owner {
		e.s.cfg.Log.WarnContext(ctx, "this role does not own the tables: what was deleted stands in their files until the owner runs rahgosha person scrub")
		return nil
	}
	if err != nil {
		return e.fault(err)
	}
	_, err = e.db.ExecContext(ctx, "VACUUM (FULL) "+scrubbed)
	return e.fault(err)
}
