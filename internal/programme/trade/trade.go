// Package trade is a province's register of trade data: tables that others publish, and customs sheets of what the province
// itself sold, each with who published it, in which edition, under what licence, when it was loaded and what it replaced. Of them
// the product compass is made: what a country or the province exports, how near and how complex each product is, and a
// reading in words. Every figure knows the source, the filter and the conventions that it was made with.
//
// A table is kept as it was read. What a table does not say is missing and never 0. Codes of one edition come to another only by
// a concordance that is loaded, many to many: a value is parted by shares that it gives, and what may be one of several is told.
//
// What units make stands here and not in their company files: a company file has one value for each of its fields, and this is a
// list by code and edition, of which each word is a revision with its giver, and of which the compass and a case's product and
// market are made.
package trade

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/journal"
)

// Kind is what a table says.
type Kind string

// The kinds of tables.
const (
	Exports     Kind = "exports"     // what each country exported of each product in a year, USD
	Province    Kind = "province"    // the same of the province's own producers, USD
	Products    Kind = "products"    // codes of an edition of the nomenclature and their names
	Countries   Kind = "countries"   // codes of countries and their names
	Populations Kind = "populations" // people by country in a year
	Activities  Kind = "activities"  // codes of ISIC revision 4 and their names
	Concordance Kind = "concordance" // which codes of an edition stand for which of another, many to many
	ISICLink    Kind = "isic"        // which products are of which activity of ISIC revision 4, many to many
	Bilateral   Kind = "flows"       // what each country sold to each other of each product in a year, USD, and where known tons
	Distances   Kind = "distances"   // kilometres between countries
	Economies   Kind = "economies"   // expected growth of output and people by country, fractions
	Tariffs     Kind = "tariffs"     // what importers levy in a year, fractions of the value
	Services    Kind = "services"    // what each country exported of each class of services in a year, USD
)

// Kinds gives all kinds in the order in which people are told of them.
func Kinds() []Kind {
	return []Kind{Exports, Province, Products, Countries, Populations, Activities, Concordance, ISICLink, Bilateral, Distances, Economies, Tariffs, Services}
}

// of tells whether a table of the kind can be of a year: customs count Jalali years, everybody else Gregorian ones, of which
// the United Nations' statistics begin in 1962.
func (k Kind) of(year int) bool {
	switch k {
	case Province:
		return year >= jalali.First.Year && year <= jalali.Last.Year
	case Exports, Populations, Bilateral, Economies, Tariffs, Services:
		return year >= 1962 && year <= 2100
	default:
		return year == 0
	}
}

// coded tells whether a table of the kind names products, so that its edition of the nomenclature must be known.
func (k Kind) coded() bool {
	return k == Exports || k == Province || k == Products || k == Concordance || k == Bilateral || k == Tariffs
}

// names tells whether a table of the kind gives names: such tables add to each other.
func (k Kind) names() bool { return k == Products || k == Countries || k == Activities }

// Source is one table as it was loaded. Publisher and Vintage are words of who published it. Sources of the same kind, editions
// and year replace each other: the last loaded counts, and the former ones stay. Tables of names add to each other: of each code
// and language the last name given counts, so that names in Persian stand beside those in English.
type Source struct {
	Province  string `json:"-"`
	ID        string `json:"-"`
	Kind      Kind   `json:"kind"`
	Edition   string `json:"edition,omitempty"` // HS1992 to HS2022, "" where no products are named or the codes are of all editions together
	To        string `json:"to,omitempty"`      // edition that a concordance leads to
	Covers    string `json:"covers,omitempty"`  // of names: ids of the sources of which it gives all, and which count no more
	Year      int    `json:"year,omitempty"`    // Gregorian, of customs sheets Jalali, 0 where the table is of no year
	Publisher string `json:"publisher"`
	Vintage   string `json:"vintage"`
	Licence   string `json:"licence"`
	File      string `json:"file"`
	SHA256    string `json:"sha256"` // of the file as it was given
	Rows      int    `json:"rows"`
	LoadedAt  int64  `json:"-"` // microseconds UTC
	LoadedBy  string `json:"-"`
	Replaces  string `json:"replaces,omitempty"` // the id of the source that counted before
	Change    Change `json:"change"`
}

