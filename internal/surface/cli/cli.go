// Package cli is the surface for a terminal: checks and conversions that need no data, and the procedure tools. Commands
// that need the store (serve, demo, migrate, import, journal, replay, backup, restore) are registered by package app.
package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"rahgosha/internal/base/convert"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/ident"
	"rahgosha/internal/base/locale"
)

// Env is the terminal a command runs in.
type Env struct {
	In       io.Reader
	Out, Err io.Writer
	Lang     locale.Lang
	Builtin  fs.FS // the procedures that come with the binary, by folder
}

// Command is one command registered by package app: Cmd is a kong command struct with a Run(*Env) error method. With
// Parent "procedure", Cmd is a struct of such commands that join the procedure's.
type Command struct {
	Parent, Name, Help string
	Cmd                any
}

// ErrInvalid says that an input was judged invalid: the command printed why, and the exit code is 1.
var ErrInvalid = errors.New("invalid input")

// root is the grammar of what needs no data.
type root struct {
	Lang      string           `help:"Language of messages: fa or en." enum:"fa,en" default:"${lang}"`
	Version   kong.VersionFlag `help:"Print the version."`
	Check     checkCmd         `cmd:"" help:"Check identifiers and other values."`
	Convert   convertCmd       `cmd:"" help:"Convert dates, amounts and texts."`
	Procedure procedureCmd     `cmd:"" help:"Check, test, explain and print procedures."`
	Trade     tradeCmd         `cmd:"" help:"Export intelligence from trade tables."`
}

// Main runs one command line and gives the exit code: 0 done, 1 an input is invalid or a check failed, 2 used wrongly or
// something is broken.
func Main(args []string, env Env, version string, more ...Command) int {
	var grammar root
	code := -1
	options := []kong.Option{
		kong.Name("rahgosha"), kong.Description("Rahgosha: support programmes as procedures, cases and a journal."),
		kong.Writers(env.Out, env.Err), kong.Exit(func(c int) { code = c }),
		kong.Vars{"lang": string(langOf(env)), "version": version}, kong.UsageOnError(),
	}
	for _, c := range more {
		if c.Parent == "procedure" {
			grammar.Procedure.Plugins = append(grammar.Procedure.Plugins, c.Cmd)
			continue
		}
		options = append(options, kong.DynamicCommand(c.Name, c.Help, "", c.Cmd))
	}
	parser, err := kong.New(&grammar, options...)
	if err != nil {
		fmt.Fprintln(env.Err, err)
		return 2
	}
	ctx, err := parser.Parse(args)
	if code >= 0 { // --help has been answered
		return code
	}
	if err != nil {
		env.Lang = asked(args, langOf(env))
		Tell(env, usage(err))
		return 2
	}
	env.Lang = locale.Lang(grammar.Lang)
	return exit(env, ctx.Run(&env))
}

func langOf(env Env) locale.Lang {
	if env.Lang != "" {
		return env.Lang
	}
	if strings.HasPrefix(os.Getenv("LANG"), "fa") {
		return locale.FA
	}
	return locale.EN
}

// exit tells a failed command's fault in the terminal's language.
func exit(env Env, err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, ErrInvalid) {
		return 1
	}
	f, ok := fault.As(err)
	if !ok {
		fmt.Fprintf(env.Err, "rahgosha: %v\n", err)
		return 2
	}
	Tell(env, f)
	switch f.Kind {
	case fault.Invalid, fault.Refused, fault.TooLarge: // mend the input
		return 1
	}
	return 2
}

// Tell prints a fault and its details, with the operator's cause.
func Tell(env Env, f *fault.Fault) {
	at := ""
	if f.Field != "" {
		at = Echo(f.Field) + ": "
	}
	fmt.Fprintf(env.Err, "rahgosha: %s%s\n", at, locale.T(env.Lang, f.Key, echoed(f.Args)))
	for _, d := range f.Details {
		fmt.Fprintf(env.Err, "  - %s: %s\n", Echo(d.Field), locale.T(env.Lang, d.Key, echoed(d.Args)))
	}
	if f.Err != nil {
		fmt.Fprintf(env.Err, "  (%s)\n", Echo(f.Err.Error()))
	}
}

type checkCmd struct {
	ID checkID `cmd:"" name:"id" help:"Check identifiers: prints value, valid or invalid, canonical form and reason, tab-separated."`
}

type checkID struct {
	Kind   string   `help:"Kind of identifier." required:"" placeholder:"KIND"`
	Values []string `arg:"" optional:"" help:"Values; without any, one a line from standard input."`
}

// Run prints a line per value; ErrInvalid when any is invalid.
func (c *checkID) Run(env *Env) error {
	if !ident.Known(c.Kind) {
		return fault.New(fault.Invalid, "cli.kind", "kind", c.Kind, "kinds", strings.Join(ident.Kinds(), ", ")).At("--kind")
	}
	bad := false
	err := each(env, c.Values, func(v string) error {
		bad = bad || !ident.Check(c.Kind, v).Valid
		_, err := fmt.Fprintln(env.Out, ident.CheckLine(c.Kind, v, env.Lang))
		return err
	})
	if err == nil && bad {
		err = ErrInvalid
	}
	return err
}

type convertCmd struct {
	Date  convertDate  `cmd:"" help:"Jalali to Gregorian (1405/09/02 → 2026-11-23) and the other way."`
	Words convertWords `cmd:"" help:"Amounts to Persian words."`
	Key   convertKey   `cmd:"" help:"Texts to their search keys, tab-separated."`
}

type convertDate struct {
	Values []string `arg:"" optional:"" help:"Dates; without any, one a line from standard input."`
}

// Run prints each date in the other calendar.
func (c *convertDate) Run(env *Env) error { return convertAll(env, c.Values, convert.Date) }

type convertWords struct {
	Values []string `arg:"" optional:"" help:"Amounts; without any, one a line from standard input."`
}

// Run prints each amount in words.
func (c *convertWords) Run(env *Env) error { return convertAll(env, c.Values, convert.Words) }

type convertKey struct {
	Values []string `arg:"" optional:"" help:"Texts; without any, one a line from standard input."`
}

// Run prints each text's search keys.
func (c *convertKey) Run(env *Env) error {
	return convertAll(env, c.Values, func(s string) (string, error) { return convert.Key(s), nil })
}

// convertAll prints what it can and tells what it cannot, so that one bad line does not hide the others.
func convertAll(env *Env, values []string, f func(string) (string, error)) error {
	bad := false
	err := each(env, values, func(v string) error {
		out, err := f(v)
		if ft, ok := fault.As(err); ok {
			bad = true
			Tell(*env, ft.At(v))
			return nil
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.Out, out)
		return err
	})
	if err == nil && bad {
		err = ErrInvalid
	}
	return err
}

func each(env *Env, values []string, f func(string) error) error {
	if len(values) > 0 {
		for _, v := range values {
			if err := f(v); err != nil {
				return err
			}
		}
		return nil
	}
	return lines(env, f)
}
