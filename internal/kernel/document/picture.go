package document

import (
	"bytes"
	"encoding/binary"

	"rahgosha/internal/base/fault"
)

// maxPixels is how large a picture may be: those of the sharpest phones have 108 millions. A few bytes can ask whoever opens
// them for a picture of billions.
const maxPixels = 120_000_000

// wholePNG wants the end mark and bounded pixels (PNG 3rd edition, 11.2.1 and 11.2.5).
func wholePNG(content []byte, _ string) error {
	if len(content) < 33 || !bytes.Contains(content, []byte("IEND\xAE\x42\x60\x82")) {
		return fault.New(fault.Invalid, "document.cut")
	}
	return bounded(binary.BigEndian.Uint32(content[16:]), binary.BigEndian.Uint32(content[20:]))
}

// wholeJPEG wants the end mark and bounded pixels in every frame that its segments announce (ITU T.81, B.1.1.3 and B.2.2).
func wholeJPEG(content []byte, _ string) error {
	at, frames := 2, 0
	for at+4 <= len(content) && content[at] == 0xFF {
		mark, size := content[at+1], int(binary.BigEndian.Uint16(content[at+2:]))
		if mark == 0xFF { // a filling byte
			at++
			continue
		}
		if mark >= 0xC0 && mark <= 0xCF && mark != 0xC4 && mark != 0xC8 && mark != 0xCC {
			if at+9 > len(content) {
				break
			}
			frames++
			high, wide := binary.BigEndian.Uint16(content[at+5:]), binary.BigEndian.Uint16(content[at+7:])
			if err := bounded(uint32(wide), uint32(high)); err != nil {
				return err
			}
		}
		if mark == 0xDA { // what follows is the picture itself
			break
		}
		at += 2 + size
	}
	if frames == 0 || !bytes.Contains(content[min(at, len(content)):], []byte("\xFF\xD9")) {
		return fault.New(fault.Invalid, "document.cut")
	}
	return nil
}

func bounded(wide, high uint32) error {
	if wide == 0 || high == 0 {
		return fault.New(fault.Invalid, "document.cut")
	}
	if uint64(wide)*uint64(high) > maxPixels {
		return fault.New(fault.TooLarge, "document.pixels", "most", maxPixels/1_000_000)
	}
	return nil
}
