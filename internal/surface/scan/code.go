package scan

import (
	"context"
	"image"
	"iter"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/draw"
)

// The sizes a page is looked at, in pixels of its longer side: a code of 26 mm on A4 has four pixels a module at 1,800, and
// at less the grain of a bad copy is averaged away.
var looks = []int{1800, 1100, 3600}

// small is the longer side of a picture, in pixels, below which it is enlarged: at 150 dots an inch a module of the code has
// four pixels and a half, and one code in fifty lies so between them that it is not read.
const small = 2400

// mostCorners is how many marks like a code's corners a picture may have: triples of them are compared. A page of text
// has a few.
const mostCorners = 250

// codes gives the texts of the codes that are found at any size: first on the whole page, then on its pieces, where
// another code does not stand in the way.
func codes(ctx context.Context, g *image.Gray) iter.Seq[string] {
	return func(yield func(string) bool) {
		for page := range sizes(g) {
			for _, part := range parts(page.Rect) {
				if ctx.Err() != nil {
					return
				}
				if text, ok := decode(ctx, page.SubImage(part)); ok && !yield(text) {
					return
				}
			}
		}
	}
}

// sizes gives a page in the sizes it is looked at; a small picture, as messengers make them, is enlarged too.
func sizes(g *image.Gray) iter.Seq[*image.Gray] {
	return func(yield func(*image.Gray) bool) {
		var done []int
		for _, side := range looks {
			by := max(1, (max(g.Rect.Dx(), g.Rect.Dy())+side-1)/side)
			if slices.Contains(done, by) {
				continue
			}
			if done = append(done, by); !yield(shrink(g, by)) {
				return
			}
		}
		if max(g.Rect.Dx(), g.Rect.Dy()) < small {
			large := image.NewGray(image.Rect(0, 0, 2*g.Rect.Dx(), 2*g.Rect.Dy()))
			draw.CatmullRom.Scale(large, large.Rect, g, g.Rect, draw.Src, nil)
			yield(large)
		}
	}
}

// parts are the whole and six overlapping pieces: a code of a letter lies within one of them, however the page lies.
func parts(r image.Rectangle) []image.Rectangle {
	out := []image.Rectangle{r}
	w, h := r.Dx()*3/5, r.Dy()*2/5
	if r.Dx() > r.Dy() {
		w, h = r.Dx()*2/5, r.Dy()*3/5
	}
	for _, x := range steps(r.Dx(), w) {
		for _, y := range steps(r.Dy(), h) {
			out = append(out, image.Rect(x, y, x+w, y+h))
		}
	}
	return out
}

// steps are where pieces of a length begin, so that they cover the whole.
func steps(whole, piece int) []int {
	if 2*piece >= whole {
		return []int{0, whole - piece}
	}
	return []int{0, (whole - piece) / 2, whole - piece}
}

// shrink averages squares of by × by pixels.
func shrink(g *image.Gray, by int) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, g.Rect.Dx()/by, g.Rect.Dy()/by))
	sums := make([]int, out.Rect.Dx())
	for y := range out.Rect.Dy() {
		clear(sums)
		for i := range by {
			row := g.Pix[(y*by+i)*g.Stride:]
			for x := range sums {
				for _, v := range row[x*by : (x+1)*by] {
					sums[x] += int(v)
				}
			}
		}
		for x, s := range sums {
			out.Pix[y*out.Stride+x] = byte(s / (by * by)) // #nosec G115 -- a mean of bytes
		}
	}
	return out
}

// tooMany stops the reader where it would compare marks without end.
type tooMany struct{}

// decode reads the most likely code of a picture. A fault of the reader on a hostile picture is no code.
func decode(ctx context.Context, img image.Image) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	corners := 0
	hints := map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER: true,
		gozxing.DecodeHintType_NEED_RESULT_POINT_CALLBACK: gozxing.ResultPointCallback(func(gozxing.ResultPoint) {
			if corners++; corners > mostCorners || ctx.Err() != nil {
				panic(tooMany{})
			}
		}),
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", false
	}
	res, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		return "", false
	}
	return res.GetText(), true
}
