package jobs

import (
	"strings"

	"rahgosha/internal/base/fault"
)

// Plain gives the text of an error for the log: of each fault in it only the key and the cause, because a fault's
// arguments may be somebody's name, number or amount.
func Plain(err error) string {
	if err == nil {
		return ""
	}
	if f, ok := err.(*fault.Fault); ok { //nolint:errorlint // each level of the chain is looked at for itself
		return plainFault(f)
	}
	text := err.Error()
	for _, inner := range causes(err) {
		if inner != nil {
			text = strings.Replace(text, inner.Error(), Plain(inner), 1)
		}
	}
	return text
}

func plainFault(f *fault.Fault) string {
	if f.Err == nil {
		return f.Key
	}
	return f.Key + ": " + Plain(f.Err)
}

func causes(err error) []error {
	switch e := err.(type) { //nolint:errorlint // each level of the chain is looked at for itself
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	case interface{ Unwrap() error }:
		return []error{e.Unwrap()}
	}
	return nil
}
