package registry

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// nearest is the edit distance up to which two names of one county are doubtful.
const nearest = 2

// named unit or row of the look for look-alike names. Unit is "" for a row of the sheet.
type likeness struct {
	unit string
	key  []rune
	nums string
}

// lookalikes finds names of the same county that are alike: the same, the same but for the words of a company's form, or
// within two edits. Names whose numbers differ are different, for branches and workshops are numbered. A name within two
// edits shares at least one of its three parts with the other, moved by two places at most: only those with the same numbers are compared.
type lookalikes struct {
	all    []likeness
	exact  map[string][]int
	core   map[string][]int
	pieces map[string][]int
}

func newLookalikes() *lookalikes {
	return &lookalikes{exact: map[string][]int{}, core: map[string][]int{}, pieces: map[string][]int{}}
}

// folded is a name's tight key, and its words.
type foldedName struct{ tight, words string }

func foldName(name string) foldedName { return foldedName{tight(name), wordKey(name)} }

func (k *lookalikes) add(county string, n foldedName, unit string) {
	i := len(k.all)
	l := likeness{unit, []rune(n.tight), numbers(n.tight)}
	k.all = append(k.all, l)
	k.exact[county+"\n"+n.tight] = append(k.exact[county+"\n"+n.tight], i)
	if c := core(n.words); c != "" {
		k.core[county+"\n"+c] = append(k.core[county+"\n"+c], i)
	}
	for p, piece := range parts(l.key) {
		id := pieceID(county, l.nums, len(l.key), p, piece.text)
		k.pieces[id] = append(k.pieces[id], i)
	}
}

func (k *lookalikes) same(county string, n foldedName) []likeness {
	return k.pick(k.exact[county+"\n"+n.tight])
}

func (k *lookalikes) pick(list []int) (out []likeness) {
	for _, i := range list {
		out = append(out, k.all[i])
	}
	return out
}

// near gives what is alike but not the same.
func (k *lookalikes) near(county string, n foldedName) []likeness {
	key, nums := []rune(n.tight), numbers(n.tight)
	var found []int
	if c := core(n.words); c != "" {
		found = append(found, k.core[county+"\n"+c]...)
	}
	tried := map[int]bool{}
	for size := len(key) - nearest; size <= len(key)+nearest; size++ {
		for _, i := range k.candidates(county, nums, key, size) {
			if !tried[i] && within(key, k.all[i].key, nearest) {
				found = append(found, i)
			}
			tried[i] = true
		}
	}
	slices.Sort(found)
	return k.pick(slices.Compact(found))
}

func (k *lookalikes) candidates(county, nums string, key []rune, size int) (out []int) {
	if size < 1 {
		return nil
	}
	for p, piece := range parts(make([]rune, size)) {
		for from := max(0, piece.from-nearest); from <= piece.from+nearest && from+len(piece.text) <= len(key); from++ {
			out = append(out, k.pieces[pieceID(county, nums, size, p, key[from:from+len(piece.text)])]...)
		}
	}
	return out
}

type part struct {
	from int
	text []rune
}

func parts(key []rune) [nearest + 1]part {
	var out [nearest + 1]part
	for p := range out {
		from, to := p*len(key)/len(out), (p+1)*len(key)/len(out)
		out[p] = part{from, key[from:to]}
	}
	return out
}

func pieceID(county, nums string, size, part int, piece []rune) string {
	return county + "\n" + nums + "\n" + strconv.Itoa(size) + "\n" + strconv.Itoa(part) + "\n" + string(piece)
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
	return strings.Join(strings.FieldsFunc(key, func(r rune) bool { return !unicode.IsDigit(r) }), " ")
}

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
