package registry

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// The short way of writing a value gives what package json gives, whatever people type.
func TestValuesAreWrittenAsJSONWritesThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Int64(), func(n int64) any { return n }),
			rapid.SampledFrom([]any{"کرج", "قطعه\u200cسازی", "\u2028", "a\xffb", "<&>", "\x7f", "\t", []string{"1312", "1313"}, nil})).Draw(t, "value")
		got, err := encode(v)
		want, wantErr := json.Marshal(v)
		if string(got) != string(want) || err != nil || wantErr != nil {
			t.Fatalf("%#v: %s, want %s (%v, %v)", v, got, want, err, wantErr)
		}
	})
}
