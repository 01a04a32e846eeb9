// Command rahgosha-verify checks what a province's journal gives to outsiders, with nothing but the standard library and
// golang.org/x/mod. It shares no code with the program that wrote it: whoever doubts the one can read the other. It prints
// what is wrong and where. Exit: 0 what it says is proved, 1 damage found, 2 the check could not be made.
package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

//go:embed texts.json
var textsJSON []byte

const maxFile, maxLine, maxBody, maxField, maxShown, tileWidth, ever = 4 << 30, 24 << 20, 16 << 20, 1 << 10, 1000, 256, 1 << 62
const prefix, leafMagic, textMagic = "rahgosha/", "rahgosha leaf v1\n", "rahgosha letter v1\n"

type checkpoint struct {
	origin, key string // key is set by a handover: to which one
	size        int64
	root        tlog.Hash
}

// entry is what is checked of a leaf.
type entry struct {
	province, cas, kind, definition, cause string
	seq, at                                int64
	prev, hash                             [32]byte
}

// checker takes an export's lines, or a container's parts, in order.
type checker struct {
	texts           map[string]map[string]string // key, language, text
	lang, origin    string
	keys            map[uint32]note.Verifier // by the number in their names
	until           map[uint32]int64         // entries up to which each counts
	held, signed    []checkpoint             // kept elsewhere, or by a handover; of the file
	named           []string                 // keys that entries say the log was handed over to
	line, n, proved int64                    // lines and entries read
	tops            []tlog.Hash              // roots of the complete subtrees, largest first
	cases           map[string]entry         // the last of each
	next, total     int                      // of signed; findings
	broken, partly  bool                     // a root did not fit; the file holds more than is proved
	facts, findings []string
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &checker{cases: map[string]entry{}, keys: map[uint32]note.Verifier{}, until: map[uint32]int64{}}
	err := json.Unmarshal(textsJSON, &c.texts)
	var lists, helds, files []string
	flags := flag.NewFlagSet("rahgosha-verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {} // which comes below
	flags.Func("key", c.say("flag.key"), func(s string) error {
		v, err := note.NewVerifier(strings.TrimSpace(s))
		if err == nil {
			c.keys[v.KeyHash()], c.until[v.KeyHash()] = v, ever
		}
		return err
	})
	flags.Func("keys", c.say("flag.keys"), func(s string) error { lists = append(lists, s); return nil })
	flags.Func("held", c.say("flag.held"), func(s string) error { helds = append(helds, s); return nil })
	flags.StringVar(&c.lang, "lang", "", c.say("flag.lang"))
	whole := map[string]func([]byte){"receipt": c.receipt, "container": c.container}[slices.Concat(args, []string{""})[0]]
	if whole != nil {
		args = args[1:]
	}
	wrong := flags.Parse(args)
	for ; wrong == nil && flags.NArg() > 0; wrong = flags.Parse(flags.Args()[1:]) { // flags may follow the file
		files = append(files, flags.Arg(0))
	}
	if wrong != nil || len(c.keys) == 0 || len(files) > 1 {
		fmt.Fprintln(stderr, c.say("usage"))
		flags.PrintDefaults()
		return 2
	}
	for i, name := range append(lists, helds...) {
		b, rerr := os.ReadFile(name) // #nosec G304 -- the file that the person at the command named
		if err = cmp.Or(err, rerr); i < len(lists) {
			c.successors(b)
			continue
		}
		p, oerr := c.open(b)
		c.held, err = append(c.held, p), cmp.Or(err, oerr)
	}
	if len(files) > 0 && files[0] != "-" {
		f, ferr := os.Open(files[0])
		stdin, err = f, cmp.Or(err, ferr)
	}
	if err == nil && whole == nil {
		err = c.export(stdin)
	} else if err == nil {
		var b []byte
		b, err = io.ReadAll(io.LimitReader(stdin, maxFile))
		whole(b)
	}
	if err != nil {
		fmt.Fprintln(stderr, c.say("cannot")+":", err)
		return 2
	}
	fmt.Fprintf(stdout, "%s: %s\n%s", c.say("log"), c.origin, strings.Join(append(c.facts, c.findings...), ""))
	if c.total > 0 {
		fmt.Fprintf(stdout, "%s: %d\n", c.say("damaged"), c.total)
		return 1
	}
	fmt.Fprintln(stdout, c.say(map[bool]string{false: "proved", true: "only"}[c.partly]))
	return 0
}

// say gives a text, in both languages where none was chosen.
func (c *checker) say(key string) string {
	return cmp.Or(c.texts[key][c.lang], c.texts[key]["en"]+" · "+c.texts[key]["fa"])
}

// tell reports keys and their values in turn.
func (c *checker) tell(what ...any) {
	for i := 0; i < len(what); i += 2 {
		c.facts = append(c.facts, fmt.Sprintf("%s: %v\n", c.say(what[i].(string)), what[i+1])) // #nosec G602 -- callers give keys and values in turn
	}
}

// find reports what is wrong, if it is, and where: keys and their values in turn.
func (c *checker) find(wrong bool, what string, where ...any) bool {
	if !wrong {
		return false
	} else if c.total++; c.line > 0 {
		where = append(slices.Clip(where), "line", c.line)
	}
	s := "✗ " + c.say("finding."+what)
	for i := 0; i < len(where); i += 2 {
		s += fmt.Sprintf(" | %s %v", c.say("at."+where[i].(string)), where[i+1]) // #nosec G602 -- callers give keys and values in turn
	}
	c.findings = append(c.findings, s+"\n")[:min(c.total, maxShown)]
	return true
}

// text gives what a note says, if the key whose name is its first line signed it.
func text(msg []byte, known note.Verifiers) (string, error) {
	n, err := note.Open(msg, known)
	if err != nil {
		return "", err
	}
	stray := func(s note.Signature) bool { return unbase64(s.Base64) == nil } // which package note ignores
	own := func(s note.Signature) bool {
		return strings.HasPrefix(n.Text, s.Name+"\n") && strings.HasPrefix(s.Name, prefix)
	}
	if !slices.ContainsFunc(n.Sigs, own) || slices.ContainsFunc(append(n.Sigs, n.UnverifiedSigs...), stray) {
		err = fmt.Errorf("not signed by the log's own key")
	}
	return n.Text, err
}

// open checks a signed checkpoint: origin, size and root, one a line.
func (c *checker) open(msg []byte) (p checkpoint, err error) {
	said, err := text(msg, c.counting(0))
	lines := strings.Split(said+"\n\n", "\n")
	p.size, _ = strconv.ParseInt(lines[1], 10, 64)
	p.root, _ = tlog.ParseHash(lines[2])
	if p.origin = lines[0]; err == nil && (p.size < 0 || fmt.Sprintf("%s\n%d\n%s\n", p.origin, p.size, p.root) != said) {
		err = fmt.Errorf("not a checkpoint")
	}
	_, former := text(msg, c.counting(p.size)) // by a key that had been handed over
	return p, cmp.Or(err, former)
}

// counting gives the keys whose signature counts for so many entries.
func (c *checker) counting(size int64) note.Verifiers {
	past := func(v note.Verifier) bool { return size > c.until[v.KeyHash()] }
	return note.VerifierList(slices.DeleteFunc(slices.Collect(maps.Values(c.keys)), past)...)
}

// successors takes a log's keys: the first in a line, and for each that followed a note of seven lines (origin, "handover"
// and size, root, new key) that it and the key before it signed. Who trusts one learns all, and how far each counts.
func (c *checker) successors(doc []byte) {
	lines, was, endorsed := strings.SplitAfter(string(doc), "\n"), int64(1), false
	last, err := note.NewVerifier(strings.TrimSuffix(lines[0], "\n"))
	if c.find(err != nil || !strings.HasPrefix(lines[0], fmt.Sprintf("%s+%08x+", last.Name(), last.KeyHash())) || len(lines)%7 != 2 || lines[len(lines)-1] != "" || c.origin != "" && c.origin != last.Name(), "keys") {
		return
	}
	keys, until, held := map[uint32]note.Verifier{last.KeyHash(): last}, map[uint32]int64{}, c.held
	for lines = lines[1:]; len(lines) > 1; lines = lines[7:] {
		next, err := note.NewVerifier(strings.TrimSuffix(lines[3], "\n"))
		size, _ := strconv.ParseInt(strings.Trim(lines[1], "handover \n"), 10, 64)
		root, _ := tlog.ParseHash(strings.TrimSuffix(lines[2], "\n"))
		signed := func(known note.Verifiers) bool {
			said, err := text([]byte(strings.Join(lines[:7], "")), known)
			return err == nil && said == fmt.Sprintf("%s\nhandover %d\n%s\n%s", last.Name(), size, root, lines[3])
		}
		if c.find(err != nil || size < was || !signed(note.VerifierList(last)) || !signed(note.VerifierList(next)), "keys") {
			return
		}
		endorsed, held = endorsed || signed(c.counting(0)), append(held, checkpoint{last.Name(), strings.TrimSpace(lines[3]), size, root})
		keys[next.KeyHash()], until[next.KeyHash()], until[last.KeyHash()], last, was = next, ever, size, next, size
	}
	if !c.find(!endorsed, "keys") {
		maps.Copy(c.keys, keys)
		maps.Copy(c.until, until)
		c.held = held
	}
}

// unbase64 gives nothing where it is not the one way to write some bytes.
func unbase64(s string) []byte {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || base64.StdEncoding.EncodedLen(len(b)) != len(s) {
		return nil
	}
	return b
}

// export checks a whole journal: header, checkpoints, entries and a closing line with number and digest.
func (c *checker) export(r io.Reader) error {
	bound := &io.LimitedReader{R: r, N: maxLine}
	in, digest := bufio.NewReader(bound), sha256.New()
	for kind, rest := "", ""; kind != "end"; bound.N = maxLine {
		c.line++
		line, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("line %d: %w", c.line, err)
		} else if c.find(err != nil, "truncated", "entry", c.n) {
			break
		}
		switch kind, rest, _ = strings.Cut(string(line[:len(line)-1]), " "); {
		case kind == "end":
			c.find(rest != fmt.Sprintf("%d %x", c.n, digest.Sum(nil)), "digest")
			_, err = in.ReadByte()
			c.find(err == nil, "trailing")
		case c.line == 1:
			c.origin = rest
			c.find(kind != "rahgosha-journal-export/v1" || !strings.HasPrefix(rest, prefix) || rest == prefix, "header")
		case kind == "keys" && c.line == 2:
			c.successors(unbase64(rest))
		case kind == "checkpoint" && c.n == 0:
			p, err := c.open(unbase64(rest))
			k := len(c.signed)
			misplaced := p.origin != c.origin || k > 0 && p.size <= c.signed[k-1].size
			if !c.find(err != nil, "checkpoint", "detail", err) && !c.find(misplaced, "checkpoint_order", "detail", p.origin, "detail", p.size) {
				c.signed = append(c.signed, p)
				c.reached()
			}
		case kind == "entry":
			c.entry(strings.Split(rest, " "))
		default:
			c.find(true, "line", "entry", c.n)
		}
		digest.Write(line)
	}
	c.line = 0
	c.find(len(c.signed) == 0, "no_checkpoint")
	for ; c.next < len(c.signed); c.next++ {
		c.find(true, "missing", "entry", c.n, "detail", fmt.Sprintf("%d < %d", c.n, c.signed[c.next].size))
	}
	for _, p := range c.held {
		c.find(p.size > c.n || p.origin != c.origin, "held", "detail", fmt.Sprintf("%s %d", p.origin, p.size))
		c.find(p.key != "" && !slices.Contains(c.named, p.key), "handover", "detail", p.key)
	}
	c.tell("entries", c.n, "signed", c.proved, "cases", len(c.cases), "root", c.root())
	return nil
}

