package privacy

import (
	"context"
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
)

// sweptBy is who erases cases whose time is over: nobody in person.
const sweptBy = "system"

// sweepBatch is how many closed cases are looked at at a time.
const sweepBatch = 200

// Sweep erases the closed cases whose declared time is over and that nobody holds. It may be stopped at any time and begun
// again. A case whose procedure declares nothing for its outcome stays.
func (s *Service) Sweep(ctx context.Context, province string) (erased int, err error) {
	err = s.closed(ctx, province, func(c Case) error {
		did, err := s.sweep(ctx, province, c)
		if did {
			erased++
		}
		return err
	})
	if erased > 0 && err == nil {
		err = s.cfg.Erased(ctx)
	}
	return erased, err
}

// closed gives the closed cases that are not erased yet.
func (s *Service) closed(ctx context.Context, province string, each func(Case) error) error {
	changed, after := int64(0), ""
	for ctx.Err() == nil {
		var page []Case
		err := s.cfg.Read(ctx, func(ctx context.Context, tx Tx) (err error) {
			page, err = tx.ClosedCases(ctx, province, changed, after, sweepBatch)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, c := range page {
			if err := each(c); err != nil {
				return err
			}
		}
		last := page[len(page)-1]
		changed, after = last.Changed, last.ID
	}
	return ctx.Err()
}

// sweep erases one case if its time is over, judged in the transaction that erases it.
func (s *Service) sweep(ctx context.Context, province string, c Case) (did bool, err error) {
	d, err := s.cfg.Cases.Defs.ByHash(ctx, c.Definition)
	if err != nil {
		return false, err
	}
	if end, declared := until(d, c); !declared || s.cfg.Clock.Now().Before(end) {
		return false, nil
	}
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		did = false
		if _, err := tx.LoadCase(ctx, province, c.ID); err != nil { // whoever holds it is before us or after
			return err
		}
		holds, err := tx.Holds(ctx, province, c.ID)
		if err != nil || len(holds) > 0 {
			return err
		}
		e := Erasure{Province: province, ID: newID(), Kind: OfCase, Subject: c.ID, Basis: "time", State: Done, DecidedBy: sweptBy, DecidedAt: s.now(), What: What{Cases: []string{c.ID}}}
		if e.What.Documents, err = s.papersOf(ctx, tx, province, c); err != nil {
			return err
		}
		did = true
		return s.carryOut(ctx, tx, e, false)
	})
	return did, err
}

// papersOf are the documents of a case that who speaks for its unit put, nobody else did, and no other case of the unit names.
func (s *Service) papersOf(ctx context.Context, tx Tx, province string, c Case) ([]string, error) {
	all, err := s.cfg.Cases.DocumentsOf(ctx, tx, province, c.ID)
	if err != nil || len(all) == 0 || c.Unit == "" {
		return nil, err
	}
	var put []string
	speakers, err := tx.SpeakersOf(ctx, province, c.Unit)
	if err != nil {
		return nil, err
	}
	for _, person := range speakers {
		theirs, err := tx.PapersOf(ctx, province, person)
		if err != nil {
			return nil, err
		}
		put = append(put, theirs...)
	}
	others, err := tx.CasesOfUnit(ctx, province, c.Unit)
	if err != nil {
		return nil, err
	}
	var named []string
	for _, o := range others {
		if o.ID == c.ID {
			continue
		}
		theirs, err := s.cfg.Cases.DocumentsOf(ctx, tx, province, o.ID)
		if err != nil {
			return nil, err
		}
		named = append(named, theirs...)
	}
	return slices.DeleteFunc(all, func(h string) bool { return !slices.Contains(put, h) || slices.Contains(named, h) }), nil
}

// Due is a closed case and when its time is over; Held says that an officer keeps it nevertheless.
type Due struct {
	Case
	Until time.Time
	Holds []Hold // with their reasons in clear
}

// Coming lists what will be erased until an instant, and what is held past its time.
func (s *Service) Coming(ctx context.Context, by access.Principal, before time.Time) (out []Due, err error) {
	if err := access.Authorize(by, resource, "read"); err != nil {
		return nil, err
	}
	err = s.closed(ctx, by.Province, func(c Case) error {
		d, err := s.cfg.Cases.Defs.ByHash(ctx, c.Definition)
		if err != nil {
			return err
		}
		if end, declared := until(d, c); declared && end.Before(before) {
			out = append(out, Due{Case: c, Until: end})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b Due) int { return a.Until.Compare(b.Until) })
	return out, s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		for i := range out {
			if out[i].Holds, err = tx.Holds(ctx, by.Province, out[i].ID); err != nil {
				return err
			}
			for j := range out[i].Holds {
				h := &out[i].Holds[j]
				if h.Reason, err = unseal(ctx, tx, h.Province, h.ID, h.Reason); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Hold keeps a case past its time until the hold is lifted; invalid privacy.reason, not_found for no such case.
func (s *Service) Hold(ctx context.Context, by access.Principal, caseID, reason string) (h Hold, err error) {
	if err := access.Authorize(by, resource, "hold"); err != nil {
		return h, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return h, fault.New(fault.Invalid, "privacy.reason").At("reason")
	}
	h = Hold{Province: by.Province, ID: newID(), Case: caseID, By: by.Person, At: s.now()}
	return h, s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.LoadCase(ctx, by.Province, caseID); err != nil {
			return err
		}
		if h.Reason, err = seal(ctx, tx, h.Province, h.ID, reason); err != nil {
			return err
		}
		return s.keep(ctx, tx, h, by.Person, "case.held", h.At)
	})
}

// Lift ends a hold; not_found privacy.no_hold.
func (s *Service) Lift(ctx context.Context, by access.Principal, caseID string) error {
	if err := access.Authorize(by, resource, "hold"); err != nil {
		return err
	}
	return s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		holds, err := tx.Holds(ctx, by.Province, caseID)
		if err == nil && len(holds) == 0 {
			err = fault.New(fault.NotFound, "privacy.no_hold")
		}
		for _, h := range holds {
			h.LiftedBy, h.LiftedAt = by.Person, s.now()
			if err := s.keep(ctx, tx, h, by.Person, "case.hold_lifted", h.LiftedAt); err != nil {
				return err
			}
		}
		return err
	})
}

// keep writes a hold and journals it in a chain of its own, by ids alone.
func (s *Service) keep(ctx context.Context, tx Tx, h Hold, by, kind string, at int64) error {
	if err := tx.SaveHold(ctx, h); err != nil {
		return err
	}
	return tx.Record(ctx, journal.Leaf{Province: h.Province, Case: "holds:" + h.Case, Kind: kind, At: at, Actor: by, Cause: h.ID})
}
