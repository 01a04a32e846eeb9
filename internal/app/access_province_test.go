package app_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/surface/httpkit"
)

// far is the second province of the same database. Its people have the logins of the first with far. before them.
const far = "far"

// visitor is somebody who asks: in a role, for a body or a unit. Mute is a claim that nobody verified yet.
type visitor struct {
	name, login, role, province, person string
	body, unit                          string
	mute                                bool
	token                               string
}

// signedIn is false for the anonymous visitor alone.
func (v *visitor) signedIn() bool { return v.login != "" }

// may asks the table of policies, as the table itself is written: a role, everybody, everybody signed in.
func (v *visitor) may(d *declared, resource, verb string) bool {
	for _, p := range d.policies {
		if p.Resource == resource && p.Verb == verb {
			return slices.Contains(p.Roles, v.role) || slices.Contains(p.Roles, access.Anybody) || v.signedIn() && slices.Contains(p.Roles, access.Signed)
		}
	}
	return false
}

// thing is something that an address names, with whose it is. Relation says how it stands to the people of the first
// province; none is a thing that does not exist.
type thing struct {
	kind, relation string
	params         map[string]string
	province       string
	unit           string // whose case, company file or claim
	branch, bank   string // that the case is bound to, empty before
	person         string // whose own: a view, a run, a claim
	letter         string // its code
	inCase         string // the case of a letter
}

const none = "none"

// bird is a word that stands in one place, with who may read it.
type bird struct {
	where string
	may   func(*visitor) bool
}

// provinces are two tenants of one database, filled with marked things.
type provinces struct {
	*world
	log      *logged
	served   *app.App // which answers: on PostgreSQL with a role that may read no row of others
	h        http.Handler
	routes   []httpkit.Route
	def      *procedure.Definition // of the referral, as it was declared
	sees     []string              // its groups of facts
	declared *declared
	people   []*visitor
	left     []*visitor          // those of them who were erased, as they were
	standing []*visitor          // those of them that others stand in for, where the product's own checks are switched off
	things   map[string][]*thing // by kind
	units    map[string]string   // by whose: own, rival, erased, far
	birds    map[string]bird
	secrets  []string // what no log may hold, beside the words
	part     int      // one in so many is asked; 0 is everybody
	watcher  *watcher // tells what changes; nil where nobody asks

	registered string // who registered while writes were sent, and is registered again in others' names
}

// logged is what the product wrote to its log.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write keeps a line.
func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// word draws a mark that is read by who may alone.
func (p *provinces) word(where string, may func(*visitor) bool) string {
	n := len(p.birds)
	w := "zq" + string([]byte{byte('a' + n/676), byte('a' + n/26%26), byte('a' + n%26)}) + "z"
	p.birds[w] = bird{where, may}
	return w
}

// code gives a valid national code, which is personal, and is drawn once.
func (p *provinces) code(where string, may func(*visitor) bool) string {
	digits, sum := fmt.Sprintf("97%07d", 3100417+len(p.birds)*37), 0
	for i, c := range digits {
		sum += int(c-'0') * (10 - i)
	}
	check := sum % 11
	if check > 1 {
		check = 11 - check
	}
	out := digits + fmt.Sprint(check)
	p.birds[out] = bird{where, may}
	p.secrets = append(p.secrets, out)
	return out
}

