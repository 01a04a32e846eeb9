package paper

import (
	"bytes"
	"fmt"
	"math"
)

// cidKey is what a character code of the PDF font stands for: a glyph and the text it carries. The same glyph may carry
// different texts, so codes are not glyph ids.
type cidKey struct {
	gid     uint16
	carrier bool
	text    string
	width   int // thousandths of an em
}

// cidFont collects the codes that one document uses of one face.
type cidFont struct {
	src   source
	codes map[cidKey]uint16
	keys  []cidKey // by code; code 0 is .notdef
}

func newCIDFont(src source) *cidFont {
	return &cidFont{src: src, codes: map[cidKey]uint16{}, keys: []cidKey{{}}}
}

// code gives the character code of a glyph and its width in thousandths of an em.
func (c *cidFont) code(g glyph) (code uint16, width int) {
	k := cidKey{gid: g.gid, carrier: g.carrier, text: g.text, width: c.width(g)}
	if g.carrier {
		k.gid = 0
	}
	code, ok := c.codes[k]
	if !ok {
		code = uint16(len(c.keys)) // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
		c.codes[k] = code
		c.keys = append(c.keys, k)
	}
	return code, k.width
}

// farKern is the kerning, in thousandths of an em, from which extraction would take the gap (or overlap) of two letters
// for the border of two words: pdftotext was seen to do so at 67.
const farKern = 15

// width gives the font's own width, or the advance where kerning changed it so much that the code must own the gap.
func (c *cidFont) width(g glyph) int {
	if g.carrier {
		return 0
	}
	adv, _ := (&subset{tables: c.src.tables}).metric(int(g.gid))
	own, set := thousandths(int32(adv)), thousandths(g.advance)
	if d := set - own; !g.mark && (d > farKern || d < -farKern) {
		return set
	}
	return own
}

func thousandths(units int32) int { return int(math.Round(em(units))) }

// embed adds the font with its subset to the file and gives its object number.
func (c *cidFont) embed(o *objects) int {
	used, widths := map[uint16]bool{}, make([]int, len(c.keys))
	for i, k := range c.keys {
		used[k.gid], widths[i] = true, k.width
	}
	sub := newSubset(c.src.tables, used)
	file := sub.file()
	name := tag(len(file), len(c.keys)) + "+" + c.src.name
	ff := o.stream(file, fmt.Sprintf("/Length1 %d", len(file)))
	desc := o.add("<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox%s/ItalicAngle 0/Ascent 1025/Descent -537/CapHeight 800/StemV 80/FontFile2 %d 0 R>>",
		name, c.bbox(), ff)
	gids := o.stream(c.gidMap(sub), "")
	font := o.add("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R/DW 0/W[0 %s]/CIDToGIDMap %d 0 R>>",
		name, desc, fmt.Sprint(widths), gids)
	uni := o.stream(c.toUnicode(), "")
	return o.add("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>", name, font, uni)
}

// tag makes the six letters that mark a subset.
func tag(parts ...int) string {
	n := 7
	for _, p := range parts {
		n = n*31 + p
	}
	out := make([]byte, 6)
	for i := range out {
		out[i] = byte('A' + n%26)
		n /= 26
	}
	return string(out)
}

func (c *cidFont) bbox() string {
	head := c.src.tables["head"]
	var out [4]int
	for i := range out {
		out[i] = int(int16(be.Uint16(head[36+2*i:]))) * 1000 / unitsPerEm // #nosec G115 -- glyphs and tables of our own fonts, which the format counts so
	}
	return fmt.Sprint(out)
}

func (c *cidFont) gidMap(sub *subset) []byte {
	var out []byte
	for _, k := range c.keys {
		g := sub.renum[k.gid]
		if k.carrier {
			g = emptyGID
		}
		out = be.AppendUint16(out, g)
	}
	return out
}

// toUnicode writes the map from codes to text; blocks hold at most 100 entries.
func (c *cidFont) toUnicode() []byte {
	var lines []string
	for code, k := range c.keys {
		if k.text != "" {
			lines = append(lines, fmt.Sprintf("<%04X> <%s>\n", code, hex16(k.text)))
		}
	}
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for len(lines) > 0 {
		n := min(100, len(lines))
		fmt.Fprintf(&b, "%d beginbfchar\n", n)
		for _, l := range lines[:n] {
			b.WriteString(l)
		}
		b.WriteString("endbfchar\n")
		lines = lines[n:]
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}