// entry takes position, hash and leaf. The roots are computed over the hashes as recorded, each compared with its leaf:
// so a changed entry is named itself and the others stay proved.
func (c *checker) entry(f []string) {
	whole := len(f) == 3
	f = append(f, "", "", "")
	c.find(f[0] != strconv.FormatInt(c.n, 10), "order", "entry", c.n, "detail", strconv.Quote(f[0]))
	raw, _ := hex.DecodeString(f[1])
	recorded := tlog.Hash(append(raw, make([]byte, 32)...))
	leaf := unbase64(f[2])
	c.find(!whole || leaf == nil || hex.EncodeToString(recorded[:]) != f[1], "line", "entry", c.n)
	c.leaf(leaf, c.n, recorded)
	for i := c.n; i&1 == 1; i >>= 1 { // append to the Merkle tree of RFC 6962
		recorded, c.tops = tlog.NodeHash(c.tops[len(c.tops)-1], recorded), c.tops[:len(c.tops)-1]
	}
	c.tops = append(c.tops, recorded)
	c.n++
	c.reached()
	for _, p := range c.held {
		c.find(p.size == c.n && p.root != c.root(), "held", "entry", c.n-1, "detail", c.n)
	}
}

// leaf checks an entry's bytes: form, hash, province, and its place in the case.
func (c *checker) leaf(b []byte, index int64, recorded tlog.Hash) entry {
	e, ok := decode(b)
	where := []any{"entry", index, "case", strconv.Quote(e.cas), "seq", e.seq}
	c.find(tlog.RecordHash(b) != recorded, "hash", where...)
	if c.find(!ok, "leaf", where...) {
		return e
	}
	k, last := len(c.signed), c.cases[e.cas]
	c.find(prefix+e.province != c.origin, "province", where...)
	c.find(k == 0 || index >= c.signed[k-1].size, "unsigned", where...)
	c.find(e.seq == last.seq+1 && e.prev != last.hash, "chain", where...)
	c.find(e.seq != last.seq+1, "seq", append(where, "detail", fmt.Sprintf("%d → %d", last.seq, e.seq))...)
	if c.cases[e.cas] = (entry{seq: e.seq, hash: e.hash}); e.kind == "keys.handed_over" {
		c.named = append(c.named, e.cause)
	}
	return e
}

