package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rahgosha/internal/base/fault"
)

// slow is a statement that takes long enough to be interrupted half way, and writes.
const slow = `INSERT INTO lease (name, holder, until) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
	WHERE i < 300000) SELECT 'slow' || i, 'x', i FROM n WHERE i % 50000 = 0`

// eight runs eight commands in one group of the writer, the fourth with the given fault, and gives their answers.
func eight(t *testing.T, s *Store, bad func(ctx context.Context, cancel func(), t *Tx) error) []error {
	t.Helper()
	return grouped(t, s, 8, func(request context.Context, cancel func(), i int, own context.Context, tx *Tx) error {
		if err := step(own, tx, fmt.Sprint("c", i), 1, [32]byte{}); err != nil {
			return err
		}
		if i == 3 {
			return bad(request, cancel, tx)
		}
		return nil
	})
}

// grouped runs n commands in one group of the writer and gives their answers. request is that of the command.
func grouped(t testing.TB, s *Store, n int, command func(request context.Context, cancel func(), i int, own context.Context, tx *Tx) error) []error {
	t.Helper()
	e := s.eng.(*sqliteEngine)
	busy, free := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() { // keeps the writer while the eight queue up
		_ = s.Write(context.Background(), func(context.Context, *Tx) error {
			close(busy)
			<-free
			return nil
		})
	})
	<-busy
	answers := make([]error, n)
	for i := range n {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		group.Go(func() {
			answers[i] = s.WriteBeside(ctx, func(own context.Context, tx *Tx) error { return command(ctx, cancel, i, own, tx) })
		})
		for len(e.queue) < i+1 { // in this order
			time.Sleep(time.Millisecond)
		}
	}
	close(free)
	group.Wait()
	return answers
}

// whole tells whether each case stands with its entry, message, clock and memory, or not at all.
func whole(t *testing.T, s *Store, want int64) (problems []string) {
	t.Helper()
	for table, each := range map[string]int64{"cases": 1, "entry": 1, "outbox": 1, "replay": 1, "deadline": 1, "case_party": 2} {
		if n := count(t, s, table); n != want*each {
			problems = append(problems, fmt.Sprintf("%s has %d rows, want %d", table, n, want*each))
		}
	}
	return problems
}

// cancelHalfWay cancels the request while a statement of its command runs.
func cancelHalfWay(ctx context.Context, cancel func(), t *Tx) error {
	time.AfterFunc(2*time.Millisecond, cancel)
	if _, err := t.exec(ctx, slow); err != nil {
		return err
	}
	cancel()
	_, err := t.exec(ctx, "INSERT INTO lease (name, holder, until) VALUES ('after', 'x', 1)")
	return err
}

var groupFaults = map[string]struct {
	bad  func(ctx context.Context, cancel func(), t *Tx) error
	key  string // of the fourth's answer; "" when it commits like the others
	kind fault.Kind
}{
	"cancel": {cancelHalfWay, "", ""},
	"panic":  {func(context.Context, func(), *Tx) error { panic("bug") }, "store.panic", fault.Internal},
	"constraint": {func(ctx context.Context, _ func(), t *Tx) error {
		return t.AppendEntry(ctx, entry("c1", 1, [32]byte{}))
	}, "store.conflict", fault.Conflict},
	"hidden error": {func(ctx context.Context, _ func(), t *Tx) error {
		_ = t.AppendEntry(ctx, entry("c1", 1, [32]byte{}))
		return nil
	}, "store.conflict", fault.Conflict},
	"transaction ended": {func(ctx context.Context, _ func(), t *Tx) error {
		// as the engine does when a disk fails
		_, err := t.exec(ctx, "INSERT OR ROLLBACK INTO lease (name, holder, until) VALUES ('x', 'x', 1), ('x', 'x', 1)")
		return errors.Join(err, fault.New(fault.Refused, "test.refused"))
	}, "store.failed", fault.Internal},
}

func TestAFaultInTheMiddleOfAGroupFailsAlone(t *testing.T) {
	t.Parallel()
	for name, f := range groupFaults {
		for mode, cfg := range map[string]func(testing.TB) Config{"in turn": config, "beside": besideConfig} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				s := open(t, cfg(t))
				want := int64(8)
				for i, err := range eight(t, s, f.bad) {
					switch {
					case i == 3 && f.key != "":
						want = 7
						if fault.KindOf(err) == "" {
							t.Error("the faulty command was acknowledged")
						} else if name != "transaction ended" {
							wantKey(t, err, f.kind, f.key)
						}
					case err != nil:
						t.Errorf("command %d: %v", i, err)
					}
				}
				for _, p := range whole(t, s, want) {
					t.Error(p)
				}
				verified(t, s, want)
			})
		}
	}
}

