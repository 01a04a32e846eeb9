package trade

import (
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	index "rahgosha/internal/insight/trade"
)

// A year of trade between pairs of countries has some eleven million rows. It is kept product by product, each deflated for
// itself, many products to a part of some size; the source's own bytes are a head: codes, where each product lies, and the year's
// totals. So a page about one product reads the heads once and then one part of each year.

// FlowTx is what flows and flags need of a transaction.
type FlowTx interface {
	PutTradePart(ctx context.Context, province, id string, n int, packed []byte) error
	// TradePart gives the n-th part of a source's flows; not_found when there is none.
	TradePart(ctx context.Context, province, id string, n int) ([]byte, error)
	PutMarketFlag(ctx context.Context, f MarketFlag) error
	// MarketFlags gives the flags of a province, the last written first.
	MarketFlags(ctx context.Context, province string) ([]MarketFlag, error)
}

// Flows is a packed year of bilateral trade.
type Flows struct {
	Head  Head
	Parts [][]byte
}

// Head is what of a year's flows is read before any of its products. Codes are sorted and its numbers are theirs.
type Head struct {
	*index.Margins
	Rows  int
	Place []Place // by product
}

// Place is where a product's flows lie.
type Place struct{ Part, Offset, Size, Rows int }

const (
	flowForm = 2       // the form of a head; that of a table is 1
	partSize = 1 << 18 // bytes at which a part is full
)

// PackFlows sorts and packs flows; a flow twice is refused with both its lines.
func PackFlows(file string, b *index.Bilateral) (*Flows, error) {
	countries, countryTo := sortedCodes(b.Countries, strings.ToUpper)
	products, productTo := sortedCodes(b.Products, func(s string) string { return s })
	out := &Flows{Head: Head{Margins: index.NewMargins(countries, products), Rows: len(b.Value), Place: make([]Place, len(products))}}
	order, start := byProduct(b.Product, productTo, len(products))
	p := flowPacker{}
	var part []byte
	var keys []uint64
	for k := range products {
		keys = keys[:0]
		for _, r := range order[start[k]:start[k+1]] {
			keys = append(keys, uint64(countryTo[b.Origin[r]])<<48|uint64(countryTo[b.Destination[r]])<<32|uint64(r))
		}
		slices.Sort(keys)
		p.rows = p.rows[:0]
		for n, key := range keys {
			r := key & math.MaxUint32
			if n > 0 && key>>32 == keys[n-1]>>32 {
				first := b.Line[keys[n-1]&math.MaxUint32]
				return nil, fault.New(fault.Invalid, "trade.csv_twice", "file", file, "line", int(b.Line[r]), "first", int(first),
					"key", countries[key>>48]+", "+countries[key>>32&math.MaxUint16]+", "+products[k])
			}
			f := index.PairFlow{Origin: uint16(key >> 48), Destination: uint16(key >> 32 & math.MaxUint16), Value: b.Value[r], Quantity: math.NaN()}
			if b.Quantity != nil {
				f.Quantity = b.Quantity[r]
			}
			p.rows = append(p.rows, f)
			out.Head.Add(k, f)
		}
		packed := p.pack()
		if len(part) > 0 && len(part)+len(packed) > partSize {
			out.Parts, part = append(out.Parts, part), nil
		}
		out.Head.Place[k] = Place{Part: len(out.Parts), Offset: len(part), Size: len(packed), Rows: len(keys)}
		part = append(part, packed...)
	}
	out.Parts = append(out.Parts, part)
	return out, nil
}

// sortedCodes gives the codes as they are kept, sorted, and the new number of each old one.
func sortedCodes(names []string, kept func(string) string) (sorted []string, to []uint16) {
	for _, n := range names {
		sorted = append(sorted, kept(n))
	}
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	to = make([]uint16, len(names))
	for i, n := range names {
		at, _ := slices.BinarySearch(sorted, kept(n))
		to[i] = uint16(at) // #nosec G115 -- codes are numbered in 16 bits when they are read
	}
	return sorted, to
}

