package store

import (
	"context"

	"rahgosha/internal/base/fault"
)

// The states of a proposal: checked is seen by who gave it alone, proposed waits for a second person, the rest is over.
const (
	ProposalChecked   = "checked"
	ProposalProposed  = "proposed"
	ProposalPublished = "published"
	ProposalDeclined  = "declined"
	ProposalWithdrawn = "withdrawn"
)

// Proposal is a version of a procedure on its way to publication. Folder is its folder as a zip, instants are µs UTC, and
// DecidedBy is who published, declined or withdrew it.
type Proposal struct {
	Province, ID             string
	Procedure, Version, Hash string
	Folder                   []byte
	State                    string
	GivenBy                  string
	GivenAt                  int64
	DecidedBy                string
	DecidedAt                int64
	Why                      string
}

const proposalColumns = "province, id, procedure, version, hash, folder, state, given_by, given_at, decided_by, decided_at, why"

// SaveProposal keeps a checked version; an older one of the same person and procedure that was not proposed gives way.
func (t *Tx) SaveProposal(ctx context.Context, p Proposal) error {
	if _, err := t.exec(ctx, "DELETE FROM proposal WHERE province = $1 AND procedure = $2 AND given_by = $3 AND state = $4",
		p.Province, p.Procedure, p.GivenBy, ProposalChecked); err != nil {
		return err
	}
	_, err := t.exec(ctx, "INSERT INTO proposal ("+proposalColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 0, '')",
		p.Province, p.ID, p.Procedure, p.Version, p.Hash, blob(p.Folder), p.State, p.GivenBy, p.GivenAt)
	return err
}

// MoveProposal takes a proposal from one state to another; conflict store.proposal_moved when it stands in another one.
func (t *Tx) MoveProposal(ctx context.Context, p Proposal, from string) error {
	n, err := t.exec(ctx, "UPDATE proposal SET state = $4, decided_by = $5, decided_at = $6, why = $7 WHERE province = $1 AND id = $2 AND state = $3",
		p.Province, p.ID, from, p.State, p.DecidedBy, p.DecidedAt, p.Why)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "store.proposal_moved")
	}
	return err
}

// Proposal gives one with its folder; not_found store.no_proposal.
func (t *Tx) Proposal(ctx context.Context, province, id string) (Proposal, error) {
	found, err := t.proposals(ctx, proposalColumns, "WHERE province = $1 AND id = $2", province, id)
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "store.no_proposal")
	}
	if err != nil {
		return Proposal{}, err
	}
	return found[0], nil
}

// shownProposals is how many proposals a list holds.
const shownProposals = 100

// Proposals lists a province's newest proposals, without their folders.
func (t *Tx) Proposals(ctx context.Context, province string) ([]Proposal, error) {
	return t.proposals(ctx, "province, id, procedure, version, hash, NULL, state, given_by, given_at, decided_by, decided_at, why",
		"WHERE province = $1 ORDER BY given_at DESC, id LIMIT $2", province, shownProposals)
}

func (t *Tx) proposals(ctx context.Context, columns, where string, args ...any) (out []Proposal, err error) {
	err = t.each(ctx, "SELECT "+columns+" FROM proposal "+where, args, func(scan func(...any) error) error {
		var p Proposal
		if err := scan(&p.Province, &p.ID, &p.Procedure, &p.Version, &p.Hash, &p.Folder, &p.State, &p.GivenBy, &p.GivenAt, &p.DecidedBy,
			&p.DecidedAt, &p.Why); err != nil {
			return err
		}
		out = append(out, p)
		return nil
	})
	return out, err
}
