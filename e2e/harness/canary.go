package harness

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// sings is what the canary is called by in the page's world; it survives every navigation.
const sings = "__sings"

// canary gives every document, frames too, a function xss() and a listener to what the content security policy refuses.
const canary = `
window.xss = () => ` + sings + `("xss() was called");
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => ` + sings + `(name + "() was called");
addEventListener("securitypolicyviolation", e => ` + sings + `("the policy refused " + e.effectiveDirective + " " + e.blockedURI), true);`

// Canary makes a problem of the page whatever calls xss(), opens a dialog or is refused by the content security policy,
// from the next Open on.
func (p *Page) Canary() {
	p.t.Helper()
	p.do("canary", send(runtime.AddBinding, runtime.AddBindingParams{Name: sings}),
		send(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: canary}))
}

// Submit sends a form of the page as a click on its button would, without asking the browser whether it is filled well. It
// waits for the page that answers and gives its HTTP status. js is an expression for the form.
func (p *Page) Submit(js string) int {
	p.t.Helper()
	p.watch.begin()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, chromedp.Action[chromedp.Void](func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Evaluate[bool](fmt.Sprintf("HTMLFormElement.prototype.submit.call(%s), true", js))(ctx, t)
		return chromedp.Void{}, err
	}))
	if err != nil {
		p.t.Fatalf("submit on %s: %v", p.watch.where(), err)
	}
	return int(res.Status)
}
