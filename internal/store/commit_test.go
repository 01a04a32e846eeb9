package store

import (
	"context"
	"database/sql/driver"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// A command that has begun is not stopped by the end of its request, on either database. The negative control passes
// the request's context on, and must be stopped.
func TestABegunCommandIsNotStopped(t *testing.T) {
	t.Parallel()
	leave := func(s *Store) error {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		return s.Write(ctx, func(own context.Context, t *Tx) error {
			cancel()
			return step(ctx, t, "c", 1, [32]byte{}) // even with the request's own context
		})
	}
	for _, where := range []string{"sqlite", "postgres"} {
		for _, leaky := range []bool{false, true} {
			t.Run(fmt.Sprint(where, " leaky ", leaky), func(t *testing.T) {
				t.Parallel()
				cfg := config(t)
				if where == "postgres" {
					cfg.URL = postgres(t)
				}
				cfg.leaky = leaky
				s := open(t, cfg)
				err := leave(s)
				if leaky != (err != nil) {
					t.Errorf("got %v", err)
				}
				want := int64(1)
				if leaky {
					want = 0
				}
				if n := count(t, s, "cases"); n != want {
					t.Errorf("%d cases, want %d", n, want)
				}
			})
		}
	}
}

// The same key from a hundred callers at once: one effect, and everybody gets its answer.
func TestAKeyUsedAtOnceHasOneEffect(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		k := casework.ReplayKey{Province: province, Actor: "p", Key: "k"}
		var mu sync.Mutex
		answers := map[string]int{}
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				var answer string
				err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
					r, err := t.Replayed(ctx, k)
					if err != nil {
						return err
					}
					if r != nil {
						answer = string(r.Answer)
						return nil
					}
					answer = fmt.Sprint("answer ", i)
					if _, err := t.NextNumber(ctx, province, "effects", 1405); err != nil {
						return err
					}
					return t.Remember(ctx, k, casework.Remembered{Request: "q", Answer: []byte(answer)})
				})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				answers[answer]++
			})
		}
		group.Wait()
		if len(answers) != 1 {
			t.Errorf("answers: %v", answers)
		}
		write(t, s, func(ctx context.Context, tx *Tx) error {
			n, err := tx.NextNumber(ctx, province, "effects", 1405)
			if n != 2 {
				t.Errorf("%d effects, want 1", n-1)
			}
			return err
		})
	})
}

// hangs holds back every COMMIT until told.
type hangs struct {
	driver.Connector
	until chan struct{}
}

func (h hangs) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := h.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return hangingConn{c, h.until}, nil
}

type hangingConn struct {
	driver.Conn
	until chan struct{}
}

func (c hangingConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	return hangingTx{tx, c.until}, err
}

type hangingTx struct {
	driver.Tx
	until chan struct{}
}

func (t hangingTx) Commit() error {
	<-t.until
	return t.Tx.Commit()
}

// A COMMIT that nobody answers is unknown, never failed, and never cancelled: asked again by its key it turns out done.
func TestACommitWithoutAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.URL = postgres(t)
	sound := open(t, cfg)
	until := make(chan struct{})
	cfg.Commit = 20 * time.Millisecond
	cfg.Wrap = func(c driver.Connector) driver.Connector { return hangs{c, until} }
	s, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	told := make(chan struct{})
	err = s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
		t.OnCommit(func() { close(told) })
		return step(ctx, t, "c", 1, [32]byte{})
	})
	wantKey(t, err, fault.Unavailable, "store.commit_unknown")
	if n := count(t, sound, "cases"); n != 0 {
		t.Error("it was committed before the server heard of it")
	}
	close(until)
	<-told
	var r *casework.Remembered
	write(t, sound, func(ctx context.Context, t *Tx) (err error) {
		r, err = t.Replayed(ctx, casework.ReplayKey{Province: province, Actor: "p1", Key: "c-1"})
		return err
	})
	if r == nil || r.Entry != "c-1" {
		t.Errorf("asked again: %+v", r)
	}
}

// Two commands that take two cases in opposite order deadlock on PostgreSQL; both get through nevertheless.
func TestADeadlockIsTriedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		zero := int64(0)
		write(t, s, func(ctx context.Context, t *Tx) error {
			for _, id := range []string{"a", "b"} {
				if err := t.SaveItem(ctx, registry.Item{Province: province, Register: "r", ID: id, Balance: &zero}); err != nil {
					return err
				}
			}
			return nil
		})
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				order := []string{"a", "b"}
				if i%2 == 0 {
					order = []string{"b", "a"}
				}
				if err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
					if err := t.Reserve(ctx, province, "r", order[0], -1); err != nil {
						return err
					}
					time.Sleep(2 * time.Millisecond)
					return t.Reserve(ctx, province, "r", order[1], -1)
				}); err != nil && fault.KindOf(err) != fault.Unavailable {
					t.Error(err)
				}
			})
		}
		group.Wait()
		read(t, s, func(ctx context.Context, tx *Tx) error {
			a, err := tx.ItemFacts(ctx, province, "r", "a")
			if err != nil {
				return err
			}
			b, err := tx.ItemFacts(ctx, province, "r", "b")
			if a["r.balance"].Value != b["r.balance"].Value || a["r.balance"].Value == zero {
				t.Errorf("%v and %v", a["r.balance"].Value, b["r.balance"].Value)
			}
			return err
		})
	})
}

// ours is the law of cursors: whatever a caller sends as one is either refused or one that this package makes, for the
// order it is sent with.
func ours(t testing.TB, open func(sort, cursor string) (int64, string, error), sort, typed string) {
	t.Helper()
	if _, ok := sorts[sort]; !ok {
		return
	}
	value, id, err := open(sort, typed)
	if err != nil {
		wantKey(t, err, fault.Invalid, "store.cursor_invalid")
		return
	}
	r := casework.Row{ID: id, Due: value, Changed: value, Opened: value, Amount: value}
	again, same, err := openCursor(sort, cursor(sort, r))
	if err != nil || same != id || again != value && value != 0 {
		t.Errorf("%q gives %d %q, and back %d %q (%v)", typed, value, id, again, same, err)
	}
	if other := "changed"; sort != other {
		if _, _, err := open(other, typed); err == nil {
			t.Errorf("%q is a place in two orders", typed)
		}
	}
}

// cursorSeeds are pairs of an order and a cursor.
func cursorSeeds() (out [][2]string) {
	for _, sort := range []string{"due", "changed", "amount"} {
		out = append(out, [2]string{sort, cursor(sort, casework.Row{ID: "c 1", Due: 5, Changed: -3})})
	}
	return append(out, [2]string{"due", "ZHVlIDEK"})
}

func FuzzCursor(f *testing.F) {
	for _, c := range cursorSeeds() {
		f.Add(c[0], c[1])
	}
	f.Fuzz(func(t *testing.T, sort, typed string) { ours(t, openCursor, sort, typed) })
}

// A reader that does not mind the order jumps over cases when a list is sorted anew.
func TestFuzzCursorFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "a place in two orders", func(t testing.TB) {
		for _, c := range cursorSeeds() {
			ours(t, func(sort, typed string) (int64, string, error) {
				raw, _ := base64.RawURLEncoding.DecodeString(typed)
				of, _, _ := strings.Cut(string(raw), " ")
				return openCursor(of, typed)
			}, c[0], c[1])
		}
	})
}
