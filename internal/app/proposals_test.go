package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"rahgosha/internal/app"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/store"
)

// zipOf packs a folder as a person would, with a folder around it.
func zipOf(t testing.TB, folder fstest.MapFS) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, f := range folder {
		w, err := z.Create("referral/" + name)
		must(t, err)
		_, err = w.Write(f.Data)
		must(t, err)
	}
	must(t, z.Close())
	return out.Bytes()
}

// upload sends a file.
func (b *browser) upload(path, field, name string, content []byte) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.uploadWith(nil, path, field, name, content)
}

// uploadWith sends a file, none where it has no name, with the answers of a form.
func (b *browser) uploadWith(form url.Values, path, field, name string, content []byte) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k, vs := range form {
		must(b.t, m.WriteField(k, vs[0]))
	}
	if name != "" {
		part, err := m.CreateFormFile(field, name)
		must(b.t, err)
		_, err = part.Write(content)
		must(b.t, err)
	}
	must(b.t, m.Close())
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "http://localhost"+path, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "lang", Value: "en"})
	r.AddCookie(b.c)
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w
}

// checked sends a version that is proved, and gives its page's address.
func (b *browser) checked(folder fstest.MapFS) string {
	b.t.Helper()
	w := b.upload("/admin/procedures", "folder", "referral.zip", zipOf(b.t, folder))
	at := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(at, "/admin/procedures/") {
		b.t.Fatalf("checking: %d %s", w.Code, w.Body)
	}
	return at
}

func (b *browser) do(at, act, why string) int {
	b.t.Helper()
	return b.send(http.MethodPost, at, url.Values{"_do": {act}, "why": {why}}).Code
}

// sole names the publications of a chain that one person did alone: the journal tells who proposed and who approved.
func (w *world) sole(t testing.TB, chain string) (out []string) {
	t.Helper()
	proposer := ""
	must(t, w.Store.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		entries, err := tx.CaseEntries(ctx, w.Province, chain)
		for _, e := range entries {
			switch e.Leaf.Kind {
			case "procedure.proposed":
				proposer = e.Leaf.Actor
			case casework.KindPublished:
				two := strings.Fields(e.Leaf.Actor)
				if len(two) != 2 || two[0] == two[1] || proposer != "" && (two[0] != proposer || two[1] == proposer) {
					out = append(out, e.Leaf.Actor+" after "+proposer)
				}
			}
		}
		return err
	}))
	return out
}

func TestTwoPersonsPublishFromTheWeb(t *testing.T) { onBoth(t, publishedFromTheWeb) }

