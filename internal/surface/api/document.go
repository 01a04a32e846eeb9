package api

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

// operation describes one route for the document; every route has one, and a test says so.
type operation struct {
	method, path, summary string
	query                 []parameter
	header                []parameter
	body, answer, short   any // zero values of the types; short answers Prefer: return=minimal
	status                int
	media                 string
	public                bool
	faults                []int
}

type parameter struct {
	name, text string
	required   bool
}

// wordsHeader takes the words of a search out of the address.
var wordsHeader = []parameter{{httpkit.WordsHeader, "words in place of q, percent-encoded UTF-8: addresses lie in the logs of proxies", false}}

// prefer is the header by which a program asks for the short answer.
var prefer = parameter{"Prefer", "return=minimal: answer with ids and version alone, which is much quicker (RFC 7240)", false}

var operations = []operation{
	{method: "get", path: "/openapi.json", summary: "This document", status: 200, media: "application/json", public: true},
	{method: "post", path: "/sessions", summary: "Sign in; gives a bearer token and sets the session cookie", body: signInRequest{}, answer: SessionView{}, status: 201, public: true, faults: []int{401, 422, 429}},
	{method: "get", path: "/sessions/current", summary: "Who is signed in", answer: SessionView{}, status: 200},
	{method: "post", path: "/sessions/current/step-up", summary: "Show the second factor again, before decisions and exports; gives a new token, the old one is over", body: stepUpRequest{}, answer: SessionView{}, status: 200, faults: []int{401, 422, 429}},
	{method: "delete", path: "/sessions/current", summary: "Sign out", status: 204},
	{method: "get", path: "/procedures", summary: "Procedures in force", answer: listOf[Procedure]{}, status: 200, public: true},
	{method: "post", path: "/cases", summary: "Open a case as a draft; with action, carry out that act at once: both happen or neither, but an act that is refused leaves the draft, named by Location", body: openRequest{}, answer: casework.View{}, short: Receipt{}, status: 201, faults: []int{403, 404, 422},
		header: []parameter{{httpkit.KeyHeader, "unique key of this request, best one that begins with the time, such as a UUID of version 7: keys of one time are remembered side by side; the same key acts once", false}, prefer}},
	{method: "get", path: "/cases", summary: "Cases the caller may see", answer: CaseList{}, status: 200, faults: []int{422}, header: wordsHeader, query: []parameter{
		{"procedure", "procedure id", false}, {"stage", "stage id, repeatable", false}, {"holder", "role that must act", false},
		{"unit", "unit id", false}, {"county", "county", false}, {"q", "words of the number or the unit's name", false},
		{"open", "true: only cases without outcome", false}, {"overdue", "true: only cases past a deadline", false},
		{"sort", "due, changed, opened or amount", false}, {"after", "cursor of the former page", false}, {"limit", "1 to 200", false},
	}},
	{method: "get", path: "/cases/{id}", summary: "A case: facts the caller may see, stage, holder, clocks, conditions with trace, timeline, open actions with their forms; a field or a column of a table whose answers come from a register names the address of its choices (also in the answer of an act), and a table names its columns", answer: casework.View{}, status: 200, faults: []int{404}},
	{method: "get", path: "/cases/{id}/container", summary: "A case as one signed file (zip) with its proofs, as the caller may read it: entries, letters, documents and the checkpoint; rahgosha-verify container checks it without a network. The journal keeps who took it", status: 200, media: "application/zip", faults: []int{404}},
	{method: "get", path: "/cases/{id}/choices/{fact}", summary: "What may be chosen today for a question whose answers come from a register or are bodies, such as package and bank_branch, or for a column of its table (table.column); for who has the question in a form now", answer: ChoiceList{}, status: 200, faults: []int{404, 422}, query: []parameter{
		{"after", "cursor of the former page", false}, {"limit", "1 to 200; 200 without it", false},
	}},
	{method: "post", path: "/cases/{id}/actions/{action}", summary: "Act on a case; draft and note are open in every procedure; correct, confirm, decline and again:CLOCK (the system tries once more what it could not do at a deadline) where the case offers them", body: actRequest{}, answer: ActResponse{}, short: Receipt{}, status: 200,
		header: []parameter{{httpkit.KeyHeader, "unique key of this request, best one that begins with the time, such as a UUID of version 7: keys of one time are remembered side by side; the same key with the same body acts once and gets the first answer again, marked by the header Idempotency-Replayed; the journal publishes it, so nothing of a person belongs in it", true}, prefer}, faults: []int{403, 404, 409, 422}},
	{method: "get", path: "/obligations", summary: "What waits for the caller: obligations of their own or that they see to, and opinions they are asked for; what is due first comes first", answer: ObligationList{}, status: 200, faults: []int{422}, query: []parameter{
		{"state", "open (to be done), claimed (said to be done, to be confirmed) or asked (an opinion)", false},
		{"due", "civil day such as 2026-05-21: due on it or before", false},
		{"holder", "id of the unit, person or body by whose name it stands", false},
		{"after", "cursor of the former page", false}, {"limit", "1 to 200", false},
	}},
	{method: "get", path: "/person", summary: "All that is held of the caller, as a zip: data.json, the same as PDF, their letters and documents; the journal keeps that they took it", status: 200, media: "application/zip", faults: []int{401, 429}},
	{method: "get", path: "/search", summary: "Cases, letters and units the caller may see, by number or by words; the exact number of a case or a letter gives it alone", answer: SearchResult{}, status: 200, faults: []int{422}, header: wordsHeader, query: []parameter{
		{"q", "number of a case or a letter, or words of a unit's name", false},
	}},
	{method: "get", path: "/units", summary: "Search the register of units", answer: listOf[Unit]{}, status: 200, header: wordsHeader, query: []parameter{{"q", "name, id or licence number", false}}, faults: []int{403}},
	{method: "get", path: "/units.csv", summary: "All units without personal values, as CSV; the journal keeps who asked", status: 200, media: "text/csv", faults: []int{403}},
	{method: "post", path: "/units/import", summary: "Take units from a sheet sent as the body (text/csv, or a workbook): good rows land, doubtful ones wait for a person, bad ones come back", answer: Imported{}, status: 200, faults: []int{403, 422}, query: []parameter{
		{"name", "file name, whose ending tells the kind; units.csv without it", false}, {"amount_unit", "rial, toman or million_toman, for columns that name none", false}, {"dry", "true: say what would happen, write nothing", false},
	}},
	{method: "post", path: "/documents", summary: "Put a document (the body): PDF, picture, workbook or plain text; facts, files and evidence name it by its hash", answer: Document{}, status: 201, faults: []int{403, 422}, query: []parameter{
		{"name", "file name as people call it", false}}},
	{method: "get", path: "/claims", summary: "The caller's claims to speak for units", answer: listOf[ClaimView]{}, status: 200, faults: []int{403, 422}, query: []parameter{
		{"waiting", "true: those that wait for an officer, the oldest first", false}}},
	{method: "post", path: "/claims", summary: "Claim to speak for a unit named by its identifier; one that the register does not have yet is entered with name and kind", body: claimRequest{}, answer: ClaimView{}, status: 201, header: claimKey, faults: []int{403, 409, 422, 429}},
	{method: "get", path: "/units/{id}/claims", summary: "The claims on a unit, for officers and for who leads it", answer: listOf[ClaimView]{}, status: 200, faults: []int{404}},
	{method: "post", path: "/units/{id}/claims", summary: "Claim to speak for a unit of the register", body: claimRequest{}, answer: ClaimView{}, status: 201, header: claimKey, faults: []int{403, 404, 409, 422, 429}},
	{method: "get", path: "/claims/{id}", summary: "A claim, with the steps open to the caller", answer: ClaimView{}, status: 200, faults: []int{404}},
	{method: "get", path: "/claims/{id}/evidence", summary: "The document of a claim, for its person and for officers", status: 200, media: "application/octet-stream", faults: []int{404}},
	{method: "post", path: "/claims/{id}/actions/{action}", summary: "Move a claim: verify or refuse as an officer, contest as who leads the unit, end as its person; until it is verified only drafts are open", body: claimStepRequest{}, answer: ClaimView{}, status: 200, header: claimKey, faults: []int{403, 404, 409, 422}},
	{method: "get", path: "/procedures/{id}/picture", summary: "The managers' figures of a procedure, from its counters", answer: PictureView{}, status: 200, faults: []int{403, 404}},
	{method: "get", path: "/journal/checkpoint", summary: "The province's signed checkpoint (C2SP tlog-checkpoint)", status: 200, media: "text/plain", public: true},
	{method: "get", path: "/journal/proof/{entry}", summary: "Proof that an entry is in the tree of the checkpoint (RFC 6962)", answer: Proof{}, status: 200, faults: []int{403, 404}},
}

