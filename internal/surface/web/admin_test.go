package web_test

import (
	"context"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
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
