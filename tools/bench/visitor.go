package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/clock"
)

// visitor is one of many clients: a connection that it keeps, a session, cases that nobody else moves. It writes requests by
// hand, so that five hundred of them leave the processor to the server.
type visitor struct {
	at, token string
	cases     []*held
	conn      net.Conn
	in        *bufio.Reader
	out       []byte
}

// visitTime is how long a visitor waits for an answer.
const visitTime = 30 * time.Second

// ask sends a request and gives the answer's body. After a failure the next one begins a connection of its own.
func (v *visitor) ask(method, path string, body []byte) (answer []byte, err error) {
	if v.conn == nil {
		if v.conn, err = net.DialTimeout("tcp", v.at, visitTime); err != nil {
			return nil, err
		}
		v.in = bufio.NewReaderSize(v.conn, 16<<10)
	}
	defer func() {
		if err != nil {
			v.leave()
		}
	}()
	b := append(v.out[:0], method+" /api/v1"+path+" HTTP/1.1\r\nHost: "+v.at+"\r\nAuthorization: Bearer "+v.token+"\r\n"...)
	if body != nil {
		b = append(b, "Content-Type: application/json\r\nPrefer: return=minimal\r\nIdempotency-Key: "+clock.ID(time.Now())+"\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n"...)
	}
	v.out = append(append(b, "\r\n"...), body...)
	if err := v.conn.SetDeadline(time.Now().Add(visitTime)); err != nil {
		return nil, err
	}
	if _, err := v.conn.Write(v.out); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(v.in, nil)
	if err != nil {
		return nil, err
	}
	answer, err = io.ReadAll(res.Body)
	_ = res.Body.Close() // read whole
	if err == nil && res.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %d %.300s", method, path, res.StatusCode, answer)
	}
	return answer, err
}

func (v *visitor) leave() {
	if v.conn != nil {
		_ = v.conn.Close() // nothing is under way
		v.conn = nil
	}
}

// act does an action and remembers the version it came to.
func (v *visitor) act(path string, body map[string]any) (r receipt, err error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return r, err
	}
	answer, err := v.ask("POST", path, raw)
	if err != nil {
		return r, err
	}
	return r, json.NewDecoder(bytes.NewReader(answer)).Decode(&r)
}

// The kinds of visits; reads come first.
const (
	visitList = iota
	visitSearch
	visitCase
	visitDash
	visitSubmit
	visitMove
	visitKinds
)

var visitNames = [visitKinds]string{"list", "search", "case", "dash", "submit", "move"}

// visit does one thing of a kind.
func (v *visitor) visit(kind int, w *workload, p *product) error {
	var err error
	city, query := w.asked()
	switch kind {
	case visitList:
		_, err = v.ask("GET", "/cases?sort=due&limit=50&county="+city(), nil)
	case visitSearch:
		_, err = v.ask("GET", "/units?q="+query(), nil)
	case visitCase:
		_, err = v.ask("GET", "/cases/"+p.cases[mathrand.IntN(len(p.cases))].ID, nil)
	case visitDash:
		_, err = v.ask("GET", "/procedures/bench/picture", nil)
	case visitSubmit:
		i := mathrand.IntN(1 << 30)
		_, err = v.act("/cases", map[string]any{"procedure": "bench", "action": "submit",
			"unit":  p.unitFor(w, w.eligibleInTurn[i%len(w.eligibleInTurn)], i),
			"facts": map[string]any{"programme": "p" + strconv.Itoa(1+i%12), "service": "s" + strconv.Itoa(i%60), "amount_rial": 5_000_000}})
	default:
		h := v.cases[mathrand.IntN(len(v.cases))]
		var r receipt
		if r, err = v.act("/cases/"+h.ID+"/actions/"+h.next(), map[string]any{"version": h.Version}); err == nil {
			h.Version, h.Stage = r.Version, (h.Stage+1)%len(stages)
		}
	}
	return err
}

// visitors signs so many clients in, each with a session of its own, and deals the cases out to them.
func visitors(p *product, n int) ([]*visitor, error) {
	all := make([]*visitor, n)
	for i := range all {
		all[i] = &visitor{at: strings.TrimPrefix(p.base, "http://")}
	}
	for i, h := range p.cases {
		v := all[i%n]
		v.cases = append(v.cases, h)
	}
	if len(p.cases) < n {
		return nil, fmt.Errorf("%d cases are too few for %d clients: raise -cases", len(p.cases), n)
	}
	began := time.Now()
	errs := make(chan error, n)
	gate := make(chan struct{}, 8)
	for _, v := range all {
		go func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			c := client{base: p.base}
			err := c.signIn(expert)
			v.token = c.token
			errs <- err
		}()
	}
	for range all {
		if err := <-errs; err != nil {
			return nil, err
		}
	}
	progress("%d clients signed in, each by itself, in %s", n, time.Since(began).Round(time.Second))
	return all, nil
}
