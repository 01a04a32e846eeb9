package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
)

type containers struct{ a *App }

// said is what a container tells of an entry. The verifier reads the first four.
type said struct {
	Seq       int64               `json:"seq"`
	At        int64               `json:"at"`
	Kind      string              `json:"kind"`
	Documents []string            `json:"documents"`
	Event     *casework.EventView `json:"event"`
}

// Container gives a case as one signed file with its proofs: what this person may read of it, and nothing else. The
// journal keeps who took it, before anything is gathered.
func (x containers) Container(ctx context.Context, p access.Principal, caseID string) (file io.ReadCloser, err error) {
	if _, err := x.a.Engine.Look(ctx, casework.CallerOf(p), caseID); err != nil {
		return nil, err
	}
	if err := x.a.recordQuestion(ctx, p, "case.exported", "exports:"+p.Person, "container", caseID); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp("", "rahgosha-container-*") // documents may be larger than memory
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "journal.export_write")
	}
	_ = os.Remove(f.Name()) // it lives while it is open
	err = x.a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error { return x.write(ctx, tx, p, caseID, f) })
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (x containers) write(ctx context.Context, tx storeTx, p access.Principal, caseID string, w io.Writer) error {
	view, err := x.a.Engine.Look(ctx, casework.CallerOf(p), caseID)
	if err != nil {
		return err
	}
	entries, err := tx.CaseEntries(ctx, p.Province, caseID)
	if err != nil {
		return err
	}
	last := int64(-1)
	for _, e := range entries {
		if e.Index < 0 {
			return fault.New(fault.Unavailable, "app.container_pending", "case", caseID)
		}
		last = max(last, e.Index)
	}
	signed, size, err := x.checkpoint(ctx, tx, p.Province, last)
	if err != nil {
		return err
	}
	keys, err := tx.LogKeys(ctx, p.Province)
	if err != nil {
		return err
	}
	readme := locale.Of("app.container_readme", map[string]any{"case": cmpNumber(view), "key": keys.All.VKey()})
	c := journal.NewContainer(w, journal.Origin(p.Province), caseID, x.a.Clock.Now())
	c.Add("README.txt", []byte(readme.FA+"\n\n"+readme.EN+"\n"))
	if keys.All.Handovers() > 0 { // who has a former key proves the file too
		c.Add("keys", keys.All.Bytes())
	}
	c.Add("checkpoint", signed)
	whole, err := json.MarshalIndent(view, "", " ")
	if err != nil {
		return fault.Wrap(err, fault.Internal, "store.failed")
	}
	c.Add("case.json", whole)
	for _, e := range entries {
		proof, err := journal.Prove(size, e.Index, tx.HashReader(ctx, p.Province))
		if err != nil {
			return err
		}
		text, err := saidOf(view, e)
		if err != nil {
			return err
		}
		c.AddEntry(e.Leaf.Seq, e.Bytes, e.Index, proof, text)
	}
	if err := x.letters(ctx, p, view, c); err != nil {
		return err
	}
	if err := x.documents(ctx, p, view, c); err != nil {
		return err
	}
	return c.Close(keys.Signer)
}

func cmpNumber(v *casework.View) string {
	if v.Number == "" {
		return v.ID
	}
	return v.Number
}

// checkpoint gives one that covers the entry at last, and its size: what witnesses signed, if that covers it.
func (x containers) checkpoint(ctx context.Context, tx storeTx, province string, last int64) (signed []byte, size int64, err error) {
	if signed, size, err = tx.Checkpoint(ctx, province); err != nil {
		return nil, 0, err
	}
	by, err := x.a.cosigned(ctx, tx)
	if err == nil && len(by) > 0 && by[0].Size > last {
		signed, size = by[0].Note, by[0].Size
	}
	return together(signed, by), size, err
}

// saidOf tells what the reader of a view sees of an entry; nil where it is nothing.
func saidOf(view *casework.View, e casework.LogEntry) ([]byte, error) {
	i := slices.IndexFunc(view.Timeline, func(v casework.EventView) bool { return v.Seq == e.Leaf.Seq })
	if i < 0 {
		return nil, nil
	}
	s := said{Seq: e.Leaf.Seq, At: e.Leaf.At, Kind: e.Leaf.Kind, Event: &view.Timeline[i]}
	for _, f := range view.Timeline[i].Files {
		s.Documents = append(s.Documents, f.Hash)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "store.failed")
	}
	return raw, nil
}

// letters adds the letters that the person may open, with their receipts.
func (x containers) letters(ctx context.Context, p access.Principal, view *casework.View, c *journal.Container) error {
	for _, l := range view.Letters {
		text, err := letters{a: x.a}.Text(ctx, p, l.Token)
		if fault.Is(err, fault.NotFound) {
			continue // erased, or from before there were receipts
		}
		if err != nil {
			return err
		}
		c.Add("letters/"+l.Token+".txt", []byte(text))
	}
	return nil
}

// documents adds those that the person sees in the case, each once.
func (x containers) documents(ctx context.Context, p access.Principal, view *casework.View, c *journal.Container) error {
	done := map[string]bool{}
	add := func(hash string) error {
		if done[hash] {
			return nil
		}
		done[hash] = true
		body, ref, err := files(x).Get(ctx, p, hash)
		if fault.Is(err, fault.NotFound) {
			return nil // erased since: the entry still names it
		}
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(body)
		name, _ := ref.Name.V.(string)
		if c.Add("documents/"+hash+path.Ext(name), raw); err == nil {
			err = body.Close()
		}
		return err
	}
	for _, e := range view.Timeline {
		for _, f := range e.Files {
			if err := add(f.Hash); err != nil {
				return err
			}
		}
	}
	for _, f := range view.Facts {
		if hash, ok := f.Value.(string); ok && f.Type == "file" && hash != casework.Erased {
			if err := add(hash); err != nil {
				return err
			}
		}
	}
	return nil
}