// claimKey is the header of writes about claims.
var claimKey = []parameter{{httpkit.KeyHeader, "unique key of this request, best one that begins with the time, such as a UUID of version 7: keys of one time are remembered side by side; the same key with the same body acts once and gets the claim as it stands, marked by the header Idempotency-Replayed", true}}

type listOf[T any] struct {
	Items []T `json:"items"`
}

// document writes the OpenAPI 3.1 document; schemas come from the Go types that are really sent.
func document(version string) ([]byte, error) {
	g := &generator{schemas: map[string]any{}}
	paths := map[string]map[string]any{}
	for _, op := range slices.Concat(operations, personalOperations, tradeOperations) {
		path := Prefix + op.path
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][op.method] = g.operation(op)
	}
	g.ref(reflect.TypeFor[httpkit.Problem]())
	raw, err := json.Marshal(map[string]any{
		"openapi": "3.1.0",
		"info":    map[string]any{"title": "Rahgosha", "version": version, "description": "Times are microseconds since 1970 UTC unless a field says otherwise; amounts are rial."},
		"paths":   paths,
		"components": map[string]any{
			"schemas": g.schemas,
			"securitySchemes": map[string]any{
				"bearer": map[string]any{"type": "http", "scheme": "bearer"},
				"cookie": map[string]any{"type": "apiKey", "in": "cookie", "name": "session"},
			},
		},
		"security": []any{map[string]any{"bearer": []any{}}, map[string]any{"cookie": []any{}}},
	})
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return raw, nil
}

