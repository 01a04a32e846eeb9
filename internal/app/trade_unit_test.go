package app_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/programme/trade"
)

func (w *world) carpet(t testing.TB) trade.UnitProduct {
	t.Helper()
	return trade.UnitProduct{Province: w.Province, Unit: w.unit, Edition: "HS2022", Code: "570242", State: trade.Confirmed, By: w.principalOf(t, "unit.ceo").Person,
		Capacity: 120_000, Measure: "m2", Price: 4_500_000, Machines: trade.MachinesYes}
}

// Who speaks for a unit says what it makes; each word is a revision with its entry in the journal, and stays. Nobody else says
// it, nobody says it over a word that they have not seen, and the same word again is none.
func TestAUnitSaysWhatItMakes(t *testing.T) { onBoth(t, saysWhatItMakes) }

func saysWhatItMakes(t testing.TB, w *world) {
	t.Helper()
	ctx := t.Context()
	first, err := w.Trade.Say(ctx, w.carpet(t))
	must(t, err)
	again := w.carpet(t)
	same, err := w.Trade.Say(ctx, again)
	must(t, err)
	if first.Revision != 1 || same.Revision != 1 {
		t.Errorf("revisions %d and %d, want 1 and 1", first.Revision, same.Revision)
	}
	again.Machines, again.Word = trade.MachinesInvest, "دستگاه بافت تازه"
	if _, err := w.Trade.Say(ctx, again); !fault.Is(err, fault.Conflict) {
		t.Errorf("a word over one that was not seen: %v", err)
	}
	again.Revision = 1
	_, err = w.Trade.Say(ctx, again)
	must(t, err)
	refused := w.carpet(t)
	refused.Code, refused.State = "570310", trade.Refused
	_, err = w.Trade.Say(ctx, refused)
	must(t, err)
	now, err := w.Trade.UnitProducts(ctx, w.Province, w.unit)
	must(t, err)
	if len(now) != 2 || now[0].Code != "570242" || now[0].Revision != 2 || now[0].Machines != trade.MachinesInvest || now[1].Capacity != 0 || now[0].Name.FA == "" {
		t.Errorf("the unit's products are %+v", now)
	}
	past, err := w.Trade.UnitProductPast(ctx, w.Province, w.unit, "HS2022", "570242")
	must(t, err)
	if len(past) != 2 || past[1].Machines != trade.MachinesYes || past[1].At == 0 {
		t.Errorf("its past is %+v", past)
	}
	if got := w.kindsIn(t, "products:"+w.unit); got != "trade.product trade.product trade.product" {
		t.Errorf("the journal holds %q", got)
	}
	for _, login := range []string{"dir.expert", "bank.branch"} {
		other := w.carpet(t)
		other.By, other.Code = w.principalOf(t, login).Person, "570330"
		if _, err := w.Trade.Say(ctx, other); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s says what the unit makes: %v", login, err)
		}
	}
}

// What cannot be is refused with its field. The law is run on what stands too, so that it proves it can fail.
func TestWhatAUnitCannotSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refuses := func(field string, change func(u *trade.UnitProduct)) func(testing.TB) {
		return func(t testing.TB) {
			u := w.carpet(t)
			change(&u)
			_, err := w.Trade.Say(context.Background(), u)
			f, ok := fault.As(err)
			if !ok || len(f.Details) != 1 || f.Details[0].Field != field {
				t.Errorf("%s is taken: %v", field, err)
			}
		}
	}
	for field, change := range map[string]func(u *trade.UnitProduct){
		"edition":      func(u *trade.UnitProduct) { u.Edition = "HS2023" },
		"code":         func(u *trade.UnitProduct) { u.Code = "57024" },
		"state":        func(u *trade.UnitProduct) { u.State = "" },
		"machines":     func(u *trade.UnitProduct) { u.Machines = "perhaps" },
		"capacity":     func(u *trade.UnitProduct) { u.Price = -1 },
		"measure":      func(u *trade.UnitProduct) { u.Measure = "" },
		"word":         func(u *trade.UnitProduct) { u.Machines = trade.MachinesNo },
		"certificates": func(u *trade.UnitProduct) { u.Certificates = strings.Repeat("x", 501) },
	} {
		refuses(field, change)(t)
	}
	control.Finds(t, "word is taken", refuses("word", func(u *trade.UnitProduct) { u.Machines, u.Word = trade.MachinesNo, "دستگاه نیست" }))
}

