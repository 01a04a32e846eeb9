package store

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/party"
)

// InsertLeave stores a leave.
func (t *Tx) InsertLeave(ctx context.Context, l party.Leave) error {
	_, err := t.exec(ctx, `INSERT INTO leave (province, id, absent, substitute, document, valid_from, valid_to, ended)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, l.Province, l.ID, l.Absent, l.Substitute, l.Document, l.From, l.To, l.Ended)
	return err
}

// EndLeave ends a leave at an instant; not_found party.no_leave.
func (t *Tx) EndLeave(ctx context.Context, province, id string, now int64) error {
	var was string
	found, err := t.row(ctx, "UPDATE leave SET ended = $3 WHERE province = $1 AND id = $2 AND ended = 0 RETURNING id",
		[]any{province, id, now}, &was)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "party.no_leave", "leave", id)
	}
	return err
}

const leaveColumns = "SELECT province, id, absent, substitute, document, valid_from, valid_to, ended FROM leave "

// LeavesOf gives the leaves in which a membership is away or stands in, past too.
func (t *Tx) LeavesOf(ctx context.Context, province, membership string) (out []party.Leave, err error) {
	err = t.each(ctx, leaveColumns+"WHERE province = $1 AND (absent = $2 OR substitute = $2) ORDER BY valid_from, id",
		[]any{province, membership}, leaves(&out))
	return out, err
}

// LeavesIn gives a province's leaves, past too, the latest first. A command that asks has them to itself.
func (t *Tx) LeavesIn(ctx context.Context, province string) (out []party.Leave, err error) {
	if err := t.deciding(ctx, "leaves", province, ""); err != nil {
		return nil, err
	}
	err = t.each(ctx, leaveColumns+"WHERE province = $1 ORDER BY valid_from DESC, id", []any{province}, leaves(&out))
	return out, err
}

func leaves(out *[]party.Leave) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var l party.Leave
		err := scan(&l.Province, &l.ID, &l.Absent, &l.Substitute, &l.Document, &l.From, &l.To, &l.Ended)
		*out = append(*out, l)
		return err
	}
}
