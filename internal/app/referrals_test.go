package app_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/referral"
)

// funnel gives the steps of the referrals' funnel as "claimed/confirmed", and those of the claims by their own counters.
func (w *world) funnel(t testing.TB) map[string]string {
	t.Helper()
	d, err := w.Defs.Current(t.Context(), "referral")
	must(t, err)
	list, err := w.Engine.Tallies(t.Context(), w.as(t, "dir.head"), d)
	must(t, err)
	out := map[string]string{}
	for _, s := range casework.PictureOf(d, list, jalali.FromTime(w.clock.Now())).Steps {
		out[s.ID] = fmt.Sprintf("%d/%d", s.Claimed, s.N)
	}
	return out
}

func (w *world) referrals(t testing.TB, rows [][]string) referral.Outcome {
	t.Helper()
	out, err := w.Referral.Import(t.Context(), referral.Import{Province: w.Province, File: "x.csv", By: "p1", Rows: rows, AmountUnit: money.UnitRial})
	must(t, err)
	return out
}

// year is a year's sheet: registered units, of which some were referred, of which some were paid.
func year(registered, referred, paid int) [][]string {
	rows := [][]string{{"نام واحد", "شناسه ملی", "شهرستان", "شماره معرفی نامه", "مبلغ", "وضعیت", "بانک", "شعبه"}}
	for i := range registered {
		row := []string{fmt.Sprintf("کارگاه بافندگی %d", 10_000+i), legal(1038100000 + i), "کرج", "", "1000000000", "ثبت شده", "الف", "شعبه مرکزي"}
		if i < referred {
			row[3], row[5] = fmt.Sprintf("%d/1404", 500+i), "معرفی شده"
		}
		if i < paid {
			row[5] = "پرداخت شد"
		}
		rows = append(rows, row)
	}
	return rows
}

// legal makes an id of ten digits valid.
func legal(ten int) string {
	s, sum := fmt.Sprintf("%010d", ten), 0
	for i := range 10 {
		sum += (int(s[9]-'0') + 2 + int(s[i]-'0')) * []int{29, 27, 23, 19, 17}[i%5]
	}
	return s + fmt.Sprint(sum%11%10)
}

func shuffled(rows [][]string, seed uint64) [][]string {
	out := slices.Clone(rows)
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(out)-1, func(i, j int) { out[i+1], out[j+1] = out[j+1], out[i+1] })
	return out
}

// TestAYearOfReferralsReproducesItsFunnel: 1,765 registered, 1,055 referred, 956 paid land as claims of the sheet, nothing of
// them is confirmed, and the sheet in another order lands nothing again. An act of the branch then confirms one.
func TestAYearOfReferralsReproducesItsFunnel(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		registered, referred, paid := 177, 106, 96 // a tenth of the year: the same code path in a second
		if !testing.Short() && w.Database == "" {
			registered, referred, paid = 1765, 1055, 956
		}
		reproduced(t, w, registered, referred, paid)
	})
}

// aTenth is the law on a tenth of a year.
func aTenth(t testing.TB, w *world) { reproduced(t, w, 177, 106, 96) }

func reproduced(t testing.TB, w *world, registered, referred, paid int) {
	t.Helper()
	sheet := year(registered, referred, paid)
	out := w.referrals(t, sheet)
	if out.Landed != registered || out.Opened != registered || out.Review != 0 || len(out.Bad) != 0 {
		t.Fatalf("%d landed, %d opened, %d wait %+v, bad %v", out.Landed, out.Opened, out.Review, out.Waiting[:min(3, len(out.Waiting))], out.Bad)
	}
	want := map[string]string{"registered": fmt.Sprintf("%d/0", registered), "referred": fmt.Sprintf("%d/0", referred), "paid": fmt.Sprintf("%d/0", paid)}
	holds := func(when string) {
		t.Helper()
		got := w.funnel(t)
		for step, n := range want {
			if got[step] != n {
				t.Errorf("%s: %s is %s, want %s", when, step, got[step], n)
			}
		}
	}
	holds("landed")
	for step, n := range map[string]int{"registered": registered, "referred": referred, "paid": paid} {
		page, err := w.Engine.List(t.Context(), w.as(t, "dir.head"), casework.Query{Limit: 1, Total: true,
			Tally: casework.TallyKey{Procedure: "referral", What: casework.TallyClaim, Key: step}})
		must(t, err)
		if page.Total != int64(n) {
			t.Errorf("behind the claim of %s stand %d cases, want %d", step, page.Total, n)
		}
	}
	again := w.referrals(t, shuffled(sheet, 7))
	if again.Landed != registered || again.Opened != 0 || again.Units != 0 {
		t.Errorf("in another order: %d landed, %d opened, %d units", again.Landed, again.Opened, again.Units)
	}
	holds("given again")
	w.confirm(t, sheet[1][3])
	want["received"] = fmt.Sprintf("%d/1", paid-1)
	holds("after the branch's word")
	w.folds(t)
}