type generator struct{ schemas map[string]any }

func (g *generator) operation(op operation) map[string]any {
	answer := map[string]any{"description": op.summary}
	if op.answer != nil {
		schema := g.schema(reflect.TypeOf(op.answer))
		if op.short != nil {
			schema = map[string]any{"anyOf": []any{schema, g.schema(reflect.TypeOf(op.short))}}
		}
		answer["content"] = map[string]any{"application/json": map[string]any{"schema": schema}}
	} else if op.media != "" {
		answer["content"] = map[string]any{op.media: map[string]any{}}
	}
	responses := map[string]any{fmt.Sprint(op.status): answer, "default": g.problem("any other failure")}
	for _, status := range op.faults {
		responses[fmt.Sprint(status)] = g.problem(meanings[status])
	}
	out := map[string]any{"summary": op.summary, "operationId": id(op), "responses": responses}
	if params := g.parameters(op); len(params) > 0 {
		out["parameters"] = params
	}
	if op.body != nil {
		out["requestBody"] = map[string]any{
			"required": true,
			"content":  map[string]any{"application/json": map[string]any{"schema": g.schema(reflect.TypeOf(op.body))}},
		}
	}
	if op.public {
		out["security"] = []any{}
	}
	return out
}

var meanings = map[int]string{
	401: "wrong login, password or code", 403: "the caller's role may not do this", 404: "no such thing, or not the caller's to see",
	409: "somebody acted first: details say what changed", 422: "malformed facts or a guard that is not met, each with its field", 429: "too many attempts",
}

func id(op operation) string {
	clean := strings.NewReplacer("/", "_", "{", "", "}", "", ".", "_").Replace(strings.Trim(op.path, "/"))
	return op.method + "_" + clean
}

func (g *generator) problem(text string) map[string]any {
	return map[string]any{
		"description": text,
		"content": map[string]any{"application/problem+json": map[string]any{
			"schema": map[string]any{"$ref": "#/components/schemas/Problem"},
		}},
	}
}

func (g *generator) parameters(op operation) []any {
	var out []any
	for _, part := range strings.Split(op.path, "/") {
		if strings.HasPrefix(part, "{") {
			out = append(out, param("path", parameter{strings.Trim(part, "{}"), "", true}))
		}
	}
	for _, p := range op.query {
		out = append(out, param("query", p))
	}
	for _, p := range op.header {
		out = append(out, param("header", p))
	}
	return out
}

func param(in string, p parameter) map[string]any {
	return map[string]any{"name": p.name, "in": in, "required": p.required, "description": p.text, "schema": map[string]any{"type": "string"}}
}

// schema gives the JSON Schema of a Go type as encoding/json writes it.
func (g *generator) schema(t reflect.Type) map[string]any {
	switch {
	case t.Kind() != reflect.Pointer && t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return map[string]any{"type": "string"}
	case t.Implements(reflect.TypeFor[json.Marshaler]()):
		return map[string]any{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{g.schema(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return map[string]any{"type": "string", "contentEncoding": "base64"}
		}
		return map[string]any{"type": []string{"array", "null"}, "items": g.schema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": g.schema(t.Elem())}
	case reflect.Struct:
		return g.ref(t)
	default:
		return map[string]any{}
	}
}

func (g *generator) ref(t reflect.Type) map[string]any {
	name := strings.NewReplacer("[", "_", "]", "", "/", "_", ".", "_").Replace(t.Name())
	if name == "" {
		return g.object(t)
	}
	if _, ok := g.schemas[name]; !ok {
		g.schemas[name] = map[string]any{} // breaks cycles
		g.schemas[name] = g.object(t)
	}
	return map[string]any{"$ref": "#/components/schemas/" + name}
}

func (g *generator) object(t reflect.Type) map[string]any {
	props, required := map[string]any{}, []string{}
	g.fields(t, props, &required)
	return map[string]any{"type": "object", "properties": props, "required": required}
}

// fields describes a struct's fields; those without omitempty are always there, and required of who sends them.
func (g *generator) fields(t reflect.Type, props map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case tag == "-" || !f.IsExported():
			continue
		case f.Anonymous && tag == "":
			g.fields(f.Type, props, required)
			continue
		case tag == "":
			tag = f.Name
		}
		props[tag] = g.schema(f.Type)
		if !strings.Contains(options, "omitempty") {
			*required = append(*required, tag)
		}
	}
}
