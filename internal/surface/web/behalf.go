package web

import (
	"slices"

	"rahgosha/internal/kernel/casework"
)

// word is how somebody else's word reached the office: by what, and the document that shows it.
type word struct {
	source, evidence, name string
	files                  []casework.FileRef
}

// evidenceName is the question that takes the evidence, and the code it has in the entry.
const evidenceName = casework.EvidenceCode

// wordFrom reads whose word an act enters; a chosen file is stored first, so that no error elsewhere loses it.
func (v *visit) wordFrom() (word, error) {
	in := &typed{text: map[string]string{}, names: map[string]string{}}
	if err := parse(v.r); err != nil {
		return word{}, err
	}
	if err := v.take(in, evidenceName); err != nil {
		return word{}, err
	}
	if f := in.wrong[evidenceName]; f != nil {
		return word{}, f
	}
	w := word{source: v.r.PostForm.Get("behalf"), evidence: in.text[evidenceName], name: in.names[evidenceName], files: in.files}
	if w.evidence != "" && len(w.files) == 0 {
		w.files = []casework.FileRef{{Document: evidenceName, Hash: w.evidence, Name: casework.Value{V: w.name}}}
	}
	return w, nil
}

// onBehalf is whose word the act enters, nil for the visitor's own.
func onBehalf(a casework.ActionView, w word) *casework.OnBehalf {
	if !a.Behalf || !slices.Contains(casework.Sources(), w.source) {
		return nil
	}
	return &casework.OnBehalf{Role: a.For, Source: w.source, Evidence: w.evidence}
}

// behalfField asks how the word came.
func (v *visit) behalfField(a casework.ActionView, value, wrong string) Field {
	f := Field{ID: "behalf", Name: "behalf", Kind: "choice", Label: v.T("desk.behalf.label", "who", v.word("desk.role.", a.For)),
		Hint: v.T("desk.behalf.hint"), Required: true, Error: wrong}
	for _, s := range casework.Sources() {
		f.Options = append(f.Options, Option{Value: s, Label: v.T("desk.behalf." + s), Chosen: s == value})
	}
	return f
}

// behalf asks how the word came and for what shows it; nothing when the visitor acts for themselves.
func (v *visit) behalf(a casework.ActionView, x *sent) []Question {
	if !a.Behalf {
		return nil
	}
	wrong := x.errs["behalf"]
	if wrong == "" {
		wrong = x.errs["source"]
	}
	q := Question{Field: Field{ID: "evidence", Name: evidenceName, Kind: "file", Label: v.T("desk.behalf.evidence"), Hint: v.T("desk.behalf.evidence.hint"),
		Error: x.errs[evidenceName], MaxBytes: maxUpload, Accept: ".pdf,.jpg,.jpeg,.png"}}
	if x.word.evidence != "" {
		q.Held = &Held{Hash: x.word.evidence, Name: x.word.name}
	}
	return []Question{{Field: v.behalfField(a, x.word.source, wrong)}, q}
}

// callNote asks what was said, where the page has no note of its own.
func (v *visit) callNote(x *sent) Question {
	return Question{Field: Field{ID: "note", Name: "note", Kind: "area", Label: v.T("desk.behalf.note"), Value: x.note, Error: x.errs["note"], Optional: v.T("desk.optional")}}
}

func wrongQuestions(qs []Question) []FieldError {
	var out []FieldError
	for _, q := range qs {
		out = append(out, Wrong([]Field{q.Field})...)
	}
	return out
}
