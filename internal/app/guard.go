package app

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/web"
)

// enrich attaches who is signed in to every request; a token that no longer opens a session makes a visitor.
func (a *App) enrich(k *httpkit.Kit) func(*http.Request) *http.Request {
	return func(r *http.Request) *http.Request {
		p := access.Anonymous(a.Province)
		if token := k.Token(r); token != "" {
			resolve := a.Party.Resolve
			if strings.HasSuffix(r.URL.Path, web.NewsPath) { // the page asks, not the person
				resolve = a.Party.Peek
			}
			if who, err := resolve(r.Context(), token); err == nil {
				p = who
			}
		}
		r = r.WithContext(access.Within(r.Context(), p.Scope(a.provinceWide(r.Context(), p))))
		if a.pretend != nil {
			p = a.pretend(r, p)
		}
		return httpkit.WithPrincipal(r, p)
	}
}

// provinceWide gives the procedures whose cases the principal's role sees in all of the province.
func (a *App) provinceWide(ctx context.Context, p access.Principal) (out []string) {
	if !p.SignedIn() || p.Scope(nil).Whole {
		return nil
	}
	defs, err := a.Defs.All(access.AsServer(ctx))
	if err != nil {
		a.Log.ErrorContext(ctx, "without procedures nobody's role reaches further than their body", "cause", err)
	}
	for _, d := range defs {
		if r := d.Role(p.Role); r != nil && r.Relation == "" && !slices.Contains(out, d.ID) {
			out = append(out, d.ID)
		}
	}
	slices.Sort(out)
	return out
}

// served wants somebody of the province that this installation serves, for what reaches all its cases at once: its working
// days, and versions of procedures tried on what runs.
func (a *App) served(p access.Principal) error {
	if p.Province != a.Province {
		return fault.New(fault.Forbidden, "app.other_province", "province", a.Province)
	}
	return nil
}

// guard understands the policies of the route tables: "signed-in", "role:a,b", "may:resource/verb". Any other is denied.
func guard(r *http.Request, policy string) (*http.Request, error) {
	p := httpkit.PrincipalOf(r)
	kind, rest, _ := strings.Cut(policy, ":")
	switch kind {
	case "signed-in":
		if p.SignedIn() {
			return r, nil
		}
		return r, fault.New(fault.Unauthenticated, "fault.unauthenticated")
	case "role":
		if p.SignedIn() && slices.Contains(strings.Split(rest, ","), p.Role) {
			return r, nil
		}
	case "may":
		resource, verb, _ := strings.Cut(rest, "/")
		return r, access.Authorize(p, resource, verb)
	}
	if !p.SignedIn() {
		return r, fault.New(fault.Unauthenticated, "fault.unauthenticated")
	}
	return r, fault.New(fault.Forbidden, "fault.forbidden")
}
