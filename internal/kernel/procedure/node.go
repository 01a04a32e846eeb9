package procedure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

type nodeKind int

const (
	scalarNode nodeKind = iota
	mapNode
	listNode
	nullNode
)

// node is a piece of a file as its author wrote it: scalars keep their source text, so that the declared type of the
// field decodes them and not a guess.
type node struct {
	kind   nodeKind
	text   string
	quoted bool
	block  bool // a literal or folded block: its text begins on the next line
	pos    Pos
	keys   []key
	vals   []*node // of a map (beside keys) or a list
}

type key struct {
	name string
	pos  Pos
}

// Limits of a file.
const (
	maxFileSize = 1 << 20
	maxDepth    = 24
	maxIndent   = 120
	maxFiles    = 400
)

// readYAML gives the tree of a YAML file, or reports what stops it.
func readYAML(r *report, file, text string) (n *node) {
	start := Pos{file, 1, 1}
	switch {
	case len(text) > maxFileSize:
		r.err(start, "file_size", "kib", maxFileSize>>10)
		return nil
	case !utf8.ValidString(text):
		r.err(invalidUTF8(file, text), "file_utf8")
		return nil
	}
	defer func() { // the YAML module panics on some malformed texts; to the author that is a syntax error
		if p := recover(); p != nil {
			r.err(start, "syntax", "message", "malformed YAML")
			n = nil
		}
	}()
	text = strings.TrimPrefix(text, "\uFEFF")
	tokens := lexer.Tokenize(text)
	if !safeTokens(r, file, tokens) {
		return nil
	}
	f, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		key, said := yamlMistake(err)
		r.err(syntaxPos(file, err), key, "message", said)
		return nil
	}
	return documentNode(r, file, f)
}

func documentNode(r *report, file string, f *ast.File) *node {
	var body ast.Node
	for _, d := range f.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			r.err(tokenPos(file, d.Body.GetToken()), "documents")
			break
		}
		body = d.Body
	}
	if body == nil {
		return &node{kind: nullNode, pos: Pos{file, 1, 1}}
	}
	return fromAST(r, file, body, 0)
}

func invalidUTF8(file, text string) Pos {
	p := Pos{file, 1, 1}
	for i, c := range text {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				break
			}
		}
		if p.Col++; c == '\n' {
			p.Line, p.Col = p.Line+1, 1
		}
	}
	return p
}

// safeTokens refuses what the language has no use for (anchors, aliases, tags, merge keys, directives, complex keys)
// and nesting deep enough to exhaust a parser's stack, before the tree is built.
func safeTokens(r *report, file string, tokens token.Tokens) bool {
	ok, depth := true, 0
	entries, line := 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			entries, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			r.err(tokenPos(file, t), "anchor")
			ok = false
		case token.TagType, token.DirectiveType, token.MappingKeyType:
			r.err(tokenPos(file, t), "yaml_feature", "text", short(t.Value))
			ok = false
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			entries++
		}
		if depth > maxDepth || entries > maxDepth || t.Position.IndentNum > maxIndent {
			r.err(tokenPos(file, t), "depth", "max", maxDepth)
			return false
		}
	}
	return ok
}

func syntaxPos(file string, err error) Pos {
	var e interface{ GetToken() *token.Token }
	if errors.As(err, &e) {
		return tokenPos(file, e.GetToken())
	}
	return Pos{file, 1, 1}
}

func tokenPos(file string, t *token.Token) Pos {
	if t == nil || t.Position == nil {
		return Pos{file, 1, 1}
	}
	return Pos{file, t.Position.Line, t.Position.Column}
}

func fromAST(r *report, file string, n ast.Node, depth int) *node {
	if depth > maxDepth {
		r.err(tokenPos(file, n.GetToken()), "depth", "max", maxDepth)
		return &node{kind: nullNode, pos: tokenPos(file, n.GetToken())}
	}
	switch x := n.(type) {
	case *ast.MappingNode:
		return mapFrom(r, file, x.GetToken(), x.Values, depth)
	case *ast.MappingValueNode:
		return mapFrom(r, file, x.GetToken(), []*ast.MappingValueNode{x}, depth)
	case *ast.SequenceNode:
		out := &node{kind: listNode, pos: tokenPos(file, x.GetToken())}
		for _, v := range x.Values {
			out.vals = append(out.vals, fromAST(r, file, v, depth+1))
		}
		return out
	case *ast.NullNode:
		return nullFrom(file, x)
	case *ast.LiteralNode:
		return &node{text: x.Value.Value, quoted: true, block: true, pos: tokenPos(file, x.GetToken())}
	case nil:
		return &node{kind: nullNode, pos: Pos{file, 1, 1}}
	}
	t := n.GetToken()
	quoted := t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
	return &node{text: t.Value, quoted: quoted, pos: tokenPos(file, t)}
}

// nullFrom keeps "~" and "null" as what they say and an empty value as nothing.
func nullFrom(file string, x *ast.NullNode) *node {
	return &node{kind: nullNode, pos: tokenPos(file, x.GetToken())}
}

func mapFrom(r *report, file string, t *token.Token, values []*ast.MappingValueNode, depth int) *node {
	out := &node{kind: mapNode, pos: tokenPos(file, t)}
	seen := map[string]Pos{}
	for i, v := range values {
		kt := v.Key.GetToken()
		k := key{kt.Value, tokenPos(file, kt)}
		if i == 0 && t.Type != token.MappingStartType {
			out.pos = k.pos
		}
		if first, dup := seen[k.name]; dup {
			r.err(k.pos, "duplicate_key", "key", k.name, "line", first.Line)
			continue
		}
		seen[k.name] = k.pos
		child := fromAST(r, file, v.Value, depth+1)
		if child.kind == nullNode {
			child.pos = k.pos
		}
		out.keys, out.vals = append(out.keys, k), append(out.vals, child)
	}
	return out
}

// get gives the value under a key, nil when there is none.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for i, k := range n.keys {
		if k.name == name {
			return n.vals[i]
		}
	}
	return nil
}

// readJSON gives the same tree from the canonical form.
func readJSON(b []byte) (*node, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	n, err := jsonNode(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("more after the end")
	}
	return n, nil
}

func jsonNode(dec *json.Decoder, depth int) (*node, error) {
	if depth > maxDepth+4 {
		return nil, errors.New("nested too deep")
	}
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	n := &node{pos: Pos{canonicalFile, 1, 1}, quoted: true}
	switch x := t.(type) {
	case json.Delim:
		return n, jsonItems(dec, n, x, depth)
	case string:
		n.text = x
	case nil:
		n.kind = nullNode
	default:
		n.text = fmt.Sprint(x)
	}
	return n, nil
}

func jsonItems(dec *json.Decoder, n *node, open json.Delim, depth int) error {
	n.kind = listNode
	if open == '{' {
		n.kind = mapNode
	}
	for dec.More() {
		if n.kind == mapNode {
			t, err := dec.Token()
			if err != nil {
				return err
			}
			name, _ := t.(string)
			n.keys = append(n.keys, key{name, n.pos})
		}
		v, err := jsonNode(dec, depth+1)
		if err != nil {
			return err
		}
		n.vals = append(n.vals, v)
	}
	_, err := dec.Token()
	return err
}