// byProduct lists the rows of each product.
func byProduct(product, to []uint16, np int) (order []uint32, start []int) {
	start = make([]int, np+1)
	for _, k := range product {
		start[to[k]+1]++
	}
	for k := range np {
		start[k+1] += start[k]
	}
	next := slices.Clone(start)
	order = make([]uint32, len(product))
	for r, k := range product {
		order[next[to[k]]] = uint32(r) // #nosec G115 -- lines of a file are counted in 32 bits when they are read
		next[to[k]]++
	}
	return order, start
}

// flowPacker writes the flows of one product.
type flowPacker struct {
	rows []index.PairFlow
	raw  []byte
	z    *flate.Writer
}

func (p *flowPacker) pack() []byte {
	b := binary.AppendUvarint(p.raw[:0], uint64(len(p.rows)))
	origin, destination := -1, -1
	for _, f := range p.rows {
		i, j := int(f.Origin), int(f.Destination)
		if i != origin {
			destination = -1
		}
		b = binary.AppendUvarint(b, uint64(max(0, i-max(0, origin)))) // #nosec G115 -- sorted
		b = binary.AppendUvarint(b, uint64(j-destination))            // #nosec G115 -- sorted
		origin, destination = i, j
	}
	b = appendFigures(b, len(p.rows), func(n int) float64 { return p.rows[n].Value })
	b = appendFigures(b, len(p.rows), func(n int) float64 { return p.rows[n].Quantity })
	p.raw = b
	var out bytes.Buffer
	if p.z == nil {
		p.z, _ = flate.NewWriter(&out, flate.BestSpeed) // the level is a constant
	} else {
		p.z.Reset(&out)
	}
	_, _ = p.z.Write(b) // to a buffer in memory
	_ = p.z.Close()
	return out.Bytes()
}

// How a column of figures is written: as bits, or as a whole number of which the figure is made. A publisher's thousands with
// three decimals are whole dollars, but not to the last bit; so each way is taken only where it gives the very same bits back.
// In whole numbers 0 stands for what is not known.
const (
	figuresBits = iota
	figuresWhole
	figuresThousands // n/1000·1000
	figuresThousandths
	figuresNone // none is known
)

var figureOf = map[byte]func(n float64) float64{
	figuresWhole:       func(n float64) float64 { return n },
	figuresThousands:   func(n float64) float64 { return n / 1000 * 1000 },
	figuresThousandths: func(n float64) float64 { return n / 1000 },
}

func appendFigures(b []byte, n int, at func(int) float64) []byte {
	way := byte(figuresNone)
	for i := 0; i < n && way == figuresNone; i++ {
		if !math.IsNaN(at(i)) {
			way = figuresWhole
		}
	}
	for ; figureOf[way] != nil; way++ {
		if whole(n, at, way) {
			break
		}
	}
	if way == figuresNone && n > 0 && !allUnknown(n, at) {
		way = figuresBits
	}
	b = append(b, way)
	for i := range n {
		switch v := at(i); {
		case way == figuresBits:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		case way == figuresNone:
		case math.IsNaN(v):
			b = append(b, 0)
		default:
			b = binary.AppendUvarint(b, 1+uint64(wholeOf(v, way)))
		}
	}
	return b
}

func allUnknown(n int, at func(int) float64) bool {
	for i := range n {
		if !math.IsNaN(at(i)) {
			return false
		}
	}
	return true
}

// wholeOf is the whole number that a figure is made of.
func wholeOf(v float64, way byte) float64 {
	if way == figuresThousandths {
		v *= 1000
	}
	return math.Round(v)
}

func whole(n int, at func(int) float64, way byte) bool {
	for i := range n {
		v := at(i)
		if math.IsNaN(v) {
			continue
		}
		if c := wholeOf(v, way); c < 0 || c > 1<<52 || math.Float64bits(figureOf[way](c)) != math.Float64bits(v) {
			return false
		}
	}
	return true
}

