package ident

import (
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/refdata"
)

// ibanLength is IR, two check digits and 22 account digits.
const ibanLength = 26

// rawIBAN adds the country when only the 24 digits were typed.
func rawIBAN(s string) string {
	s = upper(s)
	if _, ok := digits(s, ibanLength-2); ok {
		return "IR" + s
	}
	return s
}

// iban checks an Iranian account number by ISO 7064 modulus 97. An unknown or merged bank is a warning.
func iban(s string) Result {
	rest, local := strings.CutPrefix(s, "IR")
	if !local {
		return invalid("ident.iban_country")
	}
	if r, ok := digits(rest, ibanLength-2); !ok {
		if r.Reason == "ident.length" {
			return invalid("ident.iban_length", "got", len(s))
		}
		return r
	}
	mod := 0
	for _, c := range rest[2:] + "1827" + rest[:2] { // I = 18, R = 27
		mod = (mod*10 + int(c-'0')) % 97
	}
	if mod != 1 {
		return invalid("ident.iban_check")
	}
	return ofBank(s, rest[2:5])
}

// ofBank warns of a bank that is not known or has merged: into which, since when, and that the day is to be confirmed
// where the tables are not sure of it.
func ofBank(iban, code string) Result {
	bank, ok := refdata.BankByCode()[code]
	switch {
	case !ok:
		return valid(iban, "ident.bank_unknown")
	case bank.MergedInto == "":
		return valid(iban)
	}
	into, when := bank.Successor(), "ident.bank_merged_on"
	switch {
	case bank.ValidTo == "":
		when = "ident.bank_merged_day"
	case bank.Sure != "high":
		when = "ident.bank_merged_confirm"
	}
	r := valid(iban, "ident.bank_merged", when)
	r.Args = map[string]any{"bank": bank.Name, "into": into.Name, "code": digitsOf(into.Code), "day": digitsOf(bank.ValidTo)}
	return r
}

// digitsOf is a code or date in the digits of each language.
func digitsOf(s string) locale.Text { return locale.Text{FA: locale.Digits(locale.FA, s), EN: s} }

// bankCard checks a card number by Luhn's rule. The product never keeps one, so every valid card is a warning.
func bankCard(s string) Result {
	if r, ok := digits(s, 16); !ok {
		return r
	}
	sum := 0
	for i := range len(s) {
		d := int(s[i] - '0')
		if i%2 == 0 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	if allEqual(s) || sum%10 != 0 {
		return invalid("ident.check_digit")
	}
	return valid(s, "ident.card_not_kept")
}

// postalCode checks ten digits, the first not 0 and the last five not all 0. The popular stricter pattern is a warning.
func postalCode(s string) Result {
	if r, ok := digits(s, 10); !ok {
		return r
	}
	switch {
	case s[0] == '0':
		return invalid("ident.postal_first_zero")
	case s[5:] == "00000":
		return invalid("ident.postal_last_zero")
	case !usualPostal(s):
		return valid(s, "ident.postal_unusual")
	}
	return valid(s)
}

// usualPostal is the heuristic that the first four digits are not one digit repeated nor hold 0 or 2, the fifth is not
// 0, 2 or 5, and no later digit is 2.
func usualPostal(s string) bool {
	return !allEqual(s[:4]) && !strings.ContainsAny(s[:4], "02") && !strings.ContainsAny(s[4:5], "025") &&
		!strings.ContainsAny(s[5:], "2")
}
