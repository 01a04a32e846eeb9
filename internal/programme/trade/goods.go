package trade

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
)

// Goods is what a unit says that it makes, and what it may make by its activities.
type Goods struct {
	Edition    string   // of the codes that are asked about
	Link       *Source  // products by activity; nil where none is loaded
	Activities []Branch // the unit's own
	Said       []UnitProduct
	Candidates []Candidate // of which nothing is said yet; with a search, what it found
}

// Branch is an activity of the unit's: a code of ISIC revision 4 of at most four digits.
type Branch struct {
	Code     string
	Name     locale.Text
	Products int // by the link, of the edition; 0 also where the link does not have the activity
}

// Candidate is a product that a unit of an activity may make.
type Candidate struct {
	Code     string
	Name     locale.Text
	Heading  locale.Text // of the first four digits of a longer code, where it has a name
	Activity string      // of the unit's, "" where it was searched for
	Also     []string    // further activities that make it: the link is many to many
	Said     *UnitProduct
}

// mostFound is how many products a search gives.
const mostFound = 60

// Goods gives a unit's word on products and the candidates of its activities, codes of ISIC as the register has them; with
// words it gives in place of the candidates the products of the edition whose code or name they fit.
func (s *Service) Goods(ctx context.Context, province, unit string, isic []string, words string) (g *Goods, err error) {
	g = &Goods{}
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		all, err := tx.TradeSources(ctx, province, "")
		if err != nil {
			return err
		}
		g.Edition = editionOf(all)
		if g.Said, err = tx.UnitProducts(ctx, province, unit, "", ""); err != nil {
			return err
		}
		if err := s.nameAll(ctx, tx, province, g.Said); err != nil {
			return err
		}
		names, err := namesOf(ctx, tx, province, all, g.Edition)
		if err != nil {
			return err
		}
		activities, err := activitiesOf(ctx, tx, province, all)
		if err != nil {
			return err
		}
		link := &Bridge{}
		if g.Link = linkOf(all, g.Edition); g.Link != nil {
			t, err := tableOf(ctx, tx, province, g.Link.ID)
			if err != nil {
				return err
			}
			link = newBridge(*g.Link, t, false)
		}
		listed := len(namings(all, Products, g.Edition)) > 0
		g.fill(link, names, activities, isic, words, listed)
		return nil
	})
	return g, err
}

// editionOf is the newest edition that names or exports are loaded of: that in which products are asked about.
func editionOf(all []Source) (newest string) {
	for _, s := range all {
		if s.Kind == Products || s.Kind == Exports {
			newest = max(newest, s.Edition)
		}
	}
	if newest == "" {
		newest = Editions()[len(Editions())-1]
	}
	return newest
}

// linkOf is the link of products to activities that counts for an edition: its own before one of all editions together.
func linkOf(all []Source, edition string) *Source {
	of := func(edition string) *Source {
		return counted(all, func(s Source) bool { return s.Kind == ISICLink && s.Edition == edition })
	}
	if s := of(edition); s != nil {
		return s
	}
	return of("")
}

// asISIC cuts an activity code of the register, of eight or ten digits on licences, to the classes of ISIC.
func asISIC(code string) string { return code[:min(4, len(code))] }

// fill makes the candidates. A link of all editions together has codes that the edition has no more: where its names are
// loaded, only what they name is asked about.
func (g *Goods) fill(link *Bridge, names, activities map[string]locale.Text, isic []string, words string, listed bool) {
	said := map[string]*UnitProduct{}
	for i := range g.Said {
		if u := &g.Said[i]; u.Edition == g.Edition {
			said[u.Code] = u
		}
	}
	own := map[string]bool{}
	for _, code := range isic {
		if code = asISIC(code); code != "" && !own[code] {
			own[code] = true
			g.Activities = append(g.Activities, Branch{Code: code, Name: namedIn(activities, code)})
		}
	}
	candidates := map[string]*Candidate{}
	for _, code := range link.codes {
		if _, named := names[code]; listed && !named || len(code) != 4 && len(code) != longestCode {
			continue
		}
		c := &Candidate{Code: code, Name: namedIn(names, code), Heading: headingOf(names, code), Said: said[code]}
		for _, t := range link.to[code] {
			i := g.branch(t.Code)
			switch {
			case i < 0:
				c.Also = append(c.Also, t.Code)
			case c.Activity == "":
				c.Activity = t.Code
				g.Activities[i].Products++
			}
		}
		candidates[code] = c
	}
	if words != "" {
		g.Candidates = found(candidates, names, said, words)
		return
	}
	for _, code := range link.codes {
		if c := candidates[code]; c != nil && c.Activity != "" && c.Said == nil {
			g.Candidates = append(g.Candidates, *c)
		}
	}
	slices.SortStableFunc(g.Candidates, func(a, b Candidate) int { return cmp.Compare(g.branch(a.Activity), g.branch(b.Activity)) }) // the unit's first activity first
}

// branch is which of the unit's activities has a class of ISIC, −1 for none.
func (g *Goods) branch(class string) int {
	return slices.IndexFunc(g.Activities, func(b Branch) bool { return strings.HasPrefix(class, b.Code) })
}

func headingOf(names map[string]locale.Text, code string) locale.Text {
	if len(code) <= 4 {
		return locale.Text{}
	}
	return names[code[:4]]
}

// found gives products whose code begins with the words or whose name has them.
func found(candidates map[string]*Candidate, names map[string]locale.Text, said map[string]*UnitProduct, words string) (out []Candidate) {
	codes := slices.AppendSeq(slices.Collect(maps.Keys(names)), maps.Keys(candidates))
	slices.Sort(codes)
	for _, code := range slices.Compact(codes) {
		if len(code) != 4 && len(code) != longestCode {
			continue
		}
		if Fits(code, names[code], words) {
			if c := candidates[code]; c != nil {
				out = append(out, *c)
			} else {
				out = append(out, Candidate{Code: code, Name: namedIn(names, code), Heading: headingOf(names, code), Said: said[code]})
			}
		}
		if len(out) == mostFound {
			break
		}
	}
	return out
}

// Fits tells whether what a person searched for is how a product's code begins, or stands in one of its names.
func Fits(code string, name locale.Text, words string) bool {
	folded := text.Fold(words)
	if digits := strings.NewReplacer(".", "", " ", "").Replace(text.Digits(words)); digits != "" && strings.HasPrefix(code, digits) {
		return true
	}
	return folded != "" && (strings.Contains(text.Fold(name.FA), folded) || strings.Contains(text.Fold(name.EN), folded))
}
