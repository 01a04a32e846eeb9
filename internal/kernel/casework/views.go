package casework

import (
	"context"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
)

// SavedView is a question of the queue that a membership keeps under a name. It holds no case: whoever opens it sees what
// they may see. A shared one is offered to all of its owner's body.
type SavedView struct {
	ID     string
	Name   string
	Ask    string // the query of the queue's address, without the page
	Shared bool
	Mine   bool // the reader may rename and remove it
	First  bool // it is what the reader's queue begins with
}

// StoredView is a saved view as it is kept: its name and question, which may name people, sealed with its owner's key. Body
// is "" unless it is shared.
type StoredView struct {
	Province, ID, Membership, Body string
	Sealed                         []byte
	At                             int64
}

// SavedViews keeps views and with which of them each membership's queue begins.
type SavedViews interface {
	// ViewsOf gives a membership's views and those shared with a body, the oldest first.
	ViewsOf(ctx context.Context, province, membership, body string) ([]StoredView, error)
	// SaveView writes a view, over the one of its id.
	SaveView(ctx context.Context, v StoredView) error
	DropView(ctx context.Context, province, id string) error
	FirstView(ctx context.Context, province, membership string) (string, error)
	// SetFirstView makes a view the first; "" none.
	SetFirstView(ctx context.Context, province, membership, view string) error
}

// Bounds of saved views.
const (
	viewsMost   = 20
	viewNameMax = 40 // runes
	viewAskMax  = 600
)

type viewWords struct {
	Name string `json:"name"`
	Ask  string `json:"ask"`
}

// ViewAD is the additional data with which a saved view is sealed.
func ViewAD(province, id string) []byte { return journal.AD(province, "view:"+id, "view") }

// Views gives the views that a person's queue offers. One whose owner was erased is left out.
func (g *Engine) Views(ctx context.Context, p access.Principal) (out []SavedView, err error) {
	err = g.Read(ctx, func(ctx context.Context, tx Reader) error {
		out, err = viewsOf(ctx, tx, p)
		return err
	})
	return out, err
}

func viewsOf(ctx context.Context, tx Tx, p access.Principal) (out []SavedView, err error) {
	stored, err := tx.ViewsOf(ctx, p.Province, p.Membership, p.Body)
	if err != nil {
		return nil, err
	}
	first, err := tx.FirstView(ctx, p.Province, p.Membership)
	if err != nil {
		return nil, err
	}
	for _, s := range stored {
		v, err := opened(ctx, tx, s)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		v.Mine, v.First = rules(p, s), s.ID == first
		out = append(out, v)
	}
	return out, nil
}

func opened(ctx context.Context, tx Tx, s StoredView) (SavedView, error) {
	var sealed journal.Sealed
	var words viewWords
	if err := json.Unmarshal(s.Sealed, &sealed); err != nil {
		return SavedView{}, fault.Wrap(err, fault.Internal, "store.failed")
	}
	plain, err := journal.OpenWith(ctx, tx.Keys(), sealed, ViewAD(s.Province, s.ID))
	if err != nil {
		return SavedView{}, err
	}
	err = json.Unmarshal(plain, &words)
	return SavedView{ID: s.ID, Name: words.Name, Ask: words.Ask, Shared: s.Body != ""}, err
}

// rules says whether a person may change a view: its owner, and of a shared one whoever may share with the same body.
func rules(p access.Principal, s StoredView) bool {
	return s.Membership == p.Membership || s.Body != "" && s.Body == p.Body && access.Allows(p.Role, "views", "share")
}

