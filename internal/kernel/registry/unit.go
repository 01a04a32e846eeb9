package registry

import (
	"context"
	"crypto/rand"
	"maps"
	"reflect"
	"slices"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/journal"
)

// Config is what the register needs: transactions that write and that read, the root key for keyed hashes, a clock.
type Config struct {
	Write func(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	Read  func(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	Root  *journal.Root
	Clock clock.Clock
	Moved func() // called when somebody's right to speak for a unit has changed; may be nil
}

// Service is the register of units; safe for concurrent use.
type Service struct{ cfg Config }

// New makes the service; invalid registry.config when something is missing.
func New(cfg Config) (*Service, error) {
	if cfg.Write == nil || cfg.Read == nil || cfg.Root == nil || cfg.Clock == nil {
		return nil, fault.New(fault.Invalid, "registry.config")
	}
	return &Service{cfg: cfg}, nil
}

// File is a company file: the unit's head and its values by field.
type File struct {
	Head
	Values map[string]Value
}

// Draft is a unit to be made. Values are typed or as typed by a person (Coerce). ID "" draws one.
type Draft struct {
	Province, ID string
	Values       map[string]any
	Sample       bool
	Provenance
}

// NewID draws a unit's id: U and 12 letters and digits.
func NewID() string { return "U" + rand.Text()[:12] }

// idDigits are the digits of ids in order, and lastDigits how many of an id count the units of one import.
const (
	idDigits   = "234567ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lastDigits = 4
)

// newIDs draws the ids of one import's units: what they begin with is drawn once, then they are counted, so that units
// written together lie together. After a million they begin anew.
func newIDs() func() string {
	begin, n := "", 0
	return func() string {
		if n%(1<<(5*lastDigits)) == 0 {
			begin = NewID()[:13-lastDigits]
		}
		var last [lastDigits]byte
		for i, rest := lastDigits-1, n; i >= 0; i, rest = i-1, rest>>5 {
			last[i] = idDigits[rest&31]
		}
		n++
		return begin + string(last[:])
	}
}

// Create makes a unit. Faults: invalid with all details (registry.identity when neither the legal person's id nor the
// owner's national code is given), conflict registry.duplicate with the unit that has the same identifier (argument unit).
func (s *Service) Create(ctx context.Context, d Draft) (Head, error) {
	heads, err := s.CreateAll(ctx, []Draft{d})
	if err != nil {
		return Head{}, err
	}
	return heads[0], nil
}

// CreateAll makes units in one transaction: all or none.
func (s *Service) CreateAll(ctx context.Context, ds []Draft) (heads []Head, err error) {
	made, err := s.prepareAll(ds)
	if err != nil {
		return nil, err
	}
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		heads = heads[:0]
		for _, u := range made {
			if err := s.insert(ctx, tx, u, false); err != nil {
				return err
			}
			heads = append(heads, u.Head)
		}
		return nil
	})
	return heads, err
}

// CreateIn is Create inside the caller's transaction.
func (s *Service) CreateIn(ctx context.Context, tx Tx, d Draft) (Head, error) {
	made, err := s.prepareAll([]Draft{d})
	if err != nil {
		return Head{}, err
	}
	return made[0].Head, s.insert(ctx, tx, made[0], false)
}

