package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/witness"
	"rahgosha/internal/surface/cli"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/openlog"
)

type witnessCmd struct {
	Key   witnessKey   `cmd:"" help:"Make the witness's key, the first time, and print its public key (vkey)."`
	Sign  witnessSign  `cmd:"" help:"Read a published log, by its address or on a stick, and sign its checkpoint if it continues the last one."`
	Serve witnessServe `cmd:"" help:"Sign what logs send: POST /add-checkpoint (C2SP tlog-witness)."`
}

// witnessPlace says who the witness is.
type witnessPlace struct {
	Dir  string `help:"Folder of the witness: its key, and the last checkpoint it signed. Never restore it from a backup." default:"witness" type:"path"`
	Name string `help:"The witness's name in its key, best a host name of its own." required:""`
}

type witnessKey struct{ witnessPlace }

// Run prints the public key.
func (c *witnessKey) Run(env *cli.Env) error {
	w, err := witness.Open(c.Dir, c.Name, clock.System{})
	if err == nil {
		_, err = fmt.Fprintln(env.Out, w.VKey())
	}
	return err
}

type witnessSign struct {
	witnessPlace
	Log string   `arg:"" help:"The log: https://host/log/province, or the folder that journal tiles wrote."`
	Key []string `help:"Public key (vkey) of the log, from somebody you trust." required:""`
	ctx context.Context
}

// Run prints the checkpoint with the witness's signature; into a folder it is written too, for the way back.
func (c *witnessSign) Run(env *cli.Env) error {
	w, err := witness.Open(c.Dir, c.Name, clock.System{}, c.Key...)
	if err != nil {
		return err
	}
	signed, _, err := w.Visit(openlog.Open(c.ctx, c.Log))
	if err != nil {
		return err
	}
	if isFolder(c.Log) {
		if err := openlog.Save(c.Log, journal.WitnessedPath, signed); err != nil {
			return err
		}
	}
	_, err = env.Out.Write(signed)
	return err
}

type witnessServe struct {
	witnessPlace
	Key    []string `help:"Public keys (vkey) of the logs to sign for, from somebody you trust." required:""`
	Listen string   `help:"Address to listen on." default:"127.0.0.1:8081"`
	ctx    context.Context
}

// Run serves until interrupted.
func (c *witnessServe) Run(env *cli.Env) error {
	w, err := witness.Open(c.Dir, c.Name, clock.System{}, c.Key...)
	if err != nil {
		return err
	}
	kit := &httpkit.Kit{Log: logger(env), Clock: clock.System{}}
	mux := http.NewServeMux()
	if err := kit.Register(mux, openlog.WitnessRoutes(clock.System{}, w)); err != nil {
		return err
	}
	ln, err := new(net.ListenConfig).Listen(c.ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	return answer(c.ctx, front{main: ln, scheme: "http"}, kit.Wrap(kit.Mux(mux)), env.Out)
}

type journalCosigned struct {
	place
	File string `arg:"" help:"The checkpoint that a witness signed: the file \"witnessed\" of its stick."`
	ctx  context.Context
}

// Run keeps the signatures of witnesses of the list.
func (c *journalCosigned) Run(env *cli.Env) error {
	f, err := cli.OpenFile(c.File)
	if err != nil {
		return err
	}
	signed, err := io.ReadAll(io.LimitReader(f, witness.MaxRequest))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return withApp(c.ctx, c.reading(logger(env)), func(a *App) error {
		names, at, err := a.takeCosigned(c.ctx, signed)
		if err == nil {
			_, err = fmt.Fprintf(env.Out, "%s: %d entries signed by %s\n", at.Origin, at.Size, strings.Join(names, ", "))
		}
		return err
	})
}
