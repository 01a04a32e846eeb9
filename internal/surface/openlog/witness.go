package openlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/witness"
	"rahgosha/internal/surface/httpkit"
)

// addCheckpoint is where a witness takes requests, below its own prefix; sizeKind is what it calls the size that it last
// signed (C2SP tlog-witness).
const (
	addCheckpoint = "/add-checkpoint"
	sizeKind      = "text/x.tlog.size"
)

// Cosigner signs a checkpoint, or says why not.
type Cosigner interface {
	Cosign(r witness.Request) ([]byte, error)
}

// A log asks once a minute; who asks much more is no log.
const (
	askBurst = 60
	askEvery = time.Second
	askKeys  = 10_000
)

// WitnessRoutes is the route table of a witness: one route, for everybody, since the checkpoint itself says who asks.
func WitnessRoutes(c clock.Clock, w Cosigner) []httpkit.Route {
	askers := httpkit.NewThrottle(c, askBurst, askEvery, askKeys)
	return []httpkit.Route{{
		Method: http.MethodPost, Pattern: addCheckpoint, Policy: httpkit.Public, MaxBody: witness.MaxRequest,
		Handler: func(out http.ResponseWriter, r *http.Request) error {
			if err := askers.Take(httpkit.ClientHost(r)); err != nil {
				return err
			}
			raw, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			req, err := witness.ParseRequest(raw)
			if err != nil {
				return refuse(out, err)
			}
			line, err := w.Cosign(req)
			if err != nil {
				return refuse(out, err)
			}
			return give(out, "text/plain; charset=utf-8", "no-store", line)
		},
	}}
}

// refuse answers with the status that the protocol has for a refusal.
func refuse(w http.ResponseWriter, err error) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	status := httpkit.Status(f.Kind)
	text := locale.T(locale.EN, f.Key, f.Args) + "\n"
	switch f.Key {
	case "witness.request":
		status = http.StatusBadRequest
	case "witness.stale", "witness.forked":
		w.Header().Set("Content-Type", sizeKind)
		text = fmt.Sprint(f.Args["size"], "\n")
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	w.WriteHeader(status)
	_, err = io.WriteString(w, text)
	return err
}

// Ask asks the witness at an address to sign. Its answer, signature lines, is for the asker to check. Faults: unavailable
// openlog.witness_unreachable; conflict witness.stale with the size that the witness last signed, as a number; refused
// openlog.witness_refused with its words.
func Ask(ctx context.Context, address string, r witness.Request) (lines []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(address, "/")+addCheckpoint, bytes.NewReader(r.Encode()))
	if err != nil {
		return nil, silent(err, address)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, silent(err, address)
	}
	defer func() { _ = res.Body.Close() }() // it was read, or is of no use
	body, err := readAtMost(res.Body, witness.MaxRequest)
	if err != nil {
		return nil, silent(err, address)
	}
	switch {
	case res.StatusCode == http.StatusOK:
		return body, nil
	case res.StatusCode == http.StatusConflict:
		size, err := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64)
		if err != nil || size < 0 {
			return nil, silent(errors.New("a conflict without a size"), address)
		}
		return nil, fault.New(fault.Conflict, "witness.stale", "origin", address, "size", size)
	case res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusTooManyRequests:
		return nil, silent(errors.New(res.Status), address)
	}
	return nil, fault.New(fault.Refused, "openlog.witness_refused", "at", address, "status", res.StatusCode, "words", strings.TrimSpace(string(body[:min(len(body), 500)])))
}

func silent(err error, address string) error {
	return fault.Wrap(err, fault.Unavailable, "openlog.witness_unreachable", "at", address)
}
