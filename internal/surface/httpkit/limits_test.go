package httpkit_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/surface/httpkit"
)

// limited is a kit with the program's own limits, on which whoever sends a name is signed in as that person.
func limited(t testing.TB, c *clock.Manual, change func(*httpkit.Kit)) func(method, path, person string) int {
	t.Helper()
	k := &httpkit.Kit{Enrich: func(r *http.Request) *http.Request {
		return httpkit.WithPrincipal(r, access.Principal{Person: r.Header.Get("X-Person"), Role: access.Public})
	}}
	var err error
	if k.Limits, err = httpkit.NewLimits(c, nil); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(k)
	}
	var routes []httpkit.Route
	for _, at := range []string{"GET /desk", "GET /search", "GET /api/v1/trade/compass", "GET /trade", "POST /claims", "GET /sign-in", "POST /sign-in", "POST /api/v1/sessions", "GET /log/{tile}"} {
		method, pattern, _ := strings.Cut(at, " ")
		routes = append(routes, httpkit.Route{Method: method, Pattern: pattern, Policy: httpkit.Public,
			Handler: func(w http.ResponseWriter, _ *http.Request) error { _, err := io.WriteString(w, "ok"); return err }})
	}
	h := serve(t, io.Discard, k, routes...)
	return func(method, path, person string) int {
		w := ask(h, method, path, "", "X-Person", person, "Sec-Fetch-Site", "same-origin", "Accept", "application/json")
		if w.Code == http.StatusTooManyRequests {
			if s, err := strconv.Atoi(w.Header().Get("Retry-After")); err != nil || s < 1 {
				t.Errorf("%s %s: Retry-After is %q", method, path, w.Header().Get("Retry-After"))
			}
		}
		return w.Code
	}
}

// One caller is bounded in reading, searching and acting, and told when to come again; whatever strangers at an address do,
// who has signed in there goes on, others go on, and the ways in and the public log stay open.
func TestOneCallerIsBoundedAndLocksNobodyOut(t *testing.T) {
	t.Parallel()
	law := func(change func(*httpkit.Kit)) func(testing.TB) {
		return func(t testing.TB) {
			c := clock.NewManual(start)
			send := limited(t, c, change)
			for _, x := range []struct {
				what, method, path, person string
				most, minute               int
			}{
				{"reading", "GET", "/desk", "p1", 600, 600}, {"reading", "GET", "/desk", "", 1200, 1200},
				{"acting", "POST", "/claims", "p1", 300, 300}, {"acting", "POST", "/claims", "", 300, 120},
				{"searching", "GET", "/search", "p1", 120, 60}, {"asking for a compass", "GET", "/trade", "p2", 120, 60}, {"asking for a compass by a program", "GET", "/api/v1/trade/compass", "p3", 120, 60},
				{"searching", "GET", "/search", "", 240, 120},
			} {
				of := fmt.Sprintf("%s by %q", x.what, x.person)
				let := func() (n int) {
					for range x.most + 100 {
						if send(x.method, x.path, x.person) == http.StatusOK {
							n++
						}
					}
					return n
				}
				if n := let(); n != x.most {
					t.Errorf("%s: %d are let through at once, want %d", of, n, x.most)
				}
				c.Advance(time.Minute)
				if n := let(); n != min(x.minute, x.most) {
					t.Errorf("%s: %d are let through after a minute, want %d", of, n, x.minute)
				}
				if code := send(x.method, x.path, "victim"); code != http.StatusOK {
					t.Errorf("%s: somebody else who has signed in at the same address is answered %d", of, code)
				}
			}
			for _, at := range []string{"GET /sign-in", "POST /sign-in", "POST /api/v1/sessions", "GET /log/7"} {
				method, path, _ := strings.Cut(at, " ")
				if code := send(method, path, ""); code != http.StatusOK {
					t.Errorf("%s is shut: %d", at, code)
				}
			}
		}
	}
	law(nil)(t)
	control.Finds(t, `reading by "p1": 700 are let through`, law(func(k *httpkit.Kit) { k.Limits = nil }))
	control.Finds(t, "somebody else who has signed in at the same address is answered 429", law(func(k *httpkit.Kit) { k.Enrich = nil })) // all are strangers
}

