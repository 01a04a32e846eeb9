package trade

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
)

// Bridge is a table of pairs of codes: from one edition of the nomenclature to another, or from products to activities. It is
// many to many, and says how much of a code goes where only where its table gives shares.
type Bridge struct {
	Source   Source
	Backward bool // the table leads the other way, and its shares say nothing here
	to       map[string][]Target
	codes    []string // of to, in order
}

// Target is a code that another stands for; Share is how much of it, 0 to 1, 0 where the table does not say.
type Target struct {
	Code  string
	Share float64
}

// newBridge reads a table of pairs.
func newBridge(s Source, t Table, backward bool) *Bridge {
	b := &Bridge{Source: s, Backward: backward, to: map[string][]Target{}}
	for _, r := range t.Rows {
		from, to, share := r.Key, r.Sub, r.Value
		if backward {
			from, to, share = r.Sub, r.Key, 0
		}
		b.to[from] = append(b.to[from], Target{to, share})
	}
	b.codes = slices.Sorted(maps.Keys(b.to))
	return b
}

// Targets gives what a code stands for, in order, cut to as many digits. A code longer than those of the table is looked for by
// its beginning, one that is shorter stands for all that begin with it. What comes to one code is whole; nothing is said of
// a code that the table does not have.
func (b *Bridge) Targets(code string, digits int) []Target {
	found := b.to[code]
	for short := code; len(found) == 0 && len(short) > 4; found = b.to[short] {
		short = short[:len(short)-1]
	}
	if len(found) == 0 {
		at, _ := slices.BinarySearch(b.codes, code)
		for _, c := range b.codes[at:] {
			if !strings.HasPrefix(c, code) {
				break
			}
			for _, t := range b.to[c] {
				found = append(found, Target{Code: t.Code}) // of a heading no table says which of its parts is meant
			}
		}
	}
	shares, given := map[string]float64{}, true
	for _, t := range found {
		shares[t.Code[:min(digits, len(t.Code))]] += t.Share
		given = given && t.Share > 0
	}
	out := make([]Target, 0, len(shares))
	for _, c := range slices.Sorted(maps.Keys(shares)) {
		t := Target{Code: c}
		switch {
		case len(shares) == 1:
			t.Share = 1
		case given:
			t.Share = shares[c]
		}
		out = append(out, t)
	}
	return out
}

// Converted is a row of a table whose code was led to another edition.
type Converted struct {
	From  string
	Value float64
	To    []Target
}

// Conversion is what became of a table's rows; of each only one holds.
type Conversion struct {
	*Bridge
	Same      int         // rows whose code stays as it is
	Moved     []Converted // one other code
	Split     []Converted // parted by the table's shares
	Ambiguous []Converted // one of several codes, and nothing says which: not counted
	Missing   []Converted // the concordance does not have the code: not counted
}

// Left is what of the rows' values is not counted.
func (c *Conversion) Left() (sum float64) {
	for _, list := range [][]Converted{c.Ambiguous, c.Missing} {
		for _, row := range list {
			sum += row.Value
		}
	}
	return sum
}

// convert leads a table of one edition to another, summed over codes of as many digits. Values are parted only by shares that
// the concordance gives, and their parts sum to what they were; what may be one of several codes is left out and told.
func (b *Bridge) convert(t Table, digits int) (out Table, told *Conversion) {
	told = &Conversion{Bridge: b}
	sums := map[[2]string]float64{}
	for _, r := range t.Rows {
		to := b.Targets(r.Sub, digits)
		row := Converted{r.Sub, r.Value, to}
		switch {
		case len(to) == 0:
			told.Missing = append(told.Missing, row)
			continue
		case len(to) > 1 && to[0].Share == 0:
			told.Ambiguous = append(told.Ambiguous, row)
			continue
		case len(to) > 1:
			told.Split = append(told.Split, row)
		case strings.HasPrefix(r.Sub, to[0].Code):
			told.Same++
		default:
			told.Moved = append(told.Moved, row)
		}
		whole := 0.0
		for _, p := range to {
			whole += p.Share
		}
		for _, p := range to {
			sums[[2]string{r.Key, p.Code}] += r.Value * (p.Share / whole)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(sums), func(a, b [2]string) int {
		return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	}) {
		out.Rows = append(out.Rows, Row{Key: k[0], Sub: k[1], Value: sums[k]})
	}
	return out, told
}

// bridgeOf finds the concordance between two editions that counts: one that leads this way before one that leads back; nil
// where none is loaded.
func bridgeOf(all []Source, from, to string) (s *Source, backward bool) {
	pick := func(from, to string) *Source {
		return counted(all, func(s Source) bool { return s.Kind == Concordance && s.Edition == from && s.To == to })
	}
	if s = pick(from, to); s == nil {
		s = pick(to, from)
		backward = s != nil
	}
	return s, backward
}

// counted gives the source loaded last of those that fit; all comes the last loaded first.
func counted(all []Source, fits func(Source) bool) *Source {
	for i := range all {
		if fits(all[i]) {
			return &all[i]
		}
	}
	return nil
}

// tableOf reads the table of a source.
func tableOf(ctx context.Context, tx Tx, province, id string) (Table, error) {
	packed, err := tx.TradeTable(ctx, province, id)
	if err != nil {
		return Table{}, err
	}
	return Unpack(packed)
}

// bridge reads the concordance between two editions, nil where none is loaded.
func bridge(ctx context.Context, tx Tx, province string, all []Source, from, to string) (*Bridge, error) {
	s, backward := bridgeOf(all, from, to)
	if s == nil {
		return nil, nil
	}
	t, err := tableOf(ctx, tx, province, s.ID)
	if err != nil {
		return nil, err
	}
	return newBridge(*s, t, backward), nil
}

// shares wants of each code that a table leads somewhere: a share of each of its pairs or of none, and one in sum.
func (t Table) shares(file string) error {
	for i := 0; i < len(t.Rows); {
		from, n, given, sum := t.Rows[i].Key, i, 0, 0.0
		for ; n < len(t.Rows) && t.Rows[n].Key == from; n++ {
			if t.Rows[n].Value > 0 {
				given++
			}
			sum += t.Rows[n].Value
		}
		if given > 0 && (given < n-i || sum < 1-shareSlack || sum > 1+shareSlack) {
			return fault.New(fault.Invalid, "trade.shares", "file", file, "code", from, "sum", sum, "given", given, "of", n-i)
		}
		i = n
	}
	return nil
}

// shareSlack is what rounding may take from or add to the sum of a code's shares.
const shareSlack = 0.005
