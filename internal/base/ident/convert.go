package ident

import (
	"strconv"
	"strings"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/money"
	"rahgosha/internal/base/text"
)

// Signs between the two sides of a pair.
const (
	arrow  = " => "
	equals = "="
)

// rawDate is the canonical form of a readable date, and else the text as it was.
func rawDate(s string) string {
	if d, err := jalali.Parse(s); err == nil {
		return d.String()
	}
	return s
}

func jalaliDate(s string) Result {
	d, err := jalali.Parse(s)
	if err != nil {
		return ofFault(err)
	}
	if d.String() != s {
		return invalid("ident.date_form", "canonical", d.String())
	}
	return valid(s)
}

// jalaliLeap tells whether a year is a leap year.
func jalaliLeap(s string) Result {
	if r, ok := digits(s, 4); !ok {
		return r
	}
	year, err := strconv.Atoi(s)
	if err != nil {
		return invalid("ident.unreadable")
	}
	if _, err := jalali.New(year, 1, 1); err != nil {
		return ofFault(err)
	}
	if !jalali.IsLeap(year) {
		return invalid("ident.common_year", "year", s)
	}
	return valid(s)
}

// jalaliToGregorian checks a pair such as 1405/09/02=2026-11-23.
func jalaliToGregorian(s string) Result {
	left, right, paired := strings.Cut(s, equals)
	d, err := jalali.Parse(left)
	if err != nil {
		return ofFault(err)
	}
	return pair(d.String(), equals, right, paired, d.Civil())
}

// pair compares the given right side with our own; without a right side it completes the pair.
func pair(left, sign, right string, paired bool, own ...string) Result {
	if !paired {
		return valid(left + sign + own[0])
	}
	for _, o := range own {
		if right == o {
			return valid(left + sign + right)
		}
	}
	return invalid("ident.pair", "own", own[0])
}

// textNormalise checks a text against its display form or its folded form.
func textNormalise(s string) Result {
	left, right, paired := strings.Cut(s, arrow)
	if bare := strings.TrimSpace(arrow); strings.Contains(left, bare) || strings.Contains(right, bare) {
		return invalid("ident.two_arrows")
	}
	return pair(left, arrow, right, paired, text.Display(left), text.Fold(left))
}

// amountWords checks an amount in rial against its words.
func amountWords(s string) Result {
	left, right, paired := strings.Cut(s, arrow)
	r, err := money.Parse(left, money.UnitRial)
	if err != nil {
		return ofFault(err)
	}
	n := strconv.FormatInt(int64(r), 10)
	return pair(n, arrow, right, paired, money.Words(r, money.Press), money.Words(r, money.Letter))
}

// moneyChain checks amounts with units joined by equals signs: all must be the same sum in rial.
func moneyChain(s string) Result {
	var sum money.Rial
	for i, part := range strings.Split(s, equals) {
		unit, ok := money.UnitIn(part)
		if !ok {
			return invalid("ident.money_unit")
		}
		r, err := money.Parse(part, unit)
		if err != nil {
			return ofFault(err)
		}
		if i > 0 && r != sum {
			return invalid("ident.money_differs")
		}
		sum = r
	}
	return valid(strconv.FormatInt(int64(sum), 10) + " rial")
}
