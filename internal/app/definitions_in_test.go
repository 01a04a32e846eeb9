package app

import (
	"sync"
	"testing"

	"rahgosha/internal/kernel/procedure"
)

// Everybody who comes to a server that has just started waits for one compilation of a procedure, instead of each making its own.
func TestADefinitionIsCompiledOnce(t *testing.T) {
	t.Parallel()
	a, err := Open(t.Context(), Config{Data: t.TempDir(), Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	if err := a.PublishBuiltin(t.Context(), "consultation", [2]string{"first", "second"}); err != nil {
		t.Fatal(err)
	}
	fresh := newDefinitions(a.Store, a.Clock, a.Province)
	got := make([]*procedure.Definition, 16)
	var g sync.WaitGroup
	for i := range got {
		g.Go(func() { got[i], _ = fresh.Current(t.Context(), "consultation") })
	}
	g.Wait()
	for i, def := range got {
		if def == nil || def != got[0] {
			t.Errorf("answer %d is another definition than the first", i)
		}
	}
	fresh.forget()
	if def, err := fresh.Current(t.Context(), "consultation"); err != nil || def == got[0] {
		t.Errorf("what was forgotten is not compiled again: %v", err)
	}
}
