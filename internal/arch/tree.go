package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Tree is the repository's text, read once for all rules.
type Tree struct {
	Files []File
	fset  *token.FileSet
}

// File is one source file; Syntax is nil unless it is Go. Path has forward slashes and is relative to the root.
type File struct {
	Path   string
	Text   string
	Syntax *ast.File
}

// skipped are folders that are built, fetched, or made to be wrong.
var skipped = map[string]bool{".git": true, "node_modules": true, "bin": true, "tmp": true, "dist": true,
	"testdata": true, "data-demo": true, "coverage": true, "pictures": true}

// read are the kinds of file the rules look into.
var read = map[string]bool{".go": true, ".html": true, ".css": true, ".js": true, ".svg": true, ".yaml": true,
	".json": true, ".sql": true, ".sh": true, ".md": true}

// Load reads and parses the tree below root.
func Load(root string) (*Tree, error) {
	t := &Tree{fset: token.NewFileSet()}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipped[d.Name()] {
				return filepath.SkipDir
			}
			return nil
		}
		if !read[filepath.Ext(p)] {
			return nil
		}
		return t.add(root, p)
	})
	return t, err
}

func (t *Tree) add(root, p string) error {
	b, err := os.ReadFile(p)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(root, p)
	if err != nil {
		return err
	}
	f := File{Path: filepath.ToSlash(rel), Text: string(b)}
	if strings.HasSuffix(p, ".go") {
		f.Syntax, err = parser.ParseFile(t.fset, f.Path, b, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse %s: %w", f.Path, err)
		}
	}
	t.Files = append(t.Files, f)
	return nil
}

// Dir is the folder of the file's package.
func (f File) Dir() string { return path.Dir(f.Path) }

// IsTest says whether the file is compiled for tests only.
func (f File) IsTest() bool { return strings.HasSuffix(f.Path, "_test.go") }

// product gives the Go files that are compiled into a binary.
func (t *Tree) product() []File {
	var out []File
	for _, f := range t.Files {
		if f.Syntax != nil && !f.IsTest() {
			out = append(out, f)
		}
	}
	return out
}

func (t *Tree) line(n ast.Node) int { return t.fset.Position(n.Pos()).Line }

// under says whether p is the folder dir or lies in it.
func under(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func underAny(p string, dirs []string) bool {
	for _, d := range dirs {
		if under(p, d) {
			return true
		}
	}
	return false
}
