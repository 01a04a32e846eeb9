package registry_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/kernel/registry"
)

// spellings are the ways in which people write the same name: with Arabic letters, other digits, half-spaces, blanks.
var spellings = []struct{ from, to string }{
	{"ی", "ي"}, {"ک", "ك"}, {"‌", " "}, {"‌", ""}, {"1", "۱"}, {"2", "٢"}, {"ا", "آ"}, {"ه", "ة"},
}

// respelled writes a name in another way.
func respelled(t *rapid.T, name string) string {
	for i, s := range spellings {
		if rapid.Bool().Draw(t, s.to+string(rune('a'+i))) {
			name = strings.ReplaceAll(name, s.from, s.to)
		}
	}
	return name
}

// A unit is found by its name however it is spelled, by any two of its words in any order, and by what is typed so far.
func TestAnySpellingFindsTheUnit(t *testing.T) {
	vocabulary := []string{"بافندگی", "نساجی", "می‌رود", "آفتاب‌البرز", "کارگاه", "12", "خیاطی", "پوشاک", "ریسندگی", "شماره 21"}
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		w, ctx, made := newWorld(t), context.Background(), map[string]string{}
		rapid.Check(t, func(t *rapid.T) {
			words := rapid.SliceOfNDistinct(rapid.SampledFrom(vocabulary), 2, 4, rapid.ID).Draw(t, "words")
			name := strings.Join(words, " ")
			if made[name] == "" {
				h, err := w.Create(ctx, registry.Draft{Province: province, Values: map[string]any{
					"name": name, "kind": "industrial", "legal_id": legalID(9123450000 + len(made))}})
				if err != nil {
					t.Fatal(err)
				}
				made[name] = h.ID
			}
			last := []rune(words[len(words)-1])
			two := words[1] + " " + words[0]
			for _, typed := range []string{respelled(t, name), respelled(t, two), words[0] + " " + string(last[:len(last)-1])} {
				found, err := w.Search(ctx, province, typed, 200)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.ContainsFunc(found, func(h registry.Head) bool { return h.ID == made[name] }) {
					t.Fatalf("%q does not find %q, but %v", typed, name, found)
				}
			}
		})
	})
}

// A changed name is found by its new words and no more by those it lost.
func TestARenamedUnitIsFoundByItsNewNameOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		w, ctx := newWorld(t), context.Background()
		h := must[registry.Head](t)(w.Create(ctx, registry.Draft{Province: province, Values: map[string]any{
			"name": "بافندگی سپیدار", "kind": "industrial", "legal_id": legalID(9223450001)}}))
		must[registry.Head](t)(w.SetFields(ctx, province, h.ID, 0, map[string]any{"name": "ریسندگی آفتاب"}, registry.Provenance{Source: "verified", By: "p1"}))
		for typed, want := range map[string]int{"سپیدار": 0, "بافندگی": 0, "آفتاب": 1, "ریس": 1} {
			if found := must[[]registry.Head](t)(w.Search(ctx, province, typed, 10)); len(found) != want {
				t.Errorf("%q finds %d, want %d", typed, len(found), want)
			}
		}
	})
}

// An export gives every unit once, with its open values and none that is personal, and leaves an entry in the journal.
func TestExportGivesEveryUnitWithoutPersonalValues(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		w, ctx := newWorld(t), context.Background()
		var drafts []registry.Draft
		for i := range 1200 {
			drafts = append(drafts, registry.Draft{Province: province, Values: map[string]any{
				"name": "کارگاه " + persian(legalID(9323450000+i)), "kind": "industrial", "legal_id": legalID(9323450000 + i),
				"employees": "7", "mobile": "09121234567"}})
		}
		must[[]registry.Head](t)(w.CreateAll(ctx, drafts))
		employees := slices.IndexFunc(registry.ExportFields(), func(f registry.Field) bool { return f.ID == "employees" })
		seen := map[string]bool{}
		err := w.Export(ctx, province, "p1", func(u registry.Exported) error {
			seen[u.ID] = true
			if u.Values[employees] != "7" {
				t.Errorf("%s has %q employees", u.ID, u.Values[employees])
			}
			if all := strings.Join(u.Values, "|"); strings.Contains(all, "9121234567") {
				t.Errorf("%s shows a mobile number: %s", u.ID, all)
			}
			return nil
		})
		if err != nil || len(seen) != len(drafts) {
			t.Fatalf("%d of %d units, %v", len(seen), len(drafts), err)
		}
	})
}

// An identifier that a unit has no more finds it no more; the one in its place does, and so do those that stayed.
func TestAUnitIsFoundByItsPresentIdentifiersOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		w, ctx := newWorld(t), context.Background()
		h := must[registry.Head](t)(w.Create(ctx, registry.Draft{Province: province, Values: map[string]any{
			"name": "بافندگی سپیدار", "kind": "industrial", "legal_id": legalID(9223450001), "mobile": "09121234567", "licence_no": "12/34"}}))
		must[registry.Head](t)(w.SetFields(ctx, province, h.ID, 0, map[string]any{"mobile": "09357654321", "licence_no": nil},
			registry.Provenance{Source: "declared", By: "p1"}))
		for typed, want := range map[string]int{"09121234567": 0, "12/34": 0, "09357654321": 1, legalID(9223450001): 1} {
			if found := must[[]registry.Head](t)(w.Search(ctx, province, typed, 10)); len(found) != want {
				t.Errorf("%q finds %d, want %d", typed, len(found), want)
			}
		}
	})
}
