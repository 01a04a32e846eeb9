package store

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Whatever an erasure takes something out of is written anew afterwards: PostgreSQL leaves what was deleted in a table's file.
func TestWhatAnErasureTouchesIsWrittenAnew(t *testing.T) {
	raw, err := os.ReadFile("erasure.go")
	if err != nil {
		t.Fatal(err)
	}
	kept := []string{"erasure"} // which says who was erased
	found := regexp.MustCompile(`(?:DELETE FROM|UPDATE) ([a-z_]+)`).FindAllStringSubmatch(string(raw), -1)
	if len(found) < 10 {
		t.Fatalf("only %d statements are found", len(found))
	}
	for _, m := range found {
		if !slices.Contains(kept, m[1]) && !slices.Contains(strings.Split(scrubbed, ", "), m[1]) {
			t.Errorf("an erasure changes %s, which is not written anew after it", m[1])
		}
	}
}
