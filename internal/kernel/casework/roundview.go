package casework

import (
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// RoundView is a round as it was frozen, decided and carried out.
type RoundView struct {
	ID       string             `json:"id"`
	Title    locale.Text        `json:"title"`
	Frozen   int64              `json:"frozen"`
	Issued   int64              `json:"issued,omitempty"`
	Dropped  bool               `json:"dropped"`
	Signed   []string           `json:"signed"`
	Columns  []Column           `json:"columns"`
	Budget   *int64             `json:"budget,omitempty"` // rial
	Places   bool               `json:"places,omitempty"` // what is spent is places, not rial
	Proposed int64              `json:"proposed"`         // rial that the proposals spend
	Spent    int64              `json:"spent"`            // rial that the answers spend, 0 before they are decided
	Answers  []procedure.Option `json:"answers"`
	Members  []MemberView       `json:"members"`
}

// MemberView is one line of a round. Cut marks the first below the budget's line.
type MemberView struct {
	Rank     int         `json:"rank"`
	Case     string      `json:"case"`
	Number   string      `json:"number"`
	Values   []any       `json:"values"` // by column
	Demand   *int64      `json:"demand,omitempty"`
	Proposal string      `json:"proposal"`
	Proposed locale.Text `json:"proposed"`
	Answer   string      `json:"answer,omitempty"`
	Answered locale.Text `json:"answered"`
	Note     string      `json:"note,omitempty"`
	Cut      bool        `json:"cut"`
	Result   *Landing    `json:"result,omitempty"`
}

// rounds are shown to those whom the definition lets see them.
func (l *looker) rounds() []RoundView {
	out := []RoundView{}
	if !SeesRounds(l.role) {
		return out
	}
	for i := range l.s.Rounds {
		if def := l.d.Round(l.s.Rounds[i].ID); def != nil {
			out = append(out, roundView(def, &l.s.Rounds[i], l.d.Places(def)))
		}
	}
	return out
}

func roundView(def *procedure.Round, r *Round, places bool) RoundView {
	v := RoundView{
		ID: r.ID, Title: def.Title, Frozen: r.Frozen, Issued: r.Issued, Dropped: r.Dropped, Signed: r.Signed, Columns: r.Columns,
		Budget: r.Budget, Places: places, Members: []MemberView{},
	}
	for _, a := range def.Answers {
		v.Answers = append(v.Answers, procedure.Option{Code: a.ID, Title: a.Title})
	}
	above := true
	for i, m := range r.Members {
		line := memberView(def, r, i)
		spends := def.Answer(m.Proposal).Spends
		line.Cut = r.Budget != nil && above && !spends
		above = above && spends
		v.Members = append(v.Members, line)
		v.Proposed += spent(def, m.Proposal, m)
		v.Spent += spent(def, m.Answer, m)
	}
	return v
}

func memberView(def *procedure.Round, r *Round, i int) MemberView {
	m := r.Members[i]
	v := MemberView{Rank: i + 1, Case: m.Case, Number: m.Number, Demand: m.Demand, Proposal: m.Proposal, Answer: m.Answer, Result: m.Result}
	v.Proposed, v.Answered = answerTitle(def, m.Proposal), answerTitle(def, m.Answer)
	v.Note, _ = m.Note.V.(string)
	for _, c := range r.Columns {
		v.Values = append(v.Values, m.Facts[c.Fact].V)
	}
	return v
}

func answerTitle(def *procedure.Round, id string) locale.Text {
	if a := def.Answer(id); a != nil {
		return a.Title
	}
	return locale.Text{}
}

func spent(def *procedure.Round, answer string, m Member) int64 {
	if a := def.Answer(answer); a != nil && a.Spends && m.Demand != nil {
		return *m.Demand
	}
	return 0
}

// decidePages are the questions of a round: one answer and one note for each member, in the order of the ranking, filled in
// with what was decided or else proposed.
func (l *looker) decidePages(r *procedure.Round) []PageView {
	round := l.s.round(r.ID)
	if round == nil {
		return nil
	}
	page := PageView{ID: r.ID, Title: r.Title, Text: locale.Of("casework.round_help", nil)}
	for i, m := range round.Members {
		page.Fields = append(page.Fields, l.decideFields(r, i+1, m)...)
	}
	return []PageView{page}
}

func (l *looker) decideFields(r *procedure.Round, rank int, m Member) []FieldView {
	args := map[string]any{"rank": rank, "number": m.Number, "amount": int64(0)}
	if m.Demand != nil {
		args["amount"] = *m.Demand
	}
	if name, ok := m.Facts["unit.name"].V.(string); ok {
		args["number"] = name + " " + m.Number
	}
	key := inPlaces(l.d, r, "casework.round_member")
	if m.Demand == nil {
		key = "casework.round_member_open"
	}
	ask := r.AskAnswer(rank, locale.Of(key, args))
	value := m.Answer
	if value == "" {
		value = m.Proposal
	}
	answer := l.field(&procedure.Field{Fact: ask.ID, Required: procedure.RequiredHard}, ask)
	answer.Fact = l.fact(ask, Value{V: value})
	answer.Hint = locale.Of("casework.round_proposed", map[string]any{"answer": answerTitle(r, m.Proposal)})
	why := r.AskNote(rank, locale.Of("casework.round_why", args))
	note := l.field(&procedure.Field{Fact: why.ID}, why)
	note.Fact = l.fact(why, Value{V: m.Note.V})
	return []FieldView{answer, note}
}
