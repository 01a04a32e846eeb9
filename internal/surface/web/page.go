package web

import (
	"net/http"
	"net/url"
	"path"
	"time"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/httpkit"
)

// User is who is signed in, as a page shows it.
type User struct {
	Name, Role, Initials string
	Switch               bool // has other roles to switch to
}

// NavItem is one link of the side or bottom navigation. Head begins a group.
type NavItem struct {
	Label, Href, Icon string
	Head              string
	Count             int
	CountOf           string // what is counted, for screen readers
	Hot               bool   // the count is late
	Current           bool
}

// Crumb is one step of the way to a page; the last has no Href. Code marks a number that runs left to right.
type Crumb struct {
	Label, Href string
	Code        bool
}

// Flash is a message about what was just done. Tone is good, warn, bad or empty.
type Flash struct{ Tone, Text string }

// Param is one query parameter that a form must carry on.
type Param struct{ Name, Value string }

// Page is what the frame around every page needs. Views embed it.
type Page struct {
	Lang        locale.Lang
	Dir         string
	Title       string
	Description string
	User        *User
	Nav         []NavItem
	Tabs        []NavItem
	Sample      bool
	Crumbs      []Crumb
	Flash       *Flash
	Path        string
	Query       []Param // of this address, without lang and theme
	Theme       httpkit.Theme
	ThemeCookie string // which the theme button writes
	Now         time.Time
	Key         string // idempotency key for the page's form
	Inbox       bool   // the visitor has one, and has not read Unread of it
	Unread      int
	Search      Link // where the box on top looks, and for what
}

// T gives an interface text in the page's language; kv are names and values of its placeholders.
func (p *Page) T(key string, kv ...any) string { return locale.T(p.Lang, key, pairs(kv)) }

// LangHref is this page in another language.
func (p *Page) LangHref(l string) string {
	q := url.Values{}
	for _, x := range p.Query {
		q.Add(x.Name, x.Value)
	}
	q.Set("lang", l)
	return p.Path + "?" + q.Encode()
}

// NextTheme is the theme that the switch chooses when no script runs: from light or system to dark, from dark to light.
func (p *Page) NextTheme() string {
	if p.Theme == httpkit.Dark {
		return string(httpkit.Light)
	}
	return string(httpkit.Dark)
}

// Page makes the frame of a page of this request; title is a locale key or a text that is none.
func (s *Server) Page(r *http.Request, title string) *Page {
	l := httpkit.LangOf(r)
	p := &Page{Lang: l, Dir: "rtl", Title: locale.T(l, title, nil), Sample: s.cfg.Sample, Path: s.openable(r.URL.Path),
		Theme: httpkit.ThemeOf(r), ThemeCookie: s.cfg.Kit.ThemeCookie(), Now: s.cfg.Clock.Now(), Key: httpkit.NewKey()}
	if p.Path == r.URL.Path {
		p.Query = params(r.URL.Query())
	}
	if l == locale.EN {
		p.Dir = "ltr"
	}
	p.Description = p.T("web.description")
	if s.cfg.Who != nil {
		p.User = s.cfg.Who(r)
	} else {
		p.User = deskUser(r, p)
	}
	p.Search = searchLink(p, httpkit.PrincipalOf(r))
	p.Inbox, p.Unread = s.unread(r)
	p.Nav, p.Tabs = s.nav(r, p)
	return p
}

// readableOf takes the routes that can be opened out of a table.
func readableOf(routes []httpkit.Route) *http.ServeMux {
	mux := http.NewServeMux()
	for _, rt := range routes {
		if rt.Method == http.MethodGet {
			mux.Handle(rt.Method+" "+rt.Pattern, http.NotFoundHandler())
		}
	}
	return mux
}

// openable gives the address itself where it can be opened, else the nearest above it that can: a page that answers a form
// may stand at an address that takes forms only, and its switches of language and theme must lead somewhere.
func (s *Server) openable(address string) string {
	for at := address; len(at) > 1; at = path.Dir(at) {
		if _, pattern := s.readable.Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: at}}); pattern != "" {
			return at
		}
	}
	return "/"
}

func params(q url.Values) []Param {
	var out []Param
	for _, name := range sortedKeys(q) {
		if name == "lang" || name == "theme" {
			continue
		}
		for _, v := range q[name] {
			out = append(out, Param{name, v})
		}
	}
	return out
}

// publicNav are the pages anybody may see: key, address, icon, and whether it stands at the bottom of a phone.
var publicNav = []struct {
	key, href, icon string
	tab             bool
}{
	{"web.nav.home", "/", "home", true},
	{"web.nav.procedures", "/procedures", "scroll-text", true},
	{"web.nav.report", "/report", "file-text", true},
	{"web.nav.verify", "/verify", "shield-check", true},
	{"web.nav.help", "/help", "circle-help", true},
	{"web.nav.about", "/about", "info", false},
}

func (s *Server) nav(r *http.Request, p *Page) (side, tabs []NavItem) {
	if s.cfg.Nav != nil {
		side, tabs = s.cfg.Nav(r, p)
	} else {
		side, tabs = deskNav(r, p)
	}
	if len(side) > 0 {
		side = append(side, NavItem{Head: p.T("web.nav.public")})
	}
	own := len(tabs)
	for _, n := range publicNav {
		item := NavItem{Label: p.T(n.key), Href: n.href, Icon: n.icon, Current: n.href == topOf(p.Path)}
		side = append(side, item)
		if own == 0 && n.tab {
			tabs = append(tabs, item)
		}
	}
	return side, tabs
}
