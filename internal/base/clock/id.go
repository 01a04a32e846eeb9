package clock

import (
	"crypto/rand"
	"time"
)

// idAlphabet is that of rand.Text, in the order of bytes.
const idAlphabet = "234567ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// idDigits hold milliseconds for a thousand years.
const idDigits = 9

// ID draws an id of 26 characters: the time, and 85 random bits. Those of one time lie side by side in a database, so that
// what is written at one time touches few of its pages.
func ID(at time.Time) string {
	id, ms := []byte(rand.Text()), at.UnixMilli()
	for i := idDigits - 1; i >= 0; i-- {
		id[i] = idAlphabet[ms&31]
		ms >>= 5
	}
	return string(id)
}
