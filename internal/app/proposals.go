package app

import (
	"cmp"
	"context"
	"io"
	"time"
	"unicode/utf8"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/web"
)

// The entries of a version's way in its procedure's chain; its publication is a published one.
const (
	kindProposed  = "procedure.proposed"
	kindDeclined  = "procedure.declined"
	kindWithdrawn = "procedure.withdrawn"
)

// leastWhy is the least length of a reason to decline, in characters.
const leastWhy = 10

// publishing carries versions of procedures from a zip to publication: checked by one person, proposed, and approved by
// another. Each step is journalled in its own transaction.
type publishing struct{ a *App }

// Versions lists what is on its way and what was decided; a checked version is seen by who gave it alone.
func (x publishing) Versions(ctx context.Context, p access.Principal) (out []web.Version, err error) {
	var all []store.Proposal
	err = x.a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		all, err = tx.Proposals(ctx, p.Province)
		return err
	})
	for _, s := range all {
		if s.State != store.ProposalChecked || s.GivenBy == p.Person {
			out = append(out, versionOf(s))
		}
	}
	return out, err
}

func versionOf(s store.Proposal) web.Version {
	out := web.Version{ID: s.ID, Procedure: s.Procedure, Number: s.Version, Hash: s.Hash, State: s.State, By: s.GivenBy, At: time.UnixMicro(s.GivenAt),
		Decider: s.DecidedBy, Why: s.Why}
	if s.DecidedAt != 0 {
		out.Decided = time.UnixMicro(s.DecidedAt)
	}
	return out
}

// Check reads a zip, proves it and tries it on running cases. What is proved is kept; of what is not, the problems come
// back in a trial without an id.
func (x publishing) Check(ctx context.Context, p access.Principal, r io.Reader) (*web.Trial, error) {
	if err := cmp.Or(access.Authorize(p, "procedures", "check"), x.a.served(p)); err != nil {
		return nil, err
	}
	r, err := x.a.judged(ctx, r)
	if err != nil {
		return nil, err
	}
	bundle, err := unbundle(r)
	if err != nil {
		return nil, err
	}
	s := store.Proposal{Province: p.Province, ID: NewID(), Folder: bundle, State: store.ProposalChecked, GivenBy: p.Person, GivenAt: x.a.Clock.Now().UnixMicro()}
	out, err := x.try(ctx, p, s)
	if err != nil || out.ID == "" {
		return out, err
	}
	s.Procedure, s.Version, s.Hash = out.Procedure, out.Number, out.Hash
	err = x.a.Store.Write(ctx, func(ctx context.Context, tx storeTx) error {
		if fresh, err := x.fresh(ctx, tx, s); err != nil || !fresh {
			return cmp.Or(err, error(fault.New(fault.Invalid, "app.proposal.published")))
		}
		return tx.SaveProposal(ctx, s)
	})
	return out, err
}

// fresh says whether a version brings anything: itself, or other rows in its dated tables.
func (x publishing) fresh(ctx context.Context, tx storeTx, s store.Proposal) (bool, error) {
	if _, err := tx.DefinitionByHash(ctx, s.Hash); fault.Is(err, fault.NotFound) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	folder, err := folderIn(s.Folder)
	if err != nil {
		return false, err
	}
	def, _ := procedure.Parse(folder)
	dated, err := changedDated(ctx, tx, def, folder, s.Province)
	return len(dated) > 0, err
}

// Trial tries a version again, against what is in force now.
func (x publishing) Trial(ctx context.Context, p access.Principal, id string) (*web.Trial, error) {
	s, err := x.find(ctx, p, id)
	if err != nil {
		return nil, err
	}
	if s.State != store.ProposalChecked && s.State != store.ProposalProposed {
		return &web.Trial{Version: versionOf(s)}, nil
	}
	return x.try(ctx, p, s)
}

func (x publishing) find(ctx context.Context, p access.Principal, id string) (s store.Proposal, err error) {
	if err := cmp.Or(access.Authorize(p, "procedures", "check"), x.a.served(p)); err != nil {
		return s, err
	}
	err = x.a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		s, err = tx.Proposal(ctx, p.Province, id)
		return err
	})
	if err == nil && s.State == store.ProposalChecked && s.GivenBy != p.Person {
		err = fault.New(fault.NotFound, "store.no_proposal")
	}
	return s, err
}

