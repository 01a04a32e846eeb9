package party

import (
	"context"

	"rahgosha/internal/kernel/access"
)

// Way is one way by which a person signs in: its kind, the name they gave a passkey, the provider. No secret is in it.
type Way struct {
	Kind       string `json:"kind"`
	Name       string `json:"name,omitempty"`
	State      string `json:"state"`
	MustChange bool   `json:"must_change,omitempty"`
	Created    int64  `json:"created"`
	Used       int64  `json:"used,omitempty"`
}

// Held is what is kept of a person's account beside who they are: nothing of it opens anything.
type Held struct {
	Ways        []Way
	Given, Left int64 // printed codes
	Sessions    []Session
	Terms       []HeldMembership
	Powers      []Delegation // powers given to one of the person's terms, or by one
	Leaves      []Leave
}

// HeldOn gives what is kept of a person's account. It asks for no right: who calls it has.
func (s *Service) HeldOn(ctx context.Context, person string) (h Held, err error) {
	ctx = access.AsServer(ctx)
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		h = Held{}
		if h.Ways, err = s.waysOf(ctx, t, person); err != nil {
			return err
		}
		if h.Given, h.Left, err = t.CountCodes(ctx, person); err != nil {
			return err
		}
		if h.Sessions, err = t.SessionsOf(ctx, person); err != nil {
			return err
		}
		if h.Terms, err = t.MembershipsOf(ctx, person); err != nil {
			return err
		}
		return s.heldAs(ctx, t, &h)
	})
	return h, err
}

// waysOf lists ways to sign in that are not voided.
func (s *Service) waysOf(ctx context.Context, t Tx, person string) (out []Way, err error) {
	all, err := t.CredentialsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	keys, err := s.passkeysOf(ctx, t, person)
	if err != nil {
		return nil, err
	}
	links, err := s.linksOf(ctx, t, person)
	if err != nil {
		return nil, err
	}
	named := map[string]string{}
	for _, k := range keys {
		named[k.ID] = k.Name
	}
	for _, l := range links {
		named[l.ID] = l.Provider
	}
	for _, c := range all {
		out = append(out, Way{Kind: c.Kind, Name: named[c.ID], State: c.State, MustChange: c.MustChange, Created: c.Created, Used: c.Used})
	}
	return out, nil
}

// heldAs adds powers and leaves of the person's terms.
func (s *Service) heldAs(ctx context.Context, t Tx, h *Held) error {
	powers := map[string][]Delegation{}
	for _, m := range h.Terms {
		if m.Body == "" {
			continue
		}
		if powers[m.Province] == nil {
			all, err := t.DelegationsIn(ctx, m.Province)
			if err != nil {
				return err
			}
			powers[m.Province] = all
		}
		for _, d := range powers[m.Province] {
			if d.Giver == m.ID || d.Taker == m.ID {
				h.Powers = append(h.Powers, d)
			}
		}
		leaves, err := t.LeavesOf(ctx, m.Province, m.ID)
		if err != nil {
			return err
		}
		for _, l := range leaves {
			if l.Absent == m.ID {
				h.Leaves = append(h.Leaves, l)
			}
		}
	}
	return nil
}
