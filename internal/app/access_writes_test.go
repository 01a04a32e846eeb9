package app_test

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/web"
)

// change is a row that somebody changed, with whose it is as far as the row says.
type change struct {
	at                                                          int64
	table, op                                                   string
	id, token, province, person, unit, inCase, membership, kind string
}

// rowColumns are the columns of a row that a change keeps.
var rowColumns = []string{"id", "token", "province", "person", "unit", "case_id", "membership", "kind"}

// watcher tells which rows change on a database, whoever changes them: every table has a trigger that keeps a line.
type watcher struct {
	db   *sql.DB
	last int64
}

// watches puts the triggers on, from here on.
func (p *provinces) watches(t testing.TB) *watcher {
	t.Helper()
	driver, address := "sqlite", "file:"+filepath.Join(p.Config.Data, store.DatabaseFile)+"?_pragma=busy_timeout(20000)"
	if p.Config.Database != "" {
		driver, address = "pgx", p.Config.Database
	}
	db, err := sql.Open(driver, address)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	w := &watcher{db: db}
	for _, statement := range w.triggers(t, p.App, driver) {
		if _, err = db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return w
}

// triggers are the statements that make them.
func (w *watcher) triggers(t testing.TB, a *app.App, driver string) []string {
	t.Helper()
	if driver == "pgx" {
		out := []string{`CREATE TABLE watched (at bigserial PRIMARY KEY, tab text, op text, id text, token text, province text, person text, unit text, case_id text, membership text, kind text)`,
			`CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ DECLARE r jsonb; BEGIN
				IF TG_OP = 'DELETE' THEN r := to_jsonb(OLD); ELSE r := to_jsonb(NEW); END IF;
				INSERT INTO public.watched (tab, op, id, token, province, person, unit, case_id, membership, kind)
					VALUES (TG_TABLE_NAME, TG_OP, r->>'id', r->>'token', r->>'province', r->>'person', r->>'unit', r->>'case_id', r->>'membership', r->>'kind');
				RETURN NULL; END $$`}
		for _, table := range tablesOf(t, a) {
			out = append(out, `CREATE TRIGGER watch AFTER INSERT OR UPDATE OR DELETE ON "`+table+`" FOR EACH ROW EXECUTE FUNCTION watch()`)
		}
		return out
	}
	out := []string{`CREATE TABLE watched (at INTEGER PRIMARY KEY AUTOINCREMENT, tab TEXT, op TEXT, id TEXT, token TEXT, province TEXT, person TEXT, unit TEXT, case_id TEXT, membership TEXT, kind TEXT) STRICT`}
	for _, table := range tablesOf(t, a) {
		if strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "unit_fts") {
			continue // the engine's own
		}
		for _, op := range []string{"INSERT", "UPDATE", "DELETE"} {
			row, values := map[bool]string{true: "OLD", false: "NEW"}[op == "DELETE"], []string{"'" + table + "'", "'" + op + "'"}
			has := columnsOf(t, w.db, table)
			for _, c := range rowColumns {
				values = append(values, map[bool]string{true: row + "." + c, false: "NULL"}[has[c]])
			}
			out = append(out, fmt.Sprintf(`CREATE TRIGGER "watch_%s_%s" AFTER %s ON "%s" BEGIN INSERT INTO watched (tab, op, %s) VALUES (%s); END`,
				table, op, op, table, strings.Join(rowColumns, ", "), strings.Join(values, ", ")))
		}
	}
	return out
}

func columnsOf(t testing.TB, db *sql.DB, table string) map[string]bool {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT name FROM pragma_table_info(?)", table)
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	out := map[string]bool{}
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		out[name] = true
	}
	must(t, rows.Err())
	return out
}

// since gives what changed since it was asked last.
func (w *watcher) since(t testing.TB) (out []change) {
	t.Helper()
	rows, err := w.db.QueryContext(t.Context(), `SELECT at, tab, op, COALESCE(id, ''), COALESCE(token, ''), COALESCE(province, ''), COALESCE(person, ''), COALESCE(unit, ''), COALESCE(case_id, ''), COALESCE(membership, ''), COALESCE(kind, '')
		FROM watched WHERE at > $1 ORDER BY at`, w.last)
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	for rows.Next() {
		var c change
		must(t, rows.Scan(&c.at, &c.table, &c.op, &c.id, &c.token, &c.province, &c.person, &c.unit, &c.inCase, &c.membership, &c.kind))
		w.last = c.at
		out = append(out, c)
	}
	must(t, rows.Err())
	return out
}