// Change is what a source changed against the one that it replaced.
type Change struct {
	Added   int `json:"added"`   // said before nothing
	Gone    int `json:"gone"`    // said nothing of any more
	Changed int `json:"changed"` // says something else
}

// Editions are those of the Harmonized System, by the years in which they came into force.
func Editions() []string {
	return []string{"HS1992", "HS1996", "HS2002", "HS2007", "HS2012", "HS2017", "HS2022"}
}

// Tx is what the register needs of a transaction.
type Tx interface {
	// TradeSources gives the sources of a province, the last loaded first; of all kinds when kind is "".
	TradeSources(ctx context.Context, province string, kind Kind) ([]Source, error)
	PutTradeSource(ctx context.Context, s Source, packed []byte) error
	// TradeTable gives the packed table of a source; not_found when there is none.
	TradeTable(ctx context.Context, province, id string) ([]byte, error)
	Record(ctx context.Context, l journal.Leaf) error
	UnitTx
	FlowTx
}

// Config is what the service needs.
type Config struct {
	Write func(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	Read  func(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	Clock clock.Clock
	NewID func() string
}

// Service is the register; safe for concurrent use.
type Service struct {
	cfg Config

	worlds  shared[made, *World]
	markets seats // a chapter of two digits takes hundreds of megabytes while its markets are made

	mu   sync.Mutex
	span *window // the years of flows that were asked for last: of six digits some 25 MB
}

// atOnce is how many worlds are computed at a time, each on all processors, and of how many products the markets.
const atOnce, marketsAtOnce = 1, 2

// New makes the service.
func New(cfg Config) *Service {
	return &Service{cfg: cfg, markets: make(seats, marketsAtOnce), worlds: shared[made, *World]{seats: make(seats, atOnce), room: keptCells, weight: (*World).cells}}
}

// chain is the journal's chain of what was loaded.
const chain = "trade"

// Load is a table to take in, already read.
type Load struct {
	Source
	Table Table
	Flows *Flows // of Bilateral, in the table's place
	Dry   bool   // says what would change, and writes nothing
}

// rows is how many statements are loaded.
func (in Load) rows() int {
	if in.Flows != nil {
		return in.Flows.Head.Rows
	}
	return in.Table.Len()
}

// Load takes a table in and says what it changes. It is refused when it says nothing, when edition or year are missing, and
// when the very file stands already as what counts.
func (s *Service) Load(ctx context.Context, in Load) (Source, error) {
	if err := in.check(); err != nil {
		return Source{}, err
	}
	out := in.Source
	out.Rows = in.rows()
	take := func(ctx context.Context, tx Tx) error {
		former, err := tx.TradeSources(ctx, in.Province, in.Kind)
		if err != nil {
			return err
		}
		if err := in.replace(ctx, tx, former, &out); err != nil {
			return err
		}
		if out.Change, err = in.against(ctx, tx, former, out); err != nil || in.Dry {
			return err
		}
		out.ID, out.LoadedAt = s.cfg.NewID(), s.cfg.Clock.Now().UnixMicro()
		if err := in.put(ctx, tx, out); err != nil {
			return err
		}
		return tx.Record(ctx, journal.Leaf{Province: in.Province, Case: chain, Kind: "trade.loaded", At: out.LoadedAt, Actor: in.LoadedBy,
			Cause: out.ID + " " + out.SHA256})
	}
	run := s.cfg.Write
	if in.Dry {
		run = s.cfg.Read
	}
	return out, run(ctx, take)
}

// against counts what changes of what the register says already.
func (in Load) against(ctx context.Context, tx Tx, former []Source, out Source) (c Change, err error) {
	if in.Flows == nil {
		before, after, err := in.standing(ctx, tx, former, out)
		return after.against(before), err
	}
	var before Head
	if out.Replaces != "" {
		packed, err := tx.TradeTable(ctx, in.Province, out.Replaces)
		if err != nil {
			return c, err
		}
		if before, err = UnpackHead(packed); err != nil {
			return c, err
		}
	}
	return in.Flows.against(before, func(n int) ([]byte, error) { return tx.TradePart(ctx, in.Province, out.Replaces, n) })
}

func (in Load) put(ctx context.Context, tx Tx, out Source) error {
	if in.Flows == nil {
		return tx.PutTradeSource(ctx, out, in.Table.Pack())
	}
	if err := tx.PutTradeSource(ctx, out, in.Flows.Head.Pack()); err != nil {
		return err
	}
	for n, part := range in.Flows.Parts {
		if err := tx.PutTradePart(ctx, in.Province, out.ID, n, part); err != nil {
			return err
		}
	}
	return nil
}

func (in Load) check() error {
	switch {
	case !known(Kinds(), in.Kind):
		return unknownKind(in.Kind)
	case in.Kind.coded() && !known(Editions(), in.Edition):
		return fault.New(fault.Invalid, "trade.edition", "edition", in.Edition).At("edition")
	case in.Edition != "" && !known(Editions(), in.Edition):
		return fault.New(fault.Invalid, "trade.edition", "edition", in.Edition).At("edition")
	case (in.Kind == Concordance) != known(Editions(), in.To), in.To != "" && in.To == in.Edition:
		return fault.New(fault.Invalid, "trade.to_edition", "edition", in.To).At("to")
	case !in.Kind.of(in.Year):
		return fault.New(fault.Invalid, "trade.table_year", "year", strconv.Itoa(in.Year)).At("year")
	case in.Publisher == "":
		return fault.New(fault.Invalid, "trade.publisher").At("publisher")
	case in.Licence == "":
		return fault.New(fault.Invalid, "trade.licence").At("licence")
	case in.rows() == 0 || (in.Kind == Bilateral) != (in.Flows != nil):
		return fault.New(fault.Invalid, "trade.csv_empty", "file", in.File, "line", 2)
	case in.Kind.names() && !in.Table.anyName():
		return fault.New(fault.Invalid, "trade.no_names", "file", in.File).At("file")
	}
	return nil
}

func unknownKind(k Kind) error {
	var names []string
	for _, kind := range Kinds() {
		names = append(names, string(kind))
	}
	return fault.New(fault.Invalid, "trade.kind", "kind", string(k), "names", strings.Join(names, ", ")).At("kind")
}

func known[T comparable](all []T, one T) bool {
	for _, v := range all {
		if v == one {
			return true
		}
	}
	return false
}

// Title is a source's short name: publisher, vintage, edition and year.
func (s Source) Title() string {
	out := s.Publisher
	edition := s.Edition
	if s.To != "" {
		edition += "\u2013" + s.To
	}
	for _, part := range []string{s.Vintage, edition} {
		if part != "" {
			out += ", " + part
		}
	}
	if s.Year != 0 {
		out += ", " + strconv.Itoa(s.Year)
	}
	return out
}

// Sources gives the sources of a province, the last loaded first.
func (s *Service) Sources(ctx context.Context, province string) (out []Source, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		out, err = tx.TradeSources(ctx, province, "")
		return err
	})
	return out, err
}

