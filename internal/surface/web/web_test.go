package web_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/web"
)

var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

type shelf struct{}

var loan = web.Manual{
	Editions: []web.Edition{
		{Version: "1.1", Before: "1.0", Since: now, Hash: strings.Repeat("ab", 32), Changes: []locale.Text{{FA: "مهلت تصمیم از ۵ روز کاری به ۷ روز کاری تغییر کرد.", EN: "The deadline changed from 5 to 7 working days."}}},
		{Version: "1.0", Since: now, Hash: strings.Repeat("cd", 32)},
	},
	ManualItem: web.ManualItem{ID: "referral", Version: "3", Title: locale.Text{FA: "معرفی به بانک", EN: "Referral to a bank"},
		Summary: locale.Text{FA: "معرفی واحد برای تسهیلات سرمایهٔ در گردش.", EN: "Referral of a unit for working capital."}, Since: now.AddDate(0, -2, 0)},
	Owner: locale.Text{FA: "معاونت صنایع", EN: "Deputy for industries"},
	Needs: []locale.Text{{FA: "پروانهٔ بهره‌برداری یا کسب", EN: "Operating or guild licence"}},
	Rules: []web.ManualRule{{No: "4.1", Text: locale.Text{FA: "چک برگشتی رفع‌اثرنشده ندارد", EN: "No uncleared bounced cheque"}, Law: locale.Text{FA: "مادهٔ ۵ مکرر قانون صدور چک", EN: "Cheque Act, art. 5 bis"}}},
	Tables: []web.ManualTable{{ID: "dated-colours", Title: locale.Text{FA: "رنگ‌های استعلام", EN: "Colours of the inquiry"}, Law: locale.Text{FA: "رنگ‌بندی بانک مرکزی", EN: "The Central Bank's colours"},
		Head: []locale.Text{{FA: "شمار", EN: "number"}, {FA: "رنگ", EN: "colour"}, {FA: "از روز", EN: "from"}, {FA: "تا روز", EN: "until"}},
		Rows: [][]locale.Text{{{FA: "تا ۱", EN: "up to 1"}, {FA: "زرد", EN: "yellow"}, {FA: "۱۴۰۳/۰۱/۰۱", EN: "1403/01/01"}, {FA: "باز", EN: "open"}}}, Published: now, By: []string{"مریم کاویانی", "حمید رستگار"}, Next: now.AddDate(0, 1, 0)}},
	Stages: []web.ManualStage{{Name: locale.Text{FA: "بررسی", EN: "Review"}, Who: locale.Text{FA: "کارشناس", EN: "Expert"}, Clock: locale.Text{FA: "۵ روز کاری", EN: "5 working days"}, Otherwise: locale.Text{FA: "به رئیس می‌رود", EN: "goes to the head"}}},
	Hash:   "9f3ac21e", Start: "/cases/new",
}

func (shelf) List(context.Context) ([]web.ManualItem, error) {
	return []web.ManualItem{loan.ManualItem}, nil
}

