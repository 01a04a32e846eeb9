package journal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"rahgosha/internal/base/fault"
)

// rootHeader begins the root key file; the key follows as 64 lower-case hex digits and a line end.
const rootHeader = "rahgosha root key v1\n"

const rootFileSize = len(rootHeader) + 2*KeySize + 1

// Root is an installation's root key. It is never used itself: each purpose has a key derived by HKDF-SHA-256, so that
// losing one does not lose the others. After a renewal (RenewRoot) the new key wraps data keys, and all else is derived from
// the first one.
type Root struct {
	master, search, cookie, entry Secret

	wraps  *wraps
	hashes *sync.Pool // of hash.Hash: the HMAC of search, which costs more to begin than to use
}

// LoadRoot reads the root key file, making it with mode 0600 when there is none. A file that group or others may touch is
// refused with forbidden journal.root_mode, which says how to mend it; a damaged one with invalid journal.root_format.
func LoadRoot(path string) (*Root, error) {
	raw, err := readRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createRoot(path); err != nil {
			return nil, err
		}
		raw, err = readRoot(path)
	}
	if err != nil {
		return nil, rootFault(err, path)
	}
	m, err := parseMasters(raw)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "journal.root_format", "path", path)
	}
	return newRoot(path, m)
}

// GivenRoot reads a root key that an operator keeps elsewhere and never makes one. A pipe, such as a vault's client writes to, is
// read once and to its end. Faults as of LoadRoot; unavailable journal.root_read where nothing is there.
func GivenRoot(path string) (*Root, error) {
	raw, err := readRoot(path)
	if err != nil {
		return nil, rootFault(err, path)
	}
	m, err := parseMasters(raw)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "journal.root_format", "path", path)
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		path = "" // it is not looked at again
	}
	return newRoot(path, m)
}

func rootFault(err error, path string) error {
	if _, ok := fault.As(err); ok {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "journal.root_read", "path", path)
}

func readRoot(path string) ([]byte, error) {
	f, err := os.Open(path) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fault.New(fault.Forbidden, "journal.root_mode", "path", path, "mode", fmt.Sprintf("%#o", mode))
	}
	return io.ReadAll(io.LimitReader(f, maxRenewedFile))
}

// createRoot writes a new key beside path and links it into place, so that no reader ever sees half a key and of two
// processes that start together one wins.
func createRoot(path string) error {
	master := make([]byte, KeySize)
	if _, err := rand.Read(master); err != nil {
		return fault.Wrap(err, fault.Internal, "journal.random")
	}
	err := linkNew(path, append([]byte(rootHeader), hex.EncodeToString(master)+"\n"...))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fault.Wrap(err, fault.Unavailable, "journal.root_create", "path", path)
	}
	return nil
}

func linkNew(path string, content []byte) error { return placed(path, content, os.Link) }

// placed writes a file beside path, mode 0600, and puts it there whole or not at all.
func placed(path string, content []byte, put func(from, to string) error) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".root-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, werr := tmp.Write(content)
	if err := errors.Join(werr, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := put(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the new name itself survive a power cut: a lost root key loses every sealed value.
func syncDir(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func parseRoot(raw []byte) ([]byte, error) {
	digits, ok := bytes.CutPrefix(raw, []byte(rootHeader))
	if !ok || len(raw) != rootFileSize || raw[rootFileSize-1] != '\n' {
		return nil, errors.New("not a root key file")
	}
	master := make([]byte, KeySize)
	_, err := hex.Decode(master, digits[:2*KeySize])
	return master, err
}

func newRoot(path string, m masters) (*Root, error) {
	r := &Root{master: m.base()}
	for _, k := range []struct {
		to   *Secret
		info string
	}{{&r.search, "search"}, {&r.cookie, "cookie"}, {&r.entry, "entry"}} {
		key, err := r.derive(k.info)
		if err != nil {
			return nil, err
		}
		*k.to = key
	}
	r.hashes = &sync.Pool{New: func() any { return hmac.New(sha256.New, r.search) }}
	var err error
	r.wraps, err = newWraps(path, m)
	return r, err
}

func (r *Root) derive(purpose string) (Secret, error) {
	key, err := hkdf.Key(sha256.New, r.master, nil, "rahgosha v1 "+purpose, KeySize)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "journal.derive")
	}
	return key, nil
}

// Format prints ***: fmt would otherwise walk into the fields.
func (r Root) Format(f fmt.State, verb rune) { Secret(nil).Format(f, verb) }

// Wrap encrypts a data key for storage, bound to its id.
func (r *Root) Wrap(id string, dek []byte) ([]byte, error) {
	s, err := Sealer{id, r.wraps.wrap()}.Seal(nil, dek)
	if err != nil {
		return nil, err
	}
	return append(s.Nonce, s.Text...), nil
}

// Unwrap gives the data key back; invalid journal.seal_broken when the blob belongs to another id or root, or is damaged.
func (r *Root) Unwrap(id string, blob []byte) ([]byte, error) {
	if len(blob) < nonceSize {
		return nil, fault.New(fault.Invalid, "journal.seal_broken", "key", id)
	}
	key, _, err := r.wraps.open(Sealed{Key: id, Nonce: blob[:nonceSize], Text: blob[nonceSize:]})
	return key, err
}

// NewKey makes a random data key.
func NewKey() ([]byte, error) {
	key := make([]byte, KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "journal.random")
	}
	return key, nil
}

// SearchHash is the blind index of an identifier: 64 hex digits of an HMAC-SHA-256. Equal values of one kind are found by
// it, and without the root nobody can try all ten-digit numbers. The value must be in canonical form already.
func (r *Root) SearchHash(kind, value string) string {
	sum := r.SearchSum(kind, value)
	return hex.EncodeToString(sum[:])
}

// usualSearch is room for most kinds and values together, in bytes.
const usualSearch = 64

// SearchSum is SearchHash in bytes.
func (r *Root) SearchSum(kind, value string) (sum [sha256.Size]byte) {
	m := r.hashes.Get().(hash.Hash)
	defer r.hashes.Put(m)
	m.Reset()
	m.Write(putField(putField(make([]byte, 0, usualSearch), kind), value))
	m.Sum(sum[:0])
	return sum
}

// EntryTag authenticates an entry's bytes while it waits for its number.
func (r *Root) EntryTag(leaf []byte) []byte {
	m := hmac.New(sha256.New, r.entry)
	m.Write(leaf)
	return m.Sum(nil)
}

// CookieKey is the key that authenticates cookies.
func (r *Root) CookieKey() Secret { return bytes.Clone(r.cookie) }

// AddressKey is the key that seals what people search for in the addresses of pages.
func (r *Root) AddressKey() (Secret, error) { return r.derive("address") }

// SigningSeed is the Ed25519 seed of a province's journal; each province has its own.
func (r *Root) SigningSeed(province string) (Secret, error) { return r.derive("sign " + province) }

// Signer gives the province's checkpoint signer and its public verifier key.
func (r *Root) Signer(province string) (note.Signer, string, error) {
	seed, err := r.SigningSeed(province)
	if err != nil {
		return nil, "", err
	}
	return NewSigner(seed, Origin(province))
}

// Cosigner gives the signer of a witness of that name and its public key.
func (r *Root) Cosigner(name string) (Cosigner, string, error) {
	seed, err := r.derive("witness " + name)
	if err != nil {
		return Cosigner{}, "", err
	}
	return NewCosigner(seed, name)
}
