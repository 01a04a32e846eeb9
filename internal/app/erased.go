package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/jobs"
)

// erasedFile is the list of who and what was erased, by ids alone, a line each. It lies beside the database, since a copy of
// the database that is put back knows nothing of what was erased after it: whoever opens it brings it after the list.
const erasedFile = "erased.jsonl"

// privacyConfig wires the law of personal data.
func privacyConfig(a *App) privacy.Config {
	return privacy.Config{
		Write: InTx[privacy.Tx](a.Store.Write), Read: InTx[privacy.Tx](a.Store.Read), Cases: a.Engine, Clock: a.Clock,
		Units: a.ownedUnits, Erased: a.afterErasure, Forget: a.Party.Forget,
		Known: a.Party.InClear, Held: a.Party.HeldOn, Claims: a.ownClaims, Papers: a.Document.PutBy, Entered: a.enteredBy,
		Values: func(ctx context.Context, province, unit string) ([]registry.Value, error) {
			return a.Registry.History(ctx, province, unit, "")
		},
	}
}

// ownClaims gives a person's claims with their reasons, as they may read them.
func (a *App) ownClaims(ctx context.Context, province, person string) (out []registry.Claim, err error) {
	all, err := a.Registry.ClaimsBy(ctx, province, person)
	for _, c := range all {
		if err != nil {
			return nil, err
		}
		if c, err = a.Registry.ReadClaim(ctx, access.Principal{Person: person, Province: province}, c.ID); err == nil {
			out = append(out, c)
		}
	}
	return out, err
}

// ownedUnits gives the units that a person owns by the register or speaks for.
func (a *App) ownedUnits(ctx context.Context, province, person, code string) ([]privacy.Owned, error) {
	owned, err := a.Registry.OwnedBy(ctx, province, code)
	if err != nil {
		return nil, err
	}
	ids, led, entered := slices.Clone(owned), map[string]bool{}, map[string]bool{}
	err = a.Store.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		claims, err := tx.ClaimsOf(ctx, province, "", person)
		for _, c := range claims {
			if err != nil {
				return err
			}
			var stood, made bool
			stood, made, err = tx.ClaimStood(ctx, c)
			led[c.Unit] = led[c.Unit] || stood && c.Post == registry.PostCEO
			entered[c.Unit] = entered[c.Unit] || made
			if (stood || made) && !slices.Contains(ids, c.Unit) {
				ids = append(ids, c.Unit)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []privacy.Owned
	for _, id := range ids {
		u, err := a.Registry.Unit(ctx, province, id)
		if err != nil {
			return nil, err
		}
		_, company := u.Values[registry.FieldLegalID].Any.(string)
		owner := slices.Contains(owned, id)
		code, _ := u.Values[registry.FieldOwnerCode].Any.(string)
		out = append(out, privacy.Owned{ID: id, Name: u.Name, Company: company, Owner: owner, Goes: owner || entered[id] && !company || led[id] && !company && code == ""})
	}
	return out, nil
}

// afterErasure writes the list and takes what was erased out of the database's files. What fails here is done at the next
// opening or erasure: the keys are gone already.
func (a *App) afterErasure(ctx context.Context) error {
	if err := a.writeErased(ctx); err != nil {
		return err
	}
	return a.scrub(ctx)
}

// writeErased brings the list after the database. What the list alone knows stays in it.
func (a *App) writeErased(ctx context.Context) error {
	list, err := readErased(filepath.Join(a.Data, erasedFile))
	if err != nil {
		return err
	}
	missing, err := a.unlisted(ctx, list)
	if err != nil || len(missing) == 0 {
		return err
	}
	return saveErased(filepath.Join(a.Data, erasedFile), append(list, missing...))
}

// unlisted are the erasures of the database that a list lacks.
func (a *App) unlisted(ctx context.Context, list []privacy.Erasure) (out []privacy.Erasure, err error) {
	err = a.Store.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		done, err := tx.Erasures(ctx, "", privacy.Done, "")
		out = slices.DeleteFunc(done, func(e privacy.Erasure) bool { return slices.ContainsFunc(list, sameErasure(e)) })
		return err
	})
	return out, err
}

func sameErasure(e privacy.Erasure) func(privacy.Erasure) bool {
	return func(o privacy.Erasure) bool { return o.Province == e.Province && o.ID == e.ID }
}

// eraseAgain brings a database after the list, before anybody is served: one that was put back from an older copy holds
// people who were erased since.
func (a *App) eraseAgain(ctx context.Context) error {
	list, err := readErased(filepath.Join(a.Data, erasedFile))
	if err != nil || len(list) == 0 {
		return err
	}
	var lacks []privacy.Erasure
	err = a.Store.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		known, err := tx.Erasures(ctx, "", privacy.Done, "")
		lacks = slices.DeleteFunc(slices.Clone(list), func(e privacy.Erasure) bool { return slices.ContainsFunc(known, sameErasure(e)) })
		return err
	})
	if err != nil || len(lacks) == 0 {
		return err
	}
	if a.AsIs {
		return fault.New(fault.Invalid, "app.erased_pending", "count", len(lacks), "dir", a.Data).At("data")
	}
	n, err := a.Privacy.Again(ctx, lacks)
	if err != nil {
		return err
	}
	a.Log.InfoContext(ctx, "erased again what this copy of the database still held", "erasures", n)
	return a.scrub(ctx)
}

// readErased reads a list; one that is not there is empty. Invalid app.erased_damaged, naming the line.
func readErased(path string) (out []privacy.Erasure, err error) {
	raw, err := os.ReadFile(path) // #nosec G304 -- in the data folder, or the file that the operator named
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "app.erased_read", "file", path)
	}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, len(raw)+1)
	for n := 1; lines.Scan(); n++ {
		var e privacy.Erasure
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.ID == "" || e.Province == "" {
			return nil, fault.Wrap(err, fault.Invalid, "app.erased_damaged", "file", path, "line", n)
		}
		out = append(out, e)
	}
	return out, lines.Err()
}

// saveErased writes a list whole or not at all.
func saveErased(path string, list []privacy.Erasure) error {
	var b bytes.Buffer
	for _, e := range list {
		raw, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("list of erasures: %w", err)
		}
		b.Write(append(raw, '\n'))
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".erased-*")
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "app.erased_write", "file", path)
	}
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fault.Wrap(errors.Join(err, os.Remove(f.Name())), fault.Unavailable, "app.erased_write", "file", path)
	}
	return nil
}

// addErased puts another list's erasures into the one of a folder of data.
func addErased(data string, more []privacy.Erasure) error {
	path := filepath.Join(data, erasedFile)
	list, err := readErased(path)
	if err != nil {
		return err
	}
	for _, e := range more {
		if !slices.ContainsFunc(list, sameErasure(e)) {
			list = append(list, e)
		}
	}
	return saveErased(path, list)
}

// retentionJob erases every night the cases whose time is over: the database is then written anew, for which writers wait.
func (a *App) retentionJob() jobs.Job {
	return jobs.Job{
		Name: "retention", First: true, Next: jobs.NightlyAt(3, 30),
		Run: func(ctx context.Context) (bool, error) {
			n, err := a.Privacy.Sweep(ctx, a.Province)
			if n > 0 {
				a.Log.InfoContext(ctx, "cases whose time was over were erased", "cases", n)
			}
			return false, err
		},
	}
}
