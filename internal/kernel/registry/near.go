package registry

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// nearest is the edit distance up to which two names of one county are doubtful.
const nearest = 2

// likeness is a named unit, or a row of the sheet, whose unit is "".
type likeness struct {
	unit string
	foldedName
}

// lookalikes finds names of the same county that are alike: the same, the same but for the words of a company's form, or
// within two edits. Names whose numbers differ are different, for branches and workshops are numbered.
type lookalikes struct {
	all    []likeness
	blocks map[inCounty]*block
}

// inCounty is a county with the digits of a name: alike names have the same, whichever way they are alike.
type inCounty struct{ county, digits string }

// block is the names of a county that have the same digits. Few are compared one by one. A name within two edits shares
// at least one of its three parts with the other, moved by two places at most: of many only those are compared.
type block struct {
	names       []int
	exact, core map[string][]int
	pieces      map[uint64][]int // nil while the names are few, as the other two
}

// few is how many names are compared one by one.
const few = 8

func newLookalikes() *lookalikes { return &lookalikes{blocks: map[inCounty]*block{}} }

// foldedName is a name as it is compared: its tight key, what is left of its words without those of a company's form, and
// its digits in runs.
type foldedName struct {
	tight, core, nums string
	key               []rune
}

func foldName(name string) foldedName { return foldedOf(tight(name), wordKey(name)) }

func foldedOf(tight, words string) foldedName {
	return foldedName{tight, core(words), numbers(tight), []rune(tight)}
}

// foldedKeys reads the search keys of a name, as a head keeps them.
func foldedKeys(search string) (tight, words string) {
	tight, words, _ = strings.Cut(search, "\n")
	words, _, _ = strings.Cut(words, "\n")
	return tight, cmp.Or(words, tight)
}

func (k *lookalikes) add(county string, n foldedName, unit string) {
	at := inCounty{county, digits(n.tight)}
	b := k.blocks[at]
	if b == nil {
		b = &block{}
		k.blocks[at] = b
	}
	k.all = append(k.all, likeness{unit, n})
	b.add(k.all, len(k.all)-1)
}

// add puts a name into the block, and all into maps once they are many.
func (b *block) add(all []likeness, i int) {
	b.names = append(b.names, i)
	switch {
	case b.pieces != nil:
		b.put(all[i], i)
	case len(b.names) > few:
		b.exact, b.core, b.pieces = map[string][]int{}, map[string][]int{}, map[uint64][]int{}
		for _, i := range b.names {
			b.put(all[i], i)
		}
	}
}

func (b *block) put(l likeness, i int) {
	b.exact[l.tight] = append(b.exact[l.tight], i)
	b.core[l.core] = append(b.core[l.core], i)
	for p := range nearest + 1 {
		from, to := place(p, len(l.key))
		id := pieceID(len(l.key), p, l.key[from:to])
		b.pieces[id] = append(b.pieces[id], i)
	}
}

// look gives the names of some candidates that fit.
func (k *lookalikes) look(candidates []int, fits func(l *likeness) bool) (out []likeness) {
	for _, i := range candidates {
		if fits(&k.all[i]) {
			out = append(out, k.all[i])
		}
	}
	return out
}

// same gives what has the same name.
func (k *lookalikes) same(county string, n foldedName) []likeness {
	b := k.blocks[inCounty{county, digits(n.tight)}]
	if b == nil {
		return nil
	}
	candidates := b.names
	if b.pieces != nil {
		candidates = b.exact[n.tight]
	}
	return k.look(candidates, func(l *likeness) bool { return l.tight == n.tight })
}

// near gives what is alike but not the same.
func (k *lookalikes) near(county string, n foldedName) []likeness {
	b := k.blocks[inCounty{county, digits(n.tight)}]
	if b == nil {
		return nil
	}
	return k.look(b.candidates(n), func(l *likeness) bool {
		return n.core != "" && l.core == n.core || l.nums == n.nums && within(n.key, l.key, nearest)
	})
}

// candidates are the names of the block that may have the same core or be within two edits, in order.
func (b *block) candidates(n foldedName) []int {
	if b.pieces == nil {
		return b.names
	}
	var out []int
	if n.core != "" {
		out = append(out, b.core[n.core]...)
	}
	key := n.key
	for size := max(1, len(key)-nearest); size <= len(key)+nearest; size++ {
		for p := range nearest + 1 {
			begin, end := place(p, size)
			for from := max(0, begin-nearest); from <= begin+nearest && from+end-begin <= len(key); from++ {
				out = append(out, b.pieces[pieceID(size, p, key[from:from+end-begin])]...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// place is where a part of a name of some length begins and ends.
func place(part, size int) (from, to int) {
	return part * size / (nearest + 1), (part + 1) * size / (nearest + 1)
}

// pieceID hashes a piece, by FNV-1a over its characters: two pieces that share one cost a comparison, no more.
func pieceID(size, part int, piece []rune) uint64 {
	const start, prime = 14695981039346656037, 1099511628211
	h := (uint64(start)^uint64(size))*prime ^ uint64(part) // #nosec G115 -- both are small
	for _, r := range piece {
		h = (h * prime) ^ uint64(uint32(r)) // #nosec G115 -- part of a hash
	}
	return h
}

// within reports whether the edit distance of two texts is at most most.
func within(a, b []rune, most int) bool {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return false
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal, least := row[0], i+1
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
			least = min(least, row[j+1])
		}
		if least > most {
			return false
		}
	}
	return row[len(b)] <= most
}

// numbers are a name's digits, in runs.
func numbers(key string) string {
	from := strings.IndexFunc(key, isDigit)
	if from < 0 {
		return ""
	}
	run := key[from:]
	if end := strings.IndexFunc(run, notDigit); end < 0 {
		return run
	} else if strings.IndexFunc(run[end:], isDigit) < 0 {
		return run[:end]
	}
	return strings.Join(strings.FieldsFunc(run, notDigit), " ")
}

func notDigit(r rune) bool { return !isDigit(r) }

// isDigit is unicode.IsDigit, which the letters of nearly all names need not be looked up for.
func isDigit(r rune) bool {
	if r >= '\u0620' && r <= '\u065F' || r >= '\u066A' && r <= '\u06EF' {
		return false
	}
	return unicode.IsDigit(r)
}

// digits are a name's digits, one after the other.
func digits(key string) string { return strings.ReplaceAll(numbers(key), " ", "") }

// leastCore is the length from which what is left of a name without the words of a company's form tells units apart.
const leastCore = 5

func core(name string) string {
	var kept []string
	for _, w := range strings.Fields(name) {
		if !words().form[w] {
			kept = append(kept, w)
		}
	}
	s := strings.Join(kept, "")
	if len([]rune(s)) < leastCore {
		return ""
	}
	return s
}
