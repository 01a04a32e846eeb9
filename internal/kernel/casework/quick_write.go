package casework

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"rahgosha/internal/kernel/journal"
)

// What is read quickly is written quickly too, the same bytes that encoding/json writes: the usual parts of a state, an entry
// and a sealed value by hand, rare ones by encoding/json.

// pen writes JSON; err is the first of encoding/json's.
type pen struct {
	b   []byte
	err error
}

// written gives what f writes.
func written(size int, f func(p *pen)) ([]byte, error) {
	p := &pen{b: make([]byte, 0, size)}
	f(p)
	return p.b, p.err
}

// field begins a field of an object; its comma is left out after the bracket.
func (p *pen) field(name string) {
	if c := p.b[len(p.b)-1]; c != '{' {
		p.b = append(p.b, ',')
	}
	p.b = append(append(append(p.b, '"'), name...), '"', ':')
}

func (p *pen) open()  { p.b = append(p.b, '{') }
func (p *pen) close() { p.b = append(p.b, '}') }

// any writes by encoding/json.
func (p *pen) any(v any) {
	raw, err := json.Marshal(v)
	if err != nil && p.err == nil {
		p.err = err
	}
	p.b = append(p.b, raw...)
}

// asIs says that a text stands in JSON as it is.
func asIs(s string) bool {
	high := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&':
			return false
		case c == 0xe2 && i+2 < len(s) && s[i+1] == 0x80 && s[i+2]|1 == 0xa9: // ends a line in JavaScript
			return false
		case c >= utf8.RuneSelf:
			high = true
		}
	}
	return !high || utf8.ValidString(s)
}

func (p *pen) text(s string) {
	if !asIs(s) {
		p.any(s)
		return
	}
	p.b = append(append(append(p.b, '"'), s...), '"')
}

func (p *pen) number(n int64) { p.b = strconv.AppendInt(p.b, n, 10) }

func (p *pen) textField(name, s string) {
	p.field(name)
	p.text(s)
}

func (p *pen) numberField(name string, n int64) {
	p.field(name)
	p.number(n)
}

// The following leave out what is empty.

func (p *pen) textIf(name, s string) {
	if s != "" {
		p.textField(name, s)
	}
}

func (p *pen) numberIf(name string, n int64) {
	if n != 0 {
		p.numberField(name, n)
	}
}

func (p *pen) trueIf(name string, is bool) {
	if is {
		p.field(name)
		p.b = append(p.b, "true"...)
	}
}

func (p *pen) anyIf(name string, there bool, v any) {
	if there {
		p.field(name)
		p.any(v)
	}
}

// object writes a map in the order of its keys.
func object[V any](p *pen, m map[string]V, value func(V)) {
	if m == nil {
		p.b = append(p.b, "null"...)
		return
	}
	p.open()
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if c := p.b[len(p.b)-1]; c != '{' {
			p.b = append(p.b, ',')
		}
		p.text(k)
		p.b = append(p.b, ':')
		value(m[k])
	}
	p.close()
}

func (p *pen) bytes(b []byte) {
	if b == nil {
		p.b = append(p.b, "null"...)
		return
	}
	p.b = append(base64.StdEncoding.AppendEncode(append(p.b, '"'), b), '"')
}

func (p *pen) sealed(s *journal.Sealed) {
	p.open()
	p.textField("k", s.Key)
	p.field("n")
	p.bytes(s.Nonce)
	p.field("t")
	p.bytes(s.Text)
	p.close()
}

func (p *pen) value(v Value) {
	p.open()
	if v.Sealed != nil { // nothing personal reaches a disk in clear
		p.field("sealed")
		p.sealed(v.Sealed)
	} else if v.V != nil {
		p.field("v")
		p.fact(v.V)
	}
	p.textField("source", v.Source)
	p.textIf("from", v.From)
	p.numberField("as_of", v.AsOf)
	p.textIf("by", v.By)
	p.textIf("verified", v.Verified)
	p.close()
}

func (p *pen) fact(v any) {
	switch x := v.(type) {
	case string:
		p.text(x)
	case int64:
		p.number(x)
	case bool:
		p.b = strconv.AppendBool(p.b, x)
	default:
		p.any(v)
	}
}

