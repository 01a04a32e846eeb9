package web

import (
	"net/http"
	"net/url"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
)

// sought are the lists that a search leads to, by the name that its form gives them.
var sought = map[string]string{"search": "/search", "cases": "/cases", "units": "/units", "users": "/admin/users"}

// seek takes the words of a search out of a form's body and leads to the list, under an address in which they are sealed.
func (s *Server) seek(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if err := parse(r); err != nil {
		return err
	}
	to, ok := sought[r.PostForm.Get("_at")]
	if !ok {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	words := strings.TrimSpace(text.Display(r.PostForm.Get("q")))
	if len(words) > maxQuery*4 {
		return fault.New(fault.Invalid, "desk.error.long_query")
	}
	q := url.Values{}
	for name, values := range r.PostForm {
		if name != "_at" && name != "q" && values[0] != "" {
			q.Set(name, values[0])
		}
	}
	if words != "" {
		q.Set(s.cfg.Veil.Seal(v.p.Person, words))
	}
	http.Redirect(w, r, strings.TrimSuffix(to+"?"+q.Encode(), "?"), http.StatusSeeOther) // #nosec G710 -- one of the lists above
	return nil
}

// wordsIn gives the words that a query asks for; invalid desk.error.sealed_words where they were sealed for somebody else.
func (v *visit) wordsIn(q url.Values) (string, error) {
	words, ok := v.s.cfg.Veil.Open(v.p.Person, q)
	if !ok {
		return "", fault.New(fault.Invalid, "desk.error.sealed_words")
	}
	words = text.Display(words)
	if len(words) > maxQuery*4 {
		return "", fault.New(fault.Invalid, "desk.error.long_query")
	}
	return words, nil
}

// withWords is an address, with or without a query, that asks for some words.
func (v *visit) withWords(address, words string) string {
	sign := "?"
	if strings.Contains(address, "?") {
		sign = "&"
	}
	name, value := v.s.cfg.Veil.Seal(v.p.Person, words)
	return address + sign + name + "=" + queryEscape(value)
}

// queueAsk reads the question of an address of the queue, whose own addresses seal its words again.
func (v *visit) queueAsk(q url.Values) (asked, error) {
	a := askedOf(q)
	words, err := v.wordsIn(q)
	a.text, a.seal = words, func(words string) (string, string) { return v.s.cfg.Veil.Seal(v.p.Person, words) }
	return a, err
}

// askOf makes of a typed or kept query the question as this version of the queue asks it. Words that were sealed for somebody
// else are left out of it.
func (v *visit) askOf(query string) asked {
	q, err := url.ParseQuery(query)
	if err != nil {
		q = url.Values{}
	}
	a, _ := v.queueAsk(q) //nolint:errcheck // as said
	a.after, a.trail = "", nil
	return a
}

// kept is the question as it is stored, for all who may open it.
func (a asked) kept() string {
	a.seal = nil
	return a.ask()
}
