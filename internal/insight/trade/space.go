package trade

import (
	"context"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"rahgosha/internal/base/fault"
)

// space is the product space of one M. Its proximities are never stored as a whole: at 5,400 products they would take
// 233 MB, and each row is cheap to make again.
type space struct {
	*presence
	self float64 // proximity of a product to itself
	band int     // rows made at a time
}

func newSpace(s *presence, selfNear bool) *space {
	sp := &space{presence: s, band: 1}
	if selfNear {
		sp.self = 1
	}
	if !s.binary {
		sp.band = 32
	}
	return sp
}

// rows fills phi with the proximities of the products from..from+n-1 to all: common makers over the larger ubiquity,
// which is the smaller of the two conditional frequencies (Hidalgo et al. 2007). A product nobody makes is near none.
func (s *space) rows(from, n int, phi []float64) {
	if s.binary {
		for i := range n {
			s.counted(from+i, phi[i*s.np:(i+1)*s.np])
		}
		return
	}
	m := blas64.General{Rows: s.nc, Cols: s.np, Stride: s.np, Data: s.m}
	part := blas64.General{Rows: s.nc, Cols: n, Stride: s.np, Data: s.m[from:]}
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, part, m, 0, blas64.General{Rows: n, Cols: s.np, Stride: s.np, Data: phi})
	for i := range n {
		row := phi[i*s.np : (i+1)*s.np]
		for q := range row {
			if row[q] != 0 {
				row[q] /= max(s.ubiquity[from+i], s.ubiquity[q])
			}
		}
		s.setSelf(from+i, row)
	}
}

func (s *space) counted(p int, row []float64) {
	kp := s.ubiquity[p]
	for q := range row {
		if n := s.common(p, q); n == 0 {
			row[q] = 0
		} else {
			row[q] = float64(n) / max(kp, s.ubiquity[q])
		}
	}
	s.setSelf(p, row)
}

func (s *space) setSelf(p int, row []float64) {
	if s.ubiquity[p] > 0 {
		row[p] = s.self
	}
}

// bands calls f for all rows, band by band, with room for a band of proximities that f may use and spoil. Where ctx ends it begins no
// other band: unavailable trade.busy.
func (s *space) bands(ctx context.Context, f func(from, n int, room *room)) error {
	rooms := sync.Pool{New: func() any {
		return &room{phi: make([]float64, s.band*s.np), gain: make([]float64, s.band*s.np), sums: make([]float64, 2*s.band*s.nc)}
	}}
	each((s.np+s.band-1)/s.band, func(i int) {
		if ctx.Err() != nil {
			return
		}
		r := rooms.Get().(*room)
		f(i*s.band, min(s.band, s.np-i*s.band), r)
		rooms.Put(r)
	})
	if err := ctx.Err(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "trade.busy")
	}
	return nil
}

// room is what one band needs: proximities, their weighted form, and for each country two sums over them.
type room struct{ phi, gain, sums []float64 }

// reach gives for each product the sum of its proximities to all.
func (s *space) reach(ctx context.Context) ([]float64, error) {
	out := make([]float64, s.np)
	err := s.bands(ctx, func(from, n int, r *room) {
		s.rows(from, n, r.phi)
		for i := range n {
			for _, v := range r.phi[i*s.np : (i+1)*s.np] {
				out[from+i] += v
			}
		}
	})
	return out, err
}

// around gives for each country and product, in the layout of Exports.Value, the density Σ_q M·φ/Σ_q φ and the sum
// Σ_q (1−M)·φ·weight_q. Density is NaN where a product is near none.
func (s *space) around(ctx context.Context, reach, weight []float64) (density, gain []float64, err error) {
	density, gain = make([]float64, len(s.m)), make([]float64, len(s.m))
	err = s.bands(ctx, func(from, n int, r *room) {
		s.rows(from, n, r.phi)
		for i := range n {
			row, weighted := r.phi[i*s.np:(i+1)*s.np], r.gain[i*s.np:(i+1)*s.np]
			for q, v := range row {
				if weighted[q] = 0; v != 0 {
					weighted[q] = v * weight[q]
				}
			}
		}
		s.overMade(n, r)
		for i := range n {
			s.spread(from+i, reach[from+i], r, i, density, gain)
		}
	})
	return density, gain, err
}

// overMade sums each row of phi and of gain over what each country makes: sums[2·(i·nc+c)] and the place after it.
func (s *space) overMade(n int, r *room) {
	if !s.binary {
		s.overMadeDense(n, r)
		return
	}
	clear(r.sums)
	for i := range n {
		row, weighted, sums := r.phi[i*s.np:(i+1)*s.np], r.gain[i*s.np:(i+1)*s.np], r.sums[2*i*s.nc:2*(i+1)*s.nc]
		for q, v := range row {
			if v == 0 {
				continue
			}
			w := weighted[q]
			for _, c := range s.makers[q] {
				pair := sums[2*c : 2*c+2 : 2*c+2]
				pair[0] += v
				pair[1] += w
			}
		}
	}
}

func (s *space) overMadeDense(n int, r *room) {
	m := blas64.General{Rows: s.nc, Cols: s.np, Stride: s.np, Data: s.m}
	for k, rows := range [][]float64{r.phi, r.gain} {
		a := blas64.General{Rows: n, Cols: s.np, Stride: s.np, Data: rows}
		out := blas64.General{Rows: n, Cols: s.nc, Stride: s.nc, Data: make([]float64, n*s.nc)}
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, a, m, 0, out)
		for i, v := range out.Data {
			r.sums[2*i+k] = v
		}
	}
}

// spread writes one product's sums to all countries. The gain is the whole minus the part over what is made.
func (s *space) spread(p int, reach float64, r *room, i int, density, gain []float64) {
	var whole float64
	for _, v := range r.gain[i*s.np : (i+1)*s.np] {
		whole += v
	}
	for c := range s.nc {
		density[c*s.np+p] = r.sums[2*(i*s.nc+c)] / reach
		gain[c*s.np+p] = whole - r.sums[2*(i*s.nc+c)+1]
	}
}
