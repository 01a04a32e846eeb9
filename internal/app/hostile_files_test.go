package app_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io/fs"
	"strings"
)

// hostile is a file made to harm who takes it or who opens it. Nothing of it comes from elsewhere: each is written here.
type hostile struct {
	what, name string
	content    []byte
	inert      bool // taken, because it harms nobody as it is given back
}

// part is one file of a ZIP.
type part struct {
	name, content string
	mode          fs.FileMode
	flags         uint16
}

func archiveOf(parts ...part) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range parts {
		h := &zip.FileHeader{Name: p.name, Method: zip.Deflate, Flags: p.flags}
		h.SetMode(max(p.mode, 0o644))
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(p.content))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

const (
	bookTypes = `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`
	bookRoot  = `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	bookMain  = `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`
	bookRels  = `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`
	sheetHead = `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
	sheetTail = `</sheetData></worksheet>`
)

// book is a workbook that reads in spreadsheets, with cells as its one sheet and parts beside it.
func book(cells string, more ...part) []byte {
	return archiveOf(append([]part{
		{name: "[Content_Types].xml", content: bookTypes}, {name: "_rels/.rels", content: bookRoot}, {name: "xl/workbook.xml", content: bookMain},
		{name: "xl/_rels/workbook.xml.rels", content: bookRels}, {name: "xl/worksheets/sheet1.xml", content: sheetHead + cells + sheetTail},
	}, more...)...)
}

// rawBook is a workbook whose sheet is written as it is.
func rawBook(sheet string) []byte {
	return archiveOf(part{name: "[Content_Types].xml", content: bookTypes}, part{name: "_rels/.rels", content: bookRoot}, part{name: "xl/workbook.xml", content: bookMain},
		part{name: "xl/_rels/workbook.xml.rels", content: bookRels}, part{name: "xl/worksheets/sheet1.xml", content: sheet})
}

// paper is a PDF of one page with objects beside it.
func paper(more string) []byte {
	return []byte("%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\n" +
		more + "\ntrailer<</Root 1 0 R>>\n%%EOF\n")
}

func deflatedOf(s string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

// packed is a PDF whose objects are compressed in groups.
func packed(objects string, times int) []byte {
	data := deflatedOf(objects)
	var b strings.Builder
	for i := range times {
		fmt.Fprintf(&b, "%d 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj\n", 10+i, len(data), data)
	}
	return paper(b.String())
}

// packedAs is a PDF with a script in objects that are compressed under a dictionary of its own.
func packedAs(dict string) []byte {
	data := deflatedOf("4 0 <</S/JavaScript/JS(app.alert(1))>>")
	return paper("10 0 obj" + fmt.Sprintf(dict, len(data)) + data + "\nendstream endobj")
}

func chunk(kind, data string) string {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(out, kind+data...)
	return string(binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(kind+data))))
}

// flood is a PNG that says it is so large, of as many grey rows as there are bytes.
func flood(wide, high uint32, more ...string) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, wide), high)
	return []byte("\x89PNG\r\n\x1A\n" + chunk("IHDR", string(head)+"\x08\x00\x00\x00\x00") + strings.Join(more, "") + chunk("IDAT", deflatedOf(strings.Repeat("\x00", 1<<20))) + chunk("IEND", ""))
}

func frame(wide, high uint16) string {
	b := []byte{0xFF, 0xC2, 0, 11, 8, byte(high >> 8), byte(high), byte(wide >> 8), byte(wide), 1, 1, 0x11, 0}
	return string(b)
}

func gzipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

// lying is a workbook whose directory says that its parts are small.
func lying(content []byte) []byte {
	for i := 0; ; {
		n := bytes.Index(content[i:], []byte("PK\x01\x02"))
		if n < 0 {
			return content
		}
		i += n + 24
		if binary.LittleEndian.Uint32(content[i:]) > 1<<16 {
			binary.LittleEndian.PutUint32(content[i:], 100)
		}
	}
}

// nested is a ZIP of ZIPs, each of ten copies of the one within.
func nested(depth int) []byte {
	inner := []part{{name: "0.txt", content: strings.Repeat("0", 4<<20)}}
	for range depth {
		content := string(archiveOf(inner...))
		inner = nil
		for i := range 10 {
			inner = append(inner, part{name: fmt.Sprint(i, ".zip"), content: content})
		}
	}
	return archiveOf(inner...)
}

