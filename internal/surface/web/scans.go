package web

import (
	"bytes"
	"io"
	"net/http"
	"net/url"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

// scanLine is one paper copy of a letter that came back.
type scanLine struct {
	What, Who, Read string
	File            File
}

// scans lists the paper copies of a letter that the visitor sees, the latest first.
func (v *visit) scans(c *casework.View, t teller, token string) (out []scanLine) {
	for i := len(c.Timeline) - 1; i >= 0; i-- {
		e := c.Timeline[i]
		if e.Scan == nil || e.Scan.Token != token {
			continue
		}
		for _, f := range e.Files {
			out = append(out, scanLine{What: v.T("scan.of." + e.Scan.Of), Who: t.actor(e), Read: v.T(readHow(e.Scan)),
				File: File{Name: f.Name, Href: "/cases/" + c.ID + "/files/" + f.Hash, Kind: mediaKind(f.Media), Size: f.Size, Hash: shortHash(f.Hash), At: timeOf(e.At)}})
		}
	}
	return out
}

// readHow says where the number of a paper is from.
func readHow(s *casework.Scan) string {
	if s.Coded != "" {
		return "scan.by.code"
	}
	return "scan.by.hand"
}

// scanForm is offered to who may receive papers, with what was sent before and what was wrong with it.
func (v *visit) scanForm(token, number, of string, wrong map[string]string) *Form {
	if access.Authorize(v.p, "letters", "receive") != nil {
		return nil
	}
	option := func(value string, chosen bool) Option {
		return Option{Value: value, Label: v.T("scan.of." + value), Chosen: chosen}
	}
	fields := []Field{
		{ID: "of", Name: "of", Kind: "choice", Label: v.T("scan.of"), Required: true, Error: wrong["of"],
			Options: []Option{option(casework.ScanSigned, of != casework.ScanReceipt), option(casework.ScanReceipt, of == casework.ScanReceipt)}},
		{ID: "scan", Name: "scan", Kind: "file", Label: v.T("scan.file"), Hint: v.T("scan.file.hint"), Accept: ".pdf,.jpg,.jpeg,.png", MaxBytes: maxUpload, Required: true, Error: wrong["scan"]},
		{ID: "number", Name: "number", Kind: "code", Label: v.T("scan.number"), Hint: v.T("scan.number.hint"), Value: number, Error: wrong["number"], Autocomplete: "off"},
	}
	return &Form{Action: "/letters/" + token + "/scans", Key: httpkit.NewKey(), Fields: fields, Errors: Wrong(fields), Submit: v.T("scan.keep"), Files: true}
}

// scan takes the paper copy of a letter.
func (s *Server) scan(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Letters == nil || s.cfg.Desk.Cases == nil || s.cfg.Desk.Files == nil {
		return missing("letters")
	}
	if err := parse(r); err != nil {
		return err
	}
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return err
	}
	token := r.PathValue("token")
	x, err := s.cfg.Desk.Letters.Letter(v.ctx, v.p, token)
	if err != nil {
		return err
	}
	number, of := r.PostForm.Get("number"), r.PostForm.Get("of")
	cmd := casework.Command{Key: key, Case: x.Case, Action: casework.ScanAction, Scan: &casework.Scan{Token: token, Number: number, Of: of}}
	err = v.scannedFile(&cmd)
	if err == nil {
		_, err = s.cfg.Desk.Cases.Act(v.ctx, v.who, cmd)
	}
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.TooLarge || f.Kind == fault.Unavailable) {
		return v.showLetter(w, http.StatusUnprocessableEntity, token, x, v.scanForm(token, number, of, v.wrongScan(f)))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/letters/"+url.PathEscape(token)+"?said=scanned#scans", http.StatusSeeOther)
	return nil
}

// scannedFile stores the chosen file and reads its code, once it is known for a sound one; without a file the command
// carries none, and the kernel says so.
func (v *visit) scannedFile(cmd *casework.Command) error {
	file, head, err := v.r.FormFile("scan")
	if err != nil || head.Size == 0 {
		return nil //nolint:nilerr // no file was chosen
	}
	defer func() { _ = file.Close() }()
	paper, err := io.ReadAll(io.LimitReader(file, maxUpload+1))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "document.broken_off")
	}
	ref, err := v.s.cfg.Desk.Files.Put(v.ctx, v.p, head.Filename, bytes.NewReader(paper))
	if err != nil {
		return err
	}
	cmd.Files = []casework.FileRef{ref}
	cmd.Scan.Coded, err = v.s.cfg.Desk.Letters.Coded(v.ctx, v.p, cmd.Scan.Token, paper)
	return err
}

// wrongScan sets each fault at its field; one that names none is the file's.
func (v *visit) wrongScan(f *fault.Fault) map[string]string {
	out := map[string]string{}
	all := f.Details
	if len(all) == 0 {
		all = []*fault.Fault{f}
	}
	for _, x := range all {
		at := x.Field
		if at != "of" && at != "number" {
			at = "scan"
		}
		out[at] = locale.T(v.l, x.Key, x.Args)
	}
	return out
}
