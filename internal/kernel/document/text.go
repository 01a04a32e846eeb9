package document

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"rahgosha/internal/base/fault"
)

// marks are what makes a text more than a text, wherever they stand in it: a browser that guesses would run it.
var marks = [][]byte{
	[]byte("<!doctype"), []byte("<html"), []byte("<head"), []byte("<body"), []byte("<script"), []byte("<svg"), []byte("<iframe"),
	[]byte("<object"), []byte("<embed"), []byte("<?php"), []byte("<?xml"), []byte("<%@"), []byte("javascript:"),
}

// scripts are what scripts of command shells begin with.
var scripts = [][]byte{[]byte("@echo"), []byte("powershell"), []byte("set-executionpolicy"), []byte("on error resume next")}

// plainText wants UTF-8 without controls or markup, under a name of a text: a script is plain text too, and its name is
// what makes a system run it.
func plainText(content []byte, name string) error {
	body := bytes.TrimLeft(bytes.TrimPrefix(content, []byte("\xEF\xBB\xBF")), " \t\r\n")
	switch lower := bytes.ToLower(body); {
	case len(body) == 0:
		return fault.New(fault.Invalid, "document.empty")
	case body[0] == '<' || slices.ContainsFunc(marks, func(m []byte) bool { return bytes.Contains(lower, m) }):
		return fault.New(fault.Invalid, "document.markup")
	case slices.ContainsFunc(scripts, func(m []byte) bool { return bytes.HasPrefix(lower, m) }):
		return fault.New(fault.Invalid, "document.script")
	case !utf8.Valid(content) || bytes.ContainsFunc(content, control):
		return fault.New(fault.Invalid, "document.kind")
	}
	if ending := strings.ToLower(path.Ext(strings.TrimRight(name, ". "))); ending != "" && !slices.Contains(textEndings, ending) {
		return fault.New(fault.Invalid, "document.text_name", "ending", ending)
	}
	return nil
}

// control reports what no text holds; the form feed stands in sheets printed to files.
func control(r rune) bool {
	return r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' || r == 0x7F
}
