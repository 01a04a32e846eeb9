// Package chain keeps a growing copy of an SQLite database in a folder: a base, which is the database's file as it was
// copied while others wrote, and records of its log, which make it whole and carry it on. A record is kept only when it
// lies on the disk; it holds the hash of the one before it, so that a damaged, missing or misplaced one is found and named.
// It knows files alone: package store follows the database, and puts it together again.
//
//	DIR/chain-20261129T162140.000000Z/000000.db     the database's file, copied during the first log
//	                                  000000.json   its hash, and the record from which on it is whole
//	                                  000000.log    records of the first log, in order
//	                                  000001.log    and of the next one
//
// A later base, beside a later log, makes those before it dispensable. A log that does not continue what was copied begins
// another chain.
package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	prefix   = "chain-"
	stamp    = "20060102T150405.000000Z"
	headSize = 1024 // of the longest head of a record; shorter than its shortest body
	sumSize  = sha256.Size
)

// Record is the head of one: what came from the database's log at a time. Everything that was acknowledged before At is in
// it or in one before it, unless it is a part.
type Record struct {
	N    int64    `json:"n"`    // counts the chain's records from 1
	Prev string   `json:"prev"` // hash of the record before, of the name of the chain for the first
	At   int64    `json:"at"`   // µs
	Log  int64    `json:"log"`  // counts the logs from 0
	To   Position `json:"to"`
	More bool     `json:"more,omitempty"` // no transaction ends here
	Part bool     `json:"part,omitempty"` // what came at that time goes on in the next record
	Size int64    `json:"size"`
}

// Base tells of a base that is complete.
type Base struct {
	Size   int64  `json:"size"`
	Hash   string `json:"hash"`
	At     int64  `json:"at"`     // µs: the earliest time that it gives back
	Record int64  `json:"record"` // and its record
	Log    int64  `json:"log"`    // all of which is needed with it
	Before int64  `json:"before"` // the last record before that log
	Prev   string `json:"prev"`   // and its hash
}

// Writer adds to a chain. It is for one goroutine, but for Copy.
type Writer struct {
	Dir    string // of the chain
	Last   Record
	Based  int64 // log of the last base; -1 without one
	hash   string
	before int64 // the last record before the present log
	prev   string
	f      *os.File
	size   int64
}

// Begin begins a chain below a folder.
func Begin(dir string, at time.Time) (*Writer, error) {
	all, err := Chains(dir)
	if err != nil {
		return nil, err
	}
	name := prefix + at.UTC().Format(stamp)
	if len(all) > 0 { // the newest is the last by name, also when the clock was set back
		if last, err := time.Parse(prefix+stamp, filepath.Base(all[len(all)-1].Dir)); err == nil && !last.Before(at) {
			name = prefix + last.Add(time.Microsecond).Format(stamp)
		}
	}
	w := &Writer{Dir: filepath.Join(dir, name), hash: first(name), Last: Record{Log: -1}, Based: -1}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("begin a copy: %w", err)
	}
	if err := os.Mkdir(w.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("begin a copy: %w", err)
	}
	return w, syncDir(dir)
}

func first(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// Resume goes on with the newest chain that is complete; nil where there is none, or its end cannot be read. What a process
// that died had begun to add is cut off.
func Resume(dir string) (*Writer, error) {
	all, err := Chains(dir)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	c := all[len(all)-1]
	logs, err := c.files(".log")
	if len(c.Bases) == 0 || err != nil || len(logs) == 0 {
		return nil, err
	}
	path := filepath.Join(c.Dir, logs[len(logs)-1])
	f, err := os.OpenFile(path, os.O_RDWR, 0o600) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return nil, fmt.Errorf("go on with a copy: %w", err)
	}
	w := &Writer{Dir: c.Dir, Based: c.Bases[len(c.Bases)-1].Log, f: f}
	r := &reader{r: f, file: path}
	for {
		rec, _, err := r.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			break
		}
		if err != nil {
			return nil, f.Close()
		}
		if w.size == 0 {
			w.before, w.prev = rec.N-1, rec.Prev
		}
		w.Last, w.hash, w.size = rec, r.hash, r.at
	}
	if w.size == 0 {
		return nil, f.Close()
	}
	if err := f.Truncate(w.size); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	_, err = f.Seek(w.size, io.SeekStart)
	return w, err
}

// Append adds bytes of the log, and returns once they are on the disk. The caller says of the record At, To, More and Part;
// newLog says that the database began its log anew.
func (w *Writer) Append(rec Record, raw []byte, newLog bool) error {
	rec.N, rec.Prev, rec.Log, rec.Size = w.Last.N+1, w.hash, w.Last.Log, int64(len(raw))
	if newLog || w.f == nil {
		rec.Log++
		if err := w.open(rec.Log); err != nil {
			return err
		}
	}
	head, err := line(rec)
	if err != nil {
		return err
	}
	h := sha256.New()
	_, _ = h.Write(head) // never fails
	_, _ = h.Write(raw)
	sum := h.Sum(nil)
	_, err = io.Copy(w.f, io.MultiReader(bytes.NewReader(head), bytes.NewReader(raw), bytes.NewReader(sum)))
	if err == nil {
		err = w.f.Sync()
	}
	if err != nil { // what is half there is taken back, or the next record would stand behind it
		_, back := w.f.Seek(w.size, io.SeekStart)
		return errors.Join(fmt.Errorf("copy the log: %w", err), w.f.Truncate(w.size), back)
	}
	w.size += int64(len(head)) + rec.Size + sumSize
	w.Last, w.hash = rec, hex.EncodeToString(sum)
	return nil
}

