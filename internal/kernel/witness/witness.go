// Package witness is what another body runs beside a province: it remembers the last checkpoint of the province's log that
// it signed, and signs a later one only when that continues it. So a province that rewrites its journal, with every hash
// and signature made anew, needs the witness as well; and whoever holds two checkpoints that the log signed and that do
// not fit holds the proof.
package witness

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/mod/sumdb/note"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// Witness signs checkpoints of the logs it knows. It is safe for concurrent use, also by several processes.
type Witness struct {
	dir    string
	clock  clock.Clock
	signer journal.Cosigner
	vkey   string
	logs   map[string]note.Verifiers // as they were given, by origin
	mu     sync.Mutex
}

// keyFile is the witness's root key.
const keyFile = "witness.key"

// Open opens the folder of a witness, making it and the witness's key where there is none. logs are the public keys of
// the logs it signs for, as somebody it trusts gave them.
func Open(dir, name string, c clock.Clock, logs ...string) (*Witness, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unwritable(err, dir)
	}
	root, err := journal.LoadRoot(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, err
	}
	w := &Witness{dir: dir, clock: c, logs: map[string]note.Verifiers{}}
	if w.signer, w.vkey, err = root.Cosigner(name); err != nil {
		return nil, err
	}
	given := map[string][]string{}
	for _, vkey := range logs {
		origin, _, _ := strings.Cut(strings.TrimSpace(vkey), "+")
		given[origin] = append(given[origin], vkey)
	}
	for origin, vkeys := range given {
		if w.logs[origin], err = journal.VerifierOf(vkeys...); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// VKey is the witness's public key.
func (w *Witness) VKey() string { return w.vkey }

// Cosign gives the witness's signature line for the checkpoint of a request, once it is kept as the last one. Faults:
// not_found witness.unknown_log; forbidden witness.not_the_log; conflict witness.stale with the size last signed, and
// witness.forked; invalid witness.request and witness.rewritten.
func (w *Witness) Cosign(r Request) (line []byte, err error) {
	origin, _, _ := strings.Cut(string(r.Checkpoint), "\n")
	if _, ok := w.logs[origin]; !ok {
		return nil, unknownLog(origin)
	}
	err = w.alone(func() error {
		known, err := w.known(origin)
		if err != nil {
			return err
		}
		next, err := journal.OpenCheckpoint(r.Checkpoint, known)
		if err != nil {
			return fault.Wrap(err, fault.Forbidden, "witness.not_the_log", "origin", origin)
		}
		last, err := w.last(origin, known)
		if err != nil {
			return err
		}
		if err := w.judge(last, next, r); err != nil {
			return err
		}
		line = w.signer.Cosign(next, w.clock.Now())
		return w.keep(next, append(bytes.Clone(r.Checkpoint), line...))
	})
	if err != nil {
		return nil, err
	}
	return line, nil
}

// judge says why a checkpoint may not follow the last.
func (w *Witness) judge(last, next journal.Checkpoint, r Request) error {
	switch {
	case r.Old > next.Size:
		return badRequest()
	case next.Size == last.Size && next.Root != last.Root && last.Size > 0:
		return w.accuse(fault.New(fault.Conflict, "witness.forked", "origin", next.Origin, "size", next.Size), next, r.Checkpoint)
	case r.Old != last.Size:
		return fault.New(fault.Conflict, "witness.stale", "origin", next.Origin, "size", last.Size)
	}
	if err := journal.CheckTree(r.Proof, next, last); err != nil {
		return fault.Wrap(err, fault.Invalid, "witness.rewritten", "origin", next.Origin, "old", last.Size, "size", next.Size)
	}
	return nil
}

// Visit reads a published log and signs its checkpoint, with a proof made of its tiles. It gives the checkpoint with the
// witness's signature. What it finds against the log is kept in the witness's folder. Faults beside those of Cosign:
// conflict witness.shrunk.
func (w *Witness) Visit(log journal.Published) (signed []byte, c journal.Checkpoint, err error) {
	if signed, err = log.Fetch(journal.CheckpointPath); err != nil {
		return nil, c, err
	}
	origin, _, _ := strings.Cut(string(signed), "\n")
	if _, ok := w.logs[origin]; !ok {
		return nil, c, unknownLog(origin)
	}
	keys, err := log.Keys()
	if err == nil && keys.Handovers() > 0 {
		err = w.Succeed(keys.Bytes())
	}
	if err != nil {
		return nil, c, err
	}
	known, err := w.known(origin)
	if err != nil {
		return nil, c, err
	}
	if c, err = journal.OpenCheckpoint(signed, known); err != nil {
		return nil, c, fault.Wrap(err, fault.Forbidden, "witness.not_the_log", "origin", origin)
	}
	last, err := w.last(origin, known)
	if err != nil {
		return nil, c, err
	}
	if c.Size < last.Size {
		return nil, c, w.accuse(fault.New(fault.Conflict, "witness.shrunk", "origin", origin, "old", last.Size, "size", c.Size), c, signed)
	}
	proof, err := log.Proof(c, last)
	if err != nil {
		return nil, c, err
	}
	line, err := w.Cosign(Request{Old: last.Size, Proof: proof, Checkpoint: signed})
	if fault.Is(err, fault.Invalid) { // the tiles are those of the root that was signed: it is the history that differs
		err = w.accuse(err, c, signed)
	}
	if err != nil {
		return nil, c, err
	}
	return append(signed, line...), c, nil
}

func unknownLog(origin string) error {
	return fault.New(fault.NotFound, "witness.unknown_log", "origin", origin)
}

// Succeed takes the keys of a log that was handed over, if a key that the witness was given signed one of the handovers and
// they continue those it took before. From then on a former key counts no further than to where it was handed over. Two that
// do not fit are kept: their common key signed both. Faults: not_found witness.unknown_log; invalid journal.succession;
// forbidden witness.not_succeeded; conflict witness.two_successors and witness.signed_on.
func (w *Witness) Succeed(keys []byte) error {
	next, err := journal.ParseSuccession(keys)
	if err != nil {
		return err
	}
	origin := next.Origin()
	if _, ok := w.logs[origin]; !ok {
		return unknownLog(origin)
	}
	return w.alone(func() error {
		before, err := w.keys(origin)
		if err != nil || before.Handovers() > 0 && before.Continues(next) {
			return err
		}
		if before.Handovers() > 0 && !next.Continues(before) {
			return w.evidence(fault.New(fault.Conflict, "witness.two_successors", "origin", origin), fmt.Sprintf("evidence-keys-%x", sha256.Sum256(keys)), keys)
		}
		known, err := next.Over(w.logs[origin])
		if err != nil {
			return fault.Wrap(err, fault.Forbidden, "witness.not_succeeded", "origin", origin)
		}
		if _, err := w.last(origin, known); err != nil { // it signed on, and the witness with it
			return w.evidence(fault.Wrap(err, fault.Conflict, "witness.signed_on", "origin", origin), fmt.Sprintf("evidence-keys-%x", sha256.Sum256(keys)), keys)
		}
		return w.put(w.state(origin, "keys"), keys)
	})
}

// keys are those that the witness took of a log; the zero Succession before the first.
func (w *Witness) keys(origin string) (s journal.Succession, err error) {
	raw, err := os.ReadFile(w.state(origin, "keys"))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, unwritable(err, w.state(origin, "keys"))
	}
	if s, err = journal.ParseSuccession(raw); err != nil {
		err = fault.Wrap(err, fault.Internal, "witness.state", "file", w.state(origin, "keys"))
	}
	return s, err
}

