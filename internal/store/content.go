package store

import (
	"bytes"
	"context"
	"io"
	"path"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/document"
)

// Contents keeps sealed contents of documents in the database, for all nodes that serve it.
func (s *Store) Contents() document.Blobs { return contents{s} }

type contents struct{ s *Store }

// Create keeps a content whole, over what is there.
func (c contents) Create(ctx context.Context, name string, r io.Reader) error {
	sealed, err := io.ReadAll(r)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "document.write")
	}
	return c.s.Write(ctx, func(ctx context.Context, t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO content (name, sealed) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed`, name, blob(sealed))
		return err
	})
}

// Open gives a content; not_found document.lost.
func (c contents) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	var sealed []byte
	err := c.s.Read(ctx, func(ctx context.Context, t *Tx) error {
		found, err := t.row(ctx, "SELECT sealed FROM content WHERE name = $1", []any{name}, &sealed)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "document.lost", "hash", path.Base(name))
		}
		return err
	})
	return io.NopCloser(bytes.NewReader(sealed)), err
}
