package journal

import (
	"archive/zip"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
)

// Container writes a case as one file that its reader proves without us: a zip of parts that are not compressed. The last
// part, "manifest", is a note signed by the log's key:
//
//	rahgosha/<province>
//	case <id> <time, RFC 3339>
//	<hex SHA-256> <name>          one a part, in the order of the file
//
// A reader makes the zip again from the parts: nothing in it is unsigned. Of the parts, "keys" (Succession, where the log was
// handed over) and "checkpoint" come before the entries, and of an entry
//
//	entries/<four digits of its number in the case>.leaf   what was hashed
//	entries/….proof                                        its number in the log, and the path to the checkpoint's root, a hash a line
//	entries/….json                                         what the exporter may read of it; begins with seq, at and kind
//
// Further parts are letters/<name>.txt (LetterFile) and documents/<hex SHA-256>.<kind>, which the text of the case or of an
// entry names.
type Container struct {
	z    *zip.Writer
	list strings.Builder
	err  error
}

// NewContainer begins a container.
func NewContainer(w io.Writer, origin, caseID string, at time.Time) *Container {
	c := &Container{z: zip.NewWriter(w)}
	fmt.Fprintf(&c.list, "%s\ncase %s %s\n", origin, caseID, at.UTC().Format(time.RFC3339))
	return c
}

// Add writes a part; Close tells when one could not be written.
func (c *Container) Add(name string, part []byte) {
	c.write(name, part)
	fmt.Fprintf(&c.list, "%x %s\n", sha256.Sum256(part), name)
}

func (c *Container) write(name string, part []byte) {
	if c.err != nil {
		return
	}
	w, err := c.z.CreateHeader(&zip.FileHeader{Name: name}) // stored, without a time: the same parts are the same file
	if err == nil {
		_, err = w.Write(part)
	}
	c.err = err
}

// AddEntry writes an entry with its proof; said is nil where the exporter may read nothing of it.
func (c *Container) AddEntry(seq int64, leaf []byte, index int64, path tlog.RecordProof, said []byte) {
	name := fmt.Sprintf("entries/%04d", seq)
	proof := fmt.Sprintln(index)
	for _, h := range path {
		proof += h.String() + "\n"
	}
	c.Add(name+".leaf", leaf)
	c.Add(name+".proof", []byte(proof))
	if said != nil {
		c.Add(name+".json", said)
	}
}

// Close signs the list and ends the file.
func (c *Container) Close(key note.Signer) error {
	signed, err := note.Sign(&note.Note{Text: c.list.String()}, key)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "journal.checkpoint_sign", "origin", key.Name())
	}
	c.write("manifest", signed)
	if c.err == nil {
		c.err = c.z.Close()
	}
	if c.err != nil {
		return fault.Wrap(c.err, fault.Unavailable, "journal.export_write")
	}
	return nil
}
