// Command rahgosha-verify checks the export of a province's journal with nothing but the standard library and
// golang.org/x/mod, and shares no code with the program that wrote it: whoever doubts the one can read the other.
//
//	rahgosha-verify -key VKEY [-key VKEY…] [-held CHECKPOINT-FILE] [-lang fa|en] [EXPORT]
//
// It reads the export from the file or standard input, recomputes every hash, chain, root and signature, and prints what
// is wrong and where. Exit: 0 all proved, 1 damage found, 2 the check could not be made.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/bits"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

//go:embed texts.json
var textsJSON []byte

const (
	maxLine   = 24 << 20 // bytes of a line
	maxShown  = 1000     // findings printed
	maxField  = 1 << 10  // bytes of a leaf's text
	maxBody   = 16 << 20 // bytes of a leaf's body
	prefix    = "rahgosha/"
	magic     = "rahgosha-journal-export/v1 "
	leafMagic = "rahgosha leaf v1\n"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// texts gives the program's words: key, language, text.
type texts struct {
	all  map[string]map[string]string
	lang string
}

func (t texts) say(key string) string {
	if s, ok := t.all[key][t.lang]; ok {
		return s
	}
	return t.all[key]["en"] + " · " + t.all[key]["fa"] // no language chosen: both
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var keys, helds []string
	t := texts{}
	if err := json.Unmarshal(textsJSON, &t.all); err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	flags := flag.NewFlagSet("rahgosha-verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Func("key", t.say("flag.key"), func(s string) error { keys = append(keys, s); return nil })
	flags.Func("held", t.say("flag.held"), func(s string) error { helds = append(helds, s); return nil })
	flags.StringVar(&t.lang, "lang", "", t.say("flag.lang"))
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if len(keys) == 0 || flags.NArg() > 1 {
		fmt.Fprintln(stderr, t.say("usage"))
		flags.PrintDefaults()
		return 2
	}
	c := &checker{cases: map[string]link{}, held: map[int64][]tlog.Hash{}}
	err := c.load(keys, helds)
	if err == nil {
		err = c.read(flags.Arg(0), stdin)
	}
	if err != nil {
		fmt.Fprintln(stderr, t.say("cannot")+":", err)
		return 2
	}
	return c.print(stdout, t)
}

// finding is one thing wrong; index -1, seq 0 and line 0 say nothing.
type finding struct {
	what, cas, detail string
	index, seq, line  int64
}

type link struct {
	seq  int64
	hash [32]byte
}

type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
}

// checker takes an export's lines in order.
type checker struct {
	known       note.Verifiers
	origin      string
	heldOrigins []string
	line, n     int64       // lines and entries read
	tops        []tlog.Hash // roots of the complete subtrees, largest first
	cases       map[string]link
	signed      []checkpoint
	next        int // of signed
	proved      int64
	broken      bool
	entries     bool
	held        map[int64][]tlog.Hash // roots by size, from checkpoints kept elsewhere
	findings    []finding
	total       int
}

func (c *checker) find(f finding) {
	f.line = c.line
	if c.total++; c.total <= maxShown {
		c.findings = append(c.findings, f)
	}
}

func (c *checker) simple(what string, index int64, detail string) {
	c.find(finding{what: what, index: index, detail: detail})
}

// load reads the keys and checkpoints that the user brings along.
func (c *checker) load(keys, helds []string) error {
	var vs []note.Verifier
	for _, k := range keys {
		v, err := note.NewVerifier(strings.TrimSpace(k))
		if err != nil {
			return fmt.Errorf("%q: %w", k, err)
		}
		vs = append(vs, v)
	}
	c.known = note.VerifierList(vs...)
	for _, name := range helds {
		msg, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		p, err := c.open(msg)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c.heldOrigins = append(c.heldOrigins, p.origin)
		c.held[p.size] = append(c.held[p.size], p.root)
	}
	return nil
}

// open checks a signed checkpoint: three lines, signed by the key whose name is its first line.
func (c *checker) open(msg []byte) (p checkpoint, err error) {
	n, err := note.Open(msg, c.known)
	if err != nil {
		return p, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], prefix) {
		return p, errors.New("not a checkpoint")
	}
	size, err1 := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := tlog.ParseHash(lines[2])
	if err := errors.Join(err1, err2); err != nil || size < 0 {
		return p, fmt.Errorf("bad checkpoint: %w", err)
	}
	p = checkpoint{lines[0], size, root}
	_, sigs, _ := bytes.Cut(msg, []byte("\n\n"))
	for line := range strings.Lines(string(sigs)) {
		if _, err := unbase64(strings.TrimSuffix(line[strings.LastIndexByte(line, ' ')+1:], "\n")); err != nil {
			return p, err
		}
	}
	if p.text() != n.Text {
		return p, errors.New("not canonical")
	}
	for _, s := range n.Sigs {
		if s.Name == p.origin {
			return p, nil
		}
	}
	return p, errors.New("not signed by the log's own key")
}

