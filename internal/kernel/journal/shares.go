package journal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
)

// shareHeader begins a share of a root key.
const shareHeader = "rahgosha root key share v1"

// MostShares bounds among how many officers a root key is split.
const MostShares = 7

// share is what one officer keeps. Pieces are random but for the last: all of them together give the root key by exclusive or,
// and with one missing the others say nothing of it. Each piece lies with all officers but need-1, for every such group, so that
// any need of them have all pieces, and no fewer do.
type share struct {
	Set    string // of one splitting
	No, Of int
	Need   int
	Total  int // pieces
	Pieces map[int][]byte
	Check  string // of the key, to tell that it is the right one
	Former string // the former keys, sealed under the key; "" where it replaced none
}

// groups lists the subsets of size k of 1..n, in order.
func groups(n, k int) (out [][]int) {
	var grow func(from int, have []int)
	grow = func(from int, have []int) {
		if len(have) == k {
			out = append(out, slices.Clone(have))
			return
		}
		for i := from; i <= n; i++ {
			grow(i+1, append(have, i))
		}
	}
	grow(1, nil)
	return out
}

func checkOf(master []byte) string {
	sum := sha256.Sum256(append([]byte("rahgosha root key check\x00"), master...))
	return hex.EncodeToString(sum[:8])
}

// SplitRoot splits the key of a root key file among officers: any need of them can put it together again (JoinRoot), fewer
// learn nothing. Invalid journal.shares.
func SplitRoot(path string, officers, need int) ([]string, error) {
	if need < 2 || need > officers || officers > MostShares {
		return nil, fault.New(fault.Invalid, "journal.shares", "most", MostShares)
	}
	raw, err := readRoot(path)
	if err != nil {
		return nil, rootFault(err, path)
	}
	m, err := parseMasters(raw)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "journal.root_format", "path", path)
	}
	former := ""
	if rest, ok := strings.CutPrefix(string(raw), renewedHeader); ok {
		former = strings.Split(rest, "\n")[1]
	}
	without := groups(officers, need-1)
	pieces, last := make([][]byte, len(without)), slices.Clone(m.now)
	for i := range pieces[:len(pieces)-1] {
		pieces[i] = make([]byte, KeySize)
		if _, err := rand.Read(pieces[i]); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "journal.random")
		}
		mix(last, pieces[i])
	}
	pieces[len(pieces)-1] = last
	set := make([]byte, 8)
	if _, err := rand.Read(set); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "journal.random")
	}
	out := make([]string, officers)
	for no := 1; no <= officers; no++ {
		s := share{Set: hex.EncodeToString(set), No: no, Of: officers, Need: need, Total: len(pieces), Check: checkOf(m.now), Former: former, Pieces: map[int][]byte{}}
		for i, group := range without {
			if !slices.Contains(group, no) {
				s.Pieces[i] = pieces[i]
			}
		}
		out[no-1] = s.encode()
	}
	return out, nil
}

func mix(into, piece []byte) {
	for i := range into {
		into[i] ^= piece[i]
	}
}

func (s share) encode() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nset %s\nshare %d of %d need %d pieces %d\ncheck %s\nformer %s\n", shareHeader, s.Set, s.No, s.Of, s.Need, s.Total, s.Check, s.Former)
	for _, i := range slices.Sorted(maps.Keys(s.Pieces)) {
		fmt.Fprintf(&b, "piece %d %s\n", i, hex.EncodeToString(s.Pieces[i]))
	}
	return b.String()
}

func parseShare(text string) (s share, err error) {
	bad := fault.New(fault.Invalid, "journal.share_format")
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r", "")), "\n")
	if len(lines) < 6 || lines[0] != shareHeader {
		return s, bad
	}
	s.Pieces = map[int][]byte{}
	if _, err := fmt.Sscanf(lines[2], "share %d of %d need %d pieces %d", &s.No, &s.Of, &s.Need, &s.Total); err != nil {
		return s, bad
	}
	s.Set, s.Check, s.Former = strings.TrimPrefix(lines[1], "set "), strings.TrimPrefix(lines[3], "check "), strings.TrimSpace(strings.TrimPrefix(lines[4], "former"))
	for _, line := range lines[5:] {
		parts := strings.Fields(line)
		if len(parts) != 3 || parts[0] != "piece" {
			return s, bad
		}
		i, err := strconv.Atoi(parts[1])
		raw, herr := hex.DecodeString(parts[2])
		if err != nil || herr != nil || len(raw) != KeySize || i < 0 || i >= s.Total {
			return s, bad
		}
		s.Pieces[i] = raw
	}
	return s, nil
}

// JoinRoot puts a root key file together from shares of one splitting; a file that is there already stays. Invalid
// journal.share_format, journal.shares_mixed, journal.shares_few, journal.shares_wrong.
func JoinRoot(path string, texts []string) error {
	pieces, first := map[int][]byte{}, share{}
	for i, text := range texts {
		s, err := parseShare(text)
		if err != nil {
			return err
		}
		if i == 0 {
			first = s
		}
		if s.Set != first.Set || s.Total != first.Total || s.Check != first.Check || s.Former != first.Former {
			return fault.New(fault.Invalid, "journal.shares_mixed")
		}
		maps.Copy(pieces, s.Pieces)
	}
	if len(texts) == 0 || len(pieces) < first.Total {
		return fault.New(fault.Invalid, "journal.shares_few", "need", first.Need, "have", len(texts))
	}
	master := make([]byte, KeySize)
	for _, p := range pieces {
		mix(master, p)
	}
	if checkOf(master) != first.Check {
		return fault.New(fault.Invalid, "journal.shares_wrong")
	}
	content := rootHeader + hex.EncodeToString(master) + "\n"
	if first.Former != "" {
		content = renewedHeader + hex.EncodeToString(master) + "\n" + first.Former + "\n"
	}
	if _, err := parseMasters([]byte(content)); err != nil {
		return fault.Wrap(err, fault.Invalid, "journal.shares_wrong")
	}
	if err := linkNew(path, []byte(content)); err != nil {
		return fault.Wrap(err, fault.Conflict, "journal.root_there", "path", path)
	}
	return nil
}
