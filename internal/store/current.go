package store

import (
	"context"
	"io/fs"
	"strconv"
	"strings"
)

// Current says whether the schema has every migration of this program. It only reads: what wants to leave the data as
// they are asks it instead of migrating.
func (s *Store) Current(ctx context.Context) (bool, error) {
	have := map[int64]bool{}
	err := s.Read(ctx, func(ctx context.Context, tx *Tx) error {
		return tx.each(ctx, "SELECT version_id FROM goose_db_version", nil, func(scan func(...any) error) error {
			var v int64
			err := scan(&v)
			have[v] = true
			return err
		})
	})
	if err != nil {
		return false, err
	}
	files, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return false, err
	}
	current := have[fillUnitWords().Version]
	for _, f := range files {
		if raw, err := fs.ReadFile(migrationFiles, f); err == nil && kindOf(string(raw), upStatements(string(raw))) == contract {
			if v, err := versionOf(f); err == nil && v > notedVersion {
				continue // it may be left for later (Config.ExpandOnly)
			}
		}
		v, err := versionOf(f)
		current = current && err == nil && have[v]
	}
	return current, nil
}

func versionOf(file string) (int64, error) {
	number, _, _ := strings.Cut(strings.TrimPrefix(file, "migrations/"), "_")
	return strconv.ParseInt(number, 10, 64)
}
