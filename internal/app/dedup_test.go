package app_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/store"
)

func (w *world) submitted(t testing.TB, facts map[string]any) string {
	t.Helper()
	id := w.open(t)
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: facts})
	return id
}

func alikeOf(v *casework.View) string {
	var out []string
	for _, a := range v.Alike {
		out = append(out, a.Number)
	}
	return strings.Join(out, " ")
}

// Kernel 8: the same request a second time is never stopped; staff who may see the first find it named on the second.
func TestTheSameRequestTwiceIsMarkedForStaffAndNeverStopped(t *testing.T) { onBoth(t, twiceMarked) }

func twiceMarked(t testing.TB, w *world) {
	t.Helper()
	first := w.submitted(t, w.request())
	other := w.request()
	other["amount_rial"], other["use_plan"] = "21000000000", []map[string]any{{"item": "نخ پنبه", "amount": "21000000000"}}
	apart := w.submitted(t, other)
	second := w.submitted(t, w.request())
	number := w.look(t, "dir.expert", first).Number
	if got := alikeOf(w.look(t, "dir.expert", second)); got != number {
		t.Errorf("the second is like %q, want %s", got, number)
	}
	for who, id := range map[string]string{"unit.ceo": second, "dir.expert": apart} {
		if got := alikeOf(w.look(t, who, id)); got != "" {
			t.Errorf("%s is told of %q", who, got)
		}
	}
	if _, page := newReader(t, w, "dir.expert").get("/cases/" + second); !strings.Contains(page, `href="/cases/`+first+`"`) {
		t.Error("the page has no link to the first case")
	}
	w.untouched(t)
}

// A closed case counts within the window of the rule, and no longer.
func TestAClosedRequestCountsWithinTheWindowOnly(t *testing.T) {
	t.Parallel()
	for days, like := range map[int]bool{80: true, 100: false} {
		w := newWorld(t)
		first := w.submitted(t, w.request())
		w.carry(t, first, act{who: "unit.ceo", action: "withdraw", reason: "W01"})
		w.clock.Advance(time.Duration(days) * 24 * time.Hour)
		if got := alikeOf(w.look(t, "dir.expert", w.submitted(t, w.request()))) != ""; got != like {
			t.Errorf("after %d days: marked %v, want %v", days, got, like)
		}
	}
}

// Fuzzy facts are compared by their search keys: another keyboard makes no other request, another word does.
func TestFuzzyFactsAreComparedByTheirSearchKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishEdited(t, "same_request: {exact: [unit.legal_id, package, amount_rial], window: 90 days}",
		"same_request: {exact: [unit.legal_id], fuzzy: [expected_effect], window: 90 days}")
	ask := func(effect string) string {
		r := w.request()
		r["expected_effect"] = effect
		return w.submitted(t, r)
	}
	ask("تولید نخ‌های کتان")
	if alikeOf(w.look(t, "dir.expert", ask("توليد نخ هاي كتان"))) == "" {
		t.Error("an Arabic keyboard makes another request")
	}
	if got := alikeOf(w.look(t, "dir.expert", ask("خرید دستگاه"))); got != "" {
		t.Errorf("other words are like %s", got)
	}
}

// The stored keys tell nothing: the same facts have other keys in another installation.
func TestTheKeysOfRequestsTellNothing(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for range 2 {
		w := newWorld(t)
		w.submitted(t, w.request())
		db, err := sql.Open("sqlite", filepath.Join(w.Data, store.DatabaseFile))
		must(t, err)
		var key string
		must(t, db.QueryRowContext(t.Context(), "SELECT key FROM case_dedup").Scan(&key))
		must(t, db.Close())
		if keys[key] || len(key) != 64 {
			t.Errorf("key %q", key)
		}
		keys[key] = true
	}
}
