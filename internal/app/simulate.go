package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/surface/cli"
	"rahgosha/procedures"
)

// Simulation is what a folder would change for the running cases of its procedure: counts first, then the cases for which
// anything would be otherwise.
type Simulation struct {
	Procedure string               `json:"procedure"`
	Version   string               `json:"version"`
	Hash      string               `json:"hash"`
	Looked    int                  `json:"looked"`
	Modes     map[string]int       `json:"modes"` // pin, forward, ask
	Changed   map[string]int       `json:"changed"`
	Words     []procedure.Change   `json:"words"` // against the version in force
	Cases     []casework.Simulated `json:"cases"`
}

// Simulate proves a folder and tries it on running cases: all of its procedure, or those of the given ids or numbers. It
// writes nothing. The problems say what is wrong when it is not proved.
func (a *App) Simulate(ctx context.Context, folder fs.FS, only []string) (*Simulation, []procedure.Problem, error) {
	next, inForce, problems, err := a.Prove(ctx, folder)
	if err != nil {
		return nil, problems, err
	}
	out := &Simulation{Procedure: next.ID, Version: next.Version, Hash: next.Hash, Modes: map[string]int{}, Changed: map[string]int{}}
	if inForce != nil {
		out.Words = procedure.Diff(inForce, next)
	}
	all, err := a.Defs.All(ctx)
	if err != nil {
		return nil, problems, err
	}
	for _, old := range all {
		if old.ID != next.ID || old.Hash == next.Hash {
			continue
		}
		err := a.Engine.Simulate(ctx, a.Province, old, next, func(c casework.Simulated) {
			if len(only) == 0 || slices.Contains(only, c.Case) || c.Number != "" && slices.Contains(only, c.Number) {
				out.take(c)
			}
		})
		if err != nil {
			return nil, problems, err
		}
	}
	return out, problems, nil
}

func (s *Simulation) take(c casework.Simulated) {
	s.Looked++
	s.Modes[c.Mode]++
	for what, n := range map[string]int{
		"stage": len(c.Stage), "conditions": len(c.Conditions), "actions": len(c.Actions), "clocks": len(c.Clocks), "decisions": len(c.Decisions),
	} {
		if n > 0 {
			s.Changed[what]++
		}
	}
	if c.Changes() || len(c.Reasons) > 0 {
		s.Cases = append(s.Cases, c)
	}
}

type simulateCmd struct {
	place
	Dir   string   `arg:"" help:"Folder of the procedure, or the id of one that comes with the binary."`
	Cases []string `help:"live for all running cases, or ids or numbers." default:"live"`
	JSON  bool     `help:"Write JSON." name:"json"`
	ctx   context.Context
}

// Run prints counts, then each case with what would change.
func (c *simulateCmd) Run(env *cli.Env) (err error) {
	folder, err := cli.Folder(c.Dir, procedures.Files)
	if err != nil {
		return err
	}
	cfg := c.config(logger(env))
	cfg.AsIs = true
	a, err := Open(c.ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	only := slices.DeleteFunc(slices.Clone(c.Cases), func(s string) bool { return s == "live" })
	sim, problems, err := a.Simulate(c.ctx, folder, only)
	if err != nil {
		tell(env, problems)
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(env.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(sim)
	}
	return sim.print(env.Out, env.Lang)
}

func (s *Simulation) print(w io.Writer, lang locale.Lang) error {
	var b strings.Builder
	fmt.Fprintln(&b, locale.T(lang, "app.simulate.head", map[string]any{"version": s.Version, "hash": s.Hash, "count": s.Looked}))
	for _, mode := range []string{procedure.MigrateForward, procedure.MigrateAsk, procedure.MigratePin} {
		fmt.Fprintf(&b, "  %s: %d\n", locale.T(lang, "app.simulate."+mode, nil), s.Modes[mode])
	}
	for _, what := range []string{"stage", "conditions", "actions", "clocks", "decisions"} {
		fmt.Fprintf(&b, "  %s: %d\n", locale.T(lang, "app.simulate."+what, nil), s.Changed[what])
	}
	for _, c := range s.Words {
		fmt.Fprintf(&b, "- %s\n", c.Text.In(lang))
	}
	for _, c := range s.Cases {
		s.printCase(&b, lang, c)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Simulation) printCase(b *strings.Builder, lang locale.Lang, c casework.Simulated) {
	name := c.Number
	if name == "" {
		name = c.Case
	}
	fmt.Fprintf(b, "%s\t%s\n", name, locale.T(lang, "app.simulate."+c.Mode, nil))
	for _, r := range c.Reasons {
		fmt.Fprintf(b, "\t%s\n", locale.T(lang, "casework.ask_"+r.What, map[string]any{"title": r.Title.In(lang)}))
	}
	for _, part := range []struct {
		what string
		list []casework.Shift
	}{{"stage", c.Stage}, {"conditions", c.Conditions}, {"actions", c.Actions}, {"clocks", c.Clocks}, {"decisions", c.Decisions}} {
		for _, x := range part.list {
			fmt.Fprintf(b, "\t%s\t%s\t%s → %s\n", locale.T(lang, "app.simulate."+part.what, nil), x.ID, dash(x.Old), dash(x.New))
		}
	}
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
