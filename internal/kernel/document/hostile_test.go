package document_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// bomb is a small sheet that unpacks to more than a hundred megabytes, over several parts.
func bomb() []byte {
	zeros := strings.Repeat("0", 21<<20)
	var parts []string
	for i := range 5 {
		parts = append(parts, fmt.Sprint("xl/worksheets/sheet", i, ".xml"), zeros)
	}
	return sampleSheet(parts...)
}

// understated is a bomb whose directory says that its parts are small.
func understated() []byte {
	raw := bomb()
	for _, sign := range []string{"PK\x01\x02", "PK\x07\x08"} {
		at := map[string]int{"PK\x01\x02": 24, "PK\x07\x08": 12}[sign]
		for i := 0; ; {
			n := bytes.Index(raw[i:], []byte(sign))
			if n < 0 {
				break
			}
			i += n + at
			if binary.LittleEndian.Uint32(raw[i:]) > 1<<20 {
				binary.LittleEndian.PutUint32(raw[i:], 100)
			}
		}
	}
	return raw
}

func manyParts() []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 3000 {
		if _, err := z.Create(fmt.Sprint(i)); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestHostileFilesAreRefusedInBothLanguages(t *testing.T) {
	onBoth(t, func(t *testing.T, newHouse func(*testing.T) *house) {
		t.Parallel()
		h := newHouse(t)
		for _, c := range []struct {
			what, name, key string
			content         []byte
		}{
			{"web page called PDF", "invoice.pdf", "document.markup", []byte("<html><script>steal()</script></html>")},
			{"web page behind blanks and BOM", "a.txt", "document.markup", []byte("\xEF\xBB\xBF \n\t<!-- x --><b>")},
			{"web page behind words", "a.txt", "document.markup", []byte("see below\n<ScRiPt src=//x>")},
			{"SVG with script", "logo.png", "document.markup", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>`)},
			{"SVG behind XML head", "logo.svg", "document.markup", []byte(`<?xml version="1.0"?><svg onload="x()"/>`)},
			{"PHP", "a.csv", "document.markup", []byte("a,b\n<?php system($_GET[0]);")},
			{"page in UTF-16", "a.txt", "document.kind", []byte("\xFF\xFE<\x00h\x00t\x00m\x00l\x00>\x00")},
			{"Windows program called PDF", "licence.pdf", "document.program", []byte("MZ\x90\x00\x03\x00%PDF-1.7 %%EOF")},
			{"Linux program", "a.jpg", "document.program", []byte("\x7FELF\x02\x01\x01")},
			{"program before a sheet", "a.xlsx", "document.program", append([]byte("MZ\x90\x00"), sampleSheet()...)},
			{"shell script", "a.txt", "document.script", []byte("#!/bin/sh\nrm -rf /\n")},
			{"batch file", "a.txt", "document.script", []byte("@ECHO off\r\ndel *\r\n")},
			{"script by its name", "run.js", "document.text_name", []byte("alert(1)")},
			{"script behind dots and blanks", "run.bat. .", "document.text_name", []byte("format c")},
			{"script behind a turned direction", "\u202Etxt.vbs", "document.text_name", []byte("x = 1")},
			{"nothing", "a.pdf", "document.empty", nil},
			{"blanks", "a.txt", "document.empty", []byte(" \r\n ")},
			{"bytes without a meaning", "a.pdf", "document.kind", []byte{0, 1, 2, 3}},
			{"Persian of Windows-1256", "a.txt", "document.kind", []byte("\xD3\xE1\xC7\xE3")},
			{"half a PDF", "a.pdf", "document.cut", []byte("%PDF-1.7\n1 0 obj")},
			{"PDF behind other bytes", "a.pdf", "document.kind", append([]byte("\x00"), samplePDF("")...)},
			{"half a sheet", "a.xlsx", "document.cut", sampleSheet()[:60]},
			{"any ZIP", "a.xlsx", "document.archive", archive("evil.exe", "MZ")},
			{"text document as sheet", "a.xlsx", "document.archive", archive("[Content_Types].xml", "", "word/document.xml", "")},
			{"sheet with programs", "a.xlsx", "document.macro", sampleSheet("xl/vbaProject.bin", "x")},
			{"old sheet", "a.xls", "document.old_office", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more")},
			{"bomb", "a.xlsx", "document.bomb", bomb()},
			{"bomb that understates itself", "a.xlsx", "document.cut", understated()},
			{"very many parts", "a.xlsx", "document.bomb", manyParts()},
			{"GIF", "a.gif", "document.kind", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")},
		} {
			_, err := h.Put(t.Context(), province, "p1", c.name, bytes.NewReader(c.content))
			f, ok := fault.As(err)
			if !ok || f.Key != c.key || f.Kind == fault.Internal {
				t.Errorf("%s: %v, want %s", c.what, err, c.key)
				continue
			}
			for _, l := range []locale.Lang{locale.FA, locale.EN} {
				if text := locale.T(l, f.Key, f.Args); text == f.Key || strings.ContainsAny(text, "{}") {
					t.Errorf("%s in %s: %q", c.what, l, text)
				}
			}
		}
	})
}
