package faults

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// revision is an earlier state of this repository, whose program the tests build and run.
type revision struct {
	commit string
	once   sync.Once
	dir    string // of its programs
	lacks  string // why it cannot be had here
	err    error
}

var (
	// netted is the first whose program knows the policies of PostgreSQL's second net: the earliest that may run beside this one.
	netted = &revision{commit: "66c808c691d08f407b6646cb4fcf5bc993f23b7a"}
	// bare is the one before it, whose program must be refused by a database that has them.
	bare = &revision{commit: "9212fde3ba481478819c9976f7cb42a9c7b19798"}
	// untagged is from before entries had tags and databases said what their migrations are: the earliest whose modules are
	// those of today.
	untagged = &revision{commit: "175e9013ba79526a1559b8bd7d6344de3ff7010f"}
)

// program is one of a revision's: rahgosha, and settle, which makes the small province. They are built once, of what git
// has, and kept in tmp/ of the checkout under the commit's name; nothing is fetched for them.
func (r *revision) program(t testing.TB, name string) string {
	t.Helper()
	r.once.Do(r.build)
	if r.lacks != "" {
		t.Skip("skipped: the program of " + r.commit + " cannot be built here: " + r.lacks)
	}
	must(t, r.err)
	return filepath.Join(r.dir, name)
}

func (r *revision) build() {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		r.err = err
		return
	}
	kept := filepath.Join(root, "tmp", "earlier")
	if r.dir = filepath.Join(kept, r.commit); exists(r.dir) {
		return
	}
	git := func(args ...string) error { return ran(exec.Command("git", append([]string{"-C", root}, args...)...)) }
	if err := git("cat-file", "-e", r.commit+"^{commit}"); err != nil {
		r.lacks = "there is no such commit in the history (a shallow clone, or no clone)"
		return
	}
	if r.err = os.MkdirAll(kept, 0o755); r.err != nil {
		return
	}
	making, err := os.MkdirTemp(kept, "making")
	if err != nil {
		r.err = err
		return
	}
	defer func() { r.err = errors.Join(r.err, os.RemoveAll(making)) }()
	archive, source, programs := filepath.Join(making, "archive.tar"), filepath.Join(making, "source"), filepath.Join(making, "programs")
	if r.err = errors.Join(os.Mkdir(source, 0o755), os.Mkdir(programs, 0o755), git("archive", "--output", archive, r.commit)); r.err != nil {
		return
	}
	if r.err = ran(exec.Command("tar", "-xf", archive, "-C", source)); r.err != nil {
		return
	}
	if r.err = plantSettle(source); r.err != nil {
		return
	}
	// As the product itself is built, so that packages of others are compiled already.
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", programs, "./cmd/rahgosha", "./cmd/settle")
	build.Dir, build.Env = source, append(os.Environ(), "CGO_ENABLED=0", "GOPROXY=off", "GOFLAGS=-mod=readonly -buildvcs=false", "GOTOOLCHAIN=local")
	if err := ran(build); err != nil {
		if strings.Contains(err.Error(), "GOPROXY=off") {
			r.lacks = "modules of that time are not in the module cache"
			return
		}
		r.err = err
		return
	}
	if err := os.Rename(programs, r.dir); err != nil && !exists(r.dir) { // another process was as quick
		r.err = err
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// plantSettle puts the program that makes the small province into a revision's tree.
func plantSettle(source string) error {
	dir := filepath.Join(source, "cmd", "settle")
	main, err := os.ReadFile(filepath.Join("testdata", "settle.go.txt"))
	if err != nil {
		return err
	}
	small, err := os.ReadFile(filepath.Join(source, "internal", "faults", "province_test.go"))
	if err != nil {
		return err
	}
	small = bytes.Replace(small, []byte("package faults"), []byte("package main"), 1)
	return errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "main.go"), main, 0o600),
		os.WriteFile(filepath.Join(dir, "province.go"), small, 0o600))
}

// ran runs a program; the error has what it said.
func ran(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = errors.Join(err, errors.New(string(out)))
	}
	return err
}
