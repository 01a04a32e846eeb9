package app_test

import (
	"slices"
	"testing"

	"rahgosha/internal/kernel/casework"
)

// What cases come to together (counters, letter book, series of numbers) is held to the entries too: each planted change is
// named, and nothing else is.
func TestAReplayNamesWhatTheBooksHoldBesideTheEntries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	w.carry(t, id, act{who: "bank.branch", action: "receive", facts: map[string]any{"bank_file_no": "12"}})
	w.toBranch(t)
	named := func() (found []string) {
		t.Helper()
		_, err := w.Engine.Replay(t.Context(), w.Province, func(d casework.Difference) {
			if d.Text().FA == "" || d.Text().EN == "" {
				t.Errorf("%s is said in no words", d.What)
			}
			if !slices.Contains(found, d.What) {
				found = append(found, d.What)
			}
		})
		must(t, err)
		slices.Sort(found)
		return found
	}
	if found := named(); len(found) > 0 {
		t.Fatalf("before anything is planted: %v", found)
	}
	const (
		first = "(SELECT token FROM letter ORDER BY number LIMIT 1)"
		last  = "(SELECT token FROM letter ORDER BY number DESC LIMIT 1)"
	)
	for name, c := range map[string]struct {
		do, undo []string
		want     []string
	}{
		"a counter raised":           {[]string{"UPDATE tally SET n = n + 1 WHERE what = 'step'"}, []string{"UPDATE tally SET n = n - 1 WHERE what = 'step'"}, []string{casework.DiffersTally}},
		"a sum raised":               {[]string{"UPDATE tally SET amount = amount + 1"}, []string{"UPDATE tally SET amount = amount - 1"}, []string{casework.DiffersTally}},
		"a counter of nothing":       {[]string{"INSERT INTO tally SELECT province, procedure, what, 'none', subject, day, n, amount FROM tally WHERE n > 0 LIMIT 1"}, []string{"DELETE FROM tally WHERE key = 'none'"}, []string{casework.DiffersTally}},
		"a counter gone":             {[]string{"CREATE TABLE kept AS SELECT * FROM tally", "DELETE FROM tally WHERE what = 'since'"}, []string{"DELETE FROM tally", "INSERT INTO tally SELECT * FROM kept", "DROP TABLE kept"}, []string{casework.DiffersTally}},
		"an invented letter":         {[]string{"INSERT INTO letter SELECT province, 'forged', '1405/false/1', direction, code, case_id, entry, sealed, issued, 0, 0, '', 0 FROM letter LIMIT 1"}, []string{"DELETE FROM letter WHERE token = 'forged'"}, []string{casework.DiffersUnissued, casework.DiffersBeyond}},
		"a letter of no case":        {[]string{"UPDATE letter SET case_id = case_id || 'x' WHERE token = " + first}, []string{"UPDATE letter SET case_id = substr(case_id, 1, length(case_id) - 1) WHERE token = " + first}, []string{casework.DiffersLoose, casework.DiffersUnbooked}},
		"a letter gone":              {[]string{"CREATE TABLE kept AS SELECT * FROM letter", "DELETE FROM letter WHERE token = " + first}, []string{"DELETE FROM letter", "INSERT INTO letter SELECT * FROM kept", "DROP TABLE kept"}, []string{casework.DiffersUnbooked, casework.DiffersSkipped}},
		"another token":              {[]string{"UPDATE letter SET token = token || '!' WHERE token = " + first}, []string{"UPDATE letter SET token = substr(token, 1, length(token) - 1) WHERE token LIKE '%!'"}, []string{casework.DiffersUnbooked, casework.DiffersUnissued}},
		"a letter's own entry gone":  {[]string{"CREATE TABLE kept AS SELECT * FROM entry WHERE kind = 'letter'", "DELETE FROM entry WHERE kind = 'letter'"}, []string{"INSERT INTO entry SELECT * FROM kept", "DROP TABLE kept"}, []string{casework.DiffersUnbound}},
		"another day":                {[]string{"UPDATE letter SET issued = issued + 1"}, []string{"UPDATE letter SET issued = issued - 1"}, []string{casework.DiffersLetter}},
		"another letter of the code": {[]string{"UPDATE letter SET code = code || 'x'"}, []string{"UPDATE letter SET code = substr(code, 1, length(code) - 1)"}, []string{casework.DiffersLetter}},
		"a letter of another act":    {[]string{"UPDATE letter SET entry = entry || 'x'"}, []string{"UPDATE letter SET entry = substr(entry, 1, length(entry) - 1)"}, []string{casework.DiffersLetter}},
		"one number on two letters": {
			[]string{"DROP INDEX letter_number", "CREATE TABLE kept AS SELECT * FROM letter", "UPDATE letter SET number = (SELECT number FROM letter WHERE token = " + first + ") WHERE token = " + last},
			[]string{"DELETE FROM letter", "INSERT INTO letter SELECT * FROM kept", "DROP TABLE kept", "CREATE UNIQUE INDEX letter_number ON letter (province, number) WHERE direction = 'out'"},
			[]string{casework.DiffersLetter, casework.DiffersTwice, casework.DiffersSkipped},
		},
		"a number written otherwise": {[]string{"UPDATE letter SET number = replace(number, '/1', '/01') WHERE token = " + first}, []string{"UPDATE letter SET number = replace(number, '/01', '/1') WHERE token = " + first}, []string{casework.DiffersLetter, casework.DiffersUnread, casework.DiffersSkipped}},
		"a series put ahead":         {[]string{"UPDATE series SET last = last + 2"}, []string{"UPDATE series SET last = last - 2"}, []string{casework.DiffersSkipped}},
		"a series put back":          {[]string{"UPDATE series SET last = last - 1"}, []string{"UPDATE series SET last = last + 1"}, []string{casework.DiffersBeyond}},
		"a case's number gone":       {[]string{"CREATE TABLE kept AS SELECT id, number FROM cases", "UPDATE cases SET number = ''"}, []string{"UPDATE cases SET number = (SELECT number FROM kept WHERE kept.id = cases.id)", "DROP TABLE kept"}, []string{casework.DiffersRow, casework.DiffersSkipped}},
		"a wake-up put off":          {[]string{"UPDATE deadline SET wake = wake + 1"}, []string{"UPDATE deadline SET wake = wake - 1"}, []string{casework.DiffersLoose}},
		"a party of no case":         {[]string{"INSERT INTO case_party VALUES ('" + w.Province + "', 'nothing', 'applicant', 'u')"}, []string{"DELETE FROM case_party WHERE case_id = 'nothing'"}, []string{casework.DiffersLoose}},
		"a part of a sum of no case": {
			[]string{"INSERT INTO case_tally SELECT province, 'nothing', procedure, what, key, subject, day, amount FROM case_tally WHERE what = 'step' LIMIT 1", "UPDATE tally SET n = n + 1, amount = amount + (SELECT amount FROM case_tally c WHERE c.case_id = 'nothing') WHERE (what, key, subject) = (SELECT what, key, subject FROM case_tally WHERE case_id = 'nothing')"},
			[]string{"UPDATE tally SET n = n - 1, amount = amount - (SELECT amount FROM case_tally c WHERE c.case_id = 'nothing') WHERE (what, key, subject) = (SELECT what, key, subject FROM case_tally WHERE case_id = 'nothing')", "DELETE FROM case_tally WHERE case_id = 'nothing'"},
			[]string{casework.DiffersLoose},
		},
		"an obligation of no case": {[]string{"INSERT INTO obligation VALUES ('" + w.Province + "', 'nothing', 'k', 'dir.dg', '', 'open', 0)"}, []string{"DELETE FROM obligation WHERE case_id = 'nothing'"}, []string{casework.DiffersLoose}},
		"a series nobody drew":     {[]string{"DELETE FROM series WHERE series = 'false'", "INSERT INTO series VALUES ('" + w.Province + "', 'false', 1405, 1)"}, []string{"DELETE FROM series WHERE series = 'false'"}, []string{casework.DiffersSkipped}},
	} {
		triggers(c.do...)(t, w)
		slices.Sort(c.want)
		if found := named(); !slices.Equal(found, c.want) {
			t.Errorf("%s: named %v, want %v", name, found, c.want)
		}
		triggers(c.undo...)(t, w)
		if found := named(); len(found) > 0 {
			t.Fatalf("%s, put back: %v", name, found)
		}
	}
}
