package app_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"rahgosha/internal/app"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
	"rahgosha/procedures"
)

// publishEdited puts a later version of the referral in force, with words of its definition replaced.
func (w *world) publishEdited(t testing.TB, oldnew ...string) {
	t.Helper()
	folder := fstest.MapFS{}
	must(t, fs.WalkDir(procedures.Files, "referral", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(procedures.Files, path)
		folder[strings.TrimPrefix(path, "referral/")] = &fstest.MapFile{Data: raw}
		return err
	}))
	main := folder["procedure.yaml"]
	oldnew = append(oldnew, "version: \"1.0\"", "version: \"9.0\"", "\nletters:\n", "\nmigration: {from: [\"1.0\"], groups: {other: pin}}\n\nletters:\n")
	for i := 0; i < len(oldnew); i += 2 {
		if !bytes.Contains(main.Data, []byte(oldnew[i])) {
			t.Fatalf("the definition does not say %q", oldnew[i])
		}
		main.Data = bytes.Replace(main.Data, []byte(oldnew[i]), []byte(oldnew[i+1]), 1)
	}
	for name := range folder {
		if strings.HasPrefix(name, "examples/") {
			delete(folder, name)
		}
	}
	w.clock.Advance(1e9)
	if _, problems, err := w.Publish(t.Context(), folder, [2]string{"first", "second"}); err != nil {
		t.Fatalf("%v: %v", err, problems)
	}
}

func factOf(v *casework.View, name string) any {
	for _, f := range v.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

// Each letter of an act draws its own number, and none is left out.
func TestLettersOfOneActAreNumberedApartAndWithoutAGap(t *testing.T) {
	t.Parallel()
	numbersWithoutAGap(t, newWorld(t))
}

func numbersWithoutAGap(t testing.TB, w *world) {
	t.Helper()
	w.publishEdited(t, "- letter: L01\n", "- letter: L01\n      - letter: L01\n")
	var got []string
	for range 2 {
		id := w.open(t)
		w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()})
		for _, l := range w.look(t, "dir.expert", id).Letters {
			got = append(got, l.Number)
		}
	}
	if want := "1405/RES/1 1405/RES/2 1405/RES/3 1405/RES/4"; strings.Join(got, " ") != want {
		t.Errorf("numbers %v, want %s", got, want)
	}
	w.untouched(t)
}

// The public page finds a letter by its number as people read it off the paper, and by its token as it is; what was not
// issued it does not find.
func TestALetterIsVerifiedAsItIsTypedOffThePaper(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.submitted(t, w.request())
	l := w.look(t, "dir.expert", id).Letters[0]
	public := new(browser).of(t, w.App)
	for typed, status := range map[string]int{
		l.Number: http.StatusOK, l.Token: http.StatusOK, "۱۴۰۵/RES/۱": http.StatusOK, " 1405 / res / 1 ": http.StatusOK, "1405/RES/2": http.StatusNotFound,
	} {
		want(t, status, public.send(http.MethodGet, "/verify?q="+url.QueryEscape(typed), nil).Code, "verifying "+typed)
	}
}

// Kernel 9: what the chosen item does not say is unknown, whatever an item chosen before it said.
func TestAnotherPackageForgetsWhatTheFirstOneExempted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	money := int64(1)
	must(t, w.Registry.Upsert(t.Context(),
		registry.Item{Province: w.Province, Register: "package", ID: "P2", Source: "test", Balance: &money, Fields: map[string]any{
			"title": "معاف", "ceiling": int64(70_000_000_000), "min_own_share": int64(2000), "exempts_cheque": true, "exempts_debt": true, "open": true,
		}},
		registry.Item{Province: w.Province, Register: "package", ID: "P3", Source: "test", Balance: &money, Fields: map[string]any{
			"title": "ناقص", "ceiling": int64(70_000_000_000), "min_own_share": int64(2000), "exempts_debt": true, "open": true,
		}}))
	id := w.open(t)
	r := w.request()
	r["package"], r["cheque_colour"] = "P2", "R"
	w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: r},
		act{who: "dir.expert", action: "return_defects", facts: map[string]any{"defects": "بستهٔ دیگری بگیرید"}})
	if factOf(w.look(t, "dir.expert", id), "package.exempts_cheque") != true {
		t.Fatal("the first package exempts from the cheque condition; the case does not say so")
	}
	r = w.request()
	r["package"], r["cheque_colour"] = "P3", "R"
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: r})
	v := w.look(t, "dir.expert", id)
	if got := factOf(v, "package.exempts_cheque"); got != nil {
		t.Errorf("exempts_cheque %v, want unknown: the second package does not say", got)
	}
	if factOf(v, "package.exempts_debt") != true {
		t.Error("what the second package says is lost")
	}
	for _, c := range v.Conditions {
		if c.ID == "C7" && c.Is == "met" {
			t.Error("C7 is met by an exemption of a package that is not chosen")
		}
	}
	w.untouched(t)
}

