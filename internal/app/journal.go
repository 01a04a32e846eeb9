package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/mod/sumdb/note"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/cli"
)

type journalCmd struct {
	Export   journalExport   `cmd:"" help:"Write a province's journal as one file that anyone can verify."`
	Verify   journalVerify   `cmd:"" help:"Verify the journal where it lies, an export, or a published log."`
	Tiles    journalTiles    `cmd:"" help:"Write the whole log as it is published, tile by tile, into a folder: a stick."`
	Cosigned journalCosigned `cmd:"" help:"Keep the signatures of witnesses that came back on a stick."`
	Admit    journalAdmit    `cmd:"" help:"Have entries numbered that an older program wrote during an upgrade; without ids they are listed."`
	Key      journalKey      `cmd:"" help:"Print the province's public key (vkey)."`
}

type journalExport struct {
	place
	Out string `arg:"" optional:"" help:"File to write; standard output without it." type:"path"`
	ctx context.Context
}

// Run exports the journal.
func (c *journalExport) Run(env *cli.Env) error {
	return withApp(c.ctx, c.reading(logger(env)), func(a *App) (err error) {
		out := env.Out
		if c.Out != "" {
			f, err := os.OpenFile(c.Out, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
			if err != nil {
				return fault.Wrap(err, fault.Invalid, "app.backup_write", "file", c.Out)
			}
			defer func() { err = errors.Join(err, f.Close()) }()
			out = f
		}
		return a.ExportJournal(c.ctx, out)
	})
}

// ExportJournal writes the journal of the province.
func (a *App) ExportJournal(ctx context.Context, w io.Writer) error {
	return a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		return journal.Export(w, tx.Journal(ctx, a.Province))
	})
}

// withApp does something with the product open.
func withApp(ctx context.Context, cfg Config, do func(*App) error) (err error) {
	a, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a)
}

type journalVerify struct {
	place
	File string   `arg:"" optional:"" help:"An export, or a published log: its folder, or https://host/log/province. Without it the journal of --data is verified."`
	Key  []string `help:"Public keys (vkey) to trust; without it the province's own."`
	// Receipt names files with letters' receipts that people hold.
	Receipt []string `help:"File with a letter's receipt (its code, text or PDF) that the log must hold." type:"path"`
	ctx     context.Context
}

// Run prints every finding; the exit code is 1 when there is one.
func (c *journalVerify) Run(env *cli.Env) (err error) {
	report, err := c.verify(env)
	if err != nil {
		return err
	}
	tellFindings(env, report)
	_, err = fmt.Fprintf(env.Out, "%s: %d entries, %d signed, %d chains, %d findings\n", report.Origin, report.Size, report.Signed, report.Cases, report.Total)
	if err == nil && !report.OK() {
		err = cli.ErrInvalid
	}
	return err
}

// tellFindings prints what is wrong and where; of a run of entries that nobody signed only where it begins and ends.
func tellFindings(env *cli.Env, report journal.Report) {
	for i := 0; i < len(report.Findings); i++ {
		f, last := report.Findings[i], i
		for f.What == journal.WhatUnsigned && last+1 < len(report.Findings) && report.Findings[last+1].What == f.What {
			last++
		}
		where := f.Where().In(env.Lang)
		if last > i {
			where += " … " + report.Findings[last].Where().In(env.Lang)
			i = last
		}
		_, _ = fmt.Fprintf(env.Out, "%s%s\n", f.Text().In(env.Lang), where)
	}
}

