package app_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// verifier builds the outsiders' program.
func outsidersProgram(t testing.TB) func(args ...string) (string, error) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "verify")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "rahgosha/cmd/rahgosha-verify").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return func(args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), program, append(args, "-lang", "en")...).CombinedOutput()
		return string(out), err
	}
}

// keep writes what was fetched into a file, as a person does.
func kept(t testing.TB, name string, body []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(file, body, 0o600))
	return file
}

// A unit takes its letter and its case home: with the public key alone, and no network, both are proved, and what was
// changed is found. The journal keeps who took the case.
func TestALetterAndACaseAreProvedAtHome(t *testing.T) { onBoth(t, provedAtHome) }

func provedAtHome(t testing.TB, w *world) {
	t.Helper()
	verify := outsidersProgram(t)
	id := w.requested(t)
	w.settle(t.Context(), t)
	key, err := w.VKey()
	must(t, err)
	unit := enter(t, w.App, "unit.ceo", password)
	letters := w.look(t, "unit.ceo", id).Letters
	if len(letters) == 0 {
		t.Fatal("a request has no letter")
	}
	for _, suffix := range []string{".txt", ".pdf"} {
		got := unit.send(http.MethodGet, "/letters/"+letters[0].Token+suffix, nil)
		if got.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", suffix, got.Code, got.Body)
		}
		body := got.Body.Bytes()
		if out, err := verify("receipt", kept(t, "letter"+suffix, body), "-key", key); err != nil || !strings.Contains(out, letters[0].Number) || strings.Contains(out, "compare number") {
			t.Errorf("%s: %v\n%s", suffix, err, out)
		}
		held := kept(t, "held"+suffix, body)
		if code, out := run(t, "journal", "verify", w.published(t), "--key", key, "--receipt", held); code != 0 {
			t.Errorf("the journal lacks what %s proves: %d %s", suffix, code, out)
		}
		start := bytes.Index(body, []byte("rahgosha letter v1\n"))
		changed := append(bytes.Clone(body[:start]), bytes.Replace(body[start:], []byte(letters[0].Number), []byte(letters[0].Number+"0"), 1)...)
		if out, err := verify("receipt", kept(t, "changed"+suffix, changed), "-key", key); err == nil || !strings.Contains(out, "not that of the letter") {
			t.Errorf("%s changed: %v\n%s", suffix, err, out)
		}
	}
	for _, address := range []string{"/cases/" + id + "/container.zip", "/api/v1/cases/" + id + "/container"} {
		got := unit.send(http.MethodGet, address, nil)
		if got.Code != http.StatusOK || got.Header().Get("Content-Type") != "application/zip" {
			t.Fatalf("%s: %d %s", address, got.Code, got.Body)
		}
		file := kept(t, "case.zip", got.Body.Bytes())
		out, err := verify("container", file, "-key", key)
		if err != nil || !strings.Contains(out, letters[0].Number) {
			t.Errorf("%s: %v\n%s", address, err, out)
		}
		bad := got.Body.Bytes()
		bad[len(bad)/2] ^= 1
		if out, err := verify("container", kept(t, "bad.zip", bad), "-key", key); err == nil {
			t.Errorf("%s changed:\n%s", address, out)
		}
	}
	exported := 0
	w.settle(t.Context(), t)
	for _, l := range w.admin(t).entries(t) {
		if l.Kind == "case.exported" && l.Actor == "p-unit.ceo" {
			exported++
		}
	}
	if exported != 2 {
		t.Errorf("the journal knows of %d exports, want 2", exported)
	}
	if got := enter(t, w.App, "bank.branch", password).send(http.MethodGet, "/cases/"+id+"/container.zip", nil); got.Code != http.StatusNotFound {
		t.Errorf("a bank that does not see the case: %d", got.Code)
	}
}
