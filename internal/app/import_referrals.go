package app

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/programme/referral"
	"rahgosha/internal/surface/cli"
)

// referralProcedure is the procedure whose funnel an import of referrals shows.
const referralProcedure = "referral"

type importReferrals struct{ importSheet }

// Run imports referrals and shows the funnel as it then stands.
func (c *importReferrals) Run(env *cli.Env) error {
	return c.take(env, func(a *App, rows [][]string) error {
		out, err := a.Referral.Import(c.ctx, referral.Import{
			Province: a.Province, File: filepath.Base(c.File), By: "cli", Rows: rows, Dry: c.DryRun, AmountUnit: money.Unit(c.Amount),
		})
		if err != nil {
			return err
		}
		if err := writeRejects(c.Rejects, out); err != nil {
			return err
		}
		funnel, err := a.referralFunnel(c.ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return c.printJSON(env, out, funnel)
		}
		return c.print(env, out, funnel)
	})
}

// funnelStep is a step of the province's funnel: what acts confirmed, and apart from it what only sheets claim. Rial.
type funnelStep struct {
	Step            string      `json:"step"`
	Claimed         int64       `json:"claimed"`
	ClaimedAmount   int64       `json:"claimed_amount"`
	Confirmed       int64       `json:"confirmed"`
	ConfirmedAmount int64       `json:"confirmed_amount"`
	title           locale.Text // in both languages
}

// referralFunnel gives the province's funnel as its counters stand; nothing before the procedure is published.
func (a *App) referralFunnel(ctx context.Context) (out []funnelStep, err error) {
	d, err := a.Defs.Current(ctx, referralProcedure)
	if err != nil || d.Funnel == nil {
		return []funnelStep{}, nil //nolint:nilerr // nothing is published yet
	}
	var tallies []casework.Tally
	err = a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		tallies, err = tx.Tallies(ctx, a.Province, d.ID)
		return err
	})
	for _, st := range d.Funnel.Steps {
		s := funnelStep{Step: st.ID, title: st.Title}
		for _, t := range tallies {
			switch {
			case t.Key != st.ID:
			case t.What == casework.TallyClaim:
				s.Claimed, s.ClaimedAmount = s.Claimed+t.N, s.ClaimedAmount+t.Amount
			case t.What == casework.TallyStep:
				s.Confirmed, s.ConfirmedAmount = s.Confirmed+t.N, s.ConfirmedAmount+t.Amount
			}
		}
		out = append(out, s)
	}
	return out, err
}

// referralsJSON is the outcome as programs read it: that of the units, with what the sheet claims and the funnel.
type referralsJSON struct {
	Rows   int       `json:"rows"`
	Landed int       `json:"landed"`
	Review int       `json:"review"`
	Bad    []badJSON `json:"bad"`

	Opened  int            `json:"opened"`
	Units   int            `json:"units"`
	Claimed []referral.Sum `json:"claimed"`
	Waiting []waitsJSON    `json:"waiting"`
	Funnel  []funnelStep   `json:"funnel"`
	Unknown []string       `json:"unknown,omitempty"`
}

type badJSON struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Reason string `json:"reason"`
}

type waitsJSON struct {
	Row    int    `json:"row"`
	Why    string `json:"why"`
	Reason string `json:"reason"`
}

func (c *importReferrals) printJSON(env *cli.Env, out referral.Outcome, funnel []funnelStep) error {
	j := referralsJSON{Rows: out.Rows, Landed: out.Landed, Review: out.Review, Bad: []badJSON{}, Opened: out.Opened, Units: out.Units,
		Claimed: append([]referral.Sum{}, out.Claimed...), Waiting: []waitsJSON{}, Funnel: funnel, Unknown: out.Unknown}
	for _, b := range out.Bad {
		j.Bad = append(j.Bad, badJSON{b.Row, b.Column, b.Reason.In(locale.FA)})
	}
	for _, w := range out.Waiting {
		j.Waiting = append(j.Waiting, waitsJSON{w.Row, w.Reason, waitsText(w.Reason).In(locale.FA)})
	}
	return json.NewEncoder(env.Out).Encode(j)
}

// waitsText says why a row waits.
func waitsText(reason string) locale.Text { return locale.Of("referral.waits."+reason, nil) }

func (c *importReferrals) print(env *cli.Env, out referral.Outcome, funnel []funnelStep) error {
	key := "app.import_done"
	if c.DryRun {
		key = "app.import_dry"
	}
	lines := []string{locale.T(env.Lang, key, map[string]any{"rows": out.Rows, "landed": out.Landed, "review": out.Review, "bad": out.BadRows()}),
		locale.T(env.Lang, "app.import_referrals", map[string]any{"opened": out.Opened, "units": out.Units})}
	for _, s := range funnel {
		lines = append(lines, locale.T(env.Lang, "app.import_funnel", map[string]any{"step": s.title.In(env.Lang), "claimed": s.Claimed, "confirmed": s.Confirmed}))
	}
	for _, w := range out.Waiting {
		lines = append(lines, fmt.Sprintf("%d\t%s", w.Row, waitsText(w.Reason).In(env.Lang)))
	}
	for _, h := range out.Unknown {
		lines = append(lines, locale.T(env.Lang, "app.import_unknown", map[string]any{"column": h}))
	}
	for _, l := range lines {
		if _, err := fmt.Fprintln(env.Out, l); err != nil {
			return err
		}
	}
	if err := printAmounts(env.Out, env.Lang, out.Amounts); err != nil {
		return err
	}
	return printBad(env.Out, env.Lang, out.Bad)
}
