package httpkit

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
)

//go:embed data/limits.csv
var limitsTable []byte

// limitKeys bounds how many callers are remembered for each sort of request; one who is forgotten starts anew.
const limitKeys = 50_000

// The sorts of requests that are counted. Free ones are not: files and the public log, which anybody may keep. Entering has
// figures of its own, so that nobody shuts the ways in by reading; how often one login is guessed at is counted beside it
// (package party).
const (
	limitRead   = "read"
	limitAct    = "act"
	limitSearch = "search"
	limitEnter  = "enter"
	limitFree   = "free"
)

var limitKinds = []string{limitRead, limitAct, limitSearch, limitEnter}

// Limits bounds how much one caller reads, searches and does. Who has signed in is counted as that person, from wherever they
// ask; who has not, by the address. So a stranger uses up nobody's but the strangers' of one address.
type Limits struct {
	buckets map[string]*Throttle // sort and who
	routes  map[string]string    // pattern, or method and pattern → sort, where the method does not say it
	folders []string             // free patterns that end in a slash, with all below
}

// NewLimits reads a table of limits, the program's own where it is nil. Invalid httpkit.limits, naming the line.
func NewLimits(c clock.Clock, table []byte) (*Limits, error) {
	if table == nil {
		table = limitsTable
	}
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil || len(rows) < 2 {
		return nil, fault.Wrap(err, fault.Invalid, "httpkit.limits", "line", max(len(rows), 1))
	}
	l := &Limits{buckets: map[string]*Throttle{}, routes: map[string]string{}}
	for i, r := range rows[1:] {
		if err := l.line(c, r); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "httpkit.limits", "line", i+2)
		}
	}
	for _, kind := range limitKinds {
		for _, who := range []string{"person", "address"} {
			if l.buckets[kind+" "+who] == nil {
				return nil, fault.New(fault.Invalid, "httpkit.limits", "line", len(rows)+1)
			}
		}
	}
	return l, nil
}

func (l *Limits) line(c clock.Clock, r []string) error {
	if len(r) != 5 || r[0] != limitFree && !slices.Contains(limitKinds, r[0]) {
		return fault.New(fault.Invalid, "httpkit.limits", "line", 0)
	}
	for p := range strings.SplitSeq(r[4], ";") {
		switch {
		case strings.HasSuffix(p, "/") && r[0] == limitFree:
			l.folders = append(l.folders, p)
		case p != "":
			l.routes[p] = r[0]
		}
	}
	if r[0] == limitFree {
		return nil
	}
	burst, err := strconv.Atoi(r[2])
	if err != nil {
		return err
	}
	rate, err := strconv.Atoi(r[3])
	if err != nil || burst < 1 || rate < 1 {
		return fault.Wrap(err, fault.Invalid, "httpkit.limits", "line", 0)
	}
	l.buckets[r[0]+" "+r[1]] = NewThrottle(c, burst, time.Minute/time.Duration(rate), limitKeys)
	return nil
}

// Take counts a request for a route. TooMany fault.too_many with the seconds to wait.
func (l *Limits) Take(r *http.Request, rt Route) error {
	if slices.ContainsFunc(l.folders, func(f string) bool { return strings.HasPrefix(rt.Pattern, f) }) {
		return nil
	}
	kind, named := l.routes[rt.Method+" "+rt.Pattern]
	if !named {
		kind, named = l.routes[rt.Pattern]
	}
	switch {
	case kind == limitFree:
		return nil
	case kind == limitEnter:
		return l.enter(r, rt)
	case !named && rt.Method == http.MethodGet:
		kind = limitRead
	case !named || kind == limitSearch && rt.Method != http.MethodGet:
		kind = limitAct
	}
	if p := PrincipalOf(r); p.SignedIn() {
		return l.buckets[kind+" person"].Take(p.Person)
	}
	return l.buckets[kind+" address"].Take(ClientNetwork(r))
}

// enter counts who wants in: all logins of one network together, so that nobody tries them one after another. Where a network
// has used up its entries, by whomever, those who have come in from there before have a few of their own.
func (l *Limits) enter(r *http.Request, rt Route) error {
	if p := PrincipalOf(r); p.SignedIn() {
		return l.buckets[limitEnter+" person"].Take(p.Person)
	}
	err := l.buckets[limitEnter+" address"].Take(ClientNetwork(r))
	if err == nil || rt.Known == nil {
		return err
	}
	if known := rt.Known(r); known != "" {
		return l.buckets[limitEnter+" person"].Take(known)
	}
	return err
}

// ClientNetwork is where a request came from, as it is counted: the address, or of IPv6 the /64, since one house is given a
// whole range of it.
func ClientNetwork(r *http.Request) string { return network(ClientHost(r)) }

func network(host string) string {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if a = bare(a); a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return host
	}
	return p.String()
}
