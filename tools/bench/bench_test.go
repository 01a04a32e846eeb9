package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rahgosha/internal/base/ident"
)

// The sheet given to the product is one that an office could give: valid identifiers, no two names alike.
func TestSheetIsValid(t *testing.T) {
	t.Parallel()
	unit := []string{"u00000000000000", "بافندگی", "بافندگی", "14171669776", "1312", "کرج", "13", "1", "active", "x", "09121738243", "y"}
	var b bytes.Buffer
	if err := sheet(&b, [][]string{unit, unit, unit}, 999_999); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	seen := map[string]bool{}
	for _, r := range rows[1:] {
		if got := ident.Check("legal_id", r[1]); !got.Valid || seen[r[0]] || seen[r[1]] {
			t.Errorf("row %v: %+v", r, got)
		}
		seen[r[0]], seen[r[1]] = true, true
	}
}

// The example is of proc(5), with a blank and a bracket in the command's name.
func TestUsageOfReadsStat(t *testing.T) {
	t.Parallel()
	const stat = "42 (a b) c) S 1 42 42 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 9 0 100 1000000 25 18446744073709551615"
	cpu, rss, err := usageOf([]byte(stat))
	if err != nil || cpu != 2*time.Second || rss != 25*4096 {
		t.Errorf("%v %d %v, want 2s and %d", cpu, rss, err, 25*4096)
	}
	if _, _, err := usageOf([]byte("42 (x) S 1")); err == nil {
		t.Error("a short line was read")
	}
}

// Of a server with many processes those count that have ended, and whose they were.
func TestProcessOfReadsStat(t *testing.T) {
	t.Parallel()
	const stat = "42 (a b) c) S 7 42 42 0 -1 4194304 1 0 0 0 150 50 30 20 20 0 9 0 100 1000000 25 18446744073709551615"
	of, err := processOf([]byte(stat))
	if err != nil || of.parent != 7 || of.ended != 500*time.Millisecond {
		t.Errorf("%+v %v, want a child of 7 and 500ms", of, err)
	}
}

// A load is what was asked for, the same each time, and a visit that waited is charged for its waiting.
func TestArrivalsAreThoseAskedFor(t *testing.T) {
	t.Parallel()
	began := time.Now()
	draw := func() []arrival {
		return arrivals(phase{1000, 0.9}, began, 20*time.Second, rand.New(rand.NewPCG(1, 2))) //nolint:gosec // the same each time
	}
	all, reads := draw(), 0
	for i, a := range all {
		if i > 0 && a.at.Before(all[i-1].at) {
			t.Fatal("arrivals go back in time")
		}
		if a.kind < visitSubmit {
			reads++
		}
	}
	if n := float64(len(all)); n < 19_000 || n > 21_000 || float64(reads)/n < 0.88 || float64(reads)/n > 0.92 {
		t.Errorf("%d arrivals of which %d read", len(all), reads)
	}
	if !slices.Equal(all, draw()) {
		t.Error("another load the second time")
	}
	l := loaded{visits: []visited{{arrival{kind: visitCase}, 3 * time.Second, nil}, {arrival{kind: visitCase}, time.Second, nil}, {arrival{kind: visitCase}, 0, errors.New("x")}}}
	if got := l.part(visitCase); len(got) != 2 || at(got, 0.99) != 3*time.Second || at(got, 0) != time.Second {
		t.Errorf("times %v", got)
	}
	if _, err := readPhases("1000:0.9,5"); err == nil {
		t.Error("a phase without its reads was read")
	}
}

func TestMedianIsTheMiddleOne(t *testing.T) {
	t.Parallel()
	if got := median([]figure{{perOp: 9}, {perOp: 1}, {perOp: 4}}); got.perOp != 4 {
		t.Errorf("median %v, want 4", got.perOp)
	}
}

// What differs from case to case is taken out of a text wherever it stands, and another's is put there.
func TestAMouldTellsOfAnotherCase(t *testing.T) {
	t.Parallel()
	m := moulded([]byte(`{"id":"E1","case":"C","no":"BN-1405-00012","again":"E1"}`), map[string]int{"C\"": refCase, "BN-1405-00012": refNumber, "E1": 0})
	got := string(m.cast(func(ref int) string { return map[int]string{refCase: `D"`, refNumber: "BN-1405-100000", 0: "E2"}[ref] }))
	if want := `{"id":"E2","case":"D","no":"BN-1405-100000","again":"E2"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	whole := []byte("nothing differs")
	if got := moulded(whole, map[string]int{"E1": 0}).cast(nil); !bytes.Equal(got, whole) {
		t.Errorf("%s", got)
	}
}

func TestSizesGrow(t *testing.T) {
	t.Parallel()
	if got, err := readSizes("10,20"); err != nil || !slices.Equal(got, []int64{10, 20}) {
		t.Errorf("%v %v", got, err)
	}
	for _, s := range []string{"", "x", "20,10"} {
		if _, err := readSizes(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}