func rows(n int, cell string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c></row>`, i+1, i+1, cell)
	}
	return b.String()
}

func withMain(old, new string) []byte {
	return archiveOf(part{name: "[Content_Types].xml", content: bookTypes}, part{name: "_rels/.rels", content: bookRoot}, part{name: "xl/workbook.xml", content: strings.Replace(bookMain, old, new, 1)},
		part{name: "xl/_rels/workbook.xml.rels", content: bookRels}, part{name: "xl/worksheets/sheet1.xml", content: sheetHead + rows(1, "x") + sheetTail})
}

func withTypes(find, put string) []byte {
	return archiveOf(part{name: "[Content_Types].xml", content: strings.ReplaceAll(bookTypes, find, put)}, part{name: "_rels/.rels", content: bookRoot}, part{name: "xl/workbook.xml", content: bookMain},
		part{name: "xl/_rels/workbook.xml.rels", content: bookRels}, part{name: "xl/worksheets/sheet1.xml", content: sheetHead + rows(1, "x") + sheetTail})
}

const laughs = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;">]>`

func utf16Of(s string) string {
	out := []byte{0xFF, 0xFE}
	for _, r := range s {
		out = append(out, byte(r), byte(r>>8))
	}
	return string(out)
}

// archives are bombs and traps in the form of archives.
func archives() []hostile {
	sound := book(rows(1, "x"))
	return []hostile{
		{what: "ZIP of ZIPs, a gigabyte and more deep inside", name: "42.zip", content: nested(3)},
		{what: "the same called a workbook", name: "42.xlsx", content: nested(3)},
		{what: "workbook that unpacks to 150 MB", name: "bomb.xlsx", content: book("", part{name: "xl/media/a.png", content: strings.Repeat("0", 150<<20)})},
		{what: "workbook that lies about its sizes", name: "lie.xlsx", content: lying(book(rows(1, "x"), part{name: "xl/media/a.png", content: strings.Repeat("0", 4<<20)}))},
		{what: "workbook of 3,000 parts", name: "many.xlsx", content: book(rows(1, "x"), manyParts(3000)...)},
		{what: "workbook with one name twice", name: "twice.xlsx", content: book(rows(1, "x"), part{name: "xl/workbook.xml", content: bookMain})},
		{what: "workbook with one name twice but for its case", name: "twice.xlsx", content: book(rows(1, "x"), part{name: "XL/WORKBOOK.XML", content: bookMain})},
		{what: "part that leads out", name: "slip.xlsx", content: book(rows(1, "x"), part{name: "../../etc/cron.d/x", content: "* * * * * root id"})},
		{what: "part with an absolute path", name: "slip.xlsx", content: book(rows(1, "x"), part{name: "/etc/cron.d/x", content: "x"})},
		{what: "part that leads out in Windows", name: "slip.xlsx", content: book(rows(1, "x"), part{name: `..\..\x.bat`, content: "x"})},
		{what: "part on a drive", name: "slip.xlsx", content: book(rows(1, "x"), part{name: "C:/x.bat", content: "x"})},
		{what: "part that is a symbolic link", name: "link.xlsx", content: book(rows(1, "x"), part{name: "xl/media/a.png", content: "/etc/passwd", mode: fs.ModeSymlink | 0o777})},
		{what: "part whose name turns its direction", name: "turn.xlsx", content: book(rows(1, "x"), part{name: "xl/media/\u202Egnp.exe", content: "MZ"})},
		{what: "part whose name has a NUL", name: "nul.xlsx", content: book(rows(1, "x"), part{name: "xl/a.xml\x00.exe", content: "MZ"})},
		{what: "ZIP with a password", name: "locked.zip", content: archiveOf(part{name: "a.pdf", content: "x", flags: 1})},
		{what: "workbook with a password, by its parts", name: "locked.xlsx", content: book(rows(1, "x"), part{name: "xl/a.xml", content: "x", flags: 1})},
		{what: "workbook with a password, as Office writes it", name: "locked.xlsx", content: []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 512) + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")},
		{what: "workbook cut short", name: "half.xlsx", content: sound[:len(sound)/2]},
		{what: "workbook whose part is damaged", name: "rot.xlsx", content: bytes.Replace(sound, []byte("PK\x07\x08"), []byte("PK\x07\x08\xFF"), 1)},
		{what: "gzip bomb", name: "a.gz", content: []byte(gzipped(strings.Repeat("0", 64<<20)))},
		{what: "gzip bomb called CSV", name: "a.csv", content: []byte(gzipped(strings.Repeat("0", 64<<20)))},
		{what: "RAR", name: "a.rar", content: []byte("Rar!\x1A\x07\x01\x00")},
		{what: "7z", name: "a.7z", content: []byte("7z\xBC\xAF\x27\x1C\x00\x04")},
		{what: "text document called workbook", name: "a.xlsx", content: archiveOf(part{name: "[Content_Types].xml", content: bookTypes}, part{name: "word/document.xml", content: "<x/>"})},
		{what: "Java archive called workbook", name: "a.xlsx", content: archiveOf(part{name: "META-INF/MANIFEST.MF", content: "Main-Class: X"}, part{name: "X.class", content: "\xCA\xFE\xBA\xBE"})},
	}
}

func manyParts(n int) (out []part) {
	for i := range n {
		out = append(out, part{name: fmt.Sprint("xl/media/", i, ".png"), content: "x"})
	}
	return out
}

// workbooks are traps in workbooks that unpack well.
func workbooks() []hostile {
	deep := strings.Repeat("<a>", 200_000) + strings.Repeat("</a>", 200_000)
	return []hostile{
		{what: "workbook of a million rows", name: "rows.xlsx", content: book(rows(1_000_000, "")), inert: true},
		{what: "cell at the far corner of many rows", name: "far.xlsx", content: book(farCells(60_000)), inert: true},
		{what: "row that says it is the last of all", name: "far.xlsx", content: book(`<row r="1048576"><c r="A1048576"><v>1</v></c></row>`), inert: true},
		{what: "row with a number beyond all", name: "far.xlsx", content: book(`<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>`), inert: true},
		{what: "XML that reads a file", name: "xxe.xlsx", content: rawBook(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + sheetHead[38:] + rows(1, "&e;") + sheetTail)},
		{what: "XML that asks an address", name: "xxe.xlsx", content: rawBook(`<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">` + sheetHead[38:] + sheetTail)},
		{what: "billion laughs", name: "laughs.xlsx", content: rawBook(`<?xml version="1.0"?>` + laughs + sheetHead[38:] + rows(1, "&e;") + sheetTail)},
		{what: "billion laughs in UTF-16", name: "laughs.xlsx", content: rawBook(utf16Of(`<?xml version="1.0" encoding="UTF-16"?>` + laughs + sheetHead[38:] + rows(1, "&e;") + sheetTail))},
		{what: "billion laughs in the relations", name: "laughs.xlsx", content: book(rows(1, "x"), part{name: "xl/theme/theme1.xml", content: laughs + "<x>&e;</x>"})},
		{what: "attribute of 30 MB", name: "attr.xlsx", content: book(`<row r="1" x="` + strings.Repeat("a", 30<<20) + `"/>`), inert: true},
		{what: "styles of 30 MB", name: "styles.xlsx", content: book(rows(1, "x"), part{name: "xl/styles.xml", content: "<styleSheet>" + strings.Repeat("<xf/>", 6<<20) + "</styleSheet>"}), inert: true},
		{what: "elements 200,000 deep", name: "deep.xlsx", content: book(deep), inert: true},
		{what: "macros", name: "macro.xlsx", content: book(rows(1, "x"), part{name: "xl/vbaProject.bin", content: "\xD0\xCF\x11\xE0"})},
		{what: "macros by its types", name: "macro.xlsx", content: withTypes("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml")},
		{what: "macros of Excel 4", name: "macro.xlsm", content: book(rows(1, "x"), part{name: "xl/macrosheets/sheet1.xml", content: "<x/>"})},
		{what: "dialogue of Excel 5", name: "dialog.xlsx", content: book(rows(1, "x"), part{name: "xl/dialogsheets/sheet1.xml", content: "<x/>"})},
		{what: "control that runs", name: "activex.xlsx", content: book(rows(1, "x"), part{name: "xl/activeX/activeX1.xml", content: "<x/>"})},
		{what: "program embedded", name: "ole.xlsx", content: book(rows(1, "x"), part{name: "xl/embeddings/oleObject1.bin", content: "MZ"})},
		{what: "DDE link", name: "dde.xlsx", content: book(rows(1, "x"), part{name: "xl/externalLinks/externalLink1.xml", content: `<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>`})},
		{what: "DDE in a formula", name: "dde.xlsx", content: book(`<row r="1"><c r="A1"><f>cmd|'/C calc'!A0</f><v>0</v></c></row>`)},
		{what: "formula that asks an address", name: "web.xlsx", content: book(`<row r="1"><c r="A1"><f>WEBSERVICE("http://127.0.0.1:1/"&amp;B1)</f><v>0</v></c></row>`)},
		{what: "formula that asks an address, by a sign's number", name: "web.xlsx", content: book(`<row r="1"><c r="A1"><f>WEBS&#69;RVICE("http://127.0.0.1:1/")</f><v>0</v></c></row>`)},
		{what: "DDE in a formula, by a sign's number", name: "dde.xlsx", content: book(`<row r="1"><c r="A1"><f>cmd&#124;'/c calc'!A1</f><v>0</v></c></row>`)},
		{what: "formula that asks an address, parted by a comment", name: "web.xlsx", content: book(`<row r="1"><c r="A1"><f>WEBS<!-- x -->ERV<![CDATA[ICE(]]>"http://127.0.0.1:1/")</f><v>0</v></c></row>`)},
		{what: "name that asks an address", name: "name.xlsx", content: withMain("</sheets>", `</sheets><definedNames><definedName name="_xlnm.Auto_Open">WEBSERVICE("http://127.0.0.1:1/")</definedName></definedNames>`)},
		{what: "sheet that is called a list of texts", name: "web.xlsx", content: book(rows(1, "x"), part{name: "xl/sharedStrings.xml", content: sheetHead + `<row r="1"><c r="A1"><f>WEBSERVICE("http://127.0.0.1:1/")</f></c></row>` + sheetTail})},
		{what: "people who write of a call", name: "call.xlsx", content: book(rows(1, "x"), part{name: "xl/sharedStrings.xml", content: `<sst><si><t>please call(021) &#1601;|'</t></si></sst>`}), inert: true},
		{what: "connection to a database", name: "odbc.xlsx", content: book(rows(1, "x"), part{name: "xl/connections.xml", content: "<connections/>"})},
		{what: "ribbon that calls", name: "ribbon.xlsx", content: book(rows(1, "x"), part{name: "customUI/customUI.xml", content: `<customUI onLoad="x"/>`})},
		{what: "workbook of Excel 97", name: "old.xls", content: []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 512))},
	}
}

