package sheet_test

import (
	"bytes"
	"io"
	"testing"
	"unicode/utf8"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/sheet"
)

// reader reads a sheet.
type reader func(name string, r io.Reader) ([][]string, error)

// readOrTold is the law of the reader: whatever the bytes, reading ends in a fault that both languages tell, or in rows of
// text that end with a filled cell.
func readOrTold(t testing.TB, read reader, raw []byte) {
	t.Helper()
	rows, err := read("x", bytes.NewReader(raw))
	if err != nil {
		if f, ok := fault.As(err); !ok || !locale.Has(locale.FA, f.Key) || !locale.Has(locale.EN, f.Key) {
			t.Fatalf("not told: %v", err)
		}
		return
	}
	for _, r := range rows {
		if len(r) > 0 && r[len(r)-1] == "" {
			t.Fatalf("blank cell at the end of %q", r)
		}
		for _, c := range r {
			if !bytes.HasPrefix(raw, []byte("PK")) && !utf8.ValidString(c) {
				t.Fatalf("%q is no text", c)
			}
		}
	}
}

func readSeeds(t testing.TB) [][]byte {
	t.Helper()
	var book bytes.Buffer
	if err := sheet.Write(&book, []string{"\u0646\u0627\u0645", "=1"}, [][]string{{"0061234567", ""}, {}, {"", "x"}}); err != nil {
		t.Fatal(err)
	}
	return [][]byte{book.Bytes(), book.Bytes()[:book.Len()-9], []byte("a,b\n\"c\"\"\n;d"), []byte("PK\x03\x04"), []byte("a\xe4,b\n"), []byte("\xFF\xFEa\x00,\x00")}
}

func FuzzRead(f *testing.F) {
	for _, raw := range readSeeds(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) { readOrTold(t, sheet.Read, raw) })
}

// A reader that takes the Persian of an old code page for text hands on signs that nobody can read.
func TestFuzzReadFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "is no text", func(t testing.TB) {
		for _, raw := range readSeeds(t) {
			readOrTold(t, func(name string, r io.Reader) ([][]string, error) {
				rows, err := sheet.Read(name, r)
				if f, ok := fault.As(err); ok && f.Key == "sheet.encoding" {
					return [][]string{{string(raw)}}, nil
				}
				return rows, err
			}, raw)
		}
	})
}
