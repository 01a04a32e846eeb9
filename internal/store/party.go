package store

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/party"
)

var _ party.Tx = (*Tx)(nil)

// InsertPerson stores a new person; conflict store.conflict when the id or the national code is taken.
func (t *Tx) InsertPerson(ctx context.Context, p party.PersonRow) error {
	_, err := t.exec(ctx, `INSERT INTO person
		(id, name, national_code, national_key, mobile, mobile_key, state, sample, version, created, erased)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, 0)`,
		p.ID, p.Name, p.National, p.NationalKey, p.Mobile, p.MobileKey, p.State, flag(p.Sample), p.Created)
	return err
}

// RenamePerson gives a person another name and mobile.
func (t *Tx) RenamePerson(ctx context.Context, p party.PersonRow) error {
	_, err := t.exec(ctx, "UPDATE person SET name = $2, mobile = $3, mobile_key = $4, version = version + 1 WHERE id = $1 AND erased = 0",
		p.ID, p.Name, p.Mobile, p.MobileKey)
	return err
}

// PersonRows gives the persons of some ids, in order of id; unknown ones are left out.
func (t *Tx) PersonRows(ctx context.Context, ids []string) (out []party.PersonRow, err error) {
	err = t.inChunks(ctx, `SELECT id, name, national_code, national_key, mobile, mobile_key, state, sample, created, erased
		FROM person WHERE id IN `, ` ORDER BY id`, ids, func(scan func(...any) error) error {
		var p party.PersonRow
		var sample int64
		err := scan(&p.ID, &p.Name, &p.National, &p.NationalKey, &p.Mobile, &p.MobileKey, &p.State, &sample, &p.Created, &p.Erased)
		p.Sample = sample != 0
		out = append(out, p)
		return err
	})
	return out, err
}

// idChunk bounds how many ids one statement names.
const idChunk = 100

