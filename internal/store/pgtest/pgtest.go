// Package pgtest gives each test a database of its own, for tests only: of PostgreSQL, or a file of SQLite. Databases are
// cloned from a template that is migrated once in a package; without a server the tests that ask are skipped.
package pgtest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that administers
)

// Env holds the address of a server and a role that may create databases.
const Env = "RAHGOSHA_TEST_POSTGRES"

// Template is what the databases of one package are cloned from. Migrate fills it, given its address, at the first use.
type Template struct {
	Name    string
	Migrate func(url string) error

	once sync.Once
	made string
	err  error
	mu   sync.Mutex
	n    int
}

// Run runs a package's tests and takes the template away. It gives the exit code.
func (p *Template) Run(m *testing.M) int {
	code := m.Run()
	if p.made == "" {
		return code
	}
	if err := administer("DROP DATABASE IF EXISTS " + p.made); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Fresh gives the address of a database that is gone after the test, or skips the test.
func (p *Template) Fresh(t testing.TB) string {
	t.Helper()
	base := os.Getenv(Env)
	if base == "" {
		t.Skip("skipped: " + Env + " is not set")
	}
	p.once.Do(func() { p.err = p.make(base) })
	if p.err != nil {
		t.Fatal(p.err)
	}
	p.mu.Lock() // a template has one client at a time
	defer p.mu.Unlock()
	p.n++
	name := fmt.Sprintf("%s_%d", p.made, p.n)
	if err := administer("CREATE DATABASE " + name + " TEMPLATE " + p.made); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // runs after what the test itself opened is closed
		if err := administer("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return address(base, name)
}

func (p *Template) make(base string) error {
	name := fmt.Sprintf("rahgosha_%s_%d", p.Name, os.Getpid())
	if err := administer("CREATE DATABASE " + name); err != nil {
		return err
	}
	p.made = name
	return p.Migrate(address(base, name))
}

// administer runs a statement as the role that may create databases.
func administer(statement string) error {
	db, err := sql.Open("pgx", os.Getenv(Env))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(context.Background(), statement)
	return err
}

// address replaces the database of a URL.
func address(base, name string) string {
	head, query, _ := strings.Cut(base, "?")
	scheme, rest, _ := strings.Cut(head, "://")
	host, _, _ := strings.Cut(rest, "/")
	if query != "" {
		query = "?" + query
	}
	return scheme + "://" + host + "/" + name + query
}
