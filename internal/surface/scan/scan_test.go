package scan_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"rsc.io/qr"

	"rahgosha/internal/base/control"
	"rahgosha/internal/surface/paper"
	"rahgosha/internal/surface/scan"
)

const address = "https://rahgosha.example.ir/verify?q=2K7JQ4ZP6XW3M5NRTB2K7JQ4ZP"

// printed is a letter as a printer lays it on paper, at 150 dots per inch.
var printed = sync.OnceValues(func() (*image.Gray, error) {
	var b bytes.Buffer
	err := paper.Write(&b, paper.Letter{
		Lang: "fa", Office: "اداره کل صنعت، معدن و تجارت", Title: "معرفی به بانک", Subject: "معرفی شرکت سلام‌کالای البرز",
		To:   []string{"ریاست محترم بانک"},
		Body: []string{strings.Repeat("با سلام و احترام، شرکت برای دریافت تسهیلات سرمایه در گردش معرفی می‌شود. ", 12)},
		QR:   address, QRCaption: "راستی‌آزمایی نامه", Footer: []string{"راستی‌آزمایی: " + address},
	})
	if err != nil {
		return nil, err
	}
	c := exec.Command("pdftoppm", "-gray", "-png", "-r", "150", "-")
	c.Stdin = &b
	raw, err := c.Output()
	if err != nil {
		return nil, err
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	g := image.NewGray(img.Bounds())
	draw.Draw(g, g.Rect, img, image.Point{}, draw.Src)
	return g, nil
})

func sheet(t testing.TB) *image.Gray {
	t.Helper()
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		if os.Getenv("RAHGOSHA_REQUIRE_TOOLS") != "" {
			t.Fatal("pdftoppm is not installed (Debian: poppler-utils)")
		}
		t.Skip("no pdftoppm")
	}
	g, err := printed()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// turned is a picture of a paper that lies askew on a grey table.
func turned(g *image.Gray, degrees float64) *image.Gray {
	w, h := float64(g.Rect.Dx()), float64(g.Rect.Dy())
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	out := image.NewGray(image.Rect(0, 0, int(w*math.Abs(cos)+h*math.Abs(sin)), int(w*math.Abs(sin)+h*math.Abs(cos))))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			dx, dy := float64(x-out.Rect.Dx()/2), float64(y-out.Rect.Dy()/2)
			at := image.Pt(int(dx*cos+dy*sin+w/2), int(dy*cos-dx*sin+h/2))
			out.Pix[y*out.Stride+x] = 190
			if at.In(g.Rect) {
				out.Pix[y*out.Stride+x] = g.GrayAt(at.X, at.Y).Y
			}
		}
	}
	return out
}

// worn is a pale copy with grain, darker towards one side as under a desk lamp.
func worn(g *image.Gray) *image.Gray {
	r := rand.New(rand.NewPCG(1405, 7))
	out := image.NewGray(g.Rect)
	for i, v := range g.Pix {
		shade := 50 * (i % g.Stride) / g.Stride
		out.Pix[i] = byte(max(0, min(255, 80+int(v)*6/10-shade+r.IntN(51)-25)))
	}
	return out
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func coloured(g *image.Gray) *image.RGBA {
	out := image.NewRGBA(g.Rect)
	draw.Draw(out, g.Rect, g, image.Point{}, draw.Src)
	return out
}

func read(t testing.TB, content []byte) (out []string) {
	t.Helper()
	err := scan.NewReader().Codes(t.Context(), content, func(text string) bool {
		out = append(out, text)
		return text == address
	})
	if err != nil {
		t.Error(err)
	}
	return out
}

// legible is the law of a letter: its code is read off a paper.
func legible(content []byte) func(testing.TB) {
	return func(t testing.TB) {
		if got := read(t, content); !slices.Contains(got, address) {
			t.Errorf("read %q, want the letter's address", got)
		}
	}
}

// A letter's code is read as scanners, phones and messengers bring it: straight, askew, on its side, on its head, small, pale
// and grainy, in colour or grey, as a picture or as the page of a PDF.
func TestTheCodeOfAPrintedLetterIsRead(t *testing.T) {
	t.Parallel()
	g := sheet(t)
	for name, content := range map[string][]byte{
		"straight":       pngOf(t, g),
		"askew":          jpegOf(t, turned(g, 3)),
		"far askew":      jpegOf(t, turned(g, -20)),
		"on its side":    pngOf(t, turned(g, 90)),
		"on its head":    jpegOf(t, turned(g, 180)),
		"worn":           jpegOf(t, worn(g)),
		"worn and askew": jpegOf(t, worn(turned(g, 4))),
		"in colour":      pngOf(t, coloured(g)),
		"colour photo":   jpegOf(t, coloured(turned(g, 1))),
		"a PDF of JPEG":  pdfOf(t, g, "jpeg"),
		"a PDF of fax":   pdfOf(t, g, "group4"),
		"a PDF of PNG":   pdfOf(t, g, "deflate"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			legible(content)(t)
		})
	}
	without := image.NewGray(g.Rect)
	draw.Draw(without, g.Rect, g, image.Point{}, draw.Src)
	draw.Draw(without, image.Rect(0, g.Rect.Dy()*3/4, g.Rect.Dx(), g.Rect.Dy()), image.White, image.Point{}, draw.Src)
	control.Finds(t, "want the letter's address", legible(pngOf(t, without)))
}

