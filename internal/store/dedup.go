package store

import "context"

// SaveDedup makes the keys by which a case is found again those given.
func (t *Tx) SaveDedup(ctx context.Context, province, caseID string, keys []string) error {
	if _, err := t.exec(ctx, "DELETE FROM case_dedup WHERE province = $1 AND case_id = $2", province, caseID); err != nil {
		return err
	}
	for _, key := range keys {
		if _, err := t.exec(ctx, `INSERT INTO case_dedup (province, key, case_id) VALUES ($1, $2, $3)
			ON CONFLICT (province, key, case_id) DO NOTHING`, province, key, caseID); err != nil {
			return err
		}
	}
	return nil
}

// Alike gives the other cases with a key that are open, or were opened at an instant or later, the oldest first. Of two
// transactions that ask at once with the same key, the second waits for the end of the first and sees its case.
func (t *Tx) Alike(ctx context.Context, province, caseID, key string, since int64) (out []string, err error) {
	if !t.s.cfg.hasty {
		if err := t.s.eng.hold(ctx, t, "dedup\x1f"+province+"\x1f"+key); err != nil {
			return nil, err
		}
	}
	err = t.each(ctx, `SELECT k.case_id FROM case_dedup k JOIN cases c ON c.province = k.province AND c.id = k.case_id
		WHERE k.province = $1 AND k.key = $2 AND k.case_id <> $3 AND (c.outcome = '' OR c.opened >= $4)
		ORDER BY c.opened, k.case_id LIMIT 20`, []any{province, key, caseID, since}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}

// forgetDedup takes away the keys of the cases that a person opened, or of a unit that the person speaks for: they are
// made of what the person said.
func (t *Tx) forgetDedup(ctx context.Context, person string) error {
	_, err := t.exec(ctx, `DELETE FROM case_dedup WHERE case_id IN (SELECT case_id FROM case_party WHERE subject = $1)
		OR case_id IN (SELECT p.case_id FROM case_party p JOIN unit_claim u ON u.province = p.province AND u.unit = p.subject
			WHERE u.person = $1)`, person)
	return err
}
