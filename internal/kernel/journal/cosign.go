package journal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rahgosha/internal/base/fault"
)

// A witness signs a checkpoint by C2SP cosignature/v1: its signature is the time in seconds, 8 bytes big-endian, and an
// Ed25519 signature of that time and the checkpoint's text.
const (
	algCosignature  = 4
	cosignatureSize = 8 + ed25519.SignatureSize
)

func cosigned(text []byte, seconds uint64) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", seconds), text...)
}

// Cosigner signs checkpoints for a witness. It signs what it is given: package witness says what may be given.
type Cosigner struct {
	name string
	hash uint32
	key  ed25519.PrivateKey
}

// NewCosigner makes a witness's signer from its 32-byte seed, and the public key (vkey) that others use.
func NewCosigner(seed []byte, name string) (Cosigner, string, error) {
	if len(seed) != ed25519.SeedSize {
		return Cosigner{}, "", fault.New(fault.Internal, "journal.key_size", "want", ed25519.SeedSize, "got", len(seed))
	}
	if _, _, err := NewSigner(seed, name); err != nil { // whose rule for names is that of the note format
		return Cosigner{}, "", err
	}
	if strings.HasPrefix(name, originPrefix) {
		return Cosigner{}, "", fault.New(fault.Invalid, "journal.signer_name", "name", name)
	}
	key := ed25519.NewKeyFromSeed(seed)
	public := append([]byte{algCosignature}, key.Public().(ed25519.PublicKey)...) //nolint:forcetypeassert // by its doc
	hash := cosignerHash(name, public)
	return Cosigner{name, hash, key}, fmt.Sprintf("%s+%08x+%s", name, hash, base64.StdEncoding.EncodeToString(public)), nil
}

func cosignerHash(name string, public []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), public...))
	return binary.BigEndian.Uint32(sum[:])
}

// Cosign gives the signature line of a checkpoint at that time.
func (s Cosigner) Cosign(c Checkpoint, at time.Time) []byte {
	seconds := uint64(at.Unix()) // #nosec G115 -- the format holds the bits of the signed number
	raw := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, s.hash), seconds)
	raw = append(raw, ed25519.Sign(s.key, cosigned([]byte(c.Text()), seconds))...)
	return fmt.Appendf(nil, "— %s %s\n", s.name, base64.StdEncoding.EncodeToString(raw))
}

// cosignVerifier checks a witness's signatures.
type cosignVerifier struct {
	name   string
	hash   uint32
	public ed25519.PublicKey
}

func (v cosignVerifier) Name() string    { return v.name }
func (v cosignVerifier) KeyHash() uint32 { return v.hash }

func (v cosignVerifier) Verify(text, sig []byte) bool {
	return len(sig) == cosignatureSize && ed25519.Verify(v.public, cosigned(text, binary.BigEndian.Uint64(sig)), sig[8:])
}

// newVerifier reads a public key: of a log, or of a witness.
func newVerifier(vkey string) (note.Verifier, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	hash, b64, _ := strings.Cut(rest, "+")
	public, err := decodeBase64(b64)
	if err != nil || len(public) != 1+ed25519.PublicKeySize || public[0] != algCosignature {
		return note.NewVerifier(vkey)
	}
	want := cosignerHash(name, public)
	if got, err := strconv.ParseUint(hash, 16, 32); err != nil || uint32(got) != want || len(hash) != 8 {
		return nil, errors.New("the hash is not that of name and key")
	}
	if name == "" || strings.HasPrefix(name, originPrefix) || strings.ContainsAny(name, " \t\n") {
		return nil, errors.New("no name for a witness")
	}
	return cosignVerifier{name, want, public[1:]}, nil
}

// WitnessName gives the name in a witness's public key; invalid journal.vkey_witness where it is none.
func WitnessName(vkey string) (string, error) {
	v, err := newVerifier(strings.TrimSpace(vkey))
	if w, ok := v.(cosignVerifier); err == nil && ok {
		return w.name, nil
	}
	return "", fault.Wrap(err, fault.Invalid, "journal.vkey_witness", "vkey", vkey)
}

// Cosignature says that a witness signed a checkpoint.
type Cosignature struct {
	Witness string
	At      time.Time // by the witness's clock
}

// Cosignatures gives what witnesses that are known signed of a checkpoint that the log's key signed.
func Cosignatures(signed []byte, known note.Verifiers) (c Checkpoint, by []Cosignature, err error) {
	if c, err = OpenCheckpoint(signed, known); err != nil {
		return c, nil, err
	}
	n, err := note.Open(signed, known)
	if err != nil {
		return c, nil, fault.Wrap(err, fault.Invalid, "journal.checkpoint_signature")
	}
	for _, s := range n.Sigs {
		v, err := known.Verifier(s.Name, s.Hash)
		if _, witness := v.(cosignVerifier); err != nil || !witness {
			continue
		}
		raw, err := decodeBase64(s.Base64)
		if err == nil && len(raw) == 4+cosignatureSize {
			by = append(by, Cosignature{s.Name, time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC()}) // #nosec G115 -- the format holds the bits of the signed number
		}
	}
	return c, by, nil
}

// Together gives a checkpoint with all signatures that its copies carry, each once. Copies of another checkpoint are left
// out.
func Together(signed []byte, copies ...[]byte) []byte {
	text, sigs, _ := bytes.Cut(signed, []byte("\n\n"))
	lines := slices.Collect(strings.Lines(string(sigs)))
	for _, c := range copies {
		other, more, _ := bytes.Cut(c, []byte("\n\n"))
		if !bytes.Equal(text, other) {
			continue
		}
		for line := range strings.Lines(string(more)) {
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return []byte(string(text) + "\n\n" + strings.Join(lines, ""))
}