// cutter takes pieces off the front; after one that does not fit, bad stays set.
type cutter struct {
	rest []byte
	bad  bool
}

func (c *cutter) take(n int64) (head []byte) {
	if c.bad = c.bad || n < 0 || n > int64(len(c.rest)); c.bad {
		return make([]byte, 64)
	}
	head, c.rest = c.rest[:n], c.rest[n:]
	return head
}

func (c *cutter) number(width int64) int64 {
	return int64(binary.BigEndian.Uint64(append(make([]byte, 8-width), c.take(width)...))) // #nosec G115 -- the format holds the bits so
}

// text takes a text after its length, a number of that width.
func (c *cutter) text(width int64, min int) string {
	s := string(c.take(c.number(width)))
	c.bad = c.bad || len(s) < min || len(s) > maxField || strings.ToValidUTF8(s, "") != s
	return s
}

// decode reads leaf codec v1: magic, province, case, seq, at, kind, definition, actor, cause, body, prev. Texts and body
// have a 4-byte big-endian length, seq and at are 8 bytes, prev is 32; nothing follows.
func decode(b []byte) (e entry, ok bool) {
	d := &cutter{rest: b}
	magic := string(d.take(int64(len(leafMagic))))
	e.province, e.cas, e.seq, e.at, e.kind = d.text(4, 1), d.text(4, 1), d.number(8), d.number(8), d.text(4, 1)
	e.definition, _, e.cause = d.text(4, 0), d.text(4, 0), d.text(4, 0)
	body := len(d.take(d.number(4)))
	copy(e.prev[:], d.take(32))
	digest, first := len(e.definition)&^64 == 0 && strings.Trim(e.definition, "0123456789abcdef") == "", e.seq != 1 || e.prev == [32]byte{}
	e.hash = sha256.Sum256(b)
	return e, magic == leafMagic && !d.bad && body <= maxBody && len(d.rest) == 0 && digest && e.seq >= 1 && first
}

