package store

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/party"
)

// strangersFlood has more strangers than may wait try logins at once, from addresses of their own and again and again, and once
// some of them are turned away lets the person sign in from where they have been before: they get in each time. Each password
// costs what it costs outside of tests, so that no seat is free meanwhile.
func strangersFlood(t testing.TB, p people) {
	p.in(t, "")
	over, stop := context.WithCancel(t.Context())
	busy := make(chan struct{}, 1)
	var all sync.WaitGroup
	for i := range 70 * max(2, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for n := 0; over.Err() == nil; n++ {
				_, _, err := p.SignIn(over, fmt.Sprintf("guess.%d.%d", i, n), "guess", "", fmt.Sprintf("10.9.%d.%d", n%250, i%250))
				switch {
				case over.Err() != nil, fault.Is(err, fault.Unauthenticated):
				case faultKey(err) == "party.busy":
					select {
					case busy <- struct{}{}:
					default:
					}
				default:
					t.Errorf("a stranger is told %v", err)
				}
			}
		})
	}
	<-busy
	for range 5 {
		if _, _, err := p.SignIn(t.Context(), "dir.deputy", testPassword, "", "10.0.0.1"); err != nil {
			t.Errorf("the person is kept out of where they have been: %v", err)
		}
	}
	stop()
	all.Wait()
}

func TestAFloodOfStrangersKeepsNobodyOutOfWhereTheyHaveBeen(t *testing.T) {
	t.Parallel()
	dear := func(forgets bool) people {
		s := open(t, config(t))
		p := officers(t, s)
		p.Service = serviceAt(t, s, party.OWASPCost, func(tx party.Tx) party.Tx { return bent{Tx: tx, forgets: forgets} }).Service
		return p
	}
	strangersFlood(t, dear(false))
	forgetful := dear(true)
	control.FindsIn(t, 3, "kept out of where they have been", func(t testing.TB) { strangersFlood(t, forgetful) })
}

func faultKey(err error) string {
	f, _ := fault.As(err)
	if f == nil {
		return ""
	}
	return f.Key
}
