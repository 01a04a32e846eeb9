// Package journal makes what happened provable: the frozen byte form of an entry (Leaf), bodies sealed with keys that
// can be destroyed (Seal, Root), one Merkle log per province (Append, Prove), signed checkpoints, receipts that fit a
// QR code, and the export file with its verifier.
//
// Three things together make the record tamper-evident, and none of them suffices alone: the chain within a case
// (Leaf.Prev) shows an entry changed in place, the Merkle root (RFC 6962) shows one removed, moved or added, and the
// signed checkpoint, held by others too, shows the whole rewritten.
//
// The package decides nothing about cases and stores nothing: the store numbers leaves and keeps hashes, this package
// says which. Formats are frozen: leaf codec v1, receipt RG1, export v1.
package journal

import "rahgosha/internal/base/fault"

// Erased stands where a value was whose key has been destroyed; a replay compares it as a constant.
const Erased = "ERASED"

var (
	// ErrErased says that the key was destroyed: what it sealed can never be read again.
	ErrErased = fault.New(fault.NotFound, "journal.key_erased")
	// ErrNoKey says that the key was never made.
	ErrNoKey = fault.New(fault.NotFound, "journal.key_unknown")
)