// journalTables are the log, told as one: a group of entries, its tree and its signature.
var journalTables = []string{"entry", "merkle", "checkpoint"}

// asides are what any request may leave: when a session was used last, how often somebody was asked, and the answer kept of a key.
var asides = []string{"session", "throttle", "replay", "lease"}

// storedAs are tables of one database that stand for another's: PostgreSQL keeps documents in a table and words of names in one.
var storedAs = map[string]string{"content": "document", "unit_word": "unit"}

// told is the name of a changed table as the laws say it, "" for asides.
func (c change) told() string {
	switch {
	case slices.Contains(journalTables, c.table):
		return "journal"
	case storedAs[c.table] != "":
		return storedAs[c.table]
	case slices.Contains(asides, c.table) && (c.table != "session" || c.op == "UPDATE"):
		return ""
	}
	return c.table
}

// quiet is the law of what is refused, and of what is only read: nothing changes but the log, which keeps refusals,
// auditors' reads and what was taken away, and where one is kept the key of its text.
func (p *provinces) quiet(t testing.TB, route string) {
	if p.watcher == nil {
		return
	}
	seen := map[string]bool{}
	all := p.watcher.since(t)
	for _, c := range all {
		known := c.told() == "" || c.table == "cases" && keepsRefusal(all, c.id) || c.told() == "journal" && (c.table != "entry" || slices.Contains([]string{"refused", "read"}, c.kind) || strings.HasSuffix(c.kind, ".exported")) || c.table == "datakey" && c.op == "INSERT"
		if line := fmt.Sprint(c.table, " ", c.op, " ", c.kind); !known && !seen[line] {
			seen[line] = true
			t.Errorf("%s: who may not, or only read, changed %s (%s %s) in %q", route, c.table, c.op, c.kind, c.province)
		}
	}
}

// keepsRefusal says whether a case keeps a refusal: its row counts the entry.
func keepsRefusal(all []change, id string) bool {
	return slices.ContainsFunc(all, func(c change) bool { return c.table == "entry" && c.inCase == id && c.kind == "refused" })
}

// multi is a form with a file, as a browser sends it.
func multi(field, name, content string, kv ...string) string {
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	_ = m.SetBoundary(boundary) // its only faults are of a boundary that is malformed, and writing to memory has none
	_ = m.WriteField("_key", httpkit.NewKey())
	for i := 0; i < len(kv); i += 2 {
		_ = m.WriteField(kv[i], kv[i+1])
	}
	part, _ := m.CreateFormFile(field, name)
	_, _ = part.Write([]byte(content))
	_ = m.Close()
	return body.String()
}

const boundary = "zq-boundary"

// sent is the type of a body.
func sent(body string) string {
	switch {
	case strings.HasPrefix(body, "{"):
		return "application/json"
	case strings.HasPrefix(body, "--"+boundary):
		return "multipart/form-data; boundary=" + boundary
	}
	if strings.Contains(body, "=") {
		return "application/x-www-form-urlencoded"
	}
	return "text/plain"
}

// deed is a form by which somebody really does what a route is for.
type deed func(t testing.TB, p *provinces, v *visitor, x *thing) string

func typed(kv ...string) deed {
	return func(testing.TB, *provinces, *visitor, *thing) string { return form(kv...) }
}

const (
	nextPassword = "four green kettles 9"
	knownUnit    = "99238044819" // the identifier of the world's own unit
)

