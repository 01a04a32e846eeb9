package store

import (
	"context"
	"fmt"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/registry"
)

// The index of names holds what the table of units holds, also after a change that was undone; one that is out of step is
// found out.
func TestTheIndexOfNamesKeepsStep(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	head := func(id, name string, version int64) registry.Head {
		return registry.Head{Province: province, ID: id, Kind: "home", Name: name, Search: registry.SearchOf(name), Version: version}
	}
	write(t, s, func(ctx context.Context, t *Tx) error {
		return t.AddUnits(ctx, comes(registry.NewUnit{Head: head("u1", "نساجی یک", 1)}, registry.NewUnit{Head: head("u2", "بافندگی دو", 1)}))
	})
	write(t, s, func(ctx context.Context, t *Tx) error { return t.SaveUnit(ctx, head("u1", "ریسندگی یک", 2)) })
	err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error { return t.SaveUnit(ctx, head("u2", "چاپ دو", 9)) })
	if !fault.Is(err, fault.Conflict) {
		t.Fatalf("another version: %v", err)
	}
	for typed, want := range map[string]string{"نساجی": "[]", "ریسن": "[u1]", "بافندگی": "[u2]", "چاپ": "[]", "یک": "[u1]"} {
		read(t, s, func(ctx context.Context, tx *Tx) error {
			found, err := tx.UnitsByWords(ctx, province, [][]string{{typed}}, 5)
			ids := []string{}
			for _, h := range found {
				ids = append(ids, h.ID)
			}
			if fmt.Sprint(ids) != want {
				t.Errorf("%s: %v, want %s", typed, ids, want)
			}
			return err
		})
	}
	inStep := func() error {
		return s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
			_, err := t.exec(ctx, "INSERT INTO unit_fts (unit_fts, rank) VALUES ('integrity-check', 1)")
			return err
		})
	}
	if err := inStep(); err != nil {
		t.Errorf("the index is out of step: %v", err)
	}
	write(t, s, func(ctx context.Context, t *Tx) error {
		_, err := t.exec(ctx, "UPDATE unit SET search = 'z' WHERE id = 'u1'")
		return err
	})
	if inStep() == nil {
		t.Error("a planted fault is not found")
	}
}