// Tables of names add to each other, whichever languages they fill, and the very file that counts is not taken twice; a concordance and a
// link are kept with both their editions; each refusal changes nothing.
func TestNamesAndLinksAreKeptWithTheirEditions(t *testing.T) {
	t.Parallel()
	l := loading{t, t.TempDir()}
	en := table(t, "en.csv", "code,name_en\n570242,Carpets of man-made textile materials\n961900,Sanitary towels\n")
	fa := table(t, "fa.csv", "code,name_fa\n570242,فرش ماشینی\n")
	l.good("2 new", en, "products", "--edition", "HS2022")
	l.good("1 rows; 0 new, 1 changed, 0 gone", fa, "products", "--edition", "HS2022")
	l.refused("stands in the register already", en, "products", "--edition", "HS2022")
	l.good("1 new, 1 changed, 0 gone", table(t, "en2.csv", "code,name_fa,name_en\n570242,,Carpets\n570250,,Other carpets\n"), "products", "--edition", "HS2022")
	l.good("0 new, 1 changed, 0 gone", table(t, "all.csv", "code,name_fa,name_en\n570242,فرش ماشینی,Carpets\n570250,فرش دیگر,Other carpets\n961900,,Sanitary towels\n"), "products", "--edition", "HS2022")
	l.refused("is blank", table(t, "none.csv", "code,name_en\n570242,\n"), "products", "--edition", "HS2022")
	c := table(t, "c.csv", "HS 2007,HS 2022\n560110,961900\n570242,570242\n")
	l.good("2 rows; 2 new", c, "concordance", "--edition", "HS2007", "--to", "HS2022")
	l.refused("leads from one edition to another", c, "concordance", "--edition", "HS2007", "--to", "HS2007")
	l.refused("leads from one edition to another", c, "concordance", "--edition", "HS2007")
	l.refused("leads from one edition to another", en, "products", "--edition", "HS2007", "--to", "HS2022")
	l.good("3 rows", table(t, "isic.csv", "HS_6d,ISIC4_4d\n570242,1393\n560110,1709\n560110,1399\n050210,\n"), "isic")
	l.good("1 rows", table(t, "activities.csv", "code,desc\n1393,Manufacture of carpets and rugs\n"), "activities")
	a, err := app.Open(t.Context(), app.Config{Data: l.dir})
	must(t, err)
	defer func() { must(t, a.Close()) }()
	all, err := a.Trade.Sources(t.Context(), a.Province)
	must(t, err)
	counts, names := trade.Counting(all), 0
	for _, s := range all {
		if s.Kind == trade.Products && counts[s.ID] {
			names++
		}
	}
	if names != 1 {
		t.Errorf("%d tables of names count beside the last, which gives all that they gave", names-1)
	}
}