// deeds are the forms of routes whose probe's own form is only good enough to be refused by the right. An "of" says to the
// law who is meant, and nothing to the page.
var deeds = map[string]deed{
	"POST /sign-in": func(_ testing.TB, _ *provinces, v *visitor, _ *thing) string {
		return form("login", cmp.Or(v.login, "dir.expert"), "password", password)
	},
	"POST /api/v1/sessions": func(_ testing.TB, _ *provinces, v *visitor, _ *thing) string {
		return fmt.Sprintf(`{"login":%q,"password":%q}`, cmp.Or(v.login, "dir.expert"), password)
	},
	"POST /api/v1/cases/{id}/actions/{action}": func(_ testing.TB, p *provinces, _ *visitor, x *thing) string {
		return `{"version":` + p.version(x) + `,"note":"x","note_for":"all"}`
	},
	"POST /trade/units/{id}": func(t testing.TB, p *provinces, v *visitor, x *thing) string { // whose claim was contested before
		for _, c := range p.things["claim"] {
			if c.person == v.person && c.unit == x.unit {
				p.reverifies(t, c)
			}
		}
		return making(p, x)
	},
	"POST /register": typed("name", "زهرا دوزنده", "national_code", "9705430721", "mobile", "09121234568", "password", nextPassword, "again", nextPassword),
	"POST /views": func(_ testing.TB, _ *provinces, v *visitor, _ *thing) string {
		return form("ask", "v=open", "name", "list of "+v.login)
	},
	"POST /inbox/read":       typed("until", "9999999999999999"),
	"POST /switch":           switching,
	"POST /account/password": typed("old", password, "new", nextPassword, "again", nextPassword),
	"POST /account/totp":     typed("password", nextPassword),
	"POST /account/codes":    typed("password", nextPassword),
	"POST /account/sessions": typed("others", "1"),
	"POST /trade/services/decide": func(t testing.TB, p *provinces, v *visitor, _ *thing) string {
		c, err := p.Services.Enter(t.Context(), services.Entry{Province: v.province, By: "another", Kind: services.Contract, Unit: "u", Typed: contractOf("D-"+httpkit.NewKey(), "client")})
		must(t, err)
		return form("do", "approved", "record", c.ID)
	},
	"POST /claims":           claimingForm,
	"POST /admin/users":      hiring,
	"POST /admin/delegation": giving,
	"POST /admin/calendar": func(_ testing.TB, p *provinces, _ *visitor, x *thing) string {
		return strings.Replace(closing(p, x), "03%2F05", "03%2F12", 1) + "&_do=confirm"
	},
	"POST /trade/flags": func(testing.TB, *provinces, *visitor, *thing) string {
		return form("market", "TUR", "matter", "payment", "level", "care", "text", "x", "source", "x", "said", "1404/01/05")
	},
	"POST /admin/procedures": checking,
	"POST /assign":           assigning,
	"POST /leave":            leaving,
	"POST /api/v1/cases": func(_ testing.TB, _ *provinces, v *visitor, _ *thing) string {
		return fmt.Sprintf(`{"procedure":"referral","unit":%q}`, v.unit)
	},
	"POST /api/v1/documents": func(_ testing.TB, _ *provinces, v *visitor, _ *thing) string { return "another paper of " + v.login },
	"POST /units/import": func(_ testing.TB, p *provinces, v *visitor, _ *thing) string {
		return multi("sheet", "x.csv", unitSheet(p, v), "amount_unit", "rial")
	},
	"POST /api/v1/units/import": func(_ testing.TB, p *provinces, v *visitor, _ *thing) string { return unitSheet(p, v) },
	"POST /referrals/import": func(_ testing.TB, _ *provinces, v *visitor, _ *thing) string {
		return multi("sheet", "x.csv", "نام واحد,شناسه ملی,شهرستان,شماره نامه,مبلغ,وضعیت\nنساجی "+v.login+",1,کرج,7,1,رد شد\n", "amount_unit", "rial")
	},
	"POST /admin/delegation/end": func(t testing.TB, p *provinces, v *visitor, _ *thing) string {
		return form("delegation", p.found(t, "SELECT id FROM delegation WHERE giver = $1 AND revoked = 0", "m-"+v.login), "of", p.login(v.province, "dir.deputy"))
	},
	"POST /leave/end": func(t testing.TB, p *provinces, v *visitor, _ *thing) string {
		return form("leave", p.found(t, "SELECT id FROM leave WHERE province = $1 AND ended = 0", v.province), "of", p.login(v.province, "dir.expert"))
	},
	"POST /admin/personal/holds": func(_ testing.TB, p *provinces, v *visitor, _ *thing) string {
		return form("do", "hold", "case", p.closedOf(v), "reason", "x")
	},
	"POST /api/v1/personal/holds": func(_ testing.TB, p *provinces, v *visitor, _ *thing) string {
		return fmt.Sprintf(`{"case":%q,"reason":"x"}`, p.closedOf(v))
	},
	"POST /api/v1/personal/lifts": func(_ testing.TB, p *provinces, v *visitor, _ *thing) string {
		return fmt.Sprintf(`{"case":%q}`, p.closedOf(v))
	},
	"POST /api/v1/personal/previews": func(_ testing.TB, p *provinces, _ *visitor, _ *thing) string {
		return fmt.Sprintf(`{"person":%q}`, p.registered)
	},
	"POST /api/v1/personal/decisions": func(t testing.TB, p *provinces, v *visitor, _ *thing) string { // declined: it is asked for again by the next route
		asked := p.found(t, "SELECT id FROM erasure WHERE province = $1 AND state = 'asked' AND asked_by <> $2", v.province, v.person)
		return fmt.Sprintf(`{"erasure":%q,"approve":false}`, asked)
	},
	"POST /api/v1/personal/erasures": func(_ testing.TB, p *provinces, _ *visitor, _ *thing) string {
		return fmt.Sprintf(`{"person":%q,"basis":"request","reason":"x"}`, p.registered)
	},
	"POST /admin/personal/erasures": func(_ testing.TB, p *provinces, _ *visitor, _ *thing) string {
		return form("do", "ask", "person", p.registered, "basis", "request", "reason", "x")
	},
	"POST /letters/{token}/scans": func(t testing.TB, p *provinces, _ *visitor, x *thing) string {
		return multi("scan", "paper.png", string(picture(t, 9)), "of", "signed", "number", p.found(t, "SELECT number FROM letter WHERE token = $1", x.params["token"]))
	},
	"POST /api/v1/claims":                       func(t testing.TB, p *provinces, v *visitor, _ *thing) string { return p.claimJSON(t, v, knownUnit) },
	"POST /api/v1/units/{id}/claims":            func(t testing.TB, p *provinces, v *visitor, _ *thing) string { return p.claimJSON(t, v, "") },
	"POST /api/v1/claims/{id}/actions/{action}": contestedAgain,
}

