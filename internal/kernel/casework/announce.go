package casework

import (
	"context"
	"fmt"
	"strings"

	"rahgosha/internal/kernel/journal"
)

// KindPublished is the entry of a procedure's publication: a chain of its own in the journal, with no case behind it.
const KindPublished = "published"

// Announce journals something that concerns no case, such as a publication, in a chain of its own; it gives the entry's
// id. The chain's name contains a colon, which no case id does.
func (g *Engine) Announce(ctx context.Context, tx Tx, province, chain, kind string, actors []string, facts map[string]string) (string, error) {
	log, err := tx.CaseEntries(ctx, province, chain)
	if err != nil {
		return "", fmt.Errorf("chain %s: %w", chain, err)
	}
	e := &Entry{
		Province: province, Case: chain, Seq: int64(len(log)) + 1, ID: g.NewID(), At: g.Clock.Now().UnixMicro(), Kind: kind,
		Definition: facts["hash"], Actor: Actor{Person: strings.Join(actors, " "), Role: systemRole}, Used: facts,
	}
	prev := ""
	if n := len(log); n > 0 {
		h := log[n-1].Leaf.Hash()
		prev = fmt.Sprintf("%x", h[:])
		e.At = max(e.At, log[n-1].Leaf.At)
	}
	z := sealer{ctx: ctx, keys: tx.Keys(), province: province, id: chain}
	le, _, err := z.leaf(e, prev)
	if err != nil {
		return "", err
	}
	return e.ID, tx.AppendEntry(ctx, le)
}

// Announced reads such an entry: who announced it in Actor.Person, what in Used. Faults as of a case's entry.
func Announced(ctx context.Context, keys journal.Keys, le LogEntry) (*Entry, error) {
	return sealer{ctx: ctx, keys: keys, province: le.Leaf.Province, id: le.Leaf.Case}.read(le)
}
