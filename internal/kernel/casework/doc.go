// Package casework carries cases by their procedures. Step decides and is pure; Apply folds and never decides; Engine
// loads, steps and writes case, journal, outbox and idempotency key in one transaction (kernel.md 1–18).
//
// A case is the fold of its entries: entries hold changes, not snapshots, and a personal value is sealed with its
// person's key before the entry is hashed, so that erasing the person leaves the journal whole.
//
// What a case tells somebody (the effect notify, a deadline's reminder or escalation, a case given to an officer) is a
// change of its entry. In the same transaction it becomes a line of the receiver's inbox, which Engine.Inbox reads, and a
// message of the outbox for whoever sends mail or SMS; the timeline shows it under its entry.
package casework
