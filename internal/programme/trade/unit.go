package trade

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/journal"
)

// State is what a unit says of a product.
type State string

// The states: a candidate of which nothing is said yet has none.
const (
	Confirmed State = "confirmed" // the unit makes it, or will
	Refused   State = "refused"   // it is no product of the unit's
)

// Machines tells whether the unit's present machines make a product.
type Machines string

// What can be said of machines; "" is not said.
const (
	MachinesYes    Machines = "yes"
	MachinesInvest Machines = "invest" // with an investment
	MachinesNo     Machines = "no"
)

// AllMachines gives the answers in the order in which people choose.
func AllMachines() []Machines { return []Machines{MachinesYes, MachinesInvest, MachinesNo} }

// Measures are the units of measure of capacity and price, by their words trade.measure.*: those of the customs tariff.
func Measures() []string {
	return []string{"kg", "tonne", "metre", "m2", "piece", "pair", "set", "litre"}
}

// UnitProduct is a unit's last word on a product, with whose word it is. A word given anew is a revision; all are kept.
type UnitProduct struct {
	Province     string   `json:"-"`
	Unit         string   `json:"-"`
	Edition      string   `json:"-"` // of the code
	Code         string   `json:"-"` // 4 or 6 digits
	Revision     int      `json:"-"` // from 1
	State        State    `json:"state"`
	Capacity     int64    `json:"capacity,omitempty"`     // a year, in Measure; 0: not told
	Measure      string   `json:"measure,omitempty"`      // one of Measures
	Price        int64    `json:"price,omitempty"`        // ex works, whole rial for one Measure; 0: not told
	Certificates string   `json:"certificates,omitempty"` // of quality, in the unit's words
	Machines     Machines `json:"machines,omitempty"`
	Word         string   `json:"word,omitempty"`     // on the machines, or why it is refused
	Activity     string   `json:"activity,omitempty"` // the ISIC code that made it a candidate, "" where it was searched for
	Link         string   `json:"link,omitempty"`     // the id of the source that links the two
	By           string   `json:"-"`                  // the person
	At           int64    `json:"-"`                  // µs UTC

	Name locale.Text `json:"-"` // by the names of the edition; the code where none are loaded
}

// Opens tells whether the product may stand first: the unit says that its machines make it, and how much.
func (u UnitProduct) Opens() bool {
	return u.State == Confirmed && u.Machines == MachinesYes && u.Capacity > 0
}

// Fields are what the unit says, as it is kept.
func (u UnitProduct) Fields() (string, error) {
	b, err := json.Marshal(u)
	return string(b), err
}

// SetFields reads what Fields wrote.
func (u *UnitProduct) SetFields(fields string) error { return json.Unmarshal([]byte(fields), u) }

// UnitTx is what products of units need of a transaction.
type UnitTx interface {
	// UnitProducts gives the last revision of each product of a unit, in order of edition and code; with code all revisions of
	// that one, the last first.
	UnitProducts(ctx context.Context, province, unit, edition, code string) ([]UnitProduct, error)
	// UnitProductsBy gives all that a person said of products of units, the first said first.
	UnitProductsBy(ctx context.Context, province, person string) ([]UnitProduct, error)
	// LastUnitProduct gives the last revision of a unit's word on one product; the zero word where it said nothing.
	LastUnitProduct(ctx context.Context, province, unit, edition, code string) (UnitProduct, error)
	PutUnitProduct(ctx context.Context, u UnitProduct) error
	// MaySpeak tells whether a person's claim to speak for a unit in a post, "" for any, is verified on a day.
	MaySpeak(ctx context.Context, province, unit, person, post, day string) (bool, error)
	Keys() journal.Keys
}

// UnitProducts gives what a unit said of its products, confirmed and refused, in order of edition and code.
func (s *Service) UnitProducts(ctx context.Context, province, unit string) (out []UnitProduct, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		if out, err = tx.UnitProducts(ctx, province, unit, "", ""); err != nil || len(out) == 0 {
			return err
		}
		return s.nameAll(ctx, tx, province, out)
	})
	return out, err
}

// UnitProductPast gives all revisions of a unit's word on one product, the last first.
func (s *Service) UnitProductPast(ctx context.Context, province, unit, edition, code string) (out []UnitProduct, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		out, err = tx.UnitProducts(ctx, province, unit, edition, code)
		return err
	})
	return out, err
}

// UnitProductsBy gives every word of a person on products of units, the first said first.
func (s *Service) UnitProductsBy(ctx context.Context, province, person string) (out []UnitProduct, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		out, err = tx.UnitProductsBy(ctx, province, person)
		return err
	})
	return out, err
}

