// Package procedures holds the procedures that come with the binary, as drafts: a province publishes them with two
// approvers; only the demo publishes them by itself (kernel.md 14).
package procedures

import "embed"

// Files are the folders of the procedures.
//
//go:embed bank-council committee-session consultation experts-board-62 export-accelerator export-cohort export-outcome facility-supervision referral working-group
var Files embed.FS
