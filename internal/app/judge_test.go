package app_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
)

const marker = "a-marker-that-the-scanner-of-the-test-knows"

// clamd is a scanner's daemon that knows the marker, until it is blinded or sent away.
type clamd struct {
	address     string
	blind, away atomic.Bool
	asked       atomic.Int64
}

func newClamd(t testing.TB) *clamd {
	t.Helper()
	dir, err := os.MkdirTemp("", "scan") // a socket's path is short
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ln, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(dir, "s"))
	must(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	d := &clamd{address: "unix:" + ln.Addr().String()}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { defer func() { _ = c.Close() }(); d.answer(c) }()
		}
	}()
	return d
}

func (d *clamd) answer(c net.Conn) {
	var command []byte
	for b := make([]byte, 1); ; command = append(command, b...) {
		if _, err := io.ReadFull(c, b); err != nil || b[0] == 0 {
			break
		}
	}
	if d.away.Load() {
		return
	}
	if string(command) == "zPING" {
		_, _ = io.WriteString(c, "PONG\x00")
		return
	}
	d.asked.Add(1)
	var content bytes.Buffer
	for {
		var n uint32
		if err := binary.Read(c, binary.BigEndian, &n); err != nil {
			return
		}
		if n == 0 {
			break
		}
		if _, err := io.CopyN(&content, c, int64(n)); err != nil {
			return
		}
	}
	verdict := "stream: OK\x00"
	if !d.blind.Load() && bytes.Contains(content.Bytes(), []byte(marker)) {
		verdict = "stream: Marker.Test FOUND\x00"
	}
	_, _ = io.WriteString(c, verdict)
}

// scanned opens a world whose uploads a scanner judges.
func scanned(t testing.TB) (*world, *clamd, *said) {
	t.Helper()
	d, log := newClamd(t), &said{}
	return newWorldWith(t, app.Config{Scanner: d.address, Log: slog.New(slog.NewTextHandler(log, nil))}), d, log
}

// uploads are all the ways by which people give files: each gives the status and the answer.
func uploads(t testing.TB, w *world, content string) map[string]func() (int, string) {
	t.Helper()
	unit, head, deputy := enter(t, w.App, "unit.ceo", password), enter(t, w.App, "dir.head", password), enter(t, w.App, "dir.deputy", password)
	id := w.open(t)
	page := func(b *browser, form url.Values, path, field, name string) func() (int, string) {
		return func() (int, string) {
			got := b.uploadWith(form, path, field, name, []byte(content))
			return got.Code, got.Body.String()
		}
	}
	return map[string]func() (int, string){
		"a document over the API": func() (int, string) {
			got := unit.api(http.MethodPost, "/api/v1/documents?name=paper.txt", app.NewID(), content)
			return got.Code, got.Body.String()
		},
		"a file on a form": page(unit, url.Values{"_shown": {"doc_gazette"}, "version": {fmt.Sprint(w.look(t, "unit.ceo", id).Version)}, "_key": {app.NewID()}, "_do": {"save"}}, "/cases/"+id+"/apply/documents", "doc_gazette._file", "paper.txt"),
		"a sheet":          page(head, nil, "/units/import", "sheet", "units.csv"),
		"a procedure": func() (int, string) {
			got := deputy.upload("/admin/procedures", "folder", "referral.zip", zipOf(t, fstest.MapFS{"x.txt": {Data: []byte(content)}}))
			return got.Code, got.Body.String()
		},
	}
}

// kept are the documents that the province has.
func (w *world) kept(t testing.TB) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(w.Data, "blobs", "*", "*"))
	must(t, err)
	return len(names)
}

// judgedFirst is the law of what people give: where a scanner finds something, nothing of it is kept and its giver is told.
func judgedFirst(t testing.TB, w *world, d *clamd) {
	t.Helper()
	bad := uploads(t, w, "name,legal_id\n"+marker+",1\n")
	before := w.kept(t)
	for way, give := range bad {
		if way == "a procedure" {
			continue // packed: the scanner of the test does not unpack
		}
		if status, answer := give(); status != http.StatusUnprocessableEntity || !strings.Contains(answer, "Marker.Test") {
			t.Errorf("%s with a marker was let in: %d", way, status)
		}
	}
	if got := w.kept(t) - before; got != 0 {
		t.Errorf("%d contents were kept all the same", got)
	}
}

func TestWhatPeopleGiveIsScannedFirst(t *testing.T) {
	t.Parallel()
	w, d, log := scanned(t)
	judgedFirst(t, w, d)
	if !strings.Contains(log.String(), `"scanner found something" name=Marker.Test`) || strings.Contains(log.String(), marker) {
		t.Errorf("the log does not tell of it, or tells what was in it: %s", log)
	}
	control.Finds(t, "was let in", func(t testing.TB) {
		w, d, _ := scanned(t)
		d.blind.Store(true)
		judgedFirst(t, w, d)
	})
	good, asked := uploads(t, w, "name,legal_id\nclean,1\n"), d.asked.Load()
	for way, give := range good {
		if status, answer := give(); status >= http.StatusInternalServerError || strings.Contains(answer, "scanner") {
			t.Errorf("%s that is clean: %d", way, status)
		}
	}
	if got := d.asked.Load() - asked; got != int64(len(good)) {
		t.Errorf("the scanner was asked %d times about %d uploads", got, len(good))
	}
}

// While the scanner is away no file is taken, whoever gives it, and all else goes on: nobody can say what a file holds.
func TestWithoutItsScannerTheServerTakesNoFile(t *testing.T) {
	t.Parallel()
	w, d, log := scanned(t)
	d.away.Store(true)
	before := w.kept(t)
	for way, give := range uploads(t, w, "name,legal_id\nclean,1\n") {
		status, answer := give()
		var p struct{ Key string }
		page := json.Unmarshal([]byte(answer), &p) != nil
		if !page && (status != http.StatusServiceUnavailable || p.Key != "app.scanner_away") || page && (status < 400 || !strings.Contains(answer, "virus scanner does not answer")) {
			t.Errorf("%s: %d %s", way, status, answer)
		}
	}
	if got := w.kept(t) - before; got != 0 {
		t.Errorf("%d contents were kept unjudged", got)
	}
	if !strings.Contains(log.String(), "scanner away: an upload was refused") {
		t.Errorf("the log is silent: %s", log)
	}
	want(t, http.StatusOK, enter(t, w.App, "dir.head", password).send(http.MethodGet, "/cases", nil).Code, "the list of cases")
	again, err := app.Open(t.Context(), app.Config{Data: t.TempDir(), Scanner: "unix:/nowhere", Fast: true})
	must(t, errors.Join(err, again.Close()))
}
