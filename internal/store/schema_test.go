package store

import (
	"context"
	"database/sql"
	stdflag "flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = stdflag.Bool("update", false, "write schema.sql anew")

// The dump shows in one place, and in every review, what the migrations come to.
func TestTheSchemaIsWhatTheDumpSays(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	var dump strings.Builder
	read(t, s, func(ctx context.Context, tx *Tx) error {
		dump.WriteString("-- The schema on SQLite after all migrations. Made by go test ./internal/store -update.\n\n")
		return tx.each(ctx, `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'goose%'
			AND name NOT LIKE 'sqlite%' ORDER BY tbl_name, type DESC, name`, nil, func(scan func(...any) error) error {
			var text string
			err := scan(&text)
			dump.WriteString(text + ";\n")
			return err
		})
	})
	if *update {
		if err := os.WriteFile("schema.sql", []byte(dump.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil || string(want) != dump.String() {
		t.Errorf("schema.sql is not what the migrations make (%v): run go test ./internal/store -update", err)
	}
}

// Migrating twice changes nothing, and every step can be undone.
func TestMigrationsGoUpAndDown(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		down := func(db *sql.DB) error {
			p, err := provider(s.eng.name(), db)
			if err == nil {
				_, err = p.DownTo(ctx, 0)
			}
			return err
		}
		var err error
		switch e := s.eng.(type) {
		case *sqliteEngine:
			err = e.exclusively(func() error { return down(e.w) })
		case *postgresEngine:
			err = down(e.db)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c", 1, [32]byte{}) })
	})
}

// The law says which tables are global; every other one's primary key begins with the province.
func TestProvincesTablesBeginWithTheProvince(t *testing.T) {
	t.Parallel()
	global := "person credential body definition calendar calendar_day datakey lease session one_time_code throttle schema_change content"
	text, err := Schema("postgres")
	if err != nil {
		t.Fatal(err)
	}
	tables := regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`).FindAllStringSubmatch(text, -1)
	if len(tables) < 25 {
		t.Fatalf("%d tables were found", len(tables))
	}
	for _, m := range tables {
		local := strings.Contains(m[2], "PRIMARY KEY (province")
		if local == strings.Contains(" "+global+" ", " "+m[1]+" ") {
			t.Errorf("%s: key begins with the province: %v", m[1], local)
		}
	}
	if strings.Contains(text, "{{") {
		t.Error("a word of a migration was not rendered")
	}
}
