package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/surface/httpkit"
)

// Claims is who says they may speak for which unit; it asks itself who may read what.
type Claims interface {
	ClaimsBy(ctx context.Context, province, person string) ([]registry.Claim, error)
	ClaimsOn(ctx context.Context, province, unit string) ([]registry.Claim, error)
	WaitingClaims(ctx context.Context, by access.Principal) ([]registry.Claim, error)
	ReadClaim(ctx context.Context, by access.Principal, id string) (registry.Claim, error)
	ClaimSteps(ctx context.Context, by access.Principal, c registry.Claim) ([]string, error)
	MaySpeak(ctx context.Context, province, unit, person, post string) (bool, error)
}

// ClaimActs makes and decides claims; each step is journalled.
type ClaimActs interface {
	ClaimUnit(ctx context.Context, c registry.Claim, n registry.Named) (registry.Claim, error)
	StepClaim(ctx context.Context, by access.Principal, d registry.ClaimStep) (registry.Claim, error)
}

var claimReaders = []string{"dir.expert", "dir.head", "dir.deputy", "dir.dg", "auditor"}

func (s *Server) claimRoutes() []httpkit.Route {
	make, read := May("claims", "make"), May("claims", "read")
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/claims", Policy: make, Handler: s.claims},
		{Method: http.MethodPost, Pattern: "/claims", Policy: make, Handler: s.makeClaim, MaxBody: uploadBody},
		{Method: http.MethodGet, Pattern: "/claims/waiting", Policy: read, Handler: s.waitingClaims},
		{Method: http.MethodGet, Pattern: "/claims/{id}", Policy: SignedIn, Handler: s.claim},
		{Method: http.MethodPost, Pattern: "/claims/{id}", Policy: SignedIn, Handler: s.stepClaim, MaxBody: formBody, Fresh: true},
		{Method: http.MethodGet, Pattern: "/claims/{id}/evidence", Policy: SignedIn, Handler: s.claimEvidence},
	}
}

type claimsView struct {
	*Page
	Mine, Others []speakerLine
	Ask          claimForm
}

type claimForm struct {
	Errors         []FieldError
	Unit, New, End []Field // which unit, what the register needs of a new one, as what
	Evidence       Question
}

type speakerLine struct {
	Href, Unit, Person, Post string
	At                       time.Time
	State                    Pill
}

var claimTone = map[string]string{registry.ClaimMade: "warn", registry.ClaimVerified: "good", registry.ClaimContested: "bad", registry.ClaimRefused: "bad"}

// claims lists the visitor's claims, what others claim on the unit they lead, and asks for a new one.
func (s *Server) claims(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showClaims(w, http.StatusOK, word{}, nil)
}

func (v *visit) showClaims(w http.ResponseWriter, status int, paper word, wrong map[string]string) error {
	if v.s.cfg.Desk.Claims == nil {
		return missing("claims")
	}
	mine, err := v.s.cfg.Desk.Claims.ClaimsBy(v.ctx, v.p.Province, v.p.Person)
	if err != nil {
		return err
	}
	others, err := v.rivals()
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, "desk.claims.title")
	p.flash(v.r)
	view := claimsView{Page: p, Ask: v.claimForm(paper, wrong)}
	if view.Mine, err = v.speakerLines(mine); err != nil {
		return err
	}
	if view.Others, err = v.speakerLines(others); err != nil {
		return err
	}
	return v.s.Render(w, v.r, status, "claim/claims", view)
}

// rivals are other persons' standing claims on the unit that the visitor leads by a verified claim.
func (v *visit) rivals() ([]registry.Claim, error) {
	if leads, err := v.leads(v.p.Unit); err != nil || !leads {
		return nil, err
	}
	all, err := v.s.cfg.Desk.Claims.ClaimsOn(v.ctx, v.p.Province, v.p.Unit)
	return slices.DeleteFunc(all, func(c registry.Claim) bool { return c.Person == v.p.Person || len(c.Next()) == 0 }), err
}

func (v *visit) leads(unit string) (bool, error) {
	if unit == "" || v.p.Unit != unit || v.p.Role != registry.PostCEO {
		return false, nil
	}
	return v.s.cfg.Desk.Claims.MaySpeak(v.ctx, v.p.Province, unit, v.p.Person, v.p.Role)
}