func (w *Writer) open(log int64) error {
	if w.f != nil {
		if err := w.f.Close(); err != nil {
			return fmt.Errorf("copy the log: %w", err)
		}
	}
	var err error
	// One that lies there already was begun for a record that was then not written.
	if w.f, err = os.OpenFile(named(w.Dir, log, ".log"), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600); err != nil {
		w.f = nil
		return fmt.Errorf("copy the log: %w", err)
	}
	w.size, w.before, w.prev = 0, w.Last.N, w.hash
	return syncDir(w.Dir)
}

// named is a file of the chain that belongs to one of its logs.
func named(dir string, log int64, kind string) string {
	return filepath.Join(dir, fmt.Sprintf("%06d%s", log, kind))
}

// Copy writes a base from the database's file, beside Append; it may take long, and the log must not begin anew meanwhile.
// Complete says when it holds.
func (w *Writer) Copy(r io.Reader, log int64) (b Base, err error) {
	f, err := os.OpenFile(named(w.Dir, log, ".db"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return b, fmt.Errorf("copy the database: %w", err)
	}
	h := sha256.New()
	b.Log = log
	b.Size, err = io.Copy(io.MultiWriter(f, h), r)
	b.Hash = hex.EncodeToString(h.Sum(nil))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return b, fmt.Errorf("copy the database: %w", err)
	}
	return b, nil
}

// Complete says that a base of the present log holds from the last record on, and removes what nobody needs any more: what
// has a successor that was complete before a time, and chains that never were.
func (w *Writer) Complete(b Base, keep time.Time) error {
	b.Record, b.At, b.Before, b.Prev = w.Last.N, w.Last.At, w.before, w.prev
	raw, err := line(b)
	if err != nil {
		return err
	}
	if err := Replace(named(w.Dir, b.Log, ".json"), bytes.NewReader(raw)); err != nil {
		return err
	}
	w.Based = b.Log
	return prune(filepath.Dir(w.Dir), keep.UnixMicro())
}

func prune(dir string, keep int64) error {
	all, err := Chains(dir)
	for i, c := range all {
		next := int64(0) // when the first base of the next chain was complete
		for _, d := range all[i+1:] {
			if len(d.Bases) > 0 {
				next = d.Bases[0].At
				break
			}
		}
		switch {
		case next != 0 && (len(c.Bases) == 0 || next < keep):
			err = errors.Join(err, os.RemoveAll(c.Dir))
		case len(c.Bases) > 1:
			err = errors.Join(err, c.prune(keep))
		}
	}
	return err
}

// prune removes the bases and logs before the one that gives back the oldest time wanted.
func (c Chain) prune(keep int64) error {
	oldest := c.Bases[0]
	for _, b := range c.Bases {
		if b.At < keep {
			oldest = b
		}
	}
	var failed []error
	for _, kind := range []string{".json", ".db", ".log"} { // a base without its head is none
		names, err := c.files(kind)
		failed = append(failed, err)
		for _, name := range names {
			if name < filepath.Base(named("", oldest.Log, kind)) {
				failed = append(failed, os.Remove(filepath.Join(c.Dir, name)))
			}
		}
	}
	return errors.Join(failed...)
}

// Close closes the file that is written.
func (w *Writer) Close() error {
	if w.f == nil {
		return nil
	}
	err := w.f.Close()
	w.f = nil
	return err
}

// Chain is one that lies in a folder.
type Chain struct {
	Dir   string
	Bases []Base // those that are complete, the oldest first
}

// Chains lists the chains of a folder, the oldest first. Invalid store.copy_damaged names the head of a base that is not
// what was written.
func Chains(dir string) ([]Chain, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the copies in %s: %w", dir, err)
	}
	var out []Chain
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		c := Chain{Dir: filepath.Join(dir, e.Name())}
		heads, err := c.files(".json")
		if err != nil {
			return nil, err
		}
		for _, name := range heads {
			var b Base
			raw, err := os.ReadFile(filepath.Join(c.Dir, name)) // #nosec G304 -- in the data folder, or the file that the operator named
			if err != nil {
				return nil, fmt.Errorf("the copies in %s: %w", dir, err)
			}
			if !parse(raw, &b) || name != filepath.Base(named("", b.Log, ".json")) {
				return nil, damaged(filepath.Join(c.Dir, name), 0)
			}
			c.Bases = append(c.Bases, b)
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Chain) int { return strings.Compare(a.Dir, b.Dir) })
	return out, nil
}

// files are the names of the chain's files of a kind, in order.
func (c Chain) files(kind string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(c.Dir, "*"+kind))
	if err != nil {
		return nil, fmt.Errorf("the files in %s: %w", c.Dir, err)
	}
	for i, n := range names {
		names[i] = filepath.Base(n)
	}
	slices.Sort(names)
	return names, nil
}

// line writes a value as a line that carries a check of its own.
func line(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("copy the log: %w", err)
	}
	check := sha256.Sum256(raw)
	return fmt.Appendf(raw, " %x\n", check[:4]), nil
}

// parse reads what line wrote; false where it is not that.
func parse(raw []byte, v any) bool {
	text, check, ok := bytes.Cut(raw, []byte("} "))
	text = append(bytes.Clone(text), '}')
	sum := sha256.Sum256(text)
	return ok && string(check) == fmt.Sprintf("%x\n", sum[:4]) && json.Unmarshal(text, v) == nil
}

// Replace writes a file whole, in the place of what is there, and forces it to disk.
func Replace(path string, r io.Reader) error {
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return fmt.Errorf("copy %s: %w", path, err)
	}
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", path, errors.Join(err, os.Remove(part)))
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return fmt.Errorf("force %s to disk: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
