package app

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/surface/api"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/paper"
	"rahgosha/internal/surface/scan"
	"rahgosha/internal/surface/web"
)

// The types below are the pages' view of the services; each is a small interface of package web.

type webSessions struct{ a *App }

// SignIn signs in and says how long the session may live.
func (s webSessions) SignIn(ctx context.Context, login, password, code, address string) (string, time.Duration, error) {
	return lived(s.a.Party.SignIn(ctx, login, password, code, address))
}

// SignInChanging signs in with a printed one-time password and sets the person's own.
func (s webSessions) SignInChanging(ctx context.Context, login, password, code, address, fresh string) (string, time.Duration, error) {
	return lived(s.a.Party.SignInChanging(ctx, login, password, code, address, fresh))
}

// KnownAt tells who has signed in from a network lately.
func (s webSessions) KnownAt(ctx context.Context, login, address string) (string, error) {
	return s.a.Party.KnownAt(ctx, login, address)
}

// SignOut ends a session.
func (s webSessions) SignOut(ctx context.Context, token string) error {
	return s.a.Party.SignOut(ctx, token)
}

type names struct{ a *App }

// Names gives names of persons and bodies, and for what is left of units in the province of who asks: an id from elsewhere
// names nothing.
func (n names) Names(ctx context.Context, ids []string) (map[string]string, error) {
	out, err := n.a.Party.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	province := httpkit.PrincipalIn(ctx).Province
	for _, id := range ids {
		if _, ok := out[id]; ok || id == "" {
			continue
		}
		if u, err := n.a.Registry.Unit(access.InWhole(ctx), province, id); err == nil {
			out[id] = u.Name
		}
	}
	return out, nil
}

type items struct{ a *App }

// Items gives the pages a register's choices with what distinguishes them.
func (i items) Items(ctx context.Context, p access.Principal, register string) ([]web.Option, error) {
	list, err := i.Choices(ctx, p, register)
	if err != nil {
		return nil, err
	}
	out := make([]web.Option, 0, len(list))
	for _, c := range list {
		out = append(out, web.Option{Value: c.Value, Label: c.Label.FA, Hint: c.Hint})
	}
	return out, nil
}

// Choices gives the same in both languages, for programs.
func (i items) Choices(ctx context.Context, p access.Principal, register string) ([]api.Choice, error) {
	if kind, ok := strings.CutPrefix(register, "body:"); ok {
		return i.bodies(ctx, p.Province, kind)
	}
	list, err := i.a.Registry.Items(ctx, p.Province, register)
	if err != nil {
		return nil, err
	}
	out := make([]api.Choice, 0, len(list))
	for _, it := range list {
		label := locale.Text{FA: itemName(it.Fields), EN: text(it.Fields["name_en"])}
		out = append(out, api.Choice{Value: it.ID, Label: label, Hint: text(it.Fields["hint"])})
	}
	return out, nil
}

// bodies are those of a kind, as choices.
func (i items) bodies(ctx context.Context, province, kind string) ([]api.Choice, error) {
	list, err := i.a.Party.BodiesOfKind(ctx, province, kind)
	if err != nil {
		return nil, err
	}
	out := make([]api.Choice, 0, len(list))
	for _, b := range list {
		out = append(out, api.Choice{Value: b.ID, Label: b.Name})
	}
	return out, nil
}

