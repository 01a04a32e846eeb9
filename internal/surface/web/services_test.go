package web_test

import (
	"context"
	"math"
	"net/http"
	"strings"
	"testing"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/web"
)

// serviceBench is a register of one contract with a statement that counts and one that waits, in memory.
type serviceBench struct{}

func (serviceBench) register() *services.Register {
	f := services.Fields{Contract: "ق-۱", LegalID: "99238044819", Firm: "شرکت نمونه", Client: "کارفرمای نمونه", Country: "IRQ", Category: "TS02", EBOPS: "SE", Currency: "USD", Amount: 5_000_000_00, On: "2025-04-01"}
	s := services.Fields{Contract: "ق-۱", Currency: "USD", Number: "۱", From: "2025-04-01", To: "2025-06-21", On: "2025-07-01", Amount: 1_000_000_00}
	waits := s
	waits.Number = "۲"
	rate := services.Fields{Currency: "AED", On: "2025-06-01", PerUSD: 3_672_500, Source: "مرکز مبادله"}
	figure := services.Fields{Name: "target", Amount: 2_000_000_00, To: "2026-03-20", Source: "برنامهٔ سال"}
	list := []services.Record{{ID: "c1", Thing: "c1", Kind: services.Contract, Fields: f, State: services.Approved}, {ID: "s1", Thing: "s1", Of: "c1", Kind: services.Statement, Fields: s, State: services.Approved},
		{ID: "s2", Thing: "s2", Of: "c1", Kind: services.Statement, Fields: waits, State: services.Submitted}, {ID: "r1", Thing: "r1", Kind: services.Rate, Fields: rate, State: services.Approved},
		{ID: "f1", Thing: "f1", Kind: services.Figure, Fields: figure, State: services.Approved}}
	for i := range list {
		list[i].At, list[i].By = now.UnixMicro(), "p2"
	}
	return services.NewRegister(list)
}

func (b serviceBench) ServiceShares(_ context.Context, p access.Principal, _ int) (services.Answer, *trade.Source, error) {
	period, err := services.YearTo(1404, "")
	if err != nil {
		return services.Answer{}, nil, err
	}
	list, err := b.register().Shares(period, nil, nil)
	return services.Answer{Period: period, Years: []int{1404}, Shares: list, Said: services.ReportedShares(), MayRead: access.Authorize(p, "services", "read") == nil}, nil, err
}

func (b serviceBench) ServiceRegister(_ context.Context, p access.Principal) (*services.Register, web.ServiceRights, error) {
	officer := access.Authorize(p, "services", "enter") == nil
	return b.register(), web.ServiceRights{Unit: p.Unit, Client: true, Enter: true, Publish: officer, Decide: officer}, nil
}

func (b serviceBench) ServiceWork(context.Context, access.Principal, int, string) ([]services.Item, services.Period, []int, error) {
	period, err := services.YearTo(1404, "")
	return b.register().Work(period, nil), period, []int{1404}, err
}

func (serviceBench) EnterService(context.Context, access.Principal, services.Entry) (services.Record, error) {
	return services.Record{Thing: "c1"}, nil
}

func (serviceBench) DecideServices(context.Context, access.Principal, services.Decision, []string) error {
	return nil
}

func (serviceBench) Countries(context.Context, access.Principal) (map[string]locale.Text, error) {
	return map[string]locale.Text{"IRQ": {FA: "عراق", EN: "Iraq"}}, nil
}

// Every variant, flag, state and field has its words in both languages.
func TestEveryWordOfServicesIsThere(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, v := range services.Variants() {
		keys = append(keys, "tes.variant."+string(v), "tes.variant."+string(v)+".says", "tes.variant."+string(v)+".letter")
	}
	for _, k := range services.Kinds() {
		keys = append(keys, "tes.kind."+string(k), "tes.enter."+string(k), "tes.enter."+string(k)+".lede")
		for _, f := range services.FieldsOf(k) {
			keys = append(keys, "tes.f."+f.Name)
		}
	}
	for _, f := range services.FigureNames() {
		keys = append(keys, "tes.figure."+f.Code)
		if f.Code != "reported" {
			keys = append(keys, "tes.lacks."+f.Code, "tes.made."+f.Code)
		}
	}
	for _, f := range []string{services.FlagIsDeclared, services.FlagNoCustoms, services.FlagNoGoods, services.FlagStraddles, services.FlagTwice, services.FlagUnknown} {
		keys = append(keys, "tes.flag."+f)
	}
	for _, why := range []string{services.WhyElsewhere, services.WhyNoRate, services.WhyNotApproved} {
		keys = append(keys, "tes.why."+why)
	}
	for _, key := range keys {
		for _, l := range []locale.Lang{locale.FA, locale.EN} {
			if !locale.Has(l, key) {
				t.Errorf("%s has no words in %s", key, l)
			}
		}
	}
}

// What is not loaded is said to be not known, with how to load it, and never 0.
func TestWhatIsNotLoadedIsNotKnown(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, newBench(t).config)
	page := get(h, "/trade/services", "Role", "dir.head").Body.String()
	if strings.Count(page, "نامعلوم") < 8 || !strings.Contains(page, "rahgosha import trade FILE --kind province") || !strings.Contains(page, "۵۰٪") || !strings.Contains(page, "تعریف اعلام نشده") {
		t.Errorf("the page of shares: %s", page)
	}
	s := services.Share{Variant: services.OfTarget, Firms: services.LeastFirms - 1, Over: 5, Under: 10, Ratio: 0.5, Made: []services.Made{{What: "work", Amount: 5}}}
	if s.Mask(); s.Over != 0 || s.Under != 0 || !math.IsNaN(s.Ratio) || s.Made[0].Amount != 0 {
		t.Errorf("masked it is %+v", s)
	}
	if out := get(h, "/trade/services/work", "Role", "bank.branch"); out.Code != http.StatusForbidden {
		t.Errorf("a bank reads the statements: %d", out.Code)
	}
}
