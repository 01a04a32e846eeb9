package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to make roles, and to ask the server for its process
)

// serverEnv holds the address of a PostgreSQL server and a role that may make databases and roles.
const serverEnv = "RAHGOSHA_TEST_POSTGRES"

// postgres is a PostgreSQL server on this machine with a database of the bench's own.
type postgres struct {
	admin      *sql.DB
	postmaster int
	// owned is the database's address for its owner, whom the policies hold; free for a role that passes by them.
	owned, free string
}

// besidePostgres runs this program again beside a private server, where nobody named one. ran says that it did so.
func besidePostgres() (ran bool, err error) {
	if os.Getenv(serverEnv) != "" {
		return false, nil
	}
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	c := command(filepath.Join("scripts", "with-postgres.sh"), append([]string{self}, os.Args[1:]...)...)
	c.Stdout = os.Stdout
	return true, c.Run()
}

// openPostgres makes a database and two roles on the server: one that owns it, and one beside that passes by row-level security.
func openPostgres() (p *postgres, err error) {
	at, err := url.Parse(os.Getenv(serverEnv))
	if err != nil {
		return nil, err
	}
	p = &postgres{}
	if p.admin, err = sql.Open("pgx", at.String()); err != nil {
		return nil, err
	}
	word, name := rand.Text(), "bench_"+strings.ToLower(rand.Text()[:8])
	for _, statement := range []string{
		"CREATE ROLE " + name + " LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '" + word + "'",
		"CREATE DATABASE " + name + " OWNER " + name,
		"CREATE ROLE " + name + "_free LOGIN NOSUPERUSER BYPASSRLS IN ROLE " + name + " PASSWORD '" + word + "'",
	} {
		if _, err := p.admin.ExecContext(context.Background(), statement); err != nil {
			return nil, errors.Join(err, p.admin.Close())
		}
	}
	p.owned, p.free = address(at, name, name, word), address(at, name, name+"_free", word)
	var backend int
	if err := p.admin.QueryRowContext(context.Background(), "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return nil, errors.Join(err, p.admin.Close())
	}
	_, of, err := timesOf(backend)
	p.postmaster = of.parent
	return p, err
}

func address(at *url.URL, database, user, word string) string {
	own := *at
	own.Path, own.User = "/"+database, url.UserPassword(user, word)
	return own.String()
}

// settings are what the figures depend on, as the server has them for the bench's own role.
func (p *postgres) settings() (out []string, err error) {
	db, err := sql.Open("pgx", p.owned)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, name := range []string{"server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers"} {
		var value string
		if err := db.QueryRowContext(context.Background(), "SELECT current_setting($1)", name).Scan(&value); err != nil {
			return nil, err
		}
		out = append(out, name+" "+value)
	}
	return out, nil
}

// settle tells the planner what has been loaded, as PostgreSQL's own housekeeping does within minutes: until then it takes the
// tables for nearly empty.
func (p *postgres) settle() (err error) {
	db, err := sql.Open("pgx", p.owned)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(context.Background(), "VACUUM ANALYZE")
	return err
}

// size is that of the database, in bytes.
func (p *postgres) size() (n int64, err error) {
	err = p.admin.QueryRowContext(context.Background(), "SELECT pg_database_size($1)", nameOf(p.owned)).Scan(&n)
	return n, err
}

func nameOf(address string) string {
	at, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(at.Path, "/")
}

// process is a line of the table of processes.
type process struct {
	parent int
	ended  time.Duration // what its children used that have ended
}

// cpu is the processor time of the server's processes, those that have ended included: whoever waited for them has it.
func (p *postgres) cpu() (time.Duration, error) {
	sum, of, err := timesOf(p.postmaster)
	if err != nil {
		return 0, err
	}
	sum += of.ended
	all, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, d := range all {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		used, of, err := timesOf(pid)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, io.EOF) {
			continue // it has just ended
		}
		if err == nil && of.parent == p.postmaster {
			sum += used
		}
	}
	return sum, nil
}

func timesOf(pid int) (used time.Duration, of process, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, of, err
	}
	used, _, err = usageOf(raw)
	if err != nil {
		return 0, of, err
	}
	of, err = processOf(raw)
	return used, of, err
}

// processOf reads fields 4, 16 and 17 of what proc(5) calls stat; usageOf has found that they are there.
func processOf(stat []byte) (of process, err error) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	parent, err1 := strconv.Atoi(fields[1])
	user, err2 := strconv.ParseInt(fields[13], 10, 64)
	system, err3 := strconv.ParseInt(fields[14], 10, 64)
	return process{parent, time.Duration(user+system) * tick}, errors.Join(err1, err2, err3)
}

// onPostgres measures the product on SQLite and on PostgreSQL, there with row-level security and by a role that passes by it,
// all in turn.
func onPostgres(o options) (err error) {
	if ran, err := besidePostgres(); ran || err != nil {
		return err
	}
	w, err := prepare(o)
	if err != nil {
		return err
	}
	db, err := openPostgres()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.admin.Close()) }()
	embedded, err := startProduct(w)
	if err != nil {
		return err
	}
	defer embedded.stop()
	at := placed{filepath.Join(w.work, "product-postgres"), db.owned, db}
	if err := fill(w, at); err != nil {
		return err
	}
	held, err := serveLoaded(w, at)
	if err != nil {
		return err
	}
	defer held.stop()
	at.url = db.free
	free, err := serveLoaded(w, at)
	if err != nil {
		return err
	}
	defer free.stop()
	free.cases = held.cases // one database: what one moves the other finds moved
	found, err := measure(o, []side{embedded.side(w, "SQLite"), held.side(w, "PostgreSQL"), free.side(w, "PostgreSQL, policies passed by")})
	if err != nil {
		return err
	}
	return db.report(os.Stdout, o, found, held)
}

// report prints the medians as a table of Markdown.
func (p *postgres) report(w io.Writer, o options, found []found, held *product) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	size, err := p.size()
	if err != nil {
		return err
	}
	b := &lineWriter{w: w}
	b.line("PostgreSQL: %s", strings.Join(settings, ", "))
	b.line("")
	b.line("| operation | clients | SQLite: CPU ms | op/s | PostgreSQL: product, CPU ms | its server, CPU ms | both | to SQLite | op/s | policies passed by: both, CPU ms | op/s | what they cost | |")
	b.line("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, f := range found {
		lite, held, free := median(f.sides[0]), median(f.sides[1]), median(f.sides[2])
		failed := ""
		if n := bad(f); n > 0 {
			failed = fmt.Sprintf("%d calls failed", n)
		}
		b.line("| %s | %d | %.2f | %.0f | %.2f | %.2f | %.2f | %.1f | %.0f | %.2f | %.0f | %+.0f %% | %s |", f.name, f.clients, lite.perOp, lite.perSecond,
			held.perOp, held.beside, held.whole(), held.whole()/lite.perOp, held.perSecond, free.whole(), free.perSecond,
			100*(held.whole()/free.whole()-1), failed)
	}
	b.line("")
	b.line("%d units and %d cases; database %.0f MB, loading took %s", len(held.units), len(held.cases), float64(size)/1e6, held.loaded.Round(time.Second))
	return b.err
}

// whole is what an operation cost with the database beside the server.
func (f figure) whole() float64 { return f.perOp + f.beside }
