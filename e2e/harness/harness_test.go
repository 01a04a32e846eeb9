package harness

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = `<!doctype html><html lang="fa" dir="rtl"><head><meta charset="utf-8"><title>راهگشا</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/app.css"><script defer src="/app.js"></script></head>
<body><main><h1>سلام</h1><form action="/answer" method="post"><label for="n">نام</label><input id="n" name="n"><button>فرست</button></form>
<p id="s">بی‌اسکریپت</p></main></body></html>`

const bad = `<!doctype html><html><head><meta charset="utf-8"></head>
<body style="color:red"><img src="http://example.invalid/x.png"><p style="color:#eee;background:#fff">x</p><div style="width:3000px">y</div></body></html>`

// site is a small server with one page that is right and one that is wrong in every way the harness watches.
func site(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	page := func(path, kind, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Cache-Control", "max-age=600")
			w.Header().Set("Content-Security-Policy",
				"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'")
			_, _ = io.WriteString(w, body)
		})
	}
	page("GET /good", "text/html; charset=utf-8", good)
	page("GET /bad", "text/html; charset=utf-8", bad)
	page("GET /favicon.ico", "image/x-icon", "")
	page("GET /app.css", "text/css", "p{color:#123} "+strings.Repeat("/* weight */", 500)+"@media (prefers-color-scheme:dark){body{background:#111;color:#fff}p{color:#abc}}")
	page("GET /app.js", "text/javascript", `document.getElementById("s").textContent = "با اسکریپت"`)
	mux.HandleFunc("GET /tinted", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, strings.NewReplacer("/app.css", "/tint.css?"+r.URL.RawQuery, "</main>", `<img src="/favicon.ico"></main>`).Replace(good))
	})
	mux.HandleFunc("GET /tint.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		_, _ = fmt.Fprintf(w, "img{display:none}button{min-height:3em}@media (%s) and (prefers-color-scheme:%s){%s}",
			r.FormValue("width"), r.FormValue("scheme"), r.FormValue("style"))
	})
	mux.HandleFunc("POST /answer", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = fmt.Fprintf(w, `<!doctype html><title>x</title><p id="said">%s</p>`, r.FormValue("n"))
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestAGoodPageIsCleanAndABadOneIsNot(t *testing.T) {
	b, url := NewBrowser(t), site(t)
	p := b.Page(t, url)
	for _, scheme := range []string{"light", "dark"} {
		p.View(Phone, scheme)
		if s := p.Open("/good"); s != http.StatusOK {
			t.Fatalf("status %d", s)
		}
		if v := p.Axe(); len(v) > 0 {
			t.Errorf("good, %s: %v", scheme, v)
		}
	}
	if n := p.SidewaysScroll(); n != 0 {
		t.Errorf("the good page scrolls %d px sideways", n)
	}
	if got := p.Problems(); len(got) > 0 {
		t.Errorf("the good page has problems: %v", got)
	}

	p.Open("/bad")
	if v := fmt.Sprint(p.Axe()); !strings.Contains(v, "image-alt") || !strings.Contains(v, "html-has-lang") {
		t.Errorf("axe missed the planted faults: %s", v)
	}
	if p.SidewaysScroll() != 0 {
		t.Error("the inline style was applied: the policy is not in force")
	}
	if got := strings.Join(p.Problems(), "\n"); !strings.Contains(got, "Content Security Policy") || !strings.Contains(got, "/bad") {
		t.Errorf("the planted violations of the policy were not seen: %s", got)
	}
}

// A fault that only one of the four views shows is found, in that one alone: a faint colour, and an image without a text
// that the scheme hides elsewhere.
func TestAFaultOfOneViewIsFound(t *testing.T) {
	p := NewBrowser(t).Page(t, site(t))
	for query, width := range map[string]int{"min-width:1000px": Desk, "max-width:500px": Phone} {
		for _, scheme := range []string{"light", "dark"} {
			for style, rule := range map[string]string{"p{color:#eee;background:#fff}": "color-contrast", "img{display:inline}": "image-alt"} {
				p.Open("/tinted?" + url.Values{"width": {query}, "scheme": {scheme}, "style": {style}}.Encode())
				found := p.AxeEveryView()
				if want := fmt.Sprintf("%d px, %s: %s", width, scheme, rule); len(found) != 1 || !strings.HasPrefix(found[0], want) {
					t.Errorf("%s planted at %d px, %s; found %q", rule, width, scheme, found)
				}
			}
		}
	}
	for query, want := range map[string]string{"min-width:1000px": fmt.Sprintf("%d px, light: image-alt", Desk), "max-width:500px": fmt.Sprintf("%d px, dark: image-alt", Phone)} {
		_, scheme, _ := strings.Cut(strings.TrimSuffix(want, ": image-alt"), ", ")
		p.Open("/tinted?" + url.Values{"width": {query}, "scheme": {scheme}, "style": {"img{display:inline}"}}.Encode())
		if found := p.AxeBothWidths(); len(found) != 1 || !strings.HasPrefix(found[0], want) {
			t.Errorf("planted at both widths: found %q, want %s", found, want)
		}
	}
	p.Open("/tinted?" + url.Values{"width": {"min-width:1px"}, "scheme": {"light"}, "style": {"img{display:inline}p{color:#eee;background:#fff}"}}.Encode())
	if found, want := p.AxeOtherLanguage(), fmt.Sprintf("%d px, light: image-alt", Desk); len(found) != 1 || !strings.HasPrefix(found[0], want) {
		t.Errorf("planted in a page of another language: found %q, want %s alone", found, want)
	}
	p.Open("/tinted?width=min-width:1px&scheme=dark&style=")
	if found := p.AxeEveryView(); len(found) > 0 {
		t.Errorf("nothing planted, found %q", found)
	}
}

// Faint texts are found in whatever script: axe-core by itself takes Persian words whose letters join for pictures.
func TestFaintTextIsFoundInPersianToo(t *testing.T) {
	p := NewBrowser(t).Page(t, site(t))
	p.Open("/good")
	for _, said := range []string{"مصوبه شماره بیست", "نساجی سپیدتار", "کمیته", "تسهیلات", "a letter"} {
		Eval[bool](p, fmt.Sprintf(`{ const s = document.getElementById("s"); s.textContent = %q; s.style.color = "#fff"; s.style.background = "#eee"; true }`, said))
		if v := fmt.Sprint(p.Axe()); !strings.Contains(v, "color-contrast") {
			t.Errorf("%s in white on light grey is found to be %s", said, v)
		}
	}
}

func TestFormsWorkWithScriptsOnAndOff(t *testing.T) {
	b, url := NewBrowser(t), site(t)
	for on, want := range map[bool]string{true: "با اسکریپت", false: "بی‌اسکریپت"} {
		p := b.Page(t, url)
		p.Scripts(on)
		p.Open("/good")
		if got := p.Text("#s"); got != want {
			t.Errorf("scripts %v: the page says %q", on, got)
		}
		p.Fill("#n", "۱۲۳ کارگاه")
		if s := p.Follow("button"); s != http.StatusUnprocessableEntity {
			t.Errorf("status %d", s)
		}
		if got := p.Text("#said"); got != "۱۲۳ کارگاه" || p.Path() != "/answer" {
			t.Errorf("scripts %v: %q at %s", on, got, p.Path())
		}
	}
}

func TestWeightCountsTheWireAndNotTheCache(t *testing.T) {
	b, url := NewBrowser(t), site(t)
	p := b.Page(t, url)
	p.Open("/good")
	first := p.Weight()
	if first.Style < 6000 || first.Script == 0 || first.Document == 0 || first.Total < first.Style+first.Script+first.Document {
		t.Errorf("first visit %+v", first)
	}
	p.Open("/good?again")
	if next := p.Weight(); next.Style != 0 || next.Document == 0 {
		t.Errorf("next visit %+v", next)
	}
}

func TestDarkAndWidthReachThePage(t *testing.T) {
	b, url := NewBrowser(t), site(t)
	p := b.Page(t, url)
	p.View(Phone, "dark")
	p.Open("/good")
	if got := Eval[string](p, `getComputedStyle(document.getElementById("s")).color + innerWidth`); got != "rgb(170, 187, 204)390" {
		t.Errorf("got %s", got)
	}
	file := filepath.Join(t.TempDir(), "good.webp")
	p.Shot(file)
	if st, err := os.Stat(file); err != nil || st.Size() < 500 {
		t.Errorf("no picture: %v", err)
	}
}

func TestTwoPagesAreTwoPeople(t *testing.T) {
	b, url := NewBrowser(t), site(t)
	a, c := b.Page(t, url), b.Page(t, url)
	a.Open("/good")
	c.Open("/good")
	Eval[string](a, `document.cookie = "who=a"`)
	if got := Eval[string](c, "document.cookie"); got != "" {
		t.Errorf("the second person has the first one's cookie %q", got)
	}
}

func TestServerOutputFindsTheAddressInPieces(t *testing.T) {
	t.Parallel()
	o := &output{address: make(chan string, 1)}
	for _, s := range []string{"making the prov", "ince\nliste", "ning on http://127.0.0.1:41", "234\nready\n"} {
		if _, err := o.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-o.address; got != "http://127.0.0.1:41234" {
		t.Errorf("address %q of\n%s", got, o)
	}
}
