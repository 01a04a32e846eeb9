package paper

import (
	"encoding/binary"
	"maps"
	"slices"

	"rahgosha/internal/base/fault"
)

// The layouts below follow the OpenType specification, chapters head, hhea, hmtx, loca, maxp and glyf. Numbers are
// big-endian.
var be = binary.BigEndian

const emptyGID = 1 // in every subset: no ink, no width

// readTables cuts a TrueType file into its tables.
func readTables(raw []byte) (map[string][]byte, error) {
	if len(raw) < 12 {
		return nil, fault.New(fault.Internal, "paper.font")
	}
	out := map[string][]byte{}
	for i := range int(be.Uint16(raw[4:])) {
		rec := raw[12+16*i:]
		off, n := be.Uint32(rec[8:]), be.Uint32(rec[12:])
		if uint64(off)+uint64(n) > uint64(len(raw)) {
			return nil, fault.New(fault.Internal, "paper.font")
		}
		out[string(rec[:4])] = raw[off : off+n]
	}
	return out, nil
}

// subset is a font under construction: the glyphs used so far, renumbered.
type subset struct {
	tables map[string][]byte
	old    []uint16          // old glyph id by new
	renum  map[uint16]uint16 // new by old
}

// newSubset takes the used glyphs with the parts of composite ones. Numbers go by the old order, after .notdef and the
// empty glyph.
func newSubset(tables map[string][]byte, used map[uint16]bool) *subset {
	s := &subset{tables: tables, old: []uint16{0, 0}, renum: map[uint16]uint16{0: 0}}
	all := map[uint16]bool{}
	for g := range used {
		s.reach(g, all)
	}
	delete(all, 0)
	for _, g := range slices.Sorted(maps.Keys(all)) {
		s.renum[g] = uint16(len(s.old)) // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
		s.old = append(s.old, g)
	}
	return s
}

func (s *subset) reach(g uint16, seen map[uint16]bool) {
	if seen[g] {
		return
	}
	seen[g] = true
	eachComponent(s.outline(g), func(at []byte) { s.reach(be.Uint16(at), seen) })
}

// outline gives the glyf entry of an old glyph.
func (s *subset) outline(g uint16) []byte {
	loca, glyf := s.tables["loca"], s.tables["glyf"]
	if be.Uint16(s.tables["head"][50:]) == 0 {
		return glyf[2*uint32(be.Uint16(loca[2*int(g):])) : 2*uint32(be.Uint16(loca[2*int(g)+2:]))]
	}
	return glyf[be.Uint32(loca[4*int(g):]):be.Uint32(loca[4*int(g)+4:])]
}

// eachComponent calls f with the place of each glyph id in a composite glyph.
func eachComponent(glyf []byte, f func(at []byte)) {
	if len(glyf) == 0 || int16(be.Uint16(glyf)) >= 0 { // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
		return
	}
	for p := glyf[10:]; len(p) >= 4; {
		flags := be.Uint16(p)
		f(p[2:4])
		if flags&0x20 == 0 { // MORE_COMPONENTS
			return
		}
		p = p[4+argumentSize(flags):]
	}
}

func argumentSize(flags uint16) int {
	n := 2
	if flags&0x01 != 0 { // ARG_1_AND_2_ARE_WORDS
		n = 4
	}
	switch {
	case flags&0x08 != 0: // WE_HAVE_A_SCALE
		n += 2
	case flags&0x40 != 0: // WE_HAVE_AN_X_AND_Y_SCALE
		n += 4
	case flags&0x80 != 0: // WE_HAVE_A_TWO_BY_TWO
		n += 8
	}
	return n
}

// file builds the TrueType file that a PDF embeds.
func (s *subset) file() []byte {
	glyf, loca := s.glyphs()
	return assemble(map[string][]byte{
		"head": s.head(), "hhea": s.hhea(), "maxp": s.maxp(), "hmtx": s.hmtx(), "glyf": glyf, "loca": loca,
	})
}

func (s *subset) glyphs() (glyf, loca []byte) {
	for n, g := range s.old {
		loca = be.AppendUint32(loca, uint32(len(glyf))) // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
		if n == emptyGID {
			continue
		}
		one := slices.Clone(s.outline(g))
		eachComponent(one, func(at []byte) { be.PutUint16(at, s.renum[be.Uint16(at)]) })
		glyf = append(glyf, one...)
		glyf = append(glyf, make([]byte, -len(glyf)&3)...)
	}
	return glyf, be.AppendUint32(loca, uint32(len(glyf))) // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
}

func (s *subset) head() []byte {
	head := slices.Clone(s.tables["head"])
	be.PutUint32(head[8:], 0)  // checkSumAdjustment, filled in by assemble
	be.PutUint16(head[50:], 1) // long loca
	return head
}

func (s *subset) hhea() []byte {
	hhea := slices.Clone(s.tables["hhea"])
	be.PutUint16(hhea[34:], uint16(len(s.old))) // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
	return hhea
}

func (s *subset) maxp() []byte {
	maxp := slices.Clone(s.tables["maxp"])
	be.PutUint16(maxp[4:], uint16(len(s.old))) // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
	return maxp
}

func (s *subset) hmtx() []byte {
	var out []byte
	for n, g := range s.old {
		adv, lsb := s.metric(int(g))
		if n == emptyGID {
			adv, lsb = 0, 0
		}
		out = be.AppendUint16(be.AppendUint16(out, adv), lsb)
	}
	return out
}

// metric gives advance and left side bearing of an old glyph; past the long entries the last advance holds.
func (s *subset) metric(g int) (adv, lsb uint16) {
	hmtx, long := s.tables["hmtx"], int(be.Uint16(s.tables["hhea"][34:]))
	if g < long {
		return be.Uint16(hmtx[4*g:]), be.Uint16(hmtx[4*g+2:])
	}
	return be.Uint16(hmtx[4*(long-1):]), be.Uint16(hmtx[4*long+2*(g-long):])
}

// assemble writes the tables in order of their tags, with the checksums.
func assemble(tables map[string][]byte) []byte {
	tags := slices.Sorted(maps.Keys(tables))
	n := len(tags)
	out := be.AppendUint32(nil, 0x00010000)
	for _, v := range searchFields(n) {
		out = be.AppendUint16(out, v)
	}
	var body []byte
	headAt := 0
	for _, tag := range tags {
		at := 12 + 16*n + len(body)
		if tag == "head" {
			headAt = at
		}
		t := tables[tag]
		out = append(out, tag...)
		out = be.AppendUint32(be.AppendUint32(be.AppendUint32(out, checksum(t)), uint32(at)), uint32(len(t))) // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
		body = append(append(body, t...), make([]byte, -len(t)&3)...)
	}
	out = append(out, body...)
	be.PutUint32(out[headAt+8:], 0xB1B0AFBA-checksum(out))
	return out
}

// searchFields gives numTables, searchRange, entrySelector and rangeShift of the table directory.
func searchFields(n int) [4]uint16 {
	sel := 0
	for 2<<sel <= n {
		sel++
	}
	return [4]uint16{uint16(n), uint16(16 << sel), uint16(sel), uint16(16*n - 16<<sel)} // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
}

func checksum(b []byte) uint32 {
	var sum uint32
	for len(b) >= 4 {
		sum += be.Uint32(b)
		b = b[4:]
	}
	var last [4]byte
	copy(last[:], b)
	return sum + be.Uint32(last[:])
}
