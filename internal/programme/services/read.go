package services

import (
	"cmp"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/ident"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/registry"
)

// Spec is a field of a kind of record. Type is text, day, amount, rate, currency, country, category, class, legal, hs or figure.
type Spec struct {
	Name, Type string
	Must       bool
}

var specs = map[Kind][]Spec{
	Contract: {{"contract", "text", true}, {"legal_id", "legal", false}, {"firm", "text", false}, {"home", "text", false}, {"client", "text", true},
		{"country", "country", true}, {"category", "category", true}, {"ebops", "class", false}, {"currency", "currency", true}, {"amount", "amount", true},
		{"goods", "amount", false}, {"on", "day", true}, {"from", "day", false}, {"to", "day", false}, {"grade", "text", false}},
	Statement: {{"number", "text", true}, {"from", "day", true}, {"to", "day", true}, {"on", "day", true}, {"amount", "amount", true}},
	Receipt:   {{"number", "text", true}, {"on", "day", true}, {"amount", "amount", true}},
	Equipment: {{"declaration", "text", true}, {"statement", "text", true}, {"on", "day", true}, {"hs", "hs", false}, {"amount", "amount", true}},
	Rate:      {{"currency", "currency", true}, {"on", "day", true}, {"rate", "rate", true}, {"source", "text", true}},
	Figure:    {{"name", "figure", true}, {"amount", "figure amount", true}, {"to", "day", true}, {"source", "text", true}, {"vintage", "text", false}},
}

// FieldsOf gives the fields of a kind in the order in which people are asked for them.
func FieldsOf(k Kind) []Spec { return slices.Clone(specs[k]) }

const (
	longestText = 200
	most        = int64(1e15) // of an amount, in the smallest part
	leastRate   = int64(1e5)  // 0.1 for a dollar: no currency is worth ten dollars, and what most comes to at it is an int64 still
)

// typed is what is being read. currency is that of the contract, where the record hangs on one.
type typed struct {
	kind      Kind
	cells     map[string]string
	countries map[string]string
	currency  Currency
	figure    FigureName
	scale     map[string]int64 // of amounts, by field, where the sheet's heading says it
}

// read reads what was typed, or gives the first fault.
func (in *typed) read() (Fields, error) {
	f, bad := in.all()
	if len(bad) > 0 {
		return f, bad[0]
	}
	return f, nil
}

// all reads every field, and gives each fault at its field.
func (in *typed) all() (f Fields, bad []*fault.Fault) {
	refuse := func(name string, err error) {
		x, ok := fault.As(err)
		if !ok {
			x = fault.New(fault.Invalid, "services.value", "value", in.cells[name])
		}
		bad = append(bad, x.At(name))
	}
	if said := in.cells["currency"]; said != "" || in.kind == Contract || in.kind == Rate {
		c, ok := currencyOf(said)
		switch {
		case !ok:
			refuse("currency", fault.New(fault.Invalid, "services.currency", "value", said))
		case in.currency.Code != "" && in.currency.Code != c.Code:
			refuse("currency", fault.New(fault.Invalid, "services.other_currency", "value", c.Code, "currency", in.currency.Code))
		}
		in.currency = c
	}
	f.Currency = in.currency.Code
	for _, s := range specs[in.kind] {
		said := text.Display(in.cells[s.Name])
		if registry.Blank(said) {
			if s.Must && s.Type != "currency" {
				refuse(s.Name, fault.New(fault.Invalid, "services.empty"))
			}
			continue
		}
		if err := in.take(&f, s, said); err != nil {
			refuse(s.Name, err)
		}
	}
	if f.Category != "" && f.EBOPS == "" {
		c, _ := categoryOf(f.Category)
		f.EBOPS = c.Class
	}
	if len(bad) == 0 {
		if err := f.agree(in.kind); err != nil {
			bad = append(bad, err)
		}
	}
	return f, bad
}

// agree holds fields to each other.
func (f Fields) agree(k Kind) *fault.Fault {
	switch {
	case f.From != "" && f.To != "" && f.From > f.To:
		return fault.New(fault.Invalid, "services.period").At("to")
	case k == Statement && f.On < f.To:
		return fault.New(fault.Invalid, "services.dated_early").At("on")
	case k == Contract && f.Goods > f.Amount:
		return fault.New(fault.Invalid, "services.goods").At("goods")
	case k == Rate && f.Currency == "USD":
		return fault.New(fault.Invalid, "services.dollar").At("currency")
	}
	return nil
}

func (in *typed) take(f *Fields, s Spec, said string) (err error) {
	switch s.Type {
	case "text":
		if len([]rune(said)) > longestText {
			return fault.New(fault.Invalid, "services.long", "most", longestText)
		}
		*f.text(s.Name) = said
	case "day":
		d, err := dayOf(said)
		if err != nil {
			return err
		}
		*f.text(s.Name) = d
	case "amount":
		n, err := in.amount(s.Name, said, in.currency.Digits)
		if s.Name == "goods" {
			f.Goods = n
		} else {
			f.Amount = n
		}
		return err
	case "rate":
		if f.PerUSD, err = scaled(said, 6); err == nil && f.PerUSD < leastRate {
			err = fault.New(fault.Invalid, "services.rate", "value", said)
		}
	case "country":
		f.Country = countryOf(said, in.countries)
		if f.Country == "" || f.Country == "IRN" {
			return fault.New(fault.Invalid, "services.country", "value", said)
		}
	case "category":
		c, ok := categoryOf(said)
		if !ok {
			return fault.New(fault.Invalid, "services.category", "value", said)
		}
		f.Category = c.Code
	case "class":
		if f.EBOPS = ClassOf(said); f.EBOPS == "" {
			return fault.New(fault.Invalid, "services.class", "value", said)
		}
	case "legal":
		r := ident.Check("legal_id", text.Digits(said))
		f.LegalID = r.Canonical
		return r.Err()
	case "hs":
		f.HS = strings.NewReplacer(".", "", " ", "").Replace(text.Digits(said))
		if strings.Trim(f.HS, "0123456789") != "" || len(f.HS) < 4 || len(f.HS) > 10 {
			return fault.New(fault.Invalid, "services.hs", "value", said)
		}
	case "figure":
		n, ok := figureOf(said)
		if !ok {
			return fault.New(fault.Invalid, "services.figure", "value", said)
		}
		in.figure, f.Name = n, n.Code
	case "figure amount":
		digits := map[string]int{"usd": 2, "percent": 2, "count": 0}[in.figure.Unit]
		f.Amount, err = in.amount(s.Name, strings.TrimRight(said, "%\u066a "), digits)
	}
	return err
}

