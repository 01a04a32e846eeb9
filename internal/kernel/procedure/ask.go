package procedure

import (
	"strconv"
	"strings"

	"rahgosha/internal/base/locale"
)

// Ask gives a fact that an act may bring: one of the case's, or a question of the round or score that the act serves.
func (d *Definition) Ask(a *Action, name string) *Fact {
	if f := d.Fact(name); f != nil || a == nil {
		return f
	}
	if s := d.Score(a.Score); s != nil {
		_, facts := s.Form()
		return find(facts, func(f *Fact) bool { return f.ID == name })
	}
	if r := d.Decides(a); r != nil {
		return r.question(name)
	}
	return nil
}

// AnswerFact and NoteFact name the questions of a round's member by its rank, from 1.
func (r *Round) AnswerFact(rank int) string { return r.ID + "." + strconv.Itoa(rank) }

// NoteFact is the note beside a member's answer.
func (r *Round) NoteFact(rank int) string { return r.AnswerFact(rank) + ".note" }

// AskAnswer and AskNote are the questions of a member, under a label.
func (r *Round) AskAnswer(rank int, label locale.Text) *Fact {
	f := &Fact{ID: r.AnswerFact(rank), Type: "choice", Source: SourceAsked, Title: label}
	for _, a := range r.Answers {
		f.Options = append(f.Options, Option{Code: a.ID, Title: a.Title})
	}
	return f
}

// AskNote asks the note of a member.
func (r *Round) AskNote(rank int, label locale.Text) *Fact {
	return &Fact{ID: r.NoteFact(rank), Type: "text", Source: SourceAsked, Title: label}
}

func (r *Round) question(name string) *Fact {
	rest, ok := strings.CutPrefix(name, r.ID+".")
	number, note := strings.CutSuffix(rest, ".note")
	rank, err := strconv.Atoi(number)
	if !ok || err != nil || rank < 1 {
		return nil
	}
	label := locale.Text{FA: name, EN: name}
	if note {
		return r.AskNote(rank, label)
	}
	return r.AskAnswer(rank, label)
}
