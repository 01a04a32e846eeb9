package sample

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"rahgosha/internal/base/refdata"
	"rahgosha/internal/programme/trade"
)

//go:embed data/countries.csv
var countriesFile []byte

//go:embed data/activities.csv
var activitiesFile []byte

//go:embed data/goods.csv
var goodsFile []byte

// tradeYear is the year that the invented tables say they are of, and provinceYear the Jalali one of the province's sheet.
const (
	tradeYear    = 2024
	provinceYear = 1403
)

// trade loads a small invented world: some countries, the headings of our own list, and what the province sells of them. Its
// publisher says that it is invented.
func (f *filler) trade() error {
	countries, err := csv.NewReader(bytes.NewReader(countriesFile)).ReadAll()
	if err != nil {
		return fmt.Errorf("countries.csv: %w", err)
	}
	var places, people, products trade.Table
	for _, c := range countries[1:] {
		places.Rows = append(places.Rows, trade.Row{Key: c[0], FA: c[1], EN: c[2]})
		people.Rows = append(people.Rows, trade.Row{Key: c[0], Value: 5e6 + float64(len(c[2]))*3e6})
	}
	for _, h := range refdata.HSHeadings() {
		products.Rows = append(products.Rows, trade.Row{Key: h.Code, FA: h.Name.FA, EN: h.Name.EN})
	}
	world, own := inventedTrade(places, products)
	link, err := linked(products)
	if err != nil {
		return err
	}
	for _, t := range []struct {
		kind        trade.Kind
		edition, to string
		year        int
		table       trade.Table
	}{
		{trade.Countries, "", "", 0, places}, {trade.Products, "HS2022", "", 0, products}, {trade.Populations, "", "", tradeYear, people},
		{trade.Exports, "HS2022", "", tradeYear, world}, {trade.Concordance, "HS2017", "HS2022", 0, concordance(products)},
		{trade.Province, "HS2017", "", provinceYear, own}, {trade.ISICLink, "HS2022", "", 0, link},
	} {
		hash := sha256.Sum256(t.table.Pack())
		if err := f.loadTrade(trade.Load{Source: trade.Source{Kind: t.kind, Edition: t.edition, To: t.to, Year: t.year, SHA256: hex.EncodeToString(hash[:])}, Table: t.table}); err != nil {
			return err
		}
	}
	if err := f.markets(places, world); err != nil {
		return err
	}
	return f.goods()
}

func (f *filler) loadTrade(in trade.Load) error {
	in.Province, in.Publisher, in.Licence, in.File, in.LoadedBy = f.Province, say("trade_publisher"), say("trade_licence"), string(in.Kind)+".csv", "sample"
	_, err := f.Trade.Load(f.ctx, in)
	return err
}

// concordance is an invented one, in which a heading moves, one is parted by shares, and of one nobody knows what became of it.
func concordance(products trade.Table) (t trade.Table) {
	for _, h := range products.Rows {
		switch h.Key {
		case "5605":
			t.Rows = append(t.Rows, trade.Row{Key: h.Key, Sub: "5604"})
		case "5509":
			t.Rows = append(t.Rows, trade.Row{Key: h.Key, Sub: "5509", Value: 0.9}, trade.Row{Key: h.Key, Sub: "5510", Value: 0.1})
		case "6002":
			t.Rows = append(t.Rows, trade.Row{Key: h.Key, Sub: "6002"}, trade.Row{Key: h.Key, Sub: "6003"})
		default:
			if len(h.Key) == 4 {
				t.Rows = append(t.Rows, trade.Row{Key: h.Key, Sub: h.Key})
			}
		}
	}
	return t
}

// linked gives headings their activities; a chapter in the file stands for its headings that have none of their own.
func linked(products trade.Table) (t trade.Table, err error) {
	rows, err := csv.NewReader(bytes.NewReader(activitiesFile)).ReadAll()
	if err != nil {
		return t, fmt.Errorf("activities.csv: %w", err)
	}
	of := map[string][]string{}
	for _, r := range rows[1:] {
		of[r[0]] = append(of[r[0]], r[1])
	}
	for _, h := range products.Rows {
		if len(h.Key) != 4 {
			continue
		}
		activities := of[h.Key]
		if activities == nil {
			activities = of[h.Key[:2]]
		}
		for _, a := range activities {
			t.Rows = append(t.Rows, trade.Row{Key: h.Key, Sub: a})
		}
	}
	return t, nil
}

// goods are the first unit's words on its products: what its machines make, what would need an investment, what they cannot.
func (f *filler) goods() error {
	rows, err := csv.NewReader(bytes.NewReader(goodsFile)).ReadAll()
	if err != nil {
		return fmt.Errorf("goods.csv: %w", err)
	}
	ceo := f.who["unit.ceo"]
	for _, r := range rows[1:] {
		u := trade.UnitProduct{Province: f.Province, Unit: ceo.Unit, By: ceo.Person, Edition: "HS2022", Code: r[0], State: trade.State(r[1]), Machines: trade.Machines(r[2]),
			Measure: r[4], Certificates: r[6], Word: r[7], Activity: r[8]}
		for i, into := range map[int]*int64{3: &u.Capacity, 5: &u.Price} {
			if r[i] == "" {
				continue
			}
			if *into, err = strconv.ParseInt(r[i], 10, 64); err != nil {
				return fmt.Errorf("goods.csv: %w", err)
			}
		}
		if _, err := f.Trade.Say(f.ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// inventedTrade draws who sells what: the more a country can, the more complex are the products it sells beside the simple ones.
func inventedTrade(places, products trade.Table) (world, own trade.Table) {
	r := rand.New(rand.NewPCG(seed, tradeYear)) // #nosec G404 -- a sample must repeat
	var hard []float64
	for range products.Rows {
		hard = append(hard, r.Float64())
	}
	for i, c := range places.Rows {
		can := float64(i+1) / float64(len(places.Rows))
		for p, h := range products.Rows {
			if len(h.Key) != 4 {
				continue
			}
			luck := r.NormFloat64()
			if hard[p] > can+0.35+0.25*luck {
				continue // not reported, which is not 0
			}
			v := math.Round(math.Exp(15.5 + 1.2*r.NormFloat64() + 2*can*(1-math.Abs(can-hard[p]))))
			world.Rows = append(world.Rows, trade.Row{Key: c.Key, Sub: h.Key, Value: v})
			if c.Key == "IRN" && luck > 0 {
				own.Rows = append(own.Rows, trade.Row{Sub: h.Key, Value: math.Round(v * r.Float64() / 2)})
			}
		}
	}
	return world, own
}