func (c *checker) root() tlog.Hash {
	h := tlog.Hash(sha256.Sum256(nil))
	for i, top := range slices.Backward(c.tops) {
		if h = tlog.NodeHash(top, h); i == len(c.tops)-1 {
			h = top
		}
	}
	return h
}

// reached compares the root when as many entries are read as the next checkpoint counts.
func (c *checker) reached() {
	for ; c.next < len(c.signed) && c.signed[c.next].size == c.n; c.next++ {
		wrong := c.root() != c.signed[c.next].root // after one that is, later roots differ for the same cause
		if c.broken = c.broken || c.find(wrong, "root", "entry", c.n-1, "detail", fmt.Sprintf("%d – %d", c.proved, c.n-1)); !c.broken {
			c.proved = c.n
		}
	}
}

// letterFile is a letter's text with its code, or the code alone, and nothing beside it; a PDF holds such a file, and more.
var letterFile = regexp.MustCompile(`(?s)^(?:(%PDF-.*)?` + textMagic + `(.*)\n)?RG1:([A-Z2-7]+)\r?\n?(.*)$`)

// receipt checks a letter's receipt and text. The code is base32 of: province, index, covered entries of its tile less 1,
// time, salt, number, subject, hash of text, their root, length of path, path, key hash, signature.
func (c *checker) receipt(b []byte) {
	base, file := base32.StdEncoding.WithPadding(base32.NoPadding), append(letterFile.FindSubmatch(b), make([][]byte, 5)...)
	pdf, letter, code, beside := file[1], file[2], string(file[3]), file[4]
	raw, _ := base.DecodeString(code)
	d := &cutter{rest: raw}
	province, index, width, when := d.text(1, 1), d.number(8), d.number(1)+1, d.number(8)
	salt, number, subject, hash, root := d.take(16), d.text(1, 0), d.text(1, 0), d.take(32), tlog.Hash(d.take(32))
	proof := make(tlog.RecordProof, d.number(1))
	for i := range proof {
		proof[i] = tlog.Hash(d.take(32))
	}
	key, sig := uint32(d.number(4)), d.take(64) // #nosec G115 -- the format holds the bits so
	if c.origin = prefix + province; c.find(pdf == nil && len(beside) > 0 || d.bad || len(d.rest) > 0 || base.EncodeToString(raw) != code || index < 0 || index > ever, "receipt_format") {
		return
	}
	field := func(s string) string { return string(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) + s } // #nosec G115 -- the format holds the bits so
	bound := sha256.Sum256([]byte(textMagic + string(salt) + field(number) + field(subject) + string(hash)))
	leaf := leafMagic + field(province) + field(fmt.Sprintf("letter:%x", bound))                                                                                    // seq 1; nothing sealed, and nothing before it
	leaf += fmt.Sprintf("%s%s%s%s", binary.BigEndian.AppendUint64(nil, 1), binary.BigEndian.AppendUint64(nil, uint64(when)), field("letter"), make([]byte, 4*4+32)) // #nosec G115 -- the format holds the bits so
	at, first := index%tileWidth, index-index%tileWidth
	said := fmt.Sprintf("%s\nentries %d %d\n%s\n", c.origin, first, first+width, root)
	v, err := c.counting(first+width).Verifier(c.origin, key)
	err = cmp.Or(err, tlog.CheckRecord(proof, width, root, at, tlog.RecordHash([]byte(leaf)))) // also where at is beyond width
	forged := c.find(err != nil || !v.Verify([]byte(said), sig), "receipt", "entry", index)
	c.tell("letter", strconv.Quote(number), "subject", strconv.Quote(subject), "time", time.UnixMicro(when).UTC().Format(time.RFC3339))
	if c.partly = c.partly || letter == nil || pdf != nil; letter == nil {
		c.tell("no_text", strconv.Quote(number))
	} else if !c.find(turning.Match(letter), "turned") && !c.find(normal(string(letter)) != [32]byte(hash), "text", "detail", strconv.Quote(number)) && !forged {
		for line := range strings.Lines(unseen.ReplaceAllString(string(letter), "")) {
			c.tell("text", strings.Join(strings.Fields(line), " ")) // no return, no other blank that hides a line
		}
	}
}

