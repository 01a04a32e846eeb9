package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"rahgosha/internal/base/fault"
)

// What an unpacked sheet may take: real ones of 10,000 rows stay far below.
const (
	maxUnpacked = 100 << 20
	maxParts    = 2000
)

var (
	errBomb = errors.New("unpacks to more than it may")
	errActs = errors.New("does more than hold cells")
)

// WholeSheet wants a ZIP that is an XLSX, of parts that stay within it, each once, without programs, other files and
// connections to elsewhere. It unpacks every part, and so finds a broken one, one that says less of its size than it has,
// and declarations by which XML grows or reads files. It is asked before any other program looks into a workbook.
func WholeSheet(content []byte) error {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "document.cut")
	}
	if len(z.File) > maxParts {
		return fault.New(fault.TooLarge, "document.bomb")
	}
	if err := sheetParts(z); err != nil {
		return err
	}
	left := int64(maxUnpacked)
	for _, f := range z.File {
		n, err := unpack(f, left)
		switch {
		case errors.Is(err, errBomb):
			return fault.Wrap(err, fault.TooLarge, "document.bomb")
		case errors.Is(err, errActs):
			return fault.Wrap(err, fault.Invalid, "document.reaches")
		case err != nil:
			return fault.Wrap(err, fault.Invalid, "document.cut")
		}
		left -= n
	}
	return nil
}

// reaching are the folders and parts of a workbook by which it bears other files, runs controls or asks other places.
var reaching = []string{"xl/externallinks/", "xl/embeddings/", "xl/activex/", "xl/ctrlprops/", "xl/connections.xml", "xl/querytables/", "xl/webextensions/", "customui/", "xl/model/"}

func sheetParts(z *zip.Reader) error {
	var types, book bool
	names := map[string]bool{}
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		const encrypted = 1
		switch {
		case f.Flags&encrypted != 0:
			return fault.New(fault.Invalid, "document.encrypted")
		case names[name], !f.Mode().IsRegular() && !f.Mode().IsDir(), !fs.ValidPath(strings.TrimSuffix(f.Name, "/")), strings.ContainsAny(f.Name, "\\:"), strings.ContainsFunc(f.Name, unsafe):
			return fault.New(fault.Invalid, "document.parts")
		case strings.HasSuffix(name, ".bin") && strings.Contains(name, "vba"), strings.HasPrefix(name, "xl/macrosheets/"), strings.HasPrefix(name, "xl/dialogsheets/"):
			return fault.New(fault.Invalid, "document.macro")
		}
		for _, r := range reaching {
			if strings.HasPrefix(name, r) {
				return fault.New(fault.Invalid, "document.reaches")
			}
		}
		names[name] = true
		types = types || f.Name == "[Content_Types].xml"
		book = book || name == "xl/workbook.xml"
	}
	if !types || !book {
		return fault.New(fault.Invalid, "document.archive")
	}
	return nil
}

// unsafe reports characters that no part of a workbook is named with: its own are ASCII.
func unsafe(r rune) bool { return r < ' ' || r > '~' }

// acts are words of parts by which a workbook grows when it is read, reads files, asks other places or runs programs.
var acts = [][]byte{[]byte("<!doctype"), []byte("<!entity"), []byte("<ddelink"), []byte("macroenabled"), []byte("ms-excel.sheet.macro")}

// calls are the same in the cells of a sheet: formulas that ask an address or another program.
var calls = [][]byte{[]byte("webservice("), []byte("|'"), []byte("|&apos;"), []byte("|&#39;"), []byte("call("), []byte("register.id(")}

// unpack reads a part to its end, which checks it, looks for words that act, and counts its bytes.
func unpack(f *zip.File, most int64) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, fmt.Errorf("part %s: %w", f.Name, err)
	}
	n, err := look(io.LimitReader(r, most+1), strings.HasPrefix(path.Dir(strings.ToLower(f.Name)), "xl/worksheets"))
	if err == nil && n > most {
		err = errBomb
	}
	return n, errors.Join(err, r.Close())
}

// longest is how many bytes of a chunk are looked at again with the next: no word is longer.
const longest = 32

// look reads a part in chunks. XML may be written in UTF-16, which no writer of workbooks does: its marks are refused.
func look(r io.Reader, cells bool) (n int64, err error) {
	chunk, kept := make([]byte, 64<<10), 0
	words := acts
	if cells {
		words = append(words[:len(words):len(words)], calls...)
	}
	for {
		read, err := io.ReadFull(r, chunk[kept:])
		if n == 0 && (bytes.HasPrefix(chunk[:read], []byte{0xFE, 0xFF}) || bytes.HasPrefix(chunk[:read], []byte{0xFF, 0xFE}) || bytes.HasPrefix(chunk[:read], []byte{'<', 0}) || bytes.HasPrefix(chunk[:read], []byte{0, '<'})) {
			return n, errActs
		}
		n += int64(read)
		seen := bytes.ToLower(chunk[:kept+read])
		for _, w := range words {
			if bytes.Contains(seen, w) {
				return n, errActs
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("read a part: %w", err)
		}
		kept = copy(chunk, chunk[len(chunk)-longest:])
	}
}
