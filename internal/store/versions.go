package store

import "context"

// Versions gives the versions of cases by id; one that does not exist is absent.
func (t *Tx) Versions(ctx context.Context, province string, ids []string) (map[string]int64, error) {
	c := &condition{}
	c.equal("province", province)
	in := ""
	for i, id := range ids {
		if i > 0 {
			in += ", "
		}
		in += c.arg(id)
	}
	out := map[string]int64{}
	if in == "" {
		return out, nil
	}
	return out, t.each(ctx, "SELECT id, version FROM cases WHERE "+c.String()+" AND id IN ("+in+")", c.args, func(scan func(...any) error) error {
		var id string
		var version int64
		err := scan(&id, &version)
		out[id] = version
		return err
	})
}