// tellDraftsOnly says on a page that the visitor may only draft for their unit, and what gives more.
func (v *visit) tellDraftsOnly(p *Page) error {
	if !access.UnitRole(v.p.Role) || v.s.cfg.Desk.Claims == nil {
		return nil
	}
	may, err := v.s.cfg.Desk.Claims.MaySpeak(v.ctx, v.p.Province, v.p.Unit, v.p.Person, v.p.Role)
	if err == nil && !may {
		p.Flash = &Flash{Tone: "warn", Text: v.T("desk.claims.drafts_only")}
	}
	return err
}

func (v *visit) speakerLines(list []registry.Claim) (out []speakerLine, err error) {
	var ids []string
	for _, c := range list {
		ids = append(ids, c.Unit, c.Person)
	}
	names, err := v.names(ids)
	for _, c := range list {
		out = append(out, v.speakerLine(c, names))
	}
	return out, err
}

func (v *visit) speakerLine(c registry.Claim, names map[string]string) speakerLine {
	return speakerLine{Href: "/claims/" + c.ID, Unit: names[c.Unit], Person: names[c.Person], Post: access.RoleTitle(c.Post).In(v.l),
		At: time.UnixMicro(c.Created), State: Pill{Text: v.T("registry.claim_is_" + c.State), Tone: claimTone[c.State]}}
}

// claimForm asks which unit and as what; what a new unit needs is asked once the register turns out not to have it.
func (v *visit) claimForm(paper word, wrong map[string]string) claimForm {
	ask := func(name, kind string) Field {
		f := Field{ID: name, Name: name, Kind: kind, Label: v.T("desk.claims.f." + name), Value: v.r.PostFormValue(name), Error: wrong[name], Required: true}
		if key := "desk.claims.f." + name + ".hint"; locale.Has(v.l, key) {
			f.Hint = v.T(key)
		}
		return f
	}
	name, post := ask("name", "text"), ask("post", "choice")
	name.Required, name.Optional = false, v.T("desk.claims.if_several")
	for _, code := range []string{registry.PostCEO, registry.PostRep} {
		post.Options = append(post.Options, Option{Value: code, Label: access.RoleTitle(code).In(v.l), Chosen: code == post.Value})
	}
	out := claimForm{Unit: []Field{ask("identifier", "code"), name}, End: []Field{post}, Evidence: Question{Field: Field{ID: "evidence", Name: evidenceName,
		Kind: "file", Label: v.T("desk.claims.f.evidence"), Hint: v.T("desk.claims.f.evidence.hint"), Error: wrong[evidenceName], Required: true, MaxBytes: maxUpload, Accept: ".pdf,.jpg,.jpeg,.png"}}}
	if paper.evidence != "" {
		out.Evidence.Held = &Held{Hash: paper.evidence, Name: paper.name}
	}
	if wrong["kind"] != "" || v.r.PostFormValue("kind") != "" {
		out.New = v.newUnitFields(ask)
	}
	all := slices.Concat(out.Unit, out.New, out.End, []Field{out.Evidence.Field})
	out.Errors = topped(wrong, all)
	return out
}

func (v *visit) newUnitFields(ask func(name, kind string) Field) []Field {
	kind, county, licence := ask("kind", "select"), ask("county", "text"), ask("licence", "code")
	kind.Options = []Option{{Label: v.T("desk.choose")}}
	if f, ok := registry.FieldByID(registry.FieldKind); ok {
		for _, c := range f.Choices {
			kind.Options = append(kind.Options, Option{Value: c.Code, Label: c.Text.In(v.l), Chosen: c.Code == kind.Value})
		}
	}
	county.Required, licence.Required = false, false
	county.Optional, licence.Optional = v.T("web.sign_in.optional"), v.T("web.sign_in.optional")
	return []Field{kind, county, licence}
}

// makeClaim keeps the chosen document first, so that no error elsewhere loses it.
func (s *Server) makeClaim(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Claims == nil || s.cfg.Desk.ClaimActs == nil {
		return missing("claims")
	}
	if err := s.claimants.Take(v.p.Person); err != nil {
		return err
	}
	paper, err := v.wordFrom()
	if err == nil {
		f := func(name string) string { return text.Display(r.PostFormValue(name)) }
		_, err = s.cfg.Desk.ClaimActs.ClaimUnit(v.ctx, registry.Claim{Province: v.p.Province, Person: v.p.Person, Post: f("post"), Evidence: paper.evidence},
			registry.Named{Identifier: f("identifier"), Name: f("name"), Kind: f("kind"), County: f("county"), Licence: f("licence")})
	}
	if wrong, ok := v.wrongOf(err); ok {
		return v.showClaims(w, http.StatusUnprocessableEntity, paper, wrong)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/claims?said=claim_made", http.StatusSeeOther)
	return nil
}

type waitingView struct {
	*Page
	Rows []speakerLine
}

// waitingClaims is the officers' queue, the oldest first.
func (s *Server) waitingClaims(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Claims == nil {
		return missing("claims")
	}
	list, err := s.cfg.Desk.Claims.WaitingClaims(v.ctx, v.p)
	if err != nil {
		return err
	}
	p := s.Page(r, "desk.claims.waiting")
	p.flash(r)
	view := waitingView{Page: p}
	if view.Rows, err = v.speakerLines(list); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "claim/waiting", view)
}

