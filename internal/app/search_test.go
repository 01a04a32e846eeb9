package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/casework"
)

// finder searches as an account.
type finder func(t testing.TB, login, typed string) casework.Found

func (w *world) finder(ofAnother string) finder {
	return func(t testing.TB, login, typed string) casework.Found {
		t.Helper()
		token, p, err := w.Party.SignIn(t.Context(), login, password, "", "127.0.0.1")
		if err != nil || token == "" {
			t.Fatal(err)
		}
		if ofAnother != "" && p.Body != "" {
			p.Body = ofAnother
		}
		found, err := w.Engine.Find(t.Context(), casework.CallerOf(p), typed, 8)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
}

// ownAlone is the law of search: by the number of a case, by that of its letter, by a part of either or by its unit's name,
// the case's own branch finds it, and another branch finds neither the case nor a letter of it.
func ownAlone(t testing.TB, find finder, number, letter string) {
	t.Helper()
	for _, typed := range []string{number, strings.ToLower(text.PersianDigits(number)), letter, text.PersianDigits(letter), "سپيدتار", "نساجی سپید", number[3:], letter[5:]} {
		if f := find(t, "bank.branch", typed); len(f.Cases)+len(f.Letters) == 0 {
			t.Errorf("the case's branch searches %q and finds nothing", typed)
		}
		if f := find(t, "bank.branch.2", typed); len(f.Cases)+len(f.Letters) > 0 {
			t.Errorf("another branch searches %q and finds what is not its own: %+v", typed, f)
		}
	}
}

func TestASearchFindsWhatItsReaderMaySeeAndNothingElse(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.toBranch(t)
		v := w.look(t, "bank.branch", id)
		number, letter := v.Number, v.Letters[0].Number
		ownAlone(t, w.finder(""), number, letter)
		control.Finds(t, "finds what is not its own", func(t testing.TB) { ownAlone(t, w.finder("branch-1"), number, letter) })

		find := w.finder("")
		if f := find(t, "dir.expert", number); !f.Exact || len(f.Cases) != 1 || f.Cases[0].ID != id {
			t.Errorf("the exact number of a case gives %+v", f)
		}
		if f := find(t, "dir.expert", v.Letters[0].Token); !f.Exact || len(f.Letters) != 1 || f.Letters[0].Number != letter {
			t.Errorf("the code of a letter gives %+v", f)
		}
		for _, typed := range []string{"", " ", "%", "_", "\x00", "\xff", `\`, "' OR 1=1 --", "نیست‌اینجا"} {
			if f := find(t, "dir.expert", typed); len(f.Cases)+len(f.Letters) > 0 {
				t.Errorf("%q finds %+v", typed, f)
			}
		}
	})
}

// The letters that a role does not see of a case it sees are not found either: the defects that the unit was told of are
// none of the branch's business.
func TestASearchFindsNoLetterThatIsNotItsReaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	sees := map[string]bool{}
	for _, l := range w.look(t, "bank.branch", id).Letters {
		sees[l.Number] = true
	}
	hidden := 0
	for _, l := range w.look(t, "dir.expert", id).Letters {
		f := w.finder("")(t, "bank.branch", l.Number)
		if found := len(f.Letters) > 0; found != sees[l.Number] {
			t.Errorf("letter %s %s: found %v, seen in the case %v", l.Code, l.Number, found, sees[l.Number])
		}
		if !sees[l.Number] {
			hidden++
		}
	}
	if hidden == 0 {
		t.Error("the branch sees every letter of the case: this shows nothing")
	}
}

// The page groups what it finds, leads an exact number straight to its case or letter, and says so when nothing is found.
func TestTheSearchPageLeadsToWhatItFinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	v := w.look(t, "dir.expert", id)
	expert := enter(t, w.App, "dir.expert", password)
	ask := func(q string) (int, string, string) {
		got := expert.send(http.MethodGet, "/search?q="+url.QueryEscape(q), nil)
		return got.Code, got.Header().Get("Location"), got.Body.String()
	}
	if code, to, _ := ask(v.Number); code != http.StatusSeeOther || to != "/cases/"+id {
		t.Errorf("a case's number: %d to %q", code, to)
	}
	if code, to, _ := ask(text.PersianDigits(v.Letters[0].Number)); code != http.StatusSeeOther || to != "/letters/"+v.Letters[0].Token {
		t.Errorf("a letter's number: %d to %q", code, to)
	}
	if code, _, page := ask("سپیدتار"); code != http.StatusOK || !strings.Contains(page, `href="/cases/`+id) || !strings.Contains(page, `href="/units/`+w.unit) {
		t.Errorf("a unit's name: %d %s", code, page)
	}
	if _, _, page := ask("Calendar"); strings.Contains(page, `href="/admin/calendar"`) && strings.Contains(page, "found-pages") {
		t.Error("the expert finds a page that is not theirs")
	}
	if _, _, page := ask("referral"); !strings.Contains(page, `href="/procedures/referral"`) {
		t.Error("the procedure is not found by its title")
	}
	if code, _, page := ask("nothing like it"); code != http.StatusOK || !strings.Contains(page, "Nothing that you may see") {
		t.Errorf("nothing found: %d %s", code, page)
	}
	if code, _, _ := ask(strings.Repeat("ب", 300)); code != http.StatusUnprocessableEntity {
		t.Errorf("a text without end: %d", code)
	}
}

func TestTheSearchOfTheAPIAsksTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := newMachine(t, w)
	v := w.look(t, "dir.expert", w.toBranch(t))
	count := func(login, q string) (cases, letters, units int) {
		status, out := m.call(login, http.MethodGet, "/search?q="+url.QueryEscape(q), "", nil)
		got := m.want(http.StatusOK, status, out, "search")
		list := func(name string) int { l, _ := got[name].([]any); return len(l) }
		return list("cases"), list("letters"), list("units")
	}
	if c, l, u := count("dir.expert", "سپیدتار"); c != 1 || l != 0 || u != 1 {
		t.Errorf("the expert finds %d cases, %d letters, %d units", c, l, u)
	}
	if c, l, u := count("bank.branch", "سپیدتار"); c != 1 || l != 0 || u != 0 {
		t.Errorf("the branch finds %d cases, %d letters, %d units", c, l, u)
	}
	if c, l, u := count("bank.branch.2", v.Number); c+l+u != 0 {
		t.Errorf("another branch finds %d cases, %d letters, %d units", c, l, u)
	}
	status, out := m.call("dir.expert", http.MethodGet, "/search", "", nil)
	m.want(http.StatusUnprocessableEntity, status, out, "a search for nothing")
}
