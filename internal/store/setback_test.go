package store

import (
	"context"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/party"
)

// A session that was over stays so when the clock is set back, though nobody had shown it meanwhile, and after the process
// began anew; a correction by seconds ends none.
func TestAClockSetBackRevivesNoSession(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) { staysOver(t, t, s, func(tx party.Tx) party.Tx { return tx }) })
}

func TestSessionsThatReviveAreFound(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	control.Finds(t, "lives again", func(law testing.TB) {
		staysOver(t, law, s, func(tx party.Tx) party.Tx { return unforgetting{tx} })
	})
}

func staysOver(t *testing.T, law testing.TB, s *Store, bend func(party.Tx) party.Tx) {
	officers(t, s)
	p := serviceOver(t, s, bend)
	over := func(p people, token, when string) {
		if _, err := p.Resolve(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
			law.Errorf("a session lives again %s: %v", when, err)
		}
	}
	unused := p.in(t, "")
	p.c.Advance(25 * time.Hour)
	busy := p.in(t, "")
	p.c.Advance(-2 * time.Second)
	if _, err := p.Resolve(t.Context(), busy); err != nil {
		law.Errorf("a correction of the clock ends a session: %v", err)
	}
	p.c.Advance(-25*time.Hour + 10*time.Minute)
	over(p, unused, "after the clock was set back")
	over(p, busy, "that begins in the future")
	if _, err := p.Resolve(t.Context(), p.in(t, "")); err != nil {
		law.Errorf("nobody can sign in after the clock was set back: %v", err)
	}

	slept := p.in(t, "")
	p.c.Advance(20 * 365 * 24 * time.Hour)
	last := p.in(t, "")
	p.c.Advance(-20 * 365 * 24 * time.Hour)
	again := serviceOver(t, s, bend)
	over(again, slept, "after the process began anew")
	over(again, last, "after the process began anew")
}

// unforgetting keeps sessions that are to be forgotten.
type unforgetting struct{ party.Tx }

func (unforgetting) DeleteSessions(context.Context) error { return nil }