// Of all logins together one network has so many entries, with a session too, and is told when to come again; the form itself,
// the public log and other networks stay open. Who has come in from that network before has a few entries of their own there.
func TestOneNetworkEntersSoOften(t *testing.T) {
	t.Parallel()
	law := func(known func(*http.Request) string, table string) func(testing.TB) {
		return func(t testing.TB) {
			c := clock.NewManual(start)
			l, err := httpkit.NewLimits(c, []byte(table))
			if table == "" {
				l, err = httpkit.NewLimits(c, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			take := func(method, pattern, from, login, person string) bool {
				r, err := http.NewRequestWithContext(t.Context(), method, pattern+"?login="+login, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.RemoteAddr = from
				r = httpkit.WithPrincipal(r, access.Principal{Person: person, Role: access.Public})
				err = l.Take(r, httpkit.Route{Method: method, Pattern: pattern, Known: known})
				if err != nil && !fault.Is(err, fault.TooMany) {
					t.Fatal(err)
				}
				return err == nil
			}
			const house, office = "[2001:db8:1:2::%x]:9", "192.0.2.1:9"
			let := func(most int) (n int) {
				ways := []string{"/sign-in", "/api/v1/sessions", "/register", "/sign-in/code"}
				for i := range most + 50 {
					if take(http.MethodPost, ways[i%len(ways)], fmt.Sprintf(house, i), fmt.Sprint("login", i), "") {
						n++
					}
				}
				return n
			}
			if n := let(400); n != 400 {
				t.Errorf("%d entries at once, want 400", n)
			}
			if take(http.MethodGet, "/sign-in/back/{provider}", fmt.Sprintf(house, 1), "", "") {
				t.Error("a provider's answer is another way in")
			}
			for _, free := range []string{"/sign-in", "/log/{tile}", "/register"} {
				if !take(http.MethodGet, free, fmt.Sprintf(house, 1), "", "") {
					t.Errorf("%s is shut", free)
				}
			}
			if !take(http.MethodPost, "/sign-in", office, "x", "") {
				t.Error("another network is shut out")
			}
			n := 0
			for range 20 {
				if take(http.MethodPost, "/sign-in", fmt.Sprintf(house, 1), "victim", "") {
					n++
				}
			}
			if n != 10 {
				t.Errorf("who has come in from there before enters %d times, want 10", n)
			}
			if take(http.MethodPost, "/sign-in", fmt.Sprintf(house, 1), "stranger", "") {
				t.Error("whoever types another login is let through")
			}
			c.Advance(time.Minute)
			if n := let(400); n != 30 {
				t.Errorf("%d entries after a minute, want 30", n)
			}
			n = 0
			for range 100 {
				if take(http.MethodPost, "/sign-in", office, "x", "p1") {
					n++
				}
			}
			if n != 10 {
				t.Errorf("who has a session tries %d logins, want 10", n)
			}
		}
	}
	known := func(r *http.Request) string {
		if login := r.URL.Query().Get("login"); login == "victim" {
			return login
		}
		return ""
	}
	law(known, "")(t)
	control.Finds(t, "who has come in from there before enters 0 times", law(nil, ""))
	control.Finds(t, "whoever types another login is let through", law(func(r *http.Request) string { return r.URL.Query().Get("login") }, ""))
	const rest = "kind,who,at_once,per_minute,routes\nread,person,600,600,\nread,address,1200,1200,\nact,person,300,300,\nact,address,300,120,\nsearch,person,120,60,\nsearch,address,240,120,\nenter,person,10,4,\nenter,address,400,30,\n"
	control.Finds(t, "450 entries at once", law(known, rest+"free,,,,/sign-in;/api/v1/sessions;/register;/sign-in/code\n"))
}

// Addresses of one IPv6 network are one caller, and those of two are two.
func TestAnAddressIsANetwork(t *testing.T) {
	t.Parallel()
	l, err := httpkit.NewLimits(clock.NewManual(start), nil)
	if err != nil {
		t.Fatal(err)
	}
	take := func(from string) error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/search", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr = from
		return l.Take(r, httpkit.Route{Method: http.MethodGet, Pattern: "/search"})
	}
	for i := range 240 {
		if err := take(fmt.Sprintf("[2001:db8:1:2::%x]:99", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	for from, refused := range map[string]bool{"[2001:db8:1:2::ffff]:1": true, "[2001:db8:1:3::1]:1": false, "192.0.2.1:1": false, "[::ffff:192.0.2.2]:1": false} {
		if got := fault.Is(take(from), fault.TooMany); got != refused {
			t.Errorf("%s: refused %v, want %v", from, got, refused)
		}
	}
}

// A table of limits that leaves something out, or bounds nothing, is refused with its line.
func TestATableOfLimitsIsReadWholeOrRefused(t *testing.T) {
	t.Parallel()
	const good = "kind,who,at_once,per_minute,routes\nread,person,1,1,\nread,address,1,1,\nact,person,1,1,\nact,address,1,1,\nsearch,person,1,1,/search\nsearch,address,1,1,\nenter,person,1,1,\nenter,address,1,1,POST /sign-in\n"
	if _, err := httpkit.NewLimits(clock.NewManual(start), []byte(good)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "kind", good + "write,person,1,1,\n", strings.Replace(good, "read,person,1,1,", "read,person,0,1,", 1),
		strings.Replace(good, "act,address,1,1,\n", "", 1), strings.Replace(good, "enter,person,1,1,\n", "", 1), strings.Replace(good, "act,person,1,1,", "act,person,x,1,", 1)} {
		if _, err := httpkit.NewLimits(clock.NewManual(start), []byte(bad)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Over TLS every cookie is bound to this host, those of language and theme too, and comes back under the name it was given.
func TestEveryCookieIsBoundToTheHost(t *testing.T) {
	t.Parallel()
	law := func(https bool) func(testing.TB) {
		return func(t testing.TB) {
			lang := ""
			h := serve(t, io.Discard, &httpkit.Kit{HTTPS: https}, route(func(w http.ResponseWriter, r *http.Request) error {
				lang = string(httpkit.LangOf(r)) + " " + string(httpkit.ThemeOf(r))
				_, err := io.WriteString(w, "ok")
				return err
			}))
			cookies := ask(h, "GET", "/x?lang=en&theme=dark", "").Result().Cookies()
			if len(cookies) != 2 {
				t.Fatalf("%d cookies", len(cookies))
			}
			var back []string
			for _, c := range cookies {
				if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || c.Path != "/" || c.Domain != "" {
					t.Errorf("the cookie %s is not bound to the host", c)
				}
				back = append(back, c.Name+"="+c.Value)
			}
			if ask(h, "GET", "/x", "", "Cookie", strings.Join(back, "; ")); lang != "en dark" {
				t.Errorf("they come back as %q", lang)
			}
			if https {
				if ask(h, "GET", "/x", "", "Cookie", "lang=en; theme=dark"); lang != "fa " {
					t.Errorf("a cookie that a neighbour could set counts: %q", lang)
				}
			}
		}
	}
	law(true)(t)
	control.Finds(t, "is not bound to the host", law(false))
}
