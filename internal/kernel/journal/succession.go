package journal

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
)

// KeysPath is where a log publishes its keys, below its prefix.
const KeysPath = "keys"

// KindHandover is the kind of the entry that names the key a log was handed over to: its cause.
const KindHandover = "keys.handed_over"

// Succession are the public keys of a log, one after the other, as the log publishes them: a line with the first one, and
// for each that followed a note of seven lines, which the key before it and the new one signed:
//
//	rahgosha/<province>
//	handover <size>
//	<root of the log of that size, standard base64>
//	<the new key>
//
//	— <name> <signature of the former>
//	— <name> <signature of the new one>
//
// A former key counts for what the log had when it was handed over, and no further: who trusts one of the keys learns the
// others, and what each may have signed.
type Succession struct {
	raw    []byte
	origin string
	keys   []reign
}

// reign is a key, the size of the log up to which its signature counts and the log's root at that size; -1 is without an end.
type reign struct {
	note.Verifier
	vkey  string
	until int64
	root  tlog.Hash
}

const handoverLines = 7

// NewSuccession is that of a log with one key.
func NewSuccession(vkey string) (Succession, error) { return ParseSuccession([]byte(vkey + "\n")) }

// ParseSuccession reads a log's keys and holds each handover to the signatures of both its keys. Fault: invalid
// journal.succession.
func ParseSuccession(raw []byte) (s Succession, err error) {
	lines := strings.SplitAfter(string(raw), "\n")
	if len(lines)%handoverLines != 2 || lines[len(lines)-1] != "" {
		return s, badSuccession(nil, 0)
	}
	first, err := newReign(strings.TrimSuffix(lines[0], "\n"))
	if err != nil {
		return s, badSuccession(err, 0)
	}
	s = Succession{raw: raw, origin: first.Name(), keys: []reign{first}}
	for at := 1; at+1 < len(lines); at += handoverLines {
		if err := s.follow(lines[at : at+handoverLines]); err != nil {
			return Succession{}, badSuccession(err, len(s.keys))
		}
	}
	return s, nil
}

func badSuccession(err error, number int) error {
	return fault.Wrap(err, fault.Invalid, "journal.succession", "number", number)
}

func newReign(vkey string) (reign, error) {
	v, err := note.NewVerifier(vkey)
	if err == nil && (!strings.HasPrefix(v.Name(), originPrefix) || !strings.HasPrefix(vkey, fmt.Sprintf("%s+%08x+", v.Name(), v.KeyHash()))) {
		err = fmt.Errorf("%q is no key of a log", vkey)
	}
	return reign{Verifier: v, vkey: vkey, until: -1}, err
}

// follow takes the lines of a handover.
func (s *Succession) follow(lines []string) error {
	msg := strings.Join(lines, "")
	next, err := newReign(strings.TrimSuffix(lines[3], "\n"))
	if err != nil {
		return err
	}
	former := &s.keys[len(s.keys)-1]
	n, err := note.Open([]byte(msg), note.VerifierList(former, next))
	if err != nil {
		return err
	}
	digits := strings.TrimSuffix(strings.TrimPrefix(lines[1], "handover "), "\n")
	size, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(strings.TrimSuffix(lines[2], "\n"))
	c := Checkpoint{Origin: s.origin, Size: size, Root: root}
	back := int64(0)
	if k := len(s.keys); k > 1 {
		back = s.keys[k-2].until
	}
	if err != nil || size < max(back, 1) || len(n.Sigs) != 2 || next.Name() != s.origin || n.Text != handover(c, next.vkey) || !canonicalSigs([]byte(msg)) {
		return fmt.Errorf("not a handover that both keys signed: %w", err)
	}
	former.until, former.root = size, root
	s.keys = append(s.keys, next)
	return nil
}

func handover(c Checkpoint, vkey string) string {
	return fmt.Sprintf("%s\nhandover %d\n%s\n%s\n", c.Origin, c.Size, c.Root, vkey)
}

// HandOver gives the keys with one more, to which the log goes over as it is at c. former signs so far.
func (s Succession) HandOver(c Checkpoint, former, next note.Signer, vkey string) (Succession, error) {
	signed, err := note.Sign(&note.Note{Text: handover(c, vkey)}, former, next)
	if err != nil {
		return s, fault.Wrap(err, fault.Internal, "journal.checkpoint_sign", "origin", c.Origin)
	}
	return ParseSuccession(append(bytes.Clone(s.raw), signed...))
}

// Bytes are what ParseSuccession reads.
func (s Succession) Bytes() []byte { return s.raw }

// Origin names the log.
func (s Succession) Origin() string { return s.origin }

// Handovers is how often the log was handed over.
func (s Succession) Handovers() int { return max(0, len(s.keys)-1) }

// states are size and root of the log at each handover, as both keys signed them.
func (s Succession) states() (out []Checkpoint) {
	for _, k := range s.keys[:s.Handovers()] {
		out = append(out, Checkpoint{Origin: s.origin, Size: k.until, Root: k.root})
	}
	return out
}

// VKey is the key that signs now.
func (s Succession) VKey() string { return s.keys[len(s.keys)-1].vkey }

// First is the key of the log's beginning.
func (s Succession) First() string { return s.keys[0].vkey }

// Continues says that s is before, or before with more handovers.
func (s Succession) Continues(before Succession) bool { return bytes.HasPrefix(s.raw, before.raw) }

// Over gives the keys that are trusted and those that one of them endorses: it signed its own handover, in the one
// direction or the other. Each former key counts up to where it was handed over, also where it is trusted by itself. Fault:
// invalid journal.succession_stranger where no trusted key has a part in it.
func (s Succession) Over(trusted note.Verifiers) (note.Verifiers, error) {
	if s.Handovers() == 0 {
		return trusted, nil
	}
	lines := strings.SplitAfter(string(s.raw), "\n")
	for at := 1; at+1 < len(lines); at += handoverLines {
		// by the signature and not by the number in the key's name, which another key may be made to have
		if _, err := note.Open([]byte(strings.Join(lines[at:at+handoverLines], "")), trusted); err == nil {
			return successors{s, trusted}, nil
		}
	}
	return nil, fault.New(fault.Invalid, "journal.succession_stranger", "origin", s.origin)
}

type successors struct {
	Succession
	others note.Verifiers
}

// Verifier gives a key by its name and number.
func (s successors) Verifier(name string, hash uint32) (note.Verifier, error) {
	for _, k := range s.keys {
		if k.Name() == name && k.KeyHash() == hash {
			return k.Verifier, nil
		}
	}
	return s.others.Verifier(name, hash)
}

func (s successors) counts(hash uint32, size int64) bool {
	for _, k := range s.keys {
		if k.KeyHash() == hash && k.until >= 0 && size > k.until {
			return false
		}
	}
	return true
}

// counts says whether a signature of a log's key counts for a log of that size.
func counts(known note.Verifiers, hash uint32, size int64) bool {
	s, ok := known.(successors)
	return !ok || s.counts(hash, size)
}
