package registry

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/party"
)

// States of a claim. Before it is verified its person may only draft.
const (
	ClaimMade      = "claimed"
	ClaimVerified  = "verified"
	ClaimContested = "contested"
	ClaimRefused   = "refused"
	ClaimEnded     = "ended"
)

// Claim is a person's word that they may speak for a unit in a post (unit.ceo, unit.rep), on the evidence of a document
// (its hash: gazette, licence, power of attorney), until a civil date or "" for open.
//
// Key and Repeated are not kept: the key under which the claim is asked for once, "" for none, and that a step under its
// key had been done before, so that the claim is given as it stands.
type Claim struct {
	Province, ID, Unit, Person, Post, Evidence, State, Reason, DecidedBy, ValidTo string
	Created, DecidedAt                                                            int64
	Key                                                                           string
	Repeated                                                                      bool
}

// Posts that a person may claim: the one who leads or owns the unit, and who acts for it by a power of attorney.
const (
	PostCEO = "unit.ceo"
	PostRep = "unit.rep"
)

// steps are the states a claim may pass to.
var steps = map[string][]string{
	ClaimMade:      {ClaimVerified, ClaimContested, ClaimRefused, ClaimEnded},
	ClaimContested: {ClaimVerified, ClaimRefused, ClaimEnded},
	ClaimVerified:  {ClaimContested, ClaimEnded},
}

// Next lists the states that the claim may pass to.
func (c Claim) Next() []string { return slices.Clone(steps[c.State]) }

func (c Claim) standing() bool { return len(steps[c.State]) > 0 }

// unanswered is how many claims of one person may wait at a time: who tries identifiers finds out little.
const unanswered = 5

// MakeClaim records a claim and gives its person the post, in which they may draft until it is verified. A verified claim
// of somebody else to lead the unit makes the new one contested from the start. Faults: invalid registry.claim_evidence
// without a document that the person put, invalid registry.claim_post, not_found registry.no_unit, conflict
// registry.claim_repeated when the person's claim stands already, too_many registry.claim_many.
func (s *Service) MakeClaim(ctx context.Context, c Claim) (Claim, error) {
	c, err := s.draftClaim(c)
	if err != nil {
		return Claim{}, err
	}
	var out Claim
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) (err error) {
		out, err = s.once(ctx, tx, by{c.Province, c.Person, c.Key}, asked(c, Named{}), func() (Claim, error) { return s.makeClaim(ctx, tx, c) })
		return err
	})
	return out, err
}

// draftClaim checks what does not need the register, and draws the claim's id.
func (s *Service) draftClaim(c Claim) (Claim, error) {
	if c.Evidence == "" || c.Person == "" {
		return Claim{}, fault.New(fault.Invalid, "registry.claim_evidence").At("evidence")
	}
	if c.Post != PostCEO && c.Post != PostRep {
		return Claim{}, fault.New(fault.Invalid, "registry.claim_post").At("post")
	}
	c.ID, c.Created, c.Reason, c.DecidedBy, c.DecidedAt = "C"+rand.Text()[:12], s.now(), "", "", 0
	return c, nil
}

func (s *Service) makeClaim(ctx context.Context, tx Tx, c Claim) (_ Claim, err error) {
	if c.State, err = s.startState(ctx, tx, c); err != nil {
		return c, err
	}
	if err := tx.SaveClaim(ctx, c); err != nil {
		return c, err
	}
	if err := tx.InsertMembership(ctx, s.membershipOf(c)); err != nil {
		return c, err
	}
	return c, s.recordClaim(ctx, tx, "made", c, c.Person)
}

// membershipOf is the post that a claim gives; it bears the claim's id and ends with it.
func (s *Service) membershipOf(c Claim) party.Membership {
	return party.Membership{ID: c.ID, Province: c.Province, Person: c.Person, Role: c.Post, Unit: c.Unit, Document: c.Evidence,
		From: s.today(), To: c.ValidTo}
}

func (s *Service) startState(ctx context.Context, tx Tx, c Claim) (string, error) {
	if _, err := tx.LoadUnit(ctx, c.Province, c.Unit); err != nil {
		return "", err
	}
	if mine, err := tx.Uploaded(ctx, c.Province, c.Person, c.Evidence); err != nil || !mine {
		return "", cmp.Or(err, error(fault.New(fault.Invalid, "registry.claim_evidence").At("evidence")))
	}
	own, err := tx.ClaimsOf(ctx, c.Province, "", c.Person)
	if err != nil {
		return "", err
	}
	if err := roomFor(c, own); err != nil {
		return "", err
	}
	others, err := tx.ClaimsOf(ctx, c.Province, c.Unit, "")
	if slices.ContainsFunc(others, func(o Claim) bool { return rivals(o, c) && o.State == ClaimVerified }) {
		return ClaimContested, err
	}
	return ClaimMade, err
}

