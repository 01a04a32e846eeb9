package store

import (
	"bytes"
	"database/sql"
	"embed"
	"io"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// words are the places of a migration where the two databases differ. STRICT makes SQLite keep to column types, and
// PostgreSQL orders text bytewise as SQLite does, so that pages and cursors agree.
var words = map[string]*strings.Replacer{
	"sqlite3": strings.NewReplacer("{{text}}", "TEXT", "{{int}}", "INTEGER", "{{bytes}}", "BLOB",
		"{{strict}}", " STRICT", "{{clustered}}", " STRICT, WITHOUT ROWID",
		"{{hex key}}", "lower(hex(key))", "{{unhex key}}", "unhex(key)"),
	"postgres": strings.NewReplacer("{{text}}", `TEXT COLLATE "C"`, "{{int}}", "BIGINT", "{{bytes}}", "BYTEA",
		"{{strict}}", "", "{{clustered}}", "",
		"{{hex key}}", "encode(key, 'hex')", "{{unhex key}}", "decode(key, 'hex')"),
}

// rendered gives the migrations in one database's words.
type rendered struct {
	fs.FS
	words *strings.Replacer
}

// Open renders the file while opening it; directories pass through.
func (r rendered) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	raw, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return renderedFile{f, strings.NewReader(r.words.Replace(string(raw)))}, nil
}

type renderedFile struct {
	fs.File
	text *strings.Reader
}

func (f renderedFile) Read(p []byte) (int, error) { return f.text.Read(p) }

func migrations(dialect string) (fs.FS, error) {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	return rendered{sub, words[dialect]}, nil
}

func provider(dialect string, db *sql.DB, opts ...goose.ProviderOption) (*goose.Provider, error) {
	files, err := migrations(dialect)
	if err != nil {
		return nil, err
	}
	opts = append(opts, goose.WithGoMigrations(fillUnitWords(), moveUnitFacts(), moveNames(dialect), dropNameKeys(), rowSecurity(dialect)), goose.WithAllowOutofOrder(true), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	return goose.NewProvider(goose.Dialect(dialect), db, files, opts...)
}

// Schema gives the schema's text in a database's words, without what undoes it: sqlite3 or postgres.
func Schema(dialect string) (string, error) {
	files, err := migrations(dialect)
	if err != nil {
		return "", err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return "", err
		}
		up, _, _ := strings.Cut(string(raw), "-- +goose Down")
		out.WriteString(strings.ReplaceAll(up, "-- +goose Up\n", ""))
	}
	return out.String(), nil
}
