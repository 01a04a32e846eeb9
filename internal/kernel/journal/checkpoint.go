package journal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
)

const originPrefix = "rahgosha/"

// Origin names a province's log in checkpoints: "rahgosha/<province>".
func Origin(province string) string { return originPrefix + province }

// Checkpoint states the size and root of a log at some moment. Signed it is a note in the C2SP tlog-checkpoint format:
//
//	rahgosha/<province>
//	<size, decimal>
//	<root, standard base64>
//
//	— <name> <base64 of key hash and signature>
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Text is the signed part of the note.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

// Sign gives the signed note. The signer's name must be the origin.
func (c Checkpoint) Sign(s note.Signer) ([]byte, error) {
	if s.Name() != c.Origin {
		return nil, fault.New(fault.Internal, "journal.checkpoint_signer", "origin", c.Origin, "name", s.Name())
	}
	msg, err := note.Sign(&note.Note{Text: c.Text()}, s)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "journal.checkpoint_sign", "origin", c.Origin)
	}
	return msg, nil
}

// OpenCheckpoint checks a signed note: the log's own key, whose name is the origin, must be among v and have signed it.
// Further signatures, by witnesses, are checked when v knows them. A key that was handed over (Succession.Over) does not count
// beyond. Faults: invalid journal.checkpoint_signature, journal.checkpoint_format, journal.key_former.
func OpenCheckpoint(msg []byte, v note.Verifiers) (Checkpoint, error) {
	n, err := note.Open(msg, v)
	if err != nil {
		return Checkpoint{}, fault.Wrap(err, fault.Invalid, "journal.checkpoint_signature")
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, fault.Wrap(err, fault.Invalid, "journal.checkpoint_format")
	}
	if !canonicalSigs(msg) {
		return Checkpoint{}, fault.New(fault.Invalid, "journal.checkpoint_format")
	}
	key := "journal.checkpoint_signature"
	for _, s := range n.Sigs {
		if s.Name != c.Origin {
			continue
		}
		if counts(v, s.Hash, c.Size) {
			return c, nil
		}
		key = "journal.key_former"
	}
	return Checkpoint{}, fault.New(fault.Invalid, key, "origin", c.Origin, "size", c.Size)
}

func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return Checkpoint{}, errors.New("not three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return Checkpoint{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, err
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: root}
	if size < 0 || !strings.HasPrefix(c.Origin, originPrefix) || c.Text() != text {
		return Checkpoint{}, errors.New("not in canonical form")
	}
	return c, nil
}

// canonicalSigs refuses base64 with stray padding bits: package note ignores them, and a changed bit must never be.
func canonicalSigs(msg []byte) bool {
	_, sigs, _ := bytes.Cut(msg, []byte("\n\n"))
	for line := range strings.Lines(string(sigs)) {
		b64 := strings.TrimSuffix(line[strings.LastIndexByte(line, ' ')+1:], "\n")
		if _, err := decodeBase64(b64); err != nil {
			return false
		}
	}
	return true
}

// decodeBase64 reads standard base64 in its one canonical form.
func decodeBase64(s string) ([]byte, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err == nil && base64.StdEncoding.EncodedLen(len(raw)) != len(s) {
		err = errors.New("line breaks in base64") // which package base64 skips
	}
	return raw, err
}

// NewSigner makes the Ed25519 signer of a note-format key from its 32-byte seed, and the public verifier key that others
// use: name+hash+key.
func NewSigner(seed []byte, name string) (note.Signer, string, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, "", fault.New(fault.Internal, "journal.key_size", "want", ed25519.SeedSize, "got", len(seed))
	}
	pub := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(name, pub)
	if err != nil {
		return nil, "", fault.Wrap(err, fault.Invalid, "journal.signer_name", "name", name)
	}
	hash := strings.TrimPrefix(vkey, name+"+")[:8]
	private := base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)) // 1 is Ed25519 in the note format
	s, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%s+%s", name, hash, private))
	if err != nil {
		return nil, "", fault.Wrap(err, fault.Invalid, "journal.signer_name", "name", name)
	}
	return s, vkey, nil
}

// VerifierOf parses public verifier keys, of logs and witnesses, into the set a check accepts; invalid journal.vkey at the first bad one.
func VerifierOf(vkeys ...string) (note.Verifiers, error) {
	list := make([]note.Verifier, 0, len(vkeys))
	for _, k := range vkeys {
		v, err := newVerifier(strings.TrimSpace(k))
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "journal.vkey", "vkey", k)
		}
		list = append(list, v)
	}
	return note.VerifierList(list...), nil
}
