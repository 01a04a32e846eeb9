package ident

import (
	"fmt"
	"strings"

	"rahgosha/internal/base/locale"
)

// lengthText lists the allowed lengths for a message.
func lengthText(lengths []int) locale.Text {
	plain := strings.Trim(strings.ReplaceAll(fmt.Sprint(lengths), " ", "/"), "[]")
	return locale.Text{FA: locale.Digits(locale.FA, plain), EN: plain}
}

// nationalCode checks the ten-digit code of a natural person: weights 10 to 2, modulus 11. Unknown districts pass.
func nationalCode(s string) Result {
	if r, ok := digits(s, 10); !ok {
		return r
	}
	if allEqual(s) {
		return invalid("ident.all_equal")
	}
	sum := 0
	for i := range 9 {
		sum += int(s[i]-'0') * (10 - i)
	}
	want := sum % 11
	if want >= 2 {
		want = 11 - want
	}
	return checkDigit(s, want)
}

// foreign takes the identifier of a foreign national (FIDA or comprehensive code, passport): 6 to 20 Latin letters and
// digits. No rule to check it is known here, so each one is for a person to compare with the document.
func foreign(s string) Result {
	s = strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || r == '/' {
			return -1
		}
		return r
	}, s))
	for place, r := range []rune(s) {
		if !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z') {
			return invalid("ident.foreign_sign", "place", place+1)
		}
	}
	switch {
	case s == "":
		return invalid("ident.empty")
	case len(s) < 6 || len(s) > 20:
		return invalid("ident.foreign_length", "got", len(s))
	}
	return valid(s, "ident.foreign_by_hand")
}

// legalWeights repeat over the first ten digits of a legal person's id.
var legalWeights = [...]int{29, 27, 23, 19, 17}

// legalID checks the eleven-digit id of a legal person.
func legalID(s string) Result {
	if r, ok := digits(s, 11); !ok {
		return r
	}
	if allEqual(s) {
		return invalid("ident.all_equal")
	}
	if s[3:9] == "000000" {
		return invalid("ident.legal_zero_middle")
	}
	k, sum := int(s[9]-'0')+2, 0
	for i := range 10 {
		sum += (k + int(s[i]-'0')) * legalWeights[i%len(legalWeights)]
	}
	return checkDigit(s, sum%11%10)
}

// checkDigit compares the last digit.
func checkDigit(s string, want int) Result {
	if int(s[len(s)-1]-'0') != want {
		return invalid("ident.check_digit")
	}
	return valid(s)
}

// economicNumber checks length only, since older numbers have no known rule; one that should hold a legal id or a
// national code and does not gets a warning.
func economicNumber(s string) Result {
	if r, ok := digits(s, 11, 12, 14); !ok {
		return r
	}
	doubtful := len(s) == 11 && !legalID(s).Valid || len(s) == 14 && !nationalCode(s[:10]).Valid
	if doubtful {
		return valid(s, "ident.economic_doubtful")
	}
	return valid(s)
}

// workshop checks the ten digits of a social-insurance workshop code.
func workshop(s string) Result { return onlyDigits(s, 10) }

// sayad checks the sixteen digits of a cheque's id; no public check digit is known.
func sayad(s string) Result { return onlyDigits(s, 16) }

func onlyDigits(s string, length int) Result {
	if r, ok := digits(s, length); !ok {
		return r
	}
	return valid(s)
}
