package casework_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"

	"rahgosha/internal/kernel/procedure"
	"rahgosha/procedures"
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

// An appeal that the decider could answer is refused before it is published: the control fails where the separation is gone.
func TestAnAppealIsKeptFromWhoDecided(t *testing.T) {
	t.Parallel()
	sub, err := fs.Sub(procedures.Files, "referral")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := fs.ReadFile(sub, "procedure.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for apart, want := range map[string]int{"[refuse, uphold, overturn]": 0, "[refuse, uphold]": 1, "[refuse, approve]": 2} {
		folder := fstest.MapFS{"procedure.yaml": {Data: bytes.Replace(raw, []byte("[refuse, uphold, overturn]"), []byte(apart), 1)}}
		_, problems := procedure.ParseAndCheck(folder, procedure.CheckContext{})
		n := 0
		for _, p := range problems {
			if p.Key == "procedure.appeal_not_apart" {
				n++
			}
		}
		if n != want {
			t.Errorf("apart %s: %d problems, want %d", apart, n, want)
		}
	}
}
