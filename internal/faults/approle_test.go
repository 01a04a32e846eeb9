package faults

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
)

// asApp makes the role that serves, by the statements that docs/security.md gives an operator, and gives the database's address
// in its name.
func asApp(t testing.TB, database string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "security.md"))
	must(t, err)
	_, rest, _ := strings.Cut(string(raw), "```sql\n")
	told, _, ok := strings.Cut(rest, "```")
	if !ok || strings.Count(told, ";") < 4 {
		t.Fatal("docs/security.md no longer tells how to make the role that serves")
	}
	role, db := "app_"+strings.ToLower(app.NewID()), open(t, database)
	_, err = db.ExecContext(t.Context(), strings.ReplaceAll(told, "rahgosha_app", role))
	must(t, err)
	t.Cleanup(func() {
		owner := open(t, database)
		_, err := owner.Exec("DROP OWNED BY " + role + "; DROP ROLE " + role) //nolint:noctx // the test's own is over
		must(t, errors.Join(err, owner.Close()))
	})
	_, at, _ := strings.Cut(database, "@")
	return "postgres://" + role + ":of%20your%20own@" + at
}

// servesWithLeast is the law: a server works with the database's account that it was given, and that account may read and write
// rows, and nothing else: no table, policy or trigger can be made, changed or taken away with it.
func servesWithLeast(t testing.TB, n *nodes) {
	n.serve(t, 0, product)
	c := n.at[0].as(n.of, "unit.ceo")
	defer c.CloseIdleConnections()
	got, err := c.post("/cases", app.NewID(), n.of.asked(fmt.Sprint(price), time.Now()))
	must(t, err)
	if got.status != http.StatusCreated {
		t.Fatalf("a case: %d %s", got.status, got.body)
	}
	db := open(t, n.database)
	for _, statement := range []string{
		"CREATE TABLE planted (x int)", "DROP TABLE cases", "ALTER TABLE cases ADD COLUMN planted int", "TRUNCATE entry",
		"ALTER TABLE cases DISABLE ROW LEVEL SECURITY", "DROP POLICY rahgosha_scope ON cases", "ALTER TABLE cases DISABLE TRIGGER ALL",
		"CREATE INDEX planted ON cases (id)", "CREATE FUNCTION planted() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE SCHEMA planted", "CREATE ROLE planted",
	} {
		tx, err := db.BeginTx(t.Context(), nil)
		must(t, err)
		_, err = tx.ExecContext(t.Context(), statement)
		refused := (*pgconn.PgError)(nil)
		if !errors.As(err, &refused) || refused.Code != "42501" {
			t.Errorf("the account that serves may: %s (%v)", statement, err)
		}
		must(t, tx.Rollback())
	}
}

func TestTheServersAccountMayChangeNoTable(t *testing.T) {
	t.Parallel()
	n := settled(t, freshPostgres(t))
	owner := n.database
	n.database = asApp(t, owner)
	servesWithLeast(t, n)
	n.at[0].kill()
	n.database = owner
	control.Finds(t, "the account that serves may: DROP TABLE cases", func(t testing.TB) { servesWithLeast(t, n) })
}
