package procedure

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"rahgosha/internal/base/locale"
)

var update = flag.Bool("update", false, "rewrite the expected problems of testdata/check")

// folder takes a broken folder and the problems expected of it out of an archive.
func folder(t *testing.T, file string) (*txtar.Archive, fstest.MapFS, string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fsys, want := fstest.MapFS{}, ""
	for _, f := range a.Files {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return a, fsys, want
}

func problemsOf(fsys fstest.MapFS) []Problem {
	_, problems := ParseAndCheck(fsys, CheckContext{})
	return problems
}

func TestCheckSaysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/check/*.txtar")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d archives, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			a, fsys, want := folder(t, file)
			problems := problemsOf(fsys)
			var got strings.Builder
			for _, p := range problems {
				got.WriteString(p.String(locale.EN) + "\n" + p.String(locale.FA) + "\n")
				for _, l := range []locale.Lang{locale.FA, locale.EN} {
					if !locale.Has(l, p.Key) || !locale.Has(l, p.Key+".mend") || strings.Contains(p.String(l), "{") && strings.Contains(p.String(l), "}") {
						t.Errorf("no full text in %s for %s: %s", l, p.Key, p.String(l))
					}
				}
			}
			if *update {
				a.Files[len(a.Files)-1].Data = []byte(got.String())
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got.String() != want || len(Errors(problems)) == 0 {
				t.Errorf("problems:\n%s\nwant:\n%s", got.String(), want)
			}
		})
	}
}

// The five refusals the law of this project names, each with its key and the line it must point at.
func TestCheckRefusesTheFiveNamedMistakes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ key, line string }{
		"stage-without-exit":     {"procedure.stage_without_exit", "  review: {title: {fa: \u0628\u0631\u0631\u0633\u06CC"},
		"refusal-without-number": {"procedure.refusal_without_number", "    kind: refuse"},
		"clock-without-calendar": {"procedure.clock_without_calendar", "  drafting:"},
		"missing-persian":        {"procedure.missing_fa", "    text: {en: \"The licence is valid\"}"},
		"personal-undeclared":    {"procedure.personal_undeclared", "    type: id:national_code"},
	} {
		_, fsys, _ := folder(t, "testdata/check/"+name+".txtar")
		lines := strings.Split(string(fsys[mainFile].Data), "\n")
		found := false
		for _, p := range problemsOf(fsys) {
			if p.Key == want.key && p.Pos.File == mainFile && strings.HasPrefix(lines[p.Pos.Line-1], want.line) {
				found = true
			}
		}
		if !found {
			t.Errorf("%s: no %s at a line that begins %q", name, want.key, want.line)
		}
	}
}

func TestTwentyMistakesComeAtOnce(t *testing.T) {
	t.Parallel()
	_, fsys, _ := folder(t, "testdata/check/twenty.txtar")
	if n := len(Errors(problemsOf(fsys))); n < 20 {
		t.Errorf("%d problems of more than 20 mistakes", n)
	}
}

// Negative control: the same folder without mistakes has no error.
func TestSoundFolderHasNoError(t *testing.T) {
	t.Parallel()
	permit(t)
}
