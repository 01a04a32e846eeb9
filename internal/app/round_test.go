package app_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
)

// council publishes the small pair of procedures and seats who scores and who decides.
func (w *world) council(t testing.TB) {
	t.Helper()
	for _, id := range []string{"grant", "session"} {
		_, problems, err := w.Publish(t.Context(), os.DirFS("../kernel/procedure/testdata/rounds/"+id), [2]string{"first", "second"})
		if err != nil {
			t.Fatal(err, problems)
		}
	}
	var r party.Roster
	for _, p := range []struct{ login, role, body string }{{"expert.2", "dir.expert", "dir"}} {
		r.Persons = append(r.Persons, party.Person{ID: "p-" + p.login, Name: "آزمون " + p.role})
		r.Memberships = append(r.Memberships, party.Membership{ID: "m-" + p.login, Province: w.Province, Person: "p-" + p.login, Role: p.role,
			Body: p.body, Document: "حکم ۱", From: "2024-01-01"})
		r.Accounts = append(r.Accounts, party.Account{Person: "p-" + p.login, Login: p.login, Password: password})
	}
	must(t, w.Party.Add(t.Context(), r))
}

func (w *world) opened(t testing.TB, login, procedure, unit string) string {
	t.Helper()
	ans, err := w.Engine.Act(t.Context(), w.as(t, login), casework.Command{Key: "open-" + app.NewID(), Procedure: procedure, Unit: unit})
	must(t, err)
	return ans.Case
}

// grant carries a request to the committee with a score.
func (w *world) grant(t testing.TB, pack string, amount, points int) string {
	t.Helper()
	id := w.opened(t, "unit.ceo", "grant", w.unit)
	give := map[string]any{"quality.conflict": "no", "quality.plan": fmt.Sprint(points)}
	ans := w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: map[string]any{"package": pack, "amount_rial": fmt.Sprint(amount), "new_jobs": "4"}},
		act{who: "dir.expert", action: "score_it", facts: give},
		act{who: "expert.2", action: "score_it", facts: give},
	)
	if ans.Stage != "committee" {
		t.Fatalf("stage %s", ans.Stage)
	}
	return id
}

