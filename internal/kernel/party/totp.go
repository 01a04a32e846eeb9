package party

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // #nosec G505 -- inside the HMAC of RFC 6238 alone, which authenticators know no other of
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"

	"rahgosha/internal/base/fault"
)

// Parameters of time-based codes that every authenticator programme knows (RFC 6238): SHA-1, six digits, thirty seconds.
const (
	totpDigits = 6
	totpPeriod = 30
	totpAge    = 1 // steps for which a code is taken after its own: people type, and phones run late (RFC 6238, 5.2)
	totpSeed   = 20
)

// totpCode is the code of a step (RFC 4226, 5.3).
func totpCode(seed []byte, step int64) string {
	m := hmac.New(sha1.New, seed)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(step))) // #nosec G115 -- steps since 1970
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, n%1_000_000)
}

// totpStep finds the step of an instant (seconds), or the one before, whose code was given, later than the last used one. A code
// of a step to come is not taken: a phone whose clock runs ahead waits for ours.
func totpStep(seed []byte, code string, unix, last int64) (int64, bool) {
	now, found, ok := unix/totpPeriod, int64(0), false
	for step := now - totpAge; step <= now; step++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(seed, step)), []byte(code)) == 1 && step > last && !ok {
			found, ok = step, true
		}
	}
	return found, ok
}

func newSeed() ([]byte, error) {
	seed := make([]byte, totpSeed)
	if _, err := rand.Read(seed); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "journal.random")
	}
	return seed, nil
}

// Enrolment is a new second factor: the secret to type and the address to show as a QR code.
type Enrolment struct{ Secret, URI string }

func enrolment(seed []byte, account string) Enrolment {
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed)
	q := url.Values{"secret": {secret}, "issuer": {"Rahgosha"}}
	return Enrolment{Secret: secret, URI: "otpauth://totp/Rahgosha:" + url.PathEscape(strings.ReplaceAll(account, ":", " ")) + "?" + q.Encode()}
}
