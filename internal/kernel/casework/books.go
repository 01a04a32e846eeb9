package casework

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/kernel/journal"
)

// compareLetters holds the letter book to the letters that a case's entries issued.
func (g *Engine) compareLetters(ctx context.Context, r Reader, d Difference, s *State, entries []LogEntry, report func(Difference)) error {
	booked, err := r.LettersOf(ctx, d.Province, d.Case)
	if err != nil {
		return fmt.Errorf("letters of case %s: %w", d.Case, err)
	}
	left := map[string]BookedLetter{}
	for _, l := range booked {
		left[l.Token] = l
	}
	for _, l := range s.Letters {
		in, ok := left[l.Token]
		delete(left, l.Token)
		switch {
		case !ok:
			report(d.as(l.Seq, DiffersUnbooked, l.Number))
		case in.Number != l.Number || in.Code != l.Code || in.At != l.At || in.Entry != entries[l.Seq-1].ID:
			report(d.as(l.Seq, DiffersLetter, l.Number))
		}
		bound, err := isBound(ctx, r, d.Province, l)
		if err != nil {
			return err
		}
		if !bound {
			report(d.as(l.Seq, DiffersUnbound, l.Number))
		}
	}
	for _, l := range booked {
		if _, ok := left[l.Token]; ok {
			report(d.as(0, DiffersUnissued, l.Number))
		}
	}
	return nil
}

// isBound says whether a letter's own entry stands in the journal.
func isBound(ctx context.Context, r Reader, province string, l LetterRef) (bool, error) {
	if l.Bound == "" {
		return true, nil
	}
	own, err := r.CaseEntries(ctx, province, l.Bound)
	return len(own) == 1 && bytes.Equal(own[0].Bytes, journal.LetterEntry(province, l.Bound, l.At).Encode()), err
}

// beside reports what differs of all cases together. One snapshot holds it, so that nobody's act comes in between.
func (g *Engine) beside(ctx context.Context, province string, report func(Difference)) error {
	d := Difference{Province: province}
	err := g.Read(ctx, func(ctx context.Context, r Reader) error {
		return errors.Join(lost(ctx, r, d, report), loose(ctx, r, d, report), miscounted(ctx, r, d, report), numbers(ctx, r, d, report))
	})
	if err != nil {
		return fmt.Errorf("books of %s: %w", province, err)
	}
	return nil
}

// lost reports cases whose row was taken away: no list shows them, and their entries are still in the journal.
func lost(ctx context.Context, r Reader, d Difference, report func(Difference)) error {
	ids, err := r.LostCases(ctx, d.Province)
	for _, d.Case = range ids {
		report(d.as(0, DiffersRowGone, ""))
	}
	return err
}

func loose(ctx context.Context, r Reader, d Difference, report func(Difference)) error {
	rows, err := r.Loose(ctx, d.Province)
	for _, l := range rows {
		d.Case = l.Case
		report(d.as(0, DiffersLoose, l.Table))
	}
	return err
}

// miscounted reports counters that are no sum. What each case adds was held to its entries before.
func miscounted(ctx context.Context, r Reader, d Difference, report func(Difference)) error {
	wrong, err := r.Miscounted(ctx, d.Province)
	for _, m := range wrong {
		var parts []string
		for _, p := range []string{m.Procedure, m.What, m.Key, m.Subject, m.Day} {
			if p != "" {
				parts = append(parts, p)
			}
		}
		report(d.as(0, DiffersTally, fmt.Sprintf("%s: %d (%d), %d (%d)",
			strings.Join(parts, " "), m.N, m.CountedN, m.Amount, m.CountedAmount)))
	}
	return err
}

// seriesYear is one series of numbers.
type seriesYear struct {
	series string
	year   int
}

// numbers reports what was given twice, or left out: a number is drawn in the transaction that uses it, so that a series
// has no gap, whatever became of its cases.
func numbers(ctx context.Context, r Reader, d Difference, report func(Difference)) error {
	last, given := map[seriesYear]int64{}, map[seriesYear][]int64{}
	err := r.Numbers(ctx, d.Province, func(x Drawn) { last[seriesYear{x.Series, x.Year}] = x.Last }, func(letter bool, number string) {
		parse := parseCaseNumber
		if letter {
			parse = parseLetterNumber
		}
		k, n, ok := parse(number)
		if !ok {
			report(d.as(0, DiffersUnread, number))
			return
		}
		given[k] = append(given[k], n)
	})
	if err != nil {
		return err
	}
	for k := range given {
		last[k] += 0 // also a series that was never drawn
	}
	for _, k := range slices.SortedFunc(maps.Keys(last), func(a, b seriesYear) int {
		return cmp.Or(cmp.Compare(a.series, b.series), cmp.Compare(a.year, b.year))
	}) {
		slices.Sort(given[k])
		series(given[k], last[k], func(what, run string) { report(d.as(0, what, fmt.Sprintf("%s %d: %s", k.series, k.year, run))) })
	}
	return nil
}

// series says by which numbers those given, in order, are not 1 to last, each once.
func series(given []int64, last int64, say func(what, run string)) {
	skipped := func(first, end int64) {
		switch {
		case first == end:
			say(DiffersSkipped, strconv.FormatInt(first, 10))
		case first < end:
			say(DiffersSkipped, fmt.Sprintf("%d–%d", first, end))
		}
	}
	before := int64(0)
	for _, n := range given {
		switch {
		case n > last:
			say(DiffersBeyond, strconv.FormatInt(n, 10))
			continue
		case n == before:
			say(DiffersTwice, strconv.FormatInt(n, 10))
		default:
			skipped(before+1, n-1)
		}
		before = n
	}
	skipped(before+1, last)
}

// parseCaseNumber reads what caseNumber writes.
func parseCaseNumber(number string) (k seriesYear, n int64, ok bool) {
	parts := strings.Split(number, "-")
	if len(parts) < 3 {
		return k, 0, false
	}
	series := strings.Join(parts[:len(parts)-2], "-")
	return parsed(series, parts[len(parts)-2], parts[len(parts)-1], number, caseNumber)
}

// parseLetterNumber reads what letterNumber writes.
func parseLetterNumber(number string) (k seriesYear, n int64, ok bool) {
	parts := strings.Split(number, "/")
	if len(parts) < 3 {
		return k, 0, false
	}
	return parsed(strings.Join(parts[1:len(parts)-1], "/"), parts[0], parts[len(parts)-1], number, letterNumber)
}

// parsed holds what was read to how it would be written: 7 and 007 are one number, and only one of them was given.
func parsed(series, year, n, number string, format func(string, int, int64) string) (seriesYear, int64, bool) {
	y, errY := strconv.Atoi(year)
	i, errN := strconv.ParseInt(n, 10, 64)
	ok := errY == nil && errN == nil && i > 0 && format(series, y, i) == number
	return seriesYear{series, y}, i, ok
}
