package scan

import (
	"bytes"
	"compress/zlib"
	"context"
	"image"
	"io"
	"iter"
	"regexp"
	"strconv"

	"golang.org/x/image/ccitt"
)

// embeddedPicture is a picture in a PDF: the dictionary of its stream and the stream. Streams are never inside of other
// streams (ISO 32000-1, 7.3.8), so they are found without following the file's tables, which scanners often get wrong.
type embeddedPicture struct{ dict, data []byte }

// dictRoom is how long the dictionary of a picture may be, in bytes.
const dictRoom = 4 << 10

var (
	streamBegins = regexp.MustCompile(`>>\s*stream\r?\n`)
	pictureDict  = regexp.MustCompile(`/Subtype\s*/Image\b`)
	filterNames  = regexp.MustCompile(`/(DCTDecode|CCITTFaxDecode|FlateDecode|[A-Za-z0-9]+Decode)\b`)
)

// embedded gives the pictures of a PDF in their order in the file.
func embedded(pdf []byte) iter.Seq[embeddedPicture] {
	return func(yield func(embeddedPicture) bool) {
		for {
			at := streamBegins.FindIndex(pdf)
			if at == nil {
				return
			}
			head := pdf[max(0, at[0]-dictRoom):at[0]]
			if i := bytes.LastIndex(head, []byte(" obj")); i >= 0 {
				head = head[i:]
			}
			data := pdf[at[1]:]
			end := bytes.Index(data, []byte("endstream"))
			if end < 0 {
				return
			}
			if pictureDict.Match(head) && !yield(embeddedPicture{head, data[:end]}) {
				return
			}
			pdf = data[end:]
		}
	}
}

// open opens the picture: a JPEG as it is, fax groups 3 and 4, and deflated samples of a grey, RGB or CMYK picture.
func (p embeddedPicture) open(ctx context.Context, left *budget) *image.Gray {
	data := p.data
	for _, f := range filterNames.FindAllSubmatch(p.dict, 3) {
		switch string(f[1]) {
		case "DCTDecode":
			return openPicture(ctx, data, left)
		case "CCITTFaxDecode":
			return p.fax(data, left)
		case "FlateDecode":
			data = p.inflate(ctx, data, left)
		default:
			return nil
		}
	}
	return p.samples(data)
}

// number gives a whole number of the dictionary, or another where it has none.
func (p embeddedPicture) number(key string, or int) int {
	m := regexp.MustCompile(`/` + key + `\s+(-?\d{1,9})\b`).FindSubmatch(p.dict)
	if m == nil {
		return or
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return or
	}
	return n
}

func (p embeddedPicture) size() (width, height int) {
	return p.number("Width", 0), p.number("Height", 0)
}

// mostSamples is how many samples a pixel has: cyan, magenta, yellow and black.
const mostSamples = 4

// inflate gives no more than what the picture needs. What was cut off, or is wrong at its end, may still hold the code.
func (p embeddedPicture) inflate(ctx context.Context, data []byte, left *budget) []byte {
	w, h := p.size()
	each := mostSamples + 1
	if p.number("BitsPerComponent", 8) == 1 {
		each = 2
	}
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil || !left.allows(w, h, each) {
		return nil
	}
	out, _ := io.ReadAll(io.LimitReader(reading{ctx, z}, int64(h)*int64(mostSamples*w+1)))
	return out
}

func (p embeddedPicture) fax(data []byte, left *budget) *image.Gray {
	w, h := p.size()
	if !left.allows(w, h, 1) || p.number("Columns", 1728) != w {
		return nil
	}
	group := ccitt.Group3
	if k := p.number("K", 0); k < 0 {
		group = ccitt.Group4
	} else if k > 0 {
		return nil // mixed lines are not read
	}
	g := image.NewGray(image.Rect(0, 0, w, h))
	black := regexp.MustCompile(`/BlackIs1\s+true`).Match(p.dict)
	// What stands before a fault is in the picture.
	_ = ccitt.DecodeIntoGray(g, bytes.NewReader(data), ccitt.MSB, group, &ccitt.Options{Invert: black, Align: bytes.Contains(p.dict, []byte("/EncodedByteAlign true"))})
	return g
}

// samples reads rows of samples of 1 or 8 bits, with or without a PNG predictor. How many a pixel has follows from the
// length of the rows, so that the colour space need not be known.
func (p embeddedPicture) samples(data []byte) *image.Gray {
	w, h := p.size()
	bits := p.number("BitsPerComponent", 8)
	if w <= 0 || h <= 0 || bits != 1 && bits != 8 {
		return nil
	}
	mark := 0
	if p.number("Predictor", 1) >= 10 && bytes.Contains(p.dict, []byte("/FlateDecode")) {
		mark = 1
	}
	each := (len(data)/h - mark) * 8 / bits / w
	row := (w*each*bits + 7) / 8
	if each < 1 || each > mostSamples || (row+mark)*h > len(data) {
		return nil
	}
	if mark == 1 {
		unpredict(data, row, h, max(1, each*bits/8))
	}
	g := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		line := data[y*(row+mark)+mark:][:row]
		for x := range w {
			g.Pix[y*g.Stride+x] = sample(line, x, each, bits)
		}
	}
	return g
}

// sample gives the lightness of a pixel: of several samples their mean, of four what cyan, magenta, yellow and black leave.
func sample(line []byte, x, each, bits int) byte {
	if bits == 1 {
		if line[x*each/8]>>(7-x*each%8)&1 == 1 {
			return 255
		}
		return 0
	}
	sum := 0
	for _, v := range line[x*each : (x+1)*each] {
		sum += int(v)
	}
	if each == 4 {
		return byte(255 - min(255, sum))
	}
	return byte(sum / each) // #nosec G115 -- one of three bytes, or their mean
}

// unpredict undoes the filters that begin each row (PNG 3rd edition, 9.2); a pixel is back bytes long.
func unpredict(data []byte, row, h, back int) {
	above := make([]byte, row)
	for y := range h {
		kind, line := data[y*(row+1)], data[y*(row+1)+1:][:row]
		for i := range line {
			var left, corner byte
			if i >= back {
				left, corner = line[i-back], above[i-back]
			}
			line[i] += predicted(kind, left, above[i], corner)
		}
		above = line
	}
}

func predicted(kind, left, above, corner byte) byte {
	switch kind {
	case 1:
		return left
	case 2:
		return above
	case 3:
		return byte((int(left) + int(above)) / 2) // #nosec G115 -- one of three bytes, or their mean
	case 4:
		return paeth(int(left), int(above), int(corner))
	}
	return 0
}

// paeth gives the neighbour nearest to left + above − corner.
func paeth(left, above, corner int) byte {
	p := left + above - corner
	l, a, c := abs(p-left), abs(p-above), abs(p-corner)
	switch {
	case l <= a && l <= c:
		return byte(left) // #nosec G115 -- one of three bytes, or their mean
	case a <= c:
		return byte(above) // #nosec G115 -- one of three bytes, or their mean
	}
	return byte(corner) // #nosec G115 -- one of three bytes, or their mean
}

func abs(n int) int { return max(n, -n) }
