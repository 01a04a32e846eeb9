package casework

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"rahgosha/internal/kernel/procedure"
)

var updateRows = flag.Bool("update", false, "write testdata/projection.golden anew")

// The rows of sample states stand in a golden file under the version of the projection: whoever changes what rowOf takes of a
// state, so that stored rows are no longer those that acts take them for, is told to raise the version.
func TestAChangedProjectionRaisesItsVersion(t *testing.T) {
	t.Parallel()
	const file = "testdata/projection.golden"
	raw, err := os.ReadFile(file)
	if err != nil && !*updateRows {
		t.Fatal(err)
	}
	rows := sampleRows(t)
	head, kept, _ := strings.Cut(string(raw), "\n")
	now := fmt.Sprintf("projection %d", Projection)
	switch {
	case head == now && kept == rows:
	case head == now:
		t.Errorf("a case's state gives another row than before, and Projection is still %d: raise it, so that stored rows are written anew, and run go test ./internal/kernel/casework -update\n%s", Projection, rows)
	case *updateRows:
		if err := os.WriteFile(file, []byte(now+"\n"+rows), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is of %q: run go test ./internal/kernel/casework -update", file, head)
	}
}

// sampleRows are the rows of a case that has everything a row is made of, open and ended, as text.
func sampleRows(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, id := range []string{"referral", "bank-council", "consultation"} {
		d, problems := procedure.Parse(os.DirFS("../../../procedures/" + id))
		if len(procedure.Errors(problems)) > 0 {
			t.Fatal(problems)
		}
		for _, outcome := range []string{"", "ended"} {
			row := comparable(rowOf(d, everything(t, outcome)))
			delete(row, "definition") // a procedure's text is no part of the projection
			raw, err := json.MarshalIndent(row, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "%s %q\n%s\n", id, outcome, raw)
		}
	}
	return out.String()
}

func everything(t *testing.T, outcome string) *State {
	t.Helper()
	s := &State{}
	if err := json.Unmarshal([]byte(`{"province":"alborz","id":"c1","number":"R-1405-00007","procedure":"p","unit":"u1","subject":"s","stage":"review",
		"version":3,"seq":5,"prev":"00","opened":1777000000000000,"changed":1777100000000000,"sample":true,
		"facts":{"unit.name":{"v":"\u0646\u0633\u0627\u062c\u064a \u06a9","source":"registry","as_of":1},"unit.county":{"v":"3001","source":"registry","as_of":1},
			"amount_rial":{"v":20000000000,"source":"asked","as_of":1},"paid_rial":{"v":5000000000,"source":"asked","as_of":1}},
		"parties":{"applicant":"u1","bank_branch":"b1","branch":"b1","bank":"b0"},
		"holder":{"role":"dir.expert","side":"directorate","subject":"dir","since":1777050000000000},
		"clocks":{"review_due":{"state":"running","due":1777200000000000,"warn":1777150000000000,"warned":true,"calendar":"2"},
			"late":{"state":"stopped","breached":1776900000000000,"ended":1777000000000000},"broken":{"state":"breached","due":1777190000000000},
			"resolution:1":{"state":"running","due":1777180000000000}},
		"actors":{"submit":["p1"],"refer":["p2"]},
		"decisions":[{"action":"refuse","kind":"refuse","reason":"R1","by":{"person":"p","role":"r"},"at":1,"seq":2}],
		"claims":[{"step":"paid","amount":7,"n":1}],
		"obligations":[{"key":"resolution:1","owner":"bank.head","subject":"b0","state":"open"}]}`), s); err != nil {
		t.Fatal(err)
	}
	s.Outcome = outcome
	return s
}
