package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/document"
	"rahgosha/internal/surface/httpkit"
)

// Files keeps documents by content. Put refuses what is no document of an accepted kind.
type Files interface {
	Put(ctx context.Context, p access.Principal, name string, r io.Reader) (casework.FileRef, error)
	// Get gives a stored document; the caller has already seen its hash in a case open to them.
	Get(ctx context.Context, p access.Principal, hash string) (io.ReadCloser, casework.FileRef, error)
}

// typed is what a person sent with a form, as typed.
type typed struct {
	shown map[string]bool                // questions that stood on the page
	asked map[string]bool                // open questions that were already asked once more
	text  map[string]string              // one answer each; of files the hash
	lists map[string][]string            // ticked answers
	rows  map[string][]map[string]string // of tables
	names map[string]string              // of files
	files []casework.FileRef             // uploaded with this form
	wrong map[string]*fault.Fault        // what keeps a chosen file out
}

// maxGridRows bounds how many rows a page holds; the kernel bounds what a table may hold.
const maxGridRows = 200

// typedFrom reads a form's answers to the questions it showed. Uploads are stored first, so that neither a new row nor an
// error elsewhere loses a chosen file.
func (v *visit) typedFrom(fields []casework.FieldView) (*typed, error) {
	if err := parse(v.r); err != nil {
		return nil, err
	}
	form := v.r.PostForm
	in := &typed{shown: set(form["_shown"]), asked: set(form["_asked"]), text: map[string]string{}, lists: map[string][]string{},
		rows: map[string][]map[string]string{}, names: map[string]string{}}
	for _, f := range fields {
		name := f.Fact.Name
		if !in.shown[name] {
			continue
		}
		switch kindOf(f) {
		case "rows":
			in.rows[name] = gridOf(form, name)
		case "checks":
			in.lists[name] = form[name]
		case "file":
			if err := v.take(in, name); err != nil {
				return nil, err
			}
		default:
			in.text[name] = form.Get(name)
		}
	}
	return in, nil
}

// parse reads the body, plain or with files.
func parse(r *http.Request) error {
	err := r.ParseMultipartForm(uploadBody)
	var big *http.MaxBytesError
	switch {
	case err == nil || errors.Is(err, http.ErrNotMultipart):
		return nil
	case errors.As(err, &big):
		return err
	}
	return fault.Wrap(err, fault.Invalid, "desk.error.body")
}

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// take stores a chosen file, or keeps the one already held.
func (v *visit) take(in *typed, name string) error {
	in.text[name], in.names[name] = v.r.PostForm.Get(name), v.r.PostForm.Get(name+"._name")
	file, head, err := v.r.FormFile(name + "._file")
	if err != nil || head.Size == 0 {
		return nil //nolint:nilerr // no file was chosen
	}
	defer func() { _ = file.Close() }()
	if v.s.cfg.Desk.Files == nil {
		return missing("files")
	}
	ref, err := v.s.cfg.Desk.Files.Put(v.ctx, v.p, head.Filename, file)
	if err != nil {
		return in.keep(name, err)
	}
	ref.Document = name
	in.text[name], in.names[name] = ref.Hash, head.Filename
	in.files = append(in.files, ref)
	return nil
}

// keep puts what keeps a file out beside its question, so that nothing else that was typed is lost. A file that cannot be judged
// just now is no trouble of the page's either.
func (in *typed) keep(name string, err error) error {
	f, ok := fault.As(err)
	if !ok || !slices.Contains([]fault.Kind{fault.Invalid, fault.Refused, fault.TooLarge, fault.Unavailable}, f.Kind) {
		return err
	}
	if in.wrong == nil {
		in.wrong = map[string]*fault.Fault{}
	}
	in.wrong[name] = f.At(name)
	return nil
}

// fileFault puts a refused file beside its question.
func fileFault(err error, name string) error {
	if f, ok := fault.As(err); ok {
		return f.At(name)
	}
	return err
}

// gridOf reads NAME.ROW.COLUMN boxes in order of rows.
func gridOf(form url.Values, name string) []map[string]string {
	byRow := map[int]map[string]string{}
	for key, vs := range form {
		rest, ok := strings.CutPrefix(key, name+".")
		no, col, cut := strings.Cut(rest, ".")
		i, err := strconv.Atoi(no)
		if !ok || !cut || err != nil || i < 0 || i >= maxGridRows {
			continue
		}
		if byRow[i] == nil {
			byRow[i] = map[string]string{}
		}
		byRow[i][col] = vs[0]
	}
	var order []int
	for i := range byRow {
		order = append(order, i)
	}
	slices.Sort(order)
	var out []map[string]string
	for _, i := range order {
		out = append(out, byRow[i])
	}
	return out
}

