package journal

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"iter"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
)

// exportMagic begins every export file.
const exportMagic = "rahgosha-journal-export/v1"

// Record is an entry as the log holds it.
type Record struct {
	Leaf []byte    // encoded leaf; empty where the entry is not there
	Hash tlog.Hash // record hash as stored when it was appended; it tells which entry was changed since
	// Misfiled says that the row an entry lies in names another case, number, kind or time than the entry itself.
	Misfiled bool
}

// Source is the journal of one province. Checkpoints come with growing sizes; records in log order from position 0, and a
// case's entries among them in the order of Seq.
type Source interface {
	Origin() string
	// Keys are the log's Succession; nil where it was never handed over.
	Keys() ([]byte, error)
	Checkpoints() iter.Seq2[[]byte, error]
	Records() iter.Seq2[Record, error]
}

// Stored is a Source that lies in a database, which keeps more than the log itself.
type Stored interface {
	Source
	// Copy is what stands beside the latest checkpoint: its size and root, unsigned.
	Copy() (size int64, root []byte, err error)
	// Strangers are the rows that wait for a number and were not written by the server.
	Strangers() (ids []string, err error)
}

// Export writes the whole journal as one text file, as it is: damage is for Verify to find. The file is made of lines
// ending in one line feed, fields separated by one blank:
//
//	rahgosha-journal-export/v1 <origin>
//	keys <standard base64 of the Succession>                 where the log was handed over to another key
//	checkpoint <standard base64 of the signed note>          one a checkpoint, sizes growing
//	entry <position> <hex record hash> <base64 of the leaf>  one an entry, positions from 0
//	end <number of entries> <hex SHA-256 of all bytes before this line>
//
// It is written in one pass and holds one entry at a time.
func Export(w io.Writer, src Source) error {
	digest := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, digest), 1<<16)
	_, _ = out.WriteString(exportMagic + " " + src.Origin() + "\n") // bufio keeps the first error for Flush
	keys, err := src.Keys()
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "journal.export_source")
	}
	if len(keys) > 0 {
		_, _ = out.WriteString("keys " + base64.StdEncoding.EncodeToString(keys) + "\n")
	}
	if err := exportCheckpoints(out, src); err != nil {
		return err
	}
	n, err := exportRecords(out, src)
	if err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "journal.export_write")
	}
	if _, err := io.WriteString(w, endLine(n, digest.Sum(nil))); err != nil {
		return fault.Wrap(err, fault.Unavailable, "journal.export_write")
	}
	return nil
}

func exportCheckpoints(out *bufio.Writer, src Source) error {
	for msg, err := range src.Checkpoints() {
		if err != nil {
			return fault.Wrap(err, fault.Unavailable, "journal.export_source")
		}
		if _, err := out.WriteString("checkpoint " + base64.StdEncoding.EncodeToString(msg) + "\n"); err != nil {
			return fault.Wrap(err, fault.Unavailable, "journal.export_write")
		}
	}
	return nil
}

func exportRecords(out *bufio.Writer, src Source) (n int64, err error) {
	var line []byte
	for rec, err := range src.Records() {
		if err != nil {
			return n, fault.Wrap(err, fault.Unavailable, "journal.export_source")
		}
		line = appendEntry(line[:0], n, rec)
		if _, err := out.Write(line); err != nil {
			return n, fault.Wrap(err, fault.Unavailable, "journal.export_write")
		}
		n++
	}
	return n, nil
}

func appendEntry(line []byte, index int64, rec Record) []byte {
	line = strconv.AppendInt(append(line, "entry "...), index, 10)
	line = hex.AppendEncode(append(line, ' '), rec.Hash[:])
	line = base64.StdEncoding.AppendEncode(append(line, ' '), rec.Leaf)
	return append(line, '\n')
}

func endLine(n int64, digest []byte) string {
	return "end " + strconv.FormatInt(n, 10) + " " + hex.EncodeToString(digest) + "\n"
}
