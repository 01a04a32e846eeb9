package app

import (
	"net/http"

	"rahgosha/internal/kernel/access"
)

// Pretend switches the product's own checks off: it takes who asks for somebody else, from the policy of the route to the
// last condition. What the database knows of who asks stays true.
func (a *App) Pretend(as func(r *http.Request, really access.Principal) access.Principal) {
	a.pretend = as
}