// rivals says whether two claims cannot both be right: a unit is led by one person.
func rivals(a, b Claim) bool {
	return a.ID != b.ID && a.Unit == b.Unit && a.Post == b.Post && a.Post == PostCEO
}

func roomFor(c Claim, own []Claim) error {
	waiting := 0
	for _, o := range own {
		if o.standing() && o.Unit == c.Unit && o.Post == c.Post {
			return fault.New(fault.Conflict, "registry.claim_repeated", "claim", o.ID)
		}
		if o.State == ClaimMade || o.State == ClaimContested {
			waiting++
		}
	}
	if waiting >= unanswered {
		return fault.New(fault.TooMany, "registry.claim_many", "most", unanswered)
	}
	return nil
}

// WaitingClaims lists the claims that wait for an officer, the oldest first.
func (s *Service) WaitingClaims(ctx context.Context, by access.Principal) (out []Claim, err error) {
	if err := access.Authorize(by, claimsResource, "read"); err != nil {
		return nil, err
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		out, err = tx.ClaimsIn(ctx, by.Province, ClaimMade, ClaimContested)
		return err
	})
	return out, err
}

// ReadClaim gives a claim with its reason in clear to its person, to who leads its unit by a verified claim, and to
// officers; not_found registry.no_claim for anybody else.
func (s *Service) ReadClaim(ctx context.Context, by access.Principal, id string) (c Claim, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		if c, err = tx.LoadClaim(ctx, by.Province, id); err != nil {
			return err
		}
		seen, err := s.seesClaim(ctx, tx, by, c)
		if err == nil && !seen {
			err = fault.New(fault.NotFound, "registry.no_claim", "claim", id)
		}
		if err != nil || c.Reason == "" {
			return err
		}
		c.Reason, err = s.reason(ctx, tx, c)
		return err
	})
	return c, err
}

func (s *Service) seesClaim(ctx context.Context, tx Tx, by access.Principal, c Claim) (bool, error) {
	if c.Person == by.Person || access.Authorize(by, claimsResource, "read") == nil {
		return true, nil
	}
	all, err := tx.ClaimsOf(ctx, c.Province, c.Unit, by.Person)
	return s.leads(all, by.Person), err
}

// reason opens a claim's reason, "" once its person was erased.
func (s *Service) reason(ctx context.Context, tx Tx, c Claim) (string, error) {
	raw, err := unsealed(ctx, tx, reasonPlace(c), c.Reason)
	if errors.Is(err, journal.ErrErased) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", fault.Wrap(err, fault.Internal, "registry.value", "field", "reason")
	}
	return text, nil
}

// UnitClaims lists the claims on a unit, reasons left sealed, to officers, and to who leads it by a verified claim;
// not_found registry.no_unit for anybody else.
func (s *Service) UnitClaims(ctx context.Context, by access.Principal, unit string) (out []Claim, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.LoadUnit(ctx, by.Province, unit); err != nil {
			return err
		}
		if out, err = tx.ClaimsOf(ctx, by.Province, unit, ""); err != nil || access.Authorize(by, claimsResource, "read") == nil {
			return err
		}
		if !s.leads(out, by.Person) {
			return fault.New(fault.NotFound, "registry.no_unit", "unit", unit)
		}
		return nil
	})
	return out, err
}

// leads says whether one of a unit's claims lets the person lead it today.
func (s *Service) leads(all []Claim, person string) bool {
	return slices.ContainsFunc(all, func(c Claim) bool { return c.Person == person && c.Post == PostCEO && s.holds(c) })
}

// ClaimsOn lists the claims on a unit, the oldest first, reasons left sealed.
func (s *Service) ClaimsOn(ctx context.Context, province, unit string) ([]Claim, error) {
	return s.claims(ctx, province, unit, "")
}

// ClaimsBy lists a person's claims.
func (s *Service) ClaimsBy(ctx context.Context, province, person string) ([]Claim, error) {
	return s.claims(ctx, province, "", person)
}

func (s *Service) claims(ctx context.Context, province, unit, person string) (out []Claim, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		out, err = tx.ClaimsOf(ctx, province, unit, person)
		return err
	})
	return out, err
}

// holds says whether a claim lets its person speak today.
func (s *Service) holds(c Claim) bool {
	return c.State == ClaimVerified && (c.ValidTo == "" || c.ValidTo >= s.today())
}

// MaySpeak reports whether a person's claim on the unit in a post, "" for any, is verified and still holds today; otherwise
// they may only draft.
func (s *Service) MaySpeak(ctx context.Context, province, unit, person, post string) (may bool, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		may, err = tx.MaySpeak(ctx, province, unit, person, post, s.today())
		return err
	})
	return may, err
}
