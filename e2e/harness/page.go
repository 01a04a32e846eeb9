package harness

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Page is one tab of one person. Its methods fail the test when what they ask for is not there.
type Page struct {
	t     testing.TB
	ctx   context.Context
	base  string
	watch *watch

	width   int64  // of the window,
	colours string // and its colour scheme
}

// The two widths every page is looked at.
const (
	Desk  = 1440
	Phone = 390
)

func (p *Page) prepare() error {
	if err := chromedp.Listen(p.ctx, p.watch.event); err != nil {
		return err
	}
	return chromedp.Do(p.ctx,
		send(network.Enable, network.EnableParams{}),
		send(log.Enable, cdp.Empty{}),
		p.view(Desk, "light"),
	)
}

// scheme sets the colour scheme, without motion: a click during a transition between pages would hit its picture.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return send(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// send makes an action of a protocol command whose result nobody needs.
func send[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s on %s: %v", what, p.watch.where(), err)
	}
}

func get[T any](p *Page, what string, a chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		p.t.Fatalf("%s on %s: %v", what, p.watch.where(), err)
	}
	return v
}

// Open goes to a path of the server and answers the HTTP status. Weights are counted from here. Where a page that asks again by itself
// does so in that moment, the path is opened once more.
func (p *Page) Open(path string) int {
	p.t.Helper()
	p.watch.begin()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	open := chromedp.NavigateResponse(p.base + path)
	res, err := chromedp.Run(ctx, open)
	if err != nil && strings.Contains(err.Error(), "net::ERR_ABORTED") {
		res, err = chromedp.Run(ctx, open)
	}
	if err != nil {
		p.t.Fatalf("open %s on %s: %v", path, p.watch.where(), err)
	}
	return int(res.Status)
}

// Follow clicks a link or a submit button, waits for the page it leads to, and answers that page's HTTP status.
func (p *Page) Follow(css string) int {
	p.t.Helper()
	p.watch.begin()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(css)))
	if err != nil {
		p.t.Fatalf("follow %s on %s: %v", css, p.watch.where(), err)
	}
	return int(res.Status)
}

// Click clicks what stays on the page: a switch, a fold, a box.
func (p *Page) Click(css string) {
	p.t.Helper()
	p.do("click "+css, chromedp.Click(chromedp.CSS(css)))
}

// Fill replaces the text of a field by typing.
func (p *Page) Fill(css, value string) {
	p.t.Helper()
	if Eval[string](p, fmt.Sprintf("document.querySelector(%q).value", css)) != "" {
		p.do("clear "+css, chromedp.Clear(chromedp.CSS(css))) // an empty text area has nothing to clear
	}
	p.do("fill "+css, chromedp.SendKeys(chromedp.CSS(css), value))
}

// Choose sets a select box or a date to a value.
func (p *Page) Choose(css, value string) {
	p.t.Helper()
	p.do("choose "+css, chromedp.SetValue(chromedp.CSS(css), value))
}

// Attach gives files to a file field.
func (p *Page) Attach(css string, files ...string) {
	p.t.Helper()
	p.do("attach to "+css, chromedp.SetUploadFiles(chromedp.CSS(css), files))
}

// Press sends keys to whatever has the focus.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.do("press", chromedp.KeyEvent(keys))
}

// Text is the visible text of the first element that matches.
func (p *Page) Text(css string) string {
	p.t.Helper()
	return get(p, "text of "+css, chromedp.Text(chromedp.CSS(css)))
}

// Count is how many elements match now, without waiting.
func (p *Page) Count(css string) int {
	p.t.Helper()
	return Eval[int](p, fmt.Sprintf("document.querySelectorAll(%q).length", css))
}

// Path is where the page is now, from the slash after the host.
func (p *Page) Path() string {
	p.t.Helper()
	return strings.TrimPrefix(get(p, "address", chromedp.Location()), p.base)
}

// Eval runs JavaScript in the page as the developer tools do, past its content security policy.
func Eval[T any](p *Page, js string) T {
	p.t.Helper()
	return get(p, "evaluate", chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
}

// View sets the width in CSS pixels and the colour scheme, "light" or "dark".
func (p *Page) View(width int64, colours string) {
	p.t.Helper()
	p.do("view", p.view(width, colours))
}

// view sets what is not so already: the browser lays out and paints the page anew even for what it has.
func (p *Page) view(width int64, colours string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if width != p.width {
			if _, err := chromedp.EmulateViewport(width, 900)(ctx, t); err != nil {
				return err
			}
			p.width = width
		}
		if colours != p.colours {
			if _, err := scheme(colours)(ctx, t); err != nil {
				return err
			}
			p.colours = colours
		}
		return nil
	})
}

// Scripts switches the page's own scripts off or on, from the next Open.
func (p *Page) Scripts(on bool) {
	p.t.Helper()
	p.do("scripts", send(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}))
}

// SidewaysScroll is by how many CSS pixels the page is wider than its window; people expect 0.
func (p *Page) SidewaysScroll() int {
	p.t.Helper()
	return Eval[int](p, "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)")
}

// Shot writes a picture of the window to a WebP file.
func (p *Page) Shot(file string) {
	p.t.Helper()
	webp := get(p, "picture", func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		q := int64(quality)
		r, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &q})
		if err != nil {
			return nil, err
		}
		return r.Data, nil
	})
	if err := os.WriteFile(file, webp, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// quality of a picture, of 100: text stays sharp in about 30 KB.
const quality = 60

// PDF is the page as a browser prints it, on the paper that its style sheet asks for.
func (p *Page) PDF() []byte {
	p.t.Helper()
	res := get(p, "print", chromedp.Action[page.PrintToPDFResult](func(ctx context.Context, t *chromedp.Target) (page.PrintToPDFResult, error) {
		return cdp.Call(ctx, t, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: new(true)})
	}))
	return res.Data
}
