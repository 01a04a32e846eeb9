package web

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The paths that can be opened are written down, so that the browser's tests, which are a module of their own, can hold
// every one of them to be visited.
func TestTheRoutesThatCanBeOpenedAreWrittenDown(t *testing.T) {
	t.Parallel()
	var paths []string
	for _, r := range (&Server{}).Routes() {
		if r.Method == http.MethodGet {
			paths = append(paths, r.Pattern)
		}
	}
	slices.Sort(paths)
	got, file := strings.Join(paths, "\n")+"\n", filepath.Join("testdata", "routes.txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the route table is not %s: write it anew with -update and let the browser's tests visit what is new\n%s", file, got)
	}
}
