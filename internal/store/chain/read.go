package chain

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"rahgosha/internal/base/fault"
)

// errTorn says that the last record was not written to its end.
var errTorn = errors.New("the last record was not written to its end")

func damaged(file string, n int64) error {
	return fault.New(fault.Invalid, "store.copy_damaged", "file", file, "record", n)
}

// reader reads the records of one file.
type reader struct {
	r    io.Reader
	b    *bufio.Reader
	file string
	at   int64  // after the last whole record
	n    int64  // of the last record
	hash string // of it
}

// next gives the next record; io.EOF at the end, errTorn at an end in its middle, invalid store.copy_damaged.
func (r *reader) next() (rec Record, raw []byte, err error) {
	if r.b == nil {
		r.b = bufio.NewReaderSize(r.r, 1<<16)
	}
	head, err := r.head()
	if err != nil {
		return rec, nil, err
	}
	if !parse(head, &rec) || rec.Size < 0 {
		return rec, nil, damaged(r.file, r.n+1)
	}
	raw = make([]byte, rec.Size+sumSize)
	switch _, err := io.ReadFull(r.b, raw); {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return rec, nil, errTorn
	case err != nil:
		return rec, nil, fmt.Errorf("read %s: %w", r.file, err)
	}
	raw, kept := raw[:rec.Size], raw[rec.Size:]
	h := sha256.New()
	_, _ = h.Write(head) // never fails
	_, _ = h.Write(raw)
	if !bytes.Equal(h.Sum(nil), kept) {
		return rec, nil, damaged(r.file, rec.N)
	}
	r.at += int64(len(head)) + rec.Size + sumSize
	r.n, r.hash = rec.N, hex.EncodeToString(kept)
	return rec, raw, nil
}

// head reads the line before a record.
func (r *reader) head() ([]byte, error) {
	seen, err := r.b.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", r.file, err)
	}
	end := bytes.IndexByte(seen, '\n')
	switch {
	case len(seen) == 0:
		return nil, io.EOF
	case end < 0 && len(seen) < headSize:
		return nil, errTorn
	case end < 0:
		return nil, damaged(r.file, r.n+1)
	}
	head := bytes.Clone(seen[:end+1])
	_, err = r.b.Discard(len(head))
	return head, err
}

// Read says how far a chain was read.
type Read struct {
	Last Record // the last record given
	At   int64  // µs: everything that was acknowledged before is given
	Torn bool   // the process died while it added one more, which nobody relies on
}

// Records gives a chain's records in order, from the log of a base on, checked one by one and against each other, up to a
// time (µs) or, with 0, to the end.
// What a transaction left unfinished at the end is not given. Invalid store.copy_damaged names the record that is not what
// was written, is missing or lies in another's place.
func (c Chain) Records(b Base, until int64, f func(rec Record, raw []byte) error) (out Read, err error) {
	logs, err := c.files(".log")
	if err != nil {
		return out, err
	}
	end := b.Log // the last log that is there
	if len(logs) > 0 {
		if _, err := fmt.Sscanf(logs[len(logs)-1], "%d.log", &end); err != nil {
			return out, damaged(filepath.Join(c.Dir, logs[len(logs)-1]), 0)
		}
	}
	want := b.Prev
	var waiting []part // of a transaction that has not ended yet
	out.Last = Record{N: b.Before, Log: b.Log}
	last := out.Last
	for i := b.Log; i <= end; i++ {
		path := named(c.Dir, i, ".log")
		done, err := c.file(path, i == end, &out, func(rec Record, raw []byte, hash string) (bool, error) {
			if rec.N != last.N+1 || rec.Prev != want || rec.Log != i {
				return false, damaged(path, last.N+1)
			}
			if until != 0 && rec.At > until {
				return true, nil
			}
			last, want = rec, hash
			waiting = append(waiting, part{rec, raw})
			if rec.More {
				return false, nil
			}
			for _, p := range waiting {
				if err := f(p.rec, p.raw); err != nil {
					return false, err
				}
			}
			out.Last, waiting = rec, nil
			if !rec.Part {
				out.At = rec.At
			}
			return false, nil
		})
		if err != nil {
			return out, err
		}
		if done {
			break
		}
	}
	if out.Last.N < b.Record { // the base is not whole without them
		return out, damaged(named(c.Dir, out.Last.Log, ".log"), out.Last.N+1)
	}
	return out, nil
}

type part struct {
	rec Record
	raw []byte
}

// file reads the records of one file; only the last one of a chain may end in the middle of a record.
func (c Chain) file(path string, end bool, out *Read, f func(Record, []byte, string) (done bool, err error)) (done bool, err error) {
	in, err := os.Open(path) // #nosec G304 -- in the data folder, or the file that the operator named
	if errors.Is(err, fs.ErrNotExist) {
		return false, damaged(path, out.Last.N+1)
	}
	if err != nil {
		return false, fmt.Errorf("read %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	r := &reader{r: in, file: path, n: out.Last.N}
	for !done {
		rec, raw, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case errors.Is(err, errTorn) && end:
			out.Torn = true
			return false, nil
		case errors.Is(err, errTorn):
			return false, damaged(path, r.n+1)
		case err != nil:
			return false, err
		}
		if done, err = f(rec, raw, r.hash); err != nil {
			return false, err
		}
	}
	return true, nil
}

// WriteBase writes a base to a place; invalid store.copy_damaged where it is not what was copied.
func (c Chain) WriteBase(b Base, to string) (err error) {
	path := named(c.Dir, b.Log, ".db")
	in, err := os.Open(path) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return damaged(path, 0)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return fmt.Errorf("restore %s: %w", to, err)
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("restore %s: %w", to, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != b.Hash {
		return damaged(path, 0)
	}
	return nil
}
