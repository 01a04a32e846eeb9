package party

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
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

// hasher bounds how many passwords are worked on at once: each takes memory, and guesses come in crowds.
type hasher struct {
	cost  Cost
	seats chan struct{}
	dummy string // stands for the hash of a login that does not exist
}

func newHasher(c Cost, seats int) (*hasher, error) {
	dummy, err := hashPassword(rand.Text(), c)
	return &hasher{cost: c, seats: make(chan struct{}, seats), dummy: dummy}, err
}

func (h *hasher) seat(ctx context.Context) (leave func(), err error) {
	select {
	case h.seats <- struct{}{}:
		return func() { <-h.seats }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "party.busy")
	}
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.seat(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return hashPassword(password, h.cost)
}

// salted hashes a secret under a given salt.
func (h *hasher) salted(ctx context.Context, secret string, c Cost, salt []byte) (string, error) {
	leave, err := h.seat(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return phc(c, salt, argon2.IDKey([]byte(secret), salt, c.Time, c.Memory, c.Threads, hashSize)), nil
}

// verify spends the same on a login that does not exist (stored "") as on one that does.
func (h *hasher) verify(ctx context.Context, password, stored string) (ok, stale bool, err error) {
	leave, err := h.seat(ctx)
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
