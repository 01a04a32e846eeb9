package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
)

// Row-level security is the second net on PostgreSQL: what a statement forgets to ask, the database asks of every row. A
// transaction says at its beginning whose it is (enter); who says nothing gets nothing. The policies are put on after the
// migrations and not in them, so that a new table with a province has one without anybody's thinking of it. A migration that
// drops cases, case_party, membership or import_batch, or changes a column that a policy names, drops the policies first.

// policyName is that of every policy of ours.
const policyName = "rahgosha_scope"

// What a transaction said of itself, once for a statement. Without it the first two are NULL or empty, which equals nothing.
const (
	ofProvince   = "(SELECT current_setting('rahgosha.province', true))"
	ofSubject    = "(SELECT current_setting('rahgosha.subject', true))"
	ofPerson     = "(SELECT current_setting('rahgosha.person', true))"
	ofProcedures = "string_to_array((SELECT current_setting('rahgosha.procedures', true)), ',')"
	everything   = "*"
)

// rowsOf says which rows of a table a scope below the province has; of tables that are not here it has all of its
// province's. $T stands for the table.
var rowsOf = map[string]string{
	"cases": "procedure = ANY (" + ofProcedures + ") OR EXISTS (SELECT 1 FROM case_party p WHERE p.province = $T.province AND p.case_id = $T.id AND p.subject = " + ofSubject + ")",

	"case_party": "subject = " + ofSubject,
	"case_dedup": ofSeenCase,
	"case_tally": ofSeenCase,
	"deadline":   ofSeenCase,
	"entry":      ofSeenCase,
	"letter":     ofSeenCase,
	"obligation": ofSeenCase,
	"outbox":     ofSeenCase,
	"told":       ofSeenCase,
	"tally":      "procedure = ANY (" + ofProcedures + ")",
	"projection": "false",
	"proposal":   "false",
	"replay":     "actor = " + ofPerson,
	"inbox_read": ofOwnPost,
	"inbox_seen": ofOwnPost,
	"saved_view": "body <> '' AND body = " + ofSubject + " OR " + ofOwnPost,
	"unit":       "id = " + ofSubject,
	"unit_key":   "unit = " + ofSubject,
	"unit_word":  "unit = " + ofSubject,
	"unit_claim": "unit = " + ofSubject + " OR person = " + ofPerson,

	"unit_product": "unit = " + ofSubject,

	"saved_view_first": ofOwnPost,
	"service_record":   "unit <> '' AND unit = " + ofSubject,
	"service_decision": "EXISTS (SELECT 1 FROM service_record r WHERE r.province = $T.province AND r.id = $T.record)",
	"unit_fact_past":   "unit = " + ofSubject,
	"import_batch":     "imported_by = " + ofPerson,
	"import_review":    "EXISTS (SELECT 1 FROM import_batch b WHERE b.province = $T.province AND b.id = $T.batch)",
}

const (
	ofSeenCase = "EXISTS (SELECT 1 FROM cases c WHERE c.province = $T.province AND c.id = $T.case_id)"
	ofOwnPost  = "EXISTS (SELECT 1 FROM membership m WHERE m.province = $T.province AND m.id = $T.membership AND m.person = " + ofPerson + ")"
)

// rule is the policy of a table.
func rule(table string) string {
	out := fmt.Sprintf("(%s IN (%s.province, '%s'))", ofProvince, table, everything)
	if rows, ok := rowsOf[table]; ok {
		out += fmt.Sprintf(" AND (%s = '%s' OR %s)", ofSubject, everything, strings.ReplaceAll(rows, "$T", table))
	}
	return out
}

// unscoped are tables with a province that somebody must read before anybody knows who asks.
var unscoped = map[string]bool{"session": true}

// secure puts the policies on that are not there yet or have changed. It is the owner of the tables who may.
func secure(ctx context.Context, db *sql.DB) error {
	there, err := policies(ctx, db)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "store.row_security")
	}
	for table, was := range there {
		if now := sum(rule(table)); was != now && !unscoped[table] {
			if err := put(ctx, db, table, now); err != nil {
				return fault.Wrap(err, fault.Internal, "store.row_security")
			}
		}
	}
	return nil
}

