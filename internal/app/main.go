package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/surface/cli"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/procedures"
)

// Main runs the program: the terminal's own commands, and those that need data.
func Main(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx = access.AsServer(ctx) // who is at this terminal has the database anyway
	env := cli.Env{In: in, Out: out, Err: errs, Builtin: procedures.Files}
	return cli.Main(args, env, Version,
		cli.Command{Name: "serve", Help: "Serve a province.", Cmd: &serveCmd{ctx: ctx}},
		cli.Command{Name: "demo", Help: "Serve a sample province, filling it the first time.", Cmd: &demoCmd{ctx: ctx}},
		cli.Command{Name: "migrate", Help: "Bring the schema of a database up to date.", Cmd: &migrateCmd{ctx: ctx}},
		cli.Command{Name: "import", Help: "Import units, referrals or trade data.", Cmd: &importCmd{
			Referrals: importReferrals{importSheet{ctx: ctx}}, Services: importServices{importSheet: importSheet{ctx: ctx}}, Trade: importTrade{ctx: ctx}, Units: importUnits{importSheet{ctx: ctx}},
		}},
		cli.Command{Parent: "procedure", Name: "publish", Cmd: &struct {
			Publish publishCmd `cmd:"" help:"Publish a procedure with two approvers; its hash goes into the journal."`
		}{publishCmd{ctx: ctx}}},
		cli.Command{Parent: "procedure", Name: "simulate", Cmd: &struct {
			Simulate simulateCmd `cmd:"" help:"Try a procedure on running cases: what would change, counts first. Writes nothing."`
		}{simulateCmd{ctx: ctx}}},
		cli.Command{Name: "replay", Help: "Fold every case again and name what differs: cases, lists, counters, letters, numbers.", Cmd: &replayCmd{ctx: ctx}},
		cli.Command{Name: "journal", Help: "Export and verify the journal.", Cmd: &journalCmd{
			journalExport{ctx: ctx}, journalVerify{ctx: ctx}, journalTiles{ctx: ctx}, journalCosigned{ctx: ctx}, journalAdmit{ctx: ctx}, journalKey{ctx: ctx},
		}},
		cli.Command{Name: "witness", Help: "Be a witness of a province's journal: sign its checkpoints while they continue one another.", Cmd: &witnessCmd{
			Sign: witnessSign{ctx: ctx}, Serve: witnessServe{ctx: ctx},
		}},
		cli.Command{Name: "fsck", Help: "Check everything that is stored and name what is damaged: pages, journal, cases, procedures, documents. Changes nothing.", Cmd: &fsckCmd{ctx: ctx}},
		cli.Command{Name: "person", Help: "Personal data: give a person theirs, erase a person, and what was erased once more.", Cmd: &personCmd{
			personExport{ctx: ctx}, personErase{ctx: ctx}, personDue{ctx: ctx}, personHold{ctx: ctx}, personLift{ctx: ctx}, personScrub{ctx: ctx},
		}},
		cli.Command{Name: "keys", Help: "The root key: put a new one in its place, split it among officers, put it together.", Cmd: &keysCmd{Rotate: keysRotate{ctx: ctx}}},
		cli.Command{Name: "backup", Help: "Write database, keys and documents into one file.", Cmd: &backupCmd{ctx: ctx}},
		cli.Command{Name: "restore", Help: "Restore a backup into an empty folder, and check it.", Cmd: &restoreCmd{ctx: ctx}},
	)
}

// place says where the data are.
type place struct {
	Data     string `help:"Folder of the data: database, keys, documents." default:"data" type:"path"`
	Database string `help:"URL of a PostgreSQL database instead of the embedded one." env:"RAHGOSHA_DATABASE"`
	Plain    bool   `help:"The network to a database on another machine is ours alone: sslmode=verify-full is not asked for." name:"plain-database" env:"RAHGOSHA_PLAIN_DATABASE"`
	RootKey  string `help:"File or pipe of the root key, where it is kept elsewhere (a vault, systemd's credentials): none is made or looked for in the folder of the data." name:"root-key" env:"RAHGOSHA_ROOT_KEY" type:"path"`
	Province string `help:"Province served." default:"alborz"`
}

func (p place) config(log *slog.Logger) Config {
	return Config{Data: p.Data, RootKey: p.RootKey, Database: p.Database, PlainDatabase: p.Plain, Province: p.Province, Log: log, Office: locale.T(locale.FA, "app.office", nil)}
}

// reading is for commands that only read: a folder that is not there is a slip, no empty province.
func (p place) reading(log *slog.Logger) Config {
	cfg := p.config(log)
	cfg.There = true
	return cfg
}

