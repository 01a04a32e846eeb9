package document

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// Put keeps a document that a person gave, under the name they gave it. The same content again is the same document.
// TooLarge document.too_large; invalid where the content is none of the accepted kinds, saying what to do instead;
// refused document.erased where this very content was erased; too_many document.quota; and what the judge says. Until all of it is found sound,
// nothing of it is kept: it lies in no place where anybody could read it.
func (s *Service) Put(ctx context.Context, province, by, name string, r io.Reader) (Ref, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return Ref{}, err
	}
	defer leave()
	if err := s.within(ctx, province, by); err != nil {
		return Ref{}, err
	}
	content, err := readAll(r)
	if err != nil {
		return Ref{}, err
	}
	media, err := inspect(content, name)
	if err != nil {
		return Ref{}, err
	}
	if s.cfg.Judge != nil {
		if err := s.cfg.Judge(ctx, content); err != nil {
			return Ref{}, err
		}
	}
	sum := sha256.Sum256(content)
	ref := Ref{Hash: hex.EncodeToString(sum[:]), Size: int64(len(content)), Media: media.name, Name: media.fileName(name)}
	if err := s.keep(ctx, ref.Hash, content); err != nil {
		return Ref{}, err
	}
	return ref, s.cfg.Write(ctx, func(ctx context.Context, t Tx) error { return s.record(ctx, t, province, by, ref) })
}

func readAll(r io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, Limit+1))
	switch {
	case err != nil:
		return nil, fault.Wrap(err, fault.Invalid, "document.broken_off")
	case len(content) > Limit:
		return nil, fault.New(fault.TooLarge, "document.too_large", "limit", Limit>>20)
	case len(content) == 0:
		return nil, fault.New(fault.Invalid, "document.empty")
	}
	return content, nil
}

// keyOf is the id of a content's key.
func keyOf(hash string) string { return "blob:" + hash }

func sealPlace(hash string) []byte { return journal.AD("", keyOf(hash), "content") }

// keep writes a content unless it lies there whole already; so a damaged one is mended by whoever has it still.
func (s *Service) keep(ctx context.Context, hash string, content []byte) error {
	key, err := s.key(ctx, hash)
	if err != nil {
		return err
	}
	if _, err := s.load(ctx, hash, key); err == nil {
		return nil
	}
	sealed, err := journal.Seal(key, keyOf(hash), sealPlace(hash), content)
	if err != nil {
		return err
	}
	err = s.cfg.Blobs.Create(ctx, blobName(hash), bytes.NewReader(append(sealed.Nonce, sealed.Text...)))
	if err == nil && s.cfg.Kept != nil {
		s.cfg.Kept(blobName(hash))
	}
	return err
}

// key gives the key of a content, made at its first use. It is stored before anything is sealed with it.
func (s *Service) key(ctx context.Context, hash string) (key []byte, err error) {
	err = s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		key, err = t.Keys().Create(ctx, keyOf(hash))
		return err
	})
	if errors.Is(err, journal.ErrErased) {
		return nil, fault.Wrap(err, fault.Refused, "document.erased")
	}
	return key, err
}

func (s *Service) record(ctx context.Context, t Tx, province, by string, ref Ref) error {
	at := s.cfg.Clock.Now().UnixMicro()
	name, err := sealName(ctx, t.Keys(), province, by, ref)
	if err != nil {
		return err
	}
	if err := t.SaveDocument(ctx, Document{Province: province, Hash: ref.Hash, Media: ref.Media, Size: ref.Size, By: by, At: at}); err != nil {
		return err
	}
	return t.SaveDocumentUse(ctx, Use{Province: province, Hash: ref.Hash, By: by, Name: name, At: at})
}

// sealName seals a name for the person who gave it: it goes when they are erased.
func sealName(ctx context.Context, keys journal.Keys, province, by string, ref Ref) (string, error) {
	sealed, err := journal.SealWith(ctx, keys, journal.PersonKey(by), namePlace(province, ref.Hash), []byte(ref.Name))
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(sealed)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "document.sealed")
	}
	return string(raw), nil
}

func namePlace(province, hash string) []byte { return journal.AD(province, keyOf(hash), "name") }
