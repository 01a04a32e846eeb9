package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

	"rahgosha/internal/base/fault"
)

// Definition is a published definition: Canonical is its stable text, From and To civil dates (To "" is open), Entry the
// journal entry that records its publication, Approvers the two persons who approved it.
type Definition struct {
	Hash, ID, Version string
	Canonical         []byte
	From, To          string
	PublishedAt       int64
	Entry             string
	Approvers         []string
}

const definitionColumns = "hash, id, version, canonical, valid_from, valid_to, published_at, entry, approvers"

// Sound holds what publishing means (kernel.md 14) whoever calls: the hash is that of the text, two different persons
// approved it, and the journal has its entry. Invalid store.definition names what is missing.
func (d Definition) Sound() error {
	sum := sha256.Sum256(d.Canonical)
	wrong := ""
	switch {
	case d.Hash != hex.EncodeToString(sum[:]):
		wrong = "hash"
	case len(d.Approvers) != 2 || d.Approvers[0] == d.Approvers[1] || !oneWord(d.Approvers[0]) || !oneWord(d.Approvers[1]):
		wrong = "approvers"
	case d.Entry == "":
		wrong = "entry"
	default:
		return nil
	}
	return fault.New(fault.Invalid, "store.definition", "what", wrong).At(wrong)
}

// oneWord keeps two names apart in one column.
func oneWord(s string) bool { return s != "" && !strings.ContainsFunc(s, unicode.IsSpace) }

// PublishDefinition stores a definition and ends the one of the same id that was in force at its first day. The same
// hash again changes nothing; one that is not sound is refused.
func (t *Tx) PublishDefinition(ctx context.Context, d Definition) error {
	if err := d.Sound(); err != nil {
		return err
	}
	if err := t.deciding(ctx, "definitions", "", d.ID); err != nil { // two versions at once would both be without an end
		return err
	}
	if _, err := t.exec(ctx, `UPDATE definition SET valid_to = $1 WHERE id = $2 AND hash <> $3 AND valid_to = '' AND valid_from <= $1`,
		d.From, d.ID, d.Hash); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO definition (hash, id, version, canonical, valid_from, valid_to, published_at, entry,
		approvers, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'published') ON CONFLICT (hash) DO NOTHING`,
		d.Hash, d.ID, d.Version, blob(d.Canonical), d.From, d.To, d.PublishedAt, d.Entry, strings.Join(d.Approvers, " "))
	return err
}

// AnyCredential says whether anybody can sign in.
func (t *Tx) AnyCredential(ctx context.Context) (bool, error) {
	var one int64
	return t.row(ctx, "SELECT 1 FROM credential LIMIT 1", nil, &one)
}

// DefinitionByHash gives a published definition; not_found store.no_definition.
func (t *Tx) DefinitionByHash(ctx context.Context, hash string) (Definition, error) {
	found, err := t.definitions(ctx, "WHERE hash = $1", hash)
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "store.no_definition", "definition", hash)
	}
	if err != nil {
		return Definition{}, err
	}
	return found[0], nil
}

// Definitions gives all published definitions, oldest first.
func (t *Tx) Definitions(ctx context.Context) ([]Definition, error) {
	return t.definitions(ctx, "WHERE state = 'published' ORDER BY published_at, hash")
}

// Unpublished gives the hashes of rows that are in no state that this program writes.
func (t *Tx) Unpublished(ctx context.Context) (out []string, err error) {
	err = t.each(ctx, "SELECT hash FROM definition WHERE state <> 'published' ORDER BY hash", nil, func(scan func(...any) error) error {
		var hash string
		err := scan(&hash)
		out = append(out, hash)
		return err
	})
	return out, err
}

func (t *Tx) definitions(ctx context.Context, where string, args ...any) (out []Definition, err error) {
	err = t.each(ctx, "SELECT "+definitionColumns+" FROM definition "+where, args, func(scan func(...any) error) error {
		var d Definition
		var approvers string
		if err := scan(&d.Hash, &d.ID, &d.Version, &d.Canonical, &d.From, &d.To, &d.PublishedAt, &d.Entry, &approvers); err != nil {
			return err
		}
		d.Approvers = strings.Fields(approvers)
		out = append(out, d)
		return nil
	})
	return out, err
}
