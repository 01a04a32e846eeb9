package casework

import (
	"slices"
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// ObligationView is one obligation as the caller may see it.
type ObligationView struct {
	Key       string      `json:"key"`
	Number    string      `json:"number"` // of the case, with its own
	Title     locale.Text `json:"title"`
	What      string      `json:"what,omitempty"`
	Owner     string      `json:"owner"`
	OwnerText locale.Text `json:"owner_text"`
	Subject   string      `json:"subject,omitempty"`
	Measure   locale.Text `json:"measure"`
	State     string      `json:"state"`
	Late      bool        `json:"late"` // its clock has passed its end
	Laid      int64       `json:"laid"`
	Due       int64       `json:"due"`
	Left      int         `json:"left"` // working days to the due day; negative when late
	At        int64       `json:"at"`
	By        string      `json:"by,omitempty"`
	Seen      string      `json:"seen,omitempty"`
	Entered   string      `json:"entered,omitempty"` // how the owner's word came, where By entered it for them
	Mine      bool        `json:"mine"`
	Public    bool        `json:"public"`
	Papers    []FactView  `json:"papers"`
}

// obligations lists what is owed: to the office all of it, to others what is theirs, what they see to, and what is public.
func (l *looker) obligations() []ObligationView {
	out := []ObligationView{}
	for _, x := range l.s.Obligations {
		if l.seesObligation(x) {
			out = append(out, l.obligation(x))
		}
	}
	return out
}

func (l *looker) seesObligation(x Obligation) bool {
	o := l.d.ObligationOf(x.Key)
	if o == nil {
		return l.staff()
	}
	if o.Public || x.owns(l.role.ID, l.who.Grants) || slices.Contains(o.Confirm, l.role.ID) {
		return true
	}
	return l.staff() && (o.Each == nil || l.sees(o.Each.Table))
}

func (l *looker) obligation(x Obligation) ObligationView {
	v := ObligationView{
		Key: x.Key, What: x.What, Owner: x.Owner, OwnerText: roleTitle(l.d, x.Owner), Subject: x.Subject, State: x.State, Laid: x.Laid,
		At: x.At, By: x.By, Seen: x.Seen, Entered: x.Entered, Mine: x.owns(l.role.ID, l.who.Grants), Papers: []FactView{},
		Title: locale.Text{FA: x.Key, EN: x.Key},
	}
	_, n, _ := strings.Cut(x.Key, ":")
	v.Number = l.s.Number + "/" + n
	if o := l.d.ObligationOf(x.Key); o != nil {
		v.Title, v.Measure, v.Public = o.Title, o.Measure, o.Public
		for _, id := range o.Evidence {
			if f := l.d.Fact(id); x.Papers[id] != "" && f != nil && (l.seesFact(f) || v.Mine || slices.Contains(o.Confirm, l.role.ID)) {
				v.Papers = append(v.Papers, l.fact(f, Value{V: x.Papers[id], Source: f.Source, AsOf: x.At, By: x.By}))
			}
		}
	}
	if x.Measure != "" {
		v.Measure = locale.Text{FA: x.Measure, EN: x.Measure}
	}
	if k := l.s.Clocks[x.Key]; k != nil {
		v.Due, v.Late = k.Due, k.Breached > 0 && x.standing()
		if c := l.d.Clock(x.Key); c != nil && l.calendar(c) != nil {
			v.Left = left(l.calendar(c), l.env.Now, k.Due)
		}
	}
	return v
}

// onObligations offers what the caller may do about each obligation.
func (l *looker) onObligations() []ActionView {
	var out []ActionView
	t := begin(l.d, l.s, Command{}, l.env)
	for _, x := range l.s.Obligations {
		o := l.d.ObligationOf(x.Key)
		if o == nil {
			continue
		}
		for _, verb := range []string{procedure.VerbFulfil, procedure.VerbAccept, procedure.VerbReject} {
			behalf := verb == procedure.VerbFulfil && !x.owns(l.role.ID, l.who.Grants) && slices.Contains(o.OnBehalf, l.role.ID)
			if !opens(verb, x) || !behalf && !t.mayOn(verb, o, x) {
				continue
			}
			v := ActionView{ID: verb + ":" + x.Key, Title: verbTitle(verb), Kind: KindObligation, Note: "required", Prove: provedOn(verb, o, l.env) != nil}
			if verb == procedure.VerbFulfil && len(o.Evidence) > 0 || verb == procedure.VerbAccept && x.State == ObligationClaimed {
				v.Note = "optional"
			}
			if verb == procedure.VerbFulfil {
				v.Form = l.evidence(o)
			}
			if behalf {
				v.Behalf, v.For = true, x.Owner
			}
			out = append(out, v)
		}
	}
	return out
}

// evidence asks for the papers anew: those of another obligation show nothing of this one.
func (l *looker) evidence(o *procedure.Obligation) *FormView {
	form := o.EvidenceForm()
	if form == nil {
		return nil
	}
	v := l.form(form)
	for i := range v.Pages {
		for j := range v.Pages[i].Fields {
			v.Pages[i].Fields[j].Fact.Value = nil
		}
	}
	return v
}
