package web_test

import (
	"context"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/web"
)

func (b *bench) Staff(context.Context, access.Principal, string) ([]party.Staffer, error) {
	p, err := b.Staffer(context.Background(), access.Principal{}, "p2")
	return []party.Staffer{p}, err
}

func (b *bench) Staffer(_ context.Context, _ access.Principal, person string) (party.Staffer, error) {
	held := func(role, from, to string) party.HeldMembership {
		return party.HeldMembership{BodyName: locale.Text{FA: "اداره کل صمت البرز", EN: "Directorate"},
			Membership: party.Membership{ID: "m" + role, Person: person, Role: role, Body: "dir", Document: "حکم ۱۲", From: from, To: to}}
	}
	return party.Staffer{Person: person, Name: "مریم آزمون", Account: true,
		Terms: []party.HeldMembership{held("dir.registry", "2024-01-01", "2025-01-01"), held("dir.head", "2025-01-01", "")}}, b.fault
}

func (b *bench) BodiesIn(context.Context, access.Principal) ([]party.Body, error) {
	return []party.Body{{ID: "dir", Kind: "directorate", Name: locale.Text{FA: "اداره کل", EN: "Directorate"}}}, nil
}

func (b *bench) Appoint(context.Context, access.Principal, party.Appointment) (person, password string, err error) {
	return "p2", "ABCD-EFGH", b.fault
}

func (b *bench) EndTerm(context.Context, access.Principal, string) error { return b.fault }

func (b *bench) Reissue(context.Context, access.Principal, string) (string, error) {
	return "ABCD-EFGH", b.fault
}

func (b *bench) Delegations(context.Context, access.Principal) ([]party.Empowered, error) {
	ceiling := int64(50_000_000_000)
	return []party.Empowered{
		{Delegation: party.Delegation{ID: "d1", Scope: "referral", Taker: "m2", Ceiling: &ceiling, Document: "حکم ۲", From: "2025-01-01"}, Person: "p2", Name: "مریم آزمون", Role: "dir.deputy"},
		{Delegation: party.Delegation{ID: "d2", Scope: "dir.dg", Taker: "m3", Document: "حکم ۳", From: "2024-01-01", To: "2024-06-01"}, Person: "p3", Name: "سارا آزمون", Role: "dir.deputy"},
	}, nil
}

func (b *bench) Takers(context.Context, access.Principal) ([]party.Empowered, error) {
	return []party.Empowered{{Delegation: party.Delegation{Taker: "m2"}, Person: "p2", Name: "مریم آزمون", Role: "dir.deputy"}}, nil
}

func (b *bench) Delegate(context.Context, access.Principal, party.Delegation) error { return b.fault }

func (b *bench) EndDelegation(context.Context, access.Principal, string) error { return b.fault }

func (b *bench) Calendars(context.Context) ([]calendar.Spec, error) {
	return []calendar.Spec{{ID: "ir-alborz", Name: locale.Text{FA: "استان البرز", EN: "Alborz"}, Version: "1", Days: []calendar.Day{
		{Date: jalali.FromTime(now), Reason: locale.Text{FA: "آلودگی هوا", EN: "Air pollution"}, Source: "بخشنامه", EnteredBy: "p2"}}}}, nil
}

func (b *bench) Forecast(context.Context, access.Principal, web.Closing) (web.Moved, error) {
	return web.Moved{Cases: 1, Deadlines: 2, Numbers: []string{"RG-1405-00001"}}, b.fault
}

func (b *bench) Close(context.Context, access.Principal, web.Closing) (web.Moved, error) {
	return web.Moved{Cases: 1, Deadlines: 2}, b.fault
}
