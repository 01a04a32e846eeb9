package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

// Choices gives what may be chosen today of a register, or of the bodies of a kind ("body:bank.branch").
type Choices interface {
	Choices(ctx context.Context, p access.Principal, register string) ([]Choice, error)
}

// Choice is one answer that a question takes: the value to send, and its name for people.
type Choice struct {
	Value string      `json:"value"`
	Label locale.Text `json:"label"`
	Hint  string      `json:"hint,omitempty"`
}

// ChoiceList is a page of choices: next is the cursor of the following page, "" on the last.
type ChoiceList struct {
	Items []Choice `json:"items"`
	Total int      `json:"total"`
	Next  string   `json:"next"`
}

// choicesMost is a page of choices where none is asked for, and the longest one.
const choicesMost = 200

// Link names in each question of the open forms the address of its choices, where they come from a list.
// A column is named by its table: use.supplier.
func Link(v *casework.View) {
	at := func(name string) string {
		return Prefix + "/cases/" + url.PathEscape(v.ID) + "/choices/" + url.PathEscape(name)
	}
	each(v, func(f *casework.FieldView) {
		if f.List() != "" {
			f.Choices = at(f.Fact.Name)
		}
		for i := range f.Columns {
			if c := &f.Columns[i]; c.List() != "" {
				c.Choices = at(f.Fact.Name + "." + c.Name)
			}
		}
	})
}

// each visits the questions of the forms that are open to the caller.
func each(v *casework.View, do func(*casework.FieldView)) {
	for _, a := range v.Actions {
		if a.Form == nil {
			continue
		}
		for _, p := range a.Form.Pages {
			for i := range p.Fields {
				do(&p.Fields[i])
			}
		}
	}
}

// choices answers whom the page would show the question: who has it in a form now, and nobody else.
func (s *Server) choices(w http.ResponseWriter, r *http.Request) error {
	q, err := choiceQuery(r)
	if err != nil {
		return err
	}
	p := httpkit.PrincipalOf(r)
	v, err := s.cfg.Cases.Look(r.Context(), casework.CallerOf(p), r.PathValue("id"))
	if err != nil {
		return err
	}
	register := ""
	each(v, func(f *casework.FieldView) {
		if f.Fact.Name == r.PathValue("fact") {
			register = f.List()
		}
		for _, c := range f.Columns {
			if f.Fact.Name+"."+c.Name == r.PathValue("fact") {
				register = c.List()
			}
		}
	})
	if register == "" {
		return fault.New(fault.NotFound, "api.no_choices", "fact", r.PathValue("fact"))
	}
	all, err := s.cfg.Choices.Choices(r.Context(), p, register)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, r, http.StatusOK, q.page(all))
}

// choiceAsk is what a page of choices is asked by: the cursor, and how many.
type choiceAsk struct {
	after string
	limit int
}

func choiceQuery(r *http.Request) (choiceAsk, error) {
	q := choiceAsk{limit: choicesMost}
	for name, values := range r.URL.Query() {
		switch v := values[0]; name {
		case "after":
			q.after = v
		case "limit":
			n, err := strconv.Atoi(v)
			if err != nil || n < 1 || n > choicesMost {
				return q, fault.New(fault.Invalid, "api.limit").At("limit")
			}
			q.limit = n
		default:
			return q, fault.New(fault.Invalid, "api.parameter", "name", name).At(name)
		}
	}
	return q, nil
}

// page cuts a list in the order of its values: a cursor stays good when its item is gone meanwhile.
func (q choiceAsk) page(all []Choice) ChoiceList {
	out := ChoiceList{Items: []Choice{}, Total: len(all)}
	slices.SortFunc(all, func(a, b Choice) int { return strings.Compare(a.Value, b.Value) })
	for _, c := range all {
		if q.after != "" && c.Value <= q.after {
			continue
		}
		if len(out.Items) == q.limit {
			out.Next = out.Items[q.limit-1].Value
			break
		}
		out.Items = append(out.Items, c)
	}
	return out
}