// policies gives the tables with a province, each with the sum of the policy that is in force on it, "" for none.
func policies(ctx context.Context, db *sql.DB) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT c.relname, coalesce((SELECT obj_description(p.oid, 'pg_policy') FROM pg_policy p
			WHERE p.polrelid = c.oid AND p.polname = $1 AND c.relrowsecurity AND c.relforcerowsecurity), '')
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'province' AND NOT a.attisdropped
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')`, policyName)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error is that of rows.Err
	out := map[string]string{}
	for rows.Next() {
		var table, was string
		if err := rows.Scan(&table, &was); err != nil {
			return nil, err
		}
		out[table] = was
	}
	return out, rows.Err()
}

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:8])
}

// put is all or nothing: a table is never without the policy it had.
func put(ctx context.Context, db *sql.DB, table, sum string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		"DROP POLICY IF EXISTS " + policyName + " ON " + table,
		"CREATE POLICY " + policyName + " ON " + table + " USING (" + rule(table) + ")",
		"COMMENT ON POLICY " + policyName + " ON " + table + " IS '" + sum + "'",
		"ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return errors.Join(fmt.Errorf("policy of %s: %w", table, err), tx.Rollback())
		}
	}
	return tx.Commit()
}

// rowSecurityVersion is the migration whose undoing takes all policies away; tables could not be dropped before.
const rowSecurityVersion = 295

func rowSecurity(dialect string) *goose.Migration {
	nothing := &goose.GoFunc{RunTx: func(context.Context, *sql.Tx) error { return nil }}
	if dialect != "postgres" {
		return goose.NewGoMigration(rowSecurityVersion, nothing, nothing)
	}
	return goose.NewGoMigration(rowSecurityVersion, nothing, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DO $$ DECLARE t regclass; BEGIN
			FOR t IN SELECT polrelid::regclass FROM pg_policy WHERE polname = '`+policyName+`' LOOP
				EXECUTE format('DROP POLICY `+policyName+` ON %s', t);
				EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', t);
			END LOOP; END $$`)
		return err
	}})
}

// settings are what a scope says to the database.
func settings(s access.Scope) []any {
	province, subject := s.Province, s.Subject
	if s.Whole || s.Server {
		subject = everything
	}
	if s.Server {
		province = everything
	}
	return []any{province, subject, s.Person, s.Procedures}
}

// enter says whose the transaction is from here on, until it ends or says otherwise. The same statement counts the erasures,
// which keys are kept by: one of its own would cost every transaction another way to the server.
func (t *Tx) enter(ctx context.Context, s access.Scope) error {
	if s == t.scope || t.s.eng.name() != "postgres" {
		return nil
	}
	var ignored string
	var erased int64
	_, err := t.row(ctx, `SELECT set_config('rahgosha.province', $1, true), set_config('rahgosha.subject', $2, true),
		set_config('rahgosha.person', $3, true), set_config('rahgosha.procedures', $4, true), coalesce((`+erasures+`), 0)`, settings(s),
		&ignored, &ignored, &ignored, &ignored, &erased)
	if err == nil && !t.counted {
		t.erasures, t.counted = erased, true
	}
	if err == nil {
		t.scope = s
	}
	return err
}

// begin enters the scope of who asks. A command begins in the whole of its province, for counters, equal requests and
// numbers are everybody's; the case that it names is looked up as who asks (LoadCase).
func (t *Tx) begin(ctx context.Context) error {
	t.asks = access.ScopeOf(ctx)
	if t.writing {
		return t.enter(ctx, t.asks.InWhole())
	}
	return t.enter(ctx, t.asks)
}

// as runs f in the scope of ctx, where that is another than the transaction began with.
func (t *Tx) as(ctx context.Context, f func() error) error {
	asks, was := access.ScopeOf(ctx), t.scope
	if asks == t.asks {
		return f()
	}
	if t.writing {
		asks = asks.InWhole()
	}
	if err := t.enter(ctx, asks); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err // and the transaction ends
	}
	return t.enter(ctx, was)
}

// lookUp runs the query for a case as who asks. Who may see it at all has the case read and decided with what else of the
// province that takes; so only the first look in a transaction counts.
func (t *Tx) lookUp(ctx context.Context, query func() (found bool, err error)) (bool, error) {
	if t.seen || t.asks.Whole || t.asks.Server {
		return query()
	}
	if err := t.enter(ctx, t.asks); err != nil {
		return false, err
	}
	found, err := query()
	if err != nil || !found {
		return found, err
	}
	t.seen = true
	return found, t.enter(ctx, t.asks.InWhole())
}