// A group without savepoints that is not undone when one of its commands fails keeps a part of that command.
func TestAGroupThatIsNotUndoneIsCaught(t *testing.T) {
	t.Parallel()
	for mode, cfg := range map[string]func(testing.TB) Config{"in turn": config, "beside": besideConfig} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			c := cfg(t)
			c.trusting = true
			s := open(t, c)
			if answers := eight(t, s, groupFaults["panic"].bad); answers[3] == nil || len(whole(t, s, 7)) == 0 {
				t.Errorf("the failed command left nothing (answer %v): the control does not control", answers[3])
			}
		})
	}
}

// Commands of one group that run at once move one case as if each had been alone: none is lost, none is refused.
func TestCommandsOfAGroupOnOneCaseFollowEachOther(t *testing.T) {
	t.Parallel()
	const n = 12
	s := open(t, besideConfig(t))
	write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c", 1, [32]byte{}) })
	answers := grouped(t, s, n, func(_ context.Context, _ func(), _ int, ctx context.Context, tx *Tx) error {
		if _, err := tx.LoadCase(ctx, province, "c"); err != nil {
			return err
		}
		log, err := tx.CaseEntries(ctx, province, "c")
		if err != nil {
			return err
		}
		runtime.Gosched() // the others would read the same now, if they could
		return step(ctx, tx, "c", int64(len(log))+1, log[len(log)-1].Leaf.Hash())
	})
	for i, err := range answers {
		if err != nil {
			t.Errorf("command %d: %v", i, err)
		}
	}
	if got := count(t, s, "entry"); got != n+1 {
		t.Errorf("%d entries, want %d", got, n+1)
	}
	verified(t, s, n+1)
}

// A command of a group reads what it has written, though such rows wait to be written together with those of the others.
func TestACommandOfAGroupReadsWhatItWrote(t *testing.T) {
	t.Parallel()
	for _, tardy := range []bool{false, true} {
		cfg := besideConfig(t)
		cfg.tardy = tardy
		s := open(t, cfg)
		var blind atomic.Int64
		for i, err := range grouped(t, s, 8, func(_ context.Context, _ func(), i int, ctx context.Context, tx *Tx) error {
			id := fmt.Sprint("c", i)
			if err := step(ctx, tx, id, 1, [32]byte{}); err != nil {
				return err
			}
			log, err := tx.CaseEntries(ctx, province, id)
			clocks, failed := tx.deadlines(ctx, province, id)
			parties, missed := tx.parties(ctx, province, id)
			if len(log) != 1 || len(clocks) != 1 || len(parties) != 2 {
				blind.Add(1)
			}
			return errors.Join(err, failed, missed)
		}) {
			if err != nil {
				t.Errorf("command %d: %v", i, err)
			}
		}
		switch {
		case tardy && blind.Load() == 0:
			t.Error("rows that are never written before they are read were seen: the control does not control")
		case !tardy && blind.Load() != 0:
			t.Errorf("%d commands did not see what they had written", blind.Load())
		}
		for _, p := range whole(t, s, 8) {
			t.Error(p)
		}
		verified(t, s, 8)
	}
}

// commits counts what a writer commits.
type commits struct {
	keeper
	n int
}

func (c *commits) grown() {
	c.n++
	c.keeper.grown()
}

// Who comes while commands of a group run at once shares their COMMIT, also one that may not run beside them; and one of
// those that fails takes nothing of the others with it. Where commands run in turn they come too late.
func TestWhoComesWhileAGroupRunsJoinsIt(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]int{"beside": 3, "in turn": 4} { // the first two are those that count and that keep the writer
		cfg := besideConfig(t)
		if mode == "in turn" {
			cfg.Deciders = 1
		}
		cfg.beside = false
		s := open(t, cfg)
		e := s.eng.(*sqliteEngine)
		seen := &commits{keeper: e.keeper}
		write(t, s, func(context.Context, *Tx) error { e.keeper = seen; return nil })
		var later sync.WaitGroup
		come := sync.OnceFunc(func() {
			for i, write := range []func(context.Context, func(context.Context, *Tx) error) error{s.WriteBeside, s.Write, s.WriteBeside} {
				later.Go(func() {
					err := write(context.Background(), func(ctx context.Context, tx *Tx) error {
						if err := step(ctx, tx, fmt.Sprint("later", i), 1, [32]byte{}); err != nil || i != 2 {
							return err
						}
						return fault.New(fault.Refused, "test.refused")
					})
					if (err != nil) != (i == 2) {
						t.Errorf("%s: %d of those who came later: %v", mode, i, err)
					}
				})
				for len(e.queue) < i+1 { // the one that fails comes last: it has the group run again, and nobody joins then
					time.Sleep(time.Millisecond)
				}
			}
		})
		for i, err := range grouped(t, s, 4, func(_ context.Context, _ func(), i int, ctx context.Context, tx *Tx) error {
			come()
			return step(ctx, tx, fmt.Sprint("c", i), 1, [32]byte{})
		}) {
			if err != nil {
				t.Errorf("%s: command %d: %v", mode, i, err)
			}
		}
		later.Wait()
		if seen.n != want {
			t.Errorf("%s: %d commits, want %d", mode, seen.n, want)
		}
		for _, p := range whole(t, s, 6) {
			t.Error(p)
		}
		verified(t, s, 6)
	}
}

