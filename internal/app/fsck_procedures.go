package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/store"
)

// saidAt is what the entry of a publication says beside procedure, version and hash: when it was, in µs.
const saidAt = "at"

// fsckProcedures wants every published procedure to be the text whose hash two persons approved, and all that stands beside it what
// the text, the journal's entry of its publication and the versions after it say.
func (a *App) fsckProcedures(ctx context.Context, tell func(locale.Text)) (locale.Text, error) {
	n := 0
	err := a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		lost, err := tx.Unpublished(ctx)
		if err != nil {
			return err
		}
		for _, hash := range lost {
			tell(locale.Of("app.fsck_procedure_state", map[string]any{"hash": hash}))
		}
		published, err := tx.Definitions(ctx)
		if err != nil {
			return err
		}
		n = len(published)
		whole, err := a.announcements(ctx, tx, published, tell)
		if err != nil {
			return err
		}
		ends := endsOf(whole)
		for _, d := range whole {
			if wrong := d.wrong(ends[d.Hash]); len(wrong) > 0 {
				said := d.said()
				said["what"] = strings.Join(wrong, ", ")
				tell(locale.Of("app.fsck_procedure_row", said))
			}
		}
		return nil
	})
	return locale.Of("app.fsck_procedures_read", map[string]any{"count": n}), err
}

// announcement is a published definition with its text as it reads and the entry of its publication, nil where none reads.
type announcement struct {
	store.Definition
	text  *procedure.Definition
	entry *casework.Entry
}

func (d announcement) said() map[string]any {
	return map[string]any{"procedure": d.ID, "version": d.Version, "hash": d.Hash}
}

// announcements gives the definitions whose text is that of their hash, and tells of the others.
func (a *App) announcements(ctx context.Context, tx storeTx, published []store.Definition, tell func(locale.Text)) (out []announcement, err error) {
	for _, row := range published {
		d := announcement{Definition: row}
		if d.text, err = procedure.ParseCanonical(row.Canonical); row.Sound() != nil || err != nil {
			tell(locale.Of("app.fsck_procedure", d.said()))
			continue
		}
		if d.entry, err = announced(ctx, tx, a.Province, row.Entry); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// wrong names the columns of a row that are not as its text, its entry and the versions after it have them.
func (d announcement) wrong(end string) (out []string) {
	if d.entry == nil {
		return []string{"entry"}
	}
	for column, sound := range map[string]bool{
		"id": d.ID == d.text.ID, "version": d.Version == d.text.Version, "valid_from": d.From == d.text.From.Civil(), "valid_to": d.To == end,
		"entry":        d.entry.Kind == casework.KindPublished && d.entry.Used["hash"] == d.Hash,
		"approvers":    d.entry.Actor.Person == strings.Join(d.Approvers, " "),
		"published_at": d.entry.Used[saidAt] == "" || d.entry.Used[saidAt] == strconv.FormatInt(d.PublishedAt, 10), // earlier entries do not say it
	} {
		if !sound {
			out = append(out, column)
		}
	}
	slices.Sort(out)
	return out
}

// announced reads the entry of a publication, which another province of the database may have; nil where there is none that reads.
func announced(ctx context.Context, tx storeTx, province, id string) (*casework.Entry, error) {
	le, err := tx.FindEntry(ctx, province, id)
	if fault.Is(err, fault.NotFound) {
		le, err = tx.FindEntryAnywhere(ctx, id)
	}
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e, err := casework.Announced(ctx, tx.Keys(), le)
	if errors.Is(err, journal.ErrNoKey) || errors.Is(err, journal.ErrErased) || fault.Is(err, fault.Invalid) {
		return nil, nil // the journal's own check names it
	}
	return e, err
}

// endsOf gives the day on which each version ends, by its hash: its own, or the first of the one that was published while it was in
// force without an end (store.PublishDefinition).
func endsOf(published []announcement) map[string]string {
	out, versions := map[string]string{}, map[string][]announcement{}
	for _, d := range published {
		versions[d.text.ID] = append(versions[d.text.ID], d)
	}
	for _, of := range versions {
		slices.SortStableFunc(of, byPublication)
		for i, d := range of {
			if !d.text.To.IsZero() {
				out[d.Hash] = d.text.To.Civil()
			}
			for _, before := range of[:i] {
				if out[before.Hash] == "" && before.text.From.Compare(d.text.From) <= 0 {
					out[before.Hash] = d.text.From.Civil()
				}
			}
		}
	}
	return out
}

// byPublication orders versions of one procedure as the journal has them; a clock that was set back counts only between provinces.
func byPublication(x, y announcement) int {
	if x.entry != nil && y.entry != nil && x.entry.Province == y.entry.Province {
		return cmp.Compare(x.entry.Seq, y.entry.Seq)
	}
	return cmp.Compare(x.PublishedAt, y.PublishedAt)
}
