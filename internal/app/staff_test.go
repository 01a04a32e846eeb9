package app_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"rahgosha/internal/kernel/party"
	"rahgosha/internal/store"
)

// office adds an administrator and gives the administrator's browser.
func (w *world) office(t testing.TB) *browser {
	t.Helper()
	must(t, w.Party.Add(t.Context(), party.Roster{
		Bodies:      []party.Body{{ID: "operator", Province: w.Province, Kind: "other", Name: name("راهبری")}},
		Persons:     []party.Person{{ID: "p-admin", Name: "راهبر آزمون"}},
		Memberships: []party.Membership{{ID: "m-admin", Person: "p-admin", Role: "admin", Body: "operator", Document: "حکم", From: "2024-01-01"}},
		Accounts:    []party.Account{{Person: "p-admin", Login: "admin", Password: password}},
	}))
	return enter(t, w.App, "admin", password)
}

var printedPassword = regexp.MustCompile(`[0-9A-Z]{5}(-[0-9A-Z]{5}){3}`)

func hired() url.Values {
	return url.Values{"name": {"مینا آزمون"}, "national_code": {"9705430713"}, "login": {"mina"}, "role": {"dir.expert"}, "body": {"dir"},
		"document": {"حکم ۷"}, "from": {"1405/02/01"}, "to": {"1405/12/29"}}
}

// An administrator enters a person; the printed password opens one session only after the person chose their own; a
// reissue kills it and what was chosen; an ended term ends the session. Each act stands in the person's chain.
func TestAPersonIsEnteredReissuedAndEnded(t *testing.T) {
	t.Parallel()
	enteredAndEnded(t, newWorld(t))
}

func enteredAndEnded(t testing.TB, w *world) {
	t.Helper()
	admin := w.office(t)
	page := admin.send(http.MethodPost, "/admin/users", hired())
	once := printedPassword.FindString(page.Body.String())
	if page.Code != http.StatusOK || once == "" {
		t.Fatalf("entering: %d %s", page.Code, page.Body)
	}
	const own = "four green kettles 9"
	mina := w.firstSignIn(t, once, own)
	person := w.personOf(t, "9705430713")
	again := admin.send(http.MethodPost, "/admin/users/"+person+"/reissue", url.Values{})
	if got := mina.send(http.MethodGet, "/desk", nil); got.Code == http.StatusOK {
		t.Error("a session outlived the reissue of its credentials")
	}
	if got := mina.send(http.MethodPost, "/sign-in", url.Values{"login": {"mina"}, "password": {own}}); got.Code == http.StatusSeeOther {
		t.Error("the old password still opens")
	}
	mina = w.firstSignIn(t, printedPassword.FindString(again.Body.String()), own+" x")
	term := regexp.MustCompile(`name="membership" value="([^"]+)"`).FindStringSubmatch(admin.send(http.MethodGet, "/admin/users/"+person, nil).Body.String())
	if got := admin.send(http.MethodPost, "/admin/users/"+person+"/end", url.Values{"membership": {html.UnescapeString(term[1])}}); got.Code != http.StatusSeeOther {
		t.Fatalf("ending: %d", got.Code)
	}
	if got := mina.send(http.MethodGet, "/desk", nil); got.Code == http.StatusOK && strings.Contains(got.Body.String(), "expert") {
		t.Error("an ended term still acts")
	}
	w.settle(t.Context(), t)
	if got, want := w.kindsIn(t, "person:"+person), "people.appointed people.reissued people.ended"; got != want {
		t.Errorf("the journal holds %q, want %q", got, want)
	}
}

func (w *world) firstSignIn(t testing.TB, once, own string) *browser {
	t.Helper()
	h, _, err := w.Handler()
	must(t, err)
	b := &browser{t: t, h: h}
	if got := b.send(http.MethodPost, "/sign-in", url.Values{"login": {"mina"}, "password": {once}}); got.Code != http.StatusUnauthorized || !strings.Contains(got.Body.String(), `name="again"`) {
		t.Fatalf("a printed password is answered with %d", got.Code)
	}
	form := url.Values{"login": {"mina"}, "password": {once}, "new": {own}, "again": {own}}
	if got := b.send(http.MethodPost, "/sign-in", form); got.Code != http.StatusSeeOther {
		t.Fatalf("choosing a password: %d %s", got.Code, got.Body)
	}
	return b
}