// farCells are rows whose only cell is in the last column.
func farCells(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<row r="%d"><c r="XFD%d"><v>1</v></c></row>`, i+1, i+1)
	}
	return b.String()
}

// papersAndPictures are traps in PDFs and pictures.
func papersAndPictures() []hostile {
	sound := flood(8, 8)
	return []hostile{
		{what: "PDF with a script", name: "a.pdf", content: paper("4 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj")},
		{what: "PDF with a script whose name is escaped", name: "a.pdf", content: paper("4 0 obj<</S/Java#53cript/J#53(app.alert(1))>>endobj")},
		{what: "PDF with a script in compressed objects", name: "a.pdf", content: packed("4 0 <</S/JavaScript/JS(app.alert(1))>>", 1)},
		{what: "PDF with compressed objects packed twice", name: "a.pdf", content: paper("9 0 obj<</Type/ObjStm/N 1/First 4/Filter[/ASCIIHexDecode/FlateDecode]/Length 4>>stream\n7801\nendstream endobj")},
		{what: "PDF with a comment before its compressed objects", name: "a.pdf", content: packedAs("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>%%x\nstream\n")},
		{what: "PDF whose compressed objects have a padded dictionary", name: "a.pdf", content: packedAs("<</Type/ObjStm/N 1/First 4/X(" + strings.Repeat("x", 5<<10) + ")/Filter/FlateDecode/Length %d>>stream\n")},
		{what: "PDF whose compressed objects hide behind a string", name: "a.pdf", content: packedAs("<</Type/ObjStm/N 1/First 4/X( obj<</Y(/Filter/FlateDecode/Length %d>>stream\n) obj)/Filter/Fl>>stream\n")},
		{what: "PDF whose compressed objects are of no type", name: "a.pdf", content: packedAs("<</N 1/F#69rst 4/Filter[/FlateDecode]/Length %d>>stream\n")},
		{what: "PDF whose compressed objects are foretold", name: "a.pdf", content: packedAs("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/DecodeParms<</Predictor 12>>/Length %d>>stream\n")},
		{what: "PDF that launches a program", name: "a.pdf", content: paper("4 0 obj<</S/Launch/F(cmd.exe)>>endobj")},
		{what: "PDF with a program attached", name: "a.pdf", content: paper("4 0 obj<</Type/EmbeddedFile/Length 2>>stream\nMZ\nendstream endobj")},
		{what: "PDF that sends its form away", name: "a.pdf", content: paper("4 0 obj<</S/SubmitForm/F(http://127.0.0.1:1/)>>endobj")},
		{what: "PDF with Flash", name: "a.pdf", content: paper("4 0 obj<</Subtype/RichMedia>>endobj")},
		{what: "PDF with a password", name: "a.pdf", content: []byte(strings.Replace(string(paper("")), "trailer<<", "trailer<</Encrypt 9 0 R", 1))},
		{what: "PDF whose objects unpack to gigabytes", name: "a.pdf", content: packed("4 0 "+strings.Repeat(" ", 30<<20), 60)},
		{what: "PDF of a hundred thousand streams", name: "a.pdf", content: paper(strings.Repeat("5 0 obj<</Length 0>>stream\n\nendstream endobj\n", 100_000)), inert: true},
		{what: "PDF with pictures of billions of pixels", name: "a.pdf", content: paper(strings.Repeat("5 0 obj<</Subtype/Image/Width 99999/Height 99999/BitsPerComponent 8/Filter/FlateDecode/Length 8>>stream\n"+deflatedOf(strings.Repeat("\x00", 1<<20))+"\nendstream endobj\n", 50)), inert: true},
		{what: "PDF cut short", name: "a.pdf", content: paper("")[:120]},
		{what: "PDF that is a ZIP too", name: "a.pdf", content: append(append(paper(""), archiveOf(part{name: "x.exe", content: "MZ"})...), "\n%%EOF\n"...), inert: true},
		{what: "PDF that is a page too", name: "a.html", content: paper("% <script>xss()</script><svg onload=xss()>"), inert: true},
		{what: "page that is a PDF too", name: "a.pdf", content: append([]byte("<script>xss()</script>\n"), paper("")...)},
		{what: "PNG of four billion pixels", name: "a.png", content: flood(65_535, 65_535)},
		{what: "PNG whose size runs over", name: "a.png", content: flood(1<<31, 1<<31)},
		{what: "PNG of no size", name: "a.png", content: flood(0, 0)},
		{what: "PNG just over the limit", name: "a.png", content: flood(12_000, 10_001)},
		{what: "PNG with a text of 60 MB, compressed", name: "a.png", content: flood(8, 8, chunk("zTXt", "a\x00\x00"+deflatedOf(strings.Repeat("0", 60<<20)))), inert: true},
		{what: "PNG that is a page too", name: "a.html", content: flood(8, 8, chunk("tEXt", "a\x00<script>xss()</script>")), inert: true},
		{what: "PNG that is a ZIP too", name: "a.png", content: append(bytes.Clone(sound), archiveOf(part{name: "x.class", content: "\xCA\xFE\xBA\xBE"})...), inert: true},
		{what: "PNG cut short", name: "a.png", content: sound[:60]},
		{what: "JPEG of four billion pixels, progressive", name: "a.jpg", content: []byte("\xFF\xD8\xFF\xE0\x00\x02" + frame(65_535, 65_535) + "\xFF\xDA\x00\x02\xFF\xD9")},
		{what: "JPEG whose second frame is huge", name: "a.jpg", content: []byte("\xFF\xD8\xFF\xE0\x00\x02" + frame(8, 8) + frame(65_535, 65_535) + "\xFF\xDA\x00\x02\xFF\xD9")},
		{what: "JPEG without a frame", name: "a.jpg", content: []byte("\xFF\xD8\xFF\xE0\x00\x02\xFF\xD9")},
		{what: "JPEG cut short", name: "a.jpg", content: []byte("\xFF\xD8\xFF\xE0\x00\x02" + frame(8, 8))},
		{what: "JPEG with a script in its comment", name: "a.php", content: []byte("\xFF\xD8\xFF\xFE\x00\x13<?php system(1)?>" + frame(8, 8) + "\xFF\xDA\x00\x02\xFF\xD9"), inert: true},
		{what: "GIF that is an archive", name: "a.gif", content: append([]byte("GIF89a/*"), archiveOf(part{name: "X.class", content: "x"})...)},
		{what: "GIF called PNG", name: "a.png", content: []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")},
		{what: "WebP of a billion pixels", name: "a.webp", content: []byte("RIFF\x1a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\xff\x3f\xff\xff\x3f")},
		{what: "TIFF that points at itself", name: "a.tif", content: []byte("II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00")},
		{what: "BMP of two billion pixels", name: "a.bmp", content: []byte("BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\xff\xff\xff\x7f\xff\xff\xff\x7f")},
		{what: "icon", name: "a.ico", content: []byte("\x00\x00\x01\x00\x01\x00\x00\x00")},
		{what: "SVG with a script", name: "a.svg", content: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>xss()</script></svg>`)},
		{what: "SVG called PNG", name: "a.png", content: []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="xss()"/>`)},
		{what: "SVG in UTF-16", name: "a.svg", content: []byte(utf16Of(`<svg xmlns="http://www.w3.org/2000/svg" onload="xss()"/>`))},
	}
}

// textsAndPrograms are what is run by its content or its name.
func textsAndPrograms() []hostile {
	return []hostile{
		{what: "program of Windows called PDF", name: "a.pdf", content: []byte("MZ\x90\x00%PDF-1.7\n%%EOF\n")},
		{what: "program of Linux", name: "a", content: []byte("\x7FELF\x02\x01\x01")},
		{what: "shell script", name: "a.txt", content: []byte("#!/bin/sh\nid\n")},
		{what: "batch file", name: "a.txt", content: []byte("@echo off\r\n")},
		{what: "page called text", name: "a.txt", content: []byte("hello <script>xss()</script>")},
		{what: "script by its name", name: "a.js", content: []byte("alert(1)")},
		{what: "shortcut of a desk", name: "a.desktop", content: []byte("[Desktop Entry]\nExec=id\n")},
		{what: "name that turns its direction", name: "\u202Efdp.exe", content: paper("% turned"), inert: true},
		{what: "name with a NUL", name: "a.pdf\x00.exe", content: paper("% nul"), inert: true},
		{what: "name that leads out", name: "../../../etc/cron.d/x", content: paper("% out"), inert: true},
		{what: "name with a header", name: "a\r\nSet-Cookie: x=1\r\n.pdf", content: paper("% header"), inert: true},
		{what: "name of 5,000 letters", name: strings.Repeat("x", 5000) + ".pdf", content: paper("% long"), inert: true},
		{what: "name of a device of Windows", name: "CON.txt", content: []byte("device"), inert: true},
		{what: "formulas", name: "a.csv", content: []byte("نام واحد,شناسه ملی\n=cmd|' /C calc'!A0,1\n@SUM(1),2\n"), inert: true},
		{what: "one line of 9 MB", name: "a.csv", content: []byte("نام واحد,شناسه ملی\n" + strings.Repeat("x", 9<<20)), inert: true},
		{what: "line of nine million cells", name: "a.csv", content: []byte("نام واحد,شناسه ملی\n" + strings.Repeat(",", 9<<20)), inert: true},
		{what: "nine million lines", name: "a.csv", content: []byte("نام واحد,شناسه ملی\n" + strings.Repeat("\n", 9<<20)), inert: true},
		{what: "quotation mark that never closes", name: "a.csv", content: []byte("نام واحد,شناسه ملی\n\"" + strings.Repeat("x\n", 4<<20)), inert: true},
		{what: "NUL in a text", name: "a.csv", content: []byte("a,b\n\x00,1\n")},
		{what: "nothing", name: "a.pdf", content: nil},
		{what: "blanks", name: "a.txt", content: []byte(" \r\n\t")},
		{what: "one byte too many", name: "a.pdf", content: append(paper(strings.Repeat("%\n", 5<<20)), "%%EOF"...)},
	}
}

// groups make the files when they are wanted, so that not all of them lie in memory at once.
var groups = []func() []hostile{archives, workbooks, papersAndPictures, textsAndPrograms}
