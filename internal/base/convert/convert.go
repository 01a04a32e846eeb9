// Package convert answers the small questions of the command line and of help pages: a date in the other calendar, an
// amount in words, the search keys of a text.
package convert

import (
	"regexp"
	"strings"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/money"
	"rahgosha/internal/base/text"
)

// gregorian is a civil date whose year cannot be Jalali.
var gregorian = regexp.MustCompile(`^(1[6-9]|2)[0-9]+-[0-9]+-[0-9]+$`)

// Date gives the Gregorian date YYYY-MM-DD of a Jalali one, and the Jalali date 1405/09/02 of a Gregorian one.
func Date(s string) (string, error) {
	in := text.Digits(text.Display(s))
	if gregorian.MatchString(in) {
		d, err := jalali.FromCivil(in)
		return d.String(), err
	}
	d, err := jalali.Parse(s)
	return d.Civil(), err
}

// Words gives the Persian words of an amount in rial; an amount written with another unit is converted first.
func Words(s string) (string, error) {
	unit, named := money.UnitIn(s)
	if !named {
		unit = money.UnitRial
	}
	r, err := money.Parse(s, unit)
	if err != nil {
		return "", err
	}
	return money.Words(r, money.Press), nil
}

// Key gives the search keys of a text, parted by a tab.
func Key(s string) string { return strings.Join(text.Keys(s), "\t") }