func (p checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", p.origin, p.size, p.root)
}

func unbase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err == nil && base64.StdEncoding.EncodedLen(len(b)) != len(s) {
		err = errors.New("stray bytes in base64")
	}
	return b, err
}

// read checks the export, from a file or standard input.
func (c *checker) read(name string, stdin io.Reader) error {
	if name == "" || name == "-" {
		return c.export(bufio.NewReaderSize(stdin, 1<<16))
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.export(bufio.NewReaderSize(f, 1<<16))
}

func (c *checker) export(in *bufio.Reader) error {
	digest := sha256.New()
	for {
		line, err := c.readLine(in)
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			c.simple("truncated", c.n, "")
			c.finish()
			return nil
		case err != nil:
			return err
		}
		kind, rest, _ := bytes.Cut(line[:len(line)-1], []byte(" "))
		if string(kind) == "end" {
			if want := fmt.Sprintf("%d %x", c.n, digest.Sum(nil)); string(rest) != want {
				c.simple("digest", -1, "")
			}
			if _, err := in.ReadByte(); err == nil {
				c.simple("trailing", -1, "")
			} else if !errors.Is(err, io.EOF) {
				return err
			}
			c.finish()
			return nil
		}
		digest.Write(line)
		c.part(line, kind, rest)
	}
}

// readLine gives a line with its line feed.
func (c *checker) readLine(in *bufio.Reader) (line []byte, err error) {
	c.line++
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) && len(line) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return line, err
		}
		if len(line) > maxLine {
			return nil, fmt.Errorf("line %d is longer than %d bytes", c.line, maxLine)
		}
	}
}

func (c *checker) part(line, kind, rest []byte) {
	switch {
	case c.line == 1:
		origin, ok := strings.CutPrefix(string(line[:len(line)-1]), magic+prefix)
		if !ok || origin == "" {
			c.simple("header", -1, "")
		}
		c.origin = prefix + origin
	case string(kind) == "checkpoint" && !c.entries:
		c.checkpoint(rest)
	case string(kind) == "entry":
		c.entries = true
		c.entry(rest)
	default:
		c.simple("line", c.n, "")
	}
}

func (c *checker) checkpoint(rest []byte) {
	msg, _ := unbase64(string(rest)) // nothing when it is not base64, which is no signed note either
	p, err := c.open(msg)
	if err != nil {
		c.simple("checkpoint", -1, err.Error())
		return
	}
	if k := len(c.signed); p.origin != c.origin || k > 0 && p.size <= c.signed[k-1].size {
		c.simple("checkpoint_order", -1, fmt.Sprint(p.origin, " ", p.size))
		return
	}
	c.signed = append(c.signed, p)
	c.reached()
}

// entry reads "position hash leaf". The roots are computed over the hashes as recorded, each compared with its leaf: so
// a changed entry is named itself and the others stay proved.
func (c *checker) entry(rest []byte) {
	f := strings.Split(string(rest), " ")
	if len(f) != 3 {
		c.simple("line", c.n, "")
		f = append(f, "", "", "")
	}
	if f[0] != strconv.FormatInt(c.n, 10) {
		c.simple("order", c.n, strconv.Quote(f[0]))
	}
	var recorded tlog.Hash
	raw, _ := hex.DecodeString(f[1])
	copy(recorded[:], raw)
	leaf, err := unbase64(f[2])
	if err != nil || hex.EncodeToString(recorded[:]) != f[1] {
		c.simple("line", c.n, "")
	}
	c.leaf(leaf, recorded)
	c.push(recorded)
	c.reached()
	for _, want := range c.held[c.n] {
		if want != c.root() {
			c.simple("held", c.n-1, fmt.Sprint(c.n))
		}
	}
}

// leaf checks an entry's bytes: form, hash, province, and its place in the case.
func (c *checker) leaf(b []byte, recorded tlog.Hash) {
	province, cas, seq, prev, ok := decode(b)
	at := finding{cas: cas, seq: seq, index: c.n}
	if tlog.RecordHash(b) != recorded {
		c.find(at.as("hash", ""))
	}
	if !ok {
		c.find(at.as("leaf", ""))
		return
	}
	if prefix+province != c.origin {
		c.find(at.as("province", province))
	}
	if k := len(c.signed); k == 0 || c.n >= c.signed[k-1].size {
		c.find(at.as("unsigned", ""))
	}
	last := c.cases[cas]
	if seq != last.seq+1 {
		c.find(at.as("seq", fmt.Sprintf("%d → %d", last.seq, seq)))
	} else if prev != last.hash {
		c.find(at.as("chain", ""))
	}
	c.cases[cas] = link{seq, sha256.Sum256(b)}
}

func (f finding) as(what, detail string) finding {
	f.what, f.detail = what, detail
	return f
}

