package app

import (
	"context"
	"errors"
	"fmt"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/cli"
)

type replayCmd struct {
	place
	ctx context.Context
}

// Run prints each difference; the exit code is 1 when there is one.
func (c *replayCmd) Run(env *cli.Env) (err error) {
	a, err := Open(c.ctx, c.reading(logger(env)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.tellReplay(c.ctx, env)
}

// tellReplay folds every case and prints what differs; how to mend it is said once.
func (a *App) tellReplay(ctx context.Context, env *cli.Env) error {
	bad := 0
	n, err := a.Engine.Replay(ctx, a.Province, func(d casework.Difference) {
		bad++
		d.Case, d.Detail = cli.Echo(d.Case), cli.Echo(d.Detail)
		_, _ = fmt.Fprintf(env.Out, "%s\t%d\t%s\t%s\n", d.Case, d.Seq, d.What, d.Text().In(env.Lang))
	})
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintf(env.Out, "%d cases folded, %d differences\n", n, bad); err == nil && bad > 0 {
		err = fault.New(fault.Invalid, "app.replay_differs", "count", bad)
	}
	return err
}
