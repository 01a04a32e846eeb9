package sample

import (
	"fmt"
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
)

const branchesPerBank = 4

func both(s string) locale.Text { return locale.Text{FA: s, EN: s} }

// people makes bodies, persons, memberships, delegations and one account for each role.
func (f *filler) people() error {
	r := party.Roster{Bodies: f.bodies()}
	if err := f.Party.Add(f.ctx, party.Roster{Bodies: r.Bodies}); err != nil {
		return err
	}
	if err := f.branches(); err != nil {
		return err
	}
	from := f.start.AddDate(-1, 0, 0).Format("2006-01-02")
	roster := party.Roster{}
	for _, a := range accounts(f.units[0].id, f.units[1].id) {
		id, member := "sample-"+a.login, "member-"+a.login
		name := f.name()
		roster.Persons = append(roster.Persons, party.Person{ID: id, Name: name, Sample: true})
		if a.unit == "" { // who speaks for a unit claims it
			roster.Memberships = append(roster.Memberships, party.Membership{
				ID: member, Province: f.Province, Person: id, Role: a.role, Body: a.body, Document: words().Document, From: from,
			})
		}
		roster.Accounts = append(roster.Accounts, party.Account{Person: id, Login: a.login, Password: Password})
		f.sum.Logins = append(f.sum.Logins, Login{Login: a.login, Role: a.role, Name: name})
		f.who[a.login] = access.Principal{
			Person: id, Name: name, Role: a.role, Body: a.body, Unit: a.unit, Province: f.Province, Ceilings: map[string]int64{},
		}
	}
	f.delegate(&roster, from)
	if err := f.Party.Add(f.ctx, roster); err != nil {
		return err
	}
	for _, login := range []string{"unit.ceo", "unit.rep", "unit.ceo.2"} {
		if err := f.speaks(f.who[login]); err != nil {
			return err
		}
	}
	return nil
}

const deputyCeiling = 50_000_000_000

func (f *filler) delegate(r *party.Roster, from string) {
	ceiling := int64(deputyCeiling)
	for _, login := range []string{"dir.deputy", "dir.deputy.2"} {
		r.Delegations = append(r.Delegations, party.Delegation{
			ID: "delegation-" + login, Province: f.Province, Scope: "referral", Taker: "member-" + login, Ceiling: &ceiling,
			Document: words().Document, From: from,
		})
		f.who[login].Ceilings["referral"] = ceiling
	}
	r.Delegations = append(r.Delegations, party.Delegation{
		ID: "delegation-dir.dg", Province: f.Province, Scope: "referral", Taker: "member-dir.dg", Document: words().Document, From: from,
	})
	f.who["dir.dg"].Ceilings["referral"] = 1 << 60
}

type account struct{ login, role, body, unit string }

func accounts(first, second string) []account {
	return []account{
		{"unit.ceo", "unit.ceo", "", first}, {"unit.rep", "unit.rep", "", first}, {"unit.ceo.2", "unit.ceo", "", second},
		{"dir.expert", "dir.expert", "dir", ""}, {"dir.expert.2", "dir.expert", "dir", ""}, {"dir.head", "dir.head", "dir", ""},
		{"dir.deputy", "dir.deputy", "dir", ""}, {"dir.deputy.2", "dir.deputy", "dir", ""}, {"dir.dg", "dir.dg", "dir", ""},
		{"dir.registry", "dir.registry", "dir", ""}, {"house.secretary", "house.secretary", "house", ""},
		{"assoc.chair", "assoc.chair", "textile", ""}, {"assoc.assessor", "assoc.assessor", "engineering", ""},
		{"found.officer", "found.officer", "foundation", ""}, {"bank.branch", "bank.branch", branchID(0, 0), ""},
		{"bank.branch.2", "bank.branch", branchID(1, 0), ""}, {"bank.head", "bank.head", bankID(0), ""}, {"bank.council", "bank.council", "bank-council", ""},
		{"svc.firm", "svc.firm", "firm", ""}, {"town.company", "town.company", "town", ""}, {"council.sec", "council.sec", "council", ""},
		{"council.member", "council.member", "council", ""}, {"exp.coach", "exp.coach", "house", ""}, {"news.reporter", "news.reporter", "newsroom", ""},
		{"news.editor", "news.editor", "newsroom", ""}, {"auditor", "auditor", "audit", ""}, {"admin", "admin", "operator", ""},
	}
}

func bankID(b int) string           { return fmt.Sprintf("bank-%d", b+1) }
func branchID(b, branch int) string { return fmt.Sprintf("branch-%d-%d", b+1, branch+1) }

func (f *filler) bodies() []party.Body {
	w := words()
	kinds := [][3]string{
		{"dir", "directorate", "directorate"}, {"house", "house", "house"}, {"textile", "association", "textile"}, {"engineering", "association", "engineering"},
		{"foundation", "foundation", "foundation"}, {"council", "council", "council"}, {"bank-council", "bank.council", "bank_council"},
		{"audit", "audit", "audit"}, {"newsroom", "newsroom", "newsroom"}, {"firm", "service_firm", "firm"}, {"town", "town_company", "town"},
		{"operator", "other", "operator"},
	}
	var out []party.Body
	for _, k := range kinds {
		out = append(out, party.Body{ID: k[0], Province: f.Province, Kind: k[1], Name: both(w.Bodies[k[2]])})
	}
	for i, c := range w.Counties {
		out = append(out, party.Body{
			ID: fmt.Sprintf("county-%d", i+1), Province: f.Province, Kind: "county_office", Parent: "dir", County: c,
			Name: both(strings.ReplaceAll(w.Bodies["county_office"], "{c}", c)),
		})
	}
	for b, name := range w.Banks {
		out = append(out, party.Body{ID: bankID(b), Province: f.Province, Kind: "bank.head", Name: both(strings.ReplaceAll(w.BankHead, "{b}", name))})
	}
	return out
}

// branches are items of a live register and bodies under the same id.
func (f *filler) branches() error {
	w := words()
	var items []registry.Item
	for b, name := range w.Banks {
		for i := range branchesPerBank {
			county := w.Counties[(b+i)%len(w.Counties)]
			full := fmt.Sprintf("%s %s\u060C %s %s", w.Bank, name, w.Branch, county)
			items = append(items, registry.Item{
				Province: f.Province, Register: registry.RegisterBranch, ID: branchID(b, i), Source: "sample",
				Fields: map[string]any{"name_fa": full, "name_en": fmt.Sprintf("Bank %c, branch %d", 'A'+b, i+1), "bank": bankID(b), "county": county},
			})
		}
	}
	return f.Registry.Upsert(f.ctx, items...)
}
