package harness

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Cookies are what the page's person holds for the server, for another page of the same person.
func (p *Page) Cookies() map[string]string {
	p.t.Helper()
	got := get(p, "cookies", chromedp.Action[network.GetCookiesResult](func(ctx context.Context, t *chromedp.Target) (network.GetCookiesResult, error) {
		return cdp.Call(ctx, t, network.GetCookies, network.GetCookiesParams{URLs: []string{p.base}})
	}))
	out := map[string]string{}
	for _, c := range got.Cookies {
		out[c.Name] = c.Value
	}
	return out
}

// SetCookies gives the page's person cookies of the server, as they are after signing in.
func (p *Page) SetCookies(of map[string]string) {
	p.t.Helper()
	for name, value := range of {
		p.do("set cookie "+name, send(network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: p.base, HTTPOnly: new(true)}))
	}
}