func (w *world) personOf(t testing.TB, national string) string {
	t.Helper()
	id, err := w.Party.FindPerson(t.Context(), national)
	must(t, err)
	return id
}

func (w *world) kindsIn(t testing.TB, chain string) string {
	t.Helper()
	var kinds []string
	must(t, w.Store.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		entries, err := tx.CaseEntries(ctx, w.Province, chain)
		for _, e := range entries {
			kinds = append(kinds, e.Leaf.Kind)
		}
		return err
	}))
	return strings.Join(kinds, " ")
}

// Somebody registers the code of an officer to be, and holds no office when the administrator enters it: the page says what
// became of their account, and prints a password. Who serves already keeps theirs, and is refused under another name.
func TestARegisteredCodeHoldsNoOffice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin, stranger := w.office(t), w.visitor(t)
	want(t, http.StatusOK, stranger.send(http.MethodPost, "/register", newcomer("9705430713")).Code, "registering")
	before := url.Values{"login": {"9705430713"}, "password": {ownPassword}}
	want(t, http.StatusSeeOther, stranger.send(http.MethodPost, "/sign-in", before).Code, "signing in before")
	form := hired()
	form.Set("role", "dir.dg")
	page := admin.send(http.MethodPost, "/admin/users", form)
	once := printedPassword.FindString(page.Body.String())
	if page.Code != http.StatusOK || once == "" || !strings.Contains(page.Body.String(), "It is theirs no longer") {
		t.Fatalf("entering a code that is known: %d %s", page.Code, page.Body)
	}
	want(t, http.StatusUnauthorized, stranger.send(http.MethodGet, "/desk", nil).Code, "the session of before")
	for _, login := range []string{"9705430713", "mina"} {
		before.Set("login", login)
		want(t, http.StatusUnauthorized, stranger.send(http.MethodPost, "/sign-in", before).Code, "the password of before at "+login)
	}
	w.firstSignIn(t, once, "four green kettles 9")
	again := admin.send(http.MethodPost, "/admin/users", form)
	if again.Code != http.StatusSeeOther || !strings.HasSuffix(again.Header().Get("Location"), "?said=known_person") {
		t.Errorf("another role for who serves: %d", again.Code)
	}
	form.Set("name", "کسی دیگر")
	if got := admin.send(http.MethodPost, "/admin/users", form); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), `id="name-error"`) {
		t.Errorf("who serves, under another name: %d", got.Code)
	}
}

// What a form got wrong stands beside its field; nobody raises themself; who only reads users changes none; and others
// find no page at all.
func TestWhoMayChangeUsers(t *testing.T) {
	t.Parallel()
	adminsChangeUsers(t, newWorld(t))
}

func adminsChangeUsers(t testing.TB, w *world) {
	t.Helper()
	admin := w.office(t)
	for field, value := range map[string]string{"national_code": "1234567890", "from": "yesterday", "role": "unit.ceo", "body": "nowhere", "login": "", "document": ""} {
		form := hired()
		form.Set(field, value)
		if got := admin.send(http.MethodPost, "/admin/users", form); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), `id="`+field+`-error"`) {
			t.Errorf("%s = %q: %d", field, value, got.Code)
		}
	}
	if got := admin.send(http.MethodPost, "/admin/users/p-admin/terms", hired()); got.Code != http.StatusForbidden {
		t.Errorf("an administrator appoints themself: %d", got.Code)
	}
	if got := admin.send(http.MethodPost, "/admin/users/p-admin/end", url.Values{"membership": {"m-admin"}}); got.Code != http.StatusForbidden {
		t.Errorf("an administrator ends their own term: %d", got.Code)
	}
	auditor := enter(t, w.App, "auditor", password)
	if got := auditor.send(http.MethodGet, "/admin/users?q=expert", nil); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "/admin/users/p-dir.expert") || strings.Contains(got.Body.String(), "p-bank.head") {
		t.Errorf("the auditor searches users: %d", got.Code)
	}
	if got := auditor.send(http.MethodPost, "/admin/users", hired()); got.Code != http.StatusForbidden {
		t.Errorf("the auditor enters a user: %d", got.Code)
	}
	for _, login := range []string{"dir.expert", "unit.ceo", "bank.head"} {
		if got := enter(t, w.App, login, password).send(http.MethodGet, "/admin/users", nil); got.Code != http.StatusForbidden {
			t.Errorf("%s sees users: %d", login, got.Code)
		}
	}
}
