package faults

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
)

const password = "rahgosha-demo-1405"

// province is what tests need to know of the small province: its unit, and the session of each person by login.
type province struct {
	Unit   string
	Tokens map[string]string
}

// people are the desks of the province; who stands for no body is of the unit.
var people = map[string]string{"unit.ceo": "", "dir.expert": "dir", "dir.deputy": "dir", "bank.branch": "branch-1"}

// settle makes a province of one unit, an office, a bank and a package with so much money, and signs everybody in.
func settle(ctx context.Context, a *app.App, money int64) (p province, err error) {
	for _, name := range []string{"facility-supervision", "experts-board-62", "referral"} {
		if err := a.PublishBuiltin(ctx, name, [2]string{"first", "second"}); err != nil {
			return p, err
		}
	}
	unit, err := a.Registry.Create(ctx, registry.Draft{Province: a.Province, Values: map[string]any{
		"name": "Sepidtar", "kind": "industrial", "legal_id": "99238044819", "licence_no": "1234", "licence_expiry": "1420/01/01",
		"county": "کرج", "status": "active", "employees": "25", "sales_last_year": "50000000000",
	}, Provenance: registry.Provenance{Source: "test"}})
	if err != nil {
		return p, err
	}
	p.Unit = unit.ID
	err = errors.Join(a.Party.Add(ctx, roster(a.Province)), a.Registry.Upsert(ctx,
		registry.Item{Province: a.Province, Register: "package", ID: "P1", Source: "test", Balance: &money, Fields: map[string]any{
			"title": "P1", "ceiling": int64(70_000_000_000), "min_own_share": int64(2000), "exempts_cheque": false, "exempts_debt": false, "open": true,
		}},
		registry.Item{Province: a.Province, Register: registry.RegisterBranch, ID: "branch-1", Source: "test", Fields: map[string]any{
			"name_fa": "branch", "name_en": "branch", "bank": "bank-1", "county": "کرج",
		}}), speaks(ctx, a, p.Unit))
	p.Tokens = map[string]string{}
	for login := range people {
		token, _, signing := a.Party.SignIn(ctx, login, password, "", "127.0.0.1")
		p.Tokens[login], err = token, errors.Join(err, signing)
	}
	return p, err
}

func roster(province string) party.Roster {
	name := func(s string) locale.Text { return locale.Text{FA: s, EN: s} }
	r := party.Roster{Bodies: []party.Body{
		{ID: "dir", Province: province, Kind: "directorate", Name: name("directorate")},
		{ID: "bank-1", Province: province, Kind: "bank.head", Name: name("bank")},
		{ID: "branch-1", Province: province, Kind: "bank.branch", Name: name("branch"), Parent: "bank-1"},
	}}
	for login, body := range people {
		r.Persons = append(r.Persons, party.Person{ID: "p-" + login, Name: login})
		r.Accounts = append(r.Accounts, party.Account{Person: "p-" + login, Login: login, Password: password})
		if body != "" {
			r.Memberships = append(r.Memberships, party.Membership{ID: "m-" + login, Province: province, Person: "p-" + login,
				Role: login, Body: body, Document: "1", From: "2024-01-01"})
		}
	}
	r.Delegations = []party.Delegation{{ID: "d1", Province: province, Scope: "referral", Taker: "m-dir.deputy", Document: "2", From: "2024-01-01"}}
	return r
}

// speaks has the unit's head claim to speak for it, and the claim verified.
func speaks(ctx context.Context, a *app.App, unit string) error {
	ref, err := a.Document.Put(ctx, a.Province, "p-unit.ceo", "gazette.txt", strings.NewReader("gazette"))
	if err != nil {
		return err
	}
	c, err := a.Registry.MakeClaim(ctx, registry.Claim{Province: a.Province, Unit: unit, Person: "p-unit.ceo", Post: "unit.ceo", Evidence: ref.Hash})
	if err != nil {
		return err
	}
	expert := access.Principal{Person: "p-dir.expert", Role: "dir.expert", Body: "dir", Province: a.Province}
	_, err = a.Registry.DecideClaim(ctx, expert, registry.ClaimStep{ID: c.ID, State: registry.ClaimVerified})
	return err
}

// asked is a request for credit as the API takes it, opened and submitted at once.
func (p province) asked(amount string, now time.Time) map[string]any {
	return map[string]any{"procedure": "referral", "unit": p.Unit, "action": "submit", "facts": map[string]any{
		"package": "P1", "purpose": "WC", "amount_rial": amount, "own_share_pct": "25%",
		"use_plan":    []map[string]any{{"item": "yarn", "amount": amount}},
		"bank_branch": "branch-1", "cheque_colour": "W", "cheque_read_on": jalali.FromTime(now).Slash("en"), "overdue_debt_rial": "0",
		"tax_debt_rial": "0", "insurance_debt_rial": "0", "consent_share_with_bank": "true",
	}}
}

// prepared is a data folder that is made once and copied by whoever breaks it.
var prepared folder

type folder struct {
	once sync.Once
	dir  string
	of   province
	err  error
}

func (f *folder) make() {
	if f.dir, f.err = os.MkdirTemp("", "rahgosha-faults"); f.err != nil {
		return
	}
	ctx := context.Background()
	a, err := app.Open(ctx, app.Config{Data: filepath.Join(f.dir, "data"), Clock: clock.System{}, Fast: true, Office: "office"})
	if err != nil {
		f.err = err
		return
	}
	f.of, err = settle(ctx, a, 1<<60)
	f.err = errors.Join(err, a.Close())
}

func (f *folder) remove() { _ = os.RemoveAll(f.dir) }

// fresh gives a data folder of the test's own, of the machine's time.
func fresh(t testing.TB) (data string, of province) {
	t.Helper()
	prepared.once.Do(prepared.make)
	must(t, prepared.err)
	data = filepath.Join(t.TempDir(), "data")
	duplicate(t, filepath.Join(prepared.dir, "data"), data)
	return data, prepared.of
}

// duplicate copies a data folder; its keys stay the owner's alone.
func duplicate(t testing.TB, from, to string) {
	t.Helper()
	keys := filepath.Join(to, "keys")
	must(t, errors.Join(os.CopyFS(to, os.DirFS(from)), os.Chmod(keys, 0o700), os.Chmod(filepath.Join(keys, "root.key"), 0o600)))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