// A unit's people say on its pages what it makes, and read its compass; officers read both and cannot say; a bank sees neither.
func TestPagesOfAUnitsProducts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.loadTrade(t, plainWorld, "57020010,1000\n57030010,1000\n")
	at := "/trade/units/" + w.unit
	ceo, expert := enter(t, w.App, "unit.ceo", password), enter(t, w.App, "dir.expert", password)
	get := func(b *browser, path string, says ...string) {
		t.Helper()
		out := b.send(http.MethodGet, path, nil)
		want(t, http.StatusOK, out.Code, path)
		for _, word := range says {
			if !strings.Contains(out.Body.String(), word) {
				t.Errorf("%s does not say %q", path, word)
			}
		}
	}
	say := func(b *browser, status int, kv ...string) string {
		t.Helper()
		form := url.Values{"edition": {"HS2022"}, "code": {"5702"}}
		for i := 0; i < len(kv); i += 2 {
			form.Set(kv[i], kv[i+1])
		}
		out := b.send(http.MethodPost, at, form)
		want(t, status, out.Code, "POST "+at)
		return out.Body.String()
	}
	get(ceo, at, "Nothing is confirmed yet", "has no activity code (ISIC)")
	get(ceo, at+"?q=5702", "5702", "Ours")
	say(ceo, http.StatusSeeOther, "state", "confirmed")
	if got := say(ceo, http.StatusUnprocessableEntity, "state", "confirmed", "revision", "1", "whole", "1", "machines", "no"); !strings.Contains(got, "Write why the machines cannot make it") {
		t.Errorf("it does not ask why: %s", got)
	}
	say(ceo, http.StatusConflict, "state", "refused")
	say(ceo, http.StatusSeeOther, "state", "confirmed", "revision", "1", "whole", "1", "machines", "yes", "capacity", "۱۲٬۰۰۰", "measure", "m2", "price", "4500000", "word", "two looms")
	get(ceo, at, "12,000 square metres", "4,500,000 rial", "two looms")
	get(expert, at+"/HS2022/5702", "12,000 square metres", "Every word that was given", "Machines not told")
	get(expert, at+"/compass", "Can be sold now", "5702", "1.54", "proximity in the product space")
	get(expert, at+"/compass?who=province", "1.54")
	say(expert, http.StatusForbidden, "state", "refused")
	bank := enter(t, w.App, "bank.branch", password)
	for _, path := range []string{at, at + "/compass", at + "/HS2022/5702"} {
		want(t, http.StatusNotFound, bank.send(http.MethodGet, path, nil).Code, path)
	}
	want(t, http.StatusNotFound, ceo.send(http.MethodGet, at+"/HS2022/999999", nil).Code, "a code that nobody knows")
	w.untouched(t)
}

// A sheet of another edition than the world's is led over by the concordance, and the page tells what was led, parted, and not
// counted; without one it says which is missing.
func TestASheetOfAnotherEditionIsLedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.loadTrade(t, plainWorld, "57020010,1000\n570299,500\n570390,3000\n630900,4000\n999999,1\n")
	b := enter(t, w.App, "dir.expert", password)
	page := func() string {
		out := b.send(http.MethodGet, "/trade?who=province", nil)
		want(t, http.StatusOK, out.Code, "/trade")
		return out.Body.String()
	}
	source := trade.Source{Province: w.Province, Kind: trade.Exports, Edition: "HS2007", Year: 2025, Publisher: "Somebody", Licence: "not stated", File: "world.csv", SHA256: "2"}
	in, _, err := trade.Reader{Kind: trade.Exports, File: source.File}.Read(strings.NewReader(plainWorld))
	must(t, err)
	_, err = w.Trade.Load(t.Context(), trade.Load{Source: source, Table: in})
	must(t, err)
	if got := page(); !strings.Contains(got, "is of HS2022, and the world") || !strings.Contains(got, "--kind concordance --edition HS2022 --to HS2007") {
		t.Errorf("it does not ask for a concordance: %s", got)
	}
	// 5702 stays, 570299 is of 5702 too; 570390 is parted between 5703 and 5702, a third to two thirds; 6309 may be two things.
	pairs, _, err := trade.Reader{Kind: trade.Concordance, Edition: "HS2022", To: "HS2007", File: "c.csv"}.Read(strings.NewReader(
		"from,to,share\n570200,570210,\n570299,570210,\n570390,570310,0.3333\n570390,570210,0.6667\n630900,010110,\n630900,570310,\n"))
	must(t, err)
	source.Kind, source.Edition, source.To, source.Year, source.SHA256 = trade.Concordance, "HS2022", "HS2007", 0, "3"
	_, err = w.Trade.Load(t.Context(), trade.Load{Source: source, Table: pairs})
	must(t, err)
	law := func(page func() string) func(testing.TB) {
		return func(t testing.TB) {
			got := page()
			for _, word := range []string{"1 rows are parted by the shares", "570390", "1 rows are one of several and are not counted", "1 rows are not in the concordance", "4.0 thousand dollars", "3.5 thousand dollars"} {
				if !strings.Contains(got, word) {
					t.Errorf("the page does not say %q", word)
				}
			}
		}
	}
	law(page)(t)
	control.Finds(t, "one of several", law(func() string { return strings.ReplaceAll(page(), "one of several", "5703") }))
}
