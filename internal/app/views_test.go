package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/store"
)

func (w *world) principal(t testing.TB, login string) access.Principal {
	t.Helper()
	_, p, err := w.Party.SignIn(t.Context(), login, password, "", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Views are their owner's: another officer sees those that the head shared with their office, and another body none; who may
// not share does not, and nobody changes the view of another.
func TestAViewIsSeenByItsOwnerAndASharedOneByItsBody(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		keep := func(login, name string, shared bool) (string, error) {
			w.clock.Advance(time.Second) // the oldest comes first
			return w.Engine.KeepView(t.Context(), w.principal(t, login), casework.SavedView{Name: name, Ask: "v=open&q=zq-" + name, Shared: shared})
		}
		own, err := keep("dir.expert", "own", false)
		must(t, err)
		shared, err := keep("dir.head", "office", true)
		must(t, err)
		_, err = keep("bank.head", "bank", true)
		must(t, err)
		sees := func(login string) func(testing.TB) {
			return func(t testing.TB) {
				views, err := w.Engine.Views(t.Context(), w.principal(t, login))
				if err != nil {
					t.Fatal(err)
				}
				var names []string
				for _, v := range views {
					names = append(names, fmt.Sprint(v.Name, " ", v.Mine))
				}
				if got, want := strings.Join(names, ", "), map[string]string{
					"dir.expert": "own true, office false", "dir.head": "office true", "dir.registry": "office false", "bank.head": "bank true",
				}[login]; got != want {
					t.Errorf("%s sees the views %q, want %q", login, got, want)
				}
			}
		}
		for _, login := range []string{"dir.expert", "dir.head", "dir.registry", "bank.head", "bank.branch", "unit.ceo"} {
			sees(login)(t)
		}
		if _, err := keep("dir.expert", "mine for all", true); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an expert shares: %v", err)
		}
		for _, name := range []string{"Own", "office", " ", strings.Repeat("ن", 41)} {
			if _, err := keep("dir.expert", name, false); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
				t.Errorf("a view called %q: %v", name, err)
			}
		}
		expert, registry := w.principal(t, "dir.expert"), w.principal(t, "dir.registry")
		for what, err := range map[string]error{
			"renames a shared one": w.Engine.RenameView(t.Context(), expert, shared, "x"), "removes a shared one": w.Engine.RemoveView(t.Context(), expert, shared),
			"removes a colleague's": w.Engine.RemoveView(t.Context(), registry, own), "begins with a colleague's": w.Engine.BeginWithView(t.Context(), registry, own),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("who may not %s: %v", what, err)
			}
		}
		// The negative control: a colleague's view that were kept as shared with the office would be seen.
		must(t, w.Engine.RemoveView(t.Context(), expert, own))
		w.share(t, own, expert)
		control.Finds(t, "dir.registry sees the views", sees("dir.registry"))
	})
}

// share keeps a view as if its owner could share it.
func (w *world) share(t *testing.T, id string, p access.Principal) {
	t.Helper()
	p.Role = "dir.head"
	_, err := w.Engine.KeepView(t.Context(), p, casework.SavedView{Name: "planted", Ask: "v=open", Shared: true})
	must(t, err)
	if id == "" {
		t.Fatal("no view")
	}
}

// A view is kept, opened, made the first, renamed and removed on the pages; what it searches for stands in no table in clear.
func TestAViewIsKeptAndOpenedOnThePages(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.submitted(t, w.request())
		expert := enter(t, w.App, "dir.expert", password)
		page := func(path string) string {
			t.Helper()
			got := expert.send(http.MethodGet, path, nil)
			if got.Code != http.StatusOK {
				t.Fatalf("%s: %d to %q", path, got.Code, got.Header().Get("Location"))
			}
			return got.Body.String()
		}
		do := func(path string, form url.Values, want int) string {
			t.Helper()
			got := expert.send(http.MethodPost, path, form)
			if got.Code != want {
				t.Fatalf("%s %v: %d %s", path, form, got.Code, got.Body)
			}
			return got.Header().Get("Location") + got.Body.String()
		}
		const ask = "county=&junk=1&q=سپیدتار&v=open&after=x"
		if got := page("/views?ask=" + url.QueryEscape(ask)); !strings.Contains(got, `name="ask" value="v=open&amp;w=`) || !strings.Contains(got, ": سپیدتار") {
			t.Errorf("the form does not say what is kept: %s", got)
		}
		if got := do("/views", url.Values{"ask": {ask}, "name": {" "}}, http.StatusUnprocessableEntity); !strings.Contains(got, `id="name-error"`) || !strings.Contains(got, `name="ask" value="v=open&amp;w=`) {
			t.Errorf("a view without a name loses the question: %s", got)
		}
		to := do("/views", url.Values{"ask": {ask}, "name": {"سپیدتارها"}}, http.StatusSeeOther)
		if want := "/cases?v=open&w="; !strings.HasPrefix(to, want) {
			t.Fatalf("kept, and led to %q", to)
		}
		if got := page(to); !strings.Contains(got, `aria-current="page">سپیدتارها <span class="count">1</span>`) {
			t.Errorf("the view is no tab, or counts nothing: %s", got)
		}
		views, err := w.Engine.Views(t.Context(), w.principal(t, "dir.expert"))
		must(t, err)
		if want := "q=" + url.QueryEscape("سپیدتار") + "&v=open"; views[0].Ask != want {
			t.Errorf("what is kept for all who may open it is %q", views[0].Ask)
		}
		at := "/views/" + views[0].ID
		do(at, url.Values{"do": {"first"}}, http.StatusSeeOther)
		if got := expert.send(http.MethodGet, "/cases", nil).Header().Get("Location"); !strings.HasPrefix(got, "/cases?v=open&w=") {
			t.Errorf("the queue begins with %q", got)
		}
		page("/cases?v=mine")
		do(at, url.Values{"do": {"rename"}, "name": {"دیگر"}}, http.StatusSeeOther)
		if got := page("/views"); !strings.Contains(got, "دیگر") || !strings.Contains(got, "first view") {
			t.Errorf("renamed: %s", got)
		}
		w.sealed(t)
		do(at, url.Values{"do": {"remove"}}, http.StatusSeeOther)
		if page("/cases"); strings.Contains(page("/views"), "دیگر") {
			t.Error("removed, it is still there")
		}
		if got := expert.send(http.MethodPost, "/views/"+app.NewID(), url.Values{"do": {"remove"}}).Code; got != http.StatusNotFound {
			t.Errorf("a view that is not there: %d", got)
		}
	})
}

// sealed holds that the kept views have their words sealed.
func (w *world) sealed(t *testing.T) {
	t.Helper()
	views, err := w.stored(t)
	must(t, err)
	if len(views) == 0 {
		t.Error("no view is stored: this shows nothing")
	}
	for _, v := range views {
		if strings.Contains(string(v.Sealed), "سپیدتار") || strings.Contains(string(v.Sealed), "دیگر") {
			t.Errorf("a view's words stand in clear: %s", v.Sealed)
		}
	}
}

func (w *world) stored(t *testing.T) (out []casework.StoredView, err error) {
	t.Helper()
	p := w.principal(t, "dir.expert")
	err = w.Store.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		out, err = tx.ViewsOf(ctx, p.Province, p.Membership, p.Body)
		return err
	})
	return out, err
}
