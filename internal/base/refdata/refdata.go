// Package refdata reads the embedded reference tables: places, towns, banks and their reasons, activity and product
// codes, holidays, statements of the founding report, services and the glossary. The tables are the domain's own files;
// each is parsed once, when first asked for. A broken embedded table is a build mistake and panics; the tests read all.
package refdata

import (
	"embed"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"sync"

	"rahgosha/internal/base/locale"
)

//go:embed data/*.csv
var files embed.FS

// row is one line of a table by column name.
type row map[string]string

func (r row) text() locale.Text { return locale.Text{FA: r["fa"], EN: r["en"]} }

// rows reads one embedded table.
func rows(name string) []row {
	f, err := files.Open("data/" + name + ".csv")
	if err != nil {
		panic(fmt.Errorf("reference table %s: %w", name, err))
	}
	defer f.Close()
	out, err := parse(f)
	if err != nil {
		panic(fmt.Errorf("reference table %s: %w", name, err))
	}
	return out
}

func parse(r io.Reader) ([]row, error) {
	lines, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) < 2 {
		return nil, fmt.Errorf("no rows")
	}
	out := make([]row, 0, len(lines)-1)
	for _, line := range lines[1:] {
		m := row{}
		for i, name := range lines[0] {
			m[name] = strings.TrimSpace(line[i])
		}
		out = append(out, m)
	}
	return out, nil
}

// table gives a reader that parses the named file once.
func table[T any](name string, make func(row) T) func() []T {
	return sync.OnceValue(func() []T {
		var out []T
		for _, r := range rows(name) {
			out = append(out, make(r))
		}
		return out
	})
}

// index gives a reader of the same values by key.
func index[T any](list func() []T, key func(T) string) func() map[string]T {
	return sync.OnceValue(func() map[string]T {
		m := map[string]T{}
		for _, v := range list() {
			m[key(v)] = v
		}
		return m
	})
}
