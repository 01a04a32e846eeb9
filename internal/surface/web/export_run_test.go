package web_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/web"
)

// slow gives the rows of a sheet one part at a time, when the test says so.
type slow struct {
	*bench
	part    chan struct{}
	working sync.WaitGroup
	taken   []int64 // rows of each sheet that was taken away, as journalled
}

func (s *slow) Each(ctx context.Context, who casework.Caller, q casework.Query, most int64, each func(ctx context.Context, rows []casework.Row) error) error {
	for range 2 {
		if err := s.bench.Each(ctx, who, q, most, each); err != nil {
			return err
		}
		select {
		case <-s.part:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *slow) Exported(_ context.Context, _ access.Principal, _ string, rows int64) error {
	s.taken = append(s.taken, rows)
	return nil
}

// longSheets serves a province whose lists are all long, with its own folder for temporary files.
func longSheets(t *testing.T) (s *slow, h http.Handler, temp string) {
	t.Helper()
	temp = t.TempDir()
	t.Setenv("TMPDIR", temp)
	s = &slow{bench: newBench(t), part: make(chan struct{})}
	served, h := newServer(t, func(c *web.Config) {
		s.config(c)
		c.Desk.Cases, c.Desk.Exports = s, s
		c.Desk.Work = func(do func(context.Context)) { s.working.Go(func() { do(t.Context()) }) }
	})
	web.LongExport(served, 1)
	return s, h, temp
}

func begun(t testing.TB, h http.Handler) string {
	t.Helper()
	got := get(h, "/cases.xlsx?v=open", "Role", "dir.expert")
	at := got.Header().Get("Location")
	if got.Code != http.StatusSeeOther || !strings.HasPrefix(at, "/exports/") {
		t.Fatalf("a long list: %d to %q", got.Code, at)
	}
	return at
}

// until asks for the page of a sheet until it says something.
func until(t testing.TB, h http.Handler, at, says string) *httptest.ResponseRecorder {
	t.Helper()
	for t.Context().Err() == nil {
		if got := get(h, at, "Role", "dir.expert", "Cookie", "lang=en"); got.Code != http.StatusOK || strings.Contains(got.Body.String(), says) {
			return got
		}
	}
	t.Fatalf("%s never says %q", at, says)
	return nil
}

func left(t testing.TB, dir string) int {
	t.Helper()
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// A long list is gathered beside the request: its page says how far it is, only who asked sees it, the download begins once
// it is whole, and is given and journalled once. Nothing of it stays on the disk. Not parallel: it sets the folder for
// temporary files.
func TestALongSheetSaysHowFarItIsAndIsGivenOnce(t *testing.T) {
	s, h, temp := longSheets(t)
	at := begun(t, h)
	if got := until(t, h, at, "4 of 4 cases"); got.Code != http.StatusOK || got.Header().Get("Refresh") != "2" || strings.Contains(got.Body.String(), at+"/sheet") {
		t.Fatalf("under way: %d %q", got.Code, got.Header().Get("Refresh"))
	}
	if got := get(h, at+"/sheet", "Role", "dir.expert"); got.Code != http.StatusSeeOther {
		t.Errorf("a sheet that is not whole is given: %d", got.Code)
	}
	for _, path := range []string{at, at + "/sheet"} {
		if got := get(h, path, "Role", "dir.head"); got.Code != http.StatusNotFound {
			t.Errorf("somebody else opens %s: %d", path, got.Code)
		}
	}
	s.part <- struct{}{}
	s.part <- struct{}{}
	if got := until(t, h, at, at+"/sheet"); got.Header().Get("Refresh") != "0; url="+at+"/sheet" || len(s.taken) > 0 {
		t.Errorf("ready: refresh %q, journalled %v before it was fetched", got.Header().Get("Refresh"), s.taken)
	}
	got := get(h, at+"/sheet", "Role", "dir.expert")
	f, err := excelize.OpenReader(bytes.NewReader(got.Body.Bytes()))
	if err != nil {
		t.Fatalf("%d: %v", got.Code, err)
	}
	rows, err := f.GetRows(f.GetSheetList()[0])
	if err != nil || len(rows) != 9 || len(s.taken) != 1 || s.taken[0] != 8 {
		t.Errorf("%d rows, journalled %v: %v", len(rows), s.taken, err)
	}
	s.working.Wait()
	if again := get(h, at+"/sheet", "Role", "dir.expert"); again.Code != http.StatusNotFound || left(t, temp) > 0 {
		t.Errorf("given: again %d, %d files left", again.Code, left(t, temp))
	}
}

// Cancelled, or replaced by another list of the same person, a sheet ends where it is: nothing is kept or journalled.
func TestALongSheetIsCancelled(t *testing.T) {
	s, h, temp := longSheets(t)
	ends := func(end func(at string)) func(testing.TB) {
		return func(t testing.TB) {
			at := begun(t, h)
			end(at)
			if got := get(h, at+"/sheet", "Role", "dir.expert"); got.Code == http.StatusSeeOther {
				t.Errorf("%s goes on", at)
			}
		}
	}
	cancel := func(at string) {
		if got := post(h, at+"/cancel", "", "Role", "dir.expert"); got.Code != http.StatusSeeOther || !strings.Contains(got.Header().Get("Location"), "v=open") {
			t.Errorf("cancel: %d to %s", got.Code, got.Header().Get("Location"))
		}
		s.working.Wait()
	}
	ends(cancel)(t)
	control.Finds(t, "goes on", ends(func(string) {}))
	first := begun(t, h) // replaces what the control left
	second := begun(t, h)
	if got := get(h, first, "Role", "dir.expert"); got.Code != http.StatusNotFound {
		t.Errorf("the list before goes on: %d", got.Code)
	}
	cancel(second)
	if len(s.taken) > 0 || left(t, temp) > 0 {
		t.Errorf("journalled %v, %d files left", s.taken, left(t, temp))
	}
}
