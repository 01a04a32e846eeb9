package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"image"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	_ "golang.org/x/image/webp" // reads the pictures' sizes

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/httpkit"
)

// guideOrder are the guides as the list shows them, each with the beginnings of the roles it is for.
var guideOrder = []struct {
	id, icon string
	roles    []string
}{
	{"unit", "factory", []string{"unit."}},
	{"expert", "file-check", []string{"dir.expert", "dir.registry"}},
	{"branch", "landmark", []string{"bank."}},
	{"manager", "gauge", []string{"dir.head", "dir.deputy", "dir.dg", "council."}},
	{"admin", "users", []string{"admin"}},
}

// Guide is one guide in one language: Lede is its first paragraph, Body the rest.
type Guide struct {
	ID, Icon    string
	Title, Lede string
	Body        template.HTML
	Mine        bool // for the role of who is looking
}

// loadGuides reads every guide in both languages; one that is missing stops the start.
func (s *Server) loadGuides() error {
	s.guides = map[locale.Lang]map[string]Guide{}
	if s.cfg.Guides == nil {
		return nil
	}
	for _, l := range []locale.Lang{locale.FA, locale.EN} {
		s.guides[l] = map[string]Guide{}
		for _, g := range guideOrder {
			name := fmt.Sprintf("%s.%s.md", g.id, l)
			raw, err := fs.ReadFile(s.cfg.Guides, name)
			if err != nil {
				return fmt.Errorf("guide: %w", err)
			}
			guide, err := s.readGuide(raw)
			if err != nil {
				return fmt.Errorf("guide %s: %w", name, err)
			}
			guide.ID, guide.Icon = g.id, g.icon
			s.guides[l][g.id] = guide
		}
	}
	return nil
}

// readGuide takes the heading and the first paragraph out of a guide and renders what follows.
func (s *Server) readGuide(raw []byte) (g Guide, err error) {
	pictures := &pictures{s: s}
	md := goldmark.New(goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(pictures, 1))))
	doc := md.Parser().Parse(text.NewReader(raw))
	head, lede := doc.FirstChild(), ast.Node(nil)
	if head != nil {
		lede = head.NextSibling()
	}
	if head == nil || head.Kind() != ast.KindHeading || lede == nil || lede.Kind() != ast.KindParagraph {
		return g, errors.New("begins without a heading and a paragraph")
	}
	g.Title, g.Lede = words(head, raw), words(lede, raw)
	doc.RemoveChild(doc, head)
	doc.RemoveChild(doc, lede)
	var b bytes.Buffer
	if err := md.Renderer().Render(&b, raw, doc); err != nil {
		return g, err
	}
	g.Body = template.HTML(b.String()) // #nosec G203 -- our own files; the renderer lets no HTML of the text through
	return g, nil
}

// words is the text of a node without its marks.
func words(n ast.Node, raw []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Value(raw))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
			continue
		}
		b.WriteString(words(c, raw))
	}
	return b.String()
}

// pictures shows a paragraph that is one picture folded up: who reads a guide in the product need not load what they have
// before their eyes.
type pictures struct{ s *Server }

// RegisterFuncs takes over paragraphs; the rest is rendered as everywhere.
func (p *pictures) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindParagraph, p.paragraph)
}

func (p *pictures) paragraph(w util.BufWriter, raw []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	img, ok := n.FirstChild().(*ast.Image)
	if !ok || n.ChildCount() != 1 {
		mark := "</p>\n"
		if entering {
			mark = "<p>"
		}
		_, err := w.WriteString(mark)
		return ast.WalkContinue, err
	}
	if !entering {
		return ast.WalkContinue, nil
	}
	address, size, err := p.s.guidePicture(string(img.Destination))
	if errors.Is(err, fs.ErrNotExist) { // a picture comes after the page it shows; a test wants each
		return ast.WalkSkipChildren, nil
	}
	if err != nil {
		return ast.WalkStop, err
	}
	alt := template.HTMLEscapeString(words(img, raw))
	_, err = fmt.Fprintf(w, "<details class=\"shot\"><summary>%s</summary><img src=%q alt=%q width=\"%d\" height=\"%d\" loading=\"lazy\"></details>\n",
		alt, address, alt, size.Width, size.Height)
	return ast.WalkSkipChildren, err
}

// guidePicture gives the address and the size of a picture that a guide names.
func (s *Server) guidePicture(name string) (string, image.Config, error) {
	f, err := s.cfg.Guides.Open(name)
	if err != nil {
		return "", image.Config{}, err
	}
	defer func() { _ = f.Close() }()
	size, _, err := image.DecodeConfig(f)
	if err != nil {
		return "", size, fmt.Errorf("%s: %w", name, err)
	}
	return s.assets.URL(path.Base(name)), size, nil
}

type guidesView struct {
	*Page
	Guides []Guide
}

func (s *Server) help(w http.ResponseWriter, r *http.Request) error {
	p := s.Page(r, "web.help.title")
	v := guidesView{Page: p}
	for _, g := range guideOrder {
		guide := s.guides[p.Lang][g.id]
		guide.Mine = link{roles: g.roles}.forRole(httpkit.PrincipalOf(r))
		v.Guides = append(v.Guides, guide)
	}
	return s.public(w, r, p, "public/help", v)
}

type guideView struct {
	*Page
	Guide Guide
}

func (s *Server) guide(w http.ResponseWriter, r *http.Request) error {
	g, ok := s.guides[httpkit.LangOf(r)][r.PathValue("guide")]
	if !ok {
		return fault.New(fault.NotFound, "httpkit.no_page")
	}
	p := s.Page(r, g.Title)
	p.Crumbs = []Crumb{{Label: p.T("web.help.title"), Href: "/help"}, {Label: p.Title}}
	return s.public(w, r, p, "public/guide", guideView{p, g})
}