// verify looks for the file first: whoever mistyped its name is not sent to look for a key.
func (c *journalVerify) verify(env *cli.Env) (report journal.Report, err error) {
	held, err := receiptsIn(c.Receipt)
	if err != nil {
		return report, err
	}
	if c.File == "" {
		return c.here(env, held, nil)
	}
	judge := func(keys note.Verifiers) (journal.Report, error) { return verifyLog(c.ctx, c.File, keys, held) }
	if !isLog(c.File) {
		f, err := cli.OpenFile(c.File)
		if err != nil {
			return report, err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		judge = func(keys note.Verifiers) (journal.Report, error) {
			return journal.Verify(f, journal.Options{Verifiers: keys, Receipts: held})
		}
	}
	if len(c.Key) > 0 {
		keys, err := journal.VerifierOf(c.Key...)
		if err != nil {
			return report, err
		}
		return judge(keys)
	}
	return c.here(env, held, judge)
}

// here judges by the key of the data folder, or verifies the journal that lies there.
func (c *journalVerify) here(env *cli.Env, held []journal.Receipt, judge func(note.Verifiers) (journal.Report, error)) (report journal.Report, err error) {
	a, err := Open(c.ctx, c.reading(logger(env)))
	if c.File != "" && fault.Is(err, fault.Invalid) {
		return report, fault.Wrap(err, fault.Invalid, "app.verify_key", "dir", c.Data).At(c.File)
	}
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if judge == nil {
		return a.VerifyJournal(c.ctx, held...)
	}
	keys, err := a.logKeys(c.ctx)
	if err != nil {
		return report, err
	}
	return judge(keys.Known)
}

// VKey is the province's public key in note format, which signs now.
func (a *App) VKey() (string, error) {
	keys, err := a.logKeys(context.Background())
	if err != nil {
		return "", err
	}
	return keys.All.VKey(), nil
}

// logKeys are all keys of the province's log.
func (a *App) logKeys(ctx context.Context) (keys store.LogKeys, err error) {
	err = a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		keys, err = tx.LogKeys(ctx, a.Province)
		return err
	})
	return keys, err
}

// rootOver gives the root of the signed checkpoint that covers an entry of the log, in hex; "" before there is one.
func (a *App) rootOver(ctx context.Context, index int64) (string, error) {
	var signed []byte
	err := a.Store.Read(ctx, func(ctx context.Context, tx storeTx) (err error) {
		signed, _, err = tx.Checkpoint(ctx, a.Province)
		return err
	})
	if fault.Is(err, fault.NotFound) || index < 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	keys, err := a.logKeys(ctx)
	if err != nil {
		return "", err
	}
	cp, err := journal.OpenCheckpoint(signed, keys.Known)
	if err != nil || cp.Size <= index {
		return "", err
	}
	return hex.EncodeToString(cp.Root[:]), nil
}

type seals struct{ a *App }

// RootOver gives the root that the pages print under a case.
func (s seals) RootOver(ctx context.Context, index int64) (string, error) {
	return s.a.rootOver(ctx, index)
}

// receiptsIn reads the receipts in files.
func receiptsIn(names []string) (out []journal.Receipt, err error) {
	for _, name := range names {
		f, err := cli.OpenFile(name)
		if err != nil {
			return nil, err
		}
		raw, err := io.ReadAll(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		r, err := journal.FindReceipt(raw)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// VerifyJournal checks the journal where it lies, and that it holds what these receipts prove.
func (a *App) VerifyJournal(ctx context.Context, held ...journal.Receipt) (report journal.Report, err error) {
	err = a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		keys, err := tx.LogKeys(ctx, a.Province)
		if err == nil {
			report, err = journal.VerifySource(tx.Journal(ctx, a.Province), journal.Options{Verifiers: keys.Known, Receipts: held})
		}
		return err
	})
	return report, err
}

type journalKey struct {
	place
	All bool `help:"Print all keys that the log ever had, with the handovers: what /log/PROVINCE/keys gives."`
	ctx context.Context
}

// Run prints the public key.
func (c *journalKey) Run(env *cli.Env) error {
	return withApp(c.ctx, c.reading(logger(env)), func(a *App) error {
		keys, err := a.logKeys(c.ctx)
		switch {
		case err == nil && c.All:
			_, err = env.Out.Write(keys.All.Bytes())
		case err == nil:
			_, err = fmt.Fprintln(env.Out, keys.All.VKey())
		}
		return err
	})
}

type journalAdmit struct {
	place
	Entry []string `arg:"" optional:"" help:"Ids of the entries, as listed."`
	ctx   context.Context
}

// Run lists the waiting rows without the server's tag, or tags those that are named. Whoever runs it vouches for them.
func (c *journalAdmit) Run(env *cli.Env) error {
	return withApp(c.ctx, c.config(logger(env)), func(a *App) error {
		if len(c.Entry) > 0 {
			return a.Store.Write(c.ctx, func(ctx context.Context, tx storeTx) error {
				for _, id := range c.Entry {
					if err := tx.Admit(ctx, a.Province, id); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return a.Store.Read(c.ctx, func(ctx context.Context, tx storeTx) error {
			ids, err := tx.Strangers(ctx, a.Province)
			for _, id := range ids {
				e, err := tx.FindEntry(ctx, a.Province, id)
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(env.Out, "%s: %q %d, %q, %q\n", cli.Echo(id), e.Leaf.Case, e.Leaf.Seq, e.Leaf.Kind, e.Leaf.Actor); err != nil {
					return err
				}
			}
			return err
		})
	})
}