// newProvinces makes both provinces on a database. edits change the referral's definition after what it declares was read.
func newProvinces(t testing.TB, database string, edits ...string) *provinces {
	t.Helper()
	p := &provinces{log: &logged{}, declared: declaredNow(), things: map[string][]*thing{}, units: map[string]string{}, birds: map[string]bird{}}
	w := newWorldWith(t, app.Config{Database: database, Log: slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	p.world, p.secrets = w, append(p.secrets, password)
	var err error
	p.def, err = w.Defs.Current(t.Context(), "referral")
	must(t, err)
	p.sees = groupsOf(p.def)
	facts, page := canaryFacts(p.sees)
	w.publishEdited(t, append([]string{"\nfacts:\n", "\nfacts:\n" + facts, firstPage, firstPage + page}, edits...)...)
	p.served = w.App
	if database != "" {
		p.served = p.asServed(t)
	}
	p.h, p.routes, err = p.served.Handler() // it keeps sheets that were tried, so there is one of it
	must(t, err)
	p.peopled(t)
	p.filled(t)
	if w.front != nil {
		p.h = w.front(p.h)
	}
	return p
}

// asServed opens the product a second time on the database, as an operator has it served: with a role that owns nothing.
func (p *provinces) asServed(t testing.TB) *app.App {
	t.Helper()
	return asServed(t, p.Config)
}

func asServed(t testing.TB, cfg app.Config) *app.App {
	t.Helper()
	u, err := url.Parse(cfg.Database)
	must(t, err)
	db, err := sql.Open("pgx", u.String())
	must(t, err)
	for _, statement := range servingRole(t) {
		_, err = db.ExecContext(t.Context(), statement)
		must(t, err)
	}
	must(t, db.Close())
	q := u.Query()
	q.Set("role", "rahgosha_app")
	u.RawQuery = q.Encode()
	cfg.Database = u.String()
	a, err := app.Open(access.AsServer(t.Context()), cfg)
	must(t, err)
	t.Cleanup(func() { must(t, a.Close()) })
	return a
}

// servingRole is what docs/security.md tells an operator to do, by the letter, but for the log-in: the role is taken on.
func servingRole(t testing.TB) (statements []string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "security.md"))
	must(t, err)
	for _, s := range strings.Split(between(string(raw), "```sql\n", "```"), ";") {
		if s = strings.TrimSpace(s); strings.HasPrefix(s, "CREATE ROLE") {
			s = "DO $$ BEGIN CREATE ROLE rahgosha_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$"
		}
		if s != "" {
			statements = append(statements, s)
		}
	}
	if len(statements) < 4 {
		t.Fatalf("docs/security.md tells of %d statements", len(statements))
	}
	return statements
}

// peopled seats every role of the catalogue in both provinces, with three units in the first and one in the second.
func (p *provinces) peopled(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	must(t, p.Party.Add(ctx, party.Roster{Bodies: p.bodies()}))
	p.branches(t)
	for _, who := range []struct{ unit, province string }{{"own", p.Province}, {"rival", p.Province}, {"erased", p.Province}, {far, far}} {
		p.company(t, who.unit, who.province)
	}
	for _, province := range []string{p.Province, far} {
		p.seat(t, province)
	}
	p.doomed(t)
	p.people = append(p.people, &visitor{name: "anonymous", role: access.Public, province: p.Province})
	p.signedIn(t)
}

// signedIn opens a session for everybody.
func (p *provinces) signedIn(t testing.TB) {
	t.Helper()
	for _, v := range p.people {
		if v.signedIn() {
			token, who, err := p.Party.SignIn(t.Context(), v.login, password, "", "127.0.0.1")
			must(t, err)
			v.body = who.Body
			if v.token = token; who.Role != v.role || who.Province != v.province || who.Unit != v.unit {
				t.Fatalf("%s is %+v, want %+v", v.name, who, v)
			}
			p.secrets = append(p.secrets, token)
		}
	}
}

// doomed are a person of every role who are erased before anybody asks, and ask all the same, with the session that they had.
func (p *provinces) doomed(t testing.TB) {
	t.Helper()
	for _, v := range slices.Clone(p.people) {
		if v.province == p.Province && v.role != "unit.ceo" && !strings.HasSuffix(v.login, ".2") && v.login != "claimant" { // a unit has one CEO
			p.enrol(t, p.Province, gone+v.login, v.role, strings.TrimPrefix(v.body, "far-"), map[bool]string{true: "own"}[v.unit != ""])
		}
	}
}

// gone stands before the name of who was erased.
const gone = "gone."

// erased takes the doomed away. What they ask from then on is asked by nobody.
func (p *provinces) erased(t testing.TB) {
	t.Helper()
	for i, v := range p.people {
		if strings.HasPrefix(v.name, gone) || v.login == "unit.ceo.3" {
			must(t, p.Party.Erase(t.Context(), v.person))
			p.left = append(p.left, v)
			p.people[i] = &visitor{name: gone + strings.TrimPrefix(v.name, gone), role: access.Public, province: v.province, token: v.token}
		}
	}
}

