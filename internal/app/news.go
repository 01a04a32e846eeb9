package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"rahgosha/internal/kernel/access"
)

const (
	newsEvery  = time.Second      // how often the cases that are read are asked for their versions
	newsWait   = 25 * time.Second // how long a reader waits before asking again
	newsMost   = 10_000           // readers that wait at a node
	newsAtOnce = 500
)

// news tells who reads a case that it has changed, whichever node changed it: while anybody reads, the node asks the
// database once a second for the versions of what is read here. No message is sent from node to node, so none is lost when
// the database moves.
type news struct {
	a       *App
	stopped context.Context //nolint:containedctx // ends when the server stops, and all waiting with it
	stop    context.CancelFunc

	mu      sync.Mutex
	rooms   map[[2]string]*room // by province and case, "" for all of the province
	readers int
	looking bool
}

// room is where the readers of a case wait. changed is closed and made anew with each version.
type room struct {
	version int64
	changed chan struct{}
	readers int
}

func newNews(a *App) *news {
	n := &news{a: a, rooms: map[[2]string]*room{}}
	n.stopped, n.stop = context.WithCancel(a.background) // #nosec G118 -- Close calls it
	return n
}

// Next waits until a case has a later version than the one seen, and gives it; after a while it gives what was seen. That
// somebody may see the case is the caller's to know. Of "" it gives how many entries the province's log has: when there are
// more, some case is another.
func (n *news) Next(ctx context.Context, p access.Principal, id string, seen int64) int64 {
	within, cancel := context.WithTimeout(ctx, newsWait)
	defer cancel()
	key := [2]string{p.Province, id}
	r := n.enter(key)
	if r == nil {
		return seen
	}
	defer n.leave(key, r)
	for {
		n.mu.Lock()
		version, changed := r.version, r.changed
		n.mu.Unlock()
		if version > seen {
			return version
		}
		select {
		case <-changed:
		case <-within.Done():
			return seen
		case <-n.stopped.Done():
			return seen
		}
	}
}

// enter gives the room of a case; nil when the house is full or closing.
func (n *news) enter(key [2]string) *room {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.readers >= newsMost || n.stopped.Err() != nil {
		return nil
	}
	r := n.rooms[key]
	if r == nil {
		r = &room{changed: make(chan struct{})}
		n.rooms[key] = r
	}
	n.readers++
	r.readers++
	if !n.looking {
		n.looking = true
		n.a.work(n.look)
	}
	return r
}

func (n *news) leave(key [2]string, r *room) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.readers--
	if r.readers--; r.readers == 0 {
		delete(n.rooms, key)
	}
}

// look asks for versions until nobody waits.
func (n *news) look(context.Context) {
	tick := time.NewTicker(newsEvery)
	defer tick.Stop()
	for {
		asked := n.asked()
		if len(asked) == 0 {
			return
		}
		for province, ids := range asked {
			for some := range slices.Chunk(ids, newsAtOnce) {
				n.ask(province, some)
			}
		}
		select {
		case <-tick.C:
		case <-n.stopped.Done():
		}
	}
}

// asked gives the cases that are read, by province; when there are none, or no more, looking ends.
func (n *news) asked() map[string][]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := map[string][]string{}
	for key := range n.rooms {
		if n.stopped.Err() == nil {
			out[key[0]] = append(out[key[0]], key[1])
		}
	}
	n.looking = len(out) > 0
	return out
}

func (n *news) ask(province string, ids []string) {
	var found map[string]int64
	err := n.a.Store.Read(n.stopped, func(ctx context.Context, tx storeTx) (err error) {
		if found, err = tx.Versions(ctx, province, ids); err == nil && slices.Contains(ids, "") {
			found[""], _, err = tx.LogSize(ctx, province)
		}
		return err
	})
	if err != nil { // it is asked again in a second
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, version := range found {
		if r := n.rooms[[2]string{province, id}]; r != nil && version > r.version {
			r.version = version
			close(r.changed)
			r.changed = make(chan struct{})
		}
	}
}