// UnpackFlows reads the flows of one product out of its bytes.
func UnpackFlows(packed []byte) ([]index.PairFlow, error) {
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), 1<<27))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPack, err)
	}
	in := numbers{b: raw}
	n := in.count(len(raw))
	out := make([]index.PairFlow, n)
	origin, destination := 0, -1
	for r := range out {
		step := in.uvarint()
		if step > 0 || r == 0 {
			destination = -1
		}
		origin += int(step & math.MaxUint32)
		destination += int(in.uvarint() & math.MaxUint32)
		if origin > math.MaxUint16 || destination < 0 || destination > math.MaxUint16 {
			return nil, fmt.Errorf("%w: a country's number", errPack)
		}
		out[r].Origin, out[r].Destination = uint16(origin), uint16(destination)
	}
	in.figures(n, func(r int, v float64) { out[r].Value = v })
	in.figures(n, func(r int, v float64) { out[r].Quantity = v })
	if in.bad || len(in.b) > 0 {
		return nil, errPack
	}
	return out, nil
}

// numbers reads what was packed; bad is set where it ends too early.
type numbers struct {
	b   []byte
	bad bool
}

func (in *numbers) uvarint() uint64 {
	v, n := binary.Uvarint(in.b)
	if n <= 0 {
		in.bad, in.b = true, nil
		return 0
	}
	in.b = in.b[n:]
	return v
}

// count is a number of things of at least a byte each, of which there is room for most.
func (in *numbers) count(most int) int {
	n := in.uvarint()
	if n > uint64(most) { // #nosec G115 -- a length
		in.bad, in.b = true, nil
		return 0
	}
	return int(n) // #nosec G115 -- at most a length
}

func (in *numbers) bits() float64 {
	if len(in.b) < 8 {
		in.bad, in.b = true, nil
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(in.b))
	in.b = in.b[8:]
	return v
}

func (in *numbers) text() string {
	n := in.count(len(in.b))
	if n > len(in.b) {
		in.bad, n = true, 0
	}
	s := string(in.b[:n])
	in.b = in.b[n:]
	return s
}

func (in *numbers) figures(n int, into func(int, float64)) {
	if len(in.b) == 0 {
		in.bad = true
		return
	}
	way := in.b[0]
	in.b = in.b[1:]
	if way > figuresNone {
		in.bad = true
		return
	}
	for i := range n {
		switch {
		case way == figuresBits:
			into(i, in.bits())
		case way == figuresNone:
			into(i, math.NaN())
		default:
			if c := in.uvarint(); c == 0 {
				into(i, math.NaN())
			} else {
				into(i, figureOf[way](float64(c-1)))
			}
		}
	}
}

// Pack gives the bytes of a head.
func (h Head) Pack() []byte {
	b := binary.AppendUvarint(nil, uint64(h.Rows)) // #nosec G115 -- a number of rows
	for _, names := range [][]string{h.Countries, h.Products} {
		b = binary.AppendUvarint(b, uint64(len(names)))
		for _, n := range names {
			b = appendText(b, n)
		}
	}
	for _, p := range h.Place {
		for _, n := range []int{p.Part, p.Offset, p.Size, p.Rows} {
			b = binary.AppendUvarint(b, uint64(n)) // #nosec G115 -- places and sizes
		}
	}
	for _, totals := range [][]float64{h.Export, h.Import, h.Pair} {
		gap := uint64(0)
		for _, v := range totals {
			if v == 0 {
				gap++
				continue
			}
			b = binary.LittleEndian.AppendUint64(binary.AppendUvarint(b, gap), math.Float64bits(v))
			gap = 0
		}
		b = binary.AppendUvarint(b, gap)
	}
	var out bytes.Buffer
	out.WriteByte(flowForm)
	z, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = z.Write(b) // to a buffer in memory
	_ = z.Close()
	return out.Bytes()
}

