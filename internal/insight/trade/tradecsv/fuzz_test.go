package tradecsv_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/insight/trade"
	"rahgosha/internal/insight/trade/tradecsv"
)

// cellsOrTold is the law of the reader: whatever the bytes, it gives cells that the table of exports accepts, or a fault
// that both languages tell.
func cellsOrTold(t testing.TB, read func(string, io.Reader) ([]trade.Cell, error), text []byte) {
	t.Helper()
	cells, err := read("f.csv", bytes.NewReader(text))
	if err != nil {
		toldInBoth(t, err)
		return
	}
	if _, err := trade.NewExports(cells, trade.Filter{}); err != nil && !fault.Is(err, fault.Invalid) {
		t.Fatalf("%v", err)
	} else if ft, ok := fault.As(err); ok && ft.Key != "trade.nothing_left" {
		t.Fatalf("the reader let %v through", err)
	}
}

func exportSeeds() (out [][]byte) {
	out = append(out, []byte(good), []byte{0x1f, 0x8b, 8})
	for _, p := range faults {
		out = append(out, []byte(strings.Replace(good, "a,y,2.5", p.line, 1)))
	}
	return out
}

func FuzzExports(f *testing.F) {
	for _, text := range exportSeeds() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) { cellsOrTold(t, tradecsv.Exports, text) })
}

// A reader that turns the sign of what it cannot take hands on a negative export.
func TestFuzzExportsFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "let", func(t testing.TB) {
		for _, text := range exportSeeds() {
			cellsOrTold(t, func(name string, r io.Reader) ([]trade.Cell, error) {
				cells, err := tradecsv.Exports(name, r)
				for i := range cells {
					cells[i].Value = -cells[i].Value
				}
				return cells, err
			}, text)
		}
	})
}

func toldInBoth(t testing.TB, err error) {
	t.Helper()
	ft, ok := fault.As(err)
	if !ok {
		t.Fatalf("no fault: %v", err)
	}
	for _, lang := range []locale.Lang{locale.FA, locale.EN} {
		if !locale.Has(lang, ft.Key) {
			t.Fatalf("no text for %s in %s", ft.Key, lang)
		}
	}
}

// lineNamed is the law of what is wrong: a bad value planted in a line of a good table is refused, naming that very line.
func lineNamed(t testing.TB, read func(string, io.Reader) error, rows, at uint8, bad string) {
	t.Helper()
	if v, err := strconv.ParseFloat(strings.TrimSpace(bad), 64); strings.ContainsAny(bad, "\"\r\n,;\t") || err == nil && v >= 0 && !math.IsInf(v, 0) {
		return // not a bad value
	}
	n := int(rows%20) + 1
	k := int(at) % n
	text := "origin,destination,value_usd\n"
	for i := range n {
		value := "7"
		if i == k {
			value = bad
		}
		text += fmt.Sprintf("o%d,d,%s\n", i, value)
	}
	ft, ok := fault.As(read("f.csv", strings.NewReader(text)))
	if !ok {
		t.Fatalf("%q was taken as a value", bad)
	}
	if ft.Args["line"] != k+2 {
		t.Fatalf("%q stands in line %d, but %v", bad, k+2, ft)
	}
}

func flows(name string, r io.Reader) error {
	_, err := tradecsv.Flows(name, r)
	return err
}

func FuzzBadValue(f *testing.F) {
	f.Add(uint8(5), uint8(2), "x")
	f.Add(uint8(1), uint8(0), "-1")
	f.Add(uint8(9), uint8(9), "1,5")
	f.Fuzz(func(t *testing.T, rows, at uint8, bad string) { lineNamed(t, flows, rows, at, bad) })
}

// A reader that counts rows below the header names a line of a good row; one that takes a blank for nought invents one.
func TestFuzzBadValueFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	control.Finds(t, "stands in line 4", func(t testing.TB) {
		lineNamed(t, func(name string, r io.Reader) error {
			err := flows(name, r)
			if ft, ok := fault.As(err); ok {
				ft.Args["line"] = ft.Args["line"].(int) - 1
			}
			return err
		}, 5, 2, "x")
	})
	control.Finds(t, "was taken as a value", func(t testing.TB) {
		lineNamed(t, func(name string, r io.Reader) error {
			text, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			return flows(name, strings.NewReader(strings.ReplaceAll(string(text), ",\n", ",0\n")))
		}, 5, 2, "")
	})
}
