package app

import (
	"context"
	"encoding/json"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/outbox"
	"rahgosha/internal/surface/jobs"
)

// wakeAtOnce bounds the clocks fired in one look.
const wakeAtOnce = 200

// Outbox makes the worker that carries out what was left for after the commit.
func (a *App) Outbox() (*outbox.Worker, error) {
	return outbox.New(outbox.Config{
		Lease: a.Store.Lease, Write: InTx[outbox.Tx](a.Store.WriteBeside), Clock: a.Clock, Log: a.Log,
		Handlers: map[string]outbox.Handler{"letter": a.sendLetter, casework.RoundTopic: a.carryRound, "notify": a.notify, "publish": a.notify},
	})
}

// runJobs does what is not a request until ctx ends: clocks, the outbox, the nightly fold of every case, the
// witnesses and, on PostgreSQL, the numbering of the log.
func (a *App) runJobs(ctx context.Context) error {
	worker, err := a.Outbox()
	if err != nil {
		return err
	}
	runner, err := jobs.New(a.Clock, a.Log, jobs.Clocks(a.Engine), jobs.Outbox(worker), a.onOneNode(jobs.Replay(a.checkNightly), nightLease),
		a.onOneNode(a.retentionJob(), nightLease), a.migrationJob(), a.onOneNode(a.witnessJob(), witnessLease), jobs.Forever("sequencer", a.Store.RunSequencer))
	if err != nil {
		return err
	}
	runner.Run(ctx)
	return nil
}

// How long a node has a job to itself: a night's check is over by then, and witnesses are asked by another node soon after
// the one that asked them is gone.
const (
	nightLease   = time.Hour
	witnessLease = 90 * time.Second
)

// onOneNode makes a job run on one of the nodes of a database. The others find it taken and ask again at its next time.
// Clocks and messages need no such lease: each of them is taken by itself, so the nodes share them.
func (a *App) onOneNode(j jobs.Job, lease time.Duration) jobs.Job {
	if a.Database == "" {
		return j
	}
	run := j.Run
	j.Run = func(ctx context.Context) (bool, error) {
		ours, err := a.Store.TryLease(ctx, "job "+j.Name, lease)
		if err != nil || !ours {
			return false, err
		}
		return run(ctx)
	}
	return j
}

// sendLetter proves that a letter can be drawn, once its entry is in the signed log, and enters in the letter book when it
// left: its way out is the addressee's own desk. A letter that cannot be drawn is tried again.
func (a *App) sendLetter(ctx context.Context, m outbox.Leased) error {
	var payload struct{ Token string }
	if err := json.Unmarshal(m.Payload, &payload); err != nil {
		return fault.Wrap(err, fault.Internal, "app.letter_message")
	}
	text, err := a.Engine.LetterText(ctx, m.Province, m.Case, payload.Token)
	if fault.Is(err, fault.NotFound) {
		return nil // erased meanwhile: nothing to send
	}
	if err != nil {
		return err
	}
	receipt, err := a.Receipt(ctx, text)
	if err != nil {
		return err
	}
	if _, err := a.DrawLetter(text, receipt); err != nil {
		return err
	}
	err = a.Store.Write(ctx, func(ctx context.Context, tx storeTx) error {
		return tx.DispatchLetter(ctx, m.Province, payload.Token, a.Clock.Now().UnixMicro())
	})
	if fault.Is(err, fault.Conflict) {
		return nil // sent before: a message may come twice
	}
	return err
}

// notify is done by the desks themselves: they show what is due from the case. The message is logged without content, for
// whoever connects SMS or mail.
func (a *App) notify(ctx context.Context, m outbox.Leased) error {
	a.Log.DebugContext(ctx, "message", "topic", m.Topic, "case", m.Case)
	return nil
}

// checkNightly folds every case and says in the log what differs.
func (a *App) checkNightly(ctx context.Context) error {
	bad := 0
	_, err := a.Engine.Replay(ctx, a.Province, func(d casework.Difference) {
		bad++
		a.Log.ErrorContext(ctx, "what is stored is not what the entries give", "case", d.Case, "seq", d.Seq, "what", d.What, "detail", d.Detail)
	})
	if err == nil && bad > 0 {
		err = fault.New(fault.Internal, "app.replay_differs", "count", bad)
	}
	return err
}

// carryRound carries one answer of a committee's session to its case. Commands have a key and landings are looked at first,
// so that a message that comes twice, or after a crash in between, decides nothing twice.
func (a *App) carryRound(ctx context.Context, m outbox.Leased) error {
	msg, err := casework.ParseRoundMessage(m.Payload)
	if err != nil {
		return err
	}
	return a.Engine.CarryRound(ctx, m.Province, m.Case, msg)
}