// closedOf is a closed case of the visitor's province.
func (p *provinces) closedOf(v *visitor) string {
	i := slices.IndexFunc(p.things["case"], func(c *thing) bool { return c.province == v.province && (c.relation == "closed" || c.relation == far) })
	return p.things["case"][i].params["id"]
}

// found asks the database for an id that the pages would show.
func (p *provinces) found(t testing.TB, query string, args ...any) (id string) {
	t.Helper()
	if err := p.watcher.db.QueryRowContext(t.Context(), query, args...).Scan(&id); !errors.Is(err, sql.ErrNoRows) {
		must(t, err)
	}
	return id
}

func switching(t testing.TB, p *provinces, v *visitor, _ *thing) string {
	// Their own post: in one that they were given meanwhile they would be somebody else from then on.
	return form("membership", cmp.Or(p.membershipOf(v), p.found(t, "SELECT id FROM membership WHERE person = $1", v.person)))
}

func (p *provinces) claimJSON(t testing.TB, v *visitor, identifier string) string {
	t.Helper()
	ref, err := p.Document.Put(t.Context(), v.province, v.person, "paper.txt", strings.NewReader("a paper of "+v.name))
	must(t, err)
	return fmt.Sprintf(`{"post":%q,"evidence":%q,"identifier":%q}`, registry.PostRep, ref.Hash, identifier)
}

func claimingForm(_ testing.TB, _ *provinces, v *visitor, _ *thing) string {
	return multi("evidence._file", "paper.txt", "a paper of "+v.name, "identifier", knownUnit, "post", registry.PostRep)
}

// contestedAgain contests a claim that an officer has verified meanwhile.
func contestedAgain(t testing.TB, p *provinces, _ *visitor, x *thing) string {
	t.Helper()
	p.reverifies(t, x)
	return reasonJSON(p, x)
}

