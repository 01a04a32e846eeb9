package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/surface/cli"
)

type personCmd struct {
	Export personExport `cmd:"" help:"Write all that is held of a person who asked for it on paper, to be handed to them; the journal keeps it."`
	Erase  personErase  `cmd:"" help:"Erase a person for good, in the name of two officers: one asks, another decides."`
	Due    personDue    `cmd:"" help:"List the closed cases whose time is over soon, after which they are erased, and what holds them."`
	Hold   personHold   `cmd:"" help:"Keep a closed case past its time."`
	Lift   personLift   `cmd:"" help:"End what holds a case."`
	Scrub  personScrub  `cmd:"" help:"Destroy again the keys of all that was erased, and write the database anew, so that nothing of it stands in free places."`
}

// officers are people who sign in on the terminal.
type officers struct {
	Login []string `help:"Logins of the officers. Passwords come from RAHGOSHA_PASSWORD_1 and _2, or a line each on standard input." sep:","`
	Code  []string `help:"Codes of the second factor, for logins that have one." sep:","`
}

// enter signs so many officers in, and gives a function that signs them out.
func (o officers) enter(ctx context.Context, env *cli.Env, a *App, want int) (in []access.Principal, leave func(), err error) {
	var tokens []string
	leave = func() {
		for _, t := range tokens {
			_ = a.Party.SignOut(context.WithoutCancel(ctx), t) // the session ends by itself otherwise
		}
	}
	if len(o.Login) != want {
		return nil, leave, fault.New(fault.Invalid, "app.logins", "count", want).At("login")
	}
	lines := bufio.NewReader(env.In)
	for i, login := range o.Login {
		password, err := askPassword(env, lines, i, login)
		if err != nil {
			return nil, leave, err
		}
		code := ""
		if i < len(o.Code) {
			code = o.Code[i]
		}
		token, p, err := a.Party.SignIn(ctx, login, password, code, "local")
		if err != nil {
			return nil, leave, err
		}
		tokens, in = append(tokens, token), append(in, p)
	}
	return in, leave, nil
}

type personErase struct {
	place
	officers
	Person string `arg:"" help:"Id of the person, or their national code."`
	Basis  string `help:"Ground: request (of the person), withdrawn (consent), unlawful (processing), order (of a court or authority)." enum:"request,withdrawn,unlawful,order" default:"request"`
	Reason string `help:"Why, in words that name nobody: number and date of the request or order."`
	DryRun bool   `help:"Only show what would be erased, what stays and what stops it; one login is enough." name:"dry-run"`
	ctx    context.Context
}

// Run shows what would be erased, and erases it.
func (c *personErase) Run(env *cli.Env) error {
	return withApp(c.ctx, c.reading(logger(env)), func(a *App) error {
		want := 2
		if c.DryRun {
			want = 1
		}
		by, leave, err := c.enter(c.ctx, env, a, want)
		defer leave()
		if err != nil {
			return err
		}
		person, err := a.findPerson(c.ctx, c.Person)
		if err != nil {
			return err
		}
		p, err := a.Privacy.Preview(c.ctx, by[0], person)
		if err != nil {
			return err
		}
		tellPreview(env, p)
		if c.DryRun {
			return nil
		}
		e, err := a.Privacy.Ask(c.ctx, by[0], person, c.Basis, c.Reason)
		if err != nil {
			return err
		}
		if _, err := a.Privacy.Decide(c.ctx, by[1], e.ID, true); err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.Out, locale.T(env.Lang, "app.person_erased", map[string]any{"person": person}))
		return err
	})
}

// findPerson gives the id of a person by it or by their national code.
func (a *App) findPerson(ctx context.Context, typed string) (string, error) {
	if id, err := a.Party.FindPerson(ctx, typed); err == nil && id != "" {
		return id, nil
	}
	_, err := a.Party.InClear(ctx, typed)
	return typed, err
}