// confirm lets the branch record its receipt of the referral with a number.
func (w *world) confirm(t testing.TB, number string) {
	t.Helper()
	unit, err := w.Registry.Search(t.Context(), w.Province, "10000", 5)
	must(t, err)
	if len(unit) != 1 {
		t.Fatalf("%d units", len(unit))
	}
	cases, err := w.Engine.CasesOf(t.Context(), w.Province, "referral", unit[0].ID)
	must(t, err)
	if len(cases) != 1 || cases[0].Facts["referral_no"].V != number || cases[0].Stage != "state_unknown" || !cases[0].Imported {
		t.Fatalf("cases: %+v", cases)
	}
	view, err := w.Engine.Look(t.Context(), w.as(t, "dir.expert"), cases[0].ID)
	must(t, err)
	if n := len(view.Claims); n != 6 || view.Claims[n-1].Step != "paid" {
		t.Errorf("the expert sees the claims %+v", view.Claims)
	}
	_, err = w.Engine.Act(t.Context(), w.as(t, "bank.branch"), casework.Command{Key: "r1", Case: cases[0].ID, Action: "receive", Version: cases[0].Version,
		Facts: map[string]any{"bank_file_no": "77"}})
	must(t, err)
}

// TestImportingTwiceIsImportingOnce: whatever a sheet holds, doubtful and repeated rows among it, the second time opens
// nothing, makes nothing, and counts the same.
func TestImportingTwiceIsImportingOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sheets := 0
	rapid.Check(t, func(r *rapid.T) {
		if sheets++; sheets > 80 {
			return // each sheet costs writes to a real database
		}
		rows := [][]string{{"نام واحد", "شناسه ملی", "شهرستان", "بانک", "شعبه", "شماره نامه", "کد رهگیری", "مبلغ", "مبلغ پرداختی", "وضعیت"}}
		for range rapid.IntRange(1, 12).Draw(r, "rows") {
			n := rapid.IntRange(0, 5).Draw(r, "unit")
			pick := func(list ...string) string { return rapid.SampledFrom(list).Draw(r, "cell") }
			rows = append(rows, []string{pick("بافندگی نیلوفر", "بافندگي نيلوفر", "ریسندگی البرز", "پوشاک ارغوان "+strings.Repeat("ی", n)),
				pick("", legal(1038200000+n), "123"), pick("کرج", "", "فردیس"), pick("", "ملی"), pick("", "کرج"), pick("", "1/1", "2/1", "۳/۱"),
				pick("", "B1"), pick("", "1000000000", "۲٬۰۰۰٬۰۰۰٬۰۰۰"), pick("", "500"), pick("", "پرداخت شده", "معرفی شده", "رد شد", "گم شده")})
		}
		first := w.referrals(t, rows)
		second := w.referrals(t, rows)
		if first.Rows != first.Landed+first.Review+first.BadRows() || second.Rows != second.Landed+second.Review+second.BadRows() {
			r.Fatalf("rows are not counted once: %+v, %+v", first, second)
		}
		if second.Opened != 0 || second.Units != 0 {
			r.Fatalf("the second time opened %d cases and made %d units of\n%v", second.Opened, second.Units, rows)
		}
	})
	w.folds(t)
}

// TestAPersonDecidesOnDoubtfulReferrals: each answer lands once with its reason in the journal, only who may gives it, and
// the sheet given again keeps to it.
func TestAPersonDecidesOnDoubtfulReferrals(t *testing.T) {
	onBoth(t, doubtsDecided)
}

