package registry_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/registry"
)

// TestAPersonDecidesOnDoubtfulRows: each decision, once, and the sheet given again keeps to it.
func TestAPersonDecidesOnDoubtfulRows(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		w := newWorld(t)
		a, b, c := legalID(9912300001), legalID(9912300002), legalID(9912300003)
		rows := grid("نام واحد | شناسه ملی | شهرستان | تعداد کارکنان",
			"نساجی سپیدتار | "+a+" | کرج | 5",
			"بافندگی البرز | "+strings.TrimLeft(lostZero, "0")+" | کرج |",
			"نساجی سپیدثار | "+b+" | کرج |",
			"نساجی سپیدتار نو | "+a+" | کرج | 9",
			"نساجی سپیدتر | "+c+" | کرج |")
		if got := counts(w.take(t, false, rows)); got != "5=1+4 []" {
			t.Fatal(got)
		}
		list := must[[]registry.Review](t)(w.Reviews(t.Context(), expert, ""))
		var reasons []string
		for _, r := range list {
			reasons = append(reasons, fmt.Sprintf("%d:%s", r.Line, r.Reason))
			if strings.Contains(r.Sealed, "سپید") || strings.Contains(r.Sealed, a) {
				t.Errorf("row %d lies open at rest", r.Line)
			}
		}
		if want := []string{"3:padding", "4:near", "5:sheet", "6:near"}; !slices.Equal(reasons, want) {
			t.Fatalf("%v, want %v", reasons, want)
		}
		if list[0].Proposed["legal_id"] != lostZero {
			t.Errorf("proposed %v", list[0].Proposed)
		}
		first := must[[]registry.Head](t)(w.Search(t.Context(), province, a, 1))[0].ID
		decide := func(line int, do, unit, key string) string {
			t.Helper()
			made, err := w.DecideReview(t.Context(), expert, registry.Decision{Batch: list[0].Batch, Line: line, Do: do, Unit: unit, Why: "تلفنی پرسیده شد"})
			got := ""
			if f, ok := fault.As(err); ok {
				got = f.Key
			}
			if got != key {
				t.Errorf("row %d %s: %v, want %q", line, do, err, key)
			}
			return made
		}
		decide(3, registry.DecideNew, "", "registry.review_padding")
		decide(3, "guess", "", "registry.review_do")
		padded := decide(3, registry.DecidePadded, "", "")
		decide(3, registry.DecidePadded, "", "registry.review_state")
		decide(4, registry.DecideNew, "", "")
		if got := decide(5, registry.DecideUpdate, first, ""); got != first {
			t.Errorf("updated %s, want %s", got, first)
		}
		decide(6, registry.DecideReject, "", "")
		decide(7, registry.DecideReject, "", "registry.no_review")
		if got := w.facts(t, padded)["unit.legal_id"].Value; got != lostZero {
			t.Errorf("landed with %v", got)
		}
		if got := w.facts(t, first)["unit.employees"].Value; got != int64(9) {
			t.Errorf("updated to %v", got)
		}
		names := []string{"بافندگی البرز", "نساجی سپیدتار نو", "نساجی سپیدثار"}
		if got := w.names(t); !slices.Equal(got, names) {
			t.Errorf("%q, want %q", got, names)
		}
		w.take(t, false, rows)
		if got := w.names(t); !slices.Equal(got, names) {
			t.Errorf("given again: %q, want %q", got, names)
		}
	})
}

