package api

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/surface/httpkit"
)

func doc(t *testing.T) map[string]any {
	t.Helper()
	raw, err := document("1")
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheDocumentAndTheRouteTableNameTheSameRoutes(t *testing.T) {
	t.Parallel()
	table, said := map[string]bool{}, map[string]bool{}
	for _, rt := range (&Server{}).Routes() {
		table[strings.ToLower(rt.Method)+" "+rt.Pattern] = rt.Policy == httpkit.Public
	}
	for path, ops := range doc(t)["paths"].(map[string]any) {
		for method, op := range ops.(map[string]any) {
			o := op.(map[string]any)
			_, open := o["security"]
			said[method+" "+path] = open
			if o["operationId"] == "" || o["responses"] == nil {
				t.Errorf("%s %s lacks an id or responses", method, path)
			}
		}
	}
	for k, public := range table {
		if open, ok := said[k]; !ok || open != public {
			t.Errorf("%s: in the document %v, public %v there and %v in the table", k, ok, open, public)
		}
	}
	for k := range said {
		if _, ok := table[k]; !ok {
			t.Errorf("the document names %s, which is no route", k)
		}
	}
}

func TestEverySchemaCompiles(t *testing.T) {
	t.Parallel()
	d := doc(t)
	if d["openapi"] != "3.1.0" || d["info"].(map[string]any)["title"] == "" {
		t.Error("not an OpenAPI 3.1 document")
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("mem:///api.json", d); err != nil {
		t.Fatal(err)
	}
	for name := range d["components"].(map[string]any)["schemas"].(map[string]any) {
		if _, err := c.Compile("mem:///api.json#/components/schemas/" + name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func answer(t *testing.T, h httpkit.Handler, r *http.Request) (int, httpkit.Problem) {
	t.Helper()
	k := &httpkit.Kit{Clock: clock.NewManual(time.Unix(0, 0)), Log: slog.New(slog.DiscardHandler)}
	mux := http.NewServeMux()
	if err := k.Register(mux, []httpkit.Route{{Method: "POST", Pattern: "/api/v1/x", Policy: httpkit.Public, Handler: h, MaxBody: 200}}); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	k.Wrap(k.Mux(mux)).ServeHTTP(w, r)
	var p httpkit.Problem
	if w.Code >= 400 {
		if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
			t.Errorf("content type %s", ct)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Error(err)
		}
	}
	return w.Code, p
}

func post(body, kind string) *http.Request {
	r := httptest.NewRequest("POST", "/api/v1/x", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

func TestBodiesAreReadStrictly(t *testing.T) {
	t.Parallel()
	h := func(_ http.ResponseWriter, r *http.Request) error { return read(r, &openRequest{}) }
	for name, c := range map[string]struct {
		body, kind string
		want       int
	}{
		"good":          {`{"procedure":"referral"}`, "application/json; charset=utf-8", 200},
		"a form":        {`a=b`, "application/x-www-form-urlencoded", 422},
		"no type":       {`{}`, "", 422},
		"unknown field": {`{"procedur":"referral"}`, "application/json", 422},
		"two values":    {`{} {}`, "application/json", 422},
		"broken":        {`{"unit":`, "application/json", 422},
		"wrong type":    {`{"unit":7}`, "application/json", 422},
		"too long":      {`{"unit":"` + strings.Repeat("x", 300) + `"}`, "application/json", 413},
	} {
		code, p := answer(t, h, post(c.body, c.kind))
		if code != c.want || code >= 400 && (p.Status != code || p.Type == "" || p.Title == "" || p.Detail == "" || p.Key == p.Detail) {
			t.Errorf("%s: %d %+v", name, code, p)
		}
	}
}

func TestProblemsNameEveryFieldInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	one := fault.New(fault.Invalid, "api.limit").At("limit")
	many := fault.New(fault.Invalid, "fault.invalid").With(one, fault.New(fault.Invalid, "api.content_type").At("type"))
	for _, c := range []struct {
		f            *fault.Fault
		header, word string
		fields       int
	}{
		{one, "", "عددی", 1}, {one, "en-GB,fa;q=0.5", "number", 1}, {many, "fr, en;q=0.2, fa;q=0.9", "عددی", 2}, {many, "en", "number", 2},
	} {
		r := post(`{}`, "application/json")
		r.Header.Set("Accept-Language", c.header)
		code, p := answer(t, func(http.ResponseWriter, *http.Request) error { return c.f }, r)
		if code != 422 || len(p.Errors) != c.fields || p.Errors[0].Field != "limit" || !strings.Contains(p.Errors[0].Detail, c.word) {
			t.Errorf("%q: %d %+v", c.header, code, p)
		}
	}
}

func TestListParametersAreNeverSilentlyLost(t *testing.T) {
	t.Parallel()
	s := &Server{cfg: Config{Clock: clock.NewManual(time.UnixMicro(77))}}
	for raw, good := range map[string]bool{
		"limit=10&open=true&overdue=1&stage=a&stage=b": true, "limit=0": false, "limit=201": false, "limit=x": false, "county_id=3": false,
	} {
		q, err := s.query(httptest.NewRequest("GET", "/?"+raw, nil))
		if (err == nil) != good || !good && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", raw, err)
		}
		if good && (q.Limit != 10 || !q.Open || q.Overdue != 77 || len(q.Stages) != 2 || !q.Total) {
			t.Errorf("%s: %+v", raw, q)
		}
	}
}

func TestTheKeyOfAnOpeningIsDrawnOrHeldToTheRule(t *testing.T) {
	t.Parallel()
	for key, good := range map[string]bool{"": true, "abcd-1234": true, "short": false, "with space": false} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set(httpkit.KeyHeader, key)
		got, err := openKey(r)
		if (err == nil) != good || good && len(got) < 8 {
			t.Errorf("%q: %q %v", key, got, err)
		}
	}
}