// nameAll names products, each by the names of its edition.
func (s *Service) nameAll(ctx context.Context, tx Tx, province string, list []UnitProduct) error {
	all, err := tx.TradeSources(ctx, province, Products)
	if err != nil {
		return err
	}
	names := map[string]map[string]locale.Text{}
	for i := range list {
		u := &list[i]
		if names[u.Edition] == nil {
			if names[u.Edition], err = namesOf(ctx, tx, province, all, u.Edition); err != nil {
				return err
			}
		}
		u.Name = namedIn(names[u.Edition], u.Code)
	}
	return nil
}

// the longest texts that a unit may write, in characters
const maxWords = 500

// Say takes a unit's word on a product: in By a person who speaks for the unit, in Revision the one that the person saw, 0 for
// none. Saying again what stands changes nothing. Faults: forbidden, invalid with details, conflict trade.product_changed.
func (s *Service) Say(ctx context.Context, u UnitProduct) (out UnitProduct, err error) {
	u.Certificates, u.Word = text.Display(u.Certificates), text.Display(u.Word)
	if u.State == Refused { // what is not made has no capacity and no price
		u.Capacity, u.Measure, u.Price, u.Certificates = 0, "", 0, ""
	}
	if err := u.check(); err != nil {
		return u, err
	}
	now := s.cfg.Clock.Now()
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		may, err := tx.MaySpeak(ctx, u.Province, u.Unit, u.By, "", jalali.FromTime(now).Civil())
		if err != nil {
			return err
		}
		if !may {
			return fault.New(fault.Forbidden, "trade.not_speaking")
		}
		last, err := tx.LastUnitProduct(ctx, u.Province, u.Unit, u.Edition, u.Code)
		if err != nil {
			return err
		}
		seen := u.Revision
		out = u
		out.Revision, out.At = last.Revision, last.At
		if out.By = last.By; out == last {
			return nil
		}
		if seen != last.Revision {
			return fault.New(fault.Conflict, "trade.product_changed", "code", u.Code)
		}
		out.Revision, out.At, out.By = last.Revision+1, now.UnixMicro(), u.By
		if err := tx.PutUnitProduct(ctx, out); err != nil {
			return err
		}
		return out.record(ctx, tx)
	})
	return out, err
}

// record journals a word. What it says is sealed under the unit's key: capacity and price are the unit's secrets.
func (u UnitProduct) record(ctx context.Context, tx Tx) error {
	fields, err := u.Fields()
	if err != nil {
		return err
	}
	l := journal.Leaf{Province: u.Province, Case: "products:" + u.Unit, Kind: "trade.product", At: u.At, Actor: u.By, Cause: u.Edition + " " + u.Code}
	sealed, err := journal.SealWith(ctx, tx.Keys(), journal.PersonKey(u.Unit), journal.AD(l.Province, l.Case, l.Kind), []byte(fields))
	if err != nil {
		return err
	}
	if l.Body, err = json.Marshal(sealed); err != nil {
		return err
	}
	return tx.Record(ctx, l)
}

func (u UnitProduct) check() error {
	f := fault.New(fault.Invalid, "trade.product")
	bad := func(field, key string, kv ...any) {
		f = f.With(fault.New(fault.Invalid, "trade."+key, kv...).At(field))
	}
	if !known(Editions(), u.Edition) {
		bad("edition", "edition", "edition", u.Edition)
	}
	if n := len(u.Code); !digitsOnly(u.Code) || n != 4 && n != longestCode {
		bad("code", "product_code", "value", u.Code)
	}
	if u.State != Confirmed && u.State != Refused {
		bad("state", "product_state")
	}
	if u.Machines != "" && !known(AllMachines(), u.Machines) {
		bad("machines", "product_machines")
	}
	if u.Capacity < 0 || u.Price < 0 {
		bad("capacity", "product_negative")
	}
	if (u.Capacity > 0 || u.Price > 0) && !known(Measures(), u.Measure) {
		bad("measure", "product_measure")
	}
	if u.Machines == MachinesNo && strings.TrimSpace(u.Word) == "" {
		bad("word", "product_why")
	}
	for field, words := range map[string]string{"certificates": u.Certificates, "word": u.Word} {
		if len([]rune(words)) > maxWords {
			bad(field, "product_long", "most", maxWords)
		}
	}
	if len(f.Details) == 0 {
		return nil
	}
	slices.SortFunc(f.Details, func(a, b *fault.Fault) int { return cmp.Compare(a.Field, b.Field) })
	return f
}
