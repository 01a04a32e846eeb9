package app_test

import (
	"net/http"
	"strings"
	"testing"
)

// Every read of an auditor stands in the journal before it is answered, through pages and the API alike; a refused one
// shows nothing and leaves nothing, and the same reads by an expert leave none.
func TestAnAuditorsReadsAreJournalled(t *testing.T) { t.Parallel(); auditorsReads(t, newWorld(t)) }

func auditorsReads(t testing.TB, w *world) {
	t.Helper()
	id := w.open(t)
	auditor, expert := enter(t, w.App, "auditor", password), enter(t, w.App, "dir.expert", password)
	reads := []string{"/desk", "/cases?q=%D8%B3%D9%BE%DB%8C%D8%AF%D8%A7%D8%B1", "/cases/" + id, "/cases/" + id + "/file", "/cases/" + id + "/file.pdf", "/units", "/units/" + w.unit, "/audit", "/api/v1/cases/" + id}
	for i, path := range reads {
		want(t, http.StatusOK, auditor.send(http.MethodGet, path, nil).Code, path)
		if got := len(strings.Fields(w.kindsIn(t, "reads:p-auditor"))); got != i+1 {
			t.Fatalf("after %s the journal holds %d reads, want %d", path, got, i+1)
		}
		expert.send(http.MethodGet, path, nil)
	}
	want(t, http.StatusForbidden, auditor.send(http.MethodGet, "/units/import", nil).Code, "a page that is not theirs")
	if got := w.kindsIn(t, "reads:p-auditor") + w.kindsIn(t, "reads:p-dir.expert"); got != strings.TrimSpace(strings.Repeat("read ", len(reads))) {
		t.Errorf("the journal holds %q", got)
	}
	page := auditor.send(http.MethodGet, "/audit", nil).Body.String()
	if !strings.Contains(page, "/cases/"+id+"</code>") || !strings.Contains(page, "q=%D8%B3") {
		t.Error("the audit page does not tell what was read and asked")
	}
	if chief := enter(t, w.App, "dir.dg", password).send(http.MethodGet, "/audit", nil).Body.String(); strings.Contains(chief, `id="reads"`) {
		t.Error("the Director-General sees the auditor's reads")
	}
	w.untouched(t)
}
