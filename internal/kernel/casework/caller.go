package casework

import "rahgosha/internal/kernel/access"

// CallerOf makes a caller of who is signed in, in the membership they act in.
func CallerOf(p access.Principal) Caller {
	return Caller{
		Actor: Actor{Person: p.Person, Name: p.Name, Role: p.Role, Body: p.Body, Unit: p.Unit},
		Grants: Grants{
			Person: p.Person, Body: p.Body, Unit: p.Unit, Province: p.Province, County: p.County, Ceilings: p.Ceilings,
			Second: p.Second, MustSecond: p.MustSecond, SteppedUp: p.SteppedUp, StandsFor: p.StandsFor,
		},
	}
}
