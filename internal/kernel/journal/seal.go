package journal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"

	"rahgosha/internal/base/fault"
)

// KeySize is the size of every data key in bytes (AES-256).
const KeySize = 32

const nonceSize = 12

// Sealed is a value only the holder of its key can read. Destroying the key erases the value wherever copies lie, while
// the hashes over it stay as they were.
type Sealed struct {
	Key   string `json:"k"` // id of the key, see PersonKey, CaseKey, TextKey
	Nonce []byte `json:"n"` // 12 bytes
	Text  []byte `json:"t"` // AES-256-GCM text and tag
}

// Keys gives data keys, unwrapped, of KeySize bytes. Get returns ErrErased for a destroyed key and ErrNoKey for one never
// made; Create makes one, and never makes a destroyed one anew (ErrErased).
type Keys interface {
	Get(ctx context.Context, id string) ([]byte, error)
	Create(ctx context.Context, id string) ([]byte, error)
}

// PersonKey names the key of what concerns one person.
func PersonKey(person string) string { return "person:" + person }

// CaseKey names the key of the entry bodies of a case.
func CaseKey(caseID string) string { return "case:" + caseID }

// TextKey names the key of a case's texts that name several people; it goes when the last of them is erased.
func TextKey(caseID string) string { return "text:" + caseID }

// AD is the additional data of a value: where it belongs. A value moved elsewhere no longer opens.
// label tells values of one case apart, for instance the field or the entry's seq.
func AD(province, caseID, label string) []byte {
	room := make([]byte, 0, 3*4+len(province)+len(caseID)+len(label)) // three fields with their lengths
	return putField(putField(putField(room, province), caseID), label)
}

// Sealer seals many values under one key.
type Sealer struct {
	id string
	g  cipher.AEAD
}

// NewSealer makes a sealer of a key and its id.
func NewSealer(key []byte, id string) (Sealer, error) {
	g, err := gcm(key)
	return Sealer{id, g}, err
}

// SealerWith makes a sealer of the key of that id, making the key at its first use. ErrErased when it was destroyed.
func SealerWith(ctx context.Context, keys Keys, id string) (Sealer, error) {
	key, err := keys.Get(ctx, id)
	if errors.Is(err, ErrNoKey) {
		key, err = keys.Create(ctx, id)
	}
	if err != nil {
		return Sealer{}, err
	}
	return NewSealer(key, id)
}

// Seal encrypts plain, bound to the key's id and to ad. The nonce is random: one key may seal 2^32 values.
func (s Sealer) Seal(ad, plain []byte) (Sealed, error) {
	nonce := make([]byte, nonceSize)
	if _, err := rand.Read(nonce); err != nil {
		return Sealed{}, fault.Wrap(err, fault.Internal, "journal.random")
	}
	return Sealed{Key: s.id, Nonce: nonce, Text: s.g.Seal(nil, nonce, plain, bind(s.id, ad))}, nil
}

// Seal encrypts plain under key, bound to the key's id and to ad.
func Seal(key []byte, id string, ad []byte, plain []byte) (Sealed, error) {
	s, err := NewSealer(key, id)
	if err != nil {
		return Sealed{}, err
	}
	return s.Seal(ad, plain)
}

// Open decrypts s. A wrong key, another place or any changed bit gives an invalid journal.seal_broken and no plaintext.
func Open(key []byte, s Sealed, ad []byte) ([]byte, error) {
	g, err := gcm(key)
	if err != nil {
		return nil, err
	}
	return open(g, s, ad)
}

func open(g cipher.AEAD, s Sealed, ad []byte) ([]byte, error) {
	if len(s.Nonce) != nonceSize {
		return nil, fault.New(fault.Invalid, "journal.seal_broken", "key", s.Key)
	}
	plain, err := g.Open(nil, s.Nonce, s.Text, bind(s.Key, ad))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "journal.seal_broken", "key", s.Key)
	}
	return plain, nil
}

// SealWith seals under the key of that id, making the key at its first use. ErrErased when it was destroyed.
func SealWith(ctx context.Context, keys Keys, id string, ad, plain []byte) (Sealed, error) {
	s, err := SealerWith(ctx, keys, id)
	if err != nil {
		return Sealed{}, err
	}
	return s.Seal(ad, plain)
}

// OpenWith opens s under the key it names. ErrErased when that was destroyed.
func OpenWith(ctx context.Context, keys Keys, s Sealed, ad []byte) ([]byte, error) {
	key, err := keys.Get(ctx, s.Key)
	if err != nil {
		return nil, err
	}
	return Open(key, s, ad)
}

func gcm(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fault.New(fault.Internal, "journal.key_size", "want", KeySize, "got", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "journal.key_size", "want", KeySize, "got", len(key))
	}
	g, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "journal.key_size", "want", KeySize, "got", len(key))
	}
	return g, nil
}

// bind joins key id and place with a length, so that no other pair gives the same bytes.
func bind(id string, ad []byte) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(id)+len(ad)), uint32(len(id))) // #nosec G115 -- an id
	return append(append(b, id...), ad...)
}
