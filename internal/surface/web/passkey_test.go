package web

import (
	"image"
	"image/color"
	"regexp"
	"strconv"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// What the page draws reads as what it holds, with the quiet zone that readers want. A picture with a module turned white
// in its corner is the control.
func TestTheAuthenticatorsPictureReads(t *testing.T) {
	t.Parallel()
	const content = "otpauth://totp/Rahgosha:%D9%85?issuer=Rahgosha&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	mark, err := qrMark(content)
	if err != nil {
		t.Fatal(err)
	}
	if got := readMark(t, string(mark), 0); got != content {
		t.Errorf("read %q", got)
	}
	if got := readMark(t, string(mark), 120); got == content {
		t.Error("a picture without its first rows reads all the same")
	}
}

// readMark paints the path at four pixels a module and reads it; the first squares may be left out.
func readMark(t *testing.T, svg string, without int) string {
	t.Helper()
	side, err := strconv.Atoi(regexp.MustCompile(`viewBox="0 0 (\d+) `).FindStringSubmatch(svg)[1])
	if err != nil {
		t.Fatal(err)
	}
	const px = 4
	im := image.NewGray(image.Rect(0, 0, side*px, side*px))
	for i := range im.Pix {
		im.Pix[i] = 255
	}
	squares := regexp.MustCompile(`M(\d+) (\d+)h1v1h-1z`).FindAllStringSubmatch(svg, -1)
	for _, m := range squares[min(without, len(squares)):] {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		for i := range px * px {
			im.SetGray(x*px+i%px, y*px+i/px, color.Gray{})
		}
	}
	bits, err := gozxing.NewBinaryBitmapFromImage(im)
	if err != nil {
		t.Fatal(err)
	}
	got, err := qrcode.NewQRCodeReader().Decode(bits, nil)
	if err != nil {
		return ""
	}
	return got.GetText()
}
