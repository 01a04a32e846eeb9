package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
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

// calls are the same in formulas, of cells, names, rules and charts: what asks an address or another program.
var calls = [][]byte{[]byte("webservice("), []byte("|'"), []byte("call("), []byte("register.id(")}

// words are parts that hold what people wrote, in which a call is a word like others. A part is a sheet by what leads to it and not by
// its name: so nothing of a sheet may stand in these.
var words = []string{"xl/sharedstrings.xml", "xl/comments", "xl/threadedcomments/", "xl/persons/", "docprops/"}

var sheets = [][]byte{[]byte("sheetdata"), []byte("definedname"), []byte("<f>"), []byte("<f "), []byte(":f>"), []byte(":f ")}

// unpack reads a part to its end, which checks it, looks for words that act, and counts its bytes.
func unpack(f *zip.File, most int64) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, fmt.Errorf("part %s: %w", f.Name, err)
	}
	seen := append(acts[:len(acts):len(acts)], calls...)
	name := strings.ToLower(f.Name)
	if slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(name, w) }) {
		seen = append(acts[:len(acts):len(acts)], sheets...)
	}
	if !strings.HasSuffix(name, ".xml") && !strings.HasSuffix(name, ".rels") {
		seen = acts // pictures and settings of printers
	}
	n, err := look(io.LimitReader(r, most+1), seen)
	if err == nil && n > most {
		err = errBomb
	}
	return n, errors.Join(err, r.Close())
}

// longest is how many bytes of a chunk are looked at again with the next: no word is longer. unfinished is how long a reference, a comment
// or a mark of plain text may be: writers of workbooks write none of a hundredth of it.
const longest, unfinished = 32, 4 << 10

// look reads a part in chunks, as a reader of XML reads it: signs may be written by their number, and comments and marks of plain text may
// stand within a word. XML may be written in UTF-16, which no writer of workbooks does: its marks are refused.
func look(r io.Reader, words [][]byte) (n int64, err error) {
	chunk, kept := make([]byte, 64<<10), 0
	var before []byte
	for {
		read, err := io.ReadFull(r, chunk[kept:])
		if n == 0 && (bytes.HasPrefix(chunk[:read], []byte{0xFE, 0xFF}) || bytes.HasPrefix(chunk[:read], []byte{0xFF, 0xFE}) || bytes.HasPrefix(chunk[:read], []byte{'<', 0}) || bytes.HasPrefix(chunk[:read], []byte{0, '<'})) {
			return n, errActs
		}
		n += int64(read)
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		says, used := bare(chunk[:kept+read], end)
		left := kept + read - used
		if left > unfinished {
			return n, errActs
		}
		seen := append(before, bytes.ToLower(says)...)
		for _, w := range words {
			if bytes.Contains(seen, w) {
				return n, errActs
			}
		}
		if end {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("read a part: %w", err)
		}
		before = bytes.Clone(seen[max(0, len(seen)-longest):])
		kept = copy(chunk, chunk[used:used+left])
	}
}

// set are what XML sets apart: comments and instructions say nothing, and what is marked as plain text is text.
var set = []struct {
	open, end string
	text      bool
}{{"<!--", "-->", false}, {"<![CDATA[", "]]>", true}, {"<?", "?>", false}}

// bare gives XML without what it sets apart and with references written out, and how many bytes of it were read: what the chunk does not
// end is left for the next, unless it is the last. A mark < that was a reference begins no word that is looked for.
func bare(xml []byte, last bool) (out []byte, used int) {
	out = make([]byte, 0, len(xml))
	for used < len(xml) {
		i := nextMark(xml[used:])
		if i < 0 {
			return append(out, xml[used:]...), len(xml)
		}
		out = append(out, xml[used:used+i]...)
		used += i
		says, n, cut := markAt(xml[used:])
		if cut && !last {
			return out, used
		}
		if cut { // no reader gets behind it
			return append(out, xml[used:]...), len(xml)
		}
		out, used = append(out, says...), used+n
	}
	return out, used
}

// nextMark finds a reference, or what may be set apart; -1 for none. Tags are most of a sheet, and passed over.
func nextMark(xml []byte) int {
	for i, c := range xml {
		if c == '&' || c == '<' && (i+1 == len(xml) || xml[i+1] == '!' || xml[i+1] == '?') {
			return i
		}
	}
	return -1
}

// markAt reads what begins with a sign < or &: what it says, its length, and whether it is cut.
func markAt(xml []byte) (says []byte, n int, cut bool) {
	if xml[0] == '&' {
		return referenceAt(xml)
	}
	for _, x := range set {
		if len(xml) < len(x.open) && strings.HasPrefix(x.open, string(xml)) {
			return xml[:1], 1, true
		}
		if !bytes.HasPrefix(xml, []byte(x.open)) {
			continue
		}
		end := bytes.Index(xml[len(x.open):], []byte(x.end))
		if end < 0 {
			return xml[:1], 1, true
		}
		if x.text {
			says = xml[len(x.open) : len(x.open)+end]
		}
		return says, len(x.open) + end + len(x.end), false
	}
	return xml[:1], 1, false
}

var named = map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"}

// referenceAt reads a reference to a sign, by its name or its number; what is none says itself.
func referenceAt(xml []byte) (says []byte, n int, cut bool) {
	end := 1
	for end < len(xml) && (xml[end] == '#' || xml[end] >= '0' && xml[end] <= '9' || xml[end]|0x20 >= 'a' && xml[end]|0x20 <= 'z') {
		end++
	}
	switch {
	case end == len(xml):
		return xml[:1], 1, true
	case xml[end] != ';':
		return xml[:1], 1, false
	}
	name := string(xml[1:end])
	if sign, ok := named[name]; ok {
		return []byte(sign), end + 1, false
	}
	digits, numbered := strings.CutPrefix(name, "#")
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
		digits, base = hex, 16
	}
	r, err := strconv.ParseInt(digits, base, 32)
	if err != nil || !numbered {
		return xml[:1], 1, false
	}
	return []byte(string(rune(r))), end + 1, false
}
