package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/procedure/rule"
	"rahgosha/internal/surface/paper"
)

// procedureCmd works on folders; publishing needs the store and is registered by package app.
type procedureCmd struct {
	Check   procedureCheck   `cmd:"" help:"Prove a procedure: every problem with file, line, column and mend."`
	Test    procedureTest    `cmd:"" help:"Run the examples of procedures (DIR or DIR/... for all below)."`
	Explain procedureExplain `cmd:"" help:"Explain the conditions for given facts, with reason and remedy."`
	Print   procedurePrint   `cmd:"" help:"Print the manual."`
	kong.Plugins
}

// open reads a procedure's folder, or one that comes with the binary by its id.
func open(env *Env, dir string) (*procedure.Definition, []procedure.Problem, error) {
	fsys, err := Folder(dir, env.Builtin)
	if err != nil {
		return nil, nil, err
	}
	cals, err := calendar.Reference()
	if err != nil {
		return nil, nil, err
	}
	d, problems := procedure.ParseAndCheck(fsys, procedure.CheckContext{
		Examples: casework.Examples(cals), Calendars: slices.Sorted(maps.Keys(cals)), Other: beside(dir, env.Builtin),
	})
	return d, problems, nil
}

// beside gives the procedures in the folders beside a procedure's own, or those that come with the binary.
func beside(dir string, builtin fs.FS) func(string) *procedure.Definition {
	return func(id string) *procedure.Definition {
		fsys, err := Folder(filepath.Join(filepath.Dir(filepath.Clean(dir)), id), nil)
		if err != nil {
			fsys, err = Folder(id, builtin)
		}
		if err != nil {
			return nil
		}
		d, _ := procedure.Parse(fsys)
		return d
	}
}

// proved opens a procedure that has no error; its problems are told otherwise.
func proved(env *Env, dir string) (*procedure.Definition, error) {
	d, problems, err := open(env, dir)
	if err == nil && len(procedure.Errors(problems)) > 0 {
		report(env, dir, problems)
		err = ErrInvalid
	}
	return d, err
}

// Folder opens a procedure's folder, or one that comes with the binary by its id.
func Folder(dir string, builtin fs.FS) (fs.FS, error) {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return os.DirFS(dir), nil
	}
	if builtin != nil {
		if sub, err := fs.Sub(builtin, dir); err == nil {
			if _, err := fs.Stat(sub, "procedure.yaml"); err == nil {
				return sub, nil
			}
		}
	}
	return nil, fault.New(fault.Invalid, "cli.no_procedure", "dir", dir).At(dir)
}

type procedureCheck struct {
	Dirs []string `arg:"" help:"Folders of procedures."`
}

// Run prints every problem; ErrInvalid when one is an error.
func (c *procedureCheck) Run(env *Env) error {
	bad := false
	for _, dir := range c.Dirs {
		d, problems, err := open(env, dir)
		if err != nil {
			return err
		}
		report(env, dir, problems)
		if len(procedure.Errors(problems)) > 0 {
			bad = true
			continue
		}
		fmt.Fprintf(env.Out, "%s: %s\n", dir, locale.T(env.Lang, "cli.proved", map[string]any{"version": d.Version, "hash": d.Hash}))
	}
	if bad {
		return ErrInvalid
	}
	return nil
}

func report(env *Env, dir string, problems []procedure.Problem) {
	for _, p := range problems {
		fmt.Fprintf(env.Out, "%s\n", filepath.ToSlash(filepath.Join(dir, p.Pos.File))+strings.TrimPrefix(p.String(env.Lang), p.Pos.File))
		if p.Excerpt != "" {
			fmt.Fprintln(env.Out, p.Excerpt)
		}
	}
}

type procedureTest struct {
	Dirs []string `arg:"" help:"Folders; DIR/... takes all below."`
}

// Run runs the examples of each folder.
func (c *procedureTest) Run(env *Env) error {
	var dirs []string
	for _, d := range c.Dirs {
		found, err := below(d)
		if err != nil {
			return err
		}
		dirs = append(dirs, found...)
	}
	return (&procedureCheck{Dirs: dirs}).Run(env)
}

func below(dir string) ([]string, error) {
	root, all := strings.CutSuffix(dir, "...")
	if !all {
		return []string{dir}, nil
	}
	var out []string
	err := filepath.WalkDir(filepath.Clean(root), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "procedure.yaml" {
			out = append(out, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "cli.no_procedure", "dir", dir).At(dir)
	}
	slices.Sort(out)
	return out, nil
}

// maxFacts is more than a file of facts may hold, bytes: the reader of facts says so.
const maxFacts = 2 << 20

func readFacts(path string) ([]byte, error) {
	f, err := OpenFile(path)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxFacts))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fileFault(err, path)
	}
	return raw, nil
}

type procedureExplain struct {
	Dir   string `arg:"" help:"Folder of the procedure, or the id of one that comes with the binary."`
	Facts string `help:"File of facts (fact: value), as in an example." type:"path" required:""`
	On    string `help:"Day to explain for, Jalali; today without it."`
}

