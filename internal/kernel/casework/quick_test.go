package casework

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

// What quick reads is what encoding/json reads, whole or broken.
func TestQuickReadsAsTheDecoderDoes(t *testing.T) {
	t.Parallel()
	readsAlike(t, quickState, func(*State) {})
	readsAlike(t, quickEntry, func(*Entry) {})
	readsAlike(t, quickSealed, func(*journal.Sealed) {})
}

// The law finds a reader that loses a part.
func TestAReaderThatLosesAPartIsFound(t *testing.T) {
	t.Parallel()
	control.Finds(t, "read quickly", func(t testing.TB) { readsAlike(t, quickState, func(s *State) { s.Clocks = nil }) })
	control.Finds(t, "read quickly", func(t testing.TB) {
		readsAlike(t, quickEntry, func(e *Entry) {
			for i := range e.Changes {
				e.Changes[i].Stage = nil
			}
		})
	})
}

// What is written quickly is what encoding/json writes.
func TestQuickWritesAsTheEncoderDoes(t *testing.T) {
	t.Parallel()
	writesAlike(t, writeState, func(*State) {})
	writesAlike(t, writeEntry, func(*Entry) {})
	writesAlike(t, writeSealed, func(*journal.Sealed) {})
}

// The law finds a writer that loses a part.
func TestAWriterThatLosesAPartIsFound(t *testing.T) {
	t.Parallel()
	control.Finds(t, "written quickly", func(t testing.TB) { writesAlike(t, writeState, func(s *State) { s.Claims = nil }) })
	control.Finds(t, "written quickly", func(t testing.TB) { writesAlike(t, writeEntry, func(e *Entry) { e.Used = nil }) })
}

func writesAlike[T any](t testing.TB, quick func(*T) ([]byte, error), plant func(*T)) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1405, 3)) //nolint:gosec // repeatable
	for range 2000 {
		v := new(T)
		fillAny(rnd, reflect.ValueOf(v).Elem(), 0)
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		plant(v)
		got, err := quick(v)
		if err != nil || string(got) != string(want) {
			t.Fatalf("written quickly: %v\n%s, want\n%s", err, got, want)
		}
	}
}

func readsAlike[T any](t testing.TB, quick func([]byte) (*T, error), plant func(*T)) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1405, 2)) //nolint:gosec // repeatable
	for range 300 {
		v := new(T)
		fillAny(rnd, reflect.ValueOf(v).Elem(), 0)
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		readAlike(t, raw, quick, plant)
		for range 40 {
			readAlike(t, broken(rnd, raw), quick, plant)
		}
	}
}

func readAlike[T any](t testing.TB, raw []byte, quick func([]byte) (*T, error), plant func(*T)) {
	t.Helper()
	want := new(T)
	wrong := json.Unmarshal(raw, want)
	got, err := quick(raw)
	if (err != nil) != (wrong != nil) {
		t.Fatalf("read quickly %s gives %v, want %v", raw, err, wrong)
	}
	if err != nil {
		return
	}
	if plant(got); !reflect.DeepEqual(got, want) {
		t.Fatalf("read quickly %s is\n%+v, want\n%+v", raw, got, want)
	}
}

// broken changes some bytes, or cuts.
func broken(rnd *rand.Rand, raw []byte) []byte {
	out := append([]byte{}, raw...)
	if rnd.IntN(8) == 0 {
		return out[:rnd.IntN(len(out)+1)]
	}
	const signs = "{}[]\",:0129-+.eE\\ntfu \n\x00\xff"
	for range 1 + rnd.IntN(2) {
		at := rnd.IntN(len(out))
		switch rnd.IntN(3) {
		case 0:
			out[at] = signs[rnd.IntN(len(signs))]
		case 1:
			out = append(out[:at], out[at+1:]...)
		default:
			out = append(out[:at:at], append([]byte{signs[rnd.IntN(len(signs))]}, out[at:]...)...)
		}
		if len(out) == 0 {
			break
		}
	}
	return out
}

// fillAny gives a value something of everything; what is optional is there now and then.
func fillAny(rnd *rand.Rand, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"", "dir.expert", "نساجی سپیدتار", "a\"b\\c\n", "<&>\u2028", "ERASED", "می\u200cشود", "\xe2\x80", "a\xffb", "\u2029", "\x7f\t"}[rnd.IntN(11)])
	case reflect.Int, reflect.Int64:
		v.SetInt([]int64{0, 7, -3, 1 << 60}[rnd.IntN(4)])
	case reflect.Bool:
		v.SetBool(rnd.IntN(2) == 0)
	case reflect.Interface:
		v.Set(reflect.ValueOf([]any{"text", int64(5), true, []string{"a", "b"}, []map[string]any{{"item": "x", "amount": int64(2)}}}[rnd.IntN(5)]))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Tag.Get("json") != "-" && rnd.IntN(3) > 0 {
				fillAny(rnd, v.Field(i), depth+1)
			}
		}
	case reflect.Pointer:
		if depth < 6 && rnd.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fillAny(rnd, v.Elem(), depth+1)
		}
	case reflect.Slice:
		if v.Set(reflect.MakeSlice(v.Type(), rnd.IntN(3), 4)); depth < 6 {
			for i := range v.Len() {
				fillAny(rnd, v.Index(i), depth+1)
			}
		}
	case reflect.Uint8:
		v.SetUint(uint64(rnd.IntN(256)))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rnd.IntN(3) {
			e := reflect.New(v.Type().Elem()).Elem()
			fillAny(rnd, e, depth+1)
			v.SetMapIndex(reflect.ValueOf("k"+strconv.Itoa(rnd.IntN(9))).Convert(v.Type().Key()), e)
		}
	}
}
