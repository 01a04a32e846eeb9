package casework_test

import (
	"fmt"
	"testing"
)

// Domain 5.0: a referral has every common letter L01–L14 and asks for every paper D01–D19.
func TestAReferralHasEveryLetterAndEveryPaper(t *testing.T) {
	t.Parallel()
	d := definition(t, "referral")
	sent := map[string]bool{}
	for _, a := range d.Actions {
		for _, ef := range a.Effects {
			if ef.Kind == "letter" {
				sent[ef.Name] = true
			}
		}
	}
	for i := 1; i <= 14; i++ {
		if code := fmt.Sprintf("L%02d", i); d.Letter(code) == nil || !sent[code] {
			t.Errorf("letter %s is not there, or no act sends it", code)
		}
	}
	asked := map[string]bool{}
	for _, f := range d.Forms {
		for _, id := range f.Facts() {
			asked[d.Fact(id).Document] = true
		}
	}
	for i := 1; i <= 19; i++ {
		if code := fmt.Sprintf("D%02d", i); !asked[code] {
			t.Errorf("no form asks for paper %s", code)
		}
	}
}