type claimView struct {
	*Page
	Claim            speakerLine
	Reason, By       string
	Decided          time.Time
	UnitHref, Papers string
	Form             Form
}

func (s *Server) claim(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showClaim(w, http.StatusOK, nil)
}

func (v *visit) claimOf() (registry.Claim, error) {
	if v.s.cfg.Desk.Claims == nil || v.s.cfg.Desk.ClaimActs == nil {
		return registry.Claim{}, missing("claims")
	}
	return v.s.cfg.Desk.Claims.ReadClaim(v.ctx, v.p, v.r.PathValue("id"))
}

func (v *visit) showClaim(w http.ResponseWriter, status int, wrong map[string]string) error {
	c, err := v.claimOf()
	if err != nil {
		return err
	}
	names, err := v.names([]string{c.Unit, c.Person, c.DecidedBy})
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, "desk.claim.title")
	p.flash(v.r)
	view := claimView{Page: p, Claim: v.speakerLine(c, names), Reason: c.Reason, By: names[c.DecidedBy]}
	if c.DecidedAt != 0 {
		view.Decided = time.UnixMicro(c.DecidedAt)
	}
	if v.seesPapers(c) {
		view.Papers = view.Claim.Href + "/evidence"
	}
	if access.Authorize(v.p, "units", "read") == nil {
		view.UnitHref = "/units/" + c.Unit
	}
	steps, err := v.s.cfg.Desk.Claims.ClaimSteps(v.ctx, v.p, c)
	if err != nil {
		return err
	}
	if len(steps) > 0 {
		fields := v.stepFields(steps, wrong)
		view.Form = Form{Action: view.Claim.Href, Fields: fields, Errors: topped(wrong, fields), Submit: v.T("desk.claim.decide")}
	}
	return v.s.Render(w, v.r, status, "claim/claim", view)
}

// seesPapers: the evidence is for its person and for officers, not for who contests.
func (v *visit) seesPapers(c registry.Claim) bool {
	return c.Person == v.p.Person || access.Authorize(v.p, "claims", "read") == nil
}

func (v *visit) stepFields(steps []string, wrong map[string]string) []Field {
	do := Field{ID: "do", Name: "do", Kind: "choice", Label: v.T("desk.claim.do"), Required: true, Error: wrong["do"]}
	for _, state := range steps {
		do.Options = append(do.Options, Option{Value: state, Label: v.T("desk.claim.to_" + state), Chosen: len(steps) == 1 || state == v.r.PostFormValue("do")})
	}
	reason := Field{ID: "reason", Name: "reason", Kind: "area", Label: v.T("desk.claim.reason"), Hint: v.T("desk.claim.reason.hint"), Value: v.r.PostFormValue("reason"), Error: wrong["reason"]}
	if steps[0] == registry.ClaimVerified {
		reason.Optional = v.T("desk.claim.reason.verified")
	}
	return []Field{do, reason}
}

func (s *Server) stepClaim(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	c, err := v.claimOf()
	if err != nil {
		return err
	}
	steps, err := v.s.cfg.Desk.Claims.ClaimSteps(v.ctx, v.p, c)
	if err != nil {
		return err
	}
	d := registry.ClaimStep{ID: c.ID, State: r.PostFormValue("do"), Reason: r.PostFormValue("reason")}
	if !slices.Contains(steps, d.State) {
		return v.showClaim(w, http.StatusUnprocessableEntity, map[string]string{"do": v.T("desk.claim.do.empty")})
	}
	if _, err = v.s.cfg.Desk.ClaimActs.StepClaim(v.ctx, v.p, d); err == nil {
		http.Redirect(w, r, "/claims/"+c.ID+"?said=claim_step", http.StatusSeeOther)
		return nil
	}
	if wrong, ok := v.wrongOf(err); ok {
		return v.showClaim(w, http.StatusUnprocessableEntity, wrong)
	}
	return err
}

func (s *Server) claimEvidence(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	c, err := v.claimOf()
	if err != nil {
		return err
	}
	if !v.seesPapers(c) {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	return v.sendFile(w, c.Evidence, "")
}
