package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"rsc.io/qr"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/httpkit"
)

// Passkeys lets a device answer for its person. host is the address of the request: a passkey belongs to one. An
// Unauthenticated fault is of an answer that was not accepted.
type Passkeys interface {
	Offered(host string) bool
	List(ctx context.Context, token string) ([]party.Passkey, error)
	Begin(ctx context.Context, p access.Principal, token, host string) (Ceremony, error)
	Add(ctx context.Context, p access.Principal, token, host, name string, a PasskeyAnswer) error
	Remove(ctx context.Context, token, id string) error
	Ask(host string) (Ceremony, error)
	SignIn(ctx context.Context, host string, a PasskeyAnswer) (string, time.Duration, error)
}

// Ceremony is what a page asks a device: the options for the browser as JSON, and what comes back beside the answer.
type Ceremony struct{ Options, Kept string }

// PasskeyAnswer is what a device answered, as JSON, and what the page kept of its question.
type PasskeyAnswer struct{ Kept, Answer string }

// The fields of an answer that does not step up: it signs in, or is a new passkey.
const (
	answerField   = "passkey"
	ceremonyField = "ceremony"
)

func answerOf(r *http.Request) PasskeyAnswer {
	return PasskeyAnswer{Kept: r.PostFormValue(ceremonyField), Answer: r.PostFormValue(answerField)}
}

// askKey is the button by which a form is sent with a device's answer; a script shows it where the browser can.
type askKey struct {
	Ceremony
	Do, Label      string // get or create
	Answer, Beside string // the fields that carry the answer and what was kept
}

// askKey is nil where this address has no passkeys. stepUp says that the form is about something else, and steps up.
func (s *Server) askKey(r *http.Request, stepUp bool) (*askKey, error) {
	if s.cfg.Desk.Passkeys == nil || !s.cfg.Desk.Passkeys.Offered(r.Host) {
		return nil, nil
	}
	c, err := s.cfg.Desk.Passkeys.Ask(r.Host)
	out := &askKey{Ceremony: c, Do: "get", Label: locale.T(httpkit.LangOf(r), "sign_in.passkey.enter", nil), Answer: answerField, Beside: ceremonyField}
	if stepUp {
		out.Label = locale.T(httpkit.LangOf(r), "sign_in.passkey.use", nil)
		out.Answer, out.Beside = httpkit.PasskeyField, httpkit.CeremonyField
	}
	return out, err
}

// signInByPasskey opens a session for whose device answered; the form asks again when it was not accepted.
func (s *Server) signInByPasskey(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Sessions == nil || s.cfg.Desk.Passkeys == nil {
		return missing("passkeys")
	}
	token, life, err := s.cfg.Desk.Passkeys.SignIn(r.Context(), r.Host, answerOf(r))
	if f, ok := fault.As(err); ok && (f.Kind == fault.Unauthenticated || f.Kind == fault.Refused) {
		return s.askSignIn(w, r, http.StatusUnauthorized, signInFields(map[string]string{"login": f.Key}))
	}
	if err != nil {
		return err
	}
	if err := s.opened(w, r, token, life); err != nil {
		return err
	}
	http.Redirect(w, r, s.landing(r, token), http.StatusSeeOther) // #nosec G710 -- landing gives paths of this host alone
	return nil
}

// passkeysView is the part of the account's page about passkeys.
type passkeysView struct {
	Offered, Spare bool // this address has them; there is another second factor, which they want beside them
	Rows           []passkeyLine
	Fields         []Field
	Ask            *askKey
}

type passkeyLine struct {
	ID, Name      string
	Created, Used time.Time
}

func (v *visit) passkeys(spare bool, wrong string) (out passkeysView, err error) {
	keys := v.s.cfg.Desk.Passkeys
	if keys == nil {
		return out, nil
	}
	token := v.s.cfg.Kit.Token(v.r)
	list, err := keys.List(v.ctx, token)
	if err != nil {
		return out, err
	}
	for _, k := range list {
		line := passkeyLine{ID: k.ID, Name: k.Name, Created: time.UnixMicro(k.Created)}
		if k.Used != 0 {
			line.Used = time.UnixMicro(k.Used)
		}
		out.Rows = append(out.Rows, line)
	}
	out.Offered, out.Spare = keys.Offered(v.r.Host), spare
	if !out.Offered || !spare {
		return out, nil
	}
	c, err := keys.Begin(v.ctx, v.p, token, v.r.Host)
	out.Ask = &askKey{Ceremony: c, Do: "create", Label: v.T("sign_in.passkey.add"), Answer: answerField, Beside: ceremonyField}
	out.Fields = []Field{{ID: "passkey-name", Name: "name", Kind: "text", Label: v.T("sign_in.passkey.name"), Hint: v.T("sign_in.passkey.name.hint"),
		Value: v.r.PostFormValue("name"), Error: wrong, Required: true}}
	return out, err
}

func (s *Server) addPasskey(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Passkeys == nil {
		return missing("passkeys")
	}
	err := s.cfg.Desk.Passkeys.Add(v.ctx, v.p, s.cfg.Kit.Token(r), r.Host, text.Display(r.PostFormValue("name")), answerOf(r))
	return v.afterPasskey(w, "passkey_added", err)
}

func (s *Server) removePasskey(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Passkeys == nil {
		return missing("passkeys")
	}
	return v.afterPasskey(w, "passkey_removed", s.cfg.Desk.Passkeys.Remove(v.ctx, s.cfg.Kit.Token(r), r.PathValue("key")))
}

func (v *visit) afterPasskey(w http.ResponseWriter, said string, err error) error {
	if f, ok := fault.As(err); ok && f.Key != httpkit.StepUpKey && (f.Kind == fault.Conflict || f.Kind == fault.Unauthenticated || f.Kind == fault.Invalid || f.Kind == fault.Refused) {
		return v.showAccount(w, http.StatusUnprocessableEntity, map[string]string{"passkey-name": locale.T(v.l, f.Key, f.Args)}, accountView{})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, v.r, "/account?said="+said, http.StatusSeeOther)
	return nil
}

// qrMark draws a QR code as one path, with the four quiet modules around it that readers want.
func qrMark(content string) (template.HTML, error) {
	if content == "" {
		return "", nil
	}
	code, err := qr.Encode(content, qr.M)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "paper.qr_too_long", "bytes", len(content))
	}
	const quiet = 4
	var path strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	side := code.Size + 2*quiet
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" aria-hidden="true" focusable="false"><rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="%s"/></svg>`, // #nosec G203 -- numbers only
		side, side, side, side, path.String())), nil
}
