package registry_test

import (
	"context"
	"os"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/store"
	"rahgosha/internal/store/storetest"
)

const province = "alborz"

var expert = access.Principal{Person: "p2", Role: "dir.expert", Province: province}

var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

type world struct {
	*registry.Service
	store *store.Store
	root  *journal.Root
	clock *clock.Manual
}

var template = storetest.Template("registry")

func TestMain(m *testing.M) { os.Exit(template.Run(m)) }

// onBoth runs a test on SQLite, and on PostgreSQL where there is one.
func onBoth(t *testing.T, test func(t *testing.T, fresh func(testing.TB) world)) {
	t.Helper()
	storetest.OnBoth(t, template, func(t *testing.T, fresh storetest.Config) {
		test(t, func(t testing.TB) world { t.Helper(); return openWorld(t, fresh(t)) })
	})
}

// newWorld is a register on a fresh SQLite database.
func newWorld(t testing.TB) world {
	t.Helper()
	return openWorld(t, storetest.SQLite(t))
}

func openWorld(t testing.TB, cfg store.Config) world {
	t.Helper()
	s, c := storetest.Open(t, cfg, start)
	r, err := registry.New(registry.Config{Root: cfg.Root, Clock: c,
		Write: func(ctx context.Context, fn func(context.Context, registry.Tx) error) error {
			return s.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return fn(ctx, tx) })
		},
		Read: func(ctx context.Context, fn func(context.Context, registry.Tx) error) error {
			return s.Read(ctx, func(ctx context.Context, tx *store.Tx) error { return fn(ctx, tx) })
		}})
	if err != nil {
		t.Fatal(err)
	}
	return world{r, s, cfg.Root, c}
}

func (w world) facts(t testing.TB, unit string) map[string]casework.RegistryFact {
	t.Helper()
	var out map[string]casework.RegistryFact
	err := w.store.Read(context.Background(), func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = tx.UnitFacts(ctx, province, unit)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestWorkshopWithoutLegalIDIsAFullCitizen is scenario 1: an owner's national code suffices and no field blocks.
func TestWorkshopWithoutLegalIDIsAFullCitizen(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		w, ctx := newWorld(t), context.Background()
		nc := nationalCode(970000001)
		h := must[registry.Head](t)(w.Create(ctx, registry.Draft{Province: province, Values: map[string]any{
			"name": "خیاطی مریم", "kind": "guild", "owner_nc": nc, "county": "شهرستان کرج", "employees": "۱۲ نفر",
			"sales_last_year": "۵۰۰ میلیون تومان", "licence_expiry": "۱۴۰۶/۰۱/۳۰", "mobile": "09121234567", "status": "فعال",
		}, Provenance: registry.Provenance{Source: "declared", By: "p1"}}))
		facts := w.facts(t, h.ID)
		for field, want := range map[string]any{"unit.name": "خیاطی مریم", "unit.kind": "guild", "unit.owner_nc": nc,
			"unit.county": "کرج", "unit.employees": int64(12), "unit.sales_last_year": int64(5_000_000_000),
			"unit.licence_expiry": "2027-04-19", "unit.mobile": "+989121234567", "unit.status": "active"} {
			if got := facts[field]; got.Value != want || got.Source != "declared" && field != "unit.id" || got.AsOf != start.UnixMicro() {
				t.Errorf("%s = %+v, want %v", field, got, want)
			}
		}
	})
}

// TestArabicLettersStillFindTheUnit is scenario 2: Persian digits, a half-space and an Arabic yeh.
func TestArabicLettersStillFindTheUnit(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		w, ctx := newWorld(t), context.Background()
		legal := legalID(9900000123)
		h := must[registry.Head](t)(w.Create(ctx, registry.Draft{Province: province, Values: map[string]any{
			"name": "نساجی می‌رود ۱۲", "kind": "industrial", "legal_id": legal, "licence_no": "۱۱۴/۲۳۴۵", "county": "کرج"}}))
		for _, typed := range []string{"نساجي مي‌رود", "نساجی میرود", "نساجي می رود 12", "رود نساجی", legal, "\u200c" + persian(legal), "114/2345", "۱۱۴-۲۳۴۵"} {
			found := must[[]registry.Head](t)(w.Search(ctx, province, typed, 10))
			if len(found) != 1 || found[0].ID != h.ID {
				t.Errorf("%q found %v", typed, found)
			}
		}
		_, err := w.Create(ctx, registry.Draft{Province: province, Values: map[string]any{
			"name": "نساجي مي رود", "kind": "industrial", "legal_id": persian(legal)}})
		if f, _ := fault.As(err); f == nil || f.Key != "registry.duplicate" || f.Args["unit"] != h.ID {
			t.Errorf("a second unit with the same id: %v", err)
		}
		if found := must[[]registry.Head](t)(w.Search(ctx, province, "100%", 10)); len(found) != 0 {
			t.Errorf("%% is a letter like others, found %v", found)
		}
	})
}
