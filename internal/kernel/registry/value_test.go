package registry

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/kernel/journal"
)

// The short way of writing a value gives what package json gives, whatever people type.
func TestValuesAreWrittenAsJSONWritesThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Int64(), func(n int64) any { return n }),
			rapid.SampledFrom([]any{"کرج", "قطعه\u200cسازی", "\u2028", "a\xffb", "<&>", "\x7f", "\t", []string{"1312", "1313"}, []string{"1312"}, []string{`"<`}, []string{}, nil})).Draw(t, "value")
		got, err := encode(v)
		want, wantErr := json.Marshal(v)
		if got != string(want) || err != nil || wantErr != nil {
			t.Fatalf("%#v: %s, want %s (%v, %v)", v, got, want, err, wantErr)
		}
	})
}

// The short way of writing a sealed value gives what package json gives, whatever its key is called.
func TestSealedValuesAreWrittenAsJSONWritesThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := journal.Sealed{Key: rapid.OneOf(rapid.StringMatching("person:U[A-Z2-7]{12}"), rapid.String()).Draw(t, "key"),
			Nonce: rapid.SliceOfN(rapid.Byte(), 0, 13).Draw(t, "nonce"), Text: rapid.SliceOf(rapid.Byte()).Draw(t, "text")}
		got, err := sealedText(s, nil)
		want, wantErr := json.Marshal(s)
		if got != string(want) || err != nil || wantErr != nil {
			t.Fatalf("%#v: %s, want %s (%v, %v)", s, got, want, err, wantErr)
		}
	})
}

// The short way of reading a value as a cell gives what decoding it gives.
func TestCellsAreReadAsDecoded(t *testing.T) {
	t.Parallel()
	part := rapid.StringN(1, 5, -1)
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Int64(), func(n int64) any { return n }),
			rapid.Map(rapid.SliceOfN(rapid.OneOf(part, rapid.SampledFrom([]string{",", `"`, `","`, "[", "1312"})), 1, 4), func(l []string) any { return l })).Draw(t, "value")
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		switch v := v.(type) {
		case string:
			want = v
		case int64:
			want = strconv.FormatInt(v, 10)
		case []string:
			want = strings.Join(v, "\n")
		}
		if got := plainText(string(raw)); got != strings.ToValidUTF8(want, "\uFFFD") {
			t.Fatalf("%s: %q, want %q", raw, got, want)
		}
	})
}
