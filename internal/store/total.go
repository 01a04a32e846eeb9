package store

import (
	"context"
	"fmt"
	"sync"

	"rahgosha/internal/kernel/access"
)

// A total says how many rows a question has in all. Counting reads each of them, on every page that everybody opens: in a province of
// a hundred thousand cases that was four fifths of what a list cost. So a large total is kept for a moment. Who acts and looks again
// sees their one case in the list, and a number of thousands that may lack it for two seconds; small totals, in which one would be
// missed, are counted each time.
const (
	totalExact = 1000      // up to here a total is counted anew each time
	totalAge   = 2_000_000 // µs; how long a larger one is told
	totalRest  = 20        // and at least so many times as long as counting took: it costs a twentieth of a processor at most
	totalsKept = 1000
)

// totals are large totals of a short while ago, by question and by what the database lets who asks see.
type totals struct {
	mu    sync.Mutex
	known map[totalKey]*total

	blurred bool // tests' negative control: who asks plays no part
}

type totalKey struct {
	scope    access.Scope // zero where the database holds nobody to anything
	question string
}

type total struct {
	n       int64
	counted int64 // µs; when
	until   int64 // µs; told up to then
	anew    bool  // somebody is counting
}

// get gives a total that is known. The first who comes when it is too old is told to count; the others get the old one meanwhile, for
// as long again.
func (s *totals) get(k totalKey, now int64) (n int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.known[k]
	if t == nil || now < t.counted || now > t.until+(t.until-t.counted) {
		return 0, false
	}
	if now > t.until && !t.anew {
		t.anew = true
		return 0, false
	}
	return t.n, true
}

// put keeps what was counted from one moment to another.
func (s *totals) put(k totalKey, n, from, to int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n <= totalExact || to < from {
		delete(s.known, k)
		return
	}
	if _, ok := s.known[k]; !ok && len(s.known) >= totalsKept {
		for old, t := range s.known {
			if to > t.until {
				delete(s.known, old)
			}
		}
		if len(s.known) >= totalsKept {
			clear(s.known)
		}
	}
	if s.known == nil {
		s.known = map[totalKey]*total{}
	}
	s.known[k] = &total{n: n, counted: from, until: from + max(totalAge, totalRest*(to-from))}
}

// question tells one question from another: by its words and by every value as Go writes it, a text in quotes and a number
// whole.
func question(from string, args []any) string { return fmt.Sprintf("%s\x1f%#v", from, args) }

// total counts the rows of a question that begins with FROM, or tells what it counted a moment ago. A command counts: what it decides
// by is what is there.
func (t *Tx) total(ctx context.Context, from string, args []any) (n int64, err error) {
	k := totalKey{t.scope, question(from, args)}
	if t.s.totals.blurred {
		k.scope = access.Scope{}
	}
	if !t.writing {
		if n, ok := t.s.totals.get(k, t.s.now()); ok {
			return n, nil
		}
	}
	began := t.s.now()
	// Of a million rows it takes a while: whoever left stops it.
	if err := t.each(ctx, "SELECT count(*)"+from, args, func(scan func(...any) error) error { return scan(&n) }); err != nil {
		return 0, err
	}
	if !t.writing {
		t.s.totals.put(k, n, began, t.s.now())
	}
	return n, nil
}
