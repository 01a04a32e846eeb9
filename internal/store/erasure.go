package store

import (
	"context"
	"encoding/json"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/kernel/registry"
)

var _ privacy.Tx = (*Tx)(nil)

// all runs statements that have the same parameters.
func (t *Tx) all(ctx context.Context, args []any, statements ...string) error {
	for _, s := range statements {
		if _, err := t.exec(ctx, s, args...); err != nil {
			return err
		}
	}
	return nil
}

// ErasePerson takes away by which a person was found, could sign in, and what stands about them beside cases; not_found
// party.no_person. Their terms stay as ids and times, for what they did as officers stands in cases.
func (t *Tx) ErasePerson(ctx context.Context, id string, now int64) error {
	n, err := t.exec(ctx, `UPDATE person SET name = '', national_code = '', national_key = '', mobile = '', mobile_key = '', state = 'erased',
		version = version + 1, erased = $2 WHERE id = $1`, id, now)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "party.no_person", "person", id)
	}
	if err == nil {
		err = t.forgetDedup(ctx, id)
	}
	if err != nil {
		return err
	}
	const theirs = " IN (SELECT id FROM membership WHERE person = $1)"
	return t.all(ctx, []any{id},
		"DELETE FROM credential WHERE person = $1",
		"DELETE FROM one_time_code WHERE person = $1",
		"DELETE FROM session WHERE person = $1",
		"DELETE FROM saved_view_first WHERE membership"+theirs,
		"DELETE FROM saved_view_first WHERE saved_view IN (SELECT id FROM saved_view WHERE membership"+theirs+")",
		"DELETE FROM saved_view WHERE membership"+theirs,
		"DELETE FROM inbox_read WHERE membership"+theirs,
		"DELETE FROM inbox_seen WHERE membership"+theirs,
		"DELETE FROM told WHERE person = $1",
		"DELETE FROM replay WHERE actor = $1",
		"DELETE FROM document_use WHERE owner = $1",
		"UPDATE delegation SET document = '' WHERE taker"+theirs,
		"UPDATE leave SET document = '' WHERE absent"+theirs,
		"UPDATE unit_claim SET reason = '', state = CASE WHEN state = 'refused' THEN state ELSE 'ended' END WHERE person = $1",
		"UPDATE membership SET document = '', post_fa = '', post_en = '' WHERE person = $1")
}

// EndTerms ends what terms a person still holds.
func (t *Tx) EndTerms(ctx context.Context, person string, now int64) error {
	_, err := t.exec(ctx, "UPDATE membership SET ended = $2 WHERE person = $1 AND ended = 0", person, now)
	return err
}

// ForgetCase takes away what stands beside an erased case in words: what it told, answers of keys, messages.
func (t *Tx) ForgetCase(ctx context.Context, province, id string) error {
	return t.all(ctx, []any{province, id},
		"DELETE FROM told WHERE province = $1 AND case_id = $2",
		"DELETE FROM replay WHERE province = $1 AND case_id = $2",
		"DELETE FROM outbox WHERE province = $1 AND case_id = $2",
		"UPDATE letter SET sealed = '' WHERE province = $1 AND case_id = $2",
		"DELETE FROM case_hold WHERE province = $1 AND case_id = $2")
}

// ForgetUnit takes away by which people a unit was found, and the values of its file that tell of people; with a name also
// the unit's own name, words and identifiers, which are a person's where no company stands behind them.
func (t *Tx) ForgetUnit(ctx context.Context, province, id, name string) error {
	h, err := t.LoadUnit(ctx, province, id)
	if err != nil {
		return err
	}
	values, err := t.LoadValues(ctx, province, id, false)
	if err != nil {
		return err
	}
	var stay []registry.Stored
	for _, v := range values {
		if f, ok := registry.FieldByID(v.Field); ok && !f.Personal && (name == "" || f.Counted()) {
			stay = append(stay, v)
		}
	}
	file, err := encodeFile(stay)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, "UPDATE unit SET file = $3 WHERE province = $1 AND id = $2", province, id, file); err != nil {
		return err
	}
	past, keys := "DELETE FROM unit_fact_past WHERE province = $1 AND unit = $2 AND sealed <> ''", ""
	for _, f := range registry.Fields() {
		if f.Key && (f.Personal || name != "") {
			keys += ", '" + f.ID + "'"
		}
	}
	if name != "" {
		past = "DELETE FROM unit_fact_past WHERE province = $1 AND unit = $2"
		if err := t.all(ctx, []any{province, id}, "DELETE FROM unit_product WHERE province = $1 AND unit = $2",
			"DELETE FROM service_decision WHERE province = $1 AND record IN (SELECT id FROM service_record WHERE province = $1 AND unit = $2)",
			"DELETE FROM service_record WHERE province = $1 AND unit = $2"); err != nil {
			return err
		}
	}
	if err := t.all(ctx, []any{province, id}, past, "DELETE FROM import_review WHERE province = $1 AND unit = $2",
		"DELETE FROM unit_key WHERE province = $1 AND unit = $2 AND kind IN ("+keys[2:]+")"); err != nil || name == "" {
		return err
	}
	h.Name, h.Search, h.Version = name, "", h.Version+1
	return t.SaveUnit(ctx, h)
}

