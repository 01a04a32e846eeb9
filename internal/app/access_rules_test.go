package app_test

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/surface/httpkit"
)

// declared is what the product says about access before anybody asks it: the law reads this, and never what code answers.
type declared struct{ policies []access.Policy }

func declaredNow() *declared { return &declared{policies: access.Policies()} }

// verdict is what a cell of the matrix must be answered with.
type verdict string

const (
	asksSignIn verdict = "sign in"  // 401
	denied     verdict = "denied"   // 403
	hidden     verdict = "hidden"   // 404, as for what does not exist
	withheld   verdict = "withheld" // 404 of a part of what the visitor sees
	refused    verdict = "refused"  // 422: nobody may any more, and who sees the thing is told so
	open       verdict = "open"     // 200
	reached    verdict = "reached"  // past access: the rest depends on the state of the thing
)

// lets says whether a verdict lets somebody through.
func (v verdict) lets() bool { return v == open || v == reached }

// guardSays reads a route's policy line as it is declared.
func (d *declared) guardSays(policy string, v *visitor) verdict {
	kind, rest, _ := strings.Cut(policy, ":")
	resource, verb, _ := strings.Cut(rest, "/")
	switch {
	case policy == httpkit.Public, kind == "signed-in" && v.signedIn(), kind == "role" && v.signedIn() && slices.Contains(strings.Split(rest, ","), v.role),
		kind == "may" && v.may(d, resource, verb):
		return reached
	case !v.signedIn():
		return asksSignIn
	}
	return denied
}

func (p *provinces) roleOf(v *visitor) *procedure.Role { return p.def.Role(v.role) }

// seesCase reads the definition: the role's relation is bound to the visitor's own unit or body, or its scope is the province.
func (p *provinces) seesCase(v *visitor, c *thing) bool {
	r := p.roleOf(v)
	if r == nil || c.province == "" || v.province != c.province {
		return false
	}
	switch r.Relation {
	case "applicant":
		return v.unit == c.unit && !v.mute
	case "branch":
		return c.branch != "" && v.body == c.branch
	case "bank":
		return c.bank != "" && v.body == c.bank
	}
	return r.Relation == "" && r.Scope == "province"
}

// readsGroup: of a case whose time is over nobody reads anything.
func (p *provinces) readsGroup(v *visitor, c *thing, group string) bool {
	r := p.roleOf(v)
	return p.seesCase(v, c) && c.relation != "outlived" && (slices.Contains(r.Sees, "*") || slices.Contains(r.Sees, group))
}

func (p *provinces) readsLetter(v *visitor, l *thing) bool {
	r, def := p.roleOf(v), p.def.Letter(l.letter)
	return p.seesCase(v, l) && def != nil && (slices.Contains(r.Sees, "*") || slices.Contains(r.Sees, procedure.SeesLetters) ||
		r.Relation != "" && (def.To == r.Relation || slices.Contains(def.Copies, r.Relation)))
}

func (p *provinces) speaksFor(v *visitor, whose string) bool {
	return v.unit != "" && v.unit == p.units[whose] && !v.mute && v.may(p.declared, "unit.own", "read")
}

func (p *provinces) readsFile(v *visitor, whose, province string) bool {
	return v.province == province && (v.may(p.declared, "units", "read") || p.speaksFor(v, whose))
}

// readsOfCases: what the register knows of a unit stands in its cases too, in the groups of the definition.
func (p *provinces) readsOfCases(v *visitor, whose, group string) bool {
	return slices.ContainsFunc(p.things["case"], func(c *thing) bool { return c.unit == p.units[whose] && p.readsGroup(v, c, group) })
}

// knowsOf: who claims to speak for a unit, who sees to claims, and who keeps credentials and users read what it is called.
func (p *provinces) knowsOf(v *visitor, whose string) bool {
	home := (whose == far) == (v.province == far)
	return v.unit != "" && v.unit == p.units[whose] || home && (v.may(p.declared, "claims", "read") || v.may(p.declared, "credentials", "reissue"))
}

// readsClaim: its person, officers, and who leads the unit by a verified claim.
func (p *provinces) readsClaim(v *visitor, c *thing) bool {
	leads := v.role == "unit.ceo" && v.unit == c.unit && !v.mute
	return v.signedIn() && v.province == c.province && (v.person == c.person || leads || v.may(p.declared, "claims", "read"))
}

