package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"rahgosha/internal/app"
)

// TestMain lets scripts run the program as people do; the test binary stands in for it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"rahgosha": func() { os.Exit(app.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestTheCommandLine runs testdata/*.txtar: each command as it is documented, from arguments and from standard input, and
// what it says of bad input in both languages.
func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(e *testscript.Env) error {
		e.Setenv("PROCEDURES", root+"/../../procedures")
		e.Setenv("LANG", "C.UTF-8")
		return nil
	}})
}
