package paper

import (
	"bytes"
	_ "embed"
	"sync"

	"github.com/go-text/typesetting/font"

	"rahgosha/internal/base/fault"
)

//go:embed fonts/Vazirmatn-Regular.ttf
var regularTTF []byte

//go:embed fonts/Vazirmatn-Bold.ttf
var boldTTF []byte

// weight picks one of the two embedded faces.
type weight int

const (
	regular weight = iota
	bold
	weights // how many there are
)

// source is an embedded font: its tables for the subsetter and its parsed form for shaping. Parsed fonts may be shared
// between goroutines, faces may not.
type source struct {
	name   string
	tables map[string][]byte
	parsed *font.Font
}

var sources = sync.OnceValues(func() ([weights]source, error) {
	var out [weights]source
	for w, in := range map[weight]struct {
		name string
		raw  []byte
	}{regular: {"Vazirmatn-Regular", regularTTF}, bold: {"Vazirmatn-Bold", boldTTF}} {
		face, err := font.ParseTTF(bytes.NewReader(in.raw))
		if err != nil {
			return out, fault.Wrap(err, fault.Internal, "paper.font")
		}
		tables, err := readTables(in.raw)
		if err != nil {
			return out, err
		}
		out[w] = source{name: in.name, tables: tables, parsed: face.Font}
	}
	return out, nil
})