// TestOtherValuesForAUnitWait: the register's unit is never overwritten by a sheet.
func TestOtherValuesForAUnitWait(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		w := newWorld(t)
		a := legalID(9912300001)
		h := must[registry.Head](t)(w.Create(t.Context(), registry.Draft{Province: province, Values: map[string]any{
			"name": "نساجی سپیدتار", "kind": "industrial", "legal_id": a, "county": "کرج", "employees": "5"}}))
		head := "نام واحد | شناسه ملی | شهرستان | تعداد کارکنان"
		for row, want := range map[string]string{
			"نساجی سپیدتار | " + a + " | کرج | ۵ نفر":                      "1=1+0 []",
			"نساجی سپیدتار | " + a + " | |":                                "1=1+0 []",
			"نساجی سپیدتار | " + a + " | کرج | 6":                          "1=0+1 []",
			"نساجی سپید‌تار | " + legalID(9912300002) + " | کرج | 6":       "1=0+1 []",
			"شرکت نساجی سپیدتار | " + legalID(9912300002) + " | فردیس | 6": "1=1+0 []",
		} {
			if got := counts(w.take(t, true, grid(head, row))); got != want {
				t.Errorf("%s: %s, want %s", row, got, want)
			}
		}
		out := w.take(t, false, grid(head, "نساجی سپیدتار | "+a+" | کرج | 6"))
		list := must[[]registry.Review](t)(w.Reviews(t.Context(), expert, out.Batch))
		if len(list) != 1 || !slices.Equal(list[0].Candidates, []string{h.ID}) || w.facts(t, h.ID)["unit.employees"].Value != int64(5) {
			t.Errorf("%+v", list)
		}
	})
}

func mustList(t *rapid.T, w world, p string) []registry.Head {
	list, err := w.List(context.Background(), registry.Query{Province: p})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var dirt = []string{"", "-", "ندارد", "abc", "12345", "=1+1", "1405/13/01", "۱۲ نفر", "9.9E+10", "0", "کرج", "\u200c", strings.Repeat("ا", 600)}

// dirtySheet draws a sheet of some columns in any order, with some cells spoilt.
func dirtySheet(t *rapid.T) [][]string {
	columns := []string{"نام واحد", "شناسه ملي", "کد ملی", "شهرستان", "تعداد شاغلین", "فروش (تومان)", "تاریخ پروانه", "یادداشت", "ردیف"}
	order := rapid.Permutation(columns).Draw(t, "order")
	rows := [][]string{{"فهرست"}, {}, order}
	for i := range rapid.IntRange(0, 12).Draw(t, "rows") {
		n := rapid.IntRange(1, 9).Draw(t, "unit")
		good := map[string]string{"نام واحد": fmt.Sprintf("نساجی %c%c", 'ب'+rune(n), 'ب'+rune(n*2)), "شناسه ملي": legalID(9912300000 + n),
			"کد ملی": nationalCode(970000000 + n), "شهرستان": "کرج", "تعداد شاغلین": "12", "فروش (تومان)": "100", "تاریخ پروانه": "1400/01/01",
			"یادداشت": "x", "ردیف": fmt.Sprint(i)}
		var row []string
		for _, c := range order {
			cell := good[c]
			if rapid.IntRange(0, 7).Draw(t, "spoil") == 0 {
				cell = rapid.SampledFrom(dirt).Draw(t, "dirt")
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	return rows
}

// TestEveryRowIsCountedOnce: rows = landed + review + distinct bad rows, the trial says the same, and the sheet given
// again writes nothing.
func TestEveryRowIsCountedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		w := newWorld(t)
		n := 0
		rapid.Check(t, func(t *rapid.T) {
			n++
			p := fmt.Sprintf("p%d", n)
			rows := dirtySheet(t)
			in := registry.Import{Province: p, File: "x", Rows: rows, Dry: true}
			take := func() registry.Outcome {
				out, err := w.Import(context.Background(), in)
				if err != nil {
					t.Fatal(err)
				}
				if out.Rows != out.Landed+out.Review+out.BadRows() {
					t.Fatalf("%s", counts(out))
				}
				for _, b := range out.Bad {
					if b.Row < 4 || b.Row > len(rows) || !slices.Contains(rows[2], b.Column) || b.Reason.FA == "" || b.Reason.FA == b.Reason.EN {
						t.Fatalf("bad cell %+v", b)
					}
				}
				return out
			}
			trial := take()
			in.Dry = false
			first := take()
			units := len(mustList(t, w, p))
			second := take()
			if a, b, c := counts(trial), counts(first), counts(second); a != b || b != c {
				t.Fatalf("trial %s, first %s, second %s", a, b, c)
			}
			if units > first.Landed || len(mustList(t, w, p)) != units {
				t.Fatalf("%d units after the first, %d after the second; landed %d", units, len(mustList(t, w, p)), first.Landed)
			}
		})
	})
}

// importer takes rows of a sheet on trial.
type importer func(ctx context.Context, in registry.Import) (registry.Outcome, error)

// onceCounted is the law of the importer: whatever a row holds, its outcome is one of three and its bad cells are its own.
func onceCounted(t testing.TB, take importer, cells []string) {
	t.Helper()
	rows := [][]string{{"نام واحد", "شناسه/کد ملی", "شهرستان", "اشتغال", "فروش (میلیون تومان)", "تاریخ پروانه"}, cells}
	out, err := take(t.Context(), registry.Import{Province: province, Rows: rows, Dry: true})
	if err != nil {
		t.Fatal(err)
	}
	if out.Rows > 1 || out.Rows != out.Landed+out.Review+out.BadRows() {
		t.Fatalf("not counted once: %s", counts(out))
	}
	for _, b := range out.Bad {
		if b.Row != 2 || !slices.Contains(rows[0], b.Column) {
			t.Fatalf("not a cell of the sheet: %+v", b)
		}
	}
}

var rowSeeds = [][]string{
	{"نساجی سپیدتار", "99238044819", "کرج", "۱۲ نفر", "1.5", "1400/01/01"},
	{"=cmd", "9.9E+10", "\x00", "-1", "1e309", "\u202e"},
	{"بافندگی", "123", "کرج", "", "", "1400/13/40"},
}

func FuzzRow(f *testing.F) {
	for _, c := range rowSeeds {
		f.Add(c[0], c[1], c[2], c[3], c[4], c[5])
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, name, id, county, people, money, date string) {
		onceCounted(t, w.Import, []string{name, id, county, people, money, date})
	})
}