func publishedFromTheWeb(t testing.TB, w *world) {
	waiting := w.toDecision(t)
	deputy, dg, expert := enter(t, w.App, "dir.deputy", password), enter(t, w.App, "dir.dg", password), enter(t, w.App, "dir.expert", password)
	at := deputy.checked(second(t, "{other: forward}"))
	page := deputy.send(http.MethodGet, at, nil).Body.String()
	for _, want := range []string{"5 working days to 7 working days", waiting, `value="propose"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of a checked version lacks %q: %s", want, page)
		}
	}
	if got := dg.send(http.MethodGet, at, nil).Code; got != http.StatusNotFound {
		t.Errorf("somebody else sees what was only checked: %d", got)
	}
	for _, step := range []struct {
		who  *browser
		act  string
		want int
	}{
		{dg, "approve", http.StatusNotFound}, {expert, "propose", http.StatusForbidden}, {deputy, "approve", http.StatusForbidden},
		{deputy, "propose", http.StatusSeeOther}, {deputy, "propose", http.StatusConflict}, {deputy, "approve", http.StatusForbidden},
		{expert, "approve", http.StatusForbidden}, {dg, "withdraw", http.StatusForbidden}, {dg, "nonsense", http.StatusUnprocessableEntity},
		{dg, "approve", http.StatusSeeOther}, {dg, "approve", http.StatusConflict}, {dg, "decline", http.StatusUnprocessableEntity},
	} {
		if got := step.who.do(at, step.act, ""); got != step.want {
			t.Errorf("%s: %d, want %d", step.act, got, step.want)
		}
	}
	if v := w.look(t, "unit.ceo", w.open(t)); v.Procedure.Version != "1.1" {
		t.Errorf("a new case stands on %s", v.Procedure.Version)
	}
	if got := w.kindsIn(t, "procedure:referral"); !strings.HasSuffix(got, "procedure.proposed published") {
		t.Errorf("the journal holds %q", got)
	}
	if found := w.sole(t, "procedure:referral"); len(found) > 0 {
		t.Errorf("one person published: %v", found)
	}
	public := (&browser{t: t, h: dg.h}).send(http.MethodGet, "/procedures/referral", nil).Body.String()
	for _, want := range []string{"version 1.1", "version 1.0", "against version 1.0", "5 working days to 7 working days", "The first version"} {
		if !strings.Contains(public, want) {
			t.Errorf("the public page lacks %q", want)
		}
	}
	if got := deputy.upload("/admin/procedures", "folder", "x.zip", zipOf(t, second(t, "{other: forward}"))); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), "published already") {
		t.Errorf("the same version again: %d", got.Code)
	}
}

func TestAVersionIsDeclinedWithAReasonOrWithdrawn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deputy, dg := enter(t, w.App, "dir.deputy", password), enter(t, w.App, "dir.dg", password)
	at := deputy.checked(second(t, "{other: pin}"))
	deputy.do(at, "propose", "")
	if got := dg.do(at, "decline", "no"); got != http.StatusUnprocessableEntity {
		t.Errorf("declined without a reason: %d", got)
	}
	if got := dg.do(at, "decline", "The deadline of law is five days"); got != http.StatusSeeOther {
		t.Errorf("declining: %d", got)
	}
	if page := deputy.send(http.MethodGet, at, nil).Body.String(); !strings.Contains(page, "The deadline of law is five days") {
		t.Error("the proposer does not read why")
	}
	at = deputy.checked(second(t, "{other: pin}"))
	deputy.do(at, "propose", "")
	if got := deputy.do(at, "withdraw", ""); got != http.StatusSeeOther {
		t.Errorf("withdrawing: %d", got)
	}
	if got := dg.do(at, "approve", ""); got != http.StatusConflict {
		t.Errorf("a withdrawn version was approved: %d", got)
	}
	if got := w.kindsIn(t, "procedure:referral"); !strings.HasSuffix(got, "procedure.proposed procedure.declined procedure.proposed procedure.withdrawn") {
		t.Errorf("the journal holds %q", got)
	}
}

func TestAVersionWithProblemsIsNotKeptAndSaysThemAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deputy := enter(t, w.App, "dir.deputy", password)
	bad := second(t, "{other: pin}", "holder: dir.expert", "holder: dir.expertt")
	got := deputy.upload("/admin/procedures", "folder", "x.zip", zipOf(t, bad))
	body := got.Body.String()
	if got.Code != http.StatusUnprocessableEntity || !regexp.MustCompile(`procedure\.yaml:\d+:\d+`).MatchString(body) || !strings.Contains(body, "To mend it:") || !strings.Contains(body, "dir.expert") {
		t.Errorf("%d %s", got.Code, body)
	}
	got = deputy.upload("/admin/procedures", "folder", "x.zip", []byte("no zip"))
	if got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), `id="folder-error"`) {
		t.Errorf("no zip: %d", got.Code)
	}
	if strings.Contains(deputy.send(http.MethodGet, "/admin/procedures", nil).Body.String(), "referral") {
		t.Error("a version with problems was kept")
	}
	if got := enter(t, w.App, "unit.ceo", password).send(http.MethodGet, "/admin/procedures", nil).Code; got != http.StatusForbidden {
		t.Errorf("an applicant sees the page: %d", got)
	}
}

// TestOnePersonsPublicationIsFound is the control of the two-person rule: with the rule blinded by a row that names
// somebody else as the proposer, one person gets through, and the journal's law finds it.
func TestOnePersonsPublicationIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deputy := enter(t, w.App, "dir.deputy", password)
	at := deputy.checked(second(t, "{other: pin}"))
	deputy.do(at, "propose", "")
	id := strings.TrimPrefix(at, "/admin/procedures/")
	must(t, w.Store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Proposal(ctx, w.Province, id)
		if err != nil {
			return err
		}
		p.ID, p.GivenBy = app.NewID(), "p-dir.dg"
		at = "/admin/procedures/" + p.ID
		return tx.SaveProposal(ctx, p)
	}))
	if got := deputy.do(at, "approve", ""); got != http.StatusSeeOther {
		t.Fatalf("the planted row does not blind the rule: %d", got)
	}
	if found := w.sole(t, "procedure:referral"); len(found) != 1 {
		t.Errorf("the journal's law found %v", found)
	}
}

// Whatever is stored, a definition with one approver twice is refused below the page too.
func TestTheStoreRefusesOneApproverTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _, err := w.Publish(t.Context(), second(t, "{other: pin}"), [2]string{"p-dir.dg", "p-dir.dg"})
	if !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}
