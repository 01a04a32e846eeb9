package store

import (
	"bytes"
	"container/list"
	"context"
	"strings"
	"sync"
	"time"

	"rahgosha/internal/kernel/journal"
)

const (
	keyCacheSize = 16384
	// keyAge bounds how long a key is kept, for a program of a version that does not count what it destroys may run beside.
	keyAge = 30 * time.Second
	// erasures is the row beside the keys that counts how often one was destroyed: whoever keeps keys asks for it, in each
	// transaction, whether others have destroyed some meanwhile.
	erasures = "SELECT created FROM datakey WHERE id = 'erasures'"
)

// Keys gives data keys within the transaction: one it makes is forgotten with it, one it erases is gone at once.
func (t *Tx) Keys() journal.Keys { return keyring{t} }

type keyring struct{ t *Tx }

// Get gives a key; journal.ErrErased, journal.ErrNoKey.
func (k keyring) Get(ctx context.Context, id string) ([]byte, error) {
	if key, ok := k.t.made[id]; ok {
		if key == nil {
			return nil, journal.ErrErased
		}
		return bytes.Clone(key), nil
	}
	seen, err := k.erasures(ctx)
	if err != nil {
		return nil, err
	}
	if !k.t.tails.destroys() {
		if key, ok := k.t.keys[id]; ok {
			return bytes.Clone(key), nil
		}
		if key, ok := k.t.s.keys.get(id, k.t.s.now(), seen); ok {
			return key, nil
		}
	}
	key, found, err := k.stored(ctx, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, journal.ErrNoKey
	}
	if !k.t.tails.destroys() {
		k.t.keyRead(id, key, seen)
	}
	return key, nil
}

// keyRead remembers a key that was read. What a transaction that writes has read may be its own, or another command's of its group,
// and be undone with it: what was sealed with it afterwards nobody could open. So only this transaction has it before COMMIT.
func (t *Tx) keyRead(id string, key []byte, seen int64) {
	if !t.writing || t.s.cfg.eager {
		t.s.keys.put(id, key, t.s.now(), seen)
		return
	}
	if t.keys == nil {
		t.keys = map[string][]byte{}
	}
	t.keys[id] = key
	t.OnCommit(func() { t.s.keys.put(id, key, t.s.now(), seen) })
}

// erasures is how many keys were destroyed when the transaction began, as it sees them itself: a snapshot sees no later one,
// so that what it reads is told from what is true now.
func (k keyring) erasures(ctx context.Context) (int64, error) {
	t := k.t
	switch {
	case t.s.cfg.stale:
		return 0, nil
	case t.counted:
		return t.erasures, nil
	case t.tails != nil:
		t.erasures = t.tails.erasures
	default:
		if _, err := t.row(ctx, erasures, nil, &t.erasures); err != nil {
			return 0, err
		}
	}
	t.counted = true
	return t.erasures, nil
}

func (k keyring) stored(ctx context.Context, id string) (key []byte, found bool, err error) {
	var wrapped []byte
	var destroyed int64
	found, err = k.t.row(ctx, "SELECT wrapped, destroyed FROM datakey WHERE id = $1", []any{id}, &wrapped, &destroyed)
	if err != nil || !found {
		return nil, found, err
	}
	if destroyed != 0 {
		return nil, true, journal.ErrErased
	}
	key, err = k.t.s.cfg.Root.Unwrap(id, wrapped)
	return key, true, err
}

// Create makes a key, or gives the one that is there; journal.ErrErased when it was destroyed.
func (k keyring) Create(ctx context.Context, id string) ([]byte, error) {
	seen, err := k.erasures(ctx)
	if err != nil {
		return nil, err
	}
	key, err := journal.NewKey()
	if err != nil {
		return nil, err
	}
	wrapped, err := k.t.s.cfg.Root.Wrap(id, key)
	if err != nil {
		return nil, err
	}
	n, err := k.keep(ctx, id, wrapped)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		key, _, err = k.stored(ctx, id)
		return key, err
	}
	k.t.make(id, key)
	k.t.OnCommit(func() { k.t.s.keys.put(id, key, k.t.s.now(), seen) })
	return bytes.Clone(key), nil
}

// keep writes a key that is not there, and says how many that were. That of a case is made when it is opened and waits for those of
// the other commands: one that is there after all undoes their group, as later says.
func (k keyring) keep(ctx context.Context, id string, wrapped []byte) (int64, error) {
	if strings.HasPrefix(id, journal.CaseKey("")) && k.t.beside() {
		return 1, k.t.later(ctx, "datakey (id, wrapped, created, destroyed)", []any{id, wrapped, k.t.s.now(), int64(0)})
	}
	return k.t.exec(ctx, `INSERT INTO datakey (id, wrapped, created, destroyed) VALUES ($1, $2, $3, 0)
		ON CONFLICT (id) DO NOTHING`, id, wrapped, k.t.s.now())
}

