package sample

import (
	"fmt"

	"rahgosha/internal/base/ident"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/registry"
)

const batch = 250

// makeUnits makes the textile units of all kinds over the counties; the first two are those of the unit accounts.
func (f *filler) makeUnits() error {
	for from := 0; from < unitCount; from += batch {
		var drafts []registry.Draft
		for n := from; n < min(from+batch, unitCount); n++ {
			drafts = append(drafts, f.unit(n))
		}
		heads, err := f.Registry.CreateAll(f.ctx, drafts)
		if err != nil {
			return err
		}
		for i, h := range heads {
			f.remember(h, drafts[i])
		}
	}
	f.sum.Units = len(f.units)
	return nil
}

func (f *filler) remember(h registry.Head, d registry.Draft) {
	sales, _ := d.Values["sales_last_year"].(int64)
	expiry, _ := d.Values["licence_expiry"].(string)
	f.units = append(f.units, unitRef{
		id: h.ID, name: h.Name, county: h.County, kind: h.Kind, sales: sales, active: h.Status == "active" || h.Status == "half_active",
		licensed: h.Kind == "home" || expiry > jalali.FromTime(f.end).Civil(),
	})
}

// kinds are weighted as domain 0.3 thinks of them: most units hold no operating licence.
var kinds = []string{
	"guild", "guild", "guild", "guild", "home", "home", "home", "industrial", "industrial", "industrial", "establishment",
	"cooperative", "knowledge_based", "engineering_service", "none",
}

var statuses = []string{"active", "active", "active", "active", "active", "half_active", "half_active", "idle", "building", "closed"}

func (f *filler) unit(n int) registry.Draft {
	kind, status := pick(f.r, kinds), pick(f.r, statuses)
	if n < 2 {
		kind, status = []string{"industrial", "guild"}[n], "active"
	}
	v := words()
	county := v.Counties[(n+f.r.IntN(3))%len(v.Counties)]
	name := fmt.Sprintf("%s %s %s", pick(f.r, v.UnitFirst), pick(f.r, v.UnitSecond), persianNumber(n+1))
	values := map[string]any{
		"name": name, "kind": kind, "county": county, "status": status, "employees": int64(1 + f.r.IntN(90)),
		"sales_last_year": int64(2+f.r.IntN(180)) * 1_000_000_000, "isic": []string{pick(f.r, []string{"1311", "1312", "1313", "1391", "1410", "1430"})},
		"mobile": fmt.Sprintf("0999%07d", n), "online_sales_pct": int64(f.r.IntN(60)) * 100,
	}
	if n == 0 {
		values["isic"] = []string{"1393", "1311"} // machine-made carpets, with spinning of its own
	}
	f.identity(values, kind, n)
	return registry.Draft{Province: f.Province, Values: values, Sample: true, Provenance: registry.Provenance{
		Source: "sample", AsOf: f.start.UnixMicro(), By: "sample",
	}}
}

// identity gives a licence and ids: companies have a legal id, workshops and homes only their owner's national code.
func (f *filler) identity(values map[string]any, kind string, n int) {
	switch kind {
	case "guild", "home", "none":
		values["owner_nc"] = nationalCode(n)
	default:
		values["legal_id"] = legalID(n)
	}
	if kind == "home" || kind == "none" {
		return
	}
	values["licence_no"] = fmt.Sprintf("%d", 100000+n)
	ahead := 30 + f.r.IntN(1200)
	if n >= 2 && f.r.IntN(6) == 0 {
		ahead = -10 - f.r.IntN(400)
	}
	values["licence_expiry"] = jalali.FromTime(f.end).AddDays(ahead).Civil()
}

func persianNumber(n int) string {
	out := []rune(fmt.Sprint(n))
	for i, r := range out {
		out[i] = r - '0' + '\u06F0'
	}
	return string(out)
}

// nationalCode makes a valid synthetic code with an unassigned prefix, by trying its check digit.
func nationalCode(n int) string {
	return checked("national_code", fmt.Sprintf("97%d%06d", n%10, 123456+n*3))
}

// legalID makes a valid synthetic id with a prefix that is not issued.
func legalID(n int) string { return checked("legal_id", fmt.Sprintf("99%08d", 10203041+n*7)) }

func checked(kind, stem string) string {
	for d := range 10 {
		if s := fmt.Sprintf("%s%d", stem, d); ident.Check(kind, s).Valid {
			return s
		}
	}
	return ""
}
