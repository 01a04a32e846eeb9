package app

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/witness"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/jobs"
	"rahgosha/internal/surface/openlog"
)

// witnessesFile lists, in the folder of the data, the bodies that sign the province's checkpoints as well.
const witnessesFile = "witnesses.json"

// Witness is a body that signs the province's checkpoints beside it.
type Witness struct {
	Key     string      `json:"key"`               // its public key (vkey), given by it, not read from its address
	Name    locale.Text `json:"name"`              // as pages call it
	Address string      `json:"address,omitempty"` // where it takes checkpoints; "" when it is reached by a stick only

	id string // the name in its key
}

// readWitnesses reads the list; no file is no witness. Fault: invalid app.witnesses, naming what is wrong.
func readWitnesses(data string) ([]Witness, error) {
	file := filepath.Join(data, witnessesFile)
	raw, err := os.ReadFile(file) // #nosec G304 -- in the data folder, or the file that the operator named
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []Witness
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	for i := range out {
		if err != nil {
			break
		}
		w := &out[i]
		if w.Name.FA == "" || w.Name.EN == "" {
			err = errors.New("a witness needs a name in fa and en: " + w.Key)
			break
		}
		w.id, err = journal.WitnessName(w.Key)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "app.witnesses", "file", file)
	}
	return out, nil
}

// known are the keys of the log and of witnesses.
func (a *App) known(ctx context.Context, witnesses ...Witness) (note.Verifiers, error) {
	keys, err := a.logKeys(ctx)
	if err != nil {
		return nil, err
	}
	vkeys := []string{keys.All.First()}
	for _, w := range witnesses {
		vkeys = append(vkeys, w.Key)
	}
	all, err := journal.VerifierOf(vkeys...)
	if err != nil {
		return nil, err
	}
	return keys.All.Over(all)
}

// cosigned is a checkpoint that a witness of the list signed.
type cosigned struct {
	Witness
	store.Cosigned
	at time.Time // by the witness's clock
}

// cosigned gives what the witnesses of the list signed and the log as it is still holds, the largest first: a signature
// under a history that is not there any more vouches for nothing that is shown.
func (a *App) cosigned(ctx context.Context, tx storeTx) (out []cosigned, err error) {
	if len(a.witnesses) == 0 {
		return nil, nil
	}
	kept, err := tx.Cosigned(ctx, a.Province)
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		for _, w := range a.witnesses {
			if w.id != k.Witness {
				continue
			}
			c, at, err := a.openCosigned(ctx, w, k.Note)
			if err != nil {
				continue // of a key that the witness had before
			}
			if root, err := journal.RootOf(c.Size, tx.HashReader(ctx, a.Province)); err != nil || root != c.Root {
				a.Log.ErrorContext(ctx, "the log does not hold what a witness signed", "witness", w.id, "size", c.Size)
				continue
			}
			out = append(out, cosigned{w, k, at})
		}
	}
	return out, nil
}

// openCosigned checks that the log and the witness signed a checkpoint, and tells when.
func (a *App) openCosigned(ctx context.Context, w Witness, signed []byte) (c journal.Checkpoint, at time.Time, err error) {
	known, err := a.known(ctx, w)
	if err != nil {
		return c, at, err
	}
	c, by, err := journal.Cosignatures(signed, known)
	if err == nil && (len(by) == 0 || c.Origin != journal.Origin(a.Province)) {
		err = fault.New(fault.Invalid, "app.cosignature", "witness", w.id)
	}
	if err != nil {
		return c, at, err
	}
	return c, by[0].At, nil
}

// keepCosigned keeps a checkpoint that a witness signed, if it is one of this log as it is.
func (a *App) keepCosigned(ctx context.Context, w Witness, signed []byte) (journal.Checkpoint, error) {
	c, _, err := a.openCosigned(ctx, w, signed)
	if err != nil {
		return c, err
	}
	return c, a.Store.Write(ctx, func(ctx context.Context, tx storeTx) error {
		root, err := journal.RootOf(c.Size, tx.HashReader(ctx, a.Province))
		if err != nil || root != c.Root {
			return fault.Wrap(err, fault.Conflict, "app.cosigned_other", "witness", w.id, "size", c.Size)
		}
		return tx.SaveCosigned(ctx, a.Province, store.Cosigned{Witness: w.id, Size: c.Size, Note: signed})
	})
}

// witnessJob asks the witnesses every minute to sign the latest checkpoint. A network that is cut is nothing unusual; a
// witness that says no is.
func (a *App) witnessJob() jobs.Job {
	return jobs.Job{Name: "witnesses", Next: jobs.Every(time.Minute), Run: func(ctx context.Context) (bool, error) {
		return false, a.AskWitnesses(ctx)
	}}
}

