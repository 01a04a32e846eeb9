package procedure

import (
	"maps"
	"slices"
	"strings"
)

// migration proves that running cases of the version in force have somewhere to go, and that what the migration names
// is there.
func (c *checker) migration() {
	m := c.d.Migration
	c.migrationModes(m)
	old := c.ctx.Previous
	if old == nil || m == nil {
		if old != nil && old.Hash != c.d.Hash {
			c.err(Pos{}, "migration_missing", "version", old.Version)
		}
		return
	}
	c.migrationGroups(m, old)
	for _, s := range old.Stages {
		if c.d.Stage(m.Stage(s.ID)) == nil {
			c.err(c.at("migration/stages/"+s.ID, m.Pos), "migration_stage", "stage", textOf(s.Title, s.ID))
		}
	}
}

func (c *checker) migrationModes(m *Migration) {
	if m == nil {
		return
	}
	modes := []string{MigratePin, MigrateForward, MigrateAsk}
	for _, group := range slices.Sorted(maps.Keys(m.Groups)) {
		if mode := m.Groups[group]; !slices.Contains(modes, mode) {
			c.err(c.at("migration/groups/"+group, m.Pos), "enum", "value", short(mode), "allowed", strings.Join(modes, ", "))
		}
	}
}

// migrationGroups takes a group to be a stage of the version in force, decided or other: a slip in a name would pin cases
// in silence.
func (c *checker) migrationGroups(m *Migration, old *Definition) {
	for _, group := range slices.Sorted(maps.Keys(m.Groups)) {
		if group != GroupDecided && group != GroupOther && old.Stage(group) == nil {
			c.err(c.at("migration/groups/"+group, m.Pos), "migration_group", "group", short(group))
		}
	}
}
