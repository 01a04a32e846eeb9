package procedure

import (
	"slices"

	"rahgosha/internal/base/calendar"
)

// leads gives where an action can lead from a stage.
func leads(a *Action, from string) []string {
	var out []string
	for _, n := range a.Next {
		if n.To == "" {
			out = append(out, from)
		} else {
			out = append(out, n.To)
		}
	}
	return out
}

// exits gives the stages that can follow a stage.
func (c *checker) exits(stage string) []string {
	var out []string
	for _, a := range c.d.Actions {
		if slices.Contains(a.In, stage) {
			for _, to := range leads(a, stage) {
				if to != stage {
					out = append(out, to)
				}
			}
		}
	}
	return out
}

// reach gives every stage that can be reached from some stages, those included.
func reach(from []string, next func(string) []string) map[string]bool {
	seen := map[string]bool{}
	for len(from) > 0 {
		s := from[0]
		from = from[1:]
		if !seen[s] {
			seen[s] = true
			from = append(from, next(s)...)
		}
	}
	return seen
}

// flow proves that there is one way in, at most one more for cases of the past, that every stage is reached, that every stage not final has holder, exit and
// clock, and that an outcome can be reached from everywhere.
func (c *checker) flow() {
	var start, past []string
	for _, s := range c.d.Stages {
		if s.Start {
			start = append(start, s.ID)
		}
		if s.History {
			past = append(past, s.ID)
		}
	}
	if len(c.d.Stages) > 0 && len(start) != 1 {
		c.err(c.at("stages", Pos{}), "start_stages", "n", len(start))
	}
	if len(past) > 1 {
		c.err(c.at("stages", Pos{}), "history_stages", "n", len(past))
	}
	reached := reach(slices.Concat(start, past), c.exits)
	for _, s := range c.d.Stages {
		c.stage(s)
		if len(start) == 1 && !reached[s.ID] {
			c.err(s.Pos, "unreachable", "stage", textOf(s.Title, s.ID))
		}
		if !s.Final && !c.outcomeFrom(s.ID) && len(c.exits(s.ID)) > 0 {
			c.err(s.Pos, "no_outcome", "stage", textOf(s.Title, s.ID))
		}
	}
}

func (c *checker) outcomeFrom(stage string) bool {
	for id := range reach([]string{stage}, c.exits) {
		if s := c.d.Stage(id); s != nil && s.Final {
			return true
		}
	}
	return false
}

func (c *checker) stage(s *Stage) {
	name := textOf(s.Title, s.ID)
	if s.Final {
		if s.Outcome == "" {
			c.err(s.Pos, "final_without_outcome", "stage", name)
		}
		if len(c.exits(s.ID)) > 0 && s.Outcome == "" {
			c.err(s.Pos, "final_with_exit", "stage", name)
		}
		return
	}
	if s.Outcome != "" {
		c.err(c.at("stages/"+s.ID+"/outcome", s.Pos), "outcome_not_final", "stage", name)
	}
	if s.Holder == "" {
		c.err(s.Pos, "stage_without_holder", "stage", name)
	}
	if len(c.exits(s.ID)) == 0 {
		c.err(s.Pos, "stage_without_exit", "stage", name)
	}
	if !slices.ContainsFunc(c.d.Clocks, func(k *Clock) bool { return !c.d.OfObligations(k.ID) && c.runsIn(k, s.ID) }) {
		c.err(s.Pos, "stage_without_clock", "stage", name)
	}
}

// runsIn reports whether a clock can be running while the case stands in a stage: some start leads there before a stop.
func (c *checker) runsIn(k *Clock, stage string) bool {
	stopped := func(id string) bool {
		return slices.ContainsFunc(k.Stop, func(e Event) bool { return e.Kind == "enter" && e.Name == id })
	}
	next := func(id string) []string {
		var out []string
		for _, a := range c.d.Actions {
			if !slices.Contains(a.In, id) || c.stops(k, a) || c.leaves(k, id) {
				continue
			}
			for _, to := range leads(a, id) {
				if !stopped(to) {
					out = append(out, to)
				}
			}
		}
		return out
	}
	return reach(c.begins(k), next)[stage]
}

func (c *checker) leaves(k *Clock, id string) bool {
	return slices.ContainsFunc(k.Stop, func(e Event) bool { return e.Kind == "leave" && e.Name == id })
}

// stops reports whether doing an action stops a clock.
func (c *checker) stops(k *Clock, a *Action) bool {
	return slices.ContainsFunc(k.Stop, func(e Event) bool { return causes(a, e) })
}

