package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/store"
)

// beside plants a second person who speaks for the subject's workshop too, and gives marks of theirs: none of them is the
// subject's to have.
func beside(t testing.TB, w *world, s *subject) map[string]string {
	t.Helper()
	ctx, words := t.Context(), map[string]string{}
	word := func(mark, where string) string { words[mark] = where; return mark }
	must(t, w.Party.Add(ctx, party.Roster{
		Persons:  []party.Person{{ID: "p-beside", Name: "حسین " + word("زکدیگر", "name"), NationalCode: word("9705430713", "national code"), Mobile: "0912" + word("7654321", "mobile")}},
		Accounts: []party.Account{{Person: "p-beside", Login: "beside", Password: password}},
	}))
	ref, err := w.Document.Put(ctx, w.Province, "p-beside", word("xq-evidence", "file name of the evidence")+".txt", strings.NewReader(word("xq-gazette", "content of the evidence")))
	must(t, err)
	c, err := w.Registry.MakeClaim(ctx, registry.Claim{Province: w.Province, Unit: s.unit, Person: "p-beside", Post: "unit.rep", Evidence: ref.Hash})
	must(t, err)
	_, err = w.Registry.DecideClaim(ctx, w.expert(), registry.ClaimStep{ID: c.ID, State: registry.ClaimVerified})
	must(t, err)
	_, err = w.Trade.Say(ctx, trade.UnitProduct{Province: w.Province, Unit: s.unit, Edition: "HS2022", Code: "5703", State: trade.Confirmed, Word: word("xq-looms", "word on machines"), By: "p-beside"})
	must(t, err)
	ans, err := w.Engine.Act(ctx, w.as(t, "beside"), casework.Command{Key: "open-" + app.NewID(), Procedure: "referral", Unit: s.unit})
	must(t, err)
	s.cases = append(s.cases, ans.Case)
	file, err := w.Document.Put(ctx, w.Province, "p-beside", "scan.txt", strings.NewReader(word("xq-content", "content of a file")))
	must(t, err)
	if got := w.try(t, "beside", casework.Command{Case: ans.Case, Action: "submit", Facts: w.request(),
		Files: []casework.FileRef{{Document: "D01", Hash: file.Hash, Name: casework.Value{V: word("xq-file", "name of a file") + ".txt"}}}}); got != "" {
		t.Fatal(got)
	}
	if got := w.try(t, "beside", casework.Command{Case: ans.Case, Action: casework.NoteAction, Note: word("xq-note", "note to their own people"), NoteFor: "staff"}); got != "" {
		t.Fatal(got)
	}
	if got := w.try(t, "dir.expert", casework.Command{Case: ans.Case, Action: casework.NoteAction, Note: word("xq-office", "note of the office"), NoteFor: "staff"}); got != "" {
		t.Fatal(got)
	}
	_, err = w.Engine.KeepView(ctx, w.principalOf(t, "beside"), casework.SavedView{Name: word("xq-view", "list"), Ask: "v=open"})
	must(t, err)
	enter(t, w.App, "auditor", password).send(http.MethodGet, "/search?q="+url.QueryEscape(word("xq-search", "an auditor's search")), nil)
	w.settle(ctx, t)
	return words
}

// A person gets all that is theirs and nothing of others: from the page, over the API, and on paper from an officer.
func TestOneGetsAllOnesDataAndNothingOfOthers(t *testing.T) {
	onBoth(t, func(t testing.TB, w *world) { ownDataOnly(t, w, nil) })
}

func TestOthersDataAreFoundInADossier(t *testing.T) {
	t.Parallel()
	for words, plant := range map[string]planting{
		"theirs: file name of the evidence": func(_ testing.TB, w *world) { w.PapersOfNobody() },
		"others': content of a file":        func(_ testing.TB, w *world) { w.PapersByUnit() },
		"theirs: client abroad":             triggers("DELETE FROM service_record"),
		"others': word on machines":         triggers("UPDATE unit_product SET said_by = 'p-leaver'"),
		"others': name of a file":           triggers("DELETE FROM unit_claim WHERE person = 'p-beside'"),
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			control.Finds(t, words, func(t testing.TB) { ownDataOnly(t, newWorld(t), plant) })
		})
	}
}

func ownDataOnly(t testing.TB, w *world, plant planting) {
	t.Helper()
	s := leaver(t, w)
	others := beside(t, w, s)
	delete(s.words, "zq-staff")   // the office's own
	delete(s.words, "0499370899") // looked for as a value below
	if plant != nil {
		plant(t, w)
	}
	b := enter(t, w.App, s.login, password)
	got := b.send(http.MethodPost, "/account/data", url.Values{})
	if got.Code != http.StatusOK || got.Header().Get("Content-Type") != "application/zip" {
		t.Fatalf("the page gave %d: %s", got.Code, got.Body)
	}
	whole := unzipped(t, got.Body.Bytes())
	all := strings.Join(values(whole), "\n")
	for mark, where := range s.words {
		if !strings.Contains(all, mark) {
			t.Errorf("theirs: %s (%s) is not given", where, mark)
		}
	}
	for mark, where := range others {
		if strings.Contains(all, mark) {
			t.Errorf("others': %s (%s) is given", where, mark)
		}
	}
	if strings.Contains(all, "zq-staff") {
		t.Error("others': the office's own note is given")
	}
	d := dossierIn(t, whole)
	if d.Person.NationalCode != "0499370899" || len(d.Ways) != 1 || len(d.Sessions) == 0 || len(d.Claims) != 1 || len(d.Cases) != 2 || len(d.Lists) != 1 {
		t.Errorf("the parts are %+v", d)
	}
	if len(d.Looked) < 2 {
		t.Errorf("the auditor's searches for them are not told: %+v", d.Looked)
	}
	if !bytes.HasPrefix([]byte(whole["data.fa.pdf"]), []byte("%PDF-")) {
		t.Error("there is nothing to read")
	}
	if plant == nil {
		givenOnPaper(t, w, s, others)
		spokeOnce(t, w, s, others)
	}
}

