package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/surface/cli"
)

type fsckCmd struct {
	place
	Against string `help:"Folder of a continuous backup (serve --backup-to): every row is compared with it too. Stop the server first (SQLite)." type:"path"`
	ctx     context.Context
}

// Run checks everything that is stored and prints what is damaged; the exit code is 1 when something is. It changes
// nothing, so that it may run beside the server and on the only copy there is.
func (c *fsckCmd) Run(env *cli.Env) (err error) {
	cfg := c.config(logger(env))
	cfg.AsIs = true
	a, err := Open(c.ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	a.against = c.Against
	if err := a.check(c.ctx, env); err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Out, locale.T(env.Lang, "app.fsck_sound", nil))
	return err
}

// tellFsck prints what each part found, and counts it.
func (a *App) tellFsck(ctx context.Context, env *cli.Env) (bad int, err error) {
	for _, p := range a.fsck() {
		found := 0
		words, err := p.check(ctx, func(t locale.Text) {
			found++
			_, _ = fmt.Fprintf(env.Out, "  %s\n", cli.Echo(t.In(env.Lang)))
		})
		if err != nil { // what cannot be read to its end is damaged too, and the other parts are worth knowing
			found++
			words = locale.Of("app.fsck_unread", map[string]any{"cause": err.Error()})
		}
		bad += found
		if _, err := fmt.Fprintf(env.Out, "%s: %s\n", locale.T(env.Lang, p.name, nil), words.In(env.Lang)); err != nil {
			return bad, err
		}
	}
	return bad, nil
}

// part is something that is stored, with its check: it tells each finding and gives what it looked at.
type part struct {
	name  string
	check func(ctx context.Context, tell func(locale.Text)) (locale.Text, error)
}

func (a *App) fsck() []part {
	parts := []part{
		{"app.fsck_pages", a.fsckPages}, {"app.fsck_journal", a.fsckJournal}, {"app.fsck_cases", a.fsckCases},
		{"app.fsck_answers", a.fsckAnswers}, {"app.fsck_procedures", a.fsckProcedures}, {"app.fsck_documents", a.fsckDocuments},
	}
	if a.against != "" {
		parts = append(parts, part{"app.fsck_copy", a.fsckCopy})
	}
	return parts
}

// fsckAnswers wants the answers that are kept under keys to be those that were given.
func (a *App) fsckAnswers(ctx context.Context, tell func(locale.Text)) (locale.Text, error) {
	n, err := a.Store.CheckAnswers(ctx, a.Province, func(key string) {
		tell(locale.Of("app.fsck_answer", map[string]any{"key": key}))
	})
	return locale.Of("app.fsck_answers_read", map[string]any{"count": n}), err
}

// fsckCopy holds every row to a continuous backup: rows that nothing in the database vouches for have no other check.
func (a *App) fsckCopy(ctx context.Context, tell func(locale.Text)) (text locale.Text, err error) {
	if a.Database != "" {
		return text, fault.New(fault.Invalid, "app.backup_to_postgres").At("--against")
	}
	room, err := os.MkdirTemp("", "rahgosha-fsck-")
	if err != nil {
		return text, fmt.Errorf("room for the copy: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(room)) }()
	n, err := a.Store.Compare(ctx, a.against, room, func(table, row string) {
		tell(locale.Of("app.fsck_row", map[string]any{"table": table, "row": row}))
	})
	return locale.Of("app.fsck_copy_read", map[string]any{"rows": n.Rows, "tables": n.Tables, "time": n.At.Format(time.RFC3339Nano)}), err
}

func (a *App) fsckPages(ctx context.Context, tell func(locale.Text)) (locale.Text, error) {
	checked, err := a.Store.CheckPages(ctx, func(what string) { tell(locale.Text{FA: what, EN: what}) })
	if !checked {
		return locale.Of("app.fsck_pages_elsewhere", nil), err
	}
	return locale.Of("app.fsck_pages_read", nil), err
}

func (a *App) fsckJournal(ctx context.Context, tell func(locale.Text)) (locale.Text, error) {
	r, err := a.VerifyJournal(ctx)
	for _, f := range r.Findings {
		if f.What == journal.WhatNoCheckpoint && r.Size == 0 && r.Cases == 0 {
			continue // nothing was recorded yet
		}
		text, where := f.Text(), f.Where()
		tell(locale.Text{FA: text.FA + where.FA, EN: text.EN + where.EN})
	}
	if err == nil {
		err = a.Store.CheckHashes(ctx, a.Province, func(entry int64) {
			tell(locale.Of("app.fsck_hash", map[string]any{"entry": entry}))
		})
	}
	return locale.Of("app.fsck_journal_read", map[string]any{"entries": r.Size, "signed": r.Signed, "chains": r.Cases}), err
}

func (a *App) fsckCases(ctx context.Context, tell func(locale.Text)) (locale.Text, error) {
	n, err := a.Engine.Replay(ctx, a.Province, func(d casework.Difference) {
		text := d.Text()
		tell(locale.Text{FA: d.Case + " " + text.FA, EN: d.Case + " " + text.EN})
	})
	return locale.Of("app.fsck_cases_read", map[string]any{"cases": n}), err
}

// fsckDocuments reads every attachment: its seal and its hash say whether a byte is another one.
func (a *App) fsckDocuments(ctx context.Context, tell func(locale.Text)) (locale.Text, error) {
	n, after := 0, ""
	for {
		var hashes []string
		err := a.Store.Read(ctx, func(ctx context.Context, tx storeTx) (err error) {
			hashes, err = tx.DocumentHashes(ctx, a.Province, after, documentsAtOnce)
			return err
		})
		if err != nil || len(hashes) == 0 {
			return locale.Of("app.fsck_documents_read", map[string]any{"count": n}), err
		}
		for _, hash := range hashes {
			n++
			content, _, err := a.Document.Get(ctx, a.Province, hash)
			if err == nil {
				err = content.Close()
			}
			if f, ok := fault.As(err); ok && f.Key != "document.erased_content" {
				tell(locale.Of(f.Key, map[string]any{"hash": hash}))
			} else if err != nil && !ok {
				return locale.Text{}, err
			}
		}
		after = hashes[len(hashes)-1]
	}
}

// documentsAtOnce is how many names of documents are read at a time.
const documentsAtOnce = 500
