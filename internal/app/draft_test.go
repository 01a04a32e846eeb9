package app_test

import (
	"context"
	"slices"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// A request at one bank stays that bank's until the form for another branch is sent: a draft of that form changes nothing,
// neither to another branch nor to none. What no bank or money rests on is drafted as ever.
func TestADraftTakesNoRequestFromTheBankThatWorksOnIt(t *testing.T) {
	onBoth(t, func(t testing.TB, w *world) { draftsBindNobody(t, w, asPublished) })
}

// The control: where nothing is known to rest on a fact, a draft takes the request to another branch.
func TestADraftOfWhatNothingRestsOnIsKept(t *testing.T) {
	t.Parallel()
	control.Finds(t, "want it refused at its field", func(t testing.TB) { draftsBindNobody(t, newWorld(t), restless) })
}

// asPublished leaves the definitions as they are.
func asPublished(d casework.Definitions) casework.Definitions { return d }

// restless gives definitions in which no act binds anybody, draws money or has a ceiling: nothing rests on any fact.
func restless(d casework.Definitions) casework.Definitions { return unbound{d} }

type unbound struct{ casework.Definitions }

func (u unbound) ByHash(ctx context.Context, hash string) (*procedure.Definition, error) {
	d, err := u.Definitions.ByHash(ctx, hash)
	if err != nil {
		return nil, err
	}
	out := *d
	out.Actions = slices.Clone(d.Actions)
	for i, a := range out.Actions {
		free := *a
		free.Ceiling = ""
		free.Effects = slices.DeleteFunc(slices.Clone(a.Effects), func(e *procedure.Effect) bool {
			return slices.Contains([]string{"bind", "open", "reserve", "release"}, e.Kind)
		})
		out.Actions[i] = &free
	}
	return &out, nil
}

func draftsBindNobody(t testing.TB, w *world, defs func(casework.Definitions) casework.Definitions) {
	id := w.toBranch(t)
	w.carry(t, id,
		act{who: "bank.branch", action: "receive", facts: map[string]any{"bank_file_no": "77"}},
		act{who: "bank.branch", action: "start_assessment"},
	)
	w.Engine.Defs = defs(w.Engine.Defs)
	version := w.look(t, "unit.ceo", id).Version
	for _, branch := range []any{"branch-2", "", nil} {
		_, err := w.Engine.Act(t.Context(), w.as(t, "unit.ceo"), casework.Command{
			Key: app.NewID(), Case: id, Action: casework.DraftAction, Version: version, Facts: map[string]any{"bank_branch": branch, "info_question": "کی؟"},
		})
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid || len(f.Details) != 1 || f.Details[0].Key != "casework.draft_send" || f.Details[0].Field != "bank_branch" {
			t.Errorf("a draft of branch %v came to %v, want it refused at its field", branch, err)
		}
		v := w.look(t, "dir.dg", id)
		if v.Version != version || factOf(v, "bank_branch") != "branch-1" || factOf(v, "info_question") != nil {
			t.Errorf("of a refused draft the case kept version %d, branch %v, question %v", v.Version, factOf(v, "bank_branch"), factOf(v, "info_question"))
		}
	}
	kept := map[string]any{"bank_branch": "branch-1", "info_question": "کی؟"}
	if got := w.try(t, "unit.ceo", casework.Command{Case: id, Action: casework.DraftAction, Facts: kept}); got != "" {
		t.Errorf("a draft that leaves the branch as it is: %s", got)
	}
	sent := casework.Command{Case: id, Action: "change_branch", Reason: "W02", Facts: map[string]any{"bank_branch": "branch-2"}}
	if got := w.try(t, "unit.ceo", sent); got != "" {
		t.Fatalf("the form itself: %s", got)
	}
	if v := w.look(t, "dir.dg", id); v.Stage.ID != "signing" || factOf(v, "bank_branch") != "branch-2" {
		t.Errorf("after the form the case stands in %s with %v", v.Stage.ID, factOf(v, "bank_branch"))
	}
	w.untouched(t)
}

// A request that was returned for completion is asked anew as a whole, and may be drafted as a whole.
func TestAReturnedRequestIsDraftedAsAWhole(t *testing.T) { onBoth(t, draftedAsAWhole) }

func draftedAsAWhole(t testing.TB, w *world) {
	id := w.open(t)
	w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: w.request()},
		act{who: "dir.expert", action: "return_defects", facts: map[string]any{"defects": "شعبه نادرست است"}},
	)
	r := map[string]any{"bank_branch": "branch-2", "amount_rial": "19000000000", "package": "P1"}
	if got := w.try(t, "unit.ceo", casework.Command{Case: id, Action: casework.DraftAction, Facts: r}); got != "" {
		t.Errorf("a draft of the request in completion: %s", got)
	}
	if v := w.look(t, "dir.dg", id); factOf(v, "bank_branch") != "branch-2" || factOf(v, "amount_rial") != int64(19_000_000_000) {
		t.Errorf("the draft kept %v and %v", factOf(v, "bank_branch"), factOf(v, "amount_rial"))
	}
	w.untouched(t)
}