// cutter takes pieces off the front; after one that does not fit, bad stays set.
type cutter struct {
	rest []byte
	bad  bool
}

func (c *cutter) take(n int) []byte {
	if c.bad || n < 0 || n > len(c.rest) {
		c.bad = true
		return make([]byte, 8)
	}
	head := c.rest[:n]
	c.rest = c.rest[n:]
	return head
}

func (c *cutter) text(min int) string {
	n := binary.BigEndian.Uint32(c.take(4))
	if c.bad || n > maxField {
		c.bad = true
		return ""
	}
	s := string(c.take(int(n)))
	c.bad = c.bad || len(s) < min || !utf8.ValidString(s)
	return s
}

// decode reads leaf codec v1: magic, province, case, seq, at, kind, definition, actor, cause, body, prev. Texts and body
// have a 4-byte big-endian length, seq and at are 8 bytes, prev is 32; nothing follows.
func decode(b []byte) (province, cas string, seq int64, prev [32]byte, ok bool) {
	d := &cutter{rest: b}
	magic := string(d.take(len(leafMagic)))
	province, cas = d.text(1), d.text(1)
	seq = int64(binary.BigEndian.Uint64(d.take(8)))
	d.take(8)
	d.text(1)
	definition, _, _ := d.text(0), d.text(0), d.text(0)
	if n := binary.BigEndian.Uint32(d.take(4)); n <= maxBody {
		d.take(int(n))
	} else {
		d.bad = true
	}
	copy(prev[:], d.take(32))
	raw, err := hex.DecodeString(definition)
	digest := definition == "" || err == nil && len(raw) == 32 && hex.EncodeToString(raw) == definition
	first := seq != 1 || prev == [32]byte{}
	return province, cas, seq, prev, magic == leafMagic && !d.bad && len(d.rest) == 0 && digest && seq >= 1 && first
}

// push appends a record hash to the Merkle tree of RFC 6962.
func (c *checker) push(h tlog.Hash) {
	for range bits.TrailingZeros64(^uint64(c.n)) {
		h = tlog.NodeHash(c.tops[len(c.tops)-1], h)
		c.tops = c.tops[:len(c.tops)-1]
	}
	c.tops = append(c.tops, h)
	c.n++
}

func (c *checker) root() tlog.Hash {
	if c.n == 0 {
		return sha256.Sum256(nil)
	}
	h := c.tops[len(c.tops)-1]
	for i := len(c.tops) - 2; i >= 0; i-- {
		h = tlog.NodeHash(c.tops[i], h)
	}
	return h
}

// reached compares the root when as many entries are read as the next checkpoint counts.
func (c *checker) reached() {
	if c.next >= len(c.signed) || c.signed[c.next].size != c.n {
		return
	}
	from := int64(0)
	if c.next > 0 {
		from = c.signed[c.next-1].size
	}
	switch fits := c.root() == c.signed[c.next].root; {
	case fits && !c.broken:
		c.proved = c.n
	case !c.broken:
		c.broken = true // later roots differ for the same cause
		c.simple("root", c.n-1, fmt.Sprintf("%d – %d", from, c.n-1))
	}
	c.next++
}

func (c *checker) finish() {
	c.line = 0
	if len(c.signed) == 0 {
		c.simple("no_checkpoint", -1, "")
	}
	for ; c.next < len(c.signed); c.next++ {
		c.simple("missing", c.n, fmt.Sprintf("%d < %d", c.n, c.signed[c.next].size))
	}
	for size := range c.held {
		if size > c.n {
			c.simple("held", c.n, fmt.Sprintf("%d < %d", c.n, size))
		}
	}
	for _, o := range c.heldOrigins {
		if o != c.origin {
			c.simple("held", -1, o)
		}
	}
}

// print writes the report and gives the exit code.
func (c *checker) print(w io.Writer, t texts) int {
	fmt.Fprintf(w, "%s: %s\n%s: %d\n%s: %d\n%s: %d\n%s: %s\n", t.say("log"), c.origin, t.say("entries"), c.n,
		t.say("signed"), c.proved, t.say("cases"), len(c.cases), t.say("root"), c.root())
	at := func(on bool, key string, v any) {
		if on {
			fmt.Fprintf(w, " | %s %v", t.say(key), v)
		}
	}
	for _, f := range c.findings {
		fmt.Fprintf(w, "✗ %s", t.say("finding."+f.what))
		at(f.index >= 0, "at.entry", f.index)
		at(f.cas != "", "at.case", strconv.Quote(f.cas))
		at(f.seq > 0, "at.seq", f.seq)
		at(f.line > 0, "at.line", f.line)
		at(f.detail != "", "at.detail", f.detail)
		fmt.Fprintln(w)
	}
	if c.total > 0 {
		fmt.Fprintf(w, "%s: %d\n", t.say("damaged"), c.total)
		return 1
	}
	fmt.Fprintln(w, t.say("proved"))
	return 0
}