// A case must not go to a branch that nobody is, nor stand in a package that was never made: whatever way the choice comes.
func TestAChoiceThatItsRegisterDoesNotHaveIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.open(t)
	for _, fact := range []string{"bank_branch", "package"} {
		r := w.request()
		r[fact] = "nowhere"
		for _, c := range []casework.Command{
			{Case: id, Action: casework.DraftAction, Facts: map[string]any{fact: "nowhere"}},
			{Case: id, Action: "submit", Facts: r},
		} {
			if got := w.try(t, "unit.ceo", c); got != "procedure.field.option" {
				t.Errorf("%s with an unknown %s: %q", c.Action, fact, got)
			}
		}
	}
	_, err := w.Engine.Act(t.Context(), w.as(t, "unit.ceo"), casework.Command{
		Key: app.NewID(), Action: casework.OpenAction, Procedure: "referral", Unit: w.unit, Facts: map[string]any{"bank_branch": "nowhere"},
	})
	if f, ok := fault.As(err); !ok || len(f.Details) != 1 || f.Details[0].Field != "bank_branch" {
		t.Errorf("opening with an unknown branch: %v", err)
	}
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()})
	if got := w.try(t, "dir.expert", correction(id, "bank_branch", "nowhere")); got != "procedure.field.option" {
		t.Errorf("correcting to an unknown branch: %q", got)
	}
	w.untouched(t)
}

// Role.Notes is the whole of what a role reads: the registry's office reads none, the unit those for everybody.
func TestNotesAreReadByWhomTheDefinitionNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.open(t)
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request(), note: "note-public"})
	for kind, text := range map[string]string{"all": "note-message", "staff": "note-staff"} {
		_, err := w.Engine.Act(t.Context(), w.as(t, "dir.expert"), casework.Command{
			Key: app.NewID(), Case: id, Action: casework.NoteAction, Note: text, NoteFor: kind,
		})
		must(t, err)
	}
	for login, want := range map[string]string{
		"dir.expert": "note-message note-public note-staff", "unit.ceo": "note-message note-public", "dir.registry": "",
	} {
		var got []string
		for _, text := range []string{"note-message", "note-public", "note-staff"} {
			for _, e := range w.look(t, login, id).Timeline {
				if e.Note == text {
					got = append(got, text)
				}
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s reads %q, want %q", login, got, want)
		}
	}
}

// Kernel 4: a decided refusal is stored; a replay says the same, in both languages.
func TestAReplayedRefusalReadsAsTheFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.open(t)
		r := w.request()
		r["consent_share_with_bank"] = "false"
		cmd := casework.Command{Key: "refused-1", Case: id, Action: "submit", Version: w.look(t, "unit.ceo", id).Version, Facts: r}
		told := func() string {
			_, err := w.Engine.Act(t.Context(), w.as(t, "unit.ceo"), cmd)
			f, ok := fault.As(err)
			if !ok || f.Kind != fault.Refused {
				t.Fatalf("%v, want a refusal", err)
			}
			out := locale.T(locale.FA, f.Key, f.Args) + locale.T(locale.EN, f.Key, f.Args) + f.Field
			for _, d := range f.Details {
				out += locale.T(locale.FA, d.Key, d.Args) + locale.T(locale.EN, d.Key, d.Args) + d.Field
			}
			return out
		}
		first := told()
		if again := told(); again != first {
			t.Errorf("first %q, again %q", first, again)
		}
	})
}

