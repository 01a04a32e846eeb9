package privacy

import (
	"context"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
)

// Wish keeps that a person wants to be erased, for officers to see. Conflict privacy.wished where that waits already.
func (s *Service) Wish(ctx context.Context, by access.Principal) (e Erasure, err error) {
	if !by.SignedIn() {
		return e, fault.New(fault.Unauthenticated, "fault.unauthenticated")
	}
	e = Erasure{Province: by.Province, ID: newID(), Kind: OfPerson, Subject: by.Person, Basis: "request", State: Wished, AskedBy: by.Person, AskedAt: s.now(), What: What{Person: by.Person}}
	return e, s.cfg.Write(access.AsServer(ctx), func(ctx context.Context, tx Tx) error {
		all, err := tx.Erasures(ctx, by.Province, "", OfPerson)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(o Erasure) bool { return o.Subject == by.Person && (o.State == Wished || o.State == Asked) }) {
			return fault.New(fault.Conflict, "privacy.wished")
		}
		if err := tx.SaveErasure(ctx, e); err != nil {
			return err
		}
		return tx.Record(ctx, journal.Leaf{Province: e.Province, Case: journal.PersonKey(by.Person), Kind: "people.erase_wished", At: e.AskedAt, Actor: by.Person, Cause: e.ID})
	})
}

// Wished gives the latest erasure that was wished or asked of the person, nil for none; who asked and why is the office's.
func (s *Service) Wished(ctx context.Context, by access.Principal) (out *ErasurePart, err error) {
	err = s.cfg.Read(access.AsServer(ctx), func(ctx context.Context, tx Tx) error {
		out = nil
		all, err := tx.Erasures(ctx, by.Province, "", OfPerson)
		for _, e := range all {
			if e.Subject == by.Person && e.State != Taken {
				out = &ErasurePart{Basis: e.Basis, State: e.State, Asked: e.AskedAt, Decided: e.DecidedAt}
			}
		}
		return err
	})
	return out, err
}

// take marks the wishes of a person as taken up by who asks for their erasure.
func (s *Service) take(ctx context.Context, tx Tx, by access.Principal, person string) error {
	all, err := tx.Erasures(ctx, by.Province, Wished, OfPerson)
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.Subject != person {
			continue
		}
		e.State, e.DecidedBy, e.DecidedAt = Taken, by.Person, s.now()
		if err := tx.SaveErasure(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