// reverifies has an officer verify a claim that was contested before.
func (p *provinces) reverifies(t testing.TB, x *thing) {
	t.Helper()
	expert := access.Principal{Person: "p-" + p.login(x.province, "dir.expert"), Role: "dir.expert", Body: p.at(x.province, "dir"), Province: x.province}
	_, err := p.Registry.DecideClaim(t.Context(), expert, registry.ClaimStep{ID: x.params["id"], State: registry.ClaimVerified, Reason: "x"})
	if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Refused) { // it was verified all along
		must(t, err)
	}
}

func hiring(_ testing.TB, p *provinces, v *visitor, _ *thing) string {
	code := map[bool]string{true: "9705430748", false: "9705430756"}[v.province == far]
	return form("name", "مینا آزمون", "national_code", code, "login", p.at(v.province, "mina"), "role", "dir.expert", "body", p.at(v.province, "dir"),
		"document", "حکم ۷", "from", "1405/02/01", "to", "1405/12/29")
}

func giving(_ testing.TB, p *provinces, v *visitor, _ *thing) string {
	return form("taker", "m-"+p.login(v.province, "dir.deputy"), "scope", "referral", "ceiling", "1000", "document", "ابلاغ ۹", "from", "1405/02/01", "to", "")
}

func leaving(_ testing.TB, p *provinces, v *visitor, _ *thing) string {
	return form("absent", "m-"+p.login(v.province, "dir.expert"), "substitute", "m-"+p.login(v.province, "dir.expert")+".2", "from", "1405/02/07", "to", "1405/02/09", "document", "۱۲")
}

func assigning(_ testing.TB, p *provinces, v *visitor, _ *thing) string {
	i := slices.IndexFunc(p.things["case"], func(c *thing) bool {
		return c.province == v.province && (c.relation == "draft" || c.relation == far)
	})
	return form("case", p.things["case"][i].params["id"], "assignee", "p-"+p.login(v.province, "dir.expert"))
}

func checking(t testing.TB, _ *provinces, _ *visitor, _ *thing) string {
	return multi("folder", "referral.zip", string(zipOf(t, edition(t, `version: "1.0"`, `version: "9.3"`, "\nletters:\n", "\nmigration: {from: [\"9.0\"], groups: {other: pin}}\n\nletters:\n"))))
}

// unitSheet is a sheet with one unit that nobody knows yet.
func unitSheet(p *provinces, v *visitor) string {
	return "نام واحد,شناسه ملی,شهرستان,تعداد کارکنان\nبافندگی " + v.login + "," + legal(1048400001+10*slices.Index(p.people, v)) + ",کرج,12\n"
}

// late are the routes that take a way in from somebody, each after those before it: they are asked last.
var late = []string{"POST /admin/procedures", "POST /account/sessions", "POST /account/password", "POST /admin/users/{person}/reissue", "POST /counter/{id}/reissue",
	"POST /admin/users/{person}/end", "POST /account/totp", "POST /account/codes", "POST /sign-out", "DELETE /api/v1/sessions/current"}

// idle are the routes whose act nobody in the provinces is ready for, each with the test that carries it out.
var idle = map[string]string{
	"POST /sign-in/passkey":                 "wants a device: e2e TestSecondFactorsInABrowser",
	"POST /account/passkeys":                "wants a device: e2e TestSecondFactorsInABrowser",
	"POST /account/passkeys/{key}":          "there is no passkey: internal/store TestAPasskeySignsInOnceForEachChallenge",
	"POST /account/factors":                 "nobody has a factor there: internal/app TestSessionsAndFactorsEndOnTheAccountPage",
	"POST /step-up":                         "nobody has a factor there: internal/app TestProgramsStepUp",
	"POST /api/v1/sessions/current/step-up": "nobody has a factor there: internal/app TestProgramsStepUp",
	"POST /seek":                            "leads on and changes nothing: internal/app TestWhatPeopleSearchForStandsInNoAddress",
	"POST /exports/{run}/cancel":            "no list is so long there: internal/surface/web TestALongSheetIsCancelled",
	"POST /units/reviews/{batch}/{line}":    "no row of units waits there: internal/kernel/registry TestOfManyWhoDecideOnOneRowOneDecides",
	"POST /cases/{id}/choose":               "no unit is at its choice there: internal/app TestAChoiceKeepsTheFiguresOfItsDay",
	"POST /sign-in/code":                    "no provider is set up there: internal/app TestStaffSignInAtARealProvider",
	"POST /account/providers":               "no provider is set up there: internal/app TestStaffSignInAtARealProvider",
	"POST /account/providers/{key}":         "no provider is set up there: internal/app TestStaffSignInAtARealProvider",
}

