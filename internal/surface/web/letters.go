package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"rahgosha/internal/kernel/access"
)

// Letters reads issued letters by their token, for those who may see the case they belong to: a NotFound fault for
// anybody else.
type Letters interface {
	Letter(ctx context.Context, p access.Principal, token string) (*CaseLetter, error)
	PDF(ctx context.Context, p access.Principal, token string) ([]byte, error)
	// Text gives the letter's text with the receipt that proves it without a network.
	Text(ctx context.Context, p access.Principal, token string) (string, error)
	// Coded gives the number of the letter whose code a scanned paper bears: that of the token if any, else another's; ""
	// where no code of a letter can be read.
	Coded(ctx context.Context, p access.Principal, token string, paper []byte) (number string, err error)
}

// CaseLetter is a letter with the case it was issued in.
type CaseLetter struct {
	Case, CaseNumber string
	Letter           Letter
}

type letterView struct {
	*Page
	Letter Letter
	PDF    string
	Text   string // with the receipt
	Verify string
	Scans  []scanLine
	Form   *Form
}

// These at the end of a token ask for the letter as a file, or for its text with the receipt.
const (
	pdfSuffix  = ".pdf"
	textSuffix = ".txt"
)

// letter shows an official letter as a page, or sends it as PDF.
func (s *Server) letter(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Letters == nil {
		return missing("letters")
	}
	token, isPDF := strings.CutSuffix(r.PathValue("token"), pdfSuffix)
	if isPDF {
		return s.letterPDF(w, v, token)
	}
	if token, ok := strings.CutSuffix(token, textSuffix); ok {
		return s.letterText(w, v, token)
	}
	x, err := s.cfg.Desk.Letters.Letter(v.ctx, v.p, token)
	if err != nil {
		return err
	}
	return v.showLetter(w, http.StatusOK, token, x, v.scanForm(token, "", "", nil))
}

// showLetter shows a letter with the paper copies of it that came back.
func (v *visit) showLetter(w http.ResponseWriter, status int, token string, x *CaseLetter, form *Form) error {
	p := v.s.Page(v.r, x.Letter.Subject)
	p.Path = "/letters/" + token
	p.flash(v.r)
	crumb := Crumb{Label: x.CaseNumber, Href: "/cases/" + x.Case}
	if crumb.Label == "" {
		crumb.Label = p.T("desk.no_number")
	}
	p.Crumbs = []Crumb{{Label: p.T("desk.queue.title"), Href: "/cases"}, crumb, {Label: p.T("desk.letter.title")}}
	view := letterView{Page: p, Letter: x.Letter, PDF: "/letters/" + token + pdfSuffix, Text: "/letters/" + token + textSuffix, Verify: "/verify?q=" + url.QueryEscape(x.Letter.Number), Form: form}
	if v.s.cfg.Desk.Cases != nil {
		c, err := v.s.cfg.Desk.Cases.Look(v.ctx, v.who, x.Case)
		if err != nil {
			return err
		}
		t, err := v.teller(c)
		if err != nil {
			return err
		}
		view.Scans = v.scans(c, t, token)
	}
	return v.s.Render(w, v.r, status, "letter/letter", view)
}

func (s *Server) letterPDF(w http.ResponseWriter, v *visit, token string) error {
	raw, err := s.cfg.Desk.Letters.PDF(v.ctx, v.p, token)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `inline; filename="letter-`+url.PathEscape(token)+`.pdf"`)
	_, err = w.Write(raw)
	return err
}

func (s *Server) letterText(w http.ResponseWriter, v *visit, token string) error {
	text, err := s.cfg.Desk.Letters.Text(v.ctx, v.p, token)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="letter-`+url.PathEscape(token)+`.txt"`)
	_, err = w.Write([]byte(text))
	return err
}
