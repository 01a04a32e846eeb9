package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOKLCHAgreesWithKnownColours(t *testing.T) {
	t.Parallel()
	// The sRGB primaries, by the inverse transform to five decimals, and the ends of the grey axis.
	for _, c := range []struct {
		l, c, h float64
		want    string
	}{
		{1, 0, 0, "#ffffff"},
		{0, 0, 0, "#000000"},
		{0.62796, 0.25768, 29.2339, "#ff0000"},
		{0.86644, 0.29483, 142.4953, "#00ff00"},
		{0.45201, 0.31321, 264.0520, "#0000ff"},
		{0.59987, 0, 0, "#808080"},
	} {
		if got := OKLCH(c.l, c.c, c.h); got != c.want {
			t.Errorf("OKLCH(%v, %v, %v) = %s, want %s", c.l, c.c, c.h, got, c.want)
		}
	}
}

func TestLowerColoursLeavesNoOklch(t *testing.T) {
	t.Parallel()
	in := `:root{--a:oklch(100% 0 0);--b:oklch(22% .02 220 / 50%);--c:oklch(0 0 0/.5)}x{color:color-mix(in oklab,var(--a) 5%,red)}`
	got := LowerColours(in)
	if strings.Contains(got, "oklch(") {
		t.Errorf("left: %s", got)
	}
	for _, want := range []string{"--a:#ffffff", "--c:#00000080", "color-mix(in oklab,var(--a) 5%,red)"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if again := LowerColours(got); again != got {
		t.Errorf("a second pass changed %s to %s", got, again)
	}
}

func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBuildWritesOneFolderThatStandsAlone(t *testing.T) {
	t.Parallel()
	dir := plant(t, map[string]string{
		"css/rahgosha.css":     `@import "./tokens.css"; @font-face{font-family:V;src:url("../fonts/v.woff2")} b{color:var(--ink)}`,
		"css/tokens.css":       `:root{--ink:oklch(20% .03 212)}`,
		"js/enhance.js":        `const long = document.body; long.hidden = false;`,
		"fonts/v.woff2":        "font",
		"dist/placeholder.txt": "kept",
		"dist/gone.js":         "from a script that was deleted",
	})
	if _, err := Build(dir); err != nil {
		t.Fatal(err)
	}
	css, err := os.ReadFile(filepath.Join(dir, "dist/app.css"))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(css); strings.Contains(s, "oklch") || !strings.Contains(s, "fonts/v.woff2") || strings.Contains(s, "../") {
		t.Errorf("app.css: %s", s)
	}
	for _, name := range []string{"enhance.js", "fonts/v.woff2", Placeholder} {
		if _, err := os.Stat(filepath.Join(dir, "dist", name)); err != nil {
			t.Errorf("missing: %v", err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "dist/gone.js")); err == nil {
		t.Error("a stale script stayed in dist/")
	}
}

func TestBuildKeepsTheLastGoodFilesWhenASourceIsBroken(t *testing.T) {
	t.Parallel()
	dir := plant(t, map[string]string{
		"css/rahgosha.css": `b{color:red}`,
		"js/broken.js":     `const = ;`,
		"dist/app.css":     "last good",
	})
	_, err := Build(dir)
	if err == nil || !strings.Contains(err.Error(), "broken.js") {
		t.Fatalf("the error must name the file: %v", err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "dist/app.css")); string(b) != "last good" {
		t.Errorf("app.css is now %q", b)
	}
}

func TestBuildSaysWhereItLooked(t *testing.T) {
	t.Parallel()
	if _, err := Build(t.TempDir()); err == nil || !strings.Contains(err.Error(), "rahgosha.css") {
		t.Errorf("got %v", err)
	}
}
