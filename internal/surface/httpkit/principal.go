package httpkit

import (
	"context"
	"net"
	"net/http"
	"strings"

	"rahgosha/internal/kernel/access"
)

type principalKey struct{}

// WithPrincipal attaches who is signed in to a request.
func WithPrincipal(r *http.Request, p access.Principal) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), principalKey{}, p))
}

// PrincipalOf gives who is signed in, or the anonymous visitor.
func PrincipalOf(r *http.Request) access.Principal { return PrincipalIn(r.Context()) }

// PrincipalIn is PrincipalOf for what is asked below a request.
func PrincipalIn(ctx context.Context) access.Principal {
	p, ok := ctx.Value(principalKey{}).(access.Principal)
	if !ok {
		return access.Anonymous("")
	}
	return p
}

// Token gives the request's session token: the bearer of a machine, else the browser's cookie; "" for neither.
func (k *Kit) Token(r *http.Request) string {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return strings.TrimSpace(bearer)
	}
	return k.SessionToken(r)
}

type clientKey struct{}

// ClientIn is ClientHost for what is asked below a request, "" outside one.
func ClientIn(ctx context.Context) string {
	from, _ := ctx.Value(clientKey{}).(string)
	return from
}

// ClientHost is the address a request came from, without its port.
func ClientHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