// wide are the routes that change what hangs on what they change, in all of the asker's province.
var wide = map[string]string{"POST /admin/calendar": "a day that is closed moves the clocks of all cases"}

// fires is the law of writes that are let through: each is really sent, in the name of everybody who may, for everything
// that they may have; it changes the tables of its route and no other, and of them rows of the asker's province, of the
// case and unit that it is about, and of the people whom it is about. It gives what each route changed.
func (p *provinces) fires(only func(route string) bool) func(testing.TB) map[string]map[string]bool {
	return func(t testing.TB) map[string]map[string]bool {
		did := map[string]map[string]bool{}
		routes := slices.SortedStableFunc(slices.Values(p.routes), func(a, b httpkit.Route) int { return slices.Index(late, nameOf(a)) - slices.Index(late, nameOf(b)) })
		for _, rt := range routes {
			x, ok := probeOf(rt)
			if !ok || rt.Method == http.MethodGet || idle[nameOf(rt)] != "" || !only(nameOf(rt)) {
				continue
			}
			did[nameOf(rt)] = map[string]bool{}
			for _, th := range p.asked(x) {
				for _, v := range p.people {
					if th.relation == none || !p.takes(nameOf(rt), v) || !p.declared.lets(p, rt, x, v, th) {
						continue
					}
					v = p.present(t, v)
					if v == nil {
						continue // whose way in was taken away by what was done before
					}
					for table := range p.fire(t, rt, x, v, th) {
						did[nameOf(rt)][table] = true
					}
				}
			}
		}
		return did
	}
}

func nameOf(rt httpkit.Route) string { return rt.Method + " " + rt.Pattern }

// substitutes gives each province a second expert, who stands in for the first.
func (p *provinces) substitutes(t testing.TB) {
	t.Helper()
	for _, province := range []string{p.Province, far} {
		id := p.login(province, "dir.expert") + ".2"
		must(t, p.Party.Add(t.Context(), party.Roster{
			Persons:     []party.Person{{ID: "p-" + id, Name: "سارا آزمون"}},
			Memberships: []party.Membership{{ID: "m-" + id, Province: province, Person: "p-" + id, Role: "dir.expert", Body: p.at(province, "dir"), Document: "حکم", From: "2024-01-01"}},
		}))
	}
}

// present is somebody with a session, signed in again where an act before took it away; nil where that is not possible any
// more.
func (p *provinces) present(t testing.TB, v *visitor) *visitor {
	t.Helper()
	if !v.signedIn() {
		return v
	}
	if _, err := p.Party.Resolve(t.Context(), v.token); err == nil {
		return v
	}
	token, _, err := p.Party.SignIn(t.Context(), v.login, password, "", "127.0.0.2")
	if err != nil {
		return nil
	}
	v.token = token
	return v
}

// fire sends one write and gives the tables that it changed.
func (p *provinces) fire(t testing.TB, rt httpkit.Route, x probe, v *visitor, th *thing) map[string]bool {
	t.Helper()
	body := form()
	if f := deeds[nameOf(rt)]; f != nil {
		p.renewed(t, th)
		body = f(t, p, v, th)
	} else if x.form != nil {
		p.renewed(t, th)
		body = x.form(p, th)
	}
	post := p.membershipOf(v)
	p.settle(t.Context(), t)
	p.watcher.since(t)
	at := address(rt.Pattern, th)
	if rt.Pattern == "/api/v1/cases/{id}/actions/{action}" {
		at = strings.TrimSuffix(at, th.params["action"]) + casework.NoteAction
	}
	a := p.send(t, v, rt.Method, at+x.query, body)
	cell := fmt.Sprintf("%s of %s by %s", nameOf(rt), th.relation, v.name)
	if !a.meets(reached) {
		t.Errorf("%s: %d, though it is let through: %.300s", cell, a.status, a.text)
	}
	if next := cookie(a); next != "" && rt.Policy == web.SignedIn {
		v.token = next
	}
	changed := p.watcher.since(t)
	out := map[string]bool{}
	for _, c := range changed {
		if c.table == "person" && c.op == "INSERT" && rt.Pattern == "/register" {
			p.registered = c.id
		}
		if name := c.told(); name != "" {
			out[name] = true
		}
		if why := p.strays(v, th, c, changed, address(rt.Pattern, th)+" "+body, post); why != "" && (wide[nameOf(rt)] == "" || strings.HasPrefix(why, "province")) {
			t.Errorf("%s: changed a row of %s of another %s (%s)", cell, c.table, why, c.op)
		}
	}
	if a.status < http.StatusBadRequest {
		out[carried] = true
	}
	return out
}

