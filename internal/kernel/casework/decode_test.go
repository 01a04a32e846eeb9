package casework

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// The short ways of Decode give what the long way gives, for whatever JSON a fact may hold.
func TestDecodeReadsAsTheDecoderDoes(t *testing.T) {
	t.Parallel()
	long := func(raw []byte) any {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		var v any
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		return Typed(v)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(
			rapid.Int64().AsAny(), rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Float64Range(-9, 9).AsAny(),
			rapid.SliceOf(rapid.String()).AsAny(), rapid.MapOf(rapid.String(), rapid.Int64()).AsAny(), rapid.Just(any(nil)),
		).Draw(t, "value")
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(raw)
		if err != nil || !reflect.DeepEqual(got, long(raw)) {
			t.Errorf("%s: %#v, %v", raw, got, err)
		}
	})
	if _, err := Decode([]byte(`"open`)); err == nil {
		t.Error("half a text is read as a value")
	}
}
