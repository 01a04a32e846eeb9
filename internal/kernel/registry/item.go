package registry

import (
	"context"

	"rahgosha/internal/base/fault"
)

// RegisterBranch is the live register of bank branches; each of its items is a body too, under the same id. Its fields:
// name_fa, name_en, bank (the body above), county.
const RegisterBranch = "bank_branch"

// Item is one item of a live register, such as a package. Fields holds texts, whole numbers (money in rial, percentages
// in basis points), truth values and lists of them. Balance, in rial, is nil where the item holds no money.
type Item struct {
	Province, Register, ID string
	Fields                 map[string]any
	Balance                *int64
	ValidFrom, ValidTo     string // civil dates, "" open
	Source                 string
	AsOf                   int64
}

// Items gives a register's items in force today, by id.
func (s *Service) Items(ctx context.Context, province, register string) ([]Item, error) {
	return s.items(ctx, province, register, "", s.today())
}

// AllItems gives also those whose time is past or to come.
func (s *Service) AllItems(ctx context.Context, province, register string) ([]Item, error) {
	return s.items(ctx, province, register, "", "")
}

// Item gives one item; not_found registry.no_item.
func (s *Service) Item(ctx context.Context, province, register, id string) (Item, error) {
	found, err := s.items(ctx, province, register, id, "")
	if err != nil {
		return Item{}, err
	}
	if len(found) == 0 {
		return Item{}, fault.New(fault.NotFound, "registry.no_item", "item", id)
	}
	return found[0], nil
}

func (s *Service) items(ctx context.Context, province, register, id, on string) (out []Item, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		out, err = tx.LoadItems(ctx, province, register, id, on)
		return err
	})
	return out, err
}

// Upsert writes items in one transaction. The balance counts for new items only; that of an item in use changes by
// Adjust. Faults: invalid registry.item_shape, registry.item_term.
func (s *Service) Upsert(ctx context.Context, items ...Item) error {
	now := s.now()
	for i := range items {
		if err := items[i].check(); err != nil {
			return err
		}
		if items[i].AsOf == 0 {
			items[i].AsOf = now
		}
	}
	return s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		for _, i := range items {
			if err := upsert(ctx, tx, i); err != nil {
				return err
			}
		}
		return nil
	})
}

func upsert(ctx context.Context, tx Tx, i Item) error {
	if err := tx.SaveItem(ctx, i); err != nil {
		return err
	}
	if i.Register == RegisterBranch {
		return tx.SaveBranch(ctx, i)
	}
	return nil
}

func (i Item) check() error {
	switch {
	case i.Province == "" || i.Register == "" || i.ID == "" || i.Balance != nil && *i.Balance < 0:
		return fault.New(fault.Invalid, "registry.item_shape", "item", i.ID)
	case i.ValidTo != "" && i.ValidFrom > i.ValidTo:
		return fault.New(fault.Invalid, "registry.item_term", "item", i.ID)
	}
	return nil
}

// Adjust adds delta rial to an item's balance; it never becomes negative (conflict store.balance_short).
func (s *Service) Adjust(ctx context.Context, province, register, id string, delta int64) error {
	return s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		return tx.Reserve(ctx, province, register, id, -delta)
	})
}
