package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/document"
)

// inChild says that this process is the one whose limits may be exceeded.
const inChild = "RAHGOSHA_HOSTILE_CHILD"

// Limits of the child in which hostile files are taken: what runs away dies there, and the test says so.
const (
	childProcessor = 240     // seconds for all files through all doors, on a machine that is busy
	childRoom      = 6 << 30 // of addresses, most of which Go's runtime only reserves
	mostGrowth     = 256     // MB that one file may make the process grow by
)

// Every hostile file is refused with words that help, or taken and given back inert, through every door that takes files.
// It all happens in a child process without network, so that a file that breaks the product breaks nothing else.
func TestHostileFilesHarmNobody(t *testing.T) {
	if os.Getenv(inChild) != "" {
		takesAll(t)
		return
	}
	t.Parallel()
	self, err := os.Executable()
	must(t, err)
	c := exec.CommandContext(t.Context(), self, "-test.run=^TestHostileFilesHarmNobody$", "-test.v", "-test.count=1")
	c.Env = append(os.Environ(), inChild+"=1", "GOMEMLIMIT=off", "GOGC=50")
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	out, err := c.CombinedOutput()
	if err != nil && c.SysProcAttr != nil && strings.Contains(err.Error(), "operation not permitted") {
		t.Fatalf("a child without network cannot be started here: %v", err)
	}
	if err != nil {
		t.Fatalf("the child: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func takesAll(t *testing.T) {
	for what, most := range map[int]uint64{syscall.RLIMIT_CPU: childProcessor, syscall.RLIMIT_AS: childRoom, syscall.RLIMIT_CORE: 0} {
		must(t, syscall.Setrlimit(what, &syscall.Rlimit{Cur: most, Max: most}))
	}
	d := newDoors(t)
	files := 0
	for _, group := range groups {
		list := group()
		files += len(list)
		d.law(list)(t)
	}
	if files < 60 {
		t.Fatalf("only %d hostile files", files)
	}
	control.Finds(t, "is taken", d.law([]hostile{{what: "a sound paper that is called hostile", name: "a.pdf", content: paper("% sound")}}))
	control.Finds(t, "given back", d.behindOpenFiles().law([]hostile{{what: "a sound paper", name: "a.pdf", content: paper("% sound too"), inert: true}}))
	control.Finds(t, "MB", func(t testing.TB) {
		newMeter(t).grown(t, "a parser without limits", func() { keepAlive(bytes.Repeat([]byte{1}, 400<<20)) })
	})
	t.Logf("%d files through %d doors", files, len(d.doors))
}

// keepAlive lets a planted waste be seen before it is collected.
func keepAlive(waste []byte) { runtime.KeepAlive(waste) }

// doors are where the product takes files of people.
type doors struct {
	*world
	h     http.Handler
	as    map[string]*browser
	doors map[string]func(f hostile) *httptest.ResponseRecorder
	token string // of the letter that papers are scanned for
}

func newDoors(t testing.TB) *doors {
	t.Helper()
	w := newWorld(t)
	w.Document = unlimited(t, w)
	id := w.toBranch(t)
	h, _, err := w.Handler()
	must(t, err)
	d := &doors{world: w, h: h, as: map[string]*browser{}}
	for _, login := range []string{"unit.ceo", "dir.head", "dir.registry", "dir.deputy", "dir.expert"} {
		d.as[login] = enter(t, w.App, login, password)
		d.as[login].h = h
	}
	for _, l := range w.look(t, "dir.dg", id).Letters {
		d.token = l.Token
	}
	d.doors = map[string]func(f hostile) *httptest.ResponseRecorder{
		"a document over the API": func(f hostile) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/api/v1/documents?name="+url.QueryEscape(f.name), bytes.NewReader(f.content))
			r.AddCookie(d.as["unit.ceo"].c)
			r.Header.Set("Content-Type", "application/octet-stream")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			rec := httptest.NewRecorder()
			d.h.ServeHTTP(rec, r)
			return rec
		},
		"a sheet of units": func(f hostile) *httptest.ResponseRecorder {
			return d.as["dir.head"].uploadWith(url.Values{"amount_unit": {"rial"}}, "/units/import", "sheet", f.name, f.content)
		},
		"a scanned paper": func(f hostile) *httptest.ResponseRecorder {
			return d.as["dir.registry"].uploadWith(url.Values{"of": {"signed"}, "number": {"x"}}, "/letters/"+d.token+"/scans", "scan", f.name, f.content)
		},
		"a procedure's folder": func(f hostile) *httptest.ResponseRecorder {
			return d.as["dir.deputy"].upload("/admin/procedures", "folder", f.name, f.content)
		},
	}
	return d
}

// unlimited lets one person put more than a day's share: the quota has a test of its own.
func unlimited(t testing.TB, w *world) *document.Service {
	t.Helper()
	s, err := document.New(document.Config{Dir: w.Data, Write: app.InTx[document.Tx](w.Store.Write), Read: app.InTx[document.Tx](w.Store.Read), Clock: w.clock, Quotas: []document.Quota{}})
	must(t, err)
	return s
}

// behindOpenFiles plants a product that gives files back as a browser would show them.
func (d *doors) behindOpenFiles() *doors {
	out := *d
	out.h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.h.ServeHTTP(w, r)
		if strings.Contains(r.URL.Path, "/files/") {
			w.Header().Set("Content-Disposition", "inline")
		}
	})
	return &out
}

