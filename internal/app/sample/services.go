package sample

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/programme/trade"
)

// serviceFirms is how many units export services, one contract each and the first a second one.
const serviceFirms = 7

// newContracts are those of this year: from this one on.
const newContracts = 6

// serviceContract is an invented contract: what it is of, where, in which currency, and how much is done a quarter.
type serviceContract struct {
	category, country, currency string
	value, quarter              int64
}

var serviceContracts = []serviceContract{
	{"TS02", "IRQ", "USD", 8_400_000, 900_000}, {"TS03", "OMN", "AED", 11_000_000, 1_450_000}, {"TS11", "IRQ", "IQD", 3_900_000_000, 420_000_000},
	{"TS01", "TUR", "EUR", 1_250_000, 160_000}, {"TS10", "OMN", "USD", 640_000, 90_000}, {"TS04", "IRQ", "USD", 2_100_000, 250_000},
	{"TS07", "TUR", "EUR", 480_000, 60_000}, {"TS17", "AFG", "AED", 900_000, 110_000},
}

// perUSD are the invented rates at the beginning; each quarter they move a little.
var perUSD = map[string]float64{"AED": 3.6725, "EUR": 0.92, "IQD": 1310}

// services enters contracts of the first units with six quarters of work, some of it waiting or unpaid, one with equipment that
// customs declared too, a correction, the rates of each day that counts, and figures of others. One figure is left out, so that
// the page shows what is not known.
func (f *filler) services() error {
	today := jalali.FromTime(f.end)
	s := serviceSample{f: f, r: rand.New(rand.NewPCG(seed, serviceFirms)), year: today.Year, today: today} // #nosec G404 -- a sample must repeat
	if err := s.tables(); err != nil {
		return err
	}
	for i, c := range serviceContracts {
		if err := s.contract(i, c); err != nil {
			return err
		}
	}
	return s.figures()
}

type serviceSample struct {
	f     *filler
	r     *rand.Rand
	year  int
	today jalali.Date
}

// enter takes a record in as an expert, or as the unit's own people.
func (s *serviceSample) enter(k services.Kind, of, unit, by string, typed map[string]string) (services.Record, error) {
	return s.f.Services.Enter(s.f.ctx, services.Entry{Province: s.f.Province, By: by, Kind: k, Of: of, Unit: unit, Typed: typed})
}

func (s *serviceSample) approve(ids ...string) error {
	return s.f.Services.Decide(s.f.ctx, services.Decision{Province: s.f.Province, State: services.Approved, By: "sample-dir.head"}, ids)
}

const serviceClerk = "sample-dir.expert"

func (s *serviceSample) contract(i int, c serviceContract) error {
	unit := s.f.units[i%serviceFirms].id
	signed := jalali.Date{Year: s.year - 1, Month: 1, Day: 5 + i}
	if i >= newContracts {
		signed.Year = s.year
	}
	typed := map[string]string{
		"contract": digits(fmt.Sprintf("%d/%d", signed.Year, 101+i)), "client": say("service_client") + " " + digits(strconv.Itoa(i+1)), "country": c.country, "category": c.category,
		"currency": c.currency, "amount": strconv.FormatInt(c.value, 10), "on": signed.String(), "from": signed.String(), "grade": say("service_grade"),
	}
	if i == 0 {
		typed["goods"] = "1200000"
	}
	k, err := s.enter(services.Contract, "", unit, serviceClerk, typed)
	if err != nil {
		return err
	}
	if i == len(serviceContracts)-1 {
		return nil // waits for an officer
	}
	if err := s.approve(k.ID); err != nil {
		return err
	}
	return s.quarters(i, c, k)
}