// judge says what somebody whom the route's policy lets through is answered with.
type judge func(p *provinces, v *visitor, x *thing) verdict

func when(is bool, then, otherwise verdict) verdict {
	if is {
		return then
	}
	return otherwise
}

func caseOpen(p *provinces, v *visitor, c *thing) verdict {
	return when(p.seesCase(v, c), open, hidden)
}

func caseReached(p *provinces, v *visitor, c *thing) verdict {
	return when(p.seesCase(v, c), reached, hidden)
}

func letterOpen(p *provinces, v *visitor, l *thing) verdict {
	return when(p.readsLetter(v, l), open, hidden)
}

func claimOpen(p *provinces, v *visitor, c *thing) verdict {
	return when(p.readsClaim(v, c), open, hidden)
}

func claimReached(p *provinces, v *visitor, c *thing) verdict {
	return when(p.readsClaim(v, c), reached, hidden)
}

func fileOfUnit(p *provinces, v *visitor, u *thing) verdict {
	return when(p.readsFile(v, u.relation, u.province), open, hidden)
}

func ownUnit(p *provinces, v *visitor, u *thing) verdict {
	return when(u.relation != none && v.province == u.province && p.speaksFor(v, u.relation), reached, hidden)
}

// probe is how a route is asked: for things of a kind, under a judge of who may have them, with a question and a good form.
type probe struct {
	kind string
	judge
	query string
	form  func(p *provinces, x *thing) string
}

func always(v verdict) judge { return func(*provinces, *visitor, *thing) verdict { return v } }

// its lets through who has a thing of their own.
func its(v verdict) judge {
	return func(_ *provinces, who *visitor, x *thing) verdict {
		return when(who.signedIn() && who.person == x.person && who.province == x.province, v, hidden)
	}
}

// home lets through who is of the thing's province; what else they must be stands in the policy line.
func home(v verdict) judge {
	return func(_ *provinces, who *visitor, x *thing) verdict { return when(who.province == x.province, v, hidden) }
}

func evidenceOpen(p *provinces, v *visitor, c *thing) verdict {
	if !p.readsClaim(v, c) {
		return hidden
	}
	return when(v.person == c.person || v.may(p.declared, "claims", "read"), open, withheld)
}

func claimsOfUnit(p *provinces, v *visitor, u *thing) verdict {
	leads := v.role == "unit.ceo" && v.unit == u.unit && !v.mute
	return when(v.province == u.province && (leads || v.may(p.declared, "claims", "read")), open, hidden)
}

func documentOpen(p *provinces, v *visitor, c *thing) verdict {
	return when(p.readsGroup(v, c, "documents") && c.relation != "draft", open, hidden) // a draft has none
}

func unitsFound(p *provinces, v *visitor, _ *thing) verdict {
	return when(v.may(p.declared, "units", "read") || v.unit != "" && !v.mute && v.may(p.declared, "unit.own", "read"), open, denied)
}

// serviceOpen: the register of exports of services is for officers, and of it what is its own for a unit.
func serviceOpen(p *provinces, v *visitor, x *thing) verdict {
	officer := v.may(p.declared, "services", "read")
	switch {
	case !officer && !p.entersServices(v):
		return denied
	case x.relation == none || v.province != x.province || !officer && v.unit != x.unit:
		return hidden
	}
	return open
}

// serviceForms: who enters contracts is not who enters what others published.
func serviceForms(then verdict) judge {
	return func(p *provinces, v *visitor, x *thing) verdict {
		officer := v.may(p.declared, "services", "read")
		switch {
		case x.relation == none:
			return hidden
		case !officer && !p.entersServices(v), officer && !v.may(p.declared, "services", "enter"), !officer && x.relation == string(services.Figure):
			return denied
		}
		return then
	}
}

func servicesListed(p *provinces, v *visitor, _ *thing) verdict {
	return when(v.may(p.declared, "services", "read") || p.entersServices(v), open, denied)
}

func entering(*provinces, *thing) string {
	out := []string{}
	for k, v := range contractOf("S-"+httpkit.NewKey(), "client") {
		out = append(out, k, v)
	}
	return form(append(out, "legal_id", legal(1048499991), "name", "target", "to", "1405/12/29", "source", "x")...)
}

