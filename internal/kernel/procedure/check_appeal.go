package procedure

import "slices"

// appeal proves that whoever answers an appeal is not who decided: each act that leaves the stage of the appeal stands in
// one separation with each act that led to where the appeal is open.
func (c *checker) appeal() {
	if c.d.Appeal == nil {
		return
	}
	appeal := c.d.Action(c.d.Appeal.Action)
	if appeal == nil {
		return // a missing name is told elsewhere
	}
	heard := targets(appeal)
	for _, decided := range c.d.Actions {
		if !byPersons(decided) || !overlap(targets(decided), appeal.In) {
			continue
		}
		for _, answer := range c.d.Actions {
			answers := answer.ID == c.d.Appeal.Answer || overlap(answer.In, heard) && len(targets(answer)) > 0 && answer.Kind != "withdraw"
			if answers && byPersons(answer) && !c.apart(decided.ID, answer.ID) {
				c.err(c.d.Appeal.Pos, "appeal_not_apart", "decided", decided.ID, "answer", answer.ID)
			}
		}
	}
}

// apart says whether a separation keeps two acts from one person.
func (c *checker) apart(a, b string) bool {
	return slices.ContainsFunc(c.d.Separation, func(s *Separation) bool {
		return slices.Contains(s.Actions, a) && slices.Contains(s.Actions, b)
	})
}

// targets are the stages an act leads to.
func targets(a *Action) []string {
	var out []string
	for _, n := range a.Next {
		if n.To != "" {
			out = append(out, n.To)
		}
	}
	return out
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

func byPersons(a *Action) bool {
	return slices.ContainsFunc(a.By, func(role string) bool { return role != "system" && role != RoundRole })
}
