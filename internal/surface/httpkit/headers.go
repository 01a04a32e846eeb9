package httpkit

import (
	"maps"
	"net/http"
	"net/url"
)

// ContentPolicy allows what our own origin serves as files and nothing inline. connect-src serves drafts and live pages.
const ContentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// filePolicy is for files that people gave: should a browser show one instead of saving it, it is a page without rights.
const filePolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox"

// Attach says that an answer is a file to be saved under a name, of that type and no other, and inert if it is shown.
func Attach(w http.ResponseWriter, media, name string) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
	h.Set("Content-Security-Policy", filePolicy)
}

// fixedHeaders are shared by all answers: who sets one anew gives it a list of its own, and who adds to one copies it.
var fixedHeaders = http.Header{
	"Content-Security-Policy":      {ContentPolicy},
	"X-Content-Type-Options":       {"nosniff"},
	"Referrer-Policy":              {"same-origin"},
	"Permissions-Policy":           {"camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"X-Frame-Options":              {"DENY"},
	"Cache-Control":                {"no-store"},
}

// headers sets the security headers on every answer. Pages are not kept on shared machines unless a handler allows it.
func (k *Kit) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		maps.Copy(h, fixedHeaders)
		if k.HTTPS || r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}