// An importer that lands what it could read of a bad row counts it twice; one that names columns by
// their letters names none of the sheet.
func TestFuzzRowFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for words, spoil := range map[string]func(*registry.Outcome){
		"not counted once":        func(o *registry.Outcome) { o.Landed += o.BadRows() },
		"not a cell of the sheet": func(o *registry.Outcome) { o.Bad[0].Column = "B" },
	} {
		control.Finds(t, words, func(t testing.TB) {
			for _, cells := range rowSeeds {
				onceCounted(t, func(ctx context.Context, in registry.Import) (registry.Outcome, error) {
					out, err := w.Import(ctx, in)
					if len(out.Bad) > 0 {
						spoil(&out)
					}
					return out, err
				}, cells)
			}
		})
	}
}

func manyRows(n int) [][]string {
	r := rand.New(rand.NewPCG(1, 2))
	letters := []rune("ابپتجدرزسشفکگلمنوهی")
	counties := []string{"کرج", "فردیس", "ساوجبلاغ", "نظرآباد", "اشتهارد", "طالقان"}
	rows := [][]string{{"نام واحد", "شناسه ملی", "کد ملی", "شهرستان", "اشتغال", "فروش (تومان)"}}
	for i := range n {
		name := []rune("نساجی ")
		for range 14 {
			name = append(name, letters[r.IntN(len(letters))])
		}
		rows = append(rows, []string{string(name), legalID(9912300000 + i), nationalCode(970000000 + i), counties[i%len(counties)], "12", "5000"})
	}
	return rows
}

// BenchmarkTenThousandRows imports them into a fresh register.
func BenchmarkTenThousandRows(b *testing.B) {
	rows := manyRows(10_000)
	for range b.N {
		w := newWorld(b)
		from := time.Now()
		out := w.take(b, false, rows)
		b.ReportMetric(time.Since(from).Seconds(), "s/first")
		if out.Landed != 10_000 {
			b.Fatal(counts(out))
		}
		from = time.Now()
		w.take(b, false, rows)
		b.ReportMetric(time.Since(from).Seconds(), "s/again")
	}
}
