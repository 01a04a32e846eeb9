package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/kernel/registry"
)

// A company file gives back what was written into it, whatever people type, in order of field.
func TestACompanyFileKeepsItsValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "import", "a\tb", "a\nb", `"\`, "@", "نامه"}))
		want := []registry.Stored{}
		for i := range rapid.IntRange(0, 9).Draw(t, "values") {
			raw, err := json.Marshal(text.Draw(t, "value"))
			if err != nil {
				t.Fatal(err)
			}
			v := registry.Stored{Field: fmt.Sprintf("field_%d", i), Value: string(raw), Source: text.Draw(t, "source"), Origin: text.Draw(t, "origin"),
				AsOf: rapid.Int64().Draw(t, "as of"), EnteredBy: text.Draw(t, "by"), EnteredAt: 5, VerifiedBy: text.Draw(t, "checked"), VerifiedAt: 7}
			if rapid.Bool().Draw(t, "sealed") {
				v.Value, v.Sealed = "", `{"k":"person:u1","n":"AAAA","t":"AAAA"}`
			}
			want = append(want, v)
		}
		shuffled := rapid.Permutation(want).Draw(t, "order")
		file, err := encodeFile(shuffled)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeFile(file)
		if err != nil || !slices.EqualFunc(got, want, func(a, b registry.Stored) bool { return reflect.DeepEqual(a, b) }) {
			t.Fatalf("%v\n%q\n%+v\nwant %+v", err, file, got, want)
		}
		for field, value := range plainValues(file) {
			i := slices.IndexFunc(want, func(v registry.Stored) bool { return v.Field == field })
			if i < 0 || want[i].Sealed != "" || want[i].Value != value {
				t.Fatalf("%s is given as %q", field, value)
			}
		}
	})
}

// What would break a file's lines is not written, and a file cut short is not read as if it were whole.
func TestACompanyFileIsNotBroken(t *testing.T) {
	t.Parallel()
	for _, v := range []registry.Stored{{Field: "a\tb", Value: "1"}, {Field: "a", Value: "\"x\ny\""}, {Field: "a", Sealed: "{\n}"}} {
		if file, err := encodeFile([]registry.Stored{v}); err == nil {
			t.Errorf("%q was written", file)
		}
	}
	for _, file := range []string{"@\t\"import\"\t\"x\n", "@\t\"a\"\t\"b\"\tx\t\"c\"\t1\t\"\"\t0\n", "@\t\"a\t\"b\"\t1\t\"c\"\t1\t\"\"\t0\n"} {
		if vs, err := decodeFile(file); err == nil {
			t.Errorf("%q was read as %+v", file, vs)
		}
	}
}

// The values of a data folder from before the company files are carried over, sealed ones as they are, and back again.
func TestOldValuesMoveIntoTheFile(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		unit := registry.Head{Province: province, ID: "u1", Kind: "home", Name: "می‌بافد", Search: registry.SearchOf("می‌بافد"), Version: 1}
		want := []registry.Stored{
			{Field: "employees", Value: "12", Source: "import", Origin: "B1", AsOf: 1, EnteredBy: "p1", EnteredAt: 2, VerifiedBy: "p2", VerifiedAt: 3},
			{Field: "mobile", Sealed: `{"k":"person:u1","n":"AAAA","t":"AAAA"}`, Source: "declared", AsOf: 4, EnteredBy: "p1", EnteredAt: 5},
			{Field: "name", Value: `"x"`, Source: "import", Origin: "B1", AsOf: 1, EnteredBy: "p1", EnteredAt: 2},
		}
		write(t, s, func(ctx context.Context, t *Tx) error {
			other := unit
			other.ID, other.Name, other.Search = "u2", "y", "y"
			return t.AddUnits(ctx, comes(registry.NewUnit{Head: unit, Values: want}, registry.NewUnit{Head: other}))
		})
		migrateTo(t, s, unitFileVersion-1)
		if n := count(t, s, "unit_fact"); n != int64(len(want)) {
			t.Fatalf("%d values after going back", n)
		}
		migrateTo(t, s, nameKeysVersion)
		read(t, s, func(ctx context.Context, tx *Tx) error {
			found, err := tx.UnitsByWords(ctx, province, [][]string{{"می", "باف"}}, 5)
			if err != nil || len(found) != 1 || found[0].ID != "u1" {
				t.Errorf("by words: %+v, %v", found, err)
			}
			got, err := tx.LoadValues(ctx, province, "u1", true)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v\nwant %+v", got, want)
			}
			return err
		})
	})
}

// migrateTo brings the schema up or down to a version.
func migrateTo(t *testing.T, s *Store, version int64) {
	t.Helper()
	move := func(db *sql.DB) error {
		p, err := provider(s.eng.name(), db)
		if err != nil {
			return err
		}
		if at, err := p.GetDBVersion(t.Context()); err != nil || at > version {
			_, down := p.DownTo(t.Context(), version)
			return down
		}
		_, err = p.UpTo(t.Context(), version)
		return err
	}
	var err error
	switch e := s.eng.(type) {
	case *sqliteEngine:
		err = e.exclusively(func() error { return move(e.w) })
	case *postgresEngine:
		err = move(e.db)
	}
	if err != nil {
		t.Fatal(err)
	}
}
