package store

import (
	"context"
	"strings"

	"rahgosha/internal/kernel/casework"
)

// Tell keeps what an entry tells somebody, in the transaction that writes the entry.
func (t *Tx) Tell(ctx context.Context, x casework.Telling) error {
	_, err := t.exec(ctx, `INSERT INTO told (province, entry, n, case_id, role, subject, person, how, fa, en, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		x.Province, x.Entry, x.N, x.Case, x.Role, x.Subject, x.Person, x.How, x.Text.FA, x.Text.EN, x.At)
	return err
}

// toldWhere asks for what was told to one caller; nobody is told of a case outside its scopes.
func toldWhere(q casework.ToldQuery) *condition {
	c := &condition{}
	c.and("c.province = " + c.arg(q.Province)) // $1: the scopes name it
	c.and("t.province = $1 AND t.role = " + c.arg(q.Role))
	c.and("(t.person = '' OR t.person = " + c.arg(q.Person) + ")")
	subjects := []string{"t.subject = ''"}
	for _, s := range q.Subjects {
		subjects = append(subjects, "t.subject = "+c.arg(s))
	}
	c.and("(" + strings.Join(subjects, " OR ") + ")")
	if q.Since > 0 {
		c.and("t.at > " + c.arg(q.Since))
	}
	c.scopes(q.Scopes)
	return c
}