// try proves a version's folder and tells what it would change, in words and in running cases.
func (x publishing) try(ctx context.Context, p access.Principal, s store.Proposal) (*web.Trial, error) {
	folder, err := folderIn(s.Folder)
	if err != nil {
		return nil, err
	}
	sim, problems, err := x.a.Simulate(ctx, folder, nil)
	if f, ok := fault.As(err); ok && f.Key == "app.not_proved" {
		return &web.Trial{Problems: problems}, nil
	}
	if err != nil {
		return nil, err
	}
	s.Procedure, s.Version, s.Hash = sim.Procedure, sim.Version, sim.Hash
	out := &web.Trial{Version: versionOf(s), Problems: problems, Changes: sim.Words, Looked: sim.Looked, Modes: sim.Modes, Changed: sim.Changed, May: mayMove(p, s)}
	_, err = x.a.Defs.Current(ctx, sim.Procedure)
	out.First = fault.Is(err, fault.NotFound)
	if access.Authorize(p, "procedures", "publish") == nil { // who decides sees which cases
		out.Cases = sim.Cases
	}
	return out, nil
}

// mayMove lists the acts that are open to a person on a version.
func mayMove(p access.Principal, s store.Proposal) []string {
	publisher, own := access.Authorize(p, "procedures", "publish") == nil, s.GivenBy == p.Person
	switch {
	case s.State == store.ProposalChecked && publisher && own:
		return []string{"propose"}
	case s.State == store.ProposalProposed && own:
		return []string{"withdraw"}
	case s.State == store.ProposalProposed && publisher:
		return []string{"approve", "decline"}
	}
	return nil
}

// Move proposes, withdraws, approves or declines a version in the name of the principal. Who proposed it never approves.
func (x publishing) Move(ctx context.Context, p access.Principal, id, do, why string) error {
	if err := access.Authorize(p, "procedures", "publish"); err != nil {
		return err
	}
	s, err := x.find(ctx, p, id)
	if err != nil {
		return err
	}
	own := s.GivenBy == p.Person
	from := s.State
	s.DecidedBy, s.DecidedAt, s.Why = p.Person, x.a.Clock.Now().UnixMicro(), why
	switch do {
	case "propose", "withdraw":
		if !own {
			return fault.New(fault.Forbidden, "app.proposal.own")
		}
		if do == "propose" {
			return x.propose(ctx, s)
		}
		return x.end(ctx, s, store.ProposalWithdrawn, kindWithdrawn)
	case "decline", "approve":
		if own {
			return fault.New(fault.Forbidden, "app.proposal.second")
		}
		if do == "approve" {
			return x.approve(ctx, s, from)
		}
		if utf8.RuneCountInString(why) < leastWhy {
			return fault.New(fault.Invalid, "app.proposal.why").At("why")
		}
		return x.end(ctx, s, store.ProposalDeclined, kindDeclined)
	}
	return fault.New(fault.Invalid, "app.proposal.act")
}

func (x publishing) propose(ctx context.Context, s store.Proposal) error {
	who := s.DecidedBy
	s.State, s.DecidedBy, s.DecidedAt, s.Why = store.ProposalProposed, "", 0, ""
	return x.a.Store.Write(ctx, func(ctx context.Context, tx storeTx) error {
		if err := tx.MoveProposal(ctx, s, store.ProposalChecked); err != nil {
			return err
		}
		return x.journal(ctx, tx, s, kindProposed, who)
	})
}

func (x publishing) end(ctx context.Context, s store.Proposal, state, kind string) error {
	s.State = state
	return x.a.Store.Write(ctx, func(ctx context.Context, tx storeTx) error {
		if err := tx.MoveProposal(ctx, s, store.ProposalProposed); err != nil {
			return err
		}
		return x.journal(ctx, tx, s, kind, s.DecidedBy)
	})
}

func (x publishing) journal(ctx context.Context, tx storeTx, s store.Proposal, kind, who string) error {
	facts := map[string]string{"procedure": s.Procedure, "version": s.Version, "hash": s.Hash, "proposal": s.ID}
	if s.Why != "" {
		facts["why"] = s.Why
	}
	_, err := x.a.Engine.Announce(ctx, tx, s.Province, "procedure:"+s.Procedure, kind, []string{who}, facts)
	return err
}

// approve proves the folder once more and publishes it, in one transaction with the proposal's end.
func (x publishing) approve(ctx context.Context, s store.Proposal, from string) error {
	if from != store.ProposalProposed {
		return fault.New(fault.Conflict, "store.proposal_moved")
	}
	folder, err := folderIn(s.Folder)
	if err != nil {
		return err
	}
	s.State, s.Why = store.ProposalPublished, ""
	_, _, err = x.a.publish(ctx, folder, [2]string{s.GivenBy, s.DecidedBy}, func(ctx context.Context, tx storeTx) error {
		return tx.MoveProposal(ctx, s, store.ProposalProposed)
	})
	return err
}
