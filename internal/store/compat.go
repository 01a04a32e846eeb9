package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

	"rahgosha/internal/base/fault"
)

// The two kinds of migration. Who does not know an expanding one works on: it makes tables, indexes and columns that have a
// value of their own, and fills what it made. After any other one a program that does not know it must not write.
const (
	expand   = "expand"
	contract = "contract"
)

// notedVersion is the migration from which on the database itself says what its migrations are.
const notedVersion = 320

// change is a migration as the database notes it.
type change struct {
	version         int64
	name, kind, sum string
}

// schemaChanges gives the migrations of this program. One that Go code makes is known by its number alone.
func schemaChanges(dialect string, p *goose.Provider) ([]change, error) {
	files, err := migrations(dialect)
	if err != nil {
		return nil, err
	}
	var out []change
	for _, s := range p.ListSources() {
		c := change{version: s.Version, name: strconv.FormatInt(s.Version, 10), kind: contract}
		if s.Type == goose.TypeSQL {
			raw, err := fs.ReadFile(files, path.Base(s.Path))
			if err != nil {
				return nil, err
			}
			statements := upStatements(string(raw))
			sum := sha256.Sum256([]byte(strings.Join(statements, ";")))
			c.name, c.kind, c.sum = strings.TrimSuffix(path.Base(s.Path), ".sql"), kindOf(string(raw), statements), hex.EncodeToString(sum[:])
		}
		out = append(out, c)
	}
	return out, nil
}

// upStatements gives a migration's statements without comments and line breaks, which change nothing.
func upStatements(text string) (out []string) {
	up, _, _ := strings.Cut(text, "-- +goose Down")
	var code strings.Builder
	for line := range strings.Lines(up) {
		before, _, _ := strings.Cut(line, "--")
		code.WriteString(before + " ")
	}
	for _, s := range strings.Split(code.String(), ";") {
		if s = strings.Join(strings.Fields(s), " "); s != "" {
			out = append(out, s)
		}
	}
	return out
}

var (
	makesTable = regexp.MustCompile(`(?i)^CREATE (?:VIRTUAL )?TABLE (?:IF NOT EXISTS )?(\w+)`)
	makesIndex = regexp.MustCompile(`(?i)^CREATE (UNIQUE )?INDEX \w+ ON (\w+)`)
	addsColumn = regexp.MustCompile(`(?i)^ALTER TABLE \w+ ADD COLUMN `)
	fillsTable = regexp.MustCompile(`(?i)^INSERT INTO (\w+)`)
	dropsIndex = regexp.MustCompile(`(?i)^DROP INDEX `)
	declared   = regexp.MustCompile(`(?m)^-- (expand|contract): \S`)
)

// kindOf judges a migration by its statements. A line "-- expand: why" or "-- contract: why" says otherwise, for whoever
// reviews it.
func kindOf(text string, statements []string) string {
	if m := declared.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	made := map[string]bool{}
	for _, s := range statements {
		upper := strings.ToUpper(s)
		switch {
		case makesTable.MatchString(s):
			made[makesTable.FindStringSubmatch(s)[1]] = true
		case dropsIndex.MatchString(s): // slower without it, and the same
		case makesIndex.MatchString(s):
			if m := makesIndex.FindStringSubmatch(s); m[1] != "" && !made[m[2]] {
				return contract
			}
		case addsColumn.MatchString(s):
			if strings.Contains(upper, "NOT NULL") && !strings.Contains(upper, " DEFAULT ") {
				return contract
			}
		case fillsTable.MatchString(s):
			if !made[fillsTable.FindStringSubmatch(s)[1]] {
				return contract
			}
		default:
			return contract
		}
	}
	return expand
}

// migrateUp brings the schema up to date, each migration in a transaction of its own. With expandOnly it leaves contracting
// ones for later, while older programs still work on the database. Nothing is done where the database was changed by a newer
// program in a way that this one does not know, or a migration is not the one that was applied.
func migrateUp(ctx context.Context, dialect string, db *sql.DB, expandOnly bool, opts ...goose.ProviderOption) error {
	p, err := provider(dialect, db, opts...)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "store.migration")
	}
	own, err := schemaChanges(dialect, p)
	if err == nil {
		err = up(ctx, dialect, db, p, own, expandOnly)
	}
	if _, ok := fault.As(err); err != nil && !ok {
		err = fault.Wrap(err, fault.Internal, "store.migration")
	}
	return err
}

