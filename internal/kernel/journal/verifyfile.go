package journal

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strconv"

	"rahgosha/internal/base/fault"
)

// maxLine bounds a line of an export: the largest leaf in base64 and its frame.
const maxLine = (MaxBody+16*MaxField)/3*4 + 1024

// fileChecker reads an export and hands its parts to a checker.
type fileChecker struct {
	*checker
	in      *bufio.Reader
	digest  hash.Hash
	entries bool // an entry line was seen: no checkpoint may follow
}

// Verify reads an export and checks everything anew: each leaf and its canonical form, the chain and numbering of every
// case, the Merkle root and the signature of every checkpoint, what is held elsewhere, and every byte of the file. What
// is wrong is in the report; an error (unavailable journal.export_read) means that r itself failed.
func Verify(r io.Reader, o Options) (Report, error) {
	f := &fileChecker{checker: newChecker(o), in: bufio.NewReaderSize(r, 1<<16), digest: sha256.New()}
	more, err := f.header()
	for more && err == nil {
		more, err = f.part()
	}
	if err != nil {
		return f.report, fault.Wrap(err, fault.Unavailable, "journal.export_read")
	}
	f.line = 0
	return f.finish(), nil
}

var errLong = errors.New("line too long")

// read gives the next line without its end; ok is false at a clean end of the file.
func (f *fileChecker) read() (line []byte, ok bool, err error) {
	f.line++
	for {
		part, err := f.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], true, nil
		case len(line) > maxLine:
			return line, true, errLong
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			if len(line) == 0 {
				return nil, false, nil
			}
			return line, true, io.ErrUnexpectedEOF
		default:
			return nil, false, err
		}
	}
}

// readLine reads a line and reports what ends the file early; more is false then.
func (f *fileChecker) readLine() (line []byte, more bool, err error) {
	line, ok, err := f.read()
	switch {
	case errors.Is(err, errLong):
		f.findf(WhatLine, f.edge.n, "")
		return nil, false, nil
	case errors.Is(err, io.ErrUnexpectedEOF) || err == nil && !ok:
		f.findf(WhatTruncated, f.edge.n, "")
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	return line, true, nil
}

func (f *fileChecker) take(line []byte) {
	f.digest.Write(line)
	f.digest.Write([]byte{'\n'})
}

func (f *fileChecker) header() (more bool, err error) {
	line, more, err := f.readLine()
	if !more || err != nil {
		return false, err
	}
	f.take(line)
	origin, ok := bytes.CutPrefix(line, []byte(exportMagic+" "+originPrefix))
	if !ok || len(origin) == 0 || len(origin) > MaxField {
		f.findf(WhatHeader, -1, "")
		return ok, nil
	}
	f.report.Origin = Origin(string(origin))
	return true, nil
}

func (f *fileChecker) part() (more bool, err error) {
	line, more, err := f.readLine()
	if !more || err != nil {
		return false, err
	}
	kind, rest, _ := bytes.Cut(line, []byte(" "))
	if string(kind) == "end" {
		return false, f.end(rest)
	}
	f.take(line)
	switch string(kind) {
	case "keys":
		f.keysLine(rest)
	case "checkpoint":
		f.checkpointLine(rest)
	case "entry":
		f.entryLine(rest)
	default:
		f.findf(WhatLine, f.edge.n, "")
	}
	return true, nil
}

func (f *fileChecker) keysLine(rest []byte) {
	if f.line != 2 {
		f.findf(WhatOrder, f.edge.n, "keys")
		return
	}
	raw, err := decodeBase64(string(rest))
	if err != nil || len(raw) == 0 {
		f.findf(WhatKeys, -1, "")
		return
	}
	f.keys(raw)
}

func (f *fileChecker) checkpointLine(rest []byte) {
	if f.entries {
		f.findf(WhatOrder, f.edge.n, "checkpoint")
		return
	}
	msg, err := decodeBase64(string(rest))
	if err != nil {
		f.findf(WhatCheckpoint, -1, "")
		return
	}
	f.checkpoint(msg)
}

func (f *fileChecker) entryLine(rest []byte) {
	f.entries = true
	position, rest, _ := bytes.Cut(rest, []byte(" "))
	if want := strconv.FormatInt(f.edge.n, 10); string(position) != want {
		f.findf(WhatOrder, f.edge.n, "%q", position)
	}
	digits, b64, _ := bytes.Cut(rest, []byte(" "))
	var rec Record
	n, herr := hex.Decode(rec.Hash[:min(len(digits)/2, len(rec.Hash))], digits[:min(len(digits), 2*len(rec.Hash))])
	leaf, berr := decodeBase64(string(b64))
	if herr != nil || n != len(rec.Hash) || len(digits) != 2*n || hex.EncodeToString(rec.Hash[:]) != string(digits) {
		f.findf(WhatLine, f.edge.n, "")
	}
	if berr != nil {
		f.findf(WhatLine, f.edge.n, "")
	}
	rec.Leaf = leaf
	f.record(rec)
}

func (f *fileChecker) end(rest []byte) error {
	if want := endLine(f.edge.n, f.digest.Sum(nil)); "end "+string(rest)+"\n" != want {
		f.findf(WhatDigest, -1, "")
	}
	_, err := f.in.ReadByte()
	switch {
	case err == nil:
		f.findf(WhatTrailing, -1, "")
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}