// NewKeys makes keys that nobody has made yet, in few statements; keys that are there stay as they are.
func (t *Tx) NewKeys(ctx context.Context, ids []string) error {
	rows, keys, now := make([][]any, len(ids)), make([][]byte, len(ids)), t.s.now()
	for i, id := range ids {
		key, err := journal.NewKey()
		if err != nil {
			return err
		}
		wrapped, err := t.s.cfg.Root.Wrap(id, key)
		if err != nil {
			return err
		}
		keys[i], rows[i] = key, []any{id, wrapped, now, int64(0)}
	}
	n, err := t.insertNew(ctx, "datakey (id, wrapped, created, destroyed)", rows, " ON CONFLICT (id) DO NOTHING")
	if err != nil || n < int64(len(ids)) { // some were there: each is read when it is used
		return err
	}
	for i, id := range ids {
		t.make(id, keys[i])
	}
	return nil
}

// WrappedKey is a data key as it is stored.
type WrappedKey struct {
	ID      string
	Wrapped []byte
}

// WrappedKeys gives keys that are not destroyed, after one, in the order of their ids.
func (t *Tx) WrappedKeys(ctx context.Context, after string, limit int) (out []WrappedKey, err error) {
	err = t.each(ctx, "SELECT id, wrapped FROM datakey WHERE id > $1 AND destroyed = 0 ORDER BY id LIMIT $2", []any{after, limit}, func(scan func(...any) error) error {
		var k WrappedKey
		err := scan(&k.ID, &k.Wrapped)
		out = append(out, k)
		return err
	})
	return out, err
}

// Rewrap stores a key wrapped anew, unless it was destroyed or wrapped otherwise meanwhile.
func (t *Tx) Rewrap(ctx context.Context, id string, old, fresh []byte) error {
	_, err := t.exec(ctx, "UPDATE datakey SET wrapped = $3 WHERE id = $1 AND wrapped = $2 AND destroyed = 0", id, old, fresh)
	return err
}

func (t *Tx) make(id string, key []byte) {
	if t.made == nil {
		t.made = map[string][]byte{}
	}
	t.made[id] = key
}

// Erase destroys a key for ever: what it sealed reads as erased from then on, also for whoever has it in memory.
func (t *Tx) Erase(ctx context.Context, id string) error {
	now := t.s.now()
	_, err := t.exec(ctx, `INSERT INTO datakey (id, wrapped, created, destroyed) VALUES ($1, $2, $3, $3)
		ON CONFLICT (id) DO UPDATE SET wrapped = excluded.wrapped, destroyed = excluded.destroyed
		WHERE datakey.destroyed = 0`, id, []byte{}, now)
	if err != nil {
		return err
	}
	t.make(id, nil)
	if t.s.cfg.stale {
		t.OnCommit(func() { t.s.keys.drop(id, 0) })
		return nil
	}
	var count int64
	_, err = t.row(ctx, `INSERT INTO datakey (id, wrapped, created, destroyed) VALUES ('erasures', $1, 1, 1)
		ON CONFLICT (id) DO UPDATE SET created = datakey.created + 1 RETURNING created`, []any{[]byte{}}, &count)
	if err != nil {
		return err
	}
	t.tails.destroy()
	t.OnCommit(func() { t.s.keys.drop(id, count) })
	return nil
}

// keyCache keeps unwrapped keys, the least recently used leaving first. It knows how many keys were destroyed when it last
// heard of it. Who has seen more has it forget all; what somebody read who has seen fewer is not taken, for it may be gone.
type keyCache struct {
	mu    sync.Mutex
	size  int
	age   int64 // µs; 0 for ever
	known int64 // keys destroyed
	order *list.List
	at    map[string]*list.Element
}

type cachedKey struct {
	id    string
	key   []byte
	taken int64
}

func newKeyCache(size int, age time.Duration) *keyCache {
	return &keyCache{size: size, age: age.Microseconds(), order: list.New(), at: map[string]*list.Element{}}
}

// meet hears of so many erasures from somebody who does not know which they were.
func (c *keyCache) meet(seen int64) {
	if seen <= c.known {
		return
	}
	for e := c.order.Front(); e != nil; e = c.order.Front() {
		c.remove(e)
	}
	c.known = seen
}

func (c *keyCache) get(id string, now, seen int64) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.meet(seen)
	e, ok := c.at[id]
	if !ok {
		return nil, false
	}
	k := e.Value.(*cachedKey)
	if c.age > 0 && (now-k.taken > c.age || now < k.taken) {
		c.remove(e)
		return nil, false
	}
	c.order.MoveToFront(e)
	return bytes.Clone(k.key), true
}

func (c *keyCache) put(id string, key []byte, now, seen int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.meet(seen)
	if seen < c.known {
		return
	}
	if e, ok := c.at[id]; ok {
		c.remove(e)
	}
	c.at[id] = c.order.PushFront(&cachedKey{id, bytes.Clone(key), now})
	if c.order.Len() > c.size {
		c.remove(c.order.Back())
	}
}

// drop forgets a key that was destroyed as the so manieth; where others were meanwhile, all of them.
func (c *keyCache) drop(id string, count int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.at[id]; ok {
		c.remove(e)
	}
	if count == c.known+1 {
		c.known = count
	}
	c.meet(count)
}

func (c *keyCache) remove(e *list.Element) {
	k := e.Value.(*cachedKey)
	clear(k.key)
	delete(c.at, k.id)
	c.order.Remove(e)
}
