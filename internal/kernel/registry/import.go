package registry

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/journal"
)

// Import is a sheet of units: Rows are its text cells, from its first row on, By who gives it. Dry computes the outcome
// and writes nothing. AmountUnit is what columns of money are in that name no unit; without it their rows wait.
type Import struct {
	Province, File, By string
	Rows               [][]string
	Dry                bool
	AmountUnit         money.Unit
	Progress           func(done, of int) // told after each part is written; nil to go without
}

// Outcome is what became of a sheet: Rows = Landed + Review + distinct rows of Bad. Batch names the import: the same
// cells in the same province have the same.
type Outcome struct {
	Batch                string
	Rows, Landed, Review int
	Bad                  []BadCell
	Amounts              []Amount // how amounts were read: the first of each column
	Unknown              []string // headers of columns that were not understood: nothing of them was taken
	Stopped              bool     // cancelled on the way: what landed is whole, giving the sheet again writes the rest

	table table
}

// chunk is how many rows are written in one transaction: few enough that others wait a moment only.
const chunk = 4000

// row is a row with its verdict.
type judged struct {
	*line
	verdict
	waits bool // a person was to decide on it
}

// Import reads a sheet: good rows land, doubtful ones wait for a person, bad ones come back. Rows land in order, some
// thousand in one transaction with the batch's progress; giving the sheet again writes what is missing. When ctx ends on
// the way, the part at hand is finished and the rest is left. What was written is journalled. Faults: invalid
// registry.no_header, registry.no_header_for, registry.amount_unit.
func (s *Service) Import(ctx context.Context, in Import) (Outcome, error) {
	t, err := findHeader(in.Rows)
	if err != nil {
		return Outcome{}, err
	}
	if err := t.assume(in.AmountUnit); err != nil {
		return Outcome{}, err
	}
	out := Outcome{Batch: BatchID(s.cfg.Root, in.Province, in.Rows), table: t, Bad: []BadCell{}, Unknown: t.unknown()}
	lines := t.read(s.today())
	out.Rows, out.Amounts = len(lines), t.amounts(lines)
	var good []judged
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		good, err = s.judgeAll(ctx, tx, in.Province, out.Batch, lines)
		return err
	})
	if err != nil && ctx.Err() != nil {
		out.Stopped = true // before anything was written
		return out, nil
	}
	if err != nil {
		return out, err
	}
	for i := range lines {
		out.Bad = append(out.Bad, lines[i].bad...)
	}
	if in.Dry {
		out.count(good)
		return out, nil
	}
	return s.land(ctx, in, out, good)
}

// BatchID names an import: the same cells in the same province have the same.
func BatchID(root *journal.Root, province string, rows [][]string) string {
	cells := make([]string, 0, len(rows)+1)
	cells = append(cells, province)
	for _, r := range rows {
		cells = append(cells, strings.Join(r, "\x1f"))
	}
	h := root.SearchHash("import", strings.Join(cells, "\x1e"))
	return "B" + h[:min(len(h), 24)]
}

// judgeAll gives the rows that are not bad, with what becomes of each. What a person decided on a row of this very batch
// stands.
func (s *Service) judgeAll(ctx context.Context, tx Tx, province, batch string, lines []line) ([]judged, error) {
	decided, err := tx.LoadReviews(ctx, province, kindUnits, batch, "")
	if err != nil {
		return nil, err
	}
	taken, waits := map[int]bool{}, map[int]bool{}
	for _, d := range decided {
		waits[d.Line] = d.State == ReviewWaiting
		taken[d.Line] = d.State == ReviewLanded || d.State == ReviewMerged
	}
	m, err := s.newMatcher(ctx, tx, province, lines)
	if err != nil {
		return nil, err
	}
	var out []judged
	for i := range lines {
		if len(lines[i].bad) > 0 {
			continue
		}
		v, err := m.judge(ctx, tx, &lines[i])
		if err != nil {
			return nil, err
		}
		if taken[lines[i].row] {
			v = verdict{}
		}
		out = append(out, judged{&lines[i], v, waits[lines[i].row]})
	}
	return out, nil
}

func (o *Outcome) count(rows []judged) {
	for _, r := range rows {
		if r.reason == "" {
			o.Landed++
		} else {
			o.Review++
		}
	}
}

// land writes chunk by chunk, and journals what came of it. A cancelled context stops it between two chunks, never in one.
func (s *Service) land(ctx context.Context, in Import, out Outcome, rows []judged) (Outcome, error) {
	done, whole, ids := 0, context.WithoutCancel(ctx), newIDs()
	for part := range slices.Chunk(rows, chunk) {
		if out.Stopped = ctx.Err() != nil; out.Stopped {
			break
		}
		if err := s.landChunk(whole, in, &out, part, ids); err != nil {
			return out, err
		}
		if done += len(part); in.Progress != nil {
			in.Progress(done, len(rows))
		}
	}
	return out, s.cfg.Write(whole, func(ctx context.Context, tx Tx) error {
		return RecordImport(ctx, tx, out.batch(in, s.now()))
	})
}

func (s *Service) landChunk(ctx context.Context, in Import, out *Outcome, part []judged, ids func() string) error {
	var after Outcome
	err := s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		after = *out
		if err := s.landRows(ctx, tx, in, after.Batch, part, ids); err != nil {
			return err
		}
		after.count(part)
		return tx.SaveBatch(ctx, after.batch(in, s.now()))
	})
	if err == nil {
		*out = after
	}
	return err
}

