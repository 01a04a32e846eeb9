package app

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/app/sample"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/cli"
)

type demoCmd struct {
	place
	Listen string        `help:"Address to listen on." default:"127.0.0.1:8080"`
	Ahead  time.Duration `help:"Serve the sample as it stands this much later, such as 240h: deadlines fall."`
	long
	signing
	ctx context.Context
}

// Run fills the sample province the first time and serves it.
func (c *demoCmd) Run(env *cli.Env) (err error) {
	cfg := c.config(logger(env))
	if c.Ahead < 0 {
		return fault.New(fault.Invalid, "app.ahead", "ahead", c.Ahead.String()).At("--ahead")
	}
	cfg.Sample, cfg.BaseURL, cfg.Long = true, "http://"+c.Listen, c.LongExport
	if err := c.signing.into(&cfg); err != nil {
		return err
	}
	sum, err := fillOnce(c.ctx, cfg, func(what string) {
		_, _ = fmt.Fprintln(env.Err, locale.T(env.Lang, "app.demo_filling", map[string]any{"what": what}))
	})
	if err != nil {
		return err
	}
	if c.Ahead > 0 {
		cfg.Clock = clock.Ahead{Clock: clock.System{}, By: c.Ahead}
	}
	a, err := Open(c.ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if c.Ahead > 0 {
		if err := a.onlySample(c.ctx, sum); err != nil {
			return err
		}
	}
	for _, l := range sum.Logins {
		if _, err := fmt.Fprintf(env.Out, "  %-16s %s\n", l.Login, l.Name); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(env.Out, locale.T(env.Lang, "app.demo_ready", map[string]any{"password": sample.Password})); err != nil {
		return err
	}
	return a.Serve(c.ctx, c.Listen, env.Out)
}

// sampleMark is the file that says that a folder holds the whole sample province.
const sampleMark = "sample.json"

// fillOnce fills a data folder with the sample province unless it already holds it. On the embedded database it fills
// beside and renames, so that an interrupted start leaves nothing half done.
func fillOnce(ctx context.Context, cfg Config, progress func(string)) (sample.Summary, error) {
	var sum sample.Summary
	mark := filepath.Join(cfg.Data, sampleMark)
	if raw, err := os.ReadFile(mark); err == nil { // #nosec G304 -- in the data folder, or the file that the operator named
		return sum, json.Unmarshal(raw, &sum)
	}
	if entries, err := os.ReadDir(cfg.Data); err == nil && len(entries) > 0 && cfg.Database == "" {
		return sum, fault.New(fault.Invalid, "app.not_sample", "folder", cfg.Data).At("--data")
	}
	target := cfg
	if cfg.Database == "" {
		target.Data = filepath.Clean(cfg.Data) + ".filling"
		if err := os.RemoveAll(target.Data); err != nil {
			return sum, fmt.Errorf("clear %s: %w", target.Data, err)
		}
	}
	sum, err := fill(ctx, target, progress)
	if err != nil {
		return sum, err
	}
	raw, err := json.Marshal(sum)
	if err != nil {
		return sum, fmt.Errorf("write %s: %w", sampleMark, err)
	}
	if err := os.WriteFile(filepath.Join(target.Data, sampleMark), raw, 0o600); err != nil {
		return sum, fmt.Errorf("write %s: %w", sampleMark, err)
	}
	if target.Data == cfg.Data {
		return sum, nil
	}
	if err := os.RemoveAll(cfg.Data); err != nil {
		return sum, fmt.Errorf("clear %s: %w", cfg.Data, err)
	}
	return sum, os.Rename(target.Data, cfg.Data)
}

// onlySample refuses a database that was not filled with this sample: deadlines of real cases must not fall because
// somebody looks ahead. The journal's first entry tells them apart, since it is sealed under a key drawn for it.
func (a *App) onlySample(ctx context.Context, sum sample.Summary) error {
	first, err := a.firstEntry(ctx)
	if err == nil && (sum.First == "" || first != sum.First) {
		err = fault.New(fault.Invalid, "app.not_this_sample", "folder", a.Data).At("--ahead")
	}
	return err
}

// firstEntry is the hash of the journal's first entry, in hex.
func (a *App) firstEntry(ctx context.Context) (first string, err error) {
	if _, err := a.Store.Sequence(ctx); err != nil { // nobody numbers on PostgreSQL before jobs run
		return "", err
	}
	err = a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		h, err := tlog.TreeHash(1, tx.HashReader(ctx, a.Province))
		first = hex.EncodeToString(h[:])
		return err
	})
	return first, err
}

// fill makes the sample province with a clock that it moves through two years up to now.
func fill(ctx context.Context, cfg Config, progress func(string)) (sum sample.Summary, err error) {
	now := clock.System{}.Now()
	manual := clock.NewManual(now)
	cfg.Clock = manual
	a, err := Open(ctx, cfg)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	sum, err = sample.Fill(ctx, sample.Target{
		Engine: a.Engine, Party: a.Party, Registry: a.Registry, Document: a.Document, Trade: a.Trade, Services: a.Services, Clock: manual, Province: a.Province, Publish: a.PublishBuiltin,
		CloseDay: func(ctx context.Context, civil string, reason locale.Text) error {
			_, err := a.CloseDay(ctx, Closing{Calendar: "ir-alborz", Date: civil, Reason: reason, Source: "sample", By: "sample"})
			return err
		},
		Wake: func(ctx context.Context) error {
			for {
				n, err := a.Engine.Wake(ctx, wakeAtOnce)
				if err != nil || n < wakeAtOnce {
					return err
				}
			}
		},
		Progress: progress,
	})
	if err != nil {
		return sum, err
	}
	sum.First, err = a.firstEntry(ctx)
	return sum, err
}
