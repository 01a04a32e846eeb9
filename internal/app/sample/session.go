package sample

import (
	"fmt"
	"strings"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
)

// session is a body whose sessions the sample holds: who convenes, who signs, what convening asks, and where its last one
// is left.
type session struct {
	procedure, by string
	signers       [2]string
	facts         map[string]any
	signing       bool // the last one waits for signatures, else for decisions
}

func (f *filler) sessions() error {
	today := jalali.FromTime(f.end).Civil()
	for _, s := range []session{
		{"committee-session", "council.sec", [2]string{"council.member", "dir.deputy"}, map[string]any{"package": "P1"}, false},
		{"working-group", "council.sec", [2]string{"council.member", "dir.deputy"}, map[string]any{"held_on": today}, true},
		{"bank-council", "bank.council", [2]string{"council.sec", "dir.deputy"}, map[string]any{"held_on": today}, false},
	} {
		if err := f.hold(s); err != nil {
			return fmt.Errorf("%s: %w", s.procedure, err)
		}
	}
	return f.consultation()
}

// consultation asks two associations and the House about a draft; the House has answered.
func (f *filler) consultation() error {
	id, err := f.do("dir.expert", casework.Command{Procedure: "consultation", Sample: true})
	if err != nil {
		return err
	}
	if _, err = f.do("dir.expert", casework.Command{Case: id, Action: "ask", Facts: map[string]any{
		"subject": say("draft_subject"), "draft": say("draft_text"), "why": say("draft_why"),
		"bodies": []map[string]any{{"role": "assoc.chair", "body": "textile"}, {"role": "assoc.chair", "body": "engineering"}, {"role": "house.secretary", "body": "house"}},
	}}); err != nil {
		return err
	}
	_, err = f.do("house.secretary", casework.Command{Case: id, Action: "opine:associations:3", Note: say("opinion_house")})
	return err
}

// hold holds a body's sessions: one that left every case for the next, one dropped, one being prepared and one under way.
func (f *filler) hold(s session) error {
	issued, err := f.convened(s)
	if err != nil {
		return err
	}
	if err := f.decided(s, issued); err != nil {
		return err
	}
	if err := f.resolved(s, issued); err != nil {
		return err
	}
	for _, who := range s.signers {
		if _, err := f.do(who, casework.Command{Case: issued, Action: "sign"}); err != nil {
			return err
		}
	}
	if err := f.followed(s, issued); err != nil {
		return err
	}
	if err := f.carryOut(s, issued); err != nil {
		return err
	}
	dropped, err := f.do(s.by, casework.Command{Procedure: s.procedure, Sample: true})
	if err == nil {
		_, err = f.do(s.by, casework.Command{Case: dropped, Action: "drop", Note: say("note_dropped")})
	}
	if err == nil {
		_, err = f.do(s.by, casework.Command{Procedure: s.procedure, Sample: true})
	}
	if err != nil {
		return err
	}
	last, err := f.convened(s)
	if err == nil && s.signing {
		err = f.decided(s, last)
	}
	return err
}

func (f *filler) convened(s session) (string, error) {
	id, err := f.do(s.by, casework.Command{Procedure: s.procedure, Sample: true})
	if err != nil {
		return "", err
	}
	return f.do(s.by, casework.Command{Case: id, Action: "convene", Facts: s.facts})
}

// decided leaves every case of the agenda for the next session.
func (f *filler) decided(s session, id string) error {
	v, err := f.Engine.Look(f.ctx, casework.CallerOf(f.who[s.by]), id)
	if err != nil {
		return err
	}
	facts := map[string]any{}
	for i := range v.Rounds[0].Members {
		facts[fmt.Sprintf("session.%d", i+1)], facts[fmt.Sprintf("session.%d.note", i+1)] = "wait", say("note_next_session")
	}
	_, err = f.do(s.by, casework.Command{Case: id, Action: "decide", Facts: facts})
	return err
}

// resolved writes what the banks' council resolved: one thing a bank owes, and one that its secretary does.
func (f *filler) resolved(s session, id string) error {
	if s.procedure != "bank-council" {
		return nil
	}
	until := jalali.FromTime(f.end).AddDays(14).Civil()
	_, err := f.do(s.by, casework.Command{Case: id, Action: "resolve", Facts: map[string]any{"resolutions": []map[string]any{
		{"text": say("resolution_bank"), "owner": "bank.head", "bank": bankID(0), "until": until, "measure": say("measure_bank")},
		{"text": say("resolution_sec"), "owner": "bank.council", "measure": say("measure_sec")},
	}}})
	return err
}

// followed lets the council's secretary say that theirs is done: somebody else has still to confirm it.
func (f *filler) followed(s session, id string) error {
	if s.procedure != "bank-council" {
		return nil
	}
	ref, err := f.Document.Put(f.ctx, f.Province, f.who[s.by].Person, "receipt.txt", strings.NewReader(say("measure_sec")))
	if err != nil {
		return err
	}
	_, err = f.do(s.by, casework.Command{Case: id, Action: "fulfil:resolution:2", Facts: map[string]any{"proof": ref.Hash}})
	return err
}

// carryOut does what the outbox would: each answer in its own case.
func (f *filler) carryOut(s session, id string) error {
	v, err := f.Engine.Look(f.ctx, casework.CallerOf(f.who[s.by]), id)
	if err != nil {
		return err
	}
	for _, m := range v.Rounds[0].Members {
		if err := f.Engine.CarryRound(f.ctx, f.Province, id, casework.RoundMessage{Round: "session", Member: m.Case}); err != nil {
			return err
		}
	}
	return nil
}

// do acts as an account on the case as it stands, and gives the case's id.
func (f *filler) do(login string, c casework.Command) (string, error) {
	return f.by(f.who[login], c)
}