func ownFile(p *provinces, v *visitor, _ *thing) verdict {
	return when(v.unit != "" && !v.mute && v.may(p.declared, "unit.own", "read"), open, hidden)
}

// figures: the counters of a procedure are for who sees all its cases in the province.
func figures(p *provinces, v *visitor, x *thing) verdict {
	if x.relation == none {
		return hidden
	}
	r := p.roleOf(v)
	return when(r != nil && r.Scope == "province", open, denied)
}

// probes say of each route with a parameter, and of each whose handler asks for more than its policy line, what is asked
// for and who may have it. A route with a parameter that is missing here fails the matrix.
var probes = map[string]probe{
	"GET /static/":                                         {judge: always(hidden)},          // the folder itself
	"GET /metrics":                                         {judge: always(denied)},          // asked from elsewhere, without its token
	"GET /log/{province}/checkpoint":                       {kind: "log", judge: logReached}, // everybody's, and sealed
	"GET /log/{province}/witnessed":                        {kind: "log", judge: logReached},
	"GET /log/{province}/keys":                             {kind: "log", judge: logReached},
	"GET /log/{province}/tile/{tile...}":                   {kind: "log", judge: logReached},
	"GET /log/{province}/" + journal.EntryPath + "{index}": {kind: "log", judge: logReached},
	"GET /unit":                                            {judge: ownFile},
	"GET /search":                                          {judge: always(open), query: "?q=zq"},
	"GET /verify":                                          {judge: always(reached), query: "?q=1405/RES/1"},
	"GET /cases":                                           {judge: always(open), query: "?v=all&q=zq"},
	"GET /cases.xlsx":                                      {judge: always(open), query: "?v=all"},
	"GET /api/v1/search":                                   {judge: always(open), query: "?q=RG"},
	"GET /api/v1/units":                                    {judge: unitsFound},
	"GET /api/v1/procedures/{id}/picture":                  {kind: "procedure", judge: figures},
	"GET /procedures/{id}":                                 {kind: "procedure", judge: known},
	"GET /help/{guide}":                                    {kind: "guide", judge: known},
	"POST /apply/{procedure}":                              {kind: "procedure", judge: always(reached), form: opening},
	"GET /cases/{id}":                                      {kind: "case", judge: caseOpen},
	"GET /cases/{id}/news":                                 {kind: "case", judge: caseOpen},
	"GET /cases/{id}/file":                                 {kind: "case", judge: caseOpen},
	"GET /cases/{id}/file.pdf":                             {kind: "case", judge: caseOpen},
	"GET /cases/{id}/container.zip":                        {kind: "case", judge: caseOpen},
	"GET /cases/{id}/notices/{seq}":                        {kind: "case", judge: caseReached},
	"POST /cases/{id}/notes":                               {kind: "case", judge: caseReached, form: noting},
	"GET /cases/{id}/files/{hash}":                         {kind: "case", judge: documentOpen},
	"GET /cases/{id}/act/{action}":                         {kind: "case", judge: caseReached},
	"POST /cases/{id}/act/{action}":                        {kind: "case", judge: caseReached, form: receiving},
	"GET /cases/{id}/choose":                               {kind: "case", judge: caseReached},
	"POST /cases/{id}/choose":                              {kind: "case", judge: caseReached, form: drafting},
	"GET /cases/{id}/apply":                                {kind: "case", judge: caseReached},
	"GET /cases/{id}/apply/{page}":                         {kind: "case", judge: caseReached},
	"POST /cases/{id}/apply/{page}":                        {kind: "case", judge: caseReached, form: drafting},
	"POST /cases/{id}/draft":                               {kind: "case", judge: caseReached, form: drafting},
	"GET /cases/{id}/check":                                {kind: "case", judge: caseReached},
	"POST /cases/{id}/check":                               {kind: "case", judge: caseReached, form: receiving},
	"GET /cases/{id}/receipt":                              {kind: "case", judge: caseReached},
	"GET /letters/{token}":                                 {kind: "letter", judge: letterOpen},
	"POST /letters/{token}/scans":                          {kind: "letter", judge: letterOpen, form: noting},
	"GET /units/{id}":                                      {kind: "unit", judge: fileOfUnit},
	"GET /trade/units/{id}":                                {kind: "unit", judge: fileOfUnit},
	"GET /trade/units/{id}/{edition}/{code}":               {kind: "unit", judge: fileOfUnit},
	"GET /trade/units/{id}/compass":                        {kind: "unit", judge: fileOfUnit},
	"POST /trade/units/{id}":                               {kind: "unit", judge: ownUnit, form: making},
	"GET /counter/{id}":                                    {kind: "unit", judge: home(open)},
	"POST /counter/{id}/reissue":                           {kind: "unit", judge: home(reached), form: reissuing},
	"GET /claims/{id}":                                     {kind: "claim", judge: claimOpen},
	"POST /claims/{id}":                                    {kind: "claim", judge: claimReached, form: contesting},
	"GET /claims/{id}/evidence":                            {kind: "claim", judge: evidenceOpen},
	"POST /admin/calendar":                                 {judge: atHome(always(reached)), form: closing},
	"POST /account/passkeys/{key}":                         {kind: "passkey", judge: its(reached)},
	"GET /sign-in/with/{provider}":                         {judge: always(hidden)}, // no provider is set up there
	"GET /sign-in/back/{provider}":                         {judge: always(hidden)},
	"POST /sign-in/code":                                   {judge: always(hidden)},
	"POST /account/providers":                              {judge: always(hidden)},
	"POST /account/providers/{key}":                        {judge: always(hidden)},
	"POST /views/{id}":                                     {kind: "view", judge: its(reached), form: renaming},
	"GET /exports/{run}":                                   {kind: "export", judge: its(open)},
	"GET /exports/{run}/sheet":                             {kind: "export", judge: its(open)},
	"POST /exports/{run}/cancel":                           {kind: "export", judge: its(reached)},
	"GET /units/import/{run}":                              {kind: "units run", judge: its(open)},
	"POST /units/import/{run}":                             {kind: "units run", judge: its(reached)},
	"POST /units/import/{run}/cancel":                      {kind: "units run", judge: its(reached)},
	"GET /units/import/{run}/rejects":                      {kind: "units run", judge: its(reached)},
	"GET /referrals/import/{run}":                          {kind: "referrals run", judge: its(open)},
	"POST /referrals/import/{run}":                         {kind: "referrals run", judge: its(reached)},
	"POST /referrals/import/{run}/cancel":                  {kind: "referrals run", judge: its(reached)},
	"GET /referrals/import/{run}/rejects":                  {kind: "referrals run", judge: its(reached)},
	"GET /units/reviews/{batch}/{line}":                    {kind: "units review", judge: home(open)},
	"POST /units/reviews/{batch}/{line}":                   {kind: "units review", judge: home(reached), form: deciding},
	"GET /referrals/reviews/{batch}/{line}":                {kind: "referrals review", judge: home(open)},
	"POST /referrals/reviews/{batch}/{line}":               {kind: "referrals review", judge: home(reached), form: deciding},
	"GET /api/v1/trade/compass":                            {judge: always(hidden)}, // no exports are loaded there
	"GET /api/v1/trade/markets":                            {judge: always(hidden), query: "?product=5702"},
	"GET /api/v1/trade/services/contracts":                 {judge: servicesListed},
	"GET /api/v1/trade/services/contracts/{id}":            {kind: "service", judge: serviceOpen},
	"GET /trade/services/register":                         {judge: servicesListed},
	"GET /trade/services/contracts/{id}":                   {kind: "service", judge: serviceOpen},
	"GET /trade/services/enter/{kind}":                     {kind: "service kind", judge: serviceForms(open)},
	"POST /trade/services/enter/{kind}":                    {kind: "service kind", judge: serviceForms(reached), form: entering},
	"GET /admin/users/{person}":                            {kind: "officer", judge: home(open)},
	"POST /admin/users/{person}/terms":                     {kind: "officer", judge: home(reached), form: appointing},
	"POST /admin/users/{person}/end":                       {kind: "officer", judge: home(reached), form: ending},
	"POST /admin/users/{person}/reissue":                   {kind: "officer", judge: home(reached)},
	"GET /admin/procedures/{version}":                      {kind: "version", judge: atHome(its(open))},
	"POST /admin/procedures/{version}":                     {kind: "version", judge: atHome(its(reached)), form: proposing},
	"GET /api/v1/cases/{id}":                               {kind: "case", judge: caseOpen},
	"GET /api/v1/cases/{id}/container":                     {kind: "case", judge: caseOpen},
	"GET /api/v1/cases/{id}/choices/{fact}":                {kind: "case", judge: caseReached},
	"POST /api/v1/cases/{id}/actions/{action}":             {kind: "case", judge: caseReached, form: receivingJSON},
	"GET /api/v1/journal/proof/{entry}":                    {kind: "case", judge: home(open)},
	"GET /api/v1/units/{id}/claims":                        {kind: "unit", judge: claimsOfUnit},
	"POST /api/v1/documents":                               {judge: always(reached), query: "?name=x.txt"},
	"POST /api/v1/units/import":                            {judge: always(reached), query: "?amount_unit=rial"},
	"POST /api/v1/units/{id}/claims":                       {kind: "unit", judge: home(reached), form: claimingJSON},
	"GET /api/v1/claims/{id}":                              {kind: "claim", judge: claimOpen},
	"GET /api/v1/claims/{id}/evidence":                     {kind: "claim", judge: evidenceOpen},
	"POST /api/v1/claims/{id}/actions/{action}":            {kind: "claim", judge: claimReached, form: reasonJSON},
}

