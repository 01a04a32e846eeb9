package journal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// Any officers who are as many as agreed make the key again, to the byte; fewer make nothing. It holds after a renewal too.
func TestSharesMakeTheRootKeyOnlyTogether(t *testing.T) {
	t.Parallel()
	shared(t, func(s []string) []string { return s })
	control.Finds(t, "too few make the key", func(t testing.TB) {
		shared(t, func(s []string) []string { // one officer's share holds what another's does
			for _, line := range strings.Split(s[1], "\n") {
				if strings.HasPrefix(line, "piece") {
					s[0] += line + "\n"
				}
			}
			return s
		})
	})
}

func shared(t testing.TB, bend func([]string) []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.key")
	if _, err := journal.LoadRoot(path); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range [][2]int{{2, 2}, {3, 2}, {5, 3}, {7, 4}} {
			shares, err := journal.SplitRoot(path, c[0], c[1])
			if err != nil {
				t.Fatal(err)
			}
			subsets(t, bend(shares), c[1], want)
		}
		if err := journal.RenewRoot(path); err != nil {
			t.Fatal(err)
		}
	}
}

// subsets tries every group of officers.
func subsets(t testing.TB, shares []string, need int, want []byte) {
	t.Helper()
	for set := 1; set < 1<<len(shares); set++ {
		var some []string
		for i, s := range shares {
			if set>>i&1 == 1 {
				some = append(some, s)
			}
		}
		out := filepath.Join(t.TempDir(), "root.key")
		err := journal.JoinRoot(out, some)
		if len(some) < need {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("too few make the key: %d of %d, %d needed: %v", len(some), len(shares), need, err)
			}
			continue
		}
		got, rerr := os.ReadFile(out)
		if err != nil || rerr != nil || !bytes.Equal(got, want) {
			t.Errorf("%d of %d do not make the key: %v", len(some), len(shares), err)
		}
	}
}

// Shares of two splittings, a damaged one and a key that is there already are refused with how to mend it.
func TestSharesThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "root.key")
	if _, err := journal.LoadRoot(path); err != nil {
		t.Fatal(err)
	}
	one, err := journal.SplitRoot(path, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	two, err := journal.SplitRoot(path, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	last := strings.TrimSpace(one[0])
	damaged := last[:len(last)-1] + map[bool]string{true: "1", false: "0"}[strings.HasSuffix(last, "0")]
	out := filepath.Join(t.TempDir(), "root.key")
	for what, texts := range map[string][]string{"two splittings": {one[0], two[1]}, "damaged": {damaged, one[2]}, "none": nil, "no share": {"x", one[1]}} {
		if err := journal.JoinRoot(out, texts); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := journal.JoinRoot(path, one); !fault.Is(err, fault.Conflict) {
		t.Errorf("over a key that is there: %v", err)
	}
	if _, err := journal.SplitRoot(path, 3, 1); !fault.Is(err, fault.Invalid) {
		t.Errorf("one alone: %v", err)
	}
}
