package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"rahgosha/internal/base/fault"
)

// read decodes a JSON body strictly: another type, an unknown field, a second value or a key given twice is an error that
// says so.
func read(r *http.Request, into any) error {
	if ct, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || ct != "application/json" {
		return fault.New(fault.Invalid, "api.content_type").At("Content-Type")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return err
		}
		return fault.Wrap(err, fault.Invalid, "api.body", "detail", err.Error())
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fault.Wrap(err, fault.Invalid, "api.body", "detail", err.Error())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "api.body", "detail", "more than one value")
	}
	if key, at := givenTwice(body); at != "" {
		return fault.New(fault.Invalid, "api.twice", "key", key, "at", at).At(at)
	}
	return nil
}

// level is an object or array that the scan is in.
type level struct {
	seen map[string]bool // of an object: its keys
	key  string          // of an object: the last one; "" before the first
	n    int             // of an array: the place
}

// givenTwice finds the first key that an object of a well-formed JSON text has twice, and where, as a JSON pointer (RFC
// 6901): the decoder takes the last one without a word. Fields are read whatever their letters' case, so that keys that
// differ in it alone are one key. One pass; "" where there is none.
func givenTwice(body []byte) (key, at string) {
	var in []level
	wantsKey := false
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{':
			in, wantsKey = append(in, level{seen: map[string]bool{}}), true
		case '[':
			in, wantsKey = append(in, level{}), false
		case '}', ']':
			in, wantsKey = in[:len(in)-1], false
		case ',':
			top := &in[len(in)-1]
			wantsKey = top.seen != nil
			top.n++
		case '"':
			end := stringEnd(body, i)
			if wantsKey {
				top := &in[len(in)-1]
				top.key = unquoted(body[i:end])
				if same := folded(top.key); !top.seen[same] {
					top.seen[same] = true
				} else {
					return top.key, pointer(in)
				}
				wantsKey = false
			}
			i = end - 1
		}
	}
	return "", ""
}

// stringEnd is behind the quote that closes the string at i.
func stringEnd(body []byte, i int) int {
	for i++; body[i] != '"'; i++ {
		if body[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func unquoted(raw []byte) string {
	var s string
	_ = json.Unmarshal(raw, &s) // the decoder has read it before
	return s
}

// folded writes each letter in one case, as the decoder compares the names of fields.
func folded(key string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, key)
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

func pointer(in []level) string {
	var b strings.Builder
	for _, l := range in {
		b.WriteByte('/')
		if l.seen != nil {
			b.WriteString(pointerEscape.Replace(l.key))
		} else {
			b.WriteString(strconv.Itoa(l.n))
		}
	}
	return b.String()
}
