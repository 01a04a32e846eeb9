package party

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
)

// Config is what a Service needs: Write and Read run a function in a transaction (Write may run it more than once).
type Config struct {
	Write    func(ctx context.Context, fn func(context.Context, Tx) error) error
	Read     func(ctx context.Context, fn func(context.Context, Tx) error) error
	Root     *journal.Root // keyed hashes of logins, codes and identifiers
	Clock    clock.Clock
	Province string // of people without a membership
	Cost     Cost   // of passwords; zero is OWASPCost
	// StepUp is how long a second factor counts as shown lately; zero is a quarter of an hour.
	StepUp time.Duration
	// MustSecond are the roles that decide and export only with a second factor.
	MustSecond []string
	// Tell, if set, is told of everybody who signs in or tries to.
	Tell func(context.Context, Event)
}

// Service signs people in and keeps who they are. It is safe for concurrent use.
type Service struct {
	cfg    Config
	hasher *hasher
	cache  *cache
	latest latest
}

// New makes a service; invalid party.config when something is missing.
func New(cfg Config) (*Service, error) {
	if cfg.Write == nil || cfg.Read == nil || cfg.Root == nil || cfg.Clock == nil {
		return nil, fault.New(fault.Invalid, "party.config")
	}
	if cfg.Cost == (Cost{}) {
		cfg.Cost = OWASPCost
	}
	if cfg.StepUp == 0 {
		cfg.StepUp = stepUpLife
	}
	if i := slices.IndexFunc(cfg.MustSecond, func(role string) bool { return !access.KnownRole(role) }); i >= 0 {
		return nil, fault.New(fault.Invalid, "party.role", "role", cfg.MustSecond[i])
	}
	h, err := newHasher(cfg.Cost, max(2, runtime.GOMAXPROCS(0)))
	if err != nil {
		return nil, err
	}
	return &Service{cfg: cfg, hasher: h, cache: newCache()}, nil
}

func (s *Service) now() time.Time { return s.cfg.Clock.Now() }

// newID draws an identifier: 26 signs, 130 bits.
func newID() string { return strings.ToLower(rand.Text()) }

// The fields of a person that are sealed, by the names under which they are bound and hashed.
const (
	fieldName     = "name"
	fieldNational = "national_code"
	fieldMobile   = "mobile"
	fieldTOTP     = "totp"
)

// sealAD binds a sealed value to the person and the field it belongs to.
func sealAD(person, field string) []byte { return journal.AD("", "person:"+person, field) }

// seal gives a text as columns hold it: journal.Sealed of its JSON, as JSON; "" of "".
func seal(ctx context.Context, keys journal.Keys, person, field, value string) (string, error) {
	if value == "" {
		return "", nil
	}
	plain, err := json.Marshal(value)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "party.sealed")
	}
	sealed, err := journal.SealWith(ctx, keys, journal.PersonKey(person), sealAD(person, field), plain)
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(sealed)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "party.sealed")
	}
	return string(raw), nil
}

// unseal gives the text back; journal.ErrErased when the person was erased.
func unseal(ctx context.Context, keys journal.Keys, person, field, stored string) (string, error) {
	if stored == "" {
		return "", nil
	}
	var sealed journal.Sealed
	if err := json.Unmarshal([]byte(stored), &sealed); err != nil {
		return "", fault.Wrap(err, fault.Internal, "party.sealed")
	}
	plain, err := journal.OpenWith(ctx, keys, sealed, sealAD(person, field))
	if err != nil {
		return "", err
	}
	var value string
	if err := json.Unmarshal(plain, &value); err != nil {
		return "", fault.Wrap(err, fault.Internal, "party.sealed")
	}
	return value, nil
}
