package app_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/programme/trade"
)

// Laws of their own for what no other test of the app does through the product's services: each command once.

// ownAccounts is what people do with their accounts, and the office with them.
func ownAccounts(t testing.TB, w *world) {
	ctx := t.Context()
	in := func(login string) (string, access.Principal) {
		t.Helper()
		token, p, err := w.Party.SignIn(ctx, login, password, "", "127.0.0.1")
		must(t, err)
		return token, p
	}
	token, _ := in("dir.expert")
	codes, err := w.Party.NewCodes(ctx, token, password)
	must(t, err)
	token, _, err = w.Party.StepUp(ctx, token, codes[0])
	must(t, err)
	key := party.Passkey{Name: "phone", Key: []byte{6}, Record: []byte(`{}`)}
	must(t, w.Party.AddPasskey(ctx, token, "c0", key))
	said := func(trip string) party.Proof {
		return party.Proof{Provider: "org", Issuer: "https://a", Subject: "m", State: trip}
	}
	must(t, w.Party.LinkProvider(ctx, token, said("s1")))
	key.Was = key.Record
	_, _, err = w.Party.SignInByPasskey(ctx, "c1", key)
	must(t, err)
	_, _, err = w.Party.SignInByProvider(ctx, said("s2"), codes[1])
	must(t, err)
	keys, err := w.Party.Passkeys(ctx, token)
	must(t, err)
	must(t, w.Party.RemovePasskey(ctx, token, keys[0].ID))
	must(t, w.Party.EndSessions(ctx, token, ""))
	must(t, w.Party.Register(ctx, party.Registration{Name: "رهگذر", NationalCode: "9705430721", Mobile: "09121111111", Password: "سه کلاغ روی بام خیس"}, "192.0.2.7"))
	_, counter := in("dir.registry")
	_, err = w.Party.ReissueAtCounter(ctx, counter, w.unit, "p-unit.rep")
	must(t, err)

	w.secondExpert(t)
	_, head := in("dir.head")
	must(t, w.Party.AddLeave(ctx, head, party.Leave{Absent: "m-dir.expert", Substitute: "m-dir.expert.2", Document: "۱۲", From: "2026-04-27", To: "2026-04-29"}))
	away, err := w.Party.Colleagues(ctx, head)
	must(t, err)
	for _, c := range away {
		if c.Away != nil {
			must(t, w.Party.EndLeave(ctx, head, c.Away.ID))
		}
	}
	w.clock.Advance(13 * time.Hour)
	if _, err := w.Party.Resolve(ctx, token); err == nil {
		t.Error("a session of yesterday goes on")
	}
	must(t, w.Party.Sweep(ctx))
	in("dir.dg")
	w.clock.Advance(-time.Hour)
	in("dir.dg") // every session is over: nobody can tell how long it was idle
	must(t, w.Party.Erase(ctx, "p-unit.rep"))
	w.untouched(t)
}

// officeWork is what the office does beside cases: units by hand, doubtful rows, views, flags of markets, sheets of services, a paper of
// all that is held of somebody, a wish to be erased, erasures once more, rows of cases made anew.
func officeWork(t testing.TB, w *world) {
	ctx := context.WithoutCancel(t.Context())
	s := leaver(t, w)
	expert := w.principal(t, "dir.expert")
	view, err := w.Engine.KeepView(ctx, expert, casework.SavedView{Name: "mine", Ask: "v=open"})
	must(t, err)
	must(t, w.Engine.RenameView(ctx, expert, view, "ours"))
	must(t, w.Engine.BeginWithView(ctx, expert, view))
	u, err := w.Registry.Unit(ctx, w.Province, w.unit)
	must(t, err)
	_, err = w.Registry.SetFields(ctx, w.Province, w.unit, u.Version, map[string]any{"name": "نساجی آفتاب"}, registry.Provenance{Source: "paper", By: "p-dir.expert"})
	must(t, err)
	must(t, w.Registry.Verify(ctx, w.Province, w.unit, []string{"name"}, "p-dir.registry"))
	out, err := w.Registry.Import(ctx, registry.Import{Province: w.Province, Rows: [][]string{{"نام واحد", "شناسه ملی", "فروش سال گذشته"}, {"نساجی مهتاب", "10380284790", "۱۲٬۰۰۰"}}})
	must(t, err)
	_, err = w.Registry.DecideReview(ctx, w.expert(), registry.Decision{Batch: out.Batch, Line: 2, Do: registry.DecideNew, AmountUnit: money.UnitToman, Why: "به گفتهٔ واحد"})
	must(t, err)
	must(t, w.Registry.Upsert(ctx, registry.Item{Province: w.Province, Register: "package", ID: "P9", Source: "test", Fields: map[string]any{"title": "بسته"}}))
	_, err = w.Trade.Flag(ctx, trade.MarketFlag{Province: w.Province, Market: "TUR", Product: "57", Matter: trade.Matters()[0], Level: trade.Block, Text: "بیمه نیست", Source: "صورت‌جلسهٔ ۱۲", Said: w.clock.Now().UnixMicro(), By: "p-dir.expert"})
	must(t, err)
	if got := w.takeServices(t, services.Contract, contractsSheet); got.Landed == 0 {
		t.Fatalf("%+v", got)
	}
	_, err = w.Privacy.Give(ctx, officer(w, "p-dir.dg", "dir.dg"), s.person, "نامهٔ ۷")
	must(t, err)
	_, err = w.Privacy.Wish(ctx, w.principal(t, "unit.ceo"))
	must(t, err)
	must(t, w.Privacy.Keys(ctx))
	again, err := w.Privacy.Again(ctx, []privacy.Erasure{{Province: w.Province, ID: "e1", Kind: privacy.OfPerson, Subject: "p-unit.rep", Basis: "request", What: privacy.What{Person: "p-unit.rep"}}})
	must(t, err)
	if again != 1 {
		t.Errorf("%d erasures were carried out again", again)
	}
	deputy := enter(t, w.App, "dir.deputy", password)
	proposal := deputy.checked(second(t, "{other: forward}"))
	for _, act := range []string{"propose", "withdraw"} {
		want(t, http.StatusSeeOther, deputy.do(proposal, act, ""), act)
	}
	w.jobs(t)
	_, err = w.RotateRoot(ctx, 0)
	must(t, err)
	must(t, w.Engine.Project(ctx, w.Province, func(int, int) {}, func(id string, err error) { t.Errorf("%s: %v", id, err) }))
	w.untouched(t)
}