// spokeOnce: who no longer speaks for a unit gets what they did, and nothing else of its cases and file.
func spokeOnce(t testing.TB, w *world, s *subject, theirs map[string]string) {
	t.Helper()
	claims, err := w.Registry.ClaimsBy(t.Context(), w.Province, "p-beside")
	must(t, err)
	_, err = w.Registry.DecideClaim(t.Context(), w.expert(), registry.ClaimStep{ID: claims[0].ID, State: registry.ClaimEnded, Reason: "پایان"})
	must(t, err)
	all := strings.Join(values(unzipped(t, enter(t, w.App, "beside", password).send(http.MethodGet, "/api/v1/person", nil).Body.Bytes())), "\n")
	for mark, where := range theirs {
		if given, office := strings.Contains(all, mark), mark == "xq-office" || mark == "xq-search"; given == office {
			t.Errorf("who spoke once: %s (%s) is given: %v", where, mark, given)
		}
	}
	for mark, where := range s.words {
		if where != "name of the workshop" && strings.Contains(all, mark) {
			t.Errorf("who spoke once gets another's %s (%s)", where, mark)
		}
	}
}

// givenOnPaper gives the same to an officer with a ground, and to nobody else; the journal keeps each, by ids alone.
func givenOnPaper(t testing.TB, w *world, s *subject, others map[string]string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	if _, err := w.Privacy.Give(ctx, w.expert(), s.person, "نامهٔ ۷"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an expert takes somebody's data: %v", err)
	}
	dg := officer(w, "p-dir.dg", "dir.dg")
	if _, err := w.Privacy.Give(ctx, dg, s.person, " "); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a ground: %v", err)
	}
	d, err := w.Privacy.Give(ctx, dg, s.person, "zq-paper ۷")
	must(t, err)
	raw, err := json.Marshal(d)
	must(t, err)
	for mark, where := range others {
		if strings.Contains(string(raw), mark) {
			t.Errorf("others': %s (%s) is given on paper", where, mark)
		}
	}
	var told []string
	must(t, w.Store.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		entries, err := tx.CaseEntries(ctx, w.Province, journal.PersonKey(s.person))
		for _, e := range entries {
			told = append(told, e.Leaf.Kind+" "+e.Leaf.Cause+" "+e.Leaf.Actor)
			if strings.Contains(string(e.Bytes), "zq-paper") {
				t.Error("the ground stands in the open journal")
			}
		}
		return err
	}))
	if want := "people.exported self " + s.person + ",people.exported paper p-dir.dg"; strings.Join(told, ",") != want {
		t.Errorf("the journal tells %v, want %s", told, want)
	}
}

// Who has a second factor shows it first; too many in a row are put off; over the API it is the same file.
func TestOnesDataAskForTheSecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := enter(t, w.App, "unit.ceo", password)
	for range 3 {
		want(t, http.StatusOK, b.send(http.MethodPost, "/account/data", url.Values{}).Code, "the page")
	}
	want(t, http.StatusTooManyRequests, b.send(http.MethodPost, "/account/data", url.Values{}).Code, "a fourth")
	rep := enter(t, w.App, "unit.rep", password)
	got := rep.send(http.MethodGet, "/api/v1/person", nil)
	if d := dossierIn(t, unzipped(t, got.Body.Bytes())); d.Person.ID != "p-unit.rep" || d.Ground != privacy.ByThemself {
		t.Errorf("over the API: %+v", d.Person)
	}
	code := rep.enrols(w)
	w.clock.Advance(16 * time.Minute)
	got = rep.send(http.MethodPost, "/account/data", url.Values{})
	if got.Code != http.StatusUnauthorized {
		t.Errorf("without the second factor: %d", got.Code)
	}
	want(t, http.StatusOK, rep.send(http.MethodPost, "/account/data", url.Values{"_code": {code()}}).Code, "with it")
}

func unzipped(t testing.TB, raw []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	must(t, err)
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		content, err := io.ReadAll(r)
		must(t, err)
		out[filepath.ToSlash(f.Name)] = string(content)
	}
	return out
}

// values are a zip's texts: JSON without its escapes, and what lies beside.
func values(files map[string]string) (out []string) {
	for name, content := range files {
		out = append(out, name, content)
	}
	return out
}

func dossierIn(t testing.TB, files map[string]string) (d privacy.Dossier) {
	t.Helper()
	must(t, json.Unmarshal([]byte(files["data.json"]), &d))
	return d
}
