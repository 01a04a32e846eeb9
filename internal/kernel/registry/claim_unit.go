package registry

import (
	"context"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/ident"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/journal"
)

// Named is a unit as somebody outside the office names it: by the legal person's id or the owner's national code, and by
// name where the owner has several. Kind, County and Licence are needed only to enter a unit that the register does not
// have yet.
type Named struct{ Identifier, Name, Kind, County, Licence string }

// sourceUnit is the provenance of what a unit's own people say.
const sourceUnit = "unit"

// ClaimUnit makes a claim on the unit that is named, and first enters it where the register does not have it: a workshop
// with its owner's national code alone is a full citizen. Beside MakeClaim's faults: invalid registry.claim_identifier,
// registry.claim_which (the owner has several units, or none of that name), registry.claim_unknown (say its name and kind).
func (s *Service) ClaimUnit(ctx context.Context, c Claim, n Named) (Claim, error) {
	key, err := identified(n.Identifier)
	if err != nil {
		return Claim{}, err
	}
	if c, err = s.draftClaim(c); err != nil {
		return Claim{}, err
	}
	var out Claim
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) (err error) {
		out, err = s.once(ctx, tx, by{c.Province, c.Person, c.Key}, asked(c, n), func() (Claim, error) {
			made := c
			made.Unit, err = s.unitNamed(ctx, tx, c, key, n)
			if err != nil {
				return made, err
			}
			return s.makeClaim(ctx, tx, made)
		})
		return err
	})
	return out, err
}

// identified reads an identifier of a unit: field and canonical value.
func identified(typed string) (Key, error) {
	for field, kind := range map[string]string{FieldLegalID: "legal_id", FieldOwnerCode: "national_code"} {
		if r := ident.Check(kind+"_raw", typed); r.Valid {
			return Key{field, r.Canonical}, nil
		}
	}
	return Key{}, fault.New(fault.Invalid, "registry.claim_identifier").At("identifier")
}

// unitNamed finds the unit, or enters it.
func (s *Service) unitNamed(ctx context.Context, tx Tx, c Claim, key Key, n Named) (string, error) {
	found, err := tx.UnitsByKeys(ctx, c.Province, []Key{s.key(key.Kind, key.Value)})
	if err != nil {
		return "", err
	}
	ids := units(found)
	if key.Kind == FieldOwnerCode && n.Name != "" && len(ids) > 0 {
		if ids, err = s.sameName(ctx, tx, c.Province, ids, n.Name); err != nil {
			return "", err
		}
	}
	switch {
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) > 1:
		return "", fault.New(fault.Invalid, "registry.claim_which").At("name")
	case n.Name == "" || n.Kind == "":
		return "", fault.New(fault.Invalid, "registry.claim_unknown").At("kind")
	}
	return s.enter(ctx, tx, c, key, n)
}

// sameName keeps the units whose folded name is the one typed.
func (s *Service) sameName(ctx context.Context, tx Tx, province string, ids []string, typed string) (out []string, err error) {
	heads, err := tx.FindUnits(ctx, Query{Province: province, IDs: ids, Limit: len(ids)})
	want := text.Keys(typed)
	for _, h := range heads {
		if slices.ContainsFunc(text.Keys(h.Name), func(k string) bool { return slices.Contains(want, k) }) {
			out = append(out, h.ID)
		}
	}
	return out, err
}

// enter puts a unit into the register on the word of who claims it, and journals that.
func (s *Service) enter(ctx context.Context, tx Tx, c Claim, key Key, n Named) (string, error) {
	values := map[string]any{key.Kind: key.Value, FieldName: n.Name, FieldKind: n.Kind}
	for field, v := range map[string]string{FieldCounty: n.County, FieldLicence: n.Licence} {
		if v != "" {
			values[field] = v
		}
	}
	made, err := s.prepareAll([]Draft{{Province: c.Province, Values: values, Provenance: Provenance{Source: sourceUnit, By: c.Person}}})
	if err != nil {
		return "", err
	}
	u := made[0]
	if err := s.insert(ctx, tx, u, false); err != nil {
		return "", err
	}
	return u.ID, tx.Record(ctx, journal.Leaf{
		Province: c.Province, Case: unitChain(u.ID), Kind: kindEntered, At: s.now(), Actor: c.Person,
	})
}

// unitChain is the journal's chain of who may speak for a unit.
func unitChain(unit string) string { return "unit:" + unit }

// Kinds of entries of a unit's chain.
const (
	kindClaim   = "claim."
	kindEntered = "unit.entered"
)

// ChainOf is the journal's chain that tells what became of a claim.
func (c Claim) ChainOf() string { return unitChain(c.Unit) }

// Stood says whether a claim gives or once gave its person the word for the unit, by the entries of the unit's chain. One that ended may
// never have stood: anybody may make a claim and withdraw it.
func (c Claim) Stood(chain []journal.Leaf) bool {
	return c.State == ClaimVerified || slices.ContainsFunc(chain, func(l journal.Leaf) bool { return l.Kind == kindClaim+ClaimVerified && l.Cause == c.ID })
}

// Entered says whether a claim's person entered the unit into the register.
func (c Claim) Entered(chain []journal.Leaf) bool {
	return slices.ContainsFunc(chain, func(l journal.Leaf) bool { return l.Kind == kindEntered && l.Actor == c.Person })
}
