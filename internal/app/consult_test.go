package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
)

// associations seats the chairs of two associations.
func (w *world) associations(t *testing.T) {
	t.Helper()
	var r party.Roster
	for _, a := range []string{"textile", "engineering"} {
		login := "chair." + a
		r.Bodies = append(r.Bodies, party.Body{ID: a, Province: w.Province, Kind: "association", Name: name("انجمن " + a)})
		r.Persons = append(r.Persons, party.Person{ID: "p-" + login, Name: "آزمون " + a})
		r.Memberships = append(r.Memberships, party.Membership{ID: "m-" + login, Person: "p-" + login, Role: "assoc.chair", Body: a, Document: "حکم", From: "2024-01-01"})
		r.Accounts = append(r.Accounts, party.Account{Person: "p-" + login, Login: login, Password: password})
	}
	must(t, w.Party.Add(t.Context(), r))
}

// An association is asked in its own list, its answer is an entry that no other association reads, the silence of the other
// is recorded by the worker, and the office sees both.
func TestAnAssociationIsHeardAndAnothersSilenceIsRecorded(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.associations(t)
		id := w.opened(t, "dir.expert", "consultation", "")
		w.carry(t, id, act{who: "dir.expert", action: "ask", facts: map[string]any{
			"subject": "مهلت رسید", "draft": "متن", "why": "دلیل",
			"bodies": []map[string]any{{"role": "assoc.chair", "body": "textile"}, {"role": "assoc.chair", "body": "engineering"}},
		}})
		if got := w.owes(t, w.as(t, "chair.textile")); len(got) != 1 || got[0].Key != "associations:1" || got[0].View.State != casework.OpinionAsked {
			t.Fatalf("the list of the asked: %+v", got)
		}
		w.carry(t, id, act{who: "chair.textile", action: "opine:associations:1", note: "پنج روز کم است"})
		w.clock.Advance(16 * 24 * time.Hour)
		w.wake(t)
		w.wake(t)
		reads := func(login string) func(testing.TB) {
			return func(t testing.TB) {
				v, err := w.Engine.Look(t.Context(), w.as(t, login), id)
				must(t, err)
				for _, o := range v.Opinions {
					if o.Text != "" {
						t.Errorf("%s reads another's opinion: %q", login, o.Text)
					}
				}
				for _, e := range v.Timeline {
					if e.Note != "" {
						t.Errorf("%s reads another's opinion: %q", login, e.Note)
					}
				}
			}
		}
		reads("chair.engineering")(t)
		control.Finds(t, "reads another's opinion", reads("chair.textile"))
		v := w.look(t, "dir.deputy", id)
		if len(v.Opinions) != 2 || v.Opinions[0].Text != "پنج روز کم است" || v.Opinions[1].State != casework.OpinionSilent || v.Stage.ID != "answering" {
			t.Errorf("%s: %+v", v.Stage.ID, v.Opinions)
		}
		silent := 0
		for _, e := range v.Timeline {
			silent += e.Silent
		}
		if silent != 1 {
			t.Errorf("the timeline tells of %d silences", silent)
		}
		if page := enter(t, w.App, "dir.deputy", password).send(http.MethodGet, "/cases/"+id, nil).Body.String(); !strings.Contains(page, "پنج روز کم است") {
			t.Error("the case's page does not show the opinion")
		}
		w.untouched(t)
	})
}