func logger(env *cli.Env) *slog.Logger {
	return slog.New(slog.NewTextHandler(env.Err, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// long is where a list for Excel begins to be a long one.
type long struct {
	LongExport int64 `help:"From how many cases a list for Excel is gathered beside the request, with a page that shows how far it is." name:"long-export" default:"5000"`
}

// signing are the settings of second factors.
type signing struct {
	StepUp     time.Duration `help:"How long a second factor counts before decisions and exports ask for it again." name:"step-up" default:"15m"`
	MustSecond []string      `help:"Roles that decide and export only with a second factor, such as dir.deputy,dir.dg; 'all' for every role, 'none' for no role. serve takes those of the catalogue of roles where none is given." name:"must-second" sep:"," env:"RAHGOSHA_MUST_SECOND"`
}

func (s signing) into(cfg *Config) error {
	if s.StepUp < time.Minute {
		return fault.New(fault.Invalid, "app.step_up", "time", s.StepUp.String()).At("--step-up")
	}
	cfg.StepUp, cfg.MustSecond = s.StepUp, slices.DeleteFunc(slices.Clone(s.MustSecond), func(role string) bool { return role == "none" })
	if slices.Contains(s.MustSecond, "all") {
		cfg.MustSecond = access.Everybody()
	}
	return nil
}

type serveCmd struct {
	place
	shipping
	Listen  string   `help:"Address to listen on." default:"127.0.0.1:8080"`
	BaseURL string   `help:"Public address, printed on letters: https://host." name:"base-url"`
	HTTPS   bool     `help:"Browsers reach us over TLS: secure cookies." name:"https"`
	TLSCert string   `help:"Speak TLS ourselves: the certificate with its chain (PEM). It is read again when it changes, and on SIGHUP." name:"tls-cert" type:"path"`
	TLSKey  string   `help:"The certificate's private key (PEM), which others may not read." name:"tls-key" type:"path"`
	Onward  string   `help:"With --tls-cert: an address, such as 0.0.0.0:80, on which plain HTTP is sent to --base-url." name:"redirect-from"`
	Proxy   []string `help:"Addresses or prefixes of the proxies before the server, such as 127.0.0.1: they alone are believed when they say whom they speak for (X-Forwarded-For)." name:"proxy" sep:","`
	Scanner string   `help:"A virus scanner that speaks as clamd does, unix:/path or tcp:host:port: what people give is kept only if it calls it clean, and refused while it is away." name:"scanner" env:"RAHGOSHA_SCANNER"`
	Limits  string   `help:"How much one caller may read, search and do: 'default', 'off', or a file like internal/surface/httpkit/data/limits.csv." default:"default" env:"RAHGOSHA_LIMITS"`
	long
	signing
	ctx context.Context
}

// Run serves until interrupted.
func (c *serveCmd) Run(env *cli.Env) (err error) {
	cfg := c.config(logger(env))
	c.shipping.into(&cfg)
	cfg.BaseURL, cfg.HTTPS, cfg.Long, cfg.Limits = c.BaseURL, c.HTTPS || c.TLSCert != "", c.LongExport, c.Limits
	cfg.Scanner = c.Scanner
	cfg.TLS = TLS{Cert: c.TLSCert, Key: c.TLSKey, Redirect: c.Onward}
	if err := cfg.TLS.check(c.BaseURL); err != nil {
		return err
	}
	if cfg.Proxies, err = httpkit.ParseProxies(c.Proxy); err != nil {
		return err
	}
	if err := c.signing.into(&cfg); err != nil {
		return err
	}
	if len(c.MustSecond) == 0 {
		cfg.MustSecond = access.MustSecond()
	}
	a, err := Open(c.ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.Serve(c.ctx, c.Listen, env.Out)
}

type migrateCmd struct {
	place
	ctx context.Context
}

// Run opens the database, which brings its schema up to date.
func (c *migrateCmd) Run(env *cli.Env) error {
	a, err := Open(c.ctx, c.config(logger(env)))
	if err != nil {
		return err
	}
	return a.Close()
}

func tell(env *cli.Env, problems []procedure.Problem) {
	for _, p := range problems {
		_, _ = fmt.Fprintln(env.Err, p.String(env.Lang))
	}
}

// PublishBuiltin publishes the procedures that come with the binary, as drafts are in the demo only (kernel.md 14).
func (a *App) PublishBuiltin(ctx context.Context, folder string, approvers [2]string) error {
	sub, err := fs.Sub(procedures.Files, folder)
	if err != nil {
		return fmt.Errorf("procedure %s: %w", folder, err)
	}
	_, _, err = a.Publish(ctx, sub, approvers)
	return err
}