// quarters enters the work of each quarter that is over.
func (s *serviceSample) quarters(i int, c serviceContract, k services.Record) error {
	n := 0
	for q := range 8 {
		if i >= newContracts && q < 4 {
			continue // it was not signed yet
		}
		from := jalali.Date{Year: s.year - 1 + q/4, Month: 1 + q%4*3, Day: 1}
		to := jalali.Date{Year: from.Year, Month: from.Month + 2, Day: jalali.MonthDays(from.Year, from.Month+2)}
		on := to.AddDays(9 + i)
		if on.Compare(s.today) >= 0 {
			break
		}
		if err := s.rate(c.currency, on.AddDays(-1), q); err != nil {
			return err
		}
		n++
		amount := c.quarter * int64(80+s.r.IntN(40)) / 100
		st, err := s.enter(services.Statement, k.Thing, "", serviceClerk, map[string]string{
			"number": digits(strconv.Itoa(n)), "from": from.String(), "to": to.String(), "on": on.String(), "amount": strconv.FormatInt(amount, 10)})
		if err != nil {
			return err
		}
		if i == 4 && q >= 5 {
			continue // waits
		}
		ids := []string{st.ID}
		if i == 0 && q == 4 {
			e, err := s.enter(services.Equipment, k.Thing, "", serviceClerk, map[string]string{
				"declaration": declared, "statement": digits(strconv.Itoa(n)), "on": from.AddDays(20).String(), "hs": "84463000", "amount": "310000"})
			if err != nil {
				return err
			}
			ids = append(ids, e.ID)
		}
		if q < 5 {
			p, err := s.enter(services.Receipt, k.Thing, "", serviceClerk, map[string]string{
				"number": say("service_receipt") + " " + digits(strconv.Itoa(n)), "on": min2(on.AddDays(40), s.today).String(), "amount": strconv.FormatInt(amount*int64(100-10*(i%3))/100, 10)})
			if err != nil {
				return err
			}
			ids = append(ids, p.ID)
		}
		if err := s.approve(ids...); err != nil {
			return err
		}
		if i == 3 && q == 1 {
			if err := s.correct(st, amount); err != nil {
				return err
			}
		}
	}
	return nil
}

// digits writes figures as people here do.
func digits(s string) string { return locale.Digits(locale.FA, s) }

func min2(a, b jalali.Date) jalali.Date {
	if a.Compare(b) < 0 {
		return a
	}
	return b
}

// correct replaces a statement: the former stays.
func (s *serviceSample) correct(st services.Record, amount int64) error {
	typed := map[string]string{"number": st.Number, "from": st.From, "to": st.To, "on": st.On, "amount": strconv.FormatInt(amount-4000, 10)}
	r, err := s.f.Services.Enter(s.f.ctx, services.Entry{Province: s.f.Province, By: serviceClerk, Kind: services.Statement, Corrects: st.Thing, Reason: say("service_correction"), Typed: typed})
	if err != nil {
		return err
	}
	return s.approve(r.ID)
}

func (s *serviceSample) rate(currency string, on jalali.Date, quarter int) error {
	base, ok := perUSD[currency]
	if !ok {
		return nil
	}
	rate := base * (1 + 0.004*float64(quarter))
	_, err := s.enter(services.Rate, "", "", serviceClerk, map[string]string{
		"currency": currency, "on": on.String(), "rate": strconv.FormatFloat(rate, 'f', 4, 64), "source": say("trade_publisher")})
	return err
}

// figures are of others; that of all provinces is left out.
func (s *serviceSample) figures() error {
	last := jalali.Date{Year: s.year, Month: 12, Day: jalali.MonthDays(s.year, 12)}.String()
	for _, x := range [][3]string{{"services", "21000000", s.today.String()}, {"target", "9000000", last}, {"target_contracts", "10", last}} {
		if _, err := s.enter(services.Figure, "", "", serviceClerk, map[string]string{"name": x[0], "amount": x[1], "to": x[2], "source": say("trade_publisher")}); err != nil {
			return err
		}
	}
	return nil
}

// declared is the number of the declaration that stands both in the register and on the customs sheet.
const declared = "5501234"

// tables load a customs sheet of the year with numbers of declarations, and what countries export of each class of services.
func (s *serviceSample) tables() error {
	var own, world trade.Table
	for i, hs := range []string{"5402", "5503", "5702", "5703", "6006", "8446"} {
		number := strconv.Itoa(5501200 + i)
		if hs == "8446" {
			number = declared
		}
		own.Rows = append(own.Rows, trade.Row{Key: number, Sub: hs, Value: float64(310_000 + 900_000*(5-i))})
	}
	for _, country := range []string{"ARE", "IND", "IRQ", "TUR"} {
		for _, c := range services.Classes() {
			world.Rows = append(world.Rows, trade.Row{Key: country, Sub: c.Code, Value: float64(1+s.r.IntN(40)) * 1e8})
		}
	}
	for _, t := range []struct {
		kind    trade.Kind
		edition string
		year    int
		table   trade.Table
	}{{trade.Province, "HS2022", s.year, own}, {trade.Services, "", tradeYear, world}} {
		hash := sha256.Sum256(t.table.Pack())
		if _, err := s.f.Trade.Load(s.f.ctx, trade.Load{Source: trade.Source{
			Province: s.f.Province, Kind: t.kind, Edition: t.edition, Year: t.year, Publisher: say("trade_publisher"), Licence: say("trade_licence"),
			File: string(t.kind) + ".csv", SHA256: hex.EncodeToString(hash[:]), LoadedBy: "sample",
		}, Table: t.table}); err != nil {
			return err
		}
	}
	return nil
}
