// Package trade computes export intelligence from trade flows: revealed advantage, the product space, economic
// complexity, export potential and gravity. It reads no file and asks no clock: the same input gives the same bits, on
// any number of processors, because each sum runs in one fixed order.
//
// Values are in one currency and one year. Countries and products are codes, ordered by their bytes. Sources and the
// conventions in which the published tools differ are told in docs/export.md; a Profile names one of them.
package trade

import (
	"runtime"
	"sync"
	"sync/atomic"

	"rahgosha/internal/base/fault"
)

// Cell is what one country exported of one product, in the currency of the table.
type Cell struct {
	Country, Product string
	Value            float64
}

func invalid(key string, kv ...any) *fault.Fault {
	return fault.New(fault.Invalid, "trade."+key, kv...)
}

// each calls f for 0..n-1 on all processors. Calls share nothing but what they read, and each writes its own part, so
// the number of processors cannot change a bit.
func each(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}