func itemName(fields map[string]any) string {
	for _, k := range []string{"name_fa", "title", "name"} {
		if s := text(fields[k]); s != "" {
			return s
		}
	}
	return ""
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

type offers struct{ a *App }

// Offers lists what may be started for a unit, with eligibility answered before filling.
func (o offers) Offers(ctx context.Context, p access.Principal, unit string) ([]web.Offer, error) {
	list, err := o.a.Engine.Prospects(ctx, casework.CallerOf(p), unit)
	if err != nil {
		return nil, err
	}
	var out []web.Offer
	for _, x := range list {
		out = append(out, web.Offer{
			ID: x.Definition.ID, Version: x.Definition.Version, Title: x.Definition.Title, Summary: x.Definition.Summary,
			Facts: x.View.Facts, Conditions: x.View.Conditions, Behalf: x.For,
		})
	}
	return out, nil
}

type manuals struct{ a *App }

// List gives the procedures in force.
func (m manuals) List(ctx context.Context) ([]web.ManualItem, error) {
	defs, err := m.a.Defs.InForce(ctx)
	if err != nil {
		return nil, err
	}
	var out []web.ManualItem
	for _, d := range defs {
		out = append(out, manualItem(d))
	}
	return out, nil
}

func manualItem(d *procedure.Definition) web.ManualItem {
	return web.ManualItem{ID: d.ID, Version: d.Version, Title: d.Title, Summary: d.Summary, Since: d.From.Start()}
}

// Manual gives one procedure as people read it.
func (m manuals) Manual(ctx context.Context, id string) (*web.Manual, error) {
	d, err := m.a.Defs.Current(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &web.Manual{ManualItem: manualItem(d), Hash: d.Hash}
	for _, f := range d.Facts {
		if f.Type == procedure.TypeFile {
			out.Needs = append(out.Needs, f.Title)
		}
	}
	for _, c := range d.Conditions {
		r := web.ManualRule{No: c.ID, Text: c.Text}
		if l := d.Law(c.Law); l != nil {
			r.Law = l.Title
		}
		out.Rules = append(out.Rules, r)
	}
	for _, st := range d.Stages {
		if !st.Final {
			out.Stages = append(out.Stages, manualStage(d, st))
		}
	}
	if err := m.paced(ctx, d, out); err != nil {
		return nil, err
	}
	if out.Tables, err = m.tables(ctx, d); err != nil {
		return nil, err
	}
	if s := d.StartStage(); s != nil && len(s.Holder) > 5 && s.Holder[:5] == "unit." {
		out.Start = "/apply"
	}
	out.Editions, err = m.editions(ctx, id)
	return out, err
}

// editions lists the published versions of a procedure, the newest first, each with what it changed in words.
func (m manuals) editions(ctx context.Context, id string) ([]web.Edition, error) {
	all, err := m.a.Defs.All(ctx)
	if err != nil {
		return nil, err
	}
	var out []web.Edition
	var before *procedure.Definition
	for _, d := range all {
		if d.ID != id {
			continue
		}
		e := web.Edition{Version: d.Version, Since: d.From.Start(), Hash: d.Hash}
		if before != nil {
			e.Before, e.Changes = before.Version, m.a.Defs.changes(before, d)
		}
		out, before = append(out, e), d
	}
	slices.Reverse(out)
	return out, nil
}

func manualStage(d *procedure.Definition, st *procedure.Stage) web.ManualStage {
	out := web.ManualStage{Name: st.Public, Otherwise: st.Otherwise}
	if r := d.Role(st.Holder); r != nil {
		out.Who = r.Title
	}
	if c := clockOf(d, st); c != nil {
		out.Clock = locale.Text{FA: c.Limit.Text(locale.FA), EN: c.Limit.Text(locale.EN)}
	}
	return out
}

// clockOf is the clock that starts on entering a stage, nil for none.
func clockOf(d *procedure.Definition, st *procedure.Stage) *procedure.Clock {
	for _, c := range d.Clocks {
		if slices.ContainsFunc(c.Start, func(e procedure.Event) bool { return e.Kind == "enter" && e.Name == st.ID }) {
			return c
		}
	}
	return nil
}

// paced puts beside each limit what it took in the last year, where the procedure publishes figures and enough cases ended.
func (m manuals) paced(ctx context.Context, d *procedure.Definition, out *web.Manual) error {
	if d.Publish == nil {
		return nil
	}
	pace, err := m.a.pace.of(ctx, d)
	if err != nil {
		return err
	}
	out.Pace = web.PublicPace(pace, d.Publish.MinCell)
	i := 0
	for _, st := range d.Stages {
		if st.Final {
			continue
		}
		if c := clockOf(d, st); c != nil {
			out.Stages[i].Took = took(pace, c, d.Publish.MinCell)
		}
		i++
	}
	return nil
}

func took(p casework.Pace, c *procedure.Clock, least int) locale.Text {
	i := slices.IndexFunc(p.Clocks, func(k casework.ClockPace) bool { return k.Clock.ID == c.ID })
	if i < 0 || p.Clocks[i].N < least {
		return locale.Text{}
	}
	return locale.Text{FA: web.Lasted(locale.FA, c.Limit.Unit, p.Clocks[i].Twice), EN: web.Lasted(locale.EN, c.Limit.Unit, p.Clocks[i].Twice)}
}

type verifier struct{ a *App }

// Verify gives the public content of a letter: that it was issued, when, under what, and whether it still stands.
func (v verifier) Verify(ctx context.Context, lang locale.Lang, token string) (*web.Verified, error) {
	ctx = access.InWhole(ctx) // whether a letter was issued, everybody may know
	s, err := v.a.Engine.Verify(ctx, v.a.Province, token)
	if err != nil {
		return nil, err
	}
	out := &web.Verified{Number: s.Number, Valid: s.Standing, Entry: s.Index}
	out.Letter = &web.Letter{Number: s.Number, Date: s.Date.Start(), Subject: s.Title.In(lang), Office: v.a.Office}
	out.Facts = []web.Fact{
		{Name: locale.T(lang, "app.verify_procedure", nil), Value: s.Procedure.In(lang)},
		{Name: locale.T(lang, "app.verify_code", nil), Value: s.Code, Code: true},
		{Name: locale.T(lang, "app.verify_hash", nil), Value: s.Hash, Code: true},
	}
	if !s.Standing {
		out.Why = locale.T(lang, "app.verify_void", nil)
	}
	if out.Root, err = v.a.rootOver(ctx, s.Index); err != nil {
		return nil, err
	}
	by, err := v.a.witnessesOver(ctx, s.Index)
	for _, w := range by {
		out.Witnesses = append(out.Witnesses, web.Witness{Name: w.Name.In(lang), At: w.at})
	}
	return out, err
}

type letters struct {
	a     *App
	scans *scan.Reader
}

// Letter gives an issued letter to who may see its case.
func (l letters) Letter(ctx context.Context, p access.Principal, token string) (*web.CaseLetter, error) {
	b, t, err := l.a.Engine.FindLetter(ctx, casework.CallerOf(p), token)
	if err != nil {
		return nil, err
	}
	on, err := jalali.FromCivil(t.Date)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "app.letter_date")
	}
	return &web.CaseLetter{Case: b.Case, CaseNumber: t.Case, Letter: web.Letter{
		From: t.Office, To: t.To, Number: t.Number, Date: on.Start(), Subject: t.Subject, Body: paragraphs(t.Paragraphs),
		Signer: t.Signer, Office: t.Post,
	}}, nil
}

