package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/procedure"
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

func (b *bench) Appoint(context.Context, access.Principal, party.Appointment) (party.Printed, error) {
	return party.Printed{Person: "p2", Password: "ABCD-EFGH", Known: true}, b.fault
}

func (b *bench) EndTerm(context.Context, access.Principal, string) error { return b.fault }

func (b *bench) Reissue(context.Context, access.Principal, string, bool) (party.Printed, error) {
	return party.Printed{Password: "ABCD-EFGH", Unlinked: true}, b.fault
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

func (b *bench) Versions(context.Context, access.Principal) ([]web.Version, error) {
	return []web.Version{
		{ID: "v1", Procedure: "referral", Number: "1.1", Hash: b.def.Hash, State: "proposed", By: "p1", At: now},
		{ID: "v2", Procedure: "referral", Number: "1.0.1", Hash: b.def.Hash, State: "declined", By: "p2", At: now, Decider: "p1", Decided: now, Why: "مهلت قانونی پنج روز است"},
	}, b.fault
}

func (b *bench) Check(context.Context, access.Principal, io.Reader) (*web.Trial, error) {
	return &web.Trial{Problems: b.wrong()}, b.fault
}

func (b *bench) wrong() []procedure.Problem {
	_, problems := procedure.Parse(fstest.MapFS{"procedure.yaml": {Data: []byte("procedure:\n  id: broken\n  verzion: \"1\"\n")}})
	return problems
}

func (b *bench) Trial(context.Context, access.Principal, string) (*web.Trial, error) {
	shift := func(id, old, next string) []casework.Shift { return []casework.Shift{{ID: id, Old: old, New: next}} }
	next := *b.def
	clock := *b.def.Clocks[0]
	clock.Limit.N += 2
	next.Clocks = append([]*procedure.Clock{&clock}, b.def.Clocks[1:]...)
	return &web.Trial{Version: web.Version{ID: "v1", Procedure: "referral", Number: "1.1", Hash: b.def.Hash, State: "proposed", By: "p1", At: now},
		Problems: b.wrong(), Changes: procedure.Diff(b.def, &next), Looked: 40, Modes: map[string]int{"forward": 38, "pin": 2}, Changed: map[string]int{"clocks": 1},
		Cases: []casework.Simulated{{Case: "c1", Number: "RG-1405-00001", Version: "1.0", Mode: "forward", Stage: shift("stage", "eligibility", "decision"),
			Conditions: shift("C3", "met", "not_met"), Clocks: shift(clock.ID, "2026-11-24T20:30:00Z", "2026-11-26T20:30:00Z"), Decisions: shift("grant", "grant", "not_met:C3")}},
		May: []string{"approve", "decline"}}, b.fault
}

func (b *bench) Move(_ context.Context, _ access.Principal, _, do, _ string) error {
	b.moved = do
	return b.fault
}

// The page of a user says in words all that the access table gives to anybody.
func TestEveryRightHasItsWords(t *testing.T) {
	t.Parallel()
	for _, p := range access.Policies() {
		for _, key := range []string{"admin.resource." + p.Resource, "admin.verb." + p.Verb} {
			for _, l := range []locale.Lang{locale.FA, locale.EN} {
				if !locale.Has(l, key) {
					t.Errorf("%s has no words in %s", key, l)
				}
			}
		}
	}
}

// What keeps a version from being published stands on the page with its place and how to mend it, in both languages.
func TestTheProblemsOfAVersionStandOnThePage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, h := newServer(t, b.config)
	for lang, want := range map[string][]string{
		"fa": {"procedure.yaml:3:3", "شناخته نیست", "راه اصلاح:", "شاید"}, "en": {"procedure.yaml:3:3", "is not known", "To mend it:", "perhaps"},
	} {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		part, err := m.CreateFormFile("folder", "x.zip")
		if err == nil {
			_, err = part.Write([]byte("x"))
		}
		if err = errors.Join(err, m.Close()); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/admin/procedures", &body)
		for k, v := range map[string]string{"Content-Type": m.FormDataContentType(), "Role": "dir.head", "Sec-Fetch-Site": "same-origin", "Cookie": "lang=" + lang} {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", lang, w.Code)
		}
		for _, s := range want {
			if !strings.Contains(w.Body.String(), s) {
				t.Errorf("%s: the page lacks %q", lang, s)
			}
		}
	}
}

// Approving needs the right to publish, and the form says what is done.
func TestAVersionIsMovedByWhoMayPublish(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, h := newServer(t, b.config)
	if w := post(h, "/admin/procedures/v1", "_do=approve", "Role", "dir.head"); w.Code != http.StatusForbidden || b.moved != "" {
		t.Errorf("a head of section approves: %d", w.Code)
	}
	if w := post(h, "/admin/procedures/v1", "_do=approve", "Role", "dir.dg"); w.Code != http.StatusSeeOther || b.moved != "approve" {
		t.Errorf("%d %q", w.Code, b.moved)
	}
	b.fault = fault.New(fault.Forbidden, "app.proposal.second")
	if w := post(h, "/admin/procedures/v1", "_do=approve", "Role", "dir.dg"); w.Code != http.StatusForbidden {
		t.Errorf("one's own proposal: %d", w.Code)
	}
}
