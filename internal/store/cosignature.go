package store

import "context"

// Cosigned is the last checkpoint of a province's log that a witness signed.
type Cosigned struct {
	Witness string // name in its key
	Size    int64
	Note    []byte // signed by the log and the witness
}

// SaveCosigned keeps what a witness signed, unless something later of it is kept already.
func (t *Tx) SaveCosigned(ctx context.Context, province string, c Cosigned) error {
	_, err := t.exec(ctx, `INSERT INTO cosignature (province, witness, size, note) VALUES ($1, $2, $3, $4)
		ON CONFLICT (province, witness) DO UPDATE SET size = excluded.size, note = excluded.note
		WHERE cosignature.size <= excluded.size`, province, c.Witness, c.Size, c.Note)
	return err
}

// Cosigned gives what witnesses signed of a province's log, the largest first. Whether they did is for who has their keys
// to check.
func (t *Tx) Cosigned(ctx context.Context, province string) (out []Cosigned, err error) {
	err = t.each(ctx, "SELECT witness, size, note FROM cosignature WHERE province = $1 ORDER BY size DESC, witness",
		[]any{province}, func(scan func(...any) error) error {
			var c Cosigned
			err := scan(&c.Witness, &c.Size, &c.Note)
			out = append(out, c)
			return err
		})
	return out, err
}
