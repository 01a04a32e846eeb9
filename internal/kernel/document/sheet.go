package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"rahgosha/internal/base/fault"
)

// What an unpacked sheet may take: real ones of 10,000 rows stay far below.
const (
	maxUnpacked = 100 << 20
	maxParts    = 2000
)

var errBomb = errors.New("unpacks to more than it may")

// wholeSheet wants a ZIP that is an XLSX without programs in it. It unpacks every part, and so finds a broken one and one
// that says less of its size than it has.
func wholeSheet(content []byte, _ string) error {
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
		if errors.Is(err, errBomb) {
			return fault.Wrap(err, fault.TooLarge, "document.bomb")
		}
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "document.cut")
		}
		left -= n
	}
	return nil
}

func sheetParts(z *zip.Reader) error {
	var types, book bool
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		types = types || f.Name == "[Content_Types].xml"
		book = book || name == "xl/workbook.xml"
		if strings.HasSuffix(name, ".bin") && strings.Contains(name, "vba") || strings.HasPrefix(name, "xl/macrosheets/") {
			return fault.New(fault.Invalid, "document.macro")
		}
	}
	if !types || !book {
		return fault.New(fault.Invalid, "document.archive")
	}
	return nil
}

// unpack reads a part to its end, which checks it, and counts its bytes.
func unpack(f *zip.File, most int64) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, fmt.Errorf("part %s: %w", f.Name, err)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r, most+1))
	if err == nil && n > most {
		err = errBomb
	}
	return n, errors.Join(err, r.Close())
}
