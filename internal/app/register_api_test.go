package app_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"strings"
	"testing"
)

// send posts or gets raw bytes.
func (m *machine) send(login, method, path, body string) (int, string) {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.url+path, strings.NewReader(body))
	must(m.t, err)
	req.Header.Set("Content-Type", "text/csv")
	req.Header.Set("Authorization", "Bearer "+m.token(login))
	res, err := http.DefaultClient.Do(req)
	must(m.t, err)
	defer func() { must(m.t, res.Body.Close()) }()
	raw, err := io.ReadAll(res.Body)
	must(m.t, err)
	return res.StatusCode, string(raw)
}

// A program gives a sheet and gets back what became of it; what landed is in the export, where no cell is a formula and no
// value is personal. Who may not do either is refused.
func TestAProgramImportsAndExportsUnits(t *testing.T) {
	onBoth(t, importAndExport)
}

func importAndExport(t testing.TB, w *world) {
	m := newMachine(t, w)
	const sheet = "نام واحد,شناسه ملی,شهرستان,تعداد کارکنان,تلفن همراه\n" +
		"+بافندگی نمونه,91234567890,کرج,12,09121234567\n" +
		"بی‌شناسه,123,کرج,3,\n"
	status, out := m.send("unit.ceo", http.MethodPost, "/units/import", sheet)
	want(t, http.StatusForbidden, status, "a unit imports: "+out)
	status, out = m.send("dir.head", http.MethodPost, "/units/import?sort=x", sheet)
	want(t, http.StatusUnprocessableEntity, status, "an unknown parameter: "+out)
	for _, query := range []string{"?dry=true", ""} {
		status, out = m.send("dir.head", http.MethodPost, "/units/import"+query, sheet)
		want(t, http.StatusOK, status, out)
		if !strings.Contains(out, `"rows":2`) || !strings.Contains(out, `"row":3`) || !strings.Contains(out, "شناسه ملی") {
			t.Errorf("%q: %s", query, out)
		}
	}
	status, out = m.send("dir.expert", http.MethodGet, "/units.csv", "")
	want(t, http.StatusForbidden, status, "an expert exports: "+out)
	status, out = m.send("dir.head", http.MethodGet, "/units.csv", "")
	want(t, http.StatusOK, status, "the head exports")
	rows, err := csv.NewReader(bytes.NewBufferString(out)).ReadAll()
	must(t, err)
	if strings.Contains(out, "9121234567") {
		t.Errorf("a mobile number is in the export")
	}
	found := false
	for _, r := range rows {
		found = found || strings.HasSuffix(r[1], "بافندگی نمونه") && !strings.HasPrefix(r[1], "+")
	}
	if !found {
		t.Errorf("the unit is not in the export, or is a formula: %s", out)
	}
}

// Managers get the figures of a procedure; who does not see all of its cases gets none.
func TestAProgramReadsTheFigures(t *testing.T) {
	t.Parallel()
	m := newMachine(t, newWorld(t))
	status, out := m.call("dir.deputy", http.MethodGet, "/procedures/referral/picture", "", nil)
	if view := m.want(http.StatusOK, status, out, "the deputy's figures"); view["steps"] == nil || view["ages"] == nil {
		t.Errorf("no figures in %v", view)
	}
	status, out = m.call("bank.branch", http.MethodGet, "/procedures/referral/picture", "", nil)
	m.want(http.StatusForbidden, status, out, "a branch's figures")
	status, out = m.call("dir.deputy", http.MethodGet, "/procedures/none/picture", "", nil)
	m.want(http.StatusNotFound, status, out, "no such procedure")
}