func doubtsDecided(t testing.TB, w *world) {
	t.Helper()
	a := legal(1038300001)
	sheet := [][]string{{"نام واحد", "شناسه ملی", "شهرستان", "شماره نامه", "مبلغ", "وضعیت"},
		{"ریسندگی الوند", a, "کرج", "7", "1000000000", "معرفی شده"},
		{"ریسندگی الوند", a, "کرج", "7", "1000000000", "پرداخت شد"},
		{"ریسندگی الونذ", "", "کرج", "8", "2000000000", "معرفی شده"},
		{"بافندگی نو", "", "کرج", "9", "3000000000", "پرداخت شد"},
		{"ریسندگی الوند", a, "کرج", "7", "5000000000", "رد شد"}}
	out := w.referrals(t, sheet)
	if out.Landed != 1 || out.Review != 4 {
		t.Fatalf("%d landed, %+v", out.Landed, out.Waiting)
	}
	head := access.Principal{Person: "p-head", Role: "dir.head", Province: w.Province}
	row := func(line int) referral.Review {
		t.Helper()
		r, err := w.Referral.Review(t.Context(), head, out.Batch, line)
		must(t, err)
		return r
	}
	decide := func(d referral.Decision, key string) string {
		t.Helper()
		d.Batch, d.Why = out.Batch, "نامه دیده شد"
		id, err := w.Referral.DecideReview(t.Context(), head, d)
		if got := keyOf(err); got != key {
			t.Errorf("row %d %s: %v, want %q", d.Line, d.Do, err, key)
		}
		return id
	}
	if _, err := w.Referral.DecideReview(t.Context(), access.Principal{Person: "x", Role: "bank.head", Province: w.Province}, referral.Decision{Batch: out.Batch, Line: 3, Do: referral.DecideReject, Why: "x"}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a bank decides: %v", err)
	}
	first := row(3)
	unit, opened := first.Units[0].Unit, first.Units[0].Cases[0].ID
	decide(referral.Decision{Line: 3, Do: referral.DecideCase, Case: "none"}, "referral.review_case")
	if got := decide(referral.Decision{Line: 3, Do: referral.DecideCase, Case: opened}, ""); got != opened {
		t.Errorf("landed on %s, want %s", got, opened)
	}
	decide(referral.Decision{Line: 3, Do: referral.DecideReject}, "registry.review_state")
	if r := row(4); len(r.Units) != 1 || r.Units[0].Unit != unit || r.New {
		t.Errorf("the near name: %+v", r)
	}
	if got := decide(referral.Decision{Line: 4, Do: referral.DecideNew, Unit: unit}, ""); got == opened || got == "" {
		t.Errorf("another referral landed on %s", got)
	}
	decide(referral.Decision{Line: 5, Do: referral.DecideNew}, "referral.review_do") // no identifier to make a unit of
	decide(referral.Decision{Line: 5, Do: referral.DecideReject}, "")
	decide(referral.Decision{Line: 6, Do: referral.DecideReject}, "")
	left, err := w.Referral.Reviews(t.Context(), head, "")
	must(t, err)
	if got := w.funnel(t); len(left) != 0 || got["registered"] != "2/0" || got["paid"] != "1/0" {
		t.Errorf("%d wait, funnel %v", len(left), got)
	}
	again := w.referrals(t, sheet)
	if again.Opened != 0 || again.Landed != 3 || again.Review != 2 || w.funnel(t)["registered"] != "2/0" {
		t.Errorf("given again: %+v", again)
	}
	if got := w.kindsIn(t, "import-"+out.Batch); got != "sheet.imported sheet.decided sheet.decided sheet.decided sheet.decided sheet.imported" {
		t.Errorf("journal: %s", got)
	}
	w.folds(t)
}

// A company that the register does not have is not another company of the same owner: a row with its identifier waits for a person. A row
// without one is of the owner's only unit.
func TestARowOfAnotherCompanyOfTheOwnerWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got, err := w.Registry.Resolve(t.Context(), w.Province, []registry.Probe{
		{Name: "شرکت دیگر", County: "ساوجبلاغ", LegalID: "10380284790", OwnerCode: "9705430713"},
		{Name: "شرکت دیگر", County: "ساوجبلاغ", OwnerCode: "9705430713"},
	})
	must(t, err)
	if got[0].Unit != "" || !slices.Contains(got[0].Candidates, w.unit) {
		t.Errorf("another company's row is %+v", got[0])
	}
	if got[1].Unit != w.unit {
		t.Errorf("the owner's row is %+v", got[1])
	}
}
