package store

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/document"
)

var _ document.Tx = (*Tx)(nil)

// DocumentByHash gives a document; not_found document.unknown.
func (t *Tx) DocumentByHash(ctx context.Context, province, hash string) (document.Document, error) {
	d := document.Document{Province: province, Hash: hash}
	found, err := t.row(ctx, `SELECT media, size, uploaded_by, at FROM document
		WHERE province = $1 AND hash = $2 AND state = 'accepted'`, []any{province, hash}, &d.Media, &d.Size, &d.By, &d.At)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "document.unknown", "hash", hash)
	}
	return d, err
}

// SaveDocument keeps a document that was accepted; one that is there stays as it was.
func (t *Tx) SaveDocument(ctx context.Context, d document.Document) error {
	_, err := t.exec(ctx, `INSERT INTO document (province, hash, media, size, state, reason, uploaded_by, at)
		VALUES ($1, $2, $3, $4, 'accepted', '', $5, $6) ON CONFLICT (province, hash) DO NOTHING`,
		d.Province, d.Hash, d.Media, d.Size, d.By, d.At)
	return err
}

// usePut is the code of a use that is somebody's having put the document; owner is that person.
const usePut = "put"

// SaveDocumentUse keeps the name a person gave a document, the last one over those before.
func (t *Tx) SaveDocumentUse(ctx context.Context, u document.Use) error {
	_, err := t.exec(ctx, `INSERT INTO document_use (province, owner, code, hash, name, entry, by_person, at)
		VALUES ($1, $2, $3, $4, $5, '', $2, $6)
		ON CONFLICT (province, owner, code, hash) DO UPDATE SET name = excluded.name`,
		u.Province, u.By, usePut, u.Hash, u.Name, u.At)
	return err
}

// Uploaded says whether a person put a document that is there still.
func (t *Tx) Uploaded(ctx context.Context, province, person, hash string) (bool, error) {
	var one int
	return t.row(ctx, `SELECT 1 FROM document_use u JOIN document d ON d.province = u.province AND d.hash = u.hash
		WHERE u.province = $1 AND u.owner = $2 AND u.code = $3 AND u.hash = $4 AND d.state = 'accepted'`,
		[]any{province, person, usePut, hash}, &one)
}

// DocumentUses lists who put a document, the first one first.
func (t *Tx) DocumentUses(ctx context.Context, province, hash string) (out []document.Use, err error) {
	err = t.each(ctx, `SELECT by_person, name, at FROM document_use WHERE province = $1 AND hash = $2 AND code = $3
		ORDER BY at, owner`, []any{province, hash, usePut}, func(scan func(...any) error) error {
		u := document.Use{Province: province, Hash: hash}
		err := scan(&u.By, &u.Name, &u.At)
		out = append(out, u)
		return err
	})
	return out, err
}

// PutBy lists what a person put and is there still, the oldest first.
func (t *Tx) PutBy(ctx context.Context, province, person string) (out []document.Put, err error) {
	err = t.each(ctx, `SELECT u.hash, u.name, u.at, d.media, d.size FROM document_use u JOIN document d ON d.province = u.province AND d.hash = u.hash
		WHERE u.province = $1 AND u.owner = $2 AND u.code = $3 AND d.state = 'accepted' ORDER BY u.at, u.hash`, []any{province, person, usePut},
		func(scan func(...any) error) error {
			p := document.Put{Use: document.Use{Province: province, By: person}}
			err := scan(&p.Hash, &p.Name, &p.At, &p.Media, &p.Size)
			out = append(out, p)
			return err
		})
	return out, err
}

// DocumentsPut counts what a person put from an instant on, and tells when the first of it was.
func (t *Tx) DocumentsPut(ctx context.Context, province, person string, from int64) (files, bytes, first int64, err error) {
	_, err = t.row(ctx, `SELECT COUNT(*), CAST(COALESCE(SUM(d.size), 0) AS BIGINT), COALESCE(MIN(u.at), 0) FROM document_use u
		JOIN document d ON d.province = u.province AND d.hash = u.hash WHERE u.province = $1 AND u.owner = $2 AND u.code = $3 AND u.at > $4`,
		[]any{province, person, usePut, from}, &files, &bytes, &first)
	return files, bytes, first, err
}

// DocumentHashes lists the documents after one, in order of their hashes.
func (t *Tx) DocumentHashes(ctx context.Context, province, after string, limit int) (out []string, err error) {
	err = t.each(ctx, `SELECT hash FROM document WHERE province = $1 AND state = 'accepted' AND hash > $2 ORDER BY hash LIMIT $3`,
		[]any{province, after, limit}, func(scan func(...any) error) error {
			var hash string
			err := scan(&hash)
			out = append(out, hash)
			return err
		})
	return out, err
}