func paragraphs(ps []string) string {
	var b bytes.Buffer
	for i, p := range ps {
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(p)
	}
	return b.String()
}

// PDF draws an issued letter.
func (l letters) PDF(ctx context.Context, p access.Principal, token string) ([]byte, error) {
	_, t, err := l.a.Engine.FindLetter(ctx, casework.CallerOf(p), token)
	if err != nil {
		return nil, err
	}
	r, err := l.a.Receipt(ctx, t)
	if err != nil {
		return nil, err
	}
	return l.a.DrawLetter(t, r)
}

// Text gives an issued letter as text, with the receipt that proves it; not_found app.no_receipt while there is none.
func (l letters) Text(ctx context.Context, p access.Principal, token string) (string, error) {
	_, t, err := l.a.Engine.FindLetter(ctx, casework.CallerOf(p), token)
	if err != nil {
		return "", err
	}
	r, err := l.a.Receipt(ctx, t)
	if err != nil {
		return "", err
	}
	if r == nil {
		return "", fault.New(fault.NotFound, "app.no_receipt", "number", t.Number)
	}
	return journal.LetterFile(t.Text(), *r), nil
}

// DrawLetter makes the PDF of a letter, with its receipt where it has one; the same letter and receipt always give the
// same bytes.
func (a *App) DrawLetter(t *casework.LetterText, r *journal.Receipt) ([]byte, error) {
	on, err := jalali.FromCivil(t.Date)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "app.letter_date")
	}
	word := func(key string) string { return locale.T(locale.FA, "app."+key, nil) }
	out := paper.Letter{
		Header: []string{word("letter_header")}, Office: t.Office,
		Meta: [][2]string{{word("letter_number"), t.Number}, {word("letter_date_label"), on.Slash(locale.FA)}, {word("letter_attachment"), word("letter_none")}},
		To:   []string{t.To}, Subject: t.Subject, Body: t.Paragraphs, Signer: slices.DeleteFunc([]string{t.Signer, t.Post}, empty),
		Copies: t.Copies, Footer: []string{
			word("letter_case") + " " + t.Case, word("letter_definition") + " " + t.Procedure + " " + t.Version + " " + t.Definition[:min(16, len(t.Definition))],
			word("letter_check") + " " + a.verifyAddress(t.Token),
		},
		QR: a.verifyAddress(t.Token), QRCaption: word("letter_qr"), Title: t.Subject, Lang: "fa",
	}
	if r != nil {
		out.Proof, out.ProofCaption, out.Attached = r.Encode(), word("letter_proof"), journal.LetterFile(t.Text(), *r)
		out.Footer = append(out.Footer, word("letter_offline"))
	}
	if t.Sample {
		out.Watermark = word("letter_sample")
	}
	var b bytes.Buffer
	if err := paper.Write(&b, out); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func empty(s string) bool { return s == "" }

// verifyAddress is the public page that answers for a letter; without a known host it is the path and the token.
func (a *App) verifyAddress(token string) string { return a.BaseURL + verifyPath + "?q=" + token }

const verifyPath = "/verify"

type switcher struct{ a *App }

// Switch changes the membership a session acts in.
func (s switcher) Switch(ctx context.Context, token, membership string) (string, time.Duration, error) {
	return lived(s.a.Party.Switch(ctx, token, membership))
}

type audit struct{ a *App }

// Journal gives the state of the province's journal.
func (x audit) Journal(ctx context.Context, p access.Principal) (*web.JournalState, error) {
	out := &web.JournalState{}
	err := x.a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		note, size, err := tx.Checkpoint(ctx, p.Province)
		out.Checkpoint, out.Size = string(note), size
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return out, nil
	}
	return out, err
}
