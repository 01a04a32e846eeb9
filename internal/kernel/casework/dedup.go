package casework

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
)

// Dedups finds the same request twice. Keys are hashes: the store never holds the facts.
type Dedups interface {
	// SaveDedup makes the keys by which a case is found again those given.
	SaveDedup(ctx context.Context, province, caseID string, keys []string) error
	// Alike gives the other cases with a key that are open, or were opened since an instant, the oldest first.
	Alike(ctx context.Context, province, caseID, key string, since int64) ([]string, error)
}

// AlikeChange says which other cases look like the same request; none takes the mark away. It stops nothing
// (kernel.md 8): a person looks.
type AlikeChange struct {
	Cases []string `json:"cases"`
}

// compare looks for the same request in other cases when an entry changes what tells it, and marks the entry with what it
// finds. The keys are kept in the same transaction.
func (r *run) compare(d *procedure.Definition, old *State, e *Entry) error {
	if len(d.Dedup) == 0 || !tells(d, e) {
		return nil
	}
	s := Apply(old, e, "")
	var keys, found []string
	for _, x := range d.Dedup {
		mine, err := r.dedupKeys(d, x, s)
		if err != nil {
			return err
		}
		keys = append(keys, mine...)
		for _, key := range mine {
			ids, err := r.tx.Alike(r.ctx, s.Province, s.ID, key, since(x, e.At))
			if err != nil {
				return fmt.Errorf("cases like %s: %w", s.ID, err)
			}
			found = append(found, ids...)
		}
	}
	if err := r.tx.SaveDedup(r.ctx, s.Province, s.ID, keys); err != nil {
		return fmt.Errorf("keys of case %s: %w", s.ID, err)
	}
	slices.Sort(found)
	if found = slices.Compact(found); slices.Equal(found, s.Alike) {
		return nil
	}
	e.Changes = append(e.Changes, Change{Alike: &AlikeChange{Cases: found}})
	if e.Used == nil {
		e.Used = map[string]string{}
	}
	e.Used["dedup"] = strings.Join(found, " ")
	return nil
}

// tells says whether an entry changes a fact by which a request is recognised.
func tells(d *procedure.Definition, e *Entry) bool {
	return slices.ContainsFunc(e.Changes, func(c Change) bool {
		return c.Fact != nil && slices.ContainsFunc(d.Dedup, func(x *procedure.Dedup) bool {
			return slices.Contains(x.Exact, c.Fact.Name) || slices.Contains(x.Fuzzy, c.Fact.Name)
		})
	})
}

// since is how far back a closed case still counts: without a window only open cases do.
func since(x *procedure.Dedup, now int64) int64 {
	n := validDays(x.Window)
	if n == 0 {
		return math.MaxInt64
	}
	return micros(now).AddDate(0, 0, -n).UnixMicro()
}

// dedupKeys are the keys of one rule: the exact facts as they are with, where the rule names fuzzy facts, each way in which
// those are searched for. A fact that is not known leaves no key: unknown is like nothing.
func (r *run) dedupKeys(d *procedure.Definition, x *procedure.Dedup, s *State) ([]string, error) {
	parts := []any{d.ID, x.ID}
	for _, name := range x.Exact {
		v := s.Facts[name].V
		if v == nil || v == Erased {
			return nil, nil
		}
		parts = append(parts, v)
	}
	ways := []string{""}
	if len(x.Fuzzy) > 0 {
		ways = text.Keys(fuzzy(x, s))
	}
	var out []string
	for _, way := range ways {
		key, err := r.keyed(append(slices.Clone(parts), way))
		if err != nil {
			return nil, err
		}
		out = append(out, key)
	}
	return out, nil
}

// fuzzy joins the texts of the fuzzy facts; "" while one of them is not known.
func fuzzy(x *procedure.Dedup, s *State) string {
	var words []string
	for _, name := range x.Fuzzy {
		word, ok := s.Facts[name].V.(string)
		if !ok || word == Erased {
			return ""
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// keyed hashes values under a key of the province, so that nobody who holds the table alone can try values against it.
func (r *run) keyed(parts []any) (string, error) {
	raw, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("key of a request: %w", err)
	}
	id := "dedup:" + r.key.Province
	keys := r.tx.Keys()
	key, err := keys.Get(r.ctx, id)
	if errors.Is(err, journal.ErrNoKey) {
		key, err = keys.Create(r.ctx, id)
	}
	if err != nil {
		return "", fmt.Errorf("key of a request: %w", err)
	}
	m := hmac.New(sha256.New, key)
	m.Write(raw)
	return hex.EncodeToString(m.Sum(nil)), nil
}

// AlikeView is another case that looks like the same request.
type AlikeView struct {
	Case   string `json:"case"`
	Number string `json:"number"`
}

// alike shows to staff which other cases look like the same request, of those that they may see.
func (r *run) alike(l *looker) error {
	l.alike = []AlikeView{}
	if !l.staff() {
		return nil
	}
	for _, id := range l.s.Alike {
		s, d, err := r.load(id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if Sees(d, s, l.who.Actor.Role, l.who.Grants) {
			l.alike = append(l.alike, AlikeView{Case: s.ID, Number: s.Number})
		}
	}
	return nil
}
