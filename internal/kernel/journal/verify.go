package journal

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// What a finding is about; each has a text journal.finding.<what>.
const (
	WhatHeader          = "header"           // first line of a file
	WhatLine            = "line"             // a line that cannot be read
	WhatOrder           = "order"            // parts or positions out of order
	WhatLeaf            = "leaf"             // bytes that are no leaf
	WhatGone            = "gone"             // no leaf at this place
	WhatMisfiled        = "misfiled"         // its row says another case, number, kind or time
	WhatHash            = "hash"             // leaf differs from its recorded hash: this entry was changed
	WhatProvince        = "province"         // leaf of another province
	WhatSeq             = "seq"              // gap or repetition in a case
	WhatChain           = "chain"            // Prev is not the hash of the entry before
	WhatRoot            = "root"             // entries do not give a checkpoint's root
	WhatCheckpoint      = "checkpoint"       // form or signature of a checkpoint
	WhatCheckpointOrder = "checkpoint_order" // sizes do not grow, or another origin
	WhatMissing         = "missing"          // fewer entries than a checkpoint counts
	WhatUnsigned        = "unsigned"         // entry after the last checkpoint
	WhatCopy            = "copy"             // size or root beside the signed checkpoint
	WhatStranger        = "stranger"         // a row that waits for its number and is not the server's
	WhatNoCheckpoint    = "no_checkpoint"    // nothing signed at all
	WhatHeld            = "held"             // contradicts a checkpoint or receipt kept elsewhere
	WhatTruncated       = "truncated"        // file ends early
	WhatDigest          = "digest"           // closing line does not fit the bytes
	WhatTrailing        = "trailing"         // something after the closing line
	WhatKeys            = "keys"             // the log's keys: form, or no trusted key endorses them
	WhatHandover        = "handover"         // no entry names a key that the log was handed over to
)

// Finding names one thing that is wrong and where. Index, Line and Seq are -1, 0 and 0 where they say nothing.
type Finding struct {
	What   string `json:"what"`
	Index  int64  `json:"index"`          // position in the log from 0
	Case   string `json:"case,omitempty"` // as the entry itself says
	Seq    int64  `json:"seq,omitempty"`
	Line   int64  `json:"line,omitempty"` // of an export file, from 1
	Detail string `json:"detail,omitempty"`
}

// Text says it in both languages, without the place.
func (f Finding) Text() locale.Text {
	return locale.Of("journal.finding."+f.What, map[string]any{"detail": f.Detail})
}

// Where says the place in both languages, "" where there is none to name.
func (f Finding) Where() locale.Text {
	var out locale.Text
	for _, p := range []struct {
		key string
		say bool
	}{{"entry", f.Index >= 0}, {"case", f.Case != ""}, {"line", f.Line > 0}} {
		if p.say {
			t := locale.Of("journal.at."+p.key, map[string]any{"index": f.Index, "case": strconv.Quote(f.Case), "seq": f.Seq, "line": f.Line})
			out.FA, out.EN = out.FA+" | "+t.FA, out.EN+" | "+t.EN
		}
	}
	return out
}

// Report is the outcome of a verification.
type Report struct {
	Origin      string    `json:"origin"`
	Size        int64     `json:"size"`        // entries read
	Signed      int64     `json:"signed"`      // of them under the last good checkpoint whose root fits
	Root        tlog.Hash `json:"root"`        // of the entries read
	Cases       int       `json:"cases"`       // chains
	Checkpoints int       `json:"checkpoints"` // with a good signature
	Total       int       `json:"total"`       // findings, also those beyond the limit
	Findings    []Finding `json:"findings"`
}

// OK reports that nothing was found wrong.
func (r Report) OK() bool { return r.Total == 0 }

// Options says what to check against.
type Options struct {
	Verifiers note.Verifiers // the log's public keys, required; witnesses' too
	Held      []Checkpoint   // checkpoints kept elsewhere, opened by their holder: only they show a log rolled back as a whole
	Receipts  []Receipt      // receipts that people hold
	Limit     int            // findings to keep; 0 is 1000
}