// folds writes letters of one look, and digits, in one way: yeh, kaf, alef, waw, heh, Persian and Arabic digits.
var folds = strings.NewReplacer(strings.Split("\u064a \u06cc \u0649 \u06cc \u0626 \u06cc \u0643 \u06a9 \u0622 \u0627 \u0623 \u0627 \u0625 \u0627 "+
																"\u0671 \u0627 \u0624 \u0648 \u0629 \u0647 \u06c0 \u0647 \u06d5 \u0647 \u06be \u0647 \u06f0 0 \u06f1 1 \u06f2 2 \u06f3 3 \u06f4 4 \u06f5 5 \u06f6 6 \u06f7 7 \u06f8 8 \u06f9 9 \u0660 0 \u0661 1 \u0662 2 \u0663 3 \u0664 4 \u0665 5 \u0666 6 \u0667 7 \u0668 8 \u0669 9", " ")...)
var unseen = regexp.MustCompile(`[\p{Mn}\p{Cf}\x{640}]`)                                                                  // marks, what is not seen, and the line that lengthens letters
var turning = regexp.MustCompile(`[\x{202A}-\x{202E}\x{2066}-\x{2069}\x{334}-\x{338}\x{20D0}-\x{20DC}\x{20E5}-\x{20F0}]`) // of these, what makes it look like another

// normal is the hash of a text as people read it: lines and blanks are one, what is unseen does not count.
func normal(text string) [32]byte {
	return sha256.Sum256([]byte(strings.Join(strings.Fields(unseen.ReplaceAllString(folds.Replace(text), "")), " ")))
}

