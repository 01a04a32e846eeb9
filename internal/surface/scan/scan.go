// Package scan reads the QR codes of scanned papers: of PNG and JPEG pictures, and of PDFs whose pages are pictures, as
// scanners and phones make them. What comes in may be hostile: pixels, pictures and marks that look like a code's corners
// are bounded before work is done on them, so that no file costs more than a sharp scan of a few pages.
package scan

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"iter"
	"time"
)

// Bounds of one paper. A colour scan of A4 at 400 dpi takes 62 MB when it is open, one in black and white at 600 dpi 35 MB.
const (
	mostBytes    = 80 << 20 // of one open picture
	mostPixels   = 80e6     // of all pictures of a paper
	mostPictures = 12
)

// patience is how long one paper may wait for its turn and be read: far more than the bounds let it need.
const patience = 20 * time.Second

// Reader reads papers one after the other, so that many at once take no more room than one.
type Reader struct{ turn chan struct{} }

// NewReader gives a reader for one process.
func NewReader() *Reader { return &Reader{turn: make(chan struct{}, 1)} }

// Codes reads the QR codes of a paper and gives each text once, until found says that it is enough. What is no picture, has
// no code or is over the bounds gives none, as does a paper whose turn does not come; an error is the caller's context's.
func (r *Reader) Codes(ctx context.Context, content []byte, found func(text string) (enough bool)) error {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
		read(within, content, found)
	case <-within.Done():
	}
	return ctx.Err()
}

func read(ctx context.Context, content []byte, found func(text string) (enough bool)) {
	seen := map[string]bool{}
	left := budget(mostPixels)
	for n, open := range pictures(content) {
		if n == mostPictures || ctx.Err() != nil {
			break
		}
		g := open(ctx, &left)
		if g == nil {
			continue
		}
		for text := range codes(ctx, g) {
			if !seen[text] && found(text) {
				return
			}
			seen[text] = true
		}
	}
}

// budget is how many pixels may still be opened.
type budget int

// allows takes a picture out of the budget, if it fits; a pixel of it takes so many bytes while it is opened.
func (b *budget) allows(width, height, each int) bool {
	if width <= 0 || height <= 0 || width > int(*b)/height || width*height > mostBytes/each {
		return false
	}
	*b -= budget(width * height)
	return true
}

// opener opens a picture within the budget; nil where it cannot be.
type opener func(ctx context.Context, left *budget) *image.Gray

// pictures gives the pictures of a paper in their order.
func pictures(content []byte) iter.Seq2[int, opener] {
	return func(yield func(int, opener) bool) {
		if !bytes.HasPrefix(content, []byte("%PDF-")) {
			yield(0, func(ctx context.Context, left *budget) *image.Gray { return openPicture(ctx, content, left) })
			return
		}
		n := 0
		for p := range embedded(content) {
			if !yield(n, p.open) {
				return
			}
			n++
		}
	}
}

// openPicture opens a PNG or JPEG whose head says that it stays within the bounds.
func openPicture(ctx context.Context, content []byte, left *budget) *image.Gray {
	decode, head := png.Decode, png.DecodeConfig
	if bytes.HasPrefix(content, []byte("\xFF\xD8")) {
		decode, head = jpeg.Decode, jpeg.DecodeConfig
	}
	c, err := head(bytes.NewReader(content))
	if err != nil || !left.allows(c.Width, c.Height, weight(c.ColorModel, content)) {
		return nil
	}
	img, err := decode(reading{ctx, bytes.NewReader(content)})
	if err != nil {
		return nil
	}
	return gray(img)
}

// weight is how many bytes a pixel takes while a picture is opened. The coefficients of a progressive JPEG are kept whole.
func weight(m color.Model, content []byte) int {
	switch m {
	case color.GrayModel:
		return 1 + progressive(content)
	case color.Gray16Model:
		return 2
	case color.YCbCrModel:
		return 3 + 3*progressive(content)
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 4 + 4*progressive(content)
}

// progressive gives what the coefficients of a sample take, in bytes: a JPEG without the mark of progression keeps none.
func progressive(content []byte) int {
	if bytes.HasPrefix(content, []byte("\xFF\xD8")) && bytes.Contains(content, []byte("\xFF\xC2")) {
		return 4
	}
	return 0
}

// reading stops the opening of a picture when its reader has left.
type reading struct {
	ctx context.Context
	r   io.Reader
}

func (r reading) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// gray gives the lightness of a picture, white where it is transparent.
func gray(img image.Image) *image.Gray {
	b := img.Bounds()
	switch x := img.(type) {
	case *image.Gray:
		return x
	case *image.YCbCr:
		return &image.Gray{Pix: x.Y, Stride: x.YStride, Rect: b}
	}
	out := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, bl, a := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			light := (299*r + 587*g + 114*bl) / 1000
			out.Pix[y*out.Stride+x] = byte((light + 0xffff - a) >> 8) // #nosec G115 -- a mean of bytes
		}
	}
	return out
}
