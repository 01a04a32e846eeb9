package app_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"rahgosha/internal/kernel/casework"
)

// picture is a small PNG, another one for every shade.
func picture(t testing.TB, shade uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	img.SetGray(1, 1, color.Gray{Y: shade})
	var b bytes.Buffer
	must(t, png.Encode(&b, img))
	return b.Bytes()
}

// upload puts a picture as somebody and gives its hash.
func (w *world) upload(t testing.TB, login string, shade uint8) string {
	t.Helper()
	ref, err := w.Document.Put(t.Context(), w.Province, "p-"+login, "scan.png", bytes.NewReader(picture(t, shade)))
	must(t, err)
	return ref.Hash
}

// Knowing a document's hash gives nobody the document: it is taken from who uploaded it, or from the case itself.
func TestAFileIsTakenOnlyFromWhoUploadedIt(t *testing.T) { onBoth(t, filesOfTheirOwn) }

func filesOfTheirOwn(t testing.TB, w *world) {
	t.Helper()
	theirs, own := w.upload(t, "bank.branch", 1), w.upload(t, "unit.ceo", 2)
	id := w.open(t)
	draft := func(hash string) string {
		return w.try(t, "unit.ceo", casework.Command{Case: id, Action: casework.DraftAction, Facts: map[string]any{"doc_licence": hash}})
	}
	for hash, key := range map[string]string{theirs: "casework.file_not_yours", strings.Repeat("ab", 32): "casework.file_not_yours", own: ""} {
		if got := draft(hash); got != key {
			t.Errorf("a draft with %s: %q, want %q", hash[:8], got, key)
		}
	}
	r := w.request()
	r["doc_licence"] = theirs
	if got := w.try(t, "unit.ceo", casework.Command{Case: id, Action: "submit", Facts: r}); got != "casework.file_not_yours" {
		t.Errorf("submit with another's file: %q", got)
	}
	if got := w.try(t, "unit.ceo", casework.Command{Case: id, Action: casework.DraftAction, Files: []casework.FileRef{{Document: "doc_licence", Hash: theirs}}}); got != "casework.file_not_yours" {
		t.Errorf("another's file attached: %q", got)
	}
	if got := w.try(t, "dir.expert", casework.Command{Case: id, Action: casework.DraftAction, Facts: map[string]any{"doc_licence": own},
		OnBehalf: &casework.OnBehalf{Role: "unit.ceo", Source: "paper"}}); got != "" {
		t.Errorf("the case's own file in an officer's hands: %q", got)
	}
}

// Kernel 23: an act entered on behalf has a source and evidence, and speaks for whom the case knows in that role.
func TestAnActOnBehalfNeedsASourceEvidenceAndTheRightSubject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	own, theirs := w.upload(t, "dir.expert", 3), w.upload(t, "bank.branch", 4)
	enter := func(o casework.OnBehalf, note string) string {
		return w.try(t, "dir.expert", casework.Command{Case: id, Action: "receive", Facts: map[string]any{"bank_file_no": "77"}, OnBehalf: &o, Note: note})
	}
	for name, c := range map[string]struct {
		o    casework.OnBehalf
		note string
		key  string
	}{
		"no source":          {casework.OnBehalf{Role: "bank.branch", Evidence: own}, "x", "casework.behalf_source"},
		"another source":     {casework.OnBehalf{Role: "bank.branch", Source: "rumour", Evidence: own}, "x", "casework.behalf_source"},
		"no evidence":        {casework.OnBehalf{Role: "bank.branch", Source: "letter"}, "x", "casework.behalf_evidence"},
		"another's evidence": {casework.OnBehalf{Role: "bank.branch", Source: "letter", Evidence: theirs}, "x", "casework.behalf_document"},
		"invented evidence":  {casework.OnBehalf{Role: "bank.branch", Source: "slip", Evidence: strings.Repeat("0", 64)}, "x", "casework.behalf_document"},
		"another branch":     {casework.OnBehalf{Role: "bank.branch", Subject: "branch-2", Source: "letter", Evidence: own}, "x", "casework.behalf_subject"},
		"another role":       {casework.OnBehalf{Role: "bank.head", Source: "letter", Evidence: own}, "x", "casework.not_your_action"},
		"a silent call":      {casework.OnBehalf{Role: "bank.branch", Source: "call"}, " ", "casework.behalf_call"},
	} {
		if got := enter(c.o, c.note); got != c.key {
			t.Errorf("%s: %q, want %q", name, got, c.key)
		}
	}
	if got := enter(casework.OnBehalf{Role: "bank.branch", Source: "letter", Evidence: own}, ""); got != "" {
		t.Fatalf("with a letter: %q", got)
	}
	v := w.look(t, "dir.expert", id)
	last := v.Timeline[len(v.Timeline)-1].OnBehalf
	if last == nil || last.Subject != "branch-1" || last.Evidence != own {
		t.Errorf("recorded %+v, want the bound branch and the evidence", last)
	}
	w.untouched(t)
}

// The page of an act on behalf asks for the source and the evidence, and sends both.
func TestThePageOfAnActOnBehalfAsksForSourceAndEvidence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	expert, at := newReader(t, w, "dir.expert"), "/cases/"+id+"/act/receive"
	_, page := expert.get(at)
	for _, want := range []string{`name="behalf" value="sheet"`, `name="evidence._file"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	form := formOf(page)
	form.Add("_shown", "bank_file_no")
	form.Add("bank_file_no", "77")
	form.Add("behalf", "letter")
	if status, page := expert.post(at, form); status != http.StatusUnprocessableEntity || !strings.Contains(page, `href="#evidence"`) {
		t.Errorf("without evidence: %d", status)
	}
	form.Set("_key", "another-key-1")
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, vs := range form {
		for _, v := range vs {
			must(t, m.WriteField(name, v))
		}
	}
	part, err := m.CreateFormFile("evidence._file", "letter.png")
	must(t, err)
	_, err = part.Write(picture(t, 9))
	must(t, err)
	must(t, m.Close())
	res, err := expert.c.Post(expert.url+at, m.FormDataContentType(), &b) //nolint:noctx // the client lives as long as the test
	must(t, err)
	if status, page := body(t, res); status != http.StatusSeeOther {
		t.Fatalf("with evidence: %d %s", status, page)
	}
	v := w.look(t, "dir.expert", id)
	last := v.Timeline[len(v.Timeline)-1]
	if last.OnBehalf == nil || last.OnBehalf.Source != "letter" || last.OnBehalf.Evidence == "" || len(last.Files) != 1 {
		t.Errorf("recorded %+v with files %+v", last.OnBehalf, last.Files)
	}
	if hidden := w.look(t, "unit.ceo", id); len(hidden.Timeline[len(hidden.Timeline)-1].Files) != 0 {
		t.Error("the unit sees the bank's letter to the office")
	}
}
