// Package ident checks the identifiers, codes and dates of Iranian administration (domain reference 4.0 to 4.14).
// Every check normalises first: digits of any script, blanks and invisible marks never make a value wrong. Two plain kinds
// are stricter than their _raw kind, because the stored form is asked of them: sayad_id wants its separators stripped
// already, iban wants its IR. A lost leading zero is never guessed: the check asks, and ProposePadding offers it for a person to confirm.
package ident

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
)

// Result is the outcome of one check. Reason is a locale key with Args, empty when valid; Warnings are locale keys that
// do not make the value invalid. Canonical is set for valid values.
type Result struct {
	Value     string         `json:"value"`
	Valid     bool           `json:"valid"`
	Canonical string         `json:"canonical,omitempty"`
	Reason    string         `json:"reason,omitempty"`
	Args      map[string]any `json:"args,omitempty"`
	Warnings  []string       `json:"warnings,omitempty"`
}

// kind is how one kind of identifier is checked: normalise serves its _raw kind (nil: there is none), size is its full
// length when a lost leading zero can be told (0: it cannot). plain, if set, is the plain kind's own normalisation.
type kind struct {
	normalise func(string) string
	check     func(string) Result
	size      int
	plain     func(string) string
}

// rawSuffix marks the kinds that normalise first.
const rawSuffix = "_raw"

var kinds = map[string]kind{
	"national_code":           {stripped, nationalCode, 10, nil},
	"legal_id":                {stripped, legalID, 11, nil},
	"foreign":                 {marks, foreign, 0, nil},
	"iban":                    {rawIBAN, iban, 0, upper},
	"bank_card":               {stripped, bankCard, 0, nil},
	"postal_code":             {stripped, postalCode, 0, nil},
	"mobile":                  {rawMobile, mobile, 0, nil},
	"sayad_id":                {stripped, sayad, 16, marks},
	"insurance_workshop_code": {stripped, workshop, 10, nil},
	"isic":                    {stripped, isic, 0, nil},
	"hs":                      {stripped, hs, 0, nil},
	"economic_number":         {stripped, economicNumber, 0, nil},
	"jalali_date":             {rawDate, jalaliDate, 0, nil},
	"jalali_leap":             {nil, jalaliLeap, 0, nil},
	"jalali_to_gregorian":     {nil, jalaliToGregorian, 0, nil},
	"text_normalise":          {nil, textNormalise, 0, nil},
	"amount_words":            {nil, amountWords, 0, nil},
	"money_toman_rial":        {nil, moneyChain, 0, nil},
}

// Kinds lists the kinds in order.
func Kinds() []string {
	out := slices.Collect(maps.Keys(kinds))
	for name, k := range kinds {
		if k.normalise != nil {
			out = append(out, name+rawSuffix)
		}
	}
	slices.Sort(out)
	return out
}

// Known reports whether there is such a kind.
func Known(name string) bool {
	base, raw := strings.CutSuffix(name, rawSuffix)
	k, ok := kinds[base]
	return ok && (!raw || k.normalise != nil)
}

// Check checks a value of a kind. It never fails: an unknown kind is an invalid result with its reason.
func Check(name, value string) Result {
	if !Known(name) {
		r := invalid("ident.unknown_kind", "kind", name)
		r.Value = value
		return r
	}
	base, raw := strings.CutSuffix(name, rawSuffix)
	k, in := kinds[base], value
	switch {
	case raw:
		in = k.normalise(value)
	case k.plain != nil:
		in = k.plain(value)
	case k.normalise != nil:
		in = k.normalise(value)
	}
	r := k.check(in)
	r.Value = value
	if r.Reason == "ident.length" && lostZero(base, in) {
		r.Reason = "ident.lost_zero"
	}
	return r
}

// Err gives an invalid result as a fault and a valid one as nil.
func (r Result) Err() error {
	if r.Valid {
		return nil
	}
	return &fault.Fault{Kind: fault.Invalid, Key: r.Reason, Args: r.Args}
}

// Text is the reason, or the warnings, in a language.
func (r Result) Text(l locale.Lang) string {
	if r.Reason != "" {
		return locale.T(l, r.Reason, r.Args)
	}
	said := make([]string, 0, len(r.Warnings))
	for _, w := range r.Warnings {
		said = append(said, locale.T(l, w, r.Args))
	}
	return strings.Join(said, " ")
}

// ProposePadding offers a value of the kind with its lost leading zeros put back, when that makes it valid. One or two
// zeros can be lost. The proposal is never applied without a person.
func ProposePadding(name, value string) (string, bool) {
	base := strings.TrimSuffix(name, rawSuffix)
	k, ok := kinds[base]
	if !ok || k.size == 0 {
		return "", false
	}
	in := stripped(value)
	if missing := k.size - len(in); missing < 1 || missing > 2 {
		return "", false
	}
	padded := strings.Repeat("0", k.size-len(in)) + in
	if !k.check(padded).Valid {
		return "", false
	}
	return padded, true
}

// lostZero tells whether exactly the first digit may have been dropped, as spreadsheets do.
func lostZero(base, in string) bool {
	k := kinds[base]
	return k.size > 0 && len(in) == k.size-1
}

// CheckLine is value, valid or invalid, canonical form and reason (or warnings), parted by tabs on one line.
func CheckLine(name, value string, lang locale.Lang) string {
	r := Check(name, value)
	verdict := "invalid"
	if r.Valid {
		verdict = "valid"
	}
	return strings.Join([]string{oneLine(value), verdict, oneLine(r.Canonical), oneLine(r.Text(lang))}, "\t")
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

func invalid(reason string, kv ...any) Result {
	return Result{Reason: reason, Args: fault.New(fault.Invalid, reason, kv...).Args}
}

func valid(canonical string, warnings ...string) Result {
	return Result{Valid: true, Canonical: canonical, Warnings: warnings}
}

// ofFault is the invalid result of an error from another package of this floor.
func ofFault(err error) Result {
	if f, ok := fault.As(err); ok {
		return Result{Reason: f.Key, Args: f.Args}
	}
	return invalid("ident.unreadable")
}

// stripped normalises a numeric field: ASCII digits; blanks, invisible marks, dashes, slashes and dots removed.
func stripped(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case unicode.IsSpace(r), unicode.Is(unicode.Cf, r), r == '-', r >= '\u2010' && r <= '\u2015', r == '\u2212',
			r == '/', r == '.':
			return -1
		}
		return r
	}, text.Digits(s))
}

// upper is stripped with Latin letters in capitals.
func upper(s string) string { return strings.ToUpper(stripped(s)) }

// marks folds digits and removes blanks and invisible marks, but no separators.
func marks(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text.Digits(s))
}

// digits checks that s has only ASCII digits, and one of the lengths.
func digits(s string, lengths ...int) (Result, bool) {
	place := 0
	for _, r := range s {
		place++
		if r < '0' || r > '9' {
			return invalid("ident.not_digits", "place", place), false
		}
	}
	switch {
	case s == "":
		return invalid("ident.empty"), false
	case !slices.Contains(lengths, len(s)):
		return invalid("ident.length", "want", lengthText(lengths), "got", len(s)), false
	}
	return Result{}, true
}

// allEqual reports a repetition of one character.
func allEqual(s string) bool { return strings.Count(s, s[:1]) == len(s) }