// causes reports whether an action brings an event about by itself.
func causes(a *Action, e Event) bool {
	switch e.Kind {
	case "action":
		return a.ID == e.Name
	case "sent":
		return slices.ContainsFunc(a.Effects, func(x *Effect) bool { return x.Kind == "letter" && x.Name == e.Name })
	case "noticed":
		return slices.ContainsFunc(a.Effects, func(x *Effect) bool { return x.Kind == "notice" && x.Name == e.Name })
	}
	return false
}

// begins gives the stages in which a clock can have just started.
func (c *checker) begins(k *Clock) []string {
	var out []string
	for _, e := range k.Start {
		switch e.Kind {
		case "enter":
			out = append(out, e.Name)
			continue
		case "leave":
			out = append(out, c.exits(e.Name)...)
			continue
		}
		for _, a := range c.d.Actions {
			if causes(a, e) {
				out = append(out, afterAction(a)...)
			}
		}
	}
	return out
}

// afterAction gives where a case can stand after an action.
func afterAction(a *Action) []string {
	if len(a.Next) == 0 {
		return a.In
	}
	var out []string
	for _, from := range a.In {
		out = append(out, leads(a, from)...)
	}
	return out
}

// clocks proves that a limit in working days has a calendar, that a statutory clock pauses only by law, and that every
// clock says what happens at its end.
func (c *checker) clocks() {
	c.calendarAt("calendar", Pos{mainFile, 1, 1}, c.d.Calendar)
	for _, k := range c.d.Clocks {
		p := "clocks/" + k.ID
		if c.d.Calendar == "" && k.Calendar == "" && k.Limit.Unit != calendar.Hours && k.Limit.N > 0 {
			c.err(c.at(p+"/limit", k.Pos), "clock_without_calendar", "clock", textOf(k.Title, k.ID))
		}
		c.calendarAt(p+"/calendar", k.Pos, k.Calendar)
		if k.Statutory && k.Law == "" {
			c.err(k.Pos, "statutory_without_law", "clock", textOf(k.Title, k.ID))
		}
		for _, x := range k.Pauses {
			if k.Statutory && x.Law == "" {
				c.err(x.Pos, "statutory_pause", "clock", textOf(k.Title, k.ID))
			}
		}
		if len(k.Breach) == 0 {
			c.err(k.Pos, "clock_without_breach", "clock", textOf(k.Title, k.ID))
		}
	}
}

// calendarAt proves that a calendar is at hand: by another name no deadline could be counted.
func (c *checker) calendarAt(path string, fallback Pos, name string) {
	if name != "" && c.ctx.Calendars != nil && !slices.Contains(c.ctx.Calendars, name) {
		c.unknownName(c.at(path, fallback), "calendar", name, c.ctx.Calendars)
	}
}

// refusals proves that nobody is refused without a number: a refusal cites conditions or carries a coded reason.
func (c *checker) refusals() {
	for _, a := range c.d.Actions {
		switch {
		case a.Kind != "refuse" && a.Kind != "conditional":
		case !a.Cites && a.Reasons == "":
			c.err(c.at("actions/"+a.ID+"/kind", a.Pos), "refusal_without_number", "action", textOf(a.Title, a.ID))
		case a.Cites && len(c.d.Conditions) == 0:
			c.err(c.at("actions/"+a.ID+"/cites", a.Pos), "cites_nothing", "action", textOf(a.Title, a.ID))
		}
	}
}

// relations proves that a relation is bound before a role that stands by it holds a stage.
func (c *checker) relations() {
	for _, s := range c.d.Stages {
		r := c.d.Role(s.Holder)
		if r == nil || r.Relation == "" || c.boundBefore(r.Relation, s) {
			continue
		}
		c.err(c.at("stages/"+s.ID+"/holder", s.Pos), "unbound", "relation", r.Relation, "role", r.ID, "stage", textOf(s.Title, s.ID))
	}
}

// boundBefore reports whether no path enters the stage without a binding. The applicant is bound when a case opens.
func (c *checker) boundBefore(relation string, s *Stage) bool {
	start := c.d.StartStage()
	if relation == "applicant" || start == nil {
		return true
	}
	binds := func(a *Action) bool {
		return slices.ContainsFunc(a.Effects, func(e *Effect) bool { return e.Kind == "bind" && e.Name == relation })
	}
	unbound := reach([]string{start.ID}, func(id string) []string {
		var out []string
		for _, a := range c.d.Actions {
			if slices.Contains(a.In, id) && !binds(a) {
				out = append(out, leads(a, id)...)
			}
		}
		return out
	})
	return !unbound[s.ID]
}
