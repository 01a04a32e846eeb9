package store

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/party"
)

// InsertSession stores a session.
func (t *Tx) InsertSession(ctx context.Context, s party.Session) error {
	_, err := t.exec(ctx, `INSERT INTO session (id, person, province, membership, lang, created, seen, expires, stepped_up)
		VALUES ($1, $2, $3, $4, '', $5, $6, $7, $8)`,
		s.ID, s.Person, s.Province, s.Membership, s.Created, s.Seen, s.Expires, s.SteppedUp)
	return err
}

// SessionByID gives a session; not_found party.no_session.
func (t *Tx) SessionByID(ctx context.Context, id string) (s party.Session, err error) {
	found, err := t.row(ctx, `SELECT id, person, province, membership, created, seen, expires, stepped_up FROM session
		WHERE id = $1`, []any{id}, &s.ID, &s.Person, &s.Province, &s.Membership, &s.Created, &s.Seen, &s.Expires, &s.SteppedUp)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "party.no_session")
	}
	return s, err
}

// SessionsOf gives a person's sessions, the one used last first.
func (t *Tx) SessionsOf(ctx context.Context, person string) (out []party.Session, err error) {
	err = t.each(ctx, `SELECT id, person, province, membership, created, seen, expires, stepped_up FROM session
		WHERE person = $1 ORDER BY seen DESC, id`, []any{person}, func(scan func(...any) error) error {
		var s party.Session
		err := scan(&s.ID, &s.Person, &s.Province, &s.Membership, &s.Created, &s.Seen, &s.Expires, &s.SteppedUp)
		out = append(out, s)
		return err
	})
	return out, err
}

// TouchSession stores that a session was used, never an earlier use over a later one.
func (t *Tx) TouchSession(ctx context.Context, id string, seen int64) error {
	_, err := t.exec(ctx, "UPDATE session SET seen = $2 WHERE id = $1 AND seen < $2", id, seen)
	return err
}

// DeleteSession forgets a session.
func (t *Tx) DeleteSession(ctx context.Context, id string) error {
	_, err := t.exec(ctx, "DELETE FROM session WHERE id = $1", id)
	return err
}

// DeleteSessionsOf forgets all sessions of a person.
func (t *Tx) DeleteSessionsOf(ctx context.Context, person string) error {
	_, err := t.exec(ctx, "DELETE FROM session WHERE person = $1", person)
	return err
}

// DeleteSessions forgets all sessions.
func (t *Tx) DeleteSessions(ctx context.Context) error {
	_, err := t.exec(ctx, "DELETE FROM session")
	return err
}

// LastSeen gives when a session was last used, 0 where there is none.
func (t *Tx) LastSeen(ctx context.Context) (at int64, err error) {
	_, err = t.row(ctx, "SELECT coalesce(max(seen), 0) FROM session", nil, &at)
	return at, err
}

// SweepSessions forgets sessions that are over, and counts whose window and remembrance are over.
func (t *Tx) SweepSessions(ctx context.Context, now, window int64) error {
	if _, err := t.exec(ctx, "DELETE FROM session WHERE expires <= $1", now); err != nil {
		return err
	}
	_, err := t.exec(ctx, "DELETE FROM throttle WHERE until <= $1 AND opened <= $1 - $2", now, window)
	return err
}

// Attempt counts one more under a key, in a window that starts anew when it is over or lies ahead of a clock set back.
func (t *Tx) Attempt(ctx context.Context, key string, now, window int64) (n, opened int64, err error) {
	const over = "throttle.opened <= $2 - $3 OR throttle.opened > $2"
	_, err = t.row(ctx, `INSERT INTO throttle (key, opened, attempts, until) VALUES ($1, $2, 1, 0)
		ON CONFLICT (key) DO UPDATE SET
		attempts = CASE WHEN `+over+` THEN 1 ELSE throttle.attempts + 1 END,
		opened = CASE WHEN `+over+` THEN excluded.opened ELSE throttle.opened END
		RETURNING attempts, opened`, []any{key, now, window}, &n, &opened)
	return n, opened, err
}

// ForgetAttempts forgets a count.
func (t *Tx) ForgetAttempts(ctx context.Context, key string) error {
	_, err := t.exec(ctx, "DELETE FROM throttle WHERE key = $1", key)
	return err
}

// RememberKey keeps a key until an instant.
func (t *Tx) RememberKey(ctx context.Context, key string, now, until int64) error {
	_, err := t.exec(ctx, `INSERT INTO throttle (key, opened, attempts, until) VALUES ($1, $2, 0, $3)
		ON CONFLICT (key) DO UPDATE SET until = excluded.until`, key, now, until)
	return err
}

// KeyRemembered tells whether a key is kept.
func (t *Tx) KeyRemembered(ctx context.Context, key string, now int64) (bool, error) {
	var until int64
	found, err := t.row(ctx, "SELECT until FROM throttle WHERE key = $1", []any{key}, &until)
	return found && until > now, err
}