// outlived erases a case by the time that its procedure keeps it, and comes back to today.
func (p *provinces) outlived(t testing.TB) {
	t.Helper()
	p.aCase(t, "outlived", "own.unit.ceo", "own", "branch-1", p.Province)
	today := p.clock.Now()
	p.clock.Set(jalali.FromTime(today).AddMonths(25).Start())
	n, err := p.Privacy.Sweep(t.Context(), p.Province)
	must(t, err)
	if n != 1 {
		t.Fatalf("%d cases were erased when their time was over, want 1", n)
	}
	p.clock.Set(today)
	p.signedIn(t) // a clock set back ends all sessions
}

func (p *provinces) bodies() (out []party.Body) {
	for _, b := range [][3]string{{"dir", "directorate", ""}, {"bank-1", "bank.head", ""}, {"branch-1", "bank.branch", "bank-1"}, {"bank-council", "bank.council", ""}, {"council", "council", ""}} {
		parent := b[2]
		if parent != "" {
			parent = "far-" + parent
		}
		out = append(out, party.Body{ID: "far-" + b[0], Province: far, Kind: b[1], Name: name("دور " + b[0]), Parent: parent})
	}
	for _, province := range []string{p.Province, far} {
		out = append(out, party.Body{ID: p.at(province, "other"), Province: province, Kind: "other", Name: name("نهاد دیگر")})
	}
	return out
}

// at names a thing of a province.
func (p *provinces) at(province, id string) string {
	if province == far {
		return "far-" + id
	}
	return id
}

func (p *provinces) branches(t testing.TB) {
	t.Helper()
	money := int64(500_000_000_000)
	must(t, p.Registry.Upsert(t.Context(),
		registry.Item{Province: far, Register: "package", ID: "far-P1", Source: "test", Balance: &money, Fields: map[string]any{
			"title": "بستهٔ دور", "ceiling": int64(70_000_000_000), "min_own_share": int64(2000), "exempts_cheque": false, "exempts_debt": false, "open": true,
		}},
		registry.Item{Province: far, Register: registry.RegisterBranch, ID: "far-branch-1", Source: "test", Fields: map[string]any{
			"name_fa": "بانک دور، شعبهٔ مرکزی", "name_en": "Far bank", "bank": "far-bank-1", "county": "کرج",
		}},
	))
}

// company enters a unit whose name, town and owner are marked.
func (p *provinces) company(t testing.TB, whose, province string) {
	t.Helper()
	file := func(v *visitor) bool { return p.readsFile(v, whose, province) }
	sealed := func(v *visitor) bool {
		return v.province == province && (v.may(p.declared, "units", "personal") || p.speaksFor(v, whose))
	}
	inCases := func(group string) func(*visitor) bool {
		return func(v *visitor) bool { return file(v) || p.readsOfCases(v, whose, group) }
	}
	values := map[string]any{
		"name": "نساجی " + p.word("name of unit "+whose, func(v *visitor) bool { return inCases("identity")(v) || p.knowsOf(v, whose) }),
		"kind": "industrial", "county": "کرج", "status": "active", "employees": "25", "sales_last_year": "50000000000", "licence_expiry": "1407/01/01",
		"town": p.word("town of unit "+whose, file), "owner_name": p.word("owner of unit "+whose, sealed), "address": p.word("address of unit "+whose, sealed),
		"licence_no": p.word("licence of unit "+whose, inCases("identity")),
		"owner_nc": p.code("owner's code of unit "+whose, func(v *visitor) bool {
			return sealed(v) || p.readsOfCases(v, whose, "personal")
		}),
		"mobile": fmt.Sprintf("0912%07d", 1200+len(p.units)),
	}
	p.birds[values["mobile"].(string)] = bird{"mobile of unit " + whose, sealed} //nolint:forcetypeassert // written above
	p.secrets = append(p.secrets, values["mobile"].(string))                     //nolint:forcetypeassert // written above
	head, err := p.Registry.Create(t.Context(), registry.Draft{Province: province, Values: values, Provenance: registry.Provenance{Source: "sample"}})
	must(t, err)
	p.units[whose] = head.ID
	p.things["unit"] = append(p.things["unit"], &thing{kind: "unit", relation: whose, province: province, unit: head.ID, params: map[string]string{"id": head.ID, "speaker": p.speaker(whose), "edition": "HS2022", "code": "5702"}})
}

