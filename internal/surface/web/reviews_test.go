package web_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/referral"
)

var waitingRow = registry.Review{Reviewed: registry.Reviewed{Batch: "B1", Line: 7, Reason: registry.ReviewUnit, File: "فهرست.xlsx", Candidates: []string{"u1"}},
	Values:   map[string]any{"name": "نساجی سپیدثار", "county": "کرج", "status": "idle", "employees": int64(12)},
	Proposed: map[string]any{"legal_id": "09238044819"}, Unitless: map[string]string{"sales_last_year": "۱۲٬۰۰۰"}}

func (b *bench) Reviews(context.Context, access.Principal, string) ([]registry.Review, error) {
	return []registry.Review{waitingRow}, nil
}

func (b *bench) Review(context.Context, access.Principal, string, int) (registry.Review, error) {
	return waitingRow, nil
}

func (b *bench) DecideReview(_ context.Context, _ access.Principal, d registry.Decision) (string, error) {
	b.said = &d
	return "u1", b.fault
}

// TestARowIsDecidedByOneOfThreeWords: same, different (with the zeros that were put back) and not a unit; nothing chosen
// decides nothing.
func TestARowIsDecidedByOneOfThreeWords(t *testing.T) {
	t.Parallel()
	for do, want := range map[string]registry.Decision{
		"same:u1":   {Batch: "B1", Line: 7, Do: registry.DecideUpdate, Unit: "u1", Why: "پرسیده شد", AmountUnit: money.UnitToman},
		"different": {Batch: "B1", Line: 7, Do: registry.DecidePadded, Why: "پرسیده شد", AmountUnit: money.UnitToman},
		"not":       {Batch: "B1", Line: 7, Do: registry.DecideReject, Why: "پرسیده شد", AmountUnit: money.UnitToman},
		"":          {},
	} {
		b := newBench(t)
		_, h := newServer(t, b.config)
		w := submitted(h, "/units/reviews/B1/7", "application/x-www-form-urlencoded",
			strings.NewReader(url.Values{"do": {do}, "why": {"پرسیده شد"}, "amount_unit": {"toman"}}.Encode()))
		if do == "" {
			if w.Code != http.StatusUnprocessableEntity || b.said != nil || !strings.Contains(w.Body.String(), `href="#do"`) {
				t.Errorf("nothing chosen: %d %+v", w.Code, b.said)
			}
			continue
		}
		if w.Code != http.StatusSeeOther || b.said == nil || *b.said != want {
			t.Errorf("%s: %d %+v", do, w.Code, b.said)
		}
	}
}

// TestTheUnitOfAmountsIsAskedAndPassedOn: rial, toman and million toman are three readings of one number, and nothing said
// stays nothing.
func TestTheUnitOfAmountsIsAskedAndPassedOn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, h := newServer(t, b.config)
	form := get(h, "/units/import", "Role", "dir.head").Body.String()
	for _, unit := range append(registry.AmountUnits(), "") {
		if !strings.Contains(form, `value="`+string(unit)+`"`) {
			t.Errorf("the form does not offer %q", unit)
		}
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		part, err := m.CreateFormFile("sheet", "x.csv")
		if err == nil {
			_, err = part.Write([]byte("a,b"))
		}
		if err != nil || m.WriteField("amount_unit", string(unit)) != nil || m.Close() != nil {
			t.Fatal(err)
		}
		b.unit = "none"
		if w := submitted(h, "/units/import", m.FormDataContentType(), &body); w.Code != http.StatusOK || b.unit != unit {
			t.Errorf("%q: %d, passed on as %q", unit, w.Code, b.unit)
		}
	}
}

// referralBench answers for the rows of sheets of referrals.
type referralBench struct{ b *bench }

var waitingReferral = referral.Review{Reviewed: registry.Reviewed{Batch: "B2", Line: 9, Reason: referral.WaitsCase, File: "معرفی‌ها.xlsx"}, Name: "نساجی سپیدتار", Unitless: true, New: true,
	Cells: []referral.Cell{{Header: "نام واحد", Text: "نساجی سپیدتار"}, {Header: "مبلغ", Text: "۵۰۰"}},
	Units: []referral.MayBe{{Unit: "u1", Cases: []referral.MayBeCase{{ID: "c1", Number: "RG-1405-00001", Amount: 5_000_000_000, Opened: us(-30)}}}}}

func (r referralBench) Reviews(context.Context, access.Principal, string) ([]referral.Review, error) {
	return []referral.Review{waitingReferral}, nil
}

func (r referralBench) Review(context.Context, access.Principal, string, int) (referral.Review, error) {
	return waitingReferral, nil
}

func (r referralBench) DecideReview(_ context.Context, _ access.Principal, d referral.Decision) (string, error) {
	r.b.ruled = &d
	return "c1", r.b.fault
}

// TestAReferralIsOneThatThereIsOrOneOfItsOwnOrNone: the form says which, and nothing chosen decides nothing.
func TestAReferralIsOneThatThereIsOrOneOfItsOwnOrNone(t *testing.T) {
	t.Parallel()
	for do, want := range map[string]referral.Decision{
		"case:c1": {Do: referral.DecideCase, Case: "c1"}, "new:u1": {Do: referral.DecideNew, Unit: "u1"}, "new:": {Do: referral.DecideNew}, "not": {Do: referral.DecideReject}, "": {},
	} {
		b := newBench(t)
		_, h := newServer(t, b.config)
		w := submitted(h, "/referrals/reviews/B2/9", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"do": {do}, "why": {"نامه دیده شد"}, "amount_unit": {"rial"}}.Encode()))
		if do == "" {
			if w.Code != http.StatusUnprocessableEntity || b.ruled != nil {
				t.Errorf("nothing chosen: %d %+v", w.Code, b.ruled)
			}
			continue
		}
		want.Batch, want.Line, want.Why, want.AmountUnit = "B2", 9, "نامه دیده شد", money.UnitRial
		if w.Code != http.StatusSeeOther || b.ruled == nil || *b.ruled != want {
			t.Errorf("%s: %d %+v", do, w.Code, b.ruled)
		}
	}
}

// TestALandingShowsItsProgressAndStops: the page asks again by itself while it runs, a POST leads to the run's page, and
// stopping says what became of the rest.
func TestALandingShowsItsProgressAndStops(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, h := newServer(t, b.config)
	running := get(h, "/units/import/running", "Role", "dir.head", "Cookie", "lang=en")
	if running.Header().Get("Refresh") == "" || !strings.Contains(running.Body.String(), "20 of 35 rows") || !strings.Contains(running.Body.String(), "/units/import/running/cancel") {
		t.Errorf("running: refresh %q", running.Header().Get("Refresh"))
	}
	for path, to := range map[string]string{"/units/import/r1": "/units/import/done", "/referrals/import/r1/cancel": "/referrals/import/stopped"} {
		if w := submitted(h, path, "application/x-www-form-urlencoded", strings.NewReader("")); w.Code != http.StatusSeeOther || w.Header().Get("Location") != to {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Location"))
		}
	}
	stopped := get(h, "/units/import/stopped", "Role", "dir.head", "Cookie", "lang=en")
	if stopped.Header().Get("Refresh") != "" || !strings.Contains(stopped.Body.String(), "nothing is left half done") || !strings.Contains(stopped.Body.String(), "ACME") {
		t.Error("stopped: the page does not say what is left, or names no column")
	}
}

func submitted(h http.Handler, path, media string, body interface{ Read([]byte) (int, error) }) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, body)
	r.Header.Set("Content-Type", media)
	r.Header.Set("Role", "dir.head")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
