package store

import (
	"context"
	"database/sql"
	"path/filepath"

	"rahgosha/internal/base/fault"
)

// Backup writes a whole copy of the database, as it stands at one instant, into a new file, while commands go on. On
// PostgreSQL the database's own tools do that: invalid store.backup_postgres.
func (s *Store) Backup(ctx context.Context, to string) error {
	if s.cfg.URL != "" {
		return fault.New(fault.Invalid, "store.backup_postgres")
	}
	path, err := filepath.Abs(filepath.Join(s.cfg.Path, DatabaseFile))
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "store.unreachable", "where", s.cfg.Path)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return s.eng.fault(err)
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	if closed := db.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return s.eng.fault(err)
	}
	return nil
}