// AskWitnesses asks each witness that has an address to sign the latest checkpoint, and keeps what it signs. The error is
// of those who refused; who could not be reached is asked again the next time.
func (a *App) AskWitnesses(ctx context.Context) error {
	var refused []error
	for _, w := range a.witnesses {
		if w.Address == "" {
			continue
		}
		switch err := a.askWitness(ctx, w); {
		case fault.Is(err, fault.Unavailable):
			a.Log.WarnContext(ctx, "a witness was not reached", "witness", w.id, "cause", err)
		case err != nil:
			a.Log.ErrorContext(ctx, "a witness does not sign", "witness", w.id, "cause", err)
			refused = append(refused, err)
		}
	}
	return errors.Join(refused...)
}

// askWitness asks from where we believe the witness to be, and once more from where it says it is.
func (a *App) askWitness(ctx context.Context, w Witness) error {
	if err := a.tellKeys(ctx, w); err != nil {
		return err
	}
	old, signed, err := a.lastCosigned(ctx, w)
	if err != nil || signed == nil {
		return err
	}
	lines, err := a.askFrom(ctx, w, old, signed)
	if f, ok := fault.As(err); ok && f.Key == "witness.stale" {
		theirs, _ := f.Args["size"].(int64)
		if theirs != old {
			lines, err = a.askFrom(ctx, w, theirs, signed)
		}
		if f, ok := fault.As(err); ok && f.Key == "witness.stale" { // it is where we say, and has another root there
			err = fault.New(fault.Refused, "app.witness_forked", "witness", w.id, "size", theirs)
		}
	}
	if err != nil {
		return err
	}
	_, err = a.keepCosigned(ctx, w, append(signed, lines...))
	return err
}

// tellKeys tells a witness of keys that the log was handed over to, once while this process runs: from then on it refuses a log
// that the former key signs on. One of another making has no place for them, and is given the new key by hand.
func (a *App) tellKeys(ctx context.Context, w Witness) error {
	keys, err := a.logKeys(ctx)
	if told, _ := a.told.Load(w.id); err != nil || told == keys.All.VKey() || keys.All.Handovers() == 0 {
		return err
	}
	if err := openlog.Tell(ctx, w.Address, keys.All.Bytes()); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	a.told.Store(w.id, keys.All.VKey())
	return nil
}

// lastCosigned gives the size that a witness last signed, as far as we know, and the latest checkpoint; none when there is
// nothing new to sign.
func (a *App) lastCosigned(ctx context.Context, w Witness) (old int64, signed []byte, err error) {
	err = a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		size := int64(0)
		signed, size, err = tx.Checkpoint(ctx, a.Province)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		all, err := a.cosigned(ctx, tx)
		for _, c := range all {
			if c.id == w.id {
				old = c.Size
			}
		}
		if old == size {
			signed = nil
		}
		return err
	})
	return old, signed, err
}

// askFrom asks with a proof that begins at the size old. The network is asked outside of any transaction.
func (a *App) askFrom(ctx context.Context, w Witness, old int64, signed []byte) ([]byte, error) {
	known, err := a.known(ctx)
	if err != nil {
		return nil, err
	}
	c, err := journal.OpenCheckpoint(signed, known)
	if err != nil {
		return nil, err
	}
	if old > c.Size {
		return nil, fault.New(fault.Refused, "app.witness_ahead", "witness", w.id, "size", old, "own", c.Size)
	}
	var proof tlog.TreeProof
	if old > 0 {
		err = a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
			proof, err = journal.ProveTree(c.Size, old, tx.HashReader(ctx, a.Province))
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	return openlog.Ask(ctx, w.Address, witness.Request{Old: old, Proof: proof, Checkpoint: signed})
}

// witnessesOver tells who outside signed a checkpoint that covers an entry, as a page names them.
func (a *App) witnessesOver(ctx context.Context, index int64) (out []cosigned, err error) {
	err = a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		all, err := a.cosigned(ctx, tx)
		for _, c := range all {
			if index >= 0 && c.Size > index {
				out = append(out, c)
			}
		}
		return err
	})
	return out, err
}

// takeCosigned keeps the signatures in a checkpoint that came back on a stick, and tells whose they are.
func (a *App) takeCosigned(ctx context.Context, signed []byte) (names []string, c journal.Checkpoint, err error) {
	for _, w := range a.witnesses {
		if !strings.Contains(string(signed), "— "+w.id+" ") {
			continue
		}
		if c, err = a.keepCosigned(ctx, w, signed); err != nil {
			return names, c, err
		}
		names = append(names, w.id)
	}
	if len(names) == 0 {
		err = fault.New(fault.NotFound, "app.no_cosignature", "file", filepath.Join(a.Data, witnessesFile))
	}
	return names, c, err
}
