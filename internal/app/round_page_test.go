package app_test

import (
	"net/http"
	"strings"
	"testing"
)

// holds says which of the texts a page lacks.
func holds(t testing.TB, page string, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !strings.Contains(page, s) {
			t.Errorf("the page lacks %q", s)
		}
	}
}

func TestACommitteeDecidesOnThePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.council(t)
	first, second := w.grant(t, "P1", 500, 90), w.grant(t, "P1", 300, 80)
	id := w.opened(t, "council.sec", "session", "")
	w.carry(t, id, act{who: "council.sec", action: "convene", facts: map[string]any{"package": "P1", "budget_rial": "600"}})

	r := newReader(t, w, "council.sec")
	_, page := r.get("/cases/" + id)
	holds(t, page, "/cases/"+first, "/cases/"+second, "از این‌جا به پایین در بودجه نمی‌گنجد", "رتبه")
	if strings.Index(page, "/cases/"+first) > strings.Index(page, "نمی‌گنجد") {
		t.Error("the cut line stands above the first")
	}
	unit := newReader(t, w, "unit.ceo")
	_, page = unit.get("/cases/" + first)
	holds(t, page, "در دستور", "/cases/"+id)

	_, page = r.get("/cases/" + id + "/act/decide")
	form := formOf(page)
	form["_shown"] = []string{"session.1", "session.1.note", "session.2", "session.2.note"}
	form.Set("session.1", "approve")
	form.Set("session.2", "approve")
	form.Set("session.2.note", "اشتغال بیشتر")
	status, page := r.post("/cases/"+id+"/act/decide", form)
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("over the budget: %d", status)
	}
	holds(t, page, "۲۰۰ ریال بیش از بودجه", "اشتغال بیشتر")
	form.Set("_key", formOf(page).Get("_key"))
	form.Set("session.2", "wait")
	if status, page = r.post("/cases/"+id+"/act/decide", form); status >= 400 {
		t.Fatal(status, between(page, "<main", "</main>"))
	}
	w.carry(t, id, act{who: "council.member", action: "sign"}, act{who: "dir.dg", action: "sign"})
	w.drain(t)
	_, page = newReader(t, w, "council.sec").get("/cases/" + id) // staff sessions end when nobody uses them
	holds(t, page, "انجام شد")
	_, page = unit.get("/cases/" + first)
	holds(t, page, "با امضای")
}
