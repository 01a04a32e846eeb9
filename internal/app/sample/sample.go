// Package sample fills a province with invented people, units and cases for the demo: through the services, never by SQL,
// over two years that a manual clock is moved through, so that its history is true. The same end instant gives the same
// names, amounts and stages; ids are drawn. All names are plainly made up, all identifiers synthetic.
package sample

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/document"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/programme/trade"
)

// Password is every sample account's.
const Password = "rahgosha-demo-1405" // #nosec G101 -- of the sample data alone, and told on the page that offers it

// Target is what is filled. Clock stands at the end of the history when Fill is called, and again when it returns.
type Target struct {
	Engine   *casework.Engine
	Party    *party.Service
	Registry *registry.Service
	Document *document.Service
	Trade    *trade.Service
	Services *services.Service
	Clock    *clock.Manual
	Province string
	Publish  func(ctx context.Context, folder string, approvers [2]string) error
	CloseDay func(ctx context.Context, civil string, reason locale.Text) error
	Wake     func(ctx context.Context) error
	Progress func(text string)
}

// Login is one account to try.
type Login struct {
	Login string `json:"login"`
	Role  string `json:"role"`
	Name  string `json:"name"`
}

// Summary says what was made.
type Summary struct {
	Logins []Login        `json:"logins"`
	Units  int            `json:"units"`
	Cases  int            `json:"cases"`
	Stages map[string]int `json:"stages"`
	First  string         `json:"first"` // hash of the journal's first entry, in hex: tells this province from any other
}

// Size of the sample.
const (
	unitCount = 3000
	years     = 2
	seed      = 1405
)

//go:embed data/words.json
var wordsFile []byte

type vocabulary struct {
	Given      []string          `json:"given"`
	Family     []string          `json:"family"`
	UnitFirst  []string          `json:"unit_first"`
	UnitSecond []string          `json:"unit_second"`
	Counties   []string          `json:"unit_third"`
	Banks      []string          `json:"banks"`
	Bank       string            `json:"bank"`
	Branch     string            `json:"branch"`
	BankHead   string            `json:"bank_head"`
	Bodies     map[string]string `json:"bodies"`
	Document   string            `json:"document"`
	Packages   []packageWords    `json:"packages"`
	Uses       []string          `json:"uses"`
	Closing    string            `json:"closing"`
	texts      map[string]string
}

type packageWords struct {
	ID            string `json:"id"`
	Title         string `json:"title"`
	Hint          string `json:"hint"`
	Ceiling       int64  `json:"ceiling"`
	MinOwnShare   int64  `json:"min_own_share"`
	ExemptsCheque bool   `json:"exempts_cheque"`
	ExemptsDebt   bool   `json:"exempts_debt"`
}

var words = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{texts: map[string]string{}}
	all := map[string]any{}
	if err := json.Unmarshal(wordsFile, v); err != nil {
		panic(fmt.Errorf("sample words: %w", err)) // embedded at build time
	}
	if err := json.Unmarshal(wordsFile, &all); err != nil {
		panic(fmt.Errorf("sample words: %w", err))
	}
	for k, x := range all {
		if s, ok := x.(string); ok {
			v.texts[k] = s
		}
	}
	return v
})

// say gives a text of the sample.
func say(key string) string { return words().texts[key] }

// filler holds what is being made.
type filler struct {
	Target
	ctx   context.Context //nolint:containedctx // lives for one Fill
	r     *rand.Rand
	end   time.Time
	start time.Time
	sum   Summary
	units []unitRef
	who   map[string]access.Principal // login → principal
	keys  int                         // acts outside stories, so far
	later []later                     // in the order of time
	bad   int                         // requests that fail a condition, so far
}

type unitRef struct {
	id, name, county, kind string
	sales                  int64
	active, licensed       bool
}

// Fill makes the sample province up to the clock's present instant.
func Fill(ctx context.Context, t Target) (Summary, error) {
	end := t.Clock.Now()
	f := &filler{
		Target: t, ctx: ctx, r: rand.New(rand.NewPCG(seed, seed)), end: end, start: end.AddDate(-years, 0, 0), // #nosec G404 -- a sample must repeat
		who: map[string]access.Principal{}, sum: Summary{Stages: map[string]int{}},
	}
	t.Clock.Set(f.start)
	defer t.Clock.Set(end)
	for _, step := range []struct {
		name string
		do   func() error
	}{{"procedures", f.procedures}, {"packages", f.packages}, {"units", f.makeUnits}, {"people", f.people}, {"trade", f.trade}, {"accelerator", f.accelerator}, {"cases", f.cases}, {"sessions", f.sessions}, {"services", f.services}, {"market flags", f.marketFlags}} {
		if t.Progress != nil {
			t.Progress(step.name)
		}
		if err := step.do(); err != nil {
			return Summary{}, fmt.Errorf("sample %s: %w", step.name, err)
		}
	}
	return f.sum, nil
}

func (f *filler) procedures() error {
	for _, p := range []string{"facility-supervision", "experts-board-62", "referral", "committee-session", "working-group", "bank-council", "consultation", "export-outcome", "export-accelerator", "export-cohort"} {
		if err := f.Publish(f.ctx, p, [2]string{"sample-approver-1", "sample-approver-2"}); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) packages() error {
	var items []registry.Item
	for _, p := range words().Packages {
		balance := p.Ceiling * 100
		items = append(items, registry.Item{
			Province: f.Province, Register: "package", ID: p.ID, Source: "sample", Balance: &balance, Fields: map[string]any{
				"title": p.Title, "hint": p.Hint, "ceiling": p.Ceiling, "min_own_share": p.MinOwnShare,
				"exempts_cheque": p.ExemptsCheque, "exempts_debt": p.ExemptsDebt, "open": true,
			},
		})
	}
	return f.Registry.Upsert(f.ctx, items...)
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
