package casework

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// shown is the case as the caller saw it right after an act, as JSON: what it had come to with the act's entry, at the
// act's instant. It is built outside the write, and again for each replay, so that nobody waits for it and no copy of
// personal data is kept under a key: the journal has all of it. state is what the act wrote, nil for a replay. A case that
// the caller may not see (any more) is null.
func (g *Engine) shown(ctx context.Context, who Caller, ans Answer, state []byte) (json.RawMessage, error) {
	who.Actor.OnBehalf = nil
	var v *View
	err := g.Read(ctx, func(ctx context.Context, tx Reader) error {
		r := &run{g: g, ctx: ctx, tx: tx, who: who, key: ReplayKey{Province: who.Grants.Province}}
		l, err := r.lookerAfter(ans, state)
		if err == nil {
			v, err = l.view()
		}
		return err
	})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if v != nil && g.Dress != nil {
		g.Dress(v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("view of case %s: %w", ans.Case, err)
	}
	return raw, nil
}

func (r *run) lookerAfter(ans Answer, state []byte) (*looker, error) {
	if err := r.hear(); err != nil {
		return nil, err
	}
	log, err := r.tx.CaseEntries(r.ctx, r.key.Province, ans.Case)
	if err != nil {
		return nil, fmt.Errorf("timeline of case %s: %w", ans.Case, err)
	}
	if len(log) < int(ans.Seq) {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	log = slices.Clone(log[:ans.Seq])
	for i := range log {
		log[i].Index = -1 // the log is sealed a moment later: an answer that told where would not be the same again
	}
	s, d, err := r.stood(ans.Case, log, state)
	if err != nil {
		return nil, err
	}
	if !Sees(d, s, r.who.Actor.Role, r.who.Grants) {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	env, err := r.around(d, s, Command{})
	if err != nil {
		return nil, err
	}
	env.Now = log[len(log)-1].Leaf.At
	return r.lookAt(d, s, s, env, log)
}

// stood is the case as its log leaves it.
func (r *run) stood(id string, log []LogEntry, state []byte) (*State, *procedure.Definition, error) {
	z := r.sealer(id)
	if state == nil {
		var err error
		if state, err = z.fold(log); err != nil {
			return nil, nil, err
		}
	}
	s, err := z.state(state)
	if err != nil {
		return nil, nil, err
	}
	d, err := r.g.Defs.ByHash(r.ctx, s.Definition)
	return s, d, err
}

// fold makes of a log the state that is stored after it.
func (z sealer) fold(log []LogEntry) ([]byte, error) {
	var s *State
	for _, le := range log {
		e, err := z.read(le)
		if err != nil {
			return nil, err
		}
		hash := le.Leaf.Hash()
		s = Apply(s, e, hex.EncodeToString(hash[:]))
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("fold of case %s: %w", z.id, err)
	}
	return raw, nil
}