func up(ctx context.Context, dialect string, db *sql.DB, p *goose.Provider, own []change, expandOnly bool) error {
	have, err := applied(ctx, dialect, db)
	if err != nil {
		return err
	}
	if err := fits(ctx, dialect, db, own, have); err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, notedVersion); err != nil {
		return err
	}
	if !expandOnly || len(have) == 0 { // nobody works on a database that was empty
		if err := noteDown(ctx, db, own); err != nil { // before they are applied: what is applied is always noted
			return err
		}
		_, err = p.Up(ctx)
		return err
	}
	own = slices.DeleteFunc(own, func(c change) bool {
		return c.kind == contract && c.version > notedVersion && !slices.Contains(have, c.version)
	})
	if err := noteDown(ctx, db, own); err != nil {
		return err
	}
	for _, c := range own {
		if c.version <= notedVersion || slices.Contains(have, c.version) {
			continue
		}
		if _, err := p.ApplyVersion(ctx, c.version, true); err != nil && !errors.Is(err, goose.ErrAlreadyApplied) {
			return err
		}
	}
	return nil
}

// hasTable says whether a table is there.
func hasTable(ctx context.Context, dialect string, db *sql.DB, name string) (bool, error) {
	query := "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1"
	if dialect == "postgres" {
		query = "SELECT count(*) FROM pg_tables WHERE schemaname = ANY (current_schemas(false)) AND tablename = $1"
	}
	var n int
	err := db.QueryRowContext(ctx, query, name).Scan(&n)
	return n > 0, err
}

// applied lists the migrations that the database has; none where it is empty.
func applied(ctx context.Context, dialect string, db *sql.DB) (out []int64, err error) {
	there, err := hasTable(ctx, dialect, db, "goose_db_version")
	if err != nil || !there {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, "SELECT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY version_id")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// noted gives what the database says of its migrations.
func noted(ctx context.Context, dialect string, db *sql.DB) (out map[int64]change, err error) {
	there, err := hasTable(ctx, dialect, db, "schema_change")
	if err != nil || !there {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, "SELECT version, name, kind, sum FROM schema_change")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[int64]change{}
	for rows.Next() {
		var c change
		if err := rows.Scan(&c.version, &c.name, &c.kind, &c.sum); err != nil {
			return nil, err
		}
		out[c.version] = c
	}
	return out, rows.Err()
}

// fits says whether this program may work on the database. Invalid store.schema_newer and store.schema_changed name the
// migration.
func fits(ctx context.Context, dialect string, db *sql.DB, own []change, have []int64) error {
	notes, err := noted(ctx, dialect, db)
	if err != nil {
		return err
	}
	for _, v := range have {
		n, told := notes[v]
		i := slices.IndexFunc(own, func(c change) bool { return c.version == v })
		switch {
		case i < 0 && (!told || n.kind != expand):
			name := n.name
			if !told {
				name = strconv.FormatInt(v, 10)
			}
			return fault.New(fault.Invalid, "store.schema_newer", "migration", name)
		case i >= 0 && told && n.sum != own[i].sum:
			return fault.New(fault.Invalid, "store.schema_changed", "migration", own[i].name)
		}
	}
	return nil
}

// noteDown writes down what the program's migrations are; what was written stays.
func noteDown(ctx context.Context, db *sql.DB, own []change) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("note the migrations: %w", err)
	}
	for _, c := range own {
		if _, err := tx.ExecContext(ctx, `INSERT INTO schema_change (version, name, kind, sum) VALUES ($1, $2, $3, $4)
			ON CONFLICT (version) DO NOTHING`, c.version, c.name, c.kind, c.sum); err != nil {
			return errors.Join(fmt.Errorf("note the migrations: %w", err), tx.Rollback())
		}
	}
	return tx.Commit()
}