func (s *Service) prepareAll(ds []Draft) ([]File, error) {
	out := make([]File, 0, len(ds))
	for _, d := range ds {
		values, err := s.coerceAll(d.Values)
		if err != nil {
			return nil, err
		}
		u := s.file(d, values)
		if err := complete(u); err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

// file makes a company file of coerced values.
func (s *Service) file(d Draft, values map[string]any) File {
	u := File{Head: d.head(s.now()), Values: make(map[string]Value, len(values))}
	for field, v := range values {
		if v != nil {
			u.Values[field] = fresh(field, v, d.Provenance, u.Created)
		}
	}
	u.restate()
	return u
}

// head makes a unit's head without what its values say.
func (d Draft) head(now int64) Head {
	h := Head{Province: d.Province, ID: d.ID, Sample: d.Sample, Version: 1, Created: now, Changed: now}
	if h.ID == "" {
		h.ID = NewID()
	}
	return h
}

func fresh(field string, v any, p Provenance, now int64) Value {
	if p.AsOf == 0 {
		p.AsOf = now
	}
	return Value{Field: field, Any: v, Source: p.Source, Origin: p.Origin, AsOf: p.AsOf, EnteredBy: p.By, EnteredAt: now}
}

// restate brings the head in line with the values.
func (u *File) restate() { u.Head.restate(u.text) }

// restate brings a head in line with values, given as texts.
func (h *Head) restate(text func(field string) string) {
	h.Name, h.Kind, h.County, h.Status = text(FieldName), text(FieldKind), text(FieldCounty), text(FieldStatus)
	h.Search = SearchOf(h.Name)
}

func (u *File) text(field string) string {
	s, _ := u.Values[field].Any.(string)
	return s
}

// complete wants what no unit can do without.
func complete(u File) error {
	f := fault.New(fault.Invalid, "registry.incomplete")
	for _, field := range []string{FieldName, FieldKind} {
		if u.text(field) == "" {
			f = f.With(fault.New(fault.Invalid, "registry.required", "field", words().byID[field].Title).At(field))
		}
	}
	if !u.identified() {
		f = f.With(fault.New(fault.Invalid, "registry.identity").At(FieldLegalID))
	}
	if err := u.consistent(); err != nil {
		f = f.With(err)
	}
	if len(f.Details) == 0 {
		return nil
	}
	return f
}

func (u *File) identified() bool { return u.text(FieldLegalID) != "" || u.text(FieldOwnerCode) != "" }

// consistent holds numbers to those they are a part of: not more women, and not more insured, than employees.
func (u *File) consistent() *fault.Fault {
	for _, f := range words().within {
		id := f.ID
		part, ok1 := u.Values[id].Any.(int64)
		whole, ok2 := u.Values[f.Within].Any.(int64)
		if ok1 && ok2 && part > whole {
			return fault.New(fault.Invalid, "registry.part", "field", f.Title, "whole", words().byID[f.Within].Title).At(id)
		}
	}
	return nil
}

func (s *Service) coerceAll(in map[string]any) (map[string]any, error) {
	out, bad := map[string]any{}, fault.New(fault.Invalid, "registry.incomplete")
	today := s.today()
	for _, field := range slices.Sorted(maps.Keys(in)) {
		v, err := Coerce(field, in[field], today)
		if x, ok := fault.As(err); ok {
			bad = bad.With(x)
			continue
		}
		out[field] = v
	}
	if len(bad.Details) > 0 {
		return nil, bad
	}
	return out, nil
}

// insert stores a new unit with its keys. Another unit with the same legal person's id is a conflict; with the same
// owner's code only when the name is the same too, for one person may own two workshops; sure says that a person looked.
func (s *Service) insert(ctx context.Context, tx Tx, u File, sure bool) error {
	if !sure {
		if err := s.refuseTwin(ctx, tx, u); err != nil {
			return err
		}
	}
	return s.add(ctx, tx, []newcomer{{u.Head, u.value, s.keys(u)}})
}

// newcomer is a unit to be stored, with its values by field and what it is found by.
type newcomer struct {
	Head
	value func(field string) (Value, bool)
	keys  []Key
}

func (u *File) value(field string) (Value, bool) {
	v, has := u.Values[field]
	return v, has
}

// add stores new units with their values and keys.
func (s *Service) add(ctx context.Context, tx Tx, us []newcomer) error {
	if err := tx.NewKeys(ctx, personKeys(us)); err != nil {
		return err
	}
	return tx.AddUnits(ctx, func(yield func(NewUnit, error) bool) {
		values, err := make([]Stored, 0, usualValues), error(nil)
		for _, u := range us {
			values, err = sealAll(ctx, tx, u.Head, u.value, values[:0])
			if !yield(NewUnit{u.Head, values, u.keys}, err) || err != nil {
				return
			}
		}
	})
}

// personKeys names the keys that seal the values of units, of those that have any to seal.
func personKeys(us []newcomer) (ids []string) {
	for _, u := range us {
		if slices.ContainsFunc(words().personal, func(f *Field) bool { _, has := u.value(f.ID); return has }) {
			ids = append(ids, journal.PersonKey(u.ID))
		}
	}
	return ids
}

func saveValues(ctx context.Context, tx Tx, h Head, values map[string]Value, at int64) error {
	u := File{Values: values}
	stored, err := sealAll(ctx, tx, h, u.value, nil)
	if err != nil {
		return err
	}
	return tx.SaveValues(ctx, h.Province, h.ID, stored, at)
}

// usualValues is how many values most units have at most.
const usualValues = 10

// sealAll makes values ready to be stored, in order of field, and puts them into stored.
func sealAll(ctx context.Context, tx Tx, h Head, value func(field string) (Value, bool), stored []Stored) ([]Stored, error) {
	sealer := unitSealer{keys: tx.Keys(), head: h}
	for _, f := range words().sorted {
		v, has := value(f.ID)
		if !has {
			continue
		}
		st, err := sealer.seal(ctx, f, v)
		if err != nil {
			return nil, err
		}
		stored = append(stored, st)
	}
	return stored, nil
}

// SetFields changes values of a unit's company file; nil or blank leaves a field unknown from now on. What stood before
// is kept. A changed value is no longer verified. Faults: invalid with details, conflict registry.changed when version
// (0: any) is not the one seen, conflict registry.duplicate.
func (s *Service) SetFields(ctx context.Context, province, id string, version int64, values map[string]any, p Provenance) (h Head, err error) {
	coerced, err := s.coerceAll(values)
	if err != nil {
		return Head{}, err
	}
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		u, err := s.load(ctx, tx, province, id)
		if err != nil {
			return err
		}
		if version != 0 && u.Version != version {
			return fault.New(fault.Conflict, "registry.changed", "unit", id)
		}
		h, err = s.change(ctx, tx, u, coerced, p)
		return err
	})
	return h, err
}

