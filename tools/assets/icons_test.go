package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIconsBecomeOneSheetOfSymbols(t *testing.T) {
	t.Parallel()
	dir := plant(t, map[string]string{
		"css/rahgosha.css":                       `b{color:red}`,
		"icons/lucide.txt":                       "x\n",
		"icons/brand.svg":                        "<svg/>",
		"node_modules/lucide-static/icons/x.svg": "<!-- c --><svg\n class=\"l\"\n>\n  <path d=\"M18 6 6 18\" />\n  <path d=\"m6 6 12 12\" />\n</svg>",
	})
	if _, err := Build(dir); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "dist/icons.svg"))
	if err != nil || !strings.Contains(string(got), `<symbol id="i-x" viewBox="0 0 24 24"><path d="M18 6 6 18"/><path d="m6 6 12 12"/></symbol>`) {
		t.Errorf("%v: %s", err, got)
	}
	if _, err := os.Stat(filepath.Join(dir, "dist/brand.svg")); err != nil {
		t.Error(err)
	}
}

func TestAnUnknownIconIsNamed(t *testing.T) {
	t.Parallel()
	dir := plant(t, map[string]string{
		"css/rahgosha.css":                       `b{color:red}`,
		"icons/lucide.txt":                       "gone",
		"node_modules/lucide-static/icons/x.svg": "<svg></svg>",
	})
	if _, err := Build(dir); err == nil || !strings.Contains(err.Error(), `"gone"`) {
		t.Errorf("got %v", err)
	}
}