func (p *pen) holder(h Holder) {
	p.open()
	p.textField("role", h.Role)
	p.textField("side", h.Side)
	p.textIf("subject", h.Subject)
	p.numberField("since", h.Since)
	p.close()
}

func (p *pen) ticking(t *Ticking) {
	if t == nil {
		p.b = append(p.b, "null"...)
		return
	}
	p.open()
	p.textField("state", t.State)
	p.numberField("started", t.Started)
	p.numberField("due", t.Due)
	p.numberField("from", t.From)
	p.numberField("n", int64(t.N))
	p.numberIf("shift", int64(t.Shift))
	p.numberIf("warn", t.Warn)
	p.trueIf("warned", t.Warned)
	p.numberIf("paused", t.Paused)
	p.textIf("cause", t.Cause)
	p.numberIf("ended", t.Ended)
	p.numberIf("breached", t.Breached)
	p.textIf("calendar", t.Calendar)
	p.numberField("round", int64(t.Round))
	p.trueIf("undone", t.Undone)
	p.trueIf("fixed", t.Fixed)
	p.close()
}

func (p *pen) actor(a Actor) {
	p.open()
	p.textField("person", a.Person)
	p.textIf("name", a.Name)
	p.textField("role", a.Role)
	p.textIf("body", a.Body)
	p.textIf("unit", a.Unit)
	p.anyIf("on_behalf", a.OnBehalf != nil, a.OnBehalf)
	p.anyIf("round", a.Round != nil, a.Round)
	p.close()
}

func (p *pen) change(c Change) {
	p.open()
	p.anyIf("opened", c.Opened != nil, c.Opened)
	if c.Fact != nil {
		p.field("fact")
		p.open()
		p.textField("name", c.Fact.Name)
		p.field("value")
		p.value(c.Fact.Value)
		p.close()
	}
	if c.Stage != nil {
		p.field("stage")
		p.open()
		p.textIf("from", c.Stage.From)
		p.textField("to", c.Stage.To)
		p.textIf("outcome", c.Stage.Outcome)
		p.close()
	}
	if c.Holder != nil {
		p.field("holder")
		p.holder(*c.Holder)
	}
	if c.Bind != nil {
		p.field("bind")
		p.open()
		p.textField("relation", c.Bind.Relation)
		p.textField("subject", c.Bind.Subject)
		p.close()
	}
	if c.Clock != nil {
		p.field("clock")
		p.open()
		p.textField("id", c.Clock.ID)
		p.textField("what", c.Clock.What)
		p.field("state")
		p.ticking(&c.Clock.State)
		p.numberIf("old", c.Clock.Old)
		p.textIf("cause", c.Clock.Cause)
		p.close()
	}
	p.anyIf("letter", c.Letter != nil, c.Letter)
	p.anyIf("decision", c.Decision != nil, c.Decision)
	p.anyIf("void", c.Void != nil, c.Void)
	p.textIf("number", c.Number)
	p.anyIf("child", c.Child != nil, c.Child)
	p.textIf("publish", c.Publish)
	p.anyIf("notify", c.Notify != nil, c.Notify)
	p.textIf("notice", c.Notice)
	p.anyIf("reserve", c.Reserve != nil, c.Reserve)
	p.anyIf("assessed", len(c.Assessed) > 0, c.Assessed)
	p.anyIf("awaiting", c.Awaiting != nil, c.Awaiting)
	p.trueIf("confirmed", c.Confirmed)
	p.anyIf("alike", c.Alike != nil, c.Alike)
	p.trueIf("declined", c.Declined)
	p.anyIf("lapsed", c.Lapsed != nil, c.Lapsed)
	p.anyIf("migrated", c.Migrated != nil, c.Migrated)
	p.anyIf("ask", c.Ask != nil, c.Ask)
	p.anyIf("scoring", c.Scoring != nil, c.Scoring)
	p.anyIf("round", c.Round != nil, c.Round)
	p.anyIf("agenda", c.Agenda != nil, c.Agenda)
	p.anyIf("claim", c.Claim != nil, c.Claim)
	p.anyIf("opinion", c.Opinion != nil, c.Opinion)
	p.anyIf("obligation", c.Obligation != nil, c.Obligation)
	p.anyIf("assigned", c.Assigned != nil, c.Assigned)
	p.anyIf("scan", c.Scan != nil, c.Scan)
	p.textIf("did", c.Did)
	p.close()
}

