package web

import (
	"net/http"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/surface/httpkit"
)

// ManualItem is one procedure in the list.
type ManualItem struct {
	ID, Version    string
	Title, Summary locale.Text
	Since          time.Time // in force since
}

// ManualRule is one numbered condition.
type ManualRule struct {
	No        string
	Text, Law locale.Text
}

// ManualStage is one stage: who acts, within what time, and what happens otherwise.
type ManualStage struct {
	Name, Who, Clock, Otherwise locale.Text
	Took                        locale.Text // what half of the runs of the last year took at most; empty where too few ended
}

// ManualTable is a dated table as it stands today. By are who published its rows, empty where nobody knows their names.
type ManualTable struct {
	ID                string
	Title, Law, Rests locale.Text
	Head              []locale.Text // the last two are from and to
	Rows              [][]locale.Text
	Published         time.Time
	By                []string
	Next              time.Time // when other rows come into force; zero for never
}

// Manual is a procedure as people read it.
type Manual struct {
	ManualItem
	Owner  locale.Text
	Needs  []locale.Text // what to have at hand before applying
	Rules  []ManualRule
	Stages []ManualStage
	Tables []ManualTable // its dated tables, with the rows in force today
	Hash   string        // seal of the canonical text
	Start  string        // address to apply at; empty where nobody can apply yet
	Pace   *ManualPace
	// Editions are its published versions, the newest first.
	Editions []Edition
}

// Edition is one published version; Changes says in words what it changed against the version Before, "" for the first.
type Edition struct {
	Version, Before, Hash string
	Since                 time.Time
	Changes               []locale.Text
}

// Verified is what the public may know of a letter.
type Verified struct {
	Number     string
	Valid      bool   // false: revoked or replaced
	Why        string // why it is not valid
	ReplacedBy string // number of the letter in its place
	Letter     *Letter
	Facts      []Fact
	Entry      int64  // journal entry that records it
	Root       string // journal root that covers the entry, hex
	Witnesses  []Witness
}

// Witness is a body outside that signed the journal after the letter's entry, and when by its clock.
type Witness struct {
	Name string
	At   time.Time
}

type homeView struct {
	*Page
	Programmes []Programme
}

func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	p := s.Page(r, "web.home.title")
	return s.public(w, r, p, "public/home", homeView{p, programmes})
}

type aboutView struct{ *Page }

func (s *Server) about(w http.ResponseWriter, r *http.Request) error {
	p := s.Page(r, "web.about.title")
	return s.public(w, r, p, "public/about", aboutView{p})
}

type proceduresView struct {
	*Page
	Items []ManualItem
}

func (s *Server) procedures(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Manuals == nil {
		return missing("manuals")
	}
	items, err := s.cfg.Manuals.List(r.Context())
	if err != nil {
		return err
	}
	p := s.Page(r, "web.procedures.title")
	return s.public(w, r, p, "public/procedures", proceduresView{p, items})
}

type procedureView struct {
	*Page
	Manual *Manual
}

func (s *Server) procedure(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Manuals == nil {
		return missing("manuals")
	}
	m, err := s.cfg.Manuals.Manual(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := s.Page(r, m.Title.In(httpkit.LangOf(r)))
	p.Crumbs = []Crumb{{Label: p.T("web.procedures.title"), Href: "/procedures"}, {Label: p.Title}}
	return s.public(w, r, p, "public/procedure", procedureView{p, m})
}

type verifyView struct {
	*Page
	Field  Field
	Asked  bool
	Letter *Verified // nil when no letter has that number
}

// maxQuery bounds what is looked up; letter numbers and codes are far shorter.
const maxQuery = 100

func (s *Server) verify(w http.ResponseWriter, r *http.Request) error {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	p := s.Page(r, "web.verify.title")
	v := verifyView{Page: p, Asked: q != "", Field: Field{ID: "q", Name: "q", Kind: "code", Value: q, Label: p.T("web.verify.q"),
		Hint: p.T("web.verify.hint"), Autocomplete: "off"}}
	if !v.Asked {
		return s.public(w, r, p, "public/verify", v)
	}
	letter, err := s.lookUp(r, q)
	if err != nil {
		return err
	}
	v.Letter = letter
	status := http.StatusOK
	if letter == nil {
		status = http.StatusNotFound
	}
	return s.Render(w, r, status, "public/verify", v)
}

// lookUp gives nil when there is no such letter: for this page that is an answer, not an error.
func (s *Server) lookUp(r *http.Request, q string) (*Verified, error) {
	if s.cfg.Verifier == nil {
		return nil, missing("verifier")
	}
	if len(q) > maxQuery {
		return nil, nil
	}
	letter, err := s.cfg.Verifier.Verify(r.Context(), httpkit.LangOf(r), q)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) {
		return nil, nil
	}
	return letter, err
}

// echoAmount says an amount typed in rial in words and in toman; for one that is none it says what is wrong with it.
func (s *Server) echoAmount(w http.ResponseWriter, r *http.Request) error {
	l, typed := httpkit.LangOf(r), r.URL.Query().Get("rial")
	if len(typed) > maxQuery {
		typed = typed[:maxQuery]
	}
	amount, err := money.Parse(typed, money.UnitRial)
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid {
		return httpkit.JSON(w, r, http.StatusOK, map[string]string{"error": locale.T(l, f.Key, f.Args), "text": locale.T(l, f.Key, f.Args)})
	}
	if err != nil {
		return err
	}
	return httpkit.JSON(w, r, http.StatusOK, map[string]string{"text": money.Echo(amount, l)})
}

const robotsText = "User-agent: *\nAllow: /$\nAllow: /report\nAllow: /procedures\nAllow: /about\nAllow: /static/\nDisallow: /\n"

func (s *Server) robots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, err := w.Write([]byte(robotsText))
	return err
}

func (s *Server) manifest(w http.ResponseWriter, r *http.Request) error {
	l := httpkit.LangOf(r)
	dir := "rtl"
	if l == locale.EN {
		dir = "ltr"
	}
	w.Header().Set("Content-Type", "application/manifest+json")
	return httpkit.JSON(w, r, http.StatusOK, map[string]any{
		"name": locale.T(l, "web.name", nil), "description": locale.T(l, "web.description", nil), "lang": l, "dir": dir,
		"start_url": "/", "display": "minimal-ui", "theme_color": "#06707a", "background_color": "#f7f6f3",
		"icons": []map[string]string{{"src": s.assets.URL("brand.svg"), "sizes": "any", "type": "image/svg+xml"}},
	})
}