// Commands that would wait for each other for ever are carried out one after another.
func TestCommandsThatHoldCrosswiseAreCarriedOut(t *testing.T) {
	t.Parallel()
	s := open(t, besideConfig(t))
	for _, id := range []string{"a", "b"} {
		write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, id, 1, [32]byte{}) })
	}
	order := [][2]string{{"a", "b"}, {"b", "a"}}
	for round := range 5 {
		answers := grouped(t, s, 4, func(_ context.Context, _ func(), i int, ctx context.Context, tx *Tx) error {
			for _, id := range order[i%2] {
				if _, err := tx.LoadCase(ctx, province, id); err != nil {
					return err
				}
				time.Sleep(5 * time.Millisecond) // until the other has its first
			}
			_, err := tx.NextNumber(ctx, province, "crosswise", 1405)
			return err
		})
		for i, err := range answers {
			if err != nil {
				t.Errorf("round %d, command %d: %v", round, i, err)
			}
		}
	}
	write(t, s, func(ctx context.Context, tx *Tx) error {
		if n, err := tx.NextNumber(ctx, province, "crosswise", 1405); err != nil || n != 21 {
			t.Errorf("the next number is %d, want 21: %v", n, err)
		}
		return nil
	})
}

// A writer that passes the request's context into its statements stops a command half way, and one that besides does
// not notice a lost transaction lets what follows commit by itself. Were these two to pass, the test above would prove
// nothing. Whether the cancellation meets the statement or comes before it is the machine's: one meeting in ten is enough.
func TestAWriterThatPassesTheRequestsContextIsCaught(t *testing.T) {
	t.Parallel()
	for name, naive := range map[string]bool{"leaky": false, "leaky and naive": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 10 {
				if caughtCancelling(t, naive) {
					return
				}
			}
			t.Error("ten cancellations half way left every case whole: the interrupt did not end its transaction")
		})
	}
}

// caughtCancelling tells whether a leaky writer was seen to lose a command, or a naive one a part of what it acknowledged.
func caughtCancelling(t *testing.T, naive bool) bool {
	t.Helper()
	cfg := config(t)
	cfg.leaky, cfg.naive = true, naive
	s := open(t, cfg)
	answers := eight(t, s, cancelHalfWay)
	if !naive {
		return answers[3] != nil || len(whole(t, s, 8)) > 0
	}
	acknowledged := int64(0)
	for _, err := range answers {
		if err == nil {
			acknowledged++
		}
	}
	return len(whole(t, s, acknowledged)) > 0
}

func TestACommandWhoseCallerHasLeftDoesNotBegin(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := s.Write(ctx, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c", 1, [32]byte{}) })
		wantKey(t, err, fault.Unavailable, "store.cancelled")
		if n := count(t, s, "cases"); n != 0 {
			t.Error("it was carried out")
		}
	})
}

func TestMemoryChangesOnlyAfterCommit(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		told := 0
		err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
			t.OnCommit(func() { told++ })
			return fault.New(fault.Refused, "test.refused")
		})
		wantKey(t, err, fault.Refused, "test.refused")
		write(t, s, func(ctx context.Context, t *Tx) error {
			t.OnCommit(func() { told += 10 })
			return nil
		})
		if told != 10 {
			t.Errorf("told %d, want 10", told)
		}
	})
}

func TestADiskWithoutSpaceSaysSoAndReadingGoesOn(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c1", 1, [32]byte{}) })
	limit := func(pages int) {
		write(t, s, func(ctx context.Context, t *Tx) error {
			_, err := t.row(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages), nil, new(int64))
			return err
		})
	}
	limit(1) // no more than there is already
	var full error
	for i := range 500 {
		if full = s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
			return step(ctx, t, fmt.Sprint("x", i), 1, [32]byte{})
		}); full != nil {
			break
		}
	}
	wantKey(t, full, fault.Full, "store.full")
	stored := count(t, s, "cases")
	for _, p := range whole(t, s, stored) {
		t.Error(p)
	}
	verified(t, s, stored)
	write(t, s, func(ctx context.Context, t *Tx) error { // the connection is a new one, without the limit
		return step(ctx, t, "again", 1, [32]byte{})
	})
	verified(t, s, stored+1)
}