// reshape adds or removes a row when the person pressed that button, and reports that it did.
func (in *typed) reshape(form url.Values) bool {
	if name := form.Get("_add"); in.shown[name] {
		if len(in.rows[name]) < maxGridRows {
			in.rows[name] = append(in.rows[name], map[string]string{})
		}
		return true
	}
	name, no, _ := cutLast(form.Get("_remove"), ".")
	i, err := strconv.Atoi(no)
	if !in.shown[name] || err != nil || i < 0 || i >= len(in.rows[name]) {
		return false
	}
	in.rows[name] = slices.Delete(in.rows[name], i, i+1)
	return true
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// facts are the answers as the engine takes them: every shown question, blank ones too, so that an answer can be cleared.
func (in *typed) facts(fields []casework.FieldView) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		name := f.Fact.Name
		if !in.shown[name] {
			continue
		}
		switch kindOf(f) {
		case "rows":
			out[name] = anyRows(in.rows[name])
		case "checks":
			out[name] = in.lists[name]
		default:
			out[name] = in.text[name]
		}
	}
	return out
}

func anyRows(rows []map[string]string) []map[string]any {
	out := make([]map[string]any, 0, len(rows))
	for _, r := range rows {
		m := make(map[string]any, len(r))
		for k, v := range r {
			m[k] = v
		}
		out = append(out, m)
	}
	return out
}

// blank reports that a shown question has no answer.
func (in *typed) blank(f casework.FieldView) bool {
	name := f.Fact.Name
	switch kindOf(f) {
	case "rows":
		for _, row := range in.rows[name] {
			for _, s := range row {
				if strings.TrimSpace(s) != "" {
					return false
				}
			}
		}
		return true
	case "checks":
		return len(in.lists[name]) == 0
	}
	return strings.TrimSpace(in.text[name]) == ""
}

// lacking finds the questions without an answer: hard ones are errors each time, soft ones are asked once more.
func (in *typed) lacking(l locale.Lang, fields []casework.FieldView) map[string]string {
	errs := map[string]string{}
	for _, f := range fields {
		name := f.Fact.Name
		if !in.shown[name] || !in.blank(f) {
			continue
		}
		title := map[string]any{"question": f.Fact.Title.In(l)}
		switch {
		case f.Required == "hard":
			errs[name] = locale.T(l, "desk.error.empty", title)
		case f.Required == "soft" && !in.asked[name]:
			errs[name] = locale.T(l, "desk.error.once_more", title)
			in.asked[name] = true
		}
	}
	for name, f := range in.wrong {
		errs[name] = locale.T(l, f.Key, f.Args)
	}
	return errs
}

// errorsOf spreads a fault over the questions it names; what names none comes back as general.
func errorsOf(l locale.Lang, f *fault.Fault) (byName map[string]string, general []string) {
	byName = map[string]string{}
	var walk func(f *fault.Fault)
	walk = func(f *fault.Fault) {
		if len(f.Details) > 0 {
			for _, d := range f.Details {
				walk(d)
			}
			return
		}
		text := locale.T(l, f.Key, f.Args)
		if f.Field == "" {
			general = append(general, text)
			return
		}
		byName[f.Field] = text
	}
	walk(f)
	return byName, general
}

// caseFile sends a document of a case to who sees it there.
func (s *Server) caseFile(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	c, err := v.caseOf()
	if err != nil {
		return err
	}
	hash := r.PathValue("hash")
	name, ok := fileIn(c, hash)
	if !ok {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	return v.sendFile(w, hash, name)
}

// sendFile sends a document that the visitor has been found to see, under a name or its own.
func (v *visit) sendFile(w http.ResponseWriter, hash, name string) error {
	if v.s.cfg.Desk.Files == nil {
		return missing("files")
	}
	body, ref, err := v.s.cfg.Desk.Files.Get(v.ctx, v.p, hash)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if n, ok := ref.Name.V.(string); ok && name == "" {
		name = n
	}
	httpkit.Attach(w, ref.Media, document.SafeName(ref.Media, name))
	if _, err = io.Copy(w, body); err != nil {
		return fmt.Errorf("send file: %w", err)
	}
	return nil
}

// fileIn finds a document among what the caller sees of a case.
func fileIn(c *casework.View, hash string) (string, bool) {
	for _, e := range c.Timeline {
		for _, f := range e.Files {
			if f.Hash == hash {
				return f.Name, true
			}
		}
	}
	for _, o := range c.Obligations {
		for _, f := range o.Papers {
			if f.Value == hash {
				return "", true // under the name it was stored with
			}
		}
	}
	for _, f := range c.Facts {
		if f.Type == "file" && f.Value == hash {
			return f.Name, true
		}
	}
	return "", false
}
