package document_test

import (
	"archive/zip"
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
)

type file struct {
	name    string
	content []byte
	media   string
	want    string // the name it is kept under
}

func samplePDF(inside string) []byte {
	return []byte("%PDF-1.7\n" + inside + "\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
}

func picture(encode func(*bytes.Buffer, image.Image) error) []byte {
	var b bytes.Buffer
	if err := encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func samplePNG() []byte {
	return picture(func(b *bytes.Buffer, i image.Image) error { return png.Encode(b, i) })
}

func sampleJPEG() []byte {
	return picture(func(b *bytes.Buffer, i image.Image) error { return jpeg.Encode(b, i, nil) })
}

// archive makes a ZIP of name and content, alternating.
func archive(parts ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err == nil {
			_, err = w.Write([]byte(parts[i+1]))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func sampleSheet(more ...string) []byte {
	return archive(append([]string{"[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<workbook/>"}, more...)...)
}

const sheetMedia = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func sound() []file {
	text := "text/plain; charset=utf-8"
	return []file{
		{"پروانه بهره‌برداری.pdf", samplePDF("a"), "application/pdf", "پروانه بهره‌برداری.pdf"},
		{"SCAN.JPG", sampleJPEG(), "image/jpeg", "SCAN.jpg"},
		{"photo.png", samplePNG(), "image/png", "photo.png"},
		{"فهرست.xlsx", sampleSheet(), sheetMedia, "فهرست.xlsx"},
		{"list.csv", []byte("\xEF\xBB\xBFنام,شناسه\nسپیدتار,1\n"), text, "list.csv"},
		{"note", []byte("سطر یک\r\nسطر دو < سه\r\n"), text, "note.txt"},
		{"licence.exe", samplePDF("b"), "application/pdf", "licence.exe.pdf"},
		{"picture.pdf", append(samplePNG(), 0), "image/png", "picture.pdf.png"},
		{"\u202Efdp.exe", samplePDF("c"), "application/pdf", "fdp.exe.pdf"},
		{`C:\Users\x\..\سند.pdf`, samplePDF("d"), "application/pdf", "سند.pdf"},
		{"../../etc/passwd", samplePDF("e"), "application/pdf", "passwd.pdf"},
		{"a\r\nSet-Cookie: x.pdf", samplePDF("f"), "application/pdf", "a-Set-Cookie- x.pdf"},
		{" .pdf", samplePDF("g"), "application/pdf", "pdf.pdf"},
		{"", samplePDF("h"), "application/pdf", "document.pdf"},
	}
}