// Run prints each condition with its result, the facts that decide, and the smallest change that would pass.
func (c *procedureExplain) Run(env *Env) error {
	d, err := proved(env, c.Dir)
	if err != nil {
		return err
	}
	raw, err := readFacts(c.Facts)
	if err != nil {
		return err
	}
	facts, problems := procedure.ReadFacts(d, c.Facts, raw)
	if len(problems) > 0 {
		report(env, "", problems)
		return ErrInvalid
	}
	now := clock.System{}.Now()
	if c.On != "" {
		on, err := jalali.Parse(c.On)
		if err != nil {
			return err
		}
		now = on.Start().Add(12 * time.Hour)
	}
	cals, err := calendar.Reference()
	if err != nil {
		return err
	}
	in := rule.Input{Facts: d.Input(facts), Now: now, Today: jalali.FromTime(now), Calendar: cals[d.Calendar]}
	for i, r := range d.Assess(in) {
		explainOne(env, d, d.Conditions[i], r)
		explainRows(env, d, d.Conditions[i], in)
	}
	return nil
}

func explainOne(env *Env, d *procedure.Definition, c *procedure.Condition, r procedure.ConditionResult) {
	fmt.Fprintf(env.Out, "%s\t%s\t%s\n", c.ID, r.Is, c.Text.In(env.Lang))
	fmt.Fprintf(env.Out, "\t%s: %s\n", locale.T(env.Lang, "cli.rule", nil), c.Rule)
	if l := d.Law(c.Law); l != nil {
		fmt.Fprintf(env.Out, "\t%s: %s %s\n", locale.T(env.Lang, "cli.law", nil), l.Title.In(env.Lang), l.Article.In(env.Lang))
	}
	for _, a := range r.Trace {
		fmt.Fprintf(env.Out, "\t  %s\t%s\n", a.Text, a.Is)
	}
	if len(r.Because) > 0 {
		fmt.Fprintf(env.Out, "\t%s: %s\n", locale.T(env.Lang, "cli.because", nil), strings.Join(r.Because, ", "))
	}
	if len(r.Missing) > 0 {
		fmt.Fprintf(env.Out, "\t%s: %s\n", locale.T(env.Lang, "cli.missing", nil), strings.Join(r.Missing, ", "))
	}
	for _, name := range slices.Sorted(mapKeys(r.Remedy)) {
		fmt.Fprintf(env.Out, "\t%s: %s = %v\n", locale.T(env.Lang, "cli.remedy", nil), name, r.Remedy[name])
	}
	if r.Is == rule.NotMet && len(r.Remedy) == 0 {
		fmt.Fprintf(env.Out, "\t%s: %s\n", locale.T(env.Lang, "cli.remedy", nil), c.Remedy.In(env.Lang))
	}
}

// explainRows names the rows of dated tables that a condition rests on.
func explainRows(env *Env, d *procedure.Definition, c *procedure.Condition, in rule.Input) {
	for _, name := range d.Rule(c.Rule, rule.Bool).Uses() {
		if row := d.RowOf(name, in); row != "" {
			fmt.Fprintf(env.Out, "\t%s: %s: %s\n", locale.T(env.Lang, "cli.table_row", nil), d.DatedTable(d.Fact(name).Table).Title.In(env.Lang), row)
		}
	}
}

func mapKeys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

type procedurePrint struct {
	Dir    string `arg:"" help:"Folder of the procedure, or the id of one that comes with the binary."`
	Format string `help:"html or pdf." enum:"html,pdf" default:"html"`
	Out    string `help:"File to write; standard output without it."`
}

// Run prints the manual with the definition's hash on its cover.
func (c *procedurePrint) Run(env *Env) error {
	d, err := proved(env, c.Dir)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	m := procedure.NewManual(d, env.Lang)
	if c.Format == "pdf" {
		err = paper.Manual(&b, ManualDocument(m, env.Lang))
	} else {
		err = m.HTML(&b)
	}
	if err != nil {
		return err
	}
	return write(env, c.Out, b.Bytes())
}

func write(env *Env, path string, b []byte) error {
	if path == "" {
		_, err := io.Copy(env.Out, bytes.NewReader(b))
		return err
	}
	if err := os.WriteFile(path, b, 0o644); err != nil { // #nosec G306 -- a manual is public
		return errors.Join(fault.New(fault.Invalid, "cli.write", "file", path), err)
	}
	return nil
}

// ManualDocument is a manual as the PDF writer takes it.
func ManualDocument(m *procedure.Manual, lang locale.Lang) paper.Document {
	cover := m.Cover()
	// The document prints its hash itself: the last line of the cover would say it twice.
	doc := paper.Document{Title: m.Title, Cover: cover[:len(cover)-1], Hash: m.Hash, Lang: string(lang)}
	for _, s := range m.Sections {
		doc.Blocks = append(doc.Blocks, paper.Block{Level: 1, Text: s.Title})
		for _, p := range s.Text {
			doc.Blocks = append(doc.Blocks, paper.Block{Text: p})
		}
		if len(s.Rows) > 0 {
			doc.Blocks = append(doc.Blocks, paper.Block{Table: &paper.Table{Head: s.Head, Rows: s.Rows, Widths: widths(s.Head, s.Rows)}})
		}
	}
	return doc
}

// Bounds of a column's share, in characters: a code still has room, and prose leaves some to the others.
const (
	leastShare = 11
	mostShare  = 40
)

// widths gives each column a share by its mean text and its longest word.
func widths(head []string, rows [][]string) []float64 {
	out := make([]float64, len(head))
	for i := range head {
		chars, word := 0, longestWord(head[i])+3
		for _, r := range rows {
			chars += utf8.RuneCountInString(r[i])
			word = max(word, longestWord(r[i])+3)
		}
		out[i] = float64(min(mostShare, max(leastShare, word, chars/max(1, len(rows)))))
	}
	return out
}

func longestWord(s string) (n int) {
	for _, w := range strings.Fields(s) {
		n = max(n, utf8.RuneCountInString(w))
	}
	return n
}