// writeEntry is the JSON of an entry's body.
func writeEntry(e *Entry) ([]byte, error) {
	return written(1024, func(p *pen) {
		p.open()
		p.textField("id", e.ID)
		p.field("actor")
		p.actor(e.Actor)
		p.textIf("action", e.Action)
		p.textIf("refusal", e.Refusal)
		if e.Note != nil {
			p.field("note")
			p.value(*e.Note)
		}
		p.textIf("note_for", e.NoteFor)
		p.anyIf("files", len(e.Files) > 0, e.Files)
		for i, c := range e.Changes {
			if i == 0 {
				p.field("changes")
				p.b = append(p.b, '[')
			} else {
				p.b = append(p.b, ',')
			}
			p.change(c)
		}
		if len(e.Changes) > 0 {
			p.b = append(p.b, ']')
		}
		if len(e.Used) > 0 {
			p.field("used")
			object(p, e.Used, p.text)
		}
		p.close()
	})
}

// writeSealed is the JSON of a sealed value.
func writeSealed(s *journal.Sealed) ([]byte, error) {
	return written(base64.StdEncoding.EncodedLen(len(s.Text))+len(s.Key)+48, func(p *pen) { p.sealed(s) })
}

// writeState is the JSON of a case's state.
func writeState(s *State) ([]byte, error) {
	return written(2048, func(p *pen) {
		p.open()
		p.textField("province", s.Province)
		p.textField("id", s.ID)
		p.textIf("number", s.Number)
		p.textField("procedure", s.Procedure)
		p.textField("definition", s.Definition)
		p.textIf("unit", s.Unit)
		p.textIf("subject", s.Subject)
		p.textField("stage", s.Stage)
		p.textIf("outcome", s.Outcome)
		p.numberField("version", s.Version)
		p.numberField("seq", s.Seq)
		p.textField("prev", s.Prev)
		p.field("facts")
		object(p, s.Facts, p.value)
		p.field("parties")
		object(p, s.Parties, p.text)
		p.field("holder")
		p.holder(s.Holder)
		p.field("spent")
		object(p, s.Spent, p.number)
		p.field("clocks")
		object(p, s.Clocks, p.ticking)
		p.anyIf("letters", len(s.Letters) > 0, s.Letters)
		p.anyIf("decisions", len(s.Decisions) > 0, s.Decisions)
		p.field("actors")
		object(p, s.Actors, func(persons []string) { p.any(persons) })
		p.anyIf("children", len(s.Children) > 0, s.Children)
		p.textIf("parent", s.Parent)
		p.anyIf("published", len(s.Published) > 0, s.Published)
		p.anyIf("alike", len(s.Alike) > 0, s.Alike)
		p.anyIf("assigned", len(s.Assigned) > 0, s.Assigned)
		p.anyIf("awaiting", s.Awaiting != nil, s.Awaiting)
		p.anyIf("ask", s.Ask != nil, s.Ask)
		p.anyIf("scorings", len(s.Scorings) > 0, s.Scorings)
		p.anyIf("rounds", len(s.Rounds) > 0, s.Rounds)
		p.anyIf("agenda", s.Agenda != nil, s.Agenda)
		p.numberField("opened", s.Opened)
		p.numberField("changed", s.Changed)
		p.trueIf("sample", s.Sample)
		p.anyIf("opinions", len(s.Opinions) > 0, s.Opinions)
		p.anyIf("obligations", len(s.Obligations) > 0, s.Obligations)
		p.anyIf("claims", len(s.Claims) > 0, s.Claims)
		p.trueIf("imported", s.Imported)
		p.anyIf("draws", len(s.Draws) > 0, s.Draws)
		p.anyIf("erased", s.Erased != 0, s.Erased)
		p.close()
	})
}