// speaker is who will speak for a unit.
func (p *provinces) speaker(whose string) string {
	return map[string]string{"own": "p-own.unit.ceo", "rival": "p-unit.ceo.2", "erased": "p-unit.ceo.3", far: "p-far.own.unit.ceo"}[whose]
}

// seat gives a province one person of every role, and to the first a second CEO, branch and bank, a claimant and a person
// without a post.
func (p *provinces) seat(t testing.TB, province string) {
	t.Helper()
	in := map[string]string{"bank.branch": "branch-1", "bank.head": "bank-1", "bank.council": "bank-council", "council.sec": "council", "council.member": "council"}
	for _, r := range access.Roles() {
		login, unit, body := r.Code, "", ""
		switch {
		case r.Code == access.Public && province == far:
			continue // who holds no post is of the province that is served
		case r.Code == access.Public:
		case access.UnitRole(r.Code):
			login, unit = "own."+r.Code, "own" // the world's own people speak for a unit of its own
		case in[r.Code] != "":
			body = in[r.Code]
		case strings.HasPrefix(r.Code, "dir."):
			body = "dir"
		default:
			body = "other"
		}
		p.enrol(t, province, login, r.Code, body, unit)
	}
	if province == far {
		return
	}
	p.enrol(t, province, "bank.head.2", "bank.head", "bank-2", "")
	p.enrol(t, province, "bank.branch.2", "bank.branch", "branch-2", "")
	p.enrol(t, province, "unit.ceo.2", "unit.ceo", "", "rival")
	p.enrol(t, province, "unit.ceo.3", "unit.ceo", "", "erased")
	p.enrol(t, province, "claimant", "unit.rep", "", "own")
	p.people[len(p.people)-1].mute = true
}

// enrol makes a person who is not there yet, their account and their post.
func (p *provinces) enrol(t testing.TB, province, login, role, body, unit string) {
	t.Helper()
	ctx, whose := t.Context(), unit
	if province == far {
		login, whose = "far."+login, far
	}
	v := &visitor{name: login, login: login, role: role, province: province, person: "p-" + login}
	if body != "" {
		v.body = p.at(province, body)
	}
	if unit != "" {
		v.unit = p.units[whose]
	}
	p.people = append(p.people, v)
	r := party.Roster{}
	if known, err := p.Party.Names(ctx, []string{v.person}); err != nil || known[v.person] == "" {
		must(t, err)
		mine := func(x *visitor) bool {
			return x.province == province && x.signedIn() && whose != "erased" && !strings.HasPrefix(login, gone)
		}
		r.Persons = []party.Person{{ID: v.person, Name: "آزمون " + p.word("name of "+login, mine), NationalCode: p.code("code of "+login, func(x *visitor) bool { return false })}}
		r.Accounts = []party.Account{{Person: v.person, Login: login, Password: password}}
		if v.body != "" {
			r.Memberships = []party.Membership{{ID: "m-" + login, Province: province, Person: v.person, Role: role, Body: v.body, Document: "حکم ۱", From: "2024-01-01"}}
		}
	}
	if role == "dir.deputy" || role == "dir.dg" {
		if province == far {
			r.Delegations = append(r.Delegations, party.Delegation{ID: "d-" + login, Province: province, Scope: "referral", Taker: "m-" + login, Document: "حکم ۲", From: "2024-01-01"})
		}
	}
	must(t, p.Party.Add(ctx, r))
	if v.unit != "" {
		p.claim(t, v, login != "claimant")
	}
}

func (p *provinces) unitOf(t testing.TB, v *visitor) string {
	t.Helper()
	list, err := p.Registry.ClaimsBy(t.Context(), v.province, v.person)
	must(t, err)
	for _, c := range list {
		if c.Unit == v.unit {
			return c.ID
		}
	}
	return ""
}

