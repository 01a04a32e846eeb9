package procedure

import (
	"slices"
	"strings"
)

// separation proves that the acts kept apart can be done by different people: each is open to a role, and no role alone
// has a part in them all. Who confirms an act has a part in it as who does it.
func (c *checker) separation() {
	for _, s := range c.d.Separation {
		if len(s.Actions) < 2 {
			c.err(s.Pos, "separation_few")
			continue
		}
		for _, r := range c.d.Roles {
			if !slices.ContainsFunc(s.Actions, func(id string) bool { return !c.needs(c.d.Action(id), r.ID) }) {
				c.err(s.Pos, "separation_one_role", "role", r.ID, "actions", strings.Join(s.Actions, ", "))
			}
		}
	}
}

// needs says whether an act cannot be done without a person of a role.
func (c *checker) needs(a *Action, role string) bool {
	alone := []string{role}
	return a != nil && (slices.Equal(a.By, alone) || slices.Equal(a.Confirm, alone))
}

// powers proves that an act up to an amount has somebody who may do it: whose ceiling is asked, of an amount of money, and whoever
// does or confirms it holds an office, for nobody else is given a power.
func (c *checker) powers() {
	for _, a := range c.d.Actions {
		p, title := "actions/"+a.ID, textOf(a.Title, a.ID)
		if f := c.d.Fact(a.Ceiling); f != nil && f.Type != "money" {
			c.err(c.at(p+"/ceiling", a.Pos), "ceiling_money", "fact", textOf(f.Title, f.ID))
		}
		if a.Ceiling != "" && a.Delegate == "" {
			c.err(c.at(p+"/ceiling", a.Pos), "ceiling_of_nobody", "action", title)
		}
		for key, roles := range map[string][]string{"by": a.By, "confirm": a.Confirm} {
			if a.Delegate != "" && len(roles) > 0 && !slices.ContainsFunc(roles, c.mayHoldPower) {
				c.err(c.at(p+"/"+key, a.Pos), "power_of_nobody", "action", title, "roles", strings.Join(roles, ", "))
			}
		}
	}
}

func (c *checker) mayHoldPower(role string) bool {
	r := c.d.Role(role)
	return r == nil || r.Side != "unit" // the system needs none
}

// confirmed proves that an act of several persons counts those who confirm it: it is they whose decision is recorded.
func (c *checker) confirmed() {
	for _, x := range c.d.Approvals {
		a := c.d.Action(x.Action)
		if a == nil || len(a.Confirm) == 0 || len(x.Of) == 0 {
			continue
		}
		if !slices.ContainsFunc(a.Confirm, func(role string) bool { return slices.Contains(x.Of, role) }) {
			c.err(x.Pos, "approval_confirm", "action", textOf(a.Title, a.ID), "roles", strings.Join(a.Confirm, ", "))
		}
	}
}