// pdfOf is a PDF of one page, which is a picture.
func pdfOf(t testing.TB, g *image.Gray, kind string) []byte {
	t.Helper()
	if kind == "group4" { // this letter in black and white, by tiffcp -c g4 and tiff2pdf
		raw, err := os.ReadFile(filepath.Join("testdata", "fax.pdf"))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	data, filter := jpegOf(t, g), "/Filter /DCTDecode"
	if kind == "deflate" {
		data, filter = predicted(t, g), "/Filter [/FlateDecode] /DecodeParms [<< /Predictor 15 /Colors 1 /Columns "+fmt.Sprint(g.Rect.Dx())+" >>]"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%%PDF-1.4\n1 0 obj\n<< /Length 6 >>\nstream\nq Do Q\nendstream\nendobj\n2 0 obj\n<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 %s /Length %d >>\nstream\n", g.Rect.Dx(), g.Rect.Dy(), filter, len(data))
	b.Write(data)
	b.WriteString("\nendstream\nendobj\n%%EOF\n")
	return b.Bytes()
}

// predicted deflates a picture as PNG does, each row under another filter.
func predicted(t testing.TB, g *image.Gray) []byte {
	t.Helper()
	raw := pngOf(t, g) // the library chooses the filters
	var b bytes.Buffer
	for at := 8; at < len(raw); {
		n := int(binary.BigEndian.Uint32(raw[at:]))
		if string(raw[at+4:at+8]) == "IDAT" {
			b.Write(raw[at+8 : at+8+n])
		}
		at += 12 + n
	}
	return b.Bytes()
}

// Another code on the page, of the post or of a stamp, does not hide the letter's.
func TestAnotherCodeDoesNotHideTheLetters(t *testing.T) {
	t.Parallel()
	g := image.NewGray(sheet(t).Rect)
	draw.Draw(g, g.Rect, sheet(t), image.Point{}, draw.Src)
	stamp(t, g, image.Pt(g.Rect.Dx()-420, 80), "POST 1234567890")
	got := read(t, pngOf(t, g))
	if !slices.Equal(got, []string{"POST 1234567890", address}) && !slices.Equal(got, []string{address}) {
		t.Errorf("read %q", got)
	}
}

// stamp prints a code of ten pixels a module.
func stamp(t testing.TB, g *image.Gray, at image.Point, text string) {
	t.Helper()
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				draw.Draw(g, image.Rect(0, 0, 10, 10).Add(at).Add(image.Pt(10*x, 10*y)), image.Black, image.Point{}, draw.Src)
			}
		}
	}
}

// room is the law of hostile pictures: whatever their heads promise, little room is taken.
func room(open func([]byte), content []byte) func(testing.TB) {
	return func(t testing.TB) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		open(content)
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 24 {
			t.Errorf("%d bytes take %d MB", len(content), took)
		}
	}
}

// Not parallel: it measures what the process takes.
func TestABombIsNotOpened(t *testing.T) {
	wide := image.NewGray(image.Rect(0, 0, 12000, 12000))
	bomb := pngOf(t, wide)
	codes := func(content []byte) { read(t, content) }
	for name, content := range map[string][]byte{
		"a wide PNG":         bomb,
		"a head that lies":   claims(bomb, 1<<31-1, 1<<31-1),
		"no pixel":           claims(bomb, 0, 12000),
		"a PDF's bomb":       pdfOf(t, wide, "deflate"),
		"a PDF of bombs":     slices.Concat([]byte("%PDF-1.4\n"), bytes.Repeat(pdfOf(t, wide, "deflate")[9:], 40)),
		"a PDF without ends": bytes.Repeat([]byte("%PDF-1.4 1 0 obj<</Subtype/Image/Width 9/Height 9>>stream\n"), 9000),
	} {
		t.Run(name, func(t *testing.T) { room(codes, content)(t) })
	}
	control.Finds(t, "take", room(func(content []byte) { _, _, _ = image.Decode(bytes.NewReader(content)) }, bomb))
}

// claims changes the size that the head of a PNG tells.
func claims(content []byte, width, height uint32) []byte {
	out := bytes.Clone(content)
	binary.BigEndian.PutUint32(out[16:], width)
	binary.BigEndian.PutUint32(out[20:], height)
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(out[12:29]))
	return out
}

// Thousands of marks like the corners of a code would be compared three by three: the reader gives such a picture up.
func TestAPictureOfCornersIsGivenUp(t *testing.T) {
	t.Parallel()
	corner := []string{"#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"}
	g := image.NewGray(image.Rect(0, 0, 1790, 1790))
	draw.Draw(g, g.Rect, image.White, image.Point{}, draw.Src)
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			if r, c := y/3%9, x/3%9; r < 7 && c < 7 && corner[r][c] == '#' {
				g.Pix[y*g.Stride+x] = 0
			}
		}
	}
	if got := read(t, pngOf(t, g)); len(got) > 0 {
		t.Errorf("read %q", got)
	}
}

func TestWhoLeavesIsNotReadFor(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	content := pngOf(t, sheet(t))
	if err := scan.NewReader().Codes(ctx, content, func(string) bool { t.Error("read"); return true }); err == nil {
		t.Error("read for nobody")
	}
}

// FuzzCodes: whatever the bytes, reading ends without a fault and gives no text twice.
func FuzzCodes(f *testing.F) {
	g := image.NewGray(image.Rect(0, 0, 290, 290))
	draw.Draw(g, g.Rect, image.White, image.Point{}, draw.Src)
	stamp(f, g, image.Pt(40, 40), "RG-1")
	for _, content := range [][]byte{pngOf(f, g), jpegOf(f, g), pdfOf(f, g, "jpeg"), pdfOf(f, g, "deflate"), []byte("%PDF-1.4 obj<</Subtype/Image/Filter/CCITTFaxDecode/Width 9/Height 9/K -1/Columns 9>>stream\n\x00\x10\x01endstream"), []byte("GIF89a")} {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if got := read(t, content); len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
			t.Errorf("%q twice", got)
		}
	})
}