// landRows writes the new units of some rows and keeps the doubtful ones for a person.
func (s *Service) landRows(ctx context.Context, tx Tx, in Import, batch string, part []judged, ids func() string) error {
	fresh, err := s.fresh(ctx, tx, in, batch, part, ids)
	if err != nil {
		return err
	}
	made := make([]newcomer, 0, len(part))
	for i := range part {
		if n := fresh[i]; n.ID != "" {
			made = append(made, n)
		}
	}
	if err := s.add(ctx, tx, made); err != nil {
		return err
	}
	for i := range part {
		r := &part[i]
		switch {
		case r.reason != "":
			err = s.hold(ctx, tx, in.Province, batch, r)
		case fresh[i].ID != "" && r.waits:
			err = Decide(ctx, tx, Reviewed{Province: in.Province, Batch: batch, Line: r.row, State: ReviewLanded, Unit: fresh[i].ID, DecidedBy: in.By, DecidedAt: s.now()}, "")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fresh gives the units that rows become, in the rows' places; one that somebody else wrote meanwhile makes its row wait.
func (s *Service) fresh(ctx context.Context, tx Tx, in Import, batch string, part []judged, ids func() string) ([]newcomer, error) {
	made := make([]newcomer, len(part))
	var all []Key
	p, now := Provenance{Source: "import", Origin: batch, By: in.By}, s.now()
	for i, r := range part {
		if r.reason == "" && r.new {
			made[i] = s.newcomer(Draft{Province: in.Province, ID: ids(), Provenance: p}, r.line, now)
			all = append(all, telling(made[i].keys)...)
		}
	}
	found, err := tx.UnitsByKeys(ctx, in.Province, all)
	if err != nil || len(found) == 0 {
		return made, err
	}
	for i := range part {
		mine := slices.DeleteFunc(slices.Clone(found), func(f KeyOf) bool { return !slices.Contains(made[i].keys, f.Key) })
		id, err := twin(ctx, tx, made[i].Head, mine)
		if err != nil {
			return nil, err
		}
		if id != "" {
			part[i].verdict = verdict{reason: ReviewUnit, candidates: []string{id}}
			made[i] = newcomer{}
		}
	}
	return made, nil
}

// newcomer is the unit that a row becomes.
func (s *Service) newcomer(d Draft, l *line, now int64) newcomer {
	n := newcomer{Head: d.head(now), keys: s.lineKeys(l)}
	n.restate(l.text)
	n.value = func(field string) (Value, bool) {
		v := l.values.of(field)
		if v == nil {
			return Value{}, false
		}
		return fresh(field, v, d.Provenance, n.Created), true
	}
	return n
}

// lineKeys are keysOf a row; those of its identifiers were made when it was compared.
func (s *Service) lineKeys(l *line) []Key {
	out := make([]Key, 0, len(words().byKey))
	for _, f := range words().byKey {
		v := l.text(f.ID)
		if v == "" {
			continue
		}
		if i := slices.IndexFunc(l.keys, func(k Key) bool { return k.Kind == f.ID }); i >= 0 {
			out = append(out, l.keys[i])
		} else {
			out = append(out, s.key(f.ID, v))
		}
	}
	return out
}

func (o Outcome) batch(in Import, now int64) Batch {
	return Batch{Province: in.Province, ID: o.Batch, Kind: kindUnits, File: in.File, By: in.By, At: now,
		Rows: o.Rows, Landed: o.Landed, Review: o.Review, Bad: o.BadRows()}
}

// BadRows is how many rows are bad.
func (o Outcome) BadRows() int {
	rows := map[int]bool{}
	for _, b := range o.Bad {
		rows[b.Row] = true
	}
	return len(rows)
}

// JSON is the outcome as programs read it, reasons in a language.
func (o Outcome) JSON(l locale.Lang) ([]byte, error) {
	type bad struct {
		Row    int    `json:"row"`
		Column string `json:"column"`
		Reason string `json:"reason"`
	}
	out := struct {
		Rows   int   `json:"rows"`
		Landed int   `json:"landed"`
		Review int   `json:"review"`
		Bad    []bad `json:"bad"`

		Unknown []string `json:"unknown,omitempty"`
	}{o.Rows, o.Landed, o.Review, []bad{}, o.Unknown}
	for _, b := range o.Bad {
		out.Bad = append(out.Bad, bad{b.Row, b.Column, b.Reason.In(l)})
	}
	return json.Marshal(out)
}

// Rejects are the bad rows as they were given, with their number, the columns that are wrong and the reasons before them.
func (o Outcome) Rejects(l locale.Lang) (header []string, rows [][]string) {
	header = []string{locale.T(l, "registry.rejects.row", nil), locale.T(l, "registry.rejects.column", nil), locale.T(l, "registry.rejects.reason", nil)}
	header = append(header, o.table.header...)
	last := 0
	for _, b := range o.Bad {
		if b.Row != last {
			rows = append(rows, append([]string{locale.Digits(l, itoa(b.Row)), "", ""}, o.table.rows[b.Row-1]...))
			last = b.Row
		}
		r := rows[len(rows)-1]
		r[1], r[2] = joined(r[1], b.Column), joined(r[2], b.Reason.In(l))
	}
	return header, rows
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "\n" + b
}
