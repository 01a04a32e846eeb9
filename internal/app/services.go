package app

import (
	"cmp"
	"context"
	"math"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/refdata"
	textbase "rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/web"
)

// homeName is the province's own name in the table of places.
func homeName() locale.Text {
	for _, p := range refdata.Places() {
		if p.Kind == "province" {
			return p.Name
		}
	}
	return locale.Text{}
}

// servicePages serves the register of exports of services: all of it to officers, its own to a unit whose people's claim is
// verified, and the shares to everybody who has signed in.
type servicePages struct{ a *App }

// ServiceShares gives the variants of the share in a solar year up to today; year 0 is the latest with work. Whoever
// may not read the register sees no amount behind which fewer firms stand than services.LeastFirms.
func (s servicePages) ServiceShares(ctx context.Context, p access.Principal, year int) (out services.Answer, table *trade.Source, err error) {
	ctx = access.InWhole(ctx) // sums, and masked below
	g, err := s.a.Services.Read(ctx, p.Province, "")
	if err != nil {
		return out, nil, err
	}
	out.Years, out.MayRead = g.Years(), access.Authorize(p, "services", "read") == nil
	if year == 0 && len(out.Years) > 0 {
		year = out.Years[0]
	}
	if out.Period, err = s.a.period(year, s.a.Services.Today()); err != nil {
		return out, nil, err
	}
	goods, customs, err := s.a.customs(ctx, p.Province, out.Period.Year)
	if err != nil {
		return out, nil, err
	}
	if out.Shares, err = g.Shares(out.Period, goods, customs); err != nil {
		return out, nil, err
	}
	if !out.MayRead {
		for i := range out.Shares {
			out.Shares[i].Mask()
		}
	}
	out.Said, out.Reported = services.ReportedShares(), g.Reported()
	world, table, _, err := s.a.Trade.Table(ctx, p.Province, trade.Services, 0)
	if err != nil || table == nil {
		return out, nil, err
	}
	var rows []services.Exported
	for _, r := range world.Rows {
		rows = append(rows, services.Exported{Country: r.Key, Class: r.Sub, USD: r.Value})
	}
	out.Benchmarks, out.Countries = services.Benchmarks(rows)
	return out, table, nil
}

// Shares is ServiceShares for programs.
func (s servicePages) Shares(ctx context.Context, p access.Principal, year int) (services.Answer, error) {
	out, _, err := s.ServiceShares(ctx, p, year)
	return out, err
}

// Contracts is ServiceRegister for programs.
func (s servicePages) Contracts(ctx context.Context, p access.Principal) (*services.Register, error) {
	g, _, err := s.ServiceRegister(ctx, p)
	return g, err
}

// period is a solar year up to a day; year 0 is the day's.
func (a *App) period(year int, to string) (services.Period, error) {
	if year == 0 {
		return services.YearOf(to)
	}
	return services.YearTo(year, to)
}

// customs gives the goods of the province's own customs sheet of a solar year, and the declarations of it and of the year before;
// nil where none is loaded, or none with numbers of declarations.
func (a *App) customs(ctx context.Context, province string, year int) (*services.Goods, services.Declared, error) {
	var goods *services.Goods
	var declared services.Declared
	for _, y := range []int{year - 1, year} { // what was declared at the end of a year may be in the work of the next
		t, of, replaced, err := a.Trade.Table(ctx, province, trade.Province, y)
		if err != nil {
			return nil, nil, err
		}
		if of == nil {
			continue
		}
		total := 0.0
		for _, r := range t.Rows {
			total += r.Value
			if r.Key != "" {
				if declared == nil {
					declared = services.Declared{}
				}
				declared[registry.Tight(r.Key)] += r.Value
			}
		}
		if y == year {
			goods = &services.Goods{Cents: int64(math.Round(total * 100)), Title: of.Title(), Vintage: of.Vintage, At: of.LoadedAt, Version: replaced}
		}
	}
	return goods, declared, nil
}

// ServiceRegister gives the register as the principal may see it, and what they may do in it.
func (s servicePages) ServiceRegister(ctx context.Context, p access.Principal) (*services.Register, web.ServiceRights, error) {
	r, err := s.rights(ctx, p)
	if err != nil {
		return nil, r, err
	}
	g, err := s.a.Services.Read(ctx, p.Province, r.Unit)
	if err == nil && !r.Client {
		g.HideClients()
	}
	return g, r, err
}