// once says whether b is JSON, and an object that says nothing twice; some readers take keys in either case.
func once(b []byte) bool {
	d, seen, ok := json.NewDecoder(bytes.NewReader(b)), map[string]bool{}, json.Valid(b)
	for _, err := d.Token(); ok && err == nil && d.More(); err = d.Decode(&json.RawMessage{}) {
		name := strings.ToUpper(strings.ToLower(fmt.Sprint(d.Token())))
		ok, seen[name] = !seen[name], true
	}
	return ok
}

// container checks a case's zip: parts that are not compressed, in the order of the signed list that is the last of them.
// In the list stand origin, "case <id> <time>", and a line with hash and name for each part.
func (c *checker) container(raw []byte) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if c.find(err != nil || slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Method != zip.Store }), "zip", "detail", err) {
		return // nothing swells
	}
	if doc, err := fs.ReadFile(z, "keys"); err == nil {
		c.successors(doc)
	}
	manifest, _ := fs.ReadFile(z, "manifest")
	list, _, _ := strings.Cut(string(manifest), "\n\n") // its signature below: also a wrong one tells what was changed
	again, lines, read, p, e := &bytes.Buffer{}, strings.SplitN(list+"\n\n", "\n", 3), []byte{}, checkpoint{}, entry{}
	id, w := strings.Split(lines[1]+" ", " ")[1], zip.NewWriter(again)
	for line := range strings.SplitSeq(fmt.Sprintf("%s\n%x manifest", strings.Trim(lines[2], "\n"), sha256.Sum256(manifest)), "\n") {
		hash, name, _ := strings.Cut(line, " ")
		b, err := fs.ReadFile(z, name)
		sum, where := fmt.Sprintf("%x", sha256.Sum256(b)), []any{"part", strconv.Quote(name)}
		c.find(err != nil || hash != sum, "part", where...)
		if to, err := w.CreateHeader(&zip.FileHeader{Name: name}); err == nil {
			to.Write(b) // #nosec G104 -- a bytes.Buffer takes all
		}
		dir, base, _ := strings.Cut(name, "/")
		switch stem, kind, _ := strings.Cut(base, "."); dir + " " + kind {
		case "checkpoint ":
			p, err = c.open(b)
			c.origin, c.signed = p.origin, []checkpoint{p}
			c.find(err != nil || p.origin != lines[0], "checkpoint", where...)
			c.find(slices.ContainsFunc(c.held, func(h checkpoint) bool { return h.size == p.size && h.root != p.root }), "held", where...)
		case "entries leaf":
			text, _ := fs.ReadFile(z, "entries/"+stem+".proof") // index, and a hash in each line that follows
			index, rest, _ := strings.Cut(string(text), "\n")
			at, err := strconv.ParseInt(index, 10, 64)
			var proof tlog.RecordProof
			for s := range strings.Lines(rest) {
				h, herr := tlog.ParseHash(strings.TrimSuffix(s, "\n"))
				proof, err = append(proof, h), cmp.Or(err, herr)
			}
			c.find(err != nil || at < 0 || at >= p.size || tlog.CheckRecord(proof, p.size, p.root, at, tlog.RecordHash(b)) != nil, "proof", where...)
			e, c.n = c.leaf(b, at, tlog.RecordHash(b)), c.n+1
			c.find(e.cas != id || stem != fmt.Sprintf("%04d", e.seq), "misfiled", where...)
		case "entries json", "case.json ":
			c.find(dir == "entries" && (!bytes.HasPrefix(b, fmt.Appendf(nil, `{"seq":%d,"at":%d,"kind":%q,`, e.seq, e.at, e.kind)) || !once(b)), "said", where...)
			read = append(read, b...)
		case "letters txt":
			c.receipt(b)
		case "documents " + kind:
			c.find(stem != sum || !bytes.Contains(read, []byte(strconv.Quote(stem))), "document", where...)
		}
	}
	c.find(w.Close() != nil || !bytes.Equal(again.Bytes(), raw), "zip") // a part, a time, a comment that nobody signed
	_, err = text(manifest, c.counting(cmp.Or(p.size, ever)))
	c.find(err != nil, "manifest", "detail", err)
	c.origin = lines[0]
	c.tell("container", lines[1], "entries", c.n, "signed", p.size, "root", p.root)
}
