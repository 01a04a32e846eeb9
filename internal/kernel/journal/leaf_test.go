package journal_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

type leafVector struct {
	Name, Province, Case           string
	Seq, At                        int64
	Kind, Definition, Actor, Cause string
	Body, Prev, Encoded, Hash      string
	RecordHash                     string `json:"record_hash"`
}

func (v leafVector) leaf(t testing.TB) journal.Leaf {
	l := journal.Leaf{Province: v.Province, Case: v.Case, Seq: v.Seq, At: v.At, Kind: v.Kind,
		Definition: v.Definition, Actor: v.Actor, Cause: v.Cause}
	if v.Body != "" {
		l.Body = unhex(t, v.Body)
	}
	copy(l.Prev[:], unhex(t, v.Prev))
	return l
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vectors(t testing.TB) []leafVector {
	t.Helper()
	raw, err := os.ReadFile("testdata/leaf_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []leafVector
	if err := json.Unmarshal(raw, &vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

// The vectors were computed by another program in another language. Never change them: every signed log depends on them.
func TestLeafCodecIsFrozen(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		l := v.leaf(t)
		if got := hex.EncodeToString(l.Encode()); got != v.Encoded {
			t.Errorf("%s: encoded\n got %s\nwant %s", v.Name, got, v.Encoded)
		}
		h := l.Hash()
		if got := hex.EncodeToString(h[:]); got != v.Hash {
			t.Errorf("%s: hash %s, want %s", v.Name, got, v.Hash)
		}
		r := journal.RecordHash(l.Encode())
		if got := hex.EncodeToString(r[:]); got != v.RecordHash {
			t.Errorf("%s: record hash %s, want %s", v.Name, got, v.RecordHash)
		}
		back, err := journal.Decode(unhex(t, v.Encoded))
		if err != nil || !reflect.DeepEqual(back, l) {
			t.Errorf("%s: decoded %+v, %v", v.Name, back, err)
		}
	}
}

func anyLeaf() *rapid.Generator[journal.Leaf] {
	return rapid.Custom(func(t *rapid.T) journal.Leaf {
		l := journal.Leaf{
			Province: rapid.StringN(1, 20, 200).Draw(t, "province"), Case: rapid.StringN(1, 20, 200).Draw(t, "case"),
			Seq: rapid.Int64Min(1).Draw(t, "seq"), At: rapid.Int64().Draw(t, "at"), Kind: rapid.StringN(1, 20, 200).Draw(t, "kind"),
			Definition: rapid.SampledFrom([]string{"", hex.EncodeToString(bytes.Repeat([]byte{0xab}, 32))}).Draw(t, "definition"),
			Actor:      rapid.StringN(0, 20, 200).Draw(t, "actor"), Cause: rapid.StringN(0, 20, 200).Draw(t, "cause"),
		}
		if b := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "body"); len(b) > 0 {
			l.Body = b
		}
		if l.Seq > 1 {
			copy(l.Prev[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "prev"))
		}
		return l
	})
}

func TestDecodeGivesBackWhatWasEncoded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLeaf().Draw(t, "leaf")
		back, err := journal.Decode(l.Encode())
		if err != nil || !reflect.DeepEqual(back, l) {
			t.Fatalf("got %+v, %v", back, err)
		}
	})
}

// Moving text from one field to its neighbour must change the bytes: that is what the lengths are for.
func TestFieldsDoNotRunTogether(t *testing.T) {
	t.Parallel()
	a := journal.Leaf{Province: "ab", Case: "c", Seq: 1, Kind: "k", Actor: "xy", Cause: "z"}
	b := journal.Leaf{Province: "a", Case: "bc", Seq: 1, Kind: "k", Actor: "xy", Cause: "z"}
	c := journal.Leaf{Province: "ab", Case: "c", Seq: 1, Kind: "k", Actor: "x", Cause: "yz"}
	if a.Hash() == b.Hash() || a.Hash() == c.Hash() {
		t.Error("two leaves share a hash")
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	good := journal.Leaf{Province: "p", Case: "c", Seq: 2, Kind: "k", Body: []byte("b")}
	edit := func(f func(*journal.Leaf)) []byte { l := good; f(&l); return l.Encode() }
	for name, c := range map[string]struct {
		bytes []byte
		key   string
		field string
	}{
		"nothing":         {nil, "journal.leaf_codec", ""},
		"other magic":     {bytes.Replace(good.Encode(), []byte("v1"), []byte("v2"), 1), "journal.leaf_codec", ""},
		"cut":             {good.Encode()[:len(good.Encode())-1], "journal.leaf_codec", ""},
		"one byte more":   {append(good.Encode(), 0), "journal.leaf_codec", ""},
		"huge length":     {append([]byte("rahgosha leaf v1\n"), 0xff, 0xff, 0xff, 0xff), "journal.leaf_codec", ""},
		"no province":     {edit(func(l *journal.Leaf) { l.Province = "" }), "journal.leaf_field", "province"},
		"seq zero":        {edit(func(l *journal.Leaf) { l.Seq = 0 }), "journal.leaf_field", "seq"},
		"bad utf-8":       {edit(func(l *journal.Leaf) { l.Actor = "\xff" }), "journal.leaf_field", "actor"},
		"upper-case hash": {edit(func(l *journal.Leaf) { l.Definition = string(bytes.Repeat([]byte("AB"), 32)) }), "journal.leaf_field", "definition"},
		"first with prev": {edit(func(l *journal.Leaf) { l.Seq, l.Prev = 1, [32]byte{1} }), "journal.leaf_field", "prev"},
	} {
		_, err := journal.Decode(c.bytes)
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid || f.Key != c.key || f.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
