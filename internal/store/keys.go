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
	// postgresKeyAge bounds how long a node may still read with a key that another node has destroyed.
	postgresKeyAge = 30 * time.Second
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
	if key, ok := k.t.s.keys.get(id, k.t.s.now()); ok {
		return key, nil
	}
	generation := k.t.s.keys.generation()
	key, found, err := k.stored(ctx, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, journal.ErrNoKey
	}
	k.t.s.keys.put(id, key, k.t.s.now(), generation)
	return key, nil
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
	generation := k.t.s.keys.generation()
	k.t.OnCommit(func() { k.t.s.keys.put(id, key, k.t.s.now(), generation) })
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
	t.OnCommit(func() { t.s.keys.drop(id) })
	return nil
}

// keyCache keeps unwrapped keys, the least recently used leaving first. A key read before some erasure and put after it
// is not taken: its generation is past.
type keyCache struct {
	mu    sync.Mutex
	size  int
	age   int64 // µs; 0 for ever
	erase int64
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

func (c *keyCache) generation() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.erase
}

func (c *keyCache) get(id string, now int64) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
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

func (c *keyCache) put(id string, key []byte, now, generation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.erase {
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

func (c *keyCache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase++
	if e, ok := c.at[id]; ok {
		c.remove(e)
	}
}

func (c *keyCache) remove(e *list.Element) {
	k := e.Value.(*cachedKey)
	clear(k.key)
	delete(c.at, k.id)
	c.order.Remove(e)
}