// inChunks runs a query whose condition ends in IN over any number of ids.
func (t *Tx) inChunks(ctx context.Context, head, tail string, ids []string, f func(func(...any) error) error) error {
	for len(ids) > 0 {
		n := min(idChunk, len(ids))
		c, in := &condition{}, ""
		for i, id := range ids[:n] {
			if i > 0 {
				in += ", "
			}
			in += c.arg(id)
		}
		if err := t.each(ctx, head+"("+in+")"+tail, c.args, f); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// PersonByNational gives the id of who has the key of a national code, "" when nobody has.
func (t *Tx) PersonByNational(ctx context.Context, key string) (id string, err error) {
	_, err = t.row(ctx, "SELECT id FROM person WHERE national_key = $1 AND national_key <> ''", []any{key}, &id)
	return id, err
}

const credentialColumns = "id, person, kind, login_key, secret, state, must_change, counter, created, used"

// SaveCredential writes a credential whole; conflict store.conflict when its login is taken.
func (t *Tx) SaveCredential(ctx context.Context, c party.Credential) error {
	_, err := t.exec(ctx, `INSERT INTO credential (`+credentialColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET
		login_key = excluded.login_key, secret = excluded.secret, state = excluded.state,
		must_change = excluded.must_change, counter = excluded.counter, created = excluded.created, used = excluded.used`,
		c.ID, c.Person, c.Kind, c.LoginKey, c.Secret, c.State, flag(c.MustChange), c.Counter, c.Created, c.Used)
	return err
}

// holdAccount keeps a person's credentials to this transaction until it ends: who saves one whole has read it so. It takes a lock
// of its own and not the rows, which two might take in different orders.
func (t *Tx) holdAccount(ctx context.Context, person string) error {
	return t.s.eng.hold(ctx, t, "account\x1f"+person)
}

// CredentialByLogin gives the password of a login; not_found party.no_account. While writing, the account stays the caller's until
// the transaction ends.
func (t *Tx) CredentialByLogin(ctx context.Context, loginKey string) (c party.Credential, err error) {
	if t.writing {
		person, found := "", false
		if found, err = t.row(ctx, "SELECT person FROM credential WHERE login_key = $1 AND login_key <> ''", []any{loginKey}, &person); err == nil && found {
			err = t.holdAccount(ctx, person)
		}
		if err != nil {
			return c, err
		}
	}
	found := false
	err = t.each(ctx, "SELECT "+credentialColumns+" FROM credential WHERE login_key = $1 AND login_key <> ''", []any{loginKey},
		func(scan func(...any) error) error {
			found = true
			c, err = credentialOf(scan)
			return err
		})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "party.no_account")
	}
	return c, err
}

// CredentialsOf gives a person's credentials. While writing, the account stays the caller's until the transaction ends.
func (t *Tx) CredentialsOf(ctx context.Context, person string) (out []party.Credential, err error) {
	if err := t.holdAccount(ctx, person); err != nil {
		return nil, err
	}
	err = t.each(ctx, "SELECT "+credentialColumns+" FROM credential WHERE person = $1 ORDER BY kind, id", []any{person},
		func(scan func(...any) error) error {
			c, err := credentialOf(scan)
			out = append(out, c)
			return err
		})
	return out, err
}

func credentialOf(scan func(...any) error) (c party.Credential, err error) {
	var must int64
	err = scan(&c.ID, &c.Person, &c.Kind, &c.LoginKey, &c.Secret, &c.State, &must, &c.Counter, &c.Created, &c.Used)
	c.MustChange = must != 0
	return c, err
}

// UseStep raises a counter to a later step; of those who race with one step a single one wins.
func (t *Tx) UseStep(ctx context.Context, credential string, step, now int64) (bool, error) {
	n, err := t.exec(ctx, "UPDATE credential SET counter = $2, used = $3 WHERE id = $1 AND counter < $2", credential, step, now)
	return n == 1, err
}

// HasSecond tells whether a person has an authenticator that counts, was given printed codes, or is bound to a provider that
// tells of two factors.
func (t *Tx) HasSecond(ctx context.Context, person string) (bool, error) {
	var n int64
	_, err := t.row(ctx, `SELECT (SELECT count(*) FROM credential WHERE person = $1 AND state = 'active' AND (kind = 'totp' OR kind = 'provider' AND counter = 1))
		+ (SELECT count(*) FROM one_time_code WHERE person = $1)`, []any{person}, &n)
	return n > 0, err
}

// ReplaceCodes forgets a person's printed codes and keeps these.
func (t *Tx) ReplaceCodes(ctx context.Context, person string, codes []party.Code) error {
	if _, err := t.exec(ctx, "DELETE FROM one_time_code WHERE person = $1", person); err != nil {
		return err
	}
	for _, c := range codes {
		if _, err := t.exec(ctx, `INSERT INTO one_time_code (person, id, secret, purpose, issued_by, created, expires, used)
			VALUES ($1, $2, $3, 'second', $4, $5, 0, 0)`, person, c.ID, c.Secret, c.IssuedBy, c.Created); err != nil {
			return err
		}
	}
	return nil
}

// UseCode marks an unused code used, and reports whether there was one.
func (t *Tx) UseCode(ctx context.Context, person, secret string, now int64) (bool, error) {
	n, err := t.exec(ctx, "UPDATE one_time_code SET used = $3 WHERE person = $1 AND secret = $2 AND used = 0", person, secret, now)
	return n == 1, err
}

// CodeOf gives the secret of one code of a person's sheet, "" where there is none.
func (t *Tx) CodeOf(ctx context.Context, person string) (secret string, err error) {
	_, err = t.row(ctx, "SELECT secret FROM one_time_code WHERE person = $1 ORDER BY id LIMIT 1", []any{person}, &secret)
	return secret, err
}

// CountCodes tells how many codes a person was given, and how many are left.
func (t *Tx) CountCodes(ctx context.Context, person string) (given, left int64, err error) {
	_, err = t.row(ctx, `SELECT count(*), count(*) FILTER (WHERE used = 0) FROM one_time_code WHERE person = $1`,
		[]any{person}, &given, &left)
	return given, left, err
}