// whoseClaim gives the claims by which somebody speaks or spoke for a unit, or those by which nobody ever did; err is that of reading
// them.
func (t *Tx) whoseClaim(ctx context.Context, stood bool, claims []registry.Claim, err error) (out []registry.Claim, _ error) {
	for _, k := range claims {
		is := false
		if err == nil {
			is, _, err = t.ClaimStood(ctx, k)
		}
		if err == nil && is == stood {
			out = append(out, k)
		}
	}
	return out, err
}

// CasesOfPerson gives the cases in which a person is a party, or of units they speak or spoke for.
func (t *Tx) CasesOfPerson(ctx context.Context, province, person string) ([]privacy.Case, error) {
	c := &condition{}
	c.and("province = " + c.arg(province))
	subjects := []string{person}
	claims, err := t.ClaimsOf(ctx, province, "", person)
	if claims, err = t.whoseClaim(ctx, true, claims, err); err != nil {
		return nil, err
	}
	for _, k := range claims {
		subjects = append(subjects, k.Unit)
	}
	c.and("id IN (SELECT case_id FROM case_party WHERE province = $1 AND subject IN (" + c.list(subjects) + "))")
	return t.privacyCases(ctx, c.String()+" ORDER BY opened, id", c.args...)
}

// DraftsOf gives the cases that a person opened for units that they have no word for: who claims a unit may draft before anybody looked at
// their claim.
func (t *Tx) DraftsOf(ctx context.Context, province, person string) (out []privacy.Case, err error) {
	claims, err := t.ClaimsOf(ctx, province, "", person)
	if claims, err = t.whoseClaim(ctx, false, claims, err); err != nil {
		return nil, err
	}
	for _, k := range claims {
		all, err := t.CasesOfUnit(ctx, province, k.Unit)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			entries, err := t.CaseEntries(ctx, province, c.ID)
			if err != nil {
				return nil, err
			}
			if len(entries) > 0 && entries[0].Leaf.Actor == person && !slices.ContainsFunc(out, func(o privacy.Case) bool { return o.ID == c.ID }) {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// ClosedCases gives closed cases after one, in the order of their last change.
func (t *Tx) ClosedCases(ctx context.Context, province string, changed int64, after string, limit int) ([]privacy.Case, error) {
	return t.privacyCases(ctx, "province = $1 AND outcome <> '' AND NOT EXISTS (SELECT 1 FROM datakey k WHERE k.id = 'case:' || cases.id AND k.destroyed <> 0) AND (changed > $2 OR changed = $2 AND id > $3) ORDER BY changed, id LIMIT $4",
		province, changed, after, limit)
}

// CasesOfUnit gives the cases of a unit.
func (t *Tx) CasesOfUnit(ctx context.Context, province, unit string) ([]privacy.Case, error) {
	return t.privacyCases(ctx, "province = $1 AND unit = $2 AND id IN (SELECT case_id FROM case_party WHERE province = $1 AND subject = $2) ORDER BY opened, id",
		province, unit)
}

func (t *Tx) privacyCases(ctx context.Context, where string, args ...any) (out []privacy.Case, err error) {
	err = t.each(ctx, "SELECT id, number, procedure, definition, outcome, unit, changed FROM cases WHERE "+where, args,
		func(scan func(...any) error) error {
			var c privacy.Case
			err := scan(&c.ID, &c.Number, &c.Procedure, &c.Definition, &c.Outcome, &c.Unit, &c.Changed)
			out = append(out, c)
			return err
		})
	return out, err
}

// SpeakersOf gives the persons, not erased, who speak or spoke for a unit.
func (t *Tx) SpeakersOf(ctx context.Context, province, unit string) (out []string, err error) {
	claims, err := t.selectClaims(ctx, `province = $1 AND unit = $2 AND EXISTS (SELECT 1 FROM person p WHERE p.id = unit_claim.person AND p.state <> 'erased')`,
		province, unit)
	claims, err = t.whoseClaim(ctx, true, claims, err)
	for _, k := range claims {
		out = append(out, k.Person)
	}
	slices.Sort(out)
	return slices.Compact(out), err
}

// PapersOf gives the documents that a person put, and which of them nobody else did.
func (t *Tx) PapersOf(ctx context.Context, province, person string) (out []string, err error) {
	err = t.each(ctx, `SELECT hash FROM document_use u WHERE province = $1 AND owner = $2 AND code = $3 AND NOT EXISTS (
		SELECT 1 FROM document_use o WHERE o.hash = u.hash AND o.code = $3 AND o.owner <> $2) ORDER BY hash`,
		[]any{province, person, usePut}, func(scan func(...any) error) error {
			var hash string
			err := scan(&hash)
			out = append(out, hash)
			return err
		})
	return out, err
}

// Alone makes commands that name the same thing wait for each other until they end.
func (t *Tx) Alone(ctx context.Context, thing string) error {
	return t.s.eng.hold(ctx, t, "alone\x1f"+thing)
}

const erasureColumns = "province, id, kind, subject, basis, reason, state, asked_by, asked_at, decided_by, decided_at, what"

// SaveErasure writes an erasure whole.
func (t *Tx) SaveErasure(ctx context.Context, e privacy.Erasure) error {
	what, err := json.Marshal(e.What)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "store.failed")
	}
	_, err = t.exec(ctx, "INSERT INTO erasure ("+erasureColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (province, id) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by,
		decided_at = excluded.decided_at, what = excluded.what`,
		e.Province, e.ID, e.Kind, e.Subject, e.Basis, e.Reason, e.State, e.AskedBy, e.AskedAt, e.DecidedBy, e.DecidedAt, string(what))
	return err
}

// Erasures gives a province's erasures in a state or any, of all provinces where it is "", the oldest first. A command that asks
// has them to itself.
func (t *Tx) Erasures(ctx context.Context, province, state, kind string) (out []privacy.Erasure, err error) {
	if err := t.deciding(ctx, "erasures", province, ""); err != nil {
		return nil, err
	}
	c := &condition{}
	c.and("1 = 1")
	c.equal("province", province)
	c.equal("state", state)
	c.equal("kind", kind)
	err = t.each(ctx, "SELECT "+erasureColumns+" FROM erasure WHERE "+c.String()+" ORDER BY asked_at, id", c.args, func(scan func(...any) error) error {
		var e privacy.Erasure
		var what string
		if err := scan(&e.Province, &e.ID, &e.Kind, &e.Subject, &e.Basis, &e.Reason, &e.State, &e.AskedBy, &e.AskedAt, &e.DecidedBy, &e.DecidedAt, &what); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(what), &e.What); err != nil {
			return fault.Wrap(err, fault.Internal, "store.failed")
		}
		out = append(out, e)
		return nil
	})
	return out, err
}

// SaveHold writes a hold whole.
func (t *Tx) SaveHold(ctx context.Context, h privacy.Hold) error {
	if err := t.deciding(ctx, "case holds", h.Province, h.Case); err != nil { // who erases has looked for it
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO case_hold (province, id, case_id, reason, held_by, held_at, lifted_by, lifted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (province, id) DO UPDATE SET lifted_by = excluded.lifted_by, lifted_at = excluded.lifted_at`,
		h.Province, h.ID, h.Case, h.Reason, h.By, h.At, h.LiftedBy, h.LiftedAt)
	return err
}

// Holds gives the holds that stand, of a case or of all. A command that asks has them to itself.
func (t *Tx) Holds(ctx context.Context, province, caseID string) (out []privacy.Hold, err error) {
	if err := t.deciding(ctx, "case holds", province, caseID); err != nil {
		return nil, err
	}
	c := &condition{}
	c.equal("province", province)
	c.equal("case_id", caseID)
	c.and("lifted_at = 0")
	err = t.each(ctx, "SELECT province, id, case_id, reason, held_by, held_at, lifted_by, lifted_at FROM case_hold WHERE "+c.String()+" ORDER BY held_at, id",
		c.args, func(scan func(...any) error) error {
			var h privacy.Hold
			err := scan(&h.Province, &h.ID, &h.Case, &h.Reason, &h.By, &h.At, &h.LiftedBy, &h.LiftedAt)
			out = append(out, h)
			return err
		})
	return out, err
}

// Questions gives the entries that say what auditors read, what officers took away as lists, and whose data were given out.
func (t *Tx) Questions(ctx context.Context, province string) (out []journal.Leaf, err error) {
	err = t.each(ctx, entryColumns+`WHERE province = $1 AND (case_id >= 'reads:' AND case_id < 'reads;' OR case_id >= 'exports:' AND case_id < 'exports;'
		OR case_id >= 'person:' AND case_id < 'person;' AND kind = 'people.exported')
		ORDER BY case_id, seq`, []any{province}, func(scan func(...any) error) error {
		e, err := scanEntry(scan)
		out = append(out, e.Leaf)
		return err
	})
	return out, err
}

// SavedViews gives all lists that people of a province keep.
func (t *Tx) SavedViews(ctx context.Context, province string) (out []casework.StoredView, err error) {
	err = t.each(ctx, "SELECT province, id, membership, body, sealed, at FROM saved_view WHERE province = $1 ORDER BY id", []any{province},
		func(scan func(...any) error) error {
			var v casework.StoredView
			var sealed string
			err := scan(&v.Province, &v.ID, &v.Membership, &v.Body, &sealed, &v.At)
			v.Sealed = []byte(sealed)
			out = append(out, v)
			return err
		})
	return out, err
}
