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

// The sorts of requests that are counted. Free ones are not: files and the public log, which anybody may keep, and the ways
// in, which count for themselves (package party), so that nobody shuts them for others.
const (
	limitRead   = "read"
	limitAct    = "act"
	limitSearch = "search"
	limitFree   = "free"
)

// Limits bounds how much one caller reads, searches and does. Who has signed in is counted as that person, from wherever they
// ask; who has not, by the address. So a stranger uses up nobody's but the strangers' of one address.
type Limits struct {
	buckets map[string]*Throttle // sort and who
	routes  map[string]string    // pattern → sort, where the method does not say it
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
	for _, kind := range []string{limitRead, limitAct, limitSearch} {
		for _, who := range []string{"person", "address"} {
			if l.buckets[kind+" "+who] == nil {
				return nil, fault.New(fault.Invalid, "httpkit.limits", "line", len(rows)+1)
			}
		}
	}
	return l, nil
}

func (l *Limits) line(c clock.Clock, r []string) error {
	if len(r) != 5 || !slices.Contains([]string{limitRead, limitAct, limitSearch, limitFree}, r[0]) {
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
	kind, named := l.routes[rt.Pattern]
	switch {
	case kind == limitFree:
		return nil
	case !named && rt.Method == http.MethodGet:
		kind = limitRead
	case !named || kind == limitSearch && rt.Method != http.MethodGet:
		kind = limitAct
	}
	if p := PrincipalOf(r); p.SignedIn() {
		return l.buckets[kind+" person"].Take(p.Person)
	}
	return l.buckets[kind+" address"].Take(network(ClientHost(r)))
}

// network is whose an address is: one that IPv6 gives to a house is a whole range of it.
func network(host string) string {
	a, err := netip.ParseAddr(host)
	if err != nil || a.Unmap().Is4() {
		return host
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return host
	}
	return p.String()
}