// rights are those of an officer by the table, or of a unit's person over what is the unit's own.
func (s servicePages) rights(ctx context.Context, p access.Principal) (r web.ServiceRights, err error) {
	if access.Authorize(p, "services", "read") == nil {
		r.Client = access.Authorize(p, "services", "client") == nil
		r.Enter, r.Decide = access.Authorize(p, "services", "enter") == nil, access.Authorize(p, "services", "decide") == nil
		r.Publish = r.Enter
		return r, nil
	}
	if err := access.Authorize(p, "services.own", "enter"); err != nil {
		return r, err
	}
	may, err := s.a.Registry.MaySpeak(ctx, p.Province, p.Unit, p.Person, p.Role)
	if err == nil && (p.Unit == "" || !may) {
		err = fault.New(fault.Forbidden, "fault.forbidden")
	}
	return web.ServiceRights{Unit: p.Unit, Client: true, Enter: true}, err
}

// ServiceWork gives the statements of a year up to a day, counted or with the reason why not, for officers.
func (s servicePages) ServiceWork(ctx context.Context, p access.Principal, year int, to string) ([]services.Item, services.Period, []int, error) {
	g, r, err := s.ServiceRegister(ctx, p)
	if err != nil {
		return nil, services.Period{}, nil, err
	}
	if r.Unit != "" {
		return nil, services.Period{}, nil, fault.New(fault.Forbidden, "fault.forbidden")
	}
	if years := g.Years(); year == 0 && len(years) > 0 {
		year = years[0]
	}
	period, err := s.a.period(year, cmp.Or(to, s.a.Services.Today()))
	if err != nil {
		return nil, period, nil, err
	}
	_, customs, err := s.a.customs(ctx, p.Province, period.Year)
	if err != nil {
		return nil, period, nil, err
	}
	return g.Work(period, customs), period, g.Years(), nil
}

// EnterService takes a record in for an officer, or for a unit of its own.
func (s servicePages) EnterService(ctx context.Context, p access.Principal, e services.Entry) (services.Record, error) {
	r, err := s.rights(ctx, p)
	if err != nil {
		return services.Record{}, err
	}
	if !r.Enter || (e.Kind == services.Rate || e.Kind == services.Figure) && !r.Publish {
		return services.Record{}, fault.New(fault.Forbidden, "fault.forbidden")
	}
	e.Province, e.By, e.Only, e.Unit = p.Province, p.Person, r.Unit, r.Unit
	if !r.Client && e.Corrects != "" {
		delete(e.Typed, "client")
	}
	if e.Countries, err = s.a.countryCodes(ctx, p.Province); err != nil {
		return services.Record{}, err
	}
	if r.Unit != "" {
		f, err := s.a.Registry.Unit(ctx, p.Province, r.Unit)
		if err != nil {
			return services.Record{}, err
		}
		e.LegalID, _ = f.Values[registry.FieldLegalID].Any.(string)
	}
	if e.Kind == services.Contract && e.Corrects == "" && r.Unit == "" {
		found, err := s.a.Registry.Resolve(ctx, p.Province, []registry.Probe{{Name: textbase.Display(e.Typed["firm"]), LegalID: textbase.Digits(strings.TrimSpace(e.Typed["legal_id"]))}})
		if err != nil {
			return services.Record{}, err
		}
		if e.Unit = found[0].Unit; e.Unit == "" && len(found[0].Candidates) > 0 {
			return services.Record{}, fault.New(fault.Invalid, "services.firm_unsure", "firm", e.Typed["firm"]).At("firm")
		}
	}
	return s.a.Services.Enter(access.InWhole(ctx), e)
}

// DecideServices approves or refuses what waits.
func (s servicePages) DecideServices(ctx context.Context, p access.Principal, d services.Decision, records []string) error {
	if err := access.Authorize(p, "services", "decide"); err != nil {
		return err
	}
	d.Province, d.By = p.Province, p.Person
	return s.a.Services.Decide(ctx, d, records)
}

// Countries gives the countries of the loaded table, for choosing.
func (s servicePages) Countries(ctx context.Context, p access.Principal) (map[string]locale.Text, error) {
	t, err := s.a.Trade.Latest(ctx, p.Province, trade.Countries)
	out := map[string]locale.Text{}
	for _, r := range t.Rows {
		out[r.Key] = locale.Text{FA: cmp.Or(r.FA, r.EN, r.Key), EN: cmp.Or(r.EN, r.FA, r.Key)}
	}
	return out, err
}

// countryCodes gives codes by folded names, of the loaded table of countries.
func (a *App) countryCodes(ctx context.Context, province string) (map[string]string, error) {
	t, err := a.Trade.Latest(ctx, province, trade.Countries)
	out := map[string]string{}
	for _, r := range t.Rows {
		for _, name := range []string{r.FA, r.EN} {
			if name != "" {
				out[textbase.Fold(name)] = r.Key
			}
		}
	}
	return out, err
}
