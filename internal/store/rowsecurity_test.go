package store

import (
	"context"
	"database/sql"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
)

// serving opens a PostgreSQL database that has cases in two provinces with a role that owns nothing in it.
func serving(t *testing.T) (asOwner, served *Store, owner *sql.DB) {
	t.Helper()
	cfg := config(t)
	cfg.URL = template.Fresh(t)
	asOwner = open(t, cfg)
	write(t, asOwner, func(ctx context.Context, tx *Tx) error {
		for _, id := range []string{"a", "b"} {
			if err := step(ctx, tx, id, 1, [32]byte{}); err != nil {
				return err
			}
		}
		return nil
	})
	owner, err := sql.Open("pgx", cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Close() })
	for _, s := range []string{
		"DO $$ BEGIN CREATE ROLE rahgosha_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$",
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO rahgosha_app",
		"INSERT INTO case_party (province, case_id, relation, subject) VALUES ('" + province + "', 'a', 'branch', 'branch-1')",
	} {
		if _, err := owner.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	u, err := url.Parse(cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("role", "rahgosha_app")
	u.RawQuery = q.Encode()
	cfg.URL = u.String()
	return asOwner, open(t, cfg), owner
}

// seen are the ids of all cases that a scope's transaction gets, whatever it asks for.
func seen(t testing.TB, s *Store, scope access.Scope) (ids string) {
	t.Helper()
	err := s.Read(access.Within(t.Context(), scope), func(ctx context.Context, tx *Tx) error {
		return tx.each(ctx, "SELECT id FROM cases ORDER BY id", nil, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids += id
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// A transaction gets the rows of who it says it is; who says nothing gets nothing and leaves nothing.
func TestATransactionHasTheRowsOfWhoAsks(t *testing.T) {
	t.Parallel()
	all, served, owner := serving(t)
	law := func(s *Store) func(testing.TB) {
		return func(t testing.TB) {
			for _, c := range []struct {
				who   access.Scope
				want  string
				write bool
			}{
				{access.Scope{}, "", false},
				{access.Scope{Province: "elsewhere", Whole: true}, "", false},
				{access.Scope{Province: province, Subject: "branch-2"}, "", true},
				{access.Scope{Province: province, Subject: "branch-1"}, "a", true},
				{access.Scope{Province: province, Subject: "branch-2", Procedures: "other,referral"}, "ab", true},
				{access.Scope{Province: province, Whole: true}, "ab", true},
				{access.Scope{Server: true}, "ab", true},
			} {
				if got := seen(t, s, c.who); got != c.want {
					t.Errorf("%+v sees the cases %q, not %q", c.who, got, c.want)
				}
				err := s.Write(access.Within(t.Context(), c.who), func(ctx context.Context, tx *Tx) error {
					if _, err := tx.exec(ctx, "INSERT INTO series (province, series, year, last) VALUES ($1, 'X', 1405, 1)", province); err != nil {
						return err
					}
					return fault.New(fault.Refused, "store.failed")
				})
				if wrote := fault.Is(err, fault.Refused); wrote != c.write {
					t.Errorf("%+v writes: %v", c.who, err)
				}
			}
		}
	}
	law(served)(t)
	control.Finds(t, "{Server:false Province: Whole:false Person: Subject: Procedures:} sees the cases \"ab\"", law(all)) // a role that passes by
	if _, err := owner.ExecContext(t.Context(), "ALTER TABLE cases DISABLE ROW LEVEL SECURITY"); err != nil {
		t.Fatal(err)
	}
	control.Finds(t, "Subject:branch-2 Procedures:} sees the cases \"ab\"", law(served))
}

// The case that a command names is looked up as who asks; what it then needs of the province it gets. A scope that a part
// of a transaction has of its own ends with that part.
func TestACommandLooksUpItsCaseAsWhoAsks(t *testing.T) {
	t.Parallel()
	_, s, _ := serving(t)
	branch := access.Within(t.Context(), access.Scope{Province: province, Subject: "branch-1"})
	load := func(ids ...string) error {
		return s.Write(branch, func(ctx context.Context, tx *Tx) error {
			for _, id := range ids {
				if _, err := tx.LoadCase(ctx, province, id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := load("b"); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's case: %v", err)
	}
	if err := load("a", "b"); err != nil {
		t.Errorf("its own, and one that goes with it: %v", err)
	}
	err := s.Read(branch, func(ctx context.Context, tx *Tx) error {
		count := func(ctx context.Context) (n int) {
			if err := s.Read(ctx, func(ctx context.Context, tx *Tx) error {
				_, err := tx.row(ctx, "SELECT count(*) FROM cases", nil, &n)
				return err
			}); err != nil {
				t.Error(err)
			}
			return n
		}
		if before, wide, after := count(ctx), count(access.AsServer(ctx)), count(ctx); before != 1 || wide != 2 || after != 1 {
			t.Errorf("it sees %d cases, within it the server %d, and then it %d", before, wide, after)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Each table with a province has a policy that is forced on its owner, also one that is new; the exceptions are named.
func TestEveryTableOfAProvinceHasItsPolicy(t *testing.T) {
	t.Parallel()
	s, _, owner := serving(t)
	without := func() (out []string) {
		all, err := policies(t.Context(), owner)
		if err != nil || len(all) < 25 {
			t.Fatalf("%d tables: %v", len(all), err)
		}
		for table, sum := range all {
			if sum == "" && !unscoped[table] {
				out = append(out, table)
			}
		}
		slices.Sort(out)
		return out
	}
	if bare := without(); len(bare) > 0 {
		t.Errorf("without a policy: %s", bare)
	}
	for _, statement := range []string{"CREATE TABLE newcomer (province TEXT NOT NULL)", "ALTER TABLE letter NO FORCE ROW LEVEL SECURITY"} {
		if _, err := owner.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if bare := strings.Join(without(), " "); bare != "letter newcomer" {
		t.Errorf("found without a policy: %q", bare)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if bare := without(); len(bare) > 0 {
		t.Errorf("after migrating again: %s", bare)
	}
	for table := range rowsOf {
		if all, _ := policies(t.Context(), owner); all[table] == "" {
			t.Errorf("%s has rows of somebody and is no table", table)
		}
	}
}
