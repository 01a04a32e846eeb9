package harness

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Browser is one Chromium with a fresh profile, shared by the pages of a test.
type Browser struct {
	ctx context.Context
}

// programs are where a Chromium may be; the distribution's wrapper comes after the program itself because it prints.
var programs = []string{"/usr/lib/chromium/chromium", "/usr/bin/chromium", "/usr/bin/google-chrome"}

// NewBrowser starts a Chromium that lives until the test ends. $CHROMIUM names another program.
func NewBrowser(t testing.TB) *Browser {
	t.Helper()
	ctx, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options(program(t))...)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		cancel()
		cancelAllocator()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return &Browser{ctx: ctx}
}

func program(t testing.TB) string {
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

// options add to chromedp's own what keeps a test from talking to anything but the product.
func options(path string) []chromedp.ExecAllocatorOption {
	o := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("lang", "fa-IR"),
		chromedp.Flag("font-render-hinting", "none"),
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

// limit bounds every single action.
const limit = 30 * time.Second