// claim has a person claim their unit, and the claim verified.
func (p *provinces) claim(t testing.TB, v *visitor, verified bool) {
	t.Helper()
	ref, err := p.Document.Put(t.Context(), v.province, v.person, "gazette.txt", strings.NewReader("gazette "+p.word("evidence of "+v.name, func(x *visitor) bool {
		return x.person == v.person || x.province == v.province && x.may(p.declared, "claims", "read")
	})))
	must(t, err)
	c, err := p.Registry.MakeClaim(t.Context(), registry.Claim{Province: v.province, Unit: v.unit, Person: v.person, Post: v.role, Evidence: ref.Hash})
	must(t, err)
	if verified {
		expert := access.Principal{Person: "p-" + p.login(v.province, "dir.expert"), Role: "dir.expert", Body: p.at(v.province, "dir"), Province: v.province}
		_, err = p.Registry.DecideClaim(t.Context(), expert, registry.ClaimStep{ID: c.ID, State: registry.ClaimVerified})
		must(t, err)
	}
	p.clock.Advance(time.Second) // a unit's case is sealed under the key of who spoke for it first, and that must be no matter of chance
	p.claimed(t, v)
}

// claimed makes a claim one of the things asked for.
func (p *provinces) claimed(t testing.TB, v *visitor) {
	t.Helper()
	p.things["claim"] = append(p.things["claim"], &thing{kind: "claim", relation: "of " + v.name, province: v.province, unit: v.unit, person: v.person,
		params: map[string]string{"id": p.unitOf(t, v), "action": "contest"}})
}

func (p *provinces) login(province, login string) string {
	if province == far {
		return "far." + login
	}
	return login
}

// filled opens the cases of every relation, with a mark in each group of facts, in notes, in a document's name and in letters.
func (p *provinces) filled(t testing.TB) {
	t.Helper()
	p.outlived(t)
	p.aCase(t, "draft", "own.unit.ceo", "own", "branch-1", p.Province)
	p.aCase(t, "closed", "own.unit.ceo", "own", "branch-1", p.Province)
	p.aCase(t, "own", "own.unit.ceo", "own", "branch-1", p.Province)
	p.aCase(t, "rival", "unit.ceo.2", "rival", "branch-2", p.Province)
	p.aCase(t, "erased", "unit.ceo.3", "erased", "branch-1", p.Province)
	p.aCase(t, far, "far.own.unit.ceo", far, "far-branch-1", far)
	for _, c := range p.things["case"] {
		c.params["version"] = fmt.Sprint(p.look(t, p.login(c.province, "dir.dg"), c.params["id"]).Version)
	}
	p.view(t, "dir.expert")
	p.view(t, gone+"dir.expert")
	p.worked(t)
	p.erased(t)
	for kind, list := range p.things {
		p.things[kind] = append(list, &thing{kind: kind, relation: none, params: p.nothing(list[0].params)})
	}
	p.things["passkey"] = []*thing{{kind: "passkey", relation: none, params: map[string]string{"key": strings.Repeat("7", 26)}}}
	p.things["export"] = []*thing{{kind: "export", relation: none, params: map[string]string{"run": strings.Repeat("7", 26)}}}
	p.settle(t.Context(), t)
}

// nothing gives parameters of the same shape that name nothing.
func (p *provinces) nothing(like map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range like {
		out[k] = v
		if k != "action" && k != "fact" && k != "page" && k != "tile..." && k != "index" && k != "seq" && k != "line" && k != "edition" && k != "code" && k != "version" || like["version"] == v && len(like) == 1 {
			out[k] = strings.Repeat("7", len(v))
		}
	}
	return out
}