func (shelf) Manual(_ context.Context, id string) (*web.Manual, error) {
	if id != loan.ID {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	m := loan
	return &m, nil
}

func (shelf) Verify(_ context.Context, _ locale.Lang, q string) (*web.Verified, error) {
	if q != "1405/S/8842" {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	return &web.Verified{Number: q, Valid: true, Letter: &letter, Entry: 4211, Root: strings.Repeat("9f3a", 16),
		Facts: []web.Fact{{Name: "پرونده", Value: "RG-1405-02731", Code: true}}}, nil
}

func (shelf) SignInChanging(_ context.Context, _, _, _, _, _ string) (string, time.Duration, error) {
	return "", 0, fault.New(fault.Unauthenticated, "party.wrong")
}

func (shelf) SignIn(_ context.Context, login, password, _, _ string) (string, time.Duration, error) {
	if login == "dir.expert" && password == "right" {
		return httpkit.NewToken(), time.Hour, nil
	}
	return "", 0, fault.New(fault.Unauthenticated, "fault.unauthenticated")
}

func (shelf) KnownAt(context.Context, string, string) (string, error) { return "", nil }

func (shelf) SignOut(context.Context, string) error { return nil }

func newServer(t testing.TB, change func(*web.Config)) (*web.Server, http.Handler) {
	t.Helper()
	c := clock.NewManual(now)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	kit := &httpkit.Kit{Log: log, Clock: c, Guard: testGuard, Enrich: testPerson}
	cfg := web.Config{Clock: c, Log: log, Kit: kit, Manuals: shelf{}, Verifier: shelf{}, Sessions: shelf{}, Sample: true}
	if change != nil {
		change(&cfg)
	}
	s, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := kit.Register(mux, s.Routes()); err != nil {
		t.Fatal(err)
	}
	return s, kit.Wrap(kit.Mux(mux))
}

func get(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func post(h http.Handler, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var pages = map[string]int{
	"/": 200, "/report": 200, "/report?kind=agreed": 200, "/procedures": 200, "/procedures/referral": 200, "/verify": 200,
	"/verify?q=1405/S/8842": 200, "/verify?q=1405/S/1": 404, "/sign-in": 200, "/register": 200, "/about": 200, "/no-such-page": 404,
	"/procedures/none": 404, "/report?kind=x": 404,
}

func TestEveryPageInBothLanguagesIsClean(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, nil)
	for path, status := range pages {
		for _, lang := range []string{"fa", "en"} {
			w := get(h, path, "Cookie", "lang="+lang)
			if w.Code != status {
				t.Errorf("%s %s: %d, want %d", path, lang, w.Code, status)
			}
			for _, e := range lint(w.Body.Bytes()) {
				t.Errorf("%s %s: %s", path, lang, e)
			}
		}
	}
}

func TestErrorPagesSayWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.Conflict, fault.Refused,
		fault.TooLarge, fault.TooMany, fault.Unavailable, fault.Full, fault.Internal} {
		_, h := newServer(t, func(c *web.Config) { c.Manuals = failing{fault.New(kind, "fault.conflict")} })
		for _, lang := range []locale.Lang{locale.FA, locale.EN} {
			w := get(h, "/procedures", "Cookie", "lang="+string(lang))
			if w.Code != httpkit.Status(kind) {
				t.Errorf("%s: status %d", kind, w.Code)
			}
			for _, want := range []string{"web.error.what", "web.error.do", "fault.conflict"} {
				if !strings.Contains(w.Body.String(), locale.T(lang, want, nil)) {
					t.Errorf("%s %s: page lacks %s", kind, lang, want)
				}
			}
			for _, e := range lint(w.Body.Bytes()) {
				t.Errorf("%s %s: %s", kind, lang, e)
			}
		}
	}
}

type failing struct{ err error }

func (f failing) List(context.Context) ([]web.ManualItem, error)      { return nil, f.err }
func (f failing) Manual(context.Context, string) (*web.Manual, error) { return nil, f.err }

func TestTheReportShowsEveryStatementAndTheMissingDefinition(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, nil)
	body := get(h, "/report").Body.String()
	if n := strings.Count(body, `class="card statement"`); n != 24 {
		t.Errorf("%d statements, want 24", n)
	}
	at := strings.Index(body, `id="s19"`)
	if part := body[at : at+1200]; !strings.Contains(part, "lacking") || !strings.Contains(part, "تعریف اعلام نشده") {
		t.Errorf("statement 19 does not say that its definition is missing: %s", part)
	}
	agreed := get(h, "/report?kind=agreed").Body.String()
	if strings.Count(agreed, `class="card statement"`) != 1 || !strings.Contains(agreed, `id="s22"`) {
		t.Error("only statement 22 was agreed")
	}
}

func TestPagesCarryStrictHeadersAndNothingFromOutside(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, nil)
	w := get(h, "/")
	csp := w.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "data:") {
		t.Errorf("policy %q", csp)
	}
	if b := w.Body.String(); strings.Contains(b, "https://") || strings.Contains(b, "http://") {
		t.Error("the page names an outside address")
	}
}

func TestSignInAsksThrottlesAndLandsOnlyHere(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, nil)
	if w := post(h, "/sign-in", "login=&password="); w.Code != 422 || !strings.Contains(w.Body.String(), `href="#login"`) {
		t.Errorf("empty form: %d", w.Code)
	}
	for next, want := range map[string]string{"/report": "/report", "//evil.example": "/", `/\evil`: "/", "https://evil": "/"} {
		w := post(h, "/sign-in", "login=dir.expert&password=right&next="+next)
		if w.Code != 303 || w.Header().Get("Location") != want {
			t.Errorf("next %q: %d to %q", next, w.Code, w.Header().Get("Location"))
		}
	}
	codes := map[int]int{}
	for range 20 {
		codes[post(h, "/sign-in", "login=a&password=b").Code]++
	}
	if codes[401] != 8 || codes[429] != 12 {
		t.Errorf("20 guesses answered %v", codes)
	}
	w := post(h, "/sign-in", "login=dir.expert&password=right", "Sec-Fetch-Site", "cross-site")
	if w.Code != 403 {
		t.Errorf("a post from another site: %d", w.Code)
	}
}

