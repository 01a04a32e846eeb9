package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"rahgosha/internal/base/fault"
)

func TestOnlyASoundDefinitionIsPublished(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		text := []byte(`{"form":"test"}`)
		sum := sha256.Sum256(text)
		sound := Definition{
			Hash: hex.EncodeToString(sum[:]), ID: "p", Version: "1", Canonical: text, From: "2026-01-01", PublishedAt: 1,
			Entry: "e1", Approvers: []string{"p-1", "p-2"},
		}
		publish := func(d Definition) error {
			return s.Write(t.Context(), func(ctx context.Context, tx *Tx) error { return tx.PublishDefinition(ctx, d) })
		}
		for name, spoil := range map[string]func(*Definition){
			"hash of another text":  func(d *Definition) { d.Canonical = []byte(`{"form":"other"}`) },
			"one approver":          func(d *Definition) { d.Approvers = []string{"p-1"} },
			"one person twice":      func(d *Definition) { d.Approvers = []string{"p-1", "p-1"} },
			"nobody and one":        func(d *Definition) { d.Approvers = []string{"", "p-1"} },
			"two names in one word": func(d *Definition) { d.Approvers = []string{"p-1 p-2", "p-3"} },
			"nothing in journal":    func(d *Definition) { d.Entry = "" },
		} {
			d := sound
			spoil(&d)
			if err := publish(d); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := count(t, s, "definition"); n != 0 {
			t.Errorf("%d unsound definitions are stored", n)
		}
		if err := publish(sound); err != nil {
			t.Error(err)
		}
	})
}
