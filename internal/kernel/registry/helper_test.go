package registry_test

import (
	"fmt"
	"strings"
)

// nationalCode makes a code of nine digits valid.
func nationalCode(nine int) string {
	s, sum := fmt.Sprintf("%09d", nine), 0
	for i := range 9 {
		sum += int(s[i]-'0') * (10 - i)
	}
	c := sum % 11
	if c >= 2 {
		c = 11 - c
	}
	return s + fmt.Sprint(c)
}

// legalID makes an id of ten digits valid.
func legalID(ten int) string {
	s, sum := fmt.Sprintf("%010d", ten), 0
	for i := range 10 {
		sum += (int(s[9]-'0') + 2 + int(s[i]-'0')) * []int{29, 27, 23, 19, 17}[i%5]
	}
	return s + fmt.Sprint(sum%11%10)
}

func persian(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '\u06F0'
		}
		return r
	}, s)
}
