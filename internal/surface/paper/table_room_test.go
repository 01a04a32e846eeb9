package paper

import (
	"testing"

	"pgregory.net/rapid"
)

// Each column has room for its widest word wherever all of them fit, and the table is never wider than the line.
func TestNoColumnIsNarrowerThanItsWidestWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "columns")
		shares := rapid.SliceOfN(rapid.Float64Range(1, 40), n, n).Draw(t, "shares")
		least := rapid.SliceOfN(rapid.Float64Range(0, 120), n, n).Draw(t, "least")
		sum, need := 0.0, 0.0
		for i := range n {
			sum, need = sum+shares[i], need+least[i]
		}
		out, of := roomFor(shares, sum, least)
		full, used := fullBox().width, 0.0
		for i := range n {
			width := out[i] / of * full
			used += width
			if need <= full && width < least[i]-1e-6 {
				t.Fatalf("column %d has %.2f points and needs %.2f", i, width, least[i])
			}
		}
		if used > full+1e-6 {
			t.Fatalf("the table is %.2f points wide, the line %.2f", used, full)
		}
	})
}
