package party

import (
	"context"
	"strings"

	"rahgosha/internal/base/fault"
)

// Event is something about signing in that whoever watches over an installation wants to know: who came in, and who tried
// to. It holds nothing that was typed: Login is the beginning of the keyed hash under which a login is stored, so that tries
// at one login are told from tries at many, and a national code typed by mistake stays where it was typed.
type Event struct {
	What   string // sign_in, step_up, sign_out or password
	Way    string // what was shown: password, passkey, code or provider
	Person string // opaque id, "" where nobody was known by what was shown
	Login  string
	Err    error // why not, nil where it was granted
}

// The events that are told, and what is shown at them.
const (
	EventSignIn   = "sign_in"
	EventStepUp   = "step_up"
	EventSignOut  = "sign_out"
	EventPassword = "password"
	WayPassword   = "password"
	WayPasskey    = "passkey"
	WayCode       = "code"
	WayProvider   = "provider"
)

// Outcome is a word for how it ended: granted, failed for a fault of ours, or refused.
func (e Event) Outcome() string {
	switch f, ok := fault.As(e.Err); {
	case e.Err == nil:
		return "granted"
	case !ok || f.Kind == fault.Internal || f.Kind == fault.Unavailable || f.Kind == fault.Full:
		return "failed"
	}
	return "refused"
}

// tell hands an event on, with how it ended.
func (s *Service) tell(ctx context.Context, e Event, err error) {
	if s.cfg.Tell != nil {
		e.Err = err
		s.cfg.Tell(ctx, e)
	}
}

// shortHash is the beginning of a keyed hash in letters only, so that no run of digits in a log looks like somebody's number.
func shortHash(hash string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'g' + r - '0'
		}
		return r
	}, hash[:min(len(hash), shownHash)])
}

const shownHash = 16
