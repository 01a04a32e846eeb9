package httpkit

import (
	"errors"
	"fmt"
	"net/http"
)

// Route is one line of a surface's route table.
type Route struct {
	Method  string // GET also answers HEAD
	Pattern string // as net/http.ServeMux takes it, without the method
	Policy  string // Public, or a name that the guard understands; empty makes Register fail
	Handler Handler
	MaxBody int64 // bytes; 0 means DefaultMaxBody
	// Known, if set, gives a key of who asks to come in and has come in from that network before, "" for anybody else; it is
	// asked where the network's entries are used up, before the handler, and leaves the body as it was.
	Known func(r *http.Request) string
	Fresh bool // who has a second factor must have shown it lately: decisions outside cases, powers given, exports
}

// Register puts routes on mux. It fails, naming every bad line, when a route has no method, pattern, handler or policy,
// when a policy needs a guard and there is none, or when two routes collide: what nobody allowed is denied.
func (k *Kit) Register(mux *http.ServeMux, routes []Route) error {
	var errs []error
	for _, rt := range routes {
		if err := k.register(mux, rt); err != nil {
			errs = append(errs, fmt.Errorf("route %s %s: %w", rt.Method, rt.Pattern, err))
		}
	}
	return errors.Join(errs...)
}

func (k *Kit) register(mux *http.ServeMux, rt Route) (err error) {
	switch {
	case rt.Method == "" || rt.Pattern == "" || rt.Handler == nil:
		return errors.New("needs a method, a pattern and a handler")
	case rt.Policy == "":
		return errors.New("has no policy")
	case rt.Policy != Public && k.Guard == nil:
		return fmt.Errorf("policy %q needs a guard", rt.Policy)
	}
	defer func() {
		if p := recover(); p != nil { // ServeMux panics on bad and colliding patterns
			err = fmt.Errorf("%v", p)
		}
	}()
	mux.Handle(rt.Method+" "+rt.Pattern, k.handle(rt))
	return nil
}
