package store

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/services"
)

// rivals are two commands, each of which reads something and is allowed to write only while the other has not: what they read
// before, how they write, and whether what they read forbids it.
var rivals = map[string]func(ctx context.Context, tx *Tx, me string, met func()) (wrote bool, err error){
	"a claim is withdrawn and verified": func(ctx context.Context, tx *Tx, me string, met func()) (bool, error) {
		c, err := tx.LoadClaim(ctx, province, "waiting")
		met()
		if err != nil || c.State != registry.ClaimMade {
			return false, err
		}
		c.State = me
		return true, tx.SaveClaim(ctx, c)
	},
	"two claims to lead a unit are verified": func(ctx context.Context, tx *Tx, me string, met func()) (bool, error) {
		all, err := tx.ClaimsOf(ctx, province, "u1", "")
		met()
		if err != nil || len(all) > 1 {
			return false, err
		}
		return true, tx.SaveClaim(ctx, registry.Claim{Province: province, ID: me, Unit: "u1", Person: me, Post: registry.PostCEO, State: registry.ClaimVerified})
	},
	"two officers stand in for each other": func(ctx context.Context, tx *Tx, me string, met func()) (bool, error) {
		all, err := tx.LeavesIn(ctx, province)
		met()
		if err != nil || len(all) > 0 {
			return false, err
		}
		return true, tx.InsertLeave(ctx, party.Leave{Province: province, ID: me, Absent: me, Substitute: "the other", From: "2026-11-01", To: "2026-12-01"})
	},
	"an erasure is carried out and declined": func(ctx context.Context, tx *Tx, me string, met func()) (bool, error) {
		all, err := tx.Erasures(ctx, province, "", "")
		met()
		if err != nil || len(all) > 0 {
			return false, err
		}
		return true, tx.SaveErasure(ctx, privacy.Erasure{Province: province, ID: me, Kind: privacy.OfPerson, Subject: "p", State: privacy.Asked})
	},
	"a case is held and erased": func(ctx context.Context, tx *Tx, me string, met func()) (bool, error) {
		all, err := tx.Holds(ctx, province, "c")
		met()
		if err != nil || len(all) > 0 {
			return false, err
		}
		return true, tx.SaveHold(ctx, privacy.Hold{Province: province, ID: me, Case: "c"})
	},
	"one contract is entered twice": func(ctx context.Context, tx *Tx, me string, met func()) (bool, error) {
		all, err := tx.ServiceRecordsOf(ctx, province, services.Sought{Alone: []services.Alone{{Kind: services.Contract, Unit: "u1"}}})
		met()
		if err != nil || len(all) > 0 {
			return false, err
		}
		return true, tx.PutServiceRecord(ctx, services.Record{Province: province, ID: me, Thing: me, Kind: services.Contract, Unit: "u1"})
	},
}

// oneWins is the law: of two commands at once, each forbidden by what the other writes, one does it and the other sees that it
// may not. They wait for each other after they have read, as long as both can have.
func oneWins(t testing.TB, cfg Config, command func(ctx context.Context, tx *Tx, me string, met func()) (bool, error)) {
	t.Helper()
	s := open(t, cfg)
	write(t, s, func(ctx context.Context, tx *Tx) error {
		return tx.SaveClaim(ctx, registry.Claim{Province: province, ID: "waiting", Unit: "u1", Person: "p", Post: registry.PostCEO, State: registry.ClaimMade})
	})
	var read, commands sync.WaitGroup
	read.Add(2)
	both := make(chan struct{})
	go func() {
		read.Wait()
		close(both)
	}()
	wrote, failed := make([]bool, 2), make([]error, 2)
	for i, me := range []string{registry.ClaimVerified, registry.ClaimEnded} {
		var once sync.Once
		met := func() {
			once.Do(read.Done)
			select {
			case <-both:
			case <-time.After(200 * time.Millisecond): // the other waits for us
			}
		}
		commands.Go(func() {
			failed[i] = s.Write(access.AsServer(context.Background()), func(ctx context.Context, tx *Tx) (err error) {
				wrote[i], err = command(ctx, tx, me, met)
				return err
			})
		})
	}
	commands.Wait()
	if failed[0] != nil || failed[1] != nil {
		t.Errorf("the commands fail: %v", failed)
	}
	if wrote[0] == wrote[1] {
		t.Errorf("of two commands that forbid each other both are acknowledged alike: %v", wrote)
	}
}

func TestOfTwoThatForbidEachOtherOneIsDone(t *testing.T) {
	t.Parallel()
	for name, command := range rivals {
		for engine, cfg := range map[string]func(testing.TB) Config{"sqlite": config, "postgres": onPostgres} {
			t.Run(fmt.Sprint(name, ", ", engine), func(t *testing.T) {
				t.Parallel()
				oneWins(t, cfg(t), command)
			})
		}
	}
}

// The control: where nobody waits for the other, both are done.
func TestCrowdedCommandsContradictEachOther(t *testing.T) {
	t.Parallel()
	for name, command := range rivals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onPostgres(t)                                                                            // or this is skipped, and not found to find nothing
			control.FindsIn(t, 6, "both are acknowledged alike: [true true]", func(law testing.TB) { // they must meet
				cfg := onPostgres(t)
				cfg.crowded = true
				oneWins(law, cfg, command)
			})
		})
	}
}

// staysEnded is the law: an officer who verifies a claim while its person is erased does not bring it back.
func staysEnded(t testing.TB, cfg Config) {
	t.Helper()
	s := open(t, cfg)
	write(t, s, func(ctx context.Context, tx *Tx) error {
		return tx.SaveClaim(ctx, registry.Claim{Province: province, ID: "c", Unit: "u1", Person: "p", Post: registry.PostCEO, State: registry.ClaimMade})
	})
	ended := make(chan struct{})
	var commands sync.WaitGroup
	commands.Go(func() {
		write(t, s, func(ctx context.Context, tx *Tx) error {
			_, err := tx.exec(ctx, "UPDATE unit_claim SET state = 'ended' WHERE person = 'p'") // as an erasure does
			close(ended)
			time.Sleep(100 * time.Millisecond)
			return err
		})
	})
	commands.Go(func() {
		<-ended
		write(t, s, func(ctx context.Context, tx *Tx) error {
			c, err := tx.LoadClaim(ctx, province, "c")
			if err != nil || c.State != registry.ClaimMade {
				return err
			}
			c.State = registry.ClaimVerified
			return tx.SaveClaim(ctx, c)
		})
	})
	commands.Wait()
	read(t, s, func(ctx context.Context, tx *Tx) error {
		c, err := tx.LoadClaim(ctx, province, "c")
		if c.State != registry.ClaimEnded {
			t.Errorf("the claim of who was erased is %s", c.State)
		}
		return err
	})
}

func TestAClaimOfWhoIsErasedStaysEnded(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { staysEnded(t, config(t)) })
	t.Run("postgres", func(t *testing.T) { staysEnded(t, onPostgres(t)) })
	control.Finds(t, "is verified", func(t testing.TB) {
		cfg := onPostgres(t)
		cfg.crowded = true
		staysEnded(t, cfg)
	})
}
