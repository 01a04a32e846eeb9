package trade

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
)

// folder is where the real tables lie; it is no part of the repository.
const folder = "../../../../shared/data/trade"

// real opens a real table, or skips.
func real(t testing.TB, name string) *gzip.Reader {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, name))
	if os.IsNotExist(err) {
		t.Skipf("no real data in %s", folder)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func pairs(t testing.TB, text string) Table {
	t.Helper()
	out, _, err := Reader{Kind: Concordance, Edition: "HS2007", To: "HS2012", File: "c.csv"}.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// HS 2012 made heading 96.19 of the sanitary articles that stood in 4818.40, 5601.10 and others in HS 2007, and left 4818.40
// none (WCO, amendments effective 1 January 2012). 0302.69 was parted into many; here in two with shares of a table.
const someOf2012 = `from,to,share
560110,961900,
481840,961900,
570210,570210,
030269,030281,0.25
030269,030289,0.75
620920,620920,
620920,961900,
`

// What a code of one edition is in another: the very code, another, parted by shares, or one of several; and what is one of
// several at six digits may be one at four.
func TestAConcordanceSaysWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	in := Table{[]Row{{Sub: "57021000", Value: 8}, {Sub: "560110", Value: 4}, {Sub: "030269", Value: 100}, {Sub: "62092000", Value: 40}, {Sub: "6209", Value: 2}, {Sub: "999999", Value: 1}}}
	law := func(table Table) func(testing.TB) {
		return func(t testing.TB) {
			b := newBridge(Source{}, table, false)
			out, told := b.convert(in, 6)
			want := []Row{{Sub: "030281", Value: 25}, {Sub: "030289", Value: 75}, {Sub: "570210", Value: 8}, {Sub: "961900", Value: 4}}
			if !slices.Equal(out.Rows, want) {
				t.Errorf("converted to %v, want %v", out.Rows, want)
			}
			if told.Same != 1 || len(told.Moved) != 1 || len(told.Split) != 1 || len(told.Ambiguous) != 2 || len(told.Missing) != 1 || told.Left() != 43 {
				t.Errorf("told %+v", told)
			}
		}
	}
	law(pairs(t, someOf2012))(t)
	// A table that gives the first of several for the only one passes for one that knows.
	control.Finds(t, "{ 620920 42", law(pairs(t, strings.Replace(someOf2012, "620920,961900,\n", "", 1))))
	out, told := newBridge(Source{}, pairs(t, someOf2012), false).convert(in, 4)
	if want := []Row{{Sub: "0302", Value: 100}, {Sub: "5702", Value: 8}, {Sub: "9619", Value: 4}}; !slices.Equal(out.Rows, want) || len(told.Split) != 0 {
		t.Errorf("at four digits %v (%d parted), want %v", out.Rows, len(told.Split), want)
	}
	// Backwards the shares say nothing, and three codes became one.
	out, told = newBridge(Source{}, pairs(t, someOf2012), true).convert(Table{[]Row{{Sub: "961900", Value: 9}, {Sub: "030281", Value: 3}}}, 6)
	if len(told.Ambiguous) != 1 || len(told.Ambiguous[0].To) != 3 || len(out.Rows) != 1 || out.Rows[0].Sub != "030269" {
		t.Errorf("backwards %v, %+v", out.Rows, told)
	}
}

// The importers' refusals are laws: each is run on what it must refuse, and on what it must not.
func TestTheReadersOfPairsRefuse(t *testing.T) {
	t.Parallel()
	refuses := func(text, want string) func(testing.TB) {
		return func(t testing.TB) {
			_, _, err := Reader{Kind: Concordance, Edition: "HS2007", To: "HS2012", File: "c.csv"}.Read(strings.NewReader(text))
			if err == nil {
				t.Errorf("read without a word")
			} else if !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
	for text, want := range map[string]string{
		"from,to\n560110,961900\n560110,961900\n":               "csv_twice",
		"from,to\n56011x,961900\n":                              "csv_code",
		"from,to\n560110,\n":                                    "csv_blank",
		"from,to,share\n560110,961900,0\n":                      "csv_share",
		"from,to,share\n560110,961900,1.5\n":                    "csv_share",
		"from,to,share\n560110,961900,0.5\n560110,560121,\n":    "shares",
		"from,to,share\n560110,961900,0.5\n560110,560121,0.4\n": "shares",
		"from,share\n560110,1\n":                                "csv_column",
	} {
		refuses(text, want)(t)
	}
	control.Finds(t, "read without a word", refuses("hs2007,hs2012,share\n560110,961900,0.333\n560110,560121,0.667\n", "shares"))
	control.Finds(t, "read without a word", refuses("H3;H4\n101.10;010121\n", "csv_code")) // a sheet took the code for a number
}

// A packed table of which any bit was changed is not read, nor one that was cut; without its sum a changed bit passes for a table.
func TestAPackedTableThatWasChangedIsFound(t *testing.T) {
	t.Parallel()
	table := pairs(t, someOf2012)
	law := func(packed []byte) func(testing.TB) {
		return func(t testing.TB) {
			for at := range packed {
				for bit := range 8 {
					changed := slices.Clone(packed)
					changed[at] ^= 1 << bit
					if _, err := Unpack(changed); err == nil {
						t.Errorf("bit %d of byte %d is changed and nobody knows", bit, at)
					}
				}
				if _, err := Unpack(packed[:at]); err == nil {
					t.Errorf("it is read without what follows byte %d", at)
				}
			}
		}
	}
	law(table.Pack())(t)
	bare := append([]byte{packBare}, table.deflated()...)
	control.Finds(t, "is changed and nobody knows", law(bare))
	if out, err := Unpack(bare); err != nil || !slices.Equal(out.Rows, table.Rows) {
		t.Errorf("a table of the first form: %v, %v", out, err)
	}
}

// The real link of all editions to ISIC revision 4, as its publisher wrote it: 24,279 rows, many to many, of which 93
// give products such as waste no activity. Carpets (5701 to 5705)
// are of 1393 alone; man-made staple fibres (5503) are made by chemistry (2030).
func TestTheRealLinkToISIC(t *testing.T) {
	t.Parallel()
	link, _, err := Reader{Kind: ISICLink, File: "isic.csv"}.Read(real(t, "hs_all_vintages_to_isic4.csv.gz"))
	if err != nil || link.Len() != 24279-93 {
		t.Fatalf("%d rows: %v", link.Len(), err)
	}
	b := newBridge(Source{}, link, false)
	for code, want := range map[string][]string{"570210": {"1393"}, "5702": {"1393"}, "550320": {"2030"}} {
		var got []string
		for _, to := range b.Targets(code, 4) {
			got = append(got, to.Code)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is of %v, want %v", code, got, want)
		}
	}
	if several := b.Targets("010110", 4); len(several) != 3 || several[0].Share != 0 {
		t.Errorf("010110 is of %v: three activities, and nothing says how much", several)
	}
	// Of the 29 codes that any edition has of 1393, HS 2022 names 24 (counted with sort and comm).
	hs, _, err := Reader{Kind: Products, File: "hs.csv"}.Read(real(t, "hs2022_nomenclature_en.csv.gz"))
	if err != nil || hs.Len() < 6000 {
		t.Fatalf("%d products: %v", hs.Len(), err)
	}
	g := &Goods{Edition: "HS2022"}
	g.fill(b, hs.named(), nil, []string{"1393"}, "", true)
	if len(g.Candidates) != 24 || !strings.HasPrefix(g.Candidates[0].Name.EN, "Carpets") {
		t.Errorf("%d candidates, the first %+v", len(g.Candidates), g.Candidates[0])
	}
	names, _, err := Reader{Kind: Activities, File: "isic.csv"}.Read(real(t, "isic_rev4_en.csv.gz"))
	if err != nil || names.Len() != 766 {
		t.Errorf("%d activities: %v", names.Len(), err)
	}
}

// Every importer refuses by name what it cannot read; each law is run on a file that is right too, so that it proves it can fail.
func TestTheImportersRefuse(t *testing.T) {
	t.Parallel()
	places := Table{[]Row{{Key: "IRN", Value: 364}, {Key: "TUR", Value: 792}}}
	const comtrade = "refYear,reporterISO,partnerCode,flowCode,cmdCode,primaryValue,classificationCode\n2024,IRN,0,X,570210,3000,H6\n"
	const baci = "t,i,j,k,v,q\n2024,364,792,570210,2,1\n"
	for name, c := range map[string]struct {
		in               Reader
		right, bad, want string
	}{
		"a blank value":         {Reader{Kind: Exports}, "country,product,value_usd\nIRN,5702,1\n", "country,product,value_usd\nIRN,5702,\n", "csv_blank"},
		"a negative value":      {Reader{Kind: Exports}, "country,product,value_usd\nIRN,5702,0\n", "country,product,value_usd\nIRN,5702,-1\n", "csv_negative"},
		"a pair twice":          {Reader{Kind: Exports}, "country,product,value_usd\nIRN,5702,1\nIRN,5703,1\n", "country,product,value_usd\nIRN,5702,1\nIRN,5702,1\n", "csv_twice"},
		"a form":                {Reader{Kind: Exports, Form: Plain}, "country,product,value_usd\nIRN,5702,1\n", "t,i,j,k,v,q\n", "csv_column"},
		"another edition":       {Reader{Kind: Exports, Form: Comtrade, Year: 2024, Digits: 6}, comtrade, comtrade + "2024,TUR,0,X,570210,1,H5\n", "csv_edition"},
		"a country of no table": {Reader{Kind: Exports, Form: BACI, Year: 2024, Places: places}, baci, baci + "2024,4,792,570210,2,1\n", "csv_country"},
		"no countries at all":   {Reader{Kind: Exports, Form: BACI, Year: 2024, Places: places}, baci, "t,i,j,k,v,q\n2024,4,792,570210,2,1\n", "csv_country"},
		"a flow twice":          {Reader{Kind: Exports, Form: BACI, Year: 2024, Places: places}, baci, baci + "2024,364,792,570210,9,1\n", "csv_twice"},
		"a name twice":          {Reader{Kind: Products}, "code,name_fa\n5702,x\n", "code,name_fa\n5702,x\n5702,y\n", "csv_twice"},
		"a name of nothing":     {Reader{Kind: Activities}, "isic,name_fa\n1393,x\n", "isic,name_fa\n,x\n", "csv_blank"},
		"people below 0":        {Reader{Kind: Populations}, "country,population\nIRN,1\n", "country,population\nIRN,-1\n", "csv_negative"},
		"a kind":                {Reader{Kind: ISICLink}, "hs,isic\n5702,1393\n", "hs,isic\n5702,13933\n", "csv_code"},
	} {
		refuses := func(text string) func(testing.TB) {
			return func(t testing.TB) {
				if _, _, err := c.in.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: not refused by %s: %v", name, c.want, err)
				}
			}
		}
		refuses(c.bad)(t)
		control.Finds(t, "not refused by "+c.want+": <nil>", refuses(c.right))
	}
	sheet := func(rows [][]string) func(testing.TB) {
		return func(t testing.TB) {
			if _, bad, err := Customs(rows); err == nil && len(bad) == 0 {
				t.Errorf("the sheet is read")
			}
		}
	}
	for _, row := range [][]string{{"57", "1"}, {"5702x", "1"}, {"5702", "-1"}, {"5702", "some"}, {"5702", ""}, {"57020000000", "1"}} {
		sheet([][]string{{"product", "value_usd"}, row})(t)
	}
	sheet([][]string{{"code", "weight"}, {"5702", "1"}})(t)
	control.Finds(t, "the sheet is read", sheet([][]string{{"product", "value_usd"}, {"57.02.10.00", "1,000"}}))
}