// atHome wants somebody of the province that is served, whose running cases are tried.
func atHome(then judge) judge {
	return func(p *provinces, v *visitor, x *thing) verdict {
		if v.province != p.Province {
			return denied
		}
		return then(p, v, x)
	}
}

func logReached(_ *provinces, _ *visitor, x *thing) verdict {
	return when(x.relation != none, reached, hidden)
}

func known(_ *provinces, _ *visitor, x *thing) verdict { return when(x.relation != none, open, hidden) }

// A form is filled in as a page would send it, so that what refuses it is the policy.
func form(kv ...string) string {
	out := url.Values{"_key": {httpkit.NewKey()}}
	for i := 0; i < len(kv); i += 2 {
		out.Set(kv[i], kv[i+1])
	}
	return out.Encode()
}

func opening(p *provinces, _ *thing) string { return form("unit", p.units["own"]) }
func noting(*provinces, *thing) string      { return form("note", "x") }
func receiving(p *provinces, x *thing) string {
	return form("version", p.version(x), "bank_file_no", "77", "_shown", "bank_file_no", "_do", "submit")
}
func drafting(p *provinces, x *thing) string {
	return form("version", p.version(x), "canary.request", "x", "_shown", "canary.request")
}
func reissuing(_ *provinces, x *thing) string { return form("person", x.params["speaker"]) }
func contesting(*provinces, *thing) string    { return form("do", registry.ClaimContested, "reason", "x") }
func making(*provinces, *thing) string {
	return form("edition", "HS2022", "code", "5702", "state", "confirmed")
}
func renaming(*provinces, *thing) string { return form("name", "renamed", "do", "rename") }
func deciding(*provinces, *thing) string { return form("do", "not", "why", "no unit of ours") }
func appointing(*provinces, *thing) string {
	return form("role", "dir.registry", "body", "dir", "document", "x", "from", "1405/02/01")
}
func ending(_ *provinces, x *thing) string { return form("membership", x.params["membership"]) }

func closing(*provinces, *thing) string {
	return form("calendar", "ir-alborz", "date", "1405/03/05", "reason", "x", "source", "x")
}
func proposing(*provinces, *thing) string  { return form("_do", "propose") }
func reasonJSON(*provinces, *thing) string { return `{"reason":"x"}` }
func claimingJSON(*provinces, *thing) string {
	return `{"post":"unit.rep","evidence":"` + strings.Repeat("ab", 32) + `"}`
}
func receivingJSON(p *provinces, x *thing) string {
	return `{"version":` + p.version(x) + `,"facts":{"bank_file_no":"77"}}`
}

// version is the case's present one, 1 where there is no case.
func (p *provinces) version(x *thing) string { return cmp.Or(x.params["version"], "1") }

// probeOf gives a route's probe; false where a parameter stands without one.
func probeOf(rt httpkit.Route) (probe, bool) {
	if x, ok := probes[rt.Method+" "+rt.Pattern]; ok {
		return x, true
	}
	x := probe{judge: always(when(rt.Method == http.MethodGet, open, reached))}
	return x, !strings.Contains(strings.ReplaceAll(rt.Pattern, "{$}", ""), "{")
}
