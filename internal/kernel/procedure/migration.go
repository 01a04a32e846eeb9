package procedure

import "slices"

// Ways in which a group of running cases comes over to a newer version.
const (
	MigratePin     = "pin"     // stays on the definition it began with
	MigrateForward = "forward" // goes over at once
	MigrateAsk     = "ask"     // its holder says
)

// Groups of Migration.Groups beside the old version's stages.
const (
	GroupDecided = "decided" // a decision that is not voided was taken
	GroupOther   = "other"   // whatever no other group names
)

// Covers says whether running cases of a version come over by this migration.
func (m *Migration) Covers(version string) bool { return m != nil && slices.Contains(m.From, version) }

// Stage gives where an old stage's cases stand afterwards: its own name where the map says nothing.
func (m *Migration) Stage(old string) string {
	if to := m.Stages[old]; to != "" {
		return to
	}
	return old
}

// Mode gives how a case comes over, by the closest group: its old stage, then decided, then other. A case of no group is
// pinned: nobody's rules change unless the procedure says so.
func (m *Migration) Mode(stage string, decided bool) string {
	if mode := m.Groups[stage]; mode != "" {
		return mode
	}
	if mode := m.Groups[GroupDecided]; decided && mode != "" {
		return mode
	}
	if mode := m.Groups[GroupOther]; mode != "" {
		return mode
	}
	return MigratePin
}