func TestTheEchoTellsATenfoldSlip(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, nil)
	right, slip := get(h, "/echo/amount?rial=85000000000").Body.String(), get(h, "/echo/amount?rial=%DB%B8%DB%B5%DB%B0%DB%B0%DB%B0%DB%B0%DB%B0%DB%B0%DB%B0%DB%B0").Body.String()
	if !strings.Contains(right, "هشتاد") || !strings.Contains(right, "تومان") || right == slip || !strings.Contains(slip, "هشت میلیارد") {
		t.Errorf("right %s, slip %s", right, slip)
	}
	if w := get(h, "/echo/amount?rial=abc"); w.Code != 200 || !strings.Contains(w.Body.String(), `"error"`) {
		t.Errorf("letters: %d %s", w.Code, w.Body)
	}
}

func TestThemeAndLanguageWorkWithoutScript(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, nil)
	w := get(h, "/about?theme=dark&lang=en")
	b := w.Body.String()
	if !strings.Contains(b, `<html lang="en" dir="ltr" data-theme="dark" data-cookie="theme">`) || len(w.Result().Cookies()) != 2 {
		t.Errorf("%s %v", b[:120], w.Result().Cookies())
	}
}

func TestWeightBudgets(t *testing.T) {
	t.Parallel()
	s, h := newServer(t, nil)
	a := s.Assets()
	if !a.Has("app.css") {
		t.Skip("skipped: assets are not built (make assets)")
	}
	files := 0
	for _, f := range []string{"app.css", "enhance.js", "icons.svg", "brand.svg", "fonts/vazirmatn-fa.woff2", "fonts/vazirmatn-latin.woff2"} {
		files += a.Weight(f)
	}
	if css, js := a.Weight("app.css"), a.Weight("enhance.js"); css == 0 || css > 12<<10 || js == 0 || js > 20<<10 {
		t.Errorf("css %d B, js %d B", css, js)
	}
	for path := range pages {
		page := get(h, path, "Accept-Encoding", "gzip").Body.Len()
		if page > 15<<10 || page+files > 70<<10 {
			t.Errorf("%s: page %d B, first visit %d B", path, page, page+files)
		}
	}
}

func TestAssetsAreImmutableAndNamesComeFromContent(t *testing.T) {
	t.Parallel()
	s, h := newServer(t, nil)
	url := s.Assets().URL("app.css")
	if !s.Assets().Has("app.css") {
		t.Skip("skipped: assets are not built (make assets)")
	}
	w := get(h, url, "Accept-Encoding", "gzip")
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	plain := get(h, url).Body.Bytes()
	if font := s.Assets().URL("fonts/vazirmatn-fa.woff2"); !bytes.Contains(plain, []byte(font)) || bytes.Contains(plain, []byte("data:")) {
		t.Error("the stylesheet does not name the font by its address")
	}
	if w := get(h, "/static/app.css"); w.Code != 404 {
		t.Errorf("a name without hash: %d", w.Code)
	}
}

// TestServeForEyes serves the pages for a browser: RAHGOSHA_EYES=127.0.0.1:8099 go test -run ForEyes.
func TestServeForEyes(t *testing.T) {
	addr := os.Getenv("RAHGOSHA_EYES")
	if addr == "" {
		t.Skip("skipped: RAHGOSHA_EYES names no address")
	}
	s, h := newServer(t, nil)
	outer := http.NewServeMux()
	outer.Handle("/", h)
	outer.HandleFunc("/story", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", httpkit.ContentPolicy)
		lang := locale.FA
		if r.URL.Query().Get("lang") == "en" {
			lang = locale.EN
		}
		if err := web.RenderStory(s, w, lang, newStory(lang, r.URL.Query().Get("theme"))); err != nil {
			t.Error(err)
		}
	})
	srv := &http.Server{Addr: addr, Handler: outer, ReadHeaderTimeout: time.Second}
	time.AfterFunc(5*time.Minute, func() { _ = srv.Close() })
	t.Log(srv.ListenAndServe())
}