// VerifySource checks a journal where it lies, with everything Verify checks but the file itself.
func VerifySource(src Source, o Options) (Report, error) {
	c := newChecker(o)
	c.report.Origin = src.Origin()
	keys, err := src.Keys()
	if err != nil {
		return c.report, fault.Wrap(err, fault.Unavailable, "journal.export_source")
	}
	c.keys(keys)
	for msg, err := range src.Checkpoints() {
		if err != nil {
			return c.report, fault.Wrap(err, fault.Unavailable, "journal.export_source")
		}
		c.checkpoint(msg)
	}
	if s, ok := src.(Stored); ok {
		if err := c.beside(s); err != nil {
			return c.report, fault.Wrap(err, fault.Unavailable, "journal.export_source")
		}
	}
	for rec, err := range src.Records() {
		if err != nil {
			return c.report, fault.Wrap(err, fault.Unavailable, "journal.export_source")
		}
		c.record(rec)
	}
	return c.finish(), nil
}

// beside checks what a database keeps beside the log itself.
func (c *checker) beside(s Stored) error {
	size, root, err := s.Copy()
	if err != nil {
		return err
	}
	if k := len(c.signed); k > 0 && (size != c.signed[k-1].Size || !bytes.Equal(root, c.signed[k-1].Root[:])) {
		c.findf(WhatCopy, -1, "%d, %x", size, root)
	}
	strangers, err := s.Strangers()
	for _, id := range strangers {
		c.findf(WhatStranger, -1, "%q", id)
	}
	return err
}

// keys takes the log's keys, if a trusted one endorses them, and holds the log to what each handover says of it: a former key
// alone could make another history of before.
func (c *checker) keys(raw []byte) {
	if len(raw) == 0 {
		return
	}
	s, err := ParseSuccession(raw)
	if err == nil && (s.Origin() != c.report.Origin || s.Handovers() == 0) {
		err = badSuccession(nil, 0)
	}
	if err == nil {
		var known note.Verifiers
		if known, err = s.Over(c.o.Verifiers); err == nil {
			c.o.Verifiers = known
		}
	}
	if err != nil {
		c.findf(WhatKeys, -1, "%v", err)
		return
	}
	c.o.Held = append(slices.Clip(c.o.Held), s.states()...)
	c.unnamed = map[string]bool{}
	for _, k := range s.keys[1:] {
		c.unnamed[k.vkey] = true
	}
}

// link is the last entry seen of a case.
type link struct {
	seq  int64
	hash [32]byte
}

// checker takes a log's parts in order. Roots are computed over the recorded hashes, and each entry is compared with its
// own: so a changed entry is named itself, while the roots go on to prove all the others.
type checker struct {
	o        Options
	report   Report
	edge     frontier
	tile     frontier // of the entries since the last whole tile
	cases    map[string]link
	signed   []Checkpoint // good ones, sizes growing
	next     int          // of signed: the next whose size is reached
	held     map[int64][]tlog.Hash
	receipts map[int64][]tlog.Hash // roots of subtrees by their end
	broken   bool                  // a root differed: later ones differ for the same cause
	unnamed  map[string]bool       // keys that the log was handed over to and no entry has named yet
	line     int64
}

func newChecker(o Options) *checker {
	if o.Limit == 0 {
		o.Limit = 1000
	}
	return &checker{o: o, cases: map[string]link{}}
}

func (c *checker) find(f Finding) {
	c.report.Total++
	if len(c.report.Findings) < c.o.Limit {
		f.Line = c.line
		c.report.Findings = append(c.report.Findings, f)
	}
}

func (c *checker) findf(what string, index int64, format string, args ...any) {
	c.find(Finding{What: what, Index: index, Detail: fmt.Sprintf(format, args...)})
}

func (c *checker) checkpoint(msg []byte) {
	p, err := OpenCheckpoint(msg, c.o.Verifiers)
	if err != nil {
		c.findf(WhatCheckpoint, -1, "")
		return
	}
	c.report.Checkpoints++
	if p.Origin != c.report.Origin {
		c.findf(WhatCheckpointOrder, -1, "%s", p.Origin)
		return
	}
	if k := len(c.signed); k > 0 && p.Size <= c.signed[k-1].Size {
		c.findf(WhatCheckpointOrder, -1, "%d > %d", c.signed[k-1].Size, p.Size)
		return
	}
	c.signed = append(c.signed, p)
	if p.Size == 0 {
		c.reachedSigned()
	}
}

// begin sorts what is held elsewhere by the position it speaks of.
func (c *checker) begin() {
	c.held, c.receipts = map[int64][]tlog.Hash{}, map[int64][]tlog.Hash{}
	for _, h := range c.o.Held {
		c.hold(h)
	}
	for _, r := range c.o.Receipts {
		if r.Verify(c.o.Verifiers) != nil || r.Origin != c.report.Origin {
			c.findf(WhatHeld, r.Index, "%s", r.Encode())
			continue
		}
		end := r.First() + int64(r.Width)
		c.receipts[end] = append(c.receipts[end], r.Root)
	}
}