// law is what is promised of each file.
func (d *doors) law(files []hostile) func(testing.TB) {
	return func(t testing.TB) {
		var kept []casework.FileRef
		memory := newMeter(t)
		for _, f := range files {
			for door, take := range d.doors {
				var rec *httptest.ResponseRecorder
				where := f.what + " as " + door
				memory.grown(t, where, func() { rec = take(f) })
				switch {
				case rec.Code >= http.StatusInternalServerError:
					t.Errorf("%s: %d: %s", where, rec.Code, rec.Body)
				case door == "a document over the API":
					if ref := d.document(t, f, rec); ref.Hash != "" {
						kept = append(kept, ref)
					}
				case !f.inert && door != "a procedure's folder" && rec.Code < http.StatusBadRequest:
					t.Errorf("%s is taken: %d", where, rec.Code)
				case rec.Code >= http.StatusBadRequest && len(strings.Fields(rec.Body.String())) < 5:
					t.Errorf("%s: refused without words: %s", where, rec.Body)
				}
				if strings.Contains(rec.Body.String(), "root:x:0") {
					t.Errorf("%s reads a file of the machine", where)
				}
			}
		}
		d.givenBack(t, kept)
	}
}

// document holds the answer of the API: refused by a fault that helps in both languages, or kept under a harmless name.
func (d *doors) document(t testing.TB, f hostile, rec *httptest.ResponseRecorder) (ref casework.FileRef) {
	t.Helper()
	var said struct{ Code, Key, Type, Title, Detail, Hash, Name, Media string }
	must(t, json.Unmarshal(rec.Body.Bytes(), &said))
	switch {
	case rec.Code == http.StatusCreated && !f.inert:
		t.Errorf("%s is taken as %s", f.what, said.Media)
	case rec.Code == http.StatusCreated:
		if strings.ContainsAny(said.Name, "/\\\x00\r\n\u202E") || strings.HasSuffix(said.Name, ".exe") || len(said.Name) > 250 {
			t.Errorf("%s is kept under the name %q", f.what, said.Name)
		}
		return casework.FileRef{Document: "D01", Hash: said.Hash, Name: casework.Value{V: "\u202E" + said.Name + ".exe"}} // a program may call it anything
	case f.inert:
		t.Errorf("%s: %d %s", f.what, rec.Code, rec.Body)
	default:
		for _, l := range []locale.Lang{locale.FA, locale.EN} {
			key := "document." + keyIn(rec.Body.String())
			if !locale.Has(l, key) {
				t.Errorf("%s is refused without words in %s: %s", f.what, l, rec.Body)
			}
		}
	}
	return ref
}

// keyIn finds the key of a document's fault in a problem.
func keyIn(problem string) string {
	_, rest, _ := strings.Cut(problem, "document.")
	key, _, _ := strings.Cut(rest, `"`)
	return key
}