// cookie is the session that an answer gives.
func cookie(a answer) string {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if strings.HasSuffix(c.Name, "session") {
			return c.Value
		}
	}
	return ""
}

func (p *provinces) membershipOf(v *visitor) string {
	who, err := p.Party.Resolve(context.Background(), v.token)
	if err != nil {
		return ""
	}
	return who.Membership
}

// renewed brings the version of a case up to date, since acts before have changed it.
func (p *provinces) renewed(t testing.TB, th *thing) {
	t.Helper()
	if th.kind == "case" {
		th.params["version"] = fmt.Sprint(p.look(t, p.login(th.province, "dir.dg"), th.params["id"]).Version)
	}
}

// strays says what of a changed row is neither the asker's nor that of what they asked for, "" where it is: an id is
// theirs, the thing's, stands in what was sent, or was made in the same act.
func (p *provinces) strays(v *visitor, th *thing, c change, all []change, sent, post string) string {
	bare := func(id string) string {
		return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(id[strings.LastIndex(id, ":")+1:], "import-"), "p-"), "m-")
	}
	known := []string{"", v.login, v.person, v.unit, post, th.person, th.unit, th.inCase, p.registered}
	if strings.Contains(sent, knownUnit) {
		known = append(known, p.unit)
	}
	for _, o := range all {
		if o.op == "INSERT" {
			known = append(known, o.id)
		}
		if o.op == "INSERT" && o.table == "letter" && strings.HasPrefix(c.inCase, "letter:") {
			known = append(known, c.inCase) // the chain of the letter that was made
		}
	}
	known = append(known, strings.FieldsFunc(sent, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._", r)
	})...)
	for i, id := range known {
		known[i] = bare(id)
	}
	about := func(id string) bool {
		return slices.Contains(known, bare(id)) || slices.Contains(slices.Collect(maps.Values(th.params)), bare(id))
	}
	switch {
	case c.province != "" && c.province != v.province:
		return "province: " + c.province
	case !about(c.person) || c.table == "person" && !about(c.id):
		return "person: " + c.person
	case c.table == "cases":
		return map[bool]string{false: "case: " + c.id}[about(c.id)]
	case !about(c.unit) || c.table == "unit" && !about(c.id):
		return "unit: " + c.unit
	case !about(c.inCase):
		return "case: " + c.inCase
	case c.table != "session" && !about(c.membership):
		return "post: " + c.membership
	}
	return ""
}

// carried marks a route of which an act was carried out.
const carried = ""

var writesFile = filepath.Join("testdata", "writes.txt")

// written is the law of what is let through: each route's acts are carried out, but those that nobody is ready for, and what
// they change is what a person has read and put into testdata/writes.txt.
func (p *provinces) written(only func(route string) bool) func(testing.TB) {
	return func(t testing.TB) {
		raw, err := os.ReadFile(writesFile)
		if !*update || err == nil {
			must(t, err)
		}
		declared := map[string][]string{}
		for line := range strings.Lines(string(raw)) {
			route, tables, _ := strings.Cut(strings.TrimSpace(line), ": ")
			declared[route] = strings.Fields(tables)
		}
		did, lines := p.fires(only)(t), ""
		for _, route := range slices.Sorted(maps.Keys(did)) {
			if !did[route][carried] && p.part == 0 {
				t.Errorf("%s: nobody's act was carried out", route)
			}
			delete(did[route], carried)
			for _, table := range declared[route] { // which the state of this run did not call for
				did[route][table] = true
			}
			tables := slices.Sorted(maps.Keys(did[route]))
			lines += strings.TrimSpace(route+": "+strings.Join(tables, " ")) + "\n"
			for _, table := range tables {
				if !*update && !slices.Contains(declared[route], table) {
					t.Errorf("%s changes %s: %s does not say so", route, table, writesFile)
				}
			}
		}
		if *update && p.part == 0 {
			must(t, os.WriteFile(writesFile, []byte(lines), 0o600))
		}
	}
}

