package access_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/access"
)

var (
	comment  = regexp.MustCompile(`(?m)^\s*//.*$`)
	constant = regexp.MustCompile(`\b(\w+)\s*=\s*"([a-z._]+)"`)
	// asking is a policy of a route, or a question in code: with a resource that stands there, a constant, or something
	// that is known at run time only.
	asking = regexp.MustCompile(`"may:([a-z._]+)/([a-z]+)"|(?:[^.\w]|web\.)May\("([a-z._]+)", "([a-z]+)"\)|\b(?:Authorize|Allows|may)\([\w.()]+, ("[a-z._]+"|\w+), "([a-z]+)"\)`)
)

// questions gives what the product's source asks of the table, as "resource verb"; "* verb" where the resource is known at
// run time only.
func questions(t testing.TB) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := filepath.WalkDir(filepath.Join("..", "..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range asking.FindAllStringSubmatch(comment.ReplaceAllString(string(raw), ""), -1) {
			switch resource := m[5]; {
			case m[1] != "":
				out[m[1]+" "+m[2]] = true
			case m[3] != "":
				out[m[3]+" "+m[4]] = true
			case strings.HasPrefix(resource, `"`):
				out[strings.Trim(resource, `"`)+" "+m[6]] = true
			case constantIn(path, resource) != "":
				out[constantIn(path, resource)+" "+m[6]] = true
			default:
				out["* "+m[6]] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// constantIn finds the text of a constant in the package of a file.
func constantIn(path, name string) string {
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.go"))
	for _, f := range files {
		raw, _ := os.ReadFile(f)
		for _, m := range constant.FindAllStringSubmatch(string(raw), -1) {
			if m[1] == name {
				return m[2]
			}
		}
	}
	return ""
}

// Each line of the table is asked for by a route or by code, and nothing is asked for that has no line. A line that nothing
// asks promises a right that nobody has: the page of an officer shows them all.
func TestEachPolicyIsAskedFor(t *testing.T) {
	t.Parallel()
	asked := questions(t)
	if len(asked) < 20 {
		t.Fatalf("%d questions were found", len(asked))
	}
	law := func(table []access.Policy) func(testing.TB) {
		return func(t testing.TB) {
			lines := map[string]bool{}
			for _, p := range table {
				lines[p.Resource+" "+p.Verb], lines["* "+p.Verb] = true, true
				if !asked[p.Resource+" "+p.Verb] && !asked["* "+p.Verb] {
					t.Errorf("nothing asks for %s %s: take the line out, or ask for it", p.Resource, p.Verb)
				}
			}
			for q := range asked {
				if !lines[q] {
					t.Errorf("%s is asked for and has no line: nobody may", q)
				}
			}
		}
	}
	law(access.Policies())(t)
	control.Finds(t, "nothing asks for backup run", law(append(access.Policies(), access.Policy{Resource: "backup", Verb: "run", Roles: []string{"admin"}})))
	control.Finds(t, "claims decide is asked for and has no line", law(without(access.Policies(), "claims", "decide")))
}

func without(table []access.Policy, resource, verb string) (out []access.Policy) {
	for _, p := range table {
		if p.Resource != resource || p.Verb != verb {
			out = append(out, p)
		}
	}
	return out
}