// KeepView keeps a question under a name, and gives its id. Faults: invalid casework.view_name, casework.view_ask; conflict
// casework.view_taken, casework.view_many; forbidden access.forbidden for who may not share.
func (g *Engine) KeepView(ctx context.Context, p access.Principal, v SavedView) (string, error) {
	if err := v.check(); err != nil {
		return "", err
	}
	s := StoredView{Province: p.Province, ID: g.NewID(), Membership: p.Membership, At: g.Clock.Now().UnixMicro()}
	if v.Shared {
		if err := access.Authorize(p, "views", "share"); err != nil {
			return "", err
		}
		s.Body = p.Body
	}
	return s.ID, g.Write(ctx, func(ctx context.Context, tx Tx) error {
		views, err := viewsOf(ctx, tx, p)
		if err != nil {
			return err
		}
		if len(views) >= viewsMost {
			return fault.New(fault.Conflict, "casework.view_many", "most", viewsMost)
		}
		return saveView(ctx, tx, p, s, v, views)
	})
}

// check makes the name canonical.
func (v *SavedView) check() (err error) {
	if v.Name, err = text.Name(v.Name); err != nil || utf8.RuneCountInString(v.Name) > viewNameMax {
		return fault.New(fault.Invalid, "casework.view_name", "most", viewNameMax).At("name")
	}
	if len(v.Ask) > viewAskMax {
		return fault.New(fault.Invalid, "casework.view_ask").At("name")
	}
	return nil
}

// saveView seals a view and writes it; no two that a person sees bear the same name.
func saveView(ctx context.Context, tx Tx, p access.Principal, s StoredView, v SavedView, others []SavedView) error {
	if slices.ContainsFunc(others, func(o SavedView) bool { return o.ID != s.ID && text.Match(o.Name, v.Name) }) {
		return fault.New(fault.Conflict, "casework.view_taken", "name", v.Name).At("name")
	}
	plain, err := json.Marshal(viewWords{v.Name, v.Ask})
	if err != nil {
		return err
	}
	sealed, err := journal.SealWith(ctx, tx.Keys(), journal.PersonKey(p.Person), ViewAD(s.Province, s.ID), plain)
	if err != nil {
		return err
	}
	if s.Sealed, err = json.Marshal(sealed); err != nil {
		return err
	}
	return tx.SaveView(ctx, s)
}

// RenameView gives a view another name. NotFound for one that is not the person's to change.
func (g *Engine) RenameView(ctx context.Context, p access.Principal, id, name string) error {
	return g.changeView(ctx, p, id, func(ctx context.Context, tx Tx, s StoredView, views []SavedView) error {
		i := slices.IndexFunc(views, func(v SavedView) bool { return v.ID == id })
		if i < 0 {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		v := views[i]
		v.Name = name
		if err := v.check(); err != nil {
			return err
		}
		return saveView(ctx, tx, p, s, v, views)
	})
}

// RemoveView removes a view; queues that began with it begin with the reader's own turn again.
func (g *Engine) RemoveView(ctx context.Context, p access.Principal, id string) error {
	return g.changeView(ctx, p, id, func(ctx context.Context, tx Tx, s StoredView, _ []SavedView) error {
		return tx.DropView(ctx, s.Province, s.ID)
	})
}

func (g *Engine) changeView(ctx context.Context, p access.Principal, id string, change func(context.Context, Tx, StoredView, []SavedView) error) error {
	return g.Write(ctx, func(ctx context.Context, tx Tx) error {
		stored, err := tx.ViewsOf(ctx, p.Province, p.Membership, p.Body)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(stored, func(s StoredView) bool { return s.ID == id && rules(p, s) })
		if i < 0 {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		views, err := viewsOf(ctx, tx, p)
		if err != nil {
			return err
		}
		return change(ctx, tx, stored[i], views)
	})
}

// BeginWithView makes a view that the person's queue offers the one it begins with; "" none.
func (g *Engine) BeginWithView(ctx context.Context, p access.Principal, id string) error {
	return g.Write(ctx, func(ctx context.Context, tx Tx) error {
		views, err := viewsOf(ctx, tx, p)
		if err != nil {
			return err
		}
		if id != "" && !slices.ContainsFunc(views, func(v SavedView) bool { return v.ID == id }) {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		return tx.SetFirstView(ctx, p.Province, p.Membership, id)
	})
}
