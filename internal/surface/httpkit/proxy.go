package httpkit

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
)

// Proxies are the addresses of proxies that say truly whom they speak for. Nobody else is believed: whoever may name an
// address of their own choice guesses at passwords without end.
type Proxies []netip.Prefix

const forwardedFor = "X-Forwarded-For"

// ParseProxies reads addresses and prefixes, such as 127.0.0.1 or 10.0.0.0/28. Invalid httpkit.proxy for what is neither, and
// for a prefix that holds every address.
func ParseProxies(list []string) (Proxies, error) {
	var out Proxies
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if a, one := netip.ParseAddr(s); one == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil || p.Bits() == 0 {
			return nil, fault.Wrap(err, fault.Invalid, "httpkit.proxy", "address", s).At("--proxy")
		}
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (p Proxies) hold(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(x netip.Prefix) bool { return x.Contains(a) })
}

// caller gives who a request came from: the connection's other end, or where that is a proxy of ours, the last address in
// X-Forwarded-For that is none. Each proxy adds at the end whom it heard; what stands before that anybody may have written.
func (p Proxies) caller(r *http.Request) string {
	from := ClientHost(r)
	at, err := netip.ParseAddr(from)
	if err != nil || !p.hold(bare(at)) {
		return from
	}
	hops := strings.Split(strings.Join(r.Header.Values(forwardedFor), ","), ",")
	for _, hop := range slices.Backward(hops) {
		a, ok := hopAddress(hop)
		if !ok {
			break
		}
		from = a.String()
		if !p.hold(a) {
			break
		}
	}
	return from
}

// hopAddress reads an address as proxies write it, some with a port.
func hopAddress(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		var at netip.AddrPort
		at, err = netip.ParseAddrPort(s)
		a = at.Addr()
	}
	return bare(a), err == nil
}

// bare writes one address in one way only.
func bare(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// called lets the rest of the product see the caller as if there were no proxy.
func (k *Kit) called(next http.Handler) http.Handler {
	if len(k.Proxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := *r
		from.RemoteAddr = net.JoinHostPort(k.Proxies.caller(r), "0")
		next.ServeHTTP(w, &from)
	})
}
