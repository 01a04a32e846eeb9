package journal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"rahgosha/internal/base/fault"
)

// renewedHeader begins a root key file that took another's place: the key follows as in the first form, and then a line with
// the keys that it replaced, sealed under it. Whoever holds a former file opens nothing that is wrapped from then on; whoever
// holds this one opens all.
const renewedHeader = "rahgosha root key v2\n"

// maxRenewedFile bounds the file: some hundred former keys.
const maxRenewedFile = 64 << 10

// renewedPlace binds the former keys to their place.
const renewedPlace = "root:former"

// masters are the key of a root key file and those it replaced, the first one first.
type masters struct {
	now    []byte
	former [][]byte
}

// base is the key from which all is derived but what wraps data keys: what is found by a keyed hash, and what was signed,
// must be found and verify as long as the installation lives.
func (m masters) base() []byte {
	if len(m.former) > 0 {
		return m.former[0]
	}
	return m.now
}

func parseMasters(raw []byte) (m masters, err error) {
	if !strings.HasPrefix(string(raw), renewedHeader) {
		m.now, err = parseRoot(raw)
		return m, err
	}
	lines := strings.Split(strings.TrimPrefix(string(raw), renewedHeader), "\n")
	if len(lines) != 3 || lines[2] != "" {
		return m, errors.New("not a root key file")
	}
	if m.now, err = hex.DecodeString(lines[0]); err != nil || len(m.now) != KeySize {
		return m, errors.New("not a root key")
	}
	m.former, err = openFormer(m.now, lines[1])
	return m, err
}

func openFormer(master []byte, line string) (out [][]byte, err error) {
	raw, err := base64.StdEncoding.DecodeString(line)
	if err != nil || len(raw) < nonceSize {
		return nil, errors.New("the former keys are damaged")
	}
	wrap, err := wrapping(master)
	if err != nil {
		return nil, err
	}
	plain, err := open(wrap, Sealed{Key: renewedPlace, Nonce: raw[:nonceSize], Text: raw[nonceSize:]}, nil)
	if err != nil {
		return nil, err
	}
	for ; len(plain) >= KeySize; plain = plain[KeySize:] {
		out = append(out, plain[:KeySize:KeySize])
	}
	if len(out) == 0 || len(plain) != 0 {
		return nil, errors.New("the former keys are damaged")
	}
	return out, nil
}

func wrapping(master []byte) (cipher.AEAD, error) {
	key, err := (&Root{master: master}).derive("wrap")
	if err != nil {
		return nil, err
	}
	return gcm(key)
}

// encode writes the file of masters.
func (m masters) encode() ([]byte, error) {
	wrap, err := wrapping(m.now)
	if err != nil {
		return nil, err
	}
	var plain []byte
	for _, f := range m.former {
		plain = append(plain, f...)
	}
	s, err := Sealer{renewedPlace, wrap}.Seal(nil, plain)
	if err != nil {
		return nil, err
	}
	return []byte(renewedHeader + hex.EncodeToString(m.now) + "\n" + base64.StdEncoding.EncodeToString(append(s.Nonce, s.Text...)) + "\n"), nil
}

// RenewRoot puts a new root key into a root key file, whole or not at all, with the former keys sealed under it. Data keys
// are still wrapped by the former one until each is wrapped anew (Rewrap); until then and after, the file opens all of them.
func RenewRoot(path string) error {
	raw, err := readRoot(path)
	if err != nil {
		return rootFault(err, path)
	}
	m, err := parseMasters(raw)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "journal.root_format", "path", path)
	}
	next := masters{now: make([]byte, KeySize), former: append(m.former, m.now)}
	if _, err := rand.Read(next.now); err != nil {
		return fault.Wrap(err, fault.Internal, "journal.random")
	}
	if raw, err = next.encode(); err != nil {
		return err
	}
	if err := placed(path, raw, os.Rename); err != nil {
		return fault.Wrap(err, fault.Unavailable, "journal.root_create", "path", path)
	}
	return nil
}

// wraps are the ciphers of a root key file: the first one wraps, all unwrap.
type wraps struct {
	path  string
	all   atomic.Pointer[[]cipher.AEAD]
	mu    sync.Mutex
	known os.FileInfo
}

func newWraps(path string, m masters) (*wraps, error) {
	w := &wraps{path: path}
	return w, w.take(m)
}

func (w *wraps) take(m masters) error {
	var all []cipher.AEAD
	for _, key := range append([][]byte{m.now}, m.former...) {
		g, err := wrapping(key)
		if err != nil {
			return err
		}
		all = append(all, g)
	}
	w.all.Store(&all)
	return nil
}

// again reads the file where it is another than the one known. One that cannot be read changes nothing: what is held goes on.
func (w *wraps) again() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.path == "" {
		return false
	}
	info, err := os.Stat(w.path)
	if err != nil || w.known != nil && os.SameFile(info, w.known) && info.ModTime().Equal(w.known.ModTime()) { // a later file may take the place on disk of one before
		return false
	}
	raw, err := readRoot(w.path)
	if err != nil {
		return false
	}
	m, err := parseMasters(raw)
	if err != nil || w.take(m) != nil {
		return false
	}
	w.known = info
	return true
}

// wrap gives the cipher that wraps now, of the file as it is now: another program may have renewed the root key.
func (w *wraps) wrap() cipher.AEAD {
	w.again()
	return (*w.all.Load())[0]
}

func (w *wraps) open(s Sealed) (plain []byte, first bool, err error) {
	for range 2 {
		for i, g := range *w.all.Load() {
			if plain, err = open(g, s, nil); err == nil {
				return plain, i == 0, nil
			}
		}
		if !w.again() { // another program may have renewed the root key
			break
		}
	}
	return nil, false, err
}

// Rewrap wraps a data key anew where a former root key wraps it; done says that there is nothing to do.
func (r *Root) Rewrap(id string, blob []byte) (fresh []byte, done bool, err error) {
	if len(blob) < nonceSize {
		return nil, false, fault.New(fault.Invalid, "journal.seal_broken", "key", id)
	}
	key, first, err := r.wraps.open(Sealed{Key: id, Nonce: blob[:nonceSize], Text: blob[nonceSize:]})
	if err != nil || first {
		return blob, first, err
	}
	defer clear(key)
	fresh, err = r.Wrap(id, key)
	return fresh, false, err
}

// Current says whether the present root key wraps a data key.
func (r *Root) Current(id string, blob []byte) (bool, error) {
	if len(blob) < nonceSize {
		return false, fault.New(fault.Invalid, "journal.seal_broken", "key", id)
	}
	key, first, err := r.wraps.open(Sealed{Key: id, Nonce: blob[:nonceSize], Text: blob[nonceSize:]})
	clear(key)
	return first, err
}

// Look reads the root key file again, where it is another by now.
func (r *Root) Look() { r.wraps.again() }
