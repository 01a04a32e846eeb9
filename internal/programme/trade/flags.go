package trade

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// Matter is what a flag is about.
type Matter string

// The matters of flags.
const (
	Payment   Matter = "payment"   // how money comes back
	Sanction  Matter = "sanction"  // what is forbidden
	Standards Matter = "standards" // which certificates are asked
)

// Matters gives all matters in their order.
func Matters() []Matter { return []Matter{Payment, Sanction, Standards} }

// Level is how a flag bears on a market.
type Level string

// The levels. Lifted ends a flag of the same market, product and matter.
const (
	Open   Level = "open"   // nothing stands against it
	Care   Level = "care"   // possible, with what the text says
	Block  Level = "block"  // the market's potential is not counted
	Lifted Level = "lifted" // what was said before holds no longer
)

// Levels gives all levels in their order.
func Levels() []Level { return []Level{Open, Care, Block, Lifted} }

// MarketFlag is what an officer says of a market, with the source of it. The last of a market, product and matter holds; the former
// ones stay.
type MarketFlag struct {
	Province string `json:"-"`
	ID       string `json:"-"`
	Market   string `json:"market"`            // a country's code
	Product  string `json:"product,omitempty"` // a code or its beginning; "" for all products
	Matter   Matter `json:"matter"`
	Level    Level  `json:"level"`
	Text     string `json:"text"`
	Source   string `json:"source"`          // who says so, and where
	Said     int64  `json:"said"`            // the day of the source, microseconds UTC
	Until    int64  `json:"until,omitempty"` // the last moment that it holds, microseconds UTC; 0 where that is not known
	By       string `json:"by"`
	At       int64  `json:"-"` // written, microseconds UTC
}

// Outdated tells whether the flag's time is over.
func (f MarketFlag) Outdated(now int64) bool { return f.Until != 0 && f.Until < now }

// about tells whether the flag speaks of a product.
func (f MarketFlag) about(product string) bool { return strings.HasPrefix(product, f.Product) }

// longestFlag is how many letters a flag's text or source has at most.
const longestFlag = 500

// Flag writes a flag. It is refused without market, source or text, with a day that has not come, and with an end before it.
func (s *Service) Flag(ctx context.Context, f MarketFlag) (MarketFlag, error) {
	f.Text, f.Source, f.Market, f.Product = strings.TrimSpace(f.Text), strings.TrimSpace(f.Source), strings.ToUpper(strings.TrimSpace(f.Market)), strings.TrimSpace(f.Product)
	now := s.cfg.Clock.Now().UnixMicro()
	if err := f.check(now); err != nil {
		return f, err
	}
	f.ID, f.At = s.cfg.NewID(), now
	return f, s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.PutMarketFlag(ctx, f); err != nil {
			return err
		}
		return tx.Record(ctx, journal.Leaf{Province: f.Province, Case: chain, Kind: "trade.flagged", At: now, Actor: f.By,
			Cause: f.ID + " " + f.Market + " " + f.Product + " " + string(f.Matter) + " " + string(f.Level)})
	})
}

func (f MarketFlag) check(now int64) error {
	switch {
	case len(f.Market) != 3 || strings.Trim(f.Market, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "":
		return fault.New(fault.Invalid, "trade.flag_market", "market", f.Market).At("market")
	case f.Product != "" && (!digitsOnly(f.Product) || len(f.Product) < 2 || len(f.Product) > 8):
		return fault.New(fault.Invalid, "trade.flag_product", "product", f.Product).At("product")
	case !known(Matters(), f.Matter):
		return fault.New(fault.Invalid, "trade.flag_matter", "matter", string(f.Matter)).At("matter")
	case !known(Levels(), f.Level):
		return fault.New(fault.Invalid, "trade.flag_level", "level", string(f.Level)).At("level")
	case f.Text == "" || utf8.RuneCountInString(f.Text) > longestFlag:
		return fault.New(fault.Invalid, "trade.flag_text", "most", longestFlag).At("text")
	case f.Source == "" || utf8.RuneCountInString(f.Source) > longestFlag:
		return fault.New(fault.Invalid, "trade.flag_source", "most", longestFlag).At("source")
	case f.Said <= 0 || f.Said > now:
		return fault.New(fault.Invalid, "trade.flag_said").At("said")
	case f.Until != 0 && f.Until < f.Said:
		return fault.New(fault.Invalid, "trade.flag_until").At("until")
	}
	return nil
}

// Flags gives all flags of a province, the last written first.
func (s *Service) Flags(ctx context.Context, province string) (out []MarketFlag, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		out, err = tx.MarketFlags(ctx, province)
		return err
	})
	return out, err
}

// holding gives by market the flags that hold for a product.
func holding(all []MarketFlag, product string) map[string][]MarketFlag {
	holds, out := Holding(all), map[string][]MarketFlag{}
	for _, f := range all {
		if holds[f.ID] && f.about(product) {
			out[f.Market] = append(out[f.Market], f)
		}
	}
	for _, flags := range out {
		slices.SortStableFunc(flags, func(a, b MarketFlag) int {
			return slices.Index(Matters(), a.Matter) - slices.Index(Matters(), b.Matter)
		})
	}
	return out
}

// Fields are what a flag says, as it is kept.
func (f MarketFlag) Fields() (string, error) {
	b, err := json.Marshal(f)
	return string(b), err
}

// FlagOf reads what Fields wrote.
func FlagOf(fields string) (f MarketFlag, err error) {
	err = json.Unmarshal([]byte(fields), &f)
	return f, err
}

// Holding tells of flags, the last written first, which hold, by id: of a market, product and matter the last one, unless it lifts
// what was said.
func Holding(all []MarketFlag) map[string]bool {
	type of struct {
		market, product string
		matter          Matter
	}
	seen, out := map[of]bool{}, map[string]bool{}
	for _, f := range all {
		key := of{f.Market, f.Product, f.Matter}
		out[f.ID] = !seen[key] && f.Level != Lifted
		seen[key] = true
	}
	return out
}