// givenBack files what was kept with a case, and reads it as somebody else.
func (d *doors) givenBack(t testing.TB, kept []casework.FileRef) {
	t.Helper()
	if len(kept) == 0 {
		return
	}
	id := d.open(t)
	if got := d.try(t, "unit.ceo", casework.Command{Case: id, Action: "submit", Facts: d.request(), Files: kept}); got != "" {
		t.Fatalf("submit: %s", got)
	}
	expert := *d.as["dir.expert"]
	expert.h = d.h
	for _, ref := range kept {
		rec := expert.send(http.MethodGet, "/cases/"+id+"/files/"+ref.Hash, nil)
		h := rec.Header()
		if name := h.Get("Content-Disposition"); strings.HasSuffix(name, ".exe") || strings.Contains(name, "%E2%80%AE") {
			t.Errorf("given back under the name %s", name)
		}
		if rec.Code != http.StatusOK || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasSuffix(h.Get("Content-Security-Policy"), "sandbox") || strings.Contains(h.Get("Content-Type"), "html") || strings.Contains(h.Get("Content-Type"), "svg") {
			t.Errorf("%v is given back as %d %v", ref.Name.V, rec.Code, h)
		}
	}
}

// meter tells how much more memory the process has than when the meter was made.
type meter struct{ base int }

func newMeter(t testing.TB) *meter {
	t.Helper()
	debug.FreeOSMemory()
	return &meter{now(t)}
}

// grown runs something and wants the process not to grow by more than mostGrowth.
func (m *meter) grown(t testing.TB, what string, do func()) {
	t.Helper()
	if now(t) > m.base+32 { // what was freed before must not hide what is taken now
		debug.FreeOSMemory()
	}
	now(t)
	worked := processor(t)
	do()
	by, took := highest(t)-m.base, processor(t)-worked
	if by > mostGrowth {
		t.Errorf("%s takes %d MB", what, by)
	}
	if by > 64 || took > time.Second {
		t.Logf("%s: %d MB, %v of the processor", what, by, took)
	}
}

// now is the memory that this process has; the highest mark begins anew with it.
func now(t testing.TB) int {
	t.Helper()
	must(t, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0))
	return highest(t)
}

// processor is how long this process has worked.
func processor(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	must(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// highest is the most memory that this process has had since it was asked last, in MB.
func highest(t testing.TB) int {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/status")
	must(t, err)
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	must(t, err)
	return kb >> 10
}

// A person who sends without end is stopped with words and a time, others go on, and the next day they go on too.
func TestNobodyFillsTheStore(t *testing.T) { onBoth(t, fillsTheStore) }

func fillsTheStore(t testing.TB, w *world) {
	t.Helper()
	put := func(login string, i int) error {
		_, err := w.Document.Put(t.Context(), w.Province, "p-"+login, "a.txt", strings.NewReader(fmt.Sprint("paper ", login, i)))
		return err
	}
	shut := func(limit int) func(testing.TB) {
		return func(t testing.TB) {
			taken := 0
			for i := range limit + 20 {
				if put("unit.ceo", i) == nil {
					taken++
				}
			}
			if taken > limit {
				t.Errorf("%d files of one person are taken in a day", taken)
			}
		}
	}
	shut(300)(t)
	rec := func() *httptest.ResponseRecorder {
		h, _, err := w.Handler()
		must(t, err)
		b := enter(t, w.App, "unit.ceo", password)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/api/v1/documents?name=a.txt", strings.NewReader("one more"))
		r.AddCookie(b.c)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		out := httptest.NewRecorder()
		h.ServeHTTP(out, r)
		return out
	}
	if out := rec(); out.Code != http.StatusTooManyRequests || out.Header().Get("Retry-After") == "" || !strings.Contains(out.Body.String(), "document.quota") {
		t.Errorf("the file too many: %d %v %s", out.Code, out.Header(), out.Body)
	}
	must(t, put("dir.expert", 1))
	w.clock.Advance(24*time.Hour + 1)
	must(t, put("unit.ceo", 1000))
}

// The control: a store without a quota takes all.
func TestTheQuotaIsWhatStopsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Document = unlimited(t, w)
	control.Finds(t, "files of one person are taken", func(t testing.TB) { fillsTheStore(t, w) })
}
