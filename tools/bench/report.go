package main

import (
	"fmt"
	"io"
	"os"
	"slices"
)

// target is the most an operation may cost, as a ratio of the floor's processor time; of submit and move the least share
// of the floor's operations a second.
var targets = map[string]struct {
	most  float64
	share bool
}{
	"list": {most: 2}, "search": {most: 1.5}, "case": {most: 2}, "dash": {most: 0.1},
	"submit": {most: 0.5, share: true}, "move": {most: 0.5, share: true}, "import": {most: 3}, "export": {most: 1.5},
}

// report prints the medians as a table of Markdown.
func report(w io.Writer, o options, found []found, p *product) error {
	b := &lineWriter{w: w}
	b.line("| operation | clients | floor, CPU ms | product, CPU ms | ratio | floor, op/s | product, op/s | share | target | |")
	b.line("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	var rss int64
	for _, f := range found {
		floor, product := median(f.sides[0]), median(f.sides[1])
		rss = max(rss, product.rss)
		t := targets[f.name]
		ratio, share := product.perOp/floor.perOp, product.perSecond/floor.perSecond
		target, met := fmt.Sprintf("≤ %g times", t.most), ratio <= t.most
		if t.share {
			target, met = fmt.Sprintf("≥ %g of op/s", t.most), share >= t.most
		}
		b.line("| %s | %d | %.2f | %.2f | %.2f | %.0f | %.0f | %.2f | %s | %s |", f.name, f.clients, floor.perOp, product.perOp, ratio,
			floor.perSecond, product.perSecond, share, target, verdict(met, bad(f)))
	}
	info, err := os.Stat(o.bin)
	if err != nil {
		return err
	}
	b.line("")
	b.line("binary %.1f MB, cold start %d ms, memory under load %.0f MB, loading took %s", float64(info.Size())/1e6, p.cold.Milliseconds(),
		float64(rss)/1e6, p.loaded.Round(1e9))
	return b.err
}

func verdict(met bool, bad int64) string {
	switch {
	case bad > 0:
		return fmt.Sprintf("%d calls failed", bad)
	case met:
		return "met"
	default:
		return "missed"
	}
}

func bad(f found) (n int64) {
	for _, side := range f.sides {
		for _, x := range side {
			n += x.bad
		}
	}
	return n
}

// median gives the figure whose cost is the middle one.
func median(list []figure) figure {
	s := slices.SortedFunc(slices.Values(list), func(a, b figure) int {
		switch {
		case a.whole() < b.whole():
			return -1
		case a.whole() > b.whole():
			return 1
		}
		return 0
	})
	return s[len(s)/2]
}

// lineWriter writes lines until one fails.
type lineWriter struct {
	w   io.Writer
	err error
}

func (l *lineWriter) line(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format+"\n", args...)
	}
}
