package arch

import (
	"encoding/csv"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
)

const asvsFile = "docs/asvs.csv"

// asvsLevels gives the level of each requirement of the OWASP ASVS 5.0.0 that the product is held to, by id. A line of the
// table is a section and the levels of its requirements in order, a dot for one that it is not held to.
func asvsLevels(t testing.TB) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "asvs.txt"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		section, levels, _ := strings.Cut(strings.TrimSpace(line), " ")
		for i, level := range levels {
			if level != '.' {
				out[fmt.Sprint(section, ".", i+1)] = string(level)
			}
		}
	}
	return out
}

// testNames are the top-level tests and fuzz targets of the tree, as "folder Name".
func testNames(tree *Tree) map[string]bool {
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(\w+ \*testing\.[TF]\)`)
	out := map[string]bool{}
	for _, f := range tree.Files {
		if f.Syntax == nil || !f.IsTest() {
			continue
		}
		for _, m := range declared.FindAllStringSubmatch(f.Text, -1) {
			out[f.Dir()+" "+m[1]] = true
		}
	}
	return out
}

var asvsPath = regexp.MustCompile(`\b(?:internal|cmd|tools|e2e|procedures|scripts|docs|guides)/[A-Za-z0-9_./-]*[A-Za-z0-9_]`)

// asvs is the law over the evidence: each requirement once, each test and file there, each reason given.
func asvs(t testing.TB, root, text string, levels map[string]string, tests map[string]bool) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 || strings.Join(rows[0], ",") != "id,level,subject,state,evidence" {
		t.Fatalf("%s has no table: %v", asvsFile, err)
	}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		id, level, subject, state, evidence := row[0], row[1], row[2], row[3], strings.TrimSpace(row[4])
		switch {
		case seen[id]:
			t.Errorf("%s stands twice", id)
		case levels[id] != level:
			t.Errorf("%s is of level %q, the table says %q", id, level, levels[id])
		case subject == "" || len(strings.Fields(subject)) > 8:
			t.Errorf("%s: say its subject in at most eight words: %q", id, subject)
		case evidence == "":
			t.Errorf("%s says nothing: name a test or a reason", id)
		}
		seen[id] = true
		asvsEvidence(t, root, id, state, evidence, tests)
	}
	for id := range levels {
		if !seen[id] {
			t.Errorf("%s is missing", id)
		}
	}
}

func asvsEvidence(t testing.TB, root, id, state, evidence string, tests map[string]bool) {
	t.Helper()
	switch state {
	case "test":
		for name := range strings.SplitSeq(evidence, "; ") {
			if !tests[name] {
				t.Errorf("%s: there is no test %q", id, name)
			}
		}
		return
	case "reason":
		if !strings.HasPrefix(evidence, "does not apply") && !asvsPath.MatchString(evidence) {
			t.Errorf("%s: name the file that shows the reason, or say that it does not apply", id)
		}
	default:
		t.Errorf("%s: the state %q is none of test, reason", id, state)
	}
	for _, p := range asvsPath.FindAllString(evidence, -1) {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(path.Clean(p)))); err != nil {
			t.Errorf("%s names %s, which is not there", id, p)
		}
	}
}

// asvsCounted is the law over the page that counts the evidence by chapter and state.
func asvsCounted(t testing.TB, text, page string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]map[string]int{}
	for _, row := range rows[1:] {
		chapter, _, _ := strings.Cut(row[0], ".")
		for _, of := range []string{"V" + chapter, "all"} {
			if counts[of] == nil {
				counts[of] = map[string]int{}
			}
			counts[of][row[3]]++
		}
	}
	for of, n := range counts {
		row := fmt.Sprintf(`(?m)^\| %s( [^|]+)? \| %d \| %d \|$`, of, n["test"], n["reason"])
		if !regexp.MustCompile(row).MatchString(page) {
			t.Errorf("docs/trust.md lacks a row of %s with %d tests and %d reasons", of, n["test"], n["reason"])
		}
	}
}

// Every requirement of the ASVS that the product is held to has a test or a reason, and what is named exists.
func TestEveryRequirementOfTheASVSHasItsEvidence(t *testing.T) {
	t.Parallel()
	const root = "../.."
	tree, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(asvsFile)))
	if err != nil {
		t.Fatal(err)
	}
	levels, tests, text := asvsLevels(t), testNames(tree), string(raw)
	if len(levels) != 235 {
		t.Errorf("the table has %d requirements, want the 225 of levels 1 and 2 that apply and ten of level 3", len(levels))
	}
	asvs(t, root, text, levels, tests)
	trust, _ := tree.text("docs/trust.md")
	asvsCounted(t, text, trust)
	control.Finds(t, "lacks a row", func(t testing.TB) { asvsCounted(t, strings.Replace(text, ",test,", ",reason,", 1), trust) })
	lines := strings.SplitAfter(text, "\n")
	for words, changed := range map[string]string{
		"1.1.1 is missing":           lines[0] + strings.Join(lines[2:], ""),
		"1.1.1 stands twice":         lines[0] + lines[1] + strings.Join(lines[1:], ""),
		"there is no test":           strings.Replace(text, "internal/base/text TestName", "internal/base/text TestGhost", 1),
		"which is not there":         strings.Replace(text, "internal/kernel/party/password.go", "internal/kernel/party/ghost.go", 1),
		"1.3.1 says nothing":         strings.Replace(text, "does not apply: no field takes HTML", "", 1),
		"name the file that shows":   strings.Replace(text, "does not apply: no field takes HTML", "trust us", 1),
		`the state "open" is none`:   strings.Replace(text, ",reason,", ",open,", 1),
		`1.1.1 is of level "1"`:      strings.Replace(text, "1.1.1,2,", "1.1.1,1,", 1),
		"in at most eight words":     strings.Replace(text, "input decoded once", "input decoded once and then again and again and again", 1),
		`17.1.1 is of level "1"`:     text + "17.1.1,1,signed tokens,reason,does not apply\n",
		"docs/asvs.csv has no table": strings.TrimPrefix(text, "id,"),
	} {
		if changed == text {
			t.Errorf("the fault of %q was not planted", words)
		}
		control.Finds(t, words, func(t testing.TB) { asvs(t, root, changed, levels, tests) })
	}
}
