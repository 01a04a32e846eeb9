package httpkit

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"rahgosha/internal/base/locale"
)

// Theme is the colour scheme a reader chose.
type Theme string

// The themes; Auto follows the reader's system.
const (
	Auto  Theme = ""
	Light Theme = "light"
	Dark  Theme = "dark"
)

const yearSeconds = 365 * 24 * 3600

type prefsKey struct{}

type prefs struct {
	lang  locale.Lang
	theme Theme
}

// prefs reads ?lang= and ?theme= (remembered in a cookie) or the cookies. Persian and the system's theme are the default.
func (k *Kit) prefs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := prefs{lang: locale.Lang(k.choice(w, r, "lang")), theme: Theme(k.choice(w, r, "theme"))}
		if p.lang == "" && strings.HasPrefix(r.URL.Path, "/api/") {
			p.lang = accepted(r.Header.Values("Accept-Language"))
		}
		if p.lang != locale.EN {
			p.lang = locale.FA
		}
		if p.theme != Dark && p.theme != Light {
			p.theme = Auto
		}
		w.Header().Add("Vary", "Cookie, Accept, Accept-Language")
		w.Header().Set("Content-Language", string(p.lang))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), prefsKey{}, p)))
	})
}

// accepted reads Accept-Language, for machines only: browsers in Iran often ask for English though their reader did not.
// It gives English when that is named with a higher weight than Persian, or named first with the same.
func accepted(header []string) locale.Lang {
	best, lang := 0.0, locale.FA
	for _, part := range strings.Split(strings.Join(header, ","), ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		l := locale.Lang(base)
		if w := weight(params); (l == locale.FA || l == locale.EN) && w > best {
			best, lang = w, l
		}
	}
	return lang
}

// weight is the q of a language, 1 without one; what cannot be read counts as not wanted.
func weight(params string) float64 {
	q, ok := strings.CutPrefix(strings.TrimSpace(params), "q=")
	if !ok {
		return 1
	}
	w, err := strconv.ParseFloat(q, 64)
	if err != nil || !(w >= 0 && w <= 1) {
		return 0
	}
	return w
}

var known = map[string][]string{"lang": {"fa", "en"}, "theme": {"light", "dark", "auto"}}

func (k *Kit) choice(w http.ResponseWriter, r *http.Request, name string) string {
	asked := r.URL.Query().Get(name)
	for _, v := range known[name] {
		if asked == v {
			// Readable by scripts on purpose: the theme button changes it without a request.
			http.SetCookie(w, &http.Cookie{Name: k.name(name), Value: v, Path: "/", MaxAge: yearSeconds, SameSite: http.SameSiteLaxMode, Secure: k.HTTPS}) // #nosec G124 -- Secure wherever the server is told that it is reached over TLS; it serves plain loopback too
			return v
		}
	}
	if c, err := r.Cookie(k.name(name)); err == nil {
		return c.Value
	}
	return ""
}

// ThemeCookie is the name of the cookie that the theme button of a page writes.
func (k *Kit) ThemeCookie() string { return k.name("theme") }

// LangOf gives the language of the request, Persian outside one.
func LangOf(r *http.Request) locale.Lang {
	if p, ok := r.Context().Value(prefsKey{}).(prefs); ok {
		return p.lang
	}
	return locale.FA
}

// ThemeOf gives the theme of the request, Auto outside one.
func ThemeOf(r *http.Request) Theme {
	p, _ := r.Context().Value(prefsKey{}).(prefs)
	return p.theme
}
