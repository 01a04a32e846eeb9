package app_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/store"
)

// Whoever registers types a name and a national code, and whoever claims a unit may withdraw the claim: neither makes anything theirs of
// what is held of the owner with that code or of that unit, to take home or to have erased.
func TestAStrangersWordGetsNothingOfOthers(t *testing.T) {
	onBoth(t, func(t testing.TB, w *world) { strangersWord(t, w, nil, nil) })
}

func TestAStrangerWhoGetsSomethingIsFound(t *testing.T) {
	t.Parallel()
	for words, plant := range map[string]func(testing.TB, *world, string){
		"theirs: town": func(t testing.TB, w *world, _ string) {
			triggers("UPDATE unit_claim SET state = 'verified' WHERE unit = (SELECT unit FROM unit_claim WHERE person = 'p-leaver') AND person <> 'p-leaver'")(t, w)
		},
		"the owner's": func(t testing.TB, w *world, stranger string) { // an officer saw who they are
			verified(t, w, stranger, w.unit, "unit.rep")
		},
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			control.Finds(t, words, func(t testing.TB) { strangersWord(t, newWorld(t), plant, nil) })
		})
	}
	t.Run("erased", func(t *testing.T) {
		t.Parallel()
		control.Finds(t, "goes with a stranger", func(t testing.TB) {
			strangersWord(t, newWorld(t), nil, func(t testing.TB, w *world, stranger string) { verified(t, w, stranger, w.unit, "unit.rep") })
		})
	})
}

// verified gives a person the word for a unit, by an officer who saw their papers.
func verified(t testing.TB, w *world, person, unit, post string) registry.Claim {
	t.Helper()
	ref, err := w.Document.Put(t.Context(), w.Province, person, "papers.txt", strings.NewReader(person+post))
	must(t, err)
	c, err := w.Registry.MakeClaim(t.Context(), registry.Claim{Province: w.Province, Unit: unit, Person: person, Post: post, Evidence: ref.Hash})
	must(t, err)
	_, err = w.Registry.DecideClaim(t.Context(), w.expert(), registry.ClaimStep{ID: c.ID, State: registry.ClaimVerified})
	must(t, err)
	return c
}

// owners are the marks of a workshop whose owner has no account.
var owners = map[string]string{"شقایق": "the owner's name", "sq-address": "the owner's address", "09351112233": "the owner's mobile", "کارگاه شقایق": "the owner's workshop"}

func strangersWord(t testing.TB, w *world, before, weighing func(t testing.TB, w *world, stranger string)) {
	t.Helper()
	const code, own = "9705430721", "سه کلاغ روی بام خیس"
	ctx := context.WithoutCancel(t.Context())
	s := leaver(t, w)
	_, err := w.Registry.Create(ctx, registry.Draft{Province: w.Province, Values: map[string]any{"name": "کارگاه شقایق", "kind": "home", "county": "کرج",
		"status": "active", "owner_nc": code, "owner_name": "شقایق", "mobile": "09351112233", "address": "sq-address"}, Provenance: registry.Provenance{Source: "sample"}})
	must(t, err)
	enter(t, w.App, "auditor", password).send(http.MethodGet, "/search?q="+url.QueryEscape(code), nil)

	must(t, w.Party.Register(ctx, party.Registration{Name: "رهگذر ناشناس", NationalCode: code, Mobile: "09121111111", Password: own}, "192.0.2.7"))
	token, who, err := w.Party.SignIn(ctx, code, own, "", "local")
	must(t, err)
	must(t, w.Party.SignOut(ctx, token))
	ref, err := w.Document.Put(ctx, w.Province, who.Person, "claim.txt", strings.NewReader("anything"))
	must(t, err)
	c, err := w.Registry.MakeClaim(ctx, registry.Claim{Province: w.Province, Unit: s.unit, Person: who.Person, Post: "unit.rep", Evidence: ref.Hash})
	must(t, err)
	token, who, err = w.Party.SignIn(ctx, code, own, "", "local") // with the post that the claim gives
	must(t, err)
	must(t, w.Party.SignOut(ctx, token))
	draft, err := w.Engine.Act(ctx, casework.CallerOf(who), casework.Command{Key: "open-" + app.NewID(), Procedure: "referral", Unit: s.unit})
	must(t, err)
	_, err = w.Registry.WithdrawClaim(ctx, access.Principal{Person: who.Person, Province: w.Province}, c.ID, "پشیمان شدم")
	must(t, err)
	w.settle(ctx, t)
	if before != nil {
		before(t, w, who.Person)
	}

	files := unzipped(t, enter(t, w.App, code, own).send(http.MethodGet, "/api/v1/person", nil).Body.Bytes())
	all, d := strings.Join(values(files), "\n"), dossierIn(t, files)
	delete(s.words, "زکواحد") // whoever claims a unit names it
	for _, marks := range []map[string]string{s.words, owners} {
		for _, mark := range slices.Sorted(maps.Keys(marks)) {
			if strings.Contains(all, mark) {
				t.Errorf("theirs: %s (%s) is given to a stranger", marks[mark], mark)
			}
		}
	}
	for _, id := range s.cases {
		if strings.Contains(all, id) {
			t.Errorf("theirs: the case %s is given to a stranger", id)
		}
	}
	for _, l := range d.Looked {
		if l.Kind == store.KindRead {
			t.Errorf("a stranger is told that somebody searched for the code they typed: %v", l)
		}
	}
	if len(d.Cases) != 1 || d.Cases[0].ID != draft.Case || !d.Cases[0].Own {
		t.Errorf("of the cases the one that they drafted is theirs: %+v", d.Cases)
	}

	if weighing != nil {
		weighing(t, w, who.Person)
	}
	p, err := w.Privacy.Preview(ctx, officer(w, "p-dir.dg", "dir.dg"), who.Person)
	must(t, err)
	if len(p.What.Units) > 0 {
		t.Errorf("%v goes with a stranger", p.Units)
	}
	for _, id := range s.cases {
		if slices.Contains(p.What.Cases, id) {
			t.Errorf("the case %s goes with a stranger", id)
		}
	}
}