// drain carries out everything that waits.
func (w *world) drain(t testing.TB) {
	t.Helper()
	worker, err := w.Outbox()
	must(t, err)
	for range 10 {
		w.settle(t.Context(), t)
		if _, err := worker.Drain(t.Context(), []string{casework.RoundTopic}); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) acts(t testing.TB, id, action string) (n int) {
	t.Helper()
	for _, e := range w.look(t, "council.sec", id).Timeline {
		if e.Kind == casework.KindActed && e.Action == action {
			n++
		}
	}
	return n
}

func TestACommitteeDecidesOverManyCasesOnce(t *testing.T) { onBoth(t, committee) }

func committee(t testing.TB, w *world) {
	w.council(t)
	first, second, third := w.grant(t, "P1", 500, 90), w.grant(t, "P1", 300, 80), w.grant(t, "P1", 100, 70)
	other := w.grant(t, "P2", 1, 100)
	id := w.opened(t, "council.sec", "session", "")
	agenda := map[string]any{"package": "P1", "budget_rial": "900"}
	w.carry(t, id, act{who: "council.sec", action: "convene", facts: agenda})

	round := w.look(t, "council.sec", id).Rounds[0]
	if len(round.Members) != 3 || round.Members[0].Case != first || round.Members[1].Case != second || round.Proposed != 900 {
		t.Fatalf("%+v", round)
	}
	if v := w.look(t, "unit.ceo", first); v.Agenda == nil || v.Agenda.Case != id || w.look(t, "unit.ceo", other).Agenda != nil {
		t.Fatal("a case does not say on whose agenda it is")
	}

	// What is frozen stays, and a listed case is not listed twice.
	w.carry(t, first, act{who: "unit.ceo", action: "amend", facts: map[string]any{"package": "P1", "amount_rial": "7"}})
	if got := w.look(t, "council.sec", id).Rounds[0].Members[0]; *got.Demand != 500 {
		t.Fatalf("a frozen amount became %d", *got.Demand)
	}
	twice := w.opened(t, "council.sec", "session", "")
	if got := w.try(t, "council.sec", casework.Command{Case: twice, Action: "convene", Facts: agenda}); got != "casework.round_empty" {
		t.Fatalf("listed twice: %q", got)
	}

	w.carry(t, id,
		act{who: "council.sec", action: "decide", facts: map[string]any{"session.1": "approve", "session.2": "approve", "session.3": "wait", "session.3.note": "نوبت بعد"}},
		act{who: "council.member", action: "sign"})
	if w.look(t, "council.sec", id).Rounds[0].Issued != 0 {
		t.Fatal("issued before enough had signed")
	}
	w.carry(t, id, act{who: "dir.dg", action: "sign"})
	w.carry(t, second, act{who: "unit.ceo", action: "withdraw"})

	w.crash(t, id, first)
	w.drain(t)
	w.drain(t)
	w.landed(t, id, first, second, third)
	w.untouched(t)
}

// crash carries a member out and dies before that is recorded.
func (w *world) crash(t testing.TB, id, member string) {
	t.Helper()
	dying, writes := *w.Engine, 0
	dying.Write = func(ctx context.Context, fn func(context.Context, casework.Tx) error) error {
		if writes++; writes == 2 {
			return fault.New(fault.Unavailable, "fault.unavailable")
		}
		return w.Engine.Write(ctx, fn)
	}
	err := dying.CarryRound(t.Context(), w.Province, id, casework.RoundMessage{Round: "session", Member: member})
	if !fault.Is(err, fault.Unavailable) || w.acts(t, member, "approve") != 1 {
		t.Fatalf("no crash in between: %v", err)
	}
}

func (w *world) landed(t testing.TB, id, first, second, third string) {
	t.Helper()
	members := w.look(t, "council.sec", id).Rounds[0].Members
	if r := members[0].Result; r == nil || !r.Done || w.acts(t, first, "approve") != 1 {
		t.Errorf("first: %+v, %d acts", r, w.acts(t, first, "approve"))
	}
	if r := members[1].Result; r == nil || r.Done || r.Fault != "casework.not_open_here" || w.acts(t, second, "approve") != 0 {
		t.Errorf("a case that moved on: %+v", r)
	}
	if r := members[2].Result; r == nil || !r.Done || w.acts(t, third, "defer") != 1 {
		t.Errorf("third: %+v", r)
	}
	v := w.look(t, "unit.ceo", first)
	by := v.Decisions[len(v.Decisions)-1].Round
	if v.Outcome != "granted" || by == nil || by.Case != id || by.Number == "" || len(by.Persons) != 2 {
		t.Errorf("decision %+v", by)
	}
	for _, m := range []string{first, second, third} {
		if w.look(t, "unit.ceo", m).Agenda != nil {
			t.Errorf("%s is still on the agenda", m)
		}
	}
	w.withoutTheKey(t, id, third)
	next := w.opened(t, "council.sec", "session", "")
	w.carry(t, next, act{who: "council.sec", action: "convene", facts: map[string]any{"package": "P1", "budget_rial": "50"}},
		act{who: "council.sec", action: "drop"})
	if w.look(t, "unit.ceo", third).Agenda != nil {
		t.Error("a dropped session keeps its members")
	}
}

// withoutTheKey is the negative control: the same answer under another key is not what the first one was, so a retry
// without the key would report a case as missed that was not. And nobody becomes a round by being called one.
func (w *world) withoutTheKey(t testing.TB, id, member string) {
	t.Helper()
	round := casework.Actor{Role: "round", Round: &casework.RoundRef{Case: id}}
	grants := casework.Grants{Province: w.Province}
	for want, actor := range map[string]casework.Actor{"casework.round_not_listed": round, "fault.not_found": {Role: "round", Person: "p-unit.ceo"}} {
		_, err := w.Engine.Act(t.Context(), casework.Caller{Actor: actor, Grants: grants}, casework.Command{Key: "again-" + want, Case: member, Action: "defer"})
		if f, ok := fault.As(err); !ok || f.Key != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestPointsAreBlindUntilAllAreIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.council(t)
	id := w.opened(t, "unit.ceo", "grant", w.unit)
	give := func(points string) map[string]any {
		return map[string]any{"quality.conflict": "no", "quality.plan": points}
	}
	w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: map[string]any{"package": "P1", "amount_rial": "5", "new_jobs": "4"}},
		act{who: "dir.expert", action: "score_it", facts: give("73")})
	if own := w.look(t, "dir.expert", id).Scores[0]; len(own.Scorings) != 1 || own.Given != 1 || own.Need != 2 {
		t.Errorf("one's own points: %+v", own)
	}
	if blind := w.look(t, "expert.2", id).Scores[0]; len(blind.Scorings) != 0 || blind.Mean != 0 {
		t.Errorf("another's points before all are in: %+v", blind)
	}
	if len(w.look(t, "unit.ceo", id).Scores) != 0 {
		t.Error("the applicant sees points")
	}
	if got := w.try(t, "dir.expert", casework.Command{Case: id, Action: "score_it", Facts: give("1")}); got != "casework.scored_before" {
		t.Errorf("scored twice: %q", got)
	}
	w.carry(t, id, act{who: "expert.2", action: "score_it", facts: give("75")})
	if seen := w.look(t, "expert.2", id).Scores[0]; len(seen.Scorings) != 2 || seen.Mean != 6050 {
		t.Errorf("after all are in: %+v", seen)
	}
}
