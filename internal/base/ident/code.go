package ident

import (
	"strings"

	"rahgosha/internal/base/refdata"
	"rahgosha/internal/base/text"
)

var brackets = strings.NewReplacer("(", "", ")", "")

// rawMobile brings the ways of writing an Iranian mobile number to +98 and the rest of the number.
func rawMobile(s string) string {
	s = stripped(brackets.Replace(text.Digits(s)))
	switch {
	case strings.HasPrefix(s, "+"):
		return s
	case strings.HasPrefix(s, "00"):
		return "+" + s[2:]
	case strings.HasPrefix(s, "0"):
		return "+98" + s[1:]
	case strings.HasPrefix(s, "98") && len(s) == 12:
		return "+" + s
	}
	return "+98" + s
}

// mobile checks +989 and nine digits.
func mobile(s string) Result {
	rest, plus := strings.CutPrefix(s, "+")
	if !plus {
		return invalid("ident.mobile_form")
	}
	if r, ok := digits(rest, len(rest)); !ok {
		return r
	}
	switch {
	case !strings.HasPrefix(rest, "98"):
		return invalid("ident.mobile_foreign")
	case !strings.HasPrefix(rest, "989"):
		return invalid("ident.mobile_landline")
	case len(rest) != 12:
		return invalid("ident.mobile_length", "got", len(rest)-1)
	}
	return valid(s)
}

// isic checks the shape of an activity code: 2 to 4 digits, or the 8 and 10 digits of licences and products.
func isic(s string) Result {
	if r, ok := digits(s, 2, 3, 4, 8, 10); !ok {
		return r
	}
	if strings.HasPrefix(s, "00") {
		return invalid("ident.isic_zero")
	}
	return valid(s)
}

// hs checks a customs code of 2, 4, 6 or 8 digits, with or without dots. In the chapters of the embedded list the
// heading must exist; other chapters are outside the list and pass with a warning.
func hs(s string) Result {
	s = strings.ReplaceAll(s, ".", "")
	if r, ok := digits(s, 2, 4, 6, 8); !ok {
		return r
	}
	listed := refdata.HSByCode()
	if _, ok := listed[s[:2]]; !ok {
		if s[:2] == "00" || s[:2] > "97" {
			return invalid("ident.hs_chapter", "code", s[:2])
		}
		return valid(s, "ident.hs_outside")
	}
	if len(s) > 2 {
		if _, ok := listed[s[:4]]; !ok {
			return invalid("ident.hs_heading", "code", s[:4])
		}
	}
	return valid(s)
}
