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

// addKeys is where a witness of ours is told that a log was handed over to another key. The protocol has no place for it.
const addKeys = "/add-keys"

// Cosigner signs a checkpoint, and learns of a log's new key, or says why not.
type Cosigner interface {
	Cosign(r witness.Request) ([]byte, error)
	Succeed(keys []byte) error
}

// A log asks once a minute; who asks much more is no log.
const (
	askBurst = 60
	askEvery = time.Second
	askKeys  = 10_000
)

// WitnessRoutes is the route table of a witness: for everybody, since what is sent itself says who sends it.
func WitnessRoutes(c clock.Clock, w Cosigner) []httpkit.Route {
	askers := httpkit.NewThrottle(c, askBurst, askEvery, askKeys)
	route := func(pattern string, answer func(raw []byte) ([]byte, error)) httpkit.Route {
		return httpkit.Route{Method: http.MethodPost, Pattern: pattern, Policy: httpkit.Public, MaxBody: witness.MaxRequest,
			Handler: func(out http.ResponseWriter, r *http.Request) error {
				if err := askers.Take(httpkit.ClientNetwork(r)); err != nil {
					return err
				}
				raw, err := io.ReadAll(r.Body)
				if err != nil {
					return err
				}
				text, err := answer(raw)
				if err != nil {
					return refuse(out, err)
				}
				return give(out, "text/plain; charset=utf-8", "no-store", text)
			}}
	}
	return []httpkit.Route{
		route(addCheckpoint, func(raw []byte) ([]byte, error) {
			req, err := witness.ParseRequest(raw)
			if err != nil {
				return nil, err
			}
			return w.Cosign(req)
		}),
		route(addKeys, func(raw []byte) ([]byte, error) { return nil, w.Succeed(raw) }),
	}
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
	return send(ctx, address, addCheckpoint, r.Encode())
}

// Tell tells the witness at an address that the log was handed over to another key. Faults: Ask's, and not_found
// openlog.witness_without where it has no place for that.
func Tell(ctx context.Context, address string, keys []byte) error {
	_, err := send(ctx, address, addKeys, keys)
	return err
}

func send(ctx context.Context, address, to string, text []byte) (lines []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(address, "/")+to, bytes.NewReader(text))
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
	case res.StatusCode == http.StatusNotFound && to == addKeys, res.StatusCode == http.StatusMethodNotAllowed:
		return nil, fault.New(fault.NotFound, "openlog.witness_without", "at", address)
	case res.StatusCode == http.StatusConflict && to == addCheckpoint:
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
