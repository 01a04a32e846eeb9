package httpkit

import (
	"encoding/json"
	"net/http"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// Problem is an RFC 9457 answer. Key is stable for programs; Detail is for people, in the caller's language.
type Problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Key    string       `json:"key"`
	Field  string       `json:"field,omitempty"`
	ID     string       `json:"request_id,omitempty"`
	Errors []SubProblem `json:"errors,omitempty"`
}

// SubProblem is one of several faults of the same request.
type SubProblem struct {
	Key    string `json:"key"`
	Field  string `json:"field,omitempty"`
	Detail string `json:"detail"`
}

// ProblemOf translates a fault; its cause stays out.
func ProblemOf(l locale.Lang, status int, f *fault.Fault) Problem {
	p := Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Key: f.Key, Field: f.Field,
		Detail: locale.T(l, f.Key, f.Args)}
	details := f.Details
	if len(details) == 0 && f.Field != "" {
		details = []*fault.Fault{f} // a client finds every field in one place
	}
	for _, d := range details {
		p.Errors = append(p.Errors, SubProblem{Key: d.Key, Field: d.Field, Detail: locale.T(l, d.Key, d.Args)})
	}
	return p
}

// WriteProblem sends a fault as application/problem+json.
func WriteProblem(w http.ResponseWriter, r *http.Request, status int, f *fault.Fault) {
	p := ProblemOf(LangOf(r), status, f)
	p.ID = RequestID(r.Context())
	body, err := json.Marshal(p)
	if err != nil { // arguments are never marshalled, only texts: cannot fail
		body = []byte(`{"status":500}`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	send(w, r, status, body)
}

// WantsJSON reports whether the caller prefers JSON to HTML: the API always, others when Accept names a JSON type and
// no HTML before it. A browser's form post and a bare curl get a page.
func WantsJSON(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return true
	}
	for _, part := range strings.Split(r.Header.Get("Accept"), ",") {
		kind, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch {
		case kind == "text/html":
			return false
		case kind == "application/json", strings.HasSuffix(kind, "+json"):
			return true
		}
	}
	return false
}

// JSON sends a value as application/json with a status.
func JSON(w http.ResponseWriter, r *http.Request, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "fault.internal")
	}
	w.Header().Set("Content-Type", "application/json")
	send(w, r, status, body)
	return nil
}
