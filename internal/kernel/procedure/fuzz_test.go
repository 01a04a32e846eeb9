package procedure

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

type folderReader func(fs.FS) (*Definition, []Problem)

// sound tells what must hold of any folder: every problem lies inside its file and has a text, and what has no error
// reads back from its canonical form with the same hash.
func sound(t testing.TB, parse folderReader, fsys fstest.MapFS) {
	t.Helper()
	d, problems := parse(fsys)
	for _, p := range problems {
		f, ok := fsys[p.Pos.File]
		if !ok && p.Key != "procedure.file_missing" {
			t.Fatalf("problem in no file: %v", p)
		}
		if ok && (p.Pos.Line < 1 || p.Pos.Line > 1+strings.Count(string(f.Data), "\n") || p.Pos.Col < 1) {
			t.Fatalf("problem outside its file: %v", p)
		}
		if p.Text(locale.FA) == p.Key || p.Mend(locale.EN) == p.Key+".mend" {
			t.Fatalf("problem without text: %v", p)
		}
	}
	if d == nil || len(Errors(problems)) > 0 {
		return
	}
	back, err := ParseCanonical(d.Canonical())
	if err != nil || back.Hash != d.Hash {
		t.Fatalf("canonical form is no fixed point: %v", err)
	}
}

// permitFolder is the permit as it stands on disk.
func permitFolder(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	disk := os.DirFS("testdata/permit")
	if err := fs.WalkDir(disk, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(disk, path)
		out[path] = &fstest.MapFile{Data: raw}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func definitions(t testing.TB) (out [][]byte) {
	t.Helper()
	for _, s := range []string{"", "procedure: {id: a}", "a: &x 1\nb: *x", "[[[[[[", "- - - - -", "procedure: {id: a, from: 1405-01-01}\nstages: {a: {start: yes}}", "? a", "\xff", "facts: {a: {type: int, max: ۹}}"} {
		out = append(out, []byte(s))
	}
	return append(out, permitFolder(t)[mainFile].Data)
}

func FuzzParse(f *testing.F) {
	for _, b := range definitions(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { sound(t, Parse, fstest.MapFS{mainFile: {Data: b}}) })
}

// A parser that points past the end of the file, and one that loses a stage after it has drawn the hash, are found.
func TestFuzzParseFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "outside its file", func(t testing.TB) {
		for _, b := range definitions(t) {
			sound(t, func(fsys fs.FS) (*Definition, []Problem) {
				d, problems := Parse(fsys)
				for i := range problems {
					problems[i].Pos.Line += bytes.Count(b, []byte("\n")) + 1
				}
				return d, problems
			}, fstest.MapFS{mainFile: {Data: b}})
		}
	})
	control.Finds(t, "no fixed point", func(t testing.TB) {
		sound(t, func(fsys fs.FS) (*Definition, []Problem) {
			d, problems := Parse(fsys)
			lossy := *d
			lossy.Stages = d.Stages[1:]
			return &lossy, problems
		}, permitFolder(t))
	})
}

// parts are the files beside a definition, and what each may be wrong in.
var parts = map[string][]string{
	"tables/fees.csv":       {"area,=> rate\n<= 5,1\n", "area,=> rate\n-,1\n", "", "\"", "area"},
	"tables/refusals.csv":   {"code,fa,en\nR1,الف,a\n", "code,fa,en,from,to\nR1,الف,a,1405/01/01,\nR1,ب,b,,\n", "fa\n", ""},
	"letters/receipt.tmpl":  {"Subject: {{.number}}\nx {{day .today}}", "{{.nobody}}", "{{if}}", "{{range .use_plan}}{{.}}", ""},
	"examples/granted.yaml": {"title: {fa: a, en: a}\nsteps: []", "facts: {owner_code: 0499370899}", "[", ""},
}

// provedFolder parses a folder and proves it; what has no error then writes its letters without a fault of its own making.
func provedFolder(t testing.TB, parse folderReader, fsys fstest.MapFS) {
	t.Helper()
	sound(t, parse, fsys)
	d, problems := parse(fsys)
	if d == nil || len(Errors(problems)) > 0 {
		return
	}
	for _, l := range d.Letters {
		_, err := RenderLetter(d, l, LetterData{Facts: map[string]any{}, Number: "1", Today: d.From, Unit: "x"})
		if fault.Is(err, fault.Internal) {
			t.Fatalf("letter %s was proved and cannot be written: %v", l.ID, err)
		}
	}
}

func proving(fsys fs.FS) (*Definition, []Problem) { return ParseAndCheck(fsys, CheckContext{}) }

func with(fsys fstest.MapFS, name, text string) fstest.MapFS {
	out := maps.Clone(fsys)
	out[name] = &fstest.MapFile{Data: []byte(text)}
	return out
}

func FuzzFolder(f *testing.F) {
	whole := permitFolder(f)
	for name, texts := range parts {
		f.Add(name, string(whole[name].Data))
		for _, s := range texts {
			f.Add(name, s)
		}
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		if parts[name] == nil {
			return
		}
		provedFolder(t, proving, with(whole, name, text))
	})
}

// A check that does not look into the letters proves one that nobody can print.
func TestFuzzFolderFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	whole := permitFolder(t)
	control.Finds(t, "cannot be written", func(t testing.TB) {
		for name, texts := range parts {
			for _, s := range texts {
				provedFolder(t, Parse, with(whole, name, s))
			}
		}
	})
}