// known are the keys that the witness was given, and those that it took.
func (w *Witness) known(origin string) (note.Verifiers, error) {
	s, err := w.keys(origin)
	if err != nil {
		return nil, err
	}
	return s.Over(w.logs[origin])
}

// last gives the last checkpoint of a log that the witness signed; size 0 before the first.
func (w *Witness) last(origin string, known note.Verifiers) (journal.Checkpoint, error) {
	raw, err := os.ReadFile(w.state(origin, "checkpoint"))
	if errors.Is(err, fs.ErrNotExist) {
		return journal.Checkpoint{Origin: origin}, nil
	}
	if err != nil {
		return journal.Checkpoint{}, unwritable(err, w.state(origin, "checkpoint"))
	}
	c, err := journal.OpenCheckpoint(raw, known)
	if err != nil {
		return c, fault.Wrap(err, fault.Internal, "witness.state", "file", w.state(origin, "checkpoint"))
	}
	return c, nil
}

// state is the file of the last checkpoint of a log, or of its keys. An origin is no name for a file.
func (w *Witness) state(origin, kind string) string {
	sum := sha256.Sum256([]byte(origin))
	return filepath.Join(w.dir, hex.EncodeToString(sum[:8])+"."+kind)
}

// keep remembers a checkpoint before its signature is given away: on disk, whole or not at all.
func (w *Witness) keep(c journal.Checkpoint, signed []byte) error {
	return w.put(w.state(c.Origin, "checkpoint"), signed)
}

func (w *Witness) put(name string, content []byte) error {
	f, err := os.CreateTemp(w.dir, ".checkpoint-*")
	if err != nil {
		return unwritable(err, name)
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err == nil {
		err = syncFolder(w.dir)
	}
	if err != nil {
		return unwritable(errors.Join(err, ignoreGone(os.Remove(f.Name()))), name)
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// accuse keeps a checkpoint that does not fit what the witness signed before: both are signed by the log, which cannot
// deny either.
func (w *Witness) accuse(found error, c journal.Checkpoint, signed []byte) error {
	return w.evidence(found, fmt.Sprintf("evidence-%d-%x", c.Size, c.Root[:8]), signed)
}

func (w *Witness) evidence(found error, file string, signed []byte) error {
	name := filepath.Join(w.dir, file)
	if err := os.WriteFile(name, signed, 0o600); err != nil {
		return errors.Join(found, unwritable(err, name))
	}
	return found
}

func unwritable(err error, file string) error {
	return fault.Wrap(err, fault.Unavailable, "witness.folder", "file", file)
}

// alone lets one process at a time look at the last checkpoint and put another in its place: two that do it at once would
// sign two histories.
func (w *Witness) alone(do func() error) (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := filepath.Join(w.dir, "lock")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return unwritable(err, name)
	}
	defer func() { err = errors.Join(err, f.Close()) }() // which gives the lock back
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return unwritable(err, name)
	}
	return do()
}