func (p *provinces) aCase(t testing.TB, relation, ceo, whose, branch, province string) {
	t.Helper()
	c := &thing{kind: "case", relation: relation, province: province, unit: p.units[whose]}
	facts := p.request()
	facts["bank_branch"], facts["package"] = branch, p.at(province, "P1")
	for _, group := range p.sees {
		facts["canary."+group] = p.word("case "+relation+", "+group, func(v *visitor) bool { return p.readsGroup(v, c, group) })
	}
	who := p.as(t, ceo)
	ans, err := p.Engine.Act(t.Context(), who, casework.Command{Key: "open-" + app.NewID(), Procedure: "referral", Unit: c.unit})
	must(t, err)
	id := ans.Case
	ref, err := p.Document.Put(t.Context(), province, "p-"+ceo, "scan.png", bytes.NewReader(picture(t, uint8(40+len(p.things["case"])))))
	must(t, err)
	c.params = map[string]string{"id": id, "hash": ref.Hash, "seq": "1", "action": "receive", "page": "canary", "fact": "bank_branch", "entry": ans.Entry}
	p.things["case"] = append(p.things["case"], c)
	if relation == "draft" {
		p.does(t, c, ceo, casework.Command{Action: casework.DraftAction, Facts: facts})
		return
	}
	p.does(t, c, ceo, casework.Command{Action: "submit", Facts: facts, Note: p.noted(c, "public"), Files: []casework.FileRef{{Document: "D01", Hash: ref.Hash,
		Name: casework.Value{V: p.word("file of case "+relation, func(v *visitor) bool { return p.readsGroup(v, c, "documents") }) + ".png"}}}})
	if relation == "closed" || relation == "outlived" {
		p.does(t, c, ceo, casework.Command{Action: "withdraw", Reason: "W01"})
		return
	}
	as := func(login string) string { return p.login(province, login) }
	p.does(t, c, as("dir.expert"), casework.Command{Action: "accept_documents"})
	p.does(t, c, as("dir.expert"), casework.Command{Action: "recommend", Facts: map[string]any{"opinion": "شرایط فراهم است"}})
	p.does(t, c, as("dir.deputy"), casework.Command{Action: "approve"})
	p.does(t, c, as("dir.deputy"), casework.Command{Action: "sign"})
	c.branch, c.bank = branch, strings.Replace(branch, "branch", "bank", 1)
	p.does(t, c, as("dir.expert"), casework.Command{Action: casework.NoteAction, Note: p.noted(c, "all"), NoteFor: "staff"})
	for _, l := range p.look(t, as("dir.dg"), id).Letters {
		p.things["letter"] = append(p.things["letter"], &thing{kind: "letter", relation: relation + " " + l.Code, province: province, unit: c.unit, branch: c.branch, bank: c.bank,
			letter: l.Code, inCase: id, params: map[string]string{"token": l.Token}})
	}
}

// noted marks a note that is read by who reads notes of its sort.
func (p *provinces) noted(c *thing, sort string) string {
	return p.word(sort+" note of case "+c.relation, func(v *visitor) bool {
		r := p.roleOf(v)
		return p.seesCase(v, c) && c.relation != "outlived" && (r.Notes == "all" || r.Notes == sort)
	})
}

// does acts on a case in somebody's name, at its present version.
func (p *provinces) does(t testing.TB, c *thing, login string, cmd casework.Command) {
	t.Helper()
	who := p.as(t, login)
	v, err := p.Engine.Look(t.Context(), who, c.params["id"])
	must(t, err)
	cmd.Key, cmd.Case, cmd.Version = app.NewID(), c.params["id"], v.Version
	if _, err = p.Engine.Act(t.Context(), who, cmd); err != nil {
		t.Fatalf("%s by %s in %s: %v", cmd.Action, login, c.relation, err)
	}
	p.clock.Advance(time.Minute)
}

// view is a list that an officer keeps.
func (p *provinces) view(t testing.TB, login string) {
	t.Helper()
	id, err := p.Engine.KeepView(t.Context(), p.principal(t, login), casework.SavedView{
		Name: p.word("view of "+login, func(v *visitor) bool { return v.person == "p-"+login }), Ask: "v=open"})
	must(t, err)
	p.things["view"] = append(p.things["view"], &thing{kind: "view", relation: "of " + login, province: p.Province, person: "p-" + login, params: map[string]string{"id": id}})
}

// serviceOf enters a contract with a client abroad for a unit.
func (p *provinces) serviceOf(t testing.TB, whose string) {
	t.Helper()
	province := when2(whose == far, far, p.Province)
	client := p.word("client of unit "+whose, func(v *visitor) bool {
		return v.province == province && v.may(p.declared, "services", "client") || p.entersServices(v) && v.unit == p.units[whose]
	})
	c, err := p.Services.Enter(t.Context(), services.Entry{Province: province, By: "another", Kind: services.Contract, Unit: p.units[whose], Typed: contractOf("S-"+whose, client)})
	must(t, err)
	p.things["service"] = append(p.things["service"], &thing{kind: "service", relation: "of " + whose, province: province, unit: p.units[whose], params: map[string]string{"id": c.Thing}})
}

