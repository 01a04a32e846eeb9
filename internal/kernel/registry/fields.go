package registry

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
)

// Names of the fields that the register itself lists and searches by.
const (
	FieldName      = "name"
	FieldKind      = "kind"
	FieldCounty    = "county"
	FieldStatus    = "status"
	FieldLegalID   = "legal_id"
	FieldOwnerCode = "owner_nc"
	FieldOwnerName = "owner_name"
	FieldLicence   = "licence_no"
)

// Field is one field of the company file. Type is text, code (a number or mark kept as typed, ASCII digits), id (checked
// by Ident), date (Gregorian YYYY-MM-DD, Jalali where typed), int, money (int64 rial), percent (basis points), choice,
// county or list (of texts, or of identifiers of the kind Ident).
type Field struct {
	ID       string      `json:"id"`
	Type     string      `json:"type"`
	Ident    string      `json:"ident"`
	Min      int64       `json:"min"`
	Max      int64       `json:"max"`
	Past     bool        `json:"past"`     // a date not after today
	Within   string      `json:"within"`   // a number not above that field
	Key      bool        `json:"key"`      // units are found by it
	Personal bool        `json:"personal"` // sealed at rest
	Title    locale.Text `json:"title"`
	Headers  []string    `json:"headers"`
	Choices  []Choice    `json:"choices"`
}

// Counted says that a field's values are numbers, days or one of a list, which name nobody.
func (f Field) Counted() bool {
	switch f.Type {
	case "choice", "county", "int", "percent", "money", "date":
		return true
	}
	return false
}

// Choice is a code with its title and what sheets write for it.
type Choice struct {
	Code string `json:"code"`
	locale.Text
	Also []string `json:"also"`
}

// ChoiceTitle gives the title of a choice's code, nothing for any other value.
func (f Field) ChoiceTitle(v any) locale.Text {
	for _, c := range f.Choices {
		if c.Code == v {
			return c.Text
		}
	}
	return locale.Text{}
}

//go:embed fields.json
var fieldsFile []byte

type vocabulary struct {
	Fields          []Field                       `json:"fields"`
	IdentityHeaders []string                      `json:"identity_headers"`
	SerialHeaders   []string                      `json:"serial_headers"`
	CountWords      []string                      `json:"count_words"`
	BlankWords      []string                      `json:"blank_words"`
	CountyWords     []string                      `json:"county_words"`
	FormWords       []string                      `json:"form_words"`
	TotalWords      []string                      `json:"total_words"`
	LicenceWords    []struct{ Word, Kind string } `json:"licence_words"`
	MoneyWords      []scale                       `json:"money_words"`

	byID                       map[string]*Field
	choices                    map[string]map[string]string // field → folded text → code
	count, blank, county, form map[string]bool
	total                      map[string]bool
	sorted, within             []*Field // by id: all, and those that are a part of another
	byKey, personal            []*Field // units are found by them; they are sealed
}

var words = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{byID: map[string]*Field{}, choices: map[string]map[string]string{}}
	if err := json.Unmarshal(fieldsFile, v); err != nil {
		panic(fmt.Errorf("fields.json: %w", err)) // embedded at build time
	}
	for i := range v.Fields {
		f := &v.Fields[i]
		v.byID[f.ID] = f
		v.choices[f.ID] = f.spellings()
		if f.Key {
			v.byKey = append(v.byKey, f)
		}
		if f.Personal {
			v.personal = append(v.personal, f)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.byID)) {
		f := v.byID[id]
		if v.sorted = append(v.sorted, f); f.Within != "" {
			v.within = append(v.within, f)
		}
	}
	v.count, v.blank, v.county, v.form = folded(v.CountWords), folded(v.BlankWords), folded(v.CountyWords), folded(v.FormWords)
	v.total = folded(v.TotalWords)
	return v
})

// spellings maps every folded way of writing a choice to its code.
func (f *Field) spellings() map[string]string {
	m := map[string]string{}
	for _, c := range f.Choices {
		for _, s := range append([]string{c.Code, c.FA, c.EN}, c.Also...) {
			m[tight(s)] = c.Code
		}
	}
	return m
}

func folded(list []string) map[string]bool {
	m := map[string]bool{}
	for _, s := range list {
		m[tight(s)] = true
	}
	return m
}

// tight is a text's search key without blanks, "" when it has no letter or digit.
func tight(s string) string { return text.Tight(s) }

// Fields lists the fields of the company file, in the order of a form.
func Fields() []Field { return words().Fields }

// FieldByID gives a field; false when there is none of that name.
func FieldByID(id string) (Field, bool) {
	if f, ok := words().byID[id]; ok {
		return *f, true
	}
	return Field{}, false
}
