package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/privacy"
)

// draftID is of a case that has no number yet.
const draftID = "3OCMXMZB2LXN3RQNMNIWMEFPFW"

var stops = map[string][]privacy.Line{"p3": {{Why: privacy.WhyOpen, Case: draftID, Name: draftID}}}

// A draft that stops an erasure is called one: its id says nothing to an officer.
func TestADraftIsCalledOne(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, newBench(t).config)
	for lang, want := range map[string]string{"fa": "پیش‌نویس بی‌شماره", "en": "draft without number"} {
		r := httptest.NewRequest(http.MethodGet, "/admin/personal?person=p3", nil)
		r.Header.Set("Role", "dir.dg")
		r.Header.Set("Cookie", "lang="+lang)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(got, want) || strings.Contains(got, draftID) {
			t.Errorf("%s: %d, a draft is not called %q", lang, w.Code, want)
		}
	}
}

// personalBench is the bench with what waits about personal data: List is the bench's of cases.
type personalBench struct{ *bench }

func (b personalBench) Coming(context.Context, access.Principal, time.Time) ([]privacy.Due, error) {
	until := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	return []privacy.Due{
		{Case: privacy.Case{ID: "c1", Number: "1405/REF/1"}, Until: until},
		{Case: privacy.Case{ID: "c2", Number: "1405/REF/2"}, Until: until, Holds: []privacy.Hold{{Reason: "دستور ۴ مورخ ۱۴۰۵/۰۲/۰۱"}}},
	}, nil
}

func (b personalBench) Hold(context.Context, access.Principal, string, string) (privacy.Hold, error) {
	return privacy.Hold{}, b.fault
}

func (b personalBench) Lift(context.Context, access.Principal, string) error { return b.fault }

func (b personalBench) List(context.Context, access.Principal, string) ([]privacy.Erasure, error) {
	return []privacy.Erasure{
		{ID: "e1", Subject: "p2", Basis: "request", State: privacy.Wished, AskedBy: "p2", AskedAt: 1},
		{ID: "e2", Subject: "p2", Basis: "order", Reason: "دستور ۵", State: privacy.Asked, AskedBy: "p2", AskedAt: 2},
		{ID: "e3", Subject: "p2", Basis: "request", State: privacy.Declined, AskedBy: "p2", AskedAt: 3, DecidedAt: 4},
	}, nil
}

func (b personalBench) Preview(_ context.Context, _ access.Principal, person string) (privacy.Preview, error) {
	return privacy.Preview{Person: person, Name: "مریم آزمون", Cases: []privacy.Line{{Name: "1405/REF/1"}}, Units: []string{"کارگاه آزمون"},
		Kept: []privacy.Line{{Why: privacy.WhyOthers, Name: "1405/REF/3"}}, Stops: stops[person]}, b.fault
}

func (b personalBench) Ask(context.Context, access.Principal, string, string, string) (privacy.Erasure, error) {
	return privacy.Erasure{}, b.fault
}

func (b personalBench) Decide(context.Context, access.Principal, string, bool) (privacy.Erasure, error) {
	return privacy.Erasure{}, b.fault
}

func (b personalBench) Wish(context.Context, access.Principal) (privacy.Erasure, error) {
	return privacy.Erasure{}, b.fault
}

func (b personalBench) Wished(context.Context, access.Principal) (*privacy.ErasurePart, error) {
	return &privacy.ErasurePart{State: privacy.Declined}, nil
}
