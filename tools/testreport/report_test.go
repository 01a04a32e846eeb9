package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const passing = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"quiet detail\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:3: skipped: no ../shared\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- SKIP: TestB (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestB","Elapsed":0}
{"Action":"pass","Package":"p","Elapsed":0.2}
{"Action":"skip","Package":"no/tests","Elapsed":0}
`

func report(t *testing.T, in string) (string, string, error) {
	t.Helper()
	totals := filepath.Join(t.TempDir(), "totals.tsv")
	var out bytes.Buffer
	err := run(strings.NewReader(in), &out, "unit", totals, "")
	b, rerr := os.ReadFile(totals)
	if rerr != nil {
		t.Fatal(rerr)
	}
	return out.String(), string(b), err
}

func TestAPassIsShortAndASkipSaysWhy(t *testing.T) {
	t.Parallel()
	out, totals, err := report(t, passing)
	if err != nil {
		t.Fatal(err)
	}
	if totals != "unit\t1\t0\t1\t0\t1\n" {
		t.Errorf("totals %q", totals)
	}
	if strings.Contains(out, "quiet detail") {
		t.Errorf("a passing test's output was printed:\n%s", out)
	}
	if !strings.Contains(out, "skip  p TestB: b_test.go:3: skipped: no ../shared") {
		t.Errorf("no reason of the skip:\n%s", out)
	}
}

func TestAPassedTestMaySayALineAtTheEnd(t *testing.T) {
	t.Parallel()
	notes := filepath.Join(t.TempDir(), "notes.txt")
	var out bytes.Buffer
	err := run(strings.NewReader(strings.Replace(passing, "quiet detail", "    a_test.go:1: drill: all is there", 1)), &out, "unit", "", notes)
	said, rerr := os.ReadFile(notes)
	if err != nil || rerr != nil || string(said) != "drill: all is there\n" || !strings.Contains(out.String(), string(said)) {
		t.Errorf("%q, %v, %v:\n%s", said, err, rerr, out.String())
	}
}

func TestAFailureIsShownWholeAndFailsTheRun(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"test": `{"Action":"output","Package":"p","Test":"TestA","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
		"panic": `{"Action":"output","Package":"p","Test":"TestA","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"p"}`,
		"build": `{"ImportPath":"p","Action":"build-output","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"p"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, _, err := report(t, passing+in)
			if err == nil {
				t.Error("a failing run passed")
			}
			if !strings.Contains(out, "got 1, want 2") || !strings.Contains(out, "FAIL  p") {
				t.Errorf("the failure is not shown:\n%s", out)
			}
		})
	}
}
