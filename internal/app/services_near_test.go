package app_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/surface/sheet"
)

// reads is a register whose commands read otherwise than the product's.
type reads struct {
	services.Tx
	of func(ctx context.Context, tx services.Tx, province string, q services.Sought) ([]services.Record, error)
}

func (r reads) ServiceRecordsOf(ctx context.Context, province string, q services.Sought) ([]services.Record, error) {
	return r.of(ctx, r.Tx, province, q)
}

func theWhole(ctx context.Context, tx services.Tx, province string, _ services.Sought) ([]services.Record, error) {
	return tx.ServiceRecords(ctx, province, "")
}

// errTried ends a write that is only tried.
var errTried = errors.New("tried")

// servicesReading is the register with other reads, which is only tried unless it keeps what it writes.
func (w *world) servicesReading(of func(context.Context, services.Tx, string, services.Sought) ([]services.Record, error), keeps bool) *services.Service {
	write := app.InTx[services.Tx](w.Store.Write)
	return services.New(services.Config{
		Clock: w.clock, NewID: app.NewID, Read: app.InTx[services.Tx](w.Store.Read),
		Write: func(ctx context.Context, fn func(context.Context, services.Tx) error) error {
			err := write(ctx, func(ctx context.Context, tx services.Tx) error {
				if err := fn(ctx, reads{tx, of}); err != nil || keeps {
					return err
				}
				return errTried
			})
			if errors.Is(err, errTried) {
				return nil
			}
			return err
		},
	})
}

// came says what a command came to: its fault at its field, or "done".
func came(err error) string {
	f, ok := fault.As(err)
	switch {
	case err == nil:
		return "done"
	case !ok:
		return err.Error()
	}
	return fmt.Sprint(f.Key, " at ", f.Field, " ", f.Args)
}

// What a command reads of the register is all that it is judged by: a history of entries, corrections, decisions and sheets, by the office
// and by a unit, comes at each step to the same as with the whole register read. Half of what is entered is there already under
// another writing, hangs on what is missing, or adds up to too much.
func TestACommandReadsAllThatItIsJudgedBy(t *testing.T) {
	onBoth(t, func(t testing.TB, w *world) {
		narrow := func(ctx context.Context, tx services.Tx, province string, q services.Sought) ([]services.Record, error) {
			return tx.ServiceRecordsOf(ctx, province, q)
		}
		judgedAlike(w, narrow)(t)
	})
}

// The control: a read that passes over any part of what is sought judges otherwise.
func TestAReadThatPassesOverSomethingJudgesOtherwise(t *testing.T) {
	t.Parallel()
	for part, forget := range map[string]func(q *services.Sought){
		"what it is about":           func(q *services.Sought) { q.Things = nil },
		"what hangs on the contract": func(q *services.Sought) { q.On = nil },
		"what stands alone":          func(q *services.Sought) { q.Alone = nil },
		"firms known by their legal id": func(q *services.Sought) {
			q.Alone = slices.DeleteFunc(q.Alone, func(a services.Alone) bool { return a.Kind == services.Contract && a.Unit == "" })
		},
		"versions": func(q *services.Sought) { q.Records = nil },
	} {
		t.Log("passing over", part)
		control.Finds(t, "with the whole register", func(t testing.TB) {
			judgedAlike(newWorld(t), func(ctx context.Context, tx services.Tx, province string, q services.Sought) ([]services.Record, error) {
				forget(&q)
				return tx.ServiceRecordsOf(ctx, province, q)
			})(t)
		})
	}
}

