// Package scanner asks a virus scanner of the operator about what people give, before anybody else may read it. It speaks
// INSTREAM of ClamAV's daemon (clamd(8)), which other scanners speak too.
package scanner

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
)

// Limits of one question: an answer is one line, and a scanner that is busy for longer is as good as away.
const (
	patience  = 30 * time.Second
	chunk     = 64 << 10
	maxAnswer = 4 << 10
)

// Scanner asks one daemon. It is safe for concurrent use; each question has a connection of its own.
type Scanner struct {
	network, address string
	patience         time.Duration
}

// New takes unix:/path/of/socket or tcp:host:port; invalid app.scanner_address for anything else. What goes to another machine
// goes in clear: that network is the operator's.
func New(address string) (*Scanner, error) {
	network, at, _ := strings.Cut(address, ":")
	_, port, err := net.SplitHostPort(at)
	switch {
	case network == "unix" && strings.HasPrefix(at, "/"):
	case network == "tcp" && err == nil && port != "":
	default:
		return nil, fault.Wrap(err, fault.Invalid, "app.scanner_address", "address", address).At("--scanner")
	}
	return &Scanner{network: network, address: at, patience: patience}, nil
}

// Judge lets a content pass that the scanner calls clean. Invalid app.scanner_found with the name of what was found;
// unavailable app.scanner_away where it did not answer, or not about the whole content: then nobody knows what it holds.
func (s *Scanner) Judge(ctx context.Context, content []byte) error {
	said, err := s.ask(ctx, func(c net.Conn) error { return stream(c, content) })
	if err != nil {
		return away(err)
	}
	verdict := strings.TrimPrefix(said, "stream: ")
	name, found := strings.CutSuffix(verdict, " FOUND")
	switch {
	case found:
		return fault.New(fault.Invalid, "app.scanner_found", "name", name)
	case verdict == "OK":
		return nil
	}
	return away(fmt.Errorf("the scanner says %q", said))
}

// Ping asks whether the scanner is there; unavailable app.scanner_away.
func (s *Scanner) Ping(ctx context.Context) error {
	said, err := s.ask(ctx, func(c net.Conn) error { _, err := io.WriteString(c, "zPING\x00"); return err })
	if err == nil && said != "PONG" {
		err = fmt.Errorf("the scanner says %q", said)
	}
	if err != nil {
		return away(err)
	}
	return nil
}

func away(err error) error { return fault.Wrap(err, fault.Unavailable, "app.scanner_away") }

// ask opens a connection, says something and reads the line that answers it.
func (s *Scanner) ask(ctx context.Context, say func(net.Conn) error) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, s.network, s.address)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	said := say(c) // one that has heard enough answers before all was said
	raw, err := bufio.NewReader(io.LimitReader(c, maxAnswer)).ReadString(0)
	if err != nil {
		return "", errors.Join(said, err)
	}
	return strings.TrimSuffix(raw, "\x00"), nil
}

// stream sends a content in chunks, each after its length, and an empty one at the end.
func stream(w io.Writer, content []byte) error {
	if _, err := io.WriteString(w, "zINSTREAM\x00"); err != nil {
		return err
	}
	for len(content) > 0 {
		n := min(chunk, len(content))
		head := binary.BigEndian.AppendUint32(nil, uint32(n)) // #nosec G115 -- at most chunk
		if _, err := w.Write(append(head, content[:n]...)); err != nil {
			return err
		}
		content = content[n:]
	}
	_, err := w.Write(make([]byte, 4))
	return err
}
