package rule

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Eval decides a case. An unknown input leaves the answer unknown unless every completion of the unknown cells gives the
// same outputs.
func (t *Table) Eval(in Input) Decision {
	truths, err := t.match(in)
	if err != nil {
		return Decision{Person: true, Err: err.Error()}
	}
	sure, maybe := split(truths)
	if len(maybe) == 0 {
		return t.decide(sure)
	}
	if t.Hit == Collect {
		return Decision{Missing: t.missing(in, maybe)}
	}
	if d, ok := t.agreed(sure, maybe); ok {
		return d
	}
	return Decision{Missing: t.missing(in, maybe)}
}

// match gives each row's truth: not met by one known cell, unknown while a cell waits for its fact.
func (t *Table) match(in Input) ([]Truth, error) {
	out := make([]Truth, len(t.Rows))
	for i, r := range t.Rows {
		out[i] = Met
		for c, cell := range r.Cells {
			is, err := t.cell(in, c, cell)
			if err != nil {
				return nil, err
			}
			out[i] = min(out[i], is)
		}
	}
	return out, nil
}

func (t *Table) cell(in Input, col int, cell Cell) (Truth, error) {
	v := in.Facts[t.Inputs[col].Name]
	if cell.Any {
		return Met, nil
	}
	if v == nil {
		return Unknown, nil
	}
	holds, ok := cell.holds(t.Inputs[col].Type.Kind, v)
	if !ok {
		return Unknown, fmt.Errorf("%s: %w", t.Inputs[col].Name, wrongKind(t.Inputs[col].Type.Kind, v))
	}
	if holds {
		return Met, nil
	}
	return NotMet, nil
}

func split(truths []Truth) (sure, maybe []int) {
	for i, is := range truths {
		switch is {
		case Met:
			sure = append(sure, i)
		case Unknown:
			maybe = append(maybe, i)
		}
	}
	return sure, maybe
}

// decide answers from the rows that surely match.
func (t *Table) decide(rows []int) Decision {
	if len(rows) == 0 {
		return Decision{Is: NotMet}
	}
	if t.Hit == Collect {
		d := Decision{Is: Met, Rows: rows}
		for _, r := range rows {
			d.All = append(d.All, t.outputs(r))
		}
		return d
	}
	best := rows[0]
	if t.Hit == Priority {
		best = slices.MaxFunc(rows, func(a, b int) int { return int(min(1, max(-1, t.compare(a, b)))) })
	}
	return Decision{Is: Met, Out: t.outputs(best), Rows: []int{best}}
}

func (t *Table) compare(a, b int) int64 {
	switch x, y := t.Rows[a].Priority, t.Rows[b].Priority; {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// agreed answers when all rows that could win say the same. A sure row bounds those that could: under first, the rows
// above it; under priority, those with a higher number. Without a sure row, a checked table still has one winner.
func (t *Table) agreed(sure, maybe []int) (Decision, bool) {
	could := slices.Clone(maybe)
	if len(sure) > 0 {
		d := t.decide(sure)
		could = slices.DeleteFunc(could, func(r int) bool { return !t.beats(r, d.Rows[0]) })
		could = append(could, d.Rows[0])
	}
	slices.Sort(could)
	for _, r := range could[1:] {
		if !reflect.DeepEqual(t.Rows[r].Out, t.Rows[could[0]].Out) {
			return Decision{}, false
		}
	}
	return Decision{Is: Met, Out: t.outputs(could[0]), Rows: could}, true
}

// beats tells whether a row would win over another if both matched.
func (t *Table) beats(r, over int) bool {
	switch t.Hit {
	case First:
		return r < over
	case Priority:
		return t.compare(r, over) > 0
	}
	return false // under unique, a sure row excludes the others
}

func (t *Table) outputs(r int) map[string]any {
	out := make(map[string]any, len(t.Outputs))
	for i, o := range t.Outputs {
		out[o.Name] = t.Rows[r].Out[i]
	}
	return out
}

// missing lists the unknown facts that the undecided rows test.
func (t *Table) missing(in Input, rows []int) []string {
	set := map[string]bool{}
	for _, r := range rows {
		for c, cell := range t.Rows[r].Cells {
			if !cell.Any && in.Facts[t.Inputs[c].Name] == nil {
				set[t.Inputs[c].Name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}