// judgedAlike is the law that a way of reading judges as the whole register does.
func judgedAlike(w *world, of func(context.Context, services.Tx, string, services.Sought) ([]services.Record, error)) func(testing.TB) {
	const firm, other = "99238044819", "99238044517"
	return func(t testing.TB) {
		whole, tried, kept := w.servicesReading(theWhole, false), w.servicesReading(of, false), w.servicesReading(theWhole, true)
		ctx, r := access.AsServer(t.Context()), rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same history each time
		pick := func(of ...string) string { return of[r.IntN(len(of))] }
		met := map[string]int{}
		compare := func(what string, do func(*services.Service) (any, error)) {
			want, err := do(whole)
			a := came(err)
			got, err := do(tried)
			if b := came(err); a != b || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
				t.Fatalf("%s comes to %s %+v, with the whole register to %s %+v", what, b, got, a, want)
			}
			if _, err := do(kept); a != came(err) {
				t.Errorf("%s comes to %s when it is kept, when tried to %s", what, came(err), a)
			}
			key, _, _ := strings.Cut(a, " ")
			met[key]++
		}
		for i := range 250 {
			g, err := w.Services.Read(ctx, w.Province, "")
			must(t, err)
			one := func(kinds ...services.Kind) string { // a thing of a kind, or none
				var all []string
				for _, k := range kinds {
					for _, x := range g.Things(k, "") {
						all = append(all, x.ID)
					}
				}
				if len(all) == 0 || r.IntN(8) == 0 {
					return pick("none", w.unit)
				}
				return pick(all...)
			}
			e := services.Entry{Province: w.Province, By: pick("officer", "another"), Kind: services.Kind(pick("contract", "contract", "statement", "statement", "equipment", "equipment", "receipt", "rate", "figure"))}
			e.Typed = map[string]string{"client": "Zagros", "country": "IRQ", "category": "TS04", "currency": "USD", "amount": pick("100", "60", "40"), "on": "1404/04/0" + pick("1", "2"),
				"contract": pick("A-1", "a 1", "۲", "2"), "legal_id": pick(firm, other, ""), "number": pick("1", "۱", "2"), "statement": pick("1", "۱", "2", "9"), "declaration": pick("5", "6"),
				"hs": pick("8446", "8447"), "from": "1404/01/01", "to": "1404/03/0" + pick("1", "2"), "rate": pick("2", "3"), "source": "x", "name": pick("target", "services")}
			if e.Kind == services.Rate {
				e.Typed["currency"] = pick("EUR", "AED")
			}
			for field := range e.Typed { // a kind is asked its own alone
				if !slices.ContainsFunc(services.FieldsOf(e.Kind), func(s services.Spec) bool { return s.Name == field }) {
					delete(e.Typed, field)
				}
			}
			e.Unit, e.Of = pick(w.unit, ""), one(services.Contract)
			if r.IntN(3) == 0 {
				e.Only, e.Unit, e.LegalID = w.unit, w.unit, firm
			}
			if r.IntN(4) == 0 {
				e.Corrects, e.Reason = one(e.Kind), pick("mistaken", "mistaken", "")
			}
			switch r.IntN(5) {
			case 0:
				var ids []string
				for _, x := range g.Records {
					if x.State == services.Submitted && r.IntN(2) == 0 {
						ids = append(ids, x.ID)
					}
				}
				if len(g.Records) > 0 && r.IntN(4) == 0 {
					ids = append(ids, g.Records[r.IntN(len(g.Records))].ID)
				}
				d := services.Decision{Province: w.Province, State: services.State(pick("approved", "approved", "refused")), By: pick("officer", "third", "third"), Word: "no"}
				compare(fmt.Sprintf("%d: %s of %d", i, d.State, len(ids)), func(s *services.Service) (any, error) { return nil, s.Decide(ctx, d, ids) })
			case 1:
				var b strings.Builder
				b.WriteString("شماره قرارداد,شماره صورت وضعیت,از تاریخ,تا تاریخ,تاریخ صورت وضعیت,مبلغ کارکرد\n")
				for range 4 {
					fmt.Fprintf(&b, "%s,%s,1404/01/01,1404/03/31,1404/04/10,%s\n", pick("A-1", "a1", "2", "C-9"), pick("1", "2", "3"), pick("100", "60"))
				}
				rows, err := sheet.Read("sheet.csv", strings.NewReader(b.String()))
				must(t, err)
				compare(fmt.Sprintf("%d: a sheet", i), func(s *services.Service) (any, error) {
					out, err := s.Import(ctx, services.Sheet{Province: w.Province, File: "sheet.csv", By: "cli", Kind: services.Statement, Rows: rows, Scale: 1})
					return fmt.Sprint(out.Landed, out.Same, out.Bad), err
				})
			default:
				compare(fmt.Sprintf("%d: %s %v of %q, correcting %q, only %q", i, e.Kind, e.Typed, e.Of, e.Corrects, e.Only), func(s *services.Service) (any, error) {
					out, err := s.Enter(ctx, e)
					if out.Thing == out.ID {
						out.Thing = ""
					}
					out.ID, out.Seq = "", 0
					return out, err
				})
			}
		}
		for _, key := range []string{"done", "services.twice", "services.no_record", "services.no_contract", "services.waits_already", "services.reason", "services.no_statement",
			"services.more_than_statement", "services.contract_first", "services.own_entry", "services.decided"} {
			if met[key] == 0 {
				t.Errorf("the history never came to %s: %v", key, met)
			}
		}
	}
}
