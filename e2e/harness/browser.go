package harness

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Browser is one Chromium with a fresh profile, shared by the pages of one test or of many.
type Browser struct {
	ctx  context.Context
	stop func()
}

// programs are where a Chromium may be. The headless shell comes first: the same engine without windows takes a fifth of
// the processor's time. The distribution's wrapper comes after the program itself because it prints.
var programs = []string{"/usr/lib/chromium/chromium-headless-shell", "/usr/lib/chromium/chromium", "/usr/bin/chromium", "/usr/bin/google-chrome"}

// NewBrowser starts a Chromium that lives until the test ends. $CHROMIUM names another program.
func NewBrowser(t testing.TB) *Browser {
	t.Helper()
	b, err := LaunchBrowser(Program(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// LaunchBrowser starts a Chromium for longer than one test: who launches it also closes it.
func LaunchBrowser(program string) (*Browser, error) {
	ctx, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options(program)...)
	ctx, cancel := chromedp.NewContext(ctx)
	b := &Browser{ctx: ctx, stop: func() { cancel(); cancelAllocator() }}
	if err := chromedp.Do(ctx); err != nil {
		b.stop()
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	return b, nil
}

// Close ends the browser with all its pages.
func (b *Browser) Close() { b.stop() }

// Program is the path of Chromium; without it the test is skipped, or fails under RAHGOSHA_REQUIRE_TOOLS.
func Program(t testing.TB) string {
	t.Helper()
	for _, p := range append([]string{os.Getenv("CHROMIUM")}, programs...) {
		if p == "" {
			continue
		}
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	Missing(t, "no Chromium: run make setup-test, or name one in CHROMIUM")
	return ""
}

// options add to chromedp's own what keeps a test from talking to anything but the product. Scripts are not optimised: a page is gone
// before that pays, and axe-core begins anew in each.
func options(path string) []chromedp.ExecAllocatorOption {
	o := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("lang", "fa-IR"),
		chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("js-flags", "--no-opt --no-maglev"),
	)
	if os.Geteuid() == 0 {
		o = append(o, chromedp.NoSandbox)
	}
	return o
}

// Page opens a tab with cookies of its own, so that two pages are two people. base is put before every path.
func (b *Browser) Page(t testing.TB, base string) *Page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &Page{t: t, ctx: ctx, base: base, watch: newWatch(base)}
	if err := p.prepare(); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	return p
}

// limit bounds every single action. Only what hangs reaches it: two pages may share a slow machine with their server.
const limit = time.Minute
