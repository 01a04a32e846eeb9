package witness

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
)

// Request asks a witness to sign a checkpoint (C2SP tlog-witness, add-checkpoint): Proof shows that the log continues the
// one of size Old, which is the last that the witness signed.
type Request struct {
	Old        int64
	Proof      tlog.TreeProof
	Checkpoint []byte // signed by the log
}

// MaxRequest bounds a request, in bytes.
const MaxRequest = 64 << 10

// maxProof is the longest proof there can be, in hashes.
const maxProof = 63

// Encode gives the request's text: "old <size>", a line a hash, an empty line, the checkpoint.
func (r Request) Encode() []byte {
	var b bytes.Buffer
	b.WriteString("old " + strconv.FormatInt(r.Old, 10) + "\n")
	for _, h := range r.Proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(r.Checkpoint)
	return b.Bytes()
}

// ParseRequest reads the text of Encode; anything else is invalid witness.request.
func ParseRequest(raw []byte) (Request, error) {
	head, checkpoint, ok := bytes.Cut(raw, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	size, old := strings.CutPrefix(lines[0], "old ")
	r := Request{Checkpoint: checkpoint}
	var err error
	r.Old, err = strconv.ParseInt(size, 10, 64)
	if !ok || !old || err != nil || r.Old < 0 || len(lines)-1 > maxProof {
		return Request{}, badRequest()
	}
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return Request{}, badRequest()
		}
		r.Proof = append(r.Proof, h)
	}
	if !bytes.Equal(r.Encode(), raw) {
		return Request{}, badRequest()
	}
	return r, nil
}

func badRequest() error { return fault.New(fault.Invalid, "witness.request") }
