package casework

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/procedure"
)

// Found is what a search for a number or some words gave: cases, and the letters of cases. Exact says that the first of
// each that is there bears exactly the number typed; then there are no others.
type Found struct {
	Cases   []Row
	Letters []FoundLetter
	Exact   bool
}

// FoundLetter is an issued letter with the case it was issued in.
type FoundLetter struct {
	BookedLetter
	Title locale.Text
	Of    Row // as far as lists of letters need it: id, number, unit's name
}

// LetterRow is a line of the letter book beside its case: of the case id, number, definition and unit's name.
type LetterRow struct {
	BookedLetter
	Of Row
}

// Find gives up to most cases and letters that the caller may see: the one of exactly that number, else those whose number
// has what was typed in it or whose unit's name has all its words. It asks for them in the caller's scopes, as lists do.
func (g *Engine) Find(ctx context.Context, who Caller, typed string, most int) (Found, error) {
	var out Found
	if text.Fold(typed) == "" {
		return out, nil
	}
	err := g.listing(ctx, who, func(ctx context.Context, l *listing) (err error) {
		out, err = l.find(ctx, typed, most)
		return err
	})
	return out, err
}

func (l *listing) find(ctx context.Context, typed string, most int) (Found, error) {
	number := numberTyped(typed)
	page, err := l.page(ctx, Query{Number: number, Limit: most})
	if err != nil {
		return Found{}, err
	}
	if len(page.Rows) > 0 {
		return Found{Cases: page.Rows, Exact: true}, nil
	}
	letters, err := l.letters(ctx, Query{Number: number, Limit: most})
	if err != nil {
		return Found{}, err
	}
	if len(letters) > 0 {
		return Found{Letters: letters, Exact: true}, nil
	}
	return l.near(ctx, typed, number, most)
}

// near finds what has the typed words in it. Only what has a digit can be part of a letter's number.
func (l *listing) near(ctx context.Context, typed, number string, most int) (out Found, err error) {
	page, err := l.page(ctx, Query{Text: typed, Sort: "changed", Limit: most})
	if err != nil {
		return out, err
	}
	out.Cases = page.Rows
	if strings.ContainsFunc(number, unicode.IsDigit) {
		out.Letters, err = l.letters(ctx, Query{Text: number, Limit: most})
	}
	return out, err
}

// numberTyped is a typed text as numbers of cases and letters are written.
func numberTyped(typed string) string { return strings.ToUpper(text.Digits(text.Display(typed))) }

// hidden is how many more letters are asked for than shown: some that are found may not be the reader's to see.
const hidden = 40

// letters gives letters of the cases the caller may see, each as far as the caller's role sees letters of its kind.
func (l *listing) letters(ctx context.Context, q Query) ([]FoundLetter, error) {
	most := q.Limit
	q.Limit, q.Province = most+hidden, l.who.Grants.Province
	if q.Scopes = Scopes(l.defs, l.who); len(q.Scopes) == 0 {
		return nil, nil
	}
	rows, err := l.r.ListLetters(ctx, q)
	var out []FoundLetter
	for _, r := range rows {
		d := l.by[r.Of.Definition]
		if d == nil || len(out) == most || !seesLetter(d, d.Role(l.who.Actor.Role), r.Code) {
			continue
		}
		found := FoundLetter{BookedLetter: r.BookedLetter, Of: r.Of}
		if def := d.Letter(r.Code); def != nil {
			found.Title = def.Title
		}
		l.shown(&found.Of)
		out = append(out, found)
	}
	return out, err
}

// seesLetter: staff of the case see its letters; a party sees those addressed or copied to its relation.
func seesLetter(d *procedure.Definition, r *procedure.Role, code string) bool {
	if r == nil {
		return false
	}
	if slices.Contains(r.Sees, "*") || slices.Contains(r.Sees, procedure.SeesLetters) {
		return true
	}
	def := d.Letter(code)
	return def != nil && r.Relation != "" && (def.To == r.Relation || slices.Contains(def.Copies, r.Relation))
}