// carriesOut sends the writes that are let through, and the controls before them, each with few people.
func (p *provinces) carriesOut(t *testing.T) {
	p.substitutes(t)
	if !*update {
		p.findsWrites(t)
	}
	for _, c := range p.things["claim"] {
		if c.relation != none && c.relation != "of claimant" {
			p.reverifies(t, c) // a fault that was planted before contested them all
		}
	}
	at := p.checks(t) // a later trial took the place of the one before
	p.things["version"][0].params["version"] = at[strings.LastIndex(at, "/")+1:]
	p.written(func(string) bool { return true })(t)
	for route := range idle {
		if !slices.ContainsFunc(p.routes, func(rt httpkit.Route) bool { return nameOf(rt) == route }) {
			t.Errorf("%s is no route any more", route)
		}
	}
}

// findsWrites plants what the laws of writes must find.
func (p *provinces) findsWrites(t *testing.T) {
	route := func(name string) func(string) bool { return func(r string) bool { return r == name } }
	few := p.few("dir.expert", "own.unit.ceo")
	for name, c := range map[string]struct {
		words string
		law   func(testing.TB)
	}{
		"a write that writes before it asks": {"POST /admin/users: who may not, or only read, changed saved_view",
			few.also("POST /admin/users", "dir.expert", "/views", form("ask", "v=open", "name", "before")).matrix(on("/admin/users"), &tally{})},
		"a page that writes":           {"GET /views: who may not, or only read, changed saved_view", few.also("GET /views", "dir.expert", "/views", form("ask", "v=open", "name", "one more")).matrix(on("/views"), &tally{})},
		"a write for another province": {"POST /views of  by own.unit.ceo: changed a row of saved_view of another province: far", few.also("POST /views", "far.dir.expert", "/views", form("ask", "v=open", "name", "elsewhere")).written(route("POST /views"))},
		"a write for somebody else":    {"POST /views of  by own.unit.ceo: changed a row of saved_view of another post: m-dir.head", few.also("POST /views", "dir.head", "/views", form("ask", "v=open", "name", "not mine")).written(route("POST /views"))},
		"a write that does more":       {"POST /inbox/read changes saved_view", p.few("dir.expert").also("POST /inbox/read", "dir.expert", "/views", form("ask", "v=open", "name", "beside")).written(route("POST /inbox/read"))},
		"a write that does nothing":    {"POST /inbox/read: nobody's act was carried out", few.deaf("POST /inbox/read").written(route("POST /inbox/read"))},
	} {
		t.Run(name, func(t *testing.T) { control.Finds(t, c.words, c.law) })
	}
}

// also stands before the product and does one thing more, in somebody's name, before it answers what is asked.
func (p *provinces) also(asked, login, path, body string) *provinces {
	i := slices.IndexFunc(p.standing, func(v *visitor) bool { return v.name == login })
	out, as := *p, p.standing[i]
	out.h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Method+" "+r.URL.Path, asked) {
			more := httptest.NewRequestWithContext(r.Context(), http.MethodPost, "http://localhost"+path, strings.NewReader(body))
			more.Header.Set("Sec-Fetch-Site", "same-origin")
			more.Header.Set("Content-Type", sent(body))
			more.Header.Set("Authorization", "Bearer "+as.token)
			p.h.ServeHTTP(httptest.NewRecorder(), more)
		}
		p.h.ServeHTTP(w, r)
	})
	return &out
}

// deaf answers one route as if nobody had the right state for it.
func (p *provinces) deaf(asked string) *provinces {
	out := *p
	out.h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Method+" "+r.URL.Path, asked) {
			w.WriteHeader(http.StatusConflict)
			return
		}
		p.h.ServeHTTP(w, r)
	})
	return &out
}