// change writes those values that differ; none differing changes nothing.
func (s *Service) change(ctx context.Context, tx Tx, u File, values map[string]any, p Provenance) (Head, error) {
	now, changed := s.now(), map[string]Value{}
	before := append(s.keys(u), lostKeys(u)...)
	for field, v := range values {
		if !reflect.DeepEqual(u.Values[field].Any, v) {
			changed[field] = fresh(field, v, p, now)
			u.Values[field] = changed[field]
		}
	}
	if len(changed) == 0 {
		return u.Head, nil
	}
	u.restate()
	u.Version, u.Changed = u.Version+1, now
	if err := complete(u); err != nil {
		return Head{}, err
	}
	if err := s.refuseTwin(ctx, tx, u); err != nil {
		return Head{}, err
	}
	if err := tx.SaveUnit(ctx, u.Head); err != nil {
		return Head{}, err
	}
	if err := saveValues(ctx, tx, u.Head, changed, now); err != nil {
		return Head{}, err
	}
	after := s.keys(u)
	return u.Head, tx.PutKeys(ctx, u.Province, u.ID, without(before, after), without(after, before))
}

// without gives the keys that are not among others.
func without(keys, others []Key) []Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return slices.Contains(others, k) })
}

// Verify records that a person checked fields against their evidence. Who entered a value may not verify it: forbidden
// registry.own_entry.
func (s *Service) Verify(ctx context.Context, province, id string, fields []string, by string) error {
	return s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		u, err := s.load(ctx, tx, province, id)
		if err != nil {
			return err
		}
		now, checked := s.now(), map[string]Value{}
		for _, field := range fields {
			v, ok := u.Values[field]
			switch {
			case !ok || v.Any == nil:
				return fault.New(fault.NotFound, "registry.no_value", "field", field).At(field)
			case v.EnteredBy == by:
				return fault.New(fault.Forbidden, "registry.own_entry", "field", field).At(field)
			}
			v.VerifiedBy, v.VerifiedAt = by, now
			checked[field] = v
		}
		u.Version, u.Changed = u.Version+1, now
		if err := tx.SaveUnit(ctx, u.Head); err != nil {
			return err
		}
		return saveValues(ctx, tx, u.Head, checked, now)
	})
}

// load gives a company file inside a transaction.
func (s *Service) load(ctx context.Context, tx Tx, province, id string) (File, error) {
	h, err := tx.LoadUnit(ctx, province, id)
	if err != nil {
		return File{}, err
	}
	stored, err := tx.LoadValues(ctx, province, id, false)
	if err != nil {
		return File{}, err
	}
	u := File{Head: h, Values: make(map[string]Value, len(stored))}
	for _, st := range stored {
		v, err := open(ctx, tx, province, id, st)
		if err != nil {
			return File{}, err
		}
		u.Values[v.Field] = v
	}
	return u, nil
}

func (s *Service) now() int64 { return s.cfg.Clock.Now().UnixMicro() }

func (s *Service) today() string { return jalali.FromTime(s.cfg.Clock.Now()).Civil() }
