package httpkit_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/surface/httpkit"
)

var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func serve(t testing.TB, log io.Writer, k *httpkit.Kit, routes ...httpkit.Route) http.Handler {
	t.Helper()
	k.Log, k.Clock = slog.New(slog.NewTextHandler(log, nil)), clock.NewManual(start)
	mux := http.NewServeMux()
	if err := k.Register(mux, routes); err != nil {
		t.Fatal(err)
	}
	return k.Wrap(k.Mux(mux))
}

func route(h httpkit.Handler) httpkit.Route {
	return httpkit.Route{Method: "GET", Pattern: "/x", Policy: httpkit.Public, Handler: h}
}

func ask(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestARouteWithoutPolicyIsRefused(t *testing.T) {
	t.Parallel()
	ok := func(http.ResponseWriter, *http.Request) error { return nil }
	for name, rt := range map[string]httpkit.Route{
		"no policy":  {Method: "GET", Pattern: "/a", Handler: ok},
		"no method":  {Pattern: "/a", Policy: httpkit.Public, Handler: ok},
		"no handler": {Method: "GET", Pattern: "/a", Policy: httpkit.Public},
		"no guard":   {Method: "GET", Pattern: "/a", Policy: "expert", Handler: ok},
		"bad":        {Method: "GET", Pattern: "/{", Policy: httpkit.Public, Handler: ok},
	} {
		if err := (&httpkit.Kit{}).Register(http.NewServeMux(), []httpkit.Route{rt}); err == nil {
			t.Errorf("%s: registered", name)
		}
	}
	twice := httpkit.Route{Method: "GET", Pattern: "/a", Policy: httpkit.Public, Handler: ok}
	if err := (&httpkit.Kit{}).Register(http.NewServeMux(), []httpkit.Route{twice, twice}); err == nil {
		t.Error("two routes on one pattern registered")
	}
	if err := (&httpkit.Kit{}).Register(http.NewServeMux(), []httpkit.Route{twice}); err != nil {
		t.Errorf("a good route was refused: %v", err)
	}
}

func TestTheGuardStandsBeforeEveryOtherPolicy(t *testing.T) {
	t.Parallel()
	ran := false
	k := &httpkit.Kit{Guard: func(_ *http.Request, p string) (*http.Request, error) {
		if p == "expert" {
			return nil, fault.New(fault.Forbidden, "fault.forbidden")
		}
		return nil, nil
	}}
	rt := route(func(http.ResponseWriter, *http.Request) error { ran = true; return nil })
	rt.Policy = "expert"
	if w := ask(serve(t, io.Discard, k, rt), "GET", "/x", ""); w.Code != 403 || ran {
		t.Errorf("%d, handler ran: %v", w.Code, ran)
	}
}

func TestFaultsBecomeStatusesAndProblems(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{
		fault.New(fault.NotFound, "fault.not_found"):                           404,
		fmt.Errorf("wrapped: %w", fault.New(fault.Conflict, "fault.conflict")): 409,
		errors.New("disk on fire"):                                             500,
	} {
		h := serve(t, io.Discard, &httpkit.Kit{}, route(func(http.ResponseWriter, *http.Request) error { return err }))
		w := ask(h, "GET", "/x", "", "Accept", "application/json")
		var p httpkit.Problem
		if e := json.Unmarshal(w.Body.Bytes(), &p); e != nil || w.Code != want || p.Status != want || p.Detail == "" {
			t.Errorf("%v: %d %+v %v", err, w.Code, p, e)
		}
		if strings.Contains(w.Body.String(), "fire") {
			t.Error("the cause reached the caller")
		}
	}
}

func TestAPanicIsALoggedFiveHundredAndTheLogKnowsNoPerson(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := serve(t, &log, &httpkit.Kit{}, route(func(http.ResponseWriter, *http.Request) error { panic("boom") }))
	if w := ask(h, "GET", "/x?q=0012345678", ""); w.Code != 500 {
		t.Errorf("status %d", w.Code)
	}
	if s := log.String(); !strings.Contains(s, "boom") || !strings.Contains(s, `pattern="GET /x"`) || strings.Contains(s, "0012345678") {
		t.Errorf("log: %s", s)
	}
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	t.Parallel()
	h := serve(t, io.Discard, &httpkit.Kit{}, route(func(http.ResponseWriter, *http.Request) error { return nil }))
	if w := ask(h, "GET", "/y", ""); w.Code != 404 {
		t.Errorf("unknown address: %d", w.Code)
	}
	for _, method := range []string{"POST", "TRACE", "OPTIONS"} {
		if w := ask(h, method, "/x", ""); w.Code != 405 || !strings.Contains(w.Header().Get("Allow"), "GET") {
			t.Errorf("%s: %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

func TestAProgramIsToldWhichMethodsAnAddressTakes(t *testing.T) {
	t.Parallel()
	ok := func(http.ResponseWriter, *http.Request) error { return nil }
	at := func(method string) httpkit.Route {
		return httpkit.Route{Method: method, Pattern: "/api/v1/x", Policy: httpkit.Public, Handler: ok}
	}
	h := serve(t, io.Discard, &httpkit.Kit{}, at("GET"), at("POST"))
	for lang, word := range map[string]string{"en": "does not take PUT; send one of: GET, HEAD, POST.", "fa": "روش PUT را نمی‌پذیرد؛ یکی از این‌ها را بفرستید: GET, HEAD, POST."} {
		w := ask(h, "PUT", "/api/v1/x", "{}", "Accept-Language", lang)
		var p httpkit.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 405 || p.Key != "httpkit.method_api" || !strings.Contains(p.Detail, word) {
			t.Errorf("%s: %d %+v %v", lang, w.Code, p, err)
		}
		if w.Header().Get("Allow") != "GET, HEAD, POST" || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("headers %v", w.Header())
		}
	}
}

func TestBodiesOverTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	rt := httpkit.Route{Method: "POST", Pattern: "/x", Policy: httpkit.Public, MaxBody: 10, Handler: func(_ http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(r.Body)
		return err
	}}
	h := serve(t, io.Discard, &httpkit.Kit{}, rt)
	if w := ask(h, "POST", "/x", "0123456789"); w.Code != 200 {
		t.Errorf("ten bytes: %d", w.Code)
	}
	if w := ask(h, "POST", "/x", "0123456789a"); w.Code != 413 {
		t.Errorf("eleven bytes: %d", w.Code)
	}
}

func TestHeadersByScheme(t *testing.T) {
	t.Parallel()
	ok := route(func(w http.ResponseWriter, _ *http.Request) error { _, err := w.Write(nil); return err })
	for _, https := range []bool{false, true} {
		w := ask(serve(t, io.Discard, &httpkit.Kit{HTTPS: https}, ok), "GET", "/x", "", "Origin", "https://evil.example")
		for name, want := range map[string]string{
			"Strict-Transport-Security":    map[bool]string{true: "max-age=31536000; includeSubDomains"}[https],
			"X-Content-Type-Options":       "nosniff",
			"Cache-Control":                "no-store",
			"Referrer-Policy":              "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Access-Control-Allow-Origin":  "",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("https %v: %s is %q, want %q", https, name, got, want)
			}
		}
		policy := strings.Split(w.Header().Get("Content-Security-Policy"), "; ")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !slices.Contains(policy, want) {
				t.Errorf("the content policy %q lacks %s", policy, want)
			}
		}
	}
}

func TestSessionCookieComesBackOnlyInItsOwnShape(t *testing.T) {
	t.Parallel()
	for _, https := range []bool{false, true} {
		k := &httpkit.Kit{HTTPS: https}
		w, token := httptest.NewRecorder(), httpkit.NewToken()
		k.SetSession(w, token, time.Hour)
		c := w.Result().Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != https || strings.HasPrefix(c.Name, "__Host-") != https {
			t.Errorf("cookie %v", c)
		}
		for v, want := range map[string]string{token: token, token[:42]: "", token + "A": "", "": "", "x y": ""} {
			r := httptest.NewRequest("GET", "/", nil)
			r.AddCookie(&http.Cookie{Name: c.Name, Value: v})
			if got := k.SessionToken(r); got != want {
				t.Errorf("value %q gave %q", v, got)
			}
		}
	}
}

func TestThrottleNeverGivesMoreThanItsRateAndStaysSmall(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := clock.NewManual(start)
		burst, every := rapid.IntRange(1, 5).Draw(t, "burst"), time.Second
		th, got := httpkit.NewThrottle(c, burst, every, 4), 0
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			c.Advance(time.Duration(rapid.IntRange(0, 900).Draw(t, "ms")) * time.Millisecond)
			if th.Take("a") == nil {
				got++
			}
			_ = th.Take(rapid.SampledFrom([]string{"b", "c"}).Draw(t, "other"))
		}
		if most := burst + int(c.Now().Sub(start)/every); got > most {
			t.Fatalf("%d uses, at most %d allowed", got, most)
		}
	})
	th := httpkit.NewThrottle(clock.NewManual(start), 1, time.Second, 10)
	for i := range 1000 {
		_ = th.Take(fmt.Sprint(i))
	}
	if th.Len() > 10 {
		t.Errorf("%d keys in memory", th.Len())
	}
	err := th.Take("999")
	if f, _ := fault.As(err); f == nil || f.Args["seconds"] != 1 {
		t.Errorf("second use: %v", err)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	if a, b := httpkit.NewKey(), httpkit.NewKey(); a == b || len(a) < 20 {
		t.Errorf("keys %q, %q", a, b)
	}
	for key, ok := range map[string]bool{httpkit.NewKey(): true, "": false, "short": false, "with blank 1": false, strings.Repeat("a", 65): false, "0012345679": false} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set(httpkit.KeyHeader, key)
		if _, err := httpkit.IdempotencyKey(r); (err == nil) != ok {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestCompressedAnswersAreTheSameText(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("rahgosha ", 300)
	h := serve(t, io.Discard, &httpkit.Kit{}, route(func(w http.ResponseWriter, r *http.Request) error {
		return httpkit.HTML(w, r, 200, func(out io.Writer) error { _, err := io.WriteString(out, text); return err })
	}))
	w := ask(h, "GET", "/x", "", "Accept-Encoding", "gzip")
	zr, err := gzip.NewReader(w.Body)
	if err != nil || w.Header().Get("Content-Length") != "" {
		t.Fatal(err, w.Header())
	}
	if got, err := io.ReadAll(zr); err != nil || string(got) != text {
		t.Errorf("%v, %d bytes", err, len(got))
	}
	if w := ask(h, "GET", "/x", "", "Accept-Encoding", "gzip;q=0"); w.Body.String() != text {
		t.Error("gzip was refused and sent")
	}
}

func TestWantsJSON(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{"": false, "*/*": false, "text/html,application/json": false, "application/json": true, "application/problem+json;q=0.9, text/html": true} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", accept)
		if got := httpkit.WantsJSON(r); got != want {
			t.Errorf("%q: %v", accept, got)
		}
	}
}
