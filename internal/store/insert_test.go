package store

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every row is written once and in its order, whatever their number.
func TestInsertWritesEveryRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows, columns := rapid.IntRange(1, 80).Draw(t, "rows"), rapid.IntRange(1, 12).Draw(t, "columns")
		text := insertText("x (a)", rows, columns)
		want := make([]string, rows)
		for r := range want {
			places := make([]string, columns)
			for c := range places {
				places[c] = fmt.Sprintf("$%d", r*columns+c+1)
			}
			want[r] = "(" + strings.Join(places, ", ") + ")"
		}
		if got := "INSERT INTO x (a) VALUES " + strings.Join(want, ", "); got != text {
			t.Fatalf("%s\nwant %s", text, got)
		}
	})
}

// Only parameters that come in order, each once, may lose their numbers: any other would be bound to another value.
func TestPositionalKeepsWhatIsBound(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"SELECT 1":                    "SELECT 1",
		"a = $1 AND b = $2":           "a = ? AND b = ?",
		"a = $2 AND b = $1":           "a = $2 AND b = $1",
		"a = $1 AND b = $2 OR c = $1": "a = $1 AND b = $2 OR c = $1",
	} {
		if got := positional(query); got != want {
			t.Errorf("%s became %s, want %s", query, got, want)
		}
	}
}
