package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
)

// A database on another machine is spoken to over TLS that knows it, or not at all, unless the operator says that the network
// is theirs alone; on this machine nothing is asked.
func TestADatabaseElsewhereIsKnownBeforeItIsSpokenTo(t *testing.T) {
	t.Parallel()
	const at = "postgres://app:x@"
	for url, host := range map[string]string{
		at + "db.example/r?sslmode=verify-full":                       "",
		at + "10.0.0.11,10.0.0.12/r?sslmode=verify-full":              "",
		at + "127.0.0.1,[::1]/r?sslmode=disable":                      "",
		at + "localhost/r":                                            "",
		"postgres:///r?host=/run/postgresql":                          "",
		at + "db.example/r":                                           "db.example",
		at + "db.example/r?sslmode=disable":                           "db.example",
		at + "db.example/r?sslmode=prefer":                            "db.example",
		at + "db.example/r?sslmode=require":                           "db.example",
		at + "db.example/r?sslmode=verify-ca":                         "db.example",
		at + "127.0.0.1,10.0.0.12/r?sslmode=disable":                  "10.0.0.12",
		at + "10.0.0.11/r?sslmode=allow&target_session_attrs=any":     "10.0.0.11",
		at + "localhost.example/r?sslmode=disable":                    "localhost.example",
		at + "[2001:db8::1]/r?sslmode=require&application_name=local": "2001:db8::1",
	} {
		c, err := pgx.ParseConfig(url)
		if err != nil {
			t.Fatal(err)
		}
		if got := inTheOpen(c); got != host {
			t.Errorf("%s: %q is spoken to in the open, want %q", url, got, host)
		}
	}
	law := func(plain bool) func(testing.TB) {
		return func(t testing.TB) {
			// A name of no machine (RFC 6761): whoever speaks to it finds that out by asking for it.
			_, err := Open(t.Context(), Config{URL: at + "db.invalid/r?sslmode=disable&connect_timeout=1", PlainURL: plain, Root: testRoot(t)})
			if f, ok := fault.As(err); !ok || f.Key != "store.plain" {
				t.Errorf("the database elsewhere is spoken to: %v", err)
			}
		}
	}
	law(false)(t)
	control.Finds(t, "the database elsewhere is spoken to", law(true))
}

// A password that changes is read again at the next connection, from the file that the address names; what a connection was
// made with before stays.
func TestAChangedPasswordIsReadAtTheNextConnection(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "passfile")
	keep := func(password string) {
		if err := os.WriteFile(file, []byte("127.0.0.1:5432:r:app:"+password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keep("first")
	c, err := pgx.ParseConfig("postgres://app@127.0.0.1:5432/r?passfile=" + file)
	if err != nil {
		t.Fatal(err)
	}
	next := func(t testing.TB, renew func(*pgx.ConnConfig)) {
		c := c.Copy()
		if renew(c); c.Password != "second" {
			t.Errorf("the next connection says %q", c.Password)
		}
	}
	keep("second")
	next(t, renewed)
	control.Finds(t, `says "first"`, func(t testing.TB) { next(t, func(*pgx.ConnConfig) {}) })
}
