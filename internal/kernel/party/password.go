package party

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
)

// Cost is what argon2id spends on one password. Memory is KiB.
type Cost struct {
	Memory, Time uint32
	Threads      uint8
}

// OWASPCost is the cost that the OWASP password storage cheat sheet recommends: 19 MiB, two passes, one lane.
var OWASPCost = Cost{Memory: 19 * 1024, Time: 2, Threads: 1}

// Limits of a stored hash's cost: a damaged row must not take the machine's memory.
const (
	maxMemory = 1 << 18
	maxTime   = 16
	saltSize  = 16
	hashSize  = 32
)

// Limits of passwords: NIST 800-63B-4 asks fifteen characters of one that stands alone.
const (
	minAlone    = 15
	minAnyway   = 8
	maxPassword = 128
	minDistinct = 5
)

// hashPassword gives the PHC string of a password.
func hashPassword(password string, c Cost) (string, error) {
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return "", fault.Wrap(err, fault.Internal, "journal.random")
	}
	return phc(c, salt, argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, hashSize)), nil
}

// phcBegins begins every stored hash, and names its algorithm: another one may stand beside it.
const phcBegins = "$argon2id$"

func phc(c Cost, salt, hash []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf(phcBegins+"v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Time, c.Threads,
		b.EncodeToString(salt), b.EncodeToString(hash))
}

// parsePHC reads a stored hash back.
func parsePHC(s string) (c Cost, salt, hash []byte, err error) {
	bad := func(cause error) (Cost, []byte, []byte, error) {
		return Cost{}, nil, nil, fault.Wrap(cause, fault.Internal, "party.hash_broken")
	}
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return bad(nil)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Threads); err != nil {
		return bad(err)
	}
	if c.Memory == 0 || c.Memory > maxMemory || c.Time == 0 || c.Time > maxTime || c.Threads == 0 {
		return bad(nil)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return bad(err)
	}
	if hash, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(hash) != hashSize {
		return bad(err)
	}
	return c, salt, hash, nil
}

// verifyPassword compares in constant time; stale says that the hash was made at another cost.
func verifyPassword(password, stored string, want Cost) (ok, stale bool, err error) {
	c, salt, hash, err := parsePHC(stored)
	if err != nil {
		return false, false, err
	}
	got := argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, hashSize)
	return subtle.ConstantTimeCompare(got, hash) == 1, c != want, nil
}

// checkPassword refuses passwords that are easily guessed. second says that a second factor stands beside it.
func checkPassword(password, login string, second bool) error {
	least := minAlone
	if second {
		least = minAnyway
	}
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return fault.New(fault.Invalid, "party.password_text").At("password")
	case n < least:
		return fault.New(fault.Invalid, "party.password_short", "least", least, "got", n).At("password")
	case n > maxPassword:
		return fault.New(fault.Invalid, "party.password_long", "most", maxPassword).At("password")
	case distinct(password) < minDistinct:
		return fault.New(fault.Invalid, "party.password_simple").At("password")
	case login != "" && text.Fold(password) == text.Fold(login+login), len(login) > 3 && strings.Contains(strings.ToLower(password), login) && n < len(login)+minAnyway:
		return fault.New(fault.Invalid, "party.password_login").At("password")
	}
	return nil
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// asker is for whom a password is worked on. Strangers wait shortly and in a short queue; one who comes from where that login
// has signed in before, or has shown a password or a session, has a seat that no stranger takes; the program itself, with a
// roster, waits as long as it must.
type asker int

const (
	askStranger asker = iota
	askKnown
	askOurs
)

// How long one waits for a seat, and how many wait, for each seat. A password takes some tens of milliseconds: a stranger
// behind more than that many would not be served in time anyway, while two hundred known people at once are.
var queues = [...]struct {
	wait time.Duration
	most int64
}{askStranger: {2 * time.Second, 64}, askKnown: {10 * time.Second, 256}, askOurs: {math.MaxInt64, math.MaxInt32}}

// hasher bounds how many passwords are worked on at once: each takes memory, and guesses come in crowds.
type hasher struct {
	cost    Cost
	seats   chan struct{}
	kept    chan struct{} // one more, for those who are known
	waiting [len(queues)]atomic.Int64
	dummy   string // stands for the hash of a login that does not exist
}

func newHasher(c Cost, seats int) (*hasher, error) {
	dummy, err := hashPassword(rand.Text(), c)
	return &hasher{cost: c, seats: make(chan struct{}, seats), kept: make(chan struct{}, 1), dummy: dummy}, err
}

// seat waits for a place to work on one password. Unavailable party.busy where too many wait, or for too long.
func (h *hasher) seat(ctx context.Context, who asker) (leave func(), err error) {
	q, kept := queues[who], h.kept
	defer h.waiting[who].Add(-1)
	if h.waiting[who].Add(1) > q.most*int64(cap(h.seats)) {
		return nil, fault.New(fault.Unavailable, "party.busy")
	}
	if who == askStranger {
		kept = nil
	}
	wait, end := context.WithTimeout(ctx, q.wait)
	defer end()
	select {
	case h.seats <- struct{}{}:
		return func() { <-h.seats }, nil
	case kept <- struct{}{}:
		return func() { <-kept }, nil
	case <-wait.Done():
		return nil, fault.Wrap(wait.Err(), fault.Unavailable, "party.busy")
	}
}

func (h *hasher) hash(ctx context.Context, who asker, password string) (string, error) {
	leave, err := h.seat(ctx, who)
	if err != nil {
		return "", err
	}
	defer leave()
	return hashPassword(password, h.cost)
}

// salted hashes a secret under a given salt, for somebody known: printed codes come after a password, a provider's word or
// in a session.
func (h *hasher) salted(ctx context.Context, secret string, c Cost, salt []byte) (string, error) {
	leave, err := h.seat(ctx, askKnown)
	if err != nil {
		return "", err
	}
	defer leave()
	return phc(c, salt, argon2.IDKey([]byte(secret), salt, c.Time, c.Memory, c.Threads, hashSize)), nil
}

// verify spends the same on a login that does not exist (stored "") as on one that does.
func (h *hasher) verify(ctx context.Context, who asker, password, stored string) (ok, stale bool, err error) {
	leave, err := h.seat(ctx, who)
	if err != nil {
		return false, false, err
	}
	defer leave()
	if stored == "" {
		_, _, err = verifyPassword(password, h.dummy, h.cost)
		return false, false, err
	}
	return verifyPassword(password, stored, h.cost)
}
