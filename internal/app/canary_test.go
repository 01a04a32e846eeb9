package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// canary is a word that stands in one place of a case, with who may read it there by the definition.
type canary struct {
	word string
	may  func(*procedure.Role) bool
}

func seesGroup(group string) func(*procedure.Role) bool {
	return func(r *procedure.Role) bool { return slices.Contains(r.Sees, "*") || slices.Contains(r.Sees, group) }
}

// planted opens a case with a canary in every group of facts, in both sorts of notes, in a document and in every letter,
// and carries it to the branch. changed are edits of the definition; who may read what is told by the one before them.
func planted(t testing.TB, w *world, changed ...string) (string, *procedure.Definition, []canary) {
	t.Helper()
	d, err := w.Defs.Current(t.Context(), "referral")
	must(t, err)
	var out []canary
	answers := w.request()
	for _, group := range groupsOf(d) {
		word := "zq-fact-" + group
		answers["canary."+group] = word
		out = append(out, canary{word, seesGroup(group)})
	}
	facts, page := canaryFacts(groupsOf(d))
	w.publishEdited(t, append([]string{"\nfacts:\n", "\nfacts:\n" + facts, firstPage, firstPage + page}, changed...)...)
	id := w.open(t)
	hash := w.upload(t, "unit.ceo", 77)
	if got := w.try(t, "unit.ceo", casework.Command{
		Case: id, Action: "submit", Facts: answers, Note: "zq-note-public", Files: []casework.FileRef{{Document: "D01", Hash: hash, Name: casework.Value{V: "zq-file.png"}}},
	}); got != "" {
		t.Fatalf("submit: %s", got)
	}
	w.carry(t, id,
		act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است"}},
		act{who: "dir.deputy", action: "approve"},
		act{who: "dir.deputy", action: "sign"})
	if got := w.try(t, "dir.expert", casework.Command{Case: id, Action: casework.NoteAction, Note: "zq-note-staff", NoteFor: "staff"}); got != "" {
		t.Fatalf("note: %s", got)
	}
	if got := w.try(t, "bank.branch", casework.Command{Case: id, Action: casework.NoteAction, Note: "zq-note-bank", NoteFor: "staff"}); got != "" {
		t.Fatalf("note of the bank: %s", got)
	}
	out = append(out,
		canary{"zq-note-bank", func(r *procedure.Role) bool {
			return r.ID == "bank.branch" || r.Side == "body" && r.Notes == "all"
		}},
		canary{"zq-note-public", func(r *procedure.Role) bool { return r.Notes == "public" || r.Notes == "all" }},
		canary{"zq-note-staff", func(r *procedure.Role) bool { return r.Notes == "all" }},
		canary{"zq-file", seesGroup("documents")}, canary{hash, seesGroup("documents")})
	for _, l := range w.look(t, "dir.dg", id).Letters {
		out = append(out, canary{l.Token, func(r *procedure.Role) bool {
			def := d.Letter(l.Code)
			return seesGroup(procedure.SeesLetters)(r) || r.Relation != "" && (def.To == r.Relation || slices.Contains(def.Copies, r.Relation))
		}})
	}
	return id, d, out
}

// firstPage is where the pages of the request's form begin.
const firstPage = "en: \"Request for referral to a bank\"}\n    pages:\n"

// canaryFacts gives a fact of each group, and the page of the request's form that asks for them all.
func canaryFacts(groups []string) (facts, page string) {
	page = "      - id: canary\n        title: {fa: \"نشان\", en: \"mark\"}\n        fields:\n"
	for _, group := range groups {
		facts += "  canary." + group + `: {type: text, title: {fa: "نشان", en: "mark"}, source: asked, group: ` + group + "}\n"
		page += "          - {fact: canary." + group + ", required: \"no\"}\n"
	}
	return facts, page
}

func groupsOf(d *procedure.Definition) []string {
	var out []string
	for _, f := range d.Facts {
		if f.Group != "" && !slices.Contains(out, f.Group) {
			out = append(out, f.Group)
		}
	}
	return out
}

// leaks reads every page and every API answer as each role, and tells which canaries stand where their role may not read
// them, and which a role that may read them finds nowhere.
func leaks(t testing.TB, w *world, id string, d *procedure.Definition, birds []canary) (leaked, lost []string) {
	t.Helper()
	_, routes, err := w.Handler()
	must(t, err)
	tokens := w.look(t, "dir.dg", id).Letters
	for _, role := range d.Roles {
		r := newReader(t, w, role.ID)
		r.t = t
		seen := map[string]bool{}
		read := func(path string) {
			status, text := r.get(path)
			for _, b := range birds {
				if status != http.StatusOK || !strings.Contains(text, b.word) {
					continue
				}
				if seen[b.word] = true; !b.may(role) {
					leaked = append(leaked, role.ID+" reads "+b.word+" at "+path)
				}
			}
		}
		for _, rt := range routes {
			if path := strings.NewReplacer("{id}", id, "{$}", "").Replace(rt.Pattern); rt.Method == http.MethodGet && !strings.Contains(path, "{") && path != "/static/" {
				read(path)
			}
		}
		for _, path := range []string{"/cases?v=open&q=RG", "/api/v1/cases?q=RG", "/search?q=RG", "/search?q=14", "/api/v1/search?q=14", "/cases/" + id + "/act/correct", "/cases/" + id + "/act/receive", "/cases/" + id + "/apply/canary"} {
			read(path)
		}
		for _, l := range tokens {
			status, _ := r.get("/letters/" + l.Token)
			i := slices.IndexFunc(birds, func(b canary) bool { return b.word == l.Token })
			if status == http.StatusOK && !birds[i].may(role) {
				leaked = append(leaked, role.ID+" opens letter "+l.Code)
			}
		}
		for _, b := range birds {
			if b.may(role) && !seen[b.word] {
				lost = append(lost, role.ID+" never reads "+b.word)
			}
		}
	}
	return leaked, lost
}

// What a role may read is the definition's to say: no page, answer, list or search gives it a word more.
func TestNoRoleReadsAWordMoreThanItsDefinitionLetsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, d, birds := planted(t, w)
	leaked, lost := leaks(t, w, id, d, birds)
	for _, l := range slices.Concat(leaked, lost) {
		t.Error(l)
	}
}

// The negative control: a role that is let see one group more is found out.
func TestTheCanariesFindARoleThatSeesTooMuch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, d, birds := planted(t, w, "sees: [identity, request, bank, letters_out]", "sees: [identity, request, bank, letters_out, finance]")
	leaked, _ := leaks(t, w, id, d, birds)
	if !slices.ContainsFunc(leaked, func(s string) bool { return strings.HasPrefix(s, "bank.head reads zq-fact-finance") }) {
		t.Errorf("bank.head was let see finance and nothing said so: %v", leaked)
	}
}
