package registry

import (
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/money"
)

// AmountUnits are the units that a person may say the amounts of a sheet are in, where the sheet itself names none.
func AmountUnits() []money.Unit {
	return []money.Unit{money.UnitRial, money.UnitToman, money.UnitMillionToman}
}

// Amount is the first amount of a column as it was taken, to be read back to who gave the sheet: a tenfold slip shows in
// the words. Cell is what the row says, Rial what was made of it.
type Amount struct {
	Row          int
	Column, Cell string
	Rial         money.Rial
}

// assume gives the columns of money that name no unit the one a person said; "" leaves them without.
func (t table) assume(unit money.Unit) error {
	if unit == "" {
		return nil
	}
	if !slices.Contains(AmountUnits(), unit) {
		return fault.New(fault.Invalid, "registry.amount_unit", "unit", string(unit))
	}
	for i, c := range t.columns {
		if c.scale.Unit == "" {
			c.scale = scale{Unit: unit, Divide: 1}
			t.columns[i] = c
		}
	}
	return nil
}

// amounts gives the first amount taken in each column of money, in the order of the columns.
func (t table) amounts(lines []line) (out []Amount) {
	for at := range t.header {
		f := words().byID[t.columns[at].field]
		if f == nil || f.Type != "money" {
			continue
		}
		for i := range lines {
			if n, ok := lines[i].values.of(f.ID).(int64); ok {
				row := lines[i].row
				out = append(out, Amount{Row: row, Column: t.header[at], Cell: t.rows[row-1][at], Rial: money.Rial(n)})
				break
			}
		}
	}
	return out
}

// settle reads the amounts that waited for their unit.
func (l *line) settle(unit money.Unit) error {
	if len(l.unitless) > 0 && !slices.Contains(AmountUnits(), unit) {
		return fault.New(fault.Invalid, "registry.review_amount").At("amount_unit")
	}
	for id, cell := range l.unitless {
		v, err := words().byID[id].coerce(cell, "", unit)
		if err != nil {
			return err
		}
		l.values.put(id, v)
	}
	return nil
}
