package casework

import (
	"context"
	"encoding/json"
	"fmt"

	"rahgosha/internal/kernel/procedure"
)

// Brief is one case as figures of a whole programme need it: where it stands, which acts were done, and the facts asked for.
// Personal facts are never among them.
type Brief struct {
	Case, Number, Unit, Parent string
	Stage, Outcome             string
	Done                       map[string]bool // acts
	Facts                      map[string]any  // as stored; of a text, a number or a truth
}

// brief is what is read of a stored state.
type brief struct {
	ID      string              `json:"id"`
	Number  string              `json:"number"`
	Unit    string              `json:"unit"`
	Parent  string              `json:"parent"`
	Stage   string              `json:"stage"`
	Outcome string              `json:"outcome"`
	Actors  map[string][]string `json:"actors"`
	Facts   map[string]struct {
		V any `json:"v"`
	} `json:"facts"`
}

// Briefs gives every case of a procedure in brief, with the facts named. Who asks must see every case of it.
func (g *Engine) Briefs(ctx context.Context, who Caller, d *procedure.Definition, facts ...string) ([]Brief, error) {
	if err := MayCount(d, who); err != nil {
		return nil, err
	}
	var out []Brief
	err := g.Read(ctx, func(ctx context.Context, r Reader) error {
		return r.ChangedCases(ctx, who.Grants.Province, d.ID, 0, func(id string, _ int64, state []byte) error {
			var s brief
			if err := json.Unmarshal(state, &s); err != nil {
				return fmt.Errorf("read case %s: %w", id, err)
			}
			x := Brief{Case: s.ID, Number: s.Number, Unit: s.Unit, Parent: s.Parent, Stage: s.Stage, Outcome: s.Outcome, Done: map[string]bool{}, Facts: map[string]any{}}
			for act, by := range s.Actors {
				x.Done[act] = len(by) > 0
			}
			for _, name := range facts {
				if f := d.Fact(name); f != nil && f.Personal == nil && s.Facts[name].V != nil && s.Facts[name].V != Erased {
					x.Facts[name] = s.Facts[name].V
				}
			}
			out = append(out, x)
			return nil
		})
	})
	return out, err
}
