package document

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"regexp"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// nonceSize and overhead are what AES-GCM puts before and behind a content.
const (
	nonceSize = 12
	overhead  = nonceSize + 16
)

var hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// blobName is where a content lies: two signs of its hash, then all of it.
func blobName(hash string) string { return hash[:2] + "/" + hash }

// Get gives a document after checking that every byte is as it was put. Not_found document.unknown and document.lost
// (recorded, but its file is gone); internal document.damaged, naming it; not_found document.erased_content. The name is
// made of the hash: what people called the document belongs to where they put it.
func (s *Service) Get(ctx context.Context, province, hash string) (io.ReadCloser, Ref, error) {
	if !hashForm.MatchString(hash) {
		return nil, Ref{}, unknown(hash)
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, Ref{}, err
	}
	defer leave()
	d, key, err := s.find(ctx, province, hash)
	if err != nil {
		return nil, Ref{}, err
	}
	content, err := s.load(ctx, hash, key)
	if err != nil {
		return nil, Ref{}, err
	}
	ref := Ref{Hash: hash, Size: d.Size, Media: d.Media, Name: mediaNamed(d.Media).fileName(hash[:12])}
	return io.NopCloser(bytes.NewReader(content)), ref, nil
}

func unknown(hash string) error { return fault.New(fault.NotFound, "document.unknown", "hash", hash) }

func (s *Service) find(ctx context.Context, province, hash string) (d Document, key []byte, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		if d, err = t.DocumentByHash(ctx, province, hash); err != nil {
			return err
		}
		key, err = t.Keys().Get(ctx, keyOf(hash))
		return err
	})
	if errors.Is(err, journal.ErrErased) {
		err = fault.Wrap(err, fault.NotFound, "document.erased_content", "hash", hash)
	}
	return d, key, err
}

// load reads a content and checks it: the seal finds a changed byte, the hash a content put in its place.
func (s *Service) load(ctx context.Context, hash string, key []byte) ([]byte, error) {
	f, err := s.cfg.Blobs.Open(ctx, blobName(hash))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, Limit+overhead+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "document.read")
	}
	if len(raw) < overhead {
		return nil, fault.New(fault.Internal, "document.damaged", "hash", hash)
	}
	content, err := journal.Open(key, journal.Sealed{Key: keyOf(hash), Nonce: raw[:nonceSize], Text: raw[nonceSize:]}, sealPlace(hash))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "document.damaged", "hash", hash)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != hash {
		return nil, fault.New(fault.Internal, "document.damaged", "hash", hash)
	}
	return content, nil
}

// Uses tells who put a document, when, and under what name in clear; journal.Erased where its giver was erased.
func (s *Service) Uses(ctx context.Context, province, hash string) (out []Use, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		if out, err = t.DocumentUses(ctx, province, hash); err != nil {
			return err
		}
		for i := range out {
			if out[i].Name, err = openName(ctx, t.Keys(), out[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// Put is a document that somebody put.
type Put struct {
	Use
	Media string
	Size  int64
}

// PutBy lists what a person put in a province and is there still, the oldest first, under the names they gave it.
func (s *Service) PutBy(ctx context.Context, province, person string) (out []Put, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		if out, err = t.PutBy(ctx, province, person); err != nil {
			return err
		}
		for i := range out {
			if out[i].Name, err = openName(ctx, t.Keys(), out[i].Use); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func openName(ctx context.Context, keys journal.Keys, u Use) (string, error) {
	var sealed journal.Sealed
	if err := json.Unmarshal([]byte(u.Name), &sealed); err != nil {
		return "", fault.Wrap(err, fault.Internal, "document.sealed")
	}
	plain, err := journal.OpenWith(ctx, keys, sealed, namePlace(u.Province, u.Hash))
	if errors.Is(err, journal.ErrErased) {
		return journal.Erased, nil
	}
	return string(plain), err
}
