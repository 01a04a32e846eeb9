package app_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What was changed is named with its place, so that somebody can go and look; without a key nothing is called damaged.
func TestVerifyNamesTheEntryThatWasChanged(t *testing.T) {
	t.Parallel()
	dir, file := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "journal")
	if code, out := run(t, "import", "units", officeSheet(t), "--data", dir); code != 0 {
		t.Fatal(out)
	}
	if code, out := run(t, "journal", "export", file, "--data", dir); code != 0 {
		t.Fatal(out)
	}
	if code, out := run(t, "journal", "verify", file, "--data", dir); code != 0 || !strings.Contains(out, "0 findings") {
		t.Fatalf("control: %d %s", code, out)
	}
	line := changeAnEntry(t, file)
	for lang, want := range map[string]string{"en": fmt.Sprintf("recorded one. | entry 0 | line %d", line), "fa": " | ردیف ۰ | سطر "} {
		if code, out := run(t, "journal", "verify", file, "--data", dir, "--lang", lang); code != 1 || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d, want %q in\n%s", lang, code, want, out)
		}
	}
}

// changeAnEntry changes a bit in the first entry of an export and gives its line.
func changeAnEntry(t testing.TB, file string) int {
	t.Helper()
	raw, err := os.ReadFile(file)
	must(t, err)
	lines := bytes.Split(raw, []byte("\n"))
	for i, l := range lines {
		if words := bytes.Split(l, []byte(" ")); string(words[0]) == "entry" {
			leaf, err := base64.StdEncoding.DecodeString(string(words[3]))
			must(t, err)
			leaf[len(leaf)-1] ^= 1
			words[3] = []byte(base64.StdEncoding.EncodeToString(leaf))
			lines[i] = bytes.Join(words, []byte(" "))
			must(t, os.WriteFile(file, bytes.Join(lines, []byte("\n")), 0o600))
			return i + 1
		}
	}
	t.Fatal("the export has no entry")
	return 0
}

// A slip in --data is said and makes nothing: an empty province would verify, fold and be backed up as if all were well.
func TestReadingCommandsWantTheDataToBeThere(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "journal")
	must(t, os.WriteFile(file, []byte("rahgosha-journal-export/v1 rahgosha/alborz\n"), 0o600))
	for _, args := range [][]string{
		{"replay"}, {"journal", "verify"}, {"journal", "verify", file}, {"journal", "key"},
		{"journal", "export", filepath.Join(t.TempDir(), "out")}, {"backup", filepath.Join(t.TempDir(), "all.tar")},
	} {
		dir := filepath.Join(t.TempDir(), "slip")
		code, out := run(t, append(args, "--data", dir)...)
		if code == 0 || !strings.Contains(out, "--data") {
			t.Errorf("%v: exit %d, %s", args, code, out)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%v made %s", args, dir)
		}
	}
}