// Latest gives the table that counts of a kind, an empty one where none is loaded.
func (s *Service) Latest(ctx context.Context, province string, kind Kind) (t Table, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		all, err := tx.TradeSources(ctx, province, kind)
		if err != nil {
			return err
		}
		src := latest(all, kind, "", 0)
		if src == nil {
			return nil
		}
		if kind.names() {
			t, err = merged(ctx, tx, province, namings(all, kind, src.Edition))
			return err
		}
		t, err = tableOf(ctx, tx, province, src.ID)
		return err
	})
	return t, err
}

// latest gives the source that counts of a kind; edition "" and year 0 stand for any, of which the latest year counts.
func latest(all []Source, kind Kind, edition string, year int) (best *Source) {
	for i, s := range all { // the last loaded first
		if s.Kind != kind || (edition != "" && s.Edition != edition) || (year != 0 && s.Year != year) {
			continue
		}
		if best == nil || s.Year > best.Year {
			best = &all[i]
		}
	}
	return best
}

// Fields are what a source says of itself, as it is kept.
func (s Source) Fields() (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}

// SourceOf reads what Fields wrote.
func SourceOf(fields string) (s Source, err error) {
	err = json.Unmarshal([]byte(fields), &s)
	return s, err
}

func notFound(kind Kind) error {
	return fault.New(fault.NotFound, "trade.none_loaded", "kind", string(kind))
}