// text gives the field of a name.
func (f *Fields) text(name string) *string {
	return map[string]*string{"contract": &f.Contract, "firm": &f.Firm, "home": &f.Home, "client": &f.Client, "grade": &f.Grade, "number": &f.Number,
		"on": &f.On, "from": &f.From, "to": &f.To, "statement": &f.Statement, "declaration": &f.Declaration, "source": &f.Source, "vintage": &f.Vintage}[name]
}

var civil = regexp.MustCompile(`^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$`)

// dayOf reads a day of the solar calendar, or a Gregorian one as machines write it.
func dayOf(said string) (string, error) {
	if plain := text.Digits(said); civil.MatchString(plain) {
		d, err := jalali.FromCivil(plain)
		return d.Civil(), err
	}
	d, err := jalali.Parse(said)
	if err != nil {
		return "", err
	}
	return d.Civil(), nil
}

func countryOf(said string, names map[string]string) string {
	if code := strings.ToUpper(said); len(code) == 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return code
	}
	return names[text.Fold(said)]
}

// amount reads an amount in the smallest part; the currency's own name and words such as million may stand beside the number.
func (in *typed) amount(name, said string, digits int) (int64, error) {
	scale := big.NewInt(max(1, in.scale[name]))
	var number []string
	for _, word := range strings.Fields(apart.ReplaceAllString(text.Digits(said), "$1 $2")) {
		if n, ok := scales()[text.Fold(word)]; ok {
			scale = big.NewInt(n)
			continue
		}
		if c, ok := currencyOf(word); ok && c.Code == in.currency.Code {
			continue
		}
		number = append(number, word)
	}
	n, err := parts(strings.Join(number, ""), digits, scale)
	if err != nil {
		return 0, fault.New(fault.Invalid, "services.amount", "value", said)
	}
	return n, nil
}

// apart parts a number from a word that stands at it.
var apart = regexp.MustCompile(`([0-9])([^0-9.,\x{066b}\x{066c}])`)

// scaled reads a number above 0 in parts of ten to the digits.
func scaled(said string, digits int) (int64, error) {
	n, err := parts(text.Digits(said), digits, big.NewInt(1))
	if err == nil && n == 0 {
		err = fault.New(fault.Invalid, "services.rate", "value", said)
	}
	return n, err
}

var (
	number  = regexp.MustCompile(`^[0-9]{1,18}(\.[0-9]{1,9})?$`)
	grouped = regexp.MustCompile(`^[0-9]{1,3}([,\x{066c}\x{060c}][0-9]{3})*([./\x{066b}][0-9]+)?$`)
)

// parts reads a plain number times scale, in parts of ten to the digits; one that does not come out whole is refused.
func parts(said string, digits int, scale *big.Int) (int64, error) {
	plain := strings.NewReplacer(",", "", "\u066c", "", "\u060c", "", "\u066b", ".", "/", ".", " ", "").Replace(said)
	if !number.MatchString(plain) || strings.ContainsAny(said, ",\u066c\u060c") && !grouped.MatchString(said) {
		return 0, fault.New(fault.Invalid, "services.rate", "value", said)
	}
	r, _ := new(big.Rat).SetString(plain)
	r.Mul(r, new(big.Rat).SetInt(scale)).Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)))
	if !r.IsInt() || !r.Num().IsInt64() || r.Num().Int64() > most {
		return 0, fault.New(fault.Invalid, "services.rate", "value", said)
	}
	return r.Num().Int64(), nil
}

// UnitsOwn are the fields of a contract that say which firm it is of. Its own people are not asked for them: the register of units
// says it, and a person who could say another would learn and take the numbers of that firm's contracts.
func UnitsOwn() []string { return []string{"firm", "legal_id", "home"} }

// reading prepares an entry among what the register holds.
func reading(g *Register, e Entry) *typed {
	in := &typed{kind: e.Kind, cells: maps.Clone(e.Typed), countries: e.Countries}
	former := g.things[e.Corrects]
	if former != nil && e.Kind == Contract && registry.Blank(e.Typed["client"]) {
		in.cells["client"] = former.last().Client // who may not read the client does not type it
	}
	if e.Kind == Contract && e.Only != "" {
		of := Fields{LegalID: e.LegalID}
		if former != nil {
			of = former.last().Fields
		}
		for field, own := range map[string]string{"firm": of.Firm, "legal_id": cmp.Or(of.LegalID, e.LegalID), "home": of.Home} {
			in.cells[field] = own
		}
	}
	if c := g.things[e.contract(g)]; e.Kind.ofContract() && c != nil {
		in.currency, _ = currencyOf(c.Shown().Currency)
	}
	return in
}

// contract is the Thing of the contract of an entry.
func (e Entry) contract(g *Register) string {
	if t := g.things[e.Corrects]; t != nil {
		return t.last().Of
	}
	return e.Of
}
