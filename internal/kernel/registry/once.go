package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"rahgosha/internal/base/fault"
)

// by is whose key makes a step happen once.
type by struct{ province, person, key string }

// asked is the hash of what a claim says when it is asked for; the key and what is drawn for it are no part of that.
func asked(c Claim, n Named) string { return hashed(c.Unit, c.Post, c.Evidence, c.ValidTo, n) }

func (d ClaimStep) asked() string { return hashed(d.ID, d.State, d.Reason) }

func hashed(parts ...any) string {
	raw, err := json.Marshal(parts)
	if err != nil {
		panic(err) // texts only
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// once does a step unless its person has done it under the same key: then it gives the claim as it stands, marked as
// repeated. Invalid registry.key_reused where the key was for something else.
func (s *Service) once(ctx context.Context, tx Tx, who by, request string, do func() (Claim, error)) (Claim, error) {
	if who.key == "" {
		return do()
	}
	id, before, err := tx.ClaimUnder(ctx, who.province, who.person, who.key)
	if err != nil {
		return Claim{}, err
	}
	if before != "" {
		return s.repeated(ctx, tx, who.province, id, before == request)
	}
	c, err := do()
	if err != nil {
		return c, err
	}
	return c, tx.RememberClaim(ctx, who.province, who.person, who.key, c.ID, request)
}

func (s *Service) repeated(ctx context.Context, tx Tx, province, id string, same bool) (Claim, error) {
	if !same {
		return Claim{}, fault.New(fault.Invalid, "registry.key_reused").At("Idempotency-Key")
	}
	c, err := tx.LoadClaim(ctx, province, id)
	if err != nil {
		return c, err
	}
	c.Repeated = true
	if c.Reason != "" {
		c.Reason, err = s.reason(ctx, tx, c)
	}
	return c, err
}