func tellPreview(env *cli.Env, p privacy.Preview) {
	say := func(key string, args map[string]any) {
		_, _ = fmt.Fprintln(env.Out, cli.Echo(locale.T(env.Lang, key, args)))
	}
	say("app.preview_person", map[string]any{"name": p.Name, "person": p.Person})
	for _, c := range p.Cases {
		say("app.preview_case", map[string]any{"name": c.Name})
	}
	for _, u := range p.Units {
		say("app.preview_unit", map[string]any{"name": u})
	}
	say("app.preview_rest", map[string]any{"documents": len(p.What.Documents), "questions": len(p.What.Questions), "views": len(p.What.Views)})
	for _, l := range p.Kept {
		_, _ = fmt.Fprintln(env.Out, cli.Echo(l.Text().In(env.Lang)))
	}
	for _, l := range p.Stops {
		_, _ = fmt.Fprintln(env.Out, cli.Echo(l.Text().In(env.Lang)))
	}
}

type personExport struct {
	place
	officers
	Person string `arg:"" help:"Id of the person, or their national code."`
	Reason string `help:"Number and date of the paper, in words that name nobody." required:""`
	Out    string `help:"File to write, a zip; it must not be there yet." required:"" type:"path"`
	ctx    context.Context
}

// Run writes the file, which only its owner may read.
func (c *personExport) Run(env *cli.Env) error {
	return c.do(c.ctx, env, c.place, func(a *App, by access.Principal) error {
		person, err := a.findPerson(c.ctx, c.Person)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "app.export_file", "file", c.Out).At("out")
		}
		d, err := a.Privacy.Give(c.ctx, by, person, c.Reason)
		if err == nil {
			err = a.writeDossier(c.ctx, d, env.Lang, f)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return errors.Join(err, os.Remove(c.Out))
		}
		_, err = fmt.Fprintln(env.Out, cli.Echo(locale.T(env.Lang, "app.person_exported", map[string]any{"person": person, "file": c.Out})))
		return err
	})
}

type personScrub struct {
	place
	ctx context.Context
}

// Run destroys keys again and writes the database anew.
func (c *personScrub) Run(env *cli.Env) error {
	return withApp(c.ctx, c.reading(logger(env)), func(a *App) error {
		if err := a.Privacy.Keys(c.ctx); err != nil {
			return err
		}
		return a.afterErasure(c.ctx)
	})
}

type personDue struct {
	place
	officers
	Days int `help:"So many days from today." default:"90"`
	ctx  context.Context
}

// Run lists number, day and holds of each case.
func (c *personDue) Run(env *cli.Env) error {
	return c.do(c.ctx, env, c.place, func(a *App, by access.Principal) error {
		list, err := a.Privacy.Coming(c.ctx, by, a.Clock.Now().AddDate(0, 0, c.Days))
		if err != nil {
			return err
		}
		for _, d := range list {
			line := d.Number + "\t" + d.ID + "\t" + jalali.FromTime(d.Until).Slash(env.Lang)
			for _, h := range d.Holds {
				line += "\t" + h.Reason
			}
			if _, err := fmt.Fprintln(env.Out, cli.Echo(line)); err != nil {
				return err
			}
		}
		return nil
	})
}

// do signs one officer in and does something in their name.
func (o officers) do(ctx context.Context, env *cli.Env, p place, do func(*App, access.Principal) error) error {
	return withApp(ctx, p.reading(logger(env)), func(a *App) error {
		by, leave, err := o.enter(ctx, env, a, 1)
		defer leave()
		if err != nil {
			return err
		}
		return do(a, by[0])
	})
}

type personHold struct {
	place
	officers
	Case   string `arg:"" help:"Id of the case."`
	Reason string `help:"Why: number and date of the order, in words that name nobody." required:""`
	ctx    context.Context
}

// Run holds a case.
func (c *personHold) Run(env *cli.Env) error {
	return c.do(c.ctx, env, c.place, func(a *App, by access.Principal) error {
		_, err := a.Privacy.Hold(c.ctx, by, c.Case, c.Reason)
		return err
	})
}

type personLift struct {
	place
	officers
	Case string `arg:"" help:"Id of the case."`
	ctx  context.Context
}

// Run lifts what holds a case.
func (c *personLift) Run(env *cli.Env) error {
	return c.do(c.ctx, env, c.place, func(a *App, by access.Principal) error { return a.Privacy.Lift(c.ctx, by, c.Case) })
}
