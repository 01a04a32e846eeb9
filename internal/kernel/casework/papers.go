package casework

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// sources are the ways in which somebody else's word reaches the office (kernel.md 23).
var sources = []string{"paper", "letter", "call", "slip", "sheet"}

// EvidenceCode marks the document that shows somebody else's word. Who reads the case's letters reads it.
const EvidenceCode = "evidence"

// Sources lists the ways in which somebody else's word reaches the office.
func Sources() []string { return slices.Clone(sources) }

// behalf wants a known source of every word entered for somebody else; nobody speaks for the system.
func behalf(o *OnBehalf) error {
	if o == nil {
		return nil
	}
	if !slices.Contains(sources, o.Source) {
		return fault.New(fault.Invalid, "casework.behalf_source").At("source")
	}
	if o.Role == systemRole {
		return fault.New(fault.Forbidden, "casework.behalf_system")
	}
	return nil
}

// vouch holds an act entered for somebody else to kernel.md 23: the subject is whom the case knows in that role, and the
// evidence is a document that is there, or for a call at least a note. A draft states nothing yet and needs none.
func (t *step) vouch() error {
	o := t.env.Actor.OnBehalf
	if o == nil {
		return nil
	}
	who := *o
	if r := t.d.Role(o.Role); r != nil && r.Relation != "" {
		bound := t.s.Parties[r.Relation]
		if bound == "" || o.Subject != "" && o.Subject != bound {
			return fault.New(fault.Forbidden, "casework.behalf_subject", "role", r.Title).At("subject")
		}
		who.Subject = bound
	}
	t.env.Actor.OnBehalf, t.e.Actor.OnBehalf = &who, &who
	switch {
	case o.Evidence != "" && !t.env.Documents[o.Evidence]:
		return fault.New(fault.Invalid, "casework.behalf_document").At("evidence")
	case o.Evidence == "" && o.Source == "call" && strings.TrimSpace(t.cmd.Note) == "":
		return fault.New(fault.Invalid, "casework.behalf_call").At("note")
	case o.Evidence == "" && o.Source != "call":
		return fault.New(fault.Invalid, "casework.behalf_evidence").At("evidence")
	}
	return nil
}

// enters says whether the actor's role may enter the word of another role.
func (t *step) enters(roles []string, of string) bool {
	a := t.env.Actor
	return slices.Contains(roles, a.Role) && a.OnBehalf.Role == of
}

// vouchFor vouches for the word of who owes or was asked: subject is whom the case has for it.
func (t *step) vouchFor(subject string) error {
	o := t.env.Actor.OnBehalf
	if o == nil {
		return nil
	}
	if err := behalf(o); err != nil {
		return err
	}
	if o.Subject != "" && o.Subject != subject {
		return fault.New(fault.Forbidden, "casework.behalf_subject", "role", roleTitle(t.d, o.Role)).At("subject")
	}
	if err := t.vouch(); err != nil {
		return err
	}
	who := *t.env.Actor.OnBehalf
	who.Subject = subject
	t.env.Actor.OnBehalf, t.e.Actor.OnBehalf = &who, &who
	return nil
}

// owns refuses a document that neither the actor uploaded nor the case holds: knowing a hash gives nobody the document.
func (t *step) owns(typed map[string]any) error {
	if t.env.Actor.Role == systemRole {
		return nil
	}
	var faults []*fault.Fault
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		for _, hash := range hashes(t.d.Fact(name), typed[name]) {
			if !t.env.Documents[hash] {
				faults = append(faults, fault.New(fault.Invalid, "casework.file_not_yours").At(name))
			}
		}
	}
	for _, f := range t.cmd.Files {
		if !t.env.Documents[f.Hash] {
			faults = append(faults, fault.New(fault.Invalid, "casework.file_not_yours").At(f.Document))
		}
	}
	if len(faults) > 0 {
		return fault.New(fault.Invalid, "casework.form", "count", len(faults)).With(faults...)
	}
	return nil
}

// hashes are the documents that a fact's value names, those in a table's columns too.
func hashes(f *procedure.Fact, v any) []string {
	if f == nil || v == nil {
		return nil
	}
	if f.Type == procedure.TypeFile {
		if hash, ok := v.(string); ok && hash != "" && hash != Erased {
			return []string{hash}
		}
		return nil
	}
	rows, _ := v.([]map[string]any)
	var out []string
	for _, row := range rows {
		for _, c := range f.Columns {
			out = append(out, hashes(c, row[c.ID])...)
		}
	}
	return out
}

// documents finds which of the documents that a command names its actor may use: those the actor uploaded, and those of
// the case's own facts that the actor sees.
func (r *run) documents(d *procedure.Definition, s *State, c Command, env *Env) error {
	env.Documents = map[string]bool{}
	for name, v := range s.Facts {
		if f := d.Fact(name); SeesFact(d, env.Actor.Role, f) {
			for _, hash := range hashes(f, v.V) {
				env.Documents[hash] = true
			}
		}
	}
	for _, hash := range named(d, c) {
		if env.Documents[hash] {
			continue
		}
		mine, err := r.tx.Uploaded(r.ctx, r.key.Province, env.Actor.Person, hash)
		if err != nil {
			return fmt.Errorf("document of %s: %w", env.Actor.Role, err)
		}
		env.Documents[hash] = mine
	}
	return nil
}

// named lists the documents that a command names.
func named(d *procedure.Definition, c Command) []string {
	var out []string
	for name, raw := range c.Facts {
		f := d.Fact(name)
		if f == nil {
			continue
		}
		if v, flt := procedure.Coerce(f, raw); flt == nil {
			out = append(out, hashes(f, v)...)
		}
	}
	for _, f := range c.Files {
		out = append(out, f.Hash)
	}
	if c.OnBehalf != nil && c.OnBehalf.Evidence != "" {
		out = append(out, c.OnBehalf.Evidence)
	}
	return out
}