func (c *checker) hold(p Checkpoint) {
	if p.Origin != c.report.Origin {
		c.findf(WhatHeld, -1, "%s", p.Origin)
		return
	}
	c.held[p.Size] = append(c.held[p.Size], p.Root)
}

func (c *checker) record(rec Record) {
	if c.held == nil {
		c.begin()
	}
	index := c.edge.n
	c.leaf(index, rec)
	if index%TileWidth == 0 {
		c.tile = frontier{}
	}
	c.tile.push(rec.Hash, nil)
	for _, want := range c.receipts[index+1] {
		if want != c.tile.root() {
			c.findf(WhatHeld, index, "%d", index)
		}
	}
	c.edge.push(rec.Hash, nil)
	c.reachedSigned()
	c.reachedHeld()
}

func (c *checker) leaf(index int64, rec Record) {
	if len(rec.Leaf) == 0 {
		c.findf(WhatGone, index, "")
		return
	}
	l, err := Decode(rec.Leaf)
	at := Finding{Index: index, Case: l.Case, Seq: l.Seq}
	if RecordHash(rec.Leaf) != rec.Hash {
		c.find(at.as(WhatHash, ""))
	}
	if err != nil {
		c.find(at.as(WhatLeaf, ""))
		return
	}
	if rec.Misfiled {
		c.find(at.as(WhatMisfiled, ""))
	}
	if Origin(l.Province) != c.report.Origin {
		c.find(at.as(WhatProvince, l.Province))
	}
	if k := len(c.signed); k == 0 || index >= c.signed[k-1].Size {
		c.find(at.as(WhatUnsigned, ""))
	}
	if l.Kind == KindHandover {
		delete(c.unnamed, l.Cause)
	}
	c.chain(at, l, sha256.Sum256(rec.Leaf)) // canonical: the bytes are what Encode gives
}

func (f Finding) as(what, detail string) Finding {
	f.What, f.Detail = what, detail
	return f
}

func (c *checker) chain(at Finding, l Leaf, hash [32]byte) {
	last := c.cases[l.Case]
	switch {
	case l.Seq != last.seq+1:
		c.find(at.as(WhatSeq, fmt.Sprintf("%d → %d", last.seq, l.Seq)))
	case l.Prev != last.hash:
		c.find(at.as(WhatChain, ""))
	}
	c.cases[l.Case] = link{l.Seq, hash}
}

func (c *checker) reachedSigned() {
	if c.next >= len(c.signed) || c.signed[c.next].Size != c.edge.n {
		return
	}
	from := int64(0)
	if c.next > 0 {
		from = c.signed[c.next-1].Size
	}
	switch fits := c.edge.root() == c.signed[c.next].Root; {
	case fits && !c.broken:
		c.report.Signed = c.edge.n
	case !c.broken:
		c.broken = true
		c.findf(WhatRoot, c.edge.n-1, "%d – %d", from, c.edge.n-1)
	}
	c.next++
}

func (c *checker) reachedHeld() {
	for _, want := range c.held[c.edge.n] {
		if want != c.edge.root() {
			c.findf(WhatHeld, c.edge.n-1, "%d", c.edge.n)
		}
	}
}

func (c *checker) finish() Report {
	if c.held == nil {
		c.begin()
		c.reachedHeld()
	}
	if len(c.signed) == 0 {
		c.findf(WhatNoCheckpoint, -1, "")
	}
	for ; c.next < len(c.signed); c.next++ {
		c.findf(WhatMissing, c.edge.n, "%d < %d", c.edge.n, c.signed[c.next].Size)
	}
	for _, kept := range []map[int64][]tlog.Hash{c.held, c.receipts} {
		for _, size := range slices.Sorted(maps.Keys(kept)) {
			if size > c.edge.n {
				c.findf(WhatHeld, c.edge.n, "%d < %d", c.edge.n, size)
			}
		}
	}
	for _, vkey := range slices.Sorted(maps.Keys(c.unnamed)) {
		c.findf(WhatHandover, -1, "%s", vkey)
	}
	c.report.Size, c.report.Root, c.report.Cases = c.edge.n, c.edge.root(), len(c.cases)
	return c.report
}

// String sums up for operators.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d entries, %d signed, %d cases, %d findings", r.Origin, r.Size, r.Signed, r.Cases, r.Total)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\n%s entry %d case %s seq %d line %d %s", f.What, f.Index, f.Case, f.Seq, f.Line, f.Detail)
	}
	return b.String()
}
