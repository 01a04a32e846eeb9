package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"

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
	testscript.Run(t, testscript.Params{Dir: "testdata", Cmds: map[string]func(*testscript.TestScript, bool, []string){"sql": sqlOn, "rows": rowsOf, "make": makeHostile, "cut": cutOff, "invalid": invalid}, Setup: func(e *testscript.Env) error {
		e.Setenv("PROCEDURES", root+"/../../procedures")
		e.Setenv("LANG", "C.UTF-8")
		return nil
	}})
}

// sqlOn is "sql DATA STATEMENT": it changes a province's database behind the program's back.
func sqlOn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql DATA STATEMENT")
	}
	db := opened(ts, args[0])
	_, err := db.Exec(args[1])
	ts.Check(err)
	ts.Check(db.Close())
}

// invalid is "invalid ARGUMENT…": rahgosha finds its input invalid, which is told and is no fall.
func invalid(ts *testscript.TestScript, neg bool, args []string) {
	var exit *exec.ExitError
	if err := ts.Exec("rahgosha", args...); neg || !errors.As(err, &exit) || exit.ExitCode() != 1 {
		ts.Fatalf("rahgosha %s: %v, want exit status 1", strings.Join(args, " "), err)
	}
	if said := ts.ReadFile("stderr"); strings.Contains(said, "goroutine ") || strings.Contains(said, "panic:") {
		ts.Fatalf("rahgosha %s fell:\n%s", strings.Join(args, " "), said)
	}
}

// makeHostile is "make KIND FILE": an input that nobody should give: a long line between two good ones, bytes without a
// meaning, or what a terminal would obey.
func makeHostile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: make KIND FILE")
	}
	content := map[string]string{
		"long":   "1405/09/02\n" + strings.Repeat("7", 3<<20) + "\n1405/09/03\n",
		"bytes":  "\x00\xff\xfe\x9b\x1b[2J\x80" + strings.Repeat("\xd3\xe1\x00", 500),
		"escape": "\x1b]0;owned\x07\x1b[2J1405/09/02\n",
		"wide":   strings.Repeat("column,", 40_000) + "\n" + strings.Repeat("x", 1<<20) + "\n",
	}[args[0]]
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(content), 0o600))
}

// cutOff is "cut FILE TO PERCENT": it copies the beginning of a file, as a full disk or a broken line leaves it.
func cutOff(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: cut FILE TO PERCENT")
	}
	percent, err := strconv.Atoi(args[2])
	ts.Check(err)
	whole := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(whole[:len(whole)*percent/100]), 0o600))
}

// rowsOf is "rows DATA FILE": it writes the schema and every row of every table, so that two files differ when the data do.
func rowsOf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: rows DATA FILE")
	}
	db := opened(ts, args[0])
	var out strings.Builder
	for _, table := range texts(ts, db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
		for _, ddl := range texts(ts, db, fmt.Sprintf("SELECT coalesce(sql, '') FROM sqlite_master WHERE tbl_name = '%s' ORDER BY name", table)) {
			fmt.Fprintln(&out, ddl)
		}
		columns := texts(ts, db, fmt.Sprintf("SELECT 'quote(' || name || ')' FROM pragma_table_info('%s')", table))
		for _, row := range texts(ts, db, fmt.Sprintf("SELECT %s AS r FROM %s ORDER BY r", strings.Join(columns, " || ',' || "), table)) {
			fmt.Fprintln(&out, table, row)
		}
	}
	ts.Check(db.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o600))
}

func opened(ts *testscript.TestScript, data string) *sql.DB {
	db, err := sql.Open("sqlite", filepath.Join(ts.MkAbs(data), "rahgosha.db"))
	ts.Check(err)
	return db
}

func texts(ts *testscript.TestScript, db *sql.DB, query string) (out []string) {
	rows, err := db.Query(query)
	ts.Check(err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s string
		ts.Check(rows.Scan(&s))
		out = append(out, s)
	}
	ts.Check(rows.Err())
	return out
}
