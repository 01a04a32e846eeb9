package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// nothingLost is the law of bodies: one is refused as invalid, or is one object whose every field was understood, so that
// nobody believes a fact was taken that was dropped. A key given twice is refused, naming it, and no other body for that.
func nothingLost(t testing.TB, read func(*http.Request, any) error, body string) {
	t.Helper()
	var in actRequest
	if err := read(post(body, "application/json"), &in); err != nil {
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid || f.Key != "api.body" && f.Key != "api.twice" {
			t.Fatalf("not said to be wrong: %v", err)
		}
		if f.Key == "api.twice" && !slices.Contains(twice(t, body), f.Field) {
			t.Fatalf("%q is refused for %s", body, f.Field)
		}
		return
	}
	if at := twice(t, body); len(at) > 0 {
		t.Fatalf("of %q only one was taken of %q", body, at)
	}
	dec := json.NewDecoder(strings.NewReader(body))
	var sent any
	if err := dec.Decode(&sent); err != nil || dec.More() {
		t.Fatalf("%q was read though it is not one value", body)
	}
	known, fields := sentOf(t, in), reflect.TypeFor[actRequest]()
	object, _ := sent.(map[string]any)
	for name, v := range object {
		at := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
		if at < 0 {
			t.Fatalf("%q was dropped with what it said of %q", body, name)
		}
		if v != nil && fields.Field(at).Type.Kind() == reflect.Map && reflect.ValueOf(in).Field(at).Len() != len(v.(map[string]any)) {
			t.Fatalf("%q lost a fact", body)
		}
	}
}

// twice walks a body's tokens and gives where objects have a key again, in whatever case.
func twice(t testing.TB, body string) (at []string) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(body))
	next := func() json.Token {
		token, err := dec.Token()
		if err != nil {
			t.Fatalf("%q was read: %v", body, err)
		}
		return token
	}
	var value func(path string)
	value = func(path string) {
		switch next() {
		case json.Delim('{'):
			var keys []string
			for dec.More() {
				key, _ := next().(string)
				place := path + "/" + strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
				if slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) }) {
					at = append(at, place)
				}
				keys = append(keys, key)
				value(place)
			}
			next()
		case json.Delim('['):
			for n := 0; dec.More(); n++ {
				value(fmt.Sprint(path, "/", n))
			}
			next()
		}
	}
	value("")
	return at
}

// sentOf are the names by which the fields of a body are sent.
func sentOf(t testing.TB, v any) (names []string) {
	t.Helper()
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

var bodies = []string{
	`{"version":3,"facts":{"a":1,"b":["x"],"c":null},"note":"n"}`, `{"version":3,"fact":{"a":1}}`, `{"version":1} {"version":2}`, `{"version":1.5}`,
	`null`, `[]`, `{"facts":{"n":9999999999999999999}}`, `{"VERSION":3}`, "{\"note\":\"\xff\"}", ``, `{"on_behalf":{"role":"x","rolle":"y"}}`,
	`{"version":1,"version":2}`, `{"version":1,"Version":2}`, `{"facts":{"a":1,"b":{"x":1},"\u0061":2}}`, `{"facts":{"a":[{"x":"{\"x\""},[1,{"y/~":1,"y/~":2}]]}}`,
	`{"on_behalf":{"role":"x","role":"y"}}`, `{"facts":{"a":{"x":1},"b":{"x":"\\"},"c":[{"x":1},{"x":1}]}}`,
}

func FuzzBody(f *testing.F) {
	for _, b := range bodies {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body string) { nothingLost(t, read, body) })
}

// A reader that passes over what it does not know drops the facts of a caller who mistyped their name; one that stops
// behind the first value drops the second.
func TestFuzzBodyFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	for words, broken := range map[string]func(*http.Request, any) error{
		"was dropped": func(r *http.Request, into any) error {
			var raw bytes.Buffer
			_, _ = raw.ReadFrom(r.Body)
			if err := json.Unmarshal(raw.Bytes(), into); err != nil {
				return fault.New(fault.Invalid, "api.body")
			}
			return nil
		},
		"is not one value": func(r *http.Request, into any) error {
			dec := json.NewDecoder(r.Body)
			dec.DisallowUnknownFields()
			if err := dec.Decode(into); err != nil {
				return fault.New(fault.Invalid, "api.body")
			}
			return nil
		},
		"only one was taken": func(r *http.Request, into any) error {
			dec := json.NewDecoder(r.Body)
			dec.DisallowUnknownFields()
			if err := dec.Decode(into); err != nil {
				return fault.New(fault.Invalid, "api.body")
			}
			if dec.More() {
				return fault.New(fault.Invalid, "api.body")
			}
			return nil
		},
	} {
		control.Finds(t, words, func(t testing.TB) {
			for _, b := range bodies {
				nothingLost(t, broken, b)
			}
		})
	}
}

// noFilterLost is the law of lists: a question is refused, naming its parameter, or each parameter in it shows in what the
// engine is asked.
func noFilterLost(t testing.TB, read func(*http.Request) (casework.Query, error), raw string) {
	t.Helper()
	asked, err := url.ParseQuery(raw)
	if err != nil {
		return
	}
	q, err := read(&http.Request{URL: &url.URL{RawQuery: raw}})
	if err != nil {
		if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || !asked.Has(f.Field) {
			t.Fatalf("the parameter is not named: %v", err)
		}
		return
	}
	for name, said := range map[string]string{"procedure": q.Procedure, "holder": q.Holder, "unit": q.Unit, "county": q.County, "q": q.Text, "sort": q.Sort, "after": q.After} {
		if said != asked.Get(name) || len(asked[name]) > 1 {
			t.Fatalf("%q asks for the %s %q", raw, name, said)
		}
		asked.Del(name)
	}
	if !slices.Equal(q.Stages, asked["stage"]) || asked.Has("limit") != (q.Limit > 0) || q.Limit > 200 {
		t.Fatalf("%q asks for %+v", raw, q)
	}
	for _, name := range []string{"stage", "limit", "open", "overdue"} {
		asked.Del(name)
	}
	if len(asked) > 0 {
		t.Fatalf("%q loses %v", raw, asked)
	}
}

var questions = []string{"", "limit=10&open=true&overdue=1&stage=a&stage=b&q=c", "limit=0", "limit=201", "county_id=3", "procedure=a&unit=b&county=c&holder=d&sort=due&after=e", "%00=1", "open=yes", "q=a&q=b"}

func FuzzQuery(f *testing.F) {
	for _, raw := range questions {
		f.Add(raw)
	}
	s := &Server{cfg: Config{Clock: clock.NewManual(time.UnixMicro(77))}}
	f.Fuzz(func(t *testing.T, raw string) { noFilterLost(t, s.query, raw) })
}

// A reader that passes over a parameter it does not know answers with cases that nobody asked for.
func TestFuzzQueryFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	s := &Server{cfg: Config{Clock: clock.NewManual(time.UnixMicro(77))}}
	control.Finds(t, "loses map[county_id", func(t testing.TB) {
		for _, raw := range questions {
			noFilterLost(t, func(r *http.Request) (casework.Query, error) {
				known := httptest.NewRequest(http.MethodGet, "/?"+strings.ReplaceAll(r.URL.RawQuery, "county_id=3", ""), nil)
				return s.query(known)
			}, raw)
		}
	})
}
