package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"rahgosha/internal/base/clock"
)

// client speaks with a server, in a session where it has one.
type client struct {
	base, token string
}

// wire asks for answers as they are: the floor packs none, and a program beside its server has nothing to gain by it.
var wire = &http.Client{Timeout: 10 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64, DisableCompression: true}}

func (c *client) signIn(login string) error {
	var out struct{ Token string }
	err := c.json("POST", "/sessions", map[string]string{"login": login, "password": password}, &out)
	c.token = out.Token
	return err
}

// json sends a value and reads one.
func (c *client) json(method, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.do(method, path, "application/json", raw, into)
}

// do asks the product's interface; into nil drops the answer, a buffer takes it as it is.
func (c *client) do(method, path, kind string, body []byte, into any) error {
	return send(method, c.base+"/api/v1"+path, kind, c.token, body, into)
}

func send(method, url, kind, token string, body []byte, into any) error {
	req, err := http.NewRequest(method, url, bytes.NewReader(body)) //nolint:noctx // the client has a limit
	if err != nil {
		return err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Idempotency-Key", clock.ID(time.Now())) // as the API advises
		req.Header.Set("Prefer", "return=minimal")              // a write's answer, as the floor's is
	}
	res, err := wire.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // read whole
	if res.StatusCode >= http.StatusMultipleChoices {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 500)) // what there is of the reason
		return fmt.Errorf("%s %s: %d %s", method, url, res.StatusCode, text)
	}
	switch into := into.(type) {
	case nil:
		_, err = io.Copy(io.Discard, res.Body)
	case *bytes.Buffer:
		_, err = into.ReadFrom(res.Body)
	default:
		err = json.NewDecoder(res.Body).Decode(into)
	}
	return err
}
