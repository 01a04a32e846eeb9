package httpkit

import (
	"context"
	"net/http"

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
		if p.lang != locale.EN {
			p.lang = locale.FA
		}
		if p.theme != Dark && p.theme != Light {
			p.theme = Auto
		}
		w.Header().Add("Vary", "Cookie, Accept")
		w.Header().Set("Content-Language", string(p.lang))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), prefsKey{}, p)))
	})
}

var known = map[string][]string{"lang": {"fa", "en"}, "theme": {"light", "dark", "auto"}}

func (k *Kit) choice(w http.ResponseWriter, r *http.Request, name string) string {
	asked := r.URL.Query().Get(name)
	for _, v := range known[name] {
		if asked == v {
			// Readable by scripts on purpose: the theme button changes it without a request.
			http.SetCookie(w, &http.Cookie{Name: name, Value: v, Path: "/", MaxAge: yearSeconds, SameSite: http.SameSiteLaxMode, Secure: k.HTTPS})
			return v
		}
	}
	if c, err := r.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}

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
