package web

import (
	"net/url"
	"reflect"
	"slices"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
)

// askedAgain is the law of the queue's address: whatever it holds is a view and an order that there are, and the address
// that the page writes of it asks the same again, on this page, the next and the one before.
func askedAgain(t testing.TB, href func(asked, func(*asked)) string, raw string) {
	t.Helper()
	q, err := url.ParseQuery(raw)
	if err != nil {
		return
	}
	a := askedOf(q)
	if !slices.Contains(views, a.view) || !slices.Contains(sorts, a.sort) {
		t.Fatalf("%q asks for %q by %q", raw, a.view, a.sort)
	}
	if b := askedOf(queryOf(t, href(a, func(*asked) {}))); !reflect.DeepEqual(a, b) {
		t.Fatalf("%q asks %+v, and its own address %+v", raw, a, b)
	}
	next := pager(a, casework.Page{Rows: make([]casework.Row, 1), Next: "bmV4dA"}).Next
	b := askedOf(queryOf(t, next))
	if b.after != "bmV4dA" || len(b.trail) != len(a.trail)+1 {
		t.Fatalf("the page after %q is %+v", raw, b)
	}
	if back := askedOf(queryOf(t, pager(b, casework.Page{}).Prev)); !reflect.DeepEqual(a, back) {
		t.Fatalf("%q, on and back, is %+v", raw, back)
	}
}

func queryOf(t testing.TB, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

var addresses = []string{
	"", "v=open&sort=amount&stage=a&county=b&q=c", "after=YQ&trail=Yg%7CYw", "v=x&sort=y", "trail=%7C", "after=a%7Cb&trail=",
	"procedure=referral&count=waiting&key=a&of=b&day=2026-01-01", "q=%D9%83%0A",
}

func FuzzQueueAddress(f *testing.F) {
	for _, raw := range addresses {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) { askedAgain(t, asked.href, raw) })
}

// A page that leaves a filter out of its links shows other cases on its second page.
func TestFuzzQueueAddressFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "and its own address", func(t testing.TB) {
		for _, raw := range addresses {
			askedAgain(t, func(a asked, change func(*asked)) string {
				return a.href(func(a *asked) { change(a); a.count.Day = "" })
			}, raw)
		}
	})
}