// contractOf is a contract as it is typed.
func contractOf(number, client string) map[string]string {
	return map[string]string{"contract": number, "client": client, "country": "IRQ", "category": "TS04", "currency": "USD", "amount": "1000", "on": "1404/01/20"}
}

func when2[T any](is bool, then, otherwise T) T {
	if is {
		return then
	}
	return otherwise
}

// entersServices: people of a unit whose claim is verified.
func (p *provinces) entersServices(v *visitor) bool {
	return v.unit != "" && !v.mute && v.may(p.declared, "services.own", "enter")
}

// worked leaves what officers work on: sheets between trial and landing, rows in doubt, a version on its way, officers.
func (p *provinces) worked(t testing.TB) {
	t.Helper()
	add := func(kind, relation, province, person string, params map[string]string) {
		p.things[kind] = append(p.things[kind], &thing{kind: kind, relation: relation, province: province, person: person, params: params})
	}
	add("procedure", "in force", "", "", map[string]string{"id": "referral", "procedure": "referral"})
	for _, province := range []string{p.Province, far} {
		add("log", "of "+province, province, "", map[string]string{"province": province, "tile...": "0/000", "index": "0"})
	}
	for _, k := range []string{string(services.Contract), string(services.Figure)} {
		add("service kind", k, "", "", map[string]string{"kind": k})
	}
	for _, whose := range []string{"own", "rival", far} {
		p.serviceOf(t, whose)
	}
	add("guide", "there", "", "", map[string]string{"guide": "branch"})
	add("officer", "home", p.Province, "", map[string]string{"person": "p-house.secretary", "membership": "m-house.secretary"})
	add("officer", far, far, "", map[string]string{"person": "p-far.house.secretary", "membership": "m-far.house.secretary"})
	head := &browser{t: t, h: p.h}
	want(t, http.StatusSeeOther, head.send(http.MethodPost, "/sign-in", url.Values{"login": {"dir.head"}, "password": {password}}).Code, "sign in")
	mark := p.word("row of a sheet of dir.head", func(v *visitor) bool { return v.person == "p-dir.head" })
	for kind, sheet := range map[string]string{"units": "نام واحد,شناسه ملی\nنساجی " + mark + ",1\n", "referrals": "نام واحد,شناسه ملی,شهرستان,شماره نامه,مبلغ,وضعیت\nنساجی " + mark + ",1,کرج,7,1,رد شد\n"} {
		w := head.uploadWith(url.Values{"amount_unit": {"rial"}}, "/"+kind+"/import", "sheet", "x.csv", []byte(sheet))
		run := between(w.Body.String(), "/"+kind+"/import/", "\"")
		if want(t, http.StatusOK, w.Code, "trying a sheet of "+kind); run == "" {
			t.Fatalf("no run of %s: %s", kind, w.Body)
		}
		add(kind+" run", "of dir.head", p.Province, "p-dir.head", map[string]string{"run": strings.SplitN(run, "/", 2)[0]})
	}
	at := p.checks(t)
	add("version", "checked by dir.deputy", p.Province, "p-dir.deputy", map[string]string{"version": at[strings.LastIndex(at, "/")+1:]})
	p.things["version"][0].inCase = "procedure:referral"
	for _, r := range p.doubtful(t)[:1] {
		add("units review", "home", none, "", map[string]string{"batch": r.Batch, "line": fmt.Sprint(r.Line)}) // a row of another sort of sheet is none
		add("referrals review", "home", p.Province, "", map[string]string{"batch": r.Batch, "line": fmt.Sprint(r.Line)})
	}
}

// checks has the deputy try a version of the procedure, and gives the address of its trial.
func (p *provinces) checks(t testing.TB) string {
	t.Helper()
	deputy := &browser{t: t, h: p.h}
	want(t, http.StatusSeeOther, deputy.send(http.MethodPost, "/sign-in", url.Values{"login": {"dir.deputy"}, "password": {password}}).Code, "sign in")
	return deputy.checked(edition(t, `version: "1.0"`, `version: "9.1"`, "\nletters:\n", "\nmigration: {from: [\"9.0\"], groups: {other: pin}}\n\nletters:\n"))
}
