package tradecsv

import "io"

// Header reads the names of a table's columns.
func Header(file string, r io.Reader) ([]string, error) {
	t, err := Open(file, r)
	if err != nil {
		return nil, err
	}
	return t.Header, nil
}