// raw sends a request and gives the answer's bytes as they came.
func (m *machine) raw(login, path, key, body string) (int, string, http.Header) {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodPost, m.url+path, strings.NewReader(body))
	must(m.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+m.token(login))
	req.Header.Set("Idempotency-Key", key)
	res, err := http.DefaultClient.Do(req)
	must(m.t, err)
	defer func() { must(m.t, res.Body.Close()) }()
	all, err := io.ReadAll(res.Body)
	must(m.t, err)
	return res.StatusCode, string(all), res.Header
}

// Kernel 4: the answer is stored with the key; a replay gives its bytes, though the case has gone on since.
func TestTheAPIRepeatsItsFirstAnswerByteForByte(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		m := newMachine(t, w)
		open := `{"procedure":"referral","unit":"` + w.unit + `"}`
		_, first, _ := m.raw("unit.ceo", "/cases", "open-key-1", open)
		id := first[strings.Index(first, `"id":"`)+6:]
		id = id[:strings.Index(id, `"`)]
		path := "/cases/" + id + "/actions/note"
		_, noted, head := m.raw("unit.ceo", path, "note-key-1", `{"version":0,"note":"یک"}`)
		if head.Get("Idempotency-Replayed") != "" {
			t.Error("the first answer says it is a replay")
		}
		w.clock.Advance(1e9)
		w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()})
		if status, again, head := m.raw("unit.ceo", "/cases", "open-key-1", open); status != http.StatusCreated || again != first || head.Get("Idempotency-Replayed") != "true" {
			t.Errorf("open again: %d, replayed %q, the same bytes: %v", status, head.Get("Idempotency-Replayed"), again == first)
		}
		if status, again, _ := m.raw("unit.ceo", path, "note-key-1", `{"version":0,"note":"یک"}`); status != http.StatusOK || again != noted {
			t.Errorf("note again: %d, the same bytes: %v", status, again == noted)
		}
	})
}

// Kernel 10: one smallest remedy, the same on the page and in the decision; taken together its parts pass all conditions.
func TestADecisionCarriesTheRemedyOfThePageAndItPassesAllConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.open(t)
	r := w.request()
	r["cheque_colour"], r["own_share_pct"], r["overdue_debt_rial"] = "R", "5%", "7000"
	w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: r},
		act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "فراهم نیست"}})
	page := map[string]string{}
	mended := w.request()
	var cites []string
	for _, c := range w.look(t, "dir.deputy", id).Conditions {
		for _, f := range c.Remedy {
			page[c.ID] += fmt.Sprint(f.Name, "=", f.Value, " ")
			mended[f.Name] = f.Value
		}
		if c.Is == "not_met" {
			cites = append(cites, c.ID)
		}
	}
	if len(page) < 3 {
		t.Fatalf("remedies %v, want one for each of three conditions", page)
	}
	w.carry(t, id, act{who: "dir.deputy", action: "refuse", cites: cites})
	decisions := w.look(t, "dir.deputy", id).Decisions
	got := map[string]string{}
	for _, c := range decisions[len(decisions)-1].Conditions {
		for _, name := range slices.Sorted(maps.Keys(c.Remedy)) {
			got[c.ID] += fmt.Sprint(name, "=", c.Remedy[name], " ")
		}
	}
	if !maps.Equal(got, page) {
		t.Errorf("the decision says %v, the page %v", got, page)
	}
	again := w.open(t)
	w.carry(t, again, act{who: "unit.ceo", action: "submit", facts: mended})
	for _, c := range w.look(t, "dir.deputy", again).Conditions {
		if c.Is == "not_met" {
			t.Errorf("%s is not met after the whole remedy", c.ID)
		}
	}
}