// UnpackHead reads a head.
func UnpackHead(packed []byte) (h Head, err error) {
	if len(packed) == 0 || packed[0] != flowForm {
		return h, fmt.Errorf("%w: its form is not known", errPack)
	}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed[1:])), 1<<29))
	if err != nil {
		return h, fmt.Errorf("%w: %w", errPack, err)
	}
	in := numbers{b: raw}
	h.Rows = int(in.uvarint() & math.MaxUint32)
	var codes [2][]string
	for i := range codes {
		codes[i] = make([]string, in.count(min(len(in.b), math.MaxUint16+1)))
		for n := range codes[i] {
			codes[i][n] = in.text()
		}
	}
	h.Place = make([]Place, len(codes[1]))
	for i := range h.Place {
		p := &h.Place[i]
		for _, into := range []*int{&p.Part, &p.Offset, &p.Size, &p.Rows} {
			*into = int(in.uvarint() & math.MaxInt32)
		}
	}
	if in.bad || len(codes[0])*len(codes[1]) > 1<<26 || len(codes[0]) > 1<<12 {
		return h, errPack
	}
	h.Margins = index.NewMargins(codes[0], codes[1])
	for _, totals := range [][]float64{h.Export, h.Import, h.Pair} {
		for at := in.count(len(totals)); at < len(totals); at += 1 + in.count(len(totals)-at-1) {
			totals[at] = in.bits()
			if in.bad {
				break
			}
		}
	}
	if in.bad || len(in.b) > 0 {
		return h, errPack
	}
	return h, nil
}

// of gives a product's bytes out of its part.
func (p Place) of(part []byte) ([]byte, error) {
	if p.Offset+p.Size > len(part) {
		return nil, fmt.Errorf("%w: a part ends too early", errPack)
	}
	return part[p.Offset : p.Offset+p.Size], nil
}

// against counts what flows change of those before, whose parts read gives.
func (f *Flows) against(before Head, read func(part int) ([]byte, error)) (c Change, err error) {
	c.Added = f.Head.Rows
	if before.Margins == nil {
		return c, nil
	}
	c.Gone = before.Rows
	former := -1
	var part []byte
	for k, code := range before.Products {
		at, found := slices.BinarySearch(f.Head.Products, code)
		if !found {
			continue
		}
		if place := before.Place[k]; place.Part != former {
			if part, err = read(place.Part); err != nil {
				return c, err
			}
			former = place.Part
		}
		old, err := before.Place[k].flows(part)
		if err != nil {
			return c, err
		}
		now, err := f.Head.Place[at].flows(f.Parts[f.Head.Place[at].Part])
		if err != nil {
			return c, err
		}
		both, changed := compared(named(before.Countries, old), named(f.Head.Countries, now))
		c.Added, c.Gone, c.Changed = c.Added-both, c.Gone-both, c.Changed+changed
	}
	return c, nil
}

func (p Place) flows(part []byte) ([]index.PairFlow, error) {
	packed, err := p.of(part)
	if err != nil {
		return nil, err
	}
	return UnpackFlows(packed)
}

type figures struct{ value, quantity uint64 }

func named(countries []string, flows []index.PairFlow) map[[2]string]figures {
	out := make(map[[2]string]figures, len(flows))
	for _, f := range flows {
		if max(int(f.Origin), int(f.Destination)) < len(countries) {
			out[[2]string{countries[f.Origin], countries[f.Destination]}] = figures{math.Float64bits(f.Value), math.Float64bits(f.Quantity)}
		}
	}
	return out
}

func compared(old, now map[[2]string]figures) (both, changed int) {
	for key, was := range old {
		if is, there := now[key]; there {
			both++
			if is != was {
				changed++
			}
		}
	}
	return both, changed
}

// union merges sorted codes.
func union(lists ...[]string) []string {
	all := map[string]bool{}
	for _, l := range lists {
		for _, code := range l {
			all[code] = true
		}
	}
	return slices.SortedFunc(maps.Keys(all), cmp.Compare[string])
}
