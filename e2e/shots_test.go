package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"rahgosha/e2e/harness"
)

// pictured are the public pages whose pictures the documentation shows.
var pictured = []struct{ name, path string }{
	{"home", "/"},
}

// TestShots takes the pictures of docs/pictures. It runs on demand (make shots), because pictures differ by font and browser.
func TestShots(t *testing.T) {
	dir := os.Getenv("RAHGOSHA_SHOTS")
	if dir == "" {
		t.Skip("skipped: pictures are taken by make shots")
	}
	page := harness.NewBrowser(t).Page(t, harness.Demo(t).URL)
	for _, p := range pictured {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{harness.Desk, harness.Phone} {
				page.View(width, scheme)
				if s := page.Open(p.path); s != http.StatusOK {
					t.Fatalf("%s answers %d", p.path, s)
				}
				page.Shot(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", p.name, scheme, width)))
			}
		}
	}
}