// onlyCanonical is the law of the stored form: what is taken is, byte for byte, what the definition writes.
func onlyCanonical(t testing.TB, parse func([]byte) (*Definition, error), b []byte) {
	t.Helper()
	d, err := parse(b)
	if err != nil {
		if !fault.Is(err, fault.Invalid) {
			t.Fatalf("not a fault of the bytes: %v", err)
		}
		return
	}
	if !bytes.Equal(d.Canonical(), b) {
		t.Fatalf("two byte strings are one definition: %d and %d bytes", len(b), len(d.Canonical()))
	}
}

func canonicals(t testing.TB) [][]byte {
	t.Helper()
	whole := permit(t).Canonical()
	return [][]byte{whole, append(bytes.Clone(whole), '\n'), bytes.Replace(whole, []byte(`"prefix":"SP"`), []byte(`"prefix": "SP"`), 1), []byte("{}"), []byte("null"), nil}
}

func FuzzParseCanonical(f *testing.F) {
	for _, b := range canonicals(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { onlyCanonical(t, ParseCanonical, b) })
}

// A reader that forgives blanks at the end has two texts with one hash.
func TestFuzzParseCanonicalFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "two byte strings", func(t testing.TB) {
		for _, b := range canonicals(t) {
			onlyCanonical(t, func(b []byte) (*Definition, error) { return ParseCanonical(bytes.TrimSpace(b)) }, b)
		}
	})
}

var factFiles = []string{"owner_code: 0499370899\narea: 10", "fee: ۵۰٬۰۰۰٬۰۰۰", "share: 25%", "nobody: 1", "area: many", "[", "", "place: wall\nplace: roof"}

type factReader func(*Definition, string, []byte) (map[string]any, []Problem)

// asDeclared is the law of a file of facts: each value is one that its declared fact takes again unchanged.
func asDeclared(t testing.TB, d *Definition, read factReader, raw string) {
	t.Helper()
	facts, problems := read(d, "facts.yaml", []byte(raw))
	for _, p := range problems {
		if p.Pos.Line < 1 || p.Pos.Line > 1+strings.Count(raw, "\n") || p.Text(locale.FA) == p.Key {
			t.Fatalf("%q: problem %v", raw, p)
		}
	}
	for name, v := range facts {
		f := d.Fact(name)
		if f == nil {
			t.Fatalf("%q: nobody declared %s", raw, name)
		}
		if again, err := Coerce(f, v); v != nil && (err != nil || !equalValue(again, v)) {
			t.Fatalf("%q: %s is %#v and then %#v, %v", raw, name, v, again, err)
		}
	}
}

func FuzzReadFacts(f *testing.F) {
	for _, s := range factFiles {
		f.Add(s)
	}
	d := permit(f)
	f.Fuzz(func(t *testing.T, raw string) { asDeclared(t, d, ReadFacts, raw) })
}

// A reader that lets YAML guess drops the zero before a national code.
func TestFuzzReadFactsFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	d := permit(t)
	control.Finds(t, "and then", func(t testing.TB) {
		for _, s := range factFiles {
			asDeclared(t, d, func(d *Definition, file string, raw []byte) (map[string]any, []Problem) {
				facts, problems := ReadFacts(d, file, raw)
				if code, ok := facts["owner_code"].(string); ok {
					facts["owner_code"] = strings.TrimLeft(code, "0")
				}
				return facts, problems
			}, s)
		}
	})
}

var values = []string{"", "۱۲٬۳۴۵", "1405/01/01", "25%", "بله", "0499370899", "35.8,50.9", "a,b", "\u200c", "-9223372036854775808"}

type coercer func(*Fact, any) (any, *fault.Fault)

func FuzzCoerce(f *testing.F) {
	for _, s := range values {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { idempotent(t, Coerce, s) })
}

// A share that is multiplied again each time it is read grows with every draft that is saved.
func TestFuzzCoerceFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, " then ", func(t testing.TB) {
		for _, s := range values {
			idempotent(t, func(f *Fact, v any) (any, *fault.Fault) {
				out, err := Coerce(f, v)
				if n, ok := out.(int64); ok && f.Type == "percent" {
					out = n * 100
				}
				return out, err
			}, s)
		}
	})
}

// fatal is what a test, a control and a drawn example have in common.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

// idempotent: what Coerce stores it accepts again unchanged, and rules see it.
func idempotent(t fatal, coerce coercer, s string) {
	t.Helper()
	for _, typ := range append(append([]string{}, factTypes...), "id:national_code", "id:mobile", "id:iban") {
		f := &Fact{ID: "x", Type: typ, Columns: []*Fact{{ID: "c", Type: "text"}}}
		v, err := coerce(f, s)
		if err != nil || v == nil {
			continue
		}
		again, err := coerce(f, v)
		if err != nil || !equalValue(v, again) {
			t.Fatalf("%s %q: %#v then %#v, %v", typ, s, v, again, err)
		}
		if back := FromRule(f, ToRule(f, v)); !equalValue(back, v) {
			t.Fatalf("%s %q: %#v came back from rules as %#v", typ, s, v, back)
		}
	}
}

func equalValue(a, b any) bool {
	x, ok := a.([]string)
	if !ok {
		return a == b
	}
	y, ok := b.([]string)
	return ok && strings.Join(x, "\x00") == strings.Join(y, "\x00")
}

func TestCoerceIsIdempotent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		idempotent(t, Coerce, rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9۰-۹٬,./%-]{1,14}`)).Draw(t, "text"))
	})
}
