package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/surface/cli"
	"rahgosha/procedures"
)

// PublishAs publishes in the name of two persons who are signed in: each must hold the right to, and they must be two.
func (a *App) PublishAs(ctx context.Context, folder fs.FS, two [2]access.Principal) (*procedure.Definition, []procedure.Problem, error) {
	for _, p := range two {
		if err := access.Authorize(p, "procedures", "publish"); err != nil {
			return nil, nil, err
		}
	}
	return a.Publish(ctx, folder, [2]string{two[0].Person, two[1].Person})
}

type publishCmd struct {
	place
	Dir       string   `arg:"" help:"Folder of the procedure, or the id of one that comes with the binary."`
	Login     []string `help:"Two logins: who proposes, who approves. Passwords come from RAHGOSHA_PASSWORD_1 and _2, or a line each on standard input." sep:","`
	Code      []string `help:"Codes of the second factor, for logins that have one." sep:","`
	Approvers []string `help:"Two names instead, only while nobody can sign in yet." sep:","`
	ctx       context.Context
}

// Run proves, stores and journals a procedure.
func (c *publishCmd) Run(env *cli.Env) (err error) {
	folder, err := cli.Folder(c.Dir, procedures.Files)
	if err != nil {
		return err
	}
	a, err := Open(c.ctx, c.config(logger(env)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	def, problems, err := c.publish(env, a, folder)
	tell(env, problems)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Out, "%s %s %s\n", def.ID, def.Version, def.Hash)
	return err
}

func (c *publishCmd) publish(env *cli.Env, a *App, folder fs.FS) (*procedure.Definition, []procedure.Problem, error) {
	if len(c.Approvers) > 0 {
		return c.first(a, folder)
	}
	if len(c.Login) != 2 {
		return nil, nil, fault.New(fault.Invalid, "app.two_logins").At("login")
	}
	var two [2]access.Principal
	lines := bufio.NewReader(env.In)
	for i, login := range c.Login {
		password, err := askPassword(env, lines, i, login)
		if err != nil {
			return nil, nil, err
		}
		token, p, err := a.Party.SignIn(c.ctx, login, password, c.code(i), "local")
		if err != nil {
			return nil, nil, err
		}
		two[i] = p
		defer func() { _ = a.Party.SignOut(context.WithoutCancel(c.ctx), token) }()
	}
	return a.PublishAs(c.ctx, folder, two)
}

// first publishes with two names alone, as a province must before its people have accounts.
func (c *publishCmd) first(a *App, folder fs.FS) (*procedure.Definition, []procedure.Problem, error) {
	var anybody bool
	err := a.Store.Read(c.ctx, func(ctx context.Context, tx storeTx) (err error) {
		anybody, err = tx.AnyCredential(ctx)
		return err
	})
	if err == nil && anybody {
		err = fault.New(fault.Forbidden, "app.sign_in_to_publish").At("approvers")
	}
	if err != nil {
		return nil, nil, err
	}
	var two [2]string
	copy(two[:], c.Approvers)
	return a.Publish(c.ctx, folder, two)
}

func (c *publishCmd) code(i int) string {
	if i < len(c.Code) {
		return c.Code[i]
	}
	return ""
}

// askPassword takes a password from the environment, where a script puts it, or from the next line of input.
func askPassword(env *cli.Env, lines *bufio.Reader, i int, login string) (string, error) {
	if p := os.Getenv(fmt.Sprintf("RAHGOSHA_PASSWORD_%d", i+1)); p != "" {
		return p, nil
	}
	_, _ = fmt.Fprintln(env.Err, locale.T(env.Lang, "app.password_of", map[string]any{"login": login}))
	line, err := lines.ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.Join(fault.New(fault.Invalid, "app.password_missing", "login", login).At("password"), err)
	}
	return line, nil
}
